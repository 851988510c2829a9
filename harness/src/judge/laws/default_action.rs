//! The default action: a subscribed signal no longer takes it, one that nobody subscribed does, and one that is no longer
//! subscribed does what is claimed.

use sigconform_fixture::{Happening, Receiver, Removal, Signal};

use super::{crashes::is_crash, state::TOUCHES_ONLY_ITS_OWN};
use crate::{
    catalogue::Start,
    conduct,
    judge::{
        scene::Scene,
        statement::laws,
        watch::{Breaches, Ended, Watcher},
    },
    transcript::Ending,
};

laws! {
    /// A subscribed signal no longer takes its default action.
    SURVIVES = "survives",
        "A subscribed signal does not end the process.",
        "POSIX.1-2024, 2.4.3 Signal Actions: a caught signal executes its function instead of the default action";
    /// A signal that nobody subscribed keeps its default action.
    DEFAULT_ACTION = "default-action",
        "A signal that was never subscribed keeps its default action: the process ends by exactly that signal.",
        "POSIX.1-2024, 2.4.3 Signal Actions, SIG_DFL; wait(), WTERMSIG";
    /// Removal does what is claimed.
    REMOVAL_AS_CLAIMED = "removal-as-claimed",
        "When its last handler is removed, a signal has its earlier disposition again or stays captured, as the backend claims.",
        "the backend's claim `removal`";
}

#[derive(Default)]
pub(super) struct DefaultAction {
    /// What the last send must or may have done to the process.
    fate: Option<Fate>,
    /// Sent while the program held them, and subscribed by nobody: when they end the process is for their release to say.
    held: Vec<Held>,
}

/// A signal that was sent while the program blocked it.
struct Held {
    signal: Signal,
    /// To the thread that blocks it: no other may take it.
    is_directed: bool,
}

/// What a send does to a process that does not handle the signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fate {
    signal: Signal,
    certain: bool,
    /// It is a claim about removal that decides.
    by_removal: bool,
}

impl<'a> Watcher<'a> for DefaultAction {
    fn see(&mut self, scene: &Scene<'a>, what: &'a Happening, say: &mut Breaches<'a>) {
        // The coroutine goes on after a send that had to end the process.
        if scene.next_cue().is_some_and(|cue| cue.is(what))
            && let Some(fate) = self.fate.take().filter(|fate| fate.certain)
        {
            lived_on(fate, say);
        }
        // A send that the system refused does nothing to anybody.
        if matches!(what, Happening::SendFailed { .. }) {
            self.fate = None;
        }
        // What waits for the thread that blocks it is delivered to it before the release returns.
        if *what == Happening::Releasing {
            let directed = self.held.iter().filter(|held| held.is_directed).map(|held| held.signal);
            self.fate = directed.filter_map(|signal| fate_of(scene, signal)).max_by_key(|fate| fate.certain);
            self.held.retain(|held| !held.is_directed);
        }
        let by_sender =
            matches!(what, Happening::Sending { .. } | Happening::Flooding { .. } | Happening::Queueing { .. });
        if by_sender || scene.in_loop().is_some() {
            for sent in scene.sent() {
                self.fate = fate_of(scene, sent.signal);
                if let Some(fate) = self.fate.as_mut().filter(|_| scene.model.is_held(sent.signal)) {
                    fate.certain = false;
                    let is_directed = matches!(what, Happening::Sending { to: Receiver::SenderThread, .. });
                    self.held.push(Held { signal: sent.signal, is_directed });
                }
            }
        }
    }

    fn ended(&mut self, scene: &Scene<'a>, say: &mut Breaches<'a>) -> Ended {
        match scene.transcript.ending {
            Ending::Killed(killer) => self.killed(scene, killer, say),
            Ending::Exited(code) => self.exited(code, say),
            Ending::Stuck(_) => self.stuck(say),
            _ => Ended::Unexplained,
        }
    }
}

