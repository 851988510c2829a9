//! A finding: the shortest script that still fails in the same way, how often it does, and the file that it can become.

use std::{fs, io, path::PathBuf, time::Instant};

use super::{
    file,
    play::{Failure, Kind, Outcome, Subject},
    shrink, validity,
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

/// A failure, made as small as it gets.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The smallest script that fails, as a scenario.
    pub scenario: Scenario,
    /// The scenario's data file: where it belongs, and what stands in it.
    pub file: PathBuf,
    /// Its text.
    pub text: String,
    /// What playing it again gave, and what was found, where it never came again.
    pub cell: Cell,
    /// How often it failed in the same way, of so many plays: twenty, and the one in which it was found where it never came again.
    pub failed: u32,
    /// Those plays.
    pub plays: u32,
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
        let Self { failed, plays, case, cases, .. } = self;
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

    /// Whether another script that fails so may do so for the same reason. One that is known explains no more than it lists.
    pub(super) fn explains(&self, failure: &Failure, scenario: &Scenario) -> bool {
        let is_all = !self.is_known() || failure.kinds.iter().all(|kind| self.lists(kind));
        is_all && failure.kinds.contains(&self.kind) && self.ingredients.are_in(&Ingredients::of(scenario))
    }

    /// Whether it is listed that such a script fails in this way.
    pub(super) fn knows(&self, kind: &Kind, scenario: &Scenario) -> bool {
        self.is_known() && self.lists(kind) && self.ingredients.are_in(&Ingredients::of(scenario))
    }

    fn lists(&self, kind: &Kind) -> bool {
        let laws = self.cell.known.as_ref().map_or(&[][..], |known| &known.laws);
        matches!(kind, Kind::Law(law) if laws.contains(law))
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
    // The rate is measured with the usual patience.
    let hasty = limits.hasty();
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
    let Replayed { mut cell, failed: rate, plays } = replay(subject, &scenario, failed, &ingredients, limits)?;
    let file = options.out.join(format!("{}.toml", scenario.name));
    cell.again = subject.fixture.again_from(&file);
    let found = format!(
        "Found by the explorer with seed {}, case {}: {} in {rate} of {plays} plays.",
        failed.seed,
        failed.case,
        failed.kind.slug()
    );
    let text = file::text(&scenario, &found);
    let (case, kind) = (failed.case, failed.kind.clone());
    Some(Finding { scenario, file, text, cell, failed: rate, plays, case, cases: 1, kind, ingredients })
}

/// What playing the smallest script again gave.
struct Replayed {
    cell: Cell,
    failed: u32,
    plays: u32,
}

/// Plays it as a cell like any other. One that fails so in no play any more has failed so all the same.
fn replay(
    subject: &Subject<'_>,
    scenario: &Scenario,
    failed: &Failed<'_>,
    ingredients: &Ingredients,
    limits: &Limits,
) -> Option<Replayed> {
    let known = known(subject, &failed.failure.kinds, ingredients);
    let options = Options { repeat: REPLAYS, limits: *limits, ..Options::default() };
    let mut cell = cell(subject, scenario, known, &options)?;
    let broken = cell.outcomes.iter().filter(|outcome| !outcome.allowed).map(|outcome| outcome.count).sum();
    // A play that was skipped shows nothing, and one that was an error has no transcript.
    let (again, plays) = match (failed.kind, cell.verdict) {
        (_, Verdict::Skip) => (0, cell.runs),
        (Kind::Law(law), _) if cell.violations.iter().any(|violation| violation.law == *law) => (broken, REPLAYS),
        (Kind::Error(_), Verdict::Error) => (REPLAYS.saturating_sub(cell.runs), REPLAYS),
        _ => (0, REPLAYS),
    };
    if again > 0 {
        return Some(Replayed { cell, failed: again, plays });
    }
    remember(&mut cell, failed.failure);
    Some(Replayed { cell, failed: 1, plays: plays + 1 })
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
    if let Err((_, reason)) = validity::check(&subject.able, scenario) {
        return Ok(Some(run::skipped(fixture, scenario, &format!("it is no script for this backend: {reason}"))));
    }
    let cell = cell(&subject, scenario, None, &Options { repeat, limits, ..Options::default() });
    Ok(cell.map(|cell| {
        let kinds: Vec<_> = cell.violations.iter().map(|violation| Kind::Law(violation.law.clone())).collect();
        match known(&subject, &kinds, &Ingredients::of(scenario)) {
            Some(known) if cell.verdict == Verdict::Fail => Cell {
                verdict: Verdict::Xfail,
                reason: Some(one_line(&known.explanation())),
                known: Some(known.into()),
                ..cell
            },
            _ => cell,
        }
    }))
}

/// What was seen once counts, however often it was not seen afterwards, and hides nothing that was.
fn remember(cell: &mut Cell, failure: &Failure) {
    if failure.violations.is_empty() {
        cell.verdict = Verdict::Error;
        cell.reason = Some(one_line(&failure.message));
        return;
    }
    if !matches!(cell.verdict, Verdict::Xfail | Verdict::Error) {
        cell.verdict = Verdict::Fail;
    }
    cell.runs += 1;
    cell.violations.splice(0..0, failure.violations.iter().cloned());
    cell.outcomes.insert(0, Seen { transcript: failure.text.clone(), count: 1, allowed: false, timeline: None });
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
