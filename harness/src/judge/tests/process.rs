//! The laws about the process around the loop: default actions, traces, children, forks, errno.

use super::{
    NOTHING, at, stuck,
    told::{broken, claims, concurrent, judged, judged_ending, scenario, scenario_with, strict},
};
use sigconform_fixture::{BatchOrder, Burst, Claim, Claims, EarlierHandler, HandlersRun, Stack, SystemCalls};

use crate::{
    judge::{Unjudgeable, law},
    transcript::Ending,
};

fn killed(name: &str) -> Ending {
    Ending::Killed(name.parse().expect("a name"))
}

#[test]
fn nothing_but_an_event_wakes_a_loop() {
    let steps = "{ step = 'await', for = { action = 'kill', signal = 'SIGHUP' } }, ".repeat(3);
    let quiet = scenario_with("start = { quiet = 350 }", steps.trim_end_matches(", "));
    let told = |wakes: [&str; 3]| {
        let slept = wakes.map(|wakes| format!("slept {wakes}"));
        let mut lines = vec!["starting [PID]"];
        for slept in &slept {
            lines.extend(["waiting for SIGHUP", slept, "SIGHUP from outside", "signal_handler('SIGHUP')"]);
        }
        broken(judged(&quiet, &strict(), &lines))
    };
    assert_eq!(told(["0", "0", "0"]), NOTHING);
    // Something that is done late, once after an event, and something that a runtime does once.
    assert_eq!(told(["2", "2", "2"]), NOTHING);
    assert_eq!(told(["90", "7", "0"]), NOTHING);
    assert_eq!(told(["3", "0", "3"]), NOTHING);
    let polls = told(["3", "4", "3"]);
    assert_eq!(polls.iter().map(|(law, _)| law.as_str()).collect::<Vec<_>>(), [law::WAKES_FOR_EVENTS_ONLY.slug]);
    // What could not be seen is unknown.
    let lines = ["starting [PID]", "waiting for SIGHUP", "SIGHUP from outside", "signal_handler('SIGHUP')"];
    let once =
        scenario_with("start = { quiet = 350 }", "{ step = 'await', for = { action = 'kill', signal = 'SIGHUP' } }");
    let unseen = judged(&once, &strict(), &lines).expect_err("a skip");
    assert!(unseen.is_skip() && unseen.to_string().contains("whether anything woke"), "{unseen}");
    let counted = ["starting [PID]", "waiting for SIGHUP", "seen 1 threads", lines[2], lines[3]];
    let told = judged(&once, &strict(), &counted).err();
    assert_eq!(told.as_ref(), Some(&unseen), "threads that are counted are no stretch");
    let second = [&["starting [PID]", "waiting for SIGHUP", "slept 0"][..], &lines[2..], &lines[1..]].concat();
    let twice = scenario_with(
        "start = { quiet = 350 }",
        steps.trim_end_matches(", ").split_inclusive("}, ").take(2).collect::<String>().trim_end_matches(", "),
    );
    assert_eq!(judged(&twice, &strict(), &second).err(), Some(unseen), "each stretch has to be seen");
}

/// What each of many waits uses before it sleeps is no chance.
#[test]
fn a_wait_does_not_spin_before_it_sleeps() {
    let steps = "{ step = 'await', for = { action = 'kill', signal = 'SIGHUP' } }";
    let waits = scenario_with("start = { quiet = 1 }", &[steps; 11].join(", "));
    let told = |used: [u32; 11]| {
        let slept = used.map(|used| format!("slept after {used}"));
        let mut lines = vec!["starting [PID]"];
        for slept in &slept {
            lines.extend(["waiting for SIGHUP", slept, "SIGHUP from outside", "signal_handler('SIGHUP')"]);
        }
        broken(judged(&waits, &strict(), &lines)).into_iter().map(|(law, _)| law).collect::<Vec<_>>()
    };
    let none: [&str; 0] = [];
    assert_eq!(told([3_000; 11]), none);
    assert_eq!(told([3_001; 11]), [law::IDLE_COSTS_NOTHING.slug]);
    // A runtime that compiles or tidies up does so in some of them.
    let mut now_and_then = [50_000; 11];
    now_and_then[5] = 100;
    assert_eq!(told(now_and_then), none);
    now_and_then.swap(5, 0);
    assert_eq!(told(now_and_then), [law::IDLE_COSTS_NOTHING.slug], "ten in a row");
}

