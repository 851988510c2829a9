//! `broken`: the deliberately wrong backends, each to be caught by the law that it names, and the control, which must
//! pass. A check of our own eyes.

use std::{fmt::Write, num::NonZeroUsize, time::Duration};

use clap::{Args, value_parser};
use comfy_table::{Table, presets};

use super::{CliError, print, unless_interrupted};
use crate::{
    catalogue::{Catalogue, Scenario},
    drive::Limits,
    exit_status,
    fixture::{Fixture, Specimen},
    report::{diagnosis, progress::Progress},
    results::{Cell, Verdict},
    run::{self, Options, Selection},
    select::Pattern,
};

/// A flaw that puts a loop to sleep for good does so in most scenarios: many of them sleep at once, and none for long.
const STUCK_AFTER: Duration = Duration::from_millis(250);
/// Times the usual number of cells at once.
const JOBS: NonZeroUsize = NonZeroUsize::new(4).expect("four");
/// So many at once have less of a processor each: the time that ends what is busy.
const DEADLINE: Duration = Duration::from_secs(300);
/// Scenarios that are repeated, of those that catch a backend.
const REPEATED: usize = 3;

/// Play the deliberately broken backends; each must be caught by the law that it names.
#[derive(Debug, Default, Args)]
pub struct Broken {
    /// Only these backends
    #[arg(long, value_name = "GLOB")]
    pub backend: Vec<Pattern>,
    /// Every run must be caught: up to three of the scenarios that catch a backend are played this often, and the
    /// control plays everything this often
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value_parser!(u32).range(1..))]
    pub repeat: u32,
}

/// What became of one backend.
struct Row<'a> {
    fixture: &'a Fixture,
    specimen: &'a Specimen,
    cells: Vec<Cell>,
}

impl Broken {
    /// Runs the command; returns the exit status.
    ///
    /// # Errors
    /// [`CliError`] when nothing could be run.
    pub fn run(&self, catalogue: &Catalogue, fixtures: &[Fixture]) -> Result<u8, CliError> {
        let specimens: Vec<_> = fixtures.iter().filter(|fixture| fixture.specimen.is_some()).cloned().collect();
        let play =
            |repeat, wanted: &dyn Fn(&Fixture, &Scenario) -> bool| self.play(catalogue, &specimens, repeat, wanted);
        // What is slow is only played by what gets away otherwise.
        let is_control = |fixture: &Fixture| fixture.specimen == Some(Specimen::Control);
        let mut cells = play(1, &|fixture, scenario| is_control(fixture) || scenario.slow.is_none())?;
        let at_large = names(&rows(&specimens, &cells), |row| !row.is_as_it_should_be());
        cells.extend(play(1, &|fixture, scenario| {
            !is_control(fixture) && scenario.slow.is_some() && at_large.contains(&fixture.name)
        })?);
        if self.repeat > 1 {
            let rows = rows(&specimens, &cells);
            let repeated: Vec<_> = rows.iter().flat_map(|row| row.repeated().map(|cell| (row.fixture, cell))).collect();
            cells = play(self.repeat, &|fixture, scenario| {
                repeated.iter().any(|&(of, cell)| of.name == fixture.name && cell.scenario == scenario.name)
            })?;
        }
        let rows = rows(&specimens, &cells);
        let wrong: Vec<_> = rows.iter().filter(|row| !row.is_as_it_should_be()).collect();
        let mut text = format!("{}\n", table(&rows));
        wrong.iter().for_each(|row| text += &row.explanation());
        let right = rows.len() - wrong.len();
        let _ = writeln!(text, "\n{} backends, {right} as they should be, {} not", rows.len(), wrong.len());
        print(&text)?;
        let status = if wrong.is_empty() { exit_status::CONFORMING } else { exit_status::NOT_CONFORMING };
        Ok(unless_interrupted(status))
    }