impl DefaultAction {
    fn killed(&mut self, scene: &Scene<'_>, killer: Signal, say: &mut Breaches<'_>) -> Ended {
        let is_of_script = conduct::sends(&scene.part.script, killer);
        let is_echo = scene.is_interrupted() && !say.is_empty() || say.has(&DEFAULT_ACTION);
        match self.fate {
            // What a signal does that was wrongly refused, or that should have ended it earlier.
            _ if is_echo => {}
            // Of a signal that was on its way, when it had played everything and took its loop down.
            _ if is_of_script && scene.is_played() => {}
            _ if self.is_let_through(scene, killer) => {
                let message = format!("{killer} ended the process, though the program blocks it");
                say.breach(&TOUCHES_ONLY_ITS_OWN, message, format!("{killer} pending"));
            }
            Some(fate) if fate.signal == killer => {}
            _ if self.held.iter().any(|held| held.signal == killer) => {}
            // What may happen to a removed signal is its default action or nothing: an abort is neither.
            Some(fate) if fate.certain || !is_of_script && is_crash(killer) => {
                ended_otherwise(fate, &format!("{killer} ended the process"), say);
            }
            _ if !is_of_script => return Ended::Unexplained,
            _ => {
                let subscribed = scene.model.is_subscribed(killer);
                let stays = scene.was_subscribed(killer) && !subscribed;
                let law = if stays { &REMOVAL_AS_CLAIMED } else { &SURVIVES };
                let though = if subscribed { "subscribed" } else { "handled or ignored" };
                say.breach(
                    law,
                    format!("{killer} ended the process, though it was {though}"),
                    "a process that lives on",
                );
            }
        }
        Ended::Explained
    }

    /// Asleep, it has not died of what had to kill it.
    fn stuck(&self, say: &mut Breaches<'_>) -> Ended {
        match self.fate {
            Some(fate) if fate.certain && say.is_empty() => {
                lived_on(fate, say);
                Ended::Explained
            }
            _ => Ended::Unexplained,
        }
    }

    /// Whether somebody has unblocked, behind the program's back, what was directed at the thread that blocks it.
    fn is_let_through(&self, scene: &Scene<'_>, killer: Signal) -> bool {
        let mut waiting = self.held.iter().filter(|held| held.signal == killer).peekable();
        // Another thread may have taken what was sent to the process.
        scene.model.is_held(killer) && waiting.peek().is_some() && waiting.all(|held| held.is_directed)
    }

    /// A process that had to be killed and exits instead tells whoever waits for it another story, whatever its status.
    fn exited(&mut self, code: i32, say: &mut Breaches<'_>) -> Ended {
        match self.fate {
            Some(fate) if say.is_empty() && (fate.certain || ended_as_by(code) == Some(fate.signal)) => {
                ended_otherwise(fate, &format!("the process exited with status {code}"), say);
                Ended::Explained
            }
            _ => Ended::Unexplained,
        }
    }
}

/// What a signal does that nobody subscribes now.
fn fate_of(scene: &Scene<'_>, signal: Signal) -> Option<Fate> {
    let Start { ignored, blocked, .. } = scene.start;
    let ignored = ignored.contains(&signal) || blocked.contains(&signal) || signal.as_raw() == libc::SIGPIPE;
    let elsewhere = scene.second_loop == Some(signal);
    let caught = scene.has_earlier_handler(signal) || scene.model.is_subscribed(signal) || elsewhere;
    if caught || ignored || signal.default_is_harmless() {
        return None;
    }
    let by_removal = scene.was_subscribed(signal);
    let removal = scene.claims.removal.value;
    let certain = !by_removal || removal == Removal::Restored;
    let possible = certain || removal == Removal::Unspecified;
    possible.then_some(Fate { signal, certain, by_removal })
}

/// It goes on after a signal that had to kill it.
fn lived_on(Fate { signal, by_removal, .. }: Fate, say: &mut Breaches<'_>) {
    let law = if by_removal { &REMOVAL_AS_CLAIMED } else { &DEFAULT_ACTION };
    let message = format!("{signal} is not subscribed, and yet it did not take its default action");
    say.breach(law, message, format!("the process killed by {signal}"));
}

/// It ended in another way than by the signal that had to kill it.
fn ended_otherwise(fate: Fate, how: &str, say: &mut Breaches<'_>) {
    let Fate { signal, certain, by_removal } = fate;
    let law = if by_removal { &REMOVAL_AS_CLAIMED } else { &DEFAULT_ACTION };
    let (what, or) = if certain { ("had to", "") } else { ("could only", ", or one that lives on") };
    let message = format!("{how}, and {signal} {what} kill it");
    say.breach(law, message, format!("the process killed by {signal}{or}"));
}

/// The signal that an exit status stands for: a runtime that ends in order at a signal exits as a shell reports it.
///
/// Source: POSIX.1-2024, Shell Command Language, 2.8.2 Exit Status for Commands: more than 128.
fn ended_as_by(code: i32) -> Option<Signal> {
    code.checked_sub(128).map(Signal::from_raw).filter(|signal| signal.is_catchable())
}
