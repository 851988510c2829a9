//! From the signal to the handler's return.
//!
//! 1. A thread of ours seizes every thread of the fixture, which sleeps, and sends the signal.
//! 2. The kernel stops the thread that is about to take it. From there that thread makes one instruction at a time, until it
//!    is about to make the system call `rt_sigreturn`, with which every handler ends.
//! 3. That thread is let go, and ours ends: with it the kernel lets go of all the others, in whatever they do. To let go of
//!    them one by one they would have to be stopped, and a sleeping `epoll_wait()` fails with `EINTR` when it is.
//!
//! What other threads receive meanwhile is passed on to them, and so is what comes to the handler's own thread. Should the
//! harness die, the fixture does too: its warden sees to that, and for a thread between two steps the kernel.
//!
//! Source: ptrace(2); signal(7), Interruption of system calls; sigreturn(2).

use std::{
    io,
    path::Path,
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use nix::errno::Errno;
use sigconform_fixture::{HandlerCall, Signal, Trace};

use super::{
    calls,
    functions::Functions,
    shown,
    thread::{Call, Memory, Place, State, Thread},
};
use crate::drive::stop;

#[cfg(test)]
mod tests;

/// Most instructions of a handler that are followed.
const MOST_STEPS: u32 = 2_000_000;
/// Longest sleep of a handler in one system call that is waited for.
const LONGEST_SLEEP: Duration = Duration::from_secs(10);
/// Longest time for a handler, and longest wait for a thread in whatever state.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Between two looks at the other threads while the handler makes no system call.
const STEPS_A_LOOK: u32 = 256;
/// Between looks at a thread that runs by itself: the first and the longest.
const SOON: Duration = Duration::from_micros(50);
const LATER: Duration = Duration::from_millis(1);
/// More than one instruction moves the stack, and less than a signal's frame does.
const FRAME: u64 = 128;

/// Sends the signal with `kill` to the process `pid`, which sleeps, and follows its handler. `lives`: the process has not
/// ended, so that the number is its own.
pub(super) fn follow(
    pid: libc::pid_t,
    signal: Signal,
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
            match Tracer::seize(pid) {
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
    let task = format!("/proc/self/task/{thread}");
    while Path::new(&task).exists() {
        thread::yield_now();
    }
}

/// Everything that the calling thread traces.
struct Tracer {
    threads: Vec<Thread>,
}

impl Tracer {
    /// Every thread of the process.
    fn seize(pid: libc::pid_t) -> Result<Self, Errno> {
        let mut threads = Vec::new();
        for id in shown::threads(pid) {
            match Thread::seize(id) {
                Ok(thread) => threads.push(thread),
                // It has just ended.
                Err(Errno::ESRCH) => {}
                Err(errno) => return Err(errno),
            }
        }
        Ok(Self { threads })
    }

    /// Waits for the thread that takes the signal, and follows it.
    fn follow(mut self, pid: libc::pid_t, signal: Signal) -> Trace {
        // While nothing has been sent to it, its libraries lie still.
        let functions = Functions::of(pid);
        let Some(thread) = self.await_delivery(pid, signal) else { return Trace::NoHandler };
        self.threads.retain(|other| *other != thread);
        let mut story = Story { functions, thread, begun: false, calls: Vec::new(), entered: Vec::new() };
        match self.follow_thread(signal, &mut story) {
            Ok(end) => {
                self.pass_on();
                match end {
                    End::NeverBegun => Trace::NoHandler,
                    end => story.told(end == End::Returned),
                }
            }
            // Killed meanwhile.
            Err(Errno::ESRCH) => story.told(false),
            Err(errno) => {
                // It stands where it is to take the signal, or in the middle of the handler.
                let _ = thread.detach(if story.begun { 0 } else { signal.as_raw() });
                untraced(errno)
            }
        }
    }

    /// The thread that is about to take the signal; `None` when none will: somebody fetched it, or the process has ended.
    fn await_delivery(&mut self, pid: libc::pid_t, signal: Signal) -> Option<Thread> {
        let mut pace = Pace::new();
        loop {
            // What is fetched rather than taken is no longer pending, and whoever fetched it sleeps again or is about to:
            // asked before the look, so that a stop between the two is seen by it.
            let is_over = !shown::is_pending(pid, signal) && self.all_asleep();
            if let Some(thread) = self.look(Some(signal.as_raw())) {
                return Some(thread);
            }
            if is_over || self.threads.is_empty() || pace.is_over() {
                return None;
            }
            pace.rest();
        }
    }

    fn all_asleep(&self) -> bool {
        self.threads.iter().all(|thread| shown::is_asleep(thread.id()))
    }

    /// Passes on what the other threads receive.
    fn pass_on(&mut self) {
        self.look(None);
    }

    /// Looks at each thread once: one that is about to take the wanted signal is returned, what others receive is passed on.
    fn look(&mut self, wanted: Option<libc::c_int>) -> Option<Thread> {
        let mut found = None;
        self.threads.retain(|thread| {
            match thread.state() {
                State::Runs => return true,
                State::Ended => return false,
                State::Stopped(signal) if Some(signal) == wanted && found.is_none() => {
                    found = Some(*thread);
                    return true;
                }
                State::Stopped(signal) => thread.go_on(signal),
                State::StoppedAsGroup => thread.stay_stopped(),
                State::Paused => thread.go_on(0),
            }
            .is_ok()
        });
        found
    }
}

/// How the following ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The handler returns.
    Returned,
    /// No handler was entered.
    NeverBegun,
    /// The thread has ended, or there was too much to follow.
    GivenUp,
}

impl Tracer {
    /// Steps through the handler, from the moment that the thread is about to take the signal. Lets it go unless it fails.
    fn follow_thread(&mut self, signal: Signal, story: &mut Story) -> Result<End, Errno> {
        let thread = story.thread;
        thread.die_with_tracer()?;
        let memory = Memory::of(thread.id())?;
        let (before, pace, mut nested) = (thread.place()?, Pace::new(), 0);
        if !self.step(thread, signal.as_raw(), false, &mut nested)? {
            return Ok(End::GivenUp);
        }
        story.begun = true;
        let mut at = thread.place()?;
        if at.stack.abs_diff(before.stack) < FRAME {
            thread.detach(0)?;
            return Ok(End::NeverBegun);
        }
        for number in 0..MOST_STEPS {
            let call = Thread::next_call(&at, &memory)?;
            let returns = call.as_ref().is_some_and(|call| call.number == libc::SYS_rt_sigreturn.cast_unsigned());
            match nested {
                0 if returns => {
                    thread.detach(0)?;
                    return Ok(End::Returned);
                }
                0 => story.note(&at, call.as_ref(), &memory),
                _ => nested -= u32::from(returns),
            }
            if number % STEPS_A_LOOK == 0 {
                self.pass_on();
            }
            if pace.is_over() {
                break;
            }
            if !self.step(thread, 0, call.is_some(), &mut nested)? {
                return Ok(End::GivenUp);
            }
            at = thread.place()?;
        }
        thread.detach(0)?;
        Ok(End::GivenUp)
    }

    /// One instruction of the thread, and whatever comes between. False: the thread has ended, or sleeps on and on and was
    /// let go.
    fn step(&mut self, thread: Thread, signal: libc::c_int, sleeps: bool, nested: &mut u32) -> Result<bool, Errno> {
        let mut may_sleep = sleeps;
        thread.step(signal)?;
        loop {
            match if may_sleep { self.stop_of_sleeper(thread)? } else { thread.stop() } {
                State::Stopped(libc::SIGTRAP) => return Ok(true),
                // Another signal. Its handler, if there is one, runs inside this one, and is another story.
                State::Stopped(other) => {
                    *nested += u32::from(shown::is_caught(thread.id(), other));
                    thread.step(other)?;
                }
                State::StoppedAsGroup => {
                    thread.stay_stopped()?;
                    may_sleep = true;
                }
                State::Paused => thread.step(0)?,
                State::Runs => {}
                State::Ended => return Ok(false),
            }
        }
    }

    /// The next stop of a thread that may sleep in a system call, and that another thread may have to wake.
    fn stop_of_sleeper(&mut self, thread: Thread) -> Result<State, Errno> {
        let (mut pace, mut asleep_since) = (Pace::new(), None);
        loop {
            match thread.state() {
                State::Runs => {}
                other => return Ok(other),
            }
            self.pass_on();
            let sleeps = shown::is_asleep(thread.id());
            let since = *asleep_since.get_or_insert_with(Instant::now);
            if !sleeps {
                asleep_since = None;
            }
            if sleeps && since.elapsed() > LONGEST_SLEEP || pace.is_over() {
                thread.interrupt()?;
                let signal = match thread.stop() {
                    State::Stopped(signal) if signal != libc::SIGTRAP => signal,
                    _ => 0,
                };
                thread.detach(signal)?;
                return Ok(State::Ended);
            }
            pace.rest();
        }
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

    fn told(self, to_its_end: bool) -> Trace {
        Trace::Followed { calls: self.calls, functions: self.entered, to_its_end, unseen: self.functions.unseen }
    }
}

/// Looks again and again, less often each time: whoever is looked at needs the processor.
struct Pace {
    next: Duration,
    started: Instant,
}

impl Pace {
    fn new() -> Self {
        Self { next: SOON, started: Instant::now() }
    }

    fn rest(&mut self) {
        thread::sleep(self.next);
        self.next = (self.next * 2).min(LATER);
    }

    /// Whether there is nothing to wait for any more.
    fn is_over(&self) -> bool {
        self.started.elapsed() > LONGEST_WAIT || stop::is_wanted()
    }
}

fn untraced(errno: Errno) -> Trace {
    Trace::Untraced { reason: format!("ptrace(2) failed: {}", errno.desc()) }
}
