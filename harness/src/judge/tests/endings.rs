//! Whose fault it is that the process has ended, and how: the library's where it has control, the fixture's elsewhere.

use sigconform_fixture::Claims;

use super::{
    NOTHING, SEQUENCE, at, stuck,
    told::{broken, catalogued, judged, judged_ending, judged_ending_saying, scenario, scenario_with, strict},
};
use crate::{
    fault::Fault,
    judge::{Unjudgeable, law},
    transcript::Ending,
};

fn killed(name: &str) -> Ending {
    Ending::Killed(name.parse().expect("a name"))
}

#[test]
fn a_runtime_that_exits_in_order_was_not_killed() {
    let send = scenario("{ step = 'send', signal = 'SIGTERM' }, { step = 'settle', millis = 2 }");
    let lines = ["starting [PID]", "sending SIGTERM"];
    let status = |signal: i32| Ending::Exited(128 + signal);
    let exited = judged_ending(&send, &strict(), &lines, status(libc::SIGTERM));
    assert_eq!(broken(exited), [at(&law::DEFAULT_ACTION, 3)]);
    // Its exit may take until the coroutine's next line.
    let late = judged_ending(&send, &strict(), &[&lines[..], &["settling"]].concat(), status(libc::SIGTERM));
    assert_eq!(broken(late), [at(&law::DEFAULT_ACTION, 2)]);
    // What had to be killed and exits instead tells whoever waits for it another story, whatever the status.
    for (ending, line) in [(Ending::Exited(0), 2), (Ending::Exited(1), 3), (status(libc::SIGHUP), 3)] {
        let told = broken(judged_ending(&send, &strict(), &lines, ending.clone()));
        assert_eq!(told, [at(&law::DEFAULT_ACTION, line)], "{ending:?}");
    }
    // Where it may live on, only the status of the signal itself says that it took the default action by halves.
    let removed = scenario("{ step = 'unsubscribe', subscription = 1 }, { step = 'send', signal = 'SIGHUP' }");
    let lines = ["starting [PID]", "unsubscribed SIGHUP", "sending SIGHUP"];
    let told = |ending| judged_ending(&removed, &Claims::default(), &lines, ending);
    assert_eq!(broken(told(status(libc::SIGHUP))), [at(&law::REMOVAL_AS_CLAIMED, 4)]);
}

#[test]
fn a_crash_is_the_librarys_where_it_has_control() {
    let steps = "{ step = 'send', signal = 'SIGHUP' }, { step = 'yield' }, { step = 'unsubscribe', subscription = 1 }";
    let hup = scenario(steps);
    let lines = ["starting [PID]", "sending SIGHUP", "yielding control", "signal_handler('SIGHUP')"];
    // In the signal handler, in the loop, and while a handler is removed.
    assert_eq!(broken(judged_ending(&hup, &strict(), &lines[..2], killed("SIGSEGV"))), [at(&law::NEVER_CRASHES, 3)]);
    assert_eq!(broken(judged_ending(&hup, &strict(), &lines[..3], killed("SIGABRT"))), [at(&law::NEVER_CRASHES, 4)]);
    // What is left of a removed handler, beside the program's own.
    let own = scenario_with(
        "before = { handlers = ['SIGHUP'] }",
        "{ step = 'unsubscribe', subscription = 1 }, { step = 'send', signal = 'SIGHUP' }",
    );
    let removed = ["starting [PID]", "unsubscribed SIGHUP", "sending SIGHUP"];
    assert_eq!(broken(judged_ending(&own, &strict(), &removed, killed("SIGABRT"))), [at(&law::NEVER_CRASHES, 4)]);
    // Before its first send it had no reason to; and nobody crashes by SIGKILL.
    assert!(judged_ending(&hup, &strict(), &lines[..1], killed("SIGSEGV")).is_err());
    assert!(judged_ending(&hup, &strict(), &lines[..3], killed("SIGKILL")).is_err());
}

#[test]
fn an_exit_is_the_librarys_where_it_has_control() {
    let hup = scenario("{ step = 'send', signal = 'SIGHUP' }, { step = 'yield' }, { step = 'reopen' }");
    let handled = "signal_handler('SIGHUP')";
    let lines = ["starting [PID]", "sending SIGHUP", "yielding control", handled, "closing", "reopened"];
    let told = |count: usize, code| judged_ending(&hup, &strict(), &lines[..count], Ending::Exited(code));
    for code in [0, 1, 101] {
        // In the loop, and while it closes.
        for count in [3, 5] {
            // A close has no line of its own, nor has an exit in order.
            let line = count.min(4) + usize::from(code != 0);
            assert_eq!(broken(told(count, code)), [at(&law::NEVER_CRASHES, line)], "{count} {code}");
        }
        // Its own code ends it before it sends, or when the send is over.
        let fault = |count| told(count, code).expect_err("no broken law").fault();
        assert_eq!([fault(1), fault(2)], [Some(Fault::Fixture), None], "{code}");
    }
}

