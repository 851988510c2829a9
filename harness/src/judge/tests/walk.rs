//! The walk over the transcript: what ends it, what is an echo, and which line is meant.

use sigconform_fixture::{Claims, Signal};

use super::{
    NOTHING, SEQUENCE, at, stuck,
    told::{broken, catalogued, coalescing, judged, judged_ending, scenario, strict},
};
use crate::{
    judge::{Unjudgeable, law},
    transcript::Ending,
};

#[test]
fn a_long_story_of_wrongs_is_cut() {
    let send = scenario("{ step = 'send', signal = 'SIGHUP' }, { step = 'yield' }");
    let told = |calls: usize| {
        let mut lines = vec!["starting [PID]", "sending SIGHUP", "yielding control", "signal_handler('SIGHUP')"];
        // Alternating, so that each has a line of its own.
        lines.extend(["signal_handler('SIGUSR1')", "signal_handler('SIGHUP')"].iter().cycle().take(calls));
        broken(judged(&send, &coalescing(), &lines))
    };
    assert_eq!((told(19).len(), told(20).len(), told(50).len()), (19, 20, 20));
    assert_eq!(told(50)[19], at(&law::ONCE_PER_SEND, 24), "the first are kept");
}

#[test]
fn a_panic_ends_the_story_where_nothing_follows_from_the_script() {
    let surplus = ["signal_handler('SIGHUP')", "signal_handler('SIGUSR1')"];
    let hup = scenario("{ step = 'yield' }, { step = 'reopen' }");
    let told = |panic| {
        let lines = [&["starting [PID]", "yielding control", panic][..], &surplus].concat();
        broken(judged_ending(&hup, &strict(), &lines, Ending::Exited(101)))
    };
    assert_eq!(told("panicked in yield"), [at(&law::NEVER_PANICS, 3)]);
    let closed = told("panicked in close");
    assert!(closed.contains(&at(&law::SIGNAL_FIRST, 4)), "it is closed all the same: {closed:?}");
    // A refusal by panic is an answer: the script goes on.
    let subscribe = scenario("{ step = 'subscribe', signal = 'SIGKILL' }, { step = 'send', signal = 'SIGTERM' }");
    let lines = ["starting [PID]", "panicked", "sending SIGTERM"];
    let both = [at(&law::REFUSES_UNCATCHABLE, 2), at(&law::DEFAULT_ACTION, 3)];
    assert_eq!(broken(judged(&subscribe, &strict(), &lines)), both);
}

/// A call for an earlier send comes late, and ends the wait: the harness had no reason to act any more.
#[test]
fn a_late_call_may_end_the_wait_for_another() {
    let steps = "{ step = 'flood', signal = 'SIGHUP', times = 3 }, { step = 'yield' }, \
                 { step = 'await', for = { action = 'kill', signal = 'SIGUSR1' } }, \
                 { step = 'send', signal = 'SIGHUP' }, { step = 'yield' }";
    let scenario = scenario(steps);
    let flood = ["starting [PID]", "flooding SIGHUP 3", "yielding control", "signal_handler('SIGHUP')"];
    let told = |wait: &[&str], last: &str| {
        let rest = ["sending SIGHUP", "yielding control", last];
        broken(judged(&scenario, &coalescing(), &[&flood[..], &["waiting for SIGUSR1"], wait, &rest].concat()))
    };
    let call = "signal_handler('SIGHUP')";
    assert_eq!(told(&[call], call), NOTHING);
    assert_eq!(told(&["SIGUSR1 from outside", "signal_handler('SIGUSR1')"], call), NOTHING);
    // Without one, or by a wrong one, the wait is over too soon, and what follows is an echo of it.
    assert_eq!(told(&[], call), [at(&law::HANDLED_AT_YIELD, 5)]);
    let wrong = told(&["signal_handler('SIGUSR1') by the handler of SIGHUP"], call);
    assert_eq!(wrong, [at(&law::RIGHT_HANDLER, 6), at(&law::HANDLED_AT_YIELD, 6)]);
    let unsent = told(&["signal_handler('SIGUSR1')"], call);
    assert_eq!(unsent, [at(&law::SIGNAL_FIRST, 6), at(&law::HANDLED_AT_YIELD, 6)]);
}

