//! Programs that the checks use and that no `Cargo.lock` can pin.
//!
//! They come as Python and npm packages of exact versions and are installed under the target directory: nothing on the
//! machine changes, `cargo clean` removes them, and they are installed again only when what was asked for changes.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use duct::cmd;
use sigconform::regular_file;

/// Says what is being done, does it, and says how long it took.
pub(crate) fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("==> {what}");
    let start = Instant::now();
    let done = work().with_context(|| format!("failed: {what}"))?;
    eprintln!("    done in {:.1} s", start.elapsed().as_secs_f64());
    Ok(done)
}

/// The stamp that `directory` was completely installed with, if it was.
pub(crate) fn installed(directory: &Path) -> Option<String> {
    regular_file::text(&stamp_file(directory), regular_file::DATA).ok()
}

/// Installs into an emptied `directory`. The stamp is written last, so that an interrupted installation starts over.
pub(crate) fn install(directory: &Path, stamp: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    if directory.exists() {
        fs::remove_dir_all(directory).with_context(|| format!("cannot empty {}", directory.display()))?;
    }
    fs::create_dir_all(directory).with_context(|| format!("cannot create {}", directory.display()))?;
    work()?;
    let file = stamp_file(directory);
    fs::write(&file, stamp).with_context(|| format!("cannot write {}", file.display()))
}

/// A Python virtual environment in `directory` that holds `packages`; returns the folder of its programs.
pub(crate) fn python(directory: &Path, packages: &[&str]) -> Result<PathBuf> {
    let programs = directory.join("bin");
    // Scripts in the environment name their interpreter by its full path, so a moved folder is another one.
    let stamp = format!("{}\n{}\n", directory.display(), packages.join("\n"));
    if installed(directory).as_ref() == Some(&stamp) && programs.join("python").exists() {
        return Ok(programs);
    }
    let usable = cmd!("python3", "-c", "import ensurepip, venv").stderr_null().unchecked().run();
    ensure!(
        usable.is_ok_and(|output| output.status.success()),
        "python3 with its modules venv and ensurepip is needed: `bash ci/install.sh` installs them"
    );
    step(&format!("installing {} with pip", packages.join(", ")), || {
        install(directory, &stamp, || {
            cmd!("python3", "-m", "venv", directory).run().context("cannot make a virtual environment")?;
            cmd(
                programs.join("pip"),
                ["install", "--quiet", "--no-input", "--disable-pip-version-check"].iter().chain(packages),
            )
            .stdout_to_stderr()
            .run()
            .context("cannot download Python packages; is the network there?")?;
            Ok(())
        })
    })?;
    Ok(programs)
}

/// npm `packages` under `directory`; returns its `node_modules`. `node` is the folder of the programs node and npm.
pub(crate) fn npm(directory: &Path, node: &Path, packages: &[&str]) -> Result<PathBuf> {
    let modules = directory.join("node_modules");
    let stamp = packages.join("\n");
    if installed(directory).as_ref() == Some(&stamp) {
        return Ok(modules);
    }
    step(&format!("installing {} with npm", packages.join(", ")), || {
        install(directory, &stamp, || {
            // Without a manifest of its own, npm would install into the nearest package above.
            fs::write(directory.join("package.json"), "{}").context("cannot write package.json")?;
            let options = ["--silent", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"];
            cmd(node.join("npm"), ["install"].iter().chain(&options).chain(packages))
                .env("PATH", prepended("PATH", &[node])?)
                .dir(directory)
                .stdout_to_stderr()
                .run()
                .context("cannot download npm packages; is the network there?")?;
            Ok(())
        })
    })?;
    Ok(modules)
}

/// The list of folders in an environment variable, with `folders` in front.
pub(crate) fn prepended(variable: &str, folders: &[&Path]) -> Result<OsString> {
    let current = std::env::var_os(variable).unwrap_or_default();
    let rest = std::env::split_paths(&current).filter(|folder| !folder.as_os_str().is_empty());
    std::env::join_paths(folders.iter().map(|folder| folder.to_path_buf()).chain(rest))
        .with_context(|| format!("a folder for {variable} has a colon in its name"))
}

fn stamp_file(directory: &Path) -> PathBuf {
    directory.join(".installed")
}
