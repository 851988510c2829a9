//! The bare run that a case is measured against: the same program plays the same script over the same three pipes, and is
//! reaped. Nobody watches it, nobody guards it, nobody reads more of its lines than whether it waits for somebody.

use std::{
    io::{self, Read, Write},
    mem,
    os::{fd::AsFd, unix::process::CommandExt},
    process::{Child, ChildStderr, ChildStdout, Command, Stdio},
};

use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, killpg, sigaction},
        wait::{WaitPidFlag, waitpid},
    },
    unistd::Pid,
};
use sigconform::fixture::Fixture;
use sigconform_fixture::{Event, Happening, OutsideAction};

/// Has the programs that we start begin with default actions, as the harness has them, and as their scripts expect it:
/// nohup(1) has us ignore SIGHUP, a shell's background SIGINT and SIGQUIT, and what is ignored is inherited. What is caught is
/// not, and a handler that does nothing is as good as ignoring.
///
/// Source: POSIX.1-2024, exec: signals set to be caught are set to the default action.
///
/// # Errors
/// The system refused it.
pub(crate) fn catch_what_is_ignored() -> io::Result<()> {
    extern "C" fn nothing(_: libc::c_int) {}
    let nothing = SigAction::new(SigHandler::Handler(nothing), SaFlags::SA_RESTART, SigSet::empty());
    for signal in [Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT] {
        // SAFETY: the handler does nothing.
        let before = unsafe { sigaction(signal, &nothing) }?;
        if !matches!(before.handler(), SigHandler::SigIgn) {
            // SAFETY: as it was.
            unsafe { sigaction(signal, &before) }?;
        }
    }
    Ok(())
}

/// Plays `script`, one line, to its end.
///
/// # Errors
/// The program could not be started, or a pipe broke.
pub(crate) fn play(fixture: &Fixture, script: &[u8]) -> io::Result<()> {
    let (program, args) = fixture.command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let mut child = Command::new(program)
        .args(args)
        .arg("run")
        .envs(&fixture.env)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()?;
    let pid = Pid::from_raw(child.id().cast_signed());
    let (Some(mut stdin), Some(mut stdout), Some(mut stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(io::ErrorKind::BrokenPipe.into());
    };
    stdin.write_all(script)?;
    let (mut buffer, mut lines) = ([0; 1 << 13], Vec::new());
    'playing: loop {
        // A fixture that fills either pipe waits until somebody reads it.
        let (out, err) = readable(&stdout, &stderr)?;
        if err && stderr.read(&mut buffer)? == 0 {
            break;
        }
        let read = if out { stdout.read(&mut buffer)? } else { continue };
        if read == 0 {
            break;
        }
        lines.extend_from_slice(&buffer[..read]);
        while let Some(end) = lines.iter().position(|&byte| byte == b'\n') {
            let line: Vec<_> = lines.drain(..=end).collect();
            if let Some(action) = asked(&line) {
                act(&child, &action)?;
            }
            // A script may leave children, which hold the pipes open.
            if holds(&line, b"\"finished\"") {
                break 'playing;
            }
        }
    }
    wait_unreaped(pid)?;
    // The leader is not reaped, so the group's number is its own. An error: nobody but the leader is left.
    let _ = killpg(pid, Signal::SIGKILL);
    child.wait()?;
    stderr.read_to_end(&mut lines)?;
    Ok(())
}

/// Waits until something can be read, or has ended, and says of each whether it has.
fn readable(stdout: &ChildStdout, stderr: &ChildStderr) -> io::Result<(bool, bool)> {
    let mut both = [PollFd::new(stdout.as_fd(), PollFlags::POLLIN), PollFd::new(stderr.as_fd(), PollFlags::POLLIN)];
    poll(&mut both, PollTimeout::NONE)?;
    let [out, err] = both.map(|one| one.any().unwrap_or(true));
    Ok((out, err))
}

/// Waits for the end of a child, and leaves it to be reaped.
fn wait_unreaped(pid: Pid) -> io::Result<()> {
    let id = libc::id_t::try_from(pid.as_raw()).map_err(io::Error::other)?;
    // SAFETY: all-zero bytes are a valid siginfo, which the call writes to; the process is our child and not reaped.
    let result = unsafe {
        let mut info: libc::siginfo_t = mem::zeroed();
        libc::waitid(libc::P_PID, id, &raw mut info, libc::WEXITED | libc::WNOWAIT)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn holds(line: &[u8], word: &[u8]) -> bool {
    line.windows(word.len()).any(|window| window == word)
}

/// What a line asks us to do, at once: whoever is not asleep yet finds the signal pending.
fn asked(line: &[u8]) -> Option<OutsideAction> {
    if !holds(line, b"\"ready\"") {
        return None;
    }
    match serde_json::from_slice(line) {
        Ok(Event { what: Happening::Ready { action }, .. }) => Some(action),
        _ => None,
    }
}

/// Whether [`play`] can do what a script asks for. It has no terminal.
pub(crate) fn can(action: &OutsideAction) -> bool {
    matches!(action, OutsideAction::Kill { .. } | OutsideAction::Flood { .. } | OutsideAction::WhileStopped { .. })
}

fn act(child: &Child, action: &OutsideAction) -> io::Result<()> {
    let pid = Pid::from_raw(child.id().cast_signed());
    let send = |signal: libc::c_int| -> io::Result<()> {
        // SAFETY: `kill` takes two integers; the child is ours and not reaped, so the number is its own.
        nix::errno::Errno::result(unsafe { libc::kill(pid.as_raw(), signal) })?;
        Ok(())
    };
    match action {
        OutsideAction::Kill { signal } => send(signal.as_raw()),
        OutsideAction::Flood { signal, times } => (0..*times).try_for_each(|_| send(signal.as_raw())),
        OutsideAction::WhileStopped { signals, .. } => {
            kill(pid, Signal::SIGSTOP)?;
            waitpid(pid, Some(WaitPidFlag::WUNTRACED))?;
            signals.iter().try_for_each(|signal| send(signal.as_raw()))?;
            kill(pid, Signal::SIGCONT)?;
            Ok(())
        }
        OutsideAction::Trace { .. }
        | OutsideAction::Type { .. }
        | OutsideAction::Resize
        | OutsideAction::HangUp
        | OutsideAction::Close => Err(io::ErrorKind::Unsupported.into()),
    }
}
