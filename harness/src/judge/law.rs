//! The laws: what binds every backend, and what binds those that claim it.
//!
//! ```
//! use sigconform::judge::law;
//!
//! // What an expectation may list, and what a diagnosis names.
//! assert!(law::ALL.contains(&&law::FORK_ISOLATED));
//! assert_eq!(law::FORK_ISOLATED.slug, "fork-isolated");
//! ```

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
        "No handler is called for a signal that has not been sent since it was added.",
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
    /// A removed handler is silent.
    REMOVED_IS_SILENT = "removed-is-silent",
        "A handler that was removed, replaced, or closed with its loop is not called any more.",
        "Python documentation, asyncio, loop.remove_signal_handler(): the handler is removed when the call returns";
    /// A loop closes, whatever comes meanwhile.
    CLOSES_IN_ORDER = "closes-in-order",
        "Closing a loop ends its wait and returns, whatever arrives meanwhile.",
        "Python documentation, asyncio, loop.close(): whatever is still pending is discarded, and the loop is closed";
    /// The loop's other tasks are not starved.
    TASKS_GO_ON = "tasks-go-on",
        "The other tasks of the loop take their turns while signals are handled.",
        "Python documentation, asyncio, loop.add_signal_handler(): the callback runs along with the loop's other callbacks";
    /// A handler is not interrupted by another.
    NO_RECURSION = "no-recursion",
        "A signal that a handler sends is handled in a later turn, after that handler has returned.",
        "Python documentation, asyncio, Concurrency and Multithreading: a callback runs to its end before another starts";
    /// A waiting loop sleeps.
    IDLE_COSTS_NOTHING = "idle-costs-nothing",
        "A loop that waits for a signal uses no processor time.",
        "POSIX.1-2024, poll(): without a timeout the thread is suspended until an event";
    /// A subscribed signal no longer takes its default action.
    SURVIVES = "survives",
        "A subscribed signal does not end the process.",
        "POSIX.1-2024, 2.4.3 Signal Actions: a caught signal executes its function instead of the default action";
    /// A signal that nobody subscribed keeps its default action.
    DEFAULT_ACTION = "default-action",
        "A signal that was never subscribed keeps its default action: the process ends by exactly that signal.",
        "POSIX.1-2024, 2.4.3 Signal Actions, SIG_DFL; wait(), WTERMSIG";
    /// What can be caught is accepted.
    ACCEPTS_CATCHABLE = "accepts-catchable",
        "A signal that a program may catch can be subscribed, unless the backend documents that it refuses it.",
        "POSIX.1-2024, sigaction()";
    /// What cannot be caught is refused, with an error.
    REFUSES_UNCATCHABLE = "refuses-uncatchable",
        "SIGKILL, SIGSTOP and numbers that are no signal are refused with an error that says something, and without a panic that nobody documents.",
        "POSIX.1-2024, sigaction(), ERRORS: EINVAL";
    /// A panic is documented or a defect.
    NEVER_PANICS = "never-panics",
        "The library does not panic where its documentation does not say that it does, nor while it closes.",
        "Rust API Guidelines, C-FAILURE and C-DTOR-FAIL: panics are documented, destructors never fail";
    /// A library does not take the process down.
    NEVER_CRASHES = "never-crashes",
        "No fault and no abort ends the process while a handler is added or removed, a loop waits or closes, or a signal is handled that is or was subscribed.",
        "POSIX.1-2024, abort() and 2.4.1 Signal Generation and Delivery: an abort, or a fault, ends the whole process abnormally";
    /// Descriptors belong to whoever opened them.
    CLOSES_ONLY_ITS_OWN = "closes-only-its-own",
        "A library closes the descriptors that it opened, each of them once, and no other.",
        "POSIX.1-2024, close(): a number that was closed may be given to another open() at once; Rust std, io module, I/O Safety";
    /// What fails or ends leaves the process as it was.
    LEAVES_NO_TRACE = "leaves-no-trace",
        "A subscription that failed, was removed, or was closed leaves no descriptor, thread, memory, mask or pending signal behind.",
        "POSIX.1-2024, 2.4.1: the mask and the actions belong to the process, and to whoever set them";
    /// Only what was subscribed is touched.
    TOUCHES_ONLY_ITS_OWN = "touches-only-its-own",
        "Subscribing a signal changes the mask and the disposition of no other.",
        "POSIX.1-2024, sigaction(): an action belongs to one signal";
    /// A child program starts as if the library were not there.
    CLEAN_CHILD = "clean-child",
        "A child program starts with the mask, the ignored signals and the descriptors that it would have without the library.",
        "POSIX.1-2024, exec: the mask and ignored signals are inherited; so are descriptors without FD_CLOEXEC";
    /// A forked child's signals are its own.
    FORK_ISOLATED = "fork-isolated",
        "A signal that a forked child receives is not handled in the parent.",
        "POSIX.1-2024, fork(): the child is another process; kill(): a signal is sent to one process";
    /// A forked child can go on, as claimed.
    FORK_CHILD_AS_CLAIMED = "fork-child-as-claimed",
        "A forked child goes on with the loop and handles its own signals, where the backend claims it.",
        "the backend's claim `fork_child`";
    /// Several loops do not disturb each other, as claimed.
    LOOPS_AS_CLAIMED = "loops-as-claimed",
        "Each of several loops in one process handles what it subscribed, where the backend claims it.",
        "the backend's claim `loops`";
    /// A coroutine is no handler.
    REFUSES_COROUTINES = "refuses-coroutines",
        "A coroutine function is refused as a handler: nobody would await what it returns.",
        "Python documentation, asyncio, loop.add_signal_handler(): the callback is invoked by the loop as any callback";
    /// Every child is announced.
    CHILDREN_ANNOUNCED = "children-announced",
        "However many children end at once, SIGCHLD is handled after the last, so that all can be reaped.",
        "POSIX.1-2024, 2.4.3 Signal Actions and wait(): SIGCHLD is generated when a child ends";
    /// errno survives the signal handler.
    KEEPS_ERRNO = "keeps-errno",
        "The signal handler leaves errno as it found it.",
        "POSIX.1-2024, 2.4.3 Signal Actions: a handler that may change errno saves and restores it";
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
    /// Handlers on the sender's thread run at yields only.
    ONLY_AT_YIELDS = "only-at-yields",
        "A backend whose handlers run on the sender's thread calls none between two lines of code that do not yield.",
        "the backend's claim `handlers_run`";
    /// Handlers run where the backend says.
    CLAIMED_THREAD = "claimed-thread",
        "Handlers and tasks run on the thread that the backend claims.",
        "the backend's claim `handlers_run`";
    /// A burst gives as many calls as claimed.
    BURST_AS_CLAIMED = "burst-as-claimed",
        "A burst of one signal gives as many handler calls as the backend claims.",
        "the backend's claim `burst`";
    /// A batch is handled in the claimed order.
    ORDER_AS_CLAIMED = "order-as-claimed",
        "Signals that wait together are handled in the order that the backend claims.",
        "the backend's claim `batch_order`";
    /// Real-time signals queue, as claimed.
    REAL_TIME_AS_CLAIMED = "real-time-as-claimed",
        "Queued real-time signals are each handled once, first in first out within a number, as the backend claims.",
        "the backend's claim `real_time`";
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
    /// Removal does what is claimed.
    REMOVAL_AS_CLAIMED = "removal-as-claimed",
        "When its last handler is removed, a signal has its earlier disposition again or stays captured, as the backend claims.",
        "the backend's claim `removal`";
    /// An earlier handler is treated as claimed.
    EARLIER_AS_CLAIMED = "earlier-handler-as-claimed",
        "The program's own handler from before is called as well, is called no longer, or keeps a subscription out, as the backend claims.",
        "the backend's claim `earlier_handler`";
    /// What was pending is handled as claimed.
    PENDING_BEFORE_AS_CLAIMED = "pending-before-as-claimed",
        "A signal that was blocked and pending when it was subscribed is handled, where the backend claims it.",
        "the backend's claim `pending_before`";
    /// What comes along is right.
    INFORMATION_AS_CLAIMED = "information-as-claimed",
        "What the backend claims to tell about a signal, it tells, and it is true.",
        "the backend's claim `information`";
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

impl Law {
    /// The claim that it rests on, if it does.
    #[must_use]
    pub fn claim(&self) -> Option<&'static str> {
        self.source.strip_prefix("the backend's claim `")?.strip_suffix('`')
    }
}

/// The law of this slug.
#[must_use]
pub fn find(slug: &str) -> Option<&'static Law> {
    ALL.iter().copied().find(|law| law.slug == slug)
}
