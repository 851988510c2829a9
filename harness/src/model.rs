//! A small model of POSIX signals and of a loop that makes certain claims: what may be called now, and what must have
//! been called before a yield is over.
//!
//! It knows three things about each subscription: how many calls there may be at most (one for each signal generated
//! since it exists), how many there must be at least (what the claims promise), and which signals of the current batch
//! are still to be handled, in which order. The same model tells the script what a yield waits for, and the judge what
//! was allowed.
//!
//! What POSIX leaves open stays open: a standard signal that is sent while it is pending may or may not count again,
//! because a thread that does not block it may take it at once; signals released together, or sent from outside, have no
//! order among themselves.
//!
//! ```
//! # use sigconform::{contract::{Claims, Signal, Subscription}, model::{Model, Origin, Wrong}};
//! let (id, signal) = (Subscription(1), Signal::SIGHUP);
//! let mut model = Model::new(&Claims::default());
//! model.subscribe(id, signal);
//! model.send(signal, 1, Origin::Sender);
//! assert_eq!(model.call(id), Ok(()));
//! assert_eq!(model.call(id), Err(Wrong::TooOften { sent: 1 }));
//! ```

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    ops::RangeInclusive,
};

use sigconform_fixture::{
    BatchOrder, Burst, Claims, Condition, HandlersRun, PendingBefore, RealTime, SecondHandler, Signal, Subscription,
    Threads,
};

use crate::conduct::sends::{Sent, Whom};

mod removing;
#[cfg(test)]
mod tests;
mod told;

pub use told::{Due, Origin, Wrong};

/// The state of signals and subscriptions.
#[derive(Debug, Clone)]
pub struct Model {
    burst: Burst,
    order: BatchOrder,
    real_time: RealTime,
    ordered: bool,
    /// Every thread blocks what is subscribed: what the sender blocks besides keeps the loop from nothing.
    masked: bool,
    pending_before: PendingBefore,
    /// Nobody says what a second handler of a signal does: a call of either is a call for the signal.
    joint: bool,
    /// What the process was started with blocked: sent then, it waits for a subscription.
    blocked: BTreeSet<Signal>,
    /// Subscriptions that must be told of what was sent before them.
    from_before: BTreeSet<Subscription>,
    live: BTreeMap<Subscription, Subscribed>,
    /// Those that were removed, which only a late call looks at: a script may have thousands.
    gone: BTreeMap<Subscription, Subscribed>,
    /// Of those, what a handler of this batch removed: POSIX knows no batch, so what waited in it may still be handled.
    lingering: BTreeSet<Subscription>,
    held: BTreeSet<Signal>,
    /// Sent while held.
    held_pending: BTreeMap<Signal, Held>,
    /// Sends that nobody was subscribed to, or that a closed loop left behind: a later subscription may still see them.
    unseen: BTreeMap<Signal, u64>,
    /// What waits to be handled since the loop was last left: groups in order, no order within a group.
    batch: VecDeque<Group>,
}

/// Signals that were delivered together: how many calls each subscription still has to come.
type Group = BTreeMap<Signal, BTreeMap<Subscription, u64>>;

/// What was sent of a signal while it was held.
#[derive(Debug, Clone, Copy, Default)]
struct Held {
    /// How many deliveries the release makes at least.
    calls: u64,
    /// Another thread may have taken it: it has no place in the order.
    is_loose: bool,
}

/// What the order of the batch says of a call, and the groups that it would take something from.
enum Turn {
    /// Nothing of it waits in the batch.
    Free,
    In(RangeInclusive<usize>),
    /// Out of its turn, as what has no place in the order may be.
    Spare(RangeInclusive<usize>),
    /// The signals that come first.
    Out(Vec<Signal>),
}

#[derive(Debug, Clone)]
struct Subscribed {
    signal: Signal,
    calls: u64,
    /// Most calls so far.
    most: u64,
    /// Least calls by the end of the next yield, of what is counted one by one.
    least: u64,
    /// A call must come after the last send.
    owes: bool,
    /// A call has come after the last send: of what was held, another thread had taken something.
    called: bool,
    /// Calls that have no place in the order of the batch.
    spare: u64,
}

