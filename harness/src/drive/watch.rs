//! The watch: tells from outside whether a fixture works, waits, or will never wake again.
//!
//! A fixture is stuck when it has written nothing, every thread of it slept, and none used processor time, at every look
//! over a whole window. A loaded machine cannot produce that: a thread that something woke is runnable, not asleep, however
//! long it waits for a processor. Where the system does not show its threads, only the deadline ends a wait.

use std::{
    hint,
    time::{Duration, Instant},
};

use sigconform_fixture::OutsideAction;

use super::{
    limits::Limits,
    observe::{Look, count, is_shown, look, sleeps, threads},
};
use crate::{
    catalogue::Start,
    transcript::{Ending, Stuck},
};

/// Between looks at a fixture that plays its script.
const PLAYING: Duration = Duration::from_millis(100);
/// Between looks at one that is about to sleep, or about to end: the first and the longest.
const SOON: Duration = Duration::from_micros(50);
const LATER: Duration = Duration::from_millis(1);
/// Its multiples' fractions are spread evenly, however many there are: the golden ratio's.
const GOLDEN: f64 = 0.618_033_988_749_895;

pub(super) struct Watch {
    /// Where each look begins.
    top: libc::pid_t,
    limits: Limits,
    /// How long it must sleep on before anything is done to it.
    quiet: Duration,
    /// Longest time between its announcement and the act, where that does not wait for its sleep.
    within: Option<Duration>,
    /// Acts of that kind so far.
    acts: u32,
    /// How it slept when it began to.
    resting: Option<Rest>,
    /// Processor time that it had used at the end of the last stretch.
    used: Duration,
    started: Instant,
    /// When it last wrote something, or was acted upon.
    quiet_since: Instant,
    /// The first of the looks that all showed the same, asleep.
    asleep_since: Option<(Instant, Look)>,
    /// What it waits for, and the first look since.
    waits_for: Option<(OutsideAction, Option<Look>)>,
    /// Until the next look at one that is about to sleep: longer each time, so that looking never keeps it from going on.
    soon: Duration,
}

/// The beginning of a quiet stretch.
#[derive(Debug, Clone, Copy)]
struct Rest {
    since: Instant,
    used: Duration,
    sleeps: u64,
    /// What it had used before, since the harness acted last.
    before: Duration,
}

/// How it slept through a quiet stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slept {
    pub(super) millis: u32,
    /// How often one of its threads was woken, and went to sleep again.
    pub(super) wakes: u64,
    /// Processor time that it used from the last act until it slept.
    pub(super) used: Duration,
}

/// What a look showed.
pub(super) enum Seen {
    /// Nothing to do.
    Nothing,
    /// It sleeps: time for the action that it announced.
    Idle(OutsideAction, Option<Slept>),
    /// It must be ended.
    End(Ending),
}

impl Watch {
    /// Watches what is below the warden `top`, and acts when `start` says.
    pub(super) fn new(top: libc::pid_t, start: &Start, limits: Limits) -> Self {
        let now = Instant::now();
        let (asleep_since, waits_for, resting) = Default::default();
        let quiet = Duration::from_millis(start.quiet.into());
        let within = Some(Duration::from_micros(start.within.into())).filter(|within| !within.is_zero());
        Self {
            top,
            limits,
            quiet,
            within,
            acts: 0,
            resting,
            used: Duration::ZERO,
            started: now,
            quiet_since: now,
            asleep_since,
            waits_for,
            soon: SOON,
        }
    }

    /// How long to wait before the next look, soon where the end of the process would not be noticed by itself.
    pub(super) fn next_look(&self, ends_unseen: bool) -> Duration {
        match (&self.waits_for, ends_unseen) {
            (Some(_), _) if self.within.is_some() => Duration::ZERO,
            (Some(_), _) => self.soon,
            (None, true) => LATER,
            (None, false) => PLAYING,
        }
    }

    /// It has written something.
    pub(super) fn progress(&mut self) {
        self.quiet_since = Instant::now();
        self.asleep_since = None;
    }

    /// It has announced that it waits for `action`.
    pub(super) fn await_idle(&mut self, action: OutsideAction) {
        self.waits_for = Some((action, None));
        self.soon = SOON;
    }

    /// It has gone on before anything was done.
    pub(super) fn no_longer_idle(&mut self) {
        self.waits_for = None;
        self.resting = None;
    }

    /// How many threads the fixture has.
    pub(super) fn threads(&self) -> Option<u32> {
        count(self.top)
    }

