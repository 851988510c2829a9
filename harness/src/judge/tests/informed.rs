//! What a handler is told of its signal: of which send, and what of it.

use sigconform_fixture::{BatchOrder, Burst, Claim, Claims, HandlersRun, InformationField, Sender};

use super::{
    NOTHING, at,
    told::{HARNESS, PID, broken, claims, judged, scenario, scenario_with, strict},
};
use crate::judge::law;

fn telling(fields: &[InformationField]) -> Claims {
    let information = Claim::documented(fields.to_vec(), "https://docs.example/information");
    Claims { information, ..claims(HandlersRun::SenderThread, Burst::AtLeastOne, BatchOrder::Unspecified) }
}

/// What is broken, and what was allowed there.
fn allowed(scenario: &str, claims: &Claims, lines: &[&str]) -> Vec<(String, String)> {
    let violations = judged(&scenario_with("", scenario), claims, lines).expect("the fixture played its script");
    violations.into_iter().map(|violation| (violation.law, violation.allowed)).collect()
}

#[test]
fn a_burst_that_merges_is_told_as_any_of_it() {
    let queue = |value| format!("{{ step = 'queue', signal = 'SIGHUP', value = {value} }}");
    let steps = format!("{}, {}, {{ step = 'yield' }}, {}, {{ step = 'yield' }}", queue(1), queue(2), queue(3));
    let told = |calls: &[&str], last| {
        let call = format!("signal_handler('SIGHUP') told value={last}");
        let sent = ["starting [PID]", "queueing SIGHUP with 1", "queueing SIGHUP with 2", "yielding control"];
        let later = ["queueing SIGHUP with 3", "yielding control", &call];
        allowed(&steps, &telling(&[InformationField::Value]), &[&sent[..], calls, &later].concat())
    };
    let wrong = |value: &str| (law::INFORMATION_AS_CLAIMED.slug.to_owned(), value.to_owned());
    let call = |value: u32| format!("signal_handler('SIGHUP') told value={value}").leak() as &str;
    // The first or the last, or one after the other.
    assert_eq!(told(&[call(1)], 3), []);
    assert_eq!(told(&[call(2)], 3), []);
    assert_eq!(told(&[call(1), call(2)], 3), []);
    // What nobody sent, or what was told before.
    assert_eq!(told(&[call(9)], 3), [wrong("value 1")]);
    assert_eq!(told(&[call(1), call(9)], 3), [wrong("value 2")]);
    assert_eq!(told(&[call(1), call(2)], 2), [wrong("value 3")]);
    assert_eq!(told(&[call(2)], 2), [wrong("value 1")]);
    // One a turn: the second of the two comes with the next yield.
    assert_eq!(told(&[call(1)], 2), []);
}

#[test]
fn each_of_two_handlers_is_told_for_itself() {
    let queue = |value| format!("{{ step = 'queue', signal = 'SIGHUP', value = {value} }}");
    let steps =
        format!("{{ step = 'subscribe', signal = 'SIGHUP' }}, {}, {}, {{ step = 'yield' }}", queue(1), queue(2));
    let told = |calls: [(u32, u32); 4]| {
        let sent = ["queueing SIGHUP with 1", "queueing SIGHUP with 2", "yielding control"];
        let calls = calls.map(|(by, value)| format!("signal_handler('SIGHUP') by {by} told value={value}"));
        let calls: Vec<_> = calls.iter().map(String::as_str).collect();
        let lines = [&["starting [PID]", "subscribed SIGHUP"], &sent[..], &calls].concat();
        allowed(&steps, &telling(&[InformationField::Value]), &lines)
    };
    assert_eq!(told([(1, 1), (3, 1), (1, 2), (3, 2)]), []);
    assert_eq!(told([(1, 1), (1, 2), (3, 1), (3, 2)]), []);
    let wrong = (law::INFORMATION_AS_CLAIMED.slug.to_owned(), "value 2".to_owned());
    assert_eq!(told([(1, 1), (3, 1), (1, 2), (3, 9)]), [wrong]);
}

