//! The transcript: what a fixture did, event by event, and the documented text that people read.

use std::time::Duration;

use sigconform_fixture::{Claims, Event, HandlersRun, Happening, Key, OutsideAction, Receiver, Signal, TasksRun};

/// One played script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcript {
    /// What the fixture wrote, and what the harness did to it, in order.
    pub events: Vec<Event>,
    /// How it ended.
    pub ending: Ending,
    /// The beginning of what it wrote to standard error.
    pub stderr: String,
}

/// How a fixture's process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// It exited with this status.
    Exited(i32),
    /// A signal that the harness did not send to end it.
    Killed(Signal),
    /// It slept for good: the harness saw that nothing could wake it, and killed it.
    Stuck(Stuck),
    /// It never slept while it had nothing to do: the harness killed it.
    NeverIdle {
        /// Processor time used while it had nothing to do.
        used: Duration,
    },
    /// It was still busy at the deadline: the harness killed it.
    Deadline {
        /// The deadline.
        after: Duration,
        /// What its threads were doing.
        threads: Vec<ThreadState>,
    },
}

/// Where a stuck fixture sleeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stuck {
    /// Each thread, where the system shows it.
    pub threads: Vec<ThreadState>,
}

/// One thread, as the system shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadState {
    /// The thread's name.
    pub name: String,
    /// What it is doing, in the system's words.
    pub doing: String,
}

/// One line of the text, and the event that it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Index into [`Transcript::events`]; its length for the line of the ending.
    pub event: usize,
    /// The text, without a line end.
    pub text: String,
}

impl Transcript {
    /// The lines as they happened. An event has at most one; so has the ending.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let events = self.texts().enumerate();
        let mut lines: Vec<_> = events.filter_map(|(event, (_, text))| Some(Line { event, text: text? })).collect();
        lines.extend(self.ending.text().map(|text| Line { event: self.events.len(), text }));
        lines
    }

    /// The text as it happened.
    #[must_use]
    pub fn text(&self) -> String {
        self.lines().into_iter().map(|line| line.text + "\n").collect()
    }

    /// The 1-based number of the last line at or before the event at `index`; 0 before the first line.
    #[must_use]
    pub fn line_of(&self, index: usize) -> usize {
        self.lines().iter().take_while(|line| line.event <= index).count()
    }

    /// The documented text, one form for everything that is right in the same way: process ids are redacted, a handler
    /// or task that may run any time after it was asked for stands in its yield, and within a yield the handlers stand
    /// before the turns of other tasks.
    #[must_use]
    pub fn canonical(&self, claims: &Claims) -> String {
        let handlers_float = claims.handlers_run.value == HandlersRun::Concurrently;
        let tasks_float = claims.tasks_run.value == TasksRun::Concurrently;
        let mut page = Page::default();
        for (what, text) in self.texts() {
            match (what, text) {
                (Happening::Handler { .. }, Some(text)) => page.add(text, Kind::Handler, handlers_float),
                (Happening::Tick { .. }, Some(text)) => page.add(text, Kind::Tick, tasks_float),
                (Happening::Yielding | Happening::Settling | Happening::Ready { .. }, text) => page.enter_loop(text),
                (Happening::Resumed, _) => page.leave_loop(),
                (_, text) => page.text.extend(text),
            }
        }
        page.leave_loop();
        page.text.extend(page.early.into_iter().map(|(_, text)| text));
        page.text.extend(self.ending.text());
        page.text.into_iter().map(|text| text + "\n").collect()
    }

    fn texts(&self) -> impl Iterator<Item = (&Happening, Option<String>)> {
        let mut started = false;
        self.events.iter().map(move |Event { what, .. }| {
            started |= matches!(what, Happening::Started { .. });
            (what, text(what, started))
        })
    }
}

/// The canonical text as it grows.
#[derive(Default)]
struct Page {
    text: Vec<String>,
    /// What ran in the yield that is going on.
    in_loop: Option<Vec<(Kind, String)>>,
    /// What ran before its yield, as it may.
    early: Vec<(Kind, String)>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Handler,
    Tick,
}

