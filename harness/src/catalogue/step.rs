//! The steps of a scenario, as its data file spells them: what is done, and never what should come of it.

use serde::{Deserialize, Serialize};
use sigconform_fixture::{ChildThen, OutsideAction, Receiver, Signal, Subscription};

/// A step as a scenario writes it. It says what is done; what a yield waits for follows from the claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ScenarioStep {
    /// Add a handler, which may send a signal itself when it is first called.
    Subscribe {
        /// The signal.
        signal: Signal,
        /// What its handler sends.
        #[serde(default)]
        sends: Option<Signal>,
    },
    /// Add a handler that writes nothing, and sends another signal whenever it is called; the loop is closed before the
    /// next yield.
    Relay {
        /// The signal.
        signal: Signal,
        /// What its handler sends.
        sends: Signal,
    },
    /// Add a handler that closes the loop that calls it.
    SubscribeCloser {
        /// The signal.
        signal: Signal,
    },
    /// Add a handler that adds a plain one when it is first called; two that were asked for, of which the second is that one.
    SubscribeAdder {
        /// The signal.
        signal: Signal,
        /// What its handler subscribes.
        adds: Signal,
    },
    /// Add a handler that removes a subscription when it is first called, if that is still there then.
    SubscribeRemover {
        /// The signal.
        signal: Signal,
        /// Which one, counted from 1; without: itself.
        #[serde(default)]
        removes: Option<Subscription>,
    },
    /// Wait in the loop until another thread closes it.
    AwaitClose,
    /// Remove the handler that was asked for as the n-th.
    Unsubscribe {
        /// Counted from 1.
        subscription: Subscription,
    },
    /// Remove the handler that was asked for last: the same step again and again, where one is added each time.
    UnsubscribeNewest,
    /// Send a signal to the own process or one of its threads.
    Send {
        /// The signal.
        signal: Signal,
        /// Whom it is directed at.
        #[serde(default)]
        to: Receiver,
    },
    /// Send a signal many times.
    Flood {
        /// The signal.
        signal: Signal,
        /// How often.
        times: u32,
    },
    /// Send a signal many times from many threads at once, each to itself.
    FloodFromThreads {
        /// The signal.
        signal: Signal,
        /// How many threads.
        threads: u32,
        /// How often each.
        times: u32,
    },
    /// Queue a signal with a value.
    Queue {
        /// The signal.
        signal: Signal,
        /// The value.
        value: i32,
        /// The queue may be full by now.
        #[serde(default)]
        may_fail: bool,
    },
    /// Block signals until `release`.
    Hold {
        /// The signals.
        signals: Vec<Signal>,
    },
    /// Deliver what was held, together.
    Release,
    /// Compute without yielding.
    Work {
        /// Milliseconds of processor time.
        millis: u32,
    },
    /// Start another task of the loop.
    Tick {
        /// Turns that it takes.
        times: u32,
    },
    /// Yield until everything sent has been handled and every task has ended.
    Yield,
    /// Let the loop turn for a while, expecting nothing.
    Settle {
        /// Milliseconds.
        millis: u32,
    },
    /// Wait in the loop for what the harness does.
    Await {
        /// What it does.
        #[serde(rename = "for")]
        action: OutsideAction,
    },
    /// Report the state of the process. Masks, dispositions and pending signals are compared with the first report of a
    /// scenario; descriptors, threads and memory must not grow through all the reports in a row that ask for them.
    Report {
        /// What must be as before.
        #[serde(default)]
        same: Vec<Aspect>,
    },
    /// Close the loop and open another.
    Reopen,
    /// Start a thread that idles.
    SpawnThread,
    /// Have the thread that idles tell its signal mask.
    ReportThread,
    /// Start a thread that blocks in a read.
    ReadElsewhere,
    /// Give that thread something to read, and wait for its end.
    EndRead,
    /// Fork a child that sends itself a signal.
    Fork {
        /// The signal.
        signal: Signal,
    },
    /// Start a child program that reports the state that it started with.
    SpawnReport,
    /// Start children that exit or stop at once.
    Children {
        /// How many.
        times: u32,
        /// What each does.
        #[serde(default)]
        then: ChildThen,
    },
    /// Continue the children that have stopped.
    ContinueChildren,
    /// Start a timer that sends SIGALRM.
    Timer {
        /// Milliseconds.
        millis: u32,
    },
    /// Write to a pipe that nobody reads.
    BreakPipe,
    /// Open a pipe of the program's own.
    OpenPipe,
    /// Look whether the program's own pipes are still its own.
    CheckPipe,
    /// Let the process open so many more descriptors and no other; absent: as many as before.
    LimitDescriptors {
        /// How many more.
        #[serde(default)]
        left: Option<u32>,
    },
    /// Install the program's own handler over whatever is there; it calls what was there before.
    LaterHandler {
        /// The signal.
        signal: Signal,
    },
    /// Start a child program that sends itself a signal, which must end it.
    SpawnKilled {
        /// The signal.
        signal: Signal,
    },
    /// Fork a child that goes on with the loop and handles its own signal.
    ForkLoop {
        /// The signal.
        signal: Signal,
    },
    /// Have a process of the fixture's group read from the terminal in the background.
    ReadInBackground,
    /// Open a second loop on a thread of its own.
    SecondLoop {
        /// The signal that it subscribes.
        signal: Signal,
    },
    /// Wait until the second loop has handled its signal and ended.
    JoinSecondLoop,
    /// Add a coroutine function as a handler.
    SubscribeCoroutine {
        /// The signal.
        signal: Signal,
    },
    /// Send a signal, and see whether its handler wakes the coroutine.
    CheckWaker {
        /// The signal.
        signal: Signal,
    },
    /// Send a signal, and see whether errno is kept.
    CheckErrno {
        /// The signal.
        signal: Signal,
    },
    /// The same steps several times.
    Repeat {
        /// How often.
        times: u32,
        /// The steps.
        steps: Vec<ScenarioStep>,
    },
}

