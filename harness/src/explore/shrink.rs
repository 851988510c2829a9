//! Shrinking: from a script that fails to the shortest one that fails in the same way.
//!
//! Delta debugging over the steps (Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input, 2002), then
//! over what the steps say. Each proposal is valid for the backend before it is played.

use std::collections::BTreeSet;

use sigconform_fixture::{ChildThen, OutsideAction, Receiver, Signal, Subscription};

use crate::catalogue::{Scenario, ScenarioStep, Start};

/// Makes the scenario smaller as long as `fails` says that the smaller one fails as well, and returns the smallest. `fails`
/// may also say no for want of time.
pub(super) fn shrink(scenario: Scenario, mut fails: impl FnMut(&Scenario) -> bool) -> Scenario {
    let mut tried = BTreeSet::new();
    let mut smallest = scenario;
    let mut try_all = |smallest: &mut Scenario, proposals: &dyn Fn(&Scenario) -> Vec<Scenario>| {
        let mut got_smaller = false;
        loop {
            let smaller = proposals(smallest).into_iter().find(|proposal| {
                let is_new = tried.insert(format!("{proposal:?}"));
                is_new && fails(proposal)
            });
            let Some(smaller) = smaller else { return got_smaller };
            *smallest = smaller;
            got_smaller = true;
        }
    };
    loop {
        let mut got_smaller = false;
        let mut chunk = smallest.steps.len().next_power_of_two().max(1);
        while chunk > 0 {
            got_smaller |= try_all(&mut smallest, &|scenario| without_chunks(scenario, chunk));
            chunk /= 2;
        }
        for proposals in [without_parts, unrolled, without_pairs, simpler_steps, usual_signals] {
            got_smaller |= try_all(&mut smallest, &proposals);
        }
        if !got_smaller {
            return smallest;
        }
    }
}

/// Each run of so many steps left out, the last first: what comes after the failure goes at once.
fn without_chunks(scenario: &Scenario, chunk: usize) -> Vec<Scenario> {
    let count = scenario.steps.len();
    let starts = (0..count).step_by(chunk).collect::<Vec<_>>();
    starts.into_iter().rev().map(|at| without_steps(scenario, at, (at + chunk).min(count))).collect()
}

/// Two steps left out that need each other: a hold and its release.
fn without_pairs(scenario: &Scenario) -> Vec<Scenario> {
    let count = scenario.steps.len();
    if count > 24 {
        return Vec::new();
    }
    let pairs = (0..count).flat_map(|one| (one + 1..count).map(move |other| (one, other)));
    pairs.map(|(one, other)| without_steps(&without_steps(scenario, other, other + 1), one, one + 1)).collect()
}

/// The scenario without the steps from `first` to before `end`, and without what removes the handlers that they add.
fn without_steps(scenario: &Scenario, first: usize, end: usize) -> Scenario {
    let mut smaller = scenario.clone();
    for at in (first..end).rev() {
        let before = scenario.subscribe.len() + smaller.steps[..at].iter().map(asks).sum::<usize>();
        let gone = asks(&smaller.steps.remove(at));
        renumber(&mut smaller.steps, before, gone);
    }
    smaller
}

/// How many subscriptions a step asks for.
fn asks(step: &ScenarioStep) -> usize {
    match step {
        ScenarioStep::Subscribe { .. }
        | ScenarioStep::SubscribeCloser { .. }
        | ScenarioStep::SubscribeRemover { .. }
        | ScenarioStep::SubscribeCoroutine { .. }
        | ScenarioStep::Relay { .. } => 1,
        ScenarioStep::SubscribeAdder { .. } => 2,
        ScenarioStep::Repeat { times, steps } => *times as usize * steps.iter().map(asks).sum::<usize>(),
        _ => 0,
    }
}

