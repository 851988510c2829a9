//! Cues: the events that the coroutine itself must write, in the order of its script.

use std::collections::VecDeque;

use sigconform_fixture::{Condition, Happening, OutsideAction, Script, Signal, Step, Subscription};

use crate::conduct::awaits;

/// The next event that the script has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cue<'a> {
    Subscribe(Signal),
    Unsubscribe(Subscription),
    /// An event that says no more than its name and, for some, its signal: written exactly like this.
    Exactly(Happening),
    Started,
    Yielding(&'a [Condition]),
    Ready(&'a OutsideAction, &'a [Condition]),
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

/// All cues of a script.
pub(super) fn cues(script: &Script) -> VecDeque<Cue<'_>> {
    let mut cues: VecDeque<_> = script.subscribe.iter().map(|&signal| Cue::Subscribe(signal)).collect();
    cues.push_back(Cue::Started);
    for step in &script.steps {
        add(&mut cues, step);
    }
    cues.push_back(Cue::Exactly(Happening::Finished));
    cues
}

fn add<'a>(cues: &mut VecDeque<Cue<'a>>, step: &'a Step) {
    match *step {
        Step::Subscribe { signal, .. } | Step::SubscribeCloser { signal } | Step::Relay { signal, .. } => {
            cues.push_back(Cue::Subscribe(signal));
        }
        Step::Unsubscribe { subscription } => cues.push_back(Cue::Unsubscribe(subscription)),
        Step::Send { signal, to } => cues.push_back(Cue::Exactly(Happening::Sending { signal, to })),
        Step::Flood { signal, times } => cues.push_back(Cue::Exactly(Happening::Flooding { signal, times })),
        Step::Queue { signal, value } => cues.push_back(Cue::Exactly(Happening::Queueing { signal, value })),
        Step::Hold { ref signals } => cues.push_back(Cue::Exactly(Happening::Holding { signals: signals.clone() })),
        Step::Release {} => cues.push_back(Cue::Exactly(Happening::Releasing)),
        Step::Work { .. } => cues.extend([Cue::Exactly(Happening::Working), Cue::Exactly(Happening::Worked)]),
        Step::Tick { .. } => {}
        Step::Yield { ref until } => cues.extend([Cue::Yielding(until), Cue::Resumed]),
        Step::Settle { .. } => cues.extend([Cue::Settling, Cue::Resumed]),
        Step::AwaitOutside { .. } | Step::AwaitClose {} => {
            let acts = awaits(step).into_iter();
            cues.extend(
                acts.flat_map(|(action, until)| [Cue::Ready(action, until), Cue::Outside(action), Cue::Resumed]),
            );
        }
        Step::Report {} => cues.push_back(Cue::State),
        Step::Reopen {} => cues.extend([Cue::Exactly(Happening::Closing), Cue::Exactly(Happening::Reopened)]),
        Step::SpawnThread {} => cues.push_back(Cue::Exactly(Happening::ThreadSpawned)),
        Step::ReportThread {} => cues.push_back(Cue::ThreadMask),
        Step::ReadElsewhere {} => cues.push_back(Cue::Exactly(Happening::ReadingElsewhere)),
        Step::EndRead {} => cues.push_back(Cue::ReadEnded),
        Step::Fork { signal } => cues.extend([Cue::Exactly(Happening::Forking { signal }), Cue::ForkEnded]),
        Step::ForkLoop { signal } => cues.extend([Cue::Exactly(Happening::ForkingLoop { signal }), Cue::ForkEnded]),
        Step::SpawnKilled { signal } => cues.push_back(Cue::ChildKilled(signal)),
        Step::LaterHandler { signal } => cues.push_back(Cue::Exactly(Happening::LaterHandler { signal })),
        Step::ReadInBackground {} => cues.push_back(Cue::Exactly(Happening::ReadingInBackground)),
        Step::SecondLoop { signal } => cues.push_back(Cue::SecondLoop(signal)),
        Step::JoinSecondLoop {} => {
            cues.extend([Happening::JoiningSecondLoop, Happening::SecondLoopEnded].map(Cue::Exactly));
        }
        Step::SubscribeCoroutine { signal } => cues.push_back(Cue::Coroutine(signal)),
        Step::SpawnReport {} => cues.push_back(Cue::ChildState),
        Step::Children { times, then } => {
            cues.push_back(Cue::Exactly(Happening::StartingChildren { times, then }));
        }
        Step::ContinueChildren {} => cues.push_back(Cue::Exactly(Happening::ContinuingChildren)),
        Step::Timer { .. } => cues.push_back(Cue::Exactly(Happening::StartingTimer)),
        Step::BreakPipe {} => cues.push_back(Cue::Exactly(Happening::BreakingPipe)),
        Step::CheckErrno { signal } => {
            let sending = Happening::Sending { signal, to: sigconform_fixture::Receiver::Process };
            cues.extend([Cue::Exactly(sending), Cue::Errno(signal)]);
        }
    }
}

impl Cue<'_> {
    /// Whether the event is the one that the script has here.
    pub(super) fn is(&self, what: &Happening) -> bool {
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
            (Cue::Ready(wanted, _), Happening::Ready { action })
            | (Cue::Outside(wanted), Happening::Outside { action }) => *wanted == action,
            (Cue::Started, Happening::Started { .. })
            | (Cue::Yielding(_), Happening::Yielding)
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
    pub(super) fn name(&self) -> String {
        let name = match self {
            Cue::Subscribe(signal) => return format!("subscribed {signal}"),
            Cue::Exactly(what) => return name(what),
            Cue::Unsubscribe(_) => "unsubscribed",
            Cue::Started => "started",
            Cue::Yielding(_) => "yielding",
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
pub(super) fn name(what: &Happening) -> String {
    let value = serde_json::to_value(what).unwrap_or_default();
    value["event"].as_str().unwrap_or_default().to_owned()
}
