//! Reports of the process's state, and of a child's: what must be as before, and what the claims say of the rest.

use sigconform_fixture::{EarlierHandler, SecondHandler, Signal, Stack, State, SystemCalls, Threads};

use super::{law, monitor::Monitor};
use crate::{catalogue::Aspect, transcript::list};

/// Most bytes that a report may find in use beyond the first: buffers that are made once, never what each round leaves.
const MEMORY_ALLOWANCE: u64 = 16 << 10;

/// Calls of one of the program's own handlers, from before the loop existed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Earlier {
    signal: Signal,
    /// Sends while nobody else was subscribed.
    alone: u64,
    /// Sends in all.
    all: u64,
}

impl Earlier {
    pub(super) fn of(signals: &[Signal]) -> Vec<Self> {
        signals.iter().map(|&signal| Self { signal, alone: 0, all: 0 }).collect()
    }
}

impl<'a> Monitor<'a> {
    pub(super) fn count_earlier(&mut self, signal: Signal, times: u64) {
        let subscribed = self.model.is_subscribed(signal);
        if let Some(earlier) = self.earlier.iter_mut().find(|earlier| earlier.signal == signal) {
            earlier.all += times;
            earlier.alone += if subscribed { 0 } else { times };
        }
    }

    pub(super) fn state(&mut self, state: &'a State) {
        let first = *self.first_state.get_or_insert(state);
        let part = self.part;
        for &aspect in part.reports.get(self.reports).into_iter().flatten() {
            if let Some(difference) = difference(aspect, first, state) {
                self.breach(
                    &law::LEAVES_NO_TRACE,
                    format!("not as in the first report: {difference}"),
                    "no difference",
                );
            }
        }
        self.reports += 1;
        self.check_others_untouched(first, state);
        self.check_dispositions(state);
        self.check_earlier(state);
    }

    /// A signal that is not subscribed has the mask and disposition that it had first.
    fn check_others_untouched(&mut self, first: &State, state: &State) {
        // The one handler of a process is for all that it supports.
        let one = self.claims.second_handler.value == SecondHandler::OnePerProcess;
        let takes = |signal: &Signal| one && self.claims.supports.value.contains(signal);
        let ever = |signal: &Signal| self.was_subscribed(*signal) || takes(signal);
        let changed: Vec<_> =
            [(&first.blocked, &state.blocked), (&first.caught, &state.caught), (&first.ignored, &state.ignored)]
                .into_iter()
                .flat_map(|(before, after)| symmetric_difference(before, after))
                .filter(|signal| !ever(signal))
                .collect();
        for signal in changed {
            let message = format!("the mask or disposition of {signal} changed, and nobody subscribed it");
            self.breach(&law::TOUCHES_ONLY_ITS_OWN, message, format!("{signal} as in the first report"));
        }
    }

    fn check_dispositions(&mut self, state: &State) {
        let caught: Vec<_> = state.caught.iter().copied().filter(|&signal| self.model.is_subscribed(signal)).collect();
        for signal in caught {
            let restarts = state.restarting.contains(&signal);
            match self.claims.system_calls.value {
                SystemCalls::Restart if !restarts => {
                    let message = format!("{signal} interrupts system calls: its handler has no SA_RESTART");
                    self.breach(&law::SYSTEM_CALLS_AS_CLAIMED, message, "SA_RESTART");
                }
                SystemCalls::Interrupted if restarts => {
                    let message = format!("{signal} restarts system calls: its handler has SA_RESTART");
                    self.breach(&law::SYSTEM_CALLS_AS_CLAIMED, message, "no SA_RESTART");
                }
                _ => {}
            }
            if self.claims.stack.value == Stack::Alternate && !state.on_alternate_stack.contains(&signal) {
                let message = format!("the handler of {signal} has no SA_ONSTACK");
                self.breach(&law::STACK_AS_CLAIMED, message, "SA_ONSTACK");
            }
        }
    }

    /// A mask belongs to its thread, and is inherited from the thread that started it.
    pub(super) fn thread_mask(&mut self, blocked: &[Signal]) {
        let masked = self.is_thread_younger && self.claims.threads.value == Threads::Masked;
        let (age, wrong) =
            (if self.is_thread_younger { "younger" } else { "older" }, if masked { "lets through" } else { "blocks" });
        let wrongly = |signal: &Signal| self.model.is_subscribed(*signal) && blocked.contains(signal) != masked;
        let signals: Vec<_> = Signal::all_catchable().filter(wrongly).collect();
        if !signals.is_empty() {
            let message = format!("a thread {age} than the subscription {wrong} {}", list(&signals));
            self.breach(
                &law::MASKS_AS_CLAIMED,
                message,
                if masked { "a thread that blocks it" } else { "a mask without it" },
            );
        }
    }