    pub(super) fn look(&mut self) -> Seen {
        if self.had_its_time() {
            return Seen::End(Ending::Deadline { after: self.limits.deadline, threads: threads(self.top) });
        }
        match (&self.waits_for, self.within) {
            (None, _) => self.look_for_stuck(),
            (Some(_), Some(within)) => self.act_within(within),
            (Some(_), None) => self.look_for_idle(),
        }
    }

    /// Whether the deadline has passed without counting what it waited for a processor: a loaded machine must not turn into a
    /// verdict. Ten times the deadline is enough for any.
    pub(super) fn had_its_time(&self) -> bool {
        let (elapsed, deadline) = (self.started.elapsed(), self.limits.deadline);
        elapsed > deadline && {
            let waited = look(self.top).map_or(Duration::ZERO, |look| look.waited);
            elapsed.saturating_sub(waited) > deadline || elapsed > deadline.saturating_mul(10)
        }
    }

    /// Acts at another moment of this time after each announcement, asleep or not: what happens between a loop's last look and
    /// its sleep happens there.
    fn act_within(&mut self, within: Duration) -> Seen {
        let announced = Instant::now();
        self.acts = self.acts.wrapping_add(1);
        let moment = within.mul_f64((f64::from(self.acts) * GOLDEN).fract());
        while announced.elapsed() < moment {
            hint::spin_loop();
        }
        self.act(None)
    }

    /// Acts once two looks in a row show the same sleep: whoever got no processor between them slept at every moment
    /// between them, and so did all others, however short that was.
    fn look_for_idle(&mut self) -> Seen {
        let now = look(self.top);
        let Some((_, first)) = &mut self.waits_for else { return Seen::Nothing };
        let Some(now) = now else {
            // One that is just coming or going is looked at again, where a stretch is to be measured.
            if !self.quiet.is_zero() && is_shown(self.top) {
                return Seen::Nothing;
            }
            // The system does not show its threads. Acting early is harmless: the signal is then pending.
            return self.act(None);
        };
        if let Some(rest) = self.resting {
            return self.look_at_rest(rest, now);
        }
        let used = now.used.saturating_sub(first.get_or_insert(now).used);
        if used > self.limits.idle_allowance {
            return Seen::End(Ending::NeverIdle { used });
        }
        if now.asleep && look(self.top) == Some(now) {
            if self.quiet.is_zero() {
                return self.act(None);
            }
            match sleeps(self.top) {
                Some(sleeps) => {
                    let before = now.used.saturating_sub(self.used);
                    self.resting = Some(Rest { since: Instant::now(), used: now.used, sleeps, before });
                }
                None if is_shown(self.top) => {}
                None => return self.act(None),
            }
        }
        self.soon = (self.soon * 2).min(LATER);
        Seen::Nothing
    }

    /// The stretch is over when it was long enough, and everything sleeps again. A loaded machine makes it longer, and wakes
    /// nobody.
    fn look_at_rest(&mut self, rest: Rest, now: Look) -> Seen {
        self.soon = LATER;
        let used = now.used.saturating_sub(rest.used);
        if used > self.limits.idle_allowance {
            return Seen::End(Ending::NeverIdle { used });
        }
        if rest.since.elapsed() < self.quiet || !now.asleep {
            return Seen::Nothing;
        }
        let Some(sleeps) = sleeps(self.top) else { return Seen::Nothing };
        let millis = u32::try_from(self.quiet.as_millis()).unwrap_or(u32::MAX);
        self.used = now.used;
        self.act(Some(Slept { millis, wakes: sleeps.saturating_sub(rest.sleeps), used: rest.before }))
    }

    fn act(&mut self, slept: Option<Slept>) -> Seen {
        self.progress();
        self.resting = None;
        self.waits_for.take().map_or(Seen::Nothing, |(action, _)| Seen::Idle(action, slept))
    }

    fn look_for_stuck(&mut self) -> Seen {
        if self.quiet_since.elapsed() < PLAYING {
            return Seen::Nothing;
        }
        let now = match look(self.top) {
            Some(now) if now.asleep => now,
            _ => {
                self.asleep_since = None;
                return Seen::Nothing;
            }
        };
        match &self.asleep_since {
            Some((since, before)) if *before == now => {
                if since.elapsed() < self.limits.stuck_after {
                    return Seen::Nothing;
                }
                Seen::End(Ending::Stuck(Stuck { threads: threads(self.top) }))
            }
            _ => {
                self.asleep_since = Some((Instant::now(), now));
                Seen::Nothing
            }
        }
    }
}
