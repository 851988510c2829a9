//! Signal handlers that were followed: what is forbidden, and what is just not.

use sigconform_fixture::{HandlerCall, Trace, WaitsFor};

use super::{
    NOTHING, at,
    told::{broken, judged, scenario, strict},
};
use crate::judge::{Unjudgeable, Violation, law};

/// Judges a yield in which the handler of SIGHUP did this.
fn followed(trace: &Trace) -> Result<Vec<Violation>, Unjudgeable> {
    let scenario = scenario(r#"{ step = "await", for = { action = "kill", signal = "SIGHUP" } }"#);
    let traced = format!("traced {}", serde_json::to_string(trace).expect("a trace"));
    let lines = [
        "starting send_signals for [PID]",
        "waiting for SIGHUP",
        "SIGHUP from outside",
        &traced,
        "signal_handler('SIGHUP')",
    ];
    judged(&scenario, &strict(), &lines)
}

fn calling(calls: &[(&str, Option<WaitsFor>)]) -> Trace {
    let call = |(name, waits_for): &(&str, Option<WaitsFor>)| HandlerCall {
        name: (*name).to_owned(),
        waits_for: waits_for.clone(),
    };
    Trace::Followed { calls: calls.iter().map(call).collect(), functions: Vec::new(), to_its_end: true, unseen: None }
}

fn pipe(nonblocking: bool) -> WaitsFor {
    WaitsFor::Descriptor { number: 5, file: "pipe".to_owned(), nonblocking }
}

fn event(what: &str) -> WaitsFor {
    WaitsFor::Event { what: what.to_owned() }
}

#[test]
fn what_returns_at_once_is_allowed() {
    let calls = [
        ("write", Some(pipe(true))),
        ("write", None),
        ("futex", None),
        ("getpid", None),
        ("tgkill", None),
        ("clock_gettime", None),
        ("rt_sigprocmask", None),
        ("system call 999", None),
    ];
    assert_eq!(broken(followed(&calling(&calls))), NOTHING);
    assert_eq!(broken(followed(&Trace::NoHandler)), NOTHING);
}

#[test]
fn what_can_block_is_told_with_its_call() {
    let violations = followed(&calling(&[("write", Some(pipe(false)))])).expect("a verdict");
    assert_eq!(violations[0].message, "the signal handler calls write() on descriptor 5, a pipe: it can block");
    assert_eq!(broken(Ok(violations)), [at(&law::HANDLER_NEVER_BLOCKS, 4)]);

    let violations = followed(&calling(&[("futex", Some(event("another thread")))])).expect("a verdict");
    assert_eq!(violations[0].message, "the signal handler calls futex(), which waits for another thread: it can block");

    // Each call that can.
    let both = calling(&[
        ("read", Some(pipe(false))),
        ("write", Some(pipe(true))),
        ("nanosleep", Some(event("time to pass"))),
    ]);
    assert_eq!(broken(followed(&both)), [at(&law::HANDLER_NEVER_BLOCKS, 4), at(&law::HANDLER_NEVER_BLOCKS, 4)]);
}

#[test]
fn a_function_that_is_not_async_signal_safe_is_told_by_its_name() {
    let functions = vec!["malloc".to_owned()];
    // What was seen counts, whatever may have come after it.
    for to_its_end in [true, false] {
        let violations =
            followed(&Trace::Followed { calls: Vec::new(), functions: functions.clone(), to_its_end, unseen: None });
        let violations = violations.expect("a verdict");
        assert_eq!(violations[0].message, "the signal handler calls malloc(), which is not async-signal-safe");
        assert_eq!(broken(Ok(violations)), [at(&law::HANDLER_ASYNC_SIGNAL_SAFE, 4)]);
    }
}

#[test]
fn a_handler_that_is_not_followed_to_its_end_neither_passes_nor_fails() {
    let trace = |to_its_end, unseen: Option<&str>| {
        let unseen = unseen.map(str::to_owned);
        followed(&Trace::Followed { calls: Vec::new(), functions: Vec::new(), to_its_end, unseen })
    };
    let error = trace(false, None).unwrap_err();
    assert_eq!(error.to_string(), "cannot follow the signal handler: it is longer than what is followed");
    // Nor does one whose functions cannot be seen.
    let error = trace(true, Some("its code cannot be looked at")).unwrap_err();
    assert_eq!(error.to_string(), "cannot follow the signal handler: its code cannot be looked at");
    assert_eq!(broken(trace(true, None)), [] as [(String, usize); 0]);
}

#[test]
fn what_the_system_does_not_let_us_follow_is_not_judged() {
    let reason = "ptrace(2) failed: Operation not permitted".to_owned();
    let error = followed(&Trace::Untraced { reason: reason.clone() }).unwrap_err();
    assert_eq!(error, Unjudgeable::Untraceable { reason });
}
