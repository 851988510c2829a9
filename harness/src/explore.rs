//! Exploring: scripts made at random, valid for a backend, on the same road as every scenario: the fixture plays them, and
//! the model that judges knows what any of them allows. What fails is made as small as it gets, and can become a scenario.
//!
//! ```no_run
//! use sigconform::{
//!     explore::{self, Options},
//!     description,
//! };
//!
//! let mine = description::introduce(vec!["./mine".into()])?;
//! let explored = explore::explore(&mine, &Options::default(), &|progress| eprintln!("{}", progress.played))?;
//! for finding in &explored.findings {
//!     print!("{}", finding.text);
//! }
//! # Ok::<(), sigconform::fixture::FixtureError>(())
//! ```
//!
//! A case is a number: from it and the seed follows its script, whatever else is played and however many at once.

mod abilities;
mod arguments;
mod chance;
mod distribution;
mod file;
mod finding;
mod generator;
mod hunt;
mod impossible;
mod play;
mod shrink;
mod signals;
mod situation;
#[cfg(test)]
mod tests;
mod validity;

use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use sigconform_fixture::Before;

use crate::{
    catalogue::{Scenario, ScenarioStep, Start},
    drive::{self, Driver, Limits},
    fault::caught,
    fixture::{Fixture, FixtureError},
    run::default_jobs,
    text::sentence,
};

use distribution::Distribution;
use finding::Failed;
pub use finding::{Finding, play};
pub use hunt::{Hunt, Sighting, hunt};
use play::{Failure, Kind, Outcome, Subject};

/// Cases that are played before it is looked at what failed: so what is found does not depend on how many run at once.
const BATCH: u64 = 100;

/// How much is explored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// So many cases.
    Cases(u64),
    /// As many as can be played in this time.
    Time(Duration),
}

/// How to explore.
#[derive(Debug, Clone)]
pub struct Options {
    /// How much.
    pub length: Length,
    /// The cases' scripts follow from it.
    pub seed: u64,
    /// The first case.
    pub first: u64,
    /// Cases at once.
    pub jobs: NonZeroUsize,
    /// Limits of one run.
    pub limits: Limits,
    /// After so many findings that nobody has explained, it ends.
    pub most_findings: usize,
    /// What making one finding smaller may take; nothing: it is shown as it was found.
    pub shrink: Duration,
    /// The folder of the findings' files.
    pub out: PathBuf,
}

impl Default for Options {
    fn default() -> Self {
        let limits = Limits::default();
        let (length, shrink) = (Length::Cases(1_000), Duration::from_secs(60));
        let out = PathBuf::from("explored");
        Self { length, seed: 0, first: 0, jobs: default_jobs(), limits, most_findings: 3, shrink, out }
    }
}

/// How far it is.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Cases that were played.
    pub played: u64,
    /// Cases that failed.
    pub failed: u64,
    /// Whether a failure is being made smaller.
    pub shrinking: bool,
}

/// What exploring one backend gave.
#[derive(Debug)]
pub struct Explored {
    /// The backend's name.
    pub backend: String,
    /// Cases that were played.
    pub cases: u64,
    /// Cases that failed, for whatever reason.
    pub failed: u64,
    /// Cases that could not be judged, and why.
    pub skipped: BTreeMap<String, u64>,
    /// Each kind of failure, in the order of finding.
    pub findings: Vec<Finding>,
    /// Time that it took.
    pub took: Duration,
    distribution: Distribution,
    able: abilities::Abilities,
}