#[test]
fn a_loop_closes() {
    let reopen = scenario("{ step = 'send', signal = 'SIGHUP' }, { step = 'reopen' }");
    let lines = ["starting [PID]", "sending SIGHUP", "closing", "reopened"];
    assert_eq!(broken(judged(&reopen, &strict(), &lines)), NOTHING);
    assert_eq!(broken(judged_ending(&reopen, &strict(), &lines[..3], stuck())), [at(&law::CLOSES_IN_ORDER, 3)]);
}

#[test]
fn a_close_from_a_handler_or_another_thread_ends_the_wait() {
    let elsewhere = scenario("{ step = 'await-close' }, { step = 'reopen' }");
    let lines = ["starting [PID]", "waiting for the close", "another thread closes the loop", "closing", "reopened"];
    assert_eq!(broken(judged(&elsewhere, &strict(), &lines)), NOTHING);
    assert_eq!(broken(judged_ending(&elsewhere, &strict(), &lines[..3], stuck())), [at(&law::CLOSES_IN_ORDER, 4)]);
    // The wait was over by itself.
    let early = judged(&elsewhere, &strict(), &[&lines[..2], &lines[3..]].concat());
    assert_eq!(broken(early), [at(&law::CLOSES_IN_ORDER, 2)]);

    let steps = "{ step = 'subscribe-closer', signal = 'SIGTERM' }, { step = 'send', signal = 'SIGTERM' },
        { step = 'yield' }, { step = 'reopen' }";
    let handler = scenario(steps);
    let called = ["starting [PID]", "subscribed SIGTERM", "sending SIGTERM", "yielding control"];
    let closes = ["signal_handler('SIGTERM')", "signal_handler closes its loop", "closing", "reopened"];
    assert_eq!(broken(judged(&handler, &strict(), &[&called[..], &closes].concat())), NOTHING);
    let never = judged_ending(&handler, &strict(), &[&called[..], &closes[..2]].concat(), stuck());
    assert_eq!(broken(never), [at(&law::CLOSES_IN_ORDER, 7)]);
}

#[test]
fn a_signal_that_nobody_subscribed_takes_its_default_action() {
    let send = |signal: &str| scenario(&format!("{{ step = 'send', signal = '{signal}' }}"));
    let lines = ["starting [PID]", "sending SIGTERM"];
    assert_eq!(broken(judged_ending(&send("SIGTERM"), &strict(), &lines, killed("SIGTERM"))), NOTHING);
    assert_eq!(broken(judged(&send("SIGTERM"), &strict(), &lines)), [at(&law::DEFAULT_ACTION, 2)]);
    // By another signal than the one that was sent.
    let other = broken(judged_ending(&send("SIGTERM"), &strict(), &lines, killed("SIGHUP")));
    assert_eq!(other, [at(&law::DEFAULT_ACTION, 3)]);
    // Or by another, but later: the law is broken once.
    let later = broken(judged_ending(
        &scenario("{ step = 'send', signal = 'SIGTERM' }, { step = 'settle', millis = 2 }"),
        &strict(),
        &[&lines[..], &["settling"]].concat(),
        killed("SIGABRT"),
    ));
    assert_eq!(later, [at(&law::DEFAULT_ACTION, 2)]);
    // The default action of some is to do nothing.
    assert_eq!(broken(judged(&send("SIGURG"), &strict(), &["starting [PID]", "sending SIGURG"])), NOTHING);
    let ignored = scenario_with("start = { ignored = ['SIGTERM'] }", "{ step = 'send', signal = 'SIGTERM' }");
    assert_eq!(broken(judged(&ignored, &strict(), &lines)), NOTHING);
    // A crash of the fixture beside a signal that ends nothing is no verdict on the library.
    assert!(judged_ending(&ignored, &strict(), &lines, killed("SIGSEGV")).is_err());
}

