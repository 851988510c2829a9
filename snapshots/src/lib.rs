//! The check that every conformance test makes: one cell played, judged, and held against the reviewed transcript of its
//! scenario.
//!
//! The transcripts lie in `snapshots/transcripts/`. Each is named after its scenario and the claims that it depends on,
//! and shared by every backend that makes them, on every system. They are reviewed documents, so only a transcript that
//! the judge allows may ever propose a change to one: what the judge forbids is shown as insta would show it, by a
//! program of its own that cannot write (`src/diff.rs`).

// Files that others name are read through one door: clippy.toml.
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use sigconform::{
    catalogue::{Catalogue, Scenario},
    description,
    fixture::Fixture,
    report::diagnosis,
    results::{Cell, Verdict},
    run::{self, Options, Plan, Selection},
};
use xtask::checkout::Checkout;

/// The fixtures of this repository, built once a process.
///
/// # Panics
/// When they do not build.
pub fn fixtures() -> &'static [Fixture] {
    static FIXTURES: OnceLock<Vec<Fixture>> = OnceLock::new();
    FIXTURES.get_or_init(|| xtask::fixtures::build().unwrap_or_else(|error| panic!("{error:#}")))
}

/// The scenarios and requirements.
///
/// # Panics
/// When a data file is malformed.
pub fn catalogue() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| Catalogue::embedded().unwrap_or_else(|error| panic!("{error}")))
}

/// Plays one cell once.
///
/// # Panics
/// When there is no such backend or scenario.
#[must_use]
pub fn play(backend: &str, scenario: &str) -> Cell {
    let under_test = fixtures().iter().any(|fixture| fixture.name == backend && fixture.specimen.is_none());
    if under_test { play_of(plan(), backend, scenario) } else { play_of(&plan_of(backend), backend, scenario) }
}

fn play_of(plan: &Plan<'_>, backend: &str, scenario: &str) -> Cell {
    let at = plan.cells().position(|(fixture, of, _)| fixture.name == backend && of.name == scenario);
    plan.play(at.unwrap_or_else(|| panic!("no cell {backend} / {scenario}")), &Options::default())
}

/// Every cell of the backends under test, planned once a process: each backend is asked once what it is.
fn plan() -> &'static Plan<'static> {
    static PLAN: OnceLock<Plan<'static>> = OnceLock::new();
    PLAN.get_or_init(|| planned(&Selection::default()))
}

/// The cells of a specimen.
fn plan_of(backend: &str) -> Plan<'static> {
    planned(&Selection { backends: vec![backend.parse().expect("a name is a pattern")], ..Selection::default() })
}

fn planned(selection: &Selection) -> Plan<'static> {
    run::plan(catalogue(), fixtures(), selection).unwrap_or_else(|error| panic!("{error}"))
}

/// Holds a cell against the reviewed transcript of its scenario. `differ` is the program `snapshot-diff`.
///
/// # Errors
/// What a failed test prints, for a cell that the judge does not let through: insta's diff and the diagnosis.
///
/// # Panics
/// As insta does, when the judge lets the cell through and the transcript is not the reviewed one.
pub fn check(cell: &Cell, differ: &Path) -> Result<(), String> {
    match cell.verdict {
        // What is observed is what it is: no claim says how it should be.
        Verdict::Pass if scenario(&cell.scenario).observes.is_some() => Ok(()),
        Verdict::Pass => {
            let reviewed = name_of(cell);
            for outcome in &cell.outcomes {
                assert_reviewed(&cell.scenario, &reviewed, &outcome.transcript);
            }
            Ok(())
        }
        Verdict::Skip | Verdict::Xfail => {
            let reason = diagnosis::printable(cell.reason.as_deref().unwrap_or_default());
            let said = format!("{} {} / {}: {reason}\n", cell.verdict, cell.backend, cell.scenario);
            // Past libtest's capture: a skip that nobody sees looks like a pass.
            let _ = io::stderr().write_all(said.as_bytes());
            Ok(())
        }
        Verdict::Fail => Err(format!("{}\n{}", diff(cell, differ), diagnosis::plain(cell))),
        Verdict::Xpass | Verdict::Error => Err(diagnosis::plain(cell)),
    }
}

/// The name of the transcript that a cell is held against: the scenario's, and the claims that it depends on.
fn name_of(cell: &Cell) -> String {
    let scenario = scenario(&cell.scenario);
    if scenario.varies_by.is_empty() {
        return scenario.name.clone();
    }
    let fixture = fixtures().iter().find(|fixture| fixture.name == cell.backend);
    let description = fixture.and_then(|fixture| description::of(fixture).ok()).expect("what was played was described");
    scenario.snapshot_name(&description.claims)
}

fn scenario(name: &str) -> &'static Scenario {
    catalogue().scenario(name).unwrap_or_else(|| panic!("no scenario `{name}`"))
}

/// insta's assertion: the transcript is the reviewed one of that name. As insta does, it leaves a proposal for
/// `cargo xtask review` when it fails, unless `INSTA_UPDATE=no` or `CI` is set.
///
/// # Panics
/// When it is not, or when there is no such scenario.
pub fn assert_reviewed(scenario: &str, reviewed: &str, transcript: &str) {
    let title = &self::scenario(scenario).title;
    let mut settings = insta::Settings::new();
    // Where they lie now: insta itself knows where this was built.
    settings.set_snapshot_path(transcripts());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_description(title);
    settings.bind(|| insta::assert_snapshot!(reviewed, transcript));
}

/// The folder of the reviewed transcripts, in the checkout that this runs in.
///
/// # Panics
/// When it runs in none.
#[must_use]
pub fn transcripts() -> PathBuf {
    let checkout = Checkout::here().unwrap_or_else(|error| panic!("{error:#}"));
    checkout.root.join("snapshots/transcripts")
}

/// Every file of that folder by name, sorted.
///
/// # Panics
/// When the folder cannot be read.
#[must_use]
pub fn transcript_files() -> Vec<String> {
    let entries = fs::read_dir(transcripts()).expect("the folder of the transcripts");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// The forbidden transcript of a cell beside the reviewed one, as insta shows it.
fn diff(cell: &Cell, differ: &Path) -> String {
    let forbidden = cell.outcomes.iter().find(|outcome| !outcome.allowed).map_or("", |outcome| &outcome.transcript);
    match insta_says(differ, cell, forbidden) {
        Ok(said) if said.is_empty() => "the lines are those of the reviewed transcript\n".to_owned(),
        Ok(said) => diagnosis::printable(&said),
        Err(error) => format!("no diff: {}: {error}\n", differ.display()),
    }
}

/// What insta prints when it compares, and only compares.
fn insta_says(differ: &Path, cell: &Cell, transcript: &str) -> io::Result<String> {
    let mut child = Command::new(differ)
        .args([&cell.scenario, &name_of(cell)])
        .env("INSTA_UPDATE", "no")
        .env("INSTA_FORCE_PASS", "0")
        .env("INSTA_OUTPUT", "diff")
        .env_remove("INSTA_DIFF_TOOL")
        .env_remove("CLICOLOR_FORCE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    // The program reads all of it before it writes, so neither waits for the other; dropping it is its end.
    child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(transcript.as_bytes()))?;
    let said = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    // insta ends with advice on how to accept: there is nothing to accept here.
    Ok(said.split_inclusive('\n').filter(|line| !line.starts_with("Stopped on the first failure")).collect())
}
