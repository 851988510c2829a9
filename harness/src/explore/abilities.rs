//! Abilities: what a backend can be asked, by its claims and by the steps that its fixture plays, with the reason for
//! whatever it cannot.

use std::collections::BTreeMap;

use sigconform_fixture::{
    Claims, Description, Fork, ForkChild, HandlersRun, Loops, PendingBefore, Removal, SecondHandler, Signal, Threads,
};

use super::signals::Signals;
use crate::catalogue::Act;

/// What can be asked of one backend on one system.
#[derive(Debug, Clone)]
pub(super) struct Abilities {
    pub(super) claims: Claims,
    /// What can be caught and is not documented to be refused.
    pub(super) pool: Vec<Signal>,
    /// What must be refused.
    pub(super) refused: Vec<Signal>,
    /// What its fixture can do before the loop.
    pub(super) before: Vec<String>,
    /// What is never asked, and why.
    cannot: BTreeMap<Act, String>,
    /// What its fixture could not when it was tried, and why.
    lost: BTreeMap<Act, String>,
}

/// Not a script's business: no backend can be held to what becomes of it.
const LINUX_RESERVED: [i32; 2] = [32, 33];

impl Abilities {
    /// By what a backend says of itself. What its fixture finds out only when it plays is told by [`Self::lose`].
    pub(super) fn of(description: &Description, os: &str) -> Self {
        let claims = description.claims.clone();
        let pool: Vec<_> = Signal::all_catchable().filter(|&signal| !claims.excludes(signal)).collect();
        let reserved = if os == "linux" { &LINUX_RESERVED[..] } else { &[] };
        let no_signal = [libc::SIGKILL, libc::SIGSTOP, 0, -1, Signal::highest() + 1].into_iter();
        let no_signal = no_signal.chain(reserved.iter().copied()).map(Signal::from_raw);
        let excluded = Signal::all_catchable().filter(|&signal| claims.excludes(signal));
        let refused = no_signal.chain(excluded).collect();
        let before = description.before.clone();
        let mut this = Self { claims, pool, refused, before, cannot: BTreeMap::new(), lost: BTreeMap::new() };
        for &act in Act::ALL {
            let played = description.steps.iter().any(|step| step == act.step());
            let reason =
                if played { this.why_not(act, os) } else { Some("its fixture cannot play the step".to_owned()) };
            if let Some(reason) = reason {
                this.cannot.insert(act, reason);
            }
        }
        this
    }

    /// What the claims and the system leave no room for.
    fn why_not(&self, act: Act, os: &str) -> Option<String> {
        let claims = &self.claims;
        let claim = |name: &str| {
            let value = claims.all().into_iter().find(|(claim, ..)| *claim == name).map(|(_, value, _)| value);
            format!("its claim `{name}` is {}", value.unwrap_or_default())
        };
        let needs = |signals: &[i32]| {
            let taken = signals.iter().any(|&signal| self.takes(Signal::from_raw(signal)));
            (!taken).then(|| format!("it does not take {}", Signal::from_raw(signals[0])))
        };
        let once = claims.second_handler.value == SecondHandler::OnePerProcess;
        match act {
            Act::Fork if claims.fork.value == Fork::Unsupported => Some(claim("fork")),
            Act::ForkLoop if claims.fork_child.value != ForkChild::Handles => Some(claim("fork_child")),
            Act::SecondLoop | Act::JoinSecondLoop if claims.loops.value != Loops::Each => Some(claim("loops")),
            Act::Relay if claims.removal.value != Removal::StaysCaptured => Some(claim("removal")),
            Act::Relay | Act::SubscribeSends if self.pool.len() < 2 => Some("it takes one signal only".to_owned()),
            Act::Relay
            | Act::SubscribeSends
            | Act::SubscribeCloser
            | Act::SubscribeAdder
            | Act::SubscribeRemover
            | Act::AwaitClose
            | Act::Unsubscribe
            | Act::Reopen
            | Act::SubscribeCoroutine
                if once =>
            {
                Some(claim("second_handler"))
            }
            Act::SubscribeAdder | Act::SubscribeRemover if !self.is_ordered() => Some(claim("handlers_run")),
            Act::SendToIdle if claims.threads.value == Threads::Masked => Some(claim("threads")),
            Act::SendToThread | Act::SendToIdle if os == "macos" => {
                Some("on macOS a kqueue posts nothing for a signal directed at a thread".to_owned())
            }
            Act::Queue if os == "macos" => Some("macOS has no sigqueue()".to_owned()),
            Act::AwaitTrace if os != "linux" || !cfg!(target_arch = "x86_64") => {
                Some("a signal handler is followed with Linux's ptrace(2) on x86_64".to_owned())
            }
            Act::Children | Act::ChildrenStop | Act::ContinueChildren => needs(&[libc::SIGCHLD]),
            Act::Timer => needs(&[libc::SIGALRM]),
            Act::BreakPipe => needs(&[libc::SIGPIPE]),
            Act::ReadInBackground => needs(&[libc::SIGTTIN]),
            Act::AwaitResize => needs(&[libc::SIGWINCH]),
            Act::AwaitHangUp => needs(&[libc::SIGHUP]),
            Act::AwaitType => needs(&[libc::SIGINT, libc::SIGQUIT, libc::SIGTSTP]),
            _ => None,
        }
    }

    /// The fixture says that it cannot play a step after all.
    pub(super) fn lose(&mut self, act: Act, reason: &str) {
        // What closes the loop must be followed by a new one.
        let also: &[_] = if act == Act::Reopen { &[Act::SubscribeCloser, Act::AwaitClose, Act::Relay] } else { &[] };
        for &act in also.iter().chain([&act]).filter(|act| !self.cannot.contains_key(act)) {
            self.lost.entry(act).or_insert_with(|| reason.to_owned());
        }
    }

    pub(super) fn can(&self, act: Act) -> bool {
        !self.cannot.contains_key(&act) && !self.lost.contains_key(&act)
    }

    /// What is never asked, and why.
    pub(super) fn cannot(&self) -> impl Iterator<Item = (Act, &str)> {
        self.cannot.iter().map(|(&act, reason)| (act, reason.as_str())).chain(self.lost())
    }

    /// What the fixture says that it can, and could not when it was tried: its reason.
    pub(super) fn lost(&self) -> impl Iterator<Item = (Act, &str)> {
        self.lost.iter().map(|(&act, reason)| (act, reason.as_str()))
    }

    /// Whether the signal can be subscribed.
    pub(super) fn takes(&self, signal: Signal) -> bool {
        self.pool.contains(&signal)
    }

    /// Whether handlers run on the sender's thread, and only while it yields.
    pub(super) fn is_ordered(&self) -> bool {
        self.claims.handlers_run.value == HandlersRun::SenderThread
    }

    /// Whether every thread has to block what is subscribed.
    pub(super) fn is_masked(&self) -> bool {
        self.claims.threads.value == Threads::Masked
    }

    /// Whether what is blocked at the start is handled all the same.
    pub(super) fn handles_blocked(&self) -> bool {
        self.claims.pending_before.value == PendingBefore::Handled
    }

    /// The pool as a set.
    pub(super) fn pool(&self) -> Signals {
        Signals::of(&self.pool)
    }
}
