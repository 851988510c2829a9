//! What an event sends, to whom, how often, and what its handler may be told of it.

use std::collections::BTreeSet;

use sigconform_fixture::{Before, ChildThen, Happening, Receiver, Sender, Signal};

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
        self.origin == Origin::Beside || self.letter.as_ref().is_some_and(|letter| letter.status.is_some())
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
    pub(crate) sender: SentBy,
    pub(crate) code: &'static str,
    pub(crate) value: Option<i32>,
    pub(crate) status: Option<i32>,
}

/// Who sent a signal, as far as that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SentBy {
    /// The process itself.
    Itself,
    /// Another process: the harness.
    Process(Sender),
    /// The kernel, for a child whose process id nobody tells.
    Child,
}

/// What the events of a script send, one after the other.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sends {
    /// Children that have stopped and were not continued.
    stopped: u64,
    /// The sender is not the main thread, which Linux has take what is sent to the process.
    on_second_thread: bool,
    /// What the sender's thread blocks for a while.
    held: BTreeSet<Signal>,
    /// There are, or were, threads beside the sender's, which need not block what it does.
    beside: bool,
}

impl Sends {
    /// Of a script that begins like this.
    pub(crate) fn of_script(before: &Before) -> Self {
        Self { on_second_thread: before.loop_on_second_thread, beside: before.older_thread, ..Self::default() }
    }

    /// Where a signal comes from that the sender directs there. What another thread takes, it takes in its own time.
    ///
    /// Source: POSIX.1-2024, `kill()`: only where no other thread has the signal unblocked is it delivered before the
    /// return; 2.4.1: what is sent to a process is delivered to a thread that does not block it.
    fn origin(&self, signal: Signal, to: Receiver) -> Origin {
        let by_another = self.on_second_thread || self.beside && self.held.contains(&signal);
        match to {
            Receiver::SenderThread => Origin::Sender,
            Receiver::Process if !by_another => Origin::Sender,
            Receiver::Process | Receiver::IdleThread => Origin::Elsewhere,
        }
    }

    /// What an event that the script has next sends.
    pub(crate) fn of_cue(&mut self, cue: &Cue<'_>) -> Vec<Sent> {
        match cue {
            Cue::Exactly(what) => self.of(what),
            Cue::Outside(action) => self.of(&Happening::Outside { action: (*action).clone(), by: None, and: None }),
            Cue::ChildState | Cue::ChildKilled(_) => vec![child_ends()],
            Cue::SecondLoop(signal) => self.of(&Happening::SecondLoop { signal: *signal }),
            _ => Vec::new(),
        }
    }

    /// What an event sends to the process, or to the child that it forks.
    pub(crate) fn of(&mut self, what: &Happening) -> Vec<Sent> {
        match *what {
            Happening::Sending { signal, to } => {
                let code = if to == Receiver::Process { "SI_USER" } else { "SI_TKILL" };
                vec![Sent { letter: Some(from_self(code, None)), ..once(signal, self.origin(signal, to)) }]
            }
            Happening::Queueing { signal, value } => {
                let letter = Some(from_self("SI_QUEUE", Some(value)));
                vec![Sent { letter, ..once(signal, self.origin(signal, Receiver::Process)) }]
            }
            Happening::Flooding { signal, times } => {
                let letter = Some(from_self("SI_USER", None));
                vec![Sent { times: u64::from(times), letter, ..once(signal, self.origin(signal, Receiver::Process)) }]
            }
            Happening::FloodingFromThreads { signal, threads, times } => {
                let (letter, times) = (Some(from_self("SI_TKILL", None)), u64::from(threads) * u64::from(times));
                vec![Sent { times, letter, ..once(signal, Origin::Elsewhere) }]
            }
            Happening::HandlerSending { signal } => {
                vec![Sent { letter: Some(from_self("SI_USER", None)), ..once(signal, Origin::Elsewhere) }]
            }
            Happening::Outside { ref action, by, and } => {
                let times = action.times();
                // What the kernel sends at a key, it tells in ways of its own.
                let sent = |(at, signal): (usize, Signal)| {
                    let by = if action.is_anothers(at) { and } else { by };
                    let letter = by.map(|by| letter_of(SentBy::Process(by), "SI_USER"));
                    Sent { times, letter, ..once(signal, Origin::Elsewhere) }
                };
                action.signals().into_iter().enumerate().map(sent).collect()
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
                vec![Sent { to: Whom::Child, ..once(signal, Origin::Elsewhere) }, child_ends()]
            }
            Happening::ChildState { .. } | Happening::ChildKilled { .. } => vec![child_ends()],
            Happening::Holding { ref signals } => {
                self.held.extend(signals);
                Vec::new()
            }
            Happening::Releasing => {
                self.held.clear();
                Vec::new()
            }
            Happening::ThreadSpawned | Happening::ReadingElsewhere | Happening::SecondLoop { .. } => {
                self.beside = true;
                Vec::new()
            }
            _ => Vec::new(),
        }
    }
}

