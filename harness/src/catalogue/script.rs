//! From a scenario and a backend's claims to the script that the fixture plays: what each yield waits for.
//!
//! A yield waits for the least that the claims promise, so a fixture whose backend keeps its word always wakes, and one
//! whose backend loses a signal sleeps for good and is seen to.

use std::collections::BTreeMap;

use sigconform_fixture::{Burst, Claims, Condition, OutsideAction, PROTOCOL, Script, Signal, Step};

use super::{Scenario, ScenarioStep};

/// How long a fixture lets its loop turn at the end, so that a surplus handler call shows.
const SETTLE_MILLIS: u32 = 2;

impl Scenario {
    /// The script for a backend with these claims.
    #[must_use]
    pub fn script(&self, claims: &Claims) -> Script {
        let mut writer = Writer { claims, subscribed: self.subscribe.clone(), ..Writer::new(claims) };
        writer.write_all(&self.steps);
        writer.steps.push(Step::Settle { millis: SETTLE_MILLIS });
        Script {
            protocol: PROTOCOL,
            scenario: self.name.clone(),
            subscribe: self.subscribe.clone(),
            steps: writer.steps,
        }
    }
}

struct Writer<'a> {
    claims: &'a Claims,
    subscribed: Vec<Signal>,
    /// Sends of each subscribed signal since the start.
    sent: BTreeMap<Signal, u64>,
    /// Subscribed signals sent since the last yield.
    waiting: Vec<Signal>,
    ticks: u64,
    ticks_waiting: bool,
    steps: Vec<Step>,
}

impl<'a> Writer<'a> {
    fn new(claims: &'a Claims) -> Self {
        let (subscribed, sent, waiting, steps) = <_>::default();
        Self { claims, subscribed, sent, waiting, ticks: 0, ticks_waiting: false, steps }
    }

    fn write_all(&mut self, steps: &[ScenarioStep]) {
        for step in steps {
            self.write(step);
        }
    }

    fn write(&mut self, step: &ScenarioStep) {
        match *step {
            ScenarioStep::Subscribe { signal } => {
                if signal.is_catchable() {
                    self.subscribed.push(signal);
                }
                self.steps.push(Step::Subscribe { signal });
            }
            ScenarioStep::Send { signal } => {
                self.expect(signal);
                self.steps.push(Step::Send { signal });
            }
            ScenarioStep::Work { millis } => self.steps.push(Step::Work { millis }),
            ScenarioStep::Tick { times } => {
                self.ticks += u64::from(times);
                self.ticks_waiting = true;
                self.steps.push(Step::Tick { times });
            }
            ScenarioStep::Yield => {
                let until = self.conditions();
                self.steps.push(Step::Yield { until });
            }
            ScenarioStep::AwaitSignal { signal } => {
                self.expect(signal);
                let until = self.conditions();
                self.steps.push(Step::AwaitOutside { action: OutsideAction::Kill { signal }, until });
            }
            ScenarioStep::Repeat { times, ref steps } => {
                for _ in 0..times {
                    self.write_all(steps);
                }
            }
        }
    }

    fn expect(&mut self, signal: Signal) {
        if !self.subscribed.contains(&signal) {
            return;
        }
        *self.sent.entry(signal).or_default() += 1;
        if !self.waiting.contains(&signal) {
            self.waiting.push(signal);
        }
    }

    fn conditions(&mut self) -> Vec<Condition> {
        let calls = self.waiting.drain(..).map(|signal| match self.claims.burst.value {
            Burst::Every => Condition::Calls { signal, total: self.sent[&signal] },
            Burst::AtLeastOne => Condition::CallAfterSend { signal },
        });
        let mut until: Vec<_> = calls.collect();
        if std::mem::take(&mut self.ticks_waiting) {
            until.push(Condition::Ticks { total: self.ticks });
        }
        until
    }
}