/// After the first `before` subscriptions, `gone` are gone.
fn renumber(steps: &mut Vec<ScenarioStep>, before: usize, gone: usize) {
    steps.retain_mut(|step| match step {
        ScenarioStep::Unsubscribe { subscription: Subscription(number) } => {
            let at = *number as usize;
            if at > before + gone {
                *number -= u32::try_from(gone).unwrap_or_default();
            }
            at <= before || at > before + gone
        }
        ScenarioStep::SubscribeRemover { signal, removes: Some(Subscription(number)) } => {
            let at = *number as usize;
            if at > before + gone {
                *number -= u32::try_from(gone).unwrap_or_default();
            } else if at > before {
                // It is counted as before, and has nothing to remove.
                *step = ScenarioStep::Subscribe { signal: *signal, sends: None };
            }
            true
        }
        ScenarioStep::Repeat { steps, .. } => {
            renumber(steps, before, gone);
            !steps.is_empty()
        }
        _ => true,
    });
}

/// Without one thing of the start, of what comes before the loop, or of what is subscribed at the start.
fn without_parts(scenario: &Scenario) -> Vec<Scenario> {
    let mut proposals = vec![Scenario { start: Start::default(), ..scenario.clone() }];
    let mut propose = |change: &dyn Fn(&mut Scenario)| {
        let mut smaller = scenario.clone();
        change(&mut smaller);
        if smaller != *scenario {
            proposals.push(smaller);
        }
    };
    propose(&|smaller| smaller.start.terminal = false);
    propose(&|smaller| smaller.start.pending_limit = None);
    propose(&|smaller| smaller.start.descriptors = 0);
    propose(&|smaller| smaller.before.older_thread = false);
    propose(&|smaller| smaller.before.loop_on_second_thread = false);
    for at in 0..scenario.start.blocked.len() {
        propose(&|smaller| {
            smaller.start.blocked.remove(at);
        });
    }
    for at in 0..scenario.start.ignored.len() {
        propose(&|smaller| {
            smaller.start.ignored.remove(at);
        });
    }
    for at in 0..scenario.before.handlers.len() {
        propose(&|smaller| {
            smaller.before.handlers.remove(at);
        });
    }
    for half in [scenario.subscribe.len() / 2, 1] {
        for at in (0..scenario.subscribe.len()).step_by(half.max(1)) {
            propose(&|smaller| {
                for at in (at..(at + half).min(smaller.subscribe.len())).rev() {
                    smaller.subscribe.remove(at);
                    renumber(&mut smaller.steps, at, 1);
                }
            });
        }
    }
    // The handler that the first such step adds may as well be there from the start, under the same number.
    let adds = scenario.steps.iter().position(|step| asks(step) > 0);
    if let Some(at) = adds
        && let ScenarioStep::Subscribe { signal, sends: None } = scenario.steps[at]
    {
        propose(&|smaller| {
            smaller.subscribe.push(signal);
            smaller.steps.remove(at);
        });
    }
    proposals.retain(|smaller| smaller != scenario);
    proposals
}

/// A repeated part once, or fewer times.
fn unrolled(scenario: &Scenario) -> Vec<Scenario> {
    let mut proposals = Vec::new();
    for (at, step) in scenario.steps.iter().enumerate() {
        let ScenarioStep::Repeat { times, steps } = step else { continue };
        // The first rounds are gone, or the last: what is removed later was added in the others.
        let round = steps.iter().map(asks).sum::<usize>();
        let before = scenario.subscribe.len() + scenario.steps[..at].iter().map(asks).sum::<usize>();
        for fewer in [1].into_iter().chain(smaller_numbers(*times, 2)).filter(|fewer| fewer < times) {
            for kept in [0, fewer as usize * round] {
                let mut smaller = scenario.clone();
                renumber(&mut smaller.steps, before + kept, (*times - fewer) as usize * round);
                let rounds = if fewer == 1 {
                    steps.clone()
                } else {
                    vec![ScenarioStep::Repeat { times: fewer, steps: steps.clone() }]
                };
                if smaller.steps.get(at) == Some(step) {
                    smaller.steps.splice(at..=at, rounds);
                    proposals.push(smaller);
                }
            }
        }
        for left_out in 0..if steps.len() > 1 { steps.len() } else { 0 } {
            let mut steps = steps.clone();
            if asks(&steps.remove(left_out)) == 0 {
                proposals.push(with_step(scenario, at, ScenarioStep::Repeat { times: *times, steps }));
            }
        }
    }
    proposals
}

