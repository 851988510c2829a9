//! Threads, children and second loops beside the loop: what must not be left to chance there.

use sigconform_fixture::Signal;

use super::{Valid, must};
use crate::explore::situation::{Does, Situation, is_stop};

impl Situation<'_> {
    pub(super) fn may_report_thread(&self) -> Valid {
        let Some(idle) = self.idle else { return Err("no thread idles") };
        let subscribed = self.subscribed();
        if self.able.is_masked() && idle.younger {
            return must(subscribed.without(idle.subscribed).is_empty(), "the thread is older than a subscription");
        }
        must(subscribed.common(idle.blocked).is_empty(), "the thread was started with it blocked")
    }

    /// A child ends while nobody turns the loop.
    pub(super) fn may_have_children(&self) -> Valid {
        self.may_start_children()?;
        let child = Signal::from_raw(libc::SIGCHLD);
        must(!self.is_subscribed(child), "how often SIGCHLD comes along is not told")?;
        must(!self.started_ignored.contains(child), "a child that ends while SIGCHLD is ignored is not waited for")?;
        must(self.second.is_none_or(|(second, _)| second != child), "how often SIGCHLD comes along is not told")
    }

    /// SIGTTIN goes to the whole group, and stops whoever does not handle it: POSIX.1-2024, 11.1.4.
    fn may_start_children(&self) -> Valid {
        let coming = self.background && self.astray().contains(Signal::from_raw(libc::SIGTTIN));
        must(!coming, "a child may be stopped with the group, and never end")
    }

    /// A child program is compared with one that was started without the library.
    pub(super) fn may_spawn(&self) -> Valid {
        must(self.held.is_none(), "the child would be started with it blocked")?;
        let mut started = self.started_ignored.and(self.started_blocked);
        started.insert(Signal::from_raw(libc::SIGPIPE));
        let touched = started.common(self.once.and(self.ever_second));
        must(touched.is_empty(), "what was blocked or ignored and is caught now is neither in the child")
    }

    pub(super) fn may_fork_loop(&self, signal: Signal) -> Valid {
        let one = self.threads.is_empty() && self.reader.is_none() && self.second.is_none();
        must(one && !self.on_second_thread, "a lock that another thread holds would stay held in the child")?;
        must(self.is_subscribed(signal) && !self.is_held(signal), "the child would wait for ever")?;
        must(!self.is_deaf_to(signal) && !is_stop(signal), "the child would wait for ever")?;
        must(!self.limited || !signal.is_real_time(), "the system's queue may be full")?;
        let plain = self.handlers_of(signal).all(|live| live.does == Does::Nothing);
        must(plain && !self.own_earlier.contains(signal), "its handler has something to do in the parent")?;
        must(self.is_quiet() && !self.ticks && self.armed.is_empty(), "the child may take what the parent waits for")?;
        must(self.held.is_none() && self.loose.is_empty(), "the child may take what the parent waits for")?;
        self.may_have_children()
    }

    /// SIGCHLD will come, and its handler reaps.
    pub(super) fn may_be_announced(&self) -> Valid {
        self.may_start_children()?;
        let child = Signal::from_raw(libc::SIGCHLD);
        must(!self.is_held(child), "nobody reaps while it is held")?;
        must(self.handlers_of(child).all(|live| live.does == Does::Nothing), "its handler is not there to stay")?;
        must(!self.own_earlier.contains(child), "what merges is fewer calls of the program's own handler")?;
        self.may_come_from_kernel(child)
    }

    pub(super) fn may_come_from_kernel(&self, signal: Signal) -> Valid {
        must(self.is_subscribed(signal), "nobody handles it")?;
        must(!self.is_deaf_to(signal), "it is blocked from the start")?;
        let early = self.batch.sent.contains_key(&signal.as_raw()) && signal.as_raw() == libc::SIGALRM;
        must(!early && (signal.as_raw() != libc::SIGALRM || !self.loose.contains(signal)), "one came earlier")?;
        self.may_arrive(signal)
    }
}
