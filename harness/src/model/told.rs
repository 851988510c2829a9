//! What the model is told, and what it answers.

use sigconform_fixture::{Signal, Subscription};

/// Where a signal comes from, as far as it matters for what may be called.
///
/// ```
/// use sigconform::{
///     contract::{Burst, Claim, Claims, Signal, Subscription},
///     model::{Model, Origin},
/// };
///
/// let (id, signal) = (Subscription(1), Signal::SIGHUP);
/// let burst = Claim::documented(Burst::Every, "https://docs.example/burst");
/// let mut model = Model::new(&Claims { burst, ..Claims::default() });
/// model.subscribe(id, signal);
///
/// // Whatever is claimed, signals of another process may merge on their way: no count is owed.
/// model.send(signal, 5, Origin::Elsewhere);
/// assert_eq!((model.due()[0].least, model.due()[0].most), (0, 5));
/// model.send(signal, 1, Origin::Sender);
/// assert_eq!((model.due()[0].least, model.due()[0].most), (1, 6));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The sender itself: generated, and unless it is held delivered, before its next line.
    Sender,
    /// The kernel or another process: it may still be on its way, and merges with its like.
    Elsewhere,
}

/// Why a handler call is wrong.
///
/// ```
/// use sigconform::{
///     contract::{Claims, Signal, Subscription},
///     model::{Model, Wrong},
/// };
///
/// let (id, signal) = (Subscription(1), Signal::SIGHUP);
/// let mut model = Model::new(&Claims::default());
/// assert_eq!(model.call(id), Err(Wrong::NotSubscribed));
/// model.subscribe(id, signal);
/// assert_eq!(model.call(id), Err(Wrong::NotSent));
/// ```
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
///
/// ```
/// use sigconform::{
///     contract::{Burst, Claim, Claims, Signal, Subscription},
///     model::{Model, Origin, Due},
/// };
///
/// let (id, signal) = (Subscription(1), Signal::SIGHUP);
/// let burst = Claim::documented(Burst::Every, "https://docs.example/burst");
/// let mut model = Model::new(&Claims { burst, ..Claims::default() });
/// model.subscribe(id, signal);
/// model.send(signal, 3, Origin::Sender);
/// assert_eq!(model.due(), [Due { subscription: id, signal, owes: true, least: 3, most: 3 }]);
/// ```
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
