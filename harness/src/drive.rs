//! Driving: a script and a fixture in, a transcript out.
//!
//! The fixture runs in a session of its own, with a clean mask and default dispositions, and nothing of it is left when
//! [`Driver::play`] returns. No timer wakes it: whether it is stuck is judged from outside, by what the system shows of its
//! threads.
//!
//! ```no_run
//! # use sigconform::{catalogue::Catalogue, description, drive::{self, Limits}};
//! let (catalogue, mine) = (Catalogue::embedded()?, description::introduce(vec!["./mine".into()])?);
//! let scenario = catalogue.scenario("sequence").expect("a scenario");
//! let part = scenario.part(&description::of(&mine)?.claims);
//! let transcript = drive::play(&mine, &scenario.start, &part.script, &Limits::default())?;
//! print!("{}", transcript.text());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;

use sigconform_fixture::{Event, Happening, OutsideAction, Script, Sender, Trace};

use crate::{
    catalogue::Start,
    conduct::{Course, Place},
    fixture::Fixture,
    transcript::{Transcript, quoted_stderr},
};

mod act;
mod another;
mod conversation;
mod error;
mod limits;
mod observe;
mod process;
#[cfg(target_os = "linux")]
mod procfs;
mod stop;
mod terminal;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod trace;
mod watch;

use conversation::{Ended, Heard, Listener};
pub use error::DriveError;
pub use limits::Limits;
pub(crate) use process::most_descriptors;
pub use stop::STOP;
use watch::Slept;

/// Drives fixtures, one case after the other. Dropping it leaves no process behind.
///
/// One case costs less with the driver of the last one: where the system needs a process of ours beside each fixture, a
/// driver keeps it as long as nothing went wrong.
#[derive(Default)]
pub struct Driver {
    guard: process::Guard,
}

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").finish_non_exhaustive()
    }
}

impl Driver {
    /// A driver; whatever it needs is started with the first case.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Has `fixture`, started as `start` says, play `script`.
    ///
    /// # Errors
    /// [`DriveError`] when it cannot be started or read, or the engine failed.
    pub fn play(
        &mut self,
        fixture: &Fixture,
        start: &Start,
        script: &Script,
        limits: &Limits,
    ) -> Result<Transcript, DriveError> {
        let mut input = serde_json::to_vec(script)
            .map_err(|error| DriveError::Engine { doing: "writing the script", source: error.into() })?;
        input.push(b'\n');
        let mut recorder = Recorder {
            course: Some(Course::of(script)),
            events: Vec::new(),
            counts_threads: script.before.threads() > 1,
            writer: None,
            number: 0,
        };
        let process = process::start(&mut self.guard, fixture, "run", start)?;
        let held = conversation::hold(process, &input, start, &mut recorder, limits)?;
        let Ended { ending, stderr, left, error } = held;
        let transcript = ending.map(|ending| Transcript { events: recorder.events, ending, stderr });
        match (transcript, left) {
            (Some(transcript), None) => Ok(transcript),
            (transcript, left) => {
                let (transcript, also) = (transcript.map(Box::new), error.map(Box::new));
                Err(DriveError::Left { left: left.unwrap_or_default(), transcript, also })
            }
        }
    }

    /// Asks `fixture` to describe itself.
    ///
    /// # Errors
    /// [`DriveError`] when it does not start, does not end, or fails.
    pub fn describe(&mut self, fixture: &Fixture, limits: &Limits) -> Result<String, DriveError> {
        let mut text = String::new();
        let process = process::start(&mut self.guard, fixture, "describe", &Start::default())?;
        let Ended { ending, stderr, left, error } =
            conversation::hold(process, &[], &Start::default(), &mut text, limits)?;
        if let Some(left) = left {
            return Err(DriveError::Left { left, transcript: None, also: error.map(Box::new) });
        }
        match ending.and_then(|ending| ending.in_full()) {
            None => Ok(text),
            Some(how) => Err(DriveError::EndedEarly { how, events: 0, stderr: quoted_stderr(&stderr) }),
        }
    }
}

/// One case of a driver of its own: [`Driver::play`].
///
/// # Errors
/// As there.
pub fn play(fixture: &Fixture, start: &Start, script: &Script, limits: &Limits) -> Result<Transcript, DriveError> {
    Driver::new().play(fixture, start, script, limits)
}

