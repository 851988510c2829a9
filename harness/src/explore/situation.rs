//! Where a script stands: what is subscribed, sent, held, started and open after the steps so far, as far as it decides
//! what may come next. Whether a step may come says `validity`; here stands what it changes.

mod playing;
pub(super) mod reports;

use std::collections::BTreeMap;

use sigconform_fixture::{EarlierHandler, Receiver, SecondHandler, Signal, Subscription};

use reports::{Baseline, Inventory};

use super::{abilities::Abilities, signals::Signals};
use crate::catalogue::{Act, Scenario, ScenarioStep};

/// What a subscription's handler does beside telling of its call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Does {
    Nothing,
    Sends(Signal),
    Closes,
    /// It adds a handler of this signal when it is first called.
    Adds(Signal),
    /// It removes this one when it is first called.
    Removes(Subscription),
}

impl Does {
    /// Whether it adds or removes a handler.
    pub(super) fn acts(self) -> bool {
        matches!(self, Self::Adds(_) | Self::Removes(_))
    }
}

/// A subscription that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Live {
    pub(super) signal: Signal,
    pub(super) does: Does,
    /// Its signal has been sent since it is there.
    pub(super) spent: bool,
}

/// A thread of the program that sits in a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reader {
    pub(super) blocked: Signals,
    /// The harness has seen every thread asleep since it was started.
    pub(super) seen: bool,
    /// A signal was directed at it after that, and handled.
    pub(super) reached: bool,
    pub(super) interrupted: bool,
}

/// The thread of the program that idles, the newest of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Idle {
    pub(super) younger: bool,
    pub(super) blocked: Signals,
    /// What was subscribed when it was started.
    pub(super) subscribed: Signals,
}

/// What the signals of the batch since the loop was last left have in common.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that was sent or not")]
pub(super) struct Batch {
    /// How often each was sent.
    pub(super) sent: BTreeMap<i32, u32>,
    pub(super) to_process: bool,
    pub(super) to_thread: bool,
    pub(super) stops: bool,
    pub(super) continues: bool,
    /// What a handler sends in it.
    pub(super) by_handler: Signals,
}

/// Where a script stands.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that is so or not")]
pub(super) struct Situation<'a> {
    pub(super) able: &'a Abilities,
    pub(super) started_blocked: Signals,
    pub(super) started_ignored: Signals,
    pub(super) terminal: bool,
    pub(super) limited: bool,
    pub(super) own_earlier: Signals,
    pub(super) on_second_thread: bool,
    asked: u32,
    pub(super) live: BTreeMap<Subscription, Live>,
    /// What is subscribed.
    subscribed: Signals,
    /// What was ever subscribed.
    pub(super) once: Signals,
    pub(super) held: Option<Signals>,
    /// What was sent while it was held, and to the process or to the thread.
    pub(super) held_sent: BTreeMap<i32, Receiver>,
    /// What was sent and may still be on its way to a handler.
    pub(super) due: Signals,
    /// Handler calls that there may be so far.
    pub(super) calls: u64,
    pub(super) batch: Batch,
    /// What may be handled more often than was waited for.
    pub(super) loose: Signals,
    /// What another thread or process sends or takes in its own time, and may still be on its way.
    pub(super) coming: Signals,
    /// What may come at any time, after another thread has taken it several times.
    pub(super) stray: Signals,
    /// What the harness has sent many times, and may still be sending.
    pub(super) flooding: Signals,
    /// What nobody can tell any more how often it was sent.
    pub(super) burnt: Signals,
    pub(super) ticks: bool,
    pub(super) alarm: bool,
    pub(super) children: bool,
    pub(super) stopping: u32,
    /// Children that stopped have been continued, and live on.
    pub(super) continued: bool,
    pub(super) ever_children: bool,
    /// Pipes of the program's own.
    pub(super) pipes: u32,
    /// Handlers that will send, and wait to be called.
    pub(super) armed: Vec<(Signal, Signal)>,
    /// Handlers that are due and will add one, and for which signal.
    pub(super) adding: Vec<(Subscription, Signal)>,
    /// Handlers that are due and will remove one, and which.
    pub(super) removing: Vec<(Subscription, Subscription)>,
    /// The handler that closes is due.
    pub(super) closing: bool,
    pub(super) closed: bool,
    pub(super) relays: Vec<(Signal, Signal)>,
    pub(super) relaying: bool,
    /// What each thread that idles blocks.
    pub(super) threads: Vec<Signals>,
    pub(super) idle: Option<Idle>,
    pub(super) reader: Option<Reader>,
    /// The second loop's signal, and whether that was sent.
    pub(super) second: Option<(Signal, bool)>,
    pub(super) ever_second: Signals,
    pub(super) own_later: Signals,
    pub(super) background: bool,
    pub(super) hung_up: bool,
    pub(super) removed_while_due: bool,
    pub(super) baseline: Option<Baseline>,
    /// What there was at the last report.
    inventory: Option<Inventory>,
    /// The most rounds of a repeated part since then.
    rounds: u32,
    pub(super) reopened: bool,
    pub(super) forked: bool,
    pub(super) ended: bool,
    /// The last act that was played.
    last: Option<Act>,
}

