//! How the process ended, where it did not end in order: which law that breaks, or why nothing can be said of it.

use sigconform_fixture::{Happening, OutsideAction, Signal};

use super::{
    Unjudgeable,
    cue::Cue,
    law::{self, Law},
    monitor::{Fate, Monitor},
};
use crate::{
    conduct::sends,
    transcript::{Ending, Stuck, ThreadState, describe, quoted_stderr},
};

impl Monitor<'_> {
    /// A process that did not end in order. Where a law is broken already, that is what is said of it, and how it ended
    /// stands in the transcript.
    pub(super) fn ending(&mut self) -> Result<(), Unjudgeable> {
        match &self.transcript.ending {
            Ending::Killed(killer) => return self.killed(*killer),
            Ending::Exited(code) => return self.exited(*code),
            Ending::NeverIdle { used } => {
                let message = format!("used {} ms of processor time with nothing to do", used.as_millis());
                self.breach(&law::IDLE_COSTS_NOTHING, message, "a loop that sleeps");
            }
            Ending::Stuck(Stuck { threads }) if self.in_loop.is_none() && self.is_interrupted() => {
                let message = format!("the signal handler never returned ({})", describe(threads));
                self.breach(&law::SENDER_GOES_ON, message, "the sender's next line");
            }
            Ending::Stuck(Stuck { threads }) if self.stuck_elsewhere(threads) => {}
            Ending::Stuck(Stuck { threads }) if self.is_closing() => {
                let message = format!("the loop is never closed ({})", describe(threads));
                self.breach(&law::CLOSES_IN_ORDER, message, "a loop that is closed");
            }
            Ending::Stuck(Stuck { threads }) => {
                if let Some(closer) = self.closer() {
                    let message =
                        format!("{closer} closed the loop, and its wait is never over ({})", describe(threads));
                    self.breach(&law::CLOSES_IN_ORDER, message, "a wait that is over");
                }
                let until = self.in_loop.take().unwrap_or_default();
                self.check_conditions(until, &format!("the loop sleeps for good ({})", describe(threads)));
                // After a broken law, what it waits for may be a subscription that was wrongly refused.
                if self.violations.is_empty() {
                    return Err(self.ended_idly(threads));
                }
            }
            Ending::Deadline { .. } | Ending::TooMuchOutput { .. } => return self.ended_early(),
        }
        Ok(())
    }

    /// A signal ended the process.
    fn killed(&mut self, killer: Signal) -> Result<(), Unjudgeable> {
        let is_of_script = sends(&self.part.script, killer);
        let is_echo = self.is_interrupted() && !self.violations.is_empty() || self.has_broken(&law::DEFAULT_ACTION);
        match self.fate {
            // What a signal does that was wrongly refused, or that should have ended it earlier.
            _ if is_echo => {}
            // Of a signal that was on its way, when it had played everything and took its loop down.
            _ if is_of_script && self.has_finished() => {}
            Some(fate) if fate.signal == killer => {}
            // What may happen to a removed signal is its default action or nothing: an abort is neither.
            Some(fate) if fate.certain || !is_of_script && is_crash(killer) => {
                self.ended_otherwise(&format!("{killer} ended the process"));
            }
            _ if !is_of_script && is_crash(killer) && self.is_in_library() => self.crashed(killer),
            _ if !is_of_script => return self.ended_early(),
            _ => {
                let subscribed = self.model.is_subscribed(killer);
                let stays = self.once_subscribed.contains(&killer) && !subscribed;
                let though = if subscribed { "subscribed" } else { "handled or ignored" };
                let message = format!("{killer} ended the process, though it was {though}");
                let law = if stays { &law::REMOVAL_AS_CLAIMED } else { &law::SURVIVES };
                self.breach(law, message, "a process that lives on");
            }
        }
        Ok(())
    }

    /// The process exited.
    fn exited(&mut self, code: i32) -> Result<(), Unjudgeable> {
        match self.fate {
            _ if !self.violations.is_empty() => {}
            Some(fate) if ended_as_by(code) == Some(fate.signal) => {
                self.ended_otherwise(&format!("the process exited with status {code}"));
            }
            _ if code == 0 && self.cues.is_empty() => {}
            _ => return self.ended_early(),
        }
        Ok(())
    }

    /// A fault or an abort while the library had control.
    fn crashed(&mut self, killer: Signal) {
        // The words of Rust's standard library, which looks at each descriptor that it closes.
        if killer.as_raw() == libc::SIGABRT && self.transcript.stderr.contains("IO Safety violation") {
            let message = "a descriptor was closed that its owner had open";
            return self.breach(&law::CLOSES_ONLY_ITS_OWN, message, "each descriptor closed once, by its owner");
        }
        self.breach(&law::NEVER_CRASHES, format!("{killer} ended the process"), "a process that lives on");
    }

    /// Whether the library has control: the loop runs, the signal handler of a signal does that is subscribed, or was and may
    /// still have the library's, or a handler is being added or removed. Before its first event a process is only starting.
    fn is_in_library(&self) -> bool {
        let last = self.transcript.events.last().map(|event| &event.what);
        let handles = match last {
            Some(
                Happening::Sending { signal, .. }
                | Happening::Flooding { signal, .. }
                | Happening::Queueing { signal, .. },
            ) => self.was_subscribed(*signal),
            _ => false,
        };
        let changes = last.is_some()
            && matches!(
                self.next_cue(),
                Some(Cue::Subscribe(_) | Cue::Coroutine(_) | Cue::SecondLoop(_) | Cue::Unsubscribe(_))
            );
        self.in_loop.is_some() || handles || changes
    }

    /// Who has closed the loop, whose wait goes on.
    fn closer(&self) -> Option<&'static str> {
        let last = self.transcript.events.last().map(|event| &event.what);
        match last {
            Some(Happening::HandlerClosing) => Some("a handler"),
            Some(Happening::Outside { action: OutsideAction::Close }) => Some("another thread"),
            _ => None,
        }
    }

    fn has_finished(&self) -> bool {
        self.transcript.events.iter().any(|event| event.what == Happening::Finished)
    }

    fn has_broken(&self, law: &Law) -> bool {
        self.violations.iter().any(|violation| violation.law == law.slug)
    }

    /// A process that ended in another way than by the signal that had to kill it: whoever waits for it is told another
    /// story.
    fn ended_otherwise(&mut self, how: &str) {
        let Some(Fate { signal, certain, by_removal }) = self.fate.take() else { return };
        let law = if by_removal { &law::REMOVAL_AS_CLAIMED } else { &law::DEFAULT_ACTION };
        let (what, or) = if certain { ("had to", "") } else { ("could only", ", or one that lives on") };
        let message = format!("{how}, and {signal} {what} kill it");
        self.breach(law, message, format!("the process killed by {signal}{or}"));
    }

    /// Whether the last line of the coroutine is a send, which runs the signal handler before the next.
    pub(super) fn is_interrupted(&self) -> bool {
        let last = self.transcript.events.last().map(|event| &event.what);
        matches!(last, Some(Happening::Sending { .. } | Happening::Flooding { .. } | Happening::Queueing { .. }))
    }

    /// The fixture's own fault, unless a law is broken already.
    fn ended_early(&self) -> Result<(), Unjudgeable> {
        if !self.violations.is_empty() {
            return Ok(());
        }
        let how = self.transcript.ending.in_full();
        let how = how.unwrap_or_else(|| "exited before the script was played".to_owned());
        let (events, stderr) = (self.transcript.events.len(), quoted_stderr(&self.transcript.stderr));
        Err(Unjudgeable::EndedEarly { how, events, at: self.at_cue(), stderr })
    }

    fn at_cue(&self) -> String {
        self.cues.front().map_or_else(|| "the end".to_owned(), Cue::name)
    }

    fn ended_idly(&self, threads: &[ThreadState]) -> Unjudgeable {
        let how = self.transcript.ending.text().unwrap_or_else(|| "ended".to_owned());
        Unjudgeable::Ended { how, at: self.at_cue(), threads: describe(threads) }
    }
}

/// Whether it is the signal of a fault or an abort.
fn is_crash(signal: Signal) -> bool {
    let faults = [libc::SIGABRT, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGSEGV, libc::SIGSYS];
    faults.contains(&signal.as_raw())
}

/// The signal that an exit status stands for: a runtime that ends in order at a signal exits as a shell reports it.
///
/// Source: POSIX.1-2024, Shell Command Language, 2.8.2 Exit Status for Commands: more than 128.
fn ended_as_by(code: i32) -> Option<Signal> {
    code.checked_sub(128).map(Signal::from_raw).filter(|signal| signal.is_catchable())
}
