//! The tally of a cell: what its runs gave, whatever the order in which they ended.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    time::Duration,
};

use crate::{
    fault::Failure,
    judge::Violation,
    observed::Observation,
    results::{Outcome, Timeline},
};

/// One run: a transcript's text, the laws that it broke, and when it happened.
pub(super) struct Played {
    pub(super) text: String,
    pub(super) violations: Vec<Violation>,
    /// What it showed of claims that are not made: their names, each with a value.
    pub(super) observed: Vec<(&'static str, String)>,
    pub(super) timeline: Option<Timeline>,
}

/// The runs that gave one transcript: how many, and the one with the lowest number as the example.
pub(super) struct Seen {
    pub(super) count: u32,
    pub(super) number: u32,
    pub(super) timeline: Option<Timeline>,
}

pub(super) enum Unplayed {
    Skip(String),
    Error(Failure),
}

/// What the runs of one cell gave. Nothing of it depends on the order in which they end.
#[derive(Default)]
pub(super) struct Tally {
    /// Runs that have ended, in whatever way.
    pub(super) done: u32,
    /// Runs that gave a transcript.
    pub(super) runs: u32,
    pub(super) took: Duration,
    pub(super) seen: BTreeMap<(String, bool), Seen>,
    /// The broken laws of the run with the lowest number that broke any.
    pub(super) violations: Option<(u32, Vec<Violation>)>,
    /// The laws that any run broke: a later run must not hide another one behind the first.
    pub(super) laws: BTreeSet<String>,
    /// What was observed of claims that are not made, and in how many runs.
    pub(super) observed: BTreeMap<(&'static str, String), u32>,
    /// What kept a run from being judged: of the run with the lowest number.
    pub(super) failure: Option<(u32, Failure)>,
    /// Why a run said nothing of the library, though nothing went wrong: of the run with the lowest number.
    pub(super) skip: Option<(u32, String)>,
}

impl Tally {
    pub(super) fn add(&mut self, number: u32, (played, took): (Result<Played, Unplayed>, Duration)) {
        self.done += 1;
        self.took += took;
        match played {
            Ok(Played { text, violations, observed, timeline }) => {
                self.runs += 1;
                for seen in observed {
                    *self.observed.entry(seen).or_default() += 1;
                }
                let run = Seen { count: 0, number, timeline };
                match self.seen.entry((text, violations.is_empty())) {
                    Entry::Vacant(entry) => {
                        entry.insert(Seen { count: 1, ..run });
                    }
                    Entry::Occupied(mut entry) => {
                        let count = entry.get().count + 1;
                        if number < entry.get().number {
                            entry.insert(run);
                        }
                        entry.get_mut().count = count;
                    }
                }
                self.laws.extend(violations.iter().map(|violation| violation.law.clone()));
                if !violations.is_empty() {
                    first(&mut self.violations, number, violations);
                }
            }
            Err(Unplayed::Skip(reason)) => first(&mut self.skip, number, reason),
            Err(Unplayed::Error(failure)) => first(&mut self.failure, number, failure),
        }
    }

    pub(super) fn observed(&self) -> Vec<Observation> {
        let seen = self.observed.iter();
        seen.map(|((claim, value), &runs)| Observation { claim: (*claim).to_owned(), value: value.clone(), runs })
            .collect()
    }

    pub(super) fn outcomes(&self) -> Vec<Outcome> {
        let seen = self.seen.iter();
        let mut outcomes: Vec<_> = seen
            .map(|((transcript, allowed), Seen { count, timeline, .. })| Outcome {
                transcript: transcript.clone(),
                count: *count,
                allowed: *allowed,
                timeline: timeline.clone(),
            })
            .collect();
        outcomes.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.transcript.cmp(&b.transcript)));
        outcomes
    }
}

/// Keeps what the run with the lowest number gave.
fn first<T>(kept: &mut Option<(u32, T)>, number: u32, new: T) {
    if kept.as_ref().is_none_or(|(earlier, _)| number < *earlier) {
        *kept = Some((number, new));
    }
}
