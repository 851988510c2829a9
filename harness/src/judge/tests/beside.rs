//! The laws about what happens beside the first loop: second loops, children that go on, child programs that die.

use sigconform_fixture::{Claim, Claims, ForkChild};

use super::{
    NOTHING, at, stuck,
    told::{broken, judged, judged_ending, scenario, strict},
};
use crate::judge::{Unjudgeable, law};

/// The claims of a backend whose forked children go on with the loop.
fn goes_on() -> Claims {
    Claims { fork_child: Claim::documented(ForkChild::Handles, "https://docs.example/fork"), ..strict() }
}

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

/// The first loop is what the coroutine waits for, whatever else is open.
#[test]
fn a_first_loop_that_sleeps_for_good_beside_a_second() {
    let steps = "{ step = 'second-loop', signal = 'SIGUSR2' }, { step = 'send', signal = 'SIGHUP' }, { step = 'yield' }, \
                 { step = 'send', signal = 'SIGUSR2' }, { step = 'join-second-loop' }";
    let lines = ["starting [PID]", "second loop for SIGUSR2", "sending SIGHUP", "yielding control"];
    let told = broken(judged_ending(&scenario(steps), &strict(), &lines, stuck()));
    assert_eq!(told, [at(&law::HANDLED_AT_YIELD, 5)]);
}

#[test]
fn a_second_loop_is_told_of_its_own_signal_only() {
    let steps = "{ step = 'second-loop', signal = 'SIGUSR2' }, { step = 'queue', signal = 'SIGHUP', value = 1 }, \
                 { step = 'queue', signal = 'SIGUSR2', value = 1 }, { step = 'join-second-loop' }, { step = 'yield' }";
    let (call, end) = ("second loop handles SIGUSR2", ["second loop joined", "second loop ended"]);
    let told = |between: &[&str], after: &[&str]| {
        let (hup, usr2) = ("queueing SIGHUP with 1", "queueing SIGUSR2 with 1");
        let handled = ["yielding control", "signal_handler('SIGHUP')"];
        let lines = [&["starting [PID]", "second loop for SIGUSR2", hup], between, &[usr2], after, &end, &handled];
        judged(&scenario(steps), &strict(), &lines.concat()).expect("the fixture played its script")
    };
    assert_eq!(told(&[], &[call]), []);
    let early = told(&[call], &[]);
    assert_eq!(early[0].message, "SIGUSR2 was sent never, and the second loop's handler is called once more");
    let twice = told(&[], &[call, call]);
    assert_eq!(twice[0].message, "SIGUSR2 was sent once, and the second loop's handler is called once more");
    // What the system refused was another's.
    let refused = "SIGHUP was not sent";
    let lines = ["starting [PID]", "second loop for SIGUSR2", "queueing SIGHUP with 1", "queueing SIGUSR2 with 1"];
    let lines = [&lines[..], &[refused, call, end[0], end[1], "yielding control"]].concat();
    assert_eq!(broken(judged(&scenario(steps), &strict(), &lines)), NOTHING);
}

/// Its handler was called, and it does not end.
#[test]
fn a_second_loop_that_has_handled_its_signal_and_does_not_end() {
    let two = scenario(
        "{ step = 'second-loop', signal = 'SIGUSR2' }, { step = 'send', signal = 'SIGUSR2' }, { step = 'join-second-loop' }",
    );
    let lines = ["starting [PID]", "second loop for SIGUSR2", "sending SIGUSR2", "second loop joined"];
    let called = [&lines[..], &["second loop handles SIGUSR2"]].concat();
    let asleep = judged_ending(&two, &strict(), &called, stuck());
    assert_eq!(broken(asleep), [at(&law::CLOSES_IN_ORDER, 6)]);
    // Nor is it ever there.
    let unopened = judged_ending(&two, &strict(), &lines[..1], stuck());
    assert_eq!(broken(unopened), [at(&law::LOOPS_AS_CLAIMED, 2)]);
    // What the coroutine was at before may not have ended.
    let timer = scenario("{ step = 'timer', millis = 1 }, { step = 'second-loop', signal = 'SIGUSR2' }");
    let asleep = judged_ending(&timer, &strict(), &["starting [PID]", "starting a timer"], stuck());
    assert!(matches!(asleep, Err(Unjudgeable::Ended { .. })), "{asleep:?}");
}

#[test]
fn a_forked_child_may_be_killed_unless_it_goes_on() {
    let told = |step: &str, forking| {
        let fork = scenario(&format!("{{ step = '{step}', signal = 'SIGHUP' }}"));
        let fails = ["fork killed by SIGHUP", "fork failed", "fork ended"];
        fails.map(|ended| broken(judged(&fork, &goes_on(), &["starting [PID]", forking, ended])))
    };
    let wrong = vec![at(&law::FORK_CHILD_AS_CLAIMED, 3)];
    assert_eq!(told("fork", "forking SIGHUP"), [vec![], vec![], vec![]]);
    assert_eq!(told("fork-loop", "forking SIGHUP on"), [wrong.clone(), wrong, vec![]]);
}

