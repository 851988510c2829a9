//! Following a signal handler from outside, instruction by instruction: what a handler must not do leaves no other trace as
//! long as it goes well.
//!
//! A handler that allocates works until the day on which it interrupts `malloc()`; one that writes to a pipe that blocks,
//! until the pipe is full. So nothing is waited for here: the handler is stepped through, each function of the C library that
//! it enters and each system call that it makes is noted, and the judge says what of it is forbidden.
//!
//! What the system does not let the harness follow is [`Trace::Untraced`], and the case a skip.

use std::{io, time::Duration};

use sigconform_fixture::{Signal, Trace};

use super::process::Leader;

mod calls;
mod frames;
mod functions;
mod handler;
mod pace;
mod shown;
mod steps;
mod thread;
mod tracer;

/// Longest sleep of a handler in one system call that is waited for: one that sleeps for so long blocks, and shows no more.
const PATIENCE: Duration = Duration::from_secs(2);

/// Sends the signal and follows the signal handler that takes it, to its end. Afterwards all is as if it had been sent and
/// nothing more.
pub(super) fn follow(fixture: Leader<'_>, signal: Signal) -> io::Result<Trace> {
    // As long as it has not ended, its number is its own.
    let lives = || matches!(fixture.has_ended(), Ok(false));
    handler::follow(fixture.pid, signal, PATIENCE, lives, || fixture.signal(signal))
}
