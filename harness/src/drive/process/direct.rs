//! Systems without a way to keep every descendant: the fixture is our own child, and its group is what can be killed. A
//! fixture that moves a process to another group leaves it behind.

use std::{
    io,
    marker::PhantomData,
    mem,
    os::{
        fd::{AsRawFd, BorrowedFd},
        unix::process::{CommandExt, ExitStatusExt},
    },
    thread,
    time::Duration,
};

use nix::errno::Errno;
use sigconform_fixture::Signal;

use super::{
    clean,
    launch::{End, Launch},
};

/// Longest wait for a process that was killed.
const DIES_WITHIN: Duration = Duration::from_secs(10);

/// What one case leaves for the next: nothing.
#[derive(Default)]
pub(in crate::drive) struct Guard;

pub(super) struct Running<'a> {
    handle: duct::Handle,
    /// Also the id of its session and group. It is not reaped before `end`, so the number stays its own.
    pid: libc::pid_t,
    is_over: bool,
    guard: PhantomData<&'a Guard>,
}

pub(super) fn spawn<'a>(_: &'a mut Guard, launch: Launch<'_>) -> io::Result<Running<'a>> {
    let Launch { program, args, env, pipes: [stdin, stdout, stderr], cleanly, terminal } = launch;
    let mut expression = duct::cmd(program, args).stdin_file(stdin).stdout_file(stdout).stderr_file(stderr).unchecked();
    for (name, value) in env {
        expression = expression.env(name, value);
    }
    let terminal = terminal.map(|descriptor| descriptor.as_raw_fd());
    let expression = expression.before_spawn(move |command| {
        let clean = move || {
            clean::by_default();
            cleanly.run(terminal)
        };
        // SAFETY: makes system calls only, as code between fork and exec must.
        unsafe { command.pre_exec(clean) };
        Ok(())
    });
    let handle = expression.start()?;
    let pid = handle.pids().first().and_then(|&pid| pid.try_into().ok());
    let pid = pid.ok_or_else(|| io::Error::other("the process has no id"))?;
    Ok(Running { handle, pid, is_over: false, guard: PhantomData })
}

impl Running<'_> {
    pub(super) fn top(&self) -> libc::pid_t {
        self.pid
    }

    /// The fixture's own.
    pub(super) fn pid(&self) -> libc::pid_t {
        self.pid
    }

    /// Nothing here becomes readable at the end of a process: the harness looks more often instead.
    #[expect(clippy::unused_self, reason = "elsewhere there are some")]
    pub(super) fn end_descriptors(&self) -> Option<[BorrowedFd<'_>; 2]> {
        None
    }

    /// The process id as `waitid()` takes it, whose type differs between systems.
    fn id(&self) -> libc::id_t {
        self.pid.cast_unsigned().into()
    }

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

    pub(super) fn signal(&self, signal: Signal) -> io::Result<()> {
        // SAFETY: `kill` takes two integers; the process is ours and not reaped.
        Errno::result(unsafe { libc::kill(self.pid, signal.as_raw()) })?;
        Ok(())
    }

    /// Waits until the process is stopped, as long as that `goes_on`. False: it is not, or has ended.
    pub(super) fn wait_until_stopped(&self, goes_on: impl Fn() -> bool) -> io::Result<bool> {
        while goes_on() && !self.has_ended()? {
            // SAFETY: all-zero bytes are a valid siginfo, and the call only writes to it.
            let (result, info) = unsafe {
                let mut info: libc::siginfo_t = mem::zeroed();
                let flags = libc::WSTOPPED | libc::WNOHANG | libc::WNOWAIT;
                (libc::waitid(libc::P_PID, self.id(), &raw mut info, flags), info)
            };
            match Errno::result(result) {
                // SAFETY: after a successful waitid(2) the structure is of the SIGCHLD kind, or still zero.
                Ok(_) if unsafe { info.si_pid() } != 0 => return Ok(true),
                Ok(_) | Err(Errno::EINTR) => thread::yield_now(),
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(false)
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Always has a status, unless the fixture is another user's by now: nothing stands between us and it.
    pub(super) fn end(&mut self) -> io::Result<End> {
        self.is_over = true;
        // SAFETY: `killpg` takes two integers; the group's leader is ours and not reaped, so the id is its own.
        unsafe { libc::killpg(self.pid, libc::SIGKILL) };
        let Some(output) = self.handle.wait_timeout(DIES_WITHIN)? else {
            return Ok(End { status: None, left: Some(format!("left process {} (it does not end)", self.pid)) });
        };
        let status = match output.status.signal() {
            Some(signal) => Err(Signal::from_raw(signal)),
            None => Ok(output.status.code().unwrap_or(-1)),
        };
        Ok(End { status: Some(status), left: None })
    }
}
