//! What a step does to the process and asks of the harness: one table, which the driver and the judge read.
//!
//! The driver acts only as the script says; the judge tells by it what the harness has to do next, and whether a signal that
//! ended the process was one of the script's own.

use sigconform_fixture::{Condition, OutsideAction, Script, Signal, Step};

/// What a step waits for from outside, and until when.
pub(crate) fn awaits(step: &Step) -> Option<(&OutsideAction, &[Condition])> {
    match step {
        Step::AwaitOutside { action, until } => Some((action, until)),
        Step::AwaitClose {} => Some((&OutsideAction::Close, &[])),
        _ => None,
    }
}

/// Whether a script has `wanted` sent to its process or a child of it, from inside or outside.
pub(crate) fn sends(script: &Script, wanted: Signal) -> bool {
    script.steps.iter().any(|step| sent_by(step).contains(&wanted))
}

/// The signals that a step sends, or has sent. Without a last arm for the rest: whoever adds a step says what it sends.
fn sent_by(step: &Step) -> Vec<Signal> {
    match step {
        Step::Send { signal, .. }
        | Step::Flood { signal, .. }
        | Step::Queue { signal, .. }
        | Step::Fork { signal }
        | Step::ForkLoop { signal }
        | Step::Relay { sends: signal, .. }
        | Step::CheckErrno { signal } => vec![*signal],
        Step::Subscribe { sends, .. } => sends.iter().copied().collect(),
        Step::AwaitOutside { action, .. } => action.signals(),
        Step::Children { .. } | Step::ContinueChildren {} => vec![Signal::from_raw(libc::SIGCHLD)],
        Step::Timer { .. } => vec![Signal::from_raw(libc::SIGALRM)],
        Step::BreakPipe {} => vec![Signal::from_raw(libc::SIGPIPE)],
        Step::ReadInBackground {} => vec![Signal::from_raw(libc::SIGTTIN)],
        Step::SpawnKilled { .. }
        | Step::SpawnReport {}
        | Step::SubscribeCloser { .. }
        | Step::SubscribeCoroutine { .. }
        | Step::AwaitClose {}
        | Step::Unsubscribe { .. }
        | Step::Hold { .. }
        | Step::Release {}
        | Step::Work { .. }
        | Step::Tick { .. }
        | Step::Yield { .. }
        | Step::Settle { .. }
        | Step::Report {}
        | Step::Reopen {}
        | Step::SpawnThread {}
        | Step::ReportThread {}
        | Step::ReadElsewhere {}
        | Step::EndRead {}
        | Step::LaterHandler { .. }
        | Step::SecondLoop { .. }
        | Step::JoinSecondLoop {} => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use sigconform_fixture::Claims;

    use super::*;
    use crate::catalogue::Catalogue;

    fn script(name: &str) -> Script {
        let catalogue = Catalogue::embedded().expect("the embedded catalogue");
        catalogue.scenario(name).expect("a scenario").part(&Claims::default()).script
    }

    #[test]
    fn the_harness_acts_as_often_as_the_script_waits_for_it() {
        let acts = |name: &str| script(name).steps.iter().filter(|step| awaits(step).is_some()).count();
        assert_eq!([acts("sequence"), acts("idle-wakeup"), acts("close-wakes-waiter")], [0, 3, 1]);
    }

    #[test]
    fn a_script_sends_what_its_steps_do_and_nothing_else() {
        let sent = |name: &str, signal: libc::c_int| sends(&script(name), Signal::from_raw(signal));
        assert!(sent("sequence", libc::SIGUSR1) && !sent("sequence", libc::SIGTERM));
        assert!(sent("broken-pipe", libc::SIGPIPE) && sent("fifty-children", libc::SIGCHLD));
        let child = Step::SpawnKilled { signal: Signal::SIGHUP };
        assert!(sent_by(&child).is_empty(), "a child program is another process: what it sends itself is its own");
    }
}