fn with_step(scenario: &Scenario, at: usize, step: ScenarioStep) -> Scenario {
    let mut other = scenario.clone();
    other.steps[at] = step;
    other
}

/// Smaller ones that are worth a try, the smallest first.
fn smaller_numbers(number: u32, least: u32) -> impl Iterator<Item = u32> {
    let tries = [least, number / 16, number / 2, number - number / 4, number - number / 16, number.saturating_sub(1)];
    tries.into_iter().filter(move |&smaller| smaller >= least && smaller < number)
}

/// One step less than it was.
fn simpler_steps(scenario: &Scenario) -> Vec<Scenario> {
    let with = |at| move |step| with_step(scenario, at, step);
    scenario.steps.iter().enumerate().flat_map(|(at, step)| simpler(step).into_iter().map(with(at))).collect()
}

fn simpler(step: &ScenarioStep) -> Vec<ScenarioStep> {
    let send = |signal| ScenarioStep::Send { signal, to: Receiver::Process };
    match *step {
        ScenarioStep::Subscribe { signal, sends: Some(_) }
        | ScenarioStep::SubscribeCloser { signal }
        | ScenarioStep::SubscribeRemover { signal, .. } => {
            vec![ScenarioStep::Subscribe { signal, sends: None }]
        }
        ScenarioStep::Send { signal, to } if to != Receiver::Process => vec![send(signal)],
        ScenarioStep::CheckErrno { signal } | ScenarioStep::CheckWaker { signal } => vec![send(signal)],
        ScenarioStep::Flood { signal, times } => {
            let fewer = smaller_numbers(times, 2).map(|times| ScenarioStep::Flood { signal, times });
            [send(signal)].into_iter().chain(fewer).collect()
        }
        ScenarioStep::FloodFromThreads { signal, threads, times } => {
            let flood = ScenarioStep::Flood { signal, times: threads.saturating_mul(times) };
            let fewer = smaller_numbers(threads, 1)
                .map(|threads| ScenarioStep::FloodFromThreads { signal, threads, times })
                .chain(smaller_numbers(times, 1).map(|times| ScenarioStep::FloodFromThreads {
                    signal,
                    threads,
                    times,
                }));
            [send(signal), flood].into_iter().chain(fewer).collect()
        }
        ScenarioStep::Queue { signal, value, may_fail: false } => {
            let zero = (value != 0).then_some(ScenarioStep::Queue { signal, value: 0, may_fail: false });
            [send(signal)].into_iter().chain(zero).collect()
        }
        ScenarioStep::Hold { ref signals } if signals.len() > 1 => {
            let without = |at: usize| {
                let mut signals = signals.clone();
                signals.remove(at);
                ScenarioStep::Hold { signals }
            };
            (0..signals.len()).map(without).collect()
        }
        ScenarioStep::Work { millis } => {
            smaller_numbers(millis, 1).map(|millis| ScenarioStep::Work { millis }).collect()
        }
        ScenarioStep::Settle { millis } => {
            smaller_numbers(millis, 1).map(|millis| ScenarioStep::Settle { millis }).collect()
        }
        ScenarioStep::Tick { times } => smaller_numbers(times, 1).map(|times| ScenarioStep::Tick { times }).collect(),
        ScenarioStep::Timer { millis } => {
            smaller_numbers(millis, 1).map(|millis| ScenarioStep::Timer { millis }).collect()
        }
        ScenarioStep::Await { ref action } => simpler_action(action),
        ScenarioStep::Report { ref same } => (0..same.len())
            .map(|at| {
                let mut same = same.clone();
                same.remove(at);
                ScenarioStep::Report { same }
            })
            .collect(),
        ScenarioStep::Children { times, then } => {
            let fewer = smaller_numbers(times, 1).map(|times| ScenarioStep::Children { times, then });
            let exit = (then != ChildThen::Exit).then_some(ScenarioStep::Children { times, then: ChildThen::Exit });
            exit.into_iter().chain(fewer).collect()
        }
        ScenarioStep::Subscribe { sends: None, .. }
        | ScenarioStep::SubscribeAdder { .. }
        | ScenarioStep::Relay { .. }
        | ScenarioStep::AwaitClose
        | ScenarioStep::Unsubscribe { .. }
        | ScenarioStep::UnsubscribeNewest
        | ScenarioStep::Send { .. }
        | ScenarioStep::Queue { .. }
        | ScenarioStep::Hold { .. }
        | ScenarioStep::Release
        | ScenarioStep::Yield
        | ScenarioStep::Reopen
        | ScenarioStep::SpawnThread
        | ScenarioStep::ReportThread
        | ScenarioStep::ReadElsewhere
        | ScenarioStep::EndRead
        | ScenarioStep::Fork { .. }
        | ScenarioStep::SpawnReport
        | ScenarioStep::ContinueChildren
        | ScenarioStep::BreakPipe
        | ScenarioStep::LaterHandler { .. }
        | ScenarioStep::SpawnKilled { .. }
        | ScenarioStep::ForkLoop { .. }
        | ScenarioStep::ReadInBackground
        | ScenarioStep::SecondLoop { .. }
        | ScenarioStep::JoinSecondLoop
        | ScenarioStep::SubscribeCoroutine { .. }
        | ScenarioStep::OpenPipe
        | ScenarioStep::CheckPipe
        | ScenarioStep::LimitDescriptors { .. }
        | ScenarioStep::Repeat { .. } => Vec::new(),
    }
}

