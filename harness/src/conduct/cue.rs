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
    Woken(Signal),
    OwnPipe,
}

impl Cue<'_> {
    /// Whether the event is the one that the script has here.
    pub(crate) fn is(&self, what: &Happening) -> bool {
        match (self, what) {
            (Cue::Subscribe(wanted), Happening::Subscribed { signal, .. } | Happening::Refused { signal, .. })
            | (Cue::Errno(wanted), Happening::Errno { signal, .. })
            | (Cue::Woken(wanted), Happening::Woken { signal, .. })
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
            | (Cue::Outside(wanted), Happening::Outside { action, .. }) => *wanted == action,
            (Cue::Started, Happening::Started { .. })
            | (Cue::Yielding, Happening::Yielding)
            | (Cue::Settling, Happening::Settling)
            | (Cue::Resumed, Happening::Resumed)
            | (Cue::State, Happening::State { .. })
            | (Cue::ChildState, Happening::ChildState { .. })
            | (Cue::ThreadMask, Happening::ThreadMask { .. })
            | (Cue::ReadEnded, Happening::ReadEnded { .. })
            | (Cue::OwnPipe, Happening::OwnPipe { .. })
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
            Cue::Ready(action) => return ready(action),
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
            Cue::Woken(_) => "woken",
            Cue::OwnPipe => "own-pipe",
        };
        name.to_owned()
    }
}

/// An event's name in the protocol, and which action one waits for.
pub(crate) fn name(what: &Happening) -> String {
    if let Happening::Ready { action } = what {
        return ready(action);
    }
    let value = serde_json::to_value(what).unwrap_or_default();
    value["event"].as_str().unwrap_or_default().to_owned()
}

fn ready(action: &OutsideAction) -> String {
    let signals: Vec<_> = action.signals().iter().map(ToString::to_string).collect();
    let what = if signals.is_empty() { "the close".to_owned() } else { signals.join(", ") };
    format!("ready for {what}")
}

#[cfg(test)]
mod tests {
    use sigconform_fixture::{Place, Receiver};

    use super::*;

    const HUP: Signal = Signal::SIGHUP;
    const TERM: Signal = Signal::from_raw(libc::SIGTERM);

    fn subscribed(signal: Signal) -> Happening {
        Happening::Subscribed { signal, subscription: Subscription(1) }
    }

    fn refused(signal: Signal) -> Happening {
        Happening::Refused { signal, error: "no".to_owned() }
    }

    fn panicked(step: &str, signal: Option<Signal>) -> Happening {
        Happening::Panicked { step: step.to_owned(), signal, message: "no".to_owned() }
    }

    fn unsubscribed(number: u32) -> Happening {
        Happening::Unsubscribed { subscription: Subscription(number), signal: HUP, error: None }
    }

    fn exactly(what: &Happening) -> Cue<'static> {
        Cue::Exactly(what.clone())
    }

    /// Each cue, the events that are it, and some that are not.
    fn cues() -> Vec<(Cue<'static>, Vec<Happening>, Vec<Happening>)> {
        let sending = |signal, to| Happening::Sending { signal, to };
        let (own, thread) = (sending(HUP, Receiver::Process), sending(HUP, Receiver::SenderThread));
        let (state, child) =
            (Happening::State { state: Box::default() }, Happening::ChildState { state: Box::default() });
        let killed = |signal| Happening::ChildKilled { signal, killed_by: None };
        let errno = |signal| Happening::Errno { signal, kept: true };
        let woken = |signal| Happening::Woken { signal, in_handler: true };
        let (ready, outside) = (
            |action: &OutsideAction| Happening::Ready { action: action.clone() },
            |action: &OutsideAction| Happening::Outside { action: action.clone(), by: None, and: None },
        );
        let (kill, close) = (&OutsideAction::Kill { signal: HUP }, &OutsideAction::Close);
        let mask = Happening::ThreadMask { blocked: vec![] };
        let read = Happening::ReadEnded { interrupted: true };
        let fork = Happening::ForkEnded { killed_by: None, failed: true };
        vec![
            (
                Cue::Subscribe(HUP),
                vec![subscribed(HUP), refused(HUP), panicked("subscribe", None), panicked("subscribe", Some(HUP))],
                vec![subscribed(TERM), refused(TERM), panicked("yield", None), panicked("subscribe", Some(TERM))],
            ),
            (
                Cue::Coroutine(HUP),
                vec![refused(HUP), subscribed(HUP)],
                vec![refused(TERM), panicked("subscribe", None)],
            ),
            (
                Cue::SecondLoop(HUP),
                vec![Happening::SecondLoop { signal: HUP }, refused(HUP)],
                vec![Happening::SecondLoop { signal: TERM }, refused(TERM), subscribed(HUP)],
            ),
            (Cue::Unsubscribe(Subscription(2)), vec![unsubscribed(2)], vec![unsubscribed(1)]),
            (exactly(&own), vec![own.clone()], vec![thread, sending(TERM, Receiver::Process)]),
            (Cue::Started, vec![Happening::Started { pid: 7 }], vec![Happening::Yielding]),
            (Cue::Yielding, vec![Happening::Yielding], vec![Happening::Settling]),
            (Cue::Settling, vec![Happening::Settling], vec![Happening::Yielding]),
            (Cue::Resumed, vec![Happening::Resumed], vec![Happening::Reopened]),
            (Cue::Ready(kill), vec![ready(kill)], vec![ready(close), outside(kill)]),
            (Cue::Outside(kill), vec![outside(kill)], vec![outside(close), ready(kill)]),
            (Cue::State, vec![state.clone()], vec![child.clone()]),
            (Cue::ChildState, vec![child], vec![state]),
            (Cue::ThreadMask, vec![mask.clone()], vec![read.clone()]),
            (Cue::ReadEnded, vec![read], vec![mask]),
            (Cue::ForkEnded, vec![fork], vec![killed(HUP)]),
            (Cue::ChildKilled(HUP), vec![killed(HUP)], vec![killed(TERM)]),
            (Cue::Errno(HUP), vec![errno(HUP)], vec![errno(TERM)]),
            (Cue::Woken(HUP), vec![woken(HUP)], vec![woken(TERM), errno(HUP)]),
            (Cue::OwnPipe, [true, false].map(|kept| Happening::OwnPipe { kept }).into(), vec![Happening::PipeOpened]),
        ]
    }

    #[test]
    fn a_cue_is_its_events_and_no_other() {
        let tick = Happening::Tick { number: 1, place: Place::SenderThread };
        for (cue, right, wrong) in cues() {
            assert!(right.iter().all(|what| cue.is(what)), "{cue:?}");
            assert!(!wrong.iter().chain([&tick]).any(|what| cue.is(what)), "{cue:?}");
        }
    }

    /// What people are told comes next has the name of an event that may.
    #[test]
    fn a_cue_is_called_as_its_event_is() {
        for (cue, right, _) in cues() {
            let named = cue.name();
            let rest = named.strip_prefix(&name(&right[0])).unwrap_or_else(|| panic!("{cue:?} is called {named}"));
            assert_eq!(rest, if cue == Cue::Subscribe(HUP) { " SIGHUP" } else { "" });
        }
        // Which of two that are alike but for what they wait for.
        let close = OutsideAction::Close;
        let kill = OutsideAction::Kill { signal: HUP };
        for (action, wanted) in [(&kill, "ready for SIGHUP"), (&close, "ready for the close")] {
            assert_eq!([Cue::Ready(action).name(), name(&Happening::Ready { action: action.clone() })], [wanted; 2]);
        }
    }
}
