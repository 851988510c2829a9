//! The model against an enumeration of its own: which outcomes of a small script have an explanation?
//!
//! The enumeration knows nothing of the model's counters. It takes a finished outcome (the calls of each yield) and looks
//! for an explanation by trying everything: which call stands for which delivery. The model walks the same outcome event
//! by event. They must agree on every outcome of every small script.

use proptest::prelude::*;
use sigconform_fixture::Claim;

use super::*;

mod counting;
mod subscribing;

const A: Signal = Signal::from_raw(libc::SIGHUP);
const B: Signal = Signal::from_raw(libc::SIGTERM);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Send(Signal),
    Hold(Signal),
    Release,
    Yield,
}

/// The calls of each yield, in order.
type Outcome = Vec<Vec<Signal>>;

fn claims(burst: Burst, batch_order: BatchOrder) -> Claims {
    Claims {
        handlers_run: Claim { value: HandlersRun::SenderThread, ..Claim::default() },
        burst: Claim { value: burst, ..Claim::default() },
        batch_order: Claim { value: batch_order, ..Claim::default() },
        ..Claims::default()
    }
}

/// Walks the outcome through the model.
fn model_allows(script: &[Op], outcome: &Outcome, claims: &Claims) -> bool {
    let mut model = Model::new(claims);
    model.subscribe(Subscription(1), A);
    model.subscribe(Subscription(2), B);
    let mut yields = outcome.iter();
    for op in script {
        match *op {
            Op::Send(signal) => model.send(signal, 1, Origin::Sender),
            Op::Hold(signal) => model.hold(&[signal]),
            Op::Release => model.release(),
            Op::Yield => {
                for &signal in yields.next().into_iter().flatten() {
                    if model.call(Subscription(if signal == A { 1 } else { 2 })).is_err() {
                        return false;
                    }
                }
                if !model.conditions().is_empty() {
                    return false;
                }
                model.end_batch();
            }
        }
    }
    true
}

/// A delivery that must be handled in its yield: its signal, and its place in the order; equal places have none among
/// themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Item {
    signal: Signal,
    place: usize,
}

/// Looks for an explanation of the outcome.
fn explained(script: &[Op], outcome: &Outcome, burst: Burst, order: BatchOrder) -> bool {
    let (mut items, mut held, mut pending) = (Vec::new(), Vec::new(), Vec::new());
    let mut sent = BTreeMap::<Signal, usize>::new();
    let mut called = BTreeMap::<Signal, usize>::new();
    // Sends without a place in the order: merged, taken by another thread, or left by an earlier yield.
    let mut spare = BTreeMap::<Signal, usize>::new();
    let mut yields = outcome.iter();
    for (place, op) in script.iter().enumerate() {
        match *op {
            Op::Send(signal) => {
                *sent.entry(signal).or_default() += 1;
                if held.contains(&signal) {
                    pending.push(signal);
                    *spare.entry(signal).or_default() += 1;
                } else {
                    items.push(Item { signal, place });
                }
            }
            Op::Hold(signal) => held.push(signal),
            Op::Release => {
                held.clear();
                pending.sort_unstable();
                pending.dedup();
                // What another thread took, and was handled by now, is no longer pending.
                pending.retain(|signal| called.get(signal) < sent.get(signal));
                for signal in pending.drain(..) {
                    items.push(Item { signal, place });
                    spare.entry(signal).and_modify(|spare| *spare = spare.saturating_sub(1));
                }
            }
            Op::Yield => {
                let calls = yields.next().expect("an outcome has every yield");
                for &call in calls {
                    let called = called.entry(call).or_default();
                    *called += 1;
                    if *called > sent.get(&call).copied().unwrap_or_default() {
                        return false;
                    }
                }
                let mut required = std::mem::take(&mut items);
                if burst == Burst::AtLeastOne {
                    // One call is enough for all of a kind, and has the place of the first.
                    let mut seen = Vec::new();
                    required.retain(|item| {
                        let new = !seen.contains(&item.signal);
                        seen.push(item.signal);
                        new
                    });
                }
                if !stands_for_all(calls, &required, &spare, order) {
                    return false;
                }
                for (&signal, &sent) in &sent {
                    spare.insert(signal, sent - called.get(&signal).copied().unwrap_or_default());
                }
            }
        }
    }
    true
}

