//! What the harness does to a fixture from outside, at the script's word.

use std::io::{self, Write};

use sigconform_fixture::{OutsideAction, Signal, Trace};

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
use super::trace;
use super::{process::Process, stop};

/// Does what the fixture waits for. Where that is to follow the signal handler, returns what was seen.
pub(super) fn act(process: &mut Process<'_>, action: &OutsideAction) -> io::Result<Option<Trace>> {
    match action {
        OutsideAction::Kill { signal } => process.signal(*signal)?,
        OutsideAction::Flood { signal, times } => {
            // Whoever asks the harness to stop need not wait for the last.
            let mut wanted = (0..*times).take_while(|_| !stop::is_wanted());
            wanted.try_for_each(|_| process.signal(*signal))?;
        }
        OutsideAction::WhileStopped { signals } => {
            process.signal(Signal::from_raw(libc::SIGSTOP))?;
            process.wait_until_stopped()?;
            signals.iter().try_for_each(|&signal| process.signal(signal))?;
            process.signal(Signal::from_raw(libc::SIGCONT))?;
        }
        OutsideAction::Trace { signal } => return follow(process, *signal).map(Some),
        OutsideAction::Type { key } => process.terminal()?.type_key(*key)?,
        OutsideAction::Resize => process.terminal()?.resize()?,
        OutsideAction::HangUp => process.hang_up(),
        OutsideAction::Close => process.stdin.write_all(b"close\n")?,
    }
    Ok(None)
}

/// Sends a signal, and follows the signal handler that takes it.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn follow(process: &Process<'_>, signal: Signal) -> io::Result<Trace> {
    trace::follow(process.leader(), signal)
}

/// Sends a signal, and says why its handler cannot be followed.
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn follow(process: &Process<'_>, signal: Signal) -> io::Result<Trace> {
    process.signal(signal)?;
    Ok(Trace::Untraced { reason: "the harness follows them on Linux on x86_64 only".to_owned() })
}
