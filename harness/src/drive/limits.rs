//! The limits of one run: what is no limit of the system, and yet must end a wait.

use std::time::Duration;

/// How long, and how much, a fixture may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Longest whole run, without what the fixture waits for a processor where the system shows that. Generous: it only ends
    /// what is busy; what sleeps for good is recognised sooner.
    pub deadline: Duration,
    /// How long every thread must sleep, without using processor time, to be stuck.
    pub stuck_after: Duration,
    /// Most processor time that a loop may use between announcing that it waits and sleeping.
    pub idle_allowance: Duration,
    /// Most bytes of standard output.
    pub output: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(60),
            stuck_after: Duration::from_secs(1),
            idle_allowance: Duration::from_secs(1),
            output: 16 << 20,
        }
    }
}
