//! Running: the plan of cells, played in parallel. What comes out does not depend on how many run at once.
//!
//! ```
//! # use sigconform::{catalogue::Catalogue, contract::Description, fixture::Fixture, run::{self, Selection}};
//! # let described = Description::new("mine", "mine::Signals", "1.0.0");
//! # let mine = Fixture { described: Some(Box::new(described)), ..Fixture::new("mine", vec!["./mine".into()]) };
//! # let (catalogue, fixtures) = (Catalogue::embedded()?, [mine]);
//! let plan = run::plan(&catalogue, &fixtures, &Selection::default())?;
//! assert_eq!(plan.len(), catalogue.scenarios.len(), "a cell for each scenario");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::{
    num::NonZeroUsize,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use crate::{
    catalogue::{Catalogue, Scenario},
    drive::{self, DriveError, Driver, Limits},
    expectation::Expectation,
    fault::{Failure, caught},
    fixture::Fixture,
    results::{Backend, Cell, Known, Portion, Results, Verdict},
    select::{self, NoMatch, Partition, Pattern},
    transcript::one_line,
};

mod available;
mod judged;
mod tally;
mod task;
#[cfg(test)]
mod tests;

use available::Available;
use judged::judged;
use tally::{Played, Tally, Unplayed};
use task::{Play, Task};

/// What to run.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Backends; empty: every one that is under test itself.
    pub backends: Vec<Pattern>,
    /// Scenarios; empty: every one.
    pub scenarios: Vec<Pattern>,
    /// One part of the cells.
    pub partition: Option<Partition>,
}

/// Everything that will be played, and what will not, with the reason.
#[derive(Debug)]
pub struct Plan<'a> {
    backends: Vec<Backend>,
    cells: Vec<Planned<'a>>,
    portion: Option<Portion>,
    /// What has played a cell alone, and may play another: each keeps its warden.
    idle: Mutex<Vec<Driver>>,
}

#[derive(Debug)]
struct Planned<'a> {
    fixture: &'a Fixture,
    scenario: &'a Scenario,
    task: Task,
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
        backends.retain(|fixture| fixture.specimen.is_none());
    }
    backends.sort_by(|a, b| a.name.cmp(&b.name));
    let portion = selection.partition.map(|part| {
        let whole = backends
            .iter()
            .flat_map(|fixture| scenarios.iter().map(|scenario| (fixture.name.as_str(), scenario.name.as_str())));
        Portion { part, cells: backends.len() * scenarios.len(), plan: select::plan_hash(whole) }
    });
    let (mut about, mut cells) = (Vec::new(), Vec::new());
    for (fixture, available) in Available::ask_all(&backends) {
        about.push(available.about(&fixture.name));
        for scenario in &scenarios {
            if selection.partition.is_none_or(|partition| partition.holds(&fixture.name, &scenario.name)) {
                cells.push(Planned { fixture, scenario, task: available.task(scenario) });
            }
        }
    }
    Ok(Plan { backends: about, cells, portion, idle: Mutex::default() })
}

