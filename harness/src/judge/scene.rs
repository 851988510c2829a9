//! The scene: what every law looks at. The script's place, the model of what may and must be called, and who has control;
//! watchers see it as it is just before the event that they judge.

use sigconform_fixture::{
    Claims, Condition, EarlierHandler, Happening, OutsideAction, SecondHandler, Signal, State, Surroundings,
};

use crate::{
    catalogue::{Aspect, Part, Start},
    conduct::{
        Control, Course, Cue, Line, Place,
        sends::{Sends, Sent, Whom},
    },
    model::Model,
    transcript::Transcript,
};

pub(super) struct Scene<'a> {
    pub(super) transcript: &'a Transcript,
    pub(super) claims: &'a Claims,
    pub(super) part: &'a Part,
    pub(super) start: &'a Start,
    pub(super) model: Model,
    /// The fixture's process id; 0 until it has started.
    pub(super) pid: u32,
    /// A handler was lawfully called since the loop was last entered.
    pub(super) called_since_ready: bool,
    /// The signal of the second loop that is open.
    pub(super) second_loop: Option<Signal>,
    /// The process may open no more than a few descriptors: what needs one may fail, if it says so.
    pub(super) lacks_descriptors: bool,
    /// The line of each event, and of the ending.
    lines: Vec<usize>,
    course: Course<'a>,
    sends: Sends,
    /// What the event under judgement sends to the process.
    sent: Vec<Sent>,
    once_subscribed: Vec<Signal>,
    /// Index of the event under judgement; that of the ending is the number of events.
    at: usize,
}

impl<'a> Scene<'a> {
    pub(super) fn new(transcript: &'a Transcript, part: &'a Part, start: &'a Start, claims: &'a Claims) -> Self {
        let mut model = Model::new(claims);
        model.starts_blocked(&start.blocked);
        Self {
            transcript,
            claims,
            part,
            start,
            model,
            pid: 0,
            called_since_ready: false,
            second_loop: None,
            lacks_descriptors: false,
            lines: transcript.line_numbers(),
            course: Course::of(&part.script),
            sends: Sends::of_script(&part.script.before),
            sent: Vec::new(),
            once_subscribed: Vec::new(),
            at: 0,
        }
    }

    /// The next event comes under judgement.
    pub(super) fn approach(&mut self, at: usize, what: &Happening) -> Place {
        self.at = at;
        self.sent = self.sends.of(what).into_iter().filter(|sent| sent.to == Whom::Process).collect();
        self.place(what)
    }

    /// Nothing more comes: the ending is under judgement.
    pub(super) fn approach_ending(&mut self) {
        self.at = self.transcript.events.len();
        self.sent.clear();
    }

    fn place(&mut self, what: &Happening) -> Place {
        match self.course.place(what) {
            // A late call for an earlier send ended the wait: the harness had no reason to act any more.
            Place::OffScript if *what == Happening::Resumed && self.awaited().is_some() && self.called_since_ready => {
                self.course.skip();
                self.model.waive();
                Place::OnScript
            }
            place => place,
        }
    }

