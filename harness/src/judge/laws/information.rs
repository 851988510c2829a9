//! Information: what a handler is told about its signal is what was sent.

use sigconform_fixture::{Happening, Information, InformationField, RealTime, Sender, Signal, Subscription};

use super::yields::REAL_TIME_AS_CLAIMED;
use crate::{
    conduct::sends::{Letter, Sent, SentBy},
    judge::{
        scene::Scene,
        statement::laws,
        watch::{Breaches, Watcher},
    },
    model::Origin,
};

laws! {
    /// What comes along is right.
    INFORMATION_AS_CLAIMED = "information-as-claimed",
        "What the backend claims to tell about a signal, it tells, and it is true.",
        "the backend's claim `information`";
}

/// What each handler has still to be told.
#[derive(Default)]
pub(super) struct Informed {
    sends: Vec<Untold>,
}

/// A send that somebody has still to be told of.
struct Untold {
    signal: Signal,
    origin: Origin,
    /// Nothing is known of what somebody else sends.
    letter: Option<Letter>,
    /// The handlers that may still be called for it, and how often.
    to: Vec<(Subscription, u64)>,
}

impl Untold {
    /// How often the handler may still be called for it.
    fn left(&self, subscription: Subscription) -> u64 {
        self.to.iter().find(|(to, _)| *to == subscription).map_or(0, |&(_, left)| left)
    }

    fn tell(&mut self, subscription: Subscription) {
        self.to.iter_mut().filter(|(to, _)| *to == subscription).for_each(|(_, left)| *left -= 1);
    }

    /// Whether it went the same way to the same handlers: what queues, queues behind it.
    fn is_before(&self, other: &Self) -> bool {
        let code = |untold: &Self| untold.letter.as_ref().map(|letter| letter.code);
        self.signal == other.signal && self.origin == other.origin && code(self) == code(other)
    }
}

impl<'a> Watcher<'a> for Informed {
    fn see(&mut self, scene: &Scene<'a>, what: &'a Happening, say: &mut Breaches<'a>) {
        match *what {
            Happening::Handler { signal, subscription, ref info, .. } => {
                self.told(scene, signal, subscription, info, say);
            }
            // The system refused the last send: its handler will not be told of it.
            Happening::SendFailed { signal, .. } => {
                if let Some(last) = self.sends.iter_mut().rfind(|untold| untold.signal == signal) {
                    last.to.iter_mut().for_each(|(_, left)| *left -= 1);
                }
                self.forget_what_is_told();
            }
            _ => {}
        }
        scene.sent().iter().for_each(|sent| self.expect(scene, sent));
    }
}

impl Informed {
    fn expect(&mut self, scene: &Scene<'_>, sent: &Sent) {
        let to: Vec<_> = scene.model.subscriptions(sent.signal).map(|to| (to, sent.times)).collect();
        let new = Untold { signal: sent.signal, origin: sent.origin, letter: sent.letter.clone(), to };
        // A handler is for one signal, and a letter comes one way.
        let is_same = |last: &&mut Untold| {
            let whom = |untold: &Untold| untold.to.iter().map(|&(to, _)| to).collect::<Vec<_>>();
            last.letter == new.letter && whom(last) == whom(&new)
        };
        match self.sends.last_mut().filter(is_same) {
            Some(last) => last.to.iter_mut().for_each(|(_, left)| *left = left.saturating_add(sent.times)),
            None => self.sends.push(new),
        }
    }

    /// Holds what the handler was told against the sends that it may still be called for. Of those that merged any may be told:
    /// the system keeps the first, and a library the first or the last; and what is held, or handled one a turn, is told later.
    /// What queues is told one by one.
    fn told(
        &mut self,
        scene: &Scene<'_>,
        signal: Signal,
        subscription: Subscription,
        info: &Information,
        say: &mut Breaches<'_>,
    ) {
        if scene.model.signal_of(subscription) != Some(signal) {
            return;
        }
        let queued = signal.is_real_time() && scene.claims.real_time.value == RealTime::Queued;
        let mut may_be: Vec<(usize, Vec<Wrong>)> = Vec::new();
        let mut known = 0_u64;
        for (at, untold) in self.sends.iter().enumerate().filter(|(_, untold)| untold.left(subscription) > 0) {
            known = known.saturating_add(untold.left(subscription));
            if !queued || !may_be.iter().any(|&(earlier, _)| self.sends[earlier].is_before(untold)) {
                let wrong = untold.letter.as_ref().map_or_else(Vec::new, |letter| wrong(scene, letter, info));
                may_be.push((at, wrong));
            }
        }
        let right = (0..may_be.len()).filter(|&of| may_be[of].1.is_empty());
        // What nobody knows anything of may be anything: it is what is left.
        let right = right.min_by_key(|&of| self.sends[may_be[of].0].letter.is_none());
        // Of what was sent before the handler was added nothing is known, and it may be called for that too.
        if may_be.is_empty() || (right.is_none() && scene.model.calls_left(subscription) > known) {
            return;
        }
        let (at, wrong) = may_be.swap_remove(right.unwrap_or_default());
        for Wrong { name, told, sent } in wrong {
            let told = told.unwrap_or_else(|| "nothing".to_owned());
            let message = format!("the handler of {signal} was told {name} {told}");
            let law = if queued && name == "value" { &REAL_TIME_AS_CLAIMED } else { &INFORMATION_AS_CLAIMED };
            say.breach(law, message, format!("{name} {}", redact(name, &sent)));
        }
        self.sends[at].tell(subscription);
        self.forget_what_is_told();
    }

    fn forget_what_is_told(&mut self) {
        self.sends.iter_mut().for_each(|untold| untold.to.retain(|&(_, left)| left > 0));
        self.sends.retain(|untold| !untold.to.is_empty());
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
            InformationField::Sender => ("pid", text(info.pid), pid(scene, letter.sender)),
            InformationField::Code => ("code", info.code.clone(), Some(letter.code.to_owned())),
            InformationField::Value => ("value", text(info.value), text(letter.value)),
            InformationField::Status => ("status", text(info.status), text(letter.status)),
            InformationField::Posts if info.posts.is_none() => ("posts", None, Some("a number".to_owned())),
            InformationField::Posts => continue,
        };
        if *field == InformationField::Sender {
            wrong.extend(another_user(info, letter.sender));
        }
        wrong.extend(sent.filter(|sent| told.as_ref() != Some(sent)).map(|sent| Wrong { name, told, sent }));
    }
    wrong
}

fn pid(scene: &Scene<'_>, sender: SentBy) -> Option<String> {
    match sender {
        SentBy::Itself => Some(scene.pid.to_string()),
        SentBy::Process(Sender { pid, .. }) => Some(pid.to_string()),
        SentBy::Child => None,
    }
}

/// The user that the handler was told, where that is another than the sender's. Not every library tells it.
fn another_user(info: &Information, sender: SentBy) -> Option<Wrong> {
    let (Some(told), SentBy::Process(Sender { uid: sent, .. })) = (info.uid, sender) else { return None };
    (told != sent).then(|| Wrong { name: "uid", told: text(Some(told)), sent: sent.to_string() })
}

fn text(number: Option<impl ToString>) -> Option<String> {
    number.map(|number| number.to_string())
}

/// A process id differs from run to run, a user from system to system, and says nothing.
fn redact<'a>(name: &str, value: &'a str) -> &'a str {
    match name {
        "pid" => "[PID]",
        "uid" => "[UID]",
        _ => value,
    }
}
