//! A fixture's process: started clean, and ended with everything that it started.

use std::{
    io::{self, PipeReader, PipeWriter, pipe},
    mem,
    os::{
        fd::AsFd,
        unix::process::{CommandExt, ExitStatusExt},
    },
    process::ExitStatus,
    ptr,
};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, OFlag, fcntl},
};
use sigconform_fixture::{OutsideAction, Signal};

use super::DriveError;
use crate::fixture::Fixture;

/// A running fixture, and our ends of its pipes.
pub(super) struct Process {
    handle: duct::Handle,
    pid: libc::pid_t,
    pub(super) stdin: PipeWriter,
    pub(super) stdout: PipeReader,
    pub(super) stderr: PipeReader,
    reaped: bool,
}

/// Starts `fixture command` in a session of its own.
pub(super) fn start(fixture: &Fixture, command: &str) -> Result<Process, DriveError> {
    let failed = |source| DriveError::Start { command: fixture.command_line(), source };
    let (program, args) =
        fixture.command.split_first().ok_or_else(|| failed(io::Error::other("the command line is empty")))?;
    let (their_stdin, stdin) = pipe().map_err(failed)?;
    let (stdout, their_stdout) = pipe().map_err(failed)?;
    let (stderr, their_stderr) = pipe().map_err(failed)?;
    for end in [stdin.as_fd(), stdout.as_fd(), stderr.as_fd()] {
        fcntl(end, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).map_err(|errno| failed(errno.into()))?;
    }
    let mut expression = duct::cmd(program, args.iter().cloned().chain([command.into()]))
        .stdin_file(their_stdin)
        .stdout_file(their_stdout)
        .stderr_file(their_stderr)
        .unchecked()
        .before_spawn(|command| {
            // SAFETY: `start_clean` makes system calls only, as code between fork and exec must.
            unsafe { command.pre_exec(start_clean) };
            Ok(())
        });
    for (name, value) in &fixture.env {
        expression = expression.env(name, value);
    }
    let handle = expression.start().map_err(failed)?;
    let pid = handle.pids().first().and_then(|&pid| pid.try_into().ok());
    let pid = pid.ok_or_else(|| failed(io::Error::other("the process has no id")))?;
    Ok(Process { handle, pid, stdin, stdout, stderr, reaped: false })
}

/// Runs in the child, before the program: whatever the harness was started with, a fixture starts the same. A session
/// of its own (so no terminal, and a group to kill), an empty mask, default dispositions, three descriptors, no core file.
fn start_clean() -> io::Result<()> {
    // SAFETY: async-signal-safe system calls with valid arguments; all-zero bytes are a valid sigset and sigaction.
    unsafe {
        if libc::setsid() == -1 {
            return Err(io::Error::last_os_error());
        }
        #[cfg(target_os = "linux")]
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        let mut action: libc::sigaction = mem::zeroed();
        action.sa_sigaction = libc::SIG_DFL;
        for signal in 1..=Signal::highest() {
            // Fails for SIGKILL, SIGSTOP and the C library's own numbers: those cannot have been changed.
            libc::sigaction(signal, &raw const action, ptr::null_mut());
        }
        let mut empty: libc::sigset_t = mem::zeroed();
        libc::sigemptyset(&raw mut empty);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const empty, ptr::null_mut());
        let no_core = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        libc::setrlimit(libc::RLIMIT_CORE, &raw const no_core);
    }
    close_on_exec();
    Ok(())
}

/// Marks every descriptor above standard error close-on-exec: closing them now would hide an exec error from `spawn`.
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

impl Process {
    /// The process id, which is also the id of its session and group. It is not reaped before [`end`](Self::end), so
    /// the number stays its own.
    pub(super) fn pid(&self) -> libc::pid_t {
        self.pid
    }

    /// Whether it has ended. Leaves it to be reaped.
    pub(super) fn has_ended(&self) -> io::Result<bool> {
        // SAFETY: all-zero bytes are a valid siginfo, and the call only writes to it.
        let (result, info) = unsafe {
            let mut info: libc::siginfo_t = mem::zeroed();
            let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
            (libc::waitid(libc::P_PID, self.pid.cast_unsigned(), &raw mut info, flags), info)
        };
        match Errno::result(result) {
            // SAFETY: after a successful waitid(2) the structure is of the SIGCHLD kind, or still zero.
            Ok(_) => Ok(unsafe { info.si_pid() } != 0),
            Err(Errno::EINTR) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Does what the fixture waits for.
    pub(super) fn act(&self, action: &OutsideAction) -> io::Result<()> {
        match action {
            // SAFETY: `kill` takes two integers; the process is ours and not reaped.
            OutsideAction::Kill { signal } => match unsafe { libc::kill(self.pid, signal.as_raw()) } {
                0 => Ok(()),
                _ => Err(io::Error::last_os_error()),
            },
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
