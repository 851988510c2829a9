//! The checkout that a command stands in. It is asked for when the command runs: a folder that was copied with what had been
//! built in it holds programs that know only where they were built.

use std::{path::PathBuf, sync::OnceLock};

use anyhow::{Context, Result, ensure};
use cargo_metadata::MetadataCommand;

/// The folders of a checkout.
#[derive(Debug)]
pub struct Checkout {
    /// Where the workspace's `Cargo.toml` is.
    pub root: PathBuf,
    /// Where cargo builds, and what can be made again is kept.
    pub target: PathBuf,
}

impl Checkout {
    /// The one around the working directory, as cargo knows it; cargo is asked once.
    ///
    /// # Errors
    /// The working directory lies in no checkout of this repository.
    pub fn here() -> Result<&'static Self> {
        static HERE: OnceLock<Checkout> = OnceLock::new();
        if let Some(here) = HERE.get() {
            return Ok(here);
        }
        let metadata = MetadataCommand::new().no_deps().exec();
        let metadata = metadata.context("cannot find the workspace; run this inside the repository")?;
        let here = Self { root: metadata.workspace_root.into(), target: metadata.target_directory.into() };
        let is_ours = here.root.join("xtask/Cargo.toml").is_file() && here.root.join("fixtures").is_dir();
        ensure!(is_ours, "{} is not the repository of sigconform; run this inside it", here.root.display());
        Ok(HERE.get_or_init(|| here))
    }
}