impl Subscribed {
    /// Whether something was sent that its handler has not been called for: not so when another thread took what was
    /// held, and it has been handled by now.
    fn awaits(&self) -> bool {
        self.calls < self.most
    }
}

impl Model {
    /// Nothing subscribed, nothing sent.
    #[must_use]
    pub fn new(claims: &Claims) -> Self {
        Self {
            burst: claims.burst.value,
            order: claims.batch_order.value,
            real_time: claims.real_time.value,
            ordered: claims.handlers_run.value == HandlersRun::SenderThread,
            masked: claims.threads.value == Threads::Masked,
            pending_before: claims.pending_before.value,
            joint: claims.second_handler.value == SecondHandler::Unspecified,
            blocked: BTreeSet::new(),
            from_before: BTreeSet::new(),
            live: BTreeMap::new(),
            gone: BTreeMap::new(),
            lingering: BTreeSet::new(),
            held: BTreeSet::new(),
            held_pending: BTreeMap::new(),
            unseen: BTreeMap::new(),
            batch: VecDeque::new(),
        }
    }

    /// A handler was added.
    pub fn subscribe(&mut self, subscription: Subscription, signal: Signal) {
        // A loop that has not handled a signal yet may tell a handler of it that is added meanwhile.
        let waiting = self.live().filter(|(_, other)| other.signal == signal);
        let waiting = waiting.map(|(_, other)| other.most.saturating_sub(other.calls)).max().unwrap_or_default();
        let most = self.unseen.get(&signal).copied().unwrap_or_default().max(waiting);
        // An earlier handler may have been told of it, or have taken it along.
        let is_first = || !self.live.values().chain(self.gone.values()).any(|other| other.signal == signal);
        let is_pending = self.blocked.contains(&signal) && self.unseen.contains_key(&signal) && is_first();
        let owes = is_pending && self.pending_before == PendingBefore::Handled;
        if owes {
            self.from_before.insert(subscription);
        }
        let subscribed = Subscribed { signal, calls: 0, most, least: 0, owes, called: false, spare: most };
        self.live.insert(subscription, subscribed);
    }

    /// The process was started with these signals blocked.
    pub fn starts_blocked(&mut self, signals: &[Signal]) {
        self.blocked.extend(signals);
    }

    /// Whether the handler was never called for what was pending before it was added, though the claims promise that.
    #[must_use]
    pub fn misses_what_was_pending(&self, subscription: Subscription) -> bool {
        self.get(subscription).is_some_and(|this| this.calls == 0) && self.from_before.contains(&subscription)
    }

    /// Whether a handler of the signal is there.
    #[must_use]
    pub fn is_subscribed(&self, signal: Signal) -> bool {
        self.live().any(|(_, subscribed)| subscribed.signal == signal)
    }

    /// Whether this handler is there.
    #[must_use]
    pub fn is_live(&self, subscription: Subscription) -> bool {
        self.live.contains_key(&subscription)
    }

    /// Whether any handler is there.
    #[must_use]
    pub fn is_any_subscribed(&self) -> bool {
        self.live().next().is_some()
    }

    /// The signal of a subscription, live or not.
    #[must_use]
    pub fn signal_of(&self, subscription: Subscription) -> Option<Signal> {
        self.get(subscription).map(|subscribed| subscribed.signal)
    }

    /// The handlers of a signal that are there.
    pub fn subscriptions(&self, signal: Signal) -> impl Iterator<Item = Subscription> {
        self.live().filter(move |(_, subscribed)| subscribed.signal == signal).map(|(subscription, _)| subscription)
    }

    /// How often a handler may still be called for what was sent so far.
    #[must_use]
    pub fn calls_left(&self, subscription: Subscription) -> u64 {
        self.get(subscription).map_or(0, |this| this.most.saturating_sub(this.calls))
    }

    fn live(&self) -> impl Iterator<Item = (Subscription, &Subscribed)> {
        self.live.iter().map(|(&id, subscribed)| (id, subscribed))
    }

    fn get(&self, subscription: Subscription) -> Option<&Subscribed> {
        self.live.get(&subscription).or_else(|| self.gone.get(&subscription))
    }

