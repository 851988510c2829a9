//! The transcript: what a fixture did, event by event, and the text that people read.
//!
//! ```
//! # use sigconform::{contract::{Event, Happening, Receiver, Signal}, transcript::{Ending, Transcript}};
//! let sending = Happening::Sending { signal: Signal::SIGHUP, to: Receiver::Process };
//! let events = [Happening::Started { pid: 7 }, sending, Happening::Yielding].map(|what| Event { t: 0, what });
//! let transcript = Transcript { events: events.into(), ending: Ending::Killed(Signal::SIGHUP), stderr: String::new() };
//!
//! // Process ids are redacted, and what ended it is the last line.
//! let text = "starting send_signals for [PID]\nsending SIGHUP\nyielding control\nkilled by SIGHUP\n";
//! assert_eq!(transcript.text(), text);
//! ```

use std::time::Duration;

use sigconform_fixture::{
    ChildThen, Event, Happening, Information, Key, OutsideAction, Receiver, Signal, Subscription, Trace,
};

pub use crate::text::{is_harmless, one_line};

mod canonical;

/// Lines that are shown after the last one that matters.
const LINES_AFTER: usize = 100;

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
    /// It wrote without end: the harness killed it.
    TooMuchOutput {
        /// The most that is read, in bytes.
        limit: usize,
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

/// One line of the text, and the events that it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Index of the first into [`Transcript::events`]; its length for the line of the ending.
    pub event: usize,
    /// The text, without a line end.
    pub text: String,
}

impl Transcript {
    /// The lines as they happened. A run of calls of one handler is one line, with their number.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        let mut run: Option<Run> = None;
        for (event, (what, text)) in self.texts().enumerate() {
            let Some(text) = text else { continue };
            match (&mut run, Run::of(what)) {
                (Some(going_on), Some(next)) if going_on.is_same(&next) => going_on.length += 1,
                (_, next) => {
                    note_length(&mut lines, run.take());
                    lines.push(Line { event, text });
                    run = next;
                }
            }
        }
        note_length(&mut lines, run);
        lines.extend(self.ending.text().map(|text| Line { event: self.events.len(), text }));
        lines
    }

    /// The text as it happened.
    #[must_use]
    pub fn text(&self) -> String {
        self.lines().into_iter().map(|line| line.text + "\n").collect()
    }

    /// The text for people who look at `line`, 1-based: what comes long after it is told by its number of lines, so that
    /// whoever writes without end does not fill a report. Lines up to there, and the ending, are those of [`text`](Self::text).
    pub(crate) fn text_around(&self, line: usize) -> String {
        let mut lines: Vec<_> = self.lines().into_iter().map(|line| line.text).collect();
        let (kept, ending) = (line.saturating_add(LINES_AFTER), self.ending.text());
        let before_the_end = lines.len() - usize::from(ending.is_some());
        if before_the_end > kept {
            lines.truncate(kept);
            lines.push(format!("({} more lines)", before_the_end - kept));
            lines.extend(ending);
        }
        lines.into_iter().map(|text| text + "\n").collect()
    }

    /// For each event, and for the ending after them, the 1-based number of the last line up to there; 0 before the first.
    #[must_use]
    pub fn line_numbers(&self) -> Vec<usize> {
        let mut lines = self.lines().into_iter().peekable();
        let mut number = 0;
        let numbers = (0..=self.events.len()).map(|event| {
            while lines.next_if(|line| line.event <= event).is_some() {
                number += 1;
            }
            number
        });
        numbers.collect()
    }

    fn texts(&self) -> impl Iterator<Item = (&Happening, Option<String>)> {
        let mut started = false;
        self.events.iter().map(move |Event { what, .. }| {
            started |= matches!(what, Happening::Started { .. });
            (what, text(what, started))
        })
    }
}

/// Writes the length of a run behind its line.
fn note_length(lines: &mut [Line], run: Option<Run>) {
    if let (Some(line), Some(Run { length: length @ 2.., .. })) = (lines.last_mut(), run) {
        line.text += &format!(" × {length}");
    }
}

