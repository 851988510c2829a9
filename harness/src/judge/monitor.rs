//! The monitor: walks the events, keeps the script's place, and asks the model and the claims at each.

use std::collections::VecDeque;

use sigconform_fixture::{
    Burst, Claims, Condition, Happening, Place, Receiver, Removal, SecondHandler, Signal, State, Subscription,
};

use super::{
    Unjudgeable, Violation,
    cue::{Cue, cues, name},
    handler::Letter,
    law::{self, Law},
    wording::times,
};
use crate::{
    catalogue::{Part, Start},
    model::{Model, Origin},
    transcript::{Transcript, list, one_line},
};

/// Enough to see what is wrong; the rest of a long transcript only repeats it.
const MOST_VIOLATIONS: usize = 20;

pub(super) struct Monitor<'a> {
    pub(super) transcript: &'a Transcript,
    /// The line of each event, and of the ending.
    pub(super) lines: Vec<usize>,
    pub(super) claims: &'a Claims,
    pub(super) part: &'a Part,
    start: &'a Start,
    pub(super) cues: VecDeque<Cue<'a>>,
    pub(super) model: Model,
    pub(super) pid: u32,
    ticks: u64,
    reaped: u64,
    /// Children that stop themselves and were not continued.
    pub(super) stopping: u32,
    /// What the loop was given control for; `None` while the coroutine runs.
    pub(super) in_loop: Option<&'a [Condition]>,
    /// A handler was lawfully called since the loop was last entered.
    pub(super) called_since_ready: bool,
    /// A handler that has sent a signal and has not returned.
    pub(super) in_handler: bool,
    /// The signal of a forked child.
    pub(super) forked: Option<Signal>,
    /// The thread that idles was started after what was subscribed at the start.
    pub(super) is_thread_younger: bool,
    /// The second loop that is open.
    pub(super) second: Option<super::second::Second>,
    /// What the last send must or may have done to the process.
    pub(super) fate: Option<Fate>,
    /// Signals that were subscribed once.
    pub(super) once_subscribed: Vec<Signal>,
    /// What is known about each send that its handler has not been told of.
    pub(super) letters: Vec<Letter>,
    /// Sends and posts of each signal, for backends that count posts.
    pub(super) posts: Vec<(Signal, u64, u64)>,
    /// Calls that the program's own handlers may and must have had.
    pub(super) earlier: Vec<super::state::Earlier>,
    /// The reports so far.
    pub(super) states: Vec<&'a State>,
    pub(super) first_child: Option<&'a State>,
    /// Index of the event under judgement, and the last that sent each signal.
    at: usize,
    sent_at: Vec<(Signal, usize)>,
    pub(super) violations: Vec<Violation>,
}

/// What a send does to a process that does not handle the signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fate {
    pub(super) signal: Signal,
    pub(super) certain: bool,
    /// It is a claim about removal that decides.
    pub(super) by_removal: bool,
}

impl<'a> Monitor<'a> {
    pub(super) fn new(transcript: &'a Transcript, part: &'a Part, start: &'a Start, claims: &'a Claims) -> Self {
        Self {
            transcript,
            lines: transcript.line_numbers(),
            claims,
            part,
            start,
            cues: cues(&part.script),
            model: Model::new(claims),
            pid: 0,
            ticks: 0,
            reaped: 0,
            stopping: 0,
            in_loop: None,
            called_since_ready: false,
            in_handler: false,
            forked: None,
            is_thread_younger: false,
            second: None,
            fate: None,
            once_subscribed: Vec::new(),
            letters: Vec::new(),
            posts: Vec::new(),
            earlier: super::state::Earlier::of(&part.script.before.handlers),
            states: Vec::new(),
            first_child: None,
            at: 0,
            sent_at: Vec::new(),
            violations: Vec::new(),
        }
    }

