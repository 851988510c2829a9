//! `explore`: scripts made at random, on the same road as every scenario, and what fails made as small as it gets.

use std::{ffi::OsString, fmt::Write, fs, io, num::NonZeroUsize, path::PathBuf, time::Duration};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::{CliError, print, run_any, unless_interrupted};
use crate::{
    exit_status,
    explore::{self, Explored, Finding, Length, Options, Progress},
    fixture::{self, Fixture},
    report::{diagnosis, terminal},
    results::{Verdict, write_file},
    select::{self, Pattern},
};

/// Cases where nothing else is said.
const CASES: u64 = 1_000;

/// Play scripts that are made at random, and judge.
#[derive(Debug, Clone, Default, Args)]
pub struct Explore {
    /// Only these backends; broken ones only when asked for
    #[arg(long, value_name = "GLOB")]
    pub backend: Vec<Pattern>,
    /// Cases for each backend [default: 1000]
    #[arg(long, value_name = "N", conflicts_with = "seconds")]
    pub cases: Option<u64>,
    /// Explore each backend for so long instead
    #[arg(long, value_name = "S")]
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
}

impl Explore {
    /// Runs the command; returns the exit status.
    ///
    /// # Errors
    /// [`CliError`] when nothing could be run.
    pub fn run(&self, fixtures: &[Fixture]) -> Result<u8, CliError> {
        fixture::check_names(fixtures)?;
        let mut backends = select::select("backend", fixtures, |fixture| &fixture.name, &self.backend)?;
        if self.backend.is_empty() {
            backends.retain(|fixture| fixture.specimen.is_none());
        }
        let seed = self.seed.unwrap_or_else(from_the_clock);
        let mut status = exit_status::CONFORMING;
        print(&format!("seed {seed}\n"))?;
        for fixture in backends {
            if let Some(reason) = fixture.missing() {
                print(&format!("{}: skipped: {reason}\n", fixture.name))?;
                continue;
            }
            let explored = self.explore(fixture, seed)?;
            status = graver(status, self.tell(&explored)?);
            if super::interrupted().is_some() {
                break;
            }
        }
        Ok(unless_interrupted(status))
    }

    fn explore(&self, fixture: &Fixture, seed: u64) -> Result<Explored, CliError> {
        let defaults = Options::default();
        let length = self.seconds.map(|seconds| Length::Time(Duration::from_secs(seconds)));
        let options = Options {
            length: length.unwrap_or(Length::Cases(self.cases.unwrap_or(CASES))),
            seed,
            first: self.first,
            jobs: self.jobs.unwrap_or(defaults.jobs),
            most_findings: self.findings.max(1),
            shrink: self.shrink.map_or(defaults.shrink, Duration::from_secs),
            ..defaults
        };
        let bar = Bar::new(&fixture.name, options.length);
        let explored = explore::explore(fixture, &options, &|progress| bar.set(progress));
        bar.finish();
        Ok(explored?)
    }

    /// What came of one backend; returns the exit status that it means.
    fn tell(&self, explored: &Explored) -> Result<u8, CliError> {
        let mut status = exit_status::CONFORMING;
        for finding in &explored.findings {
            status = graver(status, status_of(finding));
            let file = self.write(finding)?;
            let mut text = diagnosis::styled(&finding.cell, terminal::width());
            let _ = writeln!(text, "{}\n  --> {}\n", finding.rate(), file.display());
            print(&text)?;
        }
        print(&explored.summary())?;
        if self.distribution {
            print(&explored.distribution())?;
        }
        Ok(status)
    }

    fn write(&self, finding: &Finding) -> Result<PathBuf, CliError> {
        let folder = self.out.clone().unwrap_or_else(|| PathBuf::from("explored"));
        let file = folder.join(format!("{}.toml", finding.scenario.name));
        let failed = |source| CliError::Write { file: file.clone(), source };
        fs::create_dir_all(&folder).map_err(failed)?;
        write_file(&file, &finding.text).map_err(failed)?;
        Ok(file)
    }
}

fn from_the_clock() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |now| u64::from(now.subsec_micros()) ^ now.as_secs())
}

fn graver(one: u8, other: u8) -> u8 {
    if one == exit_status::ENGINE || other == exit_status::ENGINE { exit_status::ENGINE } else { one.max(other) }
}

fn status_of(finding: &Finding) -> u8 {
    match finding.cell.verdict {
        Verdict::Xfail => exit_status::CONFORMING,
        Verdict::Error => exit_status::ENGINE,
        _ => exit_status::NOT_CONFORMING,
    }
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
    /// Known failures of this fixture [default: expectations.toml in this folder, where there is one]
    #[arg(long, value_name = "FILE")]
    pub expectations: Option<PathBuf>,
    /// Judge a fixture that claims nothing by the laws alone
    #[arg(long)]
    pub laws_only: bool,
    /// The fixture and its arguments; `describe` or `run` is appended
    #[arg(last = true, required = true, value_name = "FIXTURE")]
    pub fixture: Vec<OsString>,
}

impl ExploreAny {
    /// Runs the command; returns the exit status.
    ///
    /// # Errors
    /// [`CliError`] when nothing could be run.
    pub fn run(&self) -> Result<u8, CliError> {
        let fixture = run_any::ask(&self.fixture, self.expectations.clone(), self.laws_only)?;
        self.explore.run(&[fixture])
    }
}
