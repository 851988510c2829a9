//! The monitor: what has been sent and handled so far, and what may come next.

use std::collections::{BTreeMap, VecDeque};

use sigconform_fixture::{
    BatchOrder, Burst, Claims, Condition, HandlersRun, Happening, OutsideAction, Place, Script, Signal, Subscription,
    TasksRun,
};

use super::{
    Unjudgeable, Violation,
    cue::{Cue, cues},
    law::{self, Law},
};
use crate::transcript::{Ending, Stuck, ThreadState, Transcript};

pub(super) struct Monitor<'a> {
    transcript: &'a Transcript,
    claims: &'a Claims,
    cues: VecDeque<Cue<'a>>,
    subscriptions: BTreeMap<Subscription, Signal>,
    tallies: BTreeMap<Signal, Tally>,
    ticks: u64,
    /// What the loop was given control for; `None` while the coroutine runs.
    in_loop: Option<&'a [Condition]>,
    /// Sent, and handled, since the loop was last left.
    batch: Batch,
    /// Index of the event under judgement.
    at: usize,
    violations: Vec<Violation>,
}

/// One signal's story so far.
#[derive(Default, Clone, Copy)]
struct Tally {
    sent: u64,
    calls: u64,
    calls_since_sent: u64,
    /// Index of the event that last sent it.
    sent_at: usize,
}

#[derive(Default)]
struct Batch {
    sent: Vec<Signal>,
    handled: Vec<Signal>,
}

impl<'a> Monitor<'a> {
    pub(super) fn new(transcript: &'a Transcript, script: &'a Script, claims: &'a Claims) -> Self {
        Self {
            transcript,
            claims,
            cues: cues(script),
            subscriptions: BTreeMap::new(),
            tallies: BTreeMap::new(),
            ticks: 0,
            in_loop: None,
            batch: Batch::default(),
            at: 0,
            violations: Vec::new(),
        }
    }

