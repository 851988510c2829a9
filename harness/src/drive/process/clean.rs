//! A clean start: whatever the harness was started with, every fixture starts the same, and differs only where its
//! scenario says so.
//!
//! A session of its own (so no terminal but the scenario's, and a group to kill), an empty mask, default dispositions,
//! three descriptors, no core file.

use std::{io, mem, os::fd::RawFd, ptr};

use sigconform_fixture::Signal;

use super::descriptors;
use crate::catalogue::Start;

/// What the child does between fork and exec. Plain bytes: on Linux it lies in memory that two processes share.
#[derive(Clone, Copy)]
pub(super) struct Cleanly {
    blocked: libc::sigset_t,
    ignored: libc::sigset_t,
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only Linux limits the queue of pending signals"))]
    pending_limit: Option<u32>,
    descriptors: u32,
}

impl Cleanly {
    pub(super) fn new(start: &Start) -> Self {
        let (blocked, ignored) = (set_of(&start.blocked), set_of(&start.ignored));
        Self { blocked, ignored, pending_limit: start.pending_limit, descriptors: start.descriptors }
    }

    /// Runs in the child after [`by_default`], with the terminal that it takes as its own. Makes async-signal-safe calls
    /// and allocates nothing, as code between fork and exec must.
    pub(super) fn run(&self, terminal: Option<RawFd>) -> io::Result<()> {
        // SAFETY: async-signal-safe system calls with valid arguments.
        unsafe {
            if libc::setsid() == -1 {
                return Err(io::Error::last_os_error());
            }
            if let Some(terminal) = terminal
                && libc::ioctl(terminal, libc::TIOCSCTTY as _, 0) == -1
            {
                return Err(io::Error::last_os_error());
            }
            // Should the parent die without a word, so does the fixture.
            #[cfg(target_os = "linux")]
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            each_in(&self.ignored, |signal| set_disposition(signal, libc::SIG_IGN));
            libc::sigprocmask(libc::SIG_SETMASK, &raw const self.blocked, ptr::null_mut());
            #[cfg(target_os = "linux")]
            if let Some(most) = self.pending_limit {
                limit(libc::RLIMIT_SIGPENDING, most);
            }
        }
        close_on_exec();
        if self.descriptors > 0 { descriptors::open_many(self.descriptors) } else { Ok(()) }
    }
}

/// What no scenario varies: every disposition the default, no core file. A process passes both on to its children.
/// Async-signal-safe.
pub(super) fn by_default() {
    for signal in 1..=Signal::highest() {
        // Fails for SIGKILL, SIGSTOP and the C library's own numbers: those cannot have been changed.
        set_disposition(signal, libc::SIG_DFL);
    }
    limit(libc::RLIMIT_CORE, 0);
}

fn set_of(signals: &[Signal]) -> libc::sigset_t {
    // SAFETY: all-zero bytes are a valid set, and sigaddset(3) refuses numbers that it does not know.
    unsafe {
        let mut set: libc::sigset_t = mem::zeroed();
        libc::sigemptyset(&raw mut set);
        for signal in signals {
            libc::sigaddset(&raw mut set, signal.as_raw());
        }
        set
    }
}

fn each_in(set: &libc::sigset_t, mut act: impl FnMut(libc::c_int)) {
    for signal in 1..=Signal::highest() {
        // SAFETY: the set is an initialised one.
        if unsafe { libc::sigismember(set, signal) } == 1 {
            act(signal);
        }
    }
}

fn set_disposition(signal: libc::c_int, disposition: libc::sighandler_t) {
    // SAFETY: all-zero bytes are a valid sigaction, and neither disposition runs code of ours.
    unsafe {
        let mut action: libc::sigaction = mem::zeroed();
        action.sa_sigaction = disposition;
        libc::sigaction(signal, &raw const action, ptr::null_mut());
    }
}

/// The C libraries differ.
#[cfg(target_env = "gnu")]
type Resource = libc::__rlimit_resource_t;
#[cfg(not(target_env = "gnu"))]
type Resource = libc::c_int;

fn limit(resource: Resource, most: u32) {
    let limit = libc::rlimit { rlim_cur: most.into(), rlim_max: most.into() };
    // SAFETY: the limit is valid.
    unsafe { libc::setrlimit(resource, &raw const limit) };
}

/// Marks every descriptor above standard error close-on-exec: closing them now would hide an exec error.
#[cfg(target_os = "linux")]
fn close_on_exec() {
    // SAFETY: the system call takes three integers.
    unsafe { libc::syscall(libc::SYS_close_range, 3, u32::MAX, libc::CLOSE_RANGE_CLOEXEC) };
}

#[cfg(not(target_os = "linux"))]
fn close_on_exec() {
    // SAFETY: `sysconf` and `fcntl` take integers and are async-signal-safe.
    unsafe {
        let last = libc::sysconf(libc::_SC_OPEN_MAX).clamp(3, 4096);
        for descriptor in 3..last {
            libc::fcntl(descriptor.try_into().unwrap_or(3), libc::F_SETFD, libc::FD_CLOEXEC);
        }
    }
}