impl Page {
    fn add(&mut self, text: String, kind: Kind, may_float: bool) {
        match &mut self.in_loop {
            Some(ran) => ran.push((kind, text)),
            None if may_float => self.early.push((kind, text)),
            None => self.text.push(text),
        }
    }

    fn enter_loop(&mut self, text: Option<String>) {
        self.leave_loop();
        self.text.extend(text);
        self.in_loop = Some(std::mem::take(&mut self.early));
    }

    fn leave_loop(&mut self) {
        let mut ran = self.in_loop.take().unwrap_or_default();
        ran.sort_by_key(|&(kind, _)| kind);
        self.text.extend(ran.into_iter().map(|(_, text)| text));
    }
}

/// The line of an event, if it has one. The subscriptions before the start have none unless they went wrong.
fn text(what: &Happening, started: bool) -> Option<String> {
    Some(match what {
        Happening::Started { .. } => "starting send_signals for [PID]".to_owned(),
        Happening::Sending { signal, to: Receiver::Process } => format!("sending {signal}"),
        Happening::Sending { signal, to: Receiver::SenderThread } => format!("sending {signal} to the own thread"),
        Happening::Sending { signal, to: Receiver::IdleThread } => format!("sending {signal} to an idle thread"),
        Happening::Flooding { signal, times } => format!("sending {signal} {times} times"),
        Happening::Queueing { signal, value } => format!("queueing {signal} with {value}"),
        Happening::SendFailed { signal, error } => format!("{signal} was not sent: {error}"),
        Happening::Holding { signals } => format!("holding {}", list(signals)),
        Happening::Releasing => "releasing".to_owned(),
        Happening::Yielding => "yielding control".to_owned(),
        Happening::Handler { signal, info, .. } => match info.value.filter(|_| signal.is_real_time()) {
            Some(value) => format!("signal_handler('{signal}') with {value}"),
            None => format!("signal_handler('{signal}')"),
        },
        Happening::HandlerSending { signal } => format!("signal_handler sends {signal}"),
        Happening::HandlerReturned { .. } => "signal_handler returns".to_owned(),
        Happening::Reaped { children: 0 } => return None,
        Happening::Reaped { children } => format!("reaped {children}"),
        Happening::State { .. } => "reporting the process's state".to_owned(),
        Happening::ChildState { .. } => "reporting a child's state".to_owned(),
        Happening::Reopened => "closed and opened the loop".to_owned(),
        Happening::ThreadSpawned => "started an idle thread".to_owned(),
        Happening::Forking { signal } => format!("forking a child that sends itself {signal}"),
        Happening::ForkEnded { .. } => "the forked child has ended".to_owned(),
        Happening::StartingChildren { times } => format!("starting {times} children"),
        Happening::StartingTimer => "starting a timer".to_owned(),
        Happening::BreakingPipe => "writing to a pipe that nobody reads".to_owned(),
        Happening::Errno { kept: true, .. } => "errno is kept".to_owned(),
        Happening::Errno { kept: false, .. } => "errno is lost".to_owned(),
        Happening::Unsubscribed { signal, error: None, .. } => format!("unsubscribed {signal}"),
        Happening::Unsubscribed { signal, error: Some(_), .. } => format!("could not unsubscribe {signal}"),
        Happening::Tick { number, .. } => format!("tick {number}"),
        Happening::Working => "working".to_owned(),
        Happening::Subscribed { signal, .. } if started => format!("subscribed {signal}"),
        Happening::Refused { signal, .. } => format!("refused {signal}"),
        Happening::Panicked { step, message } => format!("panicked in {step}: {message}"),
        Happening::Unsupported { step, reason } => format!("cannot play {step}: {reason}"),
        Happening::Ready { action } => format!("waiting for {}", list(&action.signals())),
        Happening::Outside { action } => outside(action),
        Happening::Subscribed { .. }
        | Happening::Worked
        | Happening::Settling
        | Happening::Resumed
        | Happening::Finished => return None,
    })
}

