//! What was observed where a backend's documentation says nothing, or leaves it open: does a system call go on, is an earlier
//! handler called, how many calls does a burst give? It is for people who choose a library. No law reads it: what is documented is the judge's
//! business, and is not observed here.
//!
//! One table says which scenarios show a claim, and what in their transcripts does. Only a run that breaks no law is looked at,
//! and one that does not show it says nothing: what was not seen has no value. Runs that show different values are told as they
//! are, as a claim that varies.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sigconform_fixture::{Claims, EarlierCalls, Happening, Place, Signal, State, Subscription};

use crate::{
    catalogue::is_settled,
    transcript::{Ending, Transcript},
};

#[cfg(test)]
mod tests;

/// A value that runs of one cell showed of a claim which the backend does not make, or leaves open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Observation {
    /// The claim's name in the protocol.
    pub claim: String,
    /// What was seen: as the protocol spells the claim's value, where it has one for that.
    pub value: String,
    /// Runs that showed it.
    pub runs: u32,
}

/// One claim: the scenarios that show it, and what a transcript of theirs shows. Several values: it showed all of them.
struct Row {
    claim: &'static str,
    scenarios: &'static [&'static str],
    shown: fn(&Transcript) -> BTreeSet<String>,
}

/// The table. A scenario may stand in several rows.
const TABLE: &[Row] = &[
    Row { claim: "handlers_run", scenarios: &["sequence"], shown: handlers_run },
    Row { claim: "burst", scenarios: &["burst-5", "interrupt-burst"], shown: burst },
    Row { claim: "batch_order", scenarios: &["batch-order-observed"], shown: batch_order },
    Row { claim: "second_handler", scenarios: &["second-handler-observed"], shown: second_handler },
    Row { claim: "removal", scenarios: &["removal-observed", "removal-leaves-nothing"], shown: removal },
    Row { claim: "earlier_handler", scenarios: &["earlier-handler"], shown: earlier_handler },
    Row { claim: "fork_child", scenarios: &["fork-child-observed"], shown: fork_child },
    Row { claim: "system_calls", scenarios: &["blocking-read", "touches-only-its-own"], shown: system_calls },
    Row { claim: "stack", scenarios: &["touches-only-its-own"], shown: stack },
];

/// The claims that are observed where they are left open, each with the scenarios that show it.
pub fn claims() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    TABLE.iter().map(|row| (row.claim, row.scenarios))
}

/// What a run of `scenario` shows of the claims that are left open: the claim's name, and a value.
pub(crate) fn of_run(scenario: &str, transcript: &Transcript, claims: &Claims) -> Vec<(&'static str, String)> {
    let rows = TABLE.iter().filter(|row| row.scenarios.contains(&scenario) && !is_settled(claims, row.claim));
    rows.flat_map(|row| (row.shown)(transcript).into_iter().map(|value| (row.claim, value))).collect()
}

/// Where handlers ran, and whether between two lines of code that does not yield.
fn handlers_run(transcript: &Transcript) -> BTreeSet<String> {
    let (mut in_loop, mut floats, mut called) = (false, false, false);
    for event in &transcript.events {
        match event.what {
            Happening::Yielding | Happening::Settling => in_loop = true,
            Happening::Resumed => in_loop = false,
            Happening::Handler { place, .. } => {
                called = true;
                floats |= !in_loop || place == Place::OtherThread;
            }
            _ => {}
        }
    }
    one(called.then_some(if floats { "concurrently" } else { "sender-thread" }))
}

/// How many calls the handler had for what was sent in a row.
fn burst(transcript: &Transcript) -> BTreeSet<String> {
    let sent = transcript.events.iter().find_map(|event| match event.what {
        Happening::Flooding { signal, times } => Some((signal, times)),
        _ => None,
    });
    let Some((flooded, times)) = sent else { return BTreeSet::new() };
    let calls = calls(transcript).filter(|(signal, _)| *signal == flooded).count();
    one((calls > 0).then(|| format!("{calls} of {times}")).as_deref())
}

