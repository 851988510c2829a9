//! `cargo xtask cross`: the code for macOS, FreeBSD and Linux on arm64, checked from Linux on x86_64.
//!
//! Few who change this code have a Mac at hand, and a mistake behind `cfg(target_os = "macos")` is invisible to every
//! other build. Rust's own standard libraries for those systems need a download that is not to be had everywhere; Debian's
//! Rust brings the standard library's source, which `-Zbuild-std` compiles, and zig links against macOS's list of
//! symbols: a call that macOS does not have fails the link. Nothing is run: that only a real machine can show.
//!
//! Debian's compiler moves with its security updates, so this lane denies what means a defect, and no other warning.

mod debian;

use std::collections::HashMap;
use std::env;
use std::ffi::OsString;
use std::io::{IsTerminal, stderr};
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use duct::{Expression, cmd};

use xtask::checkout::Checkout;

use crate::tools;

/// Linker and cargo subcommand. Exact versions: both know the internals of the other and of rustc.
const LINKER: [&str; 2] = ["ziglang==0.17.1", "cargo-zigbuild==0.24.0"];

/// What makes the lane fail. Any other warning is for the compiler that the project is developed with.
const LINTS: [&str; 8] = ["-A", "warnings", "-D", "unused", "-D", "clippy::correctness", "-D", "clippy::suspicious"];

/// How clippy's driver wants its arguments separated.
const CLIPPY_SEPARATOR: &str = "__CLIPPY_HACKERY__";

/// A system that this lane checks.
struct Target {
    triple: &'static str,
    /// Linked too, tests included: the proof that the system has every function that the code calls.
    linked: bool,
}

const TARGETS: [Target; 3] = [
    Target { triple: "aarch64-apple-darwin", linked: true },
    Target { triple: "x86_64-unknown-freebsd", linked: false },
    // Following a signal handler is for one architecture.
    Target { triple: "aarch64-unknown-linux-gnu", linked: false },
];

/// Packages whose library needs a framework of macOS, which zig does not have: they are checked and not linked there.
const NEED_FRAMEWORKS: [&str; 1] = ["fixture-ctrlc"];

/// The options of `cargo xtask cross`.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Options {
    /// Check this target only (may be given several times)
    #[arg(long = "target", value_name = "TRIPLE", value_parser = TARGETS.map(|target| target.triple))]
    targets: Vec<String>,
    /// Type-check and lint, but do not link
    #[arg(long)]
    check_only: bool,
}

/// Type-checks, lints and links the whole workspace, tests included, for systems that are not this one.
pub(crate) fn run(options: &Options) -> Result<()> {
    let checkout = Checkout::here()?;
    let place = checkout.target.join("cross");
    let toolchain = debian::Toolchain::install(&place.join("debian"))?;
    let linker = tools::python(&place.join("python"), &LINKER)?;
    let lane = Lane { toolchain, linker, root: checkout.root.clone(), place };
    lane.ensure_lints_work()?;
    for target in &TARGETS {
        if !options.targets.is_empty() && !options.targets.iter().any(|wanted| wanted == target.triple) {
            continue;
        }
        let (verb, subcommand) =
            if target.linked && !options.check_only { ("linking", "zigbuild") } else { ("type-checking", "check") };
        tools::step(&format!("{verb} and linting for {}", target.triple), || {
            let remedy = "the code does not pass for this target (see above)";
            if subcommand == "check" {
                lane.cargo(subcommand, target, &["--workspace"])?.run().context(remedy)?;
                return Ok(());
            }
            let excluded: Vec<_> = NEED_FRAMEWORKS.iter().flat_map(|name| ["--exclude", name]).collect();
            lane.cargo(subcommand, target, &[&["--workspace"][..], &excluded].concat())?.run().context(remedy)?;
            eprintln!("checked, not linked, for want of Apple's frameworks: {}", NEED_FRAMEWORKS.join(", "));
            let checked: Vec<_> = NEED_FRAMEWORKS.iter().flat_map(|name| ["--package", name]).collect();
            lane.cargo("check", target, &checked)?.run().context(remedy)?;
            Ok(())
        })?;
    }
    Ok(())
}

/// Everything is in place: Debian's Rust, the linker, and a folder for what they build.
struct Lane {
    toolchain: debian::Toolchain,
    linker: PathBuf,
    root: PathBuf,
    place: PathBuf,
}

