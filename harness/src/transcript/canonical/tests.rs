//! What is right in the same way has one text, and what differs has another.

use sigconform_fixture::{Claim, Event, Place, Receiver, Subscription};

use super::*;
use crate::transcript::Ending;

fn transcript(whats: Vec<Happening>) -> Transcript {
    let events = whats.into_iter().map(|what| Event { t: 0, what }).collect();
    Transcript { events, ending: Ending::Exited(0), stderr: String::new() }
}

fn handler(place: Place) -> Happening {
    Happening::Handler {
        signal: Signal::SIGHUP,
        subscription: Subscription(1),
        place,
        info: sigconform_fixture::Information::default(),
    }
}

fn claims(handlers_run: HandlersRun) -> Claims {
    Claims { handlers_run: Claim { value: handlers_run, ..Claim::default() }, ..Claims::default() }
}

const DOCUMENTED: &str = "sending SIGHUP\nyielding control\nsignal_handler('SIGHUP')\n";

#[test]
fn a_concurrent_handler_before_its_yield_stands_in_it() {
    let early = transcript(vec![
        Happening::Sending { signal: Signal::SIGHUP, to: Receiver::Process },
        handler(Place::OtherThread),
        Happening::Yielding,
        Happening::Resumed,
    ]);
    assert_eq!(early.canonical(&claims(HandlersRun::Concurrently)), DOCUMENTED);
}

/// Without descriptors either is right.
#[test]
fn a_subscription_that_lacks_descriptors_is_one_line() {
    let signal = Signal::SIGHUP;
    let asked = |what: Happening, left| {
        let limited = |left| Happening::DescriptorsLimited { left };
        transcript(vec![Happening::Started { pid: 7 }, limited(left), what, limited(None)])
            .canonical(&Claims::default())
    };
    let added = || Happening::Subscribed { signal, subscription: Subscription(1) };
    let refused = || Happening::Refused { signal, error: "EMFILE".to_owned() };
    assert_eq!(asked(added(), Some(0)), asked(refused(), Some(0)));
    assert_ne!(asked(added(), None), asked(refused(), None));
}