#[test]
fn what_a_signal_does_that_was_wrongly_refused_is_an_echo() {
    let send = scenario("{ step = 'subscribe', signal = 'SIGTERM' }, { step = 'send', signal = 'SIGTERM' }");
    let lines = ["starting [PID]", "refused SIGTERM not for you", "sending SIGTERM"];
    for ending in [killed("SIGTERM"), killed("SIGABRT"), Ending::Exited(1)] {
        let told = broken(judged_ending(&send, &strict(), &lines, ending.clone()));
        assert_eq!(told, [at(&law::ACCEPTS_CATCHABLE, 2)], "{ending:?}");
    }
}

#[test]
fn a_handler_s_own_signal_is_handled_in_a_later_turn() {
    let sends = scenario(
        "{ step = 'subscribe', signal = 'SIGTERM', sends = 'SIGHUP' }, { step = 'send', signal = 'SIGTERM' }, \
         { step = 'yield' }",
    );
    let mut lines = vec![
        "starting [PID]",
        "subscribed SIGTERM",
        "sending SIGTERM",
        "yielding control",
        "signal_handler('SIGTERM')",
        "signal_handler sends SIGHUP",
        "signal_handler returns",
        "signal_handler('SIGHUP')",
    ];
    assert_eq!(broken(judged(&sends, &strict(), &lines)), NOTHING);
    assert_eq!(broken(judged(&sends, &concurrent(), &lines)), NOTHING);
    lines.swap(6, 7);
    assert_eq!(broken(judged(&sends, &strict(), &lines)), [at(&law::NO_RECURSION, 7)]);
    assert_eq!(broken(judged(&sends, &concurrent(), &lines)), NOTHING);
    lines.remove(6);
    assert_eq!(broken(judged(&sends, &strict(), &lines)), [at(&law::HANDLED_AT_YIELD, 7)]);
}

#[test]
fn what_ends_leaves_the_process_as_it_was() {
    let reports = scenario("{ step = 'report' }, { step = 'report', same = ['blocked', 'descriptors', 'threads'] }");
    let told = |first, second| broken(judged(&reports, &strict(), &["starting [PID]", first, second]));
    let trace = [at(&law::LEAVES_NO_TRACE, 3)];
    assert_eq!(told("state threads=1", "state threads=1"), NOTHING);
    assert_eq!(told("state", "state blocked=SIGHUP"), trace);
    assert_eq!(told("state blocked=SIGHUP", "state"), trace);
    assert_eq!(told("state", "state inherited=1"), trace);
    assert_eq!(told("state threads=1", "state threads=2"), trace);
    // Not asked about.
    assert_eq!(told("state", "state caught=SIGHUP"), NOTHING);
}

/// Silence is not innocence: nor does it hide what is broken all the same.
#[test]
fn what_a_report_leaves_out_is_unknown() {
    let every = "['blocked', 'caught', 'ignored', 'pending', 'descriptors', 'threads', 'memory']";
    let reports = scenario(&format!("{{ step = 'report' }}, {{ step = 'report', same = {every} }}"));
    let told = |first: &str, second: &str| judged(&reports, &strict(), &["starting [PID]", first, second]);
    let untold = |field: &str| Err(Unjudgeable::Untold { field: field.to_owned() });
    for field in ["blocked", "caught", "ignored", "pending", "descriptors", "threads", "heap"] {
        let silent = format!("state unknown={field}");
        assert_eq!(told("state", &silent), untold(field), "{field} of the second report");
        assert_eq!(told(&silent, "state"), untold(field), "{field} of the first report");
        let broken_law = broken(told("state", &format!("state pending=SIGHUP inherited=3 unknown={field}")));
        assert_eq!(broken_law[0], at(&law::LEAVES_NO_TRACE, 3), "{field}");
    }
    // What no law asks for may be left out.
    for field in ["restarting", "on_alternate_stack", "earlier_calls"] {
        assert_eq!(told("state", &format!("state unknown={field}")), Ok(Vec::new()), "{field}");
    }
}