    fn play(
        &self,
        catalogue: &Catalogue,
        specimens: &[Fixture],
        repeat: u32,
        wanted: &dyn Fn(&Fixture, &Scenario) -> bool,
    ) -> Result<Vec<Cell>, CliError> {
        let backends =
            if self.backend.is_empty() { vec!["*".parse().expect("a pattern")] } else { self.backend.clone() };
        let mut plan = run::plan(catalogue, specimens, &Selection { backends, ..Selection::default() })?;
        plan.retain(wanted);
        let mut progress = Progress::new(plan.backends());
        let limits = Limits { stuck_after: STUCK_AFTER, deadline: DEADLINE, ..Limits::default() };
        let options = Options { repeat, limits, jobs: run::default_jobs().saturating_mul(JOBS) };
        let results = plan.run(&options, |cell| progress.done(cell));
        progress.finish();
        Ok(results.results)
    }
}

/// The cells by backend; one that exists on another system only is left out.
fn rows<'a>(specimens: &'a [Fixture], cells: &[Cell]) -> Vec<Row<'a>> {
    let row = |fixture: &'a Fixture| {
        let cells = cells.iter().filter(|cell| cell.backend == fixture.name && cell.verdict != Verdict::Skip);
        Some(Row { fixture, specimen: fixture.specimen.as_ref()?, cells: cells.cloned().collect() })
    };
    specimens.iter().filter_map(row).filter(|row| !row.cells.is_empty()).collect()
}

fn names(rows: &[Row<'_>], wanted: impl Fn(&Row<'_>) -> bool) -> Vec<String> {
    rows.iter().filter(|row| wanted(row)).map(|row| row.fixture.name.clone()).collect()
}

impl Row<'_> {
    /// The scenarios that caught it by its law, in every run: a broken backend that passes sometimes is not caught.
    fn catches(&self) -> impl Iterator<Item = &Cell> {
        self.cells.iter().filter(|cell| match self.specimen {
            Specimen::Control => false,
            Specimen::Broken(law) => {
                cell.verdict == Verdict::Fail
                    && cell.violations.iter().any(|violation| violation.law == *law)
                    && cell.outcomes.iter().all(|outcome| !outcome.allowed)
            }
        })
    }

    /// What is played again and again.
    fn repeated(&self) -> Box<dyn Iterator<Item = &Cell> + '_> {
        match self.specimen {
            Specimen::Control => Box::new(self.cells.iter()),
            Specimen::Broken(_) => Box::new(self.catches().take(REPEATED)),
        }
    }

    fn is_as_it_should_be(&self) -> bool {
        match self.specimen {
            Specimen::Control => self.cells.iter().all(|cell| cell.verdict == Verdict::Pass),
            Specimen::Broken(_) => self.catches().next().is_some(),
        }
    }

    /// What went wrong, when it is not.
    fn explanation(&self) -> String {
        let strange = self.cells.iter().filter(|cell| cell.verdict != Verdict::Pass);
        let text: String = strange.map(diagnosis::plain).collect();
        let name = &self.fixture.name;
        match self.specimen {
            Specimen::Control => format!("{text}{name} does not pass, and nothing is wrong with it\n"),
            Specimen::Broken(law) => format!("{text}{name} is not caught by {law}\n"),
        }
    }
}

/// The kill table.
fn table(rows: &[Row<'_>]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header(["backend", "law", "caught in"]);
    for row in rows {
        let by: Vec<_> = row.catches().map(|cell| cell.scenario.as_str()).collect();
        let (law, shown) = match (row.specimen, by.as_slice()) {
            (Specimen::Control, _) if row.is_as_it_should_be() => ("-", format!("passes all {}", row.cells.len())),
            (Specimen::Control, _) => ("-", "DOES NOT PASS".to_owned()),
            (Specimen::Broken(law), []) => (law.as_str(), "ESCAPED".to_owned()),
            (Specimen::Broken(law), [first, rest @ ..]) if rest.len() > 1 => {
                (law.as_str(), format!("{first} and {} more", rest.len()))
            }
            (Specimen::Broken(law), some) => (law.as_str(), some.join(", ")),
        };
        table.add_row([row.fixture.name.as_str(), law, shown.as_str()]);
    }
    table
}
