//! A finding: the shortest script that still fails in the same way, how often it does, and the file that it can become.

use std::{
    fs, io,
    path::PathBuf,
    time::{Duration, Instant},
};

use super::{
    file,
    play::{Failure, Kind, Outcome, Subject},
    shrink,
};
use crate::{
    catalogue::{Catalogue, Ingredients, Scenario},
    drive::{Driver, Limits},
    expectation::{EXPLORED, Expectation},
    fixture::{Fixture, FixtureError},
    results::{Cell, Outcome as Seen, Verdict, write_file},
    run::{self, Options, Selection},
    select::plan_hash,
    transcript::one_line,
};

/// How often the smallest script is played again, to show its rate.
const REPLAYS: u32 = 20;
/// Plays of one proposal, where the failure comes in some plays only.
const MOST_TRIES: u32 = 12;
/// What shrinking may take, beside the time that it is given.
const MOST_PLAYS: u32 = 1_500;
/// A flaw that puts a loop to sleep for good is looked at often: the rate is measured with the usual patience.
const STUCK_AFTER: Duration = Duration::from_millis(250);

/// A failure, made as small as it gets.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The smallest script that fails, as a scenario.
    pub scenario: Scenario,
    /// The scenario's data file: where it belongs, and what stands in it.
    pub file: PathBuf,
    /// Its text.
    pub text: String,
    /// What twenty plays of it gave.
    pub cell: Cell,
    /// The case that it was found in.
    pub case: u64,
    /// The cases that failed in the same way, this one included.
    pub cases: u64,
    pub(super) kind: Kind,
    pub(super) ingredients: Ingredients,
}

impl Finding {
    /// Whether it is listed, with a reason.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.cell.verdict == Verdict::Xfail
    }

    /// How often it failed, and how many cases did: for people.
    #[must_use]
    pub fn rate(&self) -> String {
        let (failed, plays) = rate(&self.cell);
        let (case, cases) = (self.case, self.cases);
        format!("fails in {failed} of {plays} plays; found in case {case}; {cases} cases failed like it")
    }

    /// Writes its file, and the folder of that.
    ///
    /// # Errors
    /// The system refused it.
    pub fn write(&self) -> io::Result<()> {
        self.file.parent().map_or(Ok(()), fs::create_dir_all)?;
        write_file(&self.file, &self.text)
    }

    /// Whether another script that fails like this may do so for the same reason.
    pub(super) fn explains(&self, kind: &Kind, scenario: &Scenario) -> bool {
        self.kind == *kind && self.ingredients.are_in(&Ingredients::of(scenario))
    }
}

/// A script that failed, and how.
pub(super) struct Failed<'a> {
    pub(super) case: u64,
    pub(super) kind: &'a Kind,
    pub(super) failure: &'a Failure,
    pub(super) scenario: &'a Scenario,
    /// How the explorer was called, for the file's comment.
    pub(super) seed: u64,
}

/// Makes the failing script as small as it gets, plays it again, and looks whether it is known.
pub(super) fn find(
    subject: &Subject<'_>,
    failed: &Failed<'_>,
    options: &super::Options,
    driver: &mut Driver,
) -> Option<Finding> {
    let (limits, most_time) = (&options.limits, options.shrink);
    let hasty = Limits { stuck_after: STUCK_AFTER.min(limits.stuck_after), ..*limits };
    let started = Instant::now();
    let mut plays = 0;
    let mut interrupted = false;
    let mut fails = |scenario: &Scenario, tries: u32| {
        (0..tries).any(|_| {
            plays += 1;
            let spent = interrupted || plays > MOST_PLAYS || started.elapsed() > most_time;
            !spent
                && match subject.play(driver, scenario, &hasty) {
                    Outcome::Interrupted => {
                        interrupted = true;
                        false
                    }
                    outcome => outcome.has(failed.kind),
                }
        })
    };
    let often = (0..5).filter(|_| fails(failed.scenario, 1)).count();
    // One that fails in half of its plays needs five to be sure, nearly; one that never fails again is kept as it is.
    let tries = match often {
        5 => 1,
        4 => 3,
        2 | 3 => 6,
        _ => MOST_TRIES,
    };
    let mut scenario = failed.scenario.clone();
    if often > 0 {
        scenario = shrink::shrink(scenario, |smaller| subject.is_valid(smaller) && fails(smaller, tries));
    }
    if interrupted {
        return None;
    }
    scenario.name = name(&scenario, failed.kind);
    file::complete(&mut scenario, &subject.description, failed.kind);
    let ingredients = Ingredients::of(&scenario);
    let mut cell = replay(subject, &scenario, failed, &ingredients, limits)?;
    let file = options.out.join(format!("{}.toml", scenario.name));
    cell.again = subject.fixture.again_from(&file);
    let (rate, plays) = rate(&cell);
    let found = format!(
        "Found by the explorer with seed {}, case {}: {} in {rate} of {plays} plays.",
        failed.seed,
        failed.case,
        failed.kind.slug()
    );
    let text = file::text(&scenario, &found);
    let (case, kind) = (failed.case, failed.kind.clone());
    Some(Finding { scenario, file, text, cell, case, cases: 1, kind, ingredients })
}

