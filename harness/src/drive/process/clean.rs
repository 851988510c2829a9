//! A clean start: whatever the harness was started with, every fixture starts the same, and differs only where its
//! scenario says so.
//!
//! A session of its own (so no terminal but the scenario's, and a group to kill), an empty mask, default dispositions,
//! three descriptors, no core file.

use std::{io, mem, os::fd::RawFd, ptr};

use sigconform_fixture::Signal;

use crate::{catalogue::Start, drive::terminal::Terminal};

/// What the child does between fork and exec.
#[derive(Clone)]
pub(super) struct Cleanly {
    highest: i32,
    blocked: Vec<i32>,
    ignored: Vec<i32>,
    terminal: Option<RawFd>,
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only Linux limits the queue of pending signals"))]
    pending_limit: Option<u32>,
}

impl Cleanly {
    pub(super) fn new(start: &Start, terminal: Option<&Terminal>) -> Self {
        let numbers = |signals: &[Signal]| signals.iter().map(|signal| signal.as_raw()).collect();
        Self {
            highest: Signal::highest(),
            blocked: numbers(&start.blocked),
            ignored: numbers(&start.ignored),
            terminal: terminal.and_then(Terminal::slave),
            pending_limit: start.pending_limit,
        }
    }

    /// The terminal's descriptor, which the child needs.
    #[cfg(target_os = "linux")]
    pub(super) fn terminal(&self) -> Option<RawFd> {
        self.terminal
    }

    /// Runs in the child. Makes async-signal-safe calls and allocates nothing, as code between fork and exec must.
    pub(super) fn run(&self) -> io::Result<()> {
        // SAFETY: async-signal-safe system calls with valid arguments; all-zero bytes are a valid sigset and sigaction.
        unsafe {
            if libc::setsid() == -1 {
                return Err(io::Error::last_os_error());
            }
            if let Some(terminal) = self.terminal
                && libc::ioctl(terminal, libc::TIOCSCTTY as _, 0) == -1
            {
                return Err(io::Error::last_os_error());
            }
            // Should the parent die without a word, so does the fixture.
            #[cfg(target_os = "linux")]
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            for signal in 1..=self.highest {
                // Fails for SIGKILL, SIGSTOP and the C library's own numbers: those cannot have been changed.
                set_disposition(signal, libc::SIG_DFL);
            }
            for &signal in &self.ignored {
                set_disposition(signal, libc::SIG_IGN);
            }
            let mut mask: libc::sigset_t = mem::zeroed();
            libc::sigemptyset(&raw mut mask);
            for &signal in &self.blocked {
                libc::sigaddset(&raw mut mask, signal);
            }
            libc::sigprocmask(libc::SIG_SETMASK, &raw const mask, ptr::null_mut());
            limit(libc::RLIMIT_CORE, 0);
            #[cfg(target_os = "linux")]
            if let Some(most) = self.pending_limit {
                limit(libc::RLIMIT_SIGPENDING, most);
            }
        }
        close_on_exec();
        Ok(())
    }
}

unsafe fn set_disposition(signal: libc::c_int, disposition: libc::sighandler_t) {
    // SAFETY: all-zero bytes are a valid sigaction.
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

unsafe fn limit(resource: Resource, most: u32) {
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
