//! Boundaries: each report against those before it, signal by signal. What a subscription may change is its own signal's
//! mask and disposition, for as long as it is there; everything else is the program's.

use std::collections::BTreeSet;

use sigconform_fixture::{Happening, Receiver, Removal, SecondHandler, Signal, State, Threads};

use super::{
    default_action::REMOVAL_AS_CLAIMED,
    state::{LEAVES_NO_TRACE, TOUCHES_ONLY_ITS_OWN, symmetric_difference},
};
use crate::{
    catalogue::Aspect,
    judge::{
        scene::Scene,
        watch::{Breaches, Watcher},
    },
};

/// The reports so far, and what the program itself has done to its signals meanwhile.
#[derive(Default)]
pub(super) struct Boundaries<'a> {
    reports: Vec<Report<'a>>,
    /// Blocked by the program until it releases them.
    held: BTreeSet<Signal>,
    /// Directed at the thread that blocks it, and nobody's: it has to wait there.
    waiting: BTreeSet<Signal>,
    /// Something was released since the last report.
    released: bool,
    /// Whose disposition is no longer the library's alone.
    meddled: BTreeSet<Signal>,
}

/// A report, and how its signals stood to the library.
struct Report<'a> {
    state: &'a State,
    /// Signals that the library has had something to do with by then.
    ever: BTreeSet<Signal>,
}

/// A list of signals that a report tells.
struct Setting {
    /// The field.
    name: &'static str,
    signals: fn(&State) -> Option<&Vec<Signal>>,
    /// Every report that is compared has to tell it.
    is_needed: bool,
}

const BLOCKED: Setting = Setting { name: "blocked", signals: |state| state.blocked.as_ref(), is_needed: true };
const CAUGHT: Setting = Setting { name: "caught", signals: |state| state.caught.as_ref(), is_needed: true };
const IGNORED: Setting = Setting { name: "ignored", signals: |state| state.ignored.as_ref(), is_needed: true };

const SETTINGS: [Setting; 5] = [
    BLOCKED,
    CAUGHT,
    IGNORED,
    Setting { name: "restarting", signals: |state| state.restarting.as_ref(), is_needed: false },
    Setting { name: "on_alternate_stack", signals: |state| state.on_alternate_stack.as_ref(), is_needed: false },
];

impl Setting {
    /// The list in both reports, where both tell it.
    fn compare<'a>(&self, a: &'a State, b: &'a State, say: &mut Breaches<'_>) -> Option<(&'a [Signal], &'a [Signal])> {
        let both = (self.signals)(a).zip((self.signals)(b));
        let both = if self.is_needed { say.told(self.name, both) } else { both };
        both.map(|(a, b)| (a.as_slice(), b.as_slice()))
    }
}

impl<'a> Watcher<'a> for Boundaries<'a> {
    fn see(&mut self, scene: &Scene<'a>, what: &'a Happening, say: &mut Breaches<'a>) {
        match what {
            Happening::Holding { signals } => self.held.extend(signals),
            Happening::Releasing => {
                self.held.clear();
                self.waiting.clear();
                self.released = true;
            }
            Happening::Sending { signal, to: Receiver::SenderThread }
                if self.held.contains(signal) && !scene.model.is_subscribed(*signal) =>
            {
                self.waiting.insert(*signal);
            }
            // Never sent, or the library's from now on.
            Happening::SendFailed { signal, .. } | Happening::Subscribed { signal, .. } => {
                self.waiting.remove(signal);
            }
            Happening::LaterHandler { signal }
            | Happening::SecondLoop { signal }
            | Happening::Unsubscribed { signal, error: Some(_), .. }
            | Happening::HandlerRemoved { signal, error: Some(_), .. } => drop(self.meddled.insert(*signal)),
            Happening::State { state } => {
                let ever = Signal::all_catchable().filter(|&signal| scene.was_subscribed(signal)).collect();
                self.reports.push(Report { state, ever });
                self.check_others(scene, say);
                self.check_pending(say);
                self.check_removed(scene, say);
                self.check_actions(scene, say);
                self.released = false;
            }
            _ => {}
        }
    }
}

