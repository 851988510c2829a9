//! Running: the plan of cells, played in parallel. What comes out does not depend on how many run at once.

use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use sigconform_fixture::{Claims, Description};

use crate::{
    catalogue::{Catalogue, Part, Scenario},
    drive::{self, DriveError, Limits},
    fixture::{Fixture, FixtureError},
    judge::{self, Unjudgeable, Violation},
    results::{Cell, Outcome, Platform, Results, SCHEMA_VERSION, Verdict},
    select::{self, NoMatch, Partition, Pattern},
    transcript::one_line,
};

/// What to run.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Backends; empty: every one that is not deliberately broken.
    pub backends: Vec<Pattern>,
    /// Scenarios; empty: every one.
    pub scenarios: Vec<Pattern>,
    /// One part of the cells.
    pub partition: Option<Partition>,
}

/// Everything that will be played, and what will not, with the reason.
#[derive(Debug)]
pub struct Plan<'a> {
    cells: Vec<Planned<'a>>,
}

#[derive(Debug)]
struct Planned<'a> {
    fixture: &'a Fixture,
    scenario: &'a Scenario,
    task: Task,
}

#[derive(Debug)]
enum Task {
    Skip(String),
    Error(String),
    Play(Box<Play>),
}

/// What one cell plays.
#[derive(Debug)]
struct Play {
    claims: Claims,
    part: Part,
}

/// How to run a plan.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Runs of each cell, at least 1.
    pub repeat: u32,
    /// Cells at once.
    pub jobs: NonZeroUsize,
    /// Limits of one run.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self { repeat: 1, jobs: default_jobs(), limits: Limits::default() }
    }
}

/// Two cells a processor: half of a case is waiting for its end.
#[must_use]
pub fn default_jobs() -> NonZeroUsize {
    let processors = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    processors.saturating_mul(NonZeroUsize::MIN.saturating_add(1))
}

/// Makes the plan: asks each selected fixture what it is, and leaves out what does not apply.
///
/// # Errors
/// [`NoMatch`] when a pattern means nothing.
pub fn plan<'a>(catalogue: &'a Catalogue, fixtures: &'a [Fixture], selection: &Selection) -> Result<Plan<'a>, NoMatch> {
    let scenarios = select::select("scenario", &catalogue.scenarios, |scenario| &scenario.name, &selection.scenarios)?;
    let mut backends = select::select("backend", fixtures, |fixture| &fixture.name, &selection.backends)?;
    if selection.backends.is_empty() {
        backends.retain(|fixture| fixture.broken.is_none());
    }
    backends.sort_by(|a, b| a.name.cmp(&b.name));
    let mut cells = Vec::new();
    for fixture in backends {
        let available = Available::ask(fixture);
        for scenario in &scenarios {
            if selection.partition.is_none_or(|partition| partition.holds(&fixture.name, &scenario.name)) {
                cells.push(Planned { fixture, scenario, task: available.task(scenario) });
            }
        }
    }
    Ok(Plan { cells })
}

/// What a fixture is, or why it cannot be had.
enum Available {
    Described(Box<Description>),
    Missing(String),
    Failed(FixtureError),
}

impl Available {
    fn ask(fixture: &Fixture) -> Self {
        match fixture.missing() {
            Some(reason) => Self::Missing(reason),
            None => fixture.describe().map_or_else(Self::Failed, |description| Self::Described(Box::new(description))),
        }
    }

    fn task(&self, scenario: &Scenario) -> Task {
        let description = match self {
            Self::Described(description) => description,
            Self::Missing(reason) => return Task::Skip(reason.clone()),
            Self::Failed(error) => return Task::Error(error.to_string()),
        };
        if let Some(reason) = description.why_not_on(std::env::consts::OS) {
            return Task::Skip(reason.to_owned());
        }
        if let Some(reason) = scenario.why_not(&description.claims, std::env::consts::OS) {
            return Task::Skip(reason);
        }
        let part = scenario.part(&description.claims);
        let unknown = part.script.steps.iter().find(|step| !description.steps.iter().any(|name| name == step.name()));
        if let Some(step) = unknown {
            return Task::Skip(format!("its fixture cannot play the step `{}`", step.name()));
        }
        Task::Play(Box::new(Play { claims: description.claims.clone(), part }))
    }
}

impl Plan<'_> {
    /// The backend of each cell.
    pub fn backends(&self) -> impl Iterator<Item = &str> {
        self.cells.iter().map(|planned| planned.fixture.name.as_str())
    }

    /// How many cells there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Plays everything. `progress` hears of each cell once it is done, in whatever order that is.
    ///
    /// # Panics
    /// When `progress` does.
    pub fn run(&self, options: &Options, mut progress: impl FnMut(&Cell)) -> Results {
        let next = AtomicUsize::new(0);
        let done = Mutex::new(vec![None; self.cells.len()]);
        let (tell, hear) = mpsc::channel();
        thread::scope(|scope| {
            for _ in 0..options.jobs.get().min(self.cells.len()) {
                let tell = tell.clone();
                let (next, done) = (&next, &done);
                scope.spawn(move || {
                    while let Some((at, planned)) = self.take(next) {
                        let cell = planned.run(options);
                        done.lock().unwrap_or_else(PoisonError::into_inner)[at] = Some(cell);
                        let _ = tell.send(at);
                    }
                });
            }
            drop(tell);
            for at in hear {
                let cell = done.lock().unwrap_or_else(PoisonError::into_inner)[at].clone();
                progress(cell.as_ref().expect("a cell that is told of is done"));
            }
        });
        let cells = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        Results {
            schema_version: SCHEMA_VERSION,
            platform: Platform::current(),
            results: cells.into_iter().flatten().collect(),
        }
    }

    fn take(&self, next: &AtomicUsize) -> Option<(usize, &Planned<'_>)> {
        if drive::STOP.load(Ordering::Relaxed) {
            return None;
        }
        let at = next.fetch_add(1, Ordering::Relaxed);
        Some((at, self.cells.get(at)?))
    }
}