    pub(super) fn run(mut self) -> Result<Vec<Violation>, Unjudgeable> {
        self.model.starts_blocked(&self.start.blocked);
        for (at, event) in self.transcript.events.iter().enumerate() {
            self.at = at;
            if self.violations.len() >= MOST_VIOLATIONS {
                return Ok(self.violations);
            }
            match &event.what {
                Happening::Handler { signal, subscription, place, info } => {
                    self.handler(*signal, *subscription, *place, info);
                }
                Happening::Tick { place, .. } => self.tick(*place),
                Happening::Reaped { children } => self.reaped = self.reaped.saturating_add(*children),
                Happening::HandlerSending { signal } => {
                    self.in_handler = true;
                    self.sent(*signal, 1, Origin::Elsewhere);
                }
                Happening::HandlerReturned { .. } => self.in_handler = false,
                // Only the handler itself can write it.
                Happening::HandlerClosing => {}
                Happening::SecondHandler { signal } => self.second_called(*signal),
                Happening::Traced { trace } => self.traced(trace)?,
                Happening::SendFailed { signal, .. } => self.unsent(*signal),
                Happening::Unsupported { step, reason } => {
                    return Err(Unjudgeable::Unsupported { step: step.clone(), reason: reason.clone() });
                }
                Happening::Panicked { step, message, .. }
                    if !self.cues.front().is_some_and(|cue| cue.is(&event.what)) =>
                {
                    self.breach(&law::NEVER_PANICS, format!("the library panicked in {step}: {message}"), "no panic");
                    // A loop that panics while it closes is closed all the same; else nothing follows from the script.
                    if step != "close" {
                        return Ok(self.violations);
                    }
                }
                what if self.left_script_after_breach(what) => return Ok(self.violations),
                what => self.cue(what)?,
            }
        }
        self.at = self.transcript.events.len();
        self.ending()?;
        Ok(self.violations)
    }

    /// A broken law can lead the coroutine away from its script: a surplus call ends the next yield before the harness
    /// has acted. What follows then says nothing more.
    fn left_script_after_breach(&mut self, what: &Happening) -> bool {
        match self.cues.front() {
            Some(cue) if cue.is(what) => false,
            Some(Cue::Outside(_)) if *what == Happening::Resumed && self.called_since_ready => {
                // A late call for an earlier send ended the wait: the harness had no reason to act any more.
                self.cues.pop_front();
                self.model.assume_handled();
                false
            }
            Some(Cue::Outside(action)) if *what == Happening::Resumed => {
                let (law, awaited) = match &action.signals()[..] {
                    [] => (&law::CLOSES_IN_ORDER, "the close".to_owned()),
                    signals => (&law::HANDLED_AT_YIELD, list(signals)),
                };
                let message = format!("the yield is over before {awaited}, which it waits for, has come");
                self.breach(law, message, format!("a wait until {awaited} comes"));
                true
            }
            _ => !self.violations.is_empty(),
        }
    }

    /// An event of the coroutine itself.
    fn cue(&mut self, what: &'a Happening) -> Result<(), Unjudgeable> {
        let cue = match self.cues.pop_front() {
            Some(cue) if cue.is(what) => cue,
            other => {
                let expected = other.map_or_else(|| "nothing more".to_owned(), |cue| cue.name());
                return Err(Unjudgeable::OffScript { line: self.line(), said: name(what), expected });
            }
        };
        self.check_fate();
        match (cue, what) {
            (Cue::Subscribe(signal), what) => self.subscribed(signal, what),
            (Cue::Coroutine(signal), what) => self.coroutine(signal, what),
            (Cue::SecondLoop(signal), what) => self.second_opened(signal, what),
            (_, Happening::SecondLoopEnded) => self.second_ended(),
            (_, Happening::Started { pid }) => self.pid = *pid,
            (_, Happening::Unsubscribed { subscription, signal, error }) => {
                self.unsubscribed(*subscription, *signal, error.as_deref());
            }
            (_, Happening::Sending { signal, to }) => self.sending(*signal, *to),
            (_, Happening::Flooding { signal, times }) => self.sent(*signal, u64::from(*times), Origin::Sender),
            (_, Happening::Queueing { signal, value }) => {
                self.sent(*signal, 1, Origin::Sender);
                let (signal, value) = (*signal, Some(*value));
                self.expect_letter(Letter { signal, from_self: true, code: "SI_QUEUE", value, status: None });
            }
            (_, Happening::StartingChildren { times, then }) => self.children(*times, *then),
            (_, Happening::ContinuingChildren) => {
                let continued = std::mem::take(&mut self.stopping);
                self.child_signals(continued, "CLD_CONTINUED", libc::SIGCONT);
            }
            (_, Happening::StartingTimer) => self.sent(Signal::from_raw(libc::SIGALRM), 1, Origin::Elsewhere),
            (_, Happening::BreakingPipe) => self.sent(Signal::from_raw(libc::SIGPIPE), 1, Origin::Elsewhere),
            (_, Happening::Holding { signals }) => self.model.hold(signals),
            (_, Happening::Releasing) => self.model.release(),
            (Cue::Outside(action), _) => {
                for signal in action.signals() {
                    self.sent(signal, action.times(), Origin::Elsewhere);
                }
            }
            (Cue::Yielding(until) | Cue::Ready(_, until), _) => {
                self.in_loop = Some(until);
                self.called_since_ready = false;
            }
            (Cue::Settling, _) => self.in_loop = Some(&[]),
            (Cue::Resumed, _) => self.resumed(),
            (_, Happening::State { state }) => self.state(state),
            (_, Happening::ChildState { state }) => self.child_state(state),
            (_, Happening::ThreadSpawned) => self.is_thread_younger = true,
            (_, Happening::ThreadMask { blocked }) => self.thread_mask(blocked),
            (_, Happening::ReadEnded { interrupted }) => self.read_ended(*interrupted),
            (_, Happening::Forking { signal } | Happening::ForkingLoop { signal }) => self.forked = Some(*signal),
            (_, Happening::ForkEnded { killed_by, failed }) => self.fork_ended(*killed_by, *failed),
            (_, Happening::ChildKilled { signal, killed_by }) => self.child_killed(*signal, *killed_by),
            (_, Happening::ReadingInBackground) => {
                self.sent(Signal::from_raw(libc::SIGTTIN), 1, Origin::Elsewhere);
            }
            (_, Happening::Closing) => self.in_loop = Some(&[]),
            (_, Happening::Reopened) => {
                self.in_loop = None;
                self.model.unsubscribe_all(None);
                self.posts.clear();
            }
            (_, Happening::Errno { signal, kept: false }) => {
                let message = format!("the signal handler of {signal} changed errno");
                self.breach(&law::KEEPS_ERRNO, message, "errno as it was before the signal");
            }
            _ => {}
        }
        Ok(())
    }

