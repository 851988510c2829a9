//! Cues: the events that the coroutine itself must write, in the order of its script.

use std::collections::VecDeque;

use sigconform_fixture::{Condition, Happening, OutsideAction, Script, Signal, Step};

/// The next event that the script has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cue<'a> {
    Subscribe(Signal),
    Started,
    Sending(Signal),
    Working,
    Worked,
    Yielding(&'a [Condition]),
    Ready(&'a OutsideAction, &'a [Condition]),
    Outside(&'a OutsideAction),
    Settling,
    Resumed,
    Finished,
}

/// All cues of a script.
pub(super) fn cues(script: &Script) -> VecDeque<Cue<'_>> {
    let mut cues: VecDeque<_> = script.subscribe.iter().map(|&signal| Cue::Subscribe(signal)).collect();
    cues.push_back(Cue::Started);
    for step in &script.steps {
        match step {
            Step::Subscribe { signal } => cues.push_back(Cue::Subscribe(*signal)),
            Step::Send { signal } => cues.push_back(Cue::Sending(*signal)),
            Step::Work { .. } => cues.extend([Cue::Working, Cue::Worked]),
            Step::Tick { .. } => {}
            Step::Yield { until } => cues.extend([Cue::Yielding(until), Cue::Resumed]),
            Step::Settle { .. } => cues.extend([Cue::Settling, Cue::Resumed]),
            Step::AwaitOutside { action, until } => {
                cues.extend([Cue::Ready(action, until), Cue::Outside(action), Cue::Resumed]);
            }
        }
    }
    cues.push_back(Cue::Finished);
    cues
}

impl Cue<'_> {
    /// Whether the event is the one that the script has here.
    pub(super) fn is(&self, what: &Happening) -> bool {
        match (self, what) {
            (Cue::Subscribe(wanted), Happening::Subscribed { signal, .. } | Happening::Refused { signal, .. }) => {
                wanted == signal
            }
            (Cue::Subscribe(_), Happening::Panicked { step, .. }) => step == "subscribe",
            (Cue::Sending(wanted), Happening::Sending { signal }) => wanted == signal,
            (Cue::Ready(wanted, _), Happening::Ready { action }) => *wanted == action,
            (Cue::Outside(wanted), Happening::Outside { action }) => *wanted == action,
            (Cue::Started, Happening::Started { .. })
            | (Cue::Working, Happening::Working)
            | (Cue::Worked, Happening::Worked)
            | (Cue::Yielding(_), Happening::Yielding)
            | (Cue::Settling, Happening::Settling)
            | (Cue::Resumed, Happening::Resumed)
            | (Cue::Finished, Happening::Finished) => true,
            _ => false,
        }
    }

    /// For people.
    pub(super) fn name(&self) -> String {
        match self {
            Cue::Subscribe(signal) => format!("subscribed {signal}"),
            Cue::Sending(signal) => format!("sending {signal}"),
            Cue::Started => "started".to_owned(),
            Cue::Working => "working".to_owned(),
            Cue::Worked => "worked".to_owned(),
            Cue::Yielding(_) => "yielding".to_owned(),
            Cue::Ready(..) => "ready".to_owned(),
            Cue::Outside(_) => "outside".to_owned(),
            Cue::Settling => "settling".to_owned(),
            Cue::Resumed => "resumed".to_owned(),
            Cue::Finished => "finished".to_owned(),
        }
    }
}
