//! A handler is followed as far as it goes, and let go where it goes no further; whoever cannot be followed only gets the
//! signal.

use std::{
    io::{Read, Write},
    os::unix::process::ExitStatusExt,
    process::{Child, Command, Stdio},
    sync::mpsc,
};

use super::*;
use crate::drive::procfs;

mod program;

use program::{Does, GOES_ON};

/// A shell that runs this, says so, and waits. It cannot trap what it was started to ignore, and nohup(1) has SIGHUP ignored: so
/// the signal is another.
fn shell(script: &str) -> Child {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{script}; echo >&2; read nothing")]);
    started(shell)
}

/// What says a byte on standard error when it is ready, and then waits.
fn started(mut command: Command) -> Child {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a program that is there");
    heard(&mut child);
    let pid = child.id().cast_signed();
    while !shown::threads(pid).into_iter().all(shown::is_asleep) {
        thread::yield_now();
    }
    child
}

fn heard(child: &mut Child) {
    child.stderr.as_mut().map(|said| said.read_exact(&mut [0])).expect("a pipe").expect("a byte");
}

fn follow_user_signal(child: &Child, patience: Duration) -> Trace {
    let pid = child.id().cast_signed();
    follow_sent(pid, patience, || send(pid, libc::SIGUSR1))
}

fn follow_sent(pid: libc::pid_t, patience: Duration, send: impl FnOnce() + Send) -> Trace {
    let send = || {
        send();
        Ok(())
    };
    follow(pid, Signal::from_raw(libc::SIGUSR1), patience, || true, send).expect("the signal is sent")
}

/// Directs a signal at the thread that the test is about: a test program has another before it.
fn send(pid: libc::pid_t, signal: libc::c_int) {
    direct(pid, *shown::threads(pid).last().expect("it lives"), signal);
}

fn direct(pid: libc::pid_t, thread: libc::pid_t, signal: libc::c_int) {
    // SAFETY: takes integers; the child is ours and not reaped.
    Errno::result(unsafe { libc::syscall(libc::SYS_tgkill, pid, thread, signal) }).expect("it lives");
}

/// More than any handler of these tests needs, where it is not to be too long.
const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(50);

/// The calls and functions that were seen, and how it ended.
fn followed(trace: Trace) -> (Vec<HandlerCall>, Vec<String>, HandlerEnd) {
    match trace {
        Trace::Followed { calls, functions, end, .. } => (calls, functions, end),
        other => panic!("{other:?}"),
    }
}

/// Writes what the handler waits for, and sees the process to the end that it chooses itself.
fn assert_goes_on(mut child: Child) {
    child.stdin.as_mut().map(|stdin| stdin.write_all(b".")).expect("a pipe").expect("it reads");
    assert_eq!(child.wait().expect("its end").code(), Some(GOES_ON));
}

#[test]
fn a_handler_is_followed_to_its_end_and_the_process_goes_on() {
    let mut shell = shell("trap 'exit 7' USR1");
    let (.., end) = followed(follow_user_signal(&shell, LONG));
    assert_eq!(end, HandlerEnd::Returned);
    assert_eq!(shell.wait().expect("its end").code(), Some(7));
}

/// What it does after its handler must not meet a thread that is still stopped with a signal in its hands.
#[test]
fn the_handler_s_thread_goes_on_when_all_are_let_go() {
    let mut shell = shell("trap 'exit 7' USR1");
    let pid = shell.id().cast_signed();
    let tracer = thread::spawn(move || {
        let tracer = Tracer::seize(pid, LONG).expect("a thread that nobody traces");
        send(pid, libc::SIGUSR1);
        let trace = tracer.follow(pid, Signal::from_raw(libc::SIGUSR1));
        (trace, own_id(), procfs::status(&procfs::of(pid).expect("/proc"), "State"))
    });
    let (trace, tracer, state) = tracer.join().expect("it follows");
    assert_eq!(followed(trace).2, HandlerEnd::Returned);
    assert_eq!(state.as_deref(), Some("t (tracing stop)"));
    wait_until_gone(tracer);
    assert_eq!(shell.wait().expect("its end").code(), Some(7));
}

#[test]
fn a_process_without_a_handler_only_gets_the_signal() {
    let mut shell = shell(":");
    assert_eq!(follow_user_signal(&shell, LONG), Trace::NoHandler);
    assert_eq!(shell.wait().expect("its end").signal(), Some(libc::SIGUSR1));
}

