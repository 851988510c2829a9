//! Pending transcripts: what `cargo xtask review` may show for acceptance.
//!
//! A file says what its transcript is, not where it came from. So its scenario is played again, on every backend whose
//! claims it is named after, and it may be reviewed only when one of them gives this very text and the judge lets it
//! through. Whoever accepts by habit then accepts nothing that the laws forbid.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use insta::{Snapshot, internals::SnapshotContents};
use sigconform::{
    catalogue::{Catalogue, Scenario},
    description,
    fixture::Fixture,
    regular_file,
    report::diagnosis,
    results::{Cell, Verdict},
    run::{self, Options, Selection},
};

/// How often each backend is played, at most: a transcript that a scenario leaves to chance may need a few runs.
const RUNS: u32 = 5;

/// A pending transcript that must not be accepted, and why.
#[derive(Debug)]
pub struct Refused {
    /// Its file.
    pub file: PathBuf,
    /// Why, for people.
    pub reason: String,
}

/// The pending transcripts in a folder, sorted.
///
/// # Errors
/// The folder cannot be read.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".snap.new") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Those of these files that must not be accepted. The fixtures are those that may have given them.
///
/// # Errors
/// A scenario could not be played.
pub fn refused(files: &[PathBuf], catalogue: &Catalogue, fixtures: &[Fixture]) -> Result<Vec<Refused>> {
    let mut refused = Vec::new();
    for file in files {
        if let Some(reason) = refusal(file, catalogue, fixtures)? {
            refused.push(Refused { file: file.clone(), reason });
        }
    }
    Ok(refused)
}

fn refusal(file: &Path, catalogue: &Catalogue, fixtures: &[Fixture]) -> Result<Option<String>> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".snap.new").unwrap_or(&name).to_owned();
    let of = name.split('@').next().unwrap_or_default();
    let Some(scenario) = catalogue.scenario(of) else {
        return Ok(Some(format!("there is no scenario `{of}`")));
    };
    // insta opens whatever has the name.
    if let Err(error) = regular_file::bytes(file, regular_file::DATA) {
        return Ok(Some(format!("it cannot be read: {error}")));
    }
    let text = match Snapshot::from_file(file) {
        Ok(snapshot) => match snapshot.contents() {
            SnapshotContents::Text(text) => text.to_string(),
            SnapshotContents::Binary(_) => return Ok(Some("it holds no text".to_owned())),
        },
        Err(error) => return Ok(Some(format!("it is no snapshot: {error}"))),
    };
    let mut forbidden = None;
    let mut given = Vec::new();
    for fixture in
        fixtures.iter().filter(|fixture| fixture.specimen.is_none() && is_named_after(fixture, scenario, &name))
    {
        let cell = play(catalogue, fixtures, &fixture.name, of)?;
        let same = cell.outcomes.iter().find(|outcome| outcome.transcript.trim_end() == text.trim_end());
        match same {
            Some(outcome) if outcome.allowed => return Ok(None),
            Some(_) => forbidden = Some(cell),
            None => given.push(cell),
        }
    }
    Ok(Some(reason(&name, forbidden, &given)))
}

/// Whether the transcript of this name is the one that the fixture's claims ask for.
fn is_named_after(fixture: &Fixture, scenario: &Scenario, name: &str) -> bool {
    let description = if fixture.missing().is_none() { description::of(fixture).ok() } else { None };
    description.is_some_and(|description| scenario.snapshot_name(&description.claims) == name)
}

fn play(catalogue: &Catalogue, fixtures: &[Fixture], backend: &str, scenario: &str) -> Result<Cell> {
    let exactly = |name: &str| name.parse().map(|pattern| vec![pattern]).map_err(anyhow::Error::msg);
    let selection = Selection { backends: exactly(backend)?, scenarios: exactly(scenario)?, ..Selection::default() };
    let plan = run::plan(catalogue, fixtures, &selection)?;
    let results = plan.run(&Options { repeat: RUNS, ..Options::default() }, |_| {});
    results.results.into_iter().next().with_context(|| format!("{backend} / {scenario} was not played"))
}

fn reason(name: &str, forbidden: Option<Cell>, given: &[Cell]) -> String {
    if let Some(cell) = forbidden {
        return format!("the judge forbids it:\n{}", diagnosis::plain(&cell));
    }
    let lawful = given.iter().filter(|cell| cell.verdict == Verdict::Pass).map(|cell| cell.backend.as_str());
    let lawful: Vec<_> = lawful.collect();
    if given.iter().all(|cell| cell.verdict == Verdict::Skip) {
        return format!("no backend that is here makes the claims that `{name}` names, so nobody can have given it");
    }
    if lawful.is_empty() {
        return "no backend that makes its claims conforms in this scenario, so nothing of it can be documented"
            .to_owned();
    }
    format!("no backend gives this transcript: {} conform in this scenario, with another one", lawful.join(", "))
}
