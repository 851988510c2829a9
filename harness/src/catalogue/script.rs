//! From a scenario and a backend's claims to the script that the fixture plays: what each yield waits for.
//!
//! A yield waits for the least that the claims promise, so a fixture whose backend keeps its word always wakes, and one
//! whose backend loses a signal sleeps for good and is seen to.

use sigconform_fixture::{
    ChildThen, Claims, Condition, EarlierHandler, PROTOCOL, Script, SecondHandler, Signal, Step, Subscription,
};

use super::{Aspect, Scenario, ScenarioStep, allowance::Allowance};
use crate::model::{Model, Origin};

/// How long a fixture lets its loop turn at the end, so that a surplus handler call shows.
const SETTLE_MILLIS: u32 = 2;

/// What is played, and what the judge compares that a fixture need not know.
///
/// ```
/// use sigconform::{catalogue::Catalogue, contract::{Burst, Claim, Claims}};
///
/// let catalogue = Catalogue::embedded()?;
/// let scenario = catalogue.scenario("burst-5").expect("a scenario");
/// assert_eq!(scenario.part(&Claims::default()).allowed, ["yield 1: SIGUSR1 1 to 5 times"]);
///
/// // A promise leaves less room.
/// let burst = Claim::documented(Burst::Every, "https://docs.example/burst");
/// assert_eq!(scenario.part(&Claims { burst, ..Claims::default() }).allowed, ["yield 1: SIGUSR1 5 times"]);
/// # Ok::<(), sigconform::catalogue::CatalogueError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// For the fixture.
    pub script: Script,
    /// For each report, what must be as before.
    pub reports: Vec<Vec<Aspect>>,
    /// For people: the handler calls that each yield may and must give.
    pub allowed: Vec<String>,
}

impl Scenario {
    /// The part of a backend with these claims.
    #[must_use]
    pub fn part(&self, claims: &Claims) -> Part {
        let mut writer = Writer {
            claims,
            earlier: &self.before.handlers,
            model: Model::new(claims),
            asked: Subscription(0),
            children: 0,
            stopping: 0,
            ticks: 0,
            steps: Vec::new(),
            reports: Vec::new(),
            allowance: Allowance::default(),
        };
        writer.model.starts_blocked(&self.start.blocked);
        for &signal in &self.subscribe {
            writer.subscribe(signal);
        }
        writer.write_all(&self.steps);
        if !self.ends_at_once {
            writer.steps.push(Step::Settle { millis: SETTLE_MILLIS });
        }
        let Writer { steps, reports, allowance, .. } = writer;
        let (before, subscribe) = (self.before.clone(), self.subscribe.clone());
        let script = Script { protocol: PROTOCOL, scenario: self.name.clone(), before, subscribe, steps };
        Part { script, reports, allowed: allowance.into_lines() }
    }
}

struct Writer<'a> {
    claims: &'a Claims,
    /// Signals for which the program has a handler of its own.
    earlier: &'a [Signal],
    model: Model,
    /// Subscriptions asked for so far.
    asked: Subscription,
    children: u64,
    /// Children that stop themselves and were not continued.
    stopping: u64,
    ticks: u64,
    steps: Vec<Step>,
    reports: Vec<Vec<Aspect>>,
    allowance: Allowance,
}

