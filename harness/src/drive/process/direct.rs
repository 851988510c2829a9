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
};

use nix::errno::Errno;
use sigconform_fixture::Signal;

use super::{
    clean,
    launch::{Launch, Status},
};

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

    /// Returns once the process is stopped, or has ended.
    pub(super) fn wait_until_stopped(&self) -> io::Result<()> {
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

    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Always has a status: nothing stands between us and the fixture.
    pub(super) fn end(&mut self) -> io::Result<Option<Status>> {
        self.is_over = true;
        // SAFETY: `killpg` takes two integers; the group's leader is ours and not reaped, so the id is its own.
        unsafe { libc::killpg(self.pid, libc::SIGKILL) };
        let status = self.handle.wait()?.status;
        Ok(Some(match status.signal() {
            Some(signal) => Err(Signal::from_raw(signal)),
            None => Ok(status.code().unwrap_or(-1)),
        }))
    }
}
