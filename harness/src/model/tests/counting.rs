//! What is owed for many sends, for sends from elsewhere, for what is held and for what was refused.

use super::*;

const ID: Subscription = Subscription(1);
const OTHER: Subscription = Subscription(2);

fn both(claims: &Claims) -> Model {
    let mut model = Model::new(claims);
    model.subscribe(ID, A);
    model.subscribe(OTHER, B);
    model
}

fn every() -> Model {
    both(&claims(Burst::Every, BatchOrder::Sent))
}

fn due(model: &Model) -> Vec<(Subscription, bool, u64, u64)> {
    model.due().iter().map(|due| (due.subscription, due.owes, due.least, due.most)).collect()
}

#[test]
fn a_burst_is_counted_where_that_is_promised_and_only_for_the_senders_own() {
    let mut model = every();
    model.send(A, 5, Origin::Elsewhere);
    assert_eq!(due(&model), [(ID, true, 0, 5)]);
    model.send(A, 2, Origin::Sender);
    assert_eq!(due(&model), [(ID, true, 2, 7)]);
    model.send(A, 3, Origin::Sender);
    assert_eq!(due(&model), [(ID, true, 5, 10)]);
    let mut one = both(&claims(Burst::AtLeastOne, BatchOrder::Sent));
    one.send(A, 5, Origin::Sender);
    assert_eq!(due(&one), [(ID, true, 0, 5)]);
}

#[test]
fn what_is_owed_is_paid_call_by_call() {
    let mut model = every();
    model.send(A, 2, Origin::Sender);
    let call_after_send = Condition::CallAfterSend { subscription: ID };
    let calls = Condition::Calls { subscription: ID, total: 2 };
    assert_eq!(model.conditions(), [calls.clone(), call_after_send]);
    model.call(ID).expect("it was sent");
    assert_eq!((model.conditions(), due(&model)), (vec![calls], vec![(ID, false, 2, 2)]));
    model.call(ID).expect("it was sent");
    assert_eq!((model.conditions(), due(&model)), (vec![], vec![]));
}

#[test]
fn what_is_assumed_to_be_handled_is_no_longer_owed_and_what_comes_is() {
    let mut model = every();
    model.send(A, 2, Origin::Sender);
    model.assume_handled();
    assert_eq!(due(&model), []);
    model.send(B, 1, Origin::Sender);
    assert_eq!(model.call(OTHER), Ok(()), "an earlier batch keeps nobody waiting");
    model.send(A, 1, Origin::Sender);
    assert_eq!(due(&model), [(ID, true, 3, 3)]);
}

/// A signal from elsewhere may overtake.
#[test]
fn only_a_send_from_elsewhere_may_be_handled_before_its_turn() {
    for (elsewhere, allowed) in [(None, false), (Some(B), false), (Some(A), true)] {
        let mut model = both(&claims(Burst::AtLeastOne, BatchOrder::Sent));
        model.send(B, 1, Origin::Sender);
        model.send(A, 1, Origin::Sender);
        elsewhere.into_iter().for_each(|signal| model.send(signal, 1, Origin::Elsewhere));
        assert_eq!(model.call(ID).is_ok(), allowed, "{elsewhere:?}");
    }
    // Alone it waits for nobody, and nobody for it.
    let mut model = every();
    model.send(B, 1, Origin::Elsewhere);
    model.send(A, 1, Origin::Sender);
    assert_eq!((model.clone().call(ID), model.call(OTHER)), (Ok(()), Ok(())));
}

/// As often as it came from elsewhere.
#[test]
fn overtaking_is_counted() {
    let mut model = every();
    model.send(B, 1, Origin::Sender);
    model.send(A, 3, Origin::Sender);
    model.send(A, 2, Origin::Elsewhere);
    let calls = [model.call(ID), model.call(ID), model.call(ID)];
    assert_eq!(calls, [Ok(()), Ok(()), Err(Wrong::OutOfOrder { allowed: vec![B] })]);
}

#[test]
fn what_is_held_is_owed_when_it_is_released_and_once() {
    let mut model = every();
    model.hold(&[A]);
    model.send(A, 4, Origin::Sender);
    model.send(B, 1, Origin::Sender);
    assert_eq!(due(&model), [(OTHER, true, 1, 1)]);
    model.release();
    assert_eq!(due(&model), [(ID, true, 1, 4), (OTHER, true, 1, 1)]);
    model.send(A, 1, Origin::Sender);
    assert_eq!(due(&model), [(ID, true, 2, 5), (OTHER, true, 1, 1)], "it is held no longer");
}

#[test]
fn where_handlers_run_anywhere_what_was_held_may_be_handled_by_now() {
    for called in [false, true] {
        let mut model = both(&Claims::default());
        model.hold(&[A]);
        model.send(A, 2, Origin::Sender);
        if called {
            model.call(ID).expect("another thread took it");
        }
        model.release();
        assert_eq!(model.due().is_empty(), called);
        model.send(A, 1, Origin::Sender);
        assert_eq!(model.due().len(), 1, "what is sent since is owed");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn real_time_signals_are_counted_while_they_are_held() {
    let real_time = Signal::from_raw(Signal::lowest_real_time().expect("Linux has them") + 1);
    for (value, signal, least) in
        [(RealTime::Queued, real_time, 5), (RealTime::Queued, A, 0), (RealTime::Unspecified, real_time, 0)]
    {
        let queued =
            Claims { real_time: Claim { value, ..Claim::default() }, ..claims(Burst::AtLeastOne, BatchOrder::Sent) };
        let mut model = Model::new(&queued);
        model.subscribe(ID, signal);
        model.subscribe(OTHER, B);
        model.hold(&[signal]);
        model.send(signal, 2, Origin::Sender);
        model.send(signal, 3, Origin::Sender);
        model.release();
        assert_eq!(due(&model), [(ID, true, least, 5)], "{value:?} {signal}");
        model.send(B, 1, Origin::Sender);
        // Each has its place before what is sent afterwards; of those that merge, one has.
        let ahead = if least == 0 { 1 } else { least };
        for _ in 0..ahead {
            assert_eq!(model.clone().call(OTHER), Err(Wrong::OutOfOrder { allowed: vec![signal] }));
            model.call(ID).expect("its turn");
        }
        assert_eq!(model.call(OTHER), Ok(()));
    }
}

#[test]
fn a_refused_send_takes_nothing_back_of_those_before_it() {
    let mut model = every();
    model.send(B, 1, Origin::Sender);
    model.send(A, 1, Origin::Sender);
    model.call(OTHER).expect("it was sent first");
    model.call(ID).expect("its turn");
    model.send(A, 1, Origin::Sender);
    model.unsend(A);
    assert_eq!((due(&model), model.clone().call(ID)), (vec![], Err(Wrong::TooOften { sent: 1 })));
    model.send(A, 1, Origin::Sender);
    model.send(A, 1, Origin::Sender);
    model.unsend(A);
    assert_eq!(due(&model), [(ID, true, 2, 2)]);
    // It keeps nobody waiting either.
    model.send(B, 1, Origin::Sender);
    model.call(ID).expect("its turn");
    assert_eq!(model.call(OTHER), Ok(()));
}
