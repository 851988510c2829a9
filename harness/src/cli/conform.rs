//! `conform`: everything that applies, the matrix, the documents.

use std::{env, num::NonZeroUsize, slice};

use clap::{Args, value_parser};

use super::{CliError, Documents, print, unless_interrupted};
use crate::{
    catalogue::Catalogue,
    expectation,
    fixture::{self, Fixture},
    report::{
        self,
        github::{Place, Places},
        progress::Progress,
    },
    run::{self, Options, Selection},
    select::{Partition, Pattern},
};

/// Play every scenario on every backend, and judge.
#[derive(Debug, Clone, Default, Args)]
pub struct Conform {
    /// Only these backends; broken ones only when asked for
    #[arg(long, value_name = "GLOB")]
    pub backend: Vec<Pattern>,
    /// Only these scenarios
    #[arg(long, value_name = "GLOB")]
    pub scenario: Vec<Pattern>,
    /// Play each cell this often; every run must conform
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value_parser!(u32).range(1..))]
    pub repeat: u32,
    /// Cells at once [default: two a processor]
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    /// One part of the cells: hash:M/N
    #[arg(long, value_name = "hash:M/N")]
    pub partition: Option<Partition>,
    /// What to write.
    #[command(flatten)]
    pub documents: Documents,
    /// Where what is judged is asked for: annotations stand there.
    #[arg(skip)]
    pub gate: Option<Place>,
}

impl Conform {
    /// Runs the command; returns the exit status.
    ///
    /// # Errors
    /// [`CliError`] when nothing could be run.
    pub fn run(&self, catalogue: &Catalogue, fixtures: &[Fixture]) -> Result<u8, CliError> {
        self.documents.check()?;
        let scenarios: Vec<_> = catalogue.scenarios.iter().map(|scenario| scenario.name.as_str()).collect();
        expectation::check_scenarios(fixtures.iter().flat_map(|fixture| &fixture.expectations), &scenarios)?;
        fixture::check_names(fixtures)?;
        let selection =
            Selection { backends: self.backend.clone(), scenarios: self.scenario.clone(), partition: self.partition };
        let plan = run::plan(catalogue, fixtures, &selection)?;
        let defaults = Options::default();
        let options = Options { repeat: self.repeat.max(1), jobs: self.jobs.unwrap_or(defaults.jobs), ..defaults };
        let mut progress = Progress::new(plan.backends());
        let results = plan.run(&options, |cell| progress.done(cell));
        progress.finish();
        let places = Places { fixtures, gate: self.gate.clone(), folder: env::current_dir().unwrap_or_default() };
        // What a person waits for comes first, and no document that cannot be written costs it.
        let told = print(&report::terminal::render(&results));
        let written = self.documents.write(slice::from_ref(&results), &places);
        CliError::all([told, written])?;
        Ok(unless_interrupted(results.exit_status()))
    }
}