/// A call of the yield before does not count for the wait.
#[test]
fn a_call_of_the_yield_before_ends_no_wait() {
    let steps = "{ step = 'send', signal = 'SIGHUP' }, { step = 'yield' }, \
                 { step = 'await', for = { action = 'kill', signal = 'SIGUSR1' } }";
    let lines =
        ["starting [PID]", "sending SIGHUP", "yielding control", "signal_handler('SIGHUP')", "waiting for SIGUSR1"];
    assert_eq!(broken(judged(&scenario(steps), &strict(), &lines)), [at(&law::HANDLED_AT_YIELD, 5)]);
    let twice = "{ step = 'await', for = { action = 'kill', signal = 'SIGHUP' } }, \
                 { step = 'await', for = { action = 'kill', signal = 'SIGUSR1' } }";
    let lines = [
        "starting [PID]",
        "waiting for SIGHUP",
        "SIGHUP from outside",
        "signal_handler('SIGHUP')",
        "waiting for SIGUSR1",
    ];
    assert_eq!(broken(judged(&scenario(twice), &strict(), &lines)), [at(&law::HANDLED_AT_YIELD, 5)]);
}

#[test]
fn a_fixture_that_leaves_its_script_is_told_what_comes_next() {
    let sequence = catalogued("sequence");
    let said = |lines: &[&str]| judged(&sequence, &strict(), lines).expect_err("off script").to_string();
    assert_eq!(
        said(&["starting [PID]", "sending SIGUSR1"]),
        "line 2: the fixture left its script: it said `sending` where `sending` comes next"
    );
    assert_eq!(
        said(&["starting [PID]", "closing"]),
        "line 1: the fixture left its script: it said `closing` where `sending` comes next"
    );
    // After its end nothing comes.
    let more = [&SEQUENCE[..], &["settling", "settled", "closing"]].concat();
    let more = judged_ending(&sequence, &strict(), &more, Ending::Exited(0));
    assert!(matches!(&more, Err(Unjudgeable::OffScript { expected, .. }) if expected == "finished"), "{more:?}");
    let ended = judged_ending(&sequence, &strict(), &SEQUENCE[..1], Ending::Exited(3)).expect_err("no verdict");
    assert_eq!(ended.to_string(), "exited with status 3, after 4 events, where `sending` comes next");
    let short = judged_ending(&sequence, &strict(), &SEQUENCE[..1], Ending::Exited(0)).expect_err("no verdict");
    assert_eq!(short.to_string(), "exited before the script was played, after 4 events, where `sending` comes next");
    let asleep = judged_ending(&sequence, &strict(), &SEQUENCE[..1], stuck()).expect_err("no verdict");
    assert_eq!(
        asleep.to_string(),
        "stuck: every thread sleeps and nothing is left to wake it at `sending`, where it waits for nothing: \
         loop sleeps in poll"
    );
}

#[test]
fn a_loop_that_was_closed_handles_nothing_more() {
    let reopen =
        scenario("{ step = 'reopen' }, { step = 'subscribe', signal = 'SIGHUP' }, { step = 'settle', millis = 2 }");
    let told = |call| {
        let lines = ["starting [PID]", "closing", "reopened", "subscribed SIGHUP", "settling", call];
        broken(judged_ending(&reopen, &Claims::default(), &lines, Ending::Killed(Signal::SIGHUP)))
    };
    assert_eq!(told("signal_handler('SIGHUP') by 1")[0], at(&law::REMOVED_IS_SILENT, 4));
    assert_eq!(told("signal_handler('SIGHUP') by 3")[0], at(&law::SIGNAL_FIRST, 4));
}

#[test]
fn what_is_owed_says_where_it_was_sent_last() {
    let steps = "{ step = 'send', signal = 'SIGHUP' }, { step = 'send', signal = 'SIGUSR1' }, \
                 { step = 'send', signal = 'SIGHUP' }, { step = 'yield' }";
    let lines = ["starting [PID]", "sending SIGHUP", "sending SIGUSR1", "sending SIGHUP", "yielding control"];
    let owed = judged(&scenario(steps), &coalescing(), &lines).expect("a judgement");
    let said: Vec<_> = owed.iter().map(|violation| violation.message.as_str()).collect();
    assert_eq!(
        said,
        [
            "the yield is over, and SIGHUP, sent at line 4, has not been handled",
            "the yield is over, and SIGUSR1, sent at line 3, has not been handled"
        ]
    );
}