    fn sending(&mut self, signal: Signal, to: Receiver) {
        self.sent(signal, 1, Origin::Sender);
        let code = if to == Receiver::Process { "SI_USER" } else { "SI_TKILL" };
        self.expect_letter(Letter { signal, from_self: true, code, value: None, status: None });
    }

    pub(super) fn sent(&mut self, signal: Signal, times: u64, origin: Origin) {
        self.model.send(signal, times, origin);
        self.sent_at.retain(|&(other, _)| other != signal);
        self.sent_at.push((signal, self.at));
        self.count_posts_sent(signal, times);
        self.count_earlier(signal, times);
        self.second_sent(signal, times);
        if origin == Origin::Sender || self.in_loop.is_some() {
            self.fate = self.fate_of(signal);
        }
    }

    /// The system refused the last send: it did nothing to anybody.
    fn unsent(&mut self, signal: Signal) {
        self.model.unsend(signal);
        self.take_back_letter(signal);
        self.uncount_posts_sent(signal);
        self.uncount_earlier(signal);
        self.second_unsent(signal);
        self.fate = None;
    }

    /// What a signal does that nobody subscribes now.
    fn fate_of(&self, signal: Signal) -> Option<Fate> {
        let Start { ignored, blocked, .. } = self.start;
        let ignored = ignored.contains(&signal) || blocked.contains(&signal) || signal.as_raw() == libc::SIGPIPE;
        let caught = self.part.script.before.handlers.contains(&signal);
        let elsewhere = self.second.as_ref().is_some_and(|second| second.signal == signal);
        if self.model.is_subscribed(signal) || elsewhere || signal.default_is_harmless() || ignored || caught {
            return None;
        }
        let by_removal = self.once_subscribed.contains(&signal);
        let certain = !by_removal || self.claims.removal.value == Removal::Restored;
        let possible = certain || self.claims.removal.value == Removal::Unspecified;
        possible.then_some(Fate { signal, certain, by_removal })
    }

    /// The coroutine goes on after a send that had to end the process.
    fn check_fate(&mut self) {
        let Some(Fate { signal, certain: true, by_removal }) = self.fate.take() else { return };
        let law = if by_removal { &law::REMOVAL_AS_CLAIMED } else { &law::DEFAULT_ACTION };
        let message = format!("{signal} is not subscribed, and yet it did not take its default action");
        self.breach(law, message, format!("the process killed by {signal}"));
    }

