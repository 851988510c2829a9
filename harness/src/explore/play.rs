//! Playing: one script on one backend, by the same road as every case; and what kind of failure came of it.

use sigconform_fixture::Description;

use super::{abilities::Abilities, validity};
use crate::{
    catalogue::{Act, Scenario, ScenarioStep},
    description,
    drive::{DriveError, Driver, Limits},
    fixture::{Fixture, FixtureError},
    judge::{self, Unjudgeable, Violation},
};

/// A backend that is explored.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    pub(super) fixture: &'a Fixture,
    pub(super) description: Description,
    pub(super) able: Abilities,
}

/// What a failure is called: two with the same name may be one, two with different names are two.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    /// A law is broken.
    Law(String),
    /// Nothing is known about the library: the fixture or the engine did not do its work.
    Error(&'static str),
}

impl Kind {
    /// As part of a file's name.
    pub(super) fn slug(&self) -> &str {
        match self {
            Self::Law(law) => law,
            Self::Error(kind) => kind,
        }
    }
}

/// A play that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// Each law that is broken, the first one first; or the error.
    pub(super) kinds: Vec<Kind>,
    pub(super) violations: Vec<Violation>,
    /// What happened, for people.
    pub(super) message: String,
    /// The transcript, where there is one.
    pub(super) text: String,
}

/// What came of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Conforms,
    Fails(Box<Failure>),
    Skips(String),
    /// The harness was asked to stop.
    Interrupted,
}

impl Outcome {
    pub(super) fn error(kind: &'static str, message: String) -> Self {
        let kinds = vec![Kind::Error(kind)];
        Self::Fails(Box::new(Failure { kinds, violations: Vec::new(), message, text: String::new() }))
    }

    pub(super) fn has(&self, kind: &Kind) -> bool {
        matches!(self, Self::Fails(failure) if failure.kinds.contains(kind))
    }
}

impl<'a> Subject<'a> {
    /// A backend, asked what it is, and tried with what its fixture may find out only when it plays.
    ///
    /// # Errors
    /// It does not say what it is.
    pub(super) fn ask(fixture: &'a Fixture, driver: &mut Driver, limits: &Limits) -> Result<Self, FixtureError> {
        let description = description::with(driver, fixture)?;
        let able = Abilities::of(&description, std::env::consts::OS);
        let mut this = Self { fixture, description, able };
        let Some(&signal) = this.able.pool.first() else { return Ok(this) };
        let subscribe = ScenarioStep::Subscribe { signal, sends: None };
        let unsubscribe = ScenarioStep::Unsubscribe { subscription: sigconform_fixture::Subscription(1) };
        let traced = ScenarioStep::Await { action: sigconform_fixture::OutsideAction::Trace { signal } };
        let trials = [
            (Act::Unsubscribe, vec![subscribe.clone(), unsubscribe]),
            (Act::Reopen, vec![ScenarioStep::Reopen]),
            (Act::SubscribeCoroutine, vec![ScenarioStep::SubscribeCoroutine { signal }]),
            (Act::SubscribeCloser, vec![ScenarioStep::SubscribeCloser { signal }]),
            (Act::SubscribeAdder, vec![ScenarioStep::SubscribeAdder { signal, adds: signal }]),
            (Act::SubscribeRemover, vec![ScenarioStep::SubscribeRemover { signal, removes: None }]),
            (Act::AwaitClose, vec![ScenarioStep::AwaitClose, ScenarioStep::Reopen]),
            (Act::AwaitTrace, vec![subscribe, traced]),
        ];
        for (act, steps) in trials {
            if this.able.can(act)
                && let Outcome::Skips(reason) = this.play(driver, &super::scenario_of(steps), limits)
            {
                this.able.lose(act, &reason);
            }
        }
        Ok(this)
    }

    /// Plays a script, which must be valid.
    pub(super) fn play(&self, driver: &mut Driver, scenario: &Scenario, limits: &Limits) -> Outcome {
        let claims = &self.description.claims;
        let part = scenario.part(claims);
        let (transcript, left) = match driver.play(self.fixture, &scenario.start, &part.script, limits) {
            Ok(transcript) => (transcript, None),
            Err(DriveError::Interrupted) => return Outcome::Interrupted,
            Err(DriveError::Left { left, transcript: Some(transcript), .. }) => (*transcript, Some(left)),
            Err(error) => return Outcome::error(unobserved(&error), error.to_string()),
        };
        match judge::judge(&transcript, &part, &scenario.start, claims) {
            Ok(violations) if violations.is_empty() => {
                left.map_or(Outcome::Conforms, |left| Outcome::error("leaves-a-process", left))
            }
            Ok(violations) => {
                let mut kinds = Vec::new();
                for violation in &violations {
                    let kind = Kind::Law(violation.law.clone());
                    if !kinds.contains(&kind) {
                        kinds.push(kind);
                    }
                }
                let last = violations.iter().map(|violation| violation.line).max().unwrap_or_default();
                let (message, text) = (violations[0].message.clone(), transcript.text_around(last));
                Outcome::Fails(Box::new(Failure { kinds, violations, message, text }))
            }
            Err(error) if error.is_skip() => Outcome::Skips(error.to_string()),
            Err(error) => {
                let kind = match error {
                    Unjudgeable::OffScript { .. } => "off-script",
                    Unjudgeable::Ended { .. } => "sleeps-for-nothing",
                    _ => "ends-early",
                };
                Outcome::error(kind, error.to_string())
            }
        }
    }

    /// Whether the script is one that this backend can be held to.
    pub(super) fn is_valid(&self, scenario: &Scenario) -> bool {
        !scenario.steps.is_empty() && validity::check(&self.able, scenario).is_ok()
    }
}

/// What kept the harness from observing.
fn unobserved(error: &DriveError) -> &'static str {
    match error {
        DriveError::Start { .. } => "does-not-start",
        DriveError::Garbage { .. } | DriveError::EndlessLine { .. } => "writes-garbage",
        DriveError::KilledParent => "kills-its-parent",
        _ => "engine",
    }
}