/// Explores one backend.
///
/// # Errors
/// The fixture does not say what it is.
pub fn explore(
    fixture: &Fixture,
    options: &Options,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Explored, FixtureError> {
    let started = Instant::now();
    let mut driver = Driver::new();
    let subject = Subject::ask(fixture, &mut driver, &options.limits)?;
    let mut explored = Explored {
        backend: fixture.name.clone(),
        cases: 0,
        failed: 0,
        skipped: BTreeMap::new(),
        findings: Vec::new(),
        took: Duration::ZERO,
        distribution: Distribution::default(),
        able: subject.able.clone(),
    };
    if subject.able.pool.is_empty() {
        explored.skipped.insert("it takes no signal that a script can send".to_owned(), 0);
    } else {
        let deadline = match options.length {
            // One that no clock reaches is none.
            Length::Time(time) => started.checked_add(time),
            Length::Cases(_) => None,
        };
        let is_over = || deadline.is_some_and(|deadline| Instant::now() >= deadline);
        loop {
            let first = options.first.saturating_add(explored.cases);
            let count = match options.length {
                Length::Cases(cases) => BATCH.min(cases - explored.cases),
                Length::Time(_) => BATCH,
            };
            let batch =
                play_batch(&subject, options, first..first.saturating_add(count), &is_over, |played, failed| {
                    let (played, failed) = (explored.cases + played, explored.failed + failed);
                    progress(Progress { played, failed, shrinking: false });
                });
            explored.cases += batch.played;
            explored.distribution.merge(&batch.distribution);
            for (reason, count) in &batch.skipped {
                *explored.skipped.entry(reason.clone()).or_default() += count;
            }
            explored.failed += batch.failed.len() as u64;
            let told = Progress { played: explored.cases, failed: explored.failed, shrinking: true };
            for (case, failure, scenario) in &batch.failed {
                progress(told);
                explored.look_into(&subject, options, *case, failure, scenario, &mut driver);
            }
            let unexplained = explored.findings.iter().filter(|finding| !finding.is_known()).count();
            let played_all = options.length == Length::Cases(explored.cases);
            // There are no more cases than numbers.
            if batch.played == 0 || played_all || is_over() || unexplained >= options.most_findings || stopped() {
                break;
            }
        }
    }
    explored.took = started.elapsed();
    Ok(explored)
}

/// A seed that is another one each time.
#[must_use]
pub fn seed_from_the_clock() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| u64::from(now.subsec_micros()) ^ now.as_secs())
}

fn stopped() -> bool {
    drive::STOP.load(Ordering::Relaxed)
}

impl Explored {
    /// A case that failed: as one before it, or in a way of its own, which is made as small as it gets.
    fn look_into(
        &mut self,
        subject: &Subject<'_>,
        options: &Options,
        case: u64,
        failure: &Failure,
        scenario: &Scenario,
        driver: &mut Driver,
    ) {
        let explains = |finding: &&mut Finding| finding.explains(failure, scenario);
        if let Some(finding) = self.findings.iter_mut().find(explains) {
            finding.cases += 1;
            return;
        }
        let unexplained = self.findings.iter().filter(|finding| !finding.is_known()).count();
        if unexplained >= options.most_findings {
            return;
        }
        // What is known already may have broken beside what is not.
        let is_new = |kind: &&Kind| !self.findings.iter().any(|finding| finding.knows(kind, scenario));
        let Some(kind) = failure.kinds.iter().find(is_new).or(failure.kinds.first()) else { return };
        let failed = Failed { case, kind, failure, scenario, seed: options.seed };
        self.findings.extend(finding::find(subject, &failed, options, driver));
    }

    /// Why nothing is known of the backend: no case was played, or each was skipped.
    #[must_use]
    pub fn skip(&self) -> Option<String> {
        let skipped = self.skipped.values().fold(0, |all: u64, &count| all.saturating_add(count));
        let reasons = || self.skipped.keys().map(|reason| sentence(reason)).collect::<Vec<_>>().join("; ");
        (skipped == self.cases).then(|| format!("nothing was judged: {}", reasons()))
    }

