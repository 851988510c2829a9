//! What a step does to the process and asks of the harness: one table, which the driver and the judge read.
//!
//! The driver acts only as the script says; the judge tells by it whether a signal that ended the process was one of the
//! script's own.

use std::collections::VecDeque;

use sigconform_fixture::{OutsideAction, Script, Signal, Step};

/// What the harness is to do in the course of a script, in order.
pub(crate) fn awaited(script: &Script) -> VecDeque<&OutsideAction> {
    script.steps.iter().filter_map(awaits).collect()
}

/// What a step waits for from outside.
fn awaits(step: &Step) -> Option<&OutsideAction> {
    match step {
        Step::AwaitOutside { action, .. } => Some(action),
        Step::AwaitClose {} => Some(&OutsideAction::Close),
        _ => None,
    }
}

/// Whether a script has `signal` sent to its process, from inside or outside.
pub(crate) fn sends(script: &Script, wanted: Signal) -> bool {
    script.steps.iter().any(|step| match step {
        Step::Send { signal, .. }
        | Step::Flood { signal, .. }
        | Step::Queue { signal, .. }
        | Step::Fork { signal }
        | Step::Subscribe { sends: Some(signal), .. }
        | Step::Relay { sends: signal, .. }
        | Step::CheckErrno { signal } => *signal == wanted,
        Step::AwaitOutside { action, .. } => action.signals().contains(&wanted),
        Step::Timer { .. } => wanted.as_raw() == libc::SIGALRM,
        Step::BreakPipe {} => wanted.as_raw() == libc::SIGPIPE,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use sigconform_fixture::Claims;

    use super::*;
    use crate::catalogue::Catalogue;

    #[test]
    fn the_harness_acts_as_often_as_the_script_waits_for_it() {
        let catalogue = Catalogue::embedded().expect("the embedded catalogue");
        let script = |name: &str| catalogue.scenario(name).expect("a scenario").part(&Claims::default()).script;
        assert!(awaited(&script("sequence")).is_empty());
        let idle = script("idle-wakeup");
        assert!(!awaited(&idle).is_empty());
        assert!(awaited(&idle)[0].signals().iter().all(|&signal| sends(&idle, signal)));
    }
}
