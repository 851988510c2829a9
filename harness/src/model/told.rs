//! What the model is told, and what it answers.

use sigconform_fixture::{Signal, Subscription};

/// Where a signal comes from, as far as it matters for what may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The sender itself: generated, and unless it is held delivered, before its next line.
    Sender,
    /// The kernel, another process, or the sender where another thread takes it: it may still be on its way, and merges with
    /// its like.
    Elsewhere,
    /// It comes along with what the coroutine waits for itself, such as a child's end, and nobody waits for it to be handled.
    Beside,
}

/// Why a handler call is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// No such signal has been sent since the subscription exists.
    NotSent,
    /// It was sent fewer times than its handler was called.
    TooOften {
        /// Sends since the subscription exists.
        sent: u64,
    },
    /// Others come first by the claimed order.
    OutOfOrder {
        /// The signals that may be handled now.
        allowed: Vec<Signal>,
    },
    /// The subscription is not there: never made, removed, or replaced.
    NotSubscribed,
}

/// What is owed to a subscription by the end of the next yield.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The subscription.
    pub subscription: Subscription,
    /// Its signal.
    pub signal: Signal,
    /// Whether a call must come after the last send.
    pub owes: bool,
    /// Least calls by then, since it exists.
    pub least: u64,
    /// Most calls by then, since it exists.
    pub most: u64,
}
