//! What a send does to a process that does not handle the signal: who must die of it, who may, and who must not.

use sigconform_fixture::{Claim, Claims, Removal};

use super::{
    NOTHING, at, stuck,
    told::{broken, judged, judged_ending, scenario, scenario_with, strict},
};
use crate::{judge::law, transcript::Ending};

fn killed(name: &str) -> Ending {
    Ending::Killed(name.parse().expect("a name"))
}

#[test]
fn what_is_ignored_blocked_or_caught_by_the_program_ends_nothing() {
    for (fields, signal) in [
        ("start = { ignored = ['SIGTERM'] }", "SIGTERM"),
        ("start = { blocked = ['SIGTERM'] }", "SIGTERM"),
        ("before = { handlers = ['SIGTERM'] }", "SIGTERM"),
        // Rust's own start ignores it, and that of others as well.
        ("", "SIGPIPE"),
        ("", "SIGURG"),
        ("", "SIGHUP"),
    ] {
        let send = scenario_with(fields, &format!("{{ step = 'send', signal = '{signal}' }}"));
        let sending = format!("sending {signal}");
        let lines = ["starting [PID]", sending.as_str()];
        let lived = broken(judged(&send, &Claims::default(), &lines));
        assert!(!lived.contains(&at(&law::DEFAULT_ACTION, 2)), "{fields} {signal}: {lived:?}");
        let died = broken(judged_ending(&send, &Claims::default(), &lines, killed(signal)));
        assert_eq!(died, [at(&law::SURVIVES, 3)], "{fields} {signal}");
    }
}

#[test]
fn whose_signal_it_is_that_should_not_have_killed_is_said() {
    let said = |fields: &str, signal: &str| {
        let send = scenario_with(fields, &format!("{{ step = 'send', signal = '{signal}' }}"));
        let lines = ["starting [PID]".to_owned(), format!("sending {signal}")];
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        let violations =
            judged_ending(&send, &strict(), &lines, killed(signal)).expect("the fixture played its script");
        violations[0].message.clone()
    };
    assert_eq!(said("", "SIGHUP"), "SIGHUP ended the process, though it was subscribed");
    let ignored = said("start = { ignored = ['SIGTERM'] }", "SIGTERM");
    assert_eq!(ignored, "SIGTERM ended the process, though it was handled or ignored");
}

#[test]
fn the_signal_of_a_second_loop_is_that_loops_until_it_ends() {
    let two = scenario(
        "{ step = 'second-loop', signal = 'SIGUSR2' }, { step = 'send', signal = 'SIGUSR2' }, \
         { step = 'join-second-loop' }, { step = 'send', signal = 'SIGUSR2' }",
    );
    let lines = [
        "starting [PID]",
        "second loop for SIGUSR2",
        "sending SIGUSR2",
        "second loop joined",
        "second loop handles SIGUSR2",
        "second loop ended",
        "sending SIGUSR2",
    ];
    let restored = Claims { removal: Claim::documented(Removal::Restored, "https://docs.example/"), ..strict() };
    assert_eq!(broken(judged_ending(&two, &restored, &lines, killed("SIGUSR2"))), NOTHING);
    assert_eq!(broken(judged(&two, &restored, &lines)), [at(&law::DEFAULT_ACTION, 7)]);
}

#[test]
fn what_comes_from_outside_while_the_loop_waits_ends_the_process_there() {
    let outside = scenario("{ step = 'await', for = { action = 'kill', signal = 'SIGTERM' } }");
    let lines = ["starting [PID]", "waiting for SIGTERM", "SIGTERM from outside"];
    assert_eq!(broken(judged_ending(&outside, &strict(), &lines, killed("SIGTERM"))), NOTHING);
    assert_eq!(broken(judged(&outside, &strict(), &lines)), [at(&law::DEFAULT_ACTION, 3)]);
    let otherwise = broken(judged_ending(&outside, &strict(), &lines, killed("SIGABRT")));
    assert_eq!(otherwise, [at(&law::DEFAULT_ACTION, 4)]);
    // Asleep, it has not died of it either.
    assert_eq!(broken(judged_ending(&outside, &strict(), &lines, stuck())), [at(&law::DEFAULT_ACTION, 4)]);
    // A law that is broken already says enough, and who may live on has broken none by that.
    let early = [&lines[..2], &["signal_handler('SIGHUP')"], &lines[2..]].concat();
    assert_eq!(broken(judged_ending(&outside, &strict(), &early, stuck())), [at(&law::SIGNAL_FIRST, 3)]);
    let removed = scenario(
        "{ step = 'unsubscribe', subscription = 1 }, { step = 'await', for = { action = 'kill', signal = 'SIGHUP' } }",
    );
    let lines = ["starting [PID]", "unsubscribed SIGHUP", "waiting for SIGHUP", "SIGHUP from outside"];
    let asleep = broken(judged_ending(&removed, &Claims::default(), &lines, stuck()));
    assert_eq!(asleep, [at(&law::TASKS_GO_ON, 5)]);
}