#[test]
fn what_a_signal_handler_did_is_its_own_business() {
    let trace: sigconform_fixture::Trace =
        serde_json::from_str(r#"{"outcome":"followed","calls":[{"name":"getpid"}],"end":"returned"}"#)
            .expect("a trace");
    let told = transcript(vec![
        Happening::Sending { signal: Signal::SIGHUP, to: Receiver::Process },
        Happening::Yielding,
        Happening::Traced { trace },
        handler(Place::SenderThread),
        Happening::Resumed,
    ]);
    assert_eq!(told.canonical(&claims(HandlersRun::SenderThread)), DOCUMENTED);
    assert!(told.text().contains("the signal handler: getpid\n"), "shown where something is wrong");
}

#[test]
fn an_early_handler_of_a_sequential_loop_stays_where_it_ran() {
    let early = transcript(vec![
        Happening::Sending { signal: Signal::SIGHUP, to: Receiver::Process },
        handler(Place::SenderThread),
        Happening::Yielding,
        Happening::Resumed,
    ]);
    assert_ne!(early.canonical(&claims(HandlersRun::SenderThread)), DOCUMENTED);
}

#[test]
fn a_handler_that_never_finds_a_yield_is_still_shown() {
    let late = transcript(vec![Happening::Yielding, Happening::Resumed, handler(Place::OtherThread)]);
    let text = late.canonical(&claims(HandlersRun::Concurrently));
    assert_eq!(text, "yielding control\nsignal_handler('SIGHUP')\n");
}

#[test]
fn handlers_stand_before_ticks_of_the_same_yield() {
    let tick = Happening::Tick { number: 1, place: Place::SenderThread };
    let mixed = transcript(vec![Happening::Yielding, tick, handler(Place::SenderThread), Happening::Resumed]);
    let text = mixed.canonical(&claims(HandlersRun::SenderThread));
    assert_eq!(text, "yielding control\nsignal_handler('SIGHUP')\ntick 1\n");
}

#[test]
fn an_ending_by_signal_is_a_line() {
    let ended = Transcript { ending: Ending::Killed(Signal::SIGHUP), ..transcript(vec![Happening::Yielding]) };
    assert_eq!(ended.canonical(&Claims::default()), "yielding control\nkilled by SIGHUP\n");
}

fn sending() -> Happening {
    Happening::Sending { signal: Signal::SIGHUP, to: Receiver::Process }
}

#[test]
fn an_uncounted_call_after_its_yield_is_not_shown_again() {
    let (call, whats) = (handler(Place::SenderThread), [sending(), Happening::Yielding]);
    let once = [&whats[..], &[call.clone(), Happening::Resumed, Happening::Settling]].concat();
    let late = [&once[..], &[call, Happening::Resumed]].concat();
    let uncounted = claims(HandlersRun::SenderThread);
    assert_eq!(transcript(late.clone()).canonical(&uncounted), DOCUMENTED);
    let counted = Claims { burst: Claim { value: Burst::Every, ..Claim::default() }, ..uncounted.clone() };
    assert_ne!(transcript(late).canonical(&counted), DOCUMENTED);
    let again = [&once[..4], &once[..4]].concat();
    assert_eq!(transcript(again).canonical(&uncounted), DOCUMENTED.repeat(2));
}

#[test]
fn an_uncounted_call_after_the_last_yield_is_not_shown_again() {
    let call = handler(Place::OtherThread);
    let whats = [sending(), Happening::Yielding, call.clone(), Happening::Resumed, call];
    let uncounted = claims(HandlersRun::Concurrently);
    assert_eq!(transcript(whats.to_vec()).canonical(&uncounted), DOCUMENTED);
    let counted = Claims { burst: Claim { value: Burst::Every, ..Claim::default() }, ..uncounted };
    assert_eq!(transcript(whats.to_vec()).canonical(&counted), format!("{DOCUMENTED}signal_handler('SIGHUP')\n"));
}

#[test]
fn a_call_for_what_the_handler_itself_sent_is_shown() {
    let call = handler(Place::SenderThread);
    let sends = [
        sending(),
        Happening::Yielding,
        call.clone(),
        Happening::HandlerSending { signal: Signal::SIGHUP },
        Happening::HandlerReturned { subscription: Subscription(1) },
    ];
    let end = [Happening::Resumed, Happening::Settling];
    let same_yield = [&sends[..], std::slice::from_ref(&call), &end].concat();
    let later = [&sends[..], &end, &[call]].concat();
    let claims = claims(HandlersRun::SenderThread);
    let text = transcript(same_yield).canonical(&claims);
    assert!(text.ends_with("signal_handler returns\nsignal_handler('SIGHUP')\n"), "{text}");
    assert_eq!(transcript(later).canonical(&claims), text);
}

#[test]
fn a_handler_that_another_interrupts_keeps_its_own_lines() {
    let user = Signal::from_raw(libc::SIGUSR1);
    let (call, returned) = (handler(Place::SenderThread), Happening::HandlerReturned { subscription: Subscription(1) });
    let sends = [sending(), call, Happening::HandlerSending { signal: user }];
    let other = Happening::Handler {
        signal: user,
        subscription: Subscription(2),
        place: Place::SenderThread,
        info: sigconform_fixture::Information::default(),
    };
    let end = [Happening::Yielding, Happening::Resumed];
    let nested = [&sends[..], &[other.clone(), returned.clone()], &end].concat();
    let in_turn = [&sends[..1], &end[..1], &sends[1..], &[returned, other], &end[1..]].concat();
    let claims = claims(HandlersRun::Concurrently);
    let text = transcript(in_turn).canonical(&claims);
    assert!(text.ends_with("signal_handler returns\nsignal_handler('SIGUSR1')\n"), "{text}");
    assert_eq!(transcript(nested).canonical(&claims), text);
}

#[test]
fn what_a_second_handler_is_told_of_earlier_sends_is_not_shown() {
    let added =
        |subscription| Happening::Subscribed { signal: Signal::SIGHUP, subscription: Subscription(subscription) };
    let call = |subscription| Happening::Handler {
        signal: Signal::SIGHUP,
        subscription: Subscription(subscription),
        place: Place::SenderThread,
        info: sigconform_fixture::Information::default(),
    };
    let told = |second_handler, also: &[Happening]| {
        let before = [added(1), sending(), added(2), Happening::Yielding, call(1)];
        let after = [Happening::Resumed, sending(), Happening::Yielding, call(1), call(2), Happening::Resumed];
        let second_handler = Claim { value: second_handler, ..Claim::default() };
        let claims = Claims { second_handler, ..claims(HandlersRun::SenderThread) };
        transcript([&before[..], also, &after].concat()).canonical(&claims)
    };
    let without = told(SecondHandler::Both, &[]);
    assert_eq!(without.matches("signal_handler").count(), 3, "{without}");
    assert_eq!(told(SecondHandler::Both, &[call(2)]), without);
    assert_ne!(told(SecondHandler::Replaces, &[call(2)]), without);
}

#[test]
fn whether_a_handler_runs_before_it_is_replaced_is_chance() {
    let call = |by: u32| match handler(Place::OtherThread) {
        Happening::Handler { signal, place, info, .. } => {
            Happening::Handler { signal, subscription: Subscription(by), place, info }
        }
        other => other,
    };
    let told = |second_handler, early: &[Happening]| {
        let replaced = Happening::Subscribed { signal: Signal::SIGHUP, subscription: Subscription(2) };
        let rest = [replaced, sending(), Happening::Yielding, call(2), Happening::Resumed];
        let second_handler = Claim { value: second_handler, ..Claim::default() };
        let claims = Claims { second_handler, ..claims(HandlersRun::Concurrently) };
        transcript([&[sending()], early, &rest].concat()).canonical(&claims)
    };
    let (before, never) = ([call(1)], []);
    assert_eq!(told(SecondHandler::Replaces, &before), told(SecondHandler::Replaces, &never));
    assert_ne!(told(SecondHandler::Both, &before), told(SecondHandler::Both, &never));
}

#[test]
#[cfg(target_os = "linux")]
fn queued_real_time_signals_are_shown_one_by_one() {
    let call = |value| Happening::Handler {
        signal: Signal::from_raw(libc::SIGRTMIN()),
        subscription: Subscription(1),
        place: Place::SenderThread,
        info: sigconform_fixture::Information::default().with_value(value),
    };
    let whats = vec![Happening::Yielding, call(1), call(2), Happening::Resumed];
    let real_time = Claim { value: RealTime::Queued, ..Claim::default() };
    let text = transcript(whats).canonical(&Claims { real_time, ..claims(HandlersRun::SenderThread) });
    assert!(text.ends_with("with 1\nsignal_handler('SIGRTMIN+0') with 2\n"), "{text}");
}

#[test]
fn what_was_released_together_stands_in_the_order_of_sending() {
    let user = Signal::from_raw(libc::SIGUSR1);
    let call = |signal, subscription| Happening::Handler {
        signal,
        subscription: Subscription(subscription),
        place: Place::SenderThread,
        info: sigconform_fixture::Information::default(),
    };
    let told = |release: bool, first: Happening, second: Happening| {
        let mut whats = vec![sending(), Happening::Sending { signal: user, to: Receiver::Process }];
        whats.extend(release.then_some(Happening::Releasing));
        whats.extend([Happening::Yielding, first, second, Happening::Resumed]);
        let order = Claim { value: BatchOrder::Sent, ..Claim::default() };
        transcript(whats).canonical(&Claims { batch_order: order, ..claims(HandlersRun::SenderThread) })
    };
    let (hang_up, user) = (call(Signal::SIGHUP, 1), call(user, 2));
    let either = told(true, hang_up.clone(), user.clone());
    assert_eq!(told(true, user.clone(), hang_up.clone()), either);
    assert_ne!(told(false, user.clone(), hang_up.clone()), told(false, hang_up, user));
}

#[test]
fn a_panic_is_a_refusal_where_it_is_claimed() {
    let panicked = Happening::Panicked {
        step: "subscribe".to_owned(),
        signal: Some(Signal::from_raw(libc::SIGKILL)),
        message: "no".to_owned(),
    };
    let refusal = Claim { value: Refusal::Panic, ..Claim::default() };
    let claimed = Claims { refusal, ..Claims::default() };
    let panicked = transcript(vec![panicked]);
    assert_eq!(panicked.canonical(&claimed), "refused SIGKILL\n");
    assert_eq!(panicked.canonical(&Claims::default()), "panicked in subscribe: no\n");
}

#[test]
fn what_runs_while_a_loop_closes_is_not_shown() {
    let closing = [sending(), Happening::Closing, handler(Place::SenderThread), Happening::Reopened];
    let claims = claims(HandlersRun::SenderThread);
    let without = [&closing[..2], &closing[3..]].concat();
    assert_eq!(transcript(closing.to_vec()).canonical(&claims), transcript(without).canonical(&claims));
}

#[test]
fn whether_a_removed_handler_is_called_in_its_batch_is_chance() {
    let user = Signal::from_raw(libc::SIGUSR1);
    let call = |signal, number| Happening::Handler {
        signal,
        subscription: Subscription(number),
        place: Place::SenderThread,
        info: sigconform_fixture::Information::default(),
    };
    let sent = |signal| Happening::Sending { signal, to: Receiver::Process };
    let removed = |number, signal| {
        let subscription = Subscription(number);
        [Happening::HandlerRemoving { subscription }, Happening::HandlerRemoved { subscription, signal, error: None }]
    };
    let strict = claims(HandlersRun::SenderThread);
    let text = |removes: &[Happening], before: &[Happening], after: &[Happening]| {
        let start = [sent(Signal::SIGHUP), sent(user), Happening::Yielding];
        let lines = [&start[..], before, &[call(Signal::SIGHUP, 1)], removes, after, &[Happening::Resumed]].concat();
        transcript(lines).canonical(&strict)
    };
    // A sibling before its remover, after it, or not at all.
    let (sibling, removes) = ([call(user, 2)], removed(2, user));
    let told = text(&removes, &[], &[]);
    assert!(told.ends_with("signal_handler('SIGHUP')\nsignal_handler removes that of SIGUSR1\n"), "{told}");
    assert_eq!(text(&removes, &sibling, &[]), told);
    assert_eq!(text(&removes, &[], &sibling), told);
    // Itself: its first call stands, in which it removes.
    let (itself, removes) = ([call(Signal::SIGHUP, 1)], removed(1, Signal::SIGHUP));
    let told = text(&removes, &[], &sibling);
    assert_eq!(text(&removes, &[], &[&itself[..], &sibling].concat()), told);
    assert!(told.ends_with("removes that of SIGHUP\nsignal_handler('SIGUSR1')\n"), "{told}");
}
