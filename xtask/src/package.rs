//! `cargo xtask package`: the two published crates, built and tested from their packaged files alone, without a network.
//!
//! 1. cargo packages both; each archive holds what a registry would hand out, symbolic links resolved.
//! 2. The archives are unpacked side by side into a workspace of their own, which takes the one for the other's registry.
//! 3. Their tests run there, offline. What a test needs of this repository is not there, so it must not be asked for.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use duct::{Expression, cmd};
use sigconform::regular_file;
use xtask::checkout::Checkout;

use crate::tools::step;

/// What is published, in the order of its dependencies.
const CRATES: [&str; 2] = ["sigconform-fixture", "sigconform"];

/// What must travel with the harness besides its code.
const CARRIED: [&str; 8] = [
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "catalogue/requirements.toml",
    "catalogue/scenarios/sequence.toml",
    "templates/c/sigconform_play.h",
    "templates/python/sigconform_fixture.py",
    "transcripts/sequence.snap",
];

/// Where the packages are unpacked.
const WORKSPACE: &str = r#"[workspace]
resolver = "3"
members = ["sigconform", "sigconform-fixture"]

[patch.crates-io]
sigconform-fixture = { path = "sigconform-fixture" }
"#;

/// The unpacked crates.
pub(crate) struct Packaged {
    folder: PathBuf,
    /// What builds of them share.
    pub(crate) target: PathBuf,
}

/// Runs the command.
pub(crate) fn run() -> Result<()> {
    let packaged = Packaged::make()?;
    for name in CRATES {
        step(&format!("testing {name} from its package, offline"), || {
            let test = packaged.cargo(&["test", "--quiet", "--offline", "--package", name]);
            test.run().with_context(|| format!("the package of {name} does not stand alone"))?;
            Ok(())
        })?;
    }
    Ok(())
}

impl Packaged {
    /// Packages and unpacks.
    pub(crate) fn make() -> Result<Self> {
        let checkout = Checkout::here()?;
        let place = checkout.target.join("packaged");
        let (archives, folder) = (place.join("archives"), place.join("crates"));
        let version = env!("CARGO_PKG_VERSION");
        step(&format!("packaging {}", CRATES.join(" and ")), || {
            // Verified below, with tests; what is not committed yet is packaged too, since it is what is tried.
            let args = ["package", "--quiet", "--offline", "--no-verify", "--allow-dirty", "--target-dir"];
            let selected = CRATES.into_iter().flat_map(|name| ["--package", name]);
            let args = args.into_iter().map(PathBuf::from).chain([archives.clone()]).chain(selected.map(PathBuf::from));
            cmd("cargo", args).dir(&checkout.root).run().context("cargo could not package")?;
            if folder.exists() {
                fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
            }
            fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
            for name in CRATES {
                let archive = archives.join(format!("package/{name}-{version}.crate"));
                // With the time of now: cargo takes what has the time of the last package for the same.
                cmd!("tar", "-xzmf", &archive, "-C", &folder).run().context("cannot unpack")?;
                fs::rename(folder.join(format!("{name}-{version}")), folder.join(name)).context("cannot unpack")?;
            }
            fs::write(folder.join("Cargo.toml"), WORKSPACE).context("cannot write a workspace")?;
            Ok(())
        })?;
        let packaged = Self { folder, target: place.join("target") };
        for file in CARRIED {
            let file = packaged.of("sigconform").join(file);
            ensure!(file.is_file() && !file.is_symlink(), "the package of sigconform lacks {}", file.display());
        }
        Ok(packaged)
    }

    /// Where a crate is unpacked.
    pub(crate) fn of(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Has cargo take the packages where a registry's crates are asked for.
    pub(crate) fn patches(&self) -> Vec<String> {
        let patch = |name: &str| format!("patch.crates-io.{name}.path={:?}", self.of(name).to_string_lossy());
        CRATES.iter().flat_map(|name| ["--config".to_owned(), patch(name)]).collect()
    }

    /// Has cargo do something with one of the packages.
    pub(crate) fn cargo(&self, args: &[&str]) -> Expression {
        cmd("cargo", args).dir(&self.folder).env("CARGO_TARGET_DIR", &self.target)
    }
}

/// Copies a folder, with what its symbolic links lead to.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot create {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot list {}", from.display()))? {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        if path.is_dir() {
            copy(&path, &to.join(name))?;
        } else {
            copy_file(&path, &to.join(name))?;
        }
    }
    Ok(())
}

/// Copies a regular file with its permissions.
pub(crate) fn copy_file(from: &Path, to: &Path) -> Result<()> {
    let copy = || {
        let mut file = regular_file::open(from)?;
        io::copy(&mut file, &mut fs::File::create(to)?)?;
        fs::set_permissions(to, file.metadata()?.permissions())
    };
    copy().with_context(|| format!("cannot copy {}", from.display()))
}