/// One description: [`Driver::describe`].
///
/// # Errors
/// As there.
pub fn describe(fixture: &Fixture, limits: &Limits) -> Result<String, DriveError> {
    Driver::new().describe(fixture, limits)
}

/// Reads the answer to `describe`.
impl Listener for String {
    fn hear(&mut self, line: &[u8]) -> Result<Heard, DriveError> {
        self.push_str(&String::from_utf8_lossy(line));
        self.push('\n');
        Ok(Heard::Nothing)
    }

    fn acted(&mut self, _: OutsideAction, _: Option<Sender>, _: Option<Slept>, _: impl FnOnce() -> Option<u32>) {}

    fn traced(&mut self, _: Trace) {}
}

/// Reads the events of a script, and decides nothing: whose fault an ending is, the judge says.
struct Recorder<'a> {
    /// Where the fixture is in its script: the harness acts at the script's word only, never at the fixture's. Nowhere, once
    /// it has left it.
    course: Option<Course<'a>>,
    /// The script asks for threads: those that are there are told.
    counts_threads: bool,
    events: Vec<Event>,
    /// The process whose events these are, once that is known.
    writer: Option<u32>,
    number: usize,
}

/// The process that writes the line, where it says so.
fn writer(line: &[u8]) -> serde_json::Result<Option<u32>> {
    #[derive(serde::Deserialize)]
    struct Written {
        writer: Option<u32>,
    }
    // Few do, and looking for it is faster than reading every line twice.
    if !line.windows(NAME.len()).any(|part| part == NAME) {
        return Ok(None);
    }
    Ok(serde_json::from_slice::<Written>(line)?.writer)
}

const NAME: &[u8] = b"\"writer\"";

/// A line at which the engine panics, in its tests only: none is known that would have it do so.
#[cfg(test)]
pub(crate) const PANICS: &str = "have the engine panic";

impl Listener for Recorder<'_> {
    fn hear(&mut self, line: &[u8]) -> Result<Heard, DriveError> {
        self.number += 1;
        #[cfg(test)]
        assert_ne!(line, PANICS.as_bytes());
        let garbage = |problem: String| {
            let shown = String::from_utf8_lossy(&line[..line.len().min(120)]).escape_debug().to_string();
            DriveError::Garbage { number: self.number, problem, text: shown }
        };
        let event: Event = serde_json::from_slice(line).map_err(|error| garbage(error.to_string()))?;
        if let Happening::Started { pid } = event.what
            && *self.writer.get_or_insert(pid) != pid
        {
            return Err(garbage(format!("it names process {pid}, and another has written before")));
        }
        let writer = writer(line).map_err(|error| garbage(error.to_string()))?;
        if let Some(other) = writer.filter(|&writer| *self.writer.get_or_insert(writer) != writer) {
            return Err(garbage(format!("it is of process {other}: only the one that `started` names writes events")));
        }
        let heard = match &event.what {
            Happening::Outside { .. } => return Err(garbage("only the harness writes `outside`".to_owned())),
            Happening::Traced { .. } => return Err(garbage("only the harness writes `traced`".to_owned())),
            Happening::Seen { .. } => return Err(garbage("only the harness writes `seen`".to_owned())),
            Happening::Slept { .. } => return Err(garbage("only the harness writes `slept`".to_owned())),
            what => self.follow(what),
        };
        self.events.push(event);
        Ok(heard)
    }

    fn acted(
        &mut self,
        action: OutsideAction,
        and: Option<Sender>,
        slept: Option<Slept>,
        threads: impl FnOnce() -> Option<u32>,
    ) {
        if let Some(Slept { millis, wakes, used }) = slept {
            let used = u64::try_from(used.as_micros()).unwrap_or(u64::MAX);
            self.add(Happening::Slept { millis, wakes, used });
        }
        if let Some(threads) = self.counts_threads.then(threads).flatten() {
            self.add(Happening::Seen { threads });
        }
        let by = action.is_sent().then(act::sender);
        self.add(Happening::Outside { action, by, and });
    }

    fn traced(&mut self, trace: Trace) {
        self.add(Happening::Traced { trace });
    }
}

