//! From a scenario and a backend's claims to the script that the fixture plays: what each yield waits for.
//!
//! A yield waits for the least that the claims promise, so a fixture whose backend keeps its word always wakes, and one
//! whose backend loses a signal sleeps for good and is seen to.

use sigconform_fixture::{
    ChildThen, Claims, Condition, EarlierHandler, Happening, PROTOCOL, Script, SecondHandler, Signal, Step,
    Subscription,
};

use super::{Aspect, Scenario, ScenarioStep, allowance::Allowance};
use crate::{
    conduct::{
        self,
        sends::{Sends, Whom},
    },
    model::{Model, Origin},
};

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
            adders: Vec::new(),
            removers: Vec::new(),
            sends: Sends::of_script(&self.before),
            ticks: 0,
            steps: Vec::new(),
            // That from before the loop is the first.
            reports: self.before.report.then(Vec::new).into_iter().collect(),
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
    /// Handlers that will add one, and for what: under the number that follows theirs.
    adders: Vec<(Subscription, Signal)>,
    /// Handlers that will remove one, and which.
    removers: Vec<(Subscription, Subscription)>,
    sends: Sends,
    ticks: u64,
    steps: Vec<Step>,
    reports: Vec<Vec<Aspect>>,
    allowance: Allowance,
}

impl Writer<'_> {
    fn write_all(&mut self, steps: &[ScenarioStep]) {
        for step in steps {
            if let ScenarioStep::Repeat { times, steps } = step {
                (0..*times).for_each(|_| self.write_all(steps));
                continue;
            }
            let newest = ScenarioStep::Unsubscribe { subscription: self.asked };
            let step = if *step == ScenarioStep::UnsubscribeNewest { &newest } else { step };
            // What it changes for the yields to come, and then what it sends; only then what it waits for.
            self.change(step);
            let mut written = translated(step);
            if !matches!(step, ScenarioStep::Queue { may_fail: true, .. }) {
                self.send(&written);
            }
            if let Step::Yield { until } | Step::AwaitOutside { until, .. } = &mut written {
                *until = self.until();
            }
            self.steps.push(written);
        }
    }

    /// What the model and the conditions learn from a step, besides what it sends.
    fn change(&mut self, step: &ScenarioStep) {
        match *step {
            ScenarioStep::Subscribe { signal, .. }
            | ScenarioStep::Relay { signal, .. }
            | ScenarioStep::SubscribeCloser { signal } => self.subscribe(signal),
            ScenarioStep::SubscribeAdder { signal, adds } => {
                self.subscribe(signal);
                self.adders.push((self.asked, adds));
                self.asked.0 += 1;
            }
            ScenarioStep::SubscribeRemover { signal, removes } => {
                self.subscribe(signal);
                self.removers.push((self.asked, removes.unwrap_or(self.asked)));
            }
            ScenarioStep::SubscribeCoroutine { .. } => self.asked.0 += 1,
            ScenarioStep::Unsubscribe { subscription } => self.model.unsubscribe(subscription),
            ScenarioStep::Hold { ref signals } => self.model.hold(signals),
            ScenarioStep::Release => {
                self.model.release();
                self.allowance.unordered = true;
            }
            ScenarioStep::Tick { times } => self.ticks += u64::from(times),
            ScenarioStep::Children { times, then: ChildThen::Exit } => self.children += u64::from(times),
            ScenarioStep::Report { ref same } => self.reports.push(same.clone()),
            ScenarioStep::Reopen => self.model.unsubscribe_all(None),
            _ => {}
        }
    }

    /// Tells the model what a step sends.
    fn send(&mut self, step: &Step) {
        let mut sent: Vec<_> = conduct::written_by(step).iter().flat_map(|line| self.sends.of_cue(&line.cue)).collect();
        // The handler of a plain subscription runs, and sends, before the next yield is over.
        if let Step::Subscribe { sends: Some(signal), .. } = *step {
            sent.extend(self.sends.of(&Happening::HandlerSending { signal }));
        }
        for sent in sent.iter().filter(|sent| sent.to == Whom::Process) {
            self.model.sent(sent);
            self.allowance.unordered |= sent.origin == Origin::Elsewhere;
        }
    }

    fn subscribe(&mut self, signal: Signal) {
        self.asked.0 += 1;
        self.subscribe_as(self.asked, signal);
    }

    fn subscribe_as(&mut self, subscription: Subscription, signal: Signal) {
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
        self.model.subscribe(subscription, signal);
    }

    fn until(&mut self) -> Vec<Condition> {
        // What a handler of this yield removes is not waited for: it may be gone before its turn.
        let due: Vec<_> = self.model.due().iter().map(|due| due.subscription).collect();
        let acting: Vec<_> = self.removers.extract_if(.., |(remover, _)| due.contains(remover)).collect();
        let (own, others): (Vec<_>, Vec<_>) = acting.into_iter().partition(|(remover, removed)| remover == removed);
        others.into_iter().for_each(|(_, removed)| self.model.unsubscribe(removed));
        own.iter().for_each(|&(remover, _)| self.model.expect_one_call(remover));
        let adding: Vec<_> = self.adders.extract_if(.., |(adder, _)| due.contains(adder)).collect();
        for &(adder, adds) in &adding {
            if self.claims.second_handler.value == SecondHandler::Replaces {
                let others: Vec<_> = self.model.subscriptions(adds).filter(|&other| other != adder).collect();
                others.into_iter().for_each(|other| self.model.unsubscribe(other));
                if self.model.signal_of(adder) == Some(adds) {
                    self.model.expect_one_call(adder);
                }
            }
        }
        self.allowance.note(&self.model, self.claims);
        let mut until = self.model.conditions();
        self.model.assume_handled();
        own.into_iter().for_each(|(remover, _)| self.model.unsubscribe(remover));
        adding.into_iter().for_each(|(adder, adds)| self.subscribe_as(Subscription(adder.0 + 1), adds));
        if self.ticks > 0 {
            until.push(Condition::Ticks { total: self.ticks });
        }
        if self.children > 0 {
            until.push(Condition::Reaped { total: self.children });
        }
        until
    }
}