impl Boundaries<'_> {
    /// A signal that was never subscribed is as it was first, and blocked where the program itself has blocked it since.
    fn check_others(&self, scene: &Scene<'_>, say: &mut Breaches<'_>) {
        let [first, .., now] = self.reports.as_slice() else { return };
        // The one handler of a process is for all that it supports.
        let one = scene.claims.second_handler.value == SecondHandler::OnePerProcess;
        let takes = |signal: &Signal| one && scene.claims.supports.value.contains(signal);
        let is_other = |signal: &Signal| {
            let is_its = now.ever.contains(signal) || takes(signal) || self.meddled.contains(signal);
            !is_its
        };
        let mut changed = BTreeSet::new();
        let masks = scene.compares_masks(first.state, now.state);
        for setting in SETTINGS.iter().filter(|setting| masks || setting.name != BLOCKED.name) {
            let Some((before, after)) = setting.compare(first.state, now.state, say) else { continue };
            let differs = symmetric_difference(&self.with_held(setting, before), after);
            changed.extend(differs.into_iter().filter(is_other));
        }
        for signal in changed {
            let message = format!("the mask or disposition of {signal} changed, and nobody subscribed it");
            say.breach(&TOUCHES_ONLY_ITS_OWN, message, format!("{signal} as in the first report"));
        }
    }

    /// The list as it was, and what the program holds now as blocked.
    fn with_held(&self, setting: &Setting, before: &[Signal]) -> Vec<Signal> {
        let held = self.held.iter().filter(|signal| setting.name == BLOCKED.name && !before.contains(signal));
        before.iter().chain(held).copied().collect()
    }

    /// What was pending of a signal that nobody subscribes, and was not let through, is pending still.
    fn check_pending(&self, say: &mut Breaches<'_>) {
        let Some(now) = self.reports.last() else { return };
        if !self.waiting.is_empty() {
            let Some(still) = say.told("pending", now.state.pending.as_ref()) else { return };
            for signal in self.waiting.iter().filter(|signal| !still.contains(signal)) {
                let message = format!("{signal}, which the program holds, is not pending where it was sent");
                say.breach(&TOUCHES_ONLY_ITS_OWN, message, format!("{signal} pending until it is released"));
            }
        }
        let [.., before, now] = self.reports.as_slice() else { return };
        let Some((pending, still)) = before.state.pending.as_ref().zip(now.state.pending.as_ref()) else { return };
        let is_lost = |signal: &&Signal| {
            !self.released && !self.waiting.contains(signal) && !now.ever.contains(signal) && !still.contains(signal)
        };
        for signal in pending.iter().filter(is_lost) {
            let message = format!("{signal} was pending, and is no longer, though nobody subscribed or released it");
            say.breach(&TOUCHES_ONLY_ITS_OWN, message, format!("{signal} pending as in the report before"));
        }
    }

    /// A handler that is the program's own is the same, with its flags and its mask: that of another signal always, and that
    /// of one that is no longer subscribed where it is claimed to be restored.
    fn check_actions(&self, scene: &Scene<'_>, say: &mut Breaches<'_>) {
        let [first, .., now] = self.reports.as_slice() else { return };
        let both = first.state.actions.as_ref().zip(now.state.actions.as_ref());
        let both =
            if scene.asks_for(self.reports.len() - 1, Aspect::Actions) { say.told("actions", both) } else { both };
        let Some((before, after)) = both else { return };
        let restored = scene.claims.removal.value == Removal::Restored;
        for was in before {
            let Some(is) = after.iter().find(|is| is.signal == was.signal) else { continue };
            let (signal, ever) = (was.signal, now.ever.contains(&was.signal));
            let is_free = !self.meddled.contains(&signal) && !scene.model.is_subscribed(signal);
            if is == was || !is_free || ever && (!restored || first.ever.contains(&signal)) {
                continue;
            }
            let what = match () {
                () if is.handler != was.handler => "another handler",
                () if is.flags != was.flags => "other flags",
                () => "another sa_mask",
            };
            let (law, how) = if ever {
                (&REMOVAL_AS_CLAIMED, "no longer subscribed")
            } else {
                (&TOUCHES_ONLY_ITS_OWN, "never subscribed")
            };
            let message = format!("{signal}, {how}, is caught with {what} than before");
            say.breach(law, message, "the handler, the flags and the mask of the first report");
        }
    }

    /// A signal that is no longer subscribed, against the first report, made before it ever was.
    fn check_removed(&self, scene: &Scene<'_>, say: &mut Breaches<'_>) {
        let [first, .., now] = self.reports.as_slice() else { return };
        let is_removed = |signal: &&Signal| {
            let is_free = !scene.model.is_subscribed(**signal) && !self.meddled.contains(signal);
            is_free && !first.ever.contains(signal)
        };
        let removed: Vec<_> = now.ever.iter().filter(is_removed).copied().collect();
        if removed.is_empty() {
            return;
        }
        let restored = scene.claims.removal.value == Removal::Restored;
        let masks = scene.compares_masks(first.state, now.state);
        if let Some((before, after)) = masks.then(|| BLOCKED.compare(first.state, now.state, say)).flatten() {
            let before = self.with_held(&BLOCKED, before);
            // Whoever fetches blocked signals may go on doing so for one that stays captured.
            let may_block = !restored && scene.claims.threads.value == Threads::Masked;
            for &signal in &removed {
                let (was, is) = (before.contains(&signal), after.contains(&signal));
                if was != is && !(is && may_block) {
                    let (how, right) = if is { ("blocked", "not blocked") } else { ("not blocked", "blocked") };
                    let message = format!("{signal} is no longer subscribed, and is {how}, unlike before");
                    say.breach(&LEAVES_NO_TRACE, message, format!("{signal} {right}, as in the first report"));
                }
            }
        }
        let caught = CAUGHT.compare(first.state, now.state, say);
        let Some((caught, ignored)) = caught.zip(IGNORED.compare(first.state, now.state, say)) else { return };
        let of = |signal: &Signal, caught: &[Signal], ignored: &[Signal]| match () {
            () if caught.contains(signal) => "caught",
            () if ignored.contains(signal) => "ignored",
            () => "by default",
        };
        for signal in removed {
            let (was, is) = (of(&signal, caught.0, ignored.0), of(&signal, caught.1, ignored.1));
            // Captured for good, where it is not claimed that it is restored.
            if was != is && (restored || !["caught", "ignored"].contains(&is)) {
                let message = format!("{signal}, no longer subscribed, is handled {is}, and was {was} before");
                let or = if restored { "" } else { ", or caught" };
                say.breach(&REMOVAL_AS_CLAIMED, message, format!("{signal} {was}, as in the first report{or}"));
            }
        }
    }
}
