//! The system calls that can block: which they are, and what decides it.
//!
//! Source: the manual page of each. A call that is not listed returns at once, or waits for a disk at the most, which no other
//! part of the program can make it do; where one sleeps on and on all the same, whoever follows it sees that.

use sigconform_fixture::{HandlerCall, WaitsFor};

use super::{
    shown,
    thread::{Call, Memory},
};

/// What decides whether a call blocks. Numbers are those of arguments, counted from 0.
#[derive(Clone, Copy)]
enum Blocks {
    /// It does not.
    Never,
    /// The descriptor in argument 0, unless it is non-blocking.
    Descriptor,
    /// The same, unless `MSG_DONTWAIT` is in these flags.
    Unless(usize),
    /// Until this many milliseconds are over; none: it only looks.
    Millis(usize),
    /// Until this time, a structure of two words: `timespec` or `timeval`. A null pointer: for ever.
    Time(usize),
    /// Unless this flag is in these options.
    Without(usize, libc::c_int, &'static str),
    /// By the operation in argument 1.
    Futex,
    /// By the command in argument 1.
    Lock,
    /// Always, for this.
    Always(&'static str),
}

use Blocks::{Always, Descriptor, Futex, Lock, Millis, Never, Time, Unless, Without};

/// Names, and what decides. Those that never block are here for their names only.
const CALLS: &[(libc::c_long, &str, Blocks)] = &[
    (libc::SYS_read, "read", Descriptor),
    (libc::SYS_readv, "readv", Descriptor),
    (libc::SYS_write, "write", Descriptor),
    (libc::SYS_writev, "writev", Descriptor),
    (libc::SYS_recvfrom, "recvfrom", Unless(3)),
    (libc::SYS_recvmsg, "recvmsg", Unless(2)),
    (libc::SYS_recvmmsg, "recvmmsg", Unless(3)),
    (libc::SYS_sendto, "sendto", Unless(3)),
    (libc::SYS_sendmsg, "sendmsg", Unless(2)),
    (libc::SYS_sendmmsg, "sendmmsg", Unless(3)),
    (libc::SYS_connect, "connect", Descriptor),
    (libc::SYS_accept, "accept", Descriptor),
    (libc::SYS_accept4, "accept4", Descriptor),
    (libc::SYS_poll, "poll", Millis(2)),
    (libc::SYS_ppoll, "ppoll", Time(2)),
    (libc::SYS_select, "select", Time(4)),
    (libc::SYS_pselect6, "pselect6", Time(4)),
    (libc::SYS_epoll_wait, "epoll_wait", Millis(3)),
    (libc::SYS_epoll_pwait, "epoll_pwait", Millis(3)),
    (libc::SYS_epoll_pwait2, "epoll_pwait2", Time(3)),
    (libc::SYS_rt_sigtimedwait, "rt_sigtimedwait", Time(2)),
    (libc::SYS_rt_sigsuspend, "rt_sigsuspend", Always("a signal")),
    (libc::SYS_pause, "pause", Always("a signal")),
    (libc::SYS_nanosleep, "nanosleep", Time(0)),
    (libc::SYS_clock_nanosleep, "clock_nanosleep", Time(2)),
    (libc::SYS_futex, "futex", Futex),
    (libc::SYS_wait4, "wait4", Without(2, libc::WNOHANG, "a child")),
    (libc::SYS_waitid, "waitid", Without(3, libc::WNOHANG, "a child")),
    (libc::SYS_flock, "flock", Without(1, libc::LOCK_NB, "a lock")),
    (libc::SYS_fcntl, "fcntl", Lock),
    (libc::SYS_msgrcv, "msgrcv", Without(4, libc::IPC_NOWAIT, "a message")),
    (libc::SYS_msgsnd, "msgsnd", Without(3, libc::IPC_NOWAIT, "room for a message")),
    (libc::SYS_getpid, "getpid", Never),
    (libc::SYS_gettid, "gettid", Never),
    (libc::SYS_getuid, "getuid", Never),
    (libc::SYS_kill, "kill", Never),
    (libc::SYS_tkill, "tkill", Never),
    (libc::SYS_tgkill, "tgkill", Never),
    (libc::SYS_rt_sigaction, "rt_sigaction", Never),
    (libc::SYS_rt_sigprocmask, "rt_sigprocmask", Never),
    (libc::SYS_rt_sigqueueinfo, "rt_sigqueueinfo", Never),
    (libc::SYS_sigaltstack, "sigaltstack", Never),
    (libc::SYS_clock_gettime, "clock_gettime", Never),
    (libc::SYS_timer_settime, "timer_settime", Never),
    (libc::SYS_sched_yield, "sched_yield", Never),
    (libc::SYS_open, "open", Never),
    (libc::SYS_openat, "openat", Never),
    (libc::SYS_close, "close", Never),
    (libc::SYS_execve, "execve", Never),
    (libc::SYS_execveat, "execveat", Never),
    (libc::SYS_exit, "exit", Never),
    (libc::SYS_exit_group, "exit_group", Never),
    (libc::SYS_mmap, "mmap", Never),
    (libc::SYS_munmap, "munmap", Never),
    (libc::SYS_mprotect, "mprotect", Never),
    (libc::SYS_madvise, "madvise", Never),
    (libc::SYS_brk, "brk", Never),
];

/// Bytes of a `timespec` or a `timeval`.
const TIME: usize = size_of::<libc::timespec>();

/// What a call of this thread is and waits for.
pub(super) fn of(call: &Call, thread: libc::pid_t, memory: &Memory) -> HandlerCall {
    let waits_for = known(call).and_then(|(_, _, blocks)| waits_for(*blocks, call, thread, memory));
    HandlerCall { name: name(call), waits_for }
}

/// Its name, or its number.
pub(super) fn name(call: &Call) -> String {
    known(call).map_or_else(|| format!("system call {}", call.number), |(_, name, _)| (*name).to_owned())
}

fn known(call: &Call) -> Option<&'static (libc::c_long, &'static str, Blocks)> {
    CALLS.iter().find(|(number, ..)| number.cast_unsigned() == call.number)
}

fn waits_for(blocks: Blocks, call: &Call, thread: libc::pid_t, memory: &Memory) -> Option<WaitsFor> {
    let event = |what: &str| Some(WaitsFor::Event { what: what.to_owned() });
    let on_descriptor = |does_not_wait| shown::descriptor(thread, int(call.args[0]), does_not_wait);
    match blocks {
        Never => None,
        Descriptor => on_descriptor(false),
        Unless(flags) => on_descriptor(int(call.args[flags]) & libc::MSG_DONTWAIT != 0),
        Millis(at) => (int(call.args[at]) != 0).then(|| event("what it polls"))?,
        Time(at) => match call.args[at] {
            0 => event("what may never come"),
            address => (memory.read(address) != Ok([0; TIME])).then(|| event("time to pass"))?,
        },
        Without(options, flag, what) => (int(call.args[options]) & flag == 0).then(|| event(what))?,
        Futex => is_futex_wait(int(call.args[1])).then(|| event("another thread"))?,
        Lock => is_lock(int(call.args[1])).then(|| event("a lock"))?,
        Always(what) => event(what),
    }
}

/// Source: futex(2).
fn is_futex_wait(operation: libc::c_int) -> bool {
    let operation = operation & !(libc::FUTEX_PRIVATE_FLAG | libc::FUTEX_CLOCK_REALTIME);
    [libc::FUTEX_WAIT, libc::FUTEX_WAIT_BITSET, libc::FUTEX_LOCK_PI, libc::FUTEX_WAIT_REQUEUE_PI].contains(&operation)
}

/// Source: fcntl(2): these two wait for other locks.
fn is_lock(command: libc::c_int) -> bool {
    [libc::F_SETLKW, libc::F_OFD_SETLKW].contains(&command)
}

/// An argument that is an `int`: the rest of its register means nothing.
fn int(arg: u64) -> libc::c_int {
    let [first, second, third, fourth, ..] = arg.to_le_bytes();
    libc::c_int::from_le_bytes([first, second, third, fourth])
}

#[cfg(test)]
mod tests {
    use std::{
        fs::File,
        io,
        os::{
            fd::{AsRawFd, RawFd},
            unix::net::UnixStream,
        },
    };