#[test]
fn the_flags_and_calls_that_a_claim_is_about_must_be_told() {
    let untold = |field: &str| Err(Unjudgeable::Untold { field: field.to_owned() });
    let report = scenario("{ step = 'report' }");
    let told = |claims: &Claims, state: &str| judged(&report, claims, &["starting [PID]", state]);
    let page = |value| Claim::documented(value, "https://docs.example/flags");
    let restart = Claims { system_calls: page(SystemCalls::Restart), ..strict() };
    assert_eq!(told(&restart, "state caught=SIGHUP unknown=restarting"), untold("restarting"));
    assert_eq!(told(&restart, "state unknown=caught"), untold("caught"));
    assert_eq!(told(&restart, "state unknown=restarting"), Ok(Vec::new()), "no handler of the library's");
    let stack = Claims { stack: Claim::documented(Stack::Alternate, "https://docs.example/flags"), ..strict() };
    assert_eq!(told(&stack, "state caught=SIGHUP unknown=on_alternate_stack"), untold("on_alternate_stack"));
    let own = scenario_with("before = { handlers = ['SIGHUP'] }", "{ step = 'report' }");
    assert_eq!(judged(&own, &strict(), &["starting [PID]", "state"]), untold("earlier_calls"));
    assert_eq!(judged(&own, &strict(), &["starting [PID]", "state earlier=0"]), Ok(Vec::new()));
}

#[test]
fn what_a_child_does_not_tell_is_unknown() {
    let children = scenario("{ step = 'spawn-report' }, { step = 'spawn-report' }");
    let told = |second: &str| judged(&children, &strict(), &["starting [PID]", "child", second]);
    assert_eq!(told("child"), Ok(Vec::new()));
    for field in ["blocked", "ignored", "descriptors"] {
        let untold = Err(Unjudgeable::Untold { field: field.to_owned() });
        assert_eq!(told(&format!("child unknown={field}")), untold, "{field}");
    }
}

#[test]
fn only_what_grows_again_and_again_leaks() {
    let report = "{ step = 'report', same = ['descriptors', 'threads', 'memory'] }";
    let reports = scenario(&format!("{{ step = 'report' }}, {report}, {report}, {report}"));
    let told = |states: [String; 4]| {
        let lines: Vec<_> = ["starting [PID]"].into_iter().chain(states.iter().map(String::as_str)).collect();
        broken(judged(&reports, &strict(), &lines))
    };
    let leak = [at(&law::LEAVES_NO_TRACE, 5)];
    for field in ["private", "threads"] {
        let told = |numbers: [u32; 4]| told(numbers.map(|number| format!("state {field}={number}")));
        assert_eq!(told([1, 2, 3, 4]), leak, "{field}");
        // Made once: early or late. A pool, until it is full. Closed late, some sooner and some later.
        for lawful in [[1, 2, 2, 2], [1, 1, 1, 9], [1, 1, 9, 9], [1, 5, 9, 9], [9, 1, 5, 7], [9, 3, 9, 1], [4, 4, 4, 4]]
        {
            assert_eq!(told(lawful), NOTHING, "{field} {lawful:?}");
        }
    }
    // The program's own are no leak.
    let open = "{ step = 'open-pipe' }";
    let with_own = scenario(&format!("{{ step = 'report' }}, {open}, {report}, {open}, {report}"));
    let opened = |numbers: [u32; 3]| {
        let [first, second, third] = numbers.map(|number| format!("state private={number}"));
        let lines = ["starting [PID]", &first, "opened a pipe", &second, "opened a pipe", &third];
        broken(judged(&with_own, &strict(), &lines))
    };
    assert_eq!(opened([1, 3, 5]), NOTHING);
    assert_eq!(opened([1, 4, 7]), [at(&law::LEAVES_NO_TRACE, 6)]);
    // What a child gets, although there are no more in all.
    assert_eq!(told([0, 1, 2, 3].map(|number| format!("state inherited={number} private={}", 9 - number))), leak);
    let memory = |grown: [u32; 4]| told(grown.map(|grown| format!("state heap={}", 100_000 + grown)));
    assert_eq!(memory([0, 4097, 2 * 4097, 3 * 4097]), leak);
    assert_eq!(memory([0, 4096, 2 * 4096, 3 * 4096]), NOTHING);
    // A pool of 64 KiB, which is full in the end.
    assert_eq!(memory([0, 32 << 10, 64 << 10, 64 << 10]), NOTHING);
}

