//! The walk over the transcript: each law's watcher sees every event, in its place in the script, and says what it breaks.

use sigconform_fixture::{Claims, Happening};

use super::{
    Unjudgeable, Violation, laws,
    scene::Scene,
    watch::{Breaches, Ended},
};
use crate::{
    conduct::{self, Place},
    fault::Fault,
    transcript::{Ending, Transcript, describe, quoted_stderr},
};

/// Walks the events once, and comes to the ending.
pub(super) fn walk<'a>(
    transcript: &'a Transcript,
    mut scene: Scene<'a>,
    claims: &'a Claims,
) -> Result<Vec<Violation>, Unjudgeable> {
    let mut watchers = laws::watchers(&scene);
    let mut say = Breaches::none(claims);
    for (at, event) in transcript.events.iter().enumerate() {
        let what = &event.what;
        let place = scene.approach(at, what);
        say.come_to(scene.line_of(at));
        if let Happening::Unsupported { step, reason } = what {
            // What keeps from judging the rest hides no law that is broken already.
            if say.is_empty() {
                say.cannot_judge(Unjudgeable::Unsupported { step: step.clone(), reason: reason.clone() });
            }
            return say.into_result();
        }
        if place == Place::OffScript {
            watchers.iter_mut().for_each(|watcher| watcher.strays(&scene, what, &mut say));
            if say.is_empty() {
                let expected = scene.next_cue().map_or_else(|| "nothing more".to_owned(), conduct::Cue::name);
                say.cannot_judge(Unjudgeable::OffScript {
                    line: scene.line_of(at),
                    said: conduct::name(what),
                    expected,
                });
            }
            // A broken law can lead the coroutine away from its script: what follows then says nothing more.
            return say.into_result();
        }
        watchers.iter_mut().for_each(|watcher| watcher.see(&scene, what, &mut say));
        if ends_the_story(place, what) {
            return say.into_result();
        }
        scene.advance(place, what);
    }
    scene.approach_ending();
    say.come_to(scene.line_of(scene.at()));
    if transcript.ending != Ending::Exited(0) || !scene.is_played() {
        let explained = watchers.iter_mut().any(|watcher| watcher.ended(&scene, &mut say) == Ended::Explained);
        // Where a law is broken already, that is what is said of it, and how it ended stands in the transcript.
        if !explained && say.is_silent() {
            return Err(unexplained(&scene));
        }
    }
    say.into_result()
}

/// A loop that panics while it closes is closed all the same; else nothing follows from the script.
fn ends_the_story(place: Place, what: &Happening) -> bool {
    place == Place::Beside && matches!(what, Happening::Panicked { step, .. } if step != "close")
}

/// An ending that no law knows of: the fixture's own fault, where it had control.
fn unexplained(scene: &Scene<'_>) -> Unjudgeable {
    let transcript = scene.transcript;
    let at = scene.next_name();
    let is_own = !scene.control().is_library() && !scene.library_may_have_control();
    let fault = is_own.then_some(Fault::Fixture);
    if let Ending::Stuck(stuck) = &transcript.ending {
        let how = transcript.ending.text().unwrap_or_else(|| "ended".to_owned());
        return Unjudgeable::Ended { how, at, threads: describe(&stuck.threads), fault };
    }
    let how = transcript.ending.in_full();
    let how = how.unwrap_or_else(|| "exited before the script was played".to_owned());
    let stderr = quoted_stderr(&transcript.stderr);
    Unjudgeable::EndedEarly { how, events: transcript.events.len(), at, stderr, fault }
}
