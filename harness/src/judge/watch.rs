//! The walk over the transcript: each law's watcher sees every event, and says what it breaks.

use sigconform_fixture::{Claims, Happening};

use super::{
    Unjudgeable, Violation,
    law::Law,
    laws,
    scene::{Place, Scene},
};
use crate::{
    conduct,
    fault::Fault,
    transcript::{Ending, Transcript, describe, one_line, quoted_stderr},
};

/// Enough to see what is wrong; the rest of a long transcript only repeats it.
const MOST_VIOLATIONS: usize = 20;

/// A law, or a family of laws that remember the same.
pub(super) trait Watcher<'a> {
    /// An event that has its place, in the scene as it is just before it.
    fn see(&mut self, scene: &Scene<'a>, what: &'a Happening, say: &mut Breaches<'a>);

    /// The coroutine leaves its script. What led it astray may be a broken law.
    fn strays(&mut self, _scene: &Scene<'a>, _what: &'a Happening, _say: &mut Breaches<'a>) {}

    /// The process has ended, and not in order. Once one watcher knows why, the others are not asked.
    fn ended(&mut self, _scene: &Scene<'a>, _say: &mut Breaches<'a>) -> Ended {
        Ended::Unexplained
    }
}

/// Whether a watcher knows why the process ended as it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    Explained,
    Unexplained,
}

/// The broken laws so far, and what keeps from judging.
pub(super) struct Breaches<'a> {
    claims: &'a Claims,
    line: usize,
    violations: Vec<Violation>,
    unjudgeable: Option<Unjudgeable>,
    /// What a report leaves out, though a law depends on it.
    untold: Option<&'static str>,
}

impl Breaches<'_> {
    /// A law is broken here. One that rests on a claim cites the page that makes it.
    pub(super) fn breach(&mut self, law: &Law, message: impl Into<String>, allowed: impl Into<String>) {
        if self.is_full() {
            return;
        }
        let claims = self.claims.all();
        let page = law.claim().and_then(|name| claims.iter().find(|(claim, ..)| *claim == name));
        let source = match page {
            Some((_, value, page)) => format!("{} ({value}): {}", law.source, page.as_str()),
            None => law.source.to_owned(),
        };
        self.violations.push(Violation {
            law: law.slug.to_owned(),
            message: one_line(&message.into()),
            line: self.line,
            allowed: allowed.into(),
            source,
        });
    }

    /// Nothing can be said of the rest.
    pub(super) fn cannot_judge(&mut self, why: Unjudgeable) {
        self.unjudgeable.get_or_insert(why);
    }

    /// What a report tells of this field. Where it tells nothing, nothing is known, and the walk shows no more than what breaks a
    /// law all the same.
    pub(super) fn told<T>(&mut self, field: &'static str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.untold.get_or_insert(field);
        }
        value
    }

    pub(super) fn is_empty(&self) -> bool {
        self.violations.is_empty()
    }

    pub(super) fn has(&self, law: &Law) -> bool {
        self.violations.iter().any(|violation| violation.law == law.slug)
    }

    fn is_full(&self) -> bool {
        self.violations.len() >= MOST_VIOLATIONS
    }

    fn into_result(self) -> Result<Vec<Violation>, Unjudgeable> {
        match (self.unjudgeable, self.untold) {
            (Some(why), _) => Err(why),
            (None, Some(field)) if self.violations.is_empty() => Err(Unjudgeable::Untold { field: field.to_owned() }),
            (None, _) => Ok(self.violations),
        }
    }
}

/// Walks the events once, and comes to the ending.
pub(super) fn walk<'a>(
    transcript: &'a Transcript,
    mut scene: Scene<'a>,
    claims: &'a Claims,
) -> Result<Vec<Violation>, Unjudgeable> {
    let mut watchers = laws::watchers(&scene);
    let mut say = Breaches { claims, line: 0, violations: Vec::new(), unjudgeable: None, untold: None };
    for (at, event) in transcript.events.iter().enumerate() {
        let what = &event.what;
        let place = scene.approach(at, what);
        say.line = scene.line_of(at);
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
                say.cannot_judge(Unjudgeable::OffScript { line: say.line, said: conduct::name(what), expected });
            }
            // A broken law can lead the coroutine away from its script: what follows then says nothing more.
            return say.into_result();
        }
        watchers.iter_mut().for_each(|watcher| watcher.see(&scene, what, &mut say));
        if say.unjudgeable.is_some() || ends_the_story(place, what) {
            return say.into_result();
        }
        scene.advance(place, what);
    }
    scene.approach_ending();
    say.line = scene.line_of(scene.at());
    if transcript.ending != Ending::Exited(0) || !scene.is_played() {
        let explained = watchers.iter_mut().any(|watcher| watcher.ended(&scene, &mut say) == Ended::Explained);
        // Where a law is broken already, that is what is said of it, and how it ended stands in the transcript.
        if !explained && say.is_empty() {
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
    let fault = (!scene.control().is_library()).then_some(Fault::Fixture);
    if let Ending::Stuck(stuck) = &transcript.ending {
        let how = transcript.ending.text().unwrap_or_else(|| "ended".to_owned());
        return Unjudgeable::Ended { how, at, threads: describe(&stuck.threads), fault };
    }
    let how = transcript.ending.in_full();
    let how = how.unwrap_or_else(|| "exited before the script was played".to_owned());
    let stderr = quoted_stderr(&transcript.stderr);
    Unjudgeable::EndedEarly { how, events: transcript.events.len(), at, stderr, fault }
}
