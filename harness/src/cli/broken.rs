//! `broken`: the deliberately wrong backends, each to be caught by the law that it names. A check of our own eyes.

use std::fmt::Write;

use clap::{Args, value_parser};
use comfy_table::{Table, presets};

use super::{CliError, print, unless_interrupted};
use crate::{
    catalogue::Catalogue,
    exit_status,
    fixture::Fixture,
    report::{diagnosis, progress::Progress},
    results::{Cell, Results, Verdict},
    run::{self, Options, Selection},
    select::Pattern,
};

/// Play the deliberately broken backends; each must be caught by the law that it names.
#[derive(Debug, Args)]
pub struct Broken {
    /// Only these backends
    #[arg(long, value_name = "GLOB")]
    pub backend: Vec<Pattern>,
    /// Every run must be caught
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value_parser!(u32).range(1..))]
    pub repeat: u32,
}

/// What became of one broken backend.
struct Caught<'a> {
    backend: &'a str,
    law: &'a str,
    /// Scenarios that caught it by that law in every run.
    by: Vec<&'a str>,
}

impl Broken {
    /// Runs the command; returns the exit status.
    ///
    /// # Errors
    /// [`CliError`] when nothing could be run.
    pub fn run(&self, catalogue: &Catalogue, fixtures: &[Fixture]) -> Result<u8, CliError> {
        let broken: Vec<_> = fixtures.iter().filter(|fixture| fixture.broken.is_some()).cloned().collect();
        let backends =
            if self.backend.is_empty() { vec!["*".parse().expect("a pattern")] } else { self.backend.clone() };
        let plan = run::plan(catalogue, &broken, &Selection { backends, ..Selection::default() })?;
        let mut progress = Progress::new(plan.backends());
        let options = Options { repeat: self.repeat, ..Options::default() };
        let results = plan.run(&options, |cell| progress.done(cell));
        progress.finish();
        let rows: Vec<_> = broken.iter().filter_map(|fixture| caught(fixture, &results)).collect();
        let mut text = format!("{}\n", table(&rows));
        for row in rows.iter().filter(|row| row.by.is_empty()) {
            for cell in results.results.iter().filter(|cell| cell.backend == row.backend) {
                text += &diagnosis::plain(cell);
            }
            let _ = writeln!(text, "{} is not caught by {}", row.backend, row.law);
        }
        let escaped = rows.iter().filter(|row| row.by.is_empty()).count();
        let caught = rows.len() - escaped;
        let _ = writeln!(text, "\n{} broken backends, {caught} caught, {escaped} escaped", rows.len());
        print(&text)?;
        let status = if escaped == 0 { exit_status::CONFORMING } else { exit_status::NOT_CONFORMING };
        Ok(unless_interrupted(status))
    }
}

fn caught<'a>(fixture: &'a Fixture, results: &'a Results) -> Option<Caught<'a>> {
    let law = fixture.broken.as_deref()?;
    let mut cells = results.results.iter().filter(|cell| cell.backend == fixture.name).peekable();
    cells.peek()?;
    let by = cells.filter(|cell| is_caught(cell, law)).map(|cell| cell.scenario.as_str()).collect();
    Some(Caught { backend: &fixture.name, law, by })
}

/// Caught by this law, and in every run: a broken backend that passes sometimes is not caught.
fn is_caught(cell: &Cell, law: &str) -> bool {
    cell.verdict == Verdict::Fail
        && cell.violations.iter().any(|violation| violation.law == law)
        && cell.outcomes.iter().all(|outcome| !outcome.allowed)
}

/// The kill table.
fn table(rows: &[Caught<'_>]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header(["broken backend", "law", "caught in"]);
    for Caught { backend, law, by } in rows {
        let shown = match by.as_slice() {
            [] => "ESCAPED".to_owned(),
            [first, rest @ ..] if rest.len() > 1 => format!("{first} and {} more", rest.len()),
            some => some.join(", "),
        };
        table.add_row([backend, law, shown.as_str()]);
    }
    table
}
