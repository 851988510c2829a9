//! What an event sends, to whom, how often, and what its handler may be told of it.

use sigconform_fixture::{ChildThen, Happening, Receiver, Signal};

use super::Cue;
use crate::model::Origin;

/// A signal that is generated, `times` times in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) signal: Signal,
    pub(crate) times: u64,
    pub(crate) origin: Origin,
    pub(crate) to: Whom,
    pub(crate) letter: Option<Letter>,
}

impl Sent {
    /// Whether it is what the kernel tells of a child: whether each of them is told, and with what it merges, is the system's.
    pub(crate) fn is_of_child(&self) -> bool {
        self.letter.as_ref().is_some_and(|letter| letter.status.is_some())
    }
}

/// Whom a signal is sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whom {
    /// The process that plays the script, or one of its threads.
    Process,
    /// The child that it forks: the process itself must not see it.
    Child,
}

/// What is known about a send: its handler must be told the same, or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    /// The process sent it to itself, not the kernel for a child.
    pub(crate) from_self: bool,
    pub(crate) code: &'static str,
    pub(crate) value: Option<i32>,
    pub(crate) status: Option<i32>,
}

/// What the events of a script send, one after the other.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sends {
    /// Children that have stopped and were not continued.
    stopped: u64,
}

impl Sends {
    /// What an event that the script has next sends.
    pub(crate) fn of_cue(&mut self, cue: &Cue<'_>) -> Vec<Sent> {
        match cue {
            Cue::Exactly(what) => self.of(what),
            Cue::Outside(action) => self.of(&Happening::Outside { action: (*action).clone() }),
            _ => Vec::new(),
        }
    }

    /// What an event sends to the process, or to the child that it forks.
    pub(crate) fn of(&mut self, what: &Happening) -> Vec<Sent> {
        match *what {
            Happening::Sending { signal, to } => {
                let code = if to == Receiver::Process { "SI_USER" } else { "SI_TKILL" };
                vec![Sent { letter: Some(from_self(code, None)), ..once(signal, Origin::Sender) }]
            }
            Happening::Queueing { signal, value } => {
                vec![Sent { letter: Some(from_self("SI_QUEUE", Some(value))), ..once(signal, Origin::Sender) }]
            }
            Happening::Flooding { signal, times } => {
                vec![Sent { times: u64::from(times), ..once(signal, Origin::Sender) }]
            }
            Happening::HandlerSending { signal } => vec![once(signal, Origin::Elsewhere)],
            Happening::Outside { ref action } => {
                let times = action.times();
                action.signals().into_iter().map(|signal| Sent { times, ..once(signal, Origin::Elsewhere) }).collect()
            }
            Happening::StartingChildren { times, then: ChildThen::Exit } => of_children(times.into(), "CLD_EXITED", 0),
            Happening::StartingChildren { times, then: ChildThen::Stop } => {
                self.stopped = self.stopped.saturating_add(times.into());
                of_children(times.into(), "CLD_STOPPED", libc::SIGSTOP)
            }
            Happening::ContinuingChildren => {
                of_children(std::mem::take(&mut self.stopped), "CLD_CONTINUED", libc::SIGCONT)
            }
            Happening::StartingTimer => vec![once(Signal::from_raw(libc::SIGALRM), Origin::Elsewhere)],
            Happening::BreakingPipe => vec![once(Signal::from_raw(libc::SIGPIPE), Origin::Elsewhere)],
            Happening::ReadingInBackground => vec![once(Signal::from_raw(libc::SIGTTIN), Origin::Elsewhere)],
            Happening::Forking { signal } | Happening::ForkingLoop { signal } => {
                vec![Sent { to: Whom::Child, ..once(signal, Origin::Elsewhere) }]
            }
            _ => Vec::new(),
        }
    }
}

fn once(signal: Signal, origin: Origin) -> Sent {
    Sent { signal, times: 1, origin, to: Whom::Process, letter: None }
}

fn from_self(code: &'static str, value: Option<i32>) -> Letter {
    Letter { from_self: true, code, value, status: None }
}

/// Source: POSIX.1-2024, `<signal.h>`: for SIGCHLD, `si_status` is the exit status or the signal.
fn of_children(times: u64, code: &'static str, status: i32) -> Vec<Sent> {
    let letter = Letter { from_self: false, code, value: None, status: Some(status) };
    vec![Sent { times, letter: Some(letter), ..once(Signal::from_raw(libc::SIGCHLD), Origin::Elsewhere) }]
}
