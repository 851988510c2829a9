//! What the system shows of a process from outside: whether its threads sleep, and the processor time they used.

use std::time::Duration;

#[cfg(target_os = "linux")]
#[path = "observe/linux.rs"]
mod imp;
#[cfg(target_os = "macos")]
#[path = "observe/macos.rs"]
mod imp;
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
#[path = "observe/elsewhere.rs"]
mod imp;

#[cfg(target_os = "linux")]
pub(super) use imp::is_stopped;
pub(super) use imp::{count, is_shown, look, sleeps, threads};

/// One look at everything that a fixture is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    /// Every thread sleeps.
    pub(super) asleep: bool,
    /// Processor time used since the start.
    pub(super) used: Duration,
    /// How often a thread was given a processor: grows even when the time does not show.
    pub(super) switches: u64,
    /// Longest that a thread has been ready to run without a processor to run on, where the system counts that.
    pub(super) waited: Duration,
}

impl Look {
    /// Nothing seen yet.
    #[cfg_attr(
        not(any(target_os = "linux", target_os = "macos")),
        expect(dead_code, reason = "elsewhere nothing is ever seen")
    )]
    const NOTHING: Self = Self { asleep: true, used: Duration::ZERO, switches: 0, waited: Duration::ZERO };
}
