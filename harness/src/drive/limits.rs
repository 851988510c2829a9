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

/// How soon a loop that sleeps is taken to sleep for good where so many do that patience would be all that a run is.
const HASTY: Duration = Duration::from_millis(250);

impl Limits {
    /// The same, but quick to believe that a loop sleeps for good: for runs in which that is common.
    ///
    /// ```
    /// # use sigconform::drive::Limits;
    /// let usual = Limits::default();
    /// assert!(usual.hasty().stuck_after < usual.stuck_after);
    /// assert_eq!(usual.hasty().deadline, usual.deadline);
    /// ```
    #[must_use]
    pub fn hasty(self) -> Self {
        Self { stuck_after: HASTY.min(self.stuck_after), ..self }
    }
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
