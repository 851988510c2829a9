//! Each law against a transcript that breaks it, at the line that breaks it, and against the nearest that does not: a law
//! that cries wolf is as bad as one that sleeps.

mod acting;
mod beside;
mod boundaries;
mod claimed;
mod endings;
mod fates;
mod informed;
mod places;
mod prepared;
mod process;
mod scarce;
mod told;
mod trace;
mod walk;

use std::time::Duration;

use sigconform_fixture::{BatchOrder, Burst, Claims, HandlersRun, Signal};
use told::{broken, catalogued, claims, coalescing, concurrent, judged, judged_ending, scenario, strict};

use crate::{
    fault::Fault,
    judge::{Unjudgeable, Violation, law},
    transcript::{Ending, Stuck, ThreadState},
};

/// The documented sequence.
const SEQUENCE: [&str; 13] = [
    "starting send_signals for [PID]",
    "sending SIGHUP",
    "yielding control",
    "signal_handler('SIGHUP')",
    "sending SIGHUP",
    "yielding control",
    "signal_handler('SIGHUP')",
    "sending SIGUSR1",
    "yielding control",
    "signal_handler('SIGUSR1')",
    "sending SIGINT",
    "yielding control",
    "signal_handler('SIGINT')",
];

/// Laws and lines that the sequence breaks once it has been changed.
fn sequence(claims: &Claims, change: impl FnOnce(&mut Vec<&str>)) -> Vec<(String, usize)> {
    let mut lines = SEQUENCE.to_vec();
    change(&mut lines);
    broken(judged(&catalogued("sequence"), claims, &lines))
}

fn at(law: &law::Law, line: usize) -> (String, usize) {
    (law.slug.to_owned(), line)
}

const NOTHING: [(String, usize); 0] = [];

fn stuck() -> Ending {
    let threads = vec![ThreadState { name: "loop".to_owned(), doing: "sleeps in poll".to_owned() }];
    Ending::Stuck(Stuck { threads })
}

#[test]
fn the_documented_sequence_conforms_whatever_is_claimed() {
    for claims in [strict(), coalescing(), concurrent(), Claims::default()] {
        assert_eq!(sequence(&claims, |_| {}), NOTHING);
    }
}

#[test]
fn two_handler_lines_swapped() {
    let swapped = sequence(&strict(), |lines| lines.swap(9, 12));
    assert_eq!(swapped[0], at(&law::SIGNAL_FIRST, 10));
    assert!(swapped.contains(&at(&law::HANDLED_AT_YIELD, 10)), "{swapped:?}");
    assert!(sequence(&concurrent(), |lines| lines.swap(9, 12)).contains(&at(&law::SIGNAL_FIRST, 10)));
}

#[test]
fn a_handler_called_twice() {
    for claims in [strict(), coalescing(), concurrent()] {
        let twice = sequence(&claims, |lines| lines.insert(4, "signal_handler('SIGHUP')"));
        // Calls of one handler in a row share a line.
        assert_eq!(twice[0], at(&law::ONCE_PER_SEND, 4));
    }
}

#[test]
fn a_handler_called_once_more_at_the_very_end() {
    let late = sequence(&strict(), |lines| lines.extend(["settling", "signal_handler('SIGINT')"]));
    // What comes while the loop settles is surplus even though the signal was sent: it has been handled.
    assert_eq!(late[0], at(&law::ONCE_PER_SEND, 13));
}

#[test]
fn a_handler_dropped() {
    for claims in [strict(), coalescing(), concurrent()] {
        let dropped = sequence(&claims, |lines| {
            lines.remove(9);
        });
        assert_eq!(dropped[0], at(&law::HANDLED_AT_YIELD, 9));
    }
}

#[test]
fn a_handler_before_the_yield() {
    let early = |lines: &mut Vec<&str>| lines.swap(2, 3);
    assert_eq!(sequence(&strict(), early), [at(&law::ONLY_AT_YIELDS, 3)]);
    assert_eq!(sequence(&coalescing(), early), [at(&law::ONLY_AT_YIELDS, 3)]);
    // It may come any time after the send where handlers run concurrently.
    assert_eq!(sequence(&concurrent(), early), NOTHING);
}

#[test]
fn a_concurrent_handler_before_its_signal_or_after_its_yield() {
    let before = sequence(&concurrent(), |lines| lines.swap(1, 3));
    assert_eq!(before[0], at(&law::SIGNAL_FIRST, 2));
    let after = sequence(&concurrent(), |lines| lines.swap(9, 10));
    assert_eq!(after[0], at(&law::HANDLED_AT_YIELD, 9));
}

