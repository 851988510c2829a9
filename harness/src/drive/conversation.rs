//! The conversation with one fixture: its three pipes and its end, waited for together by one thread.

use std::{
    io::{self, Read, Write},
    mem,
    os::fd::{AsFd, AsRawFd, BorrowedFd},
    time::Duration,
};

use nix::errno::Errno;
use sigconform_fixture::{OutsideAction, Sender, Trace};

use super::{
    act::act,
    another::Another,
    error::DriveError,
    limits::Limits,
    process::{End, Process, Status},
    stop,
    watch::{Seen, Slept, Watch},
};
use crate::{catalogue::Start, transcript::Ending};

/// Most of standard error that is kept.
const STDERR_KEPT: usize = 16 << 10;
/// Longest line of standard output.
const LONGEST_LINE: usize = 1 << 20;
/// Reads of one pipe before anything else gets its turn: whoever writes without end must not keep us from looking.
const READS_A_TURN: usize = 16;

/// How a conversation ended.
pub(super) struct Ended {
    /// Unknown where `left` is what would tell.
    pub(super) ending: Option<Ending>,
    /// The beginning of standard error.
    pub(super) stderr: String,
    /// What could not be ended, for people.
    pub(super) left: Option<String>,
    /// What went wrong before, where something is `left`: that alone would be said otherwise.
    pub(super) error: Option<DriveError>,
}

/// Who reads a fixture's lines.
pub(super) trait Listener {
    /// Takes one line, without its end.
    fn hear(&mut self, line: &[u8]) -> Result<Heard, DriveError>;

    /// Is told that the harness acts, and who sends every second signal for it, how the fixture slept where that was watched, and how many threads the fixture has, where
    /// the system shows that.
    fn acted(
        &mut self,
        action: OutsideAction,
        and: Option<Sender>,
        slept: Option<Slept>,
        threads: impl FnOnce() -> Option<u32>,
    );

    /// Is told what the harness saw when it followed the signal handler.
    fn traced(&mut self, trace: Trace);
}

/// What a line asks of the harness.
pub(super) enum Heard {
    Nothing,
    /// Act once the fixture sleeps.
    Ready(OutsideAction),
    /// Whatever it waited for, it waits no longer.
    Resumed,
}

/// Writes `input`, acts when `start` says, reads until the process has ended or must be ended, and leaves nothing of it behind.
pub(super) fn hold(
    mut process: Process<'_>,
    input: &[u8],
    start: &Start,
    listener: &mut impl Listener,
    limits: &Limits,
) -> Result<Ended, DriveError> {
    let watch = Watch::new(process.top(), start, *limits);
    let mut talk = Conversation {
        listener,
        limits,
        watch,
        unsent: input,
        line: Vec::new(),
        read: 0,
        overflows: false,
        stderr: Vec::new(),
    };
    let stopped = talk.run(&mut process);
    let End { status, left } = process.end().map_err(engine("reaping the fixture"))?;
    let ending = stopped.and_then(|stopped| talk.ending(&mut process, stopped, status, left.is_some()));
    let stderr = String::from_utf8_lossy(&talk.stderr).into_owned();
    match (ending, left) {
        (Ok(ending), left) => Ok(Ended { ending, stderr, left, error: None }),
        (Err(error), Some(left)) => Ok(Ended { ending: None, stderr, left: Some(left), error: Some(error) }),
        (Err(error), None) => Err(error),
    }
}

struct Conversation<'a, L> {
    listener: &'a mut L,
    limits: &'a Limits,
    watch: Watch,
    /// The rest of the input.
    unsent: &'a [u8],
    /// The line that is being read.
    line: Vec<u8>,
    /// Bytes of standard output so far.
    read: usize,
    /// It was more than the limit: nothing more is read.
    overflows: bool,
    stderr: Vec<u8>,
}

/// Which pipes are worth waiting for.
struct Open {
    stdout: bool,
    stderr: bool,
}

/// What a wait found.
struct Ready {
    stdin: bool,
    stdout: bool,
    stderr: bool,
    /// Whether the process has ended; unknown where the system does not tell by a descriptor.
    end: Option<bool>,
}

/// What is left in a pipe after a turn of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pipe {
    /// Perhaps something.
    More,
    /// Nothing for now.
    Empty,
    /// Nothing, and nobody is left to write.
    Ended,
}