impl Planned<'_> {
    fn run(&self, options: &Options) -> Cell {
        let started = Instant::now();
        let mut tally = Tally::default();
        match &self.task {
            Task::Skip(reason) => tally.stop = Some((Verdict::Skip, reason.clone())),
            Task::Error(reason) => tally.stop = Some((Verdict::Error, reason.clone())),
            Task::Play(task) => {
                for _ in 0..options.repeat {
                    tally.add(self.play(task, &options.limits));
                    if tally.stop.is_some() {
                        break;
                    }
                }
            }
        }
        self.cell(tally, started.elapsed())
    }

    fn play(&self, Play { claims, part }: &Play, limits: &Limits) -> Result<Played, Unplayed> {
        let start = &self.scenario.start;
        let transcript = drive::play(self.fixture, start, &part.script, limits)
            .map_err(|error: DriveError| Unplayed::Error(error.to_string()))?;
        match judge::judge(&transcript, part, start, claims) {
            Ok(violations) if violations.is_empty() => Ok((transcript.canonical(claims), violations)),
            // A wrong transcript is shown as it happened, so that line numbers and order are the real ones.
            Ok(violations) => Ok((transcript.text(), violations)),
            Err(Unjudgeable::Unsupported { step, reason }) => {
                Err(Unplayed::Skip(format!("its fixture cannot play the step `{step}`: {reason}")))
            }
            Err(error) => Err(Unplayed::Error(error.to_string())),
        }
    }

    fn cell(&self, tally: Tally, took: Duration) -> Cell {
        let (verdict, reason) = self.verdict(&tally);
        Cell {
            backend: self.fixture.name.clone(),
            scenario: self.scenario.name.clone(),
            requirements: self.scenario.requirements.clone(),
            verdict,
            // A fixture may have had a hand in it.
            reason: reason.as_deref().map(one_line),
            runs: tally.runs,
            outcomes: tally.outcomes(),
            violations: tally.violations,
            duration_us: took.as_micros().try_into().unwrap_or(u64::MAX),
        }
    }

    /// The expectations turn a failure by the listed law into an xfail, and a pass into an xpass; nothing else.
    fn verdict(&self, tally: &Tally) -> (Verdict, Option<String>) {
        if let Some((verdict, reason)) = &tally.stop {
            return (*verdict, Some(reason.clone()));
        }
        let os = std::env::consts::OS;
        let known = self.fixture.expectations.iter().find(|known| known.is_for(&self.scenario.name, os));
        let failed = !tally.violations.is_empty();
        match known {
            None if failed => (Verdict::Fail, None),
            None => (Verdict::Pass, None),
            Some(known) if !failed => {
                let reason = format!("listed as a failure ({}), but it passes: remove the entry", known.reason);
                (Verdict::Xpass, Some(reason))
            }
            Some(known) if tally.violations.iter().all(|violation| known.laws.contains(&violation.law)) => {
                (Verdict::Xfail, Some(format!("{} ({})", known.reason, known.reference)))
            }
            Some(known) => {
                let reason = format!("breaks more than the expectations list ({})", known.laws.join(", "));
                (Verdict::Fail, Some(reason))
            }
        }
    }
}

/// One run: a transcript's text and the laws that it broke.
type Played = (String, Vec<Violation>);

enum Unplayed {
    Skip(String),
    Error(String),
}

/// What the runs of one cell gave.
#[derive(Default)]
struct Tally {
    runs: u32,
    seen: BTreeMap<(String, bool), u32>,
    violations: Vec<Violation>,
    /// Nothing can be said, and why.
    stop: Option<(Verdict, String)>,
}

impl Tally {
    fn add(&mut self, played: Result<Played, Unplayed>) {
        match played {
            Ok((text, violations)) => {
                self.runs += 1;
                *self.seen.entry((text, violations.is_empty())).or_default() += 1;
                if self.violations.is_empty() {
                    self.violations = violations;
                }
            }
            Err(Unplayed::Skip(reason)) => self.stop = Some((Verdict::Skip, reason)),
            Err(Unplayed::Error(reason)) => self.stop = Some((Verdict::Error, reason)),
        }
    }

    fn outcomes(&self) -> Vec<Outcome> {
        let seen = self.seen.iter();
        let mut outcomes: Vec<_> = seen
            .map(|((transcript, allowed), &count)| Outcome { transcript: transcript.clone(), count, allowed: *allowed })
            .collect();
        outcomes.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.transcript.cmp(&b.transcript)));
        outcomes
    }
}
