//! The harness's own signals: it stops in order, and is the same program however it was started.

use std::sync::atomic::{AtomicI32, Ordering};

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, sigaction, sigprocmask};

use crate::{drive, exit_status};

/// The signal that asked us to stop.
static STOPPED_BY: AtomicI32 = AtomicI32::new(0);

extern "C" fn stop(signal: libc::c_int) {
    STOPPED_BY.store(signal, Ordering::Relaxed);
    drive::STOP.store(true, Ordering::Relaxed);
}

/// Has `SIGHUP`, `SIGINT`, `SIGQUIT` and `SIGTERM` end the run in order: no fixture is left behind, and what is known by then is
/// written. A second signal of a kind ends the process at once.
/// One that was ignored from the start stays ignored: that is how a shell says that a background job is not meant.
///
/// Ours alone to call, since it replaces dispositions and the mask: both may come from whoever started us, and with
/// `SIGCHLD` ignored the system would keep the status of no child, a compiler's included.
pub fn stop_on_interrupt() {
    let ours = [Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM, Signal::SIGCHLD];
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    let action = SigAction::new(SigHandler::Handler(stop), SaFlags::SA_RESETHAND, SigSet::empty());
    for signal in ours {
        let action = if signal == Signal::SIGCHLD { &default } else { &action };
        // SAFETY: storing to an atomic is async-signal-safe.
        let before = unsafe { sigaction(signal, action) };
        if let Ok(before) = before
            && matches!(before.handler(), SigHandler::SigIgn)
            && signal != Signal::SIGCHLD
        {
            // SAFETY: puts back what sigaction(2) itself returned.
            let _ = unsafe { sigaction(signal, &before) };
        }
    }
    let _ = sigprocmask(SigmaskHow::SIG_UNBLOCK, Some(&SigSet::from_iter(ours)), None);
}

/// The exit status after an interrupt, whatever else came out.
#[must_use]
pub fn interrupted() -> Option<u8> {
    let stopped = drive::STOP.load(Ordering::Relaxed);
    stopped.then(|| match STOPPED_BY.load(Ordering::Relaxed) {
        libc::SIGHUP => exit_status::HUNG_UP,
        libc::SIGQUIT => exit_status::QUIT,
        libc::SIGTERM => exit_status::TERMINATED,
        _ => exit_status::INTERRUPTED,
    })
}
