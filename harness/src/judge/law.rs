//! The laws: what binds every backend, and what binds those that claim it.

/// One law.
#[derive(Debug, PartialEq, Eq)]
pub struct Law {
    /// Its stable name.
    pub slug: &'static str,
    /// What it says.
    pub statement: &'static str,
    /// What it rests on.
    pub source: &'static str,
}

macro_rules! laws {
    ($($(#[$doc:meta])* $name:ident = $slug:literal, $statement:literal, $source:literal;)*) => {
        $($(#[$doc])* pub static $name: Law = Law { slug: $slug, statement: $statement, source: $source };)*

        /// Every law, in the order of this file.
        pub static ALL: &[&Law] = &[$(&$name),*];
    };
}

laws! {
    /// A handler runs only for a signal that was sent.
    SIGNAL_FIRST = "signal-first",
        "No handler is called for a signal that has not been sent.",
        "POSIX.1-2024, 2.4.1 Signal Generation and Delivery";
    /// A yield handles what was sent before it.
    HANDLED_AT_YIELD = "handled-at-yield",
        "When a yield is over, every subscribed signal sent before it has been handled at least once since it was last sent.",
        "POSIX.1-2024, kill(): a signal sent to oneself, unblocked, is delivered before kill() returns";
    /// No call without a send of its own.
    ONCE_PER_SEND = "once-per-send",
        "A handler is never called more often than its signal was sent.",
        "POSIX.1-2024, 2.4.1 Signal Generation and Delivery";
    /// The handler that was added for the signal.
    RIGHT_HANDLER = "right-handler",
        "A signal is handled by the handlers added for it, and by no other.",
        "POSIX.1-2024, sigaction(): an action belongs to one signal";
    /// The loop's other tasks are not starved.
    TASKS_GO_ON = "tasks-go-on",
        "The other tasks of the loop take their turns while signals are handled.",
        "Python documentation, asyncio, loop.add_signal_handler(): the callback runs along with the loop's other callbacks";
    /// A waiting loop sleeps.
    IDLE_COSTS_NOTHING = "idle-costs-nothing",
        "A loop that waits for a signal uses no processor time.",
        "POSIX.1-2024, poll(): without a timeout the thread is suspended until an event";
    /// A subscribed signal no longer takes its default action.
    SURVIVES = "survives",
        "A subscribed signal does not end the process.",
        "POSIX.1-2024, 2.4.3 Signal Actions: a caught signal executes its function instead of the default action";
    /// What can be caught is accepted.
    ACCEPTS_CATCHABLE = "accepts-catchable",
        "A signal that a program may catch can be subscribed.",
        "POSIX.1-2024, sigaction()";
    /// What cannot be caught is refused, with an error.
    REFUSES_UNCATCHABLE = "refuses-uncatchable",
        "SIGKILL, SIGSTOP and numbers that are no signal are refused with an error that says something, and without a panic.",
        "POSIX.1-2024, sigaction(), ERRORS: EINVAL";
    /// Handlers on the sender's thread run at yields only.
    ONLY_AT_YIELDS = "only-at-yields",
        "A backend whose handlers run on the sender's thread calls none between two lines of code that do not yield.",
        "the backend's claim `handlers_run`";
    /// Handlers run where the backend says.
    CLAIMED_THREAD = "claimed-thread",
        "Handlers and tasks run on the thread that the backend claims.",
        "the backend's claims `handlers_run` and `tasks_run`";
    /// A burst gives as many calls as claimed.
    BURST_AS_CLAIMED = "burst-as-claimed",
        "A burst of one signal gives as many handler calls as the backend claims.",
        "the backend's claim `burst`";
    /// A batch is handled in the claimed order.
    ORDER_AS_CLAIMED = "order-as-claimed",
        "Signals that wait together are handled in the order that the backend claims.",
        "the backend's claim `batch_order`";
}

/// The law of this slug.
#[must_use]
pub fn find(slug: &str) -> Option<&'static Law> {
    ALL.iter().copied().find(|law| law.slug == slug)
}