#[test]
fn a_handler_between_work_and_the_next_line() {
    let run = catalogued("run-to-completion");
    let right = [
        "starting send_signals for [PID]",
        "sending SIGHUP",
        "working",
        "yielding control",
        "signal_handler('SIGHUP')",
        "working",
        "sending SIGUSR1",
        "working",
        "yielding control",
        "signal_handler('SIGUSR1')",
    ];
    assert_eq!(broken(judged(&run, &strict(), &right)), NOTHING);
    let mut early = right;
    early.swap(3, 4);
    assert_eq!(broken(judged(&run, &strict(), &early)), [at(&law::ONLY_AT_YIELDS, 4)]);
}

#[test]
fn the_handler_of_another_signal() {
    let wrong = sequence(&strict(), |lines| lines[3] = "signal_handler('SIGHUP') by the handler of SIGINT");
    assert_eq!(wrong[0], at(&law::RIGHT_HANDLER, 4));
}

#[test]
fn a_handler_on_another_thread() {
    let elsewhere = |lines: &mut Vec<&str>| lines[6] = "signal_handler('SIGHUP') on another thread";
    assert_eq!(sequence(&strict(), elsewhere), [at(&law::CLAIMED_THREAD, 7)]);
    assert_eq!(sequence(&concurrent(), elsewhere), NOTHING);
}

#[test]
fn another_task_is_starved() {
    let interleaving = catalogued("interleaving");
    let mixed = [
        "starting send_signals for [PID]",
        "sending SIGHUP",
        "yielding control",
        "tick 1",
        "signal_handler('SIGHUP')",
        "tick 2",
        "tick 3",
        "sending SIGUSR1",
        "yielding control",
        "tick 1",
        "tick 2",
        "signal_handler('SIGUSR1')",
    ];
    for claims in [strict(), concurrent()] {
        assert_eq!(broken(judged(&interleaving, &claims, &mixed)), NOTHING);
        let starved = [&mixed[..6], &mixed[7..]].concat();
        let starved = broken(judged(&interleaving, &claims, &starved));
        assert_eq!(starved[0], at(&law::TASKS_GO_ON, 6));
    }
    // A task that takes its turn before the loop has control.
    let mut early = mixed;
    early.swap(2, 3);
    assert_eq!(broken(judged(&interleaving, &strict(), &early)), [at(&law::ONLY_AT_YIELDS, 3)]);
    assert_eq!(broken(judged(&interleaving, &concurrent(), &early)), NOTHING);
    let mut elsewhere = mixed;
    elsewhere[3] = "tick 1 on another thread";
    assert_eq!(broken(judged(&interleaving, &strict(), &elsewhere)), [at(&law::CLAIMED_THREAD, 4)]);
    assert_eq!(broken(judged(&interleaving, &concurrent(), &elsewhere)), NOTHING);
}

#[test]
fn a_burst_gives_as_many_calls_as_claimed() {
    let burst =
        scenario("{ step = 'send', signal = 'SIGHUP' }, { step = 'send', signal = 'SIGHUP' }, { step = 'yield' }");
    let calls = |count: usize| {
        let mut lines = vec!["starting [PID]", "sending SIGHUP", "sending SIGHUP", "yielding control"];
        lines.extend(vec!["signal_handler('SIGHUP')"; count]);
        lines
    };
    assert_eq!(broken(judged(&burst, &strict(), &calls(2))), NOTHING);
    assert_eq!(broken(judged(&burst, &strict(), &calls(1))), [at(&law::BURST_AS_CLAIMED, 5)]);
    assert_eq!(broken(judged(&burst, &strict(), &calls(0))), [at(&law::HANDLED_AT_YIELD, 4)]);
    assert_eq!(broken(judged(&burst, &strict(), &calls(3))), [at(&law::ONCE_PER_SEND, 5)]);
    for count in 1..=2 {
        assert_eq!(broken(judged(&burst, &coalescing(), &calls(count))), NOTHING, "{count} calls");
    }
    assert_eq!(broken(judged(&burst, &coalescing(), &calls(0))), [at(&law::HANDLED_AT_YIELD, 4)]);
    assert_eq!(broken(judged(&burst, &coalescing(), &calls(3))), [at(&law::ONCE_PER_SEND, 5)]);
}