impl Writer<'_> {
    fn write_all(&mut self, steps: &[ScenarioStep]) {
        for step in steps {
            match step {
                ScenarioStep::Repeat { times, steps } => (0..*times).for_each(|_| self.write_all(steps)),
                step => {
                    let step = self.write(step);
                    self.steps.push(step);
                }
            }
        }
    }

    #[expect(clippy::too_many_lines, reason = "a table: an arm for each step")]
    fn write(&mut self, step: &ScenarioStep) -> Step {
        match *step {
            ScenarioStep::Subscribe { signal, sends } => {
                self.subscribe(signal);
                // Its handler runs, and sends, before the next yield is over.
                sends.into_iter().for_each(|signal| self.send_from_elsewhere(signal, 1));
                Step::Subscribe { signal, sends }
            }
            ScenarioStep::Relay { signal, sends } => {
                self.subscribe(signal);
                Step::Relay { signal, sends }
            }
            ScenarioStep::SubscribeCloser { signal } => {
                self.subscribe(signal);
                Step::SubscribeCloser { signal }
            }
            ScenarioStep::AwaitClose => Step::AwaitClose {},
            ScenarioStep::Unsubscribe { subscription } => {
                self.model.unsubscribe(subscription);
                Step::Unsubscribe { subscription }
            }
            ScenarioStep::Send { signal, to } => {
                self.model.send(signal, 1, Origin::Sender);
                Step::Send { signal, to }
            }
            ScenarioStep::Flood { signal, times } => {
                self.model.send(signal, u64::from(times), Origin::Sender);
                Step::Flood { signal, times }
            }
            ScenarioStep::Queue { signal, value, may_fail } => {
                if !may_fail {
                    self.model.send(signal, 1, Origin::Sender);
                }
                Step::Queue { signal, value }
            }
            ScenarioStep::Hold { ref signals } => {
                self.model.hold(signals);
                Step::Hold { signals: signals.clone() }
            }
            ScenarioStep::Release => {
                self.model.release();
                self.allowance.unordered = true;
                Step::Release {}
            }
            ScenarioStep::Work { millis } => Step::Work { millis },
            ScenarioStep::Tick { times } => {
                self.ticks += u64::from(times);
                Step::Tick { times }
            }
            ScenarioStep::Yield => Step::Yield { until: self.until() },
            ScenarioStep::Settle { millis } => Step::Settle { millis },
            ScenarioStep::Await { ref action } => {
                for signal in action.signals() {
                    self.send_from_elsewhere(signal, action.times());
                }
                Step::AwaitOutside { action: action.clone(), until: self.until() }
            }
            ScenarioStep::Report { ref same } => {
                self.reports.push(same.clone());
                Step::Report {}
            }
            ScenarioStep::Reopen => {
                self.model.unsubscribe_all(None);
                Step::Reopen {}
            }
            ScenarioStep::SpawnThread => Step::SpawnThread {},
            ScenarioStep::ReportThread => Step::ReportThread {},
            ScenarioStep::ReadElsewhere => Step::ReadElsewhere {},
            ScenarioStep::EndRead => Step::EndRead {},
            ScenarioStep::Fork { signal } => Step::Fork { signal },
            ScenarioStep::SpawnReport => Step::SpawnReport {},
            ScenarioStep::Children { times, then } => {
                self.children += if then == ChildThen::Exit { u64::from(times) } else { 0 };
                self.send_from_elsewhere(Signal::from_raw(libc::SIGCHLD), u64::from(times));
                self.stopping += if then == ChildThen::Stop { u64::from(times) } else { 0 };
                Step::Children { times, then }
            }
            ScenarioStep::ContinueChildren => {
                let continued = std::mem::take(&mut self.stopping);
                self.send_from_elsewhere(Signal::from_raw(libc::SIGCHLD), continued);
                Step::ContinueChildren {}
            }
            ScenarioStep::Timer { millis } => {
                self.send_from_elsewhere(Signal::from_raw(libc::SIGALRM), 1);
                Step::Timer { millis }
            }
            ScenarioStep::BreakPipe => {
                self.send_from_elsewhere(Signal::from_raw(libc::SIGPIPE), 1);
                Step::BreakPipe {}
            }
            ScenarioStep::LaterHandler { signal } => Step::LaterHandler { signal },
            ScenarioStep::SpawnKilled { signal } => Step::SpawnKilled { signal },
            ScenarioStep::ForkLoop { signal } => Step::ForkLoop { signal },
            ScenarioStep::ReadInBackground => {
                self.model.send(Signal::from_raw(libc::SIGTTIN), 1, Origin::Elsewhere);
                Step::ReadInBackground {}
            }
            ScenarioStep::SecondLoop { signal } => Step::SecondLoop { signal },
            ScenarioStep::JoinSecondLoop => Step::JoinSecondLoop {},
            ScenarioStep::SubscribeCoroutine { signal } => {
                self.asked.0 += 1;
                Step::SubscribeCoroutine { signal }
            }
            ScenarioStep::CheckErrno { signal } => {
                self.model.send(signal, 1, Origin::Sender);
                Step::CheckErrno { signal }
            }
            ScenarioStep::Repeat { .. } => unreachable!("`repeat` is written out"),
        }
    }

    fn subscribe(&mut self, signal: Signal) {
        self.asked.0 += 1;
        if !signal.is_catchable() || self.claims.excludes(signal) {
            return;
        }
        if self.claims.earlier_handler.value == EarlierHandler::Refused && self.earlier.contains(&signal) {
            return;
        }
        match self.claims.second_handler.value {
            SecondHandler::Refused if self.model.is_subscribed(signal) => return,
            SecondHandler::OnePerProcess if self.model.is_any_subscribed() => return,
            SecondHandler::Replaces => self.model.unsubscribe_all(Some(signal)),
            _ => {}
        }
        self.model.subscribe(self.asked, signal);
    }

    fn send_from_elsewhere(&mut self, signal: Signal, times: u64) {
        self.model.send(signal, times, Origin::Elsewhere);
        self.allowance.unordered = true;
    }

    fn until(&mut self) -> Vec<Condition> {
        self.allowance.note(&self.model, self.claims);
        let mut until = self.model.conditions();
        self.model.assume_handled();
        if self.ticks > 0 {
            until.push(Condition::Ticks { total: self.ticks });
        }
        if self.children > 0 {
            until.push(Condition::Reaped { total: self.children });
        }
        until
    }
}
