//! A fixture's lines as it wrote them: the harness keeps only what it understood.

use std::{
    io::{self, BufRead, BufReader, Write},
    mem,
    os::unix::process::CommandExt,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use nix::{
    sys::signal::{SigHandler, Signal, kill, killpg, signal},
    unistd::Pid,
};
use serde_json::Value;
use sigconform::{
    catalogue::{Scenario, Start},
    fixture::Fixture,
};
use sigconform_fixture::{ChildThen, OutsideAction, Script, Step};

use crate::json_of;

/// Generous: it only keeps a fixture that hangs from hanging the tests too.
const DEADLINE: Duration = Duration::from_secs(120);

/// A fixture in a process group of its own, which is not left behind: not by a failed test, and not by a script whose
/// children live on.
struct Running(Child);

impl Running {
    fn pid(&self) -> Pid {
        Pid::from_raw(self.0.id().cast_signed())
    }

    /// Waits for its end, kills what is left of its group while the group's number is still its own, and reaps it.
    fn end(&mut self) -> ExitStatus {
        let id = libc::id_t::try_from(self.pid().as_raw()).expect("a process id");
        let (tell, hear) = mpsc::channel();
        thread::spawn(move || {
            // SAFETY: all-zero bytes are a valid siginfo, which the call writes to; the process is our child and not reaped.
            let mut info: libc::siginfo_t = unsafe { mem::zeroed() };
            // SAFETY: as above.
            while unsafe { libc::waitid(libc::P_PID, id, &raw mut info, libc::WEXITED | libc::WNOWAIT) } != 0 {}
            let _ = tell.send(());
        });
        hear.recv_timeout(DEADLINE).expect("a fixture that has finished ends");
        let _ = killpg(self.pid(), Signal::SIGKILL);
        self.0.wait().expect("our child")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Once it has been waited for, its number may be another's.
        if matches!(self.0.try_wait(), Ok(None)) {
            let _ = killpg(self.pid(), Signal::SIGKILL);
            let _ = self.0.wait();
        }
    }
}

/// Whether [`play`] can do what the harness would do for the scenario: start it as it is, send single signals, and leave
/// no child behind.
pub fn can_play(scenario: &Scenario, script: &Script) -> bool {
    let needs_harness = |step: &Step| match step {
        Step::AwaitOutside { action, .. } => !matches!(action, OutsideAction::Kill { .. }),
        Step::AwaitClose {} => true,
        // They live on until the harness ends them.
        Step::Children { then, .. } => *then == ChildThen::Stop,
        _ => false,
    };
    scenario.start == Start::default() && !script.steps.iter().any(needs_harness)
}

/// Nothing ignored, as the scripts expect it: nohup(1) has the tests ignore SIGHUP, a shell's background SIGINT and SIGQUIT.
fn by_default() -> io::Result<()> {
    for ignored in [Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT] {
        // SAFETY: the default action runs no code of ours.
        unsafe { signal(ignored, SigHandler::SigDfl) }?;
    }
    Ok(())
}

/// Plays a script.
pub fn play(fixture: &Fixture, script: &Script) -> Vec<String> {
    let mut command = Command::new(&fixture.command[0]);
    command.args(&fixture.command[1..]).arg("run").envs(&fixture.env).process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    // SAFETY: the hook makes system calls only.
    unsafe { command.pre_exec(by_default) };
    let mut running = Running(command.spawn().expect("the fixture starts"));
    let mut stdin = running.0.stdin.take().expect("a pipe");
    serde_json::to_writer(&mut stdin, script).expect("the fixture reads its script");
    stdin.write_all(b"\n").expect("the fixture reads its script");

    let stdout = BufReader::new(running.0.stdout.take().expect("a pipe"));
    let (tell, hear) = mpsc::channel();
    thread::spawn(move || stdout.lines().try_for_each(|line| tell.send(line)));
    let mut lines = Vec::new();
    loop {
        match hear.recv_timeout(DEADLINE) {
            Ok(line) => lines.push(line.expect("a line of text")),
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("{} wrote nothing more after {lines:#?}", fixture.name),
        }
        let line = json_of(lines.last().expect("a line"));
        if line["event"] == "finished" {
            break;
        }
        act(&running, &line);
    }
    let status = running.end();
    assert!(status.success(), "{}: {status} after {lines:#?}", fixture.name);
    lines
}

/// Does what a `ready` line asks for. Not waiting until the fixture sleeps is harmless: the signal is then pending.
fn act(running: &Running, event: &Value) {
    if event["event"] == "ready" {
        let signal = event["action"]["signal"].as_str().and_then(|name| name.parse::<Signal>().ok());
        kill(running.pid(), signal.expect("an action that sends a signal")).expect("the fixture lives");
    }
}
