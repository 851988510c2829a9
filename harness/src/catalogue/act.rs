//! Acts: the letters of a script. A step is one, and where a step's argument makes another thing of it, more than one.

use sigconform_fixture::{ChildThen, OutsideAction, Receiver};

use super::ScenarioStep;

macro_rules! acts {
    ($($act:ident = $name:literal;)*) => {
        /// What a step does, as far as it matters for what comes before and after it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum Act {
            $($act,)*
        }

        impl Act {
            pub(crate) const ALL: &'static [Self] = &[$(Self::$act),*];

            /// For people.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$act => $name,)* }
            }
        }
    };
}

acts! {
    Subscribe = "subscribe";
    SubscribeSends = "subscribe a handler that sends";
    SubscribeCloser = "subscribe a handler that closes";
    SubscribeAdder = "subscribe a handler that adds";
    SubscribeRemover = "subscribe a handler that removes";
    SubscribeRefused = "subscribe what is refused";
    SubscribeCoroutine = "subscribe a coroutine";
    Relay = "relay";
    Unsubscribe = "unsubscribe";
    Send = "send";
    SendToThread = "send to the own thread";
    SendToIdle = "send to another thread";
    Flood = "flood";
    FloodFromThreads = "flood from threads";
    Queue = "queue";
    Hold = "hold";
    Release = "release";
    Work = "work";
    Tick = "tick";
    Yield = "yield";
    Settle = "settle";
    AwaitKill = "await a signal";
    AwaitFlood = "await a flood";
    AwaitWhileStopped = "await signals while stopped";
    AwaitTrace = "await a traced signal";
    AwaitType = "await a key";
    AwaitResize = "await a new size";
    AwaitHangUp = "await the hang-up";
    AwaitClose = "await the close";
    Report = "report";
    Reopen = "reopen";
    SpawnThread = "spawn a thread";
    ReportThread = "report a thread";
    ReadElsewhere = "read elsewhere";
    EndRead = "end the read";
    Fork = "fork";
    ForkLoop = "fork, and go on";
    SpawnReport = "spawn a child that reports";
    SpawnKilled = "spawn a child that is killed";
    Children = "children that exit";
    ChildrenStop = "children that stop";
    ContinueChildren = "continue the children";
    Timer = "timer";
    BreakPipe = "break a pipe";
    OpenPipe = "open a pipe";
    CheckPipe = "check the pipe";
    LaterHandler = "install a later handler";
    ReadInBackground = "read in the background";
    SecondLoop = "open a second loop";
    JoinSecondLoop = "join the second loop";
    CheckErrno = "check errno";
}

impl Act {
    /// What a step does; `refused`: a subscription that is to be refused. A step that repeats others is none by itself,
    /// and nobody draws what only the system decides, as whether a library has the descriptors that it needs, nor a send that
    /// only looks for more.
    pub(crate) fn of(step: &ScenarioStep, refused: bool) -> Option<Self> {
        Some(match step {
            ScenarioStep::Subscribe { .. } if refused => Self::SubscribeRefused,
            ScenarioStep::Subscribe { sends: Some(_), .. } => Self::SubscribeSends,
            ScenarioStep::Subscribe { sends: None, .. } => Self::Subscribe,
            ScenarioStep::Relay { .. } => Self::Relay,
            ScenarioStep::SubscribeCloser { .. } => Self::SubscribeCloser,
            ScenarioStep::SubscribeAdder { .. } => Self::SubscribeAdder,
            ScenarioStep::SubscribeRemover { .. } => Self::SubscribeRemover,
            ScenarioStep::SubscribeCoroutine { .. } => Self::SubscribeCoroutine,
            ScenarioStep::AwaitClose => Self::AwaitClose,
            ScenarioStep::Unsubscribe { .. } | ScenarioStep::UnsubscribeNewest => Self::Unsubscribe,
            ScenarioStep::Send { to: Receiver::Process, .. } => Self::Send,
            ScenarioStep::Send { to: Receiver::SenderThread, .. } => Self::SendToThread,
            ScenarioStep::Send { to: Receiver::IdleThread, .. } => Self::SendToIdle,
            ScenarioStep::Flood { .. } => Self::Flood,
            ScenarioStep::FloodFromThreads { .. } => Self::FloodFromThreads,
            ScenarioStep::Queue { .. } => Self::Queue,
            ScenarioStep::Hold { .. } => Self::Hold,
            ScenarioStep::Release => Self::Release,
            ScenarioStep::Work { .. } => Self::Work,
            ScenarioStep::Tick { .. } => Self::Tick,
            ScenarioStep::Yield => Self::Yield,
            ScenarioStep::Settle { .. } => Self::Settle,
            ScenarioStep::Await { action } => match action {
                OutsideAction::Kill { .. } => Self::AwaitKill,
                OutsideAction::Flood { .. } => Self::AwaitFlood,
                OutsideAction::WhileStopped { .. } => Self::AwaitWhileStopped,
                OutsideAction::Trace { .. } => Self::AwaitTrace,
                OutsideAction::Type { .. } => Self::AwaitType,
                OutsideAction::Resize => Self::AwaitResize,
                OutsideAction::HangUp => Self::AwaitHangUp,
                OutsideAction::Close => Self::AwaitClose,
            },
            ScenarioStep::Report { .. } => Self::Report,
            ScenarioStep::Reopen => Self::Reopen,
            ScenarioStep::SpawnThread => Self::SpawnThread,
            ScenarioStep::ReportThread => Self::ReportThread,
            ScenarioStep::ReadElsewhere => Self::ReadElsewhere,
            ScenarioStep::EndRead => Self::EndRead,
            ScenarioStep::Fork { .. } => Self::Fork,
            ScenarioStep::ForkLoop { .. } => Self::ForkLoop,
            ScenarioStep::SpawnReport => Self::SpawnReport,
            ScenarioStep::SpawnKilled { .. } => Self::SpawnKilled,
            ScenarioStep::Children { then: ChildThen::Exit, .. } => Self::Children,
            ScenarioStep::Children { then: ChildThen::Stop, .. } => Self::ChildrenStop,
            ScenarioStep::ContinueChildren => Self::ContinueChildren,
            ScenarioStep::Timer { .. } => Self::Timer,
            ScenarioStep::BreakPipe => Self::BreakPipe,
            ScenarioStep::OpenPipe => Self::OpenPipe,
            ScenarioStep::CheckPipe => Self::CheckPipe,
            ScenarioStep::LaterHandler { .. } => Self::LaterHandler,
            ScenarioStep::ReadInBackground => Self::ReadInBackground,
            ScenarioStep::SecondLoop { .. } => Self::SecondLoop,
            ScenarioStep::JoinSecondLoop => Self::JoinSecondLoop,
            ScenarioStep::CheckErrno { .. } => Self::CheckErrno,
            ScenarioStep::Repeat { .. } | ScenarioStep::LimitDescriptors { .. } | ScenarioStep::CheckWaker { .. } => {
                return None;
            }
        })
    }