fn outside(action: &OutsideAction) -> String {
    match action {
        OutsideAction::Kill { signal } => format!("{signal} from outside"),
        OutsideAction::Flood { signal, times } => format!("{signal} from outside {times} times"),
        OutsideAction::WhileStopped { signals } => format!("stopped, {} from outside, and continued", list(signals)),
        OutsideAction::Type { key: Key::Interrupt } => "Ctrl-C is typed".to_owned(),
        OutsideAction::Type { key: Key::Quit } => "Ctrl-\\ is typed".to_owned(),
        OutsideAction::Type { key: Key::Suspend } => "Ctrl-Z is typed".to_owned(),
        OutsideAction::Resize => "the terminal is resized".to_owned(),
        OutsideAction::HangUp => "the terminal hangs up".to_owned(),
    }
}

fn list(signals: &[Signal]) -> String {
    signals.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl Ending {
    /// The ending as the last line; `None` for an orderly one.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        Some(match self {
            Self::Exited(0) => return None,
            Self::Exited(status) => format!("exited with status {status}"),
            Self::Killed(signal) => format!("killed by {signal}"),
            Self::Stuck(_) => "stuck: every thread sleeps and nothing is left to wake it".to_owned(),
            Self::NeverIdle { .. } => "busy: uses processor time with nothing to do".to_owned(),
            Self::Deadline { after, .. } => format!("still busy after {} s", after.as_secs()),
        })
    }
}

#[cfg(test)]
mod tests {
    use sigconform_fixture::{Claim, Place, Subscription};

    use super::*;

    fn transcript(whats: Vec<Happening>) -> Transcript {
        let events = whats.into_iter().map(|what| Event { t: 0, what }).collect();
        Transcript { events, ending: Ending::Exited(0), stderr: String::new() }
    }

    fn handler(place: Place) -> Happening {
        Happening::Handler {
            signal: Signal::SIGHUP,
            subscription: Subscription(1),
            place,
            info: sigconform_fixture::Information::default(),
        }
    }

    fn claims(handlers_run: HandlersRun) -> Claims {
        Claims { handlers_run: Claim { value: handlers_run, ..Claim::default() }, ..Claims::default() }
    }

    const DOCUMENTED: &str = "sending SIGHUP\nyielding control\nsignal_handler('SIGHUP')\n";

    #[test]
    fn a_concurrent_handler_before_its_yield_stands_in_it() {
        let early = transcript(vec![
            Happening::Sending { signal: Signal::SIGHUP, to: Receiver::Process },
            handler(Place::OtherThread),
            Happening::Yielding,
            Happening::Resumed,
        ]);
        assert_eq!(early.canonical(&claims(HandlersRun::Concurrently)), DOCUMENTED);
    }

    #[test]
    fn an_early_handler_of_a_sequential_loop_stays_where_it_ran() {
        let early = transcript(vec![
            Happening::Sending { signal: Signal::SIGHUP, to: Receiver::Process },
            handler(Place::SenderThread),
            Happening::Yielding,
            Happening::Resumed,
        ]);
        assert_ne!(early.canonical(&claims(HandlersRun::SenderThread)), DOCUMENTED);
    }

    #[test]
    fn a_handler_that_never_finds_a_yield_is_still_shown() {
        let late = transcript(vec![Happening::Yielding, Happening::Resumed, handler(Place::OtherThread)]);
        let text = late.canonical(&claims(HandlersRun::Concurrently));
        assert_eq!(text, "yielding control\nsignal_handler('SIGHUP')\n");
    }

    #[test]
    fn handlers_stand_before_ticks_of_the_same_yield() {
        let tick = Happening::Tick { number: 1, place: Place::SenderThread };
        let mixed = transcript(vec![Happening::Yielding, tick, handler(Place::SenderThread), Happening::Resumed]);
        let text = mixed.canonical(&claims(HandlersRun::SenderThread));
        assert_eq!(text, "yielding control\nsignal_handler('SIGHUP')\ntick 1\n");
    }

    #[test]
    fn an_ending_by_signal_is_a_line() {
        let ended = Transcript { ending: Ending::Killed(Signal::SIGHUP), ..transcript(vec![Happening::Yielding]) };
        assert_eq!(ended.canonical(&Claims::default()), "yielding control\nkilled by SIGHUP\n");
    }
}