/// What went to one before the other was there is not the other's.
#[test]
fn a_handler_that_was_added_later_is_told_of_what_came_later() {
    let second = "{ step = 'subscribe', signal = 'SIGHUP' }";
    let queue = |value| format!("{{ step = 'queue', signal = 'SIGHUP', value = {value} }}");
    let steps = format!("{}, {second}, {}, {{ step = 'yield' }}", queue(1), queue(2));
    let told = |calls: &[&str]| {
        let calls: Vec<_> = calls.iter().map(|call| format!("signal_handler('SIGHUP') by {call}")).collect();
        let sent = ["queueing SIGHUP with 1", "subscribed SIGHUP", "queueing SIGHUP with 2", "yielding control"];
        let lines = [&["starting [PID]"], &sent[..], &calls.iter().map(String::as_str).collect::<Vec<_>>()].concat();
        allowed(&steps, &telling(&[InformationField::Value]), &lines)
    };
    assert_eq!(told(&["3 told value=2", "1 told value=1", "1 told value=2"]), []);
    // Of what was pending when it was added nothing is known.
    assert_eq!(told(&["3 told value=9", "1 told value=1", "1 told value=2"]), []);
    let wrong = |allowed: &str| [(law::INFORMATION_AS_CLAIMED.slug.to_owned(), allowed.to_owned())];
    assert_eq!(told(&["3 told value=9", "3 told value=9", "1 told value=1"]), wrong("value 2"), "once");
    // Also where both sends look alike.
    let send = "{ step = 'send', signal = 'SIGHUP' }";
    let steps = format!("{send}, {second}, {send}, {{ step = 'yield' }}");
    let told = |codes: [&str; 2]| {
        let calls = codes.map(|code| format!("signal_handler('SIGHUP') by 3 told code={code}"));
        let sent = ["starting [PID]", "sending SIGHUP", "subscribed SIGHUP", "sending SIGHUP", "yielding control"];
        let first = "signal_handler('SIGHUP') by 1 told code=SI_USER";
        let lines = [&sent[..], &calls.each_ref().map(String::as_str), &[first]].concat();
        allowed(&steps, &telling(&[InformationField::Code]), &lines)
    };
    assert_eq!(told(["SI_USER", "SI_USER"]), []);
    assert_eq!(told(["SI_QUEUE", "SI_QUEUE"]), wrong("code SI_USER"));
}

#[test]
fn a_flood_is_told_as_often_as_it_was_sent() {
    let steps = "{ step = 'flood', signal = 'SIGHUP', times = 2 }, { step = 'queue', signal = 'SIGHUP', value = 5 }, \
                 { step = 'yield' }";
    let told = |calls: &[&str]| {
        let sent = ["starting [PID]", "flooding SIGHUP 2", "queueing SIGHUP with 5", "yielding control"];
        let calls: Vec<_> = calls.iter().map(|told| format!("signal_handler('SIGHUP') told code={told}")).collect();
        let calls: Vec<_> = calls.iter().map(String::as_str).collect();
        allowed(steps, &telling(&[InformationField::Code]), &[&sent[..], &calls].concat())
    };
    assert_eq!(told(&["SI_USER", "SI_USER", "SI_QUEUE"]), []);
    assert_eq!(told(&["SI_USER", "SI_QUEUE"]), []);
    let wrong = |code: &str| [(law::INFORMATION_AS_CLAIMED.slug.to_owned(), code.to_owned())];
    assert_eq!(told(&["SI_USER", "SI_QUEUE", "SI_QUEUE"]), wrong("code SI_USER"));
    assert_eq!(told(&["SI_USER", "SI_USER", "SI_USER"]), wrong("code SI_QUEUE"));
}

#[test]
fn what_is_held_is_told_when_it_is_released() {
    let steps = "{ step = 'hold', signals = ['SIGHUP'] }, { step = 'send', signal = 'SIGHUP' }, { step = 'yield' }, \
                 { step = 'queue', signal = 'SIGHUP', value = 5 }, { step = 'release' }, { step = 'yield' }";
    let told = |code| {
        let call = format!("signal_handler('SIGHUP') told code={code}");
        let held = ["starting [PID]", "holding SIGHUP", "sending SIGHUP", "yielding control", "queueing SIGHUP with 5"];
        let lines = [&held[..], &["releasing", "yielding control", &call]].concat();
        allowed(steps, &telling(&[InformationField::Code]), &lines)
    };
    // The system keeps the first of the two, and another library may be told of the last.
    assert_eq!((told("SI_USER"), told("SI_QUEUE")), (vec![], vec![]));
    let wrong = [(law::INFORMATION_AS_CLAIMED.slug.to_owned(), "code SI_USER".to_owned())];
    assert_eq!(told("SI_TKILL"), wrong);
}

