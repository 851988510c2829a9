//! The generator: makes scripts at random, each valid for its backend, and sees to it that every step is tried after every
//! other.
//!
//! A script is a walk: where it stands decides which steps may come, one of them is drawn by weight, with arguments drawn
//! for it. So that no pair of steps is left to luck, each case has a pair as its goal: at some place of the walk steps are
//! played that lead to where the two may follow each other.

mod turns;

use sigconform_fixture::{Before, Signal};

use super::{
    abilities::Abilities,
    arguments,
    chance::Chance,
    impossible,
    situation::Situation,
    validity::{check, check_start},
};
use crate::{
    catalogue::{Act, Scenario, ScenarioStep, Start},
    drive::most_descriptors,
};

/// Open at the start: more than a `select()` has room for.
const MANY_DESCRIPTORS: u32 = 1100;
/// Steps that may lead to a goal.
const MOST_DETOURS: usize = 60;
/// Walks towards a goal.
const MOST_WALKS: u32 = 4;
/// Walks without one, of which some way must be found.
const WALKS: u32 = 200;
/// Longest script, beside what leads to the goal.
const LONGEST: u32 = 30;

/// More than the smallest queue holds that a library has between its signal handler and its loop.
const MANY: u32 = 63;

/// How often each act is drawn, against the others.
const WEIGHTS: &[(Act, u32)] = &[
    (Act::Subscribe, 30),
    (Act::SubscribeSends, 6),
    (Act::SubscribeCloser, 3),
    (Act::SubscribeAdder, 8),
    (Act::SubscribeRemover, 8),
    (Act::SubscribeRefused, 8),
    (Act::SubscribeCoroutine, 1),
    (Act::Relay, 2),
    (Act::Unsubscribe, 20),
    (Act::Send, 90),
    (Act::SendToThread, 10),
    (Act::SendToIdle, 8),
    (Act::Flood, 22),
    (Act::FloodFromThreads, 6),
    (Act::Queue, 22),
    (Act::Hold, 10),
    (Act::Release, 24),
    (Act::Work, 4),
    (Act::Tick, 10),
    (Act::Yield, 80),
    (Act::Settle, 8),
    (Act::AwaitKill, 14),
    (Act::AwaitFlood, 4),
    (Act::AwaitWhileStopped, 4),
    (Act::AwaitTrace, 2),
    (Act::AwaitType, 4),
    (Act::AwaitResize, 4),
    (Act::AwaitHangUp, 2),
    (Act::AwaitClose, 3),
    (Act::Report, 12),
    (Act::Reopen, 10),
    (Act::SpawnThread, 5),
    (Act::ReportThread, 5),
    (Act::ReadElsewhere, 4),
    (Act::EndRead, 4),
    (Act::Fork, 8),
    (Act::ForkLoop, 5),
    (Act::SpawnReport, 6),
    (Act::SpawnKilled, 3),
    (Act::Children, 6),
    (Act::ChildrenStop, 3),
    (Act::ContinueChildren, 4),
    (Act::Timer, 6),
    (Act::BreakPipe, 4),
    (Act::LaterHandler, 4),
    (Act::ReadInBackground, 2),
    (Act::SecondLoop, 4),
    (Act::JoinSecondLoop, 8),
    (Act::CheckErrno, 8),
    (Act::OpenPipe, 4),
    (Act::CheckPipe, 8),
];

/// One case's script.
///
/// Nothing where no way leads through what the backend can do: not towards the case's goal, and not without one.
pub(super) fn scenario(able: &Abilities, seed: u64, case: u64) -> Option<Scenario> {
    let mut chance = Chance::of_case(seed, case);
    let goal = goal(able, case);
    (0..MOST_WALKS + WALKS).find_map(|turn| {
        let goal = goal.filter(|_| turn < MOST_WALKS);
        let (scenario, is_reached) = Walk::new(able, &mut chance, goal).walk();
        // A way into a blind alley, which a timer may be, or past the goal: another walk. The numbers go on, so this one differs.
        (is_reached && check(able, &scenario).is_ok()).then_some(scenario)
    })
}