    fn of_mut(&mut self, signal: Signal) -> impl Iterator<Item = &mut Subscribed> {
        self.live.values_mut().filter(move |subscribed| subscribed.signal == signal)
    }

    /// Whether this handler was never called, and another of the same signal was.
    #[must_use]
    pub fn is_left_out(&self, subscription: Subscription) -> bool {
        let Some(this) = self.get(subscription) else { return false };
        this.calls == 0 && self.live().any(|(_, other)| other.signal == this.signal && other.calls > 0)
    }

    /// Whether the program itself blocks the signal on the sender's thread.
    #[must_use]
    pub fn is_held(&self, signal: Signal) -> bool {
        self.held.contains(&signal)
    }

    /// Signals are blocked on the sender's thread.
    pub fn hold(&mut self, signals: &[Signal]) {
        self.held.extend(signals);
    }

    /// They are delivered together, but for those that a thread which does not block them has taken meanwhile.
    pub fn release(&mut self) {
        self.held.clear();
        let pending = std::mem::take(&mut self.held_pending);
        for (&signal, &Held { calls, is_loose }) in &pending {
            let counted = if self.queues(signal) { calls } else { u64::from(self.counts(signal)) };
            self.owe(signal, counted);
            for subscribed in self.of_mut(signal).filter(|_| !is_loose) {
                subscribed.spare = subscribed.spare.saturating_sub(calls);
            }
        }
        let in_order = pending.into_iter().filter(|(_, held)| !held.is_loose);
        self.add_group(in_order.map(|(signal, held)| (signal, held.calls)).collect());
    }

    /// What an event sends to the process, as the table of steps has it.
    pub(crate) fn sent(&mut self, sent: &Sent) {
        if sent.to == Whom::Process {
            self.send(sent.signal, sent.times, sent.origin);
        }
    }

    /// A signal was generated `times` times in a row.
    pub fn send(&mut self, signal: Signal, times: u64, origin: Origin) {
        if !self.is_subscribed(signal) {
            let unseen = self.unseen.entry(signal).or_default();
            *unseen = unseen.saturating_add(times);
            return;
        }
        let held = self.held.contains(&signal);
        // Whether a subscription unblocks what the process was started with blocked, only a claim says.
        let deaf = self.blocked.contains(&signal) && self.pending_before != PendingBefore::Handled;
        for subscribed in self.of_mut(signal) {
            subscribed.most = subscribed.most.saturating_add(times);
            subscribed.called &= origin == Origin::Beside;
            if held || deaf || origin != Origin::Sender {
                subscribed.spare = subscribed.spare.saturating_add(times);
            }
        }
        if deaf || origin == Origin::Beside {
            return;
        }
        let counted = if origin == Origin::Sender && self.counts(signal) { times } else { 0 };
        if held {
            let pending = self.held_pending.entry(signal).or_default();
            let queued = signal.is_real_time() && self.real_time == RealTime::Queued;
            pending.calls = if queued { pending.calls.saturating_add(times) } else { 1 };
            pending.is_loose |= origin != Origin::Sender;
            return;
        }
        self.owe(signal, counted);
        if origin == Origin::Sender {
            self.add_group(BTreeMap::from([(signal, counted.max(1))]));
        }
    }

    /// The system refused the last send: it never happened.
    pub fn unsend(&mut self, signal: Signal) {
        if !self.is_subscribed(signal) {
            if let Some(unseen) = self.unseen.get_mut(&signal) {
                *unseen = unseen.saturating_sub(1);
            }
            return;
        }
        for subscribed in self.of_mut(signal) {
            subscribed.most = subscribed.most.saturating_sub(1);
            subscribed.least = subscribed.least.min(subscribed.most);
            subscribed.owes &= subscribed.calls < subscribed.most;
        }
        let last = self.batch.back_mut().and_then(|group| group.get_mut(&signal));
        last.into_iter().flat_map(BTreeMap::values_mut).for_each(|left| *left = left.saturating_sub(1));
    }

