//! Adding and removing handlers, and the ends of loops: what must not be left to chance there.

use sigconform_fixture::{Receiver, Removal, SecondHandler, Signal, Threads};

use super::{MOST_CALLS, Valid, must};
use crate::{
    catalogue::ScenarioStep,
    explore::situation::{Does, Situation, is_stop},
};

impl Situation<'_> {
    /// A handler is to be added.
    pub(super) fn may_subscribe(&self, signal: Signal) -> Valid {
        // What a thread blocks is the business of whoever changes its mask.
        let any = self.able.claims.threads.value == Threads::Any;
        must(self.held.is_none() || any, "subscribing may change the mask, which `release` takes back")?;
        must(!self.burnt.contains(signal), "nobody knows how often it was sent")?;
        if self.is_refused(signal) {
            return Ok(());
        }
        must(self.calls + self.calls_for(signal) <= MOST_CALLS, "the transcript would be longer than is read")?;
        let is_second = self.is_subscribed(signal);
        let second = self.able.claims.second_handler.value;
        must(!is_second || second != SecondHandler::Unspecified, "nobody says what a second handler does")?;
        must(!self.own_later.contains(signal), "the program's own handler stands over the library's")?;
        must(!self.is_held(signal), "it is held")?;
        let replaces = is_second && second == SecondHandler::Replaces;
        must(!replaces || !self.is_on_its_way(signal.as_raw()), "the handler that it is for may be replaced by then")?;
        let involved = |&(by, sends): &(Signal, Signal)| by == signal || sends == signal;
        must(!self.armed.iter().any(involved), "another handler is about to send it")?;
        let closes = self.handlers_of(signal).any(|live| live.does == Does::Closes);
        must(!closes, "its other handler closes the loop before this one is called")?;
        must(!self.batch.by_handler.contains(signal), "a handler is about to send it")
    }

    pub(super) fn may_subscribe_sender(&self, signal: Signal, sends: Signal) -> Valid {
        self.may_subscribe(signal)?;
        must(!self.is_refused(signal) && !self.is_subscribed(signal), "another handler may be called in its place")?;
        let clean = !self.due.contains(signal) && !self.batch.sent.contains_key(&signal.as_raw());
        must(clean && !self.is_deaf_to(signal), "it may be called for what was sent before, or never")?;
        if signal == sends {
            return must(self.able.is_ordered(), "a yield may be over between the call and what the handler sends");
        }
        must(self.is_subscribed(sends), "nobody handles what it sends")?;
        let fresh = self.handlers_of(sends).all(|live| !live.spent && live.does == Does::Nothing);
        must(fresh, "one that came earlier may be taken for what it sends")?;
        must(!self.is_held(sends) && !self.is_deaf_to(sends), "what it sends is blocked")?;
        must(!self.started_blocked.contains(sends), "what it sends may be pending already")?;
        must(!self.is_on_its_way(sends.as_raw()), "one that comes by itself may be taken for what it sends")?;
        self.is_taken_by_a_masked_thread(sends)
    }

    pub(super) fn may_subscribe_closer(&self, signal: Signal) -> Valid {
        self.may_subscribe(signal)?;
        must(!self.is_refused(signal) && !self.is_subscribed(signal), "another handler may be called after the close")?;
        must(self.is_quiet() && !self.is_deaf_to(signal), "it may close the loop before something else is handled")?;
        let clean = !self.batch.sent.contains_key(&signal.as_raw()) && !self.loose.contains(signal);
        must(clean && signal.as_raw() != libc::SIGCHLD, "it may be called for what was sent before")
    }

    /// Two handlers that send each other's signal until the loop is closed.
    pub(super) fn may_relay(&self, signal: Signal, sends: Signal) -> Valid {
        self.may_close()?;
        must(self.is_quiet() && self.armed.is_empty() && self.second.is_none(), "something else is on its way")?;
        self.may_subscribe(signal)?;
        must(signal != sends && self.able.takes(sends), "nobody handles what it sends")?;
        let ordinary = |signal: Signal| !signal.is_real_time() && !is_stop(signal) && signal.as_raw() != libc::SIGCONT;
        must(ordinary(signal) && ordinary(sends), "the system's queue would fill")?;
        let fresh =
            |signal| !self.is_subscribed(signal) && !self.started_blocked.and(self.own_earlier).contains(signal);
        must(fresh(signal) && fresh(sends), "another handler would be called as well")?;
        must(!self.burnt.contains(sends), "nobody knows how often it was sent")?;
        self.is_taken_by_a_masked_thread(signal)?;
        self.is_taken_by_a_masked_thread(sends)
    }

    pub(super) fn while_relaying(&self, step: &ScenarioStep) -> Valid {
        let last = |&(by, sends): &(Signal, Signal)| (sends, by);
        match (step, self.relays.as_slice()) {
            (ScenarioStep::Relay { signal, sends }, [one]) => {
                must(last(one) == (*signal, *sends), "the second handler sends the first one's signal")
            }
            (ScenarioStep::Send { signal, to: Receiver::Process }, [one, _]) => {
                must(one.0 == *signal || one.1 == *signal, "only the two are sent")
            }
            (ScenarioStep::Work { .. }, [_, _]) => Ok(()),
            (ScenarioStep::Reopen, [_, _]) => must(self.relaying, "the two have nothing to send"),
            _ => Err("two handlers that send each other's signal keep the loop busy until it is closed"),
        }
    }

    /// The handlers of a signal may go.
    pub(super) fn may_lose(&self, signal: Signal) -> Valid {
        must(self.held.is_none(), "removing may change the mask, which `release` takes back")?;
        must(!self.own_later.contains(signal), "the program's own handler stands over the library's")?;
        let due = self.due.contains(signal) && !self.able.is_ordered();
        must(!due, "whether it is handled before the removal is chance")?;
        must(!self.is_on_its_way(signal.as_raw()), "it may come when the handler is gone")?;
        must(!self.armed.iter().any(|&(_, sends)| sends == signal), "a handler is about to send it")?;
        must(!self.batch.by_handler.contains(signal), "a handler is about to send it")?;
        must(self.second.is_none_or(|(second, _)| second != signal), "the second loop handles it too")
    }

    /// Whether it comes by itself, at some time.
    pub(super) fn is_on_its_way(&self, number: i32) -> bool {
        self.astray().contains(Signal::from_raw(number)) || self.is_announced(number)
    }

    /// Whether the kernel will send it.
    pub(super) fn is_announced(&self, number: i32) -> bool {
        number == libc::SIGALRM && self.alarm || number == libc::SIGCHLD && self.children
    }

    /// The loop may be closed by its owner.
    pub(super) fn may_close(&self) -> Valid {
        must(self.held.is_none(), "closing may change the mask, which `release` takes back")?;
        must(!self.ticks, "a task that has turns left is gone with its loop")?;
        let coming = !self.astray().common(self.subscribed()).is_empty();
        must(
            !self.alarm && !self.children && !coming,
            "a signal that comes by itself may come when its handler is gone",
        )
    }

    pub(super) fn stays_captured(&self) -> bool {
        self.able.claims.removal.value == Removal::StaysCaptured
    }

    pub(super) fn may_open_second(&self, signal: Signal) -> Valid {
        must(self.second.is_none(), "a second loop is open already")?;
        must(self.able.takes(signal) && !is_stop(signal), "the backend refuses it")?;
        must(self.held.is_none(), "the second loop's thread would be started with it blocked")?;
        let own = self.own_earlier.and(self.own_later).and(self.started_blocked).and(self.burnt);
        must(!own.contains(signal) && !self.started_ignored.contains(signal), "what it does is not the second loop's")?;
        let reaps = [libc::SIGCHLD, libc::SIGPIPE, libc::SIGALRM].contains(&signal.as_raw());
        must(!reaps, "one that comes by itself may end it")?;
        must(!self.due.contains(signal), "what was sent before may end it")?;
        must(self.is_subscribed(signal) || !self.ever_second.contains(signal), "its handler was called once")?;
        must(self.handlers_of(signal).all(|live| live.does == Does::Nothing), "another handler is about to close")?;
        must(self.armed.is_empty(), "a handler that will send has not been called")
    }
}