#[test]
fn what_is_missing_is_said_once() {
    let round = |signal: &str| format!("{{ step = 'send', signal = '{signal}' }}, {{ step = 'yield' }}");
    let two = scenario(&[round("SIGHUP"), round("SIGUSR1")].join(", "));
    let told = |calls: &[&str], later: &[&str]| {
        let (hup, usr1) =
            (["starting [PID]", "sending SIGHUP", "yielding control"], ["sending SIGUSR1", "yielding control"]);
        broken(judged(&two, &strict(), &[&hup[..], calls, &usr1, later].concat()))
    };
    let (hup, usr1) = ("signal_handler('SIGHUP')", "signal_handler('SIGUSR1')");
    assert_eq!(told(&[hup], &[usr1]), NOTHING);
    assert_eq!(told(&[], &[usr1]), [at(&law::HANDLED_AT_YIELD, 3)]);
    // Nor has a later batch to wait for it.
    assert_eq!(told(&[], &[usr1, hup])[0], at(&law::HANDLED_AT_YIELD, 3));
    assert!(!told(&[], &[usr1, hup]).contains(&at(&law::ORDER_AS_CLAIMED, 6)));
}

#[test]
fn what_is_held_is_owed_once_it_is_released() {
    let steps = "{ step = 'hold', signals = ['SIGHUP'] }, { step = 'send', signal = 'SIGHUP' }, \
                 { step = 'send', signal = 'SIGUSR1' }, { step = 'yield' }, { step = 'release' }, { step = 'yield' }";
    let told = |early: &[&str], late: &[&str]| {
        let lines = ["starting [PID]", "holding SIGHUP", "sending SIGHUP", "sending SIGUSR1", "yielding control"];
        let lines = [&lines[..], early, &["releasing", "yielding control"], late].concat();
        broken(judged(&scenario(steps), &coalescing(), &lines))
    };
    let (hup, usr1) = ("signal_handler('SIGHUP')", "signal_handler('SIGUSR1')");
    assert_eq!(told(&[usr1], &[hup]), NOTHING);
    assert_eq!(told(&[usr1], &[]), [at(&law::HANDLED_AT_YIELD, 8)]);
    // Another thread, which does not hold it, may have taken it.
    assert_eq!(told(&[usr1, hup], &[]), NOTHING);
    assert_eq!(told(&[hup], &[]), [at(&law::HANDLED_AT_YIELD, 6)]);
}

#[test]
fn what_keeps_from_judging_hides_no_broken_law() {
    let steps = "{ step = 'send', signal = 'SIGHUP' }, { step = 'yield' }, { step = 'send', signal = 'SIGHUP' }, \
                 { step = 'yield' }";
    let untraced = r#"traced {"outcome":"untraced","reason":"not permitted"}"#;
    let (call, wrong) = ("signal_handler('SIGHUP')", "signal_handler('SIGUSR1')");
    let told = |calls: &[&str], last: &[&str]| {
        let lines = [&["starting [PID]", "sending SIGHUP", "yielding control"][..], calls, last].concat();
        judged_ending(&scenario(steps), &strict(), &lines, Ending::Exited(0))
    };
    assert!(told(&[call], &["cannot play send"]).is_err());
    for last in ["cannot play send", untraced] {
        assert_eq!(broken(told(&[wrong], &[last])).first(), Some(&at(&law::SIGNAL_FIRST, 4)), "{last}");
    }
    // What comes after it, nobody can tell; but a signal handler that was not followed hides nothing else.
    let later = told(&[call, "cannot play send"], &[wrong]);
    assert!(matches!(later, Err(Unjudgeable::Unsupported { .. })), "{later:?}");
    assert_eq!(broken(told(&[untraced], &[wrong])).first(), Some(&at(&law::SIGNAL_FIRST, 4)));
}
