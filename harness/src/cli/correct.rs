//! `correct`: the correct backends that are unusual, none of which any law may accuse. The other half of the check of our own
//! eyes: a law that cries wolf is as bad as one that sleeps.

use clap::{Args, value_parser};
use comfy_table::{Table, presets};

use super::{
    CliError,
    specimens::{Row, Specimens, tell},
};
use crate::{
    catalogue::{Catalogue, ScenarioStep},
    contract::OutsideAction,
    fixture::{Fixture, Specimen},
    report::diagnosis,
    results::{Cell, Verdict},
    run::Options,
    select::Pattern,
};

/// Play the correct backends that are unusual; each must pass everything that it does not honestly leave out.
#[derive(Debug, Default, Args)]
pub struct Correct {
    /// Only these backends
    #[arg(value_name = "NAME")]
    pub backend: Vec<Pattern>,
    /// Play each scenario this often; every run must pass
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value_parser!(u32).range(1..))]
    pub repeat: u32,
}

impl Correct {
    /// Runs the command; returns the exit status.
    ///
    /// # Errors
    /// [`CliError`] when nothing could be run.
    pub fn run(&self, catalogue: &Catalogue, fixtures: &[Fixture]) -> Result<u8, CliError> {
        let is_meant = |specimen: &Specimen| matches!(specimen, Specimen::Correct(_));
        let specimens = Specimens::new(catalogue, fixtures, &self.backend, is_meant);
        let cells = specimens.play(&Options { repeat: self.repeat, ..Options::default() }, &|_, _| true)?;
        let rows = specimens.rows(&cells);
        let is_wrong = |cell: &Cell| is_wrong(catalogue, cell);
        tell(&table(&rows), &rows, |row| {
            let wrong: Vec<_> = row.cells.iter().filter(|cell| is_wrong(cell)).cloned().collect();
            let skips = wrong.iter().filter(|cell| cell.verdict == Verdict::Skip).map(skipped);
            let message =
                skips.collect::<String>() + &row.fixture.name + " does not pass, and nothing is wrong with it";
            (!wrong.is_empty()).then_some((wrong, message))
        })
    }
}

/// Whether it should have passed. What a backend does not claim, or cannot play, is known before anything is played; a skip
/// that only shows then is as bad as a failure, but where the system does not let a signal handler be followed.
fn is_wrong(catalogue: &Catalogue, cell: &Cell) -> bool {
    let is_trace = |step: &ScenarioStep| matches!(step, ScenarioStep::Await { action: OutsideAction::Trace { .. } });
    let is_followed = || catalogue.scenario(&cell.scenario).is_some_and(|scenario| scenario.steps.iter().any(is_trace));
    match cell.verdict {
        Verdict::Pass => false,
        Verdict::Skip => !is_followed(),
        _ => true,
    }
}

fn skipped(cell: &Cell) -> String {
    let reason = diagnosis::printable(cell.reason.as_deref().unwrap_or_default());
    format!("{} / {} is skipped: {reason}\n", cell.backend, cell.scenario)
}

/// What is unusual about each, and how many scenarios it passes.
fn table(rows: &[Row<'_>]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header([
        "backend",
        "unusual in this",
        "passes",
        "several transcripts",
    ]);
    for row in rows {
        let Specimen::Correct(unusual) = row.specimen else { continue };
        let several: Vec<_> =
            row.cells.iter().filter(|cell| cell.outcomes.len() > 1).map(|cell| cell.scenario.as_str()).collect();
        let passes = format!("{} of {}", row.passed(), row.cells.len());
        table.add_row([row.fixture.name.as_str(), unusual, &passes, &several.join(", ")]);
    }
    table
}
