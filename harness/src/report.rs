//! Reporting: results in, one kind of document out. One reporter a file; none of them judges.
//!
//! ```
//! use sigconform::{report, results::Results};
//!
//! # let cell = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/example/failed.json"));
//! let results = Results::of(vec![serde_json::from_str(cell)?]);
//! assert_eq!(report::summary(&results), "1 fail");
//! assert_eq!(report::next_step(&results), "play it again: cargo test --test signals");
//! assert!(report::junit::render(&[results]).contains("<failure message=\"once-per-send: SIGHUP was sent once\""));
//! # Ok::<(), serde_json::Error>(())
//! ```

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    fault::Fault,
    results::{Cell, Results, Verdict},
    text::{self, quoted},
};

pub mod diagnosis;
pub mod github;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod observations;
pub mod overview;
pub mod progress;
mod shown;
pub mod terminal;

/// The matrix: backends across, requirements down. Every document shows this one.
#[derive(Debug)]
pub struct Matrix<'a> {
    /// Backends, sorted.
    pub backends: Vec<&'a str>,
    /// Requirements with their verdicts, one a backend in the same order, sorted by slug.
    pub rows: Vec<(&'a str, Vec<Option<Verdict>>)>,
    /// Requirement and backend of the skips for what is documented as unsupported.
    unsupported: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Matrix<'a> {
    /// The matrix of these results. A requirement that several scenarios show has the gravest of their verdicts.
    #[must_use]
    pub fn new(results: &'a Results) -> Self {
        let backends: BTreeSet<&str> = results.results.iter().map(|cell| cell.backend.as_str()).collect();
        let backends: Vec<_> = backends.into_iter().collect();
        let mut rows: BTreeMap<&str, Vec<Option<Verdict>>> = BTreeMap::new();
        let mut unsupported = BTreeSet::new();
        for cell in &results.results {
            if cell.unsupported {
                unsupported.extend(cell.requirements.iter().map(|slug| (slug.as_str(), cell.backend.as_str())));
            }
            let Ok(column) = backends.binary_search(&cell.backend.as_str()) else { continue };
            for requirement in &cell.requirements {
                let row = rows.entry(requirement).or_insert_with(|| vec![None; backends.len()]);
                row[column] = Some(row[column].map_or(cell.verdict, |seen| graver(seen, cell.verdict)));
            }
        }
        let rows: Vec<(&str, Vec<Option<Verdict>>)> = rows.into_iter().collect();
        Self { backends, rows, unsupported }
    }

    /// Whether a requirement was not tried on a backend because its documentation says that it does not support that.
    #[must_use]
    pub fn is_unsupported(&self, requirement: &str, backend: &str) -> bool {
        let row = self.rows.binary_search_by_key(&requirement, |(slug, _)| *slug).ok().map(|row| &self.rows[row].1);
        let verdict = row.zip(self.backends.binary_search(&backend).ok()).and_then(|(row, column)| row[column]);
        verdict == Some(Verdict::Skip) && self.unsupported.contains(&(requirement, backend))
    }
}

fn graver(a: Verdict, b: Verdict) -> Verdict {
    if gravity(b) > gravity(a) { b } else { a }
}

/// How much a verdict outweighs the others.
const fn gravity(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Skip => 0,
        Verdict::Pass => 1,
        Verdict::Xfail => 2,
        Verdict::Xpass => 3,
        Verdict::Fail => 4,
        Verdict::Error => 5,
    }
}

/// The counts in one line: `41 pass, 13 skip`.
#[must_use]
pub fn summary(results: &Results) -> String {
    let counts =
        Verdict::ALL.into_iter().map(|verdict| (results.count(verdict), verdict)).filter(|&(count, _)| count > 0);
    let counts: Vec<_> = counts.map(|(count, verdict)| format!("{count} {verdict}")).collect();
    if counts.is_empty() { "nothing to do".to_owned() } else { counts.join(", ") }
}

/// The one command that plays a cell again.
#[must_use]
pub fn again(cell: &Cell) -> String {
    // Results that were written before a cell said so are this repository's.
    if cell.again.is_empty() {
        format!("cargo xtask run {} {}", quoted(cell.backend.as_ref()), quoted(cell.scenario.as_ref()))
    } else {
        text::sentence(&cell.again)
    }
}

/// What to do next, in one line: about what is gravest.
#[must_use]
pub fn next_step(results: &Results) -> String {
    let first = |verdict| results.results.iter().find(|cell| cell.verdict == verdict);
    let others = |verdict| match results.count(verdict) {
        0 | 1 => String::new(),
        count => format!(", the first of {count}"),
    };
    if let Some(cell) = first(Verdict::Error) {
        let others = others(Verdict::Error);
        let remedy = cell.fault.map_or("see why nothing can be said of the library", Fault::remedy);
        return format!("{remedy}, then play it again{others}: {}", again(cell));
    }
    if let Some(cell) = first(Verdict::Fail) {
        return format!("play it again{}: {}", others(Verdict::Fail), again(cell));
    }
    if let Some(cell) = first(Verdict::Xpass) {
        let (backend, scenario) = (text::name(&cell.backend), text::name(&cell.scenario));
        let others = others(Verdict::Xpass);
        return format!("remove the entry for {backend} / {scenario} from its expectations.toml{others}");
    }
    let missing = results.backends.iter().filter(|backend| backend.absent.is_some() && backend.library.is_none());
    match (
        missing.map(|backend| text::name(&backend.name)).collect::<Vec<_>>().as_slice(),
        results.count(Verdict::Pass) + results.count(Verdict::Xfail),
    ) {
        ([], 0) => "nothing was played: see the reasons above, or `cargo xtask list`".to_owned(),
        ([], _) if results.count(Verdict::Pass) == 0 => "nothing: what was played fails as it is listed".to_owned(),
        ([], _) => "nothing: what was played conforms".to_owned(),
        (missing, _) => format!("install what {} needs (see the skips above): the rest conforms", missing.join(", ")),
    }
}

/// The reasons of the skips, each with what it is for, most frequent first.
#[must_use]
pub fn skips(results: &Results) -> Vec<(String, &str)> {
    let mut reasons: BTreeMap<&str, Vec<&Cell>> = BTreeMap::new();
    for cell in results.results.iter().filter(|cell| cell.verdict == Verdict::Skip) {
        reasons.entry(cell.reason.as_deref().unwrap_or_default()).or_default().push(cell);
    }
    let mut skips: Vec<_> = reasons.into_iter().collect();
    skips.sort_by_key(|(reason, cells)| (std::cmp::Reverse(cells.len()), *reason));
    skips.into_iter().map(|(reason, cells)| (whose(&cells), reason)).collect()
}

/// Whole backends by name, single cells as `backend / scenario`.
fn whose(cells: &[&Cell]) -> String {
    let backends: BTreeSet<_> = cells.iter().map(|cell| cell.backend.as_str()).collect();
    let names: Vec<_> = backends.into_iter().collect();
    match cells {
        [cell] => format!("{} / {}", cell.backend, cell.scenario),
        _ => format!("{} ({} cells)", names.join(", "), cells.len()),
    }
}
