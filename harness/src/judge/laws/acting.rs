//! Handlers that act on the loop that calls them.

use std::collections::{BTreeMap, BTreeSet};

use sigconform_fixture::{HandlersRun, Happening, Script, Step, Subscription};

use crate::{
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

/// What handlers have to do when they are called, by the script.
pub(super) struct Acting {
    /// Those that remove one when they are first called, and which.
    removers: BTreeMap<Subscription, Subscription>,
    /// Those that add one when they are first called.
    adders: BTreeSet<Subscription>,
    /// What one had to begin since the loop was last entered, and has not.
    awaited: Option<&'static str>,
}

impl Acting {
    pub(super) fn of(script: &Script) -> Self {
        let (mut removers, mut adders, mut asked) = (BTreeMap::new(), BTreeSet::new(), Subscription(0));
        asked.0 += u32::try_from(script.subscribe.len()).unwrap_or(u32::MAX);
        for step in &script.steps {
            match *step {
                Step::SubscribeAdder { .. } => {
                    adders.insert(Subscription(asked.0.saturating_add(1)));
                    asked.0 = asked.0.saturating_add(2);
                }
                Step::SubscribeRemover { removes, .. } => {
                    asked.0 = asked.0.saturating_add(1);
                    removers.insert(asked, removes.unwrap_or(asked));
                }
                Step::Subscribe { .. }
                | Step::SubscribeCloser { .. }
                | Step::SubscribeCoroutine { .. }
                | Step::Relay { .. } => asked.0 = asked.0.saturating_add(1),
                _ => {}
            }
        }
        Self { removers, adders, awaited: None }
    }

    /// A fixture whose handler did not act has not played its script.
    fn check(&mut self, scene: &Scene<'_>, say: &mut Breaches<'_>) {
        // Elsewhere a handler may not have got round to it.
        let is_over = scene.claims.handlers_run.value == HandlersRun::SenderThread;
        if let Some(expected) = self.awaited.take().filter(|_| is_over && say.is_empty()) {
            let (line, said) = (scene.line_of(scene.at()), "resumed".to_owned());
            say.cannot_judge(Unjudgeable::OffScript { line, said, expected: expected.to_owned() });
        }
    }
}

impl<'a> Watcher<'a> for Acting {
    fn see(&mut self, scene: &Scene<'a>, what: &'a Happening, say: &mut Breaches<'a>) {
        match what {
            Happening::Handler { subscription, .. } => {
                let removed = self.removers.remove(subscription);
                if removed.is_some_and(|removed| scene.model.is_live(removed)) {
                    self.awaited = Some("handler-removing");
                }
                if self.adders.remove(subscription) {
                    self.awaited = Some("handler-adding");
                }
            }
            Happening::HandlerRemoving { .. } | Happening::HandlerAdding { .. } => self.awaited = None,
            Happening::HandlerAdded { signal, error: Some(error), .. } => {
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
