//! Commands of others: what checks whether something is installed, or builds it. Each has an end: its own, a limit, or that
//! everything is to stop.

use std::{
    io::{self, Read},
    os::unix::process::CommandExt,
    process::{Child, Command, Output},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use crate::drive;

/// Between looks whether everything is to stop.
const LOOK: Duration = Duration::from_millis(50);
/// Longest wait for what has been killed.
const DIES_WITHIN: Duration = Duration::from_secs(1);

/// Runs a command to its end, at most so long, in a process group of its own. Its standard output comes back where the command
/// says that it is piped.
///
/// # Errors
/// It cannot be started. [`io::ErrorKind::Interrupted`]: everything is to stop; [`io::ErrorKind::TimedOut`]: it took longer. Its
/// group is killed then.
pub fn run(command: &mut Command, most: Duration) -> io::Result<Output> {
    run_unless(command, most, || drive::STOP.load(std::sync::atomic::Ordering::Relaxed))
}

fn run_unless(command: &mut Command, most: Duration, is_to_stop: impl Fn() -> bool) -> io::Result<Output> {
    let mut child = command.process_group(0).spawn()?;
    let (began, ends) = (Instant::now(), end_of(&child)?);
    let stdout = child.stdout.take().map(read);
    let why = loop {
        match ends.recv_timeout(LOOK) {
            Ok(()) | Err(RecvTimeoutError::Disconnected) => break None,
            Err(RecvTimeoutError::Timeout) if is_to_stop() => break Some(io::ErrorKind::Interrupted),
            Err(RecvTimeoutError::Timeout) if began.elapsed() > most => break Some(io::ErrorKind::TimedOut),
            Err(RecvTimeoutError::Timeout) => {}
        }
    };
    if let Some(why) = why {
        // SAFETY: takes two integers; the leader of the group is our child and not reaped, so the number is its own.
        unsafe { libc::killpg(child.id().cast_signed(), libc::SIGKILL) };
        if ends.recv_timeout(DIES_WITHIN).is_ok() {
            child.wait()?;
        }
        return Err(why.into());
    }
    let status = child.wait()?;
    let stdout = stdout.and_then(|read| read.recv().ok()).unwrap_or_default();
    Ok(Output { status, stdout, stderr: Vec::new() })
}

/// Hears of the child's end, which is left to be reaped.
fn end_of(child: &Child) -> io::Result<Receiver<()>> {
    let (pid, (tell, hear)) = (libc::id_t::from(child.id()), mpsc::channel());
    thread::Builder::new().spawn(move || {
        // SAFETY: all-zero bytes are a valid siginfo, and the call only writes to it.
        while unsafe {
            let mut info: libc::siginfo_t = std::mem::zeroed();
            libc::waitid(libc::P_PID, pid, &raw mut info, libc::WEXITED | libc::WNOWAIT)
        } == -1
            && io::Error::last_os_error().kind() == io::ErrorKind::Interrupted
        {}
        let _ = tell.send(());
    })?;
    Ok(hear)
}

/// Reads to the end, so that nobody waits for room.
fn read(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (tell, hear) = mpsc::channel();
    let _ = thread::Builder::new().spawn(move || {
        let mut all = Vec::new();
        let _ = pipe.read_to_end(&mut all);
        let _ = tell.send(all);
    });
    hear
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn shell(script: &str) -> Command {
        let mut shell = Command::new("sh");
        shell.args(["-c", script]).stdin(Stdio::null());
        shell
    }

    #[test]
    fn what_ends_says_how_and_what() {
        let said = run_unless(shell("echo said; exit 7").stdout(Stdio::piped()), LONG, || false).expect("its end");
        assert_eq!((said.status.code(), said.stdout.as_slice()), (Some(7), b"said\n".as_slice()));
        // More than a pipe holds.
        let much = run_unless(shell("head -c 1000000 /dev/zero").stdout(Stdio::piped()), LONG, || false);
        assert_eq!(much.expect("its end").stdout.len(), 1_000_000);
        let missing = run_unless(&mut Command::new("no-such-program"), LONG, || false);
        assert_eq!(missing.expect_err("it is not there").kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn what_does_not_end_is_ended_with_what_it_started() {
        let (pipe, theirs) = io::pipe().expect("a pipe");
        // Both hold the pipe, and the second is another process than the first.
        let mut sleeps = shell("sleep 1000 & sleep 1000");
        let ended = run_unless(sleeps.stdout(theirs), LONG, || true).expect_err("it is stopped");
        assert_eq!(ended.kind(), io::ErrorKind::Interrupted);
        drop(sleeps);
        assert_eq!(io::BufReader::new(pipe).read_to_end(&mut Vec::new()).expect("nobody holds it"), 0);
        let late = run_unless(&mut shell("sleep 1000"), Duration::ZERO, || false).expect_err("it is late");
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);
    }
}