impl Lane {
    /// One cargo command over these packages, tests included. All go through cargo-zigbuild: commands that
    /// differ in the linker would throw away each other's work.
    fn cargo(&self, subcommand: &str, target: &Target, packages: &[&str]) -> Result<Expression> {
        let mut arguments = [&[subcommand], packages].concat();
        arguments.extend(["--all-targets", "--keep-going", "--locked", "-Zbuild-std"]);
        arguments.extend(["--target", target.triple]);
        if !stderr().is_terminal() {
            arguments.push("--quiet");
        }
        self.isolated(cmd(self.linker.join("cargo-zigbuild"), arguments).dir(&self.root).stdin_null())
    }

    /// clippy takes the place of rustc, as in `cargo clippy`, but here in a build that also links: one pass for both.
    /// Would this clippy no longer listen to [`LINTS`], nothing would say so; hence a program that must not pass.
    fn ensure_lints_work(&self) -> Result<()> {
        let driver = self.toolchain.programs().join("clippy-driver");
        let arguments = ["--edition", "2024", "--crate-type", "lib", "--emit", "metadata", "-o", "/dev/null", "-"];
        let output = self
            .isolated(cmd(driver, arguments).stdin_bytes("fn unused() {}").stderr_capture().unchecked())?
            .run()
            .context("cannot start clippy-driver")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            !output.status.success() && said.contains("`-D unused`"),
            "clippy-driver does not deny what the lane asks it to deny (see LINTS in xtask/src/cross.rs); it said: {said}"
        );
        Ok(())
    }

    /// The command with Debian's Rust, zig and clippy, and nothing of the cargo that runs this xtask.
    fn isolated(&self, command: Expression) -> Result<Expression> {
        let programs = self.toolchain.programs();
        let own: [(&str, OsString); 12] = [
            ("PATH", tools::prepended("PATH", &[&programs, &self.linker])?),
            ("LD_LIBRARY_PATH", tools::prepended("LD_LIBRARY_PATH", &[&self.toolchain.libraries()])?),
            ("RUSTC_WORKSPACE_WRAPPER", programs.join("clippy-driver").into()),
            ("CLIPPY_ARGS", LINTS.join(CLIPPY_SEPARATOR).into()),
            ("CARGO_TARGET_DIR", self.place.join("target").into()),
            ("CARGO_ZIGBUILD_CACHE_DIR", self.place.join("zigbuild").into()),
            ("ZIG_GLOBAL_CACHE_DIR", self.place.join("zig").into()),
            ("ZIG_LOCAL_CACHE_DIR", self.place.join("zig").into()),
            // Debian's stable Rust allows -Zbuild-std only so.
            ("RUSTC_BOOTSTRAP", "1".into()),
            // Nothing here is run or debugged. Stripping would ask for rust-objcopy, which Debian does not have.
            ("CARGO_PROFILE_DEV_DEBUG", "0".into()),
            ("CARGO_PROFILE_DEV_STRIP", "none".into()),
            ("CARGO_PROFILE_RELEASE_STRIP", "none".into()),
        ];
        let mut variables: HashMap<OsString, OsString> =
            env::vars_os().filter(|(name, _)| !belongs_to_the_caller(name)).collect();
        variables.extend(own.map(|(name, value)| (name.into(), value)));
        Ok(command.full_env(variables))
    }
}

/// Variables by which the cargo that runs this xtask would lead Debian's cargo to another compiler or to other flags.
fn belongs_to_the_caller(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    let exact = ["CARGO", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTUP_TOOLCHAIN"];
    let prefixes = ["RUSTC", "CARGO_BUILD_", "CARGO_MANIFEST_", "CARGO_PKG_"];
    exact.contains(&&*name) || prefixes.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_callers_compiler_is_forgotten_and_its_registry_kept() {
        for name in ["CARGO", "RUSTC", "RUSTC_WRAPPER", "RUSTUP_TOOLCHAIN", "RUSTFLAGS", "CARGO_PKG_NAME"] {
            assert!(belongs_to_the_caller(&name.into()), "{name}");
        }
        for name in ["CARGO_HOME", "CARGO_NET_RETRY", "CARGO_HTTP_CAINFO", "PATH", "RUST_BACKTRACE"] {
            assert!(!belongs_to_the_caller(&name.into()), "{name}");
        }
    }
}
