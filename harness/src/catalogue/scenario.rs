//! Scenarios: what a fixture is asked to play, one data file each, named after its file.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde::{Deserialize, Serialize};
use sigconform_fixture::{Before, Claims, OutsideAction, Platforms, SecondHandler, Signal};

use super::{
    ScenarioStep,
    settled::{is_settled, is_unsupported},
    step::{MOST_LEFT, MOST_THREADS, MOST_TIMES},
};
use crate::data_file::{self, DataFileError};

/// One scenario.
///
/// ```
/// use sigconform::{catalogue::Catalogue, contract::Claims};
///
/// let catalogue = Catalogue::embedded()?;
/// let burst = catalogue.scenario("burst-5").expect("a scenario");
/// assert_eq!(burst.varies_by, ["burst"]);
///
/// // How many of the five are handled is a claim, so each value has a reviewed transcript of its own.
/// assert_eq!(burst.snapshot_name(&Claims::default()), "burst-5@burst=at-least-one");
/// # Ok::<(), sigconform::catalogue::CatalogueError>(())
/// ```
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
    /// Claims that it holds a backend to, beyond where handlers run.
    #[serde(default)]
    pub claims: Vec<String>,
    /// Only backends whose claims have one of these values, as the protocol spells them.
    #[serde(default)]
    pub applies_to: BTreeMap<String, Vec<String>>,
    /// Only backends whose documentation leaves this claim open, and for what they then do: its transcript is an observation, which
    /// [`observed`](crate::observed) reads and nobody reviews. The laws that need no claim bind it as every other.
    #[serde(default)]
    pub observes: Option<String>,
    /// Only these systems, with the reason.
    #[serde(default)]
    pub platforms: Option<Platforms>,
    /// Claims that the documented transcript depends on: each value has a snapshot of its own.
    #[serde(default)]
    pub varies_by: Vec<String>,
    /// Why it takes longer than a few milliseconds.
    #[serde(default)]
    pub slow: Option<String>,
    /// The process ends with the last step: its loop is not turned once more to show what is surplus.
    #[serde(default)]
    pub ends_at_once: bool,
    /// How the process is started.
    #[serde(default)]
    pub start: Start,
    /// What the process does before its loop exists.
    #[serde(default)]
    pub before: Before,
    /// Signals to subscribe before the coroutine starts.
    #[serde(default)]
    pub subscribe: Vec<Signal>,
    /// What the coroutine does.
    pub steps: Vec<ScenarioStep>,
}

/// How the harness starts a process. Without these: nothing blocked, nothing ignored, no terminal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Start {
    /// Signals blocked at the start.
    pub blocked: Vec<Signal>,
    /// Signals ignored at the start, as nohup does with SIGHUP.
    pub ignored: Vec<Signal>,
    /// With a controlling terminal, whose foreground process group it is.
    pub terminal: bool,
    /// Milliseconds for which it must sleep on before each thing that the harness does to it: who is woken meanwhile is woken by
    /// nothing. 0: the harness acts as soon as it sleeps.
    pub quiet: u32,
    /// Microseconds: the harness acts within that time of the announcement, at another moment each time, whether the process
    /// sleeps by then or not. 0: once it sleeps.
    pub within: u32,
    /// Most signals that may be queued for the user: `RLIMIT_SIGPENDING`.
    pub pending_limit: Option<u32>,
    /// So many descriptors are open, so that those of a loop have higher numbers. 0: the three that every process has.
    pub descriptors: u32,
}

/// Why a scenario is not for a backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotFor {
    /// For people.
    pub reason: String,
    /// The documentation says that the backend does not support what the scenario needs: a fact about it, not a gap.
    pub unsupported: bool,
}

impl NotFor {
    fn unsupported(why: String) -> Self {
        Self { reason: format!("not applicable: {why}"), unsupported: true }
    }
}

impl From<&str> for NotFor {
    fn from(reason: &str) -> Self {
        Self { reason: reason.to_owned(), unsupported: false }
    }
}

