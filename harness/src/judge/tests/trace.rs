//! Signal handlers that were followed: what is forbidden, and what is just not.

use sigconform_fixture::{HandlerCall, HandlerEnd, Signal, Trace, WaitsFor};

use super::{
    NOTHING, at,
    told::{broken, judged, judged_ending, scenario, strict},
};
use crate::{
    judge::{Unjudgeable, Violation, law},
    transcript::Ending,
};

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
    Trace::Followed {
        calls: calls.iter().map(call).collect(),
        functions: Vec::new(),
        end: HandlerEnd::Returned,
        unseen: None,
    }
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
    for end in [HandlerEnd::Returned, HandlerEnd::TooLong] {
        let violations =
            followed(&Trace::Followed { calls: Vec::new(), functions: functions.clone(), end, unseen: None });
        let violations = violations.expect("a verdict");
        assert_eq!(violations[0].message, "the signal handler calls malloc(), which is not async-signal-safe");
        assert_eq!(broken(Ok(violations)), [at(&law::HANDLER_ASYNC_SIGNAL_SAFE, 4)]);
    }
}

#[test]
fn a_handler_that_is_not_followed_to_its_end_neither_passes_nor_fails() {
    let trace = |end, unseen: Option<&str>| {
        let unseen = unseen.map(str::to_owned);
        followed(&Trace::Followed { calls: Vec::new(), functions: Vec::new(), end, unseen })
    };
    for (end, why) in [
        (HandlerEnd::TooLong, "it is longer than what is followed"),
        (HandlerEnd::Asleep, "it slept on and on"),
        (HandlerEnd::Replaced, "it replaced the program by another"),
        (HandlerEnd::Ended, "its thread ended in it"),
        (
            HandlerEnd::Left,
            "it was left by a jump and did not return, and whether that was out of an async-signal-safe function is not seen",
        ),
    ] {
        let error = trace(end, None).unwrap_err();
        assert_eq!(error.to_string(), format!("cannot follow the signal handler: {why}"));
    }
    // Nor does one whose functions cannot be seen.
    let error = trace(HandlerEnd::Returned, Some("its code cannot be looked at")).unwrap_err();
    assert_eq!(error.to_string(), "cannot follow the signal handler: its code cannot be looked at");
    assert_eq!(broken(trace(HandlerEnd::Returned, None)), [] as [(String, usize); 0]);
}

/// Not knowing what the handler did is no reason to overlook how the process ended.
#[test]
fn a_handler_that_is_not_followed_to_its_end_answers_for_the_processs_end() {
    let scenario = scenario(r#"{ step = "await", for = { action = "kill", signal = "SIGHUP" } }"#);
    let ended = |trace: &str, ending| {
        let traced = format!("traced {trace}");
        let lines = ["starting send_signals for [PID]", "waiting for SIGHUP", "SIGHUP from outside", &traced];
        judged_ending(&scenario, &strict(), &lines, ending)
    };
    let untraced = r#"{"outcome":"untraced","reason":"not permitted"}"#;
    let replaced = r#"{"outcome":"followed","end":"replaced"}"#;
    for trace in [untraced, replaced] {
        let aborted = Ending::Killed(Signal::from_raw(libc::SIGABRT));
        for ending in [Ending::Exited(0), Ending::Exited(3), aborted] {
            let broken = broken(ended(trace, ending));
            assert!(matches!(broken.as_slice(), [(law, _)] if law == law::NEVER_CRASHES.slug), "{broken:?}");
        }
    }
}

#[test]
fn what_the_system_does_not_let_us_follow_is_not_judged() {
    let reason = "ptrace(2) failed: Operation not permitted".to_owned();
    let error = followed(&Trace::Untraced { reason: reason.clone() }).unwrap_err();
    assert_eq!(error, Unjudgeable::Untraceable { reason });
}
