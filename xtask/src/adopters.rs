//! `cargo xtask adopters`: other people's repositories, as `examples/adopters/` shows them, with the packaged crates.
//!
//! Each is copied out of this repository, to a path with spaces, so that nothing but the packages can help it. Three must
//! be green. One has a defect: it must be red, and say what is wrong in so many words.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use duct::cmd;
use sigconform::{exit_status, regular_file};
use xtask::checkout::Checkout;

use crate::{
    package::{self, Packaged},
    tools::step,
};

mod places;

/// What the defect's failure must say: the law, the marked line, what was allowed, the source, the way back.
const SAID: [&str; 6] = [
    "error[handled-at-yield]: ",
    "--> flawed / batch-descending:",
    "^^^",
    "allowed here: ",
    "source: POSIX",
    "cargo test --package adopter-flawed --test signals -- --exact flawed::batch-descending",
];

struct Adopted {
    packaged: Packaged,
    folder: PathBuf,
}

/// Runs the command.
pub(crate) fn run() -> Result<()> {
    let packaged = Packaged::make()?;
    let checkout = Checkout::here()?;
    let folder = checkout.target.join("packaged").join("the adopters");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    package::copy(&checkout.root.join("examples/adopters"), &folder)?;
    let adopted = Adopted { packaged, folder };
    for name in ["signal-hook", "tokio-signal"] {
        step(&format!("{name} adopts the gate"), || adopted.is_green(name))?;
    }
    step("the gate works elsewhere too", || adopted.works_elsewhere("signal-hook"))?;
    step("a crate with a defect is told what is wrong", || adopted.is_red("flawed"))?;
    let program = step("the program, from its package", || adopted.program())?;
    step("a C program adopts it", || adopted.make(&program))?;
    step("what `init rust` writes is a gate", || adopted.begins_in_rust(&program))
}

impl Adopted {
    fn cargo(&self, name: &str, args: &[&str]) -> duct::Expression {
        let mut words: Vec<_> = args.iter().map(|arg| (*arg).to_owned()).collect();
        // Behind the command, which for nextest is two words: it asks cargo with the same options.
        let command = if args[0] == "nextest" { 2 } else { 1 };
        words.splice(command..command, self.packaged.patches());
        // An adopter's environment is not this one's: no job of GitHub is meant.
        cmd("cargo", words)
            .dir(self.folder.join(name))
            .env("CARGO_TARGET_DIR", &self.packaged.target)
            .env_remove("GITHUB_ACTIONS")
            .stdin_null()
    }

    fn is_green(&self, name: &str) -> Result<()> {
        places::is_green(self.cargo(name, &["test", "--quiet", "--test", "signals"]), "as it is")
    }

    fn is_red(&self, name: &str) -> Result<()> {
        // A scenario that the defect shows in, and one that it does not touch.
        let names = ["flawed::batch-descending", "flawed::sequence"];
        let args = ["test", "--quiet", "--test", "signals", "--", "--exact", names[0]];
        let said = self.cargo(name, &args).stderr_to_stdout().stdout_capture().unchecked().run()?;
        let text = String::from_utf8_lossy(&said.stdout);
        ensure!(!said.status.success(), "the defect was not found:\n{text}");
        for part in SAID {
            ensure!(text.contains(part), "the failure does not say `{part}`:\n{text}");
        }
        let right = self.cargo(name, &["test", "--quiet", "--test", "signals", "--", "--exact", names[1]]);
        right.stdout_null().run().context("what is right is red too")?;
        Ok(())
    }

    /// Builds `sigconform`.
    fn program(&self) -> Result<PathBuf> {
        let built = self.packaged.cargo(&["build", "--quiet", "--package", "sigconform", "--bin", "sigconform"]);
        built.run().context("the program does not build from its package")?;
        Ok(self.packaged.target.join("debug/sigconform"))
    }

    fn make(&self, program: &Path) -> Result<()> {
        let folder = self.folder.join("c-program");
        let results = folder.join("results.json");
        let said = cmd!("make", "--silent", "--environment-overrides", "check")
            .dir(&folder)
            .env("SIGCONFORM", program)
            .env("FLAGS", "--json results.json")
            .stderr_to_stdout()
            .stdout_capture()
            .unchecked()
            .run()?;
        let text = String::from_utf8_lossy(&said.stdout);
        ensure!(
            said.status.success() && text.contains("the fixture speaks the protocol"),
            "the C program is red:\n{text}"
        );
        // Two parts, merged, are the whole; and one of them alone is refused.
        let part = |part: &str| -> Result<PathBuf> {
            let file = folder.join(format!("part-{part}.json"));
            let args = ["run", "--partition", &format!("hash:{part}/2"), "--json"].map(OsString::from);
            let args = args.into_iter().chain([file.clone().into()]).chain(["--", "./fixture"].map(Into::into));
            cmd(program, args).dir(&folder).stdout_null().stderr_null().run().context("a part is red")?;
            Ok(file)
        };
        let (one, two) = (part("1")?, part("2")?);
        let merged = folder.join("merged.json");
        cmd!(program, "merge", &one, &two, "--json", &merged).stdout_null().run().context("the parts do not merge")?;
        let text = |file: &Path| regular_file::text(file, regular_file::RESULTS);
        let cells = |file: &Path| Ok::<_, anyhow::Error>(text(file)?.matches("\"scenario\":").count());
        ensure!(cells(&merged)? == cells(&results)?, "the parts are not the whole");
        let refused = cmd!(program, "merge", &one).stdout_null().stderr_capture().unchecked().run()?;
        let said = String::from_utf8_lossy(&refused.stderr);
        if refused.status.code() != Some(exit_status::USAGE.into()) || !said.contains("hash:2/2 of ") {
            bail!("a missing part is not refused: {said}");
        }
        Ok(())
    }

    /// A new crate, as `init` says it.
    fn begins_in_rust(&self, program: &Path) -> Result<()> {
        let folder = self.folder.join("new");
        fs::create_dir_all(folder.join("src"))?;
        fs::write(folder.join("src/lib.rs"), "")?;
        let said = cmd!(program, "init", "rust", &folder).read().context("init failed")?;
        let manifest: String =
            said.lines().filter_map(|line| line.strip_prefix("    ")).map(|line| format!("{line}\n")).collect();
        let package = "[workspace]\n[package]\nname = \"new\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
        fs::write(folder.join("Cargo.toml"), format!("{package}\n{manifest}"))?;
        let said = self
            .cargo("new", &["test", "--quiet", "--test", "signals", "--", "sequence"])
            .stdout_capture()
            .unchecked()
            .run()?;
        let text = String::from_utf8_lossy(&said.stdout);
        ensure!(said.status.success() && text.contains("1 passed"), "it is red:\n{text}");
        Ok(())
    }
}
