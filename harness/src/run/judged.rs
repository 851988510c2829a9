//! From a transcript to what one run gave: the broken laws, the text and the times.

use std::{
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use super::{
    tally::{Played, Unplayed},
    task::Play,
};
use crate::{
    catalogue::Start,
    drive::{DriveError, STOP},
    fault::{Failure, Fault, caught},
    judge::{self, Unjudgeable},
    results::Timeline,
    transcript::Transcript,
};

/// Most events that are judged where they are: in no time, whether or not everything is to stop.
const SHORT: usize = 10_000;
/// Between looks whether everything is to stop.
const LOOK: Duration = Duration::from_millis(50);

/// Judges the transcript of a process that was started as `start` says.
pub(super) fn judged(transcript: Transcript, play: &Arc<Play>, start: &Start) -> Result<Played, Unplayed> {
    if transcript.events.len() <= SHORT {
        return now(&transcript, play, start);
    }
    let (play, start) = (Arc::clone(play), start.clone());
    unless_stopped(move || now(&transcript, &play, &start), || STOP.load(std::sync::atomic::Ordering::Relaxed))
}

fn now(transcript: &Transcript, Play { claims, part, .. }: &Play, start: &Start) -> Result<Played, Unplayed> {
    match judge::judge(transcript, part, start, claims) {
        Ok(violations) => {
            // A wrong transcript is shown as it happened, so that line numbers and order are the real ones.
            let last = violations.iter().map(|violation| violation.line).max();
            let text = last.map_or_else(|| transcript.canonical(claims), |last| transcript.text_around(last));
            Ok(Played { text, violations, timeline: Timeline::of(transcript) })
        }
        Err(Unjudgeable::Unsupported { step, reason }) => {
            Err(Unplayed::Skip(format!("its fixture cannot play the step `{step}`: {reason}")))
        }
        Err(error) if error.is_skip() => Err(Unplayed::Skip(error.to_string())),
        Err(error) => Err(Unplayed::Error(Failure::of(error.fault(), error))),
    }
}

/// Does `work` on a thread of its own, which is left to itself once everything is to stop.
fn unless_stopped<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Unplayed> + Send + 'static,
    stopped: impl Fn() -> bool,
) -> Result<T, Unplayed> {
    let (tell, told) = mpsc::channel();
    let worker = thread::Builder::new().spawn(move || {
        let _ = tell.send(caught(work));
    });
    if let Err(error) = worker {
        let reason = format!("a long transcript cannot be judged beside everything else: {error}");
        return Err(Unplayed::Error(Failure::of(Fault::Surroundings, reason)));
    }
    loop {
        match told.recv_timeout(LOOK) {
            Ok(done) => return done.unwrap_or_else(|panic| Err(Unplayed::Error(panic))),
            Err(RecvTimeoutError::Timeout) if stopped() => {
                return Err(Unplayed::Error(Failure::of(DriveError::Interrupted.fault(), DriveError::Interrupted)));
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                let reason = "the thread that judges ended without a word";
                return Err(Unplayed::Error(Failure::of(Fault::Engine, reason)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(judged: Result<u8, Unplayed>) -> String {
        match judged {
            Err(Unplayed::Error(failure)) => failure.reason,
            Err(Unplayed::Skip(reason)) => panic!("a skip: {reason}"),
            Ok(number) => panic!("{number}"),
        }
    }

    #[test]
    fn judging_that_does_not_end_keeps_nobody_who_is_to_stop() {
        // It waits for a word that comes only once the other has given it up.
        let (given_up, waits) = mpsc::channel::<()>();
        let judging = move || {
            let _ = waits.recv();
            Ok(7)
        };
        assert_eq!(error(unless_stopped(judging, || true)), "interrupted");
        drop(given_up);
        assert!(matches!(unless_stopped(|| Ok(7), || true), Ok(7)), "what is done counts");
        assert!(error(unless_stopped(|| panic!("too long"), || false)).ends_with("reported: too long"));
    }
}
