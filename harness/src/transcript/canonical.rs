//! The canonical form: one text for everything that is right in the same way, so that one reviewed snapshot serves every
//! backend that makes the same claims.
//!
//! - Process ids are redacted.
//! - A handler or task that may run any time after it was asked for stands in its yield.
//! - Within a yield, the handlers stand before the turns of other tasks; and where no order is claimed, handlers stand in
//!   the order of sending.
//! - Where the number of calls is not claimed, a run of calls is one line.

use sigconform_fixture::{BatchOrder, Burst, Claims, HandlersRun, Happening, Signal, Subscription, TasksRun};

use super::Transcript;

impl Transcript {
    /// The documented text for a backend with these claims.
    #[must_use]
    pub fn canonical(&self, claims: &Claims) -> String {
        let mut page = Page::new(claims);
        for (what, text) in self.texts() {
            match (what, text) {
                (Happening::Handler { signal, subscription, .. }, Some(text)) => {
                    page.add(Turn { text, of: Some((*signal, *subscription)), count: 1 });
                }
                (Happening::Tick { .. }, Some(text)) => page.add(Turn { text, of: None, count: 1 }),
                (Happening::Yielding | Happening::Settling | Happening::Closing | Happening::Ready { .. }, text) => {
                    page.enter_loop(text)
                }
                (Happening::Resumed, _) => page.leave_loop(),
                (Happening::Reopened, text) => {
                    page.leave_loop();
                    page.text.extend(text);
                }
                // How many children one call finds is chance.
                (Happening::Reaped { .. }, _) => {}
                (Happening::HandlerSending { .. } | Happening::HandlerReturned { .. }, Some(text)) => {
                    page.note_sent(what);
                    page.add_to_turn(text);
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
    count: u64,
}

/// The text as it grows.
struct Page {
    handlers_float: bool,
    tasks_float: bool,
    unordered: bool,
    counted: bool,
    text: Vec<String>,
    /// What ran in the yield that is going on.
    in_loop: Option<Vec<Turn>>,
    /// What ran before its yield, as it may.
    early: Vec<Turn>,
    /// Signals in the order of sending, since the loop was last left.
    sent: Vec<Signal>,
    /// Signals that came in number from elsewhere: they merge on their way, whatever is claimed.
    uncounted: Vec<Signal>,
}

impl Page {
    fn new(claims: &Claims) -> Self {
        let handlers_float = claims.handlers_run.value == HandlersRun::Concurrently;
        Self {
            handlers_float,
            tasks_float: claims.tasks_run.value == TasksRun::Concurrently,
            unordered: handlers_float || claims.batch_order.value == BatchOrder::Unspecified,
            counted: claims.burst.value == Burst::Every,
            text: Vec::new(),
            in_loop: None,
            early: Vec::new(),
            sent: Vec::new(),
            uncounted: Vec::new(),
        }
    }

    fn note_sent(&mut self, what: &Happening) {
        match what {
            Happening::Sending { signal, .. }
            | Happening::Flooding { signal, .. }
            | Happening::Queueing { signal, .. }
            | Happening::HandlerSending { signal } => self.sent.push(*signal),
            Happening::Outside { action } => {
                self.sent.extend(action.signals());
                if action.times() > 1 {
                    self.uncounted.extend(action.signals());
                }
            }
            Happening::StartingChildren { .. } | Happening::ContinuingChildren => {
                self.uncounted.push(Signal::from_raw(libc::SIGCHLD))
            }
            _ => {}
        }
    }

    fn add(&mut self, turn: Turn) {
        let floats = if turn.of.is_some() { self.handlers_float } else { self.tasks_float };
        match &mut self.in_loop {
            Some(ran) => push(ran, turn),
            None if floats => push(&mut self.early, turn),
            None => self.text.push(turn.text),
        }
    }

    /// A line that a handler itself wrote belongs to its call.
    fn add_to_turn(&mut self, text: String) {
        match self.in_loop.as_mut().and_then(|ran| ran.last_mut()) {
            Some(turn) => turn.text += &format!("\n{text}"),
            None => self.text.push(text),
        }
    }

    fn enter_loop(&mut self, text: Option<String>) {
        self.leave_loop();
        self.text.extend(text);
        self.in_loop = Some(std::mem::take(&mut self.early));
    }

    fn leave_loop(&mut self) {
        let Some(mut ran) = self.in_loop.take() else { return };
        let rank = |signal: Signal| self.sent.iter().position(|&sent| sent == signal).unwrap_or(usize::MAX);
        // Sorting is stable: what has the same key stays as it happened.
        ran.sort_by_key(|turn| match turn.of {
            Some((signal, subscription)) if self.unordered => (0, rank(signal), Some(subscription)),
            Some(_) => (0, 0, None),
            None => (1, 0, None),
        });
        let mut merged = Vec::new();
        ran.into_iter().for_each(|turn| push(&mut merged, turn));
        let is_counted =
            |of: Option<(Signal, _)>| self.counted && of.is_some_and(|(signal, _)| !self.uncounted.contains(&signal));
        let shown: Vec<_> = merged
            .into_iter()
            .map(|Turn { text, of, count }| match count {
                2.. if is_counted(of) => format!("{text} × {count}"),
                _ => text,
            })
            .collect();
        self.text.extend(shown);
        self.sent.clear();
    }

    fn finish(mut self, ending: Option<String>) -> String {
        self.leave_loop();
        self.text.extend(self.early.into_iter().map(|turn| turn.text));
        self.text.extend(ending);
        self.text.into_iter().map(|text| text + "\n").collect()
    }
}

/// Adds a turn; a run of calls of one handler is one.
fn push(turns: &mut Vec<Turn>, turn: Turn) {
    match turns.last_mut() {
        Some(last) if turn.of.is_some() && last.of == turn.of && last.text == turn.text => last.count += turn.count,
        _ => turns.push(turn),
    }
}

#[cfg(test)]
mod tests {
    use sigconform_fixture::{Claim, Place, Subscription};

    use super::*;
    use crate::transcript::Ending;

    fn transcript(whats: Vec<Happening>) -> Transcript {
        let events = whats.into_iter().map(|what| Event { t: 0, what }).collect();
        Transcript { events, ending: Ending::Exited(0), stderr: String::new() }
    }

    fn handler(place: Place) -> Happening {
        Happening::Handler {
            signal: Signal::SIGHUP,
            subscription: Subscription(1),
            place,
            info: sigconform_fixture::Information::default(),
        }
    }

    fn claims(handlers_run: HandlersRun) -> Claims {
        Claims { handlers_run: Claim { value: handlers_run, ..Claim::default() }, ..Claims::default() }
    }

    const DOCUMENTED: &str = "sending SIGHUP\nyielding control\nsignal_handler('SIGHUP')\n";

    #[test]
    fn a_concurrent_handler_before_its_yield_stands_in_it() {
        let early = transcript(vec![
            Happening::Sending { signal: Signal::SIGHUP, to: Receiver::Process },
            handler(Place::OtherThread),
            Happening::Yielding,
            Happening::Resumed,
        ]);
        assert_eq!(early.canonical(&claims(HandlersRun::Concurrently)), DOCUMENTED);
    }

    #[test]
    fn an_early_handler_of_a_sequential_loop_stays_where_it_ran() {
        let early = transcript(vec![
            Happening::Sending { signal: Signal::SIGHUP, to: Receiver::Process },
            handler(Place::SenderThread),
            Happening::Yielding,
            Happening::Resumed,
        ]);
        assert_ne!(early.canonical(&claims(HandlersRun::SenderThread)), DOCUMENTED);
    }

    #[test]
    fn a_handler_that_never_finds_a_yield_is_still_shown() {
        let late = transcript(vec![Happening::Yielding, Happening::Resumed, handler(Place::OtherThread)]);
        let text = late.canonical(&claims(HandlersRun::Concurrently));
        assert_eq!(text, "yielding control\nsignal_handler('SIGHUP')\n");
    }

    #[test]
    fn handlers_stand_before_ticks_of_the_same_yield() {
        let tick = Happening::Tick { number: 1, place: Place::SenderThread };
        let mixed = transcript(vec![Happening::Yielding, tick, handler(Place::SenderThread), Happening::Resumed]);
        let text = mixed.canonical(&claims(HandlersRun::SenderThread));
        assert_eq!(text, "yielding control\nsignal_handler('SIGHUP')\ntick 1\n");
    }

    #[test]
    fn an_ending_by_signal_is_a_line() {
        let ended = Transcript { ending: Ending::Killed(Signal::SIGHUP), ..transcript(vec![Happening::Yielding]) };
        assert_eq!(ended.canonical(&Claims::default()), "yielding control\nkilled by SIGHUP\n");
    }
}