/// Calls of one handler in a row.
struct Run {
    subscription: Subscription,
    value: Option<i32>,
    length: usize,
}

impl Run {
    fn of(what: &Happening) -> Option<Self> {
        let Happening::Handler { subscription, info, .. } = what else { return None };
        Some(Self { subscription: *subscription, value: info.value, length: 1 })
    }

    fn is_same(&self, other: &Self) -> bool {
        (self.subscription, self.value) == (other.subscription, other.value)
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
        Happening::FloodingFromThreads { signal, threads, times } => {
            format!("{threads} threads each sending {signal} {times} times")
        }
        Happening::Queueing { signal, value } => format!("queueing {signal} with {value}"),
        Happening::SendFailed { signal, error } => format!("{signal} was not sent: {}", one_line(error)),
        Happening::Holding { signals } => format!("holding {}", list(signals)),
        Happening::Releasing => "releasing".to_owned(),
        Happening::Yielding => "yielding control".to_owned(),
        // Only a queued signal has a value; for others the system fills the field with something.
        Happening::Handler { signal, info, .. } => match info.value.filter(|_| is_queued(*signal, info)) {
            Some(value) => format!("signal_handler('{signal}') with {value}"),
            None => format!("signal_handler('{signal}')"),
        },
        Happening::HandlerSending { signal } => format!("signal_handler sends {signal}"),
        Happening::HandlerReturned { .. } => "signal_handler returns".to_owned(),
        Happening::ThreadMask { blocked } if blocked.is_empty() => "the idle thread blocks nothing".to_owned(),
        Happening::ThreadMask { blocked } => format!("the idle thread blocks {}", list(blocked)),
        Happening::ReadingElsewhere => "another thread reads".to_owned(),
        Happening::ReadEnded { interrupted: true } => "its read failed with EINTR".to_owned(),
        Happening::ReadEnded { interrupted: false } => "its read was not interrupted".to_owned(),
        Happening::HandlerClosing => "signal_handler closes its loop".to_owned(),
        Happening::HandlerAdded { signal, error: None, .. } => format!("signal_handler adds one of {signal}"),
        Happening::HandlerAdded { signal, .. } => format!("signal_handler could not add one of {signal}"),
        Happening::HandlerRemoved { signal, error: None, .. } => format!("signal_handler removes that of {signal}"),
        Happening::HandlerRemoved { signal, .. } => format!("signal_handler could not remove that of {signal}"),
        Happening::Reaped { children: 0 } => return None,
        Happening::Reaped { children } => format!("reaped {children}"),
        Happening::State { .. } => "reporting the process's state".to_owned(),
        Happening::ChildState { .. } => "reporting a child's state".to_owned(),
        Happening::Reopened => "closed and opened the loop".to_owned(),
        Happening::ThreadSpawned => "started an idle thread".to_owned(),
        Happening::Forking { signal } => format!("forking a child that sends itself {signal}"),
        Happening::ForkingLoop { signal } => format!("forking a child that goes on and sends itself {signal}"),
        Happening::ForkEnded { failed: true, .. } => "the forked child has failed".to_owned(),
        Happening::ForkEnded { .. } => "the forked child has ended".to_owned(),
        Happening::ChildKilled { signal, killed_by: Some(by) } => {
            format!("a child program sent itself {signal} and was killed by {by}")
        }
        Happening::ChildKilled { signal, killed_by: None } => {
            format!("a child program sent itself {signal} and lived on")
        }
        Happening::LaterHandler { signal } => format!("installed a later handler of {signal}"),
        Happening::ReadingInBackground => "reading from the terminal in the background".to_owned(),
        Happening::SecondLoop { signal } => format!("opened a second loop for {signal}"),
        Happening::SecondHandler { signal } => format!("second loop: signal_handler('{signal}')"),
        Happening::JoiningSecondLoop => "waiting for the second loop".to_owned(),
        Happening::SecondLoopEnded => "the second loop has ended".to_owned(),
        Happening::StartingChildren { times, then: ChildThen::Exit } => format!("starting {times} children"),
        Happening::StartingChildren { times, then: ChildThen::Stop } => format!("starting {times} children that stop"),
        Happening::ContinuingChildren => "continuing the children".to_owned(),
        Happening::StartingTimer => "starting a timer".to_owned(),
        Happening::BreakingPipe => "writing to a pipe that nobody reads".to_owned(),
        Happening::DescriptorsLimited { left: Some(0) } => "no descriptor is left".to_owned(),
        Happening::DescriptorsLimited { left: Some(1) } => "one descriptor is left".to_owned(),
        Happening::DescriptorsLimited { left: Some(left) } => format!("{left} descriptors are left"),
        Happening::DescriptorsLimited { left: None } => "as many descriptors as ever".to_owned(),
        Happening::PipeOpened => "opened a pipe of its own".to_owned(),
        Happening::OwnPipe { kept: true } => "its own pipe is kept".to_owned(),
        Happening::OwnPipe { kept: false } => "its own pipe was closed".to_owned(),
        Happening::Woken { in_handler: true, .. } => "woken in the signal handler".to_owned(),
        Happening::Woken { in_handler: false, .. } => "not woken in the signal handler".to_owned(),
        Happening::Errno { kept: true, .. } => "errno is kept".to_owned(),
        Happening::Errno { kept: false, .. } => "errno is lost".to_owned(),
        Happening::Unsubscribed { signal, error: None, .. } => format!("unsubscribed {signal}"),
        Happening::Unsubscribed { signal, error: Some(_), .. } => format!("could not unsubscribe {signal}"),
        Happening::Tick { number, .. } => format!("tick {number}"),
        Happening::Working => "working".to_owned(),
        Happening::Subscribed { signal, .. } if started => format!("subscribed {signal}"),
        Happening::Refused { signal, .. } => format!("refused {signal}"),
        Happening::Panicked { step, message, .. } => format!("panicked in {}: {}", one_line(step), one_line(message)),
        Happening::Unsupported { step, reason } => format!("cannot play {}: {}", one_line(step), one_line(reason)),
        Happening::Ready { action: OutsideAction::Close } => "waiting to be closed".to_owned(),
        Happening::Ready { action } => format!("waiting for {}", list(&action.signals())),
        Happening::Outside { action, .. } => outside(action),
        Happening::Traced { trace } => traced(trace)?,
        Happening::Opening
        | Happening::Opened
        | Happening::Subscribed { .. }
        | Happening::HandlerAdding { .. }
        | Happening::HandlerRemoving { .. }
        | Happening::Seen { .. }
        | Happening::Slept { .. }
        | Happening::Worked
        | Happening::Settling
        | Happening::Closing
        | Happening::Resumed
        | Happening::Finished => return None,
    })
}

