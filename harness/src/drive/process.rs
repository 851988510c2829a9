//! A fixture's process: started clean, acted upon, and ended with everything that it started.

use std::{
    io::{self, PipeReader, PipeWriter, pipe},
    os::fd::{AsFd, BorrowedFd},
};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use sigconform_fixture::{OutsideAction, Signal};

use super::{DriveError, terminal::Terminal};
use crate::{catalogue::Start, fixture::Fixture};

mod clean;
#[cfg(not(target_os = "linux"))]
mod direct;
#[cfg(target_os = "linux")]
mod warden;

#[cfg(not(target_os = "linux"))]
use direct as imp;
#[cfg(target_os = "linux")]
use warden as imp;

/// A running fixture, and our ends of its pipes.
pub(super) struct Process {
    running: imp::Running,
    pub(super) stdin: PipeWriter,
    pub(super) stdout: PipeReader,
    pub(super) stderr: PipeReader,
    terminal: Option<Terminal>,
}

/// An exit status, or the signal that ended the process.
pub(super) type Status = Result<i32, Signal>;

/// Starts `fixture command` in a session of its own, as the scenario wants it.
pub(super) fn start(fixture: &Fixture, command: &str, start: &Start) -> Result<Process, DriveError> {
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
    let cleanly = clean::Cleanly::new(start, terminal.as_ref());
    let mut expression = duct::cmd(program, args.iter().cloned().chain([command.into()]))
        .stdin_file(their_stdin)
        .stdout_file(their_stdout)
        .stderr_file(their_stderr)
        .unchecked();
    for (name, value) in &fixture.env {
        expression = expression.env(name, value);
    }
    let running = imp::spawn(expression, cleanly).map_err(failed)?;
    if let Some(terminal) = &mut terminal {
        terminal.close_slave();
    }
    Ok(Process { running, stdin, stdout, stderr, terminal })
}

impl Process {
    /// Where a look at everything that the fixture is made of begins.
    pub(super) fn top(&self) -> libc::pid_t {
        self.running.top()
    }

    /// A descriptor that becomes readable when the process has ended, where the system has such a thing.
    pub(super) fn end_descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.running.end_descriptor()
    }

    /// Whether it has ended. Leaves it to be reaped.
    pub(super) fn has_ended(&self) -> io::Result<bool> {
        self.running.has_ended()
    }

    /// Does what the fixture waits for.
    pub(super) fn act(&mut self, action: &OutsideAction) -> io::Result<()> {
        match action {
            OutsideAction::Kill { signal } => self.running.signal(*signal),
            OutsideAction::Flood { signal, times } => (0..*times).try_for_each(|_| self.running.signal(*signal)),
            OutsideAction::WhileStopped { signals } => {
                self.running.signal(Signal::from_raw(libc::SIGSTOP))?;
                self.running.wait_until_stopped()?;
                signals.iter().try_for_each(|&signal| self.running.signal(signal))?;
                self.running.signal(Signal::from_raw(libc::SIGCONT))
            }
            OutsideAction::Type { key } => self.terminal()?.type_key(*key),
            OutsideAction::Resize => self.terminal()?.resize(),
            OutsideAction::HangUp => {
                self.terminal = None;
                Ok(())
            }
        }
    }

    fn terminal(&mut self) -> io::Result<&mut Terminal> {
        self.terminal.as_mut().ok_or_else(|| io::Error::other("the scenario has no terminal: set start.terminal"))
    }

    /// Kills whatever is left of the fixture and reaps it. `None` when the fixture has killed what guards it, so that its
    /// status is not known.
    pub(super) fn end(&mut self) -> io::Result<Option<Status>> {
        self.running.end()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.running.is_over() {
            let _ = self.running.end();
        }
    }
}
