//! What a report must show as the first one did.

use sigconform_fixture::Removal;

use super::Situation;
use crate::{
    catalogue::{Act, Aspect},
    explore::signals::Signals,
};

/// What the first report found: later ones are compared with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::explore) struct Baseline {
    live: Signals,
    once: Signals,
    acts: u64,
    threads: usize,
    quiet: bool,
}

impl Situation<'_> {
    pub(super) fn baseline_now(&self) -> Baseline {
        Baseline {
            live: self.subscribed(),
            once: self.once,
            acts: self.acts,
            threads: self.threads.len() + usize::from(self.reader.is_some()),
            quiet: self.is_quiet(),
        }
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
        if now.quiet && first.quiet && self.started_blocked.is_empty() {
            same.push(Aspect::Pending);
        }
        // Whatever is made once, for the first of its kind, was there at the first report.
        let is_warm = now.once == first.once && now.acts & !(first.acts | 1 << Act::Report as u32) == 0;
        if is_warm && now.threads == first.threads && self.stopping == 0 {
            same.push(Aspect::Descriptors);
            // The thread that closed the loop may not have ended.
            if now.acts & (1 << Act::AwaitClose as u32) == 0 {
                same.push(Aspect::Threads);
            }
        }
        same
    }
}
