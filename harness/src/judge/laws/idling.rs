//! Idling: a loop that waits sleeps.

use sigconform_fixture::Happening;

use crate::{
    judge::{
        Unjudgeable,
        scene::Scene,
        statement::laws,
        watch::{Breaches, Ended, Watcher},
    },
    transcript::Ending,
};

laws! {
    /// A waiting loop sleeps.
    IDLE_COSTS_NOTHING = "idle-costs-nothing",
        "A loop that waits for a signal uses no processor time, and goes to sleep without spinning first.",
        "POSIX.1-2024, poll(): without a timeout the thread is suspended until an event";
    /// Nothing but an event wakes a loop.
    WAKES_FOR_EVENTS_ONLY = "wakes-for-events-only",
        "While no signal comes, no thread of the process is woken again and again.",
        "POSIX.1-2024, poll(): without a timeout the thread is suspended until an event";
}

/// Wakes in one stretch that are not held against it: a thread that tidies up after an event may sleep before, and end.
const WAKES_ALLOWED: u64 = 2;
/// Stretches in a row with more: what a runtime does once, and late, is in one of them.
const STRETCHES: usize = 3;

/// Processor time in microseconds that a signal may cost until the loop sleeps again: an interpreter's turn, and a little
/// spinning.
const SPIN_ALLOWED: u64 = 3_000;
/// Waits in a row that cost more: what a runtime does now and then, compile or tidy up, is in some of them.
const WAITS: usize = 10;

/// The driver has measured it.
#[derive(Default)]
pub(super) struct Idling {
    /// Wakes of the stretches so far.
    wakes: Vec<u64>,
    /// Processor time that each signal has cost.
    used: Vec<u64>,
    /// Since it was ready last.
    looked: bool,
}

impl<'a> Watcher<'a> for Idling {
    fn see(&mut self, scene: &Scene<'a>, what: &'a Happening, say: &mut Breaches<'a>) {
        match what {
            Happening::Ready { .. } => self.looked = false,
            Happening::Slept { .. } => self.looked = true,
            // The harness was asked to look, and could not.
            Happening::Outside { .. } if scene.start.quiet > 0 && !self.looked => {
                say.is_unknown(Unjudgeable::Unseen { what: "whether anything woke while no signal came" });
            }
            _ => {}
        }
        let Happening::Slept { millis, wakes, used } = what else { return };
        self.check_wakes(*millis, *wakes, say);
        self.check_spinning(*used, say);
    }

    fn ended(&mut self, scene: &Scene<'a>, say: &mut Breaches<'a>) -> Ended {
        let Ending::NeverIdle { used } = scene.transcript.ending else { return Ended::Unexplained };
        let message = format!("used {} ms of processor time with nothing to do", used.as_millis());
        say.breach(&IDLE_COSTS_NOTHING, message, "a loop that sleeps");
        Ended::Explained
    }
}

impl Idling {
    /// The wakes of a stretch without a signal.
    fn check_wakes(&mut self, millis: u32, wakes: u64, say: &mut Breaches<'_>) {
        self.wakes.push(wakes);
        let last = self.wakes.last_chunk::<STRETCHES>();
        if last.is_some_and(|last| last.iter().all(|wakes| *wakes > WAKES_ALLOWED)) {
            let told: Vec<_> = self.wakes.iter().map(ToString::to_string).collect();
            let message = format!("in {millis} ms each without a signal, threads were woken {} times", told.join(", "));
            say.breach(&WAKES_FOR_EVENTS_ONLY, message, "threads that sleep until a signal comes");
            self.wakes.clear();
        }
    }

    /// The processor time in microseconds that a signal has cost until the loop slept again.
    fn check_spinning(&mut self, used: u64, say: &mut Breaches<'_>) {
        self.used.push(used);
        let least = self.used.last_chunk::<WAITS>().and_then(|last| last.iter().min());
        if let Some(least) = least.filter(|least| **least > SPIN_ALLOWED) {
            let message = format!(
                "each of {WAITS} signals cost {least} \u{b5}s of processor time or more until the loop slept again"
            );
            say.breach(&IDLE_COSTS_NOTHING, message, "a loop that goes to sleep");
            self.used.clear();
        }
    }
}
