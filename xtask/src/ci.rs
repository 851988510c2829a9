//! `cargo xtask ci`: everything that CI checks besides the tests, step by step, in the order of what fails fastest.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use clap::Args;
use sigconform::{
    catalogue::Catalogue,
    cli::{Broken, Conform, Correct, Documents, Explore, Regressions},
    exit_status,
};
use xtask::{checkout::Checkout, fixtures, regressions};

use crate::{adopters, cross, package, readme::Readme, tools::step, workflows};

/// What is explored for a moment: the control, the correct backends that are unusual, and two textbook loops.
const EXPLORED: [&str; 4] = ["broken-control", "correct-*", "self-pipe", "signalfd"];
/// Scripts for each; a seed that gives the same ones each time.
const SCRIPTS: u64 = 30;
const SEED: u64 = 1;

/// Format, lints, documentation, conformance, the generated documents, the broken backends and the correct ones, a
/// few scripts made at random, the regressions, the packages and their adopters, the cross lane.
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
        let results = Checkout::here()?.target.join("conformance.json");
        step("conformance", || conform(&results))?;
        step("generated documents", || documents(&results))?;
        step("broken backends", broken)?;
        step("correct backends", correct)?;
        step("explored scripts", explored)?;
        step("regressions", || {
            let status = regressions::run(&Regressions::default())?;
            ensure!(status == exit_status::CONFORMING, "a known defect is not caught, or a mended one is (see above)");
            Ok(())
        })?;
        step("packages", package::run)?;
        step("adopters", adopters::run)?;
        if !self.no_cross {
            step("cross lane", || cross::run(&cross::Options::default()))?;
        }
        Ok(())
    }
}

fn conform(results: &Path) -> Result<()> {
    let documents = Documents { json: Some(results.to_owned()), ..Documents::default() };
    let conform = Conform { repeat: 1, documents, ..Conform::default() };
    let status = conform.run(&Catalogue::embedded()?, &fixtures::build()?)?;
    ensure!(status == exit_status::CONFORMING, "the reference backends do not conform (see the report above)");
    Ok(())
}

fn documents(results: &Path) -> Result<()> {
    let readme = Readme { check: true, results: Some(results.to_owned()) };
    let status = readme.run(&Catalogue::embedded()?)?;
    ensure!(status == exit_status::CONFORMING, "a generated document is stale (see above)");
    Ok(())
}

fn broken() -> Result<()> {
    let status = Broken::default().run(&Catalogue::embedded()?, &fixtures::build()?)?;
    ensure!(status == exit_status::CONFORMING, "a broken backend is not caught by the law that it names (see above)");
    Ok(())
}

fn correct() -> Result<()> {
    let correct = Correct { repeat: 1, ..Correct::default() };
    let status = correct.run(&Catalogue::embedded()?, &fixtures::build()?)?;
    ensure!(status == exit_status::CONFORMING, "a correct backend does not pass: a false alarm (see above)");
    Ok(())
}

/// The same few scripts each time, on backends of which nothing may be found.
fn explored() -> Result<()> {
    let backend = EXPLORED.iter().map(|pattern| pattern.parse().expect("a pattern")).collect();
    let out = Some(Checkout::here()?.target.join("explored"));
    let explore = Explore { backend, cases: Some(SCRIPTS), seed: Some(SEED), out, ..Explore::default() };
    let status = explore.run(&fixtures::build()?)?;
    ensure!(
        status == exit_status::CONFORMING,
        "a script made at random finds something where nothing is wrong (see above)"
    );
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