/// Whether the calls can stand for all items: each for one whose turn it is, or out of turn at the cost of a spare send.
/// Calls without an item left are of the kind that merged.
fn stands_for_all(calls: &[Signal], items: &[Item], spare: &BTreeMap<Signal, usize>, order: BatchOrder) -> bool {
    let Some((&call, later)) = calls.split_first() else { return items.is_empty() };
    let in_turn = |item: &Item| match order {
        BatchOrder::Unspecified => true,
        BatchOrder::Sent => items.iter().all(|other| item.place <= other.place),
        BatchOrder::LowestFirst => items.iter().all(|other| item.signal.as_raw() <= other.signal.as_raw()),
    };
    if items.iter().all(|item| item.signal != call) {
        return stands_for_all(later, items, spare, order);
    }
    (0..items.len()).filter(|&at| items[at].signal == call).any(|at| {
        let (mut rest, mut spare) = (items.to_vec(), spare.clone());
        let item = rest.remove(at);
        let affordable = in_turn(&item) || {
            let left = spare.entry(call).or_default();
            let some = *left > 0;
            *left = left.saturating_sub(1);
            some
        };
        affordable && stands_for_all(later, &rest, &spare, order)
    })
}

/// Whether something was handled while it was held, after its last send: how much of what waits merged into that, nobody knows,
/// so the model may ask for less.
fn is_handled_while_held(script: &[Op], outcome: &Outcome) -> bool {
    let (mut held, mut waiting) = (BTreeSet::<Signal>::new(), BTreeSet::<Signal>::new());
    let mut yields = outcome.iter();
    script.iter().any(|op| match *op {
        Op::Hold(signal) => {
            held.insert(signal);
            false
        }
        Op::Send(signal) => {
            waiting.extend(held.get(&signal).copied());
            false
        }
        Op::Release => {
            held.clear();
            waiting.clear();
            false
        }
        Op::Yield => yields.next().into_iter().flatten().any(|call| waiting.contains(call)),
    })
}

/// Every sequence of at most `longest` calls.
fn sequences(longest: usize) -> Vec<Vec<Signal>> {
    let mut all = vec![Vec::new()];
    let mut last = all.clone();
    for _ in 0..longest {
        last = last.iter().flat_map(|head| [A, B].map(|signal| [head.as_slice(), &[signal]].concat())).collect();
        all.extend(last.iter().cloned());
    }
    all
}

/// Every outcome of a script with this many yields.
fn outcomes(yields: usize, longest: usize) -> Vec<Outcome> {
    (0..yields).fold(vec![Vec::new()], |heads, _| {
        let extend =
            |head: Outcome| sequences(longest).into_iter().map(move |tail| [head.as_slice(), &[tail]].concat());
        heads.into_iter().flat_map(extend).collect()
    })
}

fn op() -> impl Strategy<Value = Op> {
    let signal = prop_oneof![Just(A), Just(B)];
    prop_oneof![
        4 => signal.clone().prop_map(Op::Send),
        1 => signal.prop_map(Op::Hold),
        1 => Just(Op::Release),
        2 => Just(Op::Yield),
    ]
}

