//! The warden's life: it starts a fixture, waits, ends what there is to end, reports, and waits for the next. It was forked
//! from a program that may have many threads, so here are system calls only.

use std::{
    mem,
    os::fd::{AsRawFd, OwnedFd, RawFd},
    ptr,
};

use super::{
    channel,
    descendants::{self, End},
    image::Image,
};
use crate::drive::process::clean;

/// The harness asks for a fixture: its image lies in the memory that both share, its descriptors come along.
pub(super) const START: libc::c_int = 1;
/// The harness wants the fixture ended.
pub(super) const END: libc::c_int = 2;

/// The only descriptors of a warden without a fixture: all three are the channel, so that nothing that is passed to it gets
/// a number that the fixture's own will have.
const CHANNEL: RawFd = 0;

/// Guards one fixture after the other until the harness closes the channel.
pub(super) fn guard(channel: RawFd, image: &Image) -> ! {
    settle_down(channel);
    let untouched = State::now();
    loop {
        let (message, passed) = channel::receive(CHANNEL).unwrap_or_default();
        match message {
            Some([START, _]) => {}
            // The fixture had ended when this was sent.
            Some(_) => continue,
            None => exit(),
        }
        let [Some(stdin), Some(stdout), Some(stderr), terminal] = passed else {
            let _ = channel::send(CHANNEL, [0, libc::EBADF], &[]);
            continue;
        };
        let started = image.start([&stdin, &stdout, &stderr], terminal.as_ref());
        // Now the fixture's pipes, which it must be able to close, are its own.
        drop((stdin, stdout, stderr, terminal));
        match started {
            Ok((pid, fixture)) => {
                let _ = channel::send(CHANNEL, [pid, 0], &[fixture.as_raw_fd()]);
                wait_for_end(&fixture);
                let End { status, is_clean } = descendants::end(pid);
                let may_stay = is_clean && State::now() == untouched;
                let _ = channel::send(CHANNEL, [status, may_stay.into()], &[]);
            }
            Err(error) => {
                let _ = channel::send(CHANNEL, [0, error], &[]);
            }
        }
    }
}

/// Becomes a process of its own, deaf to everything that can be blocked, with nothing open but the channel.
fn settle_down(channel: RawFd) {
    // SAFETY: system calls with valid arguments; all-zero bytes are a valid sigset.
    unsafe {
        let mut all: libc::sigset_t = mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const all, ptr::null_mut());
        libc::setsid();
        libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1);
        libc::prctl(libc::PR_SET_NAME, c"warden".as_ptr());
        for descriptor in CHANNEL..3 {
            if descriptor != channel {
                libc::dup2(channel, descriptor);
            }
        }
    }
    close_above(2);
    // With SIGCHLD ignored, as the harness may have been started, statuses would be lost.
    clean::by_default();
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

/// Until the fixture has ended, or the harness wants it to, or is gone.
fn wait_for_end(fixture: &OwnedFd) {
    let mut waited = [CHANNEL, fixture.as_raw_fd()].map(|fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 });
    // SAFETY: the array is valid for its length. Every signal is blocked, so nothing interrupts.
    unsafe { libc::poll(waited.as_mut_ptr(), 2, -1) };
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