    /// The result in a line, for people.
    #[must_use]
    pub fn summary(&self) -> String {
        let Self { backend, cases, failed, findings, .. } = self;
        let took = self.took.as_secs_f64();
        let known = findings.iter().filter(|finding| finding.is_known()).count();
        let mut text = format!("{backend}: {cases} cases in {took:.1} s");
        text += &match (*failed, findings.len() - known, known) {
            _ if *cases == 0 => ", nothing was played".to_owned(),
            (0, ..) => ", no failure".to_owned(),
            (failed, new, known) => format!(", {failed} failed: {new} findings, {known} known"),
        };
        text += "\n";
        for (reason, count) in &self.skipped {
            let count = if *count == 0 { String::new() } else { format!("{count} ") };
            text += &format!("  {count}skipped: {}\n", sentence(reason));
        }
        for (act, reason) in self.able.lost() {
            text += &format!("  never asked: {}: {}\n", act.name(), sentence(reason));
        }
        text
    }

    /// What the scripts have reached, for people.
    #[must_use]
    pub fn distribution(&self) -> String {
        self.distribution.text(&self.able)
    }
}

/// What a batch gave.
#[derive(Default)]
struct Batch {
    played: u64,
    failed: Vec<(u64, Box<Failure>, Scenario)>,
    skipped: BTreeMap<String, u64>,
    distribution: Distribution,
}

/// Plays some cases, several at once.
fn play_batch(
    subject: &Subject<'_>,
    options: &Options,
    cases: std::ops::Range<u64>,
    is_over: &(dyn Fn() -> bool + Sync),
    progress: impl Fn(u64, u64) + Sync,
) -> Batch {
    let (next, batch) = (AtomicU64::new(cases.start), Mutex::new(Batch::default()));
    let work = || {
        let mut driver = Driver::new();
        loop {
            let case = next.fetch_add(1, Ordering::Relaxed);
            if case >= cases.end || stopped() || is_over() {
                return;
            }
            let Some(scenario) = generator::scenario(&subject.able, options.seed, case) else {
                let mut batch = batch.lock().unwrap_or_else(PoisonError::into_inner);
                *batch.skipped.entry("no script leads through what it can do".to_owned()).or_default() += 1;
                batch.played += 1;
                continue;
            };
            let outcome = caught(|| subject.play(&mut driver, &scenario, &options.limits)).unwrap_or_else(|panic| {
                driver = Driver::new();
                Outcome::error("panics", panic.reason)
            });
            let mut batch = batch.lock().unwrap_or_else(PoisonError::into_inner);
            match outcome {
                Outcome::Interrupted => return,
                Outcome::Conforms => {}
                Outcome::Skips(reason) => *batch.skipped.entry(reason).or_default() += 1,
                Outcome::Fails(failure) => batch.failed.push((case, failure, scenario.clone())),
            }
            batch.played += 1;
            batch.distribution.add(&subject.able, &scenario);
            progress(batch.played, batch.failed.len() as u64);
        }
    };
    let at_once = usize::try_from(cases.end - cases.start).unwrap_or(usize::MAX).min(options.jobs.get());
    thread::scope(|scope| {
        let threads = (0..at_once).map_while(|_| thread::Builder::new().spawn_scoped(scope, work).ok()).count();
        if threads == 0 {
            work();
        }
    });
    let mut batch = batch.into_inner().unwrap_or_else(PoisonError::into_inner);
    batch.failed.sort_by_key(|(case, ..)| *case);
    batch
}

/// A scenario with nothing but these steps.
fn scenario_of(steps: Vec<ScenarioStep>) -> Scenario {
    Scenario {
        name: "explored".to_owned(),
        title: "A script of the explorer".to_owned(),
        requirements: Vec::new(),
        claims: Vec::new(),
        applies_to: BTreeMap::default(),
        observes: None,
        platforms: None,
        varies_by: Vec::new(),
        slow: None,
        ends_at_once: false,
        start: Start::default(),
        before: Before::default(),
        subscribe: Vec::new(),
        steps,
    }
}