impl<'a> Situation<'a> {
    /// Whether there are children that live on, which share in whatever befalls the process group.
    pub(super) fn has_lasting_children(&self) -> bool {
        self.stopping > 0 || self.continued
    }

    /// Before the first step, with what the scenario subscribes at the start.
    pub(super) fn before(able: &'a Abilities, scenario: &Scenario) -> Self {
        let (start, before) = (&scenario.start, &scenario.before);
        let started_blocked = Signals::of(&start.blocked);
        let mut this = Self {
            able,
            started_blocked,
            started_ignored: Signals::of(&start.ignored),
            terminal: start.terminal,
            limited: start.pending_limit.is_some(),
            own_earlier: Signals::of(&before.handlers),
            on_second_thread: before.loop_on_second_thread,
            asked: 0,
            live: BTreeMap::new(),
            subscribed: Signals::default(),
            once: Signals::default(),
            held: None,
            held_sent: BTreeMap::new(),
            due: Signals::default(),
            calls: 0,
            batch: Batch::default(),
            loose: Signals::default(),
            coming: Signals::default(),
            stray: Signals::default(),
            flooding: Signals::default(),
            burnt: Signals::default(),
            ticks: false,
            alarm: false,
            children: false,
            stopping: 0,
            pipes: 0,
            continued: false,
            ever_children: false,
            armed: Vec::new(),
            adding: Vec::new(),
            removing: Vec::new(),
            closing: false,
            closed: false,
            relays: Vec::new(),
            relaying: false,
            threads: Vec::new(),
            idle: None,
            reader: None,
            second: None,
            ever_second: Signals::default(),
            own_later: Signals::default(),
            background: false,
            hung_up: false,
            removed_while_due: false,
            baseline: None,
            inventory: None,
            rounds: 0,
            reopened: false,
            forked: false,
            ended: false,
            last: None,
        };
        if before.report {
            this.baseline = Some(this.baseline_now());
        }
        if before.older_thread {
            this.threads.push(started_blocked);
            this.idle = Some(Idle { younger: false, blocked: started_blocked, subscribed: Signals::default() });
        }
        if before.loop_on_second_thread {
            this.threads.push(started_blocked);
        }
        this
    }

    /// What is subscribed.
    pub(super) fn subscribed(&self) -> Signals {
        self.subscribed
    }

    pub(super) fn is_subscribed(&self, signal: Signal) -> bool {
        self.subscribed.contains(signal)
    }

    pub(super) fn handlers_of(&self, signal: Signal) -> impl Iterator<Item = &Live> {
        self.live.values().filter(move |live| live.signal == signal)
    }

    pub(super) fn is_held(&self, signal: Signal) -> bool {
        self.held.is_some_and(|held| held.contains(signal))
    }

    /// Whether it is blocked from the start, and nobody says that it is handled all the same.
    pub(super) fn is_deaf_to(&self, signal: Signal) -> bool {
        self.started_blocked.contains(signal) && !self.able.handles_blocked()
    }

    /// What the sender's thread blocks, and with it each thread that it starts.
    pub(super) fn blocks(&self) -> Signals {
        let by_backend = if self.able.is_masked() { self.subscribed() } else { Signals::default() };
        self.started_blocked.and(self.held.unwrap_or_default()).and(by_backend)
    }

    /// Whether the subscription is to be refused.
    pub(super) fn is_refused(&self, signal: Signal) -> bool {
        let claims = &self.able.claims;
        !self.able.takes(signal)
            || claims.earlier_handler.value == EarlierHandler::Refused && self.own_earlier.contains(signal)
            || match claims.second_handler.value {
                SecondHandler::Refused => self.is_subscribed(signal),
                SecondHandler::OnePerProcess => !self.live.is_empty(),
                _ => false,
            }
    }

    /// What a step is here.
    pub(super) fn act(&self, step: &ScenarioStep) -> Option<Act> {
        let refused = matches!(step, ScenarioStep::Subscribe { signal, .. } if self.is_refused(*signal));
        Act::of(step, refused)
    }

    /// The number of the subscription that was asked for last.
    pub(super) fn newest(&self) -> Subscription {
        Subscription(self.asked)
    }

    /// What nobody handles: whether its default action ends the process.
    pub(super) fn ends_the_process(&self, signal: Signal) -> bool {
        let by_second = self.second.is_some_and(|(second, _)| second == signal);
        let spared = self.started_ignored.and(self.started_blocked).and(self.own_earlier);
        let captured =
            self.once.contains(signal) && self.able.claims.removal.value == sigconform_fixture::Removal::StaysCaptured;
        !(by_second || spared.contains(signal) || captured || signal.default_is_harmless())
    }

    /// What may come at any time without being sent again.
    pub(super) fn astray(&self) -> Signals {
        self.coming.and(self.stray).and(self.flooding)
    }
}

/// What stops a process by default, and takes back a pending SIGCONT: POSIX.1-2024, 2.4.1.
pub(super) fn is_stop(signal: Signal) -> bool {
    [libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU].contains(&signal.as_raw())
}