/// The step that the fixture plays; what a yield waits for is still to be found.
fn translated(step: &ScenarioStep) -> Step {
    match *step {
        ScenarioStep::Subscribe { signal, sends } => Step::Subscribe { signal, sends },
        ScenarioStep::Relay { signal, sends } => Step::Relay { signal, sends },
        ScenarioStep::SubscribeCloser { signal } => Step::SubscribeCloser { signal },
        ScenarioStep::SubscribeAdder { signal, adds } => Step::SubscribeAdder { signal, adds },
        ScenarioStep::SubscribeRemover { signal, removes } => Step::SubscribeRemover { signal, removes },
        ScenarioStep::AwaitClose => Step::AwaitClose {},
        ScenarioStep::Unsubscribe { subscription } => Step::Unsubscribe { subscription },
        ScenarioStep::Send { signal, to } => Step::Send { signal, to },
        ScenarioStep::Flood { signal, times } => Step::Flood { signal, times },
        ScenarioStep::FloodFromThreads { signal, threads, times } => Step::FloodFromThreads { signal, threads, times },
        ScenarioStep::Queue { signal, value, .. } => Step::Queue { signal, value },
        ScenarioStep::Hold { ref signals } => Step::Hold { signals: signals.clone() },
        ScenarioStep::Release => Step::Release {},
        ScenarioStep::Work { millis } => Step::Work { millis },
        ScenarioStep::Tick { times } => Step::Tick { times },
        ScenarioStep::Yield => Step::Yield { until: Vec::new() },
        ScenarioStep::Settle { millis } => Step::Settle { millis },
        ScenarioStep::Await { ref action } => Step::AwaitOutside { action: action.clone(), until: Vec::new() },
        ScenarioStep::Report { .. } => Step::Report {},
        ScenarioStep::Reopen => Step::Reopen {},
        ScenarioStep::SpawnThread => Step::SpawnThread {},
        ScenarioStep::ReportThread => Step::ReportThread {},
        ScenarioStep::ReadElsewhere => Step::ReadElsewhere {},
        ScenarioStep::EndRead => Step::EndRead {},
        ScenarioStep::Fork { signal } => Step::Fork { signal },
        ScenarioStep::SpawnReport => Step::SpawnReport {},
        ScenarioStep::Children { times, then } => Step::Children { times, then },
        ScenarioStep::ContinueChildren => Step::ContinueChildren {},
        ScenarioStep::Timer { millis } => Step::Timer { millis },
        ScenarioStep::BreakPipe => Step::BreakPipe {},
        ScenarioStep::LaterHandler { signal } => Step::LaterHandler { signal },
        ScenarioStep::SpawnKilled { signal } => Step::SpawnKilled { signal },
        ScenarioStep::ForkLoop { signal } => Step::ForkLoop { signal },
        ScenarioStep::ReadInBackground => Step::ReadInBackground {},
        ScenarioStep::SecondLoop { signal } => Step::SecondLoop { signal },
        ScenarioStep::JoinSecondLoop => Step::JoinSecondLoop {},
        ScenarioStep::SubscribeCoroutine { signal } => Step::SubscribeCoroutine { signal },
        ScenarioStep::OpenPipe => Step::OpenPipe {},
        ScenarioStep::CheckPipe => Step::CheckPipe {},
        ScenarioStep::LimitDescriptors { left } => Step::LimitDescriptors { left },
        ScenarioStep::CheckWaker { signal } => Step::CheckWaker { signal },
        ScenarioStep::CheckErrno { signal } => Step::CheckErrno { signal },
        ScenarioStep::Repeat { .. } | ScenarioStep::UnsubscribeNewest => unreachable!("it is written out"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;

    /// The script of a scenario that subscribes SIGHUP at the start.
    fn script(steps: &str) -> Vec<Step> {
        let requirement =
            "[[requirement]]\nslug = 'x'\ngroup = 'sequence'\nlevel = 'must'\nstatement = 'x'\nsource = 'x'";
        let text = format!("title = 'x'\nrequirements = ['x']\nsubscribe = ['SIGHUP']\nsteps = [{steps}]");
        let catalogue =
            Catalogue::parse(requirement, [("x.toml".into(), text.as_str())]).expect("the scenario is right");
        catalogue.scenarios[0].part(&Claims::default()).script.steps
    }

    #[test]
    fn the_newest_handler_is_the_last_that_was_asked_for() {
        let again = "{ step = 'subscribe', signal = 'SIGUSR1' }, { step = 'unsubscribe-newest' }";
        let newest =
            script(&format!("{{ step = 'unsubscribe-newest' }}, {{ step = 'repeat', times = 2, steps = [{again}] }}"));
        let removed = newest.iter().filter_map(|step| match step {
            Step::Unsubscribe { subscription } => Some(subscription.0),
            _ => None,
        });
        assert_eq!(removed.collect::<Vec<_>>(), [1, 2, 3]);
        // It is gone: what is sent to it then is waited for by nobody.
        let send = "{ step = 'send', signal = 'SIGUSR1' }, { step = 'yield' }";
        assert!(script(&format!("{again}, {send}")).contains(&Step::Yield { until: Vec::new() }));
    }
}
