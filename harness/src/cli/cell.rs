//! `run`: one cell, with its transcript and diagnosis, or its histogram.

use std::io::{self, Write};

use clap::{Args, value_parser};

use super::{CliError, print, unless_interrupted};
use crate::{
    catalogue::Catalogue,
    fixture::Fixture,
    report::{diagnosis, terminal},
    results::{Cell, Verdict},
    run::{self, Options, Selection},
    select::{NoMatch, Pattern, near_matches},
};

/// Play one scenario on one backend, and show the transcript.
#[derive(Debug, Args)]
pub struct RunCell {
    /// The backend's name
    pub backend: String,
    /// The scenario's name
    pub scenario: String,
    /// Play it this often, and show how often each outcome was seen
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value_parser!(u32).range(1..))]
    pub repeat: u32,
}

impl RunCell {
    /// Runs the command; returns the exit status.
    ///
    /// # Errors
    /// [`CliError`] when there is no such cell.
    pub fn run(&self, catalogue: &Catalogue, fixtures: &[Fixture]) -> Result<u8, CliError> {
        let backend = exactly("backend", &self.backend, fixtures.iter().map(|fixture| fixture.name.as_str()))?;
        let names = catalogue.scenarios.iter().map(|scenario| scenario.name.as_str());
        let scenario = exactly("scenario", &self.scenario, names)?;
        let selection = Selection { backends: vec![backend], scenarios: vec![scenario], partition: None };
        let plan = run::plan(catalogue, fixtures, &selection)?;
        let results = plan.run(&Options { repeat: self.repeat, ..Options::default() }, |_| {});
        for cell in &results.results {
            show(cell)?;
        }
        Ok(unless_interrupted(results.exit_status()))
    }
}

/// The pattern that means this name and no other.
fn exactly<'a>(
    kind: &'static str,
    wanted: &str,
    names: impl Iterator<Item = &'a str> + Clone,
) -> Result<Pattern, NoMatch> {
    let pattern = names.clone().find(|name| *name == wanted).and_then(|name| name.parse().ok());
    pattern.ok_or_else(|| NoMatch { kind, wanted: wanted.to_owned(), near: near_matches(wanted, names) })
}

/// A cell with its transcript, or what is wrong with it.
pub(super) fn show(cell: &Cell) -> Result<(), CliError> {
    print(&match (cell.verdict, cell.outcomes.as_slice()) {
        (Verdict::Pass | Verdict::Xpass, [only]) => diagnosis::transcript(&only.transcript),
        (Verdict::Pass, [_, ..]) => diagnosis::histogram(cell),
        _ => diagnosis::styled(cell, terminal::width()),
    })?;
    let reason = cell.reason.as_deref().map(|reason| format!(": {}", diagnosis::printable(reason)));
    let runs = if cell.runs > 1 { format!(" in {} runs", cell.runs) } else { String::new() };
    let _ = writeln!(io::stderr(), "{}{runs}{}", cell.verdict, reason.unwrap_or_default());
    Ok(())
}