    /// A call must come after this send; `counted` more in all, where the claims promise one for each.
    fn owe(&mut self, signal: Signal, counted: u64) {
        // Where handlers run concurrently, or the loop fetches what is blocked, a call since the last send may have been for all
        // that was held.
        let is_kept = self.ordered && !self.masked;
        // Which of several is called, and for how many, nobody says.
        let counted = if self.is_joint(signal) { 0 } else { counted };
        for subscribed in self.of_mut(signal).filter(|subscribed| subscribed.awaits()) {
            subscribed.owes = is_kept || !subscribed.called;
            subscribed.least = subscribed.least.saturating_add(counted);
        }
    }

    fn add_group(&mut self, signals: BTreeMap<Signal, u64>) {
        let waiting = |signal, calls| {
            // Nobody waits for a handler that may never be called.
            let is_awaited = |this: &Subscribed| this.signal == signal && this.awaits() && !self.is_joint(signal);
            let awaiting = self.live().filter(|(_, subscribed)| is_awaited(subscribed));
            awaiting.map(|(id, _)| (id, calls)).collect()
        };
        let group = signals.into_iter().map(|(signal, calls)| (signal, waiting(signal, calls))).collect();
        self.batch.push_back(group);
    }

    /// A handler is called.
    ///
    /// # Errors
    /// Why it must not be, now. The call counts all the same.
    pub fn call(&mut self, subscription: Subscription) -> Result<(), Wrong> {
        let judged = self.would_be(subscription);
        let found = self.live.get_mut(&subscription).or_else(|| self.gone.get_mut(&subscription));
        let Some(subscribed) = found else { return judged };
        subscribed.calls = subscribed.calls.saturating_add(1);
        (subscribed.owes, subscribed.called) = (false, true);
        let signal = subscribed.signal;
        if self.is_joint(signal) {
            self.of_mut(signal).for_each(|other| other.owes = false);
        }
        match self.turn(subscription, signal) {
            Turn::In(taken) => self.take(subscription, signal, taken),
            Turn::Spare(taken) => {
                self.live.entry(subscription).and_modify(|this| this.spare -= 1);
                self.take(subscription, signal, taken);
            }
            Turn::Free | Turn::Out(_) => {}
        }
        judged
    }

    /// What [`Model::call`] would say now.
    ///
    /// # Errors
    /// Why the handler must not be called now.
    pub fn would_be(&self, subscription: Subscription) -> Result<(), Wrong> {
        let Some(subscribed) = self.get(subscription) else { return Err(Wrong::NotSubscribed) };
        let live = self.live.contains_key(&subscription);
        let Subscribed { signal, calls, most, .. } = *subscribed;
        match (live, self.turn(subscription, signal)) {
            (false, _) if self.ordered && !self.lingering.contains(&subscription) || calls >= most => {
                Err(Wrong::NotSubscribed)
            }
            _ if most == 0 => Err(Wrong::NotSent),
            _ if calls >= most => Err(Wrong::TooOften { sent: most }),
            (_, Turn::Out(allowed)) => Err(Wrong::OutOfOrder { allowed }),
            _ => Ok(()),
        }
    }

    /// Whose turn it is in the batch. Out of its turn comes only a call for a send that has no place in the order: one that
    /// merged, another thread took, or an earlier batch left.
    fn turn(&self, subscription: Subscription, signal: Signal) -> Turn {
        let left =
            |group: &Group| group.get(&signal).and_then(|waiting| waiting.get(&subscription)).copied().unwrap_or(0);
        let Some(first) = self.batch.iter().position(|group| left(group) > 0) else { return Turn::Free };
        let last = self.batch.iter().rposition(|group| left(group) > 0).unwrap_or(first);
        let allowed = match (self.ordered, self.order) {
            (false, _) | (_, BatchOrder::Unspecified) => BTreeSet::from([signal]),
            (_, BatchOrder::Sent) => self.waiting().next().unwrap_or_default(),
            (_, BatchOrder::LowestFirst) => {
                self.waiting().flatten().min_by_key(|signal| signal.as_raw()).into_iter().collect()
            }
        };
        let has_spare = self.live.get(&subscription).is_some_and(|subscribed| subscribed.spare > 0);
        match (allowed.contains(&signal), self.counts(signal)) {
            (true, false) => Turn::In(first..=last),
            (true, true) => Turn::In(first..=first),
            (false, false) if has_spare => Turn::Spare(first..=last),
            (false, true) if has_spare => Turn::Spare(last..=last),
            _ => Turn::Out(allowed.into_iter().collect()),
        }
    }

