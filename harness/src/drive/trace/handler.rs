//! From the signal to the handler's return.
//!
//! 1. A thread of ours seizes every thread of the fixture, which sleeps, and sends the signal.
//! 2. The kernel stops the thread that is about to take it. From there that thread makes one instruction at a time, until it
//!    is about to make the system call `rt_sigreturn`, with which a handler ends, or leaves it in another way.
//! 3. Our thread ends: with it the kernel lets go of all, in whatever they do. To let go of them one by one they would have to
//!    be stopped, and a sleeping `epoll_wait()` fails with `EINTR` when it is. So is a handler let go that sleeps on and on in
//!    a system call: our patience wakes nobody. The handler's own thread must not go on before the others are free: what it
//!    does next would meet a thread that is stopped with a signal in its hands, which no system without a tracer has.
//!
//! What other threads receive meanwhile is passed on to them, and so is what comes to the handler's own thread. Should the
//! harness die, the fixture does too: its warden sees to that, and for a thread between two steps the kernel.
//!
//! Source: ptrace(2); signal(7), Interruption of system calls; sigreturn(2).

use std::{io, path::Path, sync::OnceLock, thread, time::Duration};

use nix::errno::Errno;
use sigconform_fixture::{HandlerCall, HandlerEnd, Signal, Trace, WaitsFor};

use super::{
    calls,
    frames::Frames,
    functions::Functions,
    pace::Pace,
    shown,
    steps::Step,
    thread::{Call, Memory, Place, Thread},
    tracer::Tracer,
};

#[cfg(test)]
mod tests;

/// Most instructions of a handler that are followed.
const MOST_STEPS: u32 = 2_000_000;
/// Longest wait for the kernel to let go of what a thread of ours has traced.
const GONE_WITHIN: Duration = Duration::from_secs(1);
/// Between two looks at the other threads while the handler makes no system call.
const STEPS_A_LOOK: u32 = 256;

/// Sends the signal with `kill` to the process `pid`, which sleeps, and follows its handler; one that sleeps for longer than
/// our `patience` in one call is let go. `lives`: the process has not ended, so that the number is its own.
pub(super) fn follow(
    pid: libc::pid_t,
    signal: Signal,
    patience: Duration,
    lives: impl Fn() -> bool + Sync,
    kill: impl FnOnce() -> io::Result<()> + Send,
) -> io::Result<Trace> {
    match shown::takes(pid, signal) {
        Some(true) => {}
        None if lives() => {
            kill()?;
            return Ok(Trace::Untraced { reason: "/proc shows nothing of the process".to_owned() });
        }
        Some(false) | None => {
            kill()?;
            return Ok(Trace::NoHandler);
        }
    }
    let tracer_id = OnceLock::new();
    let trace = thread::scope(|scope| {
        let (tracer_id, lives) = (&tracer_id, &lives);
        let tracer = thread::Builder::new().spawn_scoped(scope, move || {
            let _ = tracer_id.set(own_id());
            match Tracer::seize(pid, patience) {
                Ok(tracer) if lives() => kill().map(|()| tracer.follow(pid, signal)),
                // With this thread ends what it traces.
                Ok(_) => Ok(Trace::NoHandler),
                Err(errno) => kill().map(|()| untraced(errno)),
            }
        })?;
        tracer.join().unwrap_or_else(|_| Err(io::Error::other("the thread that follows a signal handler panicked")))
    });
    tracer_id.get().into_iter().for_each(|&id| wait_until_gone(id));
    trace
}

fn own_id() -> libc::pid_t {
    // SAFETY: takes nothing.
    unsafe { libc::gettid() }
}

/// Joined is not gone: the kernel lets go of what a thread traces a moment later.
fn wait_until_gone(thread: libc::pid_t) {
    let (task, mut pace) = (format!("/proc/self/task/{thread}"), Pace::new());
    // Another thread of ours may be given its number.
    while Path::new(&task).exists() && !pace.has_lasted(GONE_WITHIN) {
        pace.rest();
    }
}

