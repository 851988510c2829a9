//! A second loop in the same process, on a thread of its own: neither disturbs the other, where that is claimed.

use sigconform_fixture::{Happening, Signal};

use super::{
    calls::{ONCE_PER_SEND, RIGHT_HANDLER},
    closing::CLOSES_IN_ORDER,
};
use crate::{
    conduct::{Control, Cue},
    judge::{
        scene::Scene,
        statement::laws,
        watch::{Breaches, Ended, Watcher},
        wording::times,
    },
    transcript::{Ending, describe},
};

laws! {
    /// Several loops do not disturb each other, as claimed.
    LOOPS_AS_CLAIMED = "loops-as-claimed",
        "Each of several loops in one process handles what it subscribed, where the backend claims it.",
        "the backend's claim `loops`";
}

#[derive(Default)]
pub(super) struct SecondLoop {
    open: Option<Second>,
}

/// A second loop that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Second {
    signal: Signal,
    sent: u64,
    calls: u64,
}

impl<'a> Watcher<'a> for SecondLoop {
    fn see(&mut self, scene: &Scene<'a>, what: &'a Happening, say: &mut Breaches<'a>) {
        for sent in scene.sent() {
            if let Some(second) = self.open.as_mut().filter(|second| second.signal == sent.signal) {
                second.sent = second.sent.saturating_add(sent.times);
            }
        }
        match (scene.next_cue(), what) {
            (_, Happening::SecondLoop { signal }) => {
                self.open = Some(Second { signal: *signal, sent: 0, calls: 0 });
            }
            (Some(Cue::SecondLoop(signal)), Happening::Refused { error, .. }) => {
                let message = format!("a second loop could not subscribe {signal}: {error}");
                say.breach(&LOOPS_AS_CLAIMED, message, "the subscription");
            }
            // The system refused the last send.
            (_, Happening::SendFailed { signal, .. }) => {
                let second = self.open.as_mut().filter(|second| second.signal == *signal);
                second.into_iter().for_each(|second| second.sent = second.sent.saturating_sub(1));
            }
            (_, Happening::SecondHandler { signal }) => self.called(*signal, say),
            (_, Happening::SecondLoopEnded) => {
                if let Some(Second { signal, calls: 0, .. }) = self.open.take() {
                    let message = format!("the second loop has ended, and its handler of {signal} was not called");
                    say.breach(&LOOPS_AS_CLAIMED, message, format!("a call for {signal} in the second loop"));
                }
            }
            _ => {}
        }
    }

    fn ended(&mut self, scene: &Scene<'a>, say: &mut Breaches<'a>) -> Ended {
        match (&scene.transcript.ending, self.open) {
            (Ending::Stuck(stuck), Some(Second { calls: 0, .. })) if scene.control() == Control::SecondLoop => {
                let threads = describe(&stuck.threads);
                let message = format!("the second loop does not handle its signal: it sleeps for good ({threads})");
                say.breach(&LOOPS_AS_CLAIMED, message, "a call of its handler");
                Ended::Explained
            }
            (Ending::Stuck(stuck), Some(_)) if scene.control() == Control::SecondLoop => {
                let threads = describe(&stuck.threads);
                let message = format!("the second loop has handled its signal, and is never closed ({threads})");
                say.breach(&CLOSES_IN_ORDER, message, "a loop that is closed");
                Ended::Explained
            }
            (Ending::Stuck(stuck), None) if !scene.is_announced() => {
                let Some(Cue::SecondLoop(signal)) = scene.next_cue() else { return Ended::Unexplained };
                let threads = describe(&stuck.threads);
                let message = format!("a second loop for {signal} is never open ({threads})");
                say.breach(&LOOPS_AS_CLAIMED, message, "the subscription");
                Ended::Explained
            }
            _ => Ended::Unexplained,
        }
    }
}

impl SecondLoop {
    /// Its thread is its own, so its handler may run any time after the send.
    fn called(&mut self, signal: Signal, say: &mut Breaches<'_>) {
        let Some(second) = self.open.as_mut().filter(|second| second.signal == signal) else {
            let message = format!("the handler of a second loop was called for {signal}, which it has not subscribed");
            return say.breach(&RIGHT_HANDLER, message, "no call");
        };
        second.calls += 1;
        let Second { sent, calls, .. } = *second;
        if calls > sent {
            let message =
                format!("{signal} was sent {}, and the second loop's handler is called once more", times(sent));
            say.breach(&ONCE_PER_SEND, message, "no further call");
        }
    }
}
