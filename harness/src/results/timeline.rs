//! When it happened: the events of one run with their times, small enough to keep one for every outcome.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use sigconform_fixture::{Happening, OutsideAction, Signal};

use crate::transcript::{Ending, Transcript};

/// Most moments of a timeline: what comes after them looks like what came before, or has no room in a picture.
const KEPT: usize = 48;

/// The moments of one run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Timeline {
    /// In the order of the transcript, at most 48.
    pub moments: Vec<Moment>,
    /// How many more there were.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// One thing that happened. In JSON one string: `1200 handle SIGUSR1 x5`.
///
/// ```
/// use sigconform::results::{Mark, Moment};
///
/// let moment: Moment = "1200 handle SIGUSR1 x5".parse()?;
/// assert_eq!((moment.at, moment.what, moment.times), (Some(1200), Mark::Handle, 5));
/// assert_eq!(moment.to_string(), "1200 handle SIGUSR1 x5");
/// # Ok::<(), sigconform::results::NoMoment>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Moment {
    /// Nanoseconds of the fixture's clock since the coroutine started; absent for what the harness did, whose clock is another.
    pub at: Option<u64>,
    /// What it was.
    pub what: Mark,
    /// The signal that it is about.
    pub signal: Option<String>,
    /// How often in a row; the time is the first one's.
    pub times: u64,
}

macro_rules! marks {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// What a moment can be.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Mark {
            $($(#[$doc])* $name,)*
        }

        impl Mark {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its word in the results.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }
        }
    };
}

marks! {
    /// The coroutine starts.
    Start = "start",
    /// The coroutine, a handler, or a timer or child of theirs sends a signal.
    Send = "send",
    /// The harness, the terminal or another process sends one.
    Outside = "outside",
    /// Signals are blocked on the sender's thread.
    Hold = "hold",
    /// They are let through together.
    Release = "release",
    /// The coroutine gives control to the loop.
    Yield = "yield",
    /// It goes on.
    Resume = "resume",
    /// A handler is called.
    Handle = "handle",
    /// Another task of the loop takes a turn.
    Tick = "tick",
    /// The process was ended or never went on.
    End = "end",
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(at) => write!(f, "{at}")?,
            None => f.write_str("-")?,
        }
        write!(f, " {}", self.what.word())?;
        if let Some(signal) = &self.signal {
            write!(f, " {signal}")?;
        }
        if self.times == 1 { Ok(()) } else { write!(f, " x{}", self.times) }
    }
}

/// A text that is no moment.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no moment: write `NANOSECONDS MARK [SIGNAL] [xTIMES]`")]
pub struct NoMoment(String);

impl FromStr for Moment {
    type Err = NoMoment;

    fn from_str(text: &str) -> Result<Self, NoMoment> {
        let wrong = || NoMoment(text.to_owned());
        let mut words = text.split(' ').peekable();
        let at = match words.next().ok_or_else(wrong)? {
            "-" => None,
            number => Some(number.parse().map_err(|_| wrong())?),
        };
        let word = words.next().ok_or_else(wrong)?;
        let what = Mark::ALL.iter().copied().find(|mark| mark.word() == word).ok_or_else(wrong)?;
        let signal = words.next_if(|word| word.starts_with("SIG")).map(ToOwned::to_owned);
        let times = match words.next() {
            None => 1,
            Some(times) => times.strip_prefix('x').and_then(|times| times.parse().ok()).ok_or_else(wrong)?,
        };
        if words.next().is_some() { Err(wrong()) } else { Ok(Self { at, what, signal, times }) }
    }
}

impl TryFrom<String> for Moment {
    type Error = NoMoment;

    fn try_from(text: String) -> Result<Self, NoMoment> {
        text.parse()
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        moment.to_string()
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Moment {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Moment".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let words: Vec<_> = Mark::ALL.iter().map(|mark| mark.word()).collect();
        schemars::json_schema!({
            "type": "string",
            "description": "nanoseconds since the start, or `-` for what the harness did; what happened; the signal; how often in a row",
            "pattern": format!("^([0-9]+|-) ({})( SIG[^ ]+)?( x[0-9]+)?$", words.join("|"))
        })
    }
}

impl Timeline {
    /// The timeline of a run; `None` where its fixture tells no times.
    #[must_use]
    pub fn of(transcript: &Transcript) -> Option<Self> {
        let started = transcript.events.iter().find(|event| matches!(event.what, Happening::Started { .. }));
        let first = started.or(transcript.events.first())?.t;
        if transcript.events.iter().all(|event| event.t == first) {
            return None;
        }
        let mut moments: Vec<Moment> = Vec::new();
        let mut last = 0;
        // A settling loop is shown when something came of it: it says nothing otherwise, and takes most of the time.
        let mut settling = None;
        for event in &transcript.events {
            match event.what {
                Happening::Settling => settling = Some((moments.len(), last)),
                Happening::Resumed => {
                    if let Some((before, time)) = settling.take()
                        && moments.len() == before + 1
                    {
                        moments.truncate(before);
                        last = time;
                        continue;
                    }
                }
                _ => {}
            }
            last = event.t.saturating_sub(first).max(last);
            for mut moment in of(&event.what) {
                moment.at = (moment.what != Mark::Outside).then_some(last);
                match moments.last_mut() {
                    Some(before) if before.repeats(&moment) => {
                        before.times = before.times.saturating_add(moment.times);
                    }
                    _ => moments.push(moment),
                }
            }
        }
        if transcript.ending != Ending::Exited(0) {
            // When it was ended is the harness's time, and says how long that waited.
            moments.push(Moment { at: Some(last), ..Moment::new(Mark::End, None) });
        }
        let left_out = moments.len().saturating_sub(KEPT);
        moments.truncate(KEPT);
        Some(Self { moments, left_out })
    }
}

impl Moment {
    fn new(what: Mark, signal: Option<Signal>) -> Self {
        Self { at: None, what, signal: signal.map(|signal| signal.to_string()), times: 1 }
    }

