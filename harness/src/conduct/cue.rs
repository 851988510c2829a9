//! Cues: the events that the coroutine itself must write.

use sigconform_fixture::{Happening, OutsideAction, Signal, Subscription};

/// An event that the script has next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cue<'a> {
    Subscribe(Signal),
    Unsubscribe(Subscription),
    /// An event that says no more than its name and, for some, its signal: written exactly like this.
    Exactly(Happening),
    Started,
    Yielding,
    Ready(&'a OutsideAction),
    Outside(&'a OutsideAction),
    Settling,
    Resumed,
    State,
    ChildState,
    ThreadMask,
    ReadEnded,
    ForkEnded,
    ChildKilled(Signal),
    SecondLoop(Signal),
    Coroutine(Signal),
    Errno(Signal),
}

impl Cue<'_> {
    /// Whether the event is the one that the script has here.
    pub(crate) fn is(&self, what: &Happening) -> bool {
        match (self, what) {
            (Cue::Subscribe(wanted), Happening::Subscribed { signal, .. } | Happening::Refused { signal, .. })
            | (Cue::Errno(wanted), Happening::Errno { signal, .. })
            | (Cue::ChildKilled(wanted), Happening::ChildKilled { signal, .. })
            | (Cue::SecondLoop(wanted), Happening::SecondLoop { signal } | Happening::Refused { signal, .. })
            | (Cue::Coroutine(wanted), Happening::Subscribed { signal, .. } | Happening::Refused { signal, .. }) => {
                wanted == signal
            }
            (Cue::Subscribe(wanted), Happening::Panicked { step, signal, .. }) => {
                step == "subscribe" && signal.is_none_or(|signal| signal == *wanted)
            }
            (Cue::Unsubscribe(wanted), Happening::Unsubscribed { subscription, .. }) => wanted == subscription,
            (Cue::Exactly(wanted), what) => wanted == what,
            (Cue::Ready(wanted), Happening::Ready { action })
            | (Cue::Outside(wanted), Happening::Outside { action }) => *wanted == action,
            (Cue::Started, Happening::Started { .. })
            | (Cue::Yielding, Happening::Yielding)
            | (Cue::Settling, Happening::Settling)
            | (Cue::Resumed, Happening::Resumed)
            | (Cue::State, Happening::State { .. })
            | (Cue::ChildState, Happening::ChildState { .. })
            | (Cue::ThreadMask, Happening::ThreadMask { .. })
            | (Cue::ReadEnded, Happening::ReadEnded { .. })
            | (Cue::ForkEnded, Happening::ForkEnded { .. }) => true,
            _ => false,
        }
    }

    /// The event's name in the protocol, for people.
    pub(crate) fn name(&self) -> String {
        let name = match self {
            Cue::Subscribe(signal) => return format!("subscribed {signal}"),
            Cue::Exactly(what) => return name(what),
            Cue::Unsubscribe(_) => "unsubscribed",
            Cue::Started => "started",
            Cue::Yielding => "yielding",
            Cue::Ready(..) => "ready",
            Cue::Outside(_) => "outside",
            Cue::Settling => "settling",
            Cue::Resumed => "resumed",
            Cue::State => "state",
            Cue::ChildState => "child-state",
            Cue::ThreadMask => "thread-mask",
            Cue::ReadEnded => "read-ended",
            Cue::ForkEnded => "fork-ended",
            Cue::ChildKilled(_) => "child-killed",
            Cue::SecondLoop(_) => "second-loop",
            Cue::Coroutine(_) => "refused",
            Cue::Errno(_) => "errno",
        };
        name.to_owned()
    }
}

/// An event's name in the protocol.
pub(crate) fn name(what: &Happening) -> String {
    let value = serde_json::to_value(what).unwrap_or_default();
    value["event"].as_str().unwrap_or_default().to_owned()
}
