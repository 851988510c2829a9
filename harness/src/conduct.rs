//! What a step does: one table, which the script's writer, the driver, the model, the judge and the canonical form read.
//!
//! For each step it says which events the coroutine writes, in order, and who has control until each is written: so the
//! judge knows what comes next, and whose fault it is when the process ends there instead. What an event sends, and to
//! whom, stands beside it in [`mod@sends`]; the driver acts only where the script's [`Course`] has it.

use sigconform_fixture::{Condition, Happening, OutsideAction, Receiver, Script, Signal, Step};

mod course;
mod cue;
pub(crate) mod sends;

#[cfg(test)]
pub(crate) use course::is_of_loop;
pub(crate) use course::{Course, Place};
pub(crate) use cue::{Cue, name};
use sends::Sends;

/// One event that the coroutine has to write, and who has control until it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    pub(crate) cue: Cue<'a>,
    pub(crate) control: Control<'a>,
    /// A fixture need not write it: what it would have shown is unknown then.
    pub(crate) is_optional: bool,
}

/// Whoever has control answers for how the process ends meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Control<'a> {
    /// The fixture's own code: its end there says nothing of the library.
    Fixture,
    /// The library, which adds or removes a handler or opens a second loop.
    Library,
    /// The library, which makes the loop; a fixture that could not have one may end there.
    Opening,
    /// The loop, which runs until the conditions hold.
    Loop(&'a [Condition]),
    /// The library, which closes the loop: it may turn once more.
    Close,
    /// A child that the process has forked; the library is in it where it goes on with the loop.
    Child { goes_on: bool },
    /// The second loop, on a thread of its own.
    SecondLoop,
}

impl<'a> Control<'a> {
    /// What the first loop runs for; nothing, while it closes.
    pub(crate) fn waits_for(self) -> Option<&'a [Condition]> {
        match self {
            Control::Loop(until) => Some(until),
            Control::Close => Some(&[]),
            Control::Fixture | Control::Library | Control::Opening | Control::Child { .. } | Control::SecondLoop => {
                None
            }
        }
    }

    /// Whether the library answers for the end of the process.
    pub(crate) fn is_library(self) -> bool {
        matches!(self, Control::Library | Control::Opening | Control::Loop(_) | Control::Close | Control::SecondLoop)
    }
}

/// Every line of a script, in order.
pub(crate) fn lines(script: &Script) -> impl Iterator<Item = Line<'_>> {
    let reported = script.before.report.then(|| fixture(Cue::State));
    let subscribed = script.subscribe.iter().map(|&signal| library(Cue::Subscribe(signal)));
    let played = script.steps.iter().flat_map(written_by);
    let closed = under(Control::Close, Cue::Exactly(Happening::Finished));
    let opening = Line { is_optional: true, ..exactly(Happening::Opening) };
    let opened = Line { is_optional: true, ..under(Control::Opening, Cue::Exactly(Happening::Opened)) };
    reported
        .into_iter()
        .chain([opening, opened])
        .chain(subscribed)
        .chain([fixture(Cue::Started)])
        .chain(played)
        .chain([closed])
}

