//! Another sender: a process that is neither the harness nor of the fixture's, and whose number is known before it sends.

use std::{
    io::{self, BufRead, BufReader, Write},
    os::fd::AsFd,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, poll},
};
use sigconform_fixture::{OutsideAction, Sender, Signal};

/// A shell, whose own `kill` it is: it does one send a line, and says when that is done. It ends with its input, so also with
/// the harness.
const SENDS: &str = r#"while read -r process signal; do kill -"$signal" "$process"; echo done; done"#;

/// Milliseconds between looks at whether it still goes on.
const LOOK: u16 = 100;

/// Ended and reaped when it is dropped.
pub(super) struct Another {
    shell: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Another {
    /// One for an action that has two senders.
    pub(super) fn for_action(action: &OutsideAction) -> io::Result<Option<Self>> {
        let is_needed = (0..action.signals().len()).any(|at| action.is_anothers(at));
        is_needed.then(Self::start).transpose()
    }

    fn start() -> io::Result<Self> {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", SENDS]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut shell = shell.spawn()?;
        let (orders, answers) = (shell.stdin.take(), shell.stdout.take());
        let answers = answers.ok_or_else(|| io::Error::other("the shell has no standard output"))?;
        Ok(Self { shell, orders, answers: BufReader::new(answers) })
    }

    /// Who it is to those that it sends signals to.
    pub(super) fn sender(&self) -> Sender {
        Sender { pid: self.shell.id(), uid: nix::unistd::getuid().as_raw() }
    }

    /// Sends, and comes back when it has, as long as that `goes_on`: somebody may have stopped the shell. The process is the
    /// fixture, which is stopped: it does not end meanwhile, and its number is nobody else's.
    pub(super) fn send(&mut self, process: libc::pid_t, signal: Signal, goes_on: impl Fn() -> bool) -> io::Result<()> {
        let orders = self.orders.as_mut().ok_or_else(|| io::Error::other("the shell has no standard input"))?;
        writeln!(orders, "{process} {}", signal.as_raw())?;
        let mut answers = [PollFd::new(self.answers.get_ref().as_fd(), PollFlags::POLLIN)];
        while poll(&mut answers, LOOK).or_else(|errno| if errno == Errno::EINTR { Ok(0) } else { Err(errno) })? == 0 {
            if !goes_on() {
                return Err(io::Error::other("the shell that sends does not answer"));
            }
        }
        let mut done = String::new();
        match self.answers.read_line(&mut done)? {
            0 => Err(io::Error::other("the shell that sends has ended")),
            _ => Ok(()),
        }
    }
}

impl Drop for Another {
    fn drop(&mut self) {
        drop(self.orders.take());
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}