impl Plan<'_> {
    /// The backend of each cell.
    pub fn backends(&self) -> impl Iterator<Item = &str> {
        self.cells.iter().map(|planned| planned.fixture.name.as_str())
    }

    /// Every cell in the order of the results: its backend, its scenario, and why it is skipped if that is known.
    pub fn cells(&self) -> impl Iterator<Item = (&Fixture, &Scenario, Option<&str>)> {
        self.cells.iter().map(|planned| {
            let skip = if let Task::Skip(why) = &planned.task { Some(why.reason.as_str()) } else { None };
            (planned.fixture, planned.scenario, skip)
        })
    }

    /// Plays the `at`-th cell alone, on this thread. Whoever plays many, on whichever threads, asks no backend again what it
    /// is, and starts no more wardens than cells at once.
    ///
    /// # Panics
    /// When there is no such cell.
    #[must_use]
    pub fn play(&self, at: usize, options: &Options) -> Cell {
        let planned = &self.cells[at];
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut tally, mut driver) = (Tally::default(), idle().pop().unwrap_or_default());
        for number in 0..planned.repeats(options.repeat) {
            tally.add(number, planned.play_once(&mut driver, &options.limits));
        }
        idle().push(driver);
        planned.finished(tally)
    }

    /// Leaves out the cells that are not `wanted`.
    pub fn retain(&mut self, wanted: impl Fn(&Fixture, &Scenario) -> bool) {
        self.cells.retain(|planned| wanted(planned.fixture, planned.scenario));
    }

    /// Leaves out what is not played, but for errors: those must be heard of.
    pub fn retain_playable(&mut self) {
        self.cells.retain(|planned| !matches!(planned.task, Task::Skip(_)));
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
        let tallies: Vec<_> = self.cells.iter().map(|_| Mutex::new(Tally::default())).collect();
        let mut cells = vec![None; self.cells.len()];
        let runs: Vec<(usize, u32)> = self.runs(options.repeat);
        let next = AtomicUsize::new(0);
        let (tell, hear) = mpsc::channel();
        let (runs, next, tallies) = (&runs, &next, &tallies);
        let work = move || {
            let tell = tell.clone();
            move || {
                let mut driver = Driver::new();
                while let Some((at, number)) = take(next, runs.len()).map(|turn| runs[turn]) {
                    let played = self.cells[at].play_once(&mut driver, &options.limits);
                    let mut tally = tallies[at].lock().unwrap_or_else(PoisonError::into_inner);
                    tally.add(number, played);
                    if tally.done == self.cells[at].repeats(options.repeat) {
                        let _ = tell.send(at);
                    }
                }
            }
        };
        in_parallel(options.jobs.get().min(runs.len()), work, || {
            for at in hear {
                let tally = std::mem::take(&mut *tallies[at].lock().unwrap_or_else(PoisonError::into_inner));
                progress(cells[at].insert(self.cells[at].finished(tally)));
            }
        });
        let results: Vec<Cell> = cells.into_iter().flatten().collect();
        let backends = self.backends.iter().filter(|backend| results.iter().any(|cell| cell.backend == backend.name));
        let backends = backends.cloned().collect();
        Results { backends, partition: self.portion.clone(), ..Results::of(results) }
    }

    /// Every single run: the unit of work, so that one cell's repeats use all processors too.
    fn runs(&self, repeat: u32) -> Vec<(usize, u32)> {
        let of_cell =
            |(at, planned): (usize, &Planned<'_>)| (0..planned.repeats(repeat)).map(move |number| (at, number));
        self.cells.iter().enumerate().flat_map(of_cell).collect()
    }
}

/// The cell of a case that is not played, and why.
pub(crate) fn skipped(fixture: &Fixture, scenario: &Scenario, reason: &str) -> Cell {
    let mut tally = Tally::default();
    tally.add(0, (Err(Unplayed::Skip(reason.to_owned())), Duration::ZERO));
    Planned { fixture, scenario, task: Task::Skip(reason.into()) }.finished(tally)
}

/// Does the work on `count` threads, and something else on this one meanwhile. Where the system gives fewer threads, on
/// those; where it gives none, here, before the rest.
fn in_parallel<Work: FnOnce() + Send>(count: usize, work: impl Fn() -> Work, meanwhile: impl FnOnce()) {
    thread::scope(|scope| {
        let threads = (0..count).map_while(|_| thread::Builder::new().spawn_scoped(scope, work()).ok()).count();
        if threads == 0 {
            work()();
        }
        // With what the work holds: who listens to it hears the end.
        drop(work);
        meanwhile();
    });
}

/// The next of `count` pieces of work, unless everything is to stop.
fn take(next: &AtomicUsize, count: usize) -> Option<usize> {
    let turn = next.fetch_add(1, Ordering::Relaxed);
    (turn < count && !drive::STOP.load(Ordering::Relaxed)).then_some(turn)
}

