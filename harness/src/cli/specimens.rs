//! What the commands have in common that try the harness: backends of which it is known what must come of them.

use std::fmt::Write;

use comfy_table::Table;

use super::{CliError, interrupted, print, unless_interrupted};
use crate::{
    catalogue::{Catalogue, Scenario},
    exit_status,
    fixture::{Fixture, Specimen},
    report::{diagnosis, progress::Progress},
    results::{Cell, Verdict},
    run::{self, Options, Selection},
    select::Pattern,
    text,
};

/// The backends that a command is about.
pub(super) struct Specimens<'a> {
    catalogue: &'a Catalogue,
    fixtures: Vec<Fixture>,
    backends: Vec<Pattern>,
}

/// What became of one backend.
pub(super) struct Row<'a> {
    pub(super) fixture: &'a Fixture,
    pub(super) specimen: &'a Specimen,
    /// What was played, and what was not for a reason that nobody knew before.
    pub(super) cells: Vec<Cell>,
}

impl<'a> Specimens<'a> {
    /// Those of a kind, and of these only the `backends` that were asked for; none: all.
    pub(super) fn new(
        catalogue: &'a Catalogue,
        fixtures: &[Fixture],
        backends: &[Pattern],
        is_meant: impl Fn(&Specimen) -> bool,
    ) -> Self {
        let meant = fixtures.iter().filter(|fixture| fixture.specimen.as_ref().is_some_and(&is_meant));
        let all = || vec!["*".parse().expect("a pattern")];
        let backends = if backends.is_empty() { all() } else { backends.to_vec() };
        Self { catalogue, fixtures: meant.cloned().collect(), backends }
    }

    /// Plays what is wanted and applies.
    pub(super) fn play(
        &self,
        options: &Options,
        wanted: &dyn Fn(&Fixture, &Scenario) -> bool,
    ) -> Result<Vec<Cell>, CliError> {
        let selection = Selection { backends: self.backends.clone(), ..Selection::default() };
        let mut plan = run::plan(self.catalogue, &self.fixtures, &selection)?;
        plan.retain(wanted);
        plan.retain_playable();
        let mut progress = Progress::new(plan.backends());
        let results = plan.run(options, |cell| progress.done(cell));
        progress.finish();
        Ok(results.results)
    }

    /// The cells by backend; one of which nothing was played, as where it exists on another system only, is left out.
    pub(super) fn rows(&self, cells: &[Cell]) -> Vec<Row<'_>> {
        let specimens = self.fixtures.iter().filter_map(|fixture| Some((fixture, fixture.specimen.as_ref()?)));
        let rows = specimens.map(|(fixture, specimen)| {
            let cells = cells.iter().filter(|cell| cell.backend == fixture.name).cloned().collect();
            Row { fixture, specimen, cells }
        });
        rows.filter(|row| !row.cells.is_empty()).collect()
    }
}

impl Row<'_> {
    /// How many cells passed.
    pub(super) fn passed(&self) -> usize {
        self.cells.iter().filter(|cell| cell.verdict == Verdict::Pass).count()
    }

    /// Every cell that neither passed nor was skipped.
    pub(super) fn strange(&self) -> impl Iterator<Item = &Cell> {
        self.cells.iter().filter(|cell| !matches!(cell.verdict, Verdict::Pass | Verdict::Skip))
    }
}

/// Prints the table, then of each row that is wrong its cells and what is wrong with it; returns the exit status.
pub(super) fn tell<'a>(
    table: &Table,
    rows: &[Row<'a>],
    what_is_wrong: impl Fn(&Row<'a>) -> Option<(Vec<Cell>, String)>,
) -> Result<u8, CliError> {
    if interrupted().is_some() {
        print("interrupted: of what was not played to its end nothing is known\n")?;
        return Ok(unless_interrupted(exit_status::ENGINE));
    }
    let mut text = format!("{table}\n");
    let wrong: Vec<_> = rows.iter().filter_map(&what_is_wrong).collect();
    for (cells, message) in &wrong {
        text.extend(cells.iter().map(diagnosis::plain));
        let _ = writeln!(text, "{message}");
    }
    let right = rows.len() - wrong.len();
    let _ = writeln!(text, "\n{} backends, {right} as they should be, {} not", rows.len(), wrong.len());
    print(&text::printable(&text))?;
    let status = if wrong.is_empty() { exit_status::CONFORMING } else { exit_status::NOT_CONFORMING };
    Ok(unless_interrupted(status))
}
