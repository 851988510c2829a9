//! What a script asks for before the loop exists, and a fixture has not done: its own fault, never the library's.

use sigconform_fixture::{Happening, Signal};

use super::told::{catalogued, judged_ending, scenario_with, strict};
use crate::{
    judge::{Unjudgeable, judge},
    transcript::{Ending, Transcript},
};

/// What was asked for, and what was seen, of a transcript of the scenario in which nothing is subscribed yet.
fn own_handler(lines: &[&str], ending: Ending) -> Option<String> {
    match judged_ending(&catalogued("other-earlier-handler"), &strict(), lines, ending) {
        Err(error @ Unjudgeable::Unprepared { .. }) => Some(error.to_string()),
        _ => None,
    }
}

#[test]
fn the_program_s_own_handler_is_there_before_anything_is_subscribed() {
    let lines = ["starting [PID]", "sending SIGUSR2", "state caught=SIGUSR2 earlier-SIGUSR2=0"];
    let said = own_handler(&lines, Ending::Exited(0)).expect("it cannot be judged");
    assert!(said.ends_with("asks for: `handlers`, and that of SIGUSR2 told 0 calls for 1 sends"), "{said}");
    let killed = Ending::Killed("SIGUSR2".parse().expect("a name"));
    let said = own_handler(&lines[..2], killed.clone()).expect("it cannot be judged");
    assert!(said.ends_with("asks for: `handlers`, and that of SIGUSR2 was not there when it came"), "{said}");
    let called = ["starting [PID]", "sending SIGUSR2", "state caught=SIGUSR2 earlier-SIGUSR2=1"];
    assert_eq!(own_handler(&called, Ending::Exited(0)), None);
    let gone = ["starting [PID]", "sending SIGUSR2", "state earlier-SIGUSR2=1"];
    let said = own_handler(&gone, Ending::Exited(0)).expect("it cannot be judged");
    assert!(said.ends_with("asks for: `handlers`, and that of SIGUSR2 is not installed"), "{said}");
    // Another signal is nobody's that `before` asks for.
    assert_eq!(own_handler(&lines[..2], Ending::Killed(Signal::SIGHUP)), None);
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
            Err(Unjudgeable::Unprepared { asked, seen }) => Some((asked, seen)),
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
