//! The program's own handlers from before the loop: called as well, called no longer, or keeping a subscription out.

use std::ops::RangeInclusive;

use sigconform_fixture::{Claims, EarlierHandler, Happening, Removal, Signal, State};

use crate::judge::{
    scene::Scene,
    statement::laws,
    watch::{Breaches, Watcher},
};

laws! {
    /// An earlier handler is treated as claimed.
    EARLIER_AS_CLAIMED = "earlier-handler-as-claimed",
        "The program's own handler from before is called as well, is called no longer, or keeps a subscription out, as the backend claims.",
        "the backend's claim `earlier_handler`";
}

/// What was sent of each signal that the program handles itself.
pub(super) struct EarlierHandlers {
    sends: Vec<Earlier>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Earlier {
    signal: Signal,
    /// Sends before anybody subscribed: a library that stays captured may have replaced it from then on.
    before: u64,
    /// Sends while nobody else was subscribed.
    alone: u64,
    /// Sends in all.
    all: u64,
}

impl Earlier {
    /// Calls that it may have had.
    fn allowed(self, claims: &Claims) -> RangeInclusive<u64> {
        let Self { before, alone, all, .. } = self;
        let back = if claims.removal.value == Removal::Restored { alone } else { before };
        let silent = if claims.removal.value == Removal::StaysCaptured { before } else { alone };
        match claims.earlier_handler.value {
            EarlierHandler::Chained | EarlierHandler::Refused => all..=all,
            EarlierHandler::Replaced => back..=silent,
            EarlierHandler::Unspecified => back..=all,
        }
    }
}

impl EarlierHandlers {
    pub(super) fn of(signals: &[Signal]) -> Self {
        let none = |&signal: &Signal| Earlier { signal, before: 0, alone: 0, all: 0 };
        Self { sends: signals.iter().map(none).collect() }
    }
}

impl<'a> Watcher<'a> for EarlierHandlers {
    fn see(&mut self, scene: &Scene<'a>, what: &'a Happening, say: &mut Breaches<'a>) {
        for sent in scene.sent() {
            self.count(scene, sent.signal, |count| *count = count.saturating_add(sent.times));
        }
        match what {
            Happening::SendFailed { signal, .. } => {
                self.count(scene, *signal, |count| *count = count.saturating_sub(1));
            }
            Happening::State { state } => self.check(scene, state, say),
            _ => {}
        }
    }
}

impl EarlierHandlers {
    /// Does this to each count that a send now is part of.
    fn count(&mut self, scene: &Scene<'_>, signal: Signal, change: impl Fn(&mut u64)) {
        let (subscribed, ever) = (scene.model.is_subscribed(signal), scene.was_subscribed(signal));
        let Some(earlier) = self.sends.iter_mut().find(|earlier| earlier.signal == signal) else { return };
        let counts = [(&mut earlier.before, !ever), (&mut earlier.alone, !subscribed), (&mut earlier.all, true)];
        counts.into_iter().filter(|(_, is_part)| *is_part).for_each(|(count, _)| change(count));
    }

    fn check(&self, scene: &Scene<'_>, state: &State, say: &mut Breaches<'_>) {
        for earlier in &self.sends {
            let Earlier { signal, all, .. } = *earlier;
            let calls = state.earlier_calls.iter().flatten().find(|earlier| earlier.signal == signal);
            let Some(calls) = say.told("earlier_calls", calls.map(|earlier| earlier.calls)) else { continue };
            let allowed = earlier.allowed(scene.claims);
            if !allowed.contains(&calls) {
                let message = format!("the program's own handler of {signal} was called {calls} times of {all} sends");
                say.breach(&EARLIER_AS_CLAIMED, message, format!("{} to {} calls", allowed.start(), allowed.end()));
            }
        }
    }
}
