//! Handler calls: the right handler, for a signal that was sent, as often as it was, in the claimed order.

use sigconform_fixture::{Happening, SecondHandler, Signal, Subscription};

use super::{subscribing::SECOND_AS_CLAIMED, yields::REAL_TIME_AS_CLAIMED};
use crate::{
    judge::{
        scene::Scene,
        statement::laws,
        watch::{Breaches, Watcher},
        wording::times,
    },
    model::Wrong,
};

laws! {
    /// A handler runs only for a signal that was sent.
    SIGNAL_FIRST = "signal-first",
        "No handler is called for a signal that has not been sent since it was added.",
        "POSIX.1-2024, 2.4.1 Signal Generation and Delivery";
    /// No call without a send of its own.
    ONCE_PER_SEND = "once-per-send",
        "A handler is never called more often than its signal was sent.",
        "POSIX.1-2024, 2.4.1 Signal Generation and Delivery";
    /// The handler that was added for the signal.
    RIGHT_HANDLER = "right-handler",
        "A signal is handled by the handlers added for it, and by no other.",
        "POSIX.1-2024, sigaction(): an action belongs to one signal";
    /// A removed handler is silent.
    REMOVED_IS_SILENT = "removed-is-silent",
        "A handler that was removed, replaced, or closed with its loop is not called any more.",
        "Python documentation, asyncio, loop.remove_signal_handler(): the handler is removed when the call returns";
    /// A forked child's signals are its own.
    FORK_ISOLATED = "fork-isolated",
        "A signal that a forked child receives is not handled in the parent.",
        "POSIX.1-2024, fork(): the child is another process; kill(): a signal is sent to one process";
    /// A batch is handled in the claimed order.
    ORDER_AS_CLAIMED = "order-as-claimed",
        "Signals that wait together are handled in the order that the backend claims.",
        "the backend's claim `batch_order`";
}

#[derive(Default)]
pub(super) struct Calls {
    /// The signal of a forked child.
    forked: Option<Signal>,
}

impl<'a> Watcher<'a> for Calls {
    fn see(&mut self, scene: &Scene<'a>, what: &'a Happening, say: &mut Breaches<'a>) {
        match *what {
            Happening::Forking { signal } | Happening::ForkingLoop { signal } => self.forked = Some(signal),
            Happening::Handler { signal, subscription, .. } => match scene.model.signal_of(subscription) {
                Some(own) if own == signal => self.called(scene, signal, subscription, say),
                whose => {
                    let whose = whose.map_or_else(|| "no signal".to_owned(), |signal| signal.to_string());
                    let message = format!("the handler added for {whose} was called for {signal}");
                    say.breach(&RIGHT_HANDLER, message, format!("the handler added for {signal}"));
                }
            },
            _ => {}
        }
    }
}

impl Calls {
    fn called(&self, scene: &Scene<'_>, signal: Signal, subscription: Subscription, say: &mut Breaches<'_>) {
        let Err(wrong) = scene.model.would_be(subscription) else { return };
        if self.forked == Some(signal) && !matches!(wrong, Wrong::OutOfOrder { .. }) {
            let message = format!("{signal}, which only the forked child received, was handled in the parent");
            return say.breach(&FORK_ISOLATED, message, "no call in the parent");
        }
        match wrong {
            Wrong::NotSent => {
                let message = format!("the handler of {signal} was called, and {signal} has not been sent");
                say.breach(&SIGNAL_FIRST, message, format!("no call before `sending {signal}`"));
            }
            Wrong::TooOften { sent } => {
                let message = format!("{signal} was sent {}, and its handler is called once more", times(sent));
                say.breach(&ONCE_PER_SEND, message, format!("no further call for {signal}"));
            }
            Wrong::OutOfOrder { allowed } => {
                let allowed: Vec<_> = allowed.iter().map(|signal| format!("signal_handler('{signal}')")).collect();
                let message = format!("{signal} was handled before its turn");
                let law = if signal.is_real_time() { &REAL_TIME_AS_CLAIMED } else { &ORDER_AS_CLAIMED };
                say.breach(law, message, allowed.join(" or "));
            }
            Wrong::NotSubscribed => {
                let replaces = scene.claims.second_handler.value == SecondHandler::Replaces;
                let replaced = replaces && scene.model.is_subscribed(signal);
                let law = if replaced { &SECOND_AS_CLAIMED } else { &REMOVED_IS_SILENT };
                let message = format!("a handler of {signal} that is no longer there was called");
                say.breach(law, message, "no call of this handler");
            }
        }
    }
}