impl Tracer {
    /// Waits for the thread that takes the signal, and follows it.
    fn follow(mut self, pid: libc::pid_t, signal: Signal) -> Trace {
        // While nothing has been sent to it, its libraries lie still.
        let functions = Functions::of(pid);
        let thread = match self.await_delivery(pid, signal) {
            Ok(thread) => thread,
            Err(trace) => return trace,
        };
        self.threads.retain(|other| *other != thread);
        let mut story = Story { functions, thread, begun: false, calls: Vec::new(), entered: Vec::new() };
        match self.follow_thread(signal, &mut story) {
            Ok(end) => {
                self.pass_on();
                end.map_or(Trace::NoHandler, |end| story.told(end))
            }
            // Killed meanwhile.
            Err(Errno::ESRCH) => story.told(HandlerEnd::Ended),
            Err(errno) => {
                // It stands where it is to take the signal, or in the middle of the handler.
                let _ = thread.detach(if story.begun { 0 } else { signal.as_raw() });
                untraced(errno)
            }
        }
    }

    /// Steps through the handler, from the moment that the thread is about to take the signal. Lets it go unless it fails;
    /// `None`: no handler was entered.
    fn follow_thread(&mut self, signal: Signal, story: &mut Story) -> Result<Option<HandlerEnd>, Errno> {
        let thread = story.thread;
        let (memory, pace) = (Memory::of(thread.id())?, Pace::new());
        let (mut frames, mut at, mut call) = (Frames::default(), thread.place()?, None);
        for number in 0..MOST_STEPS {
            let signal = if number == 0 { signal.as_raw() } else { 0 };
            let interrupted = match self.step(thread, &at, signal, call.is_some())? {
                Step::Made { interrupted } => interrupted,
                Step::Over(end) => {
                    if let (HandlerEnd::Asleep, true, Some(call)) = (end, frames.is_in_first(), &call) {
                        story.slept_in(call, self.patience);
                    }
                    return Ok(Some(end));
                }
            };
            story.begun = true;
            at = thread.place()?;
            if let Some(before) = interrupted {
                frames.enter(before, at.stack, thread.id(), &memory);
            }
            if frames.is_empty() {
                thread.detach(0)?;
                return Ok(None);
            }
            frames.leave(at.stack, thread.id());
            if frames.is_empty() {
                thread.detach(0)?;
                return Ok(Some(HandlerEnd::Left));
            }
            call = if at.is_in_interrupted_call() { None } else { Thread::next_call(&at, &memory) };
            if call.as_ref().is_some_and(|call| call.number == libc::SYS_rt_sigreturn.cast_unsigned()) {
                frames.return_at(at.stack);
            }
            if frames.is_empty() {
                self.leave_at_call(thread)?;
                return Ok(Some(HandlerEnd::Returned));
            }
            if frames.is_in_first() {
                story.note(&at, call.as_ref(), &memory);
            }
            if number % STEPS_A_LOOK == 0 {
                self.pass_on();
            }
            if pace.is_over() {
                break;
            }
        }
        thread.detach(0)?;
        Ok(Some(HandlerEnd::TooLong))
    }
}

/// What a handler did.
struct Story {
    functions: Functions,
    thread: Thread,
    /// It has made its first instruction.
    begun: bool,
    calls: Vec<HandlerCall>,
    entered: Vec<String>,
}

impl Story {
    /// What the next instruction does.
    fn note(&mut self, at: &Place, call: Option<&Call>, memory: &Memory) {
        if let Some(function) = self.functions.entered_at(at.instruction)
            && !self.entered.iter().any(|entered| entered == function)
        {
            self.entered.push(function.to_owned());
        }
        if let Some(call) = call.map(|call| calls::of(call, self.thread.id(), memory))
            && !self.calls.contains(&call)
        {
            self.calls.push(call);
        }
    }

    /// It slept this long in a call, whatever that is.
    fn slept_in(&mut self, call: &Call, time: Duration) {
        let name = calls::name(call);
        if let Some(made) = self.calls.iter_mut().rfind(|made| made.waits_for.is_none() && made.name == name) {
            made.waits_for =
                Some(WaitsFor::Event { what: format!("what did not come within {} s", time.as_secs_f32()) });
        }
    }

    fn told(self, end: HandlerEnd) -> Trace {
        Trace::Followed { calls: self.calls, functions: self.entered, end, unseen: self.functions.unseen }
    }
}

fn untraced(errno: Errno) -> Trace {
    Trace::Untraced { reason: format!("ptrace(2) failed: {}", errno.desc()) }
}
