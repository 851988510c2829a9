//! A fixture's process: started clean, acted upon, and ended with everything that it started.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::{self, PipeReader, PipeWriter, Write, pipe},
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::atomic::Ordering,
};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use sigconform_fixture::{OutsideAction, Signal, Trace};

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
use super::trace;
use super::{DriveError, STOP, terminal::Terminal};
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

/// What stands between the harness and one fixture after the other.
pub(super) use imp::Guard;
/// A fixture's process, for any thread.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub(super) use imp::Leader;

/// A running fixture, and our ends of its pipes.
pub(super) struct Process<'a> {
    running: imp::Running<'a>,
    pub(super) stdin: PipeWriter,
    pub(super) stdout: PipeReader,
    pub(super) stderr: PipeReader,
    terminal: Option<Terminal>,
}

/// What is started, and how.
struct Launch<'a> {
    program: &'a OsStr,
    args: Vec<OsString>,
    /// What it is given besides our own environment.
    env: Vec<(&'a str, &'a OsStr)>,
    /// Its standard input, output and error.
    pipes: [File; 3],
    cleanly: clean::Cleanly,
    /// Its end of the scenario's terminal.
    terminal: Option<BorrowedFd<'a>>,
}

/// An exit status, or the signal that ended the process.
pub(super) type Status = Result<i32, Signal>;

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

    /// Does what the fixture waits for. Where that is to follow the signal handler, returns what was seen.
    pub(super) fn act(&mut self, action: &OutsideAction) -> io::Result<Option<Trace>> {
        match action {
            OutsideAction::Kill { signal } => self.running.signal(*signal)?,
            OutsideAction::Flood { signal, times } => {
                // Whoever asks the harness to stop need not wait for the last.
                let mut wanted = (0..*times).take_while(|_| !STOP.load(Ordering::Relaxed));
                wanted.try_for_each(|_| self.running.signal(*signal))?;
            }
            OutsideAction::WhileStopped { signals } => {
                self.running.signal(Signal::from_raw(libc::SIGSTOP))?;
                self.running.wait_until_stopped()?;
                signals.iter().try_for_each(|&signal| self.running.signal(signal))?;
                self.running.signal(Signal::from_raw(libc::SIGCONT))?;
            }
            OutsideAction::Trace { signal } => return self.trace(*signal).map(Some),
            OutsideAction::Type { key } => self.terminal()?.type_key(*key)?,
            OutsideAction::Resize => self.terminal()?.resize()?,
            OutsideAction::HangUp => self.terminal = None,
            OutsideAction::Close => self.stdin.write_all(b"close\n")?,
        }
        Ok(None)
    }

    /// Sends a signal, and follows the signal handler that takes it.
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    fn trace(&self, signal: Signal) -> io::Result<Trace> {
        trace::follow(self.running.leader(), signal)
    }

    /// Sends a signal, and says why its handler cannot be followed.
    #[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
    fn trace(&self, signal: Signal) -> io::Result<Trace> {
        self.running.signal(signal)?;
        Ok(Trace::Untraced { reason: "the harness follows them on Linux on x86_64 only".to_owned() })
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

impl Drop for Process<'_> {
    fn drop(&mut self) {
        if !self.running.is_over() {
            let _ = self.running.end();
        }
    }
}