    use nix::fcntl::{FcntlArg, OFlag, fcntl};

    use super::*;

    /// Whether this process could block in the call.
    fn can_block(number: libc::c_long, args: &[u64]) -> bool {
        let mut all = [0; 6];
        all[..args.len()].copy_from_slice(args);
        let call = Call { number: number.cast_unsigned(), args: all };
        let own = std::process::id().cast_signed();
        let memory = Memory::of(own).expect("our own memory");
        of(&call, own, &memory).waits_for.is_some_and(|waits_for| waits_for.can_block())
    }

    fn arg(number: RawFd) -> u64 {
        u64::try_from(number).expect("a descriptor")
    }

    fn flag(flag: libc::c_int) -> u64 {
        flag.cast_unsigned().into()
    }

    #[test]
    fn a_descriptor_blocks_unless_it_is_nonblocking_or_always_ready() {
        let (_read_end, write_end) = io::pipe().expect("a pipe");
        let end = arg(write_end.as_raw_fd());
        assert!(can_block(libc::SYS_write, &[end]) && can_block(libc::SYS_read, &[end]));
        fcntl(&write_end, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).expect("a flag that it has");
        assert!(!can_block(libc::SYS_write, &[end]));
        for file in ["/dev/null", "/proc/self/exe", "/"] {
            let file = File::open(file).expect("a file");
            assert!(!can_block(libc::SYS_read, &[arg(file.as_raw_fd())]));
        }
        assert!(!can_block(libc::SYS_write, &[arg(RawFd::MAX)]), "it fails");
    }