/// A small script: at most four sends and two yields, of which one is at its end, and nothing held there.
fn script() -> impl Strategy<Value = Vec<Op>> {
    prop::collection::vec(op(), 1..7).prop_map(|mut ops| {
        let mut sends = 0;
        let mut yields = 0;
        ops.retain(|op| match op {
            Op::Send(_) => {
                sends += 1;
                sends <= 4
            }
            Op::Yield => {
                yields += 1;
                yields <= 1
            }
            _ => true,
        });
        ops.extend([Op::Release, Op::Yield]);
        ops
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_model_allows_what_has_an_explanation(
        script in script(),
        burst in prop_oneof![Just(Burst::Every), Just(Burst::AtLeastOne)],
        order in prop_oneof![Just(BatchOrder::Sent), Just(BatchOrder::LowestFirst), Just(BatchOrder::Unspecified)],
    ) {
        let claims = claims(burst, order);
        let yields = script.iter().filter(|op| **op == Op::Yield).count();
        let sends = script.iter().filter(|op| matches!(op, Op::Send(_))).count();
        for outcome in outcomes(yields, sends.min(3)) {
            let (allowed, explained) = (model_allows(&script, &outcome, &claims), explained(&script, &outcome, burst, order));
            let may_be_more = is_handled_while_held(&script, &outcome);
            prop_assert!(
                allowed == explained || (allowed && may_be_more),
                "{:?} under {:?} {:?}: {:?}: allowed {}, explained {}", script, burst, order, outcome, allowed, explained
            );
        }
    }
}

#[test]
fn some_outcomes_are_allowed_and_some_are_not() {
    let script = [Op::Send(A), Op::Send(B), Op::Send(A), Op::Yield];
    let allowed = |burst, order| {
        let all = outcomes(1, 3);
        all.into_iter().filter(|outcome| model_allows(&script, outcome, &claims(burst, order))).collect::<Vec<_>>()
    };
    assert_eq!(allowed(Burst::Every, BatchOrder::Sent), [[[A, B, A]]]);
    assert_eq!(allowed(Burst::Every, BatchOrder::LowestFirst), [[[A, A, B]]]);
    assert_eq!(allowed(Burst::Every, BatchOrder::Unspecified).len(), 3);
    let one = allowed(Burst::AtLeastOne, BatchOrder::Sent);
    assert_eq!(one, [vec![vec![A, B]], vec![vec![A, A, B]], vec![vec![A, B, A]]]);
}

#[test]
fn a_call_without_a_send_says_so() {
    let mut model = Model::new(&claims(Burst::Every, BatchOrder::Sent));
    model.subscribe(Subscription(1), A);
    assert_eq!(model.call(Subscription(1)), Err(Wrong::NotSent));
    assert_eq!(model.call(Subscription(7)), Err(Wrong::NotSubscribed));
}

#[test]
fn a_call_too_many_says_how_often_it_was_sent() {
    let mut model = Model::new(&claims(Burst::AtLeastOne, BatchOrder::Unspecified));
    model.subscribe(Subscription(1), A);
    model.send(A, 2, Origin::Sender);
    assert_eq!((model.call(Subscription(1)), model.call(Subscription(1))), (Ok(()), Ok(())));
    assert_eq!(model.call(Subscription(1)), Err(Wrong::TooOften { sent: 2 }));
}

#[test]
fn a_removed_handler_is_silent_and_the_other_is_not() {
    let mut model = Model::new(&claims(Burst::Every, BatchOrder::Sent));
    model.subscribe(Subscription(1), A);
    model.subscribe(Subscription(2), A);
    model.send(A, 1, Origin::Sender);
    model.unsubscribe(Subscription(1));
    assert_eq!(model.call(Subscription(1)), Err(Wrong::NotSubscribed));
    assert_eq!(model.call(Subscription(2)), Ok(()));
    assert!(model.conditions().is_empty());
}

#[test]
fn a_held_signal_that_another_thread_took_owes_nothing_more() {
    let mut model = Model::new(&Claims::default());
    model.subscribe(Subscription(1), A);
    model.hold(&[A]);
    model.send(A, 1, Origin::Sender);
    model.send(A, 1, Origin::Sender);
    model.call(Subscription(1)).expect("taken by a thread that does not hold it");
    model.release();
    assert_eq!(model.conditions(), []);
    model.call(Subscription(1)).expect("the second send may have been another signal");
    model.hold(&[A]);
    model.send(A, 1, Origin::Sender);
    model.release();
    assert_eq!(model.conditions(), [Condition::CallAfterSend { subscription: Subscription(1) }]);
}

/// Source: signalfd(2): a descriptor is read of what is blocked.
#[test]
fn what_is_held_is_fetched_where_every_thread_blocks_it() {
    let owed = |value| {
        let threads = Claim { value, ..Claim::default() };
        let mut model = Model::new(&Claims { threads, ..claims(Burst::AtLeastOne, BatchOrder::Unspecified) });
        model.subscribe(Subscription(1), A);
        model.hold(&[A]);
        model.send(A, 1, Origin::Sender);
        model.send(A, 1, Origin::Sender);
        model.call(Subscription(1)).expect("the loop turns while it is held");
        model.release();
        let owed = model.conditions();
        model.send(A, 1, Origin::Sender);
        assert_eq!(model.conditions(), [Condition::CallAfterSend { subscription: Subscription(1) }]);
        owed
    };
    assert_eq!(owed(Threads::Masked), []);
    // Elsewhere another thread took the first, and the second may have been sent after that.
    assert_eq!(owed(Threads::Any), [Condition::CallAfterSend { subscription: Subscription(1) }]);
}

#[test]
fn a_queued_signal_that_is_held_is_owed_from_its_release_on() {
    let Some(lowest) = Signal::lowest_real_time() else { return };
    let queued = Claim { value: RealTime::Queued, ..Claim::default() };
    let mut model = Model::new(&Claims { real_time: queued, ..claims(Burst::AtLeastOne, BatchOrder::Unspecified) });
    let (id, signal) = (Subscription(1), Signal::from_raw(lowest));
    model.subscribe(id, signal);
    model.hold(&[signal]);
    model.send(signal, 3, Origin::Sender);
    assert_eq!(model.conditions(), [], "nobody can be called for what is blocked");
    model.release();
    assert_eq!(
        model.conditions(),
        [Condition::Calls { subscription: id, total: 3 }, Condition::CallAfterSend { subscription: id }]
    );
}

#[test]
fn what_was_blocked_at_the_start_is_owed_to_whoever_claims_it_only() {
    let owed = |value| {
        let pending_before = Claim { value, ..Claim::default() };
        let mut model = Model::new(&Claims { pending_before, ..claims(Burst::Every, BatchOrder::Sent) });
        model.starts_blocked(&[A]);
        model.subscribe(Subscription(1), A);
        model.send(A, 1, Origin::Sender);
        let owed = !model.conditions().is_empty();
        assert_eq!(model.call(Subscription(1)), Ok(()), "whoever unblocks it handles it");
        owed
    };
    assert!(owed(PendingBefore::Handled) && !owed(PendingBefore::Unspecified) && !owed(PendingBefore::NotHandled));
}

#[test]
fn what_was_owed_at_a_yield_may_come_after_it_and_is_owed_no_more() {
    let mut model = Model::new(&claims(Burst::Every, BatchOrder::Sent));
    model.subscribe(Subscription(1), A);
    model.send(A, 2, Origin::Sender);
    model.call(Subscription(1)).expect("it was sent");
    model.waive();
    model.end_batch();
    assert_eq!(model.conditions(), []);
    assert_eq!(model.call(Subscription(1)), Ok(()));
    assert_eq!(model.call(Subscription(1)), Err(Wrong::TooOften { sent: 2 }));
}

#[test]
fn what_comes_along_with_a_child_that_is_waited_for_may_be_handled_and_need_not() {
    let mut model = Model::new(&claims(Burst::Every, BatchOrder::Sent));
    model.subscribe(Subscription(1), A);
    model.send(A, 1, Origin::Beside);
    assert_eq!(model.conditions(), []);
    assert_eq!(model.call(Subscription(1)), Ok(()));
    // Nor does it put off what was owed before.
    model.send(A, 1, Origin::Sender);
    model.call(Subscription(1)).expect("it was sent");
    model.send(A, 1, Origin::Beside);
    assert_eq!(model.conditions(), []);
}

#[test]
fn a_refused_send_never_happened() {
    let mut model = Model::new(&claims(Burst::Every, BatchOrder::Sent));
    model.subscribe(Subscription(1), A);
    model.send(A, 1, Origin::Sender);
    model.unsend(A);
    assert!(model.conditions().is_empty());
    assert_eq!(model.call(Subscription(1)), Err(Wrong::NotSent));
    // Nor for a handler that is added later.
    model.send(B, 1, Origin::Sender);
    model.unsend(B);
    model.subscribe(Subscription(2), B);
    assert_eq!(model.call(Subscription(2)), Err(Wrong::NotSent));
}

/// A number that a fixture wrote may be any.
#[test]
fn more_signals_than_can_be_counted_are_as_many_as_can() {
    for held in [false, true] {
        let mut model = Model::new(&claims(Burst::Every, BatchOrder::Sent));
        // Before a handler was added, and after.
        for _ in 0..2 {
            model.send(A, u64::MAX, Origin::Sender);
        }
        model.subscribe(Subscription(1), A);
        if held {
            model.hold(&[A]);
        }
        for origin in [Origin::Sender, Origin::Elsewhere, Origin::Sender] {
            model.send(A, u64::MAX, origin);
        }
        model.release();
        assert_eq!(model.call(Subscription(1)), Ok(()));
        model.unsubscribe(Subscription(1));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn queued_real_time_signals_each_have_a_call_whatever_a_burst_does() {
    let real_time = Signal::from_raw(Signal::lowest_real_time().expect("Linux has them") + 1);
    let queued = Claims {
        real_time: Claim { value: RealTime::Queued, ..Claim::default() },
        ..claims(Burst::AtLeastOne, BatchOrder::Unspecified)
    };
    let mut model = Model::new(&queued);
    model.subscribe(Subscription(1), real_time);
    model.send(real_time, 1, Origin::Sender);
    model.send(real_time, 1, Origin::Sender);
    assert_eq!(model.call(Subscription(1)), Ok(()));
    assert_eq!(model.conditions(), [Condition::Calls { subscription: Subscription(1), total: 2 }]);
}