impl<L: Listener> Conversation<'_, L> {
    /// How it ended, after what it wrote before: that is still in the pipes. Unknown where something of it is `left`.
    fn ending(
        &mut self,
        process: &mut Process<'_>,
        stopped: Option<Ending>,
        status: Option<Status>,
        is_left: bool,
    ) -> Result<Option<Ending>, DriveError> {
        if status.is_none() && !is_left {
            return Err(DriveError::KilledParent);
        }
        while self.read_stdout(process)? == Pipe::More {}
        while self.read_stderr(process)? == Pipe::More && self.stderr.len() < STDERR_KEPT {}
        // Half a line is no line; but where it was cut off by us, that says nothing of the fixture.
        let cut_off = self.overflows || matches!(stopped, Some(Ending::Deadline { .. } | Ending::NeverIdle { .. }));
        if !self.line.is_empty() && !cut_off {
            let line = mem::take(&mut self.line);
            self.listener.hear(&line)?;
        }
        Ok(match (stopped, status) {
            _ if self.overflows => Some(Ending::TooMuchOutput { limit: self.limits.output }),
            (Some(ending), _) => Some(ending),
            (None, Some(Ok(code))) => Some(Ending::Exited(code)),
            (None, Some(Err(signal))) => Some(Ending::Killed(signal)),
            (None, None) => None,
        })
    }

    /// Until the process has ended by itself (`None`), or how it must be ended.
    fn run(&mut self, process: &mut Process<'_>) -> Result<Option<Ending>, DriveError> {
        let mut open = Open { stdout: true, stderr: true };
        loop {
            if stop::is_wanted() {
                return Err(DriveError::Interrupted);
            }
            let ready = self.wait(process, &open).map_err(engine("waiting for the fixture"))?;
            if ready.stdin {
                self.write_stdin(process);
            }
            open.stdout = open.stdout && !(ready.stdout && self.read_stdout(process)? == Pipe::Ended);
            if self.overflows {
                return Ok(Some(Ending::TooMuchOutput { limit: self.limits.output }));
            }
            open.stderr = open.stderr && !(ready.stderr && self.read_stderr(process)? == Pipe::Ended);
            let has_ended = ready.end.map_or_else(|| process.has_ended(), Ok);
            if has_ended.map_err(engine("looking whether the fixture has ended"))? {
                return Ok(None);
            }
            match self.watch.look() {
                Seen::Nothing => {}
                Seen::Idle(action, slept) => {
                    // Before the act: whatever it causes comes after it in the transcript.
                    let mut another = Another::for_action(&action).map_err(engine("starting a second sender"))?;
                    let and = another.as_ref().map(Another::sender);
                    self.listener.acted(action.clone(), and, slept, || self.watch.threads());
                    let goes_on = || !stop::is_wanted() && !self.watch.had_its_time();
                    let acted = act(process, &action, another.as_mut(), goes_on);
                    if stop::is_wanted() {
                        return Err(DriveError::Interrupted);
                    }
                    let trace = acted.map_err(engine("acting from outside"))?;
                    trace.into_iter().for_each(|trace| self.listener.traced(trace));
                }
                Seen::End(ending) => return Ok(Some(ending)),
            }
        }
    }

    /// Waits until there is something to read or write, the process has ended, or it is time to look at it.
    fn wait(&self, process: &Process<'_>, open: &Open) -> io::Result<Ready> {
        let ends = process.end_descriptors();
        let wanted = |wanted: bool, descriptor: BorrowedFd<'_>, events| libc::pollfd {
            // The system passes over negative numbers.
            fd: if wanted { descriptor.as_raw_fd() } else { -1 },
            events,
            revents: 0,
        };
        let [end, guard] = ends.unwrap_or([process.stdout.as_fd(); 2]);
        let mut waited = [
            wanted(!self.unsent.is_empty(), process.stdin.as_fd(), libc::POLLOUT),
            wanted(open.stdout, process.stdout.as_fd(), libc::POLLIN),
            wanted(open.stderr, process.stderr.as_fd(), libc::POLLIN),
            wanted(ends.is_some(), end, libc::POLLIN),
            wanted(ends.is_some(), guard, libc::POLLIN),
        ];
        // A process that closed its output is about to end.
        wait_for(&mut waited, self.watch.next_look(ends.is_none() && !open.stdout))?;
        let [stdin, stdout, stderr, end, guard] = waited.map(|descriptor| descriptor.revents != 0);
        Ok(Ready { stdin, stdout, stderr, end: ends.map(|_| end || guard) })
    }

    /// A fixture that does not read its script is seen to by the watch: an error here says nothing new.
    fn write_stdin(&mut self, process: &mut Process<'_>) {
        while !self.unsent.is_empty() {
            match process.stdin.write(self.unsent) {
                Ok(written) => self.unsent = &self.unsent[written..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => self.unsent = &[],
            }
        }
    }

    fn read_stdout(&mut self, process: &mut Process<'_>) -> Result<Pipe, DriveError> {
        if self.overflows {
            return Ok(Pipe::Ended);
        }
        let mut buffer = [0; 8192];
        for _ in 0..READS_A_TURN {
            let Some(length) = read(&mut process.stdout, &mut buffer)? else { return Ok(Pipe::Empty) };
            if length == 0 {
                return Ok(Pipe::Ended);
            }
            self.read += length;
            if self.read > self.limits.output {
                self.overflows = true;
                return Ok(Pipe::Ended);
            }
            self.watch.progress();
            self.hear(&buffer[..length])?;
            if length < buffer.len() {
                return Ok(Pipe::Empty);
            }
        }
        Ok(Pipe::More)
    }

    fn hear(&mut self, mut bytes: &[u8]) -> Result<(), DriveError> {
        while let Some(end) = bytes.iter().position(|&byte| byte == b'\n') {
            self.line.extend_from_slice(&bytes[..end]);
            bytes = &bytes[end + 1..];
            let heard = self.listener.hear(&self.line)?;
            self.line.clear();
            match heard {
                Heard::Ready(action) => self.watch.await_idle(action),
                Heard::Resumed => self.watch.no_longer_idle(),
                Heard::Nothing => {}
            }
        }
        self.line.extend_from_slice(bytes);
        if self.line.len() > LONGEST_LINE {
            return Err(DriveError::EndlessLine { limit: LONGEST_LINE });
        }
        Ok(())
    }

    fn read_stderr(&mut self, process: &mut Process<'_>) -> Result<Pipe, DriveError> {
        let mut buffer = [0; 4096];
        for _ in 0..READS_A_TURN {
            let Some(length) = read(&mut process.stderr, &mut buffer)? else { return Ok(Pipe::Empty) };
            if length == 0 {
                return Ok(Pipe::Ended);
            }
            let room = STDERR_KEPT.saturating_sub(self.stderr.len());
            self.stderr.extend_from_slice(&buffer[..length.min(room)]);
            if length < buffer.len() {
                return Ok(Pipe::Empty);
            }
        }
        Ok(Pipe::More)
    }
}

