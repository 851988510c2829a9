//! Information: what a handler is told about its signal is what was sent.

use sigconform_fixture::{Happening, Information, InformationField, Signal};

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

/// What is known about each send that its handler has not been told of.
#[derive(Default)]
pub(super) struct Informed {
    letters: Vec<(Signal, Letter)>,
}

impl<'a> Watcher<'a> for Informed {
    fn see(&mut self, scene: &Scene<'a>, what: &'a Happening, say: &mut Breaches<'a>) {
        match what {
            Happening::Handler { signal, info, .. } => self.told(scene, *signal, info, say),
            // The system refused the last send: its handler will not be told of it.
            Happening::SendFailed { signal, .. } => {
                if let Some(last) = self.letters.iter().rposition(|(sent, _)| sent == signal) {
                    self.letters.remove(last);
                }
            }
            _ => {}
        }
        let letters = scene.sent().iter().filter_map(|sent| Some((sent.signal, sent.letter.clone()?)));
        self.letters.extend(letters);
    }
}

impl Informed {
    /// Holds what the handler was told against the first send of that signal that is not told of yet: a burst that
    /// coalesces keeps the first.
    fn told(&mut self, scene: &Scene<'_>, signal: Signal, info: &Information, say: &mut Breaches<'_>) {
        let Some(at) = self.letters.iter().position(|&(sent, _)| sent == signal) else { return };
        let (_, letter) = self.letters.remove(at);
        let queued = signal.is_real_time();
        if !queued {
            self.letters.retain(|&(sent, _)| sent != signal);
        }
        for field in &scene.claims.information.value {
            let (name, told, sent) = match field {
                InformationField::Sender => ("pid", text(info.pid), letter.from_self.then(|| scene.pid.to_string())),
                InformationField::Code => ("code", info.code.clone(), Some(letter.code.to_owned())),
                InformationField::Value => ("value", text(info.value), text(letter.value)),
                InformationField::Status => ("status", text(info.status), text(letter.status)),
                InformationField::Posts if info.posts.is_none() => ("posts", None, Some("a number".to_owned())),
                InformationField::Posts => continue,
            };
            let Some(sent) = sent else { continue };
            if told.as_ref() != Some(&sent) {
                let told = told.unwrap_or_else(|| "nothing".to_owned());
                let message = format!("the handler of {signal} was told {name} {told}");
                let law = if queued && name == "value" { &REAL_TIME_AS_CLAIMED } else { &INFORMATION_AS_CLAIMED };
                say.breach(law, message, format!("{name} {}", redact(name, &sent)));
            }
        }
    }
}

fn text(number: Option<impl ToString>) -> Option<String> {
    number.map(|number| number.to_string())
}

/// A process id differs from run to run, and says nothing.
fn redact<'a>(name: &str, value: &'a str) -> &'a str {
    if name == "pid" { "[PID]" } else { value }
}
