//! What a script asks for before the loop exists, and a fixture has not done, or its library has undone.

use sigconform_fixture::{Happening, Signal};

use super::told::{broken, catalogued, judged_ending, scenario_with, strict};
use crate::{
    catalogue::Scenario,
    fault::Fault,
    judge::{Unjudgeable, judge},
    transcript::{Ending, Transcript},
};

const SENT: &str = "sending SIGUSR2";
/// The program's own handler is installed, and was not called yet.
const THERE: &str = "state caught=SIGUSR2 earlier-SIGUSR2=0";

/// What keeps from judging the transcript, in which nothing is subscribed yet, and whose fault it is.
fn unprepared(scenario: &Scenario, lines: &[&str], ending: Ending) -> Option<(String, Option<Fault>)> {
    match judged_ending(scenario, &strict(), lines, ending) {
        Err(error @ Unjudgeable::Unprepared { .. }) => {
            let said = error.to_string();
            Some((said.rsplit_once("that of ").expect("what was seen").1.to_owned(), error.fault()))
        }
        _ => None,
    }
}

#[test]
fn a_report_before_the_loop_shows_whether_the_fixture_has_installed_its_handlers() {
    let asks = catalogued("other-earlier-handler");
    let told = |before: &str| unprepared(&asks, &[before, "starting [PID]", SENT], Ending::Exited(0));
    let seen = |what: &str| Some((format!("SIGUSR2 {what}"), Some(Fault::Fixture)));
    assert_eq!(told(THERE), None);
    assert_eq!(told("state earlier-SIGUSR2=0"), seen("is not installed"));
    assert_eq!(told("state caught=SIGUSR2 earlier-SIGUSR2=1"), seen("told 1 calls for 0 sends"));
}

/// What becomes of them later is not the fixture's doing.
#[test]
fn a_loop_that_is_opened_leaves_the_program_s_own_handlers() {
    let asks = catalogued("other-earlier-handler");
    let laws = |lines: &[&str], ending: Ending| {
        let lines = [&[THERE, "starting [PID]", THERE, SENT], lines].concat();
        broken(judged_ending(&asks, &strict(), &lines, ending)).into_iter().map(|(law, _)| law).collect::<Vec<_>>()
    };
    assert_eq!(laws(&[], Ending::Killed("SIGUSR2".parse().expect("a name"))), ["survives"]);
    let taken = laws(&[THERE], Ending::Exited(1));
    assert_eq!(taken, ["earlier-handler-as-claimed"]);
    let gone = laws(&["state earlier-SIGUSR2=1"], Ending::Exited(1));
    assert_eq!(gone, ["touches-only-its-own"]);
}

#[test]
fn without_such_a_report_nobody_knows_who_is_at_fault() {
    let steps = "{ step = 'send', signal = 'SIGUSR2' }, { step = 'report' }";
    let asks = Scenario { subscribe: Vec::new(), ..scenario_with("before = { handlers = ['SIGUSR2'] }", steps) };
    let told = |lines: &[&str], ending| unprepared(&asks, &[&["starting [PID]", SENT], lines].concat(), ending);
    let seen = |what: &str| Some((format!("SIGUSR2 {what}"), None));
    let orderly = Ending::Exited(0);
    let not_called = told(&["state caught=SIGUSR2 earlier-SIGUSR2=0"], orderly.clone());
    assert_eq!(not_called, seen("told 0 calls for 1 sends"));
    let killed = Ending::Killed("SIGUSR2".parse().expect("a name"));
    assert_eq!(told(&[], killed), seen("was not there when it came"));
    assert_eq!(told(&["state caught=SIGUSR2 earlier-SIGUSR2=1"], orderly.clone()), None);
    assert_eq!(told(&["state earlier-SIGUSR2=1"], orderly), seen("is not installed"));
    // Another signal is nobody's that `before` asks for.
    assert_eq!(told(&[], Ending::Killed(Signal::SIGHUP)), None);
}

#[test]
fn a_subscription_that_was_refused_may_have_replaced_the_handler() {
    let steps = "{ step = 'send', signal = 'SIGUSR2' }, { step = 'report' }";
    let asks = scenario_with("before = { handlers = ['SIGUSR2'] }", steps);
    let lines = [
        "refused SIGHUP busy",
        "refused SIGUSR1 busy",
        "starting [PID]",
        "sending SIGUSR2",
        "state caught=SIGUSR2 earlier-SIGUSR2=0",
    ];
    let laws = |ending: Ending, lines: &[&str]| {
        let violations = judged_ending(&asks, &strict(), lines, ending).expect("nothing that is the fixture's fault");
        violations.into_iter().map(|violation| violation.law).collect::<Vec<_>>()
    };
    assert!(laws(Ending::Exited(0), &lines).contains(&"earlier-handler-as-claimed".to_owned()));
    let killed = Ending::Killed("SIGUSR2".parse().expect("a name"));
    assert!(laws(killed, &lines[..4]).contains(&"accepts-catchable".to_owned()));
}

#[test]
fn threads_are_counted_where_they_are_asked_for() {
    let counted = |scenario: &str, threads| {
        let scenario = catalogued(scenario);
        let part = scenario.part(&strict());
        let what = Happening::Seen { threads };
        let events = vec![sigconform_fixture::Event { t: 0, what }];
        let transcript = Transcript { events, ending: Ending::Exited(0), stderr: String::new() };
        match judge(&transcript, &part, &scenario.start, &strict()) {
            Err(Unjudgeable::Unprepared { asked, seen, fault: Some(Fault::Fixture) }) => Some((asked, seen)),
            _ => None,
        }
    };
    for (scenario, asked) in [("older-thread", "older_thread"), ("loop-on-second-thread", "loop_on_second_thread")] {
        let seen = "the process has 1 of at least 2 threads".to_owned();
        assert_eq!(counted(scenario, 1), Some((asked.to_owned(), seen)));
        assert_eq!(counted(scenario, 2), None);
        assert_eq!(counted(scenario, 20), None, "a library may have threads of its own");
    }
    assert_eq!(counted("sequence", 1), None);
}
