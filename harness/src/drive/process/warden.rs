//! Linux: a fixture, its **warden**, and the end of both.
//!
//! A fixture may start a daemon: a process in a session of its own whose parent has exited. No group and no session
//! holds such a process any more, and it would outlive its case. So a process of ours stands between the harness and
//! each fixture:
//!
//! 1. The warden is a *child subreaper*: whatever the fixture starts, however often it forks, is a descendant of the
//!    warden until the kernel reaps it, and an orphan becomes its child. Source: `PR_SET_CHILD_SUBREAPER(2const)`.
//! 2. It starts the fixture, hands the harness a descriptor of it, and waits for the fixture's end, or for the harness to
//!    let go: because the case is over, or because the harness was killed.
//! 3. Then it kills its descendants, and only those, until it has no child left, and reports how the fixture ended.
//! 4. It blocks every signal, so what a fixture sends to its parent hits neither the harness nor the warden. Two cannot
//!    be blocked: from SIGSTOP the harness wakes it; after SIGKILL the fixture dies with it (`PR_SET_PDEATHSIG`), the
//!    case is an error, and a daemon of such a fixture is the one thing that can be left behind.
//!
//! A warden costs a fork of the harness, so it guards one fixture after the other, as long as each ends by itself, with
//! nothing left and its parent untouched; after any other a new one takes its place. It starts a fixture as `posix_spawn`
//! would, from memory that both share, so a case copies no page of the harness.
//!
//! The harness itself uses a process descriptor, never the fixture's number, which is free again once it is reaped. After
//! the fork the warden makes system calls only: it is the copy of one thread of a program that may have many.

use std::{
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
    ptr, thread,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::socket::{AddressFamily, Shutdown, SockFlag, SockType, shutdown, socketpair},
};
use sigconform_fixture::Signal;

use super::launch::{Launch, Status};
use crate::drive::observe;

mod channel;
mod descendants;
mod image;
mod life;

use image::Image;

/// Longest wait for a process to stop: it does so at once when it is given a processor.
const STOPS_WITHIN: Duration = Duration::from_secs(60);

/// The warden that guarded the last fixture, if it may guard another.
#[derive(Default)]
pub(in crate::drive) struct Guard {
    warden: Option<Warden>,
}

struct Warden {
    pid: libc::pid_t,
    /// Its end is the warden's, too.
    channel: OwnedFd,
    image: Image,
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
    let mut warden = match guard.warden.take() {
        Some(warden) => warden,
        None => Warden::fork()?,
    };
    let warden_pid = warden.pid;
    match warden.start(launch) {
        Ok((pid, fixture)) => Ok(Running { guard: &mut guard.warden, warden: Some(warden), warden_pid, fixture, pid }),
        Err(error) if is_gone(&error) => Err(io::Error::other("the process that guards it was killed")),
        Err(error) => Err(error),
    }
}

impl Warden {
    fn fork() -> io::Result<Self> {
        let image = Image::new()?;
        let kind = SockType::SeqPacket;
        let (channel, theirs) = socketpair(AddressFamily::Unix, kind, None, SockFlag::SOCK_CLOEXEC)?;
        // SAFETY: the child makes system calls only, as code after fork must, and never returns.
        match Errno::result(unsafe { libc::fork() })? {
            0 => life::guard(theirs.as_raw_fd(), &image),
            pid => Ok(Self { pid, channel, image }),
        }
    }

    /// The fixture's process id, and a descriptor of it.
    fn start(&mut self, launch: Launch<'_>) -> io::Result<(libc::pid_t, OwnedFd)> {
        let Launch { program, args, env, pipes, cleanly, terminal } = launch;
        self.image.hold(program, &args, &env, &cleanly)?;
        let mut passed = pipes.each_ref().map(AsRawFd::as_raw_fd).to_vec();
        passed.extend(terminal.map(|terminal| terminal.as_raw_fd()));
        channel::send(self.channel.as_raw_fd(), [life::START, 0], &passed)?;
        match self.hear()? {
            ([pid, 0], Some(fixture)) => Ok((pid, fixture)),
            ([_, error], _) => Err(io::Error::from_raw_os_error(error)),
        }
    }

    /// What the warden reports next: two numbers, and perhaps a descriptor.
    fn hear(&self) -> io::Result<([libc::c_int; 2], Option<OwnedFd>)> {
        self.await_word()?;
        let (message, [descriptor, ..]) = channel::receive(self.channel.as_raw_fd())?;
        Ok((message.ok_or(io::ErrorKind::UnexpectedEof)?, descriptor))
    }

