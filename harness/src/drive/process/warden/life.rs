//! The warden's life: it starts a fixture, waits, ends what there is to end, reports, and waits for the next. It was forked
//! from a program that may have many threads, so here are system calls only.

use std::{
    mem,
    os::fd::{AsRawFd, OwnedFd, RawFd},
    ptr,
    time::{Duration, Instant},
};

use super::{
    board::{Board, Word},
    channel::{self, Received},
    descendants::{self, End},
    image::Image,
};
use crate::drive::process::clean;

/// The only descriptors of a warden without a fixture, so that nothing that is passed to it gets a number that the
/// fixture's own will have: where descriptors come from, and twice the harness's process.
const CHANNEL: RawFd = 0;
const HARNESS: RawFd = 1;
/// Between looks whether the harness is still there.
const LOOK: Duration = Duration::from_millis(100);
/// How long it tries to end what is left when there is no harness any more to tell it to let go.
const ALONE: Duration = Duration::from_secs(10);

/// Guards one fixture after the other until the harness closes the channel or is gone.
///
/// Each descriptor is at least 3.
pub(super) fn guard(channel: RawFd, harness: RawFd, image: &Image) -> ! {
    settle_down(channel, harness);
    let (untouched, board) = (State::now(), image.board());
    loop {
        let passed = await_descriptors();
        let [Some(stdin), Some(stdout), Some(stderr), terminal] = passed else {
            board.say(Word::NotPassed);
            continue;
        };
        let started = image.start([&stdin, &stdout, &stderr], terminal.as_ref());
        // Now the fixture's pipes, which it must be able to close, are its own.
        drop((stdin, stdout, stderr, terminal));
        match started {
            Ok((pid, fixture)) => {
                board.say(Word::Started(pid));
                let End { status, is_all, is_clean } = await_end(pid, &fixture, board);
                board.say(match status {
                    Some(status) if is_all => Word::Ended { status, may_stay: is_clean && State::now() == untouched },
                    status => Word::Left(status),
                });
            }
            Err(error) => board.say(Word::NotStarted(error)),
        }
    }
}

/// Becomes a process of its own, deaf to everything that can be blocked, with nothing open but what it needs.
fn settle_down(channel: RawFd, harness: RawFd) {
    // SAFETY: system calls with valid arguments; all-zero bytes are a valid sigset.
    unsafe {
        let mut all: libc::sigset_t = mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const all, ptr::null_mut());
        libc::setsid();
        libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1);
        // A fixture can stop us. Should the harness be killed meanwhile, this lets us see it.
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGCONT);
        libc::prctl(libc::PR_SET_NAME, c"warden".as_ptr());
        libc::dup2(channel, CHANNEL);
        libc::dup2(harness, HARNESS);
        libc::dup2(harness, 2);
    }
    close_above(2);
    // With SIGCHLD ignored, as the harness may have been started, statuses would be lost.
    clean::by_default();
}

/// Until the harness wants a fixture started; the end where it never will again.
fn await_descriptors() -> [Option<OwnedFd>; 4] {
    loop {
        if is_ready([CHANNEL, HARNESS], None)[1] {
            exit();
        }
        match channel::receive(CHANNEL) {
            Received::Descriptors(descriptors) => return descriptors,
            Received::Nothing => {}
            Received::Closed => exit(),
        }
    }
}

/// Waits until the fixture has ended, by itself or by the harness, or the harness is gone; then ends all that is left.
fn await_end(pid: libc::pid_t, fixture: &OwnedFd, board: &Board) -> End {
    let mut is_disturbed = false;
    loop {
        // Whoever has a copy of the channel's end can make it ready for good.
        let (channel, at_most) = if is_disturbed { (HARNESS, Some(LOOK)) } else { (CHANNEL, None) };
        let [has_ended, is_alone, is_called] = is_ready([fixture.as_raw_fd(), HARNESS, channel], at_most);
        if has_ended || is_alone || board.is_over() {
            break;
        }
        is_disturbed |= is_called;
    }
    // Until then the number must not come again.
    while !board.has_fixture(LOOK) && !is_alone() {}
    let since = Instant::now();
    descendants::end(pid, board, || board.lets_go() || since.elapsed() > ALONE && is_alone())
}

/// Whether there is no harness any more.
fn is_alone() -> bool {
    is_ready([HARNESS], Some(Duration::ZERO))[0]
}

/// Waits for one of the descriptors; which of them are ready.
fn is_ready<const NUMBER: usize>(descriptors: [RawFd; NUMBER], at_most: Option<Duration>) -> [bool; NUMBER] {
    let mut waited = descriptors.map(|fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 });
    let at_most = at_most.map_or(-1, |time| time.as_millis().try_into().unwrap_or(libc::c_int::MAX));
    // SAFETY: the array is valid for its length. Every signal is blocked, so nothing interrupts.
    unsafe { libc::poll(waited.as_mut_ptr(), NUMBER as libc::nfds_t, at_most) };
    waited.map(|descriptor| descriptor.revents != 0)
}

/// The pipes of other cases must not be held open here.
fn close_above(last: RawFd) {
    // SAFETY: both system calls take integers.
    unsafe {
        // Linux before 5.9 has no such call, and whoever started us would wait for ever for what we hold.
        if libc::syscall(libc::SYS_close_range, last + 1, RawFd::MAX, 0) == -1 {
            for descriptor in last + 1..1 << 16 {
                libc::close(descriptor);
            }
        }
    }
}

fn exit() -> ! {
    // SAFETY: ends the process without running anything of the program that it is a copy of.
    unsafe { libc::_exit(0) }
}

/// Resources whose limits a process can have.
const LIMITS: usize = 16;

/// What a fixture could change of its parent, and the next fixture would inherit.
#[derive(PartialEq, Eq)]
struct State {
    limits: [[libc::rlim_t; 2]; LIMITS],
    nice: libc::c_int,
    processors: [u64; 16],
}

impl State {
    fn now() -> Self {
        let mut limits = [[0; 2]; LIMITS];
        for (resource, [current, most]) in (0..).zip(&mut limits) {
            let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
            // SAFETY: the structure is valid to write to.
            unsafe { libc::getrlimit(resource, &raw mut limit) };
            (*current, *most) = (limit.rlim_cur, limit.rlim_max);
        }
        let mut processors = [0_u64; 16];
        // SAFETY: takes integers; the set is valid for its length.
        let nice = unsafe {
            libc::sched_getaffinity(0, size_of_val(&processors), ptr::from_mut(&mut processors).cast());
            libc::getpriority(libc::PRIO_PROCESS, 0)
        };
        Self { limits, nice, processors }
    }
}
