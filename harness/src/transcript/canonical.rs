//! The canonical form: one text for everything that is right in the same way, so that one reviewed snapshot serves every
//! backend that makes the same claims.
//!
//! - Process ids are redacted.
//! - A handler or task that may run any time after it was asked for stands in its yield.
//! - Within a yield, the handlers stand before the turns of other tasks; and where no order is claimed, handlers stand in
//!   the order of sending.
//! - Where the number of calls is not claimed, a run of calls is one line, and so is what comes of the same sends after
//!   their yield.
//! - Signals that were held and released together have no order among themselves, whatever is claimed.
//! - What is handled while a loop closes is chance; so is what a second handler is told of sends from before it, whether
//!   a handler that may run any time runs before it is replaced, and when a second loop, on its own thread, handles its
//!   signal.
//! - Whether a handler that another one removes, or that removes itself, is still called in the same yield for what was
//!   sent before is chance.
//! - A refusal is one line, whether it is an error or the panic that is claimed.
//! - Whether a handler can be added while few descriptors are left is the library's business, as long as it may be refused.
//! - A story that is told again and again is told once, with the number of times.

use sigconform_fixture::{
    BatchOrder, Burst, Claims, HandlersRun, Happening, RealTime, Refusal, SecondHandler, Signal, Subscription,
    SystemCalls, TasksRun,
};

use super::Transcript;
use crate::{
    conduct::sends::{Sends, Whom},
    model::Origin,
};

#[cfg(test)]
mod tests;

impl Transcript {
    /// The documented text for a backend with these claims.
    ///
    /// ```
    /// # use sigconform::{contract::{Claims, Event}, transcript::{Ending, Transcript}};
    /// # let told = r#"{"event":"subscribed","signal":"SIGHUP","subscription":1}
    /// # {"event":"started","pid":7}
    /// # {"event":"sending","signal":"SIGHUP"}
    /// # {"event":"handler","signal":"SIGHUP","subscription":1,"place":"other-thread"}
    /// # {"event":"yielding"}
    /// # {"event":"resumed"}"#;
    /// # let events = told.lines().map(serde_json::from_str).collect::<Result<Vec<Event>, _>>()?;
    /// # let transcript = Transcript { events, ending: Ending::Exited(0), stderr: String::new() };
    /// // A handler that ran before the yield, which a backend may have whose handlers run anywhere.
    /// let canonical = transcript.canonical(&Claims::default());
    /// assert!(canonical.ends_with("sending SIGHUP\nyielding control\nsignal_handler('SIGHUP')\n"), "{canonical}");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn canonical(&self, claims: &Claims) -> String {
        let mut page = Page::new(claims);
        let mut lacks_descriptors = false;
        for (what, text) in self.texts() {
            match (what, text) {
                (Happening::DescriptorsLimited { left }, text) => {
                    lacks_descriptors = left.is_some();
                    page.text.extend(text);
                }
                (Happening::Subscribed { signal, subscription }, _) if lacks_descriptors => {
                    page.note_subscribed((*signal, *subscription));
                    page.text.push(format!("asked for {signal}"));
                }
                (Happening::Refused { signal, .. }, _) if lacks_descriptors => {
                    page.text.push(format!("asked for {signal}"));
                }
                (Happening::Handler { signal, subscription, .. }, Some(text)) => {
                    page.add(Turn { text, of: Some((*signal, *subscription)), sends: None, count: 1 });
                }
                (Happening::Tick { .. }, Some(text)) => page.add(Turn { text, of: None, sends: None, count: 1 }),
                (Happening::Yielding | Happening::Settling | Happening::Closing | Happening::Ready { .. }, text) => {
                    page.enter_loop(text);
                }
                (Happening::Resumed, _) => page.leave_loop(),
                (Happening::Reopened, text) => {
                    page.close_loop();
                    page.text.extend(text);
                }
                (Happening::Subscribed { signal, subscription }, text) => {
                    page.note_subscribed((*signal, *subscription));
                    page.text.extend(text);
                }
                // Its thread is its own: when it calls, until it ends, is chance.
                (Happening::SecondHandler { .. }, text) => page.second.extend(text),
                (Happening::SecondLoopEnded, text) => {
                    let called = std::mem::take(&mut page.second);
                    page.text.extend(called.into_iter().chain(text));
                }
                // A documented panic is the library's way of refusing.
                (Happening::Panicked { signal: Some(signal), .. }, _) if claims.refusal.value == Refusal::Panic => {
                    page.text.push(format!("refused {signal}"));
                }
                (Happening::ReadEnded { .. }, _) if claims.system_calls.value == SystemCalls::Unspecified => {
                    page.text.push("its read is over".to_owned());
                }
                // How many children one call finds is chance; what a signal handler does is the library's own business, as
                // long as it may.
                (Happening::Reaped { .. } | Happening::Traced { .. }, _) => {}
                (Happening::HandlerSending { signal }, Some(text)) => {
                    page.note_sent(what);
                    page.add_to_turn(text, |_| true, Some(*signal));
                }
                (Happening::HandlerClosing, Some(text)) => page.add_to_turn(text, |_| true, None),
                (Happening::HandlerAdded { signal, subscription, .. }, Some(text)) => {
                    page.adds((*signal, *subscription));
                    page.add_to_turn(text, |_| true, None);
                }
                (Happening::HandlerRemoved { subscription, .. }, Some(text)) => {
                    page.removes(*subscription);
                    page.add_to_turn(text, |_| true, None);
                }
                (Happening::HandlerReturned { subscription }, Some(_)) if page.returns_late(*subscription) => {}
                (Happening::HandlerReturned { subscription }, Some(text)) => {
                    // What it sent may have been handled meanwhile.
                    let sent = |turn: &Turn| turn.sends.is_some() && turn.of.is_some_and(|(_, of)| of == *subscription);
                    page.add_to_turn(text, sent, None);
                }
                (what, text) => {
                    page.note_sent(what);
                    page.text.extend(text);
                }
            }
        }
        page.finish(self.ending.text())
    }
}

