//! `explore`: scripts made at random, on the same road as every scenario, and what fails made as small as it gets.

use std::{
    fmt::Write,
    io,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, value_parser};
use indicatif::{ProgressBar, ProgressStyle};

use super::{CliError, cell, print, run_any::Any, unless_interrupted};
use crate::{
    catalogue::Scenario,
    description, exit_status,
    explore::{self, Explored, Hunt, Length, Options, Progress, Sighting},
    fixture::{self, Fixture, Specimen},
    report::{diagnosis, terminal},
    results::{Cell, Results},
    select::{self, Pattern},
    text,
};

/// Cases where nothing else is said.
const CASES: u64 = 1_000;

/// What a hunt of one broken backend may take.
const HUNTED: Duration = Duration::from_secs(60);
/// So many of a hundred must be caught.
const CAUGHT: usize = 90;

/// Play scripts that are made at random, and judge.
#[derive(Debug, Clone, Default, Args)]
pub struct Explore {
    /// Only these backends; broken ones only when asked for
    #[arg(long, value_name = "GLOB")]
    pub backend: Vec<Pattern>,
    /// Cases for each backend [default: 1000]
    #[arg(long, value_name = "N", conflicts_with = "seconds", value_parser = value_parser!(u64).range(1..))]
    pub cases: Option<u64>,
    /// Explore each backend for so long instead
    #[arg(long, value_name = "S", value_parser = value_parser!(u64).range(1..))]
    pub seconds: Option<u64>,
    /// The scripts follow from it: the same ones again [default: from the clock]
    #[arg(long, value_name = "X")]
    pub seed: Option<u64>,
    /// The first case
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub first: u64,
    /// Cases at once [default: two a processor]
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    /// Play the scenario of this file again, which was written for a finding, and nothing else
    #[arg(long, value_name = "FILE", conflicts_with_all = ["cases", "seconds", "seed", "first"])]
    pub play: Option<PathBuf>,
    /// Play it this often
    #[arg(long, value_name = "N", default_value_t = 1, requires = "play", value_parser = value_parser!(u32).range(1..))]
    pub repeat: u32,
    /// Where the scenarios of what is found are written [default: explored, in this folder]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Findings without an explanation after which a backend is left
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub findings: usize,
    /// Time for making one finding smaller; 0: each is shown as it was found [default: 60]
    #[arg(long, value_name = "S")]
    pub shrink: Option<u64>,
    /// Say what the scripts have reached
    #[arg(long)]
    pub distribution: bool,
    /// Hunt the broken backends instead, each for 60 seconds where nothing is said: which laws are seen to be broken, how soon
    #[arg(long, conflicts_with_all = ["play", "distribution", "shrink", "findings", "out"])]
    pub broken: bool,
}

impl Explore {
    /// Runs the command; returns the exit status.
    ///
    /// # Errors
    /// [`CliError`] when nothing could be run.
    pub fn run(&self, fixtures: &[Fixture]) -> Result<u8, CliError> {
        fixture::check_names(fixtures)?;
        let mut backends = select::select("backend", fixtures, |fixture| &fixture.name, &self.backend)?;
        if self.backend.is_empty() && !self.broken {
            backends.retain(|fixture| fixture.specimen.is_none());
        }
        if self.broken {
            return self.hunt(&backends);
        }
        if let Some(file) = &self.play {
            return self.play_again(&backends, file);
        }
        let seed = self.seed.unwrap_or_else(explore::seed_from_the_clock);
        let (mut found, mut untold) = (Vec::new(), false);
        print(&format!("seed {seed}\n"))?;
        for fixture in backends {
            match self.explore(fixture, seed) {
                Ok(cells) => found.extend(cells),
                // The others have something to say all the same.
                Err(CliError::Fixture(error)) => {
                    untold = true;
                    print(&format!("{}: {}\n", fixture.name, diagnosis::printable(&error.to_string())))?;
                }
                Err(error) => return Err(error),
            }
            if super::interrupted().is_some() {
                break;
            }
        }
        let status = Results::of(found).exit_status();
        Ok(unless_interrupted(if untold { status.max(exit_status::ENGINE) } else { status }))
    }