    /// The coroutine has nothing left to do: its loop may turn once more on its way to the end.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.cues.front(), None | Some(Cue::Exactly(Happening::Finished)))
    }

    /// The loop is closed now, and another opened in its place.
    pub(super) fn is_closing(&self) -> bool {
        matches!(self.cues.front(), Some(Cue::Exactly(Happening::Reopened)))
    }

    fn tick(&mut self, place: Place) {
        self.ticks += 1;
        self.check_place(self.claims.tasks_run.value == sigconform_fixture::TasksRun::SenderThread, place, "task");
    }

    /// The yield is over: everything that it was for must have happened.
    fn resumed(&mut self) {
        let until = self.in_loop.take().unwrap_or_default();
        self.check_conditions(until, "the yield is over");
        self.model.end_batch();
    }

    pub(super) fn check_conditions(&mut self, until: &[Condition], when: &str) {
        for condition in until {
            match *condition {
                Condition::Ticks { total } if self.ticks < total => {
                    let message = format!("{when}, and the other tasks have taken {} of {total} turns", self.ticks);
                    self.breach(&law::TASKS_GO_ON, message, "every turn of the tasks");
                }
                Condition::Reaped { total } if self.reaped < total => {
                    let message = format!("{when}, and {} of {total} children have been reaped", self.reaped);
                    self.breach(&law::CHILDREN_ANNOUNCED, message, "SIGCHLD handled after the last child's end");
                }
                // What is owed of handler calls, the model knows.
                _ => {}
            }
        }
        if !until.is_empty() {
            self.check_owed(when);
        }
        self.model.assume_handled();
        if self.claims.burst.value == Burst::Posts {
            self.check_posts();
        }
    }

    /// What the model still waits for.
    fn check_owed(&mut self, when: &str) {
        let owed = self.model.conditions();
        for condition in &owed {
            match *condition {
                Condition::CallAfterSend { subscription } => {
                    let Some(signal) = self.model.signal_of(subscription) else { continue };
                    let message = format!("{when}, and {signal}{} has not been handled", self.sent_where(signal));
                    let allowed = format!("signal_handler('{signal}') before the yield is over");
                    let pending = self.model.misses_what_was_pending(subscription);
                    let law = if pending { &law::PENDING_BEFORE_AS_CLAIMED } else { &law::HANDLED_AT_YIELD };
                    let law = self.left_out(subscription).unwrap_or(law);
                    self.breach(law, message, allowed);
                }
                // What was not handled at all breaks the law that binds everyone: its count is an echo.
                Condition::Calls { subscription, .. } if owed.contains(&Condition::CallAfterSend { subscription }) => {}
                Condition::Calls { subscription, total } => {
                    let Some(signal) = self.model.signal_of(subscription) else { continue };
                    let law = if signal.is_real_time() { &law::REAL_TIME_AS_CLAIMED } else { &law::BURST_AS_CLAIMED };
                    let law = self.left_out(subscription).unwrap_or(law);
                    let message = format!("{when}, and {signal} was sent {} but not handled as often", times(total));
                    self.breach(law, message, format!("one call for each of {total} sends"));
                }
                Condition::Ticks { .. } | Condition::Reaped { .. } => {}
            }
        }
    }

    /// The law of a handler that is never called while another of its signal is, where both are claimed to be.
    fn left_out(&self, subscription: Subscription) -> Option<&'static Law> {
        let both = self.claims.second_handler.value == SecondHandler::Both;
        (both && self.model.is_left_out(subscription)).then_some(&law::SECOND_AS_CLAIMED)
    }

    /// Whether the signal has ever been subscribed.
    pub(super) fn was_subscribed(&self, signal: Signal) -> bool {
        self.once_subscribed.contains(&signal)
    }

    fn sent_where(&self, signal: Signal) -> String {
        let sent = self.sent_at.iter().find(|&&(sent, _)| sent == signal);
        sent.map_or_else(String::new, |&(_, at)| format!(", sent at line {},", self.lines[at]))
    }

    /// What the script has next.
    pub(super) fn next_cue(&self) -> Option<&Cue<'a>> {
        self.cues.front()
    }

    /// What happened before the event under judgement.
    pub(super) fn before(&self) -> impl Iterator<Item = &'a Happening> + use<'a> {
        self.transcript.events[..self.at].iter().map(|event| &event.what)
    }

    fn line(&self) -> usize {
        self.lines[self.at]
    }

    /// A law is broken here. One that rests on a claim cites the page that makes it.
    pub(super) fn breach(&mut self, law: &Law, message: impl Into<String>, allowed: impl Into<String>) {
        if self.violations.len() >= MOST_VIOLATIONS {
            return;
        }
        let claims = self.claims.all();
        let page = law.claim().and_then(|name| claims.iter().find(|(claim, ..)| *claim == name));
        let source = match page {
            Some((_, value, page)) => format!("{} ({value}): {}", law.source, page.as_str()),
            None => law.source.to_owned(),
        };
        self.violations.push(Violation {
            law: law.slug.to_owned(),
            message: one_line(&message.into()),
            line: self.line(),
            allowed: allowed.into(),
            source,
        });
    }
}