#[test]
fn what_a_forked_child_received_is_not_the_first_of_a_batch() {
    let fork = scenario(
        "{ step = 'fork', signal = 'SIGHUP' }, { step = 'send', signal = 'SIGUSR1' }, \
         { step = 'send', signal = 'SIGHUP' }, { step = 'yield' }",
    );
    let lines =
        ["starting [PID]", "forking SIGHUP", "fork ended", "sending SIGUSR1", "sending SIGHUP", "yielding control"];
    let told = |calls: [&str; 2]| broken(judged(&fork, &strict(), &[&lines[..], &calls].concat()));
    let (hup, usr1) = ("signal_handler('SIGHUP')", "signal_handler('SIGUSR1')");
    assert_eq!(told([usr1, hup]), NOTHING);
    // It was sent here as well: what is wrong is its turn.
    assert_eq!(told([hup, usr1]), [at(&law::ORDER_AS_CLAIMED, 7)]);
}

#[test]
fn a_forked_child_that_goes_on_handles_its_own() {
    let fork = scenario("{ step = 'fork-loop', signal = 'SIGHUP' }, { step = 'yield' }");
    let told = |ended, calls: &[&str]| {
        let lines = [&["starting [PID]", "forking SIGHUP on", ended, "yielding control"], calls].concat();
        broken(judged(&fork, &goes_on(), &lines))
    };
    assert_eq!(told("fork ended", &[]), NOTHING);
    assert_eq!(told("fork failed", &[]), [at(&law::FORK_CHILD_AS_CLAIMED, 3)]);
    assert_eq!(told("fork ended", &["signal_handler('SIGHUP')"]), [at(&law::FORK_ISOLATED, 5)]);
    let asleep = ["starting [PID]", "forking SIGHUP on"];
    assert_eq!(broken(judged_ending(&fork, &goes_on(), &asleep, stuck())), [at(&law::FORK_CHILD_AS_CLAIMED, 3)]);
    // A child that only sends itself a signal waits for nothing: that it sleeps is no finding.
    let plain = scenario("{ step = 'fork', signal = 'SIGHUP' }");
    let asleep = judged_ending(&plain, &strict(), &["starting [PID]", "forking SIGHUP"], stuck());
    assert!(matches!(asleep, Err(Unjudgeable::Ended { .. })), "{asleep:?}");
}

/// The other thread has taken it when it was sent, or nobody has before the release; and whoever took it may be slow.
#[test]
fn what_is_held_beside_another_thread_has_no_place_in_the_order() {
    let (sends_hup, sends_usr1) = ("{ step = 'send', signal = 'SIGHUP' },", "{ step = 'send', signal = 'SIGUSR1' },");
    let told = |thread: bool, before: bool, calls: [&str; 2]| {
        let (step, line) = if thread { ("{ step = 'spawn-thread' },", "started an idle thread") } else { ("", "") };
        let steps = format!(
            "{step} {{ step = 'hold', signals = ['SIGHUP'] }}, {sends_hup} {} {{ step = 'release' }}, {} {{ step = 'yield' }}",
            if before { sends_usr1 } else { "" },
            if before { "" } else { sends_usr1 },
        );
        let sent = if before { ["sending SIGUSR1", "releasing"] } else { ["releasing", "sending SIGUSR1"] };
        let lines = ["starting [PID]", line, "holding SIGHUP", "sending SIGHUP", sent[0], sent[1], "yielding control"];
        let lines: Vec<_> = lines.into_iter().filter(|line| !line.is_empty()).chain(calls).collect();
        broken(judged(&scenario(&steps), &strict(), &lines))
    };
    let (hup, usr1) = ("signal_handler('SIGHUP')", "signal_handler('SIGUSR1')");
    for before in [false, true] {
        assert_eq!(told(true, before, [hup, usr1]), NOTHING);
        assert_eq!(told(true, before, [usr1, hup]), NOTHING);
    }
    // Alone, its release delivers it.
    assert_eq!(told(false, true, [usr1, hup]), NOTHING);
    assert_eq!(told(false, true, [hup, usr1]), [at(&law::ORDER_AS_CLAIMED, 7)]);
    assert_eq!(told(false, false, [hup, usr1]), NOTHING);
    assert_eq!(told(false, false, [usr1, hup]), [at(&law::ORDER_AS_CLAIMED, 7)]);
}

#[test]
fn a_child_program_dies_of_its_own_signal() {
    let child = scenario("{ step = 'spawn-killed', signal = 'SIGTERM' }");
    let told = |ended| broken(judged(&child, &strict(), &["starting [PID]", ended]));
    assert_eq!(told("child killed by SIGTERM"), NOTHING);
    assert_eq!(told("child lived through SIGTERM"), [at(&law::CLEAN_CHILD, 2)]);
    let said = |ended| judged(&child, &strict(), &["starting [PID]", ended]).expect("a judgement")[0].message.clone();
    assert_eq!(said("child lived through SIGTERM"), "a child program that sent itself SIGTERM lived on");
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
}
