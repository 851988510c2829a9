//! Sending, holding and waiting: what must not be left to chance there.

use sigconform_fixture::{Key, OutsideAction, Receiver, Signal};

use super::{ENDING, MOST_CALLS, MOST_QUEUED, Valid, must};
use crate::explore::{
    signals::Signals,
    situation::{Does, Situation, is_stop},
};

impl Situation<'_> {
    pub(super) fn may_hold(&self, signals: &[Signal]) -> Valid {
        must(self.held.is_none(), "what is held twice is released once")?;
        must(!signals.is_empty(), "nothing is held")?;
        let set = Signals::of(signals);
        must(set.len() as usize == signals.len(), "a signal is named twice")?;
        let taken = set.without(self.able.pool()).is_empty();
        must(taken, "what the backend refuses is none of its business")?;
        let alarm = self.alarm && set.contains(Signal::from_raw(libc::SIGALRM));
        let child = self.children && set.contains(Signal::from_raw(libc::SIGCHLD));
        let coming = !set.common(self.astray()).is_empty();
        must(!alarm && !child && !coming, "a signal that comes by itself may come before or after the hold")?;
        let involved = self.armed.iter().any(|&(by, sends)| set.contains(by) || set.contains(sends));
        must(!involved && set.common(self.batch.by_handler).is_empty(), "a handler is about to send it")?;
        let closes = self.live.values().any(|live| live.does == Does::Closes && set.contains(live.signal));
        must(!closes, "a handler that closes waits for it")?;
        let removes = self.live.values().any(|live| live.does.acts() && set.contains(live.signal));
        must(!removes, "a handler that adds or removes one waits for it")?;
        let second = self.second.is_some_and(|(second, _)| set.contains(second));
        must(!second, "the second loop's thread does not hold it")?;
        must(set.common(self.own_earlier).is_empty(), "what merges is fewer calls of the program's own handler")
    }

    pub(super) fn may_yield(&self) -> Valid {
        must(self.armed.is_empty(), "a handler that will send has not been called")?;
        self.may_turn()
    }

    /// The loop may turn.
    pub(super) fn may_turn(&self) -> Valid {
        // What one of them took merges with what the next one takes, or waits for the release.
        let reader = self.reader.iter().map(|reader| reader.blocked);
        let main = self.on_second_thread.then_some(self.started_blocked);
        let mut others = self.threads.iter().copied().chain(reader).chain(main);
        let sent = Signals::of(&self.held_sent.keys().map(|&number| Signal::from_raw(number)).collect::<Vec<_>>());
        let taken = others.any(|blocked| !sent.without(blocked).is_empty());
        must(!taken, "how often another thread has taken what is held, nobody knows")
    }

    /// The sender, or a handler for it, sends.
    pub(super) fn may_send(&self, signal: Signal, times: u32, to: Receiver) -> Valid {
        must(signal.is_catchable(), "only what can be caught is sent")?;
        let calls = u64::from(times) * self.handlers_of(signal).count() as u64;
        must(self.calls + calls <= MOST_CALLS, "the transcript would be longer than is read")?;
        must(!self.limited || to == Receiver::Process, "without room in the queue what it tells is lost")?;
        self.may_arrive(signal)?;
        self.may_come_late(signal, times, to)?;
        if to == Receiver::IdleThread {
            return self.may_reach_idle_thread(signal);
        }
        let earlier = self.due.and(self.loose).and(self.astray());
        let taken = self.is_held(signal) && earlier.contains(signal);
        must(!taken, "one that was sent before the hold may be taken for it")?;
        let queued = self.batch.sent.get(&signal.as_raw()).copied().unwrap_or_default();
        let fits = !signal.is_real_time() || times.saturating_add(queued) <= MOST_QUEUED && !self.limited;
        must(fits, "the system's queue may be full")?;
        // The kernel hands out what is pending for the thread before what is pending for the process.
        let waits = self.able.is_masked() || self.able.handles_blocked() || self.is_held(signal);
        let mixed = if to == Receiver::Process { self.batch.to_thread } else { self.batch.to_process };
        let mixed = mixed || self.held_sent.get(&signal.as_raw()).is_some_and(|&before| before != to);
        must(!waits || !mixed, "what is directed at a thread overtakes what is directed at the process")?;
        if self.is_subscribed(signal) || !self.ends_the_process(signal) {
            let started = self.started_ignored.and(self.started_blocked).contains(signal);
            let gone = self.once.contains(signal) && !self.is_subscribed(signal);
            return must(!started || !gone, "whether it is blocked or ignored again is the removal's business");
        }
        must(ENDING.contains(&signal.as_raw()) && to == Receiver::Process, "it ends some programs and not others")?;
        must(!self.is_held(signal), "it ends the process when it is released")?;
        must(self.may_end().is_ok(), "something is left to do when the process ends")
    }

    /// Another thread takes it, in its own time: of more than one, nobody knows when the last has come.
    pub(super) fn may_come_late(&self, signal: Signal, times: u32, to: Receiver) -> Valid {
        let at_once = to == Receiver::SenderThread || to == Receiver::Process && !self.on_second_thread;
        let again = times > 1 || self.batch.sent.contains_key(&signal.as_raw());
        must(at_once || !again || self.stays_captured(), "the last one may come when its handler is gone")
    }

    /// A signal may come now, from wherever.
    pub(super) fn may_arrive(&self, signal: Signal) -> Valid {
        must(!self.burnt.contains(signal), "nobody knows how often it was sent")?;
        must(!self.batch.by_handler.contains(signal), "a handler sends it in the same batch")?;
        must(!self.armed.iter().any(|&(_, sends)| sends == signal), "a handler is about to send it")?;
        let announced = self.is_announced(signal.as_raw()) && signal.as_raw() != libc::SIGCHLD;
        must(!announced, "one comes by itself already")?;
        let stops = is_stop(signal) && self.batch.continues;
        let continues = signal.as_raw() == libc::SIGCONT && self.batch.stops;
        must(!stops && !continues, "a stop signal and SIGCONT take each other back while they are pending")?;
        if !self.is_subscribed(signal) {
            must(!is_stop(signal), "it stops the process")?;
            must(signal.as_raw() != libc::SIGPIPE, "some runtimes ignore it")?;
            let second = self.ever_second.contains(signal);
            let by_second = self.second == Some((signal, false));
            must(!second || by_second, "the second loop's handler is called once, and then gone")?;
        }
        if self.handlers_of(signal).any(|live| live.does == Does::Closes) {
            let quiet = self.is_quiet() && !self.ticks && self.armed.is_empty() && self.second.is_none();
            must(quiet && self.held.is_none(), "the loop may be closed before something else is handled")?;
        }
        self.may_have_acted(signal)?;
        let captured = self.once.and(self.ever_second).contains(signal) || self.is_subscribed(signal);
        if captured { self.is_taken_by_a_masked_thread(signal) } else { Ok(()) }
    }

    /// Where every thread has to block what is subscribed, none takes it that does not.
    pub(super) fn is_taken_by_a_masked_thread(&self, signal: Signal) -> Valid {
        let reader = self.reader.iter().map(|reader| reader.blocked);
        let all_block = self.threads.iter().copied().chain(reader).all(|blocked| blocked.contains(signal));
        must(!self.able.is_masked() || all_block, "a thread does not block it, as the backend needs")
    }

    pub(super) fn may_reach_idle_thread(&self, signal: Signal) -> Valid {
        let blocked = self.reader.map(|reader| reader.blocked).or(self.idle.map(|idle| idle.blocked));
        let Some(blocked) = blocked else { return Err("no thread idles") };
        must(self.is_subscribed(signal), "no handler of the library's runs on the thread")?;
        must(!signal.is_real_time() || !self.limited, "the system's queue may be full")?;
        must(!self.own_earlier.contains(signal), "the program's own handler may be called after the report")?;
        must(!self.is_held(signal), "the thread takes it, while the sender holds it")?;
        must(!blocked.contains(signal), "the thread blocks it")
    }

    /// The harness or the kernel sends, and the loop waits for it.
    pub(super) fn may_await(&self, action: &OutsideAction) -> Valid {
        self.may_yield()?;
        let terminal = matches!(action, OutsideAction::Type { .. } | OutsideAction::Resize | OutsideAction::HangUp);
        if terminal {
            must(self.terminal && !self.hung_up, "there is no terminal")?;
            must(!self.background, "the process is in the background of its terminal")?;
            must(!self.has_lasting_children(), "the children are in the group that is signalled")?;
        }
        if *action == OutsideAction::HangUp {
            let again = Signal::from_raw(libc::SIGCONT);
            must(!self.is_subscribed(again) && self.due.iter().all(|due| !is_stop(due)), "SIGCONT comes along")?;
        }
        match *action {
            OutsideAction::WhileStopped { ref signals, .. } => {
                let set = Signals::of(signals);
                must(set.len() as usize == signals.len(), "a signal is named twice")?;
                must(!signals.iter().any(|&signal| is_stop(signal)), "SIGCONT takes a stop signal back")?;
                must(!signals.contains(&Signal::from_raw(libc::SIGCONT)), "it continues the process")?;
                must(!self.batch.stops, "SIGCONT takes a stop signal back")?;
                let spared = |&signal: &Signal| self.is_subscribed(signal) || !self.ends_the_process(signal);
                must(signals.iter().all(spared), "it ends the process")?;
            }
            OutsideAction::Flood { signal, times } => {
                must(times > 0, "nothing is sent")?;
                must(!signal.is_real_time() || times <= MOST_QUEUED, "the system's queue may be full")?;
                must(!self.own_earlier.contains(signal), "what merges is fewer calls of the program's own handler")?;
                let removes = self.handlers_of(signal).any(|live| live.does.acts());
                must(!removes, "the harness may be sending yet when the handler is gone")?;
            }
            OutsideAction::Trace { signal } => {
                let own = self.own_earlier.and(self.own_later);
                must(!own.contains(signal), "the program's own handler is followed too")?;
                // Each instruction that is followed is a SIGTRAP, which Linux delivers by force: see force_sig_info_to_task().
                let trap = Signal::from_raw(libc::SIGTRAP);
                let caught = self.once.and(self.ever_second).and(own).contains(trap);
                must(!caught && signal != trap, "following a handler sets SIGTRAP to its default action")?;
            }
            OutsideAction::Type { key } => {
                let suspends = key == Key::Suspend;
                must(!suspends || !self.batch.continues, "a stop signal takes SIGCONT back")?;
            }
            OutsideAction::Kill { .. } | OutsideAction::Resize | OutsideAction::HangUp => {}
            OutsideAction::Close => return Err("`await` is not for `close`"),
        }
        let signals = action.signals();
        let queued = signals.iter().any(|signal| signal.is_real_time());
        must(!queued || !self.limited, "the system's queue may be full")?;
        signals.iter().try_for_each(|&signal| self.may_arrive(signal))?;
        // What merges with it, or comes late, would end the wait before the harness has acted.
        let children = self.ever_children && signals.contains(&Signal::from_raw(libc::SIGCHLD));
        must(!children, "one that a child causes may end the wait")?;
        let earlier = self.loose.and(self.astray()).and(self.due);
        let sent = signals.iter().any(|&signal| earlier.contains(signal));
        must(!sent, "one that was sent earlier may end the wait")?;
        let is_awaited =
            |&signal: &Signal| self.is_subscribed(signal) && !self.is_held(signal) && !self.is_deaf_to(signal);
        let (awaited, rest): (Vec<_>, Vec<_>) = signals.iter().copied().partition(is_awaited);
        let main = |signal: &Signal| action.signals().first() == Some(signal) || signals.len() > 1;
        must(awaited.iter().any(main), "nobody waits for it")?;
        let quiet = rest.iter().all(|&signal| self.is_subscribed(signal) || !self.ends_the_process(signal));
        must(quiet, "it ends the process")
    }
}