/// The order of the first calls for different signals that were sent one by one before a yield.
fn batch_order(transcript: &Transcript) -> BTreeSet<String> {
    let sent = first_of_each(transcript.events.iter().filter_map(|event| match event.what {
        Happening::Sending { signal, .. } => Some(signal),
        _ => None,
    }));
    let subscribed = first_of_each(transcript.events.iter().filter_map(|event| match event.what {
        Happening::Subscribed { signal, .. } => Some(signal),
        _ => None,
    }));
    let mut lowest = sent.clone();
    lowest.sort_by_key(|signal| signal.as_raw());
    let called = first_of_each(calls(transcript).map(|(signal, _)| signal));
    if called.len() != sent.len() {
        return BTreeSet::new();
    }
    let backwards = |order: &[Signal]| order.iter().rev().copied().collect::<Vec<_>>();
    let rules = [
        ("last sent first", backwards(&sent)),
        ("highest first", backwards(&lowest)),
        ("last subscribed first", backwards(&subscribed)),
        ("sent", sent),
        ("lowest-first", lowest),
        ("as subscribed", subscribed),
    ];
    // What several rules would give shows none of them.
    match rules.iter().filter(|(_, order)| *order == called).map(|(name, _)| *name).collect::<Vec<_>>()[..] {
        [] => one(Some("another order")),
        [rule] => one(Some(rule)),
        _ => BTreeSet::new(),
    }
}

/// Which handlers of the signal that has two were called.
fn second_handler(transcript: &Transcript) -> BTreeSet<String> {
    let mut handlers: Vec<(Signal, Subscription)> = Vec::new();
    for event in &transcript.events {
        match event.what {
            Happening::Subscribed { signal, subscription } => handlers.push((signal, subscription)),
            Happening::Refused { signal, .. } if handlers.iter().any(|(other, _)| *other == signal) => {
                return one(Some("refused"));
            }
            _ => {}
        }
    }
    let second = handlers.iter().enumerate().find_map(|(at, handler)| {
        let first = handlers[..at].iter().find(|(signal, _)| *signal == handler.0)?;
        Some((*first, *handler))
    });
    let Some((first, second)) = second else { return BTreeSet::new() };
    let is_called = |handler| calls(transcript).any(|call| call == handler);
    one(match (is_called(first), is_called(second)) {
        (true, true) => Some("both"),
        (false, true) => Some("replaces"),
        (true, false) => Some("the first one stays"),
        (false, false) => None,
    })
}

/// Whether a signal that was removed ended the process, or else what the last report tells of it.
fn removal(transcript: &Transcript) -> BTreeSet<String> {
    let removed = transcript.events.iter().rev().find_map(|event| match event.what {
        Happening::Unsubscribed { signal, error: None, .. } => Some(signal),
        _ => None,
    });
    let Some(signal) = removed else { return BTreeSet::new() };
    if transcript.ending == Ending::Killed(signal) {
        return one(Some("restored"));
    }
    let lists = states(transcript).last().map(|state| (&state.caught, &state.blocked, &state.ignored));
    let is_in = |list: &[Signal]| list.contains(&signal);
    one(match lists {
        // It was sent, and nobody had a handler for it.
        None => is_sent_after_removal(transcript, signal).then_some("stays-captured"),
        Some((Some(caught), Some(blocked), _)) if is_in(caught) || is_in(blocked) => Some("stays-captured"),
        Some((Some(_), Some(_), Some(ignored))) => Some(if is_in(ignored) { "stays ignored" } else { "restored" }),
        Some(_) => None,
    })
}

/// Whether the coroutine went on after it sent what nobody handles any more.
fn is_sent_after_removal(transcript: &Transcript, signal: Signal) -> bool {
    let events = transcript.events.iter().map(|event| &event.what);
    let mut after =
        events.skip_while(|what| !matches!(what, Happening::Unsubscribed { signal: of, .. } if *of == signal));
    after.any(|what| matches!(what, Happening::Sending { signal: sent, .. } if *sent == signal))
        && after.next().is_some()
}

