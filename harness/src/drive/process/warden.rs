//! Linux: a fixture, its **warden**, and the end of both.
//!
//! A fixture may start a daemon: a process in a session of its own whose parent has exited. No group and no session
//! holds such a process any more, and it would outlive its case. So a process of ours stands between the harness and
//! each fixture:
//!
//! 1. The warden is a *child subreaper*: whatever the fixture starts, however often it forks, is a descendant of the
//!    warden until the kernel reaps it, and an orphan becomes its child. Source: `PR_SET_CHILD_SUBREAPER(2const)`.
//! 2. It starts the fixture. Once the harness has a descriptor of it, which it says on the *leash*, a pipe, the warden waits
//!    for the fixture's end, or for the harness to let go: because the case is over, or because the harness was killed.
//! 3. Then it kills its descendants, and only those, until it has no child left, and reports how the fixture ended.
//! 4. It blocks every signal, so what a fixture sends to its parent hits neither the harness nor the warden. Two cannot
//!    be blocked: from SIGSTOP the harness wakes it; after SIGKILL the fixture dies with it (`PR_SET_PDEATHSIG`), the
//!    case is an error, and a daemon of such a fixture is the one thing that can be left behind.
//!
//! The harness itself uses a process descriptor, never the fixture's number, which is free again once it is reaped. After
//! the fork the warden makes system calls only: it is the copy of one thread of a program that may have many.

use std::{
    io::{self, PipeReader, PipeWriter, Read, Write, pipe},
    mem,
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd},
        unix::process::CommandExt,
    },
    ptr, thread,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
};
use sigconform_fixture::Signal;

use super::{Status, clean::Cleanly};
use crate::drive::observe;

mod descendants;
mod image;

use image::Image;

/// Longest wait for a process to stop: it does so at once when it is given a processor.
const STOPS_WITHIN: Duration = Duration::from_secs(60);

pub(super) struct Running {
    warden: duct::Handle,
    warden_pid: libc::pid_t,
    fixture: OwnedFd,
    /// Its number, which means something only while it lives.
    pid: libc::pid_t,
    /// Held as long as the fixture may live.
    leash: Option<PipeWriter>,
    /// Readable once everything is over.
    report: PipeReader,
}

/// Starts the program of `expression` under a warden.
pub(super) fn spawn(expression: duct::Expression, cleanly: Cleanly) -> io::Result<Running> {
    let (their_leash, mut leash) = pipe()?;
    let (report, their_report) = pipe()?;
    let ends = Ends { leash: their_leash.as_raw_fd(), report: their_report.as_raw_fd() };
    let expression = expression.before_spawn(move |command| {
        let image = Image::of(command, cleanly.clone())?;
        // SAFETY: the warden makes system calls only, as code after fork must.
        unsafe { command.pre_exec(move || guard(&image, ends)) };
        Ok(())
    });
    let warden = expression.start()?;
    drop((their_leash, their_report));
    let warden_pid = warden.pids().first().and_then(|&pid| pid.try_into().ok()).unwrap_or(0);
    let opened = hear(&report, warden_pid).and_then(|(pid, error)| match error {
        0 => {
            let fixture = open(pid)?;
            leash.write_all(b".")?;
            Ok((fixture, pid))
        }
        _ => Err(io::Error::from_raw_os_error(error)),
    });
    match opened {
        Ok((fixture, pid)) => Ok(Running { warden, warden_pid, fixture, pid, leash: Some(leash), report }),
        Err(error) => {
            drop(leash);
            let _ = warden.wait();
            Err(match error.kind() {
                io::ErrorKind::UnexpectedEof => io::Error::other("the process that guards it was killed"),
                _ => error,
            })
        }
    }
}

/// A descriptor of a process, which refers to it even when it has been reaped. Source: `pidfd_open(2)`.
fn open(pid: libc::pid_t) -> io::Result<OwnedFd> {
    // SAFETY: the system call takes two integers.
    let descriptor = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) })?;
    // SAFETY: the kernel has just made this descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(RawFd::try_from(descriptor).map_err(io::Error::other)?) })
}

impl Running {
    /// The warden: the fixture is everything below it.
    pub(super) fn top(&self) -> libc::pid_t {
        self.warden_pid
    }

