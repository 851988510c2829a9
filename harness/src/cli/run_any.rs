//! `run` of the program `sigconform`: everything that applies, on any executable that speaks the protocol.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

use clap::Args;
use sigconform_fixture::Claims;

use super::{CliError, Conform};
use crate::{
    catalogue::Catalogue,
    description, expectation,
    fixture::{Fixture, FixtureError},
    regular_file,
    report::github::Place,
};

/// Play every scenario on a fixture, and judge.
#[derive(Debug, Args)]
pub struct RunAny {
    /// What to play, and what to write.
    #[command(flatten)]
    pub conform: Conform,
    /// Of what.
    #[command(flatten)]
    pub any: Any,
}

/// Any executable that speaks the protocol.
#[derive(Debug, Args)]
pub struct Any {
    /// Known failures of this fixture [default: expectations.toml in this folder, where there is one]
    #[arg(long, value_name = "FILE")]
    pub expectations: Option<PathBuf>,
    /// Judge by the laws alone, whatever the fixture claims
    #[arg(long)]
    pub laws_only: bool,
    /// The fixture and its arguments; `describe` or `run` is appended
    #[arg(last = true, required = true, value_name = "FIXTURE")]
    pub fixture: Vec<OsString>,
}

impl RunAny {
    /// Runs the command; returns the exit status.
    ///
    /// # Errors
    /// [`CliError`] when nothing could be run.
    pub fn run(&self, catalogue: &Catalogue) -> Result<u8, CliError> {
        self.conform.documents.check()?;
        let fixture = self.any.ask()?;
        let conform = Conform { gate: self.script(), ..self.conform.clone() };
        conform.run(catalogue, &[fixture])
    }

    /// The fixture's own file, where it is one that people read: annotations stand at its beginning.
    fn script(&self) -> Option<Place> {
        let is_text = |file: &Path| regular_file::text(file, regular_file::DATA).is_ok();
        let is_here = |word: &&OsString| !is_elsewhere(Path::new(word));
        let file = self.any.fixture.iter().filter(is_here).map(PathBuf::from).find(|file| is_text(file))?;
        Some(Place { file, line: 1 })
    }
}

impl Any {
    /// The fixture, which must claim something unless it is judged by the laws alone, with its known failures.
    pub(super) fn ask(&self) -> Result<Fixture, CliError> {
        let mut fixture = description::introduce(self.fixture.clone())?;
        if let Some(described) = fixture.described.as_mut() {
            let claims = described.claims.without_source();
            if self.laws_only {
                described.claims = Claims::default();
            } else if !claims.is_empty() {
                return Err(FixtureError::NoSource { name: fixture.name, claims }.into());
            } else if described.claims.are_undocumented() {
                return Err(FixtureError::NoClaims(fixture.name).into());
            }
        }
        let beside = PathBuf::from(expectation::FILE);
        let file = self.expectations.clone().or_else(|| regular_file::is_there(&beside).then_some(beside));
        if let Some(file) = file {
            fixture.expectations = expectation::read_file(&file, &[&fixture.name])?;
        }
        Ok(fixture)
    }
}

/// Whether a path leads out of this folder: to an interpreter, say.
fn is_elsewhere(path: &Path) -> bool {
    path.is_absolute() && env::current_dir().is_ok_and(|folder| !path.starts_with(folder))
}
