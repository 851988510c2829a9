//! Information: what a handler is told about its signal is what was sent.

use sigconform_fixture::{Happening, Information, InformationField, RealTime, Signal, Subscription};

use super::yields::REAL_TIME_AS_CLAIMED;
use crate::{
    conduct::sends::Letter,
    judge::{
        law::laws,
        scene::Scene,
        watch::{Breaches, Watcher},
    },
};

laws! {
    /// What comes along is right.
    INFORMATION_AS_CLAIMED = "information-as-claimed",
        "What the backend claims to tell about a signal, it tells, and it is true.",
        "the backend's claim `information`";
}

/// What is known about each send.
#[derive(Default)]
pub(super) struct Informed {
    letters: Vec<Sent>,
}

struct Sent {
    signal: Signal,
    /// Nothing is known of what somebody else sends.
    letter: Option<Letter>,
    /// The handlers that were told of it, or of a later one.
    told: Vec<Subscription>,
}

impl<'a> Watcher<'a> for Informed {
    fn see(&mut self, scene: &Scene<'a>, what: &'a Happening, say: &mut Breaches<'a>) {
        match what {
            Happening::Handler { signal, subscription, info, .. } => {
                self.told(scene, *signal, *subscription, info, say);
            }
            // Whatever was sent before has been handled, with another or alone.
            Happening::Resumed => self.letters.clear(),
            // The system refused the last send: its handler will not be told of it.
            Happening::SendFailed { signal, .. } => {
                if let Some(last) = self.letters.iter().rposition(|sent| sent.signal == *signal) {
                    self.letters.remove(last);
                }
            }
            _ => {}
        }
        let letters =
            scene.sent().iter().map(|sent| Sent { signal: sent.signal, letter: sent.letter.clone(), told: Vec::new() });
        self.letters.extend(letters);
    }
}

impl Informed {
    /// Holds what the handler was told against the sends of that signal that it is not told of yet. Of those that merged, any
    /// may be told: the system keeps the first, and a library the first or the last. What queues is told one by one.
    fn told(
        &mut self,
        scene: &Scene<'_>,
        signal: Signal,
        subscription: Subscription,
        info: &Information,
        say: &mut Breaches<'_>,
    ) {
        let queued = signal.is_real_time() && scene.claims.real_time.value == RealTime::Queued;
        let untold = self.letters.iter().enumerate().filter(|(_, sent)| sent.signal == signal);
        let untold = untold.filter(|(_, sent)| !sent.told.contains(&subscription));
        let untold: Vec<_> = untold.take(if queued { 1 } else { usize::MAX }).collect();
        let right = untold
            .iter()
            .find(|(_, sent)| sent.letter.as_ref().is_none_or(|letter| wrong(scene, letter, info).is_empty()));
        let Some(&(at, sent)) = right.or(untold.first()) else { return };
        for Wrong { name, told, sent } in sent.letter.iter().flat_map(|letter| wrong(scene, letter, info)) {
            let told = told.unwrap_or_else(|| "nothing".to_owned());
            let message = format!("the handler of {signal} was told {name} {told}");
            let law = if queued && name == "value" { &REAL_TIME_AS_CLAIMED } else { &INFORMATION_AS_CLAIMED };
            say.breach(law, message, format!("{name} {}", redact(name, &sent)));
        }
        let earlier = self.letters[..=at].iter_mut().filter(|sent| sent.signal == signal);
        earlier.for_each(|sent| sent.told.push(subscription));
    }
}

/// Something that a handler was told, and what was sent instead.
struct Wrong {
    name: &'static str,
    told: Option<String>,
    sent: String,
}

/// What of the claimed information is not what was sent.
fn wrong(scene: &Scene<'_>, letter: &Letter, info: &Information) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    for field in &scene.claims.information.value {
        let (name, told, sent) = match field {
            InformationField::Sender => ("pid", text(info.pid), letter.from_self.then(|| scene.pid.to_string())),
            InformationField::Code => ("code", info.code.clone(), Some(letter.code.to_owned())),
            InformationField::Value => ("value", text(info.value), text(letter.value)),
            InformationField::Status => ("status", text(info.status), text(letter.status)),
            InformationField::Posts if info.posts.is_none() => ("posts", None, Some("a number".to_owned())),
            InformationField::Posts => continue,
        };
        wrong.extend(sent.filter(|sent| told.as_ref() != Some(sent)).map(|sent| Wrong { name, told, sent }));
    }
    wrong
}

fn text(number: Option<impl ToString>) -> Option<String> {
    number.map(|number| number.to_string())
}

/// A process id differs from run to run, and says nothing.
fn redact<'a>(name: &str, value: &'a str) -> &'a str {
    if name == "pid" { "[PID]" } else { value }
}