#[test]
fn of_what_was_sent_before_the_handler_nothing_is_known() {
    let steps = "{ step = 'queue', signal = 'SIGURG', value = 1 }, { step = 'subscribe', signal = 'SIGURG' }, \
                 { step = 'queue', signal = 'SIGURG', value = 2 }, { step = 'yield' }";
    let told = |calls: &[u32]| {
        let sent = ["queueing SIGURG with 1", "subscribed SIGURG", "queueing SIGURG with 2", "yielding control"];
        let calls: Vec<_> = calls.iter().map(|told| format!("signal_handler('SIGURG') told value={told}")).collect();
        let calls: Vec<_> = calls.iter().map(String::as_str).collect();
        allowed(steps, &telling(&[InformationField::Value]), &[&["starting [PID]"], &sent[..], &calls].concat())
    };
    assert_eq!((told(&[1, 2]), told(&[2, 1]), told(&[2])), (vec![], vec![], vec![]));
    let wrong = [(law::INFORMATION_AS_CLAIMED.slug.to_owned(), "value 2".to_owned())];
    assert_eq!(told(&[1, 1]), wrong);
}

#[test]
fn of_what_somebody_else_sends_nothing_is_known() {
    let steps = "{ step = 'queue', signal = 'SIGHUP', value = 1 }, \
                 { step = 'await', for = { action = 'kill', signal = 'SIGHUP' } }";
    let told = |calls: &[u32]| {
        let calls: Vec<_> = calls.iter().map(|told| format!("signal_handler('SIGHUP') told value={told}")).collect();
        let calls: Vec<_> = calls.iter().map(String::as_str).collect();
        let sent = ["starting [PID]", "queueing SIGHUP with 1", "waiting for SIGHUP", "SIGHUP from outside"];
        allowed(steps, &telling(&[InformationField::Value]), &[&sent[..], &calls].concat())
    };
    assert_eq!((told(&[1]), told(&[0])), (vec![], vec![]));
    assert_eq!((told(&[1, 0]), told(&[0, 1])), (vec![], vec![]));
    let wrong = [(law::INFORMATION_AS_CLAIMED.slug.to_owned(), "value 1".to_owned())];
    assert_eq!(told(&[0, 0]), wrong);
}

/// The harness is somebody, too.
#[test]
fn who_sends_from_outside_is_told() {
    let steps = "{ step = 'await', for = { action = 'kill', signal = 'SIGHUP' } }";
    let told = |call: &str| {
        let call = format!("signal_handler('SIGHUP') told {call}");
        let lines = ["starting [PID]", "waiting for SIGHUP", "SIGHUP from outside", &call];
        allowed(steps, &telling(&[InformationField::Sender, InformationField::Code]), &lines)
    };
    let Sender { pid, uid } = HARNESS;
    assert_eq!(told(&format!("pid={pid} code=SI_USER")), []);
    assert_eq!(told(&format!("pid={pid} uid={uid} code=SI_USER")), []);
    let wrong = |allowed: &str| (law::INFORMATION_AS_CLAIMED.slug.to_owned(), allowed.to_owned());
    assert_eq!(told(&format!("pid={PID} code=SI_USER")), [wrong("pid [PID]")]);
    assert_eq!(told(&format!("pid={pid} code=SI_TKILL")), [wrong("code SI_USER")]);
    assert_eq!(told(&format!("pid={pid} uid=7 code=SI_USER")), [wrong("uid [UID]")]);
    let only = |field, call: &str| {
        let call = format!("signal_handler('SIGHUP') told {call}");
        let lines = ["starting [PID]", "waiting for SIGHUP", "SIGHUP from outside", &call];
        allowed(steps, &telling(&[field]), &lines)
    };
    assert_eq!(only(InformationField::Sender, &format!("pid={pid} uid=7")), [wrong("uid [UID]")]);
    assert_eq!(only(InformationField::Code, "uid=7 code=SI_USER"), [], "it is not claimed to tell that");
}

