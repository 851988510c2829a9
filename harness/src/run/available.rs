//! Asking the fixtures what they are, before anything is planned for them.

use std::sync::{Arc, OnceLock, atomic::AtomicUsize};

use sigconform_fixture::Description;

use super::{
    default_jobs, in_parallel, take,
    task::{Play, Task},
};
use crate::{
    catalogue::Scenario,
    description,
    drive::{Driver, most_descriptors},
    fault::{Failure, caught},
    fixture::Fixture,
    results::Backend,
};

/// What a fixture is, or why it cannot be had.
pub(super) enum Available {
    Described(Box<Description>),
    Missing(String),
    Failed(Failure),
}

impl Available {
    /// Several at once: an interpreter takes longer to start than a case to play.
    pub(super) fn ask_all<'a>(fixtures: &[&'a Fixture]) -> Vec<(&'a Fixture, Self)> {
        let answers: Vec<_> = fixtures.iter().map(|_| OnceLock::new()).collect();
        let next = AtomicUsize::new(0);
        let work = || {
            let mut driver = Driver::new();
            while let Some(at) = take(&next, fixtures.len()) {
                let answer = caught(|| Self::ask(fixtures[at], &mut driver)).unwrap_or_else(|panic| {
                    driver = Driver::new();
                    Self::Failed(panic)
                });
                let _ = answers[at].set(answer);
            }
        };
        in_parallel(default_jobs().get().min(fixtures.len()), || work, || ());
        let interrupted = || Self::Missing("interrupted".to_owned());
        let answers = answers.into_iter().map(|answer| answer.into_inner().unwrap_or_else(interrupted));
        fixtures.iter().copied().zip(answers).collect()
    }

    fn ask(fixture: &Fixture, driver: &mut Driver) -> Self {
        match fixture.missing() {
            Some(reason) => Self::Missing(reason),
            None => match description::with(driver, fixture) {
                Ok(description) => Self::Described(Box::new(description)),
                Err(error) => Self::Failed(Failure::of(error.fault(), error)),
            },
        }
    }

    pub(super) fn about(&self, name: &str) -> Backend {
        match self {
            Self::Described(description) => Backend::described(name, description),
            Self::Missing(reason) => Backend::absent(name, reason),
            Self::Failed(error) => Backend::absent(name, &error.reason),
        }
    }

    /// What is to be done for a scenario.
    pub(super) fn task(&self, scenario: &Scenario) -> Task {
        caught(|| self.task_of(scenario)).unwrap_or_else(Task::Error)
    }

    fn task_of(&self, scenario: &Scenario) -> Task {
        let description = match self {
            Self::Described(description) => description,
            Self::Missing(reason) => return Task::Skip(reason.as_str().into()),
            Self::Failed(error) => return Task::Error(error.clone()),
        };
        if let Some(reason) = description.why_not_on(std::env::consts::OS) {
            return Task::Skip(reason.into());
        }
        if let Some(not_for) = scenario.why_not(&description.claims, std::env::consts::OS) {
            return Task::Skip(not_for);
        }
        let most = most_descriptors();
        if scenario.start.descriptors > most {
            let reason = format!(
                "it starts with {} descriptors, and the system lets a process have {most} and some room: raise the hard limit (`ulimit -Hn`)",
                scenario.start.descriptors
            );
            return Task::Skip(reason.as_str().into());
        }
        let part = scenario.part(&description.claims);
        let undone = part.script.before.names().find(|asked| !description.before.iter().any(|name| name == asked));
        if let Some(asked) = undone {
            let reason = format!("its fixture does not do what `before` asks for: `{asked}`");
            return Task::Skip(reason.as_str().into());
        }
        let unknown = part.script.steps.iter().find(|step| !description.steps.iter().any(|name| name == step.name()));
        if let Some(step) = unknown {
            let reason = format!("its fixture cannot play the step `{}`", step.name());
            return Task::Skip(reason.as_str().into());
        }
        Task::Play(Arc::new(Play { version: description.version.clone(), claims: description.claims.clone(), part }))
    }
}