/// Whoever is told that it had to be the signal is told by which law, and what was allowed.
#[test]
fn what_may_happen_to_a_removed_signal_is_said() {
    let steps = "{ step = 'unsubscribe', subscription = 1 }, { step = 'send', signal = 'SIGHUP' }";
    let lines = ["starting [PID]", "unsubscribed SIGHUP", "sending SIGHUP"];
    let told = |removal, ending| {
        let claims = Claims { removal: Claim { value: removal, ..Claim::default() }, ..strict() };
        let violations = judged_ending(&scenario(steps), &claims, &lines, ending).expect("a judgement");
        let violation = violations.into_iter().next().expect("a broken law");
        (violation.law, violation.message, violation.allowed)
    };
    let removal = |message: &str, allowed: &str| {
        (law::REMOVAL_AS_CLAIMED.slug.to_owned(), message.to_owned(), allowed.to_owned())
    };
    assert_eq!(
        told(Removal::Restored, killed("SIGABRT")),
        removal("SIGABRT ended the process, and SIGHUP had to kill it", "the process killed by SIGHUP")
    );
    assert_eq!(
        told(Removal::Unspecified, killed("SIGABRT")),
        removal(
            "SIGABRT ended the process, and SIGHUP could only kill it",
            "the process killed by SIGHUP, or one that lives on"
        )
    );
    assert_eq!(
        told(Removal::Restored, Ending::Exited(7)),
        removal("the process exited with status 7, and SIGHUP had to kill it", "the process killed by SIGHUP")
    );
    assert_eq!(
        told(Removal::StaysCaptured, killed("SIGHUP")),
        removal("SIGHUP ended the process, though it was handled or ignored", "a process that lives on")
    );
}

/// The script sends it later, or nobody does.
#[test]
fn a_signal_that_ends_the_process_before_it_is_sent() {
    let later = scenario("{ step = 'settle', millis = 2 }, { step = 'send', signal = 'SIGTERM' }");
    let lines = ["starting [PID]", "settling"];
    assert_eq!(broken(judged_ending(&later, &strict(), &lines, killed("SIGTERM"))), [at(&law::SURVIVES, 2)]);
    assert!(judged_ending(&later, &strict(), &lines, killed("SIGKILL")).is_err(), "no signal of the script");
}

/// It lived on, and died of it after all: that is one fault.
#[test]
fn a_signal_that_ends_the_process_too_late() {
    let send = scenario("{ step = 'send', signal = 'SIGTERM' }, { step = 'settle', millis = 2 }");
    let lines = ["starting [PID]", "sending SIGTERM", "settling"];
    assert_eq!(broken(judged_ending(&send, &strict(), &lines, killed("SIGTERM"))), [at(&law::DEFAULT_ACTION, 2)]);
}

/// Of a process that has played everything, its loop is closed: what was on its way may find the default action again.
#[test]
fn a_signal_that_comes_when_everything_is_played() {
    let hup = scenario("{ step = 'send', signal = 'SIGHUP' }, { step = 'yield' }");
    let lines =
        ["starting [PID]", "sending SIGHUP", "yielding control", "signal_handler('SIGHUP')", "settling", "settled"];
    let told = |finished: &[&str], ending| judged_ending(&hup, &strict(), &[&lines[..], finished].concat(), ending);
    assert_eq!(broken(told(&["finished"], killed("SIGHUP"))), NOTHING);
    assert_eq!(broken(told(&[], killed("SIGHUP"))), [at(&law::SURVIVES, 5)], "the loop closes as yet");
    assert!(told(&["finished"], killed("SIGKILL")).is_err(), "nobody's signal");
    assert!(told(&["finished"], Ending::Exited(3)).is_err(), "its own doing");
}
