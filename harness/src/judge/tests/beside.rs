//! The laws about what happens beside the first loop: second loops, children that go on, child programs that die.

use super::{
    NOTHING, at, stuck,
    told::{broken, judged, judged_ending, scenario, strict},
};
use crate::judge::{Unjudgeable, law};

#[test]
fn each_of_two_loops_handles_its_own() {
    let two = scenario(
        "{ step = 'second-loop', signal = 'SIGUSR2' }, { step = 'send', signal = 'SIGUSR2' }, { step = 'join-second-loop' }",
    );
    let told = |called: &[&str]| {
        let lines = [
            &["starting [PID]", "second loop for SIGUSR2", "sending SIGUSR2", "second loop joined"][..],
            called,
            &["second loop ended"],
        ];
        broken(judged(&two, &strict(), &lines.concat()))
    };
    let call = "second loop handles SIGUSR2";
    assert_eq!(told(&[call]), NOTHING);
    assert_eq!(told(&[]), [at(&law::LOOPS_AS_CLAIMED, 5)]);
    assert_eq!(told(&[call, call]), [at(&law::ONCE_PER_SEND, 6)]);
    assert_eq!(told(&["second loop handles SIGUSR1", call]), [at(&law::RIGHT_HANDLER, 5)]);
    // Its thread is its own: before the coroutine asks is as right as after.
    let early = [
        "starting [PID]",
        "second loop for SIGUSR2",
        "sending SIGUSR2",
        call,
        "second loop joined",
        "second loop ended",
    ];
    assert_eq!(broken(judged(&two, &strict(), &early)), NOTHING);
    let refused = ["starting [PID]", "refused SIGUSR2 one loop is enough"];
    assert_eq!(broken(judged(&two, &strict(), &refused)).first(), Some(&at(&law::LOOPS_AS_CLAIMED, 2)));
    // The second loop sleeps for good: that is its fault, and not the sender's nor the first loop's.
    let asleep = ["starting [PID]", "second loop for SIGUSR2", "sending SIGUSR2", "second loop joined"];
    assert_eq!(broken(judged_ending(&two, &strict(), &asleep, stuck())), [at(&law::LOOPS_AS_CLAIMED, 5)]);
}

#[test]
fn a_forked_child_that_goes_on_handles_its_own() {
    let fork = scenario("{ step = 'fork-loop', signal = 'SIGHUP' }, { step = 'yield' }");
    let told = |ended, calls: &[&str]| {
        let lines = [&["starting [PID]", "forking SIGHUP on", ended, "yielding control"], calls].concat();
        broken(judged(&fork, &strict(), &lines))
    };
    assert_eq!(told("fork ended", &[]), NOTHING);
    assert_eq!(told("fork failed", &[]), [at(&law::FORK_CHILD_AS_CLAIMED, 3)]);
    assert_eq!(told("fork ended", &["signal_handler('SIGHUP')"]), [at(&law::FORK_ISOLATED, 5)]);
    let asleep = ["starting [PID]", "forking SIGHUP on"];
    assert_eq!(broken(judged_ending(&fork, &strict(), &asleep, stuck())), [at(&law::FORK_CHILD_AS_CLAIMED, 3)]);
    // A child that only sends itself a signal waits for nothing: that it sleeps is no finding.
    let plain = scenario("{ step = 'fork', signal = 'SIGHUP' }");
    let asleep = judged_ending(&plain, &strict(), &["starting [PID]", "forking SIGHUP"], stuck());
    assert!(matches!(asleep, Err(Unjudgeable::Ended { .. })), "{asleep:?}");
}

#[test]
fn a_child_program_dies_of_its_own_signal() {
    let child = scenario("{ step = 'spawn-killed', signal = 'SIGTERM' }");
    let told = |ended| broken(judged(&child, &strict(), &["starting [PID]", ended]));
    assert_eq!(told("child killed by SIGTERM"), NOTHING);
    assert_eq!(told("child lived through SIGTERM"), [at(&law::CLEAN_CHILD, 2)]);
}

#[test]
fn a_coroutine_is_no_handler() {
    let coroutine = scenario("{ step = 'subscribe-coroutine', signal = 'SIGTERM' }");
    let told = |answer| broken(judged(&coroutine, &strict(), &["starting [PID]", answer]));
    assert_eq!(told("refused SIGTERM a coroutine is no callable"), NOTHING);
    assert_eq!(told("subscribed SIGTERM"), [at(&law::REFUSES_COROUTINES, 2)]);
}

#[test]
fn memory_may_differ_by_a_little_and_not_grow() {
    let reports = scenario("{ step = 'report' }, { step = 'report', same = ['memory'] }");
    let told = |first, second| broken(judged(&reports, &strict(), &["starting [PID]", first, second]));
    assert_eq!(told("state heap=100000", "state heap=104096"), NOTHING);
    assert_eq!(told("state heap=100000", "state heap=50000"), NOTHING);
    assert_eq!(told("state heap=100000", "state heap=104097"), [at(&law::LEAVES_NO_TRACE, 3)]);
    // Not known on this system.
    assert_eq!(told("state", "state heap=120000"), NOTHING);
}