#[test]
fn a_batch_is_handled_in_the_claimed_order() {
    let batch =
        scenario("{ step = 'send', signal = 'SIGUSR1' }, { step = 'send', signal = 'SIGHUP' }, { step = 'yield' }");
    let handled =
        |first, second| ["starting [PID]", "sending SIGUSR1", "sending SIGHUP", "yielding control", first, second];
    let as_sent = handled("signal_handler('SIGUSR1')", "signal_handler('SIGHUP')");
    let lowest_first = handled("signal_handler('SIGHUP')", "signal_handler('SIGUSR1')");
    let on_sender = |burst, order| claims(HandlersRun::SenderThread, burst, order);
    for burst in [Burst::Every, Burst::AtLeastOne] {
        let (sent, lowest) = (on_sender(burst, BatchOrder::Sent), on_sender(burst, BatchOrder::LowestFirst));
        assert_eq!(broken(judged(&batch, &sent, &as_sent)), NOTHING);
        assert_eq!(broken(judged(&batch, &sent, &lowest_first)), [at(&law::ORDER_AS_CLAIMED, 5)]);
        assert_eq!(broken(judged(&batch, &lowest, &lowest_first)), NOTHING);
        assert_eq!(broken(judged(&batch, &lowest, &as_sent)), [at(&law::ORDER_AS_CLAIMED, 5)]);
        let free = on_sender(burst, BatchOrder::Unspecified);
        for order in [&as_sent, &lowest_first] {
            assert_eq!(broken(judged(&batch, &free, order)), NOTHING);
        }
    }
}

#[test]
fn what_can_be_caught_is_accepted() {
    let refused = sequence(&strict(), |lines| lines.insert(0, "refused SIGHUP not today"));
    assert_eq!(refused[0], at(&law::ACCEPTS_CATCHABLE, 1));
    let panicked = sequence(&strict(), |lines| lines.insert(0, "panicked"));
    assert_eq!(panicked[0], at(&law::ACCEPTS_CATCHABLE, 1));
    // Who was refused waits for ever: that is no fault of its own.
    let lines = ["refused SIGHUP not today", SEQUENCE[0], SEQUENCE[1], SEQUENCE[2]];
    let asleep = broken(judged_ending(&catalogued("sequence"), &strict(), &lines, stuck()));
    assert_eq!(asleep[0], at(&law::ACCEPTS_CATCHABLE, 1));
}

#[test]
fn what_cannot_be_caught_is_refused_with_words() {
    let refusal = scenario("{ step = 'subscribe', signal = 'SIGKILL' }, { step = 'subscribe', signal = '-1' }");
    let told = |kill, number| broken(judged(&refusal, &strict(), &["starting [PID]", kill, number]));
    assert_eq!(told("refused SIGKILL invalid argument", "refused -1 invalid argument"), NOTHING);
    assert_eq!(told("subscribed SIGKILL", "refused -1 no"), [at(&law::REFUSES_UNCATCHABLE, 2)]);
    assert_eq!(told("refused SIGKILL no", "refused -1"), [at(&law::REFUSES_UNCATCHABLE, 3)]);
    assert_eq!(told("refused SIGKILL no", "panicked"), [at(&law::REFUSES_UNCATCHABLE, 3)]);
}

#[test]
fn a_panic_outside_of_a_refusal() {
    let sequence = catalogued("sequence");
    let told = |lines: &[&str], ending| broken(judged_ending(&sequence, &strict(), lines, ending));
    // Not the subscription that comes next.
    let later = scenario("{ step = 'send', signal = 'SIGHUP' }, { step = 'subscribe', signal = 'SIGTERM' }");
    let in_send = judged(&later, &strict(), &["starting [PID]", "sending SIGHUP", "panicked in send"]);
    assert_eq!(broken(in_send), [at(&law::NEVER_PANICS, 3)]);
    let in_yield = [&SEQUENCE[..3], &["panicked in yield"]].concat();
    assert_eq!(told(&in_yield, Ending::Exited(101)), [at(&law::NEVER_PANICS, 4)]);
    let twice = [&SEQUENCE[..1], &["panicked in subscribe", "panicked in subscribe"]].concat();
    assert_eq!(told(&twice, Ending::Killed(Signal::from_raw(libc::SIGABRT))), [at(&law::NEVER_PANICS, 2)]);
    let last = [&SEQUENCE[..], &["panicked in close"]].concat();
    assert_eq!(broken(judged(&sequence, &strict(), &last)), [at(&law::NEVER_PANICS, SEQUENCE.len() + 1)]);
}

#[test]
fn a_subscribed_signal_ends_the_process() {
    let ending = Ending::Killed("SIGUSR1".parse::<Signal>().expect("a name"));
    let killed = judged_ending(&catalogued("sequence"), &strict(), &SEQUENCE[..8], ending);
    assert_eq!(broken(killed), [at(&law::SURVIVES, 9)]);
}

#[test]
fn an_idle_loop_that_never_sleeps() {
    let lines = ["starting [PID]", "waiting for SIGHUP"];
    let ending = Ending::NeverIdle { used: Duration::from_secs(1) };
    let busy = judged_ending(&catalogued("idle-wakeup"), &strict(), &lines, ending);
    assert_eq!(broken(busy), [at(&law::IDLE_COSTS_NOTHING, 3)]);
}

