//! How long something is looked at, and how often: every wait here has an end.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::drive::stop;

/// Longest time for a handler, and longest wait for a thread in whatever state.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Between looks at a thread that runs by itself: the first and the longest.
const SOON: Duration = Duration::from_micros(50);
const LATER: Duration = Duration::from_millis(1);

/// Looks again and again, less often each time: whoever is looked at needs the processor.
pub(super) struct Pace {
    next: Duration,
    started: Instant,
}

impl Pace {
    pub(super) fn new() -> Self {
        Self { next: SOON, started: Instant::now() }
    }

    pub(super) fn rest(&mut self) {
        thread::sleep(self.next);
        self.next = (self.next * 2).min(LATER);
    }

    /// Whether there is nothing to wait for any more.
    pub(super) fn is_over(&self) -> bool {
        self.has_lasted(LONGEST_WAIT) || stop::is_wanted()
    }

    /// Whether it began longer ago.
    pub(super) fn has_lasted(&self, time: Duration) -> bool {
        self.started.elapsed() > time
    }
}
