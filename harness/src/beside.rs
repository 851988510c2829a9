//! Work of our own that can last, beside whoever looks whether everything is to stop: it is left to itself then.

use std::{
    sync::{
        atomic::Ordering,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use crate::{
    drive::STOP,
    fault::{Failure, Fault, caught},
};

/// Between looks whether everything is to stop.
const LOOK: Duration = Duration::from_millis(50);

/// Why nothing came of it.
#[derive(Debug)]
pub(crate) enum Left {
    /// Everything is to stop.
    Stopped,
    /// It could not be done, or panicked.
    Failed(Failure),
}

/// Does `work` on a thread of its own, which is left to itself once everything is to stop.
pub(crate) fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Left> {
    unless(|| STOP.load(Ordering::Relaxed), work)
}

fn unless<T: Send + 'static>(stopped: impl Fn() -> bool, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Left> {
    let (tell, told) = mpsc::channel();
    let worker = thread::Builder::new().spawn(move || {
        let _ = tell.send(caught(work));
    });
    if let Err(error) = worker {
        let reason = format!("what can last cannot be done beside everything else: {error}");
        return Err(Left::Failed(Failure::of(Fault::Surroundings, reason)));
    }
    loop {
        match told.recv_timeout(LOOK) {
            Ok(done) => return done.map_err(Left::Failed),
            Err(RecvTimeoutError::Timeout) if stopped() => return Err(Left::Stopped),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                let reason = "the thread beside ended without a word";
                return Err(Left::Failed(Failure::of(Fault::Engine, reason)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_does_not_end_keeps_nobody_who_is_to_stop() {
        // It waits for a word that comes only once the other has given it up.
        let (given_up, waits) = mpsc::channel::<()>();
        let working = move || {
            let _ = waits.recv();
        };
        assert!(matches!(unless(|| true, working), Err(Left::Stopped)));
        drop(given_up);
        assert!(matches!(unless(|| true, || 7), Ok(7)), "what is done counts");
        let Err(Left::Failed(failure)) = unless::<u8>(|| false, || panic!("too long")) else { panic!("it panicked") };
        assert!(failure.reason.ends_with("reported: too long"), "{}", failure.reason);
        assert_eq!(failure.fault, Some(Fault::Engine));
    }
}