/// How often it failed, and how often it was played. A play that was an error has no transcript.
fn rate(cell: &Cell) -> (u32, u32) {
    let broken = cell.outcomes.iter().filter(|outcome| !outcome.allowed).map(|outcome| outcome.count).sum::<u32>();
    let plays = cell.runs.max(REPLAYS);
    (broken + plays - cell.runs, plays)
}

/// Plays it as a cell like any other. One that fails in no play any more has failed all the same.
fn replay(
    subject: &Subject<'_>,
    scenario: &Scenario,
    failed: &Failed<'_>,
    ingredients: &Ingredients,
    limits: &Limits,
) -> Option<Cell> {
    let known = known(subject, &failed.failure.kinds, ingredients);
    let options = Options { repeat: REPLAYS, limits: *limits, ..Options::default() };
    let mut cell = cell(subject, scenario, known, &options)?;
    if matches!(cell.verdict, Verdict::Pass | Verdict::Skip)
        || cell.violations.is_empty() && cell.verdict == Verdict::Xfail
    {
        remember(&mut cell, failed.failure);
    }
    Some(cell)
}

/// A script as a cell like any other; `known` explains its failures.
fn cell(subject: &Subject<'_>, scenario: &Scenario, known: Option<&Expectation>, options: &Options) -> Option<Cell> {
    let expectations =
        known.map(|known| Expectation { scenario: scenario.name.clone(), sometimes: true, ..known.clone() });
    let fixture = Fixture {
        described: Some(Box::new(subject.description.clone())),
        expectations: expectations.into_iter().collect(),
        ..subject.fixture.clone()
    };
    let catalogue = Catalogue { requirements: Vec::new(), scenarios: vec![scenario.clone()] };
    let fixtures = [fixture];
    let selection = Selection { backends: vec!["*".parse().ok()?], ..Selection::default() };
    let plan = run::plan(&catalogue, &fixtures, &selection).ok()?;
    plan.run(options, |_| {}).results.pop()
}

/// Plays a script that was written for a finding, so often; nothing where the run was interrupted.
///
/// # Errors
/// The fixture does not say what it is.
pub fn play(fixture: &Fixture, scenario: &Scenario, repeat: u32) -> Result<Option<Cell>, FixtureError> {
    let limits = Limits::default();
    let subject = Subject::ask(fixture, &mut Driver::new(), &limits)?;
    let known = known(&subject, &[], &Ingredients::of(scenario));
    Ok(cell(&subject, scenario, known, &Options { repeat, limits, ..Options::default() }))
}

/// What was seen once counts, however often it was not seen afterwards.
fn remember(cell: &mut Cell, failure: &Failure) {
    cell.runs += 1;
    if failure.violations.is_empty() {
        cell.verdict = Verdict::Error;
        cell.reason = Some(one_line(&failure.message));
        return;
    }
    if cell.verdict != Verdict::Xfail {
        cell.verdict = Verdict::Fail;
    }
    cell.violations.clone_from(&failure.violations);
    cell.outcomes.push(Seen { transcript: failure.text.clone(), count: 1, allowed: false, timeline: None });
}

/// The expectation that explains such a failure.
pub(super) fn known<'a>(subject: &Subject<'a>, kinds: &[Kind], ingredients: &Ingredients) -> Option<&'a Expectation> {
    let (os, version) = (std::env::consts::OS, &subject.description.version);
    let listed = |known: &Expectation| {
        kinds.iter().all(|kind| matches!(kind, Kind::Law(law) if known.laws.contains(law)))
            && known.is_for(EXPLORED, os, version)
            && known.with.iter().all(|name| ingredients.has(name))
            && known.at_least.is_none_or(|least| ingredients.most() >= least)
    };
    subject.fixture.expectations.iter().find(|known| listed(known))
}

/// A name that stays the same for the same script.
fn name(scenario: &Scenario, kind: &Kind) -> String {
    let Scenario { start, before, subscribe, steps, .. } = scenario;
    let script = format!("{start:?}{before:?}{subscribe:?}{steps:?}");
    let hash = plan_hash(std::iter::once((kind.slug(), script.as_str())));
    format!("explored-{}-{}", kind.slug(), &hash[10..])
}
