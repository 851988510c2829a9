//! A fixture's process: started clean, acted upon, and ended with everything that it started.

use std::{
    io::{self, PipeReader, PipeWriter, pipe},
    mem,
    os::{fd::AsFd, unix::process::ExitStatusExt},
    process::ExitStatus,
};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, OFlag, fcntl},
};
use sigconform_fixture::{OutsideAction, Signal};

use super::{DriveError, clean, terminal::Terminal};
use crate::{catalogue::Start, fixture::Fixture};

/// A running fixture, and our ends of its pipes.
pub(super) struct Process {
    handle: duct::Handle,
    pid: libc::pid_t,
    pub(super) stdin: PipeWriter,
    pub(super) stdout: PipeReader,
    pub(super) stderr: PipeReader,
    terminal: Option<Terminal>,
    reaped: bool,
}

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
        .unchecked()
        .before_spawn(move |command| {
            cleanly.prepare(command);
            Ok(())
        });
    for (name, value) in &fixture.env {
        expression = expression.env(name, value);
    }
    let handle = expression.start().map_err(failed)?;
    if let Some(terminal) = &mut terminal {
        terminal.close_slave();
    }
    let pid = handle.pids().first().and_then(|&pid| pid.try_into().ok());
    let pid = pid.ok_or_else(|| failed(io::Error::other("the process has no id")))?;
    Ok(Process { handle, pid, stdin, stdout, stderr, terminal, reaped: false })
}

impl Process {
    /// The process id, which is also the id of its session and group. It is not reaped before [`end`](Self::end), so
    /// the number stays its own.
    pub(super) fn pid(&self) -> libc::pid_t {
        self.pid
    }

    /// The process id as `waitid()` takes it, whose type differs between systems.
    #[cfg_attr(target_os = "linux", expect(clippy::useless_conversion, reason = "an id_t is larger on FreeBSD"))]
    fn id(&self) -> libc::id_t {
        self.pid.cast_unsigned().into()
    }

    /// Whether it has ended. Leaves it to be reaped.
    pub(super) fn has_ended(&self) -> io::Result<bool> {
        // SAFETY: all-zero bytes are a valid siginfo, and the call only writes to it.
        let (result, info) = unsafe {
            let mut info: libc::siginfo_t = mem::zeroed();
            let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
            (libc::waitid(libc::P_PID, self.id(), &raw mut info, flags), info)
        };
        match Errno::result(result) {
            // SAFETY: after a successful waitid(2) the structure is of the SIGCHLD kind, or still zero.
            Ok(_) => Ok(unsafe { info.si_pid() } != 0),
            Err(Errno::EINTR) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Does what the fixture waits for.
    pub(super) fn act(&mut self, action: &OutsideAction) -> io::Result<()> {
        match action {
            OutsideAction::Kill { signal } => self.kill(*signal),
            OutsideAction::Flood { signal, times } => (0..*times).try_for_each(|_| self.kill(*signal)),
            OutsideAction::WhileStopped { signals } => {
                self.kill(Signal::from_raw(libc::SIGSTOP))?;
                self.wait_until_stopped()?;
                signals.iter().try_for_each(|&signal| self.kill(signal))?;
                self.kill(Signal::from_raw(libc::SIGCONT))
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

    fn kill(&self, signal: Signal) -> io::Result<()> {
        // SAFETY: `kill` takes two integers; the process is ours and not reaped.
        match unsafe { libc::kill(self.pid, signal.as_raw()) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Returns once the process is stopped, or has ended.
    fn wait_until_stopped(&self) -> io::Result<()> {
        loop {
            // SAFETY: all-zero bytes are a valid siginfo, and the call only writes to it.
            let result = unsafe {
                let mut info: libc::siginfo_t = mem::zeroed();
                let flags = libc::WSTOPPED | libc::WEXITED | libc::WNOWAIT;
                libc::waitid(libc::P_PID, self.id(), &raw mut info, flags)
            };
            match Errno::result(result) {
                Err(Errno::EINTR) => {}
                other => return other.map(drop).map_err(Into::into),
            }
        }
    }

    /// Kills whatever is left of the session and reaps the process.
    pub(super) fn end(&mut self) -> io::Result<ExitStatus> {
        self.kill_group();
        self.reaped = true;
        Ok(self.handle.wait()?.status)
    }

    fn kill_group(&self) {
        // SAFETY: `killpg` takes two integers; the group's leader is ours and not reaped, so the id is its own.
        unsafe { libc::killpg(self.pid, libc::SIGKILL) };
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.reaped {
            let _ = self.end();
        }
    }
}

/// An exit status as a status or a signal.
pub(super) fn code_or_signal(status: ExitStatus) -> Result<i32, Signal> {
    match status.signal() {
        Some(signal) => Err(Signal::from_raw(signal)),
        None => Ok(status.code().unwrap_or(-1)),
    }
}