    fn repeats(&self, next: &Self) -> bool {
        let same = (self.what, &self.signal) == (next.what, &next.signal);
        same && matches!(self.what, Mark::Send | Mark::Handle | Mark::Tick)
    }
}

/// The moments of an event: none for what the picture does not show.
fn of(what: &Happening) -> Vec<Moment> {
    let one = |mark, signal| vec![Moment::new(mark, signal)];
    let child = || Signal::from_raw(libc::SIGCHLD);
    match what {
        Happening::Started { .. } => one(Mark::Start, None),
        Happening::Sending { signal, .. }
        | Happening::Queueing { signal, .. }
        | Happening::Errno { signal, .. }
        | Happening::HandlerSending { signal } => one(Mark::Send, Some(*signal)),
        Happening::Flooding { signal, times } => {
            vec![Moment { times: u64::from(*times), ..Moment::new(Mark::Send, Some(*signal)) }]
        }
        Happening::FloodingFromThreads { signal, threads, times } => {
            let times = u64::from(*threads) * u64::from(*times);
            vec![Moment { times, ..Moment::new(Mark::Send, Some(*signal)) }]
        }
        Happening::StartingChildren { .. } | Happening::ContinuingChildren => one(Mark::Send, Some(child())),
        Happening::StartingTimer => one(Mark::Send, Some(Signal::from_raw(libc::SIGALRM))),
        Happening::BreakingPipe => one(Mark::Send, Some(Signal::from_raw(libc::SIGPIPE))),
        Happening::Outside { action, .. } => outside(action),
        Happening::Holding { signals } => one(Mark::Hold, signals.first().copied()),
        Happening::Releasing => one(Mark::Release, None),
        Happening::Yielding | Happening::Settling | Happening::Closing | Happening::Ready { .. } => {
            one(Mark::Yield, None)
        }
        Happening::Resumed | Happening::Reopened => one(Mark::Resume, None),
        Happening::Handler { signal, .. } => one(Mark::Handle, Some(*signal)),
        Happening::Tick { .. } => one(Mark::Tick, None),
        _ => Vec::new(),
    }
}

fn outside(action: &OutsideAction) -> Vec<Moment> {
    let moment = |signal| Moment { times: action.times(), ..Moment::new(Mark::Outside, Some(signal)) };
    action.signals().into_iter().map(moment).collect()
}

#[cfg(test)]
mod tests {
    use sigconform_fixture::{Event, Information, Place, Receiver, Subscription};

    use super::*;

    fn played(whats: Vec<(u64, Happening)>) -> Transcript {
        let events = whats.into_iter().map(|(t, what)| Event { t, what }).collect();
        Transcript { events, ending: Ending::Exited(0), stderr: String::new() }
    }

    fn call() -> Happening {
        let info = Information::default();
        Happening::Handler { signal: Signal::SIGHUP, subscription: Subscription(1), place: Place::SenderThread, info }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for text in ["0 start", "- outside SIGHUP x3", "1200 handle SIGRTMIN+0", "7 yield"] {
            assert_eq!(text.parse::<Moment>().expect("a moment").to_string(), text);
        }
        let never = Moment { times: 0, ..Moment::new(Mark::Send, Some(Signal::SIGHUP)) };
        assert_eq!(never.to_string().parse::<Moment>().ok(), Some(never), "a flood of none");
        for text in ["", "1", "1 sleep", "x send SIGHUP", "1 send SIGHUP 5", "1 send SIGHUP x2 x3"] {
            assert!(text.parse::<Moment>().is_err(), "`{text}` was read");
        }
    }

    #[test]
    fn times_start_at_the_first_event_and_never_go_back() {
        let sending = Happening::Sending { signal: Signal::SIGHUP, to: Receiver::Process };
        let some = played(vec![(100, sending), (150, Happening::Yielding), (140, call()), (160, call())]);
        let timeline = Timeline::of(&some).expect("times");
        let told: Vec<_> = timeline.moments.iter().map(ToString::to_string).collect();
        assert_eq!(told, ["0 send SIGHUP", "50 yield", "50 handle SIGHUP x2"]);
    }

    #[test]
    fn a_settling_loop_is_shown_when_something_comes_of_it() {
        let idle =
            [(1, Happening::Yielding), (2, Happening::Resumed), (3, Happening::Settling), (9, Happening::Resumed)];
        let told = |whats: &[(u64, Happening)]| Timeline::of(&played(whats.to_vec())).expect("times").moments.len();
        assert_eq!(told(&idle), 2);
        assert_eq!(told(&[&idle[..3], &[(5, call())], &idle[3..]].concat()), 5);
    }

    #[test]
    fn a_fixture_without_a_clock_has_none() {
        assert_eq!(Timeline::of(&played(vec![(0, Happening::Yielding), (0, Happening::Resumed)])), None);
    }

    #[test]
    fn a_long_one_says_how_much_it_leaves_out() {
        let turns = (0..100).flat_map(|at| [(at, Happening::Yielding), (at, Happening::Resumed)]);
        let timeline = Timeline::of(&played(turns.collect())).expect("times");
        assert_eq!((timeline.moments.len(), timeline.left_out), (KEPT, 200 - KEPT));
    }
}