/// Most steps that a fixture is asked to play.
const MOST_STEPS: u64 = 1_000_000;

/// Most descriptors that are open at the start.
const MOST_DESCRIPTORS: u32 = 20_000;

/// What tells whether a scenario's signals exist here.
#[derive(Deserialize)]
struct Elsewhere {
    platforms: Option<Platforms>,
}

impl Scenario {
    /// Reads a scenario's data file, by whose name it is called.
    ///
    /// # Errors
    /// The file cannot be read, or is no scenario's.
    pub fn read(file: &Path) -> Result<Self, DataFileError> {
        Self::parse(file, &data_file::text(file)?)
    }

    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, DataFileError> {
        let mut table: toml::Table = data_file::parse(path, text)?;
        let Elsewhere { platforms } = data_file::parse(path, text)?;
        let is_here = platforms.is_none_or(|platforms| platforms.only.iter().any(|os| os == std::env::consts::OS));
        let mut scenario: Self = if is_here {
            data_file::parse(path, text)?
        } else {
            // Its signals may have no number on this system: it is listed and skipped, not played.
            for played in ["subscribe", "before", "start"] {
                table.remove(played);
            }
            table.insert("steps".to_owned(), toml::Value::Array(Vec::new()));
            table.try_into().map_err(|error: toml::de::Error| DataFileError::malformed(path, error.to_string()))?
        };
        scenario.name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        scenario.check(is_here).map_err(|problem| DataFileError::malformed(path, problem))?;
        Ok(scenario)
    }

    /// What the syntax cannot show.
    fn check(&self, is_here: bool) -> Result<(), String> {
        if self.requirements.is_empty() {
            return Err("`requirements` is empty: name at least one requirement that the scenario shows".to_owned());
        }
        if is_here && self.steps.is_empty() {
            return Err("`steps` is empty: a scenario that does nothing shows nothing".to_owned());
        }
        let played = self.steps.iter().map(ScenarioStep::played).fold(0, u64::saturating_add);
        if played > MOST_STEPS {
            return Err(format!("its steps, repeats written out, are {played}: write at most {MOST_STEPS}"));
        }
        let any = |is_such: fn(&ScenarioStep) -> bool| self.steps.iter().any(|step| step.has(&is_such));
        if any(ScenarioStep::floods_wrongly) {
            return Err(format!(
                "`flood-from-threads` is too much or nothing: write 1 to {MOST_THREADS} `threads` and 1 to {MOST_TIMES} `times`"
            ));
        }
        if any(ScenarioStep::leaves_too_many) {
            return Err(format!(
                "`limit-descriptors` leaves too many: write 0 to {MOST_LEFT} as `left`, or leave it out"
            ));
        }
        if any(|step| matches!(step, ScenarioStep::Await { action: OutsideAction::Close })) {
            return Err("`await` cannot be for `close`: write `{ step = \"await-close\" }`".to_owned());
        }
        if self.observes.is_some() && !self.varies_by.is_empty() {
            return Err("`varies_by` is for documented transcripts, and one that `observes` has none".to_owned());
        }
        if self.start.quiet > 0 && self.start.within > 0 {
            return Err("`quiet` waits for its sleep and `within` does not: write one of them".to_owned());
        }
        if self.start.descriptors > MOST_DESCRIPTORS {
            return Err(format!("too many `descriptors` are open at the start: write at most {MOST_DESCRIPTORS}"));
        }
        let named = self.claims.iter().chain(self.applies_to.keys()).chain(&self.varies_by).chain(&self.observes);
        for name in named {
            if !Claims::NAMES.contains(&name.as_str()) {
                return Err(format!("there is no claim `{name}`: write one of {}", Claims::NAMES.join(", ")));
            }
        }
        Ok(())
    }