#[test]
fn an_idle_loop_that_wakes() {
    let right = ["starting [PID]"].into_iter().chain(["SIGHUP", "SIGHUP", "SIGUSR1"].into_iter().flat_map(|name| {
        [format!("waiting for {name}"), format!("{name} from outside"), format!("signal_handler('{name}')")]
            .map(|line| &*line.leak())
    }));
    let right: Vec<&str> = right.collect();
    let idle = catalogued("idle-wakeup");
    assert_eq!(broken(judged(&idle, &strict(), &right)), NOTHING);
    let mut too_soon = right.clone();
    too_soon.swap(2, 3);
    let too_soon = broken(judged(&idle, &strict(), &too_soon));
    assert_eq!(too_soon[0], at(&law::SIGNAL_FIRST, 3));
    // The wait ends although nothing was sent.
    let by_itself = [&right[..2], &right[4..]].concat();
    assert_eq!(broken(judged(&idle, &strict(), &by_itself)), [at(&law::HANDLED_AT_YIELD, 2)]);
}

#[test]
fn a_loop_that_sleeps_for_good_says_what_it_waits_for_and_where() {
    let stuck = judged_ending(&catalogued("sequence"), &strict(), &SEQUENCE[..9], stuck());
    let violations = stuck.expect("the fixture played its script");
    assert_eq!((violations[0].law.as_str(), violations[0].line), ("handled-at-yield", 10));
    let message = &violations[0].message;
    assert!(message.contains("loop sleeps in poll") && message.contains("sent at line 8"), "{message}");
}

/// Its coroutine is a task that wants its turn, whether a signal is owed or not.
#[test]
fn a_loop_that_sleeps_for_good_with_all_that_it_waited_for() {
    let stuck = judged_ending(&catalogued("sequence"), &strict(), &SEQUENCE[..10], stuck());
    assert_eq!(broken(stuck), [at(&law::TASKS_GO_ON, 11)]);
}

/// What says nothing about the library is never a broken law.
#[test]
fn a_fixture_at_fault_cannot_be_judged() {
    let sequence = catalogued("sequence");
    let off_script = judged(&sequence, &strict(), &["starting [PID]", "sending SIGUSR1"]);
    assert!(matches!(off_script, Err(Unjudgeable::OffScript { line: 2, .. })), "{off_script:?}");
    let short = judged_ending(&sequence, &strict(), &SEQUENCE[..1], Ending::Exited(0));
    assert!(matches!(short, Err(Unjudgeable::EndedEarly { .. })), "{short:?}");
    let asleep = judged_ending(&sequence, &strict(), &SEQUENCE[..1], stuck());
    assert!(matches!(asleep, Err(Unjudgeable::Ended { .. })), "{asleep:?}");
    let deadline = Ending::Deadline { after: Duration::from_secs(60), threads: Vec::new() };
    let late = judged_ending(&sequence, &strict(), &SEQUENCE[..3], deadline);
    assert!(matches!(late, Err(Unjudgeable::EndedEarly { .. })), "{late:?}");
    // Only where it had control: what the library did meanwhile, no law may know.
    let fault = |judged: Result<Vec<Violation>, Unjudgeable>| judged.err().and_then(|error| error.fault());
    assert_eq!([&off_script, &short, &asleep].map(|judged| fault(judged.clone())), [Some(Fault::Fixture); 3]);
    assert_eq!(fault(late), None);
    let unsupported = judged(&sequence, &strict(), &["starting [PID]", "cannot play send"]);
    assert!(matches!(unsupported, Err(Unjudgeable::Unsupported { .. })), "{unsupported:?}");
    // That alone is nobody's doing.
    let is_skip = |judged: Result<Vec<Violation>, Unjudgeable>| judged.is_err_and(|error| error.is_skip());
    assert_eq!([off_script, short, asleep, unsupported].map(is_skip), [false, false, false, true]);
}

#[test]
fn a_law_that_rests_on_a_claim_cites_the_page_that_makes_it() {
    let mut lines = SEQUENCE.to_vec();
    lines.swap(2, 3);
    let violations = judged(&catalogued("sequence"), &strict(), &lines).expect("a judgement");
    assert!(violations[0].source.contains("https://docs.example/handlers"), "{}", violations[0].source);
    lines = SEQUENCE.to_vec();
    lines.remove(3);
    let violations = judged(&catalogued("sequence"), &strict(), &lines).expect("a judgement");
    assert!(violations[0].source.contains("POSIX.1-2024"), "{}", violations[0].source);
    assert!(violations[0].allowed.contains("signal_handler('SIGHUP')"), "{}", violations[0].allowed);
}