    /// Until it has reported, or is gone.
    fn await_word(&self) -> io::Result<()> {
        const PATIENCE: u16 = 100;
        loop {
            match poll(&mut [PollFd::new(self.channel.as_fd(), PollFlags::POLLIN)], PollTimeout::from(PATIENCE)) {
                Ok(0) => {
                    // A fixture that stops its parent stops the warden, and nothing else would wake it.
                    // SAFETY: `kill` takes two integers; the warden is our child and not reaped.
                    unsafe { libc::kill(self.pid, libc::SIGCONT) };
                }
                Ok(_) => return Ok(()),
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

impl Drop for Warden {
    fn drop(&mut self) {
        let _ = shutdown(self.channel.as_raw_fd(), Shutdown::Write);
        // It has something to end first, should there be a fixture.
        while self.hear().is_ok() {}
        // SAFETY: the status is not asked for. Fails only where our own program ignores SIGCHLD.
        while unsafe { libc::waitpid(self.pid, ptr::null_mut(), 0) } == -1 && Errno::last() == Errno::EINTR {}
    }
}

impl Running<'_> {
    /// The warden: the fixture is everything below it.
    pub(super) fn top(&self) -> libc::pid_t {
        self.warden_pid
    }

    /// The fixture's, since it may have stopped its warden; and the warden's, since it may have killed it.
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere there are none")]
    pub(super) fn end_descriptors(&self) -> Option<[BorrowedFd<'_>; 2]> {
        let channel = self.warden.as_ref().map_or(self.fixture.as_fd(), |warden| warden.channel.as_fd());
        Some([self.fixture.as_fd(), channel])
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

    /// Returns once the process is stopped, or has ended.
    ///
    /// A stop is announced to the parent only, which is the warden, and a stopped thread is told from a running one by a
    /// look alone: so this looks again and again, which takes microseconds when the machine is idle.
    pub(super) fn wait_until_stopped(&self) -> io::Result<()> {
        let asked = Instant::now();
        while !self.has_ended()? && !observe::is_stopped(self.pid) {
            if asked.elapsed() > STOPS_WITHIN {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "it does not stop, or something continues it"));
            }
            thread::yield_now();
        }
        Ok(())
    }

    pub(super) fn is_over(&self) -> bool {
        self.warden.is_none()
    }

    /// `None` when the fixture has killed its warden.
    pub(super) fn end(&mut self) -> io::Result<Option<Status>> {
        let Some(warden) = self.warden.take() else { return Ok(None) };
        if !self.has_ended()? {
            let _ = channel::send(warden.channel.as_raw_fd(), [life::END, 0], &[]);
        }
        match warden.hear() {
            Ok(([status, may_stay], _)) => {
                if may_stay != 0 {
                    *self.guard = Some(warden);
                }
                Ok(Some(if libc::WIFSIGNALED(status) {
                    Err(Signal::from_raw(libc::WTERMSIG(status)))
                } else {
                    Ok(libc::WEXITSTATUS(status))
                }))
            }
            Err(error) => {
                // Should the fixture have seen to it that it lives on, it does not now.
                let _ = self.signal(Signal::from_raw(libc::SIGKILL));
                // Whoever reaps it now, it is gone once this says so.
                let mut ended = [PollFd::new(self.fixture.as_fd(), PollFlags::POLLIN)];
                while poll(&mut ended, PollTimeout::NONE) == Err(Errno::EINTR) {}
                if is_gone(&error) { Ok(None) } else { Err(error) }
            }
        }
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
        match poll(&mut [PollFd::new(self.descriptor, PollFlags::POLLIN)], PollTimeout::ZERO) {
            Ok(ready) => Ok(ready > 0),
            Err(Errno::EINTR) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }

    pub(in crate::drive) fn signal(self, signal: Signal) -> io::Result<()> {
        let (fixture, no_info) = (self.descriptor.as_raw_fd(), ptr::null::<libc::siginfo_t>());
        // SAFETY: the descriptor is a process descriptor; without information the signal is like one of kill(2).
        let result = unsafe { libc::syscall(libc::SYS_pidfd_send_signal, fixture, signal.as_raw(), no_info, 0) };
        match Errno::result(result) {
            // It has ended, perhaps of the signal before: like a signal to a process that is not reaped yet.
            Ok(_) | Err(Errno::ESRCH) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }
}

/// Whether the error says that nobody is at the other end.
fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset)
}