fn once(signal: Signal, origin: Origin) -> Sent {
    Sent { signal, times: 1, origin, to: Whom::Process, letter: None }
}

fn from_self(code: &'static str, value: Option<i32>) -> Letter {
    Letter { value, ..letter_of(SentBy::Itself, code) }
}

fn letter_of(sender: SentBy, code: &'static str) -> Letter {
    Letter { sender, code, value: None, status: None }
}

/// A child that the coroutine itself waits for.
fn child_ends() -> Sent {
    once(Signal::from_raw(libc::SIGCHLD), Origin::Beside)
}

/// Source: POSIX.1-2024, `<signal.h>`: for SIGCHLD, `si_status` is the exit status or the signal.
fn of_children(times: u64, code: &'static str, status: i32) -> Vec<Sent> {
    let letter = Letter { status: Some(status), ..letter_of(SentBy::Child, code) };
    vec![Sent { times, letter: Some(letter), ..once(Signal::from_raw(libc::SIGCHLD), Origin::Elsewhere) }]
}

#[cfg(test)]
mod tests {
    use sigconform_fixture::{Key, OutsideAction};

    use super::*;

    const HUP: Signal = Signal::SIGHUP;
    const TERM: Signal = Signal::from_raw(libc::SIGTERM);
    const CHLD: Signal = Signal::from_raw(libc::SIGCHLD);

    /// Signal, times, origin, and what a handler may be told.
    type Told = (Signal, u64, Origin, Option<Letter>);

    fn of(sends: &mut Sends, what: &Happening) -> Vec<Told> {
        let sent = sends.of(what);
        assert!(sent.iter().all(|sent| sent.to == Whom::Process), "{sent:?}");
        sent.into_iter().map(|Sent { signal, times, origin, letter, .. }| (signal, times, origin, letter)).collect()
    }

    fn sent(what: &Happening) -> Vec<Told> {
        of(&mut Sends::default(), what)
    }

    #[test]
    fn what_the_sender_sends_is_told_with_how_it_was_sent() {
        let told = |code, value| Some(from_self(code, value));
        for (to, code, origin) in [
            (Receiver::Process, "SI_USER", Origin::Sender),
            (Receiver::SenderThread, "SI_TKILL", Origin::Sender),
            // Another thread takes it, in its own time.
            (Receiver::IdleThread, "SI_TKILL", Origin::Elsewhere),
        ] {
            let sending = Happening::Sending { signal: HUP, to };
            assert_eq!(sent(&sending), [(HUP, 1, origin, told(code, None))]);
        }
        let queueing = Happening::Queueing { signal: TERM, value: -3 };
        assert_eq!(sent(&queueing), [(TERM, 1, Origin::Sender, told("SI_QUEUE", Some(-3)))]);
        let flooding = Happening::Flooding { signal: HUP, times: 5 };
        assert_eq!(sent(&flooding), [(HUP, 5, Origin::Sender, told("SI_USER", None))]);
        assert_eq!(
            sent(&Happening::HandlerSending { signal: TERM }),
            [(TERM, 1, Origin::Elsewhere, told("SI_USER", None))]
        );
    }