fn is_queued(signal: Signal, info: &Information) -> bool {
    signal.is_real_time() && info.code.as_deref().is_none_or(|code| code == "SI_QUEUE")
}

fn outside(action: &OutsideAction) -> String {
    match action {
        OutsideAction::Kill { signal } => format!("{signal} from outside"),
        OutsideAction::Flood { signal, times } => format!("{signal} from outside {times} times"),
        OutsideAction::Trace { signal } => format!("{signal} from outside, its signal handler followed"),
        OutsideAction::WhileStopped { signals, two_senders: true } => {
            format!("stopped, {} from two others, and continued", list(signals))
        }
        OutsideAction::WhileStopped { signals, two_senders: false } => {
            format!("stopped, {} from outside, and continued", list(signals))
        }
        OutsideAction::Type { key: Key::Interrupt } => "Ctrl-C is typed".to_owned(),
        OutsideAction::Type { key: Key::Quit } => "Ctrl-\\ is typed".to_owned(),
        OutsideAction::Type { key: Key::Suspend } => "Ctrl-Z is typed".to_owned(),
        OutsideAction::Resize => "the terminal is resized".to_owned(),
        OutsideAction::HangUp => "the terminal hangs up".to_owned(),
        OutsideAction::Close => "another thread closes the loop".to_owned(),
    }
}