/// What became of the forked child that went on with the loop.
fn fork_child(transcript: &Transcript) -> BTreeSet<String> {
    let ended = transcript.events.iter().find_map(|event| match event.what {
        Happening::ForkEnded { killed_by, failed } => Some((killed_by, failed)),
        _ => None,
    });
    match ended {
        Some((Some(signal), _)) => one(Some(&format!("killed by {signal}"))),
        Some((None, true)) => one(Some("its loop fails")),
        Some((None, false)) => one(Some("handles")),
        None => one(matches!(transcript.ending, Ending::Stuck(_)).then_some("sleeps for good")),
    }
}

/// How often the program's own handler was called, of what was sent before anybody subscribed and after.
fn earlier_handler(transcript: &Transcript) -> BTreeSet<String> {
    let (mut before, mut all, mut subscribed, mut refused) = (0, 0, false, false);
    for event in &transcript.events {
        match event.what {
            Happening::Subscribed { .. } => subscribed = true,
            Happening::Refused { .. } => refused = true,
            Happening::Sending { .. } => {
                all += 1;
                before += u64::from(!subscribed);
            }
            _ => {}
        }
    }
    let last = states(transcript).last().and_then(|state| state.earlier_calls.as_deref());
    let Some([EarlierCalls { calls, .. }]) = last else { return BTreeSet::new() };
    one(match *calls {
        calls if refused && calls == all => Some("refused"),
        calls if calls == all && subscribed => Some("chained"),
        calls if calls == before && subscribed => Some("replaced"),
        // It went from one to the other: no word for that.
        _ => None,
    })
}

/// What a read did that a signal came into, or how the handlers were installed.
fn system_calls(transcript: &Transcript) -> BTreeSet<String> {
    let read = transcript.events.iter().find_map(|event| match event.what {
        Happening::ReadEnded { interrupted } => Some(if interrupted { "interrupted" } else { "restart" }),
        _ => None,
    });
    if read.is_some() {
        return one(read);
    }
    flagged(transcript, |state| state.restarting.as_deref(), ["restart", "interrupted"])
}

/// Whether the handlers were installed for the alternate stack.
fn stack(transcript: &Transcript) -> BTreeSet<String> {
    flagged(transcript, |state| state.on_alternate_stack.as_deref(), ["alternate", "the thread's own"])
}

/// Whether the signal handlers of what is subscribed have a flag, as the reports tell: the first word says that they have it.
fn flagged(
    transcript: &Transcript,
    flag: fn(&State) -> Option<&[Signal]>,
    [with, without]: [&str; 2],
) -> BTreeSet<String> {
    let (mut live, mut seen): (Vec<(Subscription, Signal)>, BTreeSet<String>) = Default::default();
    for event in &transcript.events {
        match &event.what {
            Happening::Subscribed { subscription, signal } => live.push((*subscription, *signal)),
            Happening::Unsubscribed { subscription, .. } => live.retain(|(other, _)| other != subscription),
            Happening::Reopened => live.clear(),
            Happening::State { state } => {
                let (Some(caught), Some(flagged)) = (state.caught.as_deref(), flag(state)) else { continue };
                let words = live.iter().map(|(_, signal)| match caught.contains(signal) {
                    false => "no signal handler",
                    true if flagged.contains(signal) => with,
                    true => without,
                });
                seen.extend(words.map(ToOwned::to_owned));
            }
            _ => {}
        }
    }
    seen
}

fn calls(transcript: &Transcript) -> impl Iterator<Item = (Signal, Subscription)> {
    transcript.events.iter().filter_map(|event| match event.what {
        Happening::Handler { signal, subscription, .. } => Some((signal, subscription)),
        _ => None,
    })
}

fn states(transcript: &Transcript) -> impl DoubleEndedIterator<Item = &State> {
    transcript.events.iter().filter_map(|event| match &event.what {
        Happening::State { state } => Some(&**state),
        _ => None,
    })
}

fn first_of_each(signals: impl Iterator<Item = Signal>) -> Vec<Signal> {
    let mut first = Vec::new();
    for signal in signals {
        if !first.contains(&signal) {
            first.push(signal);
        }
    }
    first
}

fn one(value: Option<&str>) -> BTreeSet<String> {
    value.map(ToOwned::to_owned).into_iter().collect()
}
