//! Linux: a fixture, its **warden**, and the end of both.
//!
//! A fixture may start a daemon: a process in a session of its own whose parent has exited. No group and no session
//! holds such a process any more, and it would outlive its case. So a process of ours stands between the harness and
//! each fixture:
//!
//! 1. The warden is a *child subreaper*: whatever the fixture starts, however often it forks, is a descendant of the
//!    warden until the kernel reaps it, and an orphan becomes its child. Source: `PR_SET_CHILD_SUBREAPER(2const)`.
//! 2. It starts the fixture, and waits for the fixture's end, or for that of the harness.
//! 3. Then it kills its descendants, and only those, until it has no child left, and says how the fixture ended. What cannot
//!    be killed, or is not to be reaped because somebody else traces it, is left and named.
//! 4. It blocks every signal, so what a fixture sends to its parent hits neither the harness nor the warden. Two cannot
//!    be blocked: from SIGSTOP the harness wakes it, or the harness's own end does (`PR_SET_PDEATHSIG`); after SIGKILL the
//!    fixture dies with it, the case is an error, and a daemon of such a fixture is the one thing that can be left behind.
//!
//! A warden costs a fork of the harness, so it guards one fixture after the other, as long as each ends by itself, with
//! nothing left and its parent untouched; after any other a new one takes its place. It starts a fixture as `posix_spawn`
//! would, from memory that both share, so a case copies no page of the harness. What it says stands in that memory.
//!
//! The harness itself uses a process descriptor, never the fixture's number, which is free again once it is reaped. After
//! the fork the warden makes system calls only: it is the copy of one thread of a program that may have many.

use std::{
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    thread,
    time::Duration,
};

use sigconform_fixture::Signal;

use super::launch::{End, Launch, Status};
use crate::drive::observe;

mod board;
mod channel;
mod descendants;
mod descriptor;
mod handle;
mod image;
mod lasting;
mod life;
mod outside;

use board::Word;
use handle::{Unstarted, Warden};

/// Longest wait for a process that was killed, and that nobody guards.
const DIES_WITHIN: Duration = Duration::from_secs(1);

/// The warden that guarded the last fixture, if it may guard another.
#[derive(Default)]
pub(in crate::drive) struct Guard {
    warden: Option<Warden>,
}

pub(super) struct Running<'a> {
    guard: &'a mut Option<Warden>,
    warden: Option<Warden>,
    warden_pid: libc::pid_t,
    fixture: OwnedFd,
    /// Its number, which means something only while it lives.
    pid: libc::pid_t,
}

/// Starts a program under a warden.
pub(super) fn spawn<'a>(guard: &'a mut Guard, launch: Launch<'_>) -> io::Result<Running<'a>> {
    // The last one's fixture may have seen to it that it starts no other.
    if let Some(mut warden) = guard.warden.take() {
        match warden.start(&launch) {
            Ok(started) => return Ok(Running::of(guard, warden, started)),
            Err(Unstarted::Program(error)) => return Err(error),
            Err(Unstarted::Warden(_)) => {}
        }
    }
    let mut warden = Warden::fork()?;
    match warden.start(&launch) {
        Ok(started) => Ok(Running::of(guard, warden, started)),
        Err(Unstarted::Warden(error)) if is_gone(&error) => {
            Err(io::Error::other("the process that guards it was killed"))
        }
        Err(Unstarted::Program(error) | Unstarted::Warden(error)) => Err(error),
    }
}

impl<'a> Running<'a> {
    fn of(guard: &'a mut Guard, warden: Warden, (pid, fixture): (libc::pid_t, OwnedFd)) -> Self {
        Self { guard: &mut guard.warden, warden_pid: warden.pid(), warden: Some(warden), fixture, pid }
    }
}

impl Running<'_> {
    /// The warden: the fixture is everything below it.
    pub(super) fn top(&self) -> libc::pid_t {
        self.warden_pid
    }

    /// The fixture's own.
    pub(super) fn pid(&self) -> libc::pid_t {
        self.pid
    }

    /// The fixture's, since it may have stopped its warden; and the warden's, since it may have killed it.
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere there are none")]
    pub(super) fn end_descriptors(&self) -> Option<[BorrowedFd<'_>; 2]> {
        Some([self.fixture.as_fd(), self.warden.as_ref().map_or(self.fixture.as_fd(), Warden::process)])
    }

    /// The fixture itself.
    pub(super) fn leader(&self) -> Leader<'_> {
        Leader { pid: self.pid, descriptor: self.fixture.as_fd() }
    }

    pub(super) fn has_ended(&self) -> io::Result<bool> {
        self.leader().has_ended()
    }

    pub(super) fn signal(&self, signal: Signal) -> io::Result<()> {
        self.leader().signal(signal)
    }

    /// Waits until the process is stopped, as long as that `goes_on`. False: it is not, or has ended.
    ///
    /// A stop is announced to the parent only, which is the warden, and a stopped thread is told from a running one by a
    /// look alone: so this looks again and again, which takes microseconds when the machine is idle.
    pub(super) fn wait_until_stopped(&self, goes_on: impl Fn() -> bool) -> io::Result<bool> {
        while goes_on() && !self.has_ended()? {
            if observe::is_stopped(self.pid) {
                return Ok(true);
            }
            thread::yield_now();
        }
        Ok(false)
    }

    pub(super) fn is_over(&self) -> bool {
        self.warden.is_none()
    }

    /// The status is not known when the fixture has killed its warden.
    pub(super) fn end(&mut self) -> io::Result<End> {
        let Some(warden) = self.warden.take() else { return Ok(End::default()) };
        if !self.has_ended()? {
            // One that we may not kill, the warden cannot either: it says so.
            let _ = self.signal(Signal::from_raw(libc::SIGKILL));
        }
        match warden.end() {
            Ok(Word::Ended { status, may_stay }) => {
                if may_stay && warden.may_stay() {
                    *self.guard = Some(warden);
                }
                Ok(End { status: Some(read(status)), left: None })
            }
            Ok(Word::Left(status)) => {
                Ok(End { status: status.map(read), left: Some(outside::left_below(warden.pid())) })
            }
            Ok(word) => Err(io::Error::other(format!("the process that guards it says {word:?}"))),
            Err(error) => {
                // Should the fixture have seen to it that it lives on, it does not now.
                let _ = self.signal(Signal::from_raw(libc::SIGKILL));
                // Whoever reaps it now, it is gone once this says so.
                descriptor::ends_within(&self.fixture, DIES_WITHIN);
                if is_gone(&error) { Ok(End::default()) } else { Err(error) }
            }
        }
    }
}

/// A wait status.
fn read(status: libc::c_int) -> Status {
    if libc::WIFSIGNALED(status) {
        Err(Signal::from_raw(libc::WTERMSIG(status)))
    } else {
        Ok(libc::WEXITSTATUS(status))
    }
}

/// A fixture's process, for any thread.
#[derive(Clone, Copy)]
pub(in crate::drive) struct Leader<'a> {
    /// Its own as long as it has not ended.
    #[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "no signal handler is followed there"))]
    pub(in crate::drive) pid: libc::pid_t,
    descriptor: BorrowedFd<'a>,
}

impl Leader<'_> {
    pub(in crate::drive) fn has_ended(self) -> io::Result<bool> {
        descriptor::has_ended(&self.descriptor)
    }

    pub(in crate::drive) fn signal(self, signal: Signal) -> io::Result<()> {
        descriptor::signal(&self.descriptor, signal.as_raw())
    }
}

/// Whether the error says that nobody is at the other end.
fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset)
}
