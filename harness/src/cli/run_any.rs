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
        let fixture = ask(&self.fixture, self.expectations.clone(), self.laws_only)?;
        let conform = Conform { gate: self.script(), ..self.conform.clone() };
        conform.run(catalogue, &[fixture])
    }

    /// The fixture's own file, where it is one that people read: annotations stand at its beginning.
    fn script(&self) -> Option<Place> {
        let is_text = |file: &Path| regular_file::text(file, regular_file::DATA).is_ok();
        let is_here = |word: &&OsString| !is_elsewhere(Path::new(word));
        let file = self.fixture.iter().filter(is_here).map(PathBuf::from).find(|file| is_text(file))?;
        Some(Place { file, line: 1 })
    }
}

/// The fixture of a command line, which must claim something unless it is judged by the laws alone, with its known failures.
pub(super) fn ask(command: &[OsString], expectations: Option<PathBuf>, laws_only: bool) -> Result<Fixture, CliError> {
    let mut fixture = description::introduce(command.to_vec())?;
    if let Some(described) = fixture.described.as_mut() {
        let claims = described.claims.without_source();
        if laws_only {
            described.claims = Claims::default();
        } else if !claims.is_empty() {
            return Err(FixtureError::NoSource { name: fixture.name, claims }.into());
        } else if described.claims.are_undocumented() {
            return Err(FixtureError::NoClaims(fixture.name).into());
        }
    }
    let beside = PathBuf::from(expectation::FILE);
    let file = expectations.or_else(|| regular_file::is_there(&beside).then_some(beside));
    if let Some(file) = file {
        fixture.expectations = expectation::read_file(&file, &[&fixture.name])?;
    }
    Ok(fixture)
}

/// Whether a path leads out of this folder: to an interpreter, say.
fn is_elsewhere(path: &Path) -> bool {
    path.is_absolute() && env::current_dir().is_ok_and(|folder| !path.starts_with(folder))
}
