//! What the expectations make of a cell: a listed failure by the listed laws is known, a listed case that passes fails. And what
//! a panic makes of it.

use std::{sync::Arc, time::Duration};

use sigconform_fixture::Claims;

use super::{Planned, Play, Played, Tally, Task, Unplayed};
use crate::{
    catalogue::Catalogue,
    drive::Driver,
    expectation::Expectation,
    fault::{Failure, Fault},
    fixture::Fixture,
    judge::Violation,
    results::Verdict,
};

#[cfg(target_os = "linux")]
mod after_a_panic;

/// The verdict on a case that is listed for `laws`, in runs that broke these; with the reason.
fn verdict(laws: &[&str], runs: &[&[&str]]) -> (Verdict, String) {
    verdict_of(false, laws, runs)
}

/// The same for a failure that is listed as one of some runs only.
fn verdict_of(sometimes: bool, laws: &[&str], runs: &[&[&str]]) -> (Verdict, String) {
    let catalogue = Catalogue::embedded().expect("the embedded catalogue");
    let known = Expectation {
        backend: "mine".to_owned(),
        scenario: "sequence".to_owned(),
        mended_in: Some("2.0".to_owned()),
        sometimes,
        laws: laws.iter().map(ToString::to_string).collect(),
        reason: "known".to_owned(),
        reference: "no report found".to_owned(),
        file: "expectations.toml".into(),
        line: 1,
        ..Expectation::default()
    };
    let fixture = Fixture { expectations: vec![known], ..Fixture::new("mine", Vec::new()) };
    let scenario = catalogue.scenario("sequence").expect("the scenario");
    let planned = |version: &str| {
        let claims = Claims::default();
        let play = Play { part: scenario.part(&claims), claims, version: version.to_owned() };
        Planned { fixture: &fixture, scenario, task: Task::Play(Arc::new(play)) }
    };
    let mut tally = Tally::default();
    for (number, broken) in (0..).zip(runs) {
        let violation = |law: &&str| Violation {
            law: (*law).to_owned(),
            message: String::new(),
            line: 1,
            allowed: String::new(),
            source: String::new(),
        };
        let violations = broken.iter().map(violation).collect();
        tally.add(
            number,
            (Ok(Played { text: String::new(), violations, observed: Vec::new(), timeline: None }), Duration::ZERO),
        );
    }
    let (verdict, reason) = planned("1.0").verdict(&tally);
    let unlisted = planned("2.0").verdict(&tally).0;
    let failed = runs.iter().any(|broken| !broken.is_empty());
    assert_eq!(
        unlisted,
        if failed { Verdict::Fail } else { Verdict::Pass },
        "where it is mended, the list says nothing"
    );
    (verdict, reason.unwrap_or_default())
}

#[test]
fn a_race_that_is_lost_sometimes_is_known_whichever_way_it_went() {
    let law = ["survives"];
    assert_eq!(verdict_of(true, &law, &[&[]]).0, Verdict::Xfail);
    assert_eq!(verdict_of(true, &law, &[&[], &law]).0, Verdict::Xfail);
    assert_eq!(verdict_of(true, &law, &[&[], &["once-per-send"]]).0, Verdict::Fail);
    assert_eq!(verdict_of(false, &law, &[&[]]).0, Verdict::Xpass);
}

#[test]
fn a_listed_failure_is_known() {
    let (verdict, reason) = verdict(&["once-per-send"], &[&["once-per-send"]]);
    assert_eq!((verdict, reason.as_str()), (Verdict::Xfail, "known (no report found)"));
}

#[test]
fn a_listed_case_that_passes_is_an_error_of_the_list() {
    let (verdict, reason) = verdict(&["once-per-send"], &[&[], &[]]);
    assert_eq!(verdict, Verdict::Xpass);
    assert!(reason.contains("remove the entry"), "{reason}");
}

#[test]
fn another_law_than_the_listed_is_a_failure() {
    let (verdict, reason) = verdict(&["once-per-send"], &[&["once-per-send", "survives"]]);
    assert_eq!(verdict, Verdict::Fail);
    assert!(reason.contains("breaks once-per-send, survives; the expectations list only once-per-send"), "{reason}");
}

#[test]
fn another_law_does_not_hide_in_a_later_run() {
    assert_eq!(verdict(&["once-per-send"], &[&["once-per-send"], &["survives"]]).0, Verdict::Fail);
}

#[test]
fn a_panic_while_it_is_played_is_the_error_of_that_run() {
    let catalogue = Catalogue::embedded().expect("the embedded catalogue");
    let (fixture, scenario) = (Fixture::new("mine", Vec::new()), catalogue.scenario("sequence").expect("the scenario"));
    let claims = Claims::default();
    let play = Play { part: scenario.part(&claims), claims, version: String::new() };
    let planned = Planned { fixture: &fixture, scenario, task: Task::Play(Arc::new(play)) };
    let mut tally = Tally::default();
    tally.add(0, planned.once(&mut Driver::new(), |_, _| panic!("in the {}", "engine")));
    let cell = planned.finished(tally);
    let reason = cell.reason.unwrap_or_default();
    assert!(cell.verdict == Verdict::Error && reason.ends_with("reported: in the engine"), "{reason}");
    assert_eq!(cell.fault, Some(Fault::Engine));
}

/// What a run gave, in a letter: it conforms, breaks a law, says nothing, or cannot be judged.
fn ran(letter: char) -> Result<Played, Unplayed> {
    let violation = Violation {
        law: "survives".to_owned(),
        message: String::new(),
        line: 1,
        allowed: String::new(),
        source: String::new(),
    };
    let played = |violations| Ok(Played { text: String::new(), violations, observed: Vec::new(), timeline: None });
    match letter {
        'p' => played(Vec::new()),
        'f' => played(vec![violation]),
        's' => Err(Unplayed::Skip("it cannot be followed".to_owned())),
        _ => Err(Unplayed::Error(Failure::of(Fault::Surroundings, "it is full"))),
    }
}

#[test]
fn no_run_hides_what_a_graver_one_gave() {
    let catalogue = Catalogue::embedded().expect("the embedded catalogue");
    let (fixture, scenario) = (Fixture::new("mine", Vec::new()), catalogue.scenario("sequence").expect("the scenario"));
    let claims = Claims::default();
    let play = Play { part: scenario.part(&claims), claims, version: String::new() };
    let planned = Planned { fixture: &fixture, scenario, task: Task::Play(Arc::new(play)) };
    for (runs, verdict) in [
        ("ps", Verdict::Skip),
        ("sp", Verdict::Skip),
        ("sf", Verdict::Fail),
        ("fs", Verdict::Fail),
        ("se", Verdict::Error),
        ("es", Verdict::Error),
        ("fe", Verdict::Error),
        ("ef", Verdict::Error),
    ] {
        let mut tally = Tally::default();
        for (number, run) in (0..).zip(runs.chars()) {
            tally.add(number, (ran(run), Duration::ZERO));
        }
        let cell = planned.finished(tally);
        assert_eq!(cell.verdict, verdict, "{runs}");
        assert_eq!(cell.violations.len(), runs.matches('f').count(), "{runs}");
        assert_eq!(cell.fault, runs.contains('e').then_some(Fault::Surroundings), "{runs}");
    }
}