    /// A read of another thread, to which a signal was delivered meanwhile.
    pub(super) fn read_ended(&mut self, interrupted: bool) {
        match self.claims.system_calls.value {
            SystemCalls::Restart if interrupted => {
                self.breach(&law::SYSTEM_CALLS_AS_CLAIMED, "a read failed with EINTR", "a read that is restarted");
            }
            SystemCalls::Interrupted if !interrupted => {
                self.breach(&law::SYSTEM_CALLS_AS_CLAIMED, "a read was restarted", "a read that fails with EINTR");
            }
            _ => {}
        }
    }

    fn check_earlier(&mut self, state: &State) {
        for Earlier { signal, alone, all } in self.earlier.clone() {
            let calls = state.earlier_calls.iter().find(|earlier| earlier.signal == signal).map_or(0, |e| e.calls);
            let allowed = match self.claims.earlier_handler.value {
                EarlierHandler::Chained | EarlierHandler::Refused => all..=all,
                EarlierHandler::Replaced => alone..=alone,
                EarlierHandler::Unspecified => alone..=all,
            };
            if !allowed.contains(&calls) {
                let message = format!("the program's own handler of {signal} was called {calls} times of {all} sends");
                self.breach(
                    &law::EARLIER_AS_CLAIMED,
                    message,
                    format!("{} to {} calls", allowed.start(), allowed.end()),
                );
            }
        }
    }

    pub(super) fn child_state(&mut self, state: &'a State) {
        let baseline = *self.first_child.get_or_insert(state);
        let mut wrong = Vec::new();
        for (what, before, after) in
            [("blocks", &baseline.blocked, &state.blocked), ("ignores", &baseline.ignored, &state.ignored)]
        {
            let changed = symmetric_difference(before, after);
            if !changed.is_empty() {
                let names: Vec<_> = changed.iter().map(ToString::to_string).collect();
                wrong.push(format!("{what} other signals than without the library: {}", names.join(", ")));
            }
        }
        if state.descriptors.inherited > 0 {
            wrong.push(format!("has {} inherited descriptors", state.descriptors.inherited));
        }
        for wrong in wrong {
            self.breach(&law::CLEAN_CHILD, format!("a child program {wrong}"), "a child as without the library");
        }
    }
}

/// How an aspect differs, for people.
fn difference(aspect: Aspect, first: &State, now: &State) -> Option<String> {
    let signals = |what: &str, before: &[Signal], after: &[Signal]| {
        let changed = symmetric_difference(before, after);
        let names: Vec<_> = changed.iter().map(ToString::to_string).collect();
        (!changed.is_empty()).then(|| format!("{what} {}", names.join(", ")))
    };
    match aspect {
        Aspect::Blocked => signals("blocked:", &first.blocked, &now.blocked),
        Aspect::Caught => signals("caught:", &first.caught, &now.caught),
        Aspect::Ignored => signals("ignored:", &first.ignored, &now.ignored),
        Aspect::Pending => signals("pending:", &first.pending, &now.pending),
        Aspect::Descriptors => {
            let count = |of: sigconform_fixture::Descriptors| of.inherited.saturating_add(of.private);
            let (before, after) = (count(first.descriptors), count(now.descriptors));
            // Fewer are no leak: a library may close late what was open at the first report.
            let for_children = (first.descriptors.inherited, now.descriptors.inherited);
            match for_children {
                _ if after > before => Some(format!("{after} descriptors instead of {before}")),
                (was, is) if is > was => Some(format!("{is} descriptors that a child gets instead of {was}")),
                _ => None,
            }
        }
        Aspect::Memory => match (first.heap, now.heap) {
            (Some(before), Some(after)) if after > before.saturating_add(MEMORY_ALLOWANCE) => {
                Some(format!("{} bytes of memory more than before", after - before))
            }
            _ => None,
        },
        Aspect::Threads => match (first.threads, now.threads) {
            (Some(before), Some(after)) if after > before => Some(format!("{after} threads instead of {before}")),
            _ => None,
        },
    }
}

fn symmetric_difference(a: &[Signal], b: &[Signal]) -> Vec<Signal> {
    let only = |left: &[Signal], right: &[Signal]| -> Vec<Signal> {
        left.iter().copied().filter(|signal| !right.contains(signal)).collect()
    };
    let mut changed = only(a, b);
    changed.extend(only(b, a));
    changed
}
