//! Playing a step: what it changes.

use sigconform_fixture::{Burst, ChildThen, OutsideAction, Receiver, SecondHandler, Signal, Subscription};

use super::{Batch, Does, Idle, Live, Reader, Situation, is_stop};
use crate::{
    catalogue::{Act, ScenarioStep},
    explore::signals::Signals,
};

impl Situation<'_> {
    /// A step is played; `note` hears of each act, and where the script stood before it.
    pub(in crate::explore) fn apply(&mut self, step: &ScenarioStep, note: &mut impl FnMut(&Self, Act)) {
        if let ScenarioStep::Repeat { times, steps } = step {
            for _ in 0..*times {
                steps.iter().for_each(|step| self.apply(step, note));
            }
            self.repeated(*times);
            return;
        }
        let act = self.act(step);
        if let Some(act) = act {
            note(self, act);
        }
        let count = self.live.len();
        self.change(step);
        self.last = act;
        if self.live.len() != count {
            self.subscribed = Signals::of(self.live.values().map(|live| &live.signal));
        }
    }

    /// A part was played so often, one time after the other.
    pub(in crate::explore) fn repeated(&mut self, times: u32) {
        self.rounds = self.rounds.max(times);
    }

    #[expect(clippy::too_many_lines, reason = "a table: an arm for each step")]
    fn change(&mut self, step: &ScenarioStep) {
        match *step {
            ScenarioStep::Subscribe { signal, sends } => {
                let does = sends.map_or(Does::Nothing, Does::Sends);
                if self.subscribe(signal, does)
                    && let Some(sends) = sends
                {
                    self.armed.push((signal, sends));
                }
            }
            ScenarioStep::SubscribeCloser { signal } => {
                self.subscribe(signal, Does::Closes);
            }
            ScenarioStep::SubscribeAdder { signal, adds } => {
                self.subscribe(signal, Does::Adds(adds));
                self.asked += 1;
            }
            ScenarioStep::SubscribeRemover { signal, removes } => {
                let itself = Subscription(self.asked + 1);
                self.subscribe(signal, Does::Removes(removes.unwrap_or(itself)));
            }
            ScenarioStep::SubscribeCoroutine { .. } => self.asked += 1,
            ScenarioStep::Relay { signal, sends } => {
                self.subscribe(signal, Does::Nothing);
                self.relays.push((signal, sends));
            }
            ScenarioStep::UnsubscribeNewest => {
                let subscription = self.newest();
                self.change(&ScenarioStep::Unsubscribe { subscription });
            }
            ScenarioStep::Unsubscribe { subscription } => {
                self.remove(subscription);
            }
            ScenarioStep::Send { signal, to } => self.sent(signal, 1, to),
            ScenarioStep::OpenPipe => self.pipes += 1,
            ScenarioStep::CheckErrno { signal } | ScenarioStep::CheckWaker { signal } => {
                self.sent(signal, 1, Receiver::Process);
            }
            ScenarioStep::Flood { signal, times } => self.sent(signal, times, Receiver::Process),
            ScenarioStep::FloodFromThreads { signal, threads, times } => {
                self.sent(signal, threads.saturating_mul(times), Receiver::Process);
            }
            ScenarioStep::Queue { signal, may_fail, .. } => {
                // Where it is refused, nothing was sent.
                if !may_fail {
                    self.sent(signal, 1, Receiver::Process);
                }
            }
            ScenarioStep::Hold { ref signals } => self.held = Some(Signals::of(signals)),
            ScenarioStep::Release => {
                self.held = None;
                for (number, _) in std::mem::take(&mut self.held_sent) {
                    self.due.insert(Signal::from_raw(number));
                }
            }
            ScenarioStep::Tick { .. } => self.ticks = true,
            ScenarioStep::Yield => self.yielded(),
            ScenarioStep::Await { ref action } => {
                // What is sent after a flood is handled after it.
                self.flooding = Signals::default();
                for signal in action.signals() {
                    self.came(signal, u32::try_from(action.times()).unwrap_or(u32::MAX));
                }
                if let OutsideAction::Flood { signal, .. } = *action {
                    self.flooding.insert(signal);
                }
                self.hung_up |= *action == OutsideAction::HangUp;
                if let Some(reader) = &mut self.reader {
                    reader.seen = true;
                }
                self.yielded();
            }
            ScenarioStep::AwaitClose => self.closed = true,
            ScenarioStep::Report { .. } => {
                if self.baseline.is_none() {
                    self.baseline = Some(self.baseline_now());
                }
                self.inventory = Some(self.inventory_now());
                self.rounds = 0;
            }
            ScenarioStep::Reopen => self.reopen(),
            ScenarioStep::SpawnThread => {
                let (blocked, subscribed) = (self.blocks(), self.subscribed());
                self.threads.push(blocked);
                self.idle = Some(Idle { younger: true, blocked, subscribed });
            }
            ScenarioStep::ReadElsewhere => {
                let blocked = self.blocks();
                self.reader = Some(Reader { blocked, seen: false, reached: false, interrupted: false });
            }
            ScenarioStep::EndRead => self.reader = None,
            ScenarioStep::Fork { .. } | ScenarioStep::ForkLoop { .. } => self.forked = true,
            ScenarioStep::Children { times, then } => {
                self.ever_children = true;
                self.came(Signal::from_raw(libc::SIGCHLD), times);
                match then {
                    ChildThen::Exit => self.children = true,
                    ChildThen::Stop => {
                        self.stopping += times;
                        self.coming.insert(Signal::from_raw(libc::SIGCHLD));
                    }
                }
            }
            ScenarioStep::ContinueChildren => {
                let continued = std::mem::take(&mut self.stopping);
                self.continued = true;
                self.came(Signal::from_raw(libc::SIGCHLD), continued);
                self.coming.insert(Signal::from_raw(libc::SIGCHLD));
            }
            ScenarioStep::Timer { .. } => {
                self.alarm = true;
                self.came(Signal::from_raw(libc::SIGALRM), 1);
            }
            ScenarioStep::BreakPipe => {
                let signal = Signal::from_raw(libc::SIGPIPE);
                self.sent(signal, 1, Receiver::SenderThread);
            }
            ScenarioStep::LaterHandler { signal } => self.own_later.insert(signal),
            ScenarioStep::ReadInBackground => {
                self.background = true;
                self.came(Signal::from_raw(libc::SIGTTIN), 1);
                self.coming.insert(Signal::from_raw(libc::SIGTTIN));
            }
            ScenarioStep::SecondLoop { signal } => {
                self.second = Some((signal, false));
                self.ever_second.insert(signal);
            }
            ScenarioStep::JoinSecondLoop => self.second = None,
            ScenarioStep::Work { .. }
            | ScenarioStep::Settle { .. }
            | ScenarioStep::ReportThread
            | ScenarioStep::SpawnReport
            | ScenarioStep::SpawnKilled { .. }
            | ScenarioStep::CheckPipe
            | ScenarioStep::LimitDescriptors { .. }
            | ScenarioStep::Repeat { .. } => {}
        }
    }

    fn remove(&mut self, subscription: Subscription) {
        if let Some(Live { signal, .. }) = self.live.remove(&subscription)
            && self.handlers_of(signal).next().is_none()
        {
            self.removed_while_due |= self.due.contains(signal);
            self.leave_behind(Signals::of(&[signal]));
        }
    }

    /// Adds a handler, unless it is refused.
    fn subscribe(&mut self, signal: Signal, does: Does) -> bool {
        self.asked += 1;
        self.subscribe_as(Subscription(self.asked), signal, does)
    }

    /// The same, under a number that was kept for it.
    fn subscribe_as(&mut self, subscription: Subscription, signal: Signal, does: Does) -> bool {
        if self.is_refused(signal) {
            return false;
        }
        if self.able.claims.second_handler.value == SecondHandler::Replaces {
            self.live.retain(|_, live| live.signal != signal);
        }
        // What was pending before may be handled now.
        if self.started_blocked.contains(signal) && self.able.handles_blocked() && self.batch_has(signal) {
            self.due.insert(signal);
        }
        // What waits in the loop is for this handler too.
        self.calls += self.calls_for(signal);
        self.live.insert(subscription, Live { signal, does, spent: false });
        self.once.insert(signal);
        true
    }

    /// Calls that a handler may have for what was sent of its signal before it was added.
    pub(in crate::explore) fn calls_for(&self, signal: Signal) -> u64 {
        self.batch.sent.get(&signal.as_raw()).copied().unwrap_or_default().into()
    }

    fn batch_has(&self, signal: Signal) -> bool {
        self.batch.sent.contains_key(&signal.as_raw())
    }

    /// The sender sends.
    fn sent(&mut self, signal: Signal, times: u32, to: Receiver) {
        if !self.is_subscribed(signal) && self.ends_the_process(signal) {
            self.ended = true;
        }
        match to {
            Receiver::Process => self.batch.to_process = true,
            Receiver::SenderThread => self.batch.to_thread = true,
            Receiver::IdleThread => {
                if let Some(reader) = &mut self.reader {
                    reader.reached |= reader.seen;
                }
            }
        }
        let at_once = match to {
            Receiver::SenderThread => true,
            Receiver::Process => !self.on_second_thread,
            Receiver::IdleThread => false,
        };
        if !at_once {
            self.coming.insert(signal);
        }
        if self.is_held(signal) && to != Receiver::IdleThread {
            self.held_sent.insert(signal.as_raw(), to);
        }
        self.came(signal, times);
    }

    /// A signal comes, from wherever.
    fn came(&mut self, signal: Signal, times: u32) {
        let before = self.batch.sent.entry(signal.as_raw()).or_default();
        *before = before.saturating_add(times);
        let (often, is_held) = (*before > 1, self.is_held(signal));
        self.calls += u64::from(times) * self.handlers_of(signal).count() as u64;
        self.batch.stops |= is_stop(signal);
        self.batch.continues |= signal.as_raw() == libc::SIGCONT;
        if let Some((second, sent)) = &mut self.second
            && *second == signal
        {
            *sent = true;
        }
        if !self.is_subscribed(signal) {
            // A library that stays captured may tell a later handler of it.
            if self.once.contains(signal) {
                self.loose.insert(signal);
            }
            return;
        }
        self.live.values_mut().filter(|live| live.signal == signal).for_each(|live| live.spent = true);
        if often && (is_held || self.able.claims.burst.value != Burst::Every) {
            self.loose.insert(signal);
        }
        if is_held {
            return;
        }
        self.due.insert(signal);
        if self.handlers_of(signal).any(|live| live.does == Does::Closes) {
            self.closing = true;
        }
        for (&id, live) in self.live.iter_mut().filter(|(_, live)| live.signal == signal) {
            match live.does {
                Does::Removes(removed) => self.removing.push((id, removed)),
                Does::Adds(added) => self.adding.push((id, added)),
                _ => continue,
            }
            live.does = Does::Nothing;
        }
        if self.relays.iter().any(|&(by, _)| by == signal) {
            self.relaying = true;
        }
        // Its handler sends when it is called, before the yield is over.
        let triggered: Vec<_> = self.armed.extract_if(.., |(by, _)| *by == signal).map(|(_, sends)| sends).collect();
        for sends in triggered {
            self.batch.by_handler.insert(sends);
            self.came(sends, 1);
        }
    }

    /// A yield is over: all that it waits for has happened.
    fn yielded(&mut self) {
        if let Some(reader) = &mut self.reader {
            reader.interrupted |= reader.reached;
        }
        // Of what was sent once, the call that was waited for is the only one; of more, others may come.
        for signal in self.coming.iter() {
            let is_held = self.held_sent.contains_key(&signal.as_raw());
            match self.batch.sent.get(&signal.as_raw()) {
                _ if is_held => {}
                Some(1) => self.coming.remove(signal),
                _ => self.stray.insert(signal),
            }
        }
        for (_, removed) in std::mem::take(&mut self.removing) {
            self.remove(removed);
        }
        for (adder, added) in std::mem::take(&mut self.adding) {
            // Of several it may be told of those that its adder was not called for yet.
            if self.batch.sent.get(&added.as_raw()).is_some_and(|&times| times > 1) {
                self.loose.insert(added);
            }
            self.subscribe_as(Subscription(adder.0 + 1), added, Does::Nothing);
        }
        let held = self.batch.sent.iter().filter(|(number, _)| self.held_sent.contains_key(number));
        let sent = held.map(|(&number, &times)| (number, times)).collect();
        self.batch = Batch { sent, ..Batch::default() };
        self.due = Signals::default();
        (self.ticks, self.children) = (false, false);
        self.alarm &= self.is_held(Signal::from_raw(libc::SIGALRM));
        self.closed |= std::mem::take(&mut self.closing);
    }

    /// What is due has no handler any more: a later one may be called for it.
    fn leave_behind(&mut self, signals: Signals) {
        self.loose = self.loose.and(self.due.common(signals));
        self.due = self.due.without(signals);
    }

    fn reopen(&mut self) {
        for &(one, other) in &self.relays {
            self.burnt.insert(one);
            self.burnt.insert(other);
        }
        self.relays.clear();
        self.armed.clear();
        self.removing.clear();
        self.adding.clear();
        self.live.clear();
        self.leave_behind(self.due);
        self.batch = Batch::default();
        (self.closed, self.closing, self.relaying) = (false, false, false);
        self.reopened = true;
    }
}
