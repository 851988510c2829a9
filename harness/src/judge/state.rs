//! Reports of the process's state, and of a child's: what must be as before, and what the claims say of the rest.

use std::ops::RangeInclusive;

use sigconform_fixture::{Claims, EarlierHandler, Removal, SecondHandler, Signal, Stack, State, SystemCalls, Threads};

use super::{law, monitor::Monitor};
use crate::{catalogue::Aspect, transcript::list};

/// Bytes by which memory in use may grow from one late report to the next: less than what each of many rounds leaves.
const MEMORY_ALLOWANCE: u64 = 4 << 10;

/// Calls of one of the program's own handlers, from before the loop existed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Earlier {
    signal: Signal,
    /// Sends before anybody subscribed: a library that stays captured may have replaced it from then on.
    before: u64,
    /// Sends while nobody else was subscribed.
    alone: u64,
    /// Sends in all.
    all: u64,
}

impl Earlier {
    pub(super) fn of(signals: &[Signal]) -> Vec<Self> {
        signals.iter().map(|&signal| Self { signal, before: 0, alone: 0, all: 0 }).collect()
    }

    /// Calls that it may have had.
    fn allowed(self, claims: &Claims) -> RangeInclusive<u64> {
        let Self { before, alone, all, .. } = self;
        let back = if claims.removal.value == Removal::Restored { alone } else { before };
        let silent = if claims.removal.value == Removal::StaysCaptured { before } else { alone };
        match claims.earlier_handler.value {
            EarlierHandler::Chained | EarlierHandler::Refused => all..=all,
            EarlierHandler::Replaced => back..=silent,
            EarlierHandler::Unspecified => back..=all,
        }
    }
}

impl<'a> Monitor<'a> {
    pub(super) fn count_earlier(&mut self, signal: Signal, times: u64) {
        self.for_earlier(signal, |count| *count += times);
    }

    /// The system refused the last send.
    pub(super) fn uncount_earlier(&mut self, signal: Signal) {
        self.for_earlier(signal, |count| *count = count.saturating_sub(1));
    }

    /// Does this to each count that a send now is part of.
    fn for_earlier(&mut self, signal: Signal, change: impl Fn(&mut u64)) {
        let (subscribed, ever) = (self.model.is_subscribed(signal), self.once_subscribed.contains(&signal));
        let Some(earlier) = self.earlier.iter_mut().find(|earlier| earlier.signal == signal) else { return };
        let counts = [(&mut earlier.before, !ever), (&mut earlier.alone, !subscribed), (&mut earlier.all, true)];
        counts.into_iter().filter(|(_, is_part)| *is_part).for_each(|(count, _)| change(count));
    }

    pub(super) fn state(&mut self, state: &'a State) {
        self.states.push(state);
        let (first, at) = (self.states[0], self.states.len() - 1);
        let part = self.part;
        for &aspect in part.reports.get(at).into_iter().flatten() {
            if let Some((name, before, after)) = setting(aspect, first, state) {
                let changed = symmetric_difference(before, after);
                if !changed.is_empty() {
                    let message = format!("not as in the first report: {name}: {}", list(&changed));
                    self.breach(&law::LEAVES_NO_TRACE, message, "no difference");
                }
            }
            let mut resources = RESOURCES.iter().filter(|resource| resource.aspect == aspect);
            if let Some(grown) = resources.find_map(|resource| self.grown(resource, at)) {
                let message = format!("more and more from report to report: {grown}");
                self.breach(&law::LEAVES_NO_TRACE, message, "no more than in the report before");
            }
        }
        self.check_others_untouched(first, state);
        self.check_dispositions(state);
        self.check_earlier(state);
    }

    /// The numbers of the reports in a row that ask for this resource, up to this last of them, and of the one before: where
    /// each is more than the one before. What is made once, and late, makes one of them so, and a pool until it is full;
    /// what is closed late makes them fewer. Only what leaks grows from each to the next.
    fn grown(&self, resource: &Resource, at: usize) -> Option<String> {
        let asks = |at: &usize| self.part.reports.get(*at).is_some_and(|aspects| aspects.contains(&resource.aspect));
        let rounds = (1..=at).rev().take_while(asks).count();
        if rounds == 0 || asks(&(at + 1)) {
            return None;
        }
        let numbers: Option<Vec<_>> = self.states[at - rounds..].iter().map(|state| (resource.number)(state)).collect();
        let numbers = numbers?;
        let grows = numbers.is_sorted_by(|before, after| *after > before.saturating_add(resource.allowance));
        let numbers: Vec<_> = numbers.iter().map(ToString::to_string).collect();
        grows.then(|| format!("{} {}", numbers.join(", "), resource.name))
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
        for earlier in self.earlier.clone() {
            let Earlier { signal, all, .. } = earlier;
            let calls = state.earlier_calls.iter().find(|earlier| earlier.signal == signal).map_or(0, |e| e.calls);
            let allowed = earlier.allowed(self.claims);
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

/// Something that the process has a number of, and that must not grow.
struct Resource {
    aspect: Aspect,
    name: &'static str,
    /// Nothing where the system does not tell.
    number: fn(&State) -> Option<u64>,
    /// By which it may grow.
    allowance: u64,
}

const RESOURCES: &[Resource] = &[
    Resource {
        aspect: Aspect::Descriptors,
        name: "descriptors",
        number: |state| Some(u64::from(state.descriptors.inherited) + u64::from(state.descriptors.private)),
        allowance: 0,
    },
    Resource {
        aspect: Aspect::Descriptors,
        name: "descriptors that a child gets",
        number: |state| Some(state.descriptors.inherited.into()),
        allowance: 0,
    },
    Resource { aspect: Aspect::Threads, name: "threads", number: |state| state.threads.map(Into::into), allowance: 0 },
    Resource {
        aspect: Aspect::Memory,
        name: "bytes of memory",
        number: |state| state.heap,
        allowance: MEMORY_ALLOWANCE,
    },
];

/// An aspect that is a list of signals: its name, and the signals of both reports.
fn setting<'a>(aspect: Aspect, a: &'a State, b: &'a State) -> Option<(&'static str, &'a [Signal], &'a [Signal])> {
    match aspect {
        Aspect::Blocked => Some(("blocked", &a.blocked, &b.blocked)),
        Aspect::Caught => Some(("caught", &a.caught, &b.caught)),
        Aspect::Ignored => Some(("ignored", &a.ignored, &b.ignored)),
        Aspect::Pending => Some(("pending", &a.pending, &b.pending)),
        Aspect::Descriptors | Aspect::Threads | Aspect::Memory => None,
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