impl Recorder<'_> {
    /// What the harness itself did.
    fn add(&mut self, what: Happening) {
        let t = self.events.last().map_or(0, |event| event.t);
        self.follow(&what);
        self.events.push(Event { t, what });
    }

    /// Goes on to where the event leaves the script, and says what it asks for there.
    fn follow(&mut self, what: &Happening) -> Heard {
        let Some(course) = &mut self.course else { return Heard::Nothing };
        // It waits no longer, whatever ended that: whether it may, the judge says.
        if *what == Happening::Resumed && course.awaited().is_some() {
            course.skip();
        }
        match course.place(what) {
            Place::Beside => return Heard::Nothing,
            Place::OffScript => {
                self.course = None;
                return Heard::Resumed;
            }
            Place::OnScript => {}
        }
        course.pass(what);
        match what {
            Happening::Ready { action } => Heard::Ready(action.clone()),
            Happening::Resumed => Heard::Resumed,
            _ => Heard::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBSCRIBED: &str = r#"{"t":0,"event":"subscribed","signal":"SIGHUP","subscription":1}"#;
    const STARTED: &str = r#"{"t":0,"event":"started","pid":7}"#;
    const READY: &str = r#"{"t":0,"event":"ready","action":{"action":"kill","signal":"SIGHUP"}}"#;
    const OTHER: &str = r#"{"t":0,"event":"ready","action":{"action":"kill","signal":"SIGINT"}}"#;
    const HANDLER: &str = r#"{"t":0,"event":"handler","signal":"SIGHUP","subscription":1,"place":"other-thread"}"#;
    const RESUMED: &str = r#"{"t":0,"event":"resumed"}"#;
    const REPORTED: &str = r#"{"t":0,"event":"thread-spawned"}"#;
    /// The harness acts here.
    const ACTS: &str = "";

    /// What the last line asks for, in a script that waits for the same action twice.
    fn asked(lines: &[&str]) -> &'static str {
        let script = r#"{"protocol":1,"scenario":"s","subscribe":["SIGHUP"],"steps":[
            {"step":"await-outside","action":{"action":"kill","signal":"SIGHUP"},"until":[]}, {"step":"spawn-thread"},
            {"step":"await-outside","action":{"action":"kill","signal":"SIGHUP"},"until":[]}]}"#;
        let script: Script = serde_json::from_str(script).expect("a script");
        let course = Some(Course::of(&script));
        let mut recorder = Recorder { course, counts_threads: false, events: Vec::new(), writer: None, number: 0 };
        let mut heard = Heard::Nothing;
        for line in lines {
            if *line == ACTS {
                recorder.acted(OutsideAction::Kill { signal: sigconform_fixture::Signal::SIGHUP }, None, None, || None);
            } else {
                heard = recorder.hear(line.as_bytes()).expect("an event");
            }
        }
        match heard {
            Heard::Ready(_) => "act",
            Heard::Resumed => "do not act",
            Heard::Nothing => "nothing",
        }
    }

    #[test]
    fn it_is_acted_where_the_script_has_it_and_nowhere_else() {
        let first = [SUBSCRIBED, STARTED, READY];
        let after_first = [&first[..], &[ACTS, HANDLER, RESUMED, REPORTED]].concat();
        let rows: &[(&[&str], &str)] = &[
            (&first, "act"),
            (&[SUBSCRIBED, HANDLER, STARTED, HANDLER, READY], "act"),
            (&[&after_first[..], &[READY]].concat(), "act"),
            // A late call for what was sent before ended the first wait: nothing had to be done any more.
            (&[&first[..], &[HANDLER, RESUMED]].concat(), "do not act"),
            (&[&first[..], &[HANDLER, RESUMED, REPORTED, READY]].concat(), "act"),
            // Too early, before the thread, and twice.
            (&[SUBSCRIBED, READY], "do not act"),
            (&[SUBSCRIBED, READY, STARTED, READY], "nothing"),
            (&[&first[..], &[ACTS, RESUMED, READY]].concat(), "do not act"),
            (&[&first[..], &[READY]].concat(), "do not act"),
            // Of another action than the script's, and after that.
            (&[SUBSCRIBED, STARTED, OTHER], "do not act"),
            (&[SUBSCRIBED, STARTED, OTHER, READY], "nothing"),
            // More than there are.
            (&[&after_first[..], &[READY, ACTS, RESUMED, READY]].concat(), "do not act"),
        ];
        for (lines, wanted) in rows {
            assert_eq!(asked(lines), *wanted, "{lines:#?}");
        }
    }
}