    fn play_again(&self, backends: &[&Fixture], file: &Path) -> Result<u8, CliError> {
        let scenario = Scenario::read(file)?;
        let mut played = Vec::new();
        for fixture in backends {
            if let Some(reason) = why_not(fixture)? {
                print(&skipped(fixture, &reason))?;
                continue;
            }
            let Some(cell) = explore::play(fixture, &scenario, self.repeat)? else { break };
            let cell = Cell { again: fixture.again_from(file), ..cell };
            cell::show(&cell)?;
            played.push(cell);
        }
        Ok(unless_interrupted(Results::of(played).exit_status()))
    }

    /// The broken backends, and how soon each was caught.
    fn hunt(&self, backends: &[&Fixture]) -> Result<u8, CliError> {
        let seconds = self.seconds.unwrap_or(HUNTED.as_secs());
        let length = self.cases.map_or(Length::Time(Duration::from_secs(seconds)), Length::Cases);
        let seed = self.seed.unwrap_or_else(explore::seed_from_the_clock);
        let defaults = Options::default();
        let options = Options { length, seed, first: self.first, jobs: self.jobs.unwrap_or(defaults.jobs), ..defaults };
        let (mut caught, mut all) = (0_usize, 0_usize);
        print(&format!("seed {seed}\n"))?;
        for fixture in backends {
            let Some(Specimen::Broken(law)) = &fixture.specimen else { continue };
            if let Some(reason) = why_not(fixture)? {
                print(&skipped(fixture, &reason))?;
                continue;
            }
            let hunt = explore::hunt(fixture, law, &options)?;
            if super::interrupted().is_some() {
                break;
            }
            all += 1;
            caught += usize::from(hunt.caught.is_some());
            print(&row(&fixture.name, law, &hunt))?;
        }
        print(&format!("{caught} of {all} caught by their laws\n"))?;
        let enough = all > 0 && caught * 100 >= all * CAUGHT;
        Ok(unless_interrupted(if enough { exit_status::CONFORMING } else { exit_status::NOT_CONFORMING }))
    }

    /// The cells of what one backend was found to do wrong.
    fn explore(&self, fixture: &Fixture, seed: u64) -> Result<Vec<Cell>, CliError> {
        if let Some(reason) = why_not(fixture)? {
            print(&skipped(fixture, &reason))?;
            return Ok(Vec::new());
        }
        let defaults = Options::default();
        let length = self.seconds.map(|seconds| Length::Time(Duration::from_secs(seconds)));
        let options = Options {
            length: length.unwrap_or(Length::Cases(self.cases.unwrap_or(CASES))),
            seed,
            first: self.first,
            jobs: self.jobs.unwrap_or(defaults.jobs),
            most_findings: self.findings.max(1),
            shrink: self.shrink.map_or(defaults.shrink, Duration::from_secs),
            out: self.out.clone().unwrap_or_else(|| defaults.out.clone()),
            ..defaults
        };
        let bar = Bar::new(&fixture.name, options.length);
        let explored = explore::explore(fixture, &options, &|progress| bar.set(progress));
        bar.finish();
        let explored = explored?;
        self.tell(&explored)?;
        Ok(explored.findings.into_iter().map(|finding| finding.cell).collect())
    }

    /// What came of one backend.
    fn tell(&self, explored: &Explored) -> Result<(), CliError> {
        for finding in &explored.findings {
            finding.write().map_err(|source| CliError::Write { file: finding.file.clone(), source })?;
            let mut text = diagnosis::styled(&finding.cell, terminal::width());
            let _ = writeln!(text, "{}\n  --> {}\n", finding.rate(), finding.file.display());
            print(&text)?;
        }
        print(&explored.summary())?;
        if self.distribution {
            print(&explored.distribution())?;
        }
        Ok(())
    }
}

