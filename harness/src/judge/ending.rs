//! How the process ended, where it did not end in order: which law that breaks, or why nothing can be said of it.

use sigconform_fixture::{Happening, OutsideAction};

use super::{
    Unjudgeable,
    cue::Cue,
    law::{self, Law},
    monitor::{Fate, Monitor},
};
use crate::{
    drive::{ended_as_by, sends},
    transcript::{Ending, Stuck, ThreadState, describe},
};

impl Monitor<'_> {
    /// A process that did not end in order.
    pub(super) fn ending(&mut self) -> Result<(), Unjudgeable> {
        match &self.transcript.ending {
            // What a signal does that was wrongly refused is an echo, and so is an end in order that comes late.
            Ending::Exited(_) | Ending::Killed(_) if self.is_interrupted() && !self.violations.is_empty() => {}
            Ending::Exited(code) if ended_as_by(*code).is_some() && !self.violations.is_empty() => {}
            // Of a signal that was on its way, when it had played everything and took its loop down.
            Ending::Killed(killer) if self.has_finished() && sends(&self.part.script.steps, *killer) => {}
            // Another signal ended it than the one that had to.
            Ending::Killed(_) if self.has_broken(&law::DEFAULT_ACTION) => {}
            Ending::Killed(killer) if self.fate.is_some_and(|fate| fate.certain && fate.signal != *killer) => {
                self.ended_otherwise(&format!("{killer} ended the process"));
            }
            // Nothing that the script does: the fixture's own fault, and no verdict on the library.
            Ending::Killed(killer) if self.violations.is_empty() && !sends(&self.part.script.steps, *killer) => {
                return Err(self.ended_idly(&[]));
            }
            Ending::Killed(signal) => {
                let fated = self.fate.is_some_and(|fate| fate.signal == *signal);
                if !fated {
                    let message = format!("{signal} ended the process, though it was handled or ignored");
                    let stays = self.once_subscribed.contains(signal) && !self.model.is_subscribed(*signal);
                    let law = if stays { &law::REMOVAL_AS_CLAIMED } else { &law::SURVIVES };
                    self.breach(law, message, "a process that lives on");
                }
            }
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
            Ending::Deadline { threads, .. } => return Err(self.ended_idly(threads)),
            Ending::Exited(code) if self.fate.is_some_and(|fate| ended_as_by(*code) == Some(fate.signal)) => {
                self.ended_otherwise(&format!("the process exited with status {code}"));
            }
            Ending::Exited(_) if !self.cues.is_empty() => return Err(self.ended_idly(&[])),
            Ending::Exited(_) => {}
        }
        Ok(())
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
        let Some(Fate { signal, certain: true, by_removal }) = self.fate.take() else { return };
        let law = if by_removal { &law::REMOVAL_AS_CLAIMED } else { &law::DEFAULT_ACTION };
        let message = format!("{how}, and {signal} had to kill it");
        self.breach(law, message, format!("the process killed by {signal}"));
    }

    /// Whether the last line of the coroutine is a send, which runs the signal handler before the next.
    pub(super) fn is_interrupted(&self) -> bool {
        let last = self.transcript.events.last().map(|event| &event.what);
        matches!(last, Some(Happening::Sending { .. } | Happening::Flooding { .. } | Happening::Queueing { .. }))
    }

    pub(super) fn ended_idly(&self, threads: &[ThreadState]) -> Unjudgeable {
        Unjudgeable::Ended {
            how: self.transcript.ending.text().unwrap_or_else(|| "ended".to_owned()),
            at: self.cues.front().map_or_else(|| "the end".to_owned(), Cue::name),
            threads: describe(threads),
        }
    }
}