/// The pair that a case is for: each in turn, every other case; one that cannot be is a case like the others.
fn goal(able: &Abilities, case: u64) -> Option<(Act, Act)> {
    if case.is_multiple_of(2) {
        return None;
    }
    let acts: Vec<_> = Act::ALL.iter().copied().filter(|&act| able.can(act)).collect();
    let pairs = acts.len() * acts.len();
    if pairs == 0 {
        return None;
    }
    // A step that shares no factor with the number of pairs visits each, and soon all kinds.
    let stride = (pairs / 3 * 2..pairs).find(|&stride| gcd(stride, pairs) == 1).unwrap_or(1);
    let turn = usize::try_from(case / 2 % pairs as u64).unwrap_or_default();
    let at = turn * stride % pairs;
    let (first, second) = (acts[at / acts.len()], acts[at % acts.len()]);
    impossible::why(first, second).is_none().then_some((first, second))
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// A script in the making.
struct Walk<'a, 'c> {
    able: &'a Abilities,
    chance: &'c mut Chance,
    goal: Option<(Act, Act)>,
    /// The signals that this script is about.
    palette: Vec<Signal>,
    scenario: Scenario,
    /// Whether the whole is compared with what was before it, which there is more of then.
    is_framed: bool,
}

impl<'a, 'c> Walk<'a, 'c> {
    fn new(able: &'a Abilities, chance: &'c mut Chance, goal: Option<(Act, Act)>) -> Self {
        let palette = palette(able, chance);
        let scenario = super::scenario_of(Vec::new());
        let is_framed = chance.often(8);
        let mut this = Self { able, chance, goal, palette, scenario, is_framed };
        this.start();
        this
    }

    /// Whether the goal needs this act.
    fn aims_at(&self, acts: &[Act]) -> bool {
        self.goal.is_some_and(|(one, other)| acts.contains(&one) || acts.contains(&other))
    }

    /// How the process is started, and what it does before its loop.
    fn start(&mut self) {
        let needs_terminal = [Act::AwaitType, Act::AwaitResize, Act::AwaitHangUp, Act::ReadInBackground];
        let needs_limits = self.able.can(Act::Queue) && cfg!(target_os = "linux");
        let palette = self.palette.clone();
        let mut start = Start { terminal: self.aims_at(&needs_terminal) || self.chance.often(4), ..Start::default() };
        // What the script is about, or something that it must leave as it is.
        let about = |chance: &mut Chance| if chance.often(70) { palette.clone() } else { self.able.pool.clone() };
        if self.chance.often(if self.is_framed { 30 } else { 7 }) {
            let (of, count) = (about(self.chance), 1 + self.chance.below(3));
            start.ignored = self.chance.some_of(&of, count);
        }
        if self.chance.often(if self.is_framed { 60 } else { 7 }) {
            let (of, count) = (about(self.chance), 1 + self.chance.below(3));
            start.blocked = self.chance.some_of(&of, count);
            start.blocked.retain(|signal| !start.ignored.contains(signal));
        }
        if needs_limits && !self.aims_at(&[Act::Queue]) && self.chance.often(1) {
            start.pending_limit = Some(0);
        }
        if self.chance.often(1) && most_descriptors() >= MANY_DESCRIPTORS {
            start.descriptors = MANY_DESCRIPTORS;
        }
        let idle = self.aims_at(&[Act::SendToIdle, Act::ReportThread]);
        let mut before = Before {
            older_thread: idle && self.chance.often(40) || self.chance.often(6),
            loop_on_second_thread: self.chance.often(6),
            handlers: Vec::new(),
            report: self.able.before.iter().any(|name| name == "report") && self.chance.often(12),
        };
        if self.chance.often(7) {
            let count = 1 + self.chance.below(2);
            before.handlers = self.chance.some_of(&palette, count);
        }
        self.scenario.start = start;
        self.scenario.before = before;
        // One thing after the other is left out until the rest fits together.
        for left_out in 0..5 {
            if check_start(self.able, &self.scenario).is_ok() {
                break;
            }
            match left_out {
                0 => self.scenario.before.handlers.clear(),
                1 => self.scenario.before.loop_on_second_thread = false,
                2 => self.scenario.before.older_thread = false,
                3 => self.scenario.start.blocked.clear(),
                _ => self.scenario.start.ignored.clear(),
            }
        }
    }

    /// The script, and whether it has the goal in it.
    fn walk(mut self) -> (Scenario, bool) {
        let mut here = Situation::before(self.able, &self.scenario);
        if !self.aims_at(&[Act::SpawnReport]) && self.chance.often(if self.is_framed { 30 } else { 80 }) {
            self.subscribe_at_start(&mut here);
        }
        if self.is_framed {
            self.pend(&mut here);
            self.report(&mut here);
        }
        let length = self.length();
        let mut is_reached = self.goal.is_none();
        let goal_at = self.goal.map(|_| self.chance.between(0, length));
        for at in 0..=length {
            if goal_at == Some(at) {
                is_reached = self.reach_goal(&mut here);
            }
            // A script that ends the process ends there: most have something else to show.
            let step = self.draw(&here);
            if let Some(step) = step.filter(|step| !ends(&here, step) || at == length && self.chance.often(25)) {
                self.play(&mut here, step);
            }
            if self.chance.often(3) {
                self.laps(&mut here);
            }
        }
        self.finish(&mut here);
        if self.is_framed {
            self.report(&mut here);
        }
        self.farewell(&mut here);
        (self.scenario, is_reached)
    }

    fn length(&mut self) -> u32 {
        let kinds = [((1, 4), 25), ((5, 10), 45), ((11, LONGEST), 30)];
        let (first, last) = self.chance.weighted(&kinds).unwrap_or((1, 1));
        self.chance.between(first, last)
    }

    fn subscribe_at_start(&mut self, here: &mut Situation<'_>) {
        let count = 1 + self.chance.below(self.palette.len());
        for signal in self.chance.some_of(&self.palette.clone(), count) {
            let step = ScenarioStep::Subscribe { signal, sends: None };
            for _ in 0..if self.chance.often(8) { 2 } else { 1 } {
                if here.admit_and_apply(&step).is_ok() {
                    self.scenario.subscribe.push(signal);
                }
            }
        }
    }

    /// Plays a step, which is valid here.
    fn play(&mut self, here: &mut Situation<'_>, step: ScenarioStep) {
        here.apply(&step, &mut |_, _| {});
        self.scenario.steps.push(step);
    }

    /// A step that is valid here, by weight.
    fn draw(&mut self, here: &Situation<'_>) -> Option<ScenarioStep> {
        if self.chance.often(2)
            && let Some(step) = self.repeated(here)
        {
            return Some(step);
        }
        if most_sent(here) > MANY && self.chance.often(30) {
            // A signal handler that finds its pipe full.
            if let Some(step) = self.able.can(Act::CheckErrno).then(|| self.step(here, Act::CheckErrno)).flatten() {
                return Some(step);
            }
        }
        let mut weights: Vec<_> = WEIGHTS.iter().copied().filter(|&(act, _)| self.able.can(act)).collect();
        loop {
            let act = self.chance.weighted(&weights)?;
            if let Some(step) = self.step(here, act) {
                return Some(step);
            }
            weights.retain(|&(other, _)| other != act);
        }
    }

    /// A step that is this act, with arguments that are valid here.
    fn step(&mut self, here: &Situation<'_>, act: Act) -> Option<ScenarioStep> {
        (0..4).find_map(|_| {
            let step = arguments::of(act, here, &self.palette, self.chance)?;
            (here.act(&step) == Some(act) && here.admits(&step).is_ok()).then_some(step)
        })
    }

    /// Plays steps until the goal's two may follow each other, and then these; says whether it came to that.
    fn reach_goal(&mut self, here: &mut Situation<'_>) -> bool {
        let Some((one, other)) = self.goal else { return true };
        let mut ways: Vec<Act> =
            [one, other].into_iter().flat_map(|act| arguments::leads_to(act).iter().copied()).collect();
        ways.extend([Act::Yield, Act::Release, Act::Reopen, Act::JoinSecondLoop, Act::Subscribe, Act::Send]);
        ways.extend([Act::Unsubscribe, Act::EndRead]);
        ways.retain(|&act| self.able.can(act));
        let needed: Vec<_> =
            [one, other].into_iter().flat_map(arguments::needs).map(|&number| Signal::from_raw(number)).collect();
        for _ in 0..MOST_DETOURS {
            if let Some(first) = self.step(here, one) {
                let mut there = here.clone();
                there.apply(&first, &mut |_, _| {});
                if let Some(second) = self.step(&there, other) {
                    self.play(here, first);
                    self.play(here, second);
                    return true;
                }
            }
            let missing: Vec<_> = needed.iter().copied().filter(|&signal| !here.is_subscribed(signal)).collect();
            if let Some(signal) = self.chance.one_of(&missing) {
                let step = ScenarioStep::Subscribe { signal, sends: None };
                if self.chance.often(50) && here.admits(&step).is_ok() {
                    self.play(here, step);
                    continue;
                }
            }
            let Some(act) = self.chance.one_of(&ways) else { return false };
            if let Some(step) = self.step(here, act).filter(|step| !ends(here, step)) {
                self.play(here, step);
            }
        }
        false
    }

    /// Whatever is open is waited for and closed.
    fn finish(&mut self, here: &mut Situation<'_>) {
        for act in
            [Act::Send, Act::Yield, Act::JoinSecondLoop, Act::Release, Act::Yield, Act::Reopen].iter().cycle().take(24)
        {
            if here.may_end().is_ok() && (here.due.is_empty() || self.chance.often(20)) {
                return;
            }
            if let Some(step) = self.step(here, *act).filter(|step| !ends(here, step)) {
                self.play(here, step);
            }
        }
    }
}

/// How often that was sent which was sent most often since the last yield.
fn most_sent(here: &Situation<'_>) -> u32 {
    here.batch.sent.values().copied().max().unwrap_or_default()
}

/// Whether a step ends the process.
fn ends(here: &Situation<'_>, step: &ScenarioStep) -> bool {
    let mut there = here.clone();
    there.apply(step, &mut |_, _| {});
    there.ended
}

/// The signals of one script: mostly a few, now and then more than any small table or word holds.
fn palette(able: &Abilities, chance: &mut Chance) -> Vec<Signal> {
    let kinds = [((1, 1), 20), ((2, 3), 45), ((4, 8), 22), ((9, 31), 8), ((33, 64), 5)];
    let (first, last) = chance.weighted(&kinds).unwrap_or((1, 1));
    let count = chance.between(first, last) as usize;
    // Half of the scripts are about the signals that programs use most.
    let usual: Vec<_> = ["SIGHUP", "SIGINT", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGCHLD", "SIGALRM"]
        .iter()
        .filter_map(|name| name.parse().ok().filter(|&signal| able.takes(signal)))
        .collect();
    if chance.often(50) && !usual.is_empty() {
        return chance.some_of(&usual, count);
    }
    let real_time: Vec<_> = able.pool.iter().copied().filter(|signal| signal.is_real_time()).collect();
    let of = if chance.often(25) && !real_time.is_empty() { &real_time } else { &able.pool };
    chance.some_of(of, count)
}
