//! What keeps the harness from observing a fixture.

use std::io;

use crate::{fault::Fault, transcript::Transcript};

/// Why there is no transcript: something kept the harness from observing. How a script that was played ended is in its
/// transcript, whatever that was.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// The program could not be started.
    #[error("cannot start `{command}`: {source}")]
    Start {
        /// The command line.
        command: String,
        /// Why.
        source: io::Error,
    },
    /// A line of its output is not an event.
    #[error("output line {number} is not an event of the protocol ({problem}): {text}")]
    Garbage {
        /// 1-based line of standard output.
        number: usize,
        /// What is wrong with it.
        problem: String,
        /// Its beginning, escaped.
        text: String,
    },
    /// It writes a line without end.
    #[error("wrote a line of more than {limit} bytes to standard output")]
    EndlessLine {
        /// The limit.
        limit: usize,
    },
    /// It ended before it had described itself.
    #[error("{how}, after {events} events{stderr}")]
    EndedEarly {
        /// How it ended.
        how: String,
        /// Events until then.
        events: usize,
        /// The beginning of standard error, introduced for people.
        stderr: String,
    },
    /// It killed the process that guards it.
    #[error("killed its parent process, which guards it")]
    KilledParent,
    /// Something that it started could not be ended: it is another user's, or somebody else traces it.
    #[error("{left}: end it by hand, or whoever traces it{}", before(also.as_deref()))]
    Left {
        /// Each process that was left, with its user and its tracer.
        left: String,
        /// What was played, where its ending is known.
        transcript: Option<Box<Transcript>>,
        /// What went wrong before that.
        also: Option<Box<Self>>,
    },
    /// The harness was asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// The engine's own fault.
    #[error("the engine failed while {doing}: {source}")]
    Engine {
        /// What it was doing.
        doing: &'static str,
        /// Why it failed.
        source: io::Error,
    },
}

fn before(error: Option<&DriveError>) -> String {
    error.map_or_else(String::new, |error| format!("; before that: {error}"))
}

impl DriveError {
    /// Whose fault it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Start { source, .. } => Fault::of_start(source),
            Self::Garbage { .. } | Self::EndlessLine { .. } | Self::EndedEarly { .. } | Self::KilledParent => {
                Fault::Fixture
            }
            Self::Left { .. } | Self::Interrupted => Fault::Surroundings,
            Self::Engine { .. } => Fault::Engine,
        }
    }
}
