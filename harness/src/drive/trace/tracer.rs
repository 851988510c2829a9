//! The tracer: which threads of the fixture are traced, and what comes to those that are not followed.

use std::time::Duration;

use nix::errno::Errno;
use sigconform_fixture::{Signal, Trace};

use super::{
    pace::Pace,
    shown,
    thread::{State, Thread, Way},
};

/// Everything that the calling thread traces.
pub(super) struct Tracer {
    pub(super) threads: Vec<Thread>,
    /// Longest sleep of the handler's thread that is waited for.
    pub(super) patience: Duration,
    /// How the handler's thread went on last.
    pub(super) way: Option<Way>,
}

impl Tracer {
    /// Every thread of the process.
    pub(super) fn seize(pid: libc::pid_t, patience: Duration) -> Result<Self, Errno> {
        let mut threads = Vec::new();
        for id in shown::threads(pid) {
            match Thread::seize(id) {
                Ok(thread) => threads.push(thread),
                // It has just ended.
                Err(Errno::ESRCH) => {}
                Err(errno) => return Err(errno),
            }
        }
        Ok(Self { threads, patience, way: None })
    }

    /// The thread that is about to take the signal.
    ///
    /// # Errors
    /// What is to be said where none is: somebody fetched it, the process has ended, or nobody took it in all the time.
    pub(super) fn await_delivery(&mut self, pid: libc::pid_t, signal: Signal) -> Result<Thread, Trace> {
        let mut pace = Pace::new();
        loop {
            // What is fetched rather than taken is no longer pending, and whoever fetched it sleeps again or is about to:
            // asked before the look, so that a stop between the two is seen by it.
            let is_over = !shown::is_pending(pid, signal) && self.all_asleep();
            if let Some(thread) = self.look(Some(signal.as_raw())) {
                return Ok(thread);
            }
            if is_over || self.threads.is_empty() {
                return Err(Trace::NoHandler);
            }
            if pace.is_over() {
                return Err(Trace::Untraced { reason: "no thread took the signal while it was waited for".to_owned() });
            }
            pace.rest();
        }
    }

    fn all_asleep(&self) -> bool {
        self.threads.iter().all(|thread| shown::is_asleep(thread.id()))
    }

    /// Passes on what the other threads receive.
    pub(super) fn pass_on(&mut self) {
        self.look(None);
    }

    /// Looks at each thread once: one that is about to take the wanted signal is returned, what others receive is passed on.
    fn look(&mut self, wanted: Option<libc::c_int>) -> Option<Thread> {
        let mut found = None;
        self.threads.retain(|thread| {
            match thread.state() {
                State::Runs => return true,
                State::Ended => return false,
                State::Stopped(signal) if Some(signal) == wanted && found.is_none() => {
                    found = Some(*thread);
                    return true;
                }
                State::Stopped(signal) => thread.go_on(signal),
                State::StoppedAsGroup => thread.stay_stopped(),
                // What it becomes is nothing to follow.
                State::Replaced => thread.detach(0),
                State::Paused | State::Stepped | State::AtCall => thread.go_on(0),
            }
            .is_ok()
        });
        found
    }
}
