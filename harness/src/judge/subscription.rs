//! Subscriptions: what is accepted, what is refused, and what becomes of a handler that is removed.

use sigconform_fixture::{EarlierHandler, Happening, Refusal, SecondHandler, Signal, Subscription};

use super::{law, monitor::Monitor};

impl Monitor<'_> {
    pub(super) fn subscribed(&mut self, signal: Signal, what: &Happening) {
        let excluded = self.claims.excludes(signal);
        let second_handler = self.claims.second_handler.value;
        let is_second = match second_handler {
            SecondHandler::OnePerProcess => self.model.is_any_subscribed(),
            _ => self.model.is_subscribed(signal),
        };
        let second = is_second.then_some(second_handler);
        let yields_to_earlier = self.claims.earlier_handler.value == EarlierHandler::Refused
            && self.part.script.before.handlers.contains(&signal);
        match what {
            Happening::Subscribed { subscription, .. } => {
                if !signal.is_catchable() {
                    let message = format!("{signal} cannot be caught, yet the subscription was accepted");
                    self.breach(&law::REFUSES_UNCATCHABLE, message, "an error");
                } else if self.claims.refuses.value.contains(&signal) {
                    let message = format!("{signal} was accepted, though the backend documents that it refuses it");
                    self.breach(&law::REFUSES_AS_CLAIMED, message, "an error");
                } else if excluded {
                    let message =
                        format!("{signal} was accepted, though the backend documents that it supports others only");
                    self.breach(&law::SUPPORTS_AS_CLAIMED, message, "an error");
                } else if yields_to_earlier {
                    let message = format!("{signal} was accepted, though the program has a handler of its own for it");
                    self.breach(&law::EARLIER_AS_CLAIMED, message, "an error");
                } else if matches!(second, Some(SecondHandler::Refused | SecondHandler::OnePerProcess)) {
                    let message = format!("a second handler for {signal} was accepted");
                    self.breach(&law::SECOND_AS_CLAIMED, message, "an error");
                }
                if second == Some(SecondHandler::Replaces) {
                    self.model.unsubscribe_all(Some(signal));
                }
                self.model.subscribe(*subscription, signal);
                self.once_subscribed.push(signal);
            }
            Happening::Refused { error, .. } => {
                let lawful = !signal.is_catchable()
                    || excluded
                    || yields_to_earlier
                    || is_second && !matches!(second_handler, SecondHandler::Both | SecondHandler::Replaces);
                if !lawful {
                    let message = format!("{signal} can be caught, yet the subscription was refused: {error}");
                    let law = if second.is_some() { &law::SECOND_AS_CLAIMED } else { &law::ACCEPTS_CATCHABLE };
                    self.breach(law, message, "the subscription");
                } else if error.trim().is_empty() {
                    let message = format!("the refusal of {signal} says nothing");
                    self.breach(&law::REFUSES_UNCATCHABLE, message, "an error that says something");
                }
            }
            Happening::Panicked { .. }
                if self.claims.refusal.value == Refusal::Panic && (excluded || !signal.is_catchable()) => {}
            Happening::Panicked { message, .. } => {
                let law = if signal.is_catchable() { &law::ACCEPTS_CATCHABLE } else { &law::REFUSES_UNCATCHABLE };
                self.breach(law, format!("subscribing {signal} panicked: {message}"), "an error");
            }
            _ => {}
        }
    }

    pub(super) fn coroutine(&mut self, signal: Signal, what: &Happening) {
        if let Happening::Subscribed { .. } = what {
            let message = format!("a coroutine function was accepted as the handler of {signal}");
            self.breach(&law::REFUSES_COROUTINES, message, "an error");
        }
    }

    pub(super) fn unsubscribed(&mut self, subscription: Subscription, signal: Signal, error: Option<&str>) {
        self.model.unsubscribe(subscription);
        self.posts.retain(|&(counted, ..)| counted != signal);
        if let Some(error) = error {
            let message = format!("removing the handler of {signal} failed: {error}");
            self.breach(&law::REMOVAL_AS_CLAIMED, message, "the handler removed");
        }
    }
}
