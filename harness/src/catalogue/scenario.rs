//! Scenarios: what a fixture is asked to play, one data file each, named after its file.

use std::path::Path;

use serde::{Deserialize, Serialize};
use sigconform_fixture::{Claims, HandlersRun, Signal};

use crate::data_file::{self, DataFileError};

/// One scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The file's name without its ending.
    #[serde(skip_deserializing)]
    pub name: String,
    /// One line for people.
    pub title: String,
    /// Slugs of the requirements that it shows.
    pub requirements: Vec<String>,
    /// Which backends it applies to; absent: every one.
    #[serde(default)]
    pub applies_to: Applicability,
    /// Signals to subscribe before the coroutine starts.
    #[serde(default)]
    pub subscribe: Vec<Signal>,
    /// What the coroutine does.
    pub steps: Vec<ScenarioStep>,
}

/// Which backends a scenario applies to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Applicability {
    /// Only those whose handlers run like this.
    pub handlers_run: Option<HandlersRun>,
}

impl Applicability {
    /// Why a backend with these claims is left out, if it is.
    #[must_use]
    pub fn why_not(&self, claims: &Claims) -> Option<String> {
        let wanted = self.handlers_run?;
        (claims.handlers_run.value != wanted).then(|| match wanted {
            HandlersRun::SenderThread => "not applicable: its handlers run concurrently with the sender".to_owned(),
            HandlersRun::Concurrently => "not applicable: its handlers run on the sender's thread".to_owned(),
        })
    }
}

/// A step as a scenario writes it. It says what is done; what a yield waits for follows from the claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ScenarioStep {
    /// Add a handler.
    Subscribe {
        /// The signal.
        signal: Signal,
    },
    /// Send a signal to the own process.
    Send {
        /// The signal.
        signal: Signal,
    },
    /// Compute without yielding.
    Work {
        /// Milliseconds of processor time.
        millis: u32,
    },
    /// Start another task of the loop.
    Tick {
        /// Turns that it takes.
        times: u32,
    },
    /// Yield until everything sent has been handled and every task has ended.
    Yield,
    /// Wait in the loop for a signal from outside.
    AwaitSignal {
        /// The signal that the harness sends.
        signal: Signal,
    },
    /// The same steps several times.
    Repeat {
        /// How often.
        times: u32,
        /// The steps.
        steps: Vec<ScenarioStep>,
    },
}

impl Scenario {
    /// Reads a scenario file.
    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, DataFileError> {
        let malformed = |message: &str| DataFileError::malformed(path, message);
        let mut scenario: Self = data_file::parse(path, text)?;
        scenario.name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        if scenario.requirements.is_empty() {
            return Err(malformed("`requirements` is empty: name at least one requirement that the scenario shows"));
        }
        if scenario.steps.is_empty() {
            return Err(malformed("`steps` is empty: a scenario that does nothing shows nothing"));
        }
        Ok(scenario)
    }
}