    #[test]
    fn what_a_second_thread_sends_to_the_process_the_main_thread_takes() {
        let before = Before { loop_on_second_thread: true, ..Before::default() };
        let origin = |what: Happening| Sends::of_script(&before).of(&what)[0].origin;
        assert_eq!(origin(Happening::Sending { signal: HUP, to: Receiver::Process }), Origin::Elsewhere);
        assert_eq!(origin(Happening::Flooding { signal: HUP, times: 5 }), Origin::Elsewhere);
        assert_eq!(origin(Happening::Queueing { signal: HUP, value: 5 }), Origin::Elsewhere);
        assert_eq!(origin(Happening::Sending { signal: HUP, to: Receiver::SenderThread }), Origin::Sender);
    }

    #[test]
    fn what_is_held_another_thread_may_take() {
        let held = Happening::Holding { signals: vec![HUP] };
        let origin = |events: &[Happening], to| {
            let mut sends = Sends::default();
            events.iter().for_each(|what| assert_eq!(sends.of(what), []));
            sends.of(&Happening::Sending { signal: HUP, to })[0].origin
        };
        let (process, thread) = (Receiver::Process, Receiver::SenderThread);
        assert_eq!(origin(std::slice::from_ref(&held), process), Origin::Sender);
        for beside in [Happening::ThreadSpawned, Happening::ReadingElsewhere, Happening::SecondLoop { signal: TERM }] {
            assert_eq!(origin(std::slice::from_ref(&beside), process), Origin::Sender);
            assert_eq!(origin(&[beside.clone(), held.clone()], process), Origin::Elsewhere);
            assert_eq!(origin(&[beside.clone(), held.clone()], thread), Origin::Sender);
            assert_eq!(origin(&[beside, held.clone(), Happening::Releasing], process), Origin::Sender);
        }
        let older = Before { older_thread: true, ..Before::default() };
        let mut sends = Sends::of_script(&older);
        sends.of(&held);
        assert_eq!(sends.of(&Happening::Queueing { signal: HUP, value: 1 })[0].origin, Origin::Elsewhere);
    }

    #[test]
    fn what_comes_from_elsewhere_comes_as_often_as_it_was_sent() {
        let elsewhere = |signal, times| (signal, times, Origin::Elsewhere, None);
        let outside = |action| sent(&Happening::Outside { action, by: None, and: None });
        assert_eq!(outside(OutsideAction::Kill { signal: HUP }), [elsewhere(HUP, 1)]);
        assert_eq!(outside(OutsideAction::Flood { signal: HUP, times: 7 }), [elsewhere(HUP, 7)]);
        let both = OutsideAction::WhileStopped { signals: vec![HUP, TERM], two_senders: false };
        let cont = Signal::from_raw(libc::SIGCONT);
        assert_eq!(outside(both), [HUP, TERM, cont].map(|signal| elsewhere(signal, 1)));
        let interrupt = OutsideAction::Type { key: Key::Interrupt };
        assert_eq!(outside(interrupt), [elsewhere(Signal::from_raw(libc::SIGINT), 1)]);
        assert_eq!(outside(OutsideAction::Close), []);
        // Every second one is another's, and whoever stops it continues it.
        let [harness, other] = [4711, 4712].map(|pid| Sender { pid, uid: 0 });
        let action = OutsideAction::WhileStopped { signals: vec![HUP, TERM, HUP], two_senders: true };
        let told = sent(&Happening::Outside { action, by: Some(harness), and: Some(other) });
        let letter = |by| Some(letter_of(SentBy::Process(by), "SI_USER"));
        let whose: Vec<_> = told.into_iter().map(|(signal, _, _, letter)| (signal, letter)).collect();
        assert_eq!(
            whose,
            [(HUP, letter(harness)), (TERM, letter(other)), (HUP, letter(harness)), (cont, letter(harness))]
        );
        // Each of the threads so often.
        let threads = Happening::FloodingFromThreads { signal: HUP, threads: 3, times: 7 };
        let own = letter_of(SentBy::Itself, "SI_TKILL");
        assert_eq!(sent(&threads), [(HUP, 21, Origin::Elsewhere, Some(own))]);
        for (what, signal) in [
            (Happening::StartingTimer, libc::SIGALRM),
            (Happening::BreakingPipe, libc::SIGPIPE),
            (Happening::ReadingInBackground, libc::SIGTTIN),
        ] {
            assert_eq!(sent(&what), [elsewhere(Signal::from_raw(signal), 1)]);
        }
        assert_eq!(sent(&Happening::Yielding), []);
    }