    /// Takes a call off the batch.
    fn take(&mut self, subscription: Subscription, signal: Signal, groups: RangeInclusive<usize>) {
        for group in self.batch.range_mut(groups) {
            if let Some(left) = group.get_mut(&signal).and_then(|waiting| waiting.get_mut(&subscription)) {
                *left = left.saturating_sub(1);
            }
        }
        while self.batch.front().is_some_and(|group| group.values().flat_map(BTreeMap::values).all(|&left| left == 0)) {
            self.batch.pop_front();
        }
    }

    /// Whether the claims promise a call for each send of the signal.
    fn counts(&self, signal: Signal) -> bool {
        self.burst == Burst::Every || self.queues(signal)
    }

    /// Whether the signal queues instead of merging, and the claims say that nothing of it is lost.
    fn queues(&self, signal: Signal) -> bool {
        signal.is_real_time() && self.real_time == RealTime::Queued
    }

    /// Each group's signals that are still to be handled; groups without any are left out.
    fn waiting(&self) -> impl Iterator<Item = BTreeSet<Signal>> {
        let left = |group: &Group| {
            let some = |waiting: &BTreeMap<Subscription, u64>| waiting.values().any(|&left| left > 0);
            group.iter().filter(|(_, waiting)| some(waiting)).map(|(&signal, _)| signal).collect()
        };
        self.batch.iter().map(left).filter(|group: &BTreeSet<Signal>| !group.is_empty())
    }

    /// The loop is left: what comes later is another batch.
    pub fn end_batch(&mut self) {
        self.batch.clear();
        self.lingering.clear();
        for subscribed in self.live.values_mut() {
            subscribed.spare = subscribed.most.saturating_sub(subscribed.calls);
        }
    }

    /// Whether the signal has several handlers, and nobody says which of them are called.
    fn is_joint(&self, signal: Signal) -> bool {
        self.joint && self.subscriptions(signal).nth(1).is_some()
    }

    /// What must have happened when a yield is over, and it cannot wait for: a call for each signal with several handlers of
    /// which nobody says which is called. The condition is that of the first.
    #[must_use]
    pub fn owed_jointly(&self) -> Vec<Condition> {
        let mut owed: BTreeMap<Signal, Condition> = BTreeMap::new();
        for (subscription, this) in self.live().filter(|(_, this)| this.owes && self.is_joint(this.signal)) {
            owed.entry(this.signal).or_insert(Condition::CallAfterSend { subscription });
        }
        owed.into_values().collect()
    }

    /// What a yield must wait for now: the least that the claims promise.
    #[must_use]
    pub fn conditions(&self) -> Vec<Condition> {
        let mut conditions = Vec::new();
        for (subscription, subscribed) in self.live().filter(|(_, subscribed)| !self.is_joint(subscribed.signal)) {
            if subscribed.calls < subscribed.least {
                conditions.push(Condition::Calls { subscription, total: subscribed.least });
            }
            if subscribed.owes {
                conditions.push(Condition::CallAfterSend { subscription });
            }
        }
        conditions
    }

    /// The subscriptions whose handlers must be called in the next yield.
    #[must_use]
    pub fn due(&self) -> Vec<Due> {
        let due = self.live().filter(|(_, this)| !self.is_joint(this.signal) && (this.owes || this.calls < this.least));
        let due = due.map(|(subscription, &Subscribed { signal, owes, least, most, .. })| Due {
            subscription,
            signal,
            owes,
            least,
            most,
        });
        due.collect()
    }

    /// A yield is over: what was owed by its end is owed no more, and may still come.
    pub fn waive(&mut self) {
        for subscribed in self.live.values_mut() {
            subscribed.least = subscribed.least.min(subscribed.calls);
            subscribed.owes = false;
        }
    }

    /// Everything that a yield waits for has happened: for a script that is written before it is played.
    pub fn assume_handled(&mut self) {
        for subscribed in self.live.values_mut() {
            subscribed.calls = subscribed.calls.max(subscribed.least);
            subscribed.owes = false;
        }
        self.end_batch();
    }
}
