//! The judge: a transcript, the script that was played and the backend's claims in; the broken laws out.
//!
//! It walks the events once. The coroutine's own events must follow the script, or the fixture is broken and nothing can
//! be judged; what the loop does in between is held against the laws.
//!
//! ```
//! # use sigconform::{catalogue::Catalogue, contract::{Claims, Event}, judge::judge, transcript::{Ending, Transcript}};
//! # let told = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/example/thrice.jsonl"));
//! # let events = told.lines().map(serde_json::from_str).collect::<Result<Vec<Event>, _>>()?;
//! # let transcript = Transcript { events, ending: Ending::Exited(0), stderr: String::new() };
//! # let (catalogue, claims) = (Catalogue::embedded()?, Claims::default());
//! // A transcript in which a signal was sent twice, and its handler called three times.
//! let scenario = catalogue.scenario("burst-2").expect("a scenario");
//! let part = scenario.part(&claims);
//! let broken = judge(&transcript, &part, &scenario.start, &claims)?;
//! assert_eq!(broken[0].law, "once-per-send");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use serde::{Deserialize, Serialize};
use sigconform_fixture::Claims;

use crate::{
    catalogue::{Part, Start},
    fault::Fault,
    transcript::Transcript,
};

pub mod law;
mod laws;
mod prepared;
mod scene;
mod statement;
#[cfg(test)]
mod tests;
mod walk;
mod watch;
mod wording;

/// One broken law.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Violation {
    /// The law's slug.
    pub law: String,
    /// What happened, for people.
    pub message: String,
    /// 1-based line of the transcript; 0: before its first line.
    pub line: usize,
    /// What was allowed there instead.
    pub allowed: String,
    /// What the law rests on.
    pub source: String,
}

/// Why a transcript cannot be judged: the fixture's fault, never a verdict on its library.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unjudgeable {
    /// The coroutine's events are not those of the script.
    #[error("line {line}: the fixture left its script: it said `{said}` where `{expected}` comes next")]
    OffScript {
        /// 1-based line of the transcript.
        line: usize,
        /// The event that it wrote.
        said: String,
        /// The event that the script has there.
        expected: String,
    },
    /// It cannot play a step.
    #[error("cannot play {step}: {reason}")]
    Unsupported {
        /// The step's name.
        step: String,
        /// The fixture's own words.
        reason: String,
    },
    /// A report does not tell what a law depends on.
    #[error("cannot judge: a report of its fixture does not tell `{field}`")]
    Untold {
        /// What is left out.
        field: String,
    },
    /// It did not do what it says that it can do before its loop exists.
    #[error("`before` asks for `{asked}`, and {seen}")]
    Unprepared {
        /// What the script asks for.
        asked: String,
        /// What was seen instead.
        seen: String,
        /// Whose fault it is, where that is known: its library may have undone it when the loop was opened.
        fault: Option<Fault>,
    },
    /// The system does not show the harness what a law is about.
    #[error("cannot judge: the harness could not see {what}")]
    Unseen {
        /// What it was.
        what: &'static str,
    },
    /// The system does not let the harness follow the signal handler, which the script is about.
    #[error("cannot follow the signal handler: {reason}")]
    Untraceable {
        /// Why, for people.
        reason: String,
    },
    /// It ended before its script did, for nothing that a library has to answer for.
    #[error("{how}, after {events} events, where `{at}` comes next{stderr}")]
    EndedEarly {
        /// How it ended.
        how: String,
        /// Events until then.
        events: usize,
        /// The event that the script has next.
        at: String,
        /// The beginning of standard error, introduced for people.
        stderr: String,
        /// Whose fault it is, where that is known.
        fault: Option<Fault>,
    },
    /// It slept for good where no signal was waited for.
    #[error("{how} at `{at}`, where it waits for nothing: {threads}")]
    Ended {
        /// How it ended.
        how: String,
        /// The event that the script has next.
        at: String,
        /// What its threads were doing.
        threads: String,
        /// Whose fault it is, where that is known.
        fault: Option<Fault>,
    },
}

impl Unjudgeable {
    /// Whether nothing went wrong, and nothing can be said all the same: the case is a skip with this reason.
    #[must_use]
    pub fn is_skip(&self) -> bool {
        matches!(self, Self::Unsupported { .. } | Self::Untold { .. } | Self::Untraceable { .. } | Self::Unseen { .. })
    }

    /// Whose fault it is, where that is known: not when the process ended while the library had control, and no law says why.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        match self {
            Self::OffScript { .. } | Self::Unsupported { .. } | Self::Untold { .. } => Some(Fault::Fixture),
            Self::Untraceable { .. } | Self::Unseen { .. } => Some(Fault::Surroundings),
            Self::EndedEarly { fault, .. } | Self::Ended { fault, .. } | Self::Unprepared { fault, .. } => *fault,
        }
    }
}

/// Holds a transcript of `part`, played by a process started as `start` says, against the laws and the claims. Empty: it
/// conforms.
///
/// # Errors
/// [`Unjudgeable`] when the fixture did not play the script.
pub fn judge(
    transcript: &Transcript,
    part: &Part,
    start: &Start,
    claims: &Claims,
) -> Result<Vec<Violation>, Unjudgeable> {
    walk::walk(transcript, scene::Scene::new(transcript, part, start, claims), claims)
}
