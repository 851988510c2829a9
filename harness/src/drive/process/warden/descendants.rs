//! The end of a warden's descendants, whatever group or session they are in.

use std::{mem, ptr};

use nix::errno::Errno;

use super::board::Board;

/// Turns without a child in sight before giving up: there is no `/proc` then.
const BLIND: u32 = 100;
/// A turn, unless a child ends before. Nanoseconds.
const TURN: libc::c_long = 10_000_000;

/// How a fixture's case ended.
pub(super) struct End {
    /// The fixture's wait status, if it was reaped.
    pub(super) status: Option<libc::c_int>,
    /// Everything has ended.
    pub(super) is_all: bool,
    /// The fixture exited with 0 by itself, and there was nothing else to end.
    pub(super) is_clean: bool,
}

/// Kills and reaps every descendant, `fixture` among them, until none is left or it is to let go.
///
/// A killed process leaves its children to the warden, so this goes on until there is none. What cannot be killed (it is
/// another user's) and what is not ours to reap (somebody traces it) stays, so nothing here waits for one process. Makes
/// system calls only.
pub(super) fn end(fixture: libc::pid_t, board: &Board, lets_go: impl Fn() -> bool) -> End {
    // At once, so that a group that forks quickly cannot outrun us.
    // SAFETY: `kill` takes two integers; the leader of the group is our child and not reaped.
    unsafe { libc::kill(-fixture, libc::SIGKILL) };
    let mut end = End { status: None, is_all: false, is_clean: false };
    let (mut turns, mut blind) = (0_u32, 0);
    loop {
        let (reaped, has_child) = reap(|child, status| {
            if child == fixture {
                end.status = Some(status);
            }
        });
        board.turn(reaped);
        if !has_child {
            end.is_all = true;
            end.is_clean = turns == 0 && reaped == 1 && end.status == Some(0);
            return end;
        }
        let mut seen = false;
        each_child(|child| {
            // What a list with another namespace's numbers names is no child of ours.
            if is_child(child) {
                kill(child);
                seen = true;
            }
        });
        if !seen && end.status.is_none() {
            kill(fixture);
        }
        blind = if seen || reaped > 0 { 0 } else { blind + 1 };
        if lets_go() || blind > BLIND {
            return end;
        }
        if reaped == 0 && turns > 0 {
            await_child();
        }
        turns = turns.saturating_add(1);
    }
}

fn kill(child: libc::pid_t) {
    // SAFETY: `kill` takes two integers; the child is not reaped, so the number is its own.
    unsafe { libc::kill(child, libc::SIGKILL) };
}

/// Reaps every child that has ended. How many, and whether there are others.
fn reap(mut ended: impl FnMut(libc::pid_t, libc::c_int)) -> (u32, bool) {
    let (mut reaped, mut status) = (0, 0);
    loop {
        // SAFETY: `status` is valid to write to.
        match unsafe { libc::waitpid(-1, &raw mut status, libc::WNOHANG | libc::__WALL) } {
            0 => return (reaped, true),
            -1 if Errno::last() == Errno::EINTR => {}
            -1 => return (reaped, false),
            child => {
                ended(child, status);
                reaped += 1;
            }
        }
    }
}

fn is_child(number: libc::pid_t) -> bool {
    let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT | libc::__WALL;
    // SAFETY: all-zero bytes are a valid siginfo, and the call only writes to it.
    unsafe {
        let mut info: libc::siginfo_t = mem::zeroed();
        libc::waitid(libc::P_PID, number.cast_unsigned(), &raw mut info, flags) == 0
    }
}

/// Until a child ends, or a turn is over. `SIGCHLD` is blocked, so one that has ended meanwhile is not missed.
fn await_child() {
    let time = libc::timespec { tv_sec: 0, tv_nsec: TURN };
    // SAFETY: the set and the time are valid; the signal's information is not asked for.
    unsafe {
        let mut child: libc::sigset_t = mem::zeroed();
        libc::sigemptyset(&raw mut child);
        libc::sigaddset(&raw mut child, libc::SIGCHLD);
        libc::sigtimedwait(&raw const child, ptr::null_mut(), &raw const time);
    }
}

/// Calls `act` for every child of this process that the system shows.
///
/// Source: proc(5), `/proc/pid/task/tid/children`: the list may be incomplete while children come and go.
fn each_child(mut act: impl FnMut(libc::pid_t)) {
    // SAFETY: the path is a string constant.
    let list = unsafe { libc::open(c"/proc/thread-self/children".as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC) };
    let mut number: libc::pid_t = 0;
    let mut buffer = [0_u8; 4096];
    loop {
        // SAFETY: the buffer is valid for its length. A list that could not be opened reads as an error.
        let length = unsafe { libc::read(list, ptr::from_mut(&mut buffer).cast(), buffer.len()) };
        let Ok(length @ 1..) = usize::try_from(length) else { break };
        for &byte in buffer.iter().take(length) {
            if byte.is_ascii_digit() {
                number = number.wrapping_mul(10).wrapping_add(libc::pid_t::from(byte - b'0'));
            } else if number > 0 {
                act(number);
                number = 0;
            }
        }
    }
    // SAFETY: the descriptor is ours; closing one that was never opened fails and does nothing.
    unsafe { libc::close(list) };
}
