//! Handlers that add or remove one: what must not be left to chance there.

use sigconform_fixture::{Receiver, SecondHandler, Signal, Subscription};

use super::{Valid, must};
use crate::{
    catalogue::ScenarioStep,
    explore::situation::{Does, Situation, is_stop},
};

impl Situation<'_> {
    /// A handler is to be added that adds one when it is first called.
    pub(super) fn may_subscribe_adder(&self, signal: Signal, adds: Signal) -> Valid {
        self.may_subscribe_actor(signal)?;
        must(adds.is_catchable() && self.able.takes(adds) && !self.is_refused(adds), "the backend refuses it")?;
        let second = self.able.claims.second_handler.value;
        let joins = matches!(second, SecondHandler::Both | SecondHandler::Replaces);
        must(adds != signal || joins, "nobody says what a second handler does")
    }

    /// A handler is to be added that removes one when it is first called.
    pub(super) fn may_subscribe_remover(&self, signal: Signal, removes: Option<Subscription>) -> Valid {
        self.may_subscribe_actor(signal)?;
        let Some(removed) = removes.and_then(|removed| self.live.get(&removed)) else {
            return must(removes.is_none(), "there is no such subscription");
        };
        must(removed.does == Does::Nothing, "its handler has something to do yet")
    }

    fn may_subscribe_actor(&self, signal: Signal) -> Valid {
        self.may_subscribe(signal)?;
        must(!self.is_refused(signal) && !self.is_subscribed(signal), "another handler may be called in its place")?;
        must(!self.on_second_thread, "another thread takes its signal, in its own time")?;
        must(!self.is_deaf_to(signal) && !self.started_blocked.contains(signal), "it may be called at once or never")?;
        must(!self.started_ignored.contains(signal), "whether it is ignored again is the removal's business")?;
        let clean = !self.batch.sent.contains_key(&signal.as_raw()) && !self.loose.contains(signal);
        must(clean && !self.is_on_its_way(signal.as_raw()), "it may be called for what was sent before")?;
        let comes = signal.as_raw() == libc::SIGCHLD || is_stop(signal);
        must(!comes, "one that comes by itself may come when its handler is gone")
    }

    /// What a handler is about to add.
    fn may_add(&self, by: Signal, adds: Signal) -> Valid {
        must(self.held.is_none(), "subscribing may change the mask, which `release` takes back")?;
        self.may_subscribe(adds)?;
        must(!self.started_blocked.and(self.started_ignored).contains(adds), "it may be pending, or is ignored")?;
        must(!self.is_on_its_way(adds.as_raw()) && !is_stop(adds), "it may come before its handler is there")?;
        must(self.second.is_none_or(|(second, _)| second != adds), "the second loop handles it too")?;
        let others = by != adds && self.is_subscribed(adds);
        must(!others, "another handler of it may be called before or after")?;
        let clean = by == adds || !self.batch.sent.contains_key(&adds.as_raw()) && !self.loose.contains(adds);
        must(clean, "it may be told of what was sent before")
    }

    /// A signal may come: the handler that is then called may add one, or remove the one that it is for.
    pub(super) fn may_have_acted(&self, signal: Signal) -> Valid {
        // What waits to be added is nobody's yet.
        must(!self.adding.iter().any(|&(_, adds)| adds == signal), "it may be added before or after it is handled")?;
        for live in self.handlers_of(signal) {
            must(!live.does.acts() || self.adding.is_empty(), "two handlers may add one")?;
            if let Does::Adds(adds) = live.does {
                must(self.removing.is_empty(), "one that is removed may be the one that is added")?;
                self.may_add(signal, adds)?;
            }
            let Does::Removes(removed) = live.does else { continue };
            let Some(removed) = self.live.get(&removed) else { return Err("what it removes is gone or replaced") };
            must(self.removing.is_empty(), "two handlers may remove one")?;
            must(!matches!(removed.does, Does::Sends(_) | Does::Closes), "its handler has something to do yet")?;
            must(!is_stop(removed.signal), "it stops the process when its handler is gone")?;
            must(!self.has_lasting_children() || removed.signal.as_raw() != libc::SIGCHLD, "a child may end any time")?;
            self.may_lose(removed.signal)?;
        }
        Ok(())
    }
}

/// A handler that is due is about to add or remove one: what is subscribed when the yield is over must be known before.
pub(super) fn while_acting(step: &ScenarioStep) -> Valid {
    let at_once = match *step {
        ScenarioStep::Send { to, .. } => to != Receiver::IdleThread,
        ScenarioStep::Flood { .. }
        | ScenarioStep::Queue { .. }
        | ScenarioStep::Work { .. }
        | ScenarioStep::Tick { .. }
        | ScenarioStep::Yield => true,
        _ => false,
    };
    must(at_once, "a handler is about to be added or removed")
}