#[test]
fn each_set_of_signals_is_as_it_was_where_that_is_asked() {
    for (aspect, field) in
        [("blocked", "blocked"), ("caught", "caught"), ("ignored", "ignored"), ("pending", "pending")]
    {
        let reports = scenario(&format!("{{ step = 'report' }}, {{ step = 'report', same = ['{aspect}'] }}"));
        for other in ["blocked", "caught", "ignored", "pending"] {
            let second = format!("state {other}=SIGHUP");
            let told = broken(judged(&reports, &strict(), &["starting [PID]", "state", &second]));
            let expected = if other == field { vec![at(&law::LEAVES_NO_TRACE, 3)] } else { vec![] };
            assert_eq!(told, expected, "{aspect}, {other}");
        }
    }
}

#[test]
fn a_handler_is_removed_when_it_is_asked_to_be() {
    let removal = scenario("{ step = 'unsubscribe', subscription = 1 }");
    let told = |line| broken(judged(&removal, &strict(), &["starting [PID]", line]));
    assert_eq!(told("unsubscribed SIGHUP"), NOTHING);
    assert_eq!(told("could not unsubscribe SIGHUP"), [at(&law::REMOVAL_AS_CLAIMED, 2)]);
}

#[test]
fn only_what_was_subscribed_is_touched() {
    let reports = scenario("{ step = 'report' }, { step = 'report' }");
    for kind in ["blocked", "caught", "ignored"] {
        let told = |signal| {
            let second = format!("state {kind}={signal}");
            broken(judged(&reports, &strict(), &["starting [PID]", "state", &second]))
        };
        assert_eq!(told("SIGTERM"), [at(&law::TOUCHES_ONLY_ITS_OWN, 3)], "{kind}");
        assert_eq!(told("SIGHUP,SIGUSR1"), NOTHING, "{kind}");
    }
}

#[test]
fn a_child_program_starts_as_without_the_library() {
    let children = scenario("{ step = 'spawn-report' }, { step = 'spawn-report' }");
    let told = |second| broken(judged(&children, &strict(), &["starting [PID]", "child", second]));
    assert_eq!(told("child"), NOTHING);
    for wrong in ["child blocked=SIGHUP", "child ignored=SIGHUP", "child inherited=1"] {
        assert_eq!(told(wrong), [at(&law::CLEAN_CHILD, 3)], "{wrong}");
    }
}

#[test]
fn a_forked_child_s_signals_are_its_own() {
    let fork = scenario("{ step = 'fork', signal = 'SIGHUP' }, { step = 'yield' }");
    let told = |calls: &[&str]| {
        let lines = [&["starting [PID]", "forking SIGHUP", "fork ended", "yielding control"], calls].concat();
        broken(judged(&fork, &strict(), &lines))
    };
    assert_eq!(told(&[]), NOTHING);
    assert_eq!(told(&["signal_handler('SIGHUP')"]), [at(&law::FORK_ISOLATED, 5)]);
}