    /// Why it is not for a backend with these claims on this system, if it is not.
    #[must_use]
    pub fn why_not(&self, claims: &Claims, os: &str) -> Option<NotFor> {
        if let Some(platforms) = self.platforms.as_ref().filter(|platforms| !platforms.only.iter().any(|on| on == os)) {
            return Some(platforms.reason.as_str().into());
        }
        if let Some(name) = self.observes.as_ref().filter(|name| is_settled(claims, name)) {
            let reason =
                format!("not applicable: its claim `{name}` is documented, and this is about what is left open");
            return Some(NotFor { reason, unsupported: is_unsupported(claims, name) });
        }
        let claimed = claims.all();
        for (name, wanted) in &self.applies_to {
            let value = claimed.iter().find(|(claim, ..)| claim == name).map(|(_, value, _)| value)?;
            if !wanted.contains(value) {
                let wanted = wanted.join(" or ");
                let reason = format!("not applicable: its claim `{name}` is {value}, and this is about {wanted}");
                return Some(NotFor { reason, unsupported: is_unsupported(claims, name) });
            }
        }
        let subscribed = self.subscribed();
        // Only a scenario that holds the backend to just that has something to show of what it documents to refuse.
        let is_about_refusal = self.claims.iter().any(|claim| claim == "refuses" || claim == "supports");
        let excluded = subscribed.iter().find(|signal| signal.is_catchable() && claims.excludes(**signal));
        if let Some(signal) = excluded.filter(|_| !is_about_refusal) {
            return Some(NotFor::unsupported(format!("the backend documents that it refuses {signal}")));
        }
        let signals: BTreeSet<_> = subscribed.into_iter().filter(|signal| signal.is_catchable()).collect();
        let too_many = signals.iter().filter(|&&signal| !claims.excludes(signal)).count() > 1;
        (claims.second_handler.value == SecondHandler::OnePerProcess && too_many)
            .then(|| NotFor::unsupported("the backend documents that a process has one handler".to_owned()))
    }

    /// Every signal that is subscribed, before the start or by a step.
    fn subscribed(&self) -> Vec<Signal> {
        fn by_steps(steps: &[ScenarioStep], signals: &mut Vec<Signal>) {
            for step in steps {
                match step {
                    ScenarioStep::SubscribeAdder { signal, adds } => signals.extend([*signal, *adds]),
                    ScenarioStep::Subscribe { signal, .. }
                    | ScenarioStep::SubscribeCloser { signal }
                    | ScenarioStep::SubscribeRemover { signal, .. }
                    | ScenarioStep::SubscribeCoroutine { signal }
                    | ScenarioStep::SecondLoop { signal } => signals.push(*signal),
                    ScenarioStep::Repeat { steps, .. } => by_steps(steps, signals),
                    _ => {}
                }
            }
        }
        let mut signals = self.subscribe.clone();
        by_steps(&self.steps, &mut signals);
        signals
    }

    /// The claims that decide what is allowed in it: those that it names, and where handlers run.
    #[must_use]
    pub fn deciding_claims(&self) -> Vec<String> {
        let mut claims = vec!["handlers_run".to_owned()];
        let named = self.claims.iter().chain(self.applies_to.keys()).chain(&self.varies_by);
        named.for_each(|claim| {
            if !claims.contains(claim) {
                claims.push(claim.clone());
            }
        });
        claims
    }

    /// The name of its documented transcript for a backend with these claims: never a backend's, never a system's.
    #[must_use]
    pub fn snapshot_name(&self, claims: &Claims) -> String {
        let claimed = claims.all();
        let varying = self.varies_by.iter().filter_map(|name| claimed.iter().find(|(claim, ..)| claim == name));
        let suffixes = varying.map(|(name, value, _)| format!("@{name}={}", file_name_of(value)));
        self.name.clone() + &suffixes.collect::<String>()
    }
}

/// A claim's value for a file name; a long list would be longer than a file name may be.
fn file_name_of(value: &str) -> String {
    let value = value.replace(['[', ']', '"'], "");
    match value.split(',').collect::<Vec<_>>().as_slice() {
        [first, between @ .., last] if between.len() > 8 => format!("{first}+{}-more+{last}", between.len()),
        values => values.join("+"),
    }
}
