//! Scripts made at random as a test of their own, one for each backend; and what they have found, played again.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use clap::{Args, value_parser};
use libtest_mimic::{Completion, Failed, Trial};

use super::outcome;
use crate::{
    catalogue::Scenario,
    data_file::DataFileError,
    explore::{self, Explored, Finding, Length, Options},
    fixture::Fixture,
    report::diagnosis,
    results::{Cell, Verdict},
};

/// What is played instead of the catalogue.
#[derive(Debug, Clone, Args)]
pub(super) struct Exploring {
    /// Play so many scripts that are made at random, instead of the scenarios
    #[arg(long, value_name = "N", conflicts_with = "repeat", value_parser = value_parser!(u64).range(1..))]
    explore: Option<u64>,
    /// The scripts follow from it: the same ones again [default: from the clock]
    #[arg(long, value_name = "X", requires = "explore")]
    seed: Option<u64>,
    /// Play the scenario of this file again, which was written for what was found, instead of the others
    #[arg(long, value_name = "FILE", conflicts_with = "explore")]
    play: Option<PathBuf>,
}

/// Where the tests leave what they have played.
pub(super) type Played = &'static Mutex<Vec<Cell>>;

impl Exploring {
    /// The tests that take the place of the catalogue's; nothing where none are asked for.
    ///
    /// # Errors
    /// There is no scenario in the file that is to be played.
    pub(super) fn trials(
        &self,
        fixtures: &'static [Fixture],
        repeat: u32,
        played: Played,
    ) -> Result<Option<Vec<Trial>>, DataFileError> {
        if let Some(file) = &self.play {
            let again = |fixture: &'static Fixture| play_again(fixture, file, repeat, played);
            return fixtures.iter().map(again).collect::<Result<_, _>>().map(Some);
        }
        let Some(cases) = self.explore else { return Ok(None) };
        let seed = self.seed.unwrap_or_else(explore::seed_from_the_clock);
        let options = Options { length: Length::Cases(cases), seed, ..Options::default() };
        let explored = |fixture: &'static Fixture| {
            let options = options.clone();
            Trial::ignorable_test(format!("{}::explore", fixture.name), move || {
                let explored = explore::explore(fixture, &options, &|_| {}).map_err(|error| error.to_string())?;
                outcome(&explored, seed, played)
            })
        };
        Ok(Some(fixtures.iter().map(explored).collect()))
    }
}

fn outcome(explored: &Explored, seed: u64, played: Played) -> Result<Completion, Failed> {
    if let Some(reason) = explored.skip() {
        return Ok(Completion::ignored_with(diagnosis::printable(&reason)));
    }
    let unknown: Vec<_> = explored.findings.iter().filter(|finding| !finding.is_known()).collect();
    played.lock().unwrap_or_else(PoisonError::into_inner).extend(unknown.iter().map(|finding| finding.cell.clone()));
    if unknown.is_empty() {
        // As elsewhere: a known failure is not called a success.
        let reasons: BTreeSet<_> =
            explored.findings.iter().filter_map(|finding| finding.cell.reason.as_deref()).collect();
        let known = reasons.into_iter().map(diagnosis::printable).collect::<Vec<_>>().join("; ");
        return Ok(match known.as_str() {
            "" => Completion::Completed,
            known => Completion::ignored_with(format!("known failure: {known}")),
        });
    }
    let told: String = unknown.into_iter().map(tell).collect();
    Err(format!("seed {seed}: {}{told}", explored.summary()).into())
}

/// Writes the file of a finding, and tells of both.
fn tell(finding: &Finding) -> String {
    let written = match finding.write() {
        Ok(()) => format!("--> {}", finding.file.display()),
        Err(error) => format!("cannot write {}: {error}", finding.file.display()),
    };
    format!("{}{}\n  {written}\n\n", diagnosis::plain(&finding.cell), finding.rate())
}

fn play_again(fixture: &'static Fixture, file: &Path, repeat: u32, played: Played) -> Result<Trial, DataFileError> {
    let scenario = Scenario::read(file)?;
    let again = fixture.again_from(file);
    Ok(Trial::ignorable_test(format!("{}::{}", fixture.name, scenario.name), move || {
        let cell = explore::play(fixture, &scenario, repeat).map_err(|error| error.to_string())?;
        let cell = Cell { again, ..cell.ok_or("interrupted")? };
        let outcome = outcome::outcome(&cell);
        if cell.verdict != Verdict::Skip {
            played.lock().unwrap_or_else(PoisonError::into_inner).push(cell);
        }
        outcome
    }))
}
