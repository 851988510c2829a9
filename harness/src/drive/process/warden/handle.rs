//! The harness's side of a warden.
//!
//! A fixture may stop its warden, trace it, or take a copy of its socket, so nothing here waits for a warden for ever, and
//! nothing that it says comes by the socket.

use std::{
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
    process, ptr,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, fcntl},
    sys::socket::{Shutdown, shutdown},
};

use super::{
    board::Word,
    channel, descriptor,
    image::Image,
    lasting::on_lasting_thread,
    life,
    outside::{end_children, only_stays},
};
use crate::drive::{process::launch::Launch, stop};

/// Between looks at a warden that has not said what it is to say.
const LOOK: Duration = Duration::from_millis(100);
/// Longest that one may take to start a fixture, or to do anything at all: only what is stopped does.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);
/// Longest that something may take to end: what has been killed only gives its memory back.
const ENDS_WITHIN: Duration = Duration::from_secs(60);
/// Longest that it may take to end whatever it can.
const GETS_ON_FOR: Duration = Duration::from_secs(5 * 60);
/// The same for what nobody can end, and that may still end by itself.
const STAYS_AFTER: Duration = Duration::from_secs(1);
/// The same for everything once all is to stop.
const STOPS_WITHIN: Duration = Duration::from_millis(500);

pub(super) struct Warden {
    pid: libc::pid_t,
    process: OwnedFd,
    channel: OwnedFd,
    image: Image,
}

/// Why nothing was started.
pub(super) enum Unstarted {
    /// The program is at fault, or the system.
    Program(io::Error),
    /// The warden does not do what it is for.
    Warden(io::Error),
}

impl Warden {
    pub(super) fn fork() -> io::Result<Self> {
        let image = Image::new()?;
        let [channel, theirs] = channel::pair()?;
        let (theirs, harness) =
            (above_standard(theirs)?, above_standard(descriptor::of(process::id().cast_signed())?)?);
        let (image, forked, theirs) = on_lasting_thread(move || {
            // SAFETY: the child makes system calls only, as code after fork must, and never returns.
            let forked = Errno::result(unsafe { libc::fork() });
            if forked == Ok(0) {
                life::guard(theirs.as_raw_fd(), harness.as_raw_fd(), &image);
            }
            (image, forked, theirs)
        });
        let pid = forked?;
        drop(theirs);
        match descriptor::of(pid) {
            Ok(process) => Ok(Self { pid, process, channel, image }),
            Err(error) => {
                // It sees that, and goes.
                drop(channel);
                reap(pid, 0);
                Err(error)
            }
        }
    }

    pub(super) fn pid(&self) -> libc::pid_t {
        self.pid
    }

