//! Yields: what was sent before one is handled when it is over, and the loop's other tasks have had their turns.

use sigconform_fixture::{Condition, Happening, OutsideAction, SecondHandler, Signal, Subscription};

use super::subscribing::SECOND_AS_CLAIMED;
use crate::{
    conduct::Control,
    judge::{
        scene::Scene,
        statement::{Law, laws},
        watch::{Breaches, Ended, Watcher},
        wording::times,
    },
    transcript::{Ending, describe, list},
};

laws! {
    /// A yield handles what was sent before it.
    HANDLED_AT_YIELD = "handled-at-yield",
        "When a yield is over, every subscribed signal sent before it has been handled at least once since it was last sent.",
        "POSIX.1-2024, kill(): a signal sent to oneself, unblocked, is delivered before kill() returns";
    /// The loop's other tasks are not starved.
    TASKS_GO_ON = "tasks-go-on",
        "The other tasks of the loop take their turns while signals are handled, and the one that yields goes on.",
        "Python documentation, asyncio, loop.add_signal_handler(): the callback runs along with the loop's other callbacks";
    /// Every child is announced.
    CHILDREN_ANNOUNCED = "children-announced",
        "However many children end at once, SIGCHLD is handled after the last, so that all can be reaped.",
        "POSIX.1-2024, 2.4.3 Signal Actions and wait(): SIGCHLD is generated when a child ends";
    /// A burst gives as many calls as claimed.
    BURST_AS_CLAIMED = "burst-as-claimed",
        "A burst of one signal gives as many handler calls as the backend claims.",
        "the backend's claim `burst`";
    /// Real-time signals queue, as claimed.
    REAL_TIME_AS_CLAIMED = "real-time-as-claimed",
        "Queued real-time signals are each handled once, first in first out within a number, as the backend claims.",
        "the backend's claim `real_time`";
    /// What was pending is handled as claimed.
    PENDING_BEFORE_AS_CLAIMED = "pending-before-as-claimed",
        "A signal that was blocked and pending when it was subscribed is handled, where the backend claims it.",
        "the backend's claim `pending_before`";
}

#[derive(Default)]
pub(super) struct Yields {
    ticks: u64,
    reaped: u64,
    /// Index of the event that last sent each signal.
    sent_at: Vec<(Signal, usize)>,
}

impl<'a> Watcher<'a> for Yields {
    fn see(&mut self, scene: &Scene<'a>, what: &'a Happening, say: &mut Breaches<'a>) {
        match what {
            Happening::Tick { .. } => self.ticks += 1,
            Happening::Reaped { children } => self.reaped = self.reaped.saturating_add(*children),
            Happening::Resumed => {
                self.check(scene, scene.in_loop().unwrap_or_default(), "the yield is over", say);
            }
            _ => {}
        }
        for sent in scene.sent() {
            self.sent_at.retain(|&(other, _)| other != sent.signal);
            self.sent_at.push((sent.signal, scene.at()));
        }
    }

    /// A surplus call ended the wait before the harness has acted.
    fn strays(&mut self, scene: &Scene<'a>, what: &'a Happening, say: &mut Breaches<'a>) {
        let signals = scene.awaited().map(OutsideAction::signals).unwrap_or_default();
        if *what == Happening::Resumed && !signals.is_empty() {
            let awaited = list(&signals);
            let message = format!("the yield is over before {awaited}, which it waits for, has come");
            say.breach(&HANDLED_AT_YIELD, message, format!("a wait until {awaited} comes"));
        }
    }

    /// After a broken law, what it waits for may be a subscription that was wrongly refused.
    fn ended(&mut self, scene: &Scene<'a>, say: &mut Breaches<'a>) -> Ended {
        if let Ending::Stuck(stuck) = &scene.transcript.ending {
            let when = format!("the loop sleeps for good ({})", describe(&stuck.threads));
            self.check(scene, scene.in_loop().unwrap_or_default(), &when, say);
            // The coroutine is a task too, and has all that it waits for.
            if say.is_empty() && matches!(scene.control(), Control::Loop(_)) {
                let message = format!("{when}, and the yield has all that it waits for: its task never goes on");
                say.breach(&TASKS_GO_ON, message, "a yield that is over");
            }
        }
        Ended::Unexplained
    }
}

impl Yields {
    /// Everything that the loop ran for must have happened.
    fn check(&self, scene: &Scene<'_>, until: &[Condition], when: &str, say: &mut Breaches<'_>) {
        for condition in until {
            match *condition {
                Condition::Ticks { total } if self.ticks < total => {
                    let message = format!("{when}, and the other tasks have taken {} of {total} turns", self.ticks);
                    say.breach(&TASKS_GO_ON, message, "every turn of the tasks");
                }
                Condition::Reaped { total } if self.reaped < total => {
                    let message = format!("{when}, and {} of {total} children have been reaped", self.reaped);
                    say.breach(&CHILDREN_ANNOUNCED, message, "SIGCHLD handled after the last child's end");
                }
                // What is owed of handler calls, the model knows.
                _ => {}
            }
        }
        if !until.is_empty() {
            self.check_owed(scene, when, say);
        }
    }

    /// What the model still waits for.
    fn check_owed(&self, scene: &Scene<'_>, when: &str, say: &mut Breaches<'_>) {
        let model = &scene.model;
        let owed = [model.conditions(), model.owed_jointly()].concat();
        for condition in &owed {
            match *condition {
                Condition::CallAfterSend { subscription } => {
                    let Some(signal) = model.signal_of(subscription) else { continue };
                    let sent = self.sent_where(scene, signal);
                    let message = format!("{when}, and {signal}{sent} has not been handled");
                    let allowed = format!("signal_handler('{signal}') before the yield is over");
                    let pending = model.misses_what_was_pending(subscription);
                    let law = if pending { &PENDING_BEFORE_AS_CLAIMED } else { &HANDLED_AT_YIELD };
                    say.breach(left_out(scene, subscription).unwrap_or(law), message, allowed);
                }
                // What was not handled at all breaks the law that binds everyone: its count is an echo.
                Condition::Calls { subscription, .. } if owed.contains(&Condition::CallAfterSend { subscription }) => {}
                Condition::Calls { subscription, total } => {
                    let Some(signal) = model.signal_of(subscription) else { continue };
                    let law = if signal.is_real_time() { &REAL_TIME_AS_CLAIMED } else { &BURST_AS_CLAIMED };
                    let message = format!("{when}, and {signal} was sent {} but not handled as often", times(total));
                    let allowed = format!("one call for each of {total} sends");
                    say.breach(left_out(scene, subscription).unwrap_or(law), message, allowed);
                }
                Condition::Ticks { .. } | Condition::Reaped { .. } => {}
            }
        }
    }

    fn sent_where(&self, scene: &Scene<'_>, signal: Signal) -> String {
        let sent = self.sent_at.iter().find(|&&(sent, _)| sent == signal);
        sent.map_or_else(String::new, |&(_, at)| format!(", sent at line {},", scene.line_of(at)))
    }
}

/// The law of a handler that is never called while another of its signal is, where both are claimed to be.
fn left_out(scene: &Scene<'_>, subscription: Subscription) -> Option<&'static Law> {
    let both = scene.claims.second_handler.value == SecondHandler::Both;
    (both && scene.model.is_left_out(subscription)).then_some(&SECOND_AS_CLAIMED)
}
