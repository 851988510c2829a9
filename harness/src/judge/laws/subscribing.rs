//! Subscribing: what is accepted, what is refused and how, and what a second handler is.

use sigconform_fixture::{Happening, Refusal, SecondHandler, Signal};

use super::{default_action::REMOVAL_AS_CLAIMED, earlier::EARLIER_AS_CLAIMED};
use crate::{
    conduct::Cue,
    judge::{
        scene::Scene,
        statement::laws,
        watch::{Breaches, Ended, Watcher},
    },
    transcript::{Ending, describe},
};

laws! {
    /// What can be caught is accepted.
    ACCEPTS_CATCHABLE = "accepts-catchable",
        "A signal that a program may catch can be subscribed, unless the backend documents that it refuses it.",
        "POSIX.1-2024, sigaction()";
    /// What cannot be caught is refused, with an error.
    REFUSES_UNCATCHABLE = "refuses-uncatchable",
        "SIGKILL, SIGSTOP and numbers that are no signal are refused with an error that says something, and without a panic that nobody documents.",
        "POSIX.1-2024, sigaction(), ERRORS: EINVAL";
    /// What a backend refuses, it documents.
    REFUSES_AS_CLAIMED = "refuses-as-claimed",
        "A signal that the backend documents to refuse is refused with an error, or with the panic that it documents.",
        "the backend's claim `refuses`";
    /// What a backend does not support, it refuses.
    SUPPORTS_AS_CLAIMED = "supports-as-claimed",
        "Where a backend documents the only signals that it supports, every other one is refused with an error.",
        "the backend's claim `supports`";
    /// A second handler does what is claimed.
    SECOND_AS_CLAIMED = "second-handler-as-claimed",
        "A second handler for a signal joins the first, takes its place, or is refused, as the backend claims.",
        "the backend's claim `second_handler`";
    /// A coroutine is no handler.
    REFUSES_COROUTINES = "refuses-coroutines",
        "A coroutine function is refused as a handler: nobody would await what it returns.",
        "Python documentation, asyncio, loop.add_signal_handler(): the callback is invoked by the loop as any callback";
}

/// Each subscription is judged by what is subscribed already, which the model knows.
pub(super) struct Subscribing;

impl<'a> Watcher<'a> for Subscribing {
    fn see(&mut self, scene: &Scene<'a>, what: &'a Happening, say: &mut Breaches<'a>) {
        match (scene.next_cue(), what) {
            (Some(&Cue::Subscribe(signal)), Happening::Subscribed { .. }) => accepted(scene, signal, say),
            (Some(&Cue::Subscribe(signal)), Happening::Refused { error, .. }) => refused(scene, signal, error, say),
            (Some(cue @ &Cue::Subscribe(signal)), Happening::Panicked { message, .. }) if cue.is(what) => {
                panicked(scene, signal, message, say);
            }
            (Some(Cue::Coroutine(signal)), Happening::Subscribed { .. }) => {
                let message = format!("a coroutine function was accepted as the handler of {signal}");
                say.breach(&REFUSES_COROUTINES, message, "an error");
            }
            (_, Happening::Unsubscribed { signal, error: Some(error), .. }) => {
                let message = format!("removing the handler of {signal} failed: {error}");
                say.breach(&REMOVAL_AS_CLAIMED, message, "the handler removed");
            }
            _ => {}
        }
    }

    /// A call that never returns neither accepts nor refuses.
    fn ended(&mut self, scene: &Scene<'a>, say: &mut Breaches<'a>) -> Ended {
        let Ending::Stuck(stuck) = &scene.transcript.ending else { return Ended::Unexplained };
        let (law, what) = match scene.next_cue() {
            _ if scene.is_announced() => return Ended::Unexplained,
            Some(Cue::Subscribe(signal)) if signal.is_catchable() => {
                (&ACCEPTS_CATCHABLE, format!("subscribing {signal}"))
            }
            Some(Cue::Subscribe(signal)) => (&REFUSES_UNCATCHABLE, format!("subscribing {signal}")),
            Some(Cue::Coroutine(signal)) => (&REFUSES_COROUTINES, format!("subscribing a coroutine for {signal}")),
            Some(Cue::Unsubscribe(_)) => (&REMOVAL_AS_CLAIMED, "removing a handler".to_owned()),
            _ => return Ended::Unexplained,
        };
        say.breach(law, format!("{what} never returns ({})", describe(&stuck.threads)), "a call that returns");
        Ended::Explained
    }
}

fn accepted(scene: &Scene<'_>, signal: Signal, say: &mut Breaches<'_>) {
    let claims = scene.claims;
    let exclusive = matches!(claims.second_handler.value, SecondHandler::Refused | SecondHandler::OnePerProcess);
    let (law, message) = if !signal.is_catchable() {
        (&REFUSES_UNCATCHABLE, format!("{signal} cannot be caught, yet the subscription was accepted"))
    } else if claims.refuses.value.contains(&signal) {
        (&REFUSES_AS_CLAIMED, format!("{signal} was accepted, though the backend documents that it refuses it"))
    } else if claims.excludes(signal) {
        let message = format!("{signal} was accepted, though the backend documents that it supports others only");
        (&SUPPORTS_AS_CLAIMED, message)
    } else if scene.yields_to_earlier(signal) {
        (&EARLIER_AS_CLAIMED, format!("{signal} was accepted, though the program has a handler of its own for it"))
    } else if exclusive && scene.would_be_second(signal) {
        (&SECOND_AS_CLAIMED, format!("a second handler for {signal} was accepted"))
    } else {
        return;
    };
    say.breach(law, message, "an error");
}

fn refused(scene: &Scene<'_>, signal: Signal, error: &str, say: &mut Breaches<'_>) {
    let is_second = scene.would_be_second(signal);
    let joins = matches!(scene.claims.second_handler.value, SecondHandler::Both | SecondHandler::Replaces);
    let lawful = scene.lacks_descriptors
        || !signal.is_catchable()
        || scene.claims.excludes(signal)
        || scene.yields_to_earlier(signal)
        || is_second && !joins;
    if !lawful {
        let message = format!("{signal} can be caught, yet the subscription was refused: {error}");
        let law = if is_second { &SECOND_AS_CLAIMED } else { &ACCEPTS_CATCHABLE };
        say.breach(law, message, "the subscription");
    } else if error.trim().is_empty() {
        let message = format!("the refusal of {signal} says nothing");
        say.breach(&REFUSES_UNCATCHABLE, message, "an error that says something");
    }
}

fn panicked(scene: &Scene<'_>, signal: Signal, message: &str, say: &mut Breaches<'_>) {
    let claims = scene.claims;
    if claims.refusal.value == Refusal::Panic && (claims.excludes(signal) || !signal.is_catchable()) {
        return;
    }
    let law = if signal.is_catchable() { &ACCEPTS_CATCHABLE } else { &REFUSES_UNCATCHABLE };
    say.breach(law, format!("subscribing {signal} panicked: {message}"), "an error");
}
