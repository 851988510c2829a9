//! Children: a program starts as if the library were not there, and a forked child goes on where that is claimed.

use sigconform_fixture::{ForkChild, Happening, State};

use super::state::symmetric_difference;
use crate::{
    conduct::Control,
    judge::{
        scene::Scene,
        statement::laws,
        watch::{Breaches, Ended, Watcher},
    },
    transcript::{Ending, describe, list},
};

laws! {
    /// A child program starts as if the library were not there.
    CLEAN_CHILD = "clean-child",
        "A child program starts with the mask, the ignored signals and the descriptors that it would have without the library.",
        "POSIX.1-2024, exec: the mask and ignored signals are inherited; so are descriptors without FD_CLOEXEC";
    /// A forked child can go on, as claimed.
    FORK_CHILD_AS_CLAIMED = "fork-child-as-claimed",
        "A forked child goes on with the loop and handles its own signals, where the backend claims it.",
        "the backend's claim `fork_child`";
}

#[derive(Default)]
pub(super) struct Children<'a> {
    /// A child program that was started before anything was subscribed.
    first: Option<&'a State>,
}

impl<'a> Watcher<'a> for Children<'a> {
    fn see(&mut self, scene: &Scene<'a>, what: &'a Happening, say: &mut Breaches<'a>) {
        match what {
            Happening::ChildState { state } => check(self.first.get_or_insert(state), state, say),
            Happening::ChildKilled { signal, killed_by } if *killed_by != Some(*signal) => {
                let how = killed_by.map_or_else(|| "lived on".to_owned(), |by| format!("was killed by {by}"));
                let message = format!("a child program that sent itself {signal} {how}");
                say.breach(&CLEAN_CHILD, message, format!("a child killed by {signal}"));
            }
            Happening::ForkEnded { killed_by, failed } if goes_on(scene) && is_claimed(scene) => {
                let how = match killed_by {
                    Some(signal) => format!("was killed by {signal}"),
                    None if *failed => "failed".to_owned(),
                    None => return,
                };
                let message = format!("the forked child, which went on with the loop, {how}");
                say.breach(&FORK_CHILD_AS_CLAIMED, message, "its own signal handled in the child");
            }
            _ => {}
        }
    }

    fn ended(&mut self, scene: &Scene<'a>, say: &mut Breaches<'a>) -> Ended {
        match &scene.transcript.ending {
            // Its parent waits for it, as the script has it.
            Ending::Stuck(_) if goes_on(scene) && !is_claimed(scene) => Ended::Explained,
            Ending::Stuck(stuck) if goes_on(scene) => {
                let what = "the forked child, which went on with the loop, does not handle its own signal";
                let message = format!("{what}: it sleeps for good ({})", describe(&stuck.threads));
                say.breach(&FORK_CHILD_AS_CLAIMED, message, "a call of its handler");
                Ended::Explained
            }
            _ => Ended::Unexplained,
        }
    }
}

/// Whether a forked child goes on with the loop.
fn goes_on(scene: &Scene<'_>) -> bool {
    scene.control() == Control::Child { goes_on: true }
}

/// Whether the documentation says that it handles its own signals; where it says nothing, what it does is observed.
fn is_claimed(scene: &Scene<'_>) -> bool {
    scene.claims.fork_child.value == ForkChild::Handles
}

fn check(first: &State, state: &State, say: &mut Breaches<'_>) {
    let signals =
        [("blocks", "blocked", &first.blocked, &state.blocked), ("ignores", "ignored", &first.ignored, &state.ignored)];
    let mut wrong = Vec::new();
    for (what, field, before, after) in signals {
        let Some((before, after)) = say.told(field, before.as_ref().zip(after.as_ref())) else { continue };
        let changed = symmetric_difference(before, after);
        let message = || format!("{what} other signals than without the library: {}", list(&changed));
        wrong.extend((!changed.is_empty()).then(message));
    }
    let inherited = say.told("descriptors", state.descriptors).map_or(0, |descriptors| descriptors.inherited);
    wrong.extend((inherited > 0).then(|| format!("has {inherited} inherited descriptors")));
    for wrong in wrong {
        say.breach(&CLEAN_CHILD, format!("a child program {wrong}"), "a child as without the library");
    }
}