/// What a signal handler did, where there was one.
fn traced(trace: &Trace) -> Option<String> {
    let Trace::Followed { calls, functions, .. } = trace else { return None };
    let calls = calls.iter().map(|call| call.name.clone());
    let functions = functions.iter().map(|function| format!("{}()", one_line(function)));
    let did: Vec<_> = functions.chain(calls).collect();
    (!did.is_empty()).then(|| format!("the signal handler: {}", did.join(", ")))
}

/// Signals for people.
pub(crate) fn list(signals: &[Signal]) -> String {
    signals.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Standard error as the tail of a message, escaped.
pub(crate) fn quoted_stderr(stderr: &str) -> String {
    match stderr.trim() {
        "" => String::new(),
        text => format!("; standard error: {}", text.escape_debug()),
    }
}

/// Threads for people, those that do the same together.
#[must_use]
pub fn describe(threads: &[ThreadState]) -> String {
    let mut groups: Vec<(&ThreadState, usize)> = Vec::new();
    for thread in threads {
        match groups.iter_mut().find(|(same, _)| *same == thread) {
            Some((_, count)) => *count += 1,
            None => groups.push((thread, 1)),
        }
    }
    if groups.is_empty() {
        return "no thread is shown".to_owned();
    }
    let shown = groups.into_iter().map(|(ThreadState { name, doing }, count)| match count {
        1 => format!("{name} {doing}"),
        _ => format!("{name} {doing} ({count} threads)"),
    });
    shown.collect::<Vec<_>>().join("; ")
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
            Self::TooMuchOutput { limit } => format!("wrote more than {limit} bytes to standard output"),
        })
    }

    /// The same with what its threads were doing, for a message that stands alone.
    pub(crate) fn in_full(&self) -> Option<String> {
        let how = self.text()?;
        Some(match self {
            Self::Stuck(Stuck { threads }) | Self::Deadline { threads, .. } => format!("{how} ({})", describe(threads)),
            _ => how,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transcript(whats: Vec<Happening>) -> Transcript {
        let events = whats.into_iter().map(|what| Event { t: 0, what }).collect();
        Transcript { events, ending: Ending::Exited(0), stderr: String::new() }
    }

    #[test]
    fn a_fixture_cannot_forge_lines() {
        let message = "oops\nsignal_handler('SIGHUP')".to_owned();
        let forged = transcript(vec![Happening::Panicked { step: "subscribe".to_owned(), signal: None, message }]);
        assert_eq!(forged.text(), "panicked in subscribe: oops\\nsignal_handler('SIGHUP')\n");
    }

    #[test]
    fn what_comes_long_after_the_line_that_matters_is_counted() {
        let ticks = (1..=5000).map(|number| Happening::Tick { number, place: sigconform_fixture::Place::SenderThread });
        let long = Transcript { ending: Ending::Exited(3), ..transcript(ticks.collect()) };
        let text = long.text_around(7);
        assert_eq!(text.lines().count(), 7 + LINES_AFTER + 2);
        assert!(text.starts_with("tick 1\n") && text.contains("tick 107\n(4893 more lines)\nexited with status 3\n"));
        // Nothing is left out where little follows.
        assert_eq!(long.text_around(4900), long.text());
        assert_eq!(long.text_around(5001), long.text());
    }

    #[test]
    fn lines_are_numbered_as_they_are_shown() {
        let call = || Happening::Handler {
            signal: Signal::SIGHUP,
            subscription: Subscription(1),
            place: sigconform_fixture::Place::SenderThread,
            info: Information::default(),
        };
        let some = transcript(vec![Happening::Resumed, Happening::Yielding, call(), call(), Happening::Working]);
        assert_eq!(some.lines().len(), 3, "calls in a row are one line");
        assert_eq!(some.line_numbers(), [0, 1, 2, 2, 3, 3]);
    }
}