    #[expect(clippy::unnecessary_wraps, reason = "elsewhere there is none")]
    pub(super) fn end_descriptor(&self) -> Option<BorrowedFd<'_>> {
        Some(self.report.as_fd())
    }

    pub(super) fn has_ended(&self) -> io::Result<bool> {
        // Not what its warden reports: the fixture may have stopped it.
        match poll(&mut [PollFd::new(self.fixture.as_fd(), PollFlags::POLLIN)], PollTimeout::ZERO) {
            Ok(ready) => Ok(ready > 0),
            Err(Errno::EINTR) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }

    pub(super) fn signal(&self, signal: Signal) -> io::Result<()> {
        let (fixture, no_info) = (self.fixture.as_raw_fd(), ptr::null::<libc::siginfo_t>());
        // SAFETY: the descriptor is a process descriptor; without information the signal is like one of kill(2).
        let result = unsafe { libc::syscall(libc::SYS_pidfd_send_signal, fixture, signal.as_raw(), no_info, 0) };
        match Errno::result(result) {
            // It has ended, perhaps of the signal before: like a signal to a process that is not reaped yet.
            Ok(_) | Err(Errno::ESRCH) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
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
        self.leash.is_none()
    }

    /// `None` when the fixture has killed its warden.
    pub(super) fn end(&mut self) -> io::Result<Option<Status>> {
        self.leash = None;
        let heard = hear(&self.report, self.warden_pid);
        if heard.is_err() {
            // Should the fixture have seen to it that it lives on, it does not now.
            let _ = self.signal(Signal::from_raw(libc::SIGKILL));
            // Whoever reaps it now, it is gone once this says so.
            let mut ended = [PollFd::new(self.fixture.as_fd(), PollFlags::POLLIN)];
            while poll(&mut ended, PollTimeout::NONE) == Err(Errno::EINTR) {}
        }
        // Fails only where our own program ignores SIGCHLD; the status has been reported.
        let _ = self.warden.wait();
        match heard {
            Ok((_, status)) if libc::WIFSIGNALED(status) => Ok(Some(Err(Signal::from_raw(libc::WTERMSIG(status))))),
            Ok((_, status)) => Ok(Some(Ok(libc::WEXITSTATUS(status)))),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// What the warden reports next: the fixture's process id, and an error number or a wait status.
fn hear(mut report: &PipeReader, warden: libc::pid_t) -> io::Result<(libc::pid_t, libc::c_int)> {
    const PATIENCE: u16 = 100;
    loop {
        match poll(&mut [PollFd::new(report.as_fd(), PollFlags::POLLIN)], PollTimeout::from(PATIENCE)) {
            Ok(0) => {
                // A fixture that stops its parent stops the warden, and nothing else would wake it.
                // SAFETY: `kill` takes two integers; the warden is our child and not reaped.
                unsafe { libc::kill(warden, libc::SIGCONT) };
            }
            Ok(_) => break,
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    let mut message = [[0; 4]; 2];
    report.read_exact(message.as_flattened_mut())?;
    let [pid, number] = message.map(libc::c_int::from_ne_bytes);
    Ok((pid, number))
}

/// The warden's ends of its two pipes.
#[derive(Clone, Copy)]
struct Ends {
    leash: RawFd,
    report: RawFd,
}

/// The warden's whole life.
fn guard(image: &Image, ends: Ends) -> io::Result<()> {
    // SAFETY: system calls with valid arguments; all-zero bytes are a valid sigset and sigaction.
    let children = unsafe {
        let mut all: libc::sigset_t = mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const all, ptr::null_mut());
        // Were it ignored, as the harness may have been started, statuses would be lost.
        let mut action: libc::sigaction = mem::zeroed();
        action.sa_sigaction = libc::SIG_DFL;
        libc::sigaction(libc::SIGCHLD, &raw const action, ptr::null_mut());
        libc::setsid();
        libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1);
        libc::prctl(libc::PR_SET_NAME, c"warden".as_ptr());
        libc::sigemptyset(&raw mut all);
        libc::sigaddset(&raw mut all, libc::SIGCHLD);
        libc::signalfd(-1, &raw const all, libc::SFD_NONBLOCK | libc::SFD_CLOEXEC)
    };
    // Before the fixture can do anything, stop us for example: nobody else may depend on what we hold.
    close_all_but([ends.leash, ends.report, children, image.terminal().unwrap_or(children)]);
    let (pid, error) = image.start();
    say(ends.report, pid, error);
    // SAFETY: takes integers. Now the fixture's pipes, which it must be able to close, are its own.
    unsafe {
        libc::dup2(ends.leash, LEASH);
        libc::dup2(ends.report, REPORT);
        libc::dup2(children, CHILDREN);
    }
    close_all_but([CHILDREN; 4]);
    if error == 0 {
        wait_for_end(pid);
    }
    say(REPORT, pid, descendants::end(pid));
    // SAFETY: ends the process without running anything of the program that it is a copy of.
    unsafe { libc::_exit(0) }
}

const LEASH: RawFd = 0;
const REPORT: RawFd = 1;
const CHILDREN: RawFd = 2;

/// Closes every descriptor above standard error but these: the pipes of other cases must not be held open here.
fn close_all_but(mut kept: [RawFd; 4]) {
    kept.sort_unstable();
    let mut first = 3;
    for descriptor in kept {
        close_range(first, descriptor - 1);
        first = first.max(descriptor + 1);
    }
    close_range(first, RawFd::MAX);
}

fn close_range(first: RawFd, last: RawFd) {
    if first > last {
        return;
    }
    // SAFETY: both system calls take integers.
    unsafe {
        // Linux before 5.9 has no such call, and whoever started us would wait for ever for what we hold.
        if libc::syscall(libc::SYS_close_range, first, last, 0) == -1 {
            for descriptor in first..=last.min(1 << 16) {
                libc::close(descriptor);
            }
        }
    }
}

/// One write: as long as it fits into a pipe it is never torn, and when nobody reads any more nothing is lost.
fn say(report: RawFd, pid: libc::pid_t, number: libc::c_int) {
    let message = [pid, number];
    // SAFETY: the buffer is valid for its length.
    unsafe { libc::write(report, message.as_ptr().cast(), size_of_val(&message)) };
}

/// Until the fixture has ended, or the harness lets go or is gone.
fn wait_for_end(fixture: libc::pid_t) {
    // The fixture is not reaped before the harness has its descriptor: until then its number must be its own.
    while reads(LEASH) {
        let mut waited = [LEASH, CHILDREN].map(|fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 });
        loop {
            // SAFETY: the array is valid for its length.
            unsafe { libc::poll(waited.as_mut_ptr(), 2, -1) };
            if waited[0].revents != 0 {
                break;
            }
            reads(CHILDREN);
            if descendants::has_ended(fixture) {
                return;
            }
        }
    }
}

/// Whether there was something to read. What it says is of no interest.
fn reads(descriptor: RawFd) -> bool {
    let mut buffer = [0_u8; size_of::<libc::signalfd_siginfo>()];
    // SAFETY: the buffer is valid for its length. Every signal is blocked, so nothing interrupts.
    unsafe { libc::read(descriptor, buffer.as_mut_ptr().cast(), buffer.len()) > 0 }
}