#[cfg(target_os = "linux")]
#[test]
fn each_queued_value_comes_once_and_in_its_turn() {
    let queue = |value| format!("{{ step = 'queue', signal = 'SIGRTMIN+1', value = {value} }}");
    let steps =
        format!("{{ step = 'subscribe', signal = 'SIGRTMIN+1' }}, {}, {}, {{ step = 'yield' }}", queue(1), queue(2));
    let real_time = Claim::documented(sigconform_fixture::RealTime::Queued, "https://docs.example/queued");
    let claims = Claims { real_time, ..telling(&[InformationField::Value, InformationField::Code]) };
    let told = |calls: [&str; 2]| {
        let sent = ["queueing SIGRTMIN+1 with 1", "queueing SIGRTMIN+1 with 2", "yielding control"];
        let calls = calls.map(|told| format!("signal_handler('SIGRTMIN+1') told {told}"));
        let calls: Vec<_> = calls.iter().map(String::as_str).collect();
        allowed(&steps, &claims, &[&["starting [PID]", "subscribed SIGRTMIN+1"], &sent[..], &calls].concat())
    };
    let broken = |law: &law::Law, allowed: &str| (law.slug.to_owned(), allowed.to_owned());
    assert_eq!(told(["value=1 code=SI_QUEUE", "value=2 code=SI_QUEUE"]), []);
    assert_eq!(
        told(["value=2 code=SI_QUEUE", "value=1 code=SI_QUEUE"]),
        [broken(&law::REAL_TIME_AS_CLAIMED, "value 1"), broken(&law::REAL_TIME_AS_CLAIMED, "value 2")]
    );
    // Where nothing says that they queue, they may come in any order; and what is no real-time signal merges all the same.
    let unqueued = telling(&[InformationField::Value]);
    let lines = ["starting [PID]", "subscribed SIGRTMIN+1", "queueing SIGRTMIN+1 with 1", "queueing SIGRTMIN+1 with 2"];
    let calls = ["yielding control", "signal_handler('SIGRTMIN+1') told value=2"];
    assert_eq!(allowed(&steps, &unqueued, &[&lines[..], &calls].concat()), []);
    let ordinary: Vec<_> = lines.iter().chain(&calls).map(|line| line.replace("SIGRTMIN+1", "SIGURG")).collect();
    let ordinary = [
        &ordinary.iter().map(String::as_str).collect::<Vec<_>>()[..5],
        &["signal_handler('SIGURG') told value=2 code=SI_QUEUE"],
    ]
    .concat();
    assert_eq!(allowed(&steps.replace("SIGRTMIN+1", "SIGURG"), &claims, &ordinary), []);
    // Each of a queue's sends goes the same way; what goes to a thread overtakes it.
    let to_thread = "{ step = 'send', signal = 'SIGRTMIN+1', to = 'sender-thread' }";
    let overtaken = format!(
        "{{ step = 'subscribe', signal = 'SIGRTMIN+1' }}, {{ step = 'hold', signals = ['SIGRTMIN+1'] }}, {}, \
         {to_thread}, {{ step = 'release' }}, {{ step = 'yield' }}",
        queue(1)
    );
    let lines = [
        ["starting [PID]", "subscribed SIGRTMIN+1", "holding SIGRTMIN+1", "queueing SIGRTMIN+1 with 1"],
        [
            "sending SIGRTMIN+1 to its own thread",
            "releasing",
            "yielding control",
            "signal_handler('SIGRTMIN+1') told value=0 code=SI_TKILL",
        ],
    ];
    let last = ["signal_handler('SIGRTMIN+1') told value=1 code=SI_QUEUE"];
    assert_eq!(allowed(&overtaken, &claims, &[lines.concat(), last.to_vec()].concat()), []);
    assert_eq!(
        told(["value=1 code=SI_USER", "value=2 code=SI_QUEUE"]),
        [broken(&law::INFORMATION_AS_CLAIMED, "code SI_QUEUE")]
    );
}

#[test]
fn the_kernel_tells_of_children_what_became_of_them() {
    let children = "{ step = 'subscribe', signal = 'SIGCHLD' }, { step = 'children', times = 1 }, { step = 'yield' }";
    let fields = [InformationField::Sender, InformationField::Code, InformationField::Status, InformationField::Value];
    let told = |call: &str| {
        let call = format!("signal_handler('SIGCHLD') told {call}");
        let lines =
            ["starting [PID]", "subscribed SIGCHLD", "starting 1 children", "yielding control", &call, "reaped 1"];
        allowed(children, &telling(&fields), &lines)
    };
    let wrong = |allowed: &str| (law::INFORMATION_AS_CLAIMED.slug.to_owned(), allowed.to_owned());
    // Whose process id it is, and what is in its value, nobody here can know.
    assert_eq!(told("code=CLD_EXITED status=0 pid=99 value=5"), []);
    assert_eq!(told("code=CLD_KILLED status=9"), [wrong("code CLD_EXITED"), wrong("status 0")]);
}

