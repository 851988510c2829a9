//! What a script asks for before the loop exists: a fixture that lists it and does not do it has shown nothing of its library.
//!
//! Where the script asks for a report before the loop, that alone shows whether the fixture has done it: what becomes of the
//! program's own handlers afterwards is its library's doing, and the laws'. Without one nobody knows who undid it.

use sigconform_fixture::{Before, Happening, Signal, State};

use super::{
    Unjudgeable,
    scene::Scene,
    watch::{Breaches, Ended, Watcher},
};
use crate::{fault::Fault, transcript::Ending};

/// Sends, before anybody subscribed, of each signal that the program handles itself.
pub(super) struct Prepared {
    sends: Vec<(Signal, u64)>,
}

impl Prepared {
    pub(super) fn of(before: &Before) -> Self {
        Self { sends: before.handlers.iter().map(|&signal| (signal, 0)).collect() }
    }

    /// A report before the library was asked for anything: the program's own handlers are there, and every send was theirs.
    fn check_own_handlers(&self, scene: &Scene<'_>, state: &State, say: &mut Breaches<'_>) {
        for &(signal, sent) in &self.sends {
            if state.caught.as_ref().is_some_and(|caught| !caught.contains(&signal)) {
                say.cannot_judge(without_handler(scene, signal, "is not installed"));
            }
            let calls = state
                .earlier_calls
                .iter()
                .flatten()
                .find(|earlier| earlier.signal == signal)
                .map(|earlier| earlier.calls);
            if let Some(calls) = calls.filter(|calls| *calls != sent) {
                say.cannot_judge(without_handler(scene, signal, &format!("told {calls} calls for {sent} sends")));
            }
        }
    }
}

impl<'a> Watcher<'a> for Prepared {
    fn see(&mut self, scene: &Scene<'a>, what: &'a Happening, say: &mut Breaches<'a>) {
        if let Happening::Seen { threads } = what {
            return check_threads(&scene.part.script.before, *threads, say);
        }
        if self.sends.is_empty() || has_been_asked(scene) {
            return;
        }
        for sent in scene.sent() {
            let own = self.sends.iter_mut().filter(|(signal, _)| *signal == sent.signal);
            own.for_each(|(_, sends)| *sends = sends.saturating_add(sent.times));
        }
        if let Happening::State { state } = what {
            self.check_own_handlers(scene, state, say);
        }
    }

    /// A signal has ended the process that its own handler was to take, before the library was asked for anything.
    fn ended(&mut self, scene: &Scene<'a>, say: &mut Breaches<'a>) -> Ended {
        match scene.transcript.ending {
            Ending::Killed(killer) if scene.has_earlier_handler(killer) && !has_been_asked(scene) => {
                say.cannot_judge(without_handler(scene, killer, "was not there when it came"));
                Ended::Explained
            }
            _ => Ended::Unexplained,
        }
    }
}

/// Whether the library was asked for anything, as far as the transcript shows: the loop is opened after the report from before
/// it, and a subscription that was refused may have touched the signal's action too.
fn has_been_asked(scene: &Scene<'_>) -> bool {
    let asked = |what: &Happening| match what {
        Happening::Subscribed { .. } | Happening::Refused { .. } | Happening::Panicked { .. } => true,
        Happening::State { .. } => scene.part.script.before.report,
        _ => false,
    };
    scene.before().any(asked)
}

/// The harness has counted the threads of the process, while all slept.
fn check_threads(before: &Before, threads: u32, say: &mut Breaches<'_>) {
    let asked =
        before.names().filter(|name| !["handlers", "report"].contains(name)).collect::<Vec<_>>().join("` and `");
    let least = before.threads();
    if threads < least {
        say.cannot_judge(Unjudgeable::Unprepared {
            asked,
            seen: format!("the process has {threads} of at least {least} threads"),
            fault: Some(Fault::Fixture),
        });
    }
}

/// The program's own handler of the signal was not there.
fn without_handler(scene: &Scene<'_>, signal: Signal, seen: &str) -> Unjudgeable {
    let fault = scene.part.script.before.report.then_some(Fault::Fixture);
    Unjudgeable::Unprepared { asked: "handlers".to_owned(), seen: format!("that of {signal} {seen}"), fault }
}