/// A handler's call, or another task's turn.
struct Turn {
    text: String,
    of: Option<(Signal, Subscription)>,
    /// What it sent itself: its handler's next call is another story.
    sends: Option<Signal>,
    count: u64,
}

/// What the claims leave open.
#[expect(clippy::struct_excessive_bools, reason = "each is one claim")]
struct Freedom {
    handlers_float: bool,
    tasks_float: bool,
    unordered: bool,
    uncounted: bool,
    uncounted_real_time: bool,
    second_joins: bool,
    second_replaces: bool,
}

impl Freedom {
    fn of(claims: &Claims) -> Self {
        let handlers_float = claims.handlers_run.value == HandlersRun::Concurrently;
        Self {
            handlers_float,
            tasks_float: claims.tasks_run.value == TasksRun::Concurrently,
            unordered: handlers_float || claims.batch_order.value == BatchOrder::Unspecified,
            uncounted: claims.burst.value != Burst::Every,
            uncounted_real_time: claims.burst.value != Burst::Every && claims.real_time.value != RealTime::Queued,
            second_joins: claims.second_handler.value == SecondHandler::Both,
            second_replaces: claims.second_handler.value == SecondHandler::Replaces,
        }
    }
}

/// The text as it grows.
struct Page {
    free: Freedom,
    text: Vec<String>,
    /// What ran in the yield that is going on.
    in_loop: Option<Vec<Turn>>,
    /// What ran before its yield, as it may.
    early: Vec<Turn>,
    sends: Sends,
    /// Signals in the order of sending, since the loop was last left.
    sent: Vec<Signal>,
    /// Signals that came in number from elsewhere: they merge on their way, whatever is claimed.
    uncounted: Vec<Signal>,
    /// Handlers whose line stands there since their signal was last sent.
    shown: Vec<(Signal, Subscription)>,
    /// Every handler that was added.
    added: Vec<(Signal, Subscription)>,
    /// Those that joined another while its signal waited, and whose signal was not sent since.
    late: Vec<(Signal, Subscription)>,
    /// Signals were held, and have been released since the loop was last left.
    released: bool,
    /// Calls of the second loop.
    second: Vec<String>,
    /// Handlers that have not returned when their yield was over.
    returning: Vec<Subscription>,
    /// Handlers that were removed by one in this yield.
    removed: Vec<Subscription>,
}

