//! What the harness does to a fixture from outside, at the script's word.

use std::io::{self, Write};

use sigconform_fixture::{OutsideAction, Sender, Signal, Trace};

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
use super::trace;
use super::{another::Another, process::Process};

/// Does what the fixture waits for, as long as that `goes_on`: whoever asks the harness to stop need not wait for the last of
/// many signals, nor does the deadline. Where the act is to follow the signal handler, returns what was seen.
pub(super) fn act(
    process: &mut Process<'_>,
    action: &OutsideAction,
    another: Option<&mut Another>,
    goes_on: impl Fn() -> bool,
) -> io::Result<Option<Trace>> {
    match action {
        OutsideAction::Kill { signal } => process.signal(*signal)?,
        OutsideAction::Flood { signal, times } => {
            (0..*times).take_while(|_| goes_on()).try_for_each(|_| process.signal(*signal))?;
        }
        OutsideAction::WhileStopped { signals, .. } => {
            process.signal(Signal::from_raw(libc::SIGSTOP))?;
            let sent = if process.wait_until_stopped(&goes_on)? { signals.as_slice() } else { &[] };
            let mut another = another;
            sent.iter().enumerate().try_for_each(|(at, &signal)| match &mut another {
                Some(another) if action.is_anothers(at) => another.send(process.pid()?, signal, &goes_on),
                _ => process.signal(signal),
            })?;
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

/// Who the harness is to those that it sends signals to.
pub(super) fn sender() -> Sender {
    Sender { pid: std::process::id(), uid: nix::unistd::getuid().as_raw() }
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
