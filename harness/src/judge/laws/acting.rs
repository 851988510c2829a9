//! Handlers that act on the loop that calls them.

use std::collections::BTreeMap;

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
        "A handler may remove a handler, its own too: the removal succeeds and returns.",
        "libev documentation, EXAMPLE PROGRAM: a callback stops its own watcher; ev_prepare: callbacks can start and stop as many watchers as they want";
}

/// What handlers have to do when they are called, by the script.
pub(super) struct Acting {
    /// Those that remove one when they are first called, and which.
    removers: BTreeMap<Subscription, Subscription>,
    /// What was to be removed since the loop was last entered.
    awaited: Option<Subscription>,
}

impl Acting {
    pub(super) fn of(script: &Script) -> Self {
        let (mut removers, mut asked) = (BTreeMap::new(), Subscription(0));
        asked.0 += u32::try_from(script.subscribe.len()).unwrap_or(u32::MAX);
        for step in &script.steps {
            match *step {
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
        Self { removers, awaited: None }
    }

    /// A fixture whose handler did not act has not played its script.
    fn check(&mut self, scene: &Scene<'_>, say: &mut Breaches<'_>) {
        // Elsewhere a handler may not have got round to it.
        let is_over = scene.claims.handlers_run.value == HandlersRun::SenderThread;
        if self.awaited.take().is_some() && is_over && say.is_empty() {
            let (line, said) = (scene.line_of(scene.at()), "resumed".to_owned());
            say.cannot_judge(Unjudgeable::OffScript { line, said, expected: "handler-removing".to_owned() });
        }
    }
}

impl<'a> Watcher<'a> for Acting {
    fn see(&mut self, scene: &Scene<'a>, what: &'a Happening, say: &mut Breaches<'a>) {
        match what {
            Happening::Handler { subscription, .. } => {
                let removed = self.removers.remove(subscription);
                self.awaited = removed.filter(|&removed| scene.model.is_live(removed)).or(self.awaited);
            }
            Happening::HandlerRemoving { .. } => self.awaited = None,
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
        let Some(Happening::HandlerRemoving { subscription }) = scene.last() else { return Ended::Unexplained };
        let signal = scene.model.signal_of(*subscription).map_or_else(String::new, |signal| format!(" of {signal}"));
        let threads = describe(&stuck.threads);
        let message = format!("a handler removes that{signal}, and the removal never returns ({threads})");
        say.breach(&HANDLERS_MAY_ACT, message, "a removal that returns");
        Ended::Explained
    }
}
