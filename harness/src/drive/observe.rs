//! What the system shows of a process from outside: whether its threads sleep, and the processor time they used.

use std::time::Duration;

use crate::transcript::ThreadState;

#[cfg(target_os = "linux")]
#[path = "observe/linux.rs"]
mod imp;
#[cfg(target_os = "macos")]
#[path = "observe/macos.rs"]
mod imp;
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
#[path = "observe/elsewhere.rs"]
mod imp;

pub(super) use imp::{EndWatch, look};

/// One look at a process and its children.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Look {
    /// Every thread sleeps.
    pub(super) asleep: bool,
    /// Processor time used since the start.
    pub(super) used: Duration,
    /// How often a thread was given a processor: grows even when the time does not show.
    pub(super) switches: u64,
    /// Each thread, as far as it is shown.
    pub(super) threads: Vec<ThreadState>,
}
