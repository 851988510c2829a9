//! The matrix of the native fixtures against as many empty tests under cargo-nextest, which runs each test in a process of
//! its own, as the harness does each case.

use std::{fs, path::Path, process::Command, time::Duration};

use anyhow::{Context, Result, ensure};
use sigconform::run::default_jobs;

use crate::{
    cells::Cells,
    check_interrupt,
    measure::{median, millis, on_all, time},
};

const INSTALL: &str = "cargo install --locked cargo-nextest --version 0.9.143";

/// Measures both, in turn; says how to install nextest where it is missing.
pub(crate) fn section(cells: &Cells<'_>, rounds: u32) -> Result<String> {
    let mut text = "## A case against an empty test under cargo-nextest\n\n".to_owned();
    let version = Command::new("cargo").args(["nextest", "--version"]).output();
    let Some(version) = version.ok().filter(|output| output.status.success()) else {
        return Ok(text + &format!("skipped: cargo-nextest is not installed; install it with: {INSTALL}\n"));
    };
    let version = String::from_utf8_lossy(&version.stdout);
    let native = cells.native();
    let folder = tempfile::tempdir().context("cannot make a folder for the empty tests")?;
    empty_tests(folder.path(), native.len())?;
    let short = native.iter().filter(|cell| cell.scenario.name == "sequence").collect::<Vec<_>>();
    let many: Vec<_> = short.iter().cycle().take(native.len()).collect();
    let (mut tests, mut matrix, mut sequence) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        check_interrupt()?;
        tests.push(run_tests(folder.path())?);
        matrix.push(time(|| on_all(&native, default_jobs().get(), |cell, driver| cell.drive(driver).map(drop)))?);
        sequence.push(time(|| on_all(&many, default_jobs().get(), |cell, driver| cell.drive(driver).map(drop)))?);
    }
    let count = u32::try_from(native.len()).unwrap_or(u32::MAX);
    let one = |times: &[Duration]| median(times) / count;
    let ratio = |times| one(&tests).as_secs_f64() / one(times).as_secs_f64();
    text += &format!(
        "{count} of each, in turn, {rounds} times. The tests' time is the one that nextest itself reports.\n\n\
         | what | wall time each | nextest takes |\n|---|--:|--:|\n\
         | empty test, {} | {} | |\n\
         | case, every native cell | {} | {:.1} × |\n\
         | case, `sequence` on the native backends | {} | {:.1} × |\n",
        version.lines().next().unwrap_or_default(),
        millis(one(&tests)),
        millis(one(&matrix)),
        ratio(&matrix),
        millis(one(&sequence)),
        ratio(&sequence)
    );
    Ok(text)
}

/// A package of its own with so many empty tests.
fn empty_tests(folder: &Path, count: usize) -> Result<()> {
    let tests = (0..count).map(|number| format!("#[test]\nfn empty_{number}() {{}}\n"));
    fs::create_dir(folder.join("src"))?;
    fs::write(folder.join("src/lib.rs"), tests.collect::<String>())?;
    fs::write(
        folder.join("Cargo.toml"),
        "[package]\nname = \"empty-tests\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n",
    )?;
    run_tests(folder).map(drop)
}

fn run_tests(folder: &Path) -> Result<Duration> {
    let output = Command::new("cargo")
        .args(["nextest", "run"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", "target")
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the empty tests do not pass: {said}");
    // "Summary [   1.234s] 600 tests run: ..."
    let summary = said.lines().find(|line| line.contains("Summary"));
    let seconds = summary.and_then(|line| line.split_once('[')?.1.split_once("s]")?.0.trim().parse().ok());
    Ok(Duration::from_secs_f64(seconds.with_context(|| format!("nextest gave no summary: {said}"))?))
}