/// Why nothing can be played on this backend here.
/// The reason may be the fixture's own.
fn skipped(fixture: &Fixture, reason: &str) -> String {
    format!("{}: skipped: {}\n", text::name(&fixture.name), text::sentence(reason))
}

fn why_not(fixture: &Fixture) -> Result<Option<String>, CliError> {
    if let Some(reason) = fixture.missing() {
        return Ok(Some(reason.clone()));
    }
    Ok(description::of(fixture)?.why_not_on(std::env::consts::OS).map(ToOwned::to_owned))
}

/// A broken backend, its law, and when it was seen to break it.
fn row(name: &str, law: &str, hunt: &Hunt) -> String {
    let at = |Sighting { case, after }: &Sighting| format!("after {:.1} s, case {case}", after.as_secs_f64());
    let other = hunt.other.as_ref().filter(|_| hunt.caught.is_none());
    let other = other.map(|(law, sighting)| format!(" (but {law} {})", at(sighting))).unwrap_or_default();
    let caught = hunt.caught.as_ref().map_or_else(|| format!("ESCAPED in {} cases", hunt.cases), at);
    format!("{name:<36} {law:<28} {caught}{other}\n")
}

/// How far it is: a bar on a terminal, nothing elsewhere.
struct Bar(Option<ProgressBar>);

impl Bar {
    fn new(backend: &str, length: Length) -> Self {
        use std::io::IsTerminal;
        if !io::stderr().is_terminal() {
            return Self(None);
        }
        let bar = match length {
            Length::Cases(cases) => ProgressBar::new(cases).with_style(
                ProgressStyle::with_template("{prefix} {bar:30} {pos}/{len} {msg}").expect("the template is valid"),
            ),
            Length::Time(_) => ProgressBar::new_spinner(),
        };
        Self(Some(bar.with_prefix(backend.to_owned())))
    }

    fn set(&self, progress: Progress) {
        let Some(bar) = &self.0 else { return };
        bar.set_position(progress.played);
        if progress.shrinking {
            bar.set_message(format!("{} failed; making one smaller", progress.failed));
        } else if progress.failed > 0 {
            bar.set_message(format!("{} failed", progress.failed));
        }
    }

    fn finish(self) {
        if let Some(bar) = self.0 {
            bar.finish_and_clear();
        }
    }
}

/// Play scripts that are made at random on a fixture, and judge.
#[derive(Debug, Args)]
pub struct ExploreAny {
    /// How much, and what to write.
    #[command(flatten)]
    pub explore: Explore,
    /// Of what.
    #[command(flatten)]
    pub any: Any,
}

impl ExploreAny {
    /// Runs the command; returns the exit status.
    ///
    /// # Errors
    /// [`CliError`] when nothing could be run.
    pub fn run(&self) -> Result<u8, CliError> {
        self.explore.run(&[self.any.ask()?])
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        explore: Explore,
    }

    #[test]
    fn a_hunt_that_finds_no_broken_backend_has_shown_nothing() {
        let hunt = Explore { broken: true, ..Explore::default() };
        assert_eq!(hunt.run(&[]).ok(), Some(exit_status::NOT_CONFORMING));
    }

    #[test]
    fn a_backend_that_does_not_describe_itself_costs_the_others_nothing() {
        let mute = |name: &str| Fixture::new(name, vec!["false".into()]);
        let explore = Explore { cases: Some(1), ..Explore::default() };
        assert_eq!(explore.run(&[mute("one"), mute("other")]).ok(), Some(exit_status::ENGINE));
    }

    #[test]
    fn no_case_and_no_time_at_all_are_wrong_use() {
        let said = |words: &str| Line::try_parse_from(words.split(' ')).map(|line| line.explore.cases);
        for wrong in ["explore --cases 0", "explore --seconds 0", "explore --play x --repeat 0"] {
            assert!(said(wrong).is_err(), "{wrong}");
        }
        let most =
            Line::try_parse_from(["explore", "--first", "18446744073709551615", "--cases", "18446744073709551615"]);
        assert_eq!(most.expect("as large as they get").explore.first, u64::MAX);
    }
}
