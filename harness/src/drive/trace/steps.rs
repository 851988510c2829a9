//! One step of the thread that is followed, and whatever comes between.
//!
//! An instruction is a step of the processor's. A system call is not: it is let go on to its beginning and from there to its
//! end, and so a thread that sleeps in one can be let go where it sleeps. Whoever has it make one instruction has to wake it
//! first, or the step's own SIGTRAP kills it later.
//!
//! Source: ptrace(2), `PTRACE_SINGLESTEP`, `PTRACE_SYSCALL`, and "Attaching and detaching".

use std::{
    thread,
    time::{Duration, Instant},
};

use nix::errno::Errno;
use sigconform_fixture::HandlerEnd;

use super::{
    pace::Pace,
    shown,
    thread::{Place, State, Thread, Way},
    tracer::Tracer,
};

/// Longest wait for a thread that is asked to stop, so that it can be let go.
const HALTS_WITHIN: Duration = Duration::from_secs(1);
/// Looks at a thread that makes one instruction, which takes microseconds.
const GLANCES: u32 = 200;

/// What became of a step.
pub(super) enum Step {
    /// It was made. A signal that has a handler may have come with it: the stack pointer where it was taken.
    Made { interrupted: Option<u64> },
    /// There is nothing more to follow, and the thread was let go.
    Over(HandlerEnd),
}

impl Tracer {
    /// Has the thread, which stands `at` this place, make one step, after it has taken this signal (0: none).
    pub(super) fn step(
        &mut self,
        thread: Thread,
        at: &Place,
        signal: libc::c_int,
        makes_call: bool,
    ) -> Result<Step, Errno> {
        let (mut way, mut interrupted) = match signal {
            0 => (if makes_call { Way::Call } else { way_from(at) }, None),
            signal => taking(thread, signal, at),
        };
        self.go(thread, way, signal)?;
        let (mut inside, mut may_sleep) = (false, false);
        loop {
            let state = match self.await_stop(thread, may_sleep || inside) {
                Ok(state) => state,
                Err(end) => {
                    // In a call it is let go with this tracer's end, and sleeps on.
                    if way == Way::Instruction {
                        halt(thread)?;
                    }
                    return Ok(Step::Over(end));
                }
            };
            may_sleep = false;
            match state {
                State::Stepped if interrupted.is_none() => return Ok(Step::Made { interrupted }),
                // A handler begins, or a call has ended that may have changed the mask.
                State::Stepped => {
                    thread.let_traps_in()?;
                    return Ok(Step::Made { interrupted });
                }
                State::AtCall if inside => {
                    thread.let_traps_in()?;
                    return Ok(Step::Made { interrupted });
                }
                State::AtCall => {
                    inside = true;
                    self.go(thread, way, 0)?;
                }
                // Another signal. Its handler, if there is one, runs inside this one, and is another story.
                State::Stopped(other) => {
                    (way, interrupted) = taking(thread, other, &thread.place()?);
                    self.go(thread, way, other)?;
                }
                State::StoppedAsGroup => {
                    thread.stay_stopped()?;
                    may_sleep = true;
                }
                State::Paused => {
                    way = way_from(&thread.place()?);
                    self.go(thread, way, 0)?;
                }
                State::Replaced => {
                    thread.detach(0)?;
                    return Ok(Step::Over(HandlerEnd::Replaced));
                }
                State::Runs => {}
                State::Ended => return Ok(Step::Over(HandlerEnd::Ended)),
            }
        }
    }

    /// Leaves the thread, which is about to make a system call, standing at the call's beginning, from where it goes on by itself
    /// when this tracer ends. One that something else comes to is let go at once.
    pub(super) fn leave_at_call(&mut self, thread: Thread) -> Result<(), Errno> {
        self.go(thread, Way::Call, 0)?;
        match self.await_stop(thread, false) {
            Ok(State::Stopped(signal)) => thread.detach(signal),
            Ok(State::StoppedAsGroup) => thread.stay_stopped(),
            Ok(State::Stepped | State::Replaced | State::Paused) => thread.detach(0),
            Ok(State::AtCall | State::Runs | State::Ended) | Err(_) => Ok(()),
        }
    }

    /// As long as it makes instructions, the kernel kills it should the harness die; a system call it may outlive.
    fn go(&mut self, thread: Thread, way: Way, signal: libc::c_int) -> Result<(), Errno> {
        if self.way != Some(way) {
            match way {
                Way::Instruction => thread.die_with_tracer()?,
                Way::Call => thread.outlive_tracer()?,
            }
            self.way = Some(way);
        }
        thread.step(way, signal)
    }

    /// The next stop of a thread, or why it is not waited for any longer. Another thread may have to wake it.
    fn await_stop(&mut self, thread: Thread, may_sleep: bool) -> Result<State, HandlerEnd> {
        for _ in 0..if may_sleep { 0 } else { GLANCES } {
            match thread.state() {
                State::Runs => thread::yield_now(),
                state => return Ok(state),
            }
        }
        let (mut pace, mut asleep_since) = (Pace::new(), None);
        loop {
            match thread.state() {
                State::Runs => {}
                state => return Ok(state),
            }
            self.pass_on();
            let since = *asleep_since.get_or_insert_with(Instant::now);
            if !shown::is_asleep(thread.id()) {
                asleep_since = None;
            } else if since.elapsed() > self.patience {
                return Err(HandlerEnd::Asleep);
            }
            if pace.is_over() {
                return Err(HandlerEnd::TooLong);
            }
            pace.rest();
        }
    }
}

/// How a thread goes on with a signal that it is about to take at this place, and its stack pointer if a handler takes it.
fn taking(thread: Thread, signal: libc::c_int, at: &Place) -> (Way, Option<u64>) {
    if shown::is_caught(thread.id(), signal) { (Way::Instruction, Some(at.stack)) } else { (way_from(at), None) }
}

/// How a thread goes on that makes no call of its own now: it may have one to make again.
fn way_from(at: &Place) -> Way {
    if at.is_in_interrupted_call() { Way::Call } else { Way::Instruction }
}

/// Stops a thread in the middle of an instruction, and lets it go. The SIGTRAP of its step is taken from it first.
fn halt(thread: Thread) -> Result<(), Errno> {
    thread.interrupt()?;
    let mut pace = Pace::new();
    while !pace.has_lasted(HALTS_WITHIN) {
        let signal = match thread.state() {
            State::Runs => {
                pace.rest();
                continue;
            }
            State::Ended => return Ok(()),
            State::Stopped(signal) => signal,
            State::Stepped | State::AtCall | State::Replaced | State::StoppedAsGroup | State::Paused => 0,
        };
        if !shown::is_about_to_take(thread.id(), libc::SIGTRAP) {
            return thread.detach(signal);
        }
        thread.go_on(signal)?;
    }
    Err(Errno::ETIMEDOUT)
}
