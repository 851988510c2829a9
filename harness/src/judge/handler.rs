//! Handler calls: the right one, at the right time, at the right place, with what was claimed.

use sigconform_fixture::{
    Burst, ChildThen, HandlersRun, Information, InformationField, Place, SecondHandler, Signal, Subscription,
};

use super::{law, monitor::Monitor, wording::times};
use crate::model::{Origin, Wrong};

/// What is known about a send: its handler must be told the same, or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) signal: Signal,
    /// The process sent it to itself, not the kernel for a child.
    pub(super) from_self: bool,
    pub(super) code: &'static str,
    pub(super) value: Option<i32>,
    pub(super) status: Option<i32>,
}

impl Monitor<'_> {
    pub(super) fn handler(&mut self, signal: Signal, subscription: Subscription, place: Place, info: &Information) {
        match self.model.signal_of(subscription) {
            Some(own) if own == signal => self.call(signal, subscription),
            whose => {
                let whose = whose.map_or_else(|| "no signal".to_owned(), |signal| signal.to_string());
                let message = format!("the handler added for {whose} was called for {signal}");
                self.breach(&law::RIGHT_HANDLER, message, format!("the handler added for {signal}"));
                let _ = self.model.call(subscription);
            }
        }
        let on_sender = self.claims.handlers_run.value == HandlersRun::SenderThread;
        self.check_place(on_sender, place, "handler");
        if on_sender && self.in_handler {
            let message = format!("the handler of {signal} ran inside the handler that sent it");
            self.breach(&law::NO_RECURSION, message, "the handler in a later turn");
        }
        self.check_information(signal, info);
    }

    fn call(&mut self, signal: Signal, subscription: Subscription) {
        let Err(wrong) = self.model.call(subscription) else {
            self.called_since_ready = true;
            return;
        };
        if self.forked == Some(signal) && !matches!(wrong, Wrong::OutOfOrder { .. }) {
            let message = format!("{signal}, which only the forked child received, was handled in the parent");
            return self.breach(&law::FORK_ISOLATED, message, "no call in the parent");
        }
        match wrong {
            Wrong::NotSent => {
                let message = format!("the handler of {signal} was called, and {signal} has not been sent");
                self.breach(&law::SIGNAL_FIRST, message, format!("no call before `sending {signal}`"));
            }
            Wrong::TooOften { sent } => {
                let message = format!("{signal} was sent {}, and its handler is called once more", times(sent));
                self.breach(&law::ONCE_PER_SEND, message, format!("no further call for {signal}"));
            }
            Wrong::OutOfOrder { allowed } => {
                let allowed: Vec<_> = allowed.iter().map(|signal| format!("signal_handler('{signal}')")).collect();
                let message = format!("{signal} was handled before its turn");
                let law = if signal.is_real_time() { &law::REAL_TIME_AS_CLAIMED } else { &law::ORDER_AS_CLAIMED };
                self.breach(law, message, allowed.join(" or "));
            }
            Wrong::NotSubscribed => {
                let replaced =
                    self.claims.second_handler.value == SecondHandler::Replaces && self.model.is_subscribed(signal);
                let law = if replaced { &law::SECOND_AS_CLAIMED } else { &law::REMOVED_IS_SILENT };
                let message = format!("a handler of {signal} that is no longer there was called");
                self.breach(law, message, "no call of this handler");
            }
        }
    }

    /// What claims the sender's thread must run there, and only while the coroutine yields.
    pub(super) fn check_place(&mut self, on_sender: bool, place: Place, what: &str) {
        if !on_sender {
            return;
        }
        if place == Place::OtherThread {
            let message = format!("the {what} ran on another thread than the sender's");
            self.breach(&law::CLAIMED_THREAD, message, "the sender's thread");
        }
        if self.in_loop.is_none() && !self.is_over() {
            let message = format!("the {what} ran between two lines of code that do not yield");
            self.breach(&law::ONLY_AT_YIELDS, message, format!("no {what} before the next yield"));
        }
    }

    /// Remembers what a send must look like to its handler.
    pub(super) fn expect_letter(&mut self, letter: Letter) {
        self.letters.push(letter);
    }

    pub(super) fn children(&mut self, times: u32, then: ChildThen) {
        match then {
            ChildThen::Exit => self.child_signals(times, "CLD_EXITED", 0),
            ChildThen::Stop => {
                self.stopping += times;
                self.child_signals(times, "CLD_STOPPED", libc::SIGSTOP);
            }
        }
    }

    /// Source: POSIX.1-2024, `<signal.h>`: for SIGCHLD, `si_status` is the exit status or the signal.
    pub(super) fn child_signals(&mut self, times: u32, code: &'static str, status: i32) {
        let signal = Signal::from_raw(libc::SIGCHLD);
        self.sent(signal, u64::from(times), Origin::Elsewhere);
        self.expect_letter(Letter { signal, from_self: false, code, value: None, status: Some(status) });
    }

    /// The system refused the last send: its handler will not be told of it.
    pub(super) fn take_back_letter(&mut self, signal: Signal) {
        if let Some(last) = self.letters.iter().rposition(|letter| letter.signal == signal) {
            self.letters.remove(last);
        }
    }

    /// Holds what the handler was told against what was sent: the first send of that signal that is not told of yet. A
    /// burst that coalesces keeps the first.
    fn check_information(&mut self, signal: Signal, info: &Information) {
        if let Some((_, _, posts)) = self.posts.iter_mut().find(|(counted, ..)| *counted == signal) {
            *posts = posts.saturating_add(info.posts.unwrap_or(1));
        }
        let Some(at) = self.letters.iter().position(|letter| letter.signal == signal) else { return };
        let letter = self.letters.remove(at);
        let queued = signal.is_real_time();
        if !queued {
            self.letters.retain(|letter| letter.signal != signal);
        }
        for field in self.claims.information.value.clone() {
            let (name, told, sent) = match field {
                InformationField::Sender => ("pid", text(info.pid), letter.from_self.then(|| self.pid.to_string())),
                InformationField::Code => ("code", info.code.clone(), Some(letter.code.to_owned())),
                InformationField::Value => ("value", text(info.value), text(letter.value)),
                InformationField::Status => ("status", text(info.status), text(letter.status)),
                InformationField::Posts if info.posts.is_none() => ("posts", None, Some("a number".to_owned())),
                InformationField::Posts => continue,
            };
            let Some(sent) = sent else { continue };
            if told.as_ref() != Some(&sent) {
                let told = told.unwrap_or_else(|| "nothing".to_owned());
                let message = format!("the handler of {signal} was told {name} {told}");
                let law =
                    if queued && name == "value" { &law::REAL_TIME_AS_CLAIMED } else { &law::INFORMATION_AS_CLAIMED };
                self.breach(law, message, format!("{name} {}", redact(name, &sent)));
            }
        }
    }

    /// Counts the sends of a signal, for backends that count posts.
    pub(super) fn count_posts_sent(&mut self, signal: Signal, times: u64) {
        if self.claims.burst.value != Burst::Posts || !self.model.is_subscribed(signal) {
            return;
        }
        match self.posts.iter_mut().find(|(counted, ..)| *counted == signal) {
            Some((_, sent, _)) => *sent += times,
            None => self.posts.push((signal, times, 0)),
        }
    }

    /// The system refused the last send.
    pub(super) fn uncount_posts_sent(&mut self, signal: Signal) {
        let counted = self.posts.iter_mut().find(|(counted, ..)| *counted == signal);
        counted.into_iter().for_each(|(_, sent, _)| *sent = sent.saturating_sub(1));
    }

    /// After a yield the posts add up to the sends.
    pub(super) fn check_posts(&mut self) {
        let wrong: Vec<_> = self.posts.iter().copied().filter(|(_, sent, posts)| sent != posts).collect();
        for (signal, sent, posts) in wrong {
            let message = format!("{signal} was sent {}, and posted {}", times(sent), times(posts));
            self.breach(&law::BURST_AS_CLAIMED, message, format!("{sent} posts"));
        }
    }
}

fn text(number: Option<impl ToString>) -> Option<String> {
    number.map(|number| number.to_string())
}

/// A process id differs from run to run, and says nothing.
fn redact<'a>(name: &str, value: &'a str) -> &'a str {
    if name == "pid" { "[PID]" } else { value }
}
