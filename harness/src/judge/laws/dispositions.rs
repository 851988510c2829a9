//! Dispositions and masks: the flags of the library's signal handlers, and what other threads block.

use sigconform_fixture::{Happening, Signal, Stack, State, SystemCalls, Threads};

use crate::{
    judge::{
        scene::Scene,
        statement::laws,
        watch::{Breaches, Watcher},
    },
    transcript::list,
};

laws! {
    /// Interrupted system calls behave as claimed.
    SYSTEM_CALLS_AS_CLAIMED = "system-calls-as-claimed",
        "System calls that the signal interrupts are restarted, or fail with EINTR, as the backend claims.",
        "the backend's claim `system_calls`";
    /// The masks of other threads are as claimed.
    MASKS_AS_CLAIMED = "masks-as-claimed",
        "A subscription leaves the masks of other threads alone, and a thread that the program starts afterwards blocks what was subscribed only where the backend claims that every thread has to.",
        "the backend's claim `threads`";
    /// The handler's stack is the claimed one.
    STACK_AS_CLAIMED = "stack-as-claimed",
        "The signal handler runs on the alternate stack where the backend claims it.",
        "the backend's claim `stack`";
}

#[derive(Default)]
pub(super) struct Dispositions {
    /// The thread that idles was started after what was subscribed at the start.
    is_thread_younger: bool,
}

impl<'a> Watcher<'a> for Dispositions {
    fn see(&mut self, scene: &Scene<'a>, what: &'a Happening, say: &mut Breaches<'a>) {
        match what {
            Happening::State { state } => check_flags(scene, state, say),
            Happening::ThreadSpawned => self.is_thread_younger = true,
            Happening::ThreadMask { blocked } => self.check_mask(scene, blocked, say),
            Happening::ReadEnded { interrupted } => check_read(scene, *interrupted, say),
            _ => {}
        }
    }
}

impl Dispositions {
    /// A mask belongs to its thread, and is inherited from the thread that started it.
    fn check_mask(&self, scene: &Scene<'_>, blocked: &[Signal], say: &mut Breaches<'_>) {
        let masked = self.is_thread_younger && scene.claims.threads.value == Threads::Masked;
        let age = if self.is_thread_younger { "younger" } else { "older" };
        let (wrong, right) =
            if masked { ("lets through", "a thread that blocks it") } else { ("blocks", "a mask without it") };
        let wrongly = |signal: &Signal| scene.model.is_subscribed(*signal) && blocked.contains(signal) != masked;
        let signals: Vec<_> = Signal::all_catchable().filter(wrongly).collect();
        if !signals.is_empty() {
            let message = format!("a thread {age} than the subscription {wrong} {}", list(&signals));
            say.breach(&MASKS_AS_CLAIMED, message, right);
        }
    }
}

/// What is claimed of the handlers' flags.
fn check_flags(scene: &Scene<'_>, state: &State, say: &mut Breaches<'_>) {
    let flagged = match scene.claims.system_calls.value {
        SystemCalls::Restart => Some(true),
        SystemCalls::Interrupted => Some(false),
        SystemCalls::Unspecified => None,
    };
    if let Some(restarts) = flagged {
        for signal in caught(scene, state, ("restarting", state.restarting.as_ref()), !restarts, say) {
            let (message, right) = if restarts {
                (format!("{signal} interrupts system calls: its handler has no SA_RESTART"), "SA_RESTART")
            } else {
                (format!("{signal} restarts system calls: its handler has SA_RESTART"), "no SA_RESTART")
            };
            say.breach(&SYSTEM_CALLS_AS_CLAIMED, message, right);
        }
    }
    if scene.claims.stack.value == Stack::Alternate {
        let on_stack = ("on_alternate_stack", state.on_alternate_stack.as_ref());
        for signal in caught(scene, state, on_stack, false, say) {
            say.breach(&STACK_AS_CLAIMED, format!("the handler of {signal} has no SA_ONSTACK"), "SA_ONSTACK");
        }
    }
}

/// The signals that are subscribed and caught, and are in this list of the report, or are not.
fn caught(
    scene: &Scene<'_>,
    state: &State,
    (name, flagged): (&'static str, Option<&Vec<Signal>>),
    is_in: bool,
    say: &mut Breaches<'_>,
) -> Vec<Signal> {
    let Some(caught) = say.told("caught", state.caught.as_ref()) else { return Vec::new() };
    let caught: Vec<_> = caught.iter().copied().filter(|&signal| scene.model.is_subscribed(signal)).collect();
    if caught.is_empty() {
        return caught;
    }
    let Some(flagged) = say.told(name, flagged) else { return Vec::new() };
    caught.into_iter().filter(|signal| flagged.contains(signal) == is_in).collect()
}

/// A read of another thread, to which a signal was delivered meanwhile.
fn check_read(scene: &Scene<'_>, interrupted: bool, say: &mut Breaches<'_>) {
    match scene.claims.system_calls.value {
        SystemCalls::Restart if interrupted => {
            say.breach(&SYSTEM_CALLS_AS_CLAIMED, "a read failed with EINTR", "a read that is restarted");
        }
        SystemCalls::Interrupted if !interrupted => {
            say.breach(&SYSTEM_CALLS_AS_CLAIMED, "a read was restarted", "a read that fails with EINTR");
        }
        _ => {}
    }
}