/// Waits for one of the descriptors at most this long. An interrupted wait found nothing.
fn wait_for(descriptors: &mut [libc::pollfd], most: Duration) -> io::Result<()> {
    let count = descriptors.len().try_into().unwrap_or(0);
    #[cfg(target_os = "linux")]
    let found = {
        let most = libc::timespec {
            tv_sec: most.as_secs().try_into().unwrap_or(libc::time_t::MAX),
            tv_nsec: most.subsec_nanos().into(),
        };
        // SAFETY: the array and the time are valid during the call; without a mask none is set.
        unsafe { libc::ppoll(descriptors.as_mut_ptr(), count, &raw const most, std::ptr::null()) }
    };
    #[cfg(not(target_os = "linux"))]
    let found = {
        // Rounded up: a rest of less than a millisecond must not spin.
        let millis = most.as_nanos().div_ceil(1_000_000).try_into().unwrap_or(libc::c_int::MAX);
        // SAFETY: the array is valid during the call.
        unsafe { libc::poll(descriptors.as_mut_ptr(), count, millis) }
    };
    match Errno::result(found) {
        Ok(_) => Ok(()),
        Err(Errno::EINTR) => {
            descriptors.iter_mut().for_each(|descriptor| descriptor.revents = 0);
            Ok(())
        }
        Err(errno) => Err(errno.into()),
    }
}

/// Reads once; `None` when nothing is there now.
fn read(pipe: &mut impl Read, buffer: &mut [u8]) -> Result<Option<usize>, DriveError> {
    loop {
        match pipe.read(buffer) {
            Ok(length) => return Ok(Some(length)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(source) => return Err(engine("reading the fixture's output")(source)),
        }
    }
}

fn engine(doing: &'static str) -> impl Fn(io::Error) -> DriveError {
    move |source| DriveError::Engine { doing, source }
}
