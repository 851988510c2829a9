//! Process descriptors: a process under a name that never comes again, unlike its number.
//!
//! Source: pidfd_open(2), Linux 5.3; pidfd_send_signal(2); a descriptor becomes readable when its process has ended.

use std::{
    io,
    os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd},
    ptr,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
};

/// A descriptor of a process that has not been reaped.
pub(super) fn of(pid: libc::pid_t) -> io::Result<OwnedFd> {
    // SAFETY: takes two integers.
    let descriptor = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) })?;
    // SAFETY: the kernel has just made it for us.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor.try_into().map_err(io::Error::other)?) })
}

/// Sends a signal as kill(2) does. To a process that has ended, perhaps of the signal before, is no error.
pub(super) fn signal(process: &impl AsFd, signal: libc::c_int) -> io::Result<()> {
    let (process, no_info) = (process.as_fd().as_raw_fd(), ptr::null::<libc::siginfo_t>());
    // SAFETY: takes integers; without information the signal is like one of kill(2).
    match Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_send_signal, process, signal, no_info, 0) }) {
        Ok(_) | Err(Errno::ESRCH) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}

/// Whether the process has ended.
pub(super) fn has_ended(process: &impl AsFd) -> io::Result<bool> {
    match poll(&mut [PollFd::new(process.as_fd(), PollFlags::POLLIN)], PollTimeout::ZERO) {
        Ok(ready) => Ok(ready > 0),
        Err(Errno::EINTR) => Ok(false),
        Err(errno) => Err(errno.into()),
    }
}

/// Waits for its end, at most so long; whether it has come.
pub(super) fn ends_within(process: &impl AsFd, at_most: Duration) -> bool {
    let since = Instant::now();
    loop {
        let rest = at_most.saturating_sub(since.elapsed());
        let rest = PollTimeout::try_from(rest).unwrap_or(PollTimeout::MAX);
        match poll(&mut [PollFd::new(process.as_fd(), PollFlags::POLLIN)], rest) {
            Err(Errno::EINTR) => {}
            found => return found.is_ok_and(|ready| ready > 0),
        }
    }
}
