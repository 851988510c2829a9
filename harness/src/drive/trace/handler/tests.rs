//! A shell's handler is followed, and whoever cannot be followed only gets the signal.

use std::{
    io::Read,
    os::unix::process::ExitStatusExt,
    process::{Child, Command, Stdio},
    sync::mpsc,
};

use super::*;

/// A shell that runs this, says so, and waits. It cannot trap what it was started to ignore, and nohup(1) has SIGHUP ignored: so
/// the signal is another.
fn shell(script: &str) -> Child {
    let mut shell = Command::new("sh")
        .args(["-c", &format!("{script}; echo; read nothing")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a shell");
    shell.stdout.as_mut().map(|said| said.read_exact(&mut [0])).expect("a pipe").expect("a line");
    let pid = shell.id().cast_signed();
    while !shown::is_asleep(pid) {
        thread::yield_now();
    }
    shell
}

fn follow_user_signal(shell: &Child) -> Trace {
    let pid = shell.id().cast_signed();
    let send = || {
        // SAFETY: takes two integers; the child is ours and not reaped.
        Errno::result(unsafe { libc::kill(pid, libc::SIGUSR1) })?;
        Ok(())
    };
    follow(pid, Signal::from_raw(libc::SIGUSR1), || true, send).expect("the signal is sent")
}

#[test]
fn a_handler_is_followed_to_its_end_and_the_process_goes_on() {
    let mut shell = shell("trap 'exit 7' USR1");
    let trace = follow_user_signal(&shell);
    assert!(matches!(trace, Trace::Followed { to_its_end: true, .. }), "{trace:?}");
    assert_eq!(shell.wait().expect("its end").code(), Some(7));
}

#[test]
fn a_process_without_a_handler_only_gets_the_signal() {
    let mut shell = shell(":");
    assert_eq!(follow_user_signal(&shell), Trace::NoHandler);
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
        let trace = follow_user_signal(&shell);
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