    #[test]
    fn each_child_is_told_of_and_those_that_stopped_again_when_they_go_on() {
        let of_children = |times, code, status| {
            let letter = Letter { status: Some(status), ..letter_of(SentBy::Child, code) };
            [(CHLD, times, Origin::Elsewhere, Some(letter))]
        };
        let mut sends = Sends::default();
        let mut starting = |times, then| of(&mut sends, &Happening::StartingChildren { times, then });
        assert_eq!(starting(3, ChildThen::Exit), of_children(3, "CLD_EXITED", 0));
        assert_eq!(starting(2, ChildThen::Stop), of_children(2, "CLD_STOPPED", libc::SIGSTOP));
        assert_eq!(starting(4, ChildThen::Stop), of_children(4, "CLD_STOPPED", libc::SIGSTOP));
        let continued = |sends: &mut Sends| of(sends, &Happening::ContinuingChildren);
        assert_eq!(continued(&mut sends), of_children(6, "CLD_CONTINUED", libc::SIGCONT));
        assert_eq!(continued(&mut sends), of_children(0, "CLD_CONTINUED", libc::SIGCONT));
        let is_of_child = |what: Happening| Sends::default().of(&what)[0].is_of_child();
        assert!(is_of_child(Happening::StartingChildren { times: 1, then: ChildThen::Exit }));
        assert!(!is_of_child(Happening::Queueing { signal: CHLD, value: 1 }));
        assert!(!is_of_child(Happening::Flooding { signal: CHLD, times: 1 }));
    }

    #[test]
    fn what_a_forked_child_sends_itself_is_not_sent_to_the_process() {
        for what in [Happening::Forking { signal: HUP }, Happening::ForkingLoop { signal: HUP }] {
            let sent = Sends::default().of(&what);
            assert_eq!(sent, [Sent { to: Whom::Child, ..once(HUP, Origin::Elsewhere) }, child_ends()]);
        }
    }

    #[test]
    fn a_child_that_is_waited_for_ends() {
        let ends = |what: &Happening| assert_eq!(Sends::default().of(what), [child_ends()], "{what:?}");
        ends(&Happening::ChildState { state: Box::default() });
        ends(&Happening::ChildKilled { signal: HUP, killed_by: None });
    }

    #[test]
    fn a_line_of_the_script_sends_what_its_event_will() {
        let action = OutsideAction::Flood { signal: HUP, times: 7 };
        let of_cue = |cue: &Cue<'_>| Sends::default().of_cue(cue);
        assert_eq!(of_cue(&Cue::Outside(&action)), [Sent { times: 7, ..once(HUP, Origin::Elsewhere) }]);
        let flooding = Happening::Flooding { signal: HUP, times: 5 };
        let letter = Some(from_self("SI_USER", None));
        assert_eq!(of_cue(&Cue::Exactly(flooding)), [Sent { times: 5, letter, ..once(HUP, Origin::Sender) }]);
        assert_eq!(
            (of_cue(&Cue::ChildState), of_cue(&Cue::ChildKilled(HUP))),
            (vec![child_ends()], vec![child_ends()])
        );
        assert_eq!(of_cue(&Cue::Ready(&action)), []);
    }
}