    #[test]
    fn a_call_may_say_itself_that_it_does_not_wait() {
        let (socket, _other) = UnixStream::pair().expect("sockets");
        let socket = arg(socket.as_raw_fd());
        let dont_wait = flag(libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL);
        assert!(can_block(libc::SYS_sendto, &[socket, 0, 0, flag(libc::MSG_NOSIGNAL)]));
        assert!(!can_block(libc::SYS_sendto, &[socket, 0, 0, dont_wait]));
        assert!(can_block(libc::SYS_wait4, &[0, 0, 0]));
        assert!(!can_block(libc::SYS_wait4, &[0, 0, flag(libc::WNOHANG)]));
    }

    #[test]
    fn a_time_that_is_over_is_no_wait() {
        let place = |time: &[u64; 2]| std::ptr::from_ref(time).addr() as u64;
        let (none, some) = ([0, 0], [0, 1]);
        assert!(can_block(libc::SYS_nanosleep, &[place(&some)]));
        assert!(!can_block(libc::SYS_nanosleep, &[place(&none)]));
        assert!(can_block(libc::SYS_ppoll, &[0, 0, 0]), "without a time it is for ever");
        assert!(!can_block(libc::SYS_ppoll, &[0, 0, place(&none)]));
        assert!(can_block(libc::SYS_poll, &[0, 0, flag(-1)]) && !can_block(libc::SYS_poll, &[0, 0, 0]));
    }

    #[test]
    fn who_wakes_does_not_wait() {
        let private = libc::FUTEX_PRIVATE_FLAG;
        assert!(can_block(libc::SYS_futex, &[0, flag(libc::FUTEX_WAIT | private)]));
        assert!(can_block(libc::SYS_futex, &[0, flag(libc::FUTEX_WAIT_BITSET | private | libc::FUTEX_CLOCK_REALTIME)]));
        assert!(!can_block(libc::SYS_futex, &[0, flag(libc::FUTEX_WAKE | private)]));
        for harmless in [libc::SYS_tgkill, libc::SYS_rt_sigprocmask, libc::SYS_getpid, 9999] {
            assert!(!can_block(harmless, &[]));
        }
    }
}
