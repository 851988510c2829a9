//! `cargo xtask ci`: everything that CI checks besides the tests, step by step, in the order of what fails fastest.

use anyhow::{Context, Result, ensure};
use clap::Args;
use sigconform::{
    catalogue::Catalogue,
    cli::{Broken, Conform},
    exit_status,
};
use xtask::fixtures;

use crate::{adopters, cross, package, tools::step, workflows};

/// Format, lints, documentation, conformance, the broken backends, the packages and their adopters, the cross lane.
#[derive(Debug, Args)]
pub struct Ci {
    /// Without the cross lane, which needs a gigabyte of downloads the first time
    #[arg(long)]
    no_cross: bool,
}

impl Ci {
    /// Runs every step; the first that fails ends it.
    pub fn run(&self) -> Result<()> {
        step("format", || cargo(&["fmt", "--all", "--check"]))?;
        step("workflows", workflows::lint)?;
        step("clippy", || {
            cargo(&["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"])
        })?;
        step("documentation", || cargo(&["doc", "--workspace", "--no-deps", "--document-private-items"]))?;
        step("conformance", conform)?;
        step("broken backends", broken)?;
        step("packages", package::run)?;
        step("adopters", adopters::run)?;
        if !self.no_cross {
            step("cross lane", || cross::run(&cross::Options::default()))?;
        }
        Ok(())
    }
}

fn conform() -> Result<()> {
    let status = Conform { repeat: 3, ..Conform::default() }.run(&Catalogue::embedded()?, &fixtures::build()?)?;
    ensure!(status == exit_status::CONFORMING, "the reference backends do not conform (see the report above)");
    Ok(())
}

fn broken() -> Result<()> {
    let status = Broken::default().run(&Catalogue::embedded()?, &fixtures::build()?)?;
    ensure!(status == exit_status::CONFORMING, "a broken backend is not caught by the law that it names (see above)");
    Ok(())
}

fn cargo(args: &[&str]) -> Result<()> {
    let quiet: Vec<_> = args[..1].iter().chain(&["--quiet"]).chain(&args[1..]).collect();
    duct::cmd("cargo", quiet)
        .env("RUSTDOCFLAGS", "-D warnings")
        .run()
        .with_context(|| format!("`cargo {}` failed", args.join(" ")))?;
    Ok(())
}
