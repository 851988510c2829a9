//! Turns that a walk takes as a whole: rounds of what it has done before, and a last send.

use sigconform_fixture::{OutsideAction, Receiver};

use super::{Walk, ends};
use crate::{
    catalogue::{Act, Aspect, ScenarioStep},
    explore::situation::{Situation, reports::ROUNDS},
};

impl Walk<'_, '_> {
    /// The last few steps once more, some or many times: what is made anew in each round must be gone after it.
    pub(super) fn repeated(&mut self, here: &Situation<'_>) -> Option<ScenarioStep> {
        let steps = self.last_few(5)?;
        let most = if steps.iter().any(|step| is_costly(here, step)) { 3 } else { 200 };
        let step = ScenarioStep::Repeat { times: self.chance.between(2, most), steps };
        here.clone().admit_and_apply(&step).is_ok().then_some(step)
    }

    fn last_few(&mut self, most: usize) -> Option<Vec<ScenarioStep>> {
        let length = self.scenario.steps.len();
        let count = 1 + self.chance.below(length.min(most));
        Some(self.scenario.steps.get(length.checked_sub(count)?..)?.to_vec())
    }

    /// The last few steps in many rounds, with reports of which each may count no more than the one before. What is made once, or
    /// kept for the next round, was made in the rounds before the first.
    pub(super) fn laps(&mut self, here: &mut Situation<'_>) {
        let reports = self.able.can(Act::Report) && self.able.can(Act::AwaitKill);
        let Some(steps) = self.last_few(6).filter(|_| reports) else { return };
        if steps.iter().any(|step| is_costly(here, step)) {
            return;
        }
        let (mut there, mut played) = (here.clone(), Vec::new());
        for (rounds, is_counted) in [(2 * ROUNDS, false), (ROUNDS, true), (ROUNDS, true)] {
            let mut next = |there: &mut Situation<'_>, step: ScenarioStep| {
                let is_valid = !ends(there, &step) && there.admit_and_apply(&step).is_ok();
                played.push(step);
                is_valid
            };
            let lap = ScenarioStep::Repeat { times: rounds, steps: steps.clone() };
            let is_valid = next(&mut there, lap);
            let kill = |signal| ScenarioStep::Await { action: OutsideAction::Kill { signal } };
            let awaited = there.subscribed().iter().map(kill).find(|step| there.admits(step).is_ok());
            let Some(awaited) = awaited.filter(|_| is_valid) else { return };
            let same = if is_counted { vec![Aspect::Descriptors, Aspect::Threads] } else { Vec::new() };
            if !next(&mut there, awaited) || !next(&mut there, ScenarioStep::Report { same }) {
                return;
            }
        }
        played.into_iter().for_each(|step| self.play(here, step));
    }

    /// Something that was blocked before waits for nobody.
    pub(super) fn pend(&mut self, here: &mut Situation<'_>) {
        let blocked: Vec<_> = here.started_blocked.without(here.subscribed()).iter().collect();
        if let Some(signal) = self.chance.one_of(&blocked) {
            let step = ScenarioStep::Send { signal, to: Receiver::Process };
            if here.admits(&step).is_ok() && !ends(here, &step) {
                self.play(here, step);
            }
        }
    }

    /// A report, which compares whatever may be compared here.
    pub(super) fn report(&mut self, here: &mut Situation<'_>) {
        let report = ScenarioStep::Report { same: here.comparable() };
        if here.admits(&report).is_ok() {
            self.play(here, report);
        }
    }

    /// A signal whose last handler was removed, once more: it ends the process where its default action does.
    pub(super) fn farewell(&mut self, here: &mut Situation<'_>) {
        let gone: Vec<_> = here.once.without(here.subscribed()).iter().collect();
        if self.chance.often(50)
            && let Some(signal) = self.chance.one_of(&gone)
        {
            let step = ScenarioStep::Send { signal, to: Receiver::Process };
            if here.admits(&step).is_ok() {
                self.play(here, step);
            }
        }
    }
}

/// Whether a step takes long, as each does for which every thread has to sleep, or leaves something behind that only the end of the process takes away.
fn is_costly(here: &Situation<'_>, step: &ScenarioStep) -> bool {
    matches!(
        here.act(step),
        None | Some(
            Act::Flood
                | Act::FloodFromThreads
                | Act::Report
                | Act::Settle
                | Act::AwaitKill
                | Act::AwaitFlood
                | Act::AwaitWhileStopped
                | Act::AwaitTrace
                | Act::AwaitType
                | Act::AwaitResize
                | Act::AwaitHangUp
                | Act::AwaitClose
                | Act::SpawnReport
                | Act::SpawnKilled
                | Act::Fork
                | Act::ForkLoop
                | Act::Children
                | Act::ChildrenStop
                | Act::SpawnThread
                | Act::Timer
                | Act::ReadInBackground
        )
    )
}