/// How the process ended while its loop was opened, and while the first handler was added.
#[test]
fn the_first_subscription_is_the_librarys_and_so_is_the_loop_s_opening() {
    let hup = scenario("{ step = 'yield' }");
    let told = |lines: &[&str], ending| judged_ending(&hup, &strict(), lines, ending);
    for lines in [&["opening"][..], &["opening", "opened"]] {
        assert_eq!(broken(told(lines, killed("SIGABRT"))), [at(&law::NEVER_CRASHES, 1)], "{lines:?}");
    }
    // Without a loop a fixture may end, and says so with a status; asked for a handler it is the library that ends.
    let fault = |judged: Result<_, Unjudgeable>| judged.expect_err("no broken law").fault();
    assert_eq!(fault(told(&["opening"], Ending::Exited(1))), None);
    assert_eq!(broken(told(&["opening", "opened"], Ending::Exited(1))), [at(&law::NEVER_CRASHES, 1)]);
    assert_eq!(fault(told(&["opening"], stuck())), None);
    assert_eq!(broken(told(&["opening", "opened"], stuck())), [at(&law::ACCEPTS_CATCHABLE, 1)]);
    // A fixture that writes neither shows nothing of that.
    for ending in [killed("SIGABRT"), Ending::Exited(1), stuck()] {
        assert_eq!(fault(told(&[], ending)), None);
    }
    assert_eq!(broken(told(&["opened"], Ending::Exited(1))), [at(&law::NEVER_CRASHES, 1)]);
    // Each comes once, in this order, and before the first handler.
    for lines in [&["opening", "opening"][..], &["opened", "opening"], &["opened", "subscribed SIGHUP", "opened"]] {
        assert!(matches!(told(lines, Ending::Exited(0)), Err(Unjudgeable::OffScript { .. })), "{lines:?}");
    }
}

#[test]
fn nested_signal_handlers_crash_where_what_was_held_is_released() {
    let steps = "{ step = 'hold', signals = ['SIGHUP', 'SIGUSR1'] }, { step = 'send', signal = 'SIGHUP' }, \
                 { step = 'send', signal = 'SIGUSR1' }, { step = 'release' }, { step = 'yield' }";
    let lines = ["starting [PID]", "holding SIGHUP SIGUSR1", "sending SIGHUP", "sending SIGUSR1", "releasing"];
    let told = judged_ending(&scenario(steps), &strict(), &lines, killed("SIGSEGV"));
    assert_eq!(broken(told), [at(&law::NEVER_CRASHES, 6)]);
}

#[test]
fn the_last_close_is_a_close_as_well() {
    let sequence = catalogued("sequence");
    let told = |ending| {
        broken(judged_ending(&sequence, &strict(), &[&SEQUENCE[..], &["settling", "settled"]].concat(), ending))
    };
    assert_eq!(told(stuck()), [at(&law::CLOSES_IN_ORDER, SEQUENCE.len() + 1)]);
    assert_eq!(told(killed("SIGSEGV")), [at(&law::NEVER_CRASHES, SEQUENCE.len() + 1)]);
}

#[test]
fn what_follows_a_broken_law_is_no_engine_error() {
    let hup = scenario("{ step = 'send', signal = 'SIGHUP' }, { step = 'yield' }, { step = 'settle', millis = 2 }");
    let lines = ["starting [PID]", "sending SIGHUP", "yielding control", "signal_handler('SIGUSR1')"];
    let deadline = Ending::Deadline { after: std::time::Duration::from_secs(60), threads: Vec::new() };
    let flood = Ending::TooMuchOutput { limit: 1 };
    for ending in [Ending::Exited(3), Ending::Exited(0), killed("SIGKILL"), deadline, flood] {
        let told = broken(judged_ending(&hup, &strict(), &lines, ending.clone()));
        assert_eq!(told, [at(&law::SIGNAL_FIRST, 4)], "{ending:?}");
    }
}

#[test]
fn a_removed_signal_ends_the_process_itself_or_not_at_all() {
    let steps = "{ step = 'unsubscribe', subscription = 1 }, { step = 'send', signal = 'SIGHUP' }";
    let lines = ["starting [PID]", "unsubscribed SIGHUP", "sending SIGHUP"];
    let judged = |ending| judged_ending(&scenario(steps), &Claims::default(), &lines, ending);
    assert_eq!(broken(judged(killed("SIGHUP"))), NOTHING);
    assert_eq!(broken(judged(killed("SIGABRT"))), [at(&law::REMOVAL_AS_CLAIMED, 4)]);
    // Somebody else's doing.
    assert!(judged(killed("SIGKILL")).is_err());
}