impl Planned<'_> {
    /// How often it is played: what is skipped, once is enough.
    fn repeats(&self, repeat: u32) -> u32 {
        if matches!(self.task, Task::Play(_)) { repeat } else { 1 }
    }

    /// One run, and how long it took.
    fn play_once(&self, driver: &mut Driver, limits: &Limits) -> (Result<Played, Unplayed>, Duration) {
        self.once(driver, |driver, play| self.play(play, driver, limits))
    }

    /// The same, played by `play`. A panic is the run's error, and the driver is a new one then.
    fn once(
        &self,
        driver: &mut Driver,
        play: impl FnOnce(&mut Driver, &Arc<Play>) -> Result<Played, Unplayed>,
    ) -> (Result<Played, Unplayed>, Duration) {
        let started = Instant::now();
        let played = match &self.task {
            Task::Skip(why) => Err(Unplayed::Skip(why.reason.clone())),
            Task::Error(reason) => Err(Unplayed::Error(reason.clone())),
            Task::Play(task) => caught(|| play(driver, task)).unwrap_or_else(|panic| {
                *driver = Driver::new();
                Err(Unplayed::Error(panic))
            }),
        };
        (played, started.elapsed())
    }

    fn play(&self, play: &Arc<Play>, driver: &mut Driver, limits: &Limits) -> Result<Played, Unplayed> {
        let start = &self.scenario.start;
        let (transcript, left) = match driver.play(self.fixture, start, &play.part.script, limits) {
            Ok(transcript) => (transcript, None),
            Err(DriveError::Left { left, transcript: Some(transcript), .. }) => (*transcript, Some(left)),
            Err(error) => return Err(Unplayed::Error(Failure::of(error.fault(), error))),
        };
        match (judged(transcript, play, start), left) {
            (played, None) => played,
            // A broken law is told all the same, and what was left at the end of its transcript.
            (Ok(played), Some(left)) if !played.violations.is_empty() => {
                Ok(Played { text: played.text + &left + "\n", ..played })
            }
            (_, Some(left)) => {
                let error = DriveError::Left { left, transcript: None, also: None };
                Err(Unplayed::Error(Failure::of(error.fault(), error)))
            }
        }
    }

    /// The cell; should that panic, one that says so.
    fn finished(&self, tally: Tally) -> Cell {
        caught(|| self.cell(tally)).unwrap_or_else(|panic| {
            let mut panicked = Tally::default();
            panicked.add(0, (Err(Unplayed::Error(panic)), Duration::ZERO));
            self.cell(panicked)
        })
    }

    fn cell(&self, tally: Tally) -> Cell {
        let (verdict, reason) = self.verdict(&tally);
        let (claims, allowed) = match &self.task {
            Task::Play(play) => (self.scenario.deciding_claims(), play.part.allowed.clone()),
            Task::Skip(_) | Task::Error(_) => (Vec::new(), Vec::new()),
        };
        Cell {
            backend: self.fixture.name.clone(),
            scenario: self.scenario.name.clone(),
            requirements: self.scenario.requirements.clone(),
            verdict,
            // A fixture may have had a hand in it.
            reason: reason.as_deref().map(one_line),
            unsupported: matches!(&self.task, Task::Skip(why) if why.unsupported),
            fault: tally.failure.as_ref().and_then(|(_, failure)| failure.fault),
            claims,
            allowed,
            known: self.known().map(Known::from),
            runs: tally.runs,
            outcomes: tally.outcomes(),
            observed: tally.observed(),
            violations: tally.violations.map(|(_, violations)| violations).unwrap_or_default(),
            duration_us: tally.took.as_micros().try_into().unwrap_or(u64::MAX),
            again: self.fixture.again(&self.scenario.name),
        }
    }

    /// The known failure that it is listed for, on this system and with this version of the library.
    fn known(&self) -> Option<&Expectation> {
        let (os, version) = (std::env::consts::OS, self.task.version());
        self.fixture.expectations.iter().find(|known| known.is_for(&self.scenario.name, os, version))
    }

    /// What kept one run from being judged is heard whatever the others gave, and no skip hides a broken law. The expectations
    /// turn a failure by the listed law into an xfail, and a pass into an xpass; nothing else.
    fn verdict(&self, tally: &Tally) -> (Verdict, Option<String>) {
        let failed = tally.violations.is_some();
        match (&tally.failure, &tally.skip) {
            (Some((_, failure)), _) => return (Verdict::Error, Some(failure.reason.clone())),
            (None, Some((_, reason))) if !failed => return (Verdict::Skip, Some(reason.clone())),
            _ => {}
        }
        match self.known() {
            None if failed => (Verdict::Fail, None),
            None => (Verdict::Pass, None),
            Some(known) if !failed && !known.sometimes => {
                let reason = format!("listed as a failure ({}), but it passes: remove the entry", known.reason);
                (Verdict::Xpass, Some(reason))
            }
            Some(known) if tally.laws.iter().all(|law| known.laws.contains(law)) => {
                (Verdict::Xfail, Some(known.explanation()))
            }
            Some(known) => {
                let broken: Vec<_> = tally.laws.iter().map(String::as_str).collect();
                let (broken, listed) = (broken.join(", "), known.laws.join(", "));
                (Verdict::Fail, Some(format!("breaks {broken}; the expectations list only {listed}")))
            }
        }
    }
}
