//! Where an adopter's gate must work as it does at its author's desk: few threads and many, optimised, in a checkout that
//! nobody may write to, as a user without privileges, under nextest.

use std::{
    fs::{self, Permissions},
    io::BufReader,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::Output,
};

use anyhow::{Context, Result, ensure};
use cargo_metadata::Message;
use duct::{Expression, cmd};

use super::Adopted;

/// Whom a system gives nothing.
const NOBODY: &str = "65534";

impl Adopted {
    /// The gate of `name`, in all of them.
    pub(super) fn works_elsewhere(&self, name: &str) -> Result<()> {
        for threads in ["1", "32"] {
            let test = self.cargo(name, &["test", "--quiet", "--test", "signals"]).env("RUST_TEST_THREADS", threads);
            is_green(test, &format!("with RUST_TEST_THREADS={threads}"))?;
        }
        is_green(self.cargo(name, &["test", "--quiet", "--release", "--test", "signals"]), "with --release")?;
        self.bears_a_read_only_checkout(name)?;
        self.runs_under_nextest(name)
    }

    /// The test program itself, from a copy of the checkout without a single writable file, and for root as somebody else.
    fn bears_a_read_only_checkout(&self, name: &str) -> Result<()> {
        // Somebody else may not even look below the target directory of this one.
        let elsewhere = tempfile::tempdir().context("cannot make a folder for the checkout")?;
        fs::set_permissions(elsewhere.path(), Permissions::from_mode(0o755))?;
        let program = elsewhere.path().join("signals");
        crate::package::copy_file(&self.test_program(name)?, &program)?;
        let checkout = elsewhere.path().join("check out");
        crate::package::copy(&self.folder.join(name), &checkout)?;
        let root = fs::metadata(&checkout)?.uid() == 0;
        if root && !cfg!(target_os = "linux") {
            eprintln!("    skipped: a read-only checkout means nothing to root; run this as another user");
            return Ok(());
        }
        allow(&checkout, false)?;
        let test = if root {
            let (user, group) = (format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"));
            cmd!("setpriv", user, group, "--clear-groups", &program)
        } else {
            cmd!(&program)
        };
        let shown = is_green(test.dir(&checkout).env("CARGO_MANIFEST_DIR", &checkout), "in a read-only checkout");
        allow(&checkout, true)?;
        shown
    }

    fn test_program(&self, name: &str) -> Result<PathBuf> {
        let args = ["test", "--quiet", "--no-run", "--test", "signals", "--message-format=json"];
        let said = self.cargo(name, &args).stdout_capture().run()?;
        for message in Message::parse_stream(BufReader::new(said.stdout.as_slice())) {
            if let Message::CompilerArtifact(artifact) = message.context("cannot read what cargo says")?
                && artifact.target.name == "signals"
                && let Some(program) = artifact.executable
            {
                return Ok(program.into());
            }
        }
        anyhow::bail!("cargo built no test `signals` of {name}")
    }

    fn runs_under_nextest(&self, name: &str) -> Result<()> {
        if !cmd!("cargo", "nextest", "--version").stdout_null().stderr_null().unchecked().run()?.status.success() {
            eprintln!("    skipped: nextest is not here; install it with: cargo install --locked cargo-nextest");
            return Ok(());
        }
        let run = self.cargo(name, &["nextest", "run", "--test", "signals"]);
        let said = run.stderr_to_stdout().stdout_capture().unchecked().run()?;
        let text = String::from_utf8_lossy(&said.stdout);
        ensure!(said.status.success(), "it is red under nextest:\n{text}");
        let line = text.lines().find(|line| line.contains("Summary")).context("nextest says nothing")?;
        ensure!(!line.contains(" 0 passed"), "nextest shows nothing:\n{text}");
        Ok(())
    }
}

/// Whether a run of a gate passed, with something to show.
pub(super) fn is_green(test: Expression, place: &str) -> Result<()> {
    let Output { status, stdout, .. } = test.stdin_null().stdout_capture().unchecked().run()?;
    let text = String::from_utf8_lossy(&stdout);
    ensure!(status.success(), "it is red {place}:\n{text}");
    ensure!(text.contains(" 0 failed;") && !text.contains(" 0 passed;"), "it shows nothing {place}:\n{text}");
    Ok(())
}

/// Allows or forbids everybody to write to a folder and what is in it.
fn allow(folder: &Path, writing: bool) -> Result<()> {
    let mode = |is_dir| {
        if writing {
            0o755
        } else if is_dir {
            0o555
        } else {
            0o444
        }
    };
    fs::set_permissions(folder, Permissions::from_mode(mode(true)))?;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            allow(&path, writing)?;
        } else {
            fs::set_permissions(&path, Permissions::from_mode(mode(false)))?;
        }
    }
    Ok(())
}