/// Whoever reads it looks at the subscription, not at the handlers of the program.
#[test]
fn a_subscribed_signal_that_kills_is_called_subscribed() {
    let lines = ["starting send_signals for [PID]", "sending SIGHUP"];
    let told = judged_ending(&catalogued("sequence"), &strict(), &lines, killed("SIGHUP"));
    let told = told.expect("it can be judged");
    assert_eq!(told[0].law, law::SURVIVES.slug);
    assert_eq!(told[0].message, "SIGHUP ended the process, though it was subscribed");
}

/// The number may have been given to somebody else meanwhile, and then nobody aborts.
#[test]
fn a_descriptor_of_the_program_s_own_that_was_closed() {
    let own = scenario("{ step = 'open-pipe' }, { step = 'reopen' }, { step = 'check-pipe' }");
    let told = |kept| {
        let lines = ["starting [PID]", "opened a pipe", "closing", "reopened", kept];
        broken(judged(&own, &strict(), &lines))
    };
    assert_eq!(told("its pipe is kept"), NOTHING);
    assert_eq!(told("its pipe is gone"), [at(&law::CLOSES_ONLY_ITS_OWN, 4)]);
}

/// Rust's standard library says so itself.
#[test]
fn an_abort_for_a_descriptor_that_was_closed_twice() {
    let hup = scenario("{ step = 'send', signal = 'SIGHUP' }, { step = 'yield' }");
    let lines = ["starting [PID]", "sending SIGHUP", "yielding control"];
    let told = |ending, said| broken(judged_ending_saying(&hup, &strict(), &lines, ending, said));
    let said = "fatal runtime error: IO Safety violation: owned file descriptor already closed, aborting";
    assert_eq!(told(killed("SIGABRT"), said), [at(&law::CLOSES_ONLY_ITS_OWN, 4)]);
    assert_eq!(told(killed("SIGABRT"), "assertion failed"), [at(&law::NEVER_CRASHES, 4)]);
    assert_eq!(told(killed("SIGSEGV"), said), [at(&law::NEVER_CRASHES, 4)]);
    // Whatever else is wrong already, that is what is said.
    let surplus = [&lines[..], &["signal_handler('SIGUSR1')"]].concat();
    let told = broken(judged_ending_saying(&hup, &strict(), &surplus, killed("SIGABRT"), said));
    assert_eq!(told, [at(&law::SIGNAL_FIRST, 4)]);
    let violations = judged_ending_saying(&hup, &strict(), &lines, killed("SIGABRT"), "assertion failed");
    let message = &violations.expect("a judgement")[0].message;
    assert_eq!(message, "SIGABRT ended the process, where `resumed` comes next; standard error: assertion failed");
}

/// Neither accepted nor refused.
#[test]
fn a_call_that_never_returns_is_the_librarys() {
    let steps = "{ step = 'subscribe', signal = 'SIGTERM' }, { step = 'subscribe', signal = 'SIGKILL' },
        { step = 'subscribe-coroutine', signal = 'SIGTERM' }, { step = 'unsubscribe', subscription = 1 }";
    let lines = ["starting [PID]", "subscribed SIGTERM", "refused SIGKILL invalid", "refused SIGTERM invalid"];
    let laws = [&law::ACCEPTS_CATCHABLE, &law::REFUSES_UNCATCHABLE, &law::REFUSES_COROUTINES, &law::REMOVAL_AS_CLAIMED];
    for (told, law) in (1..).zip(laws) {
        let asleep = judged_ending(&scenario(steps), &strict(), &lines[..told], stuck());
        assert_eq!(broken(asleep), [at(law, told + 1)]);
    }
    // Before its first event a process is only starting; and whoever has announced what it does may be at it still.
    let asleep = judged_ending(&scenario(steps), &strict(), &[], stuck());
    assert!(matches!(asleep, Err(Unjudgeable::Ended { .. })), "{asleep:?}");
    let released =
        "{ step = 'hold', signals = ['SIGHUP'] }, { step = 'release' }, { step = 'subscribe', signal = 'SIGTERM' }";
    let lines = ["starting [PID]", "holding SIGHUP", "releasing"];
    let asleep = judged_ending(&scenario(released), &strict(), &lines, stuck());
    assert!(matches!(asleep, Err(Unjudgeable::Ended { .. })), "{asleep:?}");
}