/// The line of a handler that sent a signal.
const RETURNS: &str = "signal_handler returns";

impl Page {
    fn new(claims: &Claims) -> Self {
        let (text, in_loop, early, sent, uncounted, shown, added, late, released, second, returning) =
            Default::default();
        let removed = Vec::new();
        Self {
            free: Freedom::of(claims),
            text,
            in_loop,
            early,
            sends: Sends::default(),
            sent,
            uncounted,
            shown,
            added,
            late,
            released,
            second,
            returning,
            removed,
        }
    }

    fn note_subscribed(&mut self, handler: (Signal, Subscription)) {
        let joins = self.free.second_joins && self.added.iter().any(|&(signal, _)| signal == handler.0);
        if joins && self.sent.contains(&handler.0) {
            self.late.push(handler);
        }
        if self.free.second_replaces && !self.is_counted(handler.0) {
            self.early.retain(|turn| turn.of.is_none_or(|(signal, _)| signal != handler.0));
        }
        self.added.push(handler);
    }

    fn note_sent(&mut self, what: &Happening) {
        self.released |= *what == Happening::Releasing;
        for sent in self.sends.of(what).into_iter().filter(|sent| sent.to == Whom::Process) {
            let signal = sent.signal;
            // From outside, signals of one kind merge on their way, whatever is claimed.
            if sent.is_of_child() || sent.origin == Origin::Elsewhere && sent.times > 1 {
                self.uncounted.push(signal);
            }
            if sent.is_of_child() {
                continue;
            }
            self.shown.retain(|&(shown, _)| shown != signal);
            self.late.retain(|&(late, _)| late != signal);
            self.sent.push(signal);
        }
    }

    fn add(&mut self, turn: Turn) {
        let is_gone = |(_, subscription)| self.removed.contains(&subscription);
        if turn.of.is_some_and(|handler| self.late.contains(&handler) || is_gone(handler)) {
            return;
        }
        let floats = if turn.of.is_some() { self.free.handlers_float } else { self.free.tasks_float };
        match &mut self.in_loop {
            Some(ran) => push(ran, turn),
            None if floats => push(&mut self.early, turn),
            None => self.text.push(turn.text),
        }
    }

    /// The handler that was called last has added one, which may take the place of others, its own too.
    fn adds(&mut self, handler: (Signal, Subscription)) {
        if self.free.second_replaces {
            let replaced: Vec<_> = self.added.iter().filter(|&&(signal, _)| signal == handler.0).copied().collect();
            replaced.into_iter().for_each(|(_, subscription)| self.removes(subscription));
        }
        // What it is told of sends from before it is chance.
        self.late.push(handler);
        self.added.push(handler);
    }

    /// The handler that was called last has removed one: of that one's calls in this yield its own may stand, in which it did.
    fn removes(&mut self, subscription: Subscription) {
        self.removed.push(subscription);
        let Some(ran) = &mut self.in_loop else { return };
        let remover = ran.pop();
        ran.retain(|turn| turn.of.is_none_or(|(_, of)| of != subscription));
        // Of a run of calls that are one turn, the last was its.
        ran.extend(remover.map(|turn| Turn { count: 1, ..turn }));
    }

    /// A line that a handler itself wrote belongs to its call: the last one that `is_its`.
    fn add_to_turn(&mut self, text: String, is_its: impl Fn(&Turn) -> bool, sends: Option<Signal>) {
        let turns = match &mut self.in_loop {
            Some(ran) => Some(ran),
            None => self.free.handlers_float.then_some(&mut self.early),
        };
        match turns.and_then(|turns| turns.iter_mut().rfind(|turn| is_its(turn))) {
            Some(turn) => {
                turn.text += &format!("\n{text}");
                turn.sends = turn.sends.or(sends);
            }
            None => self.text.push(text),
        }
    }

