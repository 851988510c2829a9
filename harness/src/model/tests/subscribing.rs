//! Handlers come and go while signals are on their way: what each may still, and must, be called for.

use super::*;

const FIRST: Subscription = Subscription(1);
const SECOND: Subscription = Subscription(2);

fn concurrent() -> Claims {
    Claims { handlers_run: Claim { value: HandlersRun::Concurrently, ..Claim::default() }, ..Claims::default() }
}

fn ordered() -> Claims {
    Claims { handlers_run: Claim { value: HandlersRun::SenderThread, ..Claim::default() }, ..Claims::default() }
}

fn model(claims: &Claims, subscribed: &[(Subscription, Signal)]) -> Model {
    let mut model = Model::new(claims);
    subscribed.iter().for_each(|&(subscription, signal)| model.subscribe(subscription, signal));
    model
}

/// How often the handler may be called from now on.
fn may_be_called(model: &Model, subscription: Subscription) -> usize {
    let mut model = model.clone();
    (0..100).take_while(|_| model.call(subscription).is_ok()).count()
}

#[test]
fn a_handler_may_be_told_of_what_was_sent_before_it_and_need_not() {
    let mut model = Model::new(&Claims::default());
    model.send(A, 2, Origin::Elsewhere);
    model.send(A, 3, Origin::Sender);
    model.send(B, 7, Origin::Sender);
    model.subscribe(FIRST, A);
    assert_eq!(model.due(), []);
    assert_eq!(may_be_called(&model, FIRST), 5);
}

#[test]
fn a_second_handler_may_be_told_of_what_the_first_has_not_handled_yet() {
    let mut model = model(&Claims::default(), &[(FIRST, A), (Subscription(3), B)]);
    model.send(A, 3, Origin::Sender);
    model.send(B, 9, Origin::Sender);
    model.call(FIRST).expect("it was sent");
    model.subscribe(SECOND, A);
    assert_eq!(may_be_called(&model, SECOND), 2);
    assert!(model.due().iter().all(|due| due.subscription != SECOND), "{:?}", model.due());
    // Where everything has been handled, there is nothing to tell.
    for handler in [FIRST, FIRST, SECOND, SECOND] {
        model.call(handler).expect("it was sent");
    }
    model.subscribe(Subscription(4), A);
    assert_eq!(model.call(Subscription(4)), Err(Wrong::NotSent));
}

#[test]
fn what_a_handler_removes_may_be_called_until_its_batch_is_over() {
    let mut model = model(&ordered(), &[(FIRST, A), (SECOND, B)]);
    model.send(A, 2, Origin::Sender);
    model.send(B, 1, Origin::Sender);
    model.call(FIRST).expect("it was sent");
    model.remove_in_batch(FIRST);
    // What was sent before, and nothing of what comes now; and it is out of nobody's way.
    model.send(A, 5, Origin::Sender);
    assert_eq!(may_be_called(&model, FIRST), 1);
    assert_eq!(model.due().iter().map(|due| due.subscription).collect::<Vec<_>>(), [SECOND]);
    assert_eq!(model.call(SECOND), Ok(()));
    model.end_batch();
    assert_eq!(model.call(FIRST), Err(Wrong::NotSubscribed));
    // A step between two yields is no handler: what it removes is silent at once.
    model.send(B, 1, Origin::Sender);
    model.unsubscribe(SECOND);
    assert_eq!(model.call(SECOND), Err(Wrong::NotSubscribed));
}

#[test]
fn a_handler_that_removes_itself_is_owed_one_call() {
    let claims = Claims { burst: Claim { value: Burst::Every, ..Claim::default() }, ..ordered() };
    let mut model = model(&claims, &[(FIRST, A)]);
    model.send(A, 3, Origin::Sender);
    model.expect_one_call(FIRST);
    assert_eq!(model.due()[0].least, 1);
    assert!(!model.conditions().contains(&Condition::Calls { subscription: FIRST, total: 3 }));
}

#[test]
fn only_what_was_blocked_pending_and_promised_is_owed_from_before() {
    for blocked in [false, true] {
        for sent in [false, true] {
            for value in [PendingBefore::Handled, PendingBefore::NotHandled, PendingBefore::Unspecified] {
                let pending_before = Claim { value, ..Claim::default() };
                let mut model = Model::new(&Claims { pending_before, ..Claims::default() });
                model.starts_blocked(if blocked { &[A] } else { &[B] });
                model.send(if sent { A } else { B }, 1, Origin::Sender);
                model.subscribe(FIRST, A);
                let owed = blocked && sent && value == PendingBefore::Handled;
                assert_eq!(model.conditions().len(), usize::from(owed), "{blocked} {sent} {value:?}");
                assert_eq!(model.misses_what_was_pending(FIRST), owed);
                if owed {
                    model.call(FIRST).expect("it was pending");
                    assert!(!model.misses_what_was_pending(FIRST) && model.conditions().is_empty());
                }
            }
        }
    }
}

