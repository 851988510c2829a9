//! The end of a warden's descendants, whatever group or session they are in.

use std::{mem::MaybeUninit, ptr};

use nix::errno::Errno;

/// How a fixture's case ended.
pub(super) struct End {
    /// The fixture's wait status.
    pub(super) status: libc::c_int,
    /// It exited with 0 by itself, and there was nothing else to end.
    pub(super) is_clean: bool,
}

/// Kills and reaps every descendant, `fixture` among them.
///
/// A killed process leaves its children to the warden, so this goes on until none is left. Each child is killed before it
/// is waited for, so no wait is for ever. Makes system calls only.
pub(super) fn end(fixture: libc::pid_t) -> End {
    /// Turns without a child in sight before giving up: there is no `/proc` then.
    const BLIND: u32 = 1000;
    let mut status = 0;
    let mut reaped_fixture = false;
    let mut blind = 0;
    // At once, so that a group that forks quickly cannot outrun us.
    // SAFETY: `kill` takes two integers; the leader of the group is our child and not reaped.
    unsafe { libc::kill(-fixture, libc::SIGKILL) };
    if has_ended(fixture) {
        (status, reaped_fixture) = (reap(fixture), true);
        if !has_child() {
            return End { status, is_clean: status == 0 };
        }
    }
    loop {
        let mut seen = each_child(kill);
        seen |= each_child(|child| {
            kill(child);
            let its_status = reap(child);
            if child == fixture {
                (status, reaped_fixture) = (its_status, true);
            }
        });
        if !seen && !reaped_fixture {
            kill(fixture);
            (status, reaped_fixture) = (reap(fixture), true);
        }
        if !has_child() {
            return End { status, is_clean: false };
        }
        blind = if seen { 0 } else { blind + 1 };
        if blind > BLIND {
            return End { status, is_clean: false };
        }
        // SAFETY: takes nothing.
        unsafe { libc::sched_yield() };
    }
}

fn kill(child: libc::pid_t) {
    // SAFETY: `kill` takes two integers; the child is not reaped, so the number is its own.
    unsafe { libc::kill(child, libc::SIGKILL) };
}

/// Waits for a child that has been killed.
fn reap(child: libc::pid_t) -> libc::c_int {
    let mut status = 0;
    // SAFETY: `status` is valid to write to.
    while unsafe { libc::waitpid(child, &raw mut status, libc::__WALL) } == -1 && Errno::last() == Errno::EINTR {}
    status
}

/// Whether there is a child, dead or alive.
fn has_child() -> bool {
    look(libc::P_ALL, 0).is_some()
}

/// Whether this child has ended. Leaves it to be reaped.
fn has_ended(child: libc::pid_t) -> bool {
    // SAFETY: after a successful waitid(2) the structure is of the SIGCHLD kind, or still zero.
    look(libc::P_PID, child.cast_unsigned()).is_none_or(|info| unsafe { info.si_pid() } != 0)
}

/// A child that has ended, or zeros where all such children live; `None` when there is no such child.
fn look(kind: libc::idtype_t, id: libc::id_t) -> Option<libc::siginfo_t> {
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT | libc::__WALL;
    // SAFETY: all-zero bytes are a valid siginfo, and the call only writes to it.
    unsafe { (libc::waitid(kind, id, info.as_mut_ptr(), flags) == 0).then(|| info.assume_init()) }
}

/// Calls `act` for every child of this process that the system shows; false when it shows none.
///
/// Source: proc(5), `/proc/pid/task/tid/children`: the list may be incomplete while children come and go.
fn each_child(mut act: impl FnMut(libc::pid_t)) -> bool {
    // SAFETY: the path is a string constant.
    let list = unsafe { libc::open(c"/proc/thread-self/children".as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC) };
    let mut seen = false;
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
                seen = true;
                number = 0;
            }
        }
    }
    // SAFETY: the descriptor is ours; closing one that was never opened fails and does nothing.
    unsafe { libc::close(list) };
    seen
}