    /// The step of the protocol that it needs: what a fixture can play, it lists by these names.
    pub(crate) const fn step(self) -> &'static str {
        match self {
            Self::Subscribe | Self::SubscribeSends | Self::SubscribeRefused => "subscribe",
            Self::SubscribeCloser => "subscribe-closer",
            Self::SubscribeAdder => "subscribe-adder",
            Self::SubscribeRemover => "subscribe-remover",
            Self::SubscribeCoroutine => "subscribe-coroutine",
            Self::Relay => "relay",
            Self::Unsubscribe => "unsubscribe",
            Self::Send | Self::SendToThread | Self::SendToIdle => "send",
            Self::Flood => "flood",
            Self::FloodFromThreads => "flood-from-threads",
            Self::Queue => "queue",
            Self::Hold => "hold",
            Self::Release => "release",
            Self::Work => "work",
            Self::Tick => "tick",
            Self::Yield => "yield",
            Self::Settle => "settle",
            Self::AwaitKill
            | Self::AwaitFlood
            | Self::AwaitWhileStopped
            | Self::AwaitTrace
            | Self::AwaitType
            | Self::AwaitResize
            | Self::AwaitHangUp => "await-outside",
            Self::AwaitClose => "await-close",
            Self::Report => "report",
            Self::Reopen => "reopen",
            Self::SpawnThread => "spawn-thread",
            Self::ReportThread => "report-thread",
            Self::ReadElsewhere => "read-elsewhere",
            Self::EndRead => "end-read",
            Self::Fork => "fork",
            Self::ForkLoop => "fork-loop",
            Self::SpawnReport => "spawn-report",
            Self::SpawnKilled => "spawn-killed",
            Self::Children | Self::ChildrenStop => "children",
            Self::ContinueChildren => "continue-children",
            Self::Timer => "timer",
            Self::BreakPipe => "break-pipe",
            Self::OpenPipe => "open-pipe",
            Self::CheckPipe => "check-pipe",
            Self::LaterHandler => "later-handler",
            Self::ReadInBackground => "read-in-background",
            Self::SecondLoop => "second-loop",
            Self::JoinSecondLoop => "join-second-loop",
            Self::CheckErrno => "check-errno",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sigconform_fixture::Step;

    use super::*;

    /// But those that nobody draws: docs/explore.md says why.
    #[test]
    fn every_step_of_the_protocol_is_an_act() {
        let steps: BTreeSet<_> = Act::ALL.iter().map(|act| act.step()).collect();
        let undrawn = ["check-waker", "limit-descriptors"];
        let drawn = Step::NAMES.iter().copied().filter(|name| !undrawn.contains(name));
        assert_eq!(steps, drawn.collect());
    }
}