#[test]
fn what_was_pending_is_owed_to_the_first_handler_only() {
    let pending_before = Claim { value: PendingBefore::Handled, ..Claim::default() };
    for (sent, removed) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut model = Model::new(&Claims { pending_before: pending_before.clone(), ..Claims::default() });
        model.starts_blocked(&[A]);
        if sent {
            model.send(A, 1, Origin::Sender);
        }
        model.subscribe(FIRST, A);
        assert_eq!(model.conditions().len(), usize::from(sent));
        if sent {
            model.call(FIRST).expect("it was pending");
        }
        if removed {
            model.unsubscribe(FIRST);
        }
        model.subscribe(Subscription(9), A);
        assert_eq!(model.conditions(), [], "sent: {sent}, removed: {removed}");
    }
}

#[test]
fn a_removed_handler_that_runs_anywhere_may_be_late_but_not_for_what_is_sent_afterwards() {
    let mut late = model(&concurrent(), &[(FIRST, A), (SECOND, A)]);
    late.send(A, 2, Origin::Sender);
    late.call(FIRST).expect("it was sent");
    late.unsubscribe(FIRST);
    late.send(A, 5, Origin::Sender);
    assert_eq!(may_be_called(&late, FIRST), 1);
    assert_eq!(late.signal_of(FIRST), Some(A));
    assert_eq!(late.due().iter().map(|due| due.subscription).collect::<Vec<_>>(), [SECOND]);
    // On the sender's thread it is gone when its removal returns.
    let mut ordered = model(&claims(Burst::Every, BatchOrder::Sent), &[(FIRST, A)]);
    ordered.send(A, 2, Origin::Sender);
    ordered.unsubscribe(FIRST);
    assert_eq!(ordered.call(FIRST), Err(Wrong::NotSubscribed));
}

#[test]
fn what_a_removed_handler_left_may_reach_the_next_one() {
    let mut model = model(&Claims::default(), &[(FIRST, A)]);
    model.send(A, 5, Origin::Sender);
    model.call(FIRST).expect("it was sent");
    model.call(FIRST).expect("it was sent");
    model.unsubscribe(FIRST);
    model.subscribe(SECOND, A);
    assert_eq!(may_be_called(&model, SECOND), 3);
}

#[test]
fn what_a_removed_handler_leaves_keeps_nobody_waiting() {
    let mut model = model(&claims(Burst::Every, BatchOrder::Sent), &[(FIRST, A), (SECOND, B)]);
    model.send(A, 1, Origin::Sender);
    model.send(B, 1, Origin::Sender);
    assert_eq!(model.clone().call(SECOND), Err(Wrong::OutOfOrder { allowed: vec![A] }));
    model.unsubscribe(FIRST);
    assert_eq!(model.call(SECOND), Ok(()));
}

#[test]
fn all_handlers_of_a_signal_or_of_the_loop_go_together() {
    let mut model = model(&Claims::default(), &[(FIRST, A), (SECOND, A), (Subscription(3), B)]);
    model.unsubscribe_all(Some(A));
    assert!(!model.is_subscribed(A) && model.is_subscribed(B) && model.is_any_subscribed());
    model.unsubscribe_all(None);
    assert!(!model.is_subscribed(B) && !model.is_any_subscribed());
}

#[test]
fn left_out_is_who_was_never_called_while_another_of_its_signal_was() {
    let mut model = model(&Claims::default(), &[(FIRST, A), (SECOND, A), (Subscription(3), B), (Subscription(4), B)]);
    model.send(A, 2, Origin::Sender);
    let left_out = |model: &Model| [1, 2, 3, 4, 5].map(|number| model.is_left_out(Subscription(number)));
    assert_eq!(left_out(&model), [false; 5]);
    model.call(FIRST).expect("it was sent");
    assert_eq!(left_out(&model), [false, true, false, false, false]);
    model.call(SECOND).expect("it was sent");
    assert_eq!(left_out(&model), [false; 5]);
}
