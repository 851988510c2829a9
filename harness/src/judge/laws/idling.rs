//! Idling: a loop that waits sleeps.

use sigconform_fixture::Happening;

use crate::{
    judge::{
        scene::Scene,
        statement::laws,
        watch::{Breaches, Ended, Watcher},
    },
    transcript::Ending,
};

laws! {
    /// A waiting loop sleeps.
    IDLE_COSTS_NOTHING = "idle-costs-nothing",
        "A loop that waits for a signal uses no processor time.",
        "POSIX.1-2024, poll(): without a timeout the thread is suspended until an event";
}

/// The driver has measured it.
pub(super) struct Idling;

impl<'a> Watcher<'a> for Idling {
    fn see(&mut self, _scene: &Scene<'a>, _what: &'a Happening, _say: &mut Breaches<'a>) {}

    fn ended(&mut self, scene: &Scene<'a>, say: &mut Breaches<'a>) -> Ended {
        let Ending::NeverIdle { used } = scene.transcript.ending else { return Ended::Unexplained };
        let message = format!("used {} ms of processor time with nothing to do", used.as_millis());
        say.breach(&IDLE_COSTS_NOTHING, message, "a loop that sleeps");
        Ended::Explained
    }
}
