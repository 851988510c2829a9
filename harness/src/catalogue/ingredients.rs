//! Ingredients: what a script is made of, as a person would name it. Of a shrunk script each is needed for the failure: so
//! another script that lacks one fails for another reason, and one that has them all may fail for the same.

use std::collections::BTreeMap;

use sigconform_fixture::Signal;

use super::{Act, Scenario, ScenarioStep};

/// What a script is made of, each with how much of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ingredients(BTreeMap<String, u64>);

/// What every script has, or nearly.
const EVERYWHERE: [Act; 4] = [Act::Send, Act::Yield, Act::Settle, Act::Subscribe];

impl Ingredients {
    /// Of this script.
    pub(crate) fn of(scenario: &Scenario) -> Self {
        let mut this = Self::default();
        let Scenario { start, before, steps, .. } = scenario;
        for (name, is_there) in [
            ("start.blocked", !start.blocked.is_empty()),
            ("start.ignored", !start.ignored.is_empty()),
            ("start.terminal", start.terminal),
            ("start.pending-limit", start.pending_limit.is_some()),
            ("start.descriptors", start.descriptors > 0),
            ("start.within", start.within > 0),
            ("before.older-thread", before.older_thread),
            ("before.loop-on-second-thread", before.loop_on_second_thread),
            ("before.handlers", !before.handlers.is_empty()),
            ("before.report", before.report),
        ] {
            if is_there {
                this.note(name, 1);
            }
        }
        steps.iter().for_each(|step| this.add(step));
        this
    }

    fn note(&mut self, name: &str, much: u64) {
        let most = self.0.entry(name.to_owned()).or_default();
        *most = (*most).max(much);
    }

    fn add(&mut self, step: &ScenarioStep) {
        if let ScenarioStep::Repeat { times: again, steps } = step {
            self.note("repeat", u64::from(*again));
            return steps.iter().for_each(|step| self.add(step));
        }
        if let ScenarioStep::Subscribe { signal, .. } = step
            && !signal.is_catchable()
        {
            self.note("refusal", 1);
        }
        let Some(act) = Act::of(step, false) else { return };
        let much = match step {
            ScenarioStep::FloodFromThreads { threads, times, .. } => u64::from(*threads) * u64::from(*times),
            ScenarioStep::Flood { times, .. } | ScenarioStep::Children { times, .. } => u64::from(*times),
            ScenarioStep::Await { action } => action.times(),
            _ => 1,
        };
        if !EVERYWHERE.contains(&act) {
            self.note(act.name(), much);
        }
        if let ScenarioStep::Send { signal, .. } | ScenarioStep::Queue { signal, .. } = step
            && signal.is_real_time()
        {
            self.note("real-time", 1);
        }
    }

    /// Whether the other script has each of these, and as much of it.
    pub(crate) fn are_in(&self, other: &Self) -> bool {
        self.0.iter().all(|(name, much)| other.0.get(name).is_some_and(|theirs| theirs >= much))
    }

    /// How much there is of what there is most of: of signals sent at once, or of rounds.
    pub(crate) fn most(&self) -> u64 {
        self.0.values().copied().max().unwrap_or_default()
    }

    /// Whether it has one of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

/// Every name that an ingredient can have.
pub(crate) fn names() -> Vec<&'static str> {
    let beside = [
        "start.blocked",
        "start.ignored",
        "start.terminal",
        "start.pending-limit",
        "before.older-thread",
        "before.loop-on-second-thread",
        "before.handlers",
        "before.report",
        "refusal",
        "real-time",
        "repeat",
    ];
    Act::ALL.iter().filter(|act| !EVERYWHERE.contains(act)).map(|act| act.name()).chain(beside).collect()
}

/// Every signal that a script names.
pub(crate) fn signals(scenario: &Scenario) -> Vec<Signal> {
    let text = serde_json::to_string(scenario).unwrap_or_default();
    Signal::all_catchable().filter(|signal| text.contains(&format!("\"{signal}\""))).collect()
}
