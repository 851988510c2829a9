//! What happens beside the first loop: a second one in the same process, and the children that the script forks or starts.

use sigconform_fixture::{Happening, Signal};

use super::{cue::Cue, law, monitor::Monitor, wording::times};
use crate::transcript::{ThreadState, describe};

/// A second loop that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Second {
    pub(super) signal: Signal,
    sent: u64,
    calls: u64,
}

impl Monitor<'_> {
    pub(super) fn second_opened(&mut self, signal: Signal, what: &Happening) {
        if let Happening::Refused { error, .. } = what {
            let message = format!("a second loop could not subscribe {signal}: {error}");
            self.breach(&law::LOOPS_AS_CLAIMED, message, "the subscription");
        } else {
            self.second = Some(Second { signal, sent: 0, calls: 0 });
        }
    }

    pub(super) fn second_sent(&mut self, signal: Signal, times: u64) {
        if let Some(second) = self.second.as_mut().filter(|second| second.signal == signal) {
            second.sent += times;
        }
    }

    /// The system refused the last send.
    pub(super) fn second_unsent(&mut self, signal: Signal) {
        let second = self.second.as_mut().filter(|second| second.signal == signal);
        second.into_iter().for_each(|second| second.sent = second.sent.saturating_sub(1));
    }

    /// Its thread is its own, so its handler may run any time after the send.
    pub(super) fn second_called(&mut self, signal: Signal) {
        let Some(second) = self.second.as_mut().filter(|second| second.signal == signal) else {
            let message = format!("the handler of a second loop was called for {signal}, which it has not subscribed");
            return self.breach(&law::RIGHT_HANDLER, message, "no call");
        };
        second.calls += 1;
        let Second { sent, calls, .. } = *second;
        if calls > sent {
            let message =
                format!("{signal} was sent {}, and the second loop's handler is called once more", times(sent));
            self.breach(&law::ONCE_PER_SEND, message, "no further call");
        }
    }

    pub(super) fn second_ended(&mut self) {
        let Some(Second { signal, calls: 0, .. }) = self.second.take() else { return };
        let message = format!("the second loop has ended, and its handler of {signal} was not called");
        self.breach(&law::LOOPS_AS_CLAIMED, message, format!("a call for {signal} in the second loop"));
    }

    pub(super) fn fork_ended(&mut self, killed_by: Option<Signal>, failed: bool) {
        let goes_on = self.forked_to_go_on();
        let how = match killed_by {
            Some(signal) if goes_on => format!("was killed by {signal}"),
            None if failed => "failed".to_owned(),
            _ => return,
        };
        let message = format!("the forked child, which went on with the loop, {how}");
        self.breach(&law::FORK_CHILD_AS_CLAIMED, message, "its own signal handled in the child");
    }

    /// The last line of the coroutine is the fork of a child that goes on with the loop.
    fn forked_to_go_on(&self) -> bool {
        let coroutine =
            self.before().filter(|what| !matches!(what, Happening::Handler { .. } | Happening::Tick { .. }));
        matches!(coroutine.last(), Some(Happening::ForkingLoop { .. }))
    }

    pub(super) fn child_killed(&mut self, signal: Signal, killed_by: Option<Signal>) {
        if killed_by != Some(signal) {
            let how = killed_by.map_or_else(|| "lived on".to_owned(), |by| format!("was killed by {by}"));
            let message = format!("a child program that sent itself {signal} {how}");
            self.breach(&law::CLEAN_CHILD, message, format!("a child killed by {signal}"));
        }
    }

    /// The process sleeps for good, and it is not the first loop that it waits for.
    pub(super) fn stuck_elsewhere(&mut self, threads: &[ThreadState]) -> bool {
        let (law, what) = match (self.next_cue(), self.second) {
            (Some(Cue::ForkEnded), _) if self.forked_to_go_on() => (
                &law::FORK_CHILD_AS_CLAIMED,
                "the forked child, which went on with the loop, does not handle its own signal",
            ),
            (Some(Cue::Exactly(Happening::SecondLoopEnded)), Some(Second { calls: 0, .. })) => {
                (&law::LOOPS_AS_CLAIMED, "the second loop does not handle its signal")
            }
            _ => return false,
        };
        self.breach(law, format!("{what}: it sleeps for good ({})", describe(threads)), "a call of its handler");
        true
    }
}