/// The lines of a step.
pub(crate) fn written_by(step: &Step) -> Vec<Line<'_>> {
    match *step {
        Step::Subscribe { signal, .. }
        | Step::SubscribeCloser { signal }
        | Step::SubscribeAdder { signal, .. }
        | Step::SubscribeRemover { signal, .. }
        | Step::Relay { signal, .. } => vec![library(Cue::Subscribe(signal))],
        Step::SubscribeCoroutine { signal } => vec![library(Cue::Coroutine(signal))],
        Step::SecondLoop { signal } => vec![library(Cue::SecondLoop(signal))],
        Step::Unsubscribe { subscription } => vec![library(Cue::Unsubscribe(subscription))],
        Step::Send { signal, to } => vec![exactly(Happening::Sending { signal, to })],
        Step::Flood { signal, times } => vec![exactly(Happening::Flooding { signal, times })],
        Step::FloodFromThreads { signal, threads, times } => {
            vec![exactly(Happening::FloodingFromThreads { signal, threads, times })]
        }
        Step::Queue { signal, value } => vec![exactly(Happening::Queueing { signal, value })],
        Step::Hold { ref signals } => vec![exactly(Happening::Holding { signals: signals.clone() })],
        Step::Release {} => vec![exactly(Happening::Releasing)],
        Step::Work { .. } => vec![exactly(Happening::Working), exactly(Happening::Worked)],
        Step::Tick { .. } => Vec::new(),
        Step::Yield { ref until } => vec![fixture(Cue::Yielding), in_loop(Cue::Resumed, until)],
        Step::Settle { .. } => vec![fixture(Cue::Settling), in_loop(Cue::Resumed, &[])],
        Step::AwaitOutside { .. } | Step::AwaitClose {} => {
            let Some((action, until)) = awaits(step) else { return Vec::new() };
            vec![fixture(Cue::Ready(action)), in_loop(Cue::Outside(action), until), in_loop(Cue::Resumed, until)]
        }
        Step::Reopen {} => {
            let reopened = under(Control::Close, Cue::Exactly(Happening::Reopened));
            vec![exactly(Happening::Closing), reopened]
        }
        Step::Report {} => vec![fixture(Cue::State)],
        Step::SpawnReport {} => vec![fixture(Cue::ChildState)],
        Step::SpawnThread {} => vec![exactly(Happening::ThreadSpawned)],
        Step::ReportThread {} => vec![fixture(Cue::ThreadMask)],
        Step::ReadElsewhere {} => vec![exactly(Happening::ReadingElsewhere)],
        Step::EndRead {} => vec![fixture(Cue::ReadEnded)],
        Step::Fork { signal } => vec![exactly(Happening::Forking { signal }), in_child(false)],
        Step::ForkLoop { signal } => vec![exactly(Happening::ForkingLoop { signal }), in_child(true)],
        Step::SpawnKilled { signal } => vec![fixture(Cue::ChildKilled(signal))],
        Step::LaterHandler { signal } => vec![exactly(Happening::LaterHandler { signal })],
        Step::ReadInBackground {} => vec![exactly(Happening::ReadingInBackground)],
        Step::JoinSecondLoop {} => {
            let ended = under(Control::SecondLoop, Cue::Exactly(Happening::SecondLoopEnded));
            vec![exactly(Happening::JoiningSecondLoop), ended]
        }
        Step::Children { times, then } => vec![exactly(Happening::StartingChildren { times, then })],
        Step::ContinueChildren {} => vec![exactly(Happening::ContinuingChildren)],
        Step::Timer { .. } => vec![exactly(Happening::StartingTimer)],
        Step::BreakPipe {} => vec![exactly(Happening::BreakingPipe)],
        Step::OpenPipe {} => vec![exactly(Happening::PipeOpened)],
        Step::LimitDescriptors { left } => vec![exactly(Happening::DescriptorsLimited { left })],
        Step::CheckPipe {} => vec![fixture(Cue::OwnPipe)],
        Step::CheckWaker { signal } => {
            vec![exactly(Happening::Sending { signal, to: Receiver::Process }), fixture(Cue::Woken(signal))]
        }
        Step::CheckErrno { signal } => {
            vec![exactly(Happening::Sending { signal, to: Receiver::Process }), fixture(Cue::Errno(signal))]
        }
    }
}

fn under<'a>(control: Control<'a>, cue: Cue<'a>) -> Line<'a> {
    Line { cue, control, is_optional: false }
}

