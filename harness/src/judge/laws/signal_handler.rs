//! The signal handler: it does no more than a signal handler may, keeps errno, and returns.

use sigconform_fixture::{HandlerCall, HandlerEnd, Happening, Trace, WaitsFor};

use crate::{
    conduct::Control,
    judge::{
        statement::laws,
        watch::{Breaches, Ended, Watcher},
        {Unjudgeable, scene::Scene},
    },
    transcript::{Ending, describe},
};

laws! {
    /// errno survives the signal handler.
    KEEPS_ERRNO = "keeps-errno",
        "The signal handler leaves errno as it found it.",
        "POSIX.1-2024, 2.4.3 Signal Actions: a handler that may change errno saves and restores it";
    /// What wakes a coroutine is no signal handler.
    WAKES_OUTSIDE_HANDLER = "wakes-outside-handler",
        "No signal handler wakes a coroutine: what its waker does is the executor's, which may lock and allocate.",
        "POSIX.1-2024, 2.4.3 Signal Actions: the table of async-signal-safe functions; Rust's std::task::Wake: what a waker does, its executor decides";
    /// The signal handler calls what it may.
    HANDLER_ASYNC_SIGNAL_SAFE = "handler-async-signal-safe",
        "The signal handler calls nothing but async-signal-safe functions.",
        "POSIX.1-2024, 2.4.3 Signal Actions: the table of async-signal-safe functions; signal-safety(7)";
    /// The signal handler does not wait.
    HANDLER_NEVER_BLOCKS = "handler-never-blocks",
        "The signal handler makes no system call that can block.",
        "signal-safety(7); POSIX.1-2024, write(): only with O_NONBLOCK does a full pipe not block";
    /// The code that a signal interrupts goes on.
    SENDER_GOES_ON = "sender-goes-on",
        "The signal handler returns, however many signals came before: the code that it interrupts goes on.",
        "POSIX.1-2024, 2.4.3 Signal Actions: on return the process resumes at the point at which it was interrupted";
}

/// What it did, the driver has followed.
pub(super) struct SignalHandler;

impl<'a> Watcher<'a> for SignalHandler {
    fn see(&mut self, _: &Scene<'a>, what: &'a Happening, say: &mut Breaches<'a>) {
        match what {
            Happening::Traced { trace } => traced(trace, say),
            Happening::Woken { signal, in_handler: true } => {
                let message = format!("the signal handler of {signal} called the coroutine's waker");
                say.breach(&WAKES_OUTSIDE_HANDLER, message, "a coroutine that is woken after the signal handler");
            }
            Happening::Errno { signal, kept: false } => {
                let message = format!("the signal handler of {signal} changed errno");
                say.breach(&KEEPS_ERRNO, message, "errno as it was before the signal");
            }
            _ => {}
        }
    }

    fn ended(&mut self, scene: &Scene<'a>, say: &mut Breaches<'a>) -> Ended {
        match &scene.transcript.ending {
            Ending::Stuck(stuck) if may_be_in_handler(scene) => {
                let message = format!("the signal handler never returned ({})", describe(&stuck.threads));
                say.breach(&SENDER_GOES_ON, message, "the sender's next line");
                Ended::Explained
            }
            _ => Ended::Unexplained,
        }
    }
}

/// Whether the coroutine is at something of its own that ends by itself, while the signal handler of what was sent may run.
fn may_be_in_handler(scene: &Scene<'_>) -> bool {
    let is_own = matches!(scene.control(), Control::Fixture | Control::Library);
    scene.is_interrupted() || is_own && scene.is_announced() && !scene.model.conditions().is_empty()
}

/// Where no handler took the signal, there is none to break a law. One that could not be followed to its end, or whose
/// functions could not all be seen, is held to what was seen; where that breaks no law, and nothing else does, nothing is known
/// of the rest.
fn traced(trace: &Trace, say: &mut Breaches<'_>) {
    let (calls, functions, missed) = match trace {
        Trace::Followed { calls, functions, end, unseen } => {
            (calls.as_slice(), functions.as_slice(), missed(*end).or(unseen.as_deref()))
        }
        Trace::Untraced { reason } => (&[][..], &[][..], Some(reason.as_str())),
        Trace::NoHandler => return,
    };
    for function in functions {
        let message = format!("the signal handler calls {function}(), which is not async-signal-safe");
        say.breach(&HANDLER_ASYNC_SIGNAL_SAFE, message, "async-signal-safe functions");
    }
    for HandlerCall { name, waits_for } in calls {
        let waits = match waits_for {
            Some(what) if !what.can_block() => continue,
            Some(WaitsFor::Descriptor { number, file, .. }) => format!(" on descriptor {number}, a {file}"),
            Some(WaitsFor::Event { what }) => format!(", which waits for {what}"),
            None => continue,
        };
        let message = format!("the signal handler calls {name}(){waits}: it can block");
        say.breach(&HANDLER_NEVER_BLOCKS, message, "calls that return at once");
    }
    if let Some(reason) = missed {
        say.is_unknown(Unjudgeable::Untraceable { reason: reason.to_owned() });
    }
}

/// Why something of it may not have been seen.
fn missed(end: HandlerEnd) -> Option<&'static str> {
    Some(match end {
        HandlerEnd::Returned => return None,
        // Allowed, and as good as calling from the handler whatever runs afterwards, unless what it interrupted was
        // async-signal-safe. Source: POSIX.1-2024, 2.4.3, the note on longjmp() and siglongjmp().
        HandlerEnd::Left => {
            "it was left by a jump and did not return, and whether that was out of an async-signal-safe function is not seen"
        }
        HandlerEnd::Replaced => "it replaced the program by another",
        HandlerEnd::Asleep => "it slept on and on",
        HandlerEnd::Ended => "its thread ended in it",
        HandlerEnd::TooLong => "it is longer than what is followed",
    })
}