#[test]
fn a_process_that_somebody_else_traces_only_gets_the_signal() {
    let mut shell = shell("trap 'exit 7' USR1");
    let pid = shell.id().cast_signed();
    let (tell_seized, seized) = mpsc::channel();
    let (let_go, may_end) = mpsc::channel::<()>();
    let (trace, other) = thread::scope(|scope| {
        scope.spawn(move || {
            let _ = tell_seized.send(Thread::seize(pid).map(|_| own_id()));
            // The thread's end lets go of what it traces.
            let _ = may_end.recv();
        });
        let other = seized.recv().expect("an answer").expect("a thread that nobody traces");
        let trace = follow_user_signal(&shell, LONG);
        drop(let_go);
        (trace, other)
    });
    // As long as it is there, we are told of the shell's stops as well as of its end.
    wait_until_gone(other);
    let Trace::Untraced { reason } = trace else { panic!("{trace:?}") };
    assert!(reason.contains("not permitted"), "{reason}");
    let end = shell.wait().expect("its end");
    assert_eq!(end.code(), Some(7), "{end:?}");
}

/// Neither killed nor woken: an `epoll_wait()` that our patience interrupted would fail.
#[test]
fn a_handler_that_sleeps_on_and_on_is_let_go_asleep() {
    for (does, name) in [(Does::Waits, "epoll_wait"), (Does::Splices, "system call 275")] {
        let child = does.started();
        let (calls, functions, end) = followed(follow_user_signal(&child, SHORT));
        assert_eq!((functions, end), (Vec::new(), HandlerEnd::Asleep), "{calls:?}");
        let slept = calls.last().expect("the call");
        assert!(slept.name == name && slept.waits_for.as_ref().is_some_and(WaitsFor::can_block), "{slept:?}");
        assert_goes_on(child);
    }
}

#[test]
fn a_call_that_is_made_again_after_a_signal_can_be_let_go_too() {
    let mut child = Does::Reads.started();
    let pid = child.id().cast_signed();
    let (calls, _, end) = thread::scope(|scope| {
        let patience = Duration::from_millis(500);
        let follows = scope.spawn(move || followed(follow_sent(pid, patience, || send(pid, libc::SIGUSR1))));
        heard(&mut child);
        // None has a handler: two do nothing, and between them it is stopped and continued.
        let taker = *shown::threads(pid).last().expect("it lives");
        for signal in [libc::SIGWINCH, libc::SIGSTOP, libc::SIGCONT, libc::SIGWINCH] {
            while signal != libc::SIGCONT && !shown::is_asleep(taker) {
                thread::yield_now();
            }
            send(pid, signal);
        }
        follows.join().expect("it is followed")
    });
    assert_eq!((calls.last().map(|call| call.name.as_str()), end), (Some("read"), HandlerEnd::Asleep));
    assert!(child.try_wait().expect("our child").is_none(), "it sleeps on");
    assert_goes_on(child);
}

/// No system call that we know: the step's own SIGTRAP is still to come when the thread is stopped.
#[test]
fn one_that_sleeps_in_an_instruction_is_let_go_too() {
    let child = Does::PausesOldly.started();
    let (.., end) = followed(follow_user_signal(&child, SHORT));
    assert_eq!(end, HandlerEnd::Asleep);
    send(child.id().cast_signed(), libc::SIGUSR2);
    assert_goes_on(child);
}

#[test]
fn a_handler_that_is_long_and_calls_nothing_is_followed_to_its_end() {
    let child = Does::Spins.started();
    let (calls, functions, end) = followed(follow_user_signal(&child, SHORT));
    assert_eq!((calls, functions, end), (Vec::new(), Vec::new(), HandlerEnd::Returned));
    assert_goes_on(child);
}

#[test]
fn a_handler_that_is_left_by_a_jump_has_no_more_to_answer_for() {
    let child = Does::Jumps.started();
    let (calls, functions, end) = followed(follow_user_signal(&child, LONG));
    assert_eq!((calls, functions, end), (Vec::new(), Vec::new(), HandlerEnd::Left));
    assert_goes_on(child);
}

#[test]
fn a_program_that_replaces_itself_is_let_go() {
    for is_first_thread in [true, false] {
        let child = Does::Replaces.started();
        let pid = child.id().cast_signed();
        // Test programs have more than one thread.
        let taker = shown::threads(pid).into_iter().find(|&id| (id == pid) == is_first_thread).expect("a thread");
        let (calls, _, end) = followed(follow_sent(pid, LONG, || direct(pid, taker, libc::SIGUSR1)));
        // Whichever thread it is, it goes on as the first, under the process's own number.
        let expected = if is_first_thread { HandlerEnd::Replaced } else { HandlerEnd::Ended };
        assert_eq!((calls.last().map(|call| call.name.as_str()), end), (Some("execve"), expected));
        assert_goes_on(child);
    }
}

#[test]
fn a_sigtrap_of_the_programs_own_is_delivered() {
    let child = Does::Traps.started();
    let (.., end) = followed(follow_user_signal(&child, LONG));
    assert_eq!(end, HandlerEnd::Returned);
    assert_goes_on(child);
}