fn fixture(cue: Cue<'_>) -> Line<'_> {
    under(Control::Fixture, cue)
}

fn exactly<'a>(what: Happening) -> Line<'a> {
    fixture(Cue::Exactly(what))
}

fn library(cue: Cue<'_>) -> Line<'_> {
    under(Control::Library, cue)
}

fn in_loop<'a>(cue: Cue<'a>, until: &'a [Condition]) -> Line<'a> {
    under(Control::Loop(until), cue)
}

fn in_child<'a>(goes_on: bool) -> Line<'a> {
    under(Control::Child { goes_on }, Cue::ForkEnded)
}

/// What a step waits for from outside, and until when.
pub(crate) fn awaits(step: &Step) -> Option<(&OutsideAction, &[Condition])> {
    match step {
        Step::AwaitOutside { action, until } => Some((action, until)),
        Step::AwaitClose {} => Some((&OutsideAction::Close, &[])),
        _ => None,
    }
}

/// What the handler that a step adds sends itself when it is called.
pub(crate) fn sent_by_handler(step: &Step) -> Option<Signal> {
    match *step {
        Step::Subscribe { sends, .. } => sends,
        Step::Relay { sends, .. } => Some(sends),
        _ => None,
    }
}

/// Whether a script has `wanted` sent to its process or a forked child of it, from inside or outside.
pub(crate) fn sends(script: &Script, wanted: Signal) -> bool {
    let mut sends = Sends::default();
    script.steps.iter().any(|step| {
        let mut told = written_by(step).into_iter().flat_map(|line| sends.of_cue(&line.cue));
        told.any(|sent| sent.signal == wanted) || sent_by_handler(step) == Some(wanted)
    })
}

#[cfg(test)]
mod tests {
    use sigconform_fixture::{Claims, Subscription};

    use super::*;
    use crate::catalogue::Catalogue;

    fn script(name: &str) -> Script {
        let catalogue = Catalogue::embedded().expect("the embedded catalogue");
        catalogue.scenario(name).expect("a scenario").part(&Claims::default()).script
    }

    #[test]
    fn the_harness_acts_as_often_as_the_script_waits_for_it() {
        let acts = |name: &str| script(name).steps.iter().filter(|step| awaits(step).is_some()).count();
        assert_eq!([acts("sequence"), acts("idle-wakeup"), acts("close-wakes-waiter")], [0, 3, 1]);
    }

    #[test]
    fn a_script_sends_what_its_steps_do_and_nothing_else() {
        let sent = |name: &str, signal: libc::c_int| sends(&script(name), Signal::from_raw(signal));
        assert!(sent("sequence", libc::SIGUSR1) && !sent("sequence", libc::SIGTERM));
        assert!(sent("broken-pipe", libc::SIGPIPE) && sent("fifty-children", libc::SIGCHLD));
        let usr1 = Signal::from_raw(libc::SIGUSR1);
        for (step, sent) in [
            (Step::Subscribe { signal: Signal::SIGHUP, sends: Some(usr1) }, true),
            (Step::Relay { signal: Signal::SIGHUP, sends: usr1 }, true),
            (Step::Subscribe { signal: usr1, sends: None }, false),
        ] {
            let handlers = Script { steps: vec![step.clone()], ..script("sequence") };
            assert_eq!(sends(&handlers, usr1), sent, "{step:?}");
        }
        let killed = Script { steps: vec![Step::SpawnKilled { signal: Signal::SIGHUP }], ..script("sequence") };
        assert!(!sends(&killed, Signal::SIGHUP), "a child program is another process: what it sends itself is its own");
    }

    #[test]
    fn whoever_has_control_answers_for_the_end() {
        let script = script("sequence");
        let told: Vec<_> = lines(&script).map(|line| (line.cue.name(), line.control.is_library())).collect();
        let opened = [("opening".to_owned(), false), ("opened".to_owned(), true)];
        assert!(told.starts_with(&opened));
        let start: Vec<_> = told.iter().skip(2).take(7).map(|(name, library)| (name.as_str(), *library)).collect();
        let subscribed = ["subscribed SIGHUP", "subscribed SIGUSR1", "subscribed SIGINT"].map(|name| (name, true));
        let played = [("started", false), ("sending", false), ("yielding", false), ("resumed", true)];
        assert_eq!(start, [&subscribed[..], &played[..]].concat());
        assert_eq!(told.last(), Some(&("finished".to_owned(), true)), "its loop is closed before it says so");
    }

    /// The fixture, as far as its step is its own; the library, from where it is asked for something.
    #[test]
    fn each_step_says_who_has_control() {
        let (signal, subscription, sends) = (Signal::SIGHUP, Subscription(1), None);
        let all = Control::Loop(&[]);
        let (fixture, library, child) = (Control::Fixture, Control::Library, |goes_on| Control::Child { goes_on });
        let kill = OutsideAction::Kill { signal };
        for (step, wanted) in [
            (Step::Subscribe { signal, sends }, vec![library]),
            (Step::SubscribeCloser { signal }, vec![library]),
            (Step::SubscribeAdder { signal, adds: signal }, vec![library]),
            (Step::SubscribeRemover { signal, removes: None }, vec![library]),
            (Step::SubscribeCoroutine { signal }, vec![library]),
            (Step::Relay { signal, sends: signal }, vec![library]),
            (Step::Unsubscribe { subscription }, vec![library]),
            (Step::SecondLoop { signal }, vec![library]),
            (Step::JoinSecondLoop {}, vec![fixture, Control::SecondLoop]),
            (Step::Send { signal, to: Receiver::Process }, vec![fixture]),
            (Step::Yield { until: Vec::new() }, vec![fixture, all]),
            (Step::Settle { millis: 2 }, vec![fixture, all]),
            (Step::AwaitOutside { action: kill, until: Vec::new() }, vec![fixture, all, all]),
            (Step::Reopen {}, vec![fixture, Control::Close]),
            (Step::Fork { signal }, vec![fixture, child(false)]),
            (Step::ForkLoop { signal }, vec![fixture, child(true)]),
            (Step::Report {}, vec![fixture]),
            (Step::SpawnReport {}, vec![fixture]),
        ] {
            let told: Vec<_> = written_by(&step).iter().map(|line| line.control).collect();
            assert_eq!(told, wanted, "{step:?}");
        }
    }
}