    /// Whether it is the return of a handler that its yield did not wait for, and whose line stands there already.
    fn returns_late(&mut self, subscription: Subscription) -> bool {
        let at = self.returning.iter().position(|&late| late == subscription);
        at.map(|at| self.returning.swap_remove(at)).is_some()
    }

    fn enter_loop(&mut self, text: Option<String>) {
        self.leave_loop();
        self.text.extend(text);
        self.in_loop = Some(std::mem::take(&mut self.early));
    }

    fn leave_loop(&mut self) {
        let Some(mut ran) = self.in_loop.take() else { return };
        // What such a handler sent may be handled, and the yield over, before it returns.
        for turn in ran.iter_mut().filter(|turn| turn.sends.is_some() && !turn.text.ends_with(RETURNS)) {
            turn.text += &format!("\n{RETURNS}");
            self.returning.extend(turn.of.map(|(_, subscription)| subscription));
        }
        let unordered = self.free.unordered || std::mem::take(&mut self.released);
        let rank = |signal: Signal| self.sent.iter().position(|&sent| sent == signal).unwrap_or(usize::MAX);
        // Sorting is stable: what has the same key stays as it happened.
        ran.sort_by_key(|turn| match turn.of {
            Some((signal, subscription)) if unordered => (0, rank(signal), Some(subscription)),
            Some(_) => (0, 0, None),
            None => (1, 0, None),
        });
        let mut merged = Vec::new();
        ran.into_iter().for_each(|turn| push(&mut merged, turn));
        for Turn { text, of, sends, count } in merged {
            let counted = of.is_some_and(|(signal, _)| self.is_counted(signal));
            if let Some(handler) = of {
                if self.shown.contains(&handler) && !counted {
                    continue;
                }
                self.shown.push(handler);
                self.shown.retain(|&(signal, _)| Some(signal) != sends);
            }
            self.text.push(if counted && count > 1 { format!("{text} × {count}") } else { text });
        }
        self.sent.clear();
        self.removed.clear();
    }

    /// Whether each call for the signal is claimed, and so each is shown.
    fn is_counted(&self, signal: Signal) -> bool {
        let free = if signal.is_real_time() { self.free.uncounted_real_time } else { self.free.uncounted };
        !free && !self.uncounted.contains(&signal)
    }

    /// What ran while the loop closed, or would have run in its next yield, may just as well not have run.
    fn close_loop(&mut self) {
        self.in_loop = None;
        self.early.clear();
        self.sent.clear();
    }

    fn finish(mut self, ending: Option<String>) -> String {
        // What ran after the last yield is as good as in it.
        self.enter_loop(None);
        self.leave_loop();
        self.text.extend(ending);
        folded(&self.text).into_iter().map(|text| text + "\n").collect()
    }
}

/// Longest story that is folded when it is told again and again.
const LONGEST_STORY: usize = 8;
/// How often it must be told to be folded.
const TOLD_TOO_OFTEN: usize = 8;

/// The lines with repeated stories told once: a thousand rounds are for a machine to compare, not for people to read.
fn folded(lines: &[String]) -> Vec<String> {
    let mut text = Vec::new();
    let mut rest = lines;
    while let Some(line) = rest.first() {
        let told = |length: usize| rest.chunks_exact(length).take_while(|story| *story == &rest[..length]).count();
        let repeated = (1..=LONGEST_STORY.min(rest.len())).find(|&length| told(length) >= TOLD_TOO_OFTEN);
        let Some(length) = repeated else {
            text.push(line.clone());
            rest = &rest[1..];
            continue;
        };
        let times = told(length);
        text.extend(rest[..length].iter().cloned());
        text.push(format!("(the same {} times more)", times - 1));
        rest = &rest[length * times..];
    }
    text
}

/// Adds a turn; a run of calls of one handler is one.
fn push(turns: &mut Vec<Turn>, turn: Turn) {
    match turns.last_mut() {
        Some(last) if turn.of.is_some() && last.of == turn.of && last.text == turn.text => last.count += turn.count,
        _ => turns.push(turn),
    }
}
