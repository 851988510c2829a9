//! `cargo xtask review`: pending snapshots, shown one by one by cargo-insta.

use std::path::Path;

use anyhow::{Context, Result, bail};
use clap::Args;

/// Review pending snapshots with cargo-insta.
#[derive(Debug, Args)]
pub struct Review {
    /// Only list them
    #[arg(long)]
    list: bool,
}

impl Review {
    /// Runs the command; returns cargo-insta's exit status.
    pub fn run(&self) -> Result<u8> {
        let installed = duct::cmd!("cargo", "insta", "--version").stdout_null().stderr_null().unchecked().run()?;
        if !installed.status.success() {
            bail!("cargo-insta is not installed; install it with: cargo install --locked cargo-insta");
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the xtask package lies in the workspace")?;
        let action = if self.list { "pending-snapshots" } else { "review" };
        let output = duct::cmd!("cargo", "insta", action).dir(root).unchecked().run()?;
        Ok(output.status.code().and_then(|code| code.try_into().ok()).unwrap_or(1))
    }
}
