//! Debian's Rust in a folder of its own, next to whatever Rust the machine has.
//!
//! apt says which packages are needed and downloads them; they are unpacked, never installed: no root, no change to the
//! machine. What is there is kept until apt knows newer versions.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use duct::cmd;
use sigconform::regular_file;

use crate::tools;

/// Compiler, cargo, the standard library's source, and clippy: always of one version.
const PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "rust-web-clippy"];

/// An unpacked Debian Rust.
pub(super) struct Toolchain {
    prefix: PathBuf,
}

impl Toolchain {
    /// Unpacks the newest version that apt knows into `prefix`, unless it is there.
    pub(super) fn install(prefix: &Path) -> Result<Self> {
        ensure_debian()?;
        let toolchain = Self { prefix: prefix.to_path_buf() };
        let present = tools::installed(prefix);
        // Without package lists (a fresh container) apt knows nothing: then what is there is the newest known.
        if present.is_some() && Packages::resolve().ok().is_none_or(|packages| present == Some(packages.stamp())) {
            return Ok(toolchain);
        }
        tools::step("updating apt's package lists", update_lists)?;
        let packages = Packages::resolve()?;
        if present != Some(packages.stamp()) {
            let what = format!("downloading and unpacking {} packages of {}", packages.0.len(), packages.version());
            tools::step(&what, || tools::install(prefix, &packages.stamp(), || packages.unpack(prefix)))?;
        }
        Ok(toolchain)
    }

    /// The folder with rustc and cargo.
    pub(super) fn programs(&self) -> PathBuf {
        self.prefix.join("usr/bin")
    }

    /// The folder with the libraries that these programs load.
    pub(super) fn libraries(&self) -> PathBuf {
        self.prefix.join("usr/lib/x86_64-linux-gnu")
    }
}

/// Names and versions of the packages to unpack.
#[derive(Debug, PartialEq)]
struct Packages(BTreeMap<String, String>);

impl Packages {
    /// What apt would install on this machine, and all of Rust's own packages even where some are installed: the
    /// compiler looks for the standard library beside itself.
    fn resolve() -> Result<Self> {
        let mut packages = simulated(&[])?;
        let on_empty_machine = simulated(&["-o", "Dir::State::status=/dev/null"])?;
        packages.extend(on_empty_machine.into_iter().filter(|(name, _)| is_rusts_own(name)));
        for name in PACKAGES {
            ensure!(packages.contains_key(name), "apt did not say which version of {name} it would install");
        }
        Ok(Self(packages))
    }

    fn stamp(&self) -> String {
        self.0.iter().map(|(name, version)| [name, "=", version, "\n"].concat()).collect()
    }

    fn version(&self) -> String {
        format!("{} {}", PACKAGES[0], self.0[PACKAGES[0]])
    }

    fn unpack(&self, prefix: &Path) -> Result<()> {
        let downloads = prefix.join("downloads");
        fs::create_dir_all(&downloads).with_context(|| format!("cannot create {}", downloads.display()))?;
        let wanted = self.0.iter().map(|(name, version)| format!("{name}={version}"));
        let options = ["-qq", "-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=3", "download"];
        cmd("apt-get", options.map(String::from).into_iter().chain(wanted))
            .dir(&downloads)
            .stdout_to_stderr()
            .run()
            .context("apt-get download failed; this lane needs Debian's package archive to be reachable")?;
        for file in fs::read_dir(&downloads).context("cannot list the downloads")? {
            let file = file.context("cannot list the downloads")?.path();
            cmd!("dpkg-deb", "-x", &file, prefix).run().with_context(|| format!("cannot unpack {}", file.display()))?;
        }
        fs::remove_dir_all(&downloads).with_context(|| format!("cannot remove {}", downloads.display()))
    }
}

/// Says what is missing where this cannot work: a lane that is skipped in silence would look like one that passed.
fn ensure_debian() -> Result<()> {
    let needed = "`cargo xtask cross` needs Debian 12 on x86_64 Linux (its packages rustc-web and rust-web-src), for \
                  example in a container";
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        bail!("{needed}; this is {} on {}", std::env::consts::OS, std::env::consts::ARCH);
    }
    let release = regular_file::text("/etc/os-release".as_ref(), regular_file::DATA).unwrap_or_default();
    let is_debian = release.lines().any(|line| line == "ID=debian");
    ensure!(is_debian, "{needed}; /etc/os-release names another distribution");
    Ok(())
}

fn update_lists() -> Result<()> {
    let update = ["apt-get", "-qq", "-o", "Acquire::Retries=3", "update"];
    let root = cmd!("id", "-u").read().is_ok_and(|id| id == "0");
    let update = if root { cmd(update[0], &update[1..]) } else { cmd("sudo", ["-n"].iter().chain(&update)) };
    update
        .stdout_to_stderr()
        .run()
        .context("apt-get update failed; this lane needs Debian's package archive, and root or sudo for its lists")?;
    Ok(())
}

fn simulated(options: &[&str]) -> Result<BTreeMap<String, String>> {
    let install = ["-s", "-qq", "install", "--no-install-recommends"];
    let output = cmd("apt-get", options.iter().chain(&install).chain(&PACKAGES))
        .env("LC_ALL", "C")
        .stderr_capture()
        .stdout_capture()
        .unchecked()
        .run()
        .context("cannot start apt-get")?;
    ensure!(
        output.status.success(),
        "apt cannot install {}; this lane needs Debian 12 and its security updates: {}",
        PACKAGES.join(", "),
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(to_install(&String::from_utf8_lossy(&output.stdout)))
}

/// Reads apt's `Inst NAME [OLD VERSION] (VERSION ARCHIVE [ARCHITECTURE])` lines.
fn to_install(simulation: &str) -> BTreeMap<String, String> {
    let package = |line: &str| {
        let (name, rest) = line.strip_prefix("Inst ")?.split_once(' ')?;
        let version = rest.split_once('(')?.1.split(' ').next()?;
        Some((name.to_owned(), version.to_owned()))
    };
    simulation.lines().filter_map(package).collect()
}

fn is_rusts_own(package: &str) -> bool {
    package.contains("rust") || package.contains("cargo")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_new_and_upgraded_packages_from_a_simulation() {
        let simulation = "NOTE: This is only a simulation!\n\
            Inst libgcc-s1 (12.2.0-14+deb12u1 Debian:12.15/oldstable [amd64]) []\n\
            Inst libllvm22 [1:22.1.0-1] (1:22.1.8-1~deb12u1 Debian-Security:12/oldstable-security [amd64])\n\
            Remv rustc [1.63.0]\n\
            Conf libllvm22 (1:22.1.8-1~deb12u1 Debian-Security:12/oldstable-security [amd64])\n";
        let expected = [("libgcc-s1", "12.2.0-14+deb12u1"), ("libllvm22", "1:22.1.8-1~deb12u1")];
        assert_eq!(to_install(simulation), expected.map(|(name, version)| (name.into(), version.into())).into());
    }

    #[test]
    fn the_compilers_library_counts_as_rusts_own_and_llvm_does_not() {
        assert!(is_rusts_own("libstd-rust-web-1.96"));
        assert!(PACKAGES.into_iter().all(is_rusts_own));
        assert!(!is_rusts_own("libllvm22"));
    }
}