fn simpler_action(action: &OutsideAction) -> Vec<ScenarioStep> {
    let kill = |signal| ScenarioStep::Await { action: OutsideAction::Kill { signal } };
    match action {
        OutsideAction::Flood { signal, times } => {
            let fewer = smaller_numbers(*times, 2).map(|times| OutsideAction::Flood { signal: *signal, times });
            [kill(*signal)].into_iter().chain(fewer.map(|action| ScenarioStep::Await { action })).collect()
        }
        OutsideAction::WhileStopped { signals, two_senders } => {
            let of = |signals: Vec<Signal>, two_senders| ScenarioStep::Await {
                action: OutsideAction::WhileStopped { signals, two_senders },
            };
            let without = |at: usize| {
                let mut signals = signals.clone();
                signals.remove(at);
                of(signals, *two_senders)
            };
            let one_sender = two_senders.then(|| of(signals.clone(), false));
            let fewer = (0..if signals.len() > 1 { signals.len() } else { 0 }).map(without);
            signals.first().copied().map(kill).into_iter().chain(one_sender).chain(fewer).collect()
        }
        OutsideAction::Trace { signal } => vec![kill(*signal)],
        OutsideAction::Kill { .. }
        | OutsideAction::Type { .. }
        | OutsideAction::Resize
        | OutsideAction::HangUp
        | OutsideAction::Close => Vec::new(),
    }
}

/// The signals that a reader expects, in the place of others.
fn usual_signals(scenario: &Scenario) -> Vec<Scenario> {
    const USUAL: [&str; 4] = ["SIGUSR1", "SIGUSR2", "SIGHUP", "SIGINT"];
    let Ok(mut value) = serde_json::to_value(scenario) else { return Vec::new() };
    // A scenario is named by its file, never by its text.
    value.as_object_mut().map(|fields| fields.remove("name"));
    let text = value.to_string();
    let quoted = |name: &str| format!("\"{name}\"");
    let here = |name: &str| text.contains(&quoted(name));
    let rank = |name: &str| USUAL.iter().position(|usual| *usual == name).unwrap_or(USUAL.len());
    let mut proposals = Vec::new();
    for name in Signal::all_catchable().map(|signal| signal.to_string()).filter(|name| here(name)) {
        for usual in USUAL.iter().filter(|usual| rank(usual) < rank(&name) && !here(usual)) {
            let renamed = text.replace(&quoted(&name), &quoted(usual));
            if let Ok(renamed) = serde_json::from_str::<Scenario>(&renamed) {
                proposals.push(Scenario { name: scenario.name.clone(), ..renamed });
            }
        }
    }
    proposals
}
