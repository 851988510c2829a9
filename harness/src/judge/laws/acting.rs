//! Handlers that act on the loop that calls them.

use std::collections::BTreeMap;

use sigconform_fixture::{HandlersRun, Happening, Script, Signal, Step, Subscription};

use crate::{
    conduct,
    judge::{
        Unjudgeable,
        scene::Scene,
        statement::laws,
        watch::{Breaches, Ended, Watcher},
    },
    transcript::{Ending, describe},
};

laws! {
    /// A handler may change what is subscribed.
    HANDLERS_MAY_ACT = "handlers-may-act",
        "A handler may add a handler, and remove one, its own too: that succeeds and returns.",
        "libev documentation, EXAMPLE PROGRAM: a callback stops its own watcher; ev_prepare: callbacks can start and stop as many watchers as they want";
}

/// Something that a handler does to its loop or its process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Sends(Signal),
    Closes,
    Adds(Signal, Subscription),
    Removes(Subscription),
}

impl Act {
    /// The event that it begins with.
    fn name(self) -> &'static str {
        match self {
            Self::Sends(_) => "handler-sending",
            Self::Closes => "handler-closing",
            Self::Adds(..) => "handler-adding",
            Self::Removes(_) => "handler-removing",
        }
    }
}

/// What handlers have to do when they are called, by the script.
pub(super) struct Acting {
    by: BTreeMap<Subscription, Act>,
    /// What those that were called have still to begin.
    awaited: Vec<Act>,
    /// What was begun, and has not been told to be done.
    begun: Vec<Act>,
}

impl Acting {
    pub(super) fn of(script: &Script) -> Self {
        let (mut by, mut asked) = (BTreeMap::new(), u32::try_from(script.subscribe.len()).unwrap_or(u32::MAX));
        for step in &script.steps {
            let this = Subscription(asked.saturating_add(1));
            let next = Subscription(asked.saturating_add(2));
            let (numbers, act) = match *step {
                Step::Subscribe { sends, .. } => (1, sends.map(Act::Sends)),
                Step::SubscribeCloser { .. } => (1, Some(Act::Closes)),
                Step::SubscribeAdder { adds, .. } => (2, Some(Act::Adds(adds, next))),
                Step::SubscribeRemover { removes, .. } => (1, Some(Act::Removes(removes.unwrap_or(this)))),
                Step::SubscribeCoroutine { .. } | Step::Relay { .. } => (1, None),
                _ => (0, None),
            };
            by.extend(act.map(|act| (this, act)));
            asked = asked.saturating_add(numbers);
        }
        Self { by, awaited: Vec::new(), begun: Vec::new() }
    }

    /// A handler was called: what it has to do now. A loop can be closed again and again, the rest is done once.
    fn called(&mut self, scene: &Scene<'_>, handler: Subscription) {
        let Some(&act) = self.by.get(&handler) else { return };
        if act != Act::Closes {
            self.by.remove(&handler);
        }
        let is_done = matches!(act, Act::Removes(removed) if !scene.model.is_live(removed));
        self.awaited.extend((!is_done).then_some(act));
    }

    /// What a handler tells that it does, it has to do by the script.
    fn told(&mut self, what: &Happening) -> Option<Act> {
        match *what {
            Happening::HandlerSending { signal } => take(&mut self.awaited, |act| act == Act::Sends(signal)),
            Happening::HandlerClosing => take(&mut self.awaited, |act| act == Act::Closes),
            Happening::HandlerAdding { signal } => {
                self.begin(|act| matches!(act, Act::Adds(adds, _) if adds == signal))
            }
            Happening::HandlerRemoving { subscription } => self.begin(|act| act == Act::Removes(subscription)),
            Happening::HandlerAdded { signal, subscription, .. } => {
                take(&mut self.begun, |act| act == Act::Adds(signal, subscription))
            }
            Happening::HandlerRemoved { subscription, .. } => {
                take(&mut self.begun, |act| act == Act::Removes(subscription))
            }
            _ => None,
        }
    }

    fn begin(&mut self, is_it: impl Fn(Act) -> bool) -> Option<Act> {
        let act = take(&mut self.awaited, is_it);
        self.begun.extend(act);
        act
    }

    /// A fixture whose handler did not act has not played its script.
    fn check(&mut self, scene: &Scene<'_>, say: &mut Breaches<'_>) {
        // Elsewhere a handler may not have got round to it.
        if scene.claims.handlers_run.value != HandlersRun::SenderThread {
            return;
        }
        let missing = self.awaited.drain(..).find(|&act| act != Act::Closes);
        if let Some(act) = missing {
            strayed(scene, "resumed".to_owned(), act.name().to_owned(), say);
        }
    }
}

fn take(acts: &mut Vec<Act>, is_it: impl Fn(Act) -> bool) -> Option<Act> {
    let at = acts.iter().position(|&act| is_it(act))?;
    Some(acts.remove(at))
}

/// A broken law can lead a handler astray too.
fn strayed(scene: &Scene<'_>, said: String, expected: String, say: &mut Breaches<'_>) {
    if say.is_empty() {
        say.cannot_judge(Unjudgeable::OffScript { line: scene.line_of(scene.at()), said, expected });
    }
}

impl<'a> Watcher<'a> for Acting {
    fn see(&mut self, scene: &Scene<'a>, what: &'a Happening, say: &mut Breaches<'a>) {
        match what {
            Happening::Handler { subscription, .. } => self.called(scene, *subscription),
            Happening::HandlerSending { .. }
            | Happening::HandlerClosing
            | Happening::HandlerAdding { .. }
            | Happening::HandlerAdded { .. }
            | Happening::HandlerRemoving { .. }
            | Happening::HandlerRemoved { .. }
                if self.told(what).is_none() =>
            {
                strayed(scene, conduct::name(what), scene.next_name(), say);
            }
            Happening::HandlerAdded { signal, error: Some(error), .. } if !scene.yields_to_earlier(*signal) => {
                let message = format!("a handler could not add one of {signal}: {error}");
                say.breach(&HANDLERS_MAY_ACT, message, "the handler added");
            }
            Happening::HandlerRemoved { signal, error: Some(error), .. } => {
                let message = format!("a handler could not remove that of {signal}: {error}");
                say.breach(&HANDLERS_MAY_ACT, message, "the handler removed");
            }
            Happening::Resumed => self.check(scene, say),
            _ => {}
        }
    }

    fn ended(&mut self, scene: &Scene<'a>, say: &mut Breaches<'a>) -> Ended {
        let Ending::Stuck(stuck) = &scene.transcript.ending else { return Ended::Unexplained };
        let what = match scene.last() {
            Some(Happening::HandlerRemoving { subscription }) => {
                let signal = scene.model.signal_of(*subscription);
                "removes that".to_owned() + &signal.map_or_else(String::new, |signal| format!(" of {signal}"))
            }
            Some(Happening::HandlerAdding { signal }) => format!("adds one of {signal}"),
            _ => return Ended::Unexplained,
        };
        let message = format!("a handler {what}, and that never returns ({})", describe(&stuck.threads));
        say.breach(&HANDLERS_MAY_ACT, message, "a call that returns");
        Ended::Explained
    }
}
