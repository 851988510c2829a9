//! A thread that lives as long as this process: wardens are forked by it.
//!
//! A process is told of the end of the *thread* that forked it, once. A fixture that has stopped its warden must be found when
//! the harness is killed, so that thread must not end before; and a driver, which keeps its warden, may go from one thread to
//! another.
//!
//! Source: `PR_SET_PDEATHSIG(2const)`.

use std::{
    process,
    sync::{
        OnceLock,
        mpsc::{self, Sender},
    },
    thread,
};

type Work = Box<dyn FnOnce() + Send>;

/// Does `work` on that thread; here where the system gives none.
pub(super) fn on_lasting_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    /// The thread, and the process that it belongs to: one that was forked off has a copy of this, and no such thread.
    static THREAD: OnceLock<(u32, Option<Sender<Work>>)> = OnceLock::new();
    let (process, thread) = THREAD.get_or_init(|| (process::id(), start()));
    let Some(thread) = thread.as_ref().filter(|_| *process == process::id()) else { return work() };
    let (tell, hear) = mpsc::channel();
    let work = move || {
        let _ = tell.send(work());
    };
    match thread.send(Box::new(work)) {
        Ok(()) => hear.recv().expect("the thread lives on, and no work of it panics"),
        Err(mpsc::SendError(work)) => {
            work();
            hear.recv().expect("it was done here")
        }
    }
}

fn start() -> Option<Sender<Work>> {
    let (give, take) = mpsc::channel::<Work>();
    let started =
        thread::Builder::new().name("wardens".to_owned()).spawn(move || take.into_iter().for_each(|work| work()));
    started.is_ok().then_some(give)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_one_thread_whoever_asks() {
        let ask = || on_lasting_thread(|| thread::current().id());
        let first = thread::spawn(ask).join().expect("an answer");
        assert_eq!(thread::spawn(ask).join().expect("an answer"), first);
        assert_ne!(thread::current().id(), first);
    }
}