    /// What the coroutine, which waits for it, still has to be sent from outside.
    pub(super) fn awaited(&self) -> Option<&'a OutsideAction> {
        self.course.awaited()
    }

    /// The event has been judged, and has happened.
    pub(super) fn advance(&mut self, place: Place, what: &Happening) {
        let sent = std::mem::take(&mut self.sent);
        sent.iter().for_each(|sent| self.model.sent(sent));
        match (place, what) {
            (Place::OnScript, what) => self.advance_on_script(what),
            (_, Happening::Handler { subscription, signal, .. }) => {
                let is_its = self.model.signal_of(*subscription) == Some(*signal);
                self.called_since_ready |= self.model.call(*subscription).is_ok() && is_its;
            }
            (_, Happening::SendFailed { signal, .. }) => self.model.unsend(*signal),
            (_, &Happening::HandlerAdded { signal, subscription, error: None }) => {
                if self.claims.second_handler.value == SecondHandler::Replaces {
                    self.model.remove_all_in_batch(signal);
                }
                self.model.subscribe(subscription, signal);
                self.once_subscribed.push(signal);
            }
            (_, Happening::HandlerRemoved { subscription, .. }) => self.model.remove_in_batch(*subscription),
            _ => {}
        }
    }

    fn advance_on_script(&mut self, what: &Happening) {
        let Some(Line { cue, .. }) = self.course.pass(what) else { return };
        match (cue, what) {
            (Cue::Subscribe(signal), Happening::Subscribed { subscription, .. }) => {
                if self.claims.second_handler.value == SecondHandler::Replaces {
                    self.model.unsubscribe_all(Some(signal));
                }
                self.model.subscribe(*subscription, signal);
                self.once_subscribed.push(signal);
            }
            (Cue::SecondLoop(signal), Happening::SecondLoop { .. }) => self.second_loop = Some(signal),
            (_, Happening::DescriptorsLimited { left }) => self.lacks_descriptors = left.is_some(),
            (_, Happening::SecondLoopEnded) => self.second_loop = None,
            (_, Happening::Started { pid }) => self.pid = *pid,
            (_, Happening::Unsubscribed { subscription, .. }) => self.model.unsubscribe(*subscription),
            (_, Happening::Holding { signals }) => self.model.hold(signals),
            (_, Happening::Releasing) => self.model.release(),
            (_, Happening::Yielding | Happening::Ready { .. }) => self.called_since_ready = false,
            (_, Happening::Resumed) => {
                self.model.waive();
                self.model.end_batch();
            }
            (_, Happening::Reopened) => self.model.unsubscribe_all(None),
            _ => {}
        }
    }

    /// Whether the n-th report of the script, counted from 0, must tell of this.
    pub(super) fn asks_for(&self, report: usize, aspect: Aspect) -> bool {
        self.part.reports.get(report).is_some_and(|aspects| aspects.contains(&aspect))
    }

    /// Whether what is a thread's own, its mask, may be compared in these reports: the task of a loop may run on another
    /// thread than the one that opened the loop, and reported before.
    pub(super) fn compares_masks(&self, first: &State, now: &State) -> bool {
        !self.part.script.before.report || of_one_thread(first.surroundings.as_ref(), now.surroundings.as_ref())
    }

    /// What the script has next.
    pub(super) fn next_cue(&self) -> Option<&Cue<'a>> {
        self.course.next().map(|line| &line.cue)
    }

    /// Who has control until then; the fixture, when everything is played.
    pub(super) fn control(&self) -> Control<'a> {
        self.course.control()
    }

    /// Whether the library may have control: the loop runs or closes, a handler is being added or removed, or the signal handler
    /// of a signal runs that is subscribed, or was and may still have the library's. Before its first event a process is
    /// only starting.
    pub(super) fn library_may_have_control(&self) -> bool {
        let Some(last) = self.last() else { return false };
        let mut sent = Sends::default().of(last).into_iter().filter(|sent| sent.to == Whom::Process);
        let handles = *last == Happening::Releasing || sent.any(|sent| self.was_subscribed(sent.signal));
        self.control().is_library() || handles
    }

    /// What the loop was given control for; `None` while the coroutine runs.
    pub(super) fn in_loop(&self) -> Option<&'a [Condition]> {
        self.control().waits_for()
    }

    /// The coroutine has nothing left to do: its loop may turn once more on its way to the end.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.next_cue(), None | Some(Cue::Exactly(Happening::Finished)))
    }

    /// The script was played to its end, the last close included.
    pub(super) fn is_played(&self) -> bool {
        self.course.next().is_none()
    }

    /// The next cue's name, for people.
    pub(super) fn next_name(&self) -> String {
        self.next_cue().map_or_else(|| "the end".to_owned(), Cue::name)
    }

    /// What the event under judgement sends to the process.
    pub(super) fn sent(&self) -> &[Sent] {
        &self.sent
    }

    /// Whether the signal has ever been subscribed.
    pub(super) fn was_subscribed(&self, signal: Signal) -> bool {
        self.once_subscribed.contains(&signal)
    }

    /// Whether the program has a handler of its own for the signal, from before the loop.
    pub(super) fn has_earlier_handler(&self, signal: Signal) -> bool {
        self.part.script.before.handlers.contains(&signal)
    }

    /// Whether a backend that leaves signals with an earlier handler alone has to refuse this one.
    pub(super) fn yields_to_earlier(&self, signal: Signal) -> bool {
        self.claims.earlier_handler.value == EarlierHandler::Refused && self.has_earlier_handler(signal)
    }

    /// Whether a handler for the signal would be a second one, in the terms of the claim.
    pub(super) fn would_be_second(&self, signal: Signal) -> bool {
        match self.claims.second_handler.value {
            SecondHandler::OnePerProcess => self.model.is_any_subscribed(),
            _ => self.model.is_subscribed(signal),
        }
    }

    /// What happened before the event under judgement.
    pub(super) fn before(&self) -> impl Iterator<Item = &'a Happening> + use<'a> {
        self.transcript.events[..self.at].iter().map(|event| &event.what)
    }

    /// The last event before the one under judgement.
    pub(super) fn last(&self) -> Option<&'a Happening> {
        self.transcript.events[..self.at].last().map(|event| &event.what)
    }

    /// Whether the last line of the coroutine is a send, which runs the signal handler before the next.
    pub(super) fn is_interrupted(&self) -> bool {
        let last = self.last();
        matches!(
            last,
            Some(
                Happening::Sending { .. }
                    | Happening::Flooding { .. }
                    | Happening::FloodingFromThreads { .. }
                    | Happening::Queueing { .. }
            )
        )
    }

    /// Whether the coroutine may still be at what it announced last, of which it tells nothing when it is over.
    pub(super) fn is_announced(&self) -> bool {
        let begun = |last: &Happening| {
            matches!(
                last,
                Happening::Opening
                    | Happening::Releasing
                    | Happening::Working
                    | Happening::StartingTimer
                    | Happening::BreakingPipe
                    | Happening::StartingChildren { .. }
                    | Happening::ContinuingChildren
                    | Happening::ReadingInBackground
            )
        };
        self.is_interrupted() || self.last().is_none_or(begun)
    }

    /// Index of the event under judgement.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The transcript's line of an event.
    pub(super) fn line_of(&self, at: usize) -> usize {
        self.lines[at]
    }
}

/// Whether two reports are of the same thread, as far as they tell.
pub(super) fn of_one_thread(first: Option<&Surroundings>, now: Option<&Surroundings>) -> bool {
    let threads = first.zip(now).and_then(|(first, now)| first.thread_id.zip(now.thread_id));
    threads.is_none_or(|(first, now)| first == now)
}
