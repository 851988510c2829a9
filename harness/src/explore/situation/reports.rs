//! What a report must show as the first one did.

use sigconform_fixture::Removal;

use super::Situation;
use crate::{
    catalogue::{Act, Aspect},
    explore::signals::Signals,
};

/// Rounds between two reports that are asked for what must not grow: more than what a library may keep for the next one.
pub(in crate::explore) const ROUNDS: u32 = 30;

/// What the first report found: later ones are compared with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::explore) struct Baseline {
    live: Signals,
    once: Signals,
    quiet: bool,
}

/// What decides how many descriptors and threads there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::explore) struct Inventory {
    live: usize,
    signals: Signals,
    threads: usize,
}

impl Situation<'_> {
    pub(super) fn baseline_now(&self) -> Baseline {
        Baseline { live: self.subscribed(), once: self.once, quiet: self.is_quiet() }
    }

    pub(super) fn inventory_now(&self) -> Inventory {
        let threads = self.threads.len() + usize::from(self.reader.is_some()) + usize::from(self.second.is_some());
        Inventory { live: self.live.len(), signals: self.subscribed(), threads }
    }

    /// Nothing is on its way, or kept from arriving.
    pub(in crate::explore) fn is_quiet(&self) -> bool {
        self.due.is_empty() && self.held_sent.is_empty() && !self.alarm && !self.children && !self.removed_while_due
    }

    /// What a report here must show as the first one did. Without an earlier report nothing.
    pub(in crate::explore) fn comparable(&self) -> Vec<Aspect> {
        let Some(first) = &self.baseline else { return Vec::new() };
        let now = self.baseline_now();
        let restored = self.able.claims.removal.value == Removal::Restored;
        let mut same = Vec::new();
        let same_signals = now.live == first.live && (now.once == first.once || restored);
        if !same_signals || self.ever_second != Signals::default() || !self.own_later.is_empty() {
            return same;
        }
        same.extend([Aspect::Blocked, Aspect::Caught, Aspect::Ignored]);
        // Of what was sent more often than is waited for, the rest may still be pending.
        if now.quiet && first.quiet && self.loose.is_empty() && self.started_blocked.is_empty() {
            same.push(Aspect::Pending);
        }
        same
    }

    /// Whether there must be no more descriptors and threads than at the report before: the same is subscribed after many rounds,
    /// and whatever is closed or ended late was given the time for it, while every thread slept.
    pub(in crate::explore) fn is_countable(&self) -> bool {
        let settled = self.last == Some(Act::AwaitKill) && self.is_quiet() && self.stopping == 0;
        settled && self.rounds >= ROUNDS && self.inventory == Some(self.inventory_now())
    }
}