/// Most descriptors that `limit-descriptors` leaves: with more nothing is short.
pub(super) const MOST_LEFT: u32 = 100;
/// Threads that one step may start, and how often each may send.
pub(super) const MOST_THREADS: u32 = 64;
pub(super) const MOST_TIMES: u32 = 1_000;

impl ScenarioStep {
    /// Whether it is such a step, or repeats one.
    pub(super) fn has(&self, is_such: &impl Fn(&Self) -> bool) -> bool {
        match self {
            Self::Repeat { steps, .. } => steps.iter().any(|step| step.has(is_such)),
            step => is_such(step),
        }
    }

    /// Whether it asks for more threads, or more of each, than a process can be asked for; or for none.
    pub(super) fn floods_wrongly(&self) -> bool {
        let Self::FloodFromThreads { threads, times, .. } = self else { return false };
        !(1..=MOST_THREADS).contains(threads) || !(1..=MOST_TIMES).contains(times)
    }

    /// Whether it leaves more descriptors than any subscription can need.
    pub(super) fn leaves_too_many(&self) -> bool {
        matches!(self, Self::LimitDescriptors { left: Some(left) } if *left > MOST_LEFT)
    }

    /// How many steps it is when repeats are written out.
    pub(super) fn played(&self) -> u64 {
        let Self::Repeat { times, steps } = self else { return 1 };
        steps.iter().map(Self::played).fold(0, u64::saturating_add).saturating_mul(u64::from(*times))
    }
}

/// Something that a report shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aspect {
    /// Blocked signals.
    Blocked,
    /// Caught signals.
    Caught,
    /// Ignored signals.
    Ignored,
    /// Pending signals.
    Pending,
    /// Open descriptors.
    Descriptors,
    /// Threads.
    Threads,
    /// Memory in use: it may grow by a little.
    Memory,
    /// How each caught signal is caught: handler, flags and mask.
    Actions,
    /// What is no signal's: descriptors of the program, timers, environment, working directory.
    Surroundings,
}