    pub(super) fn run(mut self) -> Result<Vec<Violation>, Unjudgeable> {
        for (at, event) in self.transcript.events.iter().enumerate() {
            self.at = at;
            if self.left_script_after_breach(&event.what) {
                return Ok(self.violations);
            }
            match &event.what {
                Happening::Handler { signal, subscription, place } => self.handler(*signal, *subscription, *place),
                Happening::Tick { place, .. } => self.tick(*place),
                Happening::Unsupported { step, reason } => {
                    return Err(Unjudgeable::Unsupported { step: step.clone(), reason: reason.clone() });
                }
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
        let runs_freely = matches!(what, Happening::Handler { .. } | Happening::Tick { .. });
        match self.cues.front() {
            Some(cue) if runs_freely || cue.is(what) => false,
            Some(Cue::Outside(OutsideAction::Kill { signal })) if *what == Happening::Resumed => {
                let message = format!("the yield is over before {signal}, which it waits for, was sent");
                self.breach(&law::HANDLED_AT_YIELD, message, format!("a wait until {signal} comes"));
                true
            }
            _ => !self.violations.is_empty() && !runs_freely,
        }
    }

    /// An event of the coroutine itself.
    fn cue(&mut self, what: &Happening) -> Result<(), Unjudgeable> {
        let cue = match self.cues.pop_front() {
            Some(cue) if cue.is(what) => cue,
            other => {
                let said = serde_json::to_value(what).ok();
                let said = said.and_then(|value| value["event"].as_str().map(ToOwned::to_owned)).unwrap_or_default();
                let expected = other.map_or_else(|| "nothing more".to_owned(), |cue| cue.name());
                return Err(Unjudgeable::OffScript { line: self.line(), said, expected });
            }
        };
        match cue {
            Cue::Subscribe(signal) => self.subscribed(signal, what),
            Cue::Sending(signal) | Cue::Outside(&OutsideAction::Kill { signal }) => self.sent(signal),
            Cue::Yielding(until) | Cue::Ready(_, until) => self.in_loop = Some(until),
            Cue::Settling => self.in_loop = Some(&[]),
            Cue::Resumed => self.resumed(),
            Cue::Started | Cue::Working | Cue::Worked | Cue::Finished => {}
        }
        Ok(())
    }

    fn subscribed(&mut self, signal: Signal, what: &Happening) {
        match (what, signal.is_catchable()) {
            (Happening::Subscribed { subscription, .. }, true) => {
                self.subscriptions.insert(*subscription, signal);
            }
            (Happening::Subscribed { .. }, false) => {
                let message = format!("{signal} cannot be caught, yet the subscription was accepted");
                self.breach(&law::REFUSES_UNCATCHABLE, message, "an error");
            }
            (Happening::Refused { error, .. }, true) => {
                let message = format!("{signal} can be caught, yet the subscription was refused: {error}");
                self.breach(&law::ACCEPTS_CATCHABLE, message, "the subscription");
            }
            (Happening::Refused { error, .. }, false) if error.trim().is_empty() => {
                let message = format!("the refusal of {signal} says nothing");
                self.breach(&law::REFUSES_UNCATCHABLE, message, "an error that says something");
            }
            (Happening::Panicked { message, .. }, false) => {
                let message = format!("subscribing {signal} panicked: {message}");
                self.breach(&law::REFUSES_UNCATCHABLE, message, "an error");
            }
            (Happening::Panicked { message, .. }, true) => {
                let message = format!("subscribing {signal} panicked: {message}");
                self.breach(&law::ACCEPTS_CATCHABLE, message, "the subscription");
            }
            _ => {}
        }
    }

    fn sent(&mut self, signal: Signal) {
        let at = self.at;
        let tally = self.tallies.entry(signal).or_default();
        *tally = Tally { sent: tally.sent + 1, calls_since_sent: 0, sent_at: at, ..*tally };
        self.batch.sent.push(signal);
    }

    fn handler(&mut self, signal: Signal, subscription: Subscription, place: Place) {
        let subscribed = self.subscriptions.get(&subscription).copied();
        if subscribed != Some(signal) {
            let whose = subscribed.map_or_else(|| "no signal".to_owned(), |signal| signal.to_string());
            let message = format!("the handler added for {whose} was called for {signal}");
            self.breach(&law::RIGHT_HANDLER, message, format!("the handler added for {signal}"));
        }
        let tally = self.tallies.entry(signal).or_default();
        tally.calls += 1;
        tally.calls_since_sent += 1;
        let Tally { sent, calls, .. } = *tally;
        if sent == 0 {
            let message = format!("the handler of {signal} was called, and {signal} has not been sent");
            self.breach(&law::SIGNAL_FIRST, message, format!("no call before `sending {signal}`"));
        } else if calls > sent {
            let message =
                format!("{signal} was sent {}, and its handler is called for the {} time", times(sent), nth(calls));
            self.breach(&law::ONCE_PER_SEND, message, format!("at most {} of the handler", count(sent, "call")));
        }
        let on_sender = self.claims.handlers_run.value == HandlersRun::SenderThread;
        self.check_place(on_sender, place, "handler");
        if on_sender {
            self.batch.handled.push(signal);
        }
    }

    fn tick(&mut self, place: Place) {
        self.ticks += 1;
        self.check_place(self.claims.tasks_run.value == TasksRun::SenderThread, place, "task");
    }

    /// What claims the sender's thread must run there, and only while the coroutine yields.
    fn check_place(&mut self, on_sender: bool, place: Place, what: &str) {
        if !on_sender {
            return;
        }
        if place == Place::OtherThread {
            let message = format!("the {what} ran on another thread than the sender's");
            self.breach(&law::CLAIMED_THREAD, message, "the sender's thread");
        }
        if self.in_loop.is_none() {
            let message = format!("the {what} ran between two lines of code that do not yield");
            self.breach(&law::ONLY_AT_YIELDS, message, format!("no {what} before the next yield"));
        }
    }

    /// The yield is over: everything that it was for must have happened.
    fn resumed(&mut self) {
        let until = self.in_loop.take().unwrap_or_default();
        self.check_conditions(until, "the yield is over");
        self.check_order();
        self.batch = Batch::default();
    }

    fn check_conditions(&mut self, until: &[Condition], when: &str) {
        for condition in until {
            match *condition {
                Condition::CallAfterSend { signal } => self.check_handled(signal, when),
                Condition::Calls { signal, total } => {
                    let before = self.violations.len();
                    self.check_handled(signal, when);
                    let calls = self.tally(signal).calls;
                    if calls < total && self.violations.len() == before {
                        let message = format!(
                            "{when}, and the handler of {signal} has been called {}; it was sent {}",
                            times(calls),
                            times(total)
                        );
                        self.breach(&law::BURST_AS_CLAIMED, message, format!("one call for each of {total} sends"));
                    }
                }
                Condition::Ticks { total } if self.ticks < total => {
                    let message = format!("{when}, and the other task has taken {} of {total} turns", self.ticks);
                    self.breach(&law::TASKS_GO_ON, message, "every turn of the task");
                }
                Condition::Ticks { .. } => {}
            }
        }
    }

    fn check_handled(&mut self, signal: Signal, when: &str) {
        let tally = self.tally(signal);
        if tally.sent > 0 && tally.calls_since_sent == 0 {
            let sent = self.transcript.line_of(tally.sent_at);
            let message = format!("{when}, and {signal}, sent at line {sent}, has not been handled");
            self.breach(
                &law::HANDLED_AT_YIELD,
                message,
                format!("signal_handler('{signal}') before the yield is over"),
            );
        }
    }

    fn tally(&self, signal: Signal) -> Tally {
        self.tallies.get(&signal).copied().unwrap_or_default()
    }

    /// The order of different signals within one batch.
    fn check_order(&mut self) {
        let Batch { sent, handled } = &self.batch;
        let expected = match self.claims.batch_order.value {
            BatchOrder::Unspecified => return,
            BatchOrder::Sent => match self.claims.burst.value {
                Burst::Every => sent.iter().copied().filter(|signal| handled.contains(signal)).collect(),
                Burst::AtLeastOne => firsts(sent),
            },
            BatchOrder::LowestFirst => {
                let mut sorted = handled.clone();
                sorted.sort_unstable();
                sorted
            }
        };
        let seen = match (self.claims.batch_order.value, self.claims.burst.value) {
            (BatchOrder::Sent, Burst::AtLeastOne) => firsts(handled),
            _ => handled.clone(),
        };
        let same_signals = firsts(&seen).len() == firsts(&expected).len() && seen.len() == expected.len();
        if same_signals && seen != expected {
            let message = format!("handled in the order {}", list(&seen));
            self.breach(&law::ORDER_AS_CLAIMED, message, list(&expected));
        }
    }

    /// A process that did not end in order.
    fn ending(&mut self) -> Result<(), Unjudgeable> {
        let transcript = self.transcript;
        match &transcript.ending {
            Ending::Killed(signal) => {
                let message = format!("{signal} ended the process, though it was subscribed");
                self.breach(&law::SURVIVES, message, format!("signal_handler('{signal}')"));
            }
            Ending::NeverIdle { used } => {
                let message = format!("used {} ms of processor time with nothing to do", used.as_millis());
                self.breach(&law::IDLE_COSTS_NOTHING, message, "a loop that sleeps");
            }
            Ending::Stuck(Stuck { threads }) => {
                let until = self.in_loop.take().unwrap_or_default();
                let before = self.violations.len();
                self.check_conditions(until, &format!("the loop sleeps for good ({})", describe(threads)));
                if self.violations.len() == before {
                    return Err(self.ended_idly(threads));
                }
            }
            Ending::Deadline { threads, .. } => return Err(self.ended_idly(threads)),
            Ending::Exited(_) if !self.cues.is_empty() => return Err(self.ended_idly(&[])),
            Ending::Exited(_) => {}
        }
        Ok(())
    }

    fn ended_idly(&self, threads: &[ThreadState]) -> Unjudgeable {
        Unjudgeable::Ended {
            how: self.transcript.ending.text().unwrap_or_else(|| "ended".to_owned()),
            at: self.cues.front().map_or_else(|| "the end".to_owned(), Cue::name),
            threads: describe(threads),
        }
    }

    fn line(&self) -> usize {
        self.transcript.line_of(self.at)
    }

    fn breach(&mut self, law: &Law, message: impl Into<String>, allowed: impl Into<String>) {
        self.violations.push(Violation {
            law: law.slug.to_owned(),
            message: message.into(),
            line: self.line(),
            allowed: allowed.into(),
            source: self.source_of(law),
        });
    }

    /// A law that rests on a claim cites the page that makes it.
    fn source_of(&self, law: &Law) -> String {
        let page = match law.slug {
            "only-at-yields" | "claimed-thread" => &self.claims.handlers_run.source,
            "burst-as-claimed" => &self.claims.burst.source,
            "order-as-claimed" => &self.claims.batch_order.source,
            _ => return law.source.to_owned(),
        };
        format!("{}: {}", law.source, page.as_str())
    }
}

/// Each signal once, at its first place.
fn firsts(signals: &[Signal]) -> Vec<Signal> {
    let mut firsts = Vec::new();
    for &signal in signals {
        if !firsts.contains(&signal) {
            firsts.push(signal);
        }
    }
    firsts
}

fn list(signals: &[Signal]) -> String {
    signals.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn describe(threads: &[ThreadState]) -> String {
    if threads.is_empty() {
        return "no thread is shown".to_owned();
    }
    threads.iter().map(|thread| format!("{} {}", thread.name, thread.doing)).collect::<Vec<_>>().join("; ")
}

fn times(count: u64) -> String {
    match count {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        n => format!("{n} times"),
    }
}

fn count(n: u64, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

fn nth(n: u64) -> String {
    let ending = match (n % 10, n % 100) {
        (1, rest) if rest != 11 => "st",
        (2, rest) if rest != 12 => "nd",
        (3, rest) if rest != 13 => "rd",
        _ => "th",
    };
    format!("{n}{ending}")
}
