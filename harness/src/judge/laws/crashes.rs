//! Crashes: a library neither panics nor takes the process down while it has control.

use sigconform_fixture::{Happening, Signal};

use super::descriptors::{CLOSED_BY_ITS_OWNER, CLOSES_ONLY_ITS_OWN};
use crate::{
    conduct::Control,
    judge::{
        scene::Scene,
        statement::laws,
        watch::{Breaches, Ended, Watcher},
    },
    transcript::{Ending, quoted_stderr},
};

laws! {
    /// A panic is documented or a defect.
    NEVER_PANICS = "never-panics",
        "The library does not panic where its documentation does not say that it does, nor while it closes.",
        "Rust API Guidelines, C-FAILURE and C-DTOR-FAIL: panics are documented, destructors never fail";
    /// A library does not take the process down.
    NEVER_CRASHES = "never-crashes",
        "No fault, no abort and no exit ends the process while a handler is added or removed, a loop waits or closes, or a signal is handled that is or was subscribed.",
        "POSIX.1-2024, abort(), exit() and 2.4.1 Signal Generation and Delivery: each ends the whole process, which is not the library's";
}

/// Whose hands the process was in when it ended, the scene knows.
pub(super) struct Crashes;

impl<'a> Watcher<'a> for Crashes {
    fn see(&mut self, scene: &Scene<'a>, what: &'a Happening, say: &mut Breaches<'a>) {
        if let Happening::Panicked { step, message, .. } = what
            && !scene.next_cue().is_some_and(|cue| cue.is(what))
        {
            say.breach(&NEVER_PANICS, format!("the library panicked in {step}: {message}"), "no panic");
        }
    }

    fn ended(&mut self, scene: &Scene<'a>, say: &mut Breaches<'a>) -> Ended {
        let transcript = scene.transcript;
        let (how, is_in_library) = match transcript.ending {
            Ending::Killed(killer) if is_crash(killer) => {
                (format!("{killer} ended the process"), scene.library_may_have_control())
            }
            // The fixture may exit on its own as soon as a send is over; only where it has given control away it cannot.
            // And where it could not have a loop, it ends as well.
            Ending::Exited(code) => {
                let is_in_library = scene.control().is_library() && scene.control() != Control::Opening;
                (format!("the process exited with status {code}"), is_in_library)
            }
            _ => return Ended::Unexplained,
        };
        if !say.is_empty() || !is_in_library || scene.last().is_none() {
            return Ended::Unexplained;
        }
        let aborted = transcript.ending == Ending::Killed(Signal::from_raw(libc::SIGABRT));
        // The words of Rust's standard library, which looks at each descriptor that it closes.
        if aborted && transcript.stderr.contains("IO Safety violation") {
            let message = "a descriptor was closed that its owner had open";
            say.breach(&CLOSES_ONLY_ITS_OWN, message, CLOSED_BY_ITS_OWNER);
        } else {
            let at = scene.next_name();
            let message = format!("{how}, where `{at}` comes next{}", quoted_stderr(&transcript.stderr));
            say.breach(&NEVER_CRASHES, message, "a process that lives on");
        }
        Ended::Explained
    }
}

/// Whether it is the signal of a fault or an abort.
pub(super) fn is_crash(signal: Signal) -> bool {
    let faults = [libc::SIGABRT, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGSEGV, libc::SIGSYS];
    faults.contains(&signal.as_raw())
}
