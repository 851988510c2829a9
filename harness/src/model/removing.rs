//! What becomes of a handler that is removed: between two yields, or by a handler of the batch that is being handled.

use sigconform_fixture::{Signal, Subscription};

use super::{Model, Subscribed};

impl Model {
    /// A handler was removed, or its loop closed: what is not handled by now need not be, and must not be by it.
    pub fn unsubscribe(&mut self, subscription: Subscription) {
        let Some(removed) = self.live.remove(&subscription) else { return };
        let left = removed.most.saturating_sub(removed.calls);
        let unseen = self.unseen.entry(removed.signal).or_default();
        *unseen = (*unseen).max(left);
        for group in &mut self.batch {
            for waiting in group.values_mut() {
                waiting.remove(&subscription);
            }
        }
        self.gone.insert(subscription, removed);
    }

    /// A handler of the batch removed it, perhaps itself: for what was sent by now it may be called until the loop is left, and
    /// for nothing else.
    pub fn remove_in_batch(&mut self, subscription: Subscription) {
        if self.live.contains_key(&subscription) {
            self.unsubscribe(subscription);
            self.lingering.insert(subscription);
        }
    }

    /// Every handler of this signal, whose place one takes that a handler of the batch has added.
    pub fn remove_all_in_batch(&mut self, signal: Signal) {
        let gone: Vec<_> = self.subscriptions(signal).collect();
        gone.into_iter().for_each(|subscription| self.remove_in_batch(subscription));
    }

    /// A handler that is owed calls removes itself in the first of them: the others are owed no more.
    pub fn expect_one_call(&mut self, subscription: Subscription) {
        self.live.entry(subscription).and_modify(|this| this.least = this.least.min(this.calls.saturating_add(1)));
    }

    /// Every handler of this signal, as when another takes their place.
    pub fn unsubscribe_all(&mut self, signal: Option<Signal>) {
        let gone = |subscribed: &Subscribed| signal.is_none_or(|signal| subscribed.signal == signal);
        let gone: Vec<_> = self.live().filter(|(_, subscribed)| gone(subscribed)).map(|(id, _)| id).collect();
        gone.into_iter().for_each(|subscription| self.unsubscribe(subscription));
    }
}
