//! `broken`: the deliberately wrong backends, each to be caught by the law that it names, and the control, which must
//! pass. A check of our own eyes.

use std::{num::NonZeroUsize, time::Duration};

use clap::{Args, value_parser};
use comfy_table::{Table, presets};

use super::{
    CliError,
    specimens::{Row, Specimens, tell},
};
use crate::{
    catalogue::Catalogue,
    drive::Limits,
    fixture::{Fixture, Specimen},
    results::{Cell, Verdict},
    run::{self, Options},
    select::Pattern,
};

/// Times the usual number of cells at once: a flaw that puts a loop to sleep for good does so in most scenarios.
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
    /// Every run must be caught: of the scenarios that catch a backend three are played this often, and three more
    /// where none of them does it every time; the control plays everything this often
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value_parser!(u32).range(1..))]
    pub repeat: u32,
}

impl Broken {
    /// Runs the command; returns the exit status.
    ///
    /// # Errors
    /// [`CliError`] when nothing could be run.
    pub fn run(&self, catalogue: &Catalogue, fixtures: &[Fixture]) -> Result<u8, CliError> {
        let is_meant = |specimen: &Specimen| matches!(specimen, Specimen::Broken(_) | Specimen::Control);
        let specimens = Specimens::new(catalogue, fixtures, &self.backend, is_meant);
        let limits = Limits { deadline: DEADLINE, ..Limits::default().hasty() };
        let options = Options { repeat: 1, limits, jobs: run::default_jobs().saturating_mul(JOBS) };
        // What is slow is only played by what gets away otherwise.
        let is_control = |fixture: &Fixture| fixture.specimen == Some(Specimen::Control);
        let mut cells =
            specimens.play(&options, &|fixture, scenario| is_control(fixture) || scenario.slow.is_none())?;
        let rows = specimens.rows(&cells);
        let at_large: Vec<_> =
            rows.iter().filter(|row| !row.is_as_it_should_be()).map(|row| row.fixture.name.clone()).collect();
        cells.extend(specimens.play(&options, &|fixture, scenario| {
            !is_control(fixture) && scenario.slow.is_some() && at_large.contains(&fixture.name)
        })?);
        if self.repeat > 1 {
            cells = self.repeated(&specimens, &options, &cells)?;
        }
        let rows = specimens.rows(&cells);
        tell(&table(&rows), &rows, |row| {
            let cells = row.strange().cloned().collect();
            (!row.is_as_it_should_be()).then(|| (cells, row.explanation()))
        })
    }

    /// Plays again what caught each backend once, a few scenarios at a time, until one of them has caught it in every run: what
    /// depends on who is faster may have caught it by chance.
    fn repeated(&self, specimens: &Specimens<'_>, options: &Options, once: &[Cell]) -> Result<Vec<Cell>, CliError> {
        let (rows, mut again) = (specimens.rows(once), Vec::new());
        for taken in (0..).step_by(REPEATED) {
            let known = specimens.rows(&again);
            let is_caught =
                |fixture: &Fixture| known.iter().any(|row| row.fixture.name == fixture.name && row.is_caught());
            let wanted: Vec<_> = rows
                .iter()
                .filter(|row| !is_caught(row.fixture))
                .flat_map(|row| row.repeated(taken).map(|cell| (row.fixture.name.as_str(), cell.scenario.as_str())))
                .collect();
            if wanted.is_empty() {
                break;
            }
            again.extend(specimens.play(&Options { repeat: self.repeat, ..*options }, &|fixture, scenario| {
                wanted.contains(&(fixture.name.as_str(), scenario.name.as_str()))
            })?);
        }
        Ok(again)
    }
}

impl Row<'_> {
    /// The scenarios that caught it by its law, in every run: a broken backend that passes sometimes is not caught.
    fn catches(&self) -> impl Iterator<Item = &Cell> {
        self.cells.iter().filter(|cell| match self.specimen {
            Specimen::Broken(law) => {
                cell.verdict == Verdict::Fail
                    && cell.violations.iter().any(|violation| violation.law == *law)
                    && cell.outcomes.iter().all(|outcome| !outcome.allowed)
            }
            Specimen::Control | Specimen::Correct(_) => false,
        })
    }

    /// Whether some scenario caught it.
    fn is_caught(&self) -> bool {
        self.catches().next().is_some()
    }

    /// What is played again and again, after so many others of it.
    fn repeated(&self, taken: usize) -> Box<dyn Iterator<Item = &Cell> + '_> {
        match self.specimen {
            Specimen::Broken(_) => Box::new(self.catches().skip(taken).take(REPEATED)),
            Specimen::Control | Specimen::Correct(_) if taken == 0 => Box::new(self.cells.iter()),
            Specimen::Control | Specimen::Correct(_) => Box::new(std::iter::empty()),
        }
    }

    fn is_as_it_should_be(&self) -> bool {
        match self.specimen {
            Specimen::Broken(_) => self.is_caught(),
            Specimen::Control | Specimen::Correct(_) => self.strange().next().is_none(),
        }
    }

    /// In how many scenarios it is nobody's fault, though everything that it does wrong is the library's.
    fn unjudged(&self) -> usize {
        self.cells.iter().filter(|cell| cell.verdict == Verdict::Error).count()
    }

    /// What went wrong, when it is not.
    fn explanation(&self) -> String {
        let name = &self.fixture.name;
        match self.specimen {
            Specimen::Broken(law) => format!("{name} is not caught by {law}"),
            Specimen::Control | Specimen::Correct(_) => format!("{name} does not pass, and nothing is wrong with it"),
        }
    }
}

/// The kill table.
fn table(rows: &[Row<'_>]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header(["backend", "law", "caught in", "an error in"]);
    for row in rows {
        let by: Vec<_> = row.catches().map(|cell| cell.scenario.as_str()).collect();
        let (law, shown) = match (row.specimen, by.as_slice()) {
            (Specimen::Broken(law), []) => (law.as_str(), "ESCAPED".to_owned()),
            (Specimen::Broken(law), [first, rest @ ..]) if rest.len() > 1 => {
                (law.as_str(), format!("{first} and {} more", rest.len()))
            }
            (Specimen::Broken(law), some) => (law.as_str(), some.join(", ")),
            _ if row.is_as_it_should_be() => ("-", format!("passes all {}", row.passed())),
            _ => ("-", "DOES NOT PASS".to_owned()),
        };
        let unjudged =
            Some(row.unjudged()).filter(|count| *count > 0).map_or_else(String::new, |count| count.to_string());
        table.add_row([row.fixture.name.as_str(), law, shown.as_str(), unjudged.as_str()]);
    }
    table
}