#[test]
fn process_ids_are_kept_out_of_what_people_read() {
    let lines = ["starting [PID]", "sending SIGHUP", "yielding control", "signal_handler('SIGHUP') told pid=8"];
    let steps = "{ step = 'send', signal = 'SIGHUP' }, { step = 'yield' }";
    let wrong = (law::INFORMATION_AS_CLAIMED.slug.to_owned(), "pid [PID]".to_owned());
    assert_eq!(allowed(steps, &telling(&[InformationField::Sender]), &lines), [wrong]);
}

#[test]
fn a_handler_is_told_nothing_of_a_send_that_failed() {
    let queue = |value| format!("{{ step = 'queue', signal = 'SIGHUP', value = {value} }}");
    let steps = format!("{}, {}, {{ step = 'yield' }}", queue(1), queue(2));
    let told = |failed: usize, value| {
        let mut lines = vec!["starting [PID]", "queueing SIGHUP with 1", "queueing SIGHUP with 2", "yielding control"];
        lines.insert(failed, "SIGHUP was not sent");
        let call = format!("signal_handler('SIGHUP') told value={value}");
        lines.push(&call);
        allowed(&steps, &telling(&[InformationField::Value]), &lines)
    };
    assert_eq!((told(2, 2), told(3, 1)), (vec![], vec![]));
    assert_eq!((told(2, 1).len(), told(3, 2).len()), (1, 1));
}

#[test]
fn whoever_claims_posts_tells_a_number() {
    let steps = "{ step = 'send', signal = 'SIGHUP' }, { step = 'yield' }";
    let told = |call| {
        let lines = ["starting [PID]", "sending SIGHUP", "yielding control", call];
        broken(judged(&scenario(steps), &telling(&[InformationField::Posts]), &lines))
    };
    assert_eq!(told("signal_handler('SIGHUP') told posts=1"), NOTHING);
    assert_eq!(told("signal_handler('SIGHUP')"), [at(&law::INFORMATION_AS_CLAIMED, 4)]);
}

#[test]
fn posts_are_counted_for_as_long_as_the_signal_is_subscribed() {
    let posts = claims(HandlersRun::SenderThread, Burst::Posts, BatchOrder::Unspecified);
    let (send, leave) = ("{ step = 'send', signal = 'SIGHUP' }", "{ step = 'yield' }");
    let told = |between: &str, asked: &[&str], subscription| {
        let steps = format!("{send}, {between}, {{ step = 'subscribe', signal = 'SIGHUP' }}, {send}, {leave}");
        let call = format!("signal_handler('SIGHUP') by {subscription}");
        let sent = ["subscribed SIGHUP", "sending SIGHUP", "yielding control", &call];
        let lines = [&["starting [PID]", "sending SIGHUP"], asked, &sent[..]].concat();
        broken(judged(&scenario(&steps), &posts, &lines))
    };
    // What was posted to a handler or a loop that is gone is not posted again.
    assert_eq!(told("{ step = 'unsubscribe', subscription = 1 }", &["unsubscribed SIGHUP"], 3), NOTHING);
    assert_eq!(told("{ step = 'reopen' }", &["closing", "reopened"], 3), NOTHING);
    // Another's removal changes nothing: one of two is missing.
    let other = told("{ step = 'unsubscribe', subscription = 2 }", &["unsubscribed SIGUSR1"], 3);
    assert!(other.contains(&at(&law::BURST_AS_CLAIMED, 7)), "{other:?}");
    // Each signal has posts of its own.
    let two = format!("{send}, {}, {leave}", send.replace("SIGHUP", "SIGUSR1"));
    let calls = ["yielding control", "signal_handler('SIGHUP')", "signal_handler('SIGUSR1')"];
    let lines = [&["starting [PID]", "sending SIGHUP", "sending SIGUSR1"], &calls[..]].concat();
    assert_eq!(broken(judged(&scenario(&two), &posts, &lines)), NOTHING);
    // Nobody posts what nobody has subscribed.
    let early = "{ step = 'send', signal = 'SIGURG' }, { step = 'subscribe', signal = 'SIGURG' }, { step = 'yield' }";
    let lines = ["starting [PID]", "sending SIGURG", "subscribed SIGURG", "yielding control"];
    assert_eq!(broken(judged(&scenario(early), &posts, &lines)), NOTHING);
    // And only whoever counts posts is held to them.
    let lines = ["starting [PID]", "sending SIGHUP", "yielding control", "signal_handler('SIGHUP') told posts=7"];
    assert_eq!(broken(judged(&scenario(&format!("{send}, {leave}")), &strict(), &lines)), NOTHING);
}