    /// Becomes readable at its end.
    pub(super) fn process(&self) -> BorrowedFd<'_> {
        self.process.as_fd()
    }

    /// Whether it may guard another fixture: nobody has touched its socket.
    pub(super) fn may_stay(&self) -> bool {
        channel::is_untouched(&self.channel)
    }

    /// The fixture's process id, and a descriptor of it.
    pub(super) fn start(&mut self, launch: &Launch<'_>) -> Result<(libc::pid_t, OwnedFd), Unstarted> {
        let Launch { program, args, env, pipes, cleanly, terminal } = launch;
        self.image.hold(program, args, env, cleanly).map_err(Unstarted::Program)?;
        self.image.board().clear();
        let mut passed = pipes.each_ref().map(AsRawFd::as_raw_fd).to_vec();
        passed.extend(terminal.map(|terminal| terminal.as_raw_fd()));
        channel::send(self.channel.as_raw_fd(), &passed).map_err(Unstarted::Warden)?;
        match self.hear().map_err(Unstarted::Warden)? {
            Word::Started(pid) => {
                let fixture = descriptor::of(pid);
                // It is not reaped before it is known that we have this, or cannot have it and shall not use its number.
                self.image.board().have_fixture();
                Ok((pid, fixture.map_err(Unstarted::Program)?))
            }
            Word::NotStarted(error) => Err(Unstarted::Program(io::Error::from_raw_os_error(error))),
            Word::NotPassed | Word::Ended { .. } | Word::Left(_) => {
                Err(Unstarted::Warden(io::ErrorKind::NotConnected.into()))
            }
        }
    }

    /// What it says when it is asked for a fixture.
    fn hear(&self) -> io::Result<Word> {
        let (mut waits, mut is_freed) = (Waits::new(), false);
        loop {
            if let Some(word) = self.image.board().hear(false, LOOK) {
                return Ok(word);
            }
            self.go_on(false)?;
            if waits.are_over(ANSWERS_WITHIN) {
                self.free(&mut waits, &mut is_freed)?;
            }
        }
    }

    /// Has it end what it guards; what it says of that.
    pub(super) fn end(&self) -> io::Result<Word> {
        let board = self.image.board();
        let (mut turns, mut reaped) = board.progress();
        let (mut all, mut works, mut gets_on, mut is_freed) = (Waits::new(), Waits::new(), Waits::new(), false);
        loop {
            if let Some(word) = board.hear(true, LOOK) {
                return Ok(word);
            }
            self.go_on(true)?;
            // It waits for the fixture, which may be one that we cannot kill.
            board.be_over();
            let _ = channel::call(self.channel.as_raw_fd());
            let now = board.progress();
            if now.0 != turns {
                works = Waits::new();
            }
            if now.1 != reaped {
                gets_on = Waits::new();
            }
            (turns, reaped) = now;
            let is_useless = gets_on.are_over(STAYS_AFTER) && only_stays(self.pid);
            // Who starts others faster than they are ended gets on for ever.
            if is_useless || gets_on.are_over(ENDS_WITHIN) || all.are_over(GETS_ON_FOR) {
                board.let_go();
            }
            if works.are_over(ANSWERS_WITHIN) {
                self.free(&mut works, &mut is_freed)?;
            }
        }
    }

    /// Ends whatever keeps it from its work, which is below it. Once: an error when that was of no use.
    fn free(&self, waits: &mut Waits, is_freed: &mut bool) -> io::Result<()> {
        if *is_freed {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "the process that guards it does not answer"));
        }
        end_children(self.pid);
        (*waits, *is_freed) = (Waits::new(), true);
        Ok(())
    }

    /// Wakes it, should it be stopped: nothing else would. An error when it is gone, and has not `started` or ended anything.
    fn go_on(&self, started: bool) -> io::Result<()> {
        let gone = descriptor::has_ended(&self.process)? && self.image.board().hear(started, Duration::ZERO).is_none();
        if gone {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        descriptor::signal(&self.process, libc::SIGCONT)
    }
}

impl Drop for Warden {
    fn drop(&mut self) {
        let _ = shutdown(self.channel.as_raw_fd(), Shutdown::Write);
        self.image.board().be_over();
        self.image.board().let_go();
        let mut waits = Waits::new();
        while !descriptor::ends_within(&self.process, LOOK) {
            let _ = descriptor::signal(&self.process, libc::SIGCONT);
            if waits.are_over(ANSWERS_WITHIN) {
                end_children(self.pid);
                let _ = descriptor::signal(&self.process, libc::SIGKILL);
                descriptor::ends_within(&self.process, STOPS_WITHIN);
                break;
            }
        }
        // Somebody who traces it may have to be told first.
        reap(self.pid, libc::WNOHANG);
    }
}

/// How long something has been waited for, and since when everything is to stop.
struct Waits {
    began: Instant,
    stopping_since: Option<Instant>,
}

impl Waits {
    fn new() -> Self {
        Self { began: Instant::now(), stopping_since: None }
    }

    /// Whether it was longer than this, or than who is to stop can wait.
    fn are_over(&mut self, most: Duration) -> bool {
        if stop::is_wanted() {
            self.stopping_since.get_or_insert_with(Instant::now);
        }
        self.began.elapsed() > most || self.stopping_since.is_some_and(|since| since.elapsed() > STOPS_WITHIN)
    }
}

/// Under a number that no standard descriptor has: those are the warden's own.
fn above_standard(descriptor: OwnedFd) -> io::Result<OwnedFd> {
    use std::os::fd::FromRawFd;
    if descriptor.as_raw_fd() > 2 {
        return Ok(descriptor);
    }
    let above = fcntl(&descriptor, FcntlArg::F_DUPFD_CLOEXEC(3))?;
    // SAFETY: the kernel has just made it for us.
    Ok(unsafe { OwnedFd::from_raw_fd(above) })
}

/// The status is not asked for. Fails only where our own program ignores SIGCHLD.
fn reap(pid: libc::pid_t, flags: libc::c_int) {
    // SAFETY: takes integers.
    while unsafe { libc::waitpid(pid, ptr::null_mut(), flags) } == -1 && Errno::last() == Errno::EINTR {}
}