#[test]
fn every_child_is_announced() {
    let children =
        scenario("{ step = 'subscribe', signal = 'SIGCHLD' }, { step = 'children', times = 3 }, { step = 'yield' }");
    let told = |handled: &[&str]| {
        let lines =
            [&["starting [PID]", "subscribed SIGCHLD", "starting 3 children", "yielding control"], handled].concat();
        broken(judged(&children, &strict(), &lines))
    };
    let handler = "signal_handler('SIGCHLD')";
    assert_eq!(told(&[handler, "reaped 3"]), NOTHING);
    assert_eq!(told(&[handler, "reaped 1", handler, "reaped 0", handler, "reaped 2"]), NOTHING);
    assert_eq!(told(&[handler, "reaped 2"]), [at(&law::CHILDREN_ANNOUNCED, 6)]);
}

#[test]
fn the_signal_handler_keeps_errno() {
    let errno = scenario("{ step = 'check-errno', signal = 'SIGHUP' }, { step = 'yield' }");
    let told = |found| {
        let lines = ["starting [PID]", "sending SIGHUP", found, "yielding control", "signal_handler('SIGHUP')"];
        broken(judged(&errno, &strict(), &lines))
    };
    assert_eq!(told("errno is kept at SIGHUP"), NOTHING);
    assert_eq!(told("errno is lost at SIGHUP"), [at(&law::KEEPS_ERRNO, 3)]);
}

#[test]
fn a_signal_handler_wakes_no_coroutine() {
    let waker = scenario("{ step = 'check-waker', signal = 'SIGHUP' }, { step = 'yield' }");
    let told = |found| {
        let lines = ["starting [PID]", "sending SIGHUP", found, "yielding control", "signal_handler('SIGHUP')"];
        broken(judged(&waker, &strict(), &lines))
    };
    assert_eq!(told("not woken by SIGHUP"), NOTHING);
    assert_eq!(told("woken by SIGHUP"), [at(&law::WAKES_OUTSIDE_HANDLER, 3)]);
}

#[test]
fn the_signal_handler_returns() {
    let flood = scenario("{ step = 'flood', signal = 'SIGHUP', times = 3 }, { step = 'yield' }");
    let mut lines = vec!["starting [PID]", "flooding SIGHUP 3"];
    assert_eq!(broken(judged_ending(&flood, &strict(), &lines, stuck())), [at(&law::SENDER_GOES_ON, 3)]);
    // Asleep in a yield it has returned, and something else is wrong.
    lines.push("yielding control");
    let asleep = broken(judged_ending(&flood, &strict(), &lines, stuck()));
    assert!(!asleep.is_empty() && !asleep.iter().any(|(law, _)| law == law::SENDER_GOES_ON.slug), "{asleep:?}");
    lines.extend(["signal_handler('SIGHUP')"; 3]);
    assert_eq!(broken(judged(&flood, &strict(), &lines)), NOTHING);
}

