//! A fixture's process: started clean, and ended with everything that it started.

use std::{
    fs::File,
    io::{self, PipeReader, PipeWriter, pipe},
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use sigconform_fixture::Signal;

use super::{error::DriveError, terminal::Terminal};
use crate::{catalogue::Start, fixture::Fixture};

mod clean;
mod descriptors;
#[cfg(not(target_os = "linux"))]
mod direct;
mod launch;
#[cfg(target_os = "linux")]
mod warden;

#[cfg(not(target_os = "linux"))]
use direct as imp;
#[cfg(target_os = "linux")]
use warden as imp;

pub(crate) use descriptors::most_descriptors;
/// What stands between the harness and one fixture after the other.
pub(super) use imp::Guard;
/// A fixture's process, for any thread.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub(super) use imp::Leader;
use launch::Launch;
pub(super) use launch::{End, Status};

/// A running fixture, and our ends of its pipes.
pub(super) struct Process<'a> {
    running: imp::Running<'a>,
    pub(super) stdin: PipeWriter,
    pub(super) stdout: PipeReader,
    pub(super) stderr: PipeReader,
    terminal: Option<Terminal>,
}

/// Starts `fixture command` in a session of its own, as the scenario wants it.
pub(super) fn start<'a>(
    guard: &'a mut Guard,
    fixture: &Fixture,
    command: &str,
    start: &Start,
) -> Result<Process<'a>, DriveError> {
    let failed = |source| DriveError::Start { command: fixture.command_line(), source };
    let (program, args) =
        fixture.command.split_first().ok_or_else(|| failed(io::Error::other("the command line is empty")))?;
    let (their_stdin, stdin) = pipe().map_err(failed)?;
    let (stdout, their_stdout) = pipe().map_err(failed)?;
    let (stderr, their_stderr) = pipe().map_err(failed)?;
    for end in [stdin.as_fd(), stdout.as_fd(), stderr.as_fd()] {
        fcntl(end, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).map_err(|errno| failed(errno.into()))?;
    }
    let mut terminal = if start.terminal { Some(Terminal::open().map_err(failed)?) } else { None };
    let launch = Launch {
        program,
        args: args.iter().cloned().chain([command.into()]).collect(),
        env: fixture.env.iter().map(|(name, value)| (name.as_str(), value.as_os_str())).collect(),
        pipes: [OwnedFd::from(their_stdin), their_stdout.into(), their_stderr.into()].map(File::from),
        cleanly: clean::Cleanly::new(start),
        terminal: terminal.as_ref().and_then(Terminal::slave),
    };
    let running = imp::spawn(guard, launch).map_err(failed)?;
    if let Some(terminal) = &mut terminal {
        terminal.close_slave();
    }
    Ok(Process { running, stdin, stdout, stderr, terminal })
}

impl Process<'_> {
    /// Where a look at everything that the fixture is made of begins.
    pub(super) fn top(&self) -> libc::pid_t {
        self.running.top()
    }

    /// Descriptors of which one becomes readable when the process has ended, or nothing guards it any more; where the
    /// system has such a thing.
    pub(super) fn end_descriptors(&self) -> Option<[BorrowedFd<'_>; 2]> {
        self.running.end_descriptors()
    }

    /// Whether it has ended. Leaves it to be reaped.
    pub(super) fn has_ended(&self) -> io::Result<bool> {
        self.running.has_ended()
    }

    /// The fixture itself, for any thread.
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    pub(super) fn leader(&self) -> Leader<'_> {
        self.running.leader()
    }

    /// The fixture's own id, as long as it has not ended.
    pub(super) fn pid(&self) -> io::Result<libc::pid_t> {
        if self.has_ended()? { Err(io::ErrorKind::NotFound.into()) } else { Ok(self.running.pid()) }
    }

    /// Sends the fixture a signal.
    pub(super) fn signal(&self, signal: Signal) -> io::Result<()> {
        self.running.signal(signal)
    }

    /// Waits until the fixture is stopped, as long as that `goes_on`. False: it is not, or has ended.
    pub(super) fn wait_until_stopped(&self, goes_on: impl Fn() -> bool) -> io::Result<bool> {
        self.running.wait_until_stopped(goes_on)
    }

    /// Its terminal.
    pub(super) fn terminal(&mut self) -> io::Result<&mut Terminal> {
        self.terminal.as_mut().ok_or_else(|| io::Error::other("the scenario has no terminal: set start.terminal"))
    }

    /// Hangs its terminal up.
    pub(super) fn hang_up(&mut self) {
        self.terminal = None;
    }

    /// Kills whatever is left of the fixture, and reaps it.
    pub(super) fn end(&mut self) -> io::Result<End> {
        self.running.end()
    }
}

impl Drop for Process<'_> {
    fn drop(&mut self) {
        if !self.running.is_over() {
            let _ = self.running.end();
        }
    }
}