/// Wherever it runs, the code that it interrupts goes on, or what interrupts it is not its own.
#[test]
fn the_signal_handler_returns_wherever_it_runs() {
    let asleep = |steps: &str, lines: &[&str]| judged_ending(&scenario(steps), &strict(), lines, stuck());
    let subscribe = |name| format!("{{ step = 'subscribe', signal = '{name}' }}");
    let held = "{ step = 'hold', signals = ['SIGHUP'] }, { step = 'send', signal = 'SIGHUP' }, { step = 'release' }";
    let lines = ["starting [PID]", "holding SIGHUP", "sending SIGHUP", "releasing"];
    assert_eq!(broken(asleep(held, &lines)), [at(&law::SENDER_GOES_ON, 5)]);
    let nothing = "{ step = 'hold', signals = ['SIGHUP'] }, { step = 'release' }";
    let released = asleep(nothing, &[lines[0], lines[1], lines[3]]);
    assert!(matches!(released, Err(Unjudgeable::Ended { .. })), "{released:?}");
    for (name, step, line) in [
        ("SIGALRM", "{ step = 'timer', millis = 1 }", "starting a timer"),
        ("SIGCHLD", "{ step = 'children', times = 1 }", "starting 1 children"),
    ] {
        let (steps, subscribed) =
            (format!("{}, {step}, {{ step = 'report' }}", subscribe(name)), format!("subscribed {name}"));
        let told = asleep(&steps, &["starting [PID]", &subscribed, line]);
        assert_eq!(broken(told), [at(&law::SENDER_GOES_ON, 4)], "{name}");
        // Not where nobody handles it.
        let told = asleep(&format!("{step}, {{ step = 'report' }}"), &["starting [PID]", line]);
        assert!(matches!(told, Err(Unjudgeable::Ended { .. })), "{name}: {told:?}");
    }
}

#[test]
fn what_the_system_refused_to_send_accuses_nobody() {
    // A subscription that is wrongly refused is one fault: the send that fails later is none.
    let queue = "{ step = 'queue', signal = 'SIGTERM', value = 1 }";
    let steps = format!("{{ step = 'subscribe', signal = 'SIGTERM' }}, {queue}, {queue}, {{ step = 'yield' }}");
    let refused = ["starting [PID]", "refused SIGTERM not for you"];
    let failed = ["queueing SIGTERM with 1", "SIGTERM was not sent", "queueing SIGTERM with 1", "SIGTERM was not sent"];
    let sent = ["queueing SIGTERM with 1", "SIGTERM was not sent", "queueing SIGTERM with 1"];
    let told = |sends: &[&str]| {
        let lines = [&refused[..], sends, &["yielding control"]].concat();
        broken(judged(&scenario(&steps), &strict(), &lines))
    };
    assert_eq!(told(&failed), [at(&law::ACCEPTS_CATCHABLE, 2)]);
    assert_eq!(told(&sent), [at(&law::ACCEPTS_CATCHABLE, 2), at(&law::DEFAULT_ACTION, 6)]);

    // Nor is it counted for anybody else: the program's own handler, the posts, a handler that is added later.
    let lines = ["starting [PID]", "queueing SIGHUP with 1", "SIGHUP was not sent", "state earlier=0"];
    let own = "before = { handlers = ['SIGHUP'] }";
    let steps = "{ step = 'queue', signal = 'SIGHUP', value = 1 }, { step = 'report' }";
    let mut chained = strict();
    chained.earlier_handler = Claim::documented(EarlierHandler::Chained, "https://docs.example/chained");
    assert_eq!(broken(judged(&scenario_with(own, steps), &chained, &lines)), NOTHING);
    let lines = [
        "starting [PID]",
        "second loop for SIGUSR2",
        "queueing SIGUSR2 with 1",
        "SIGUSR2 was not sent",
        "second loop handles SIGUSR2",
    ];
    let steps = "{ step = 'second-loop', signal = 'SIGUSR2' }, { step = 'queue', signal = 'SIGUSR2', value = 1 }";
    assert_eq!(broken(judged(&scenario(steps), &strict(), &lines)), [at(&law::ONCE_PER_SEND, 5)]);
    let posts = claims(HandlersRun::SenderThread, Burst::Posts, BatchOrder::Unspecified);
    let steps = "{ step = 'queue', signal = 'SIGHUP', value = 1 }, { step = 'yield' }";
    let lines = ["starting [PID]", "queueing SIGHUP with 1", "SIGHUP was not sent", "yielding control"];
    assert_eq!(broken(judged(&scenario(steps), &posts, &lines)), NOTHING);
}
