//! From a transcript to what one run gave: the broken laws, the text and the times.

use std::sync::Arc;

use super::{
    tally::{Played, Unplayed},
    task::Play,
};
use crate::{
    beside::{Left, beside},
    catalogue::Start,
    drive::DriveError,
    fault::Failure,
    judge::{self, Unjudgeable},
    observed,
    results::Timeline,
    transcript::Transcript,
};

/// Most events that are judged where they are: in no time, whether or not everything is to stop.
const SHORT: usize = 10_000;

/// Judges the transcript of a process that was started as `start` says.
pub(super) fn judged(transcript: Transcript, play: &Arc<Play>, start: &Start) -> Result<Played, Unplayed> {
    if transcript.events.len() <= SHORT {
        return now(&transcript, play, start);
    }
    let (play, start) = (Arc::clone(play), start.clone());
    beside(move || now(&transcript, &play, &start)).unwrap_or_else(|left| {
        Err(Unplayed::Error(match left {
            Left::Stopped => Failure::of(DriveError::Interrupted.fault(), DriveError::Interrupted),
            Left::Failed(failure) => failure,
        }))
    })
}

fn now(transcript: &Transcript, Play { claims, part, .. }: &Play, start: &Start) -> Result<Played, Unplayed> {
    match judge::judge(transcript, part, start, claims) {
        Ok(violations) => {
            // A wrong transcript is shown as it happened, so that line numbers and order are the real ones.
            let last = violations.iter().map(|violation| violation.line).max();
            let text = last.map_or_else(|| transcript.canonical(claims), |last| transcript.text_around(last));
            let observed = if violations.is_empty() {
                observed::of_run(&part.script.scenario, transcript, claims)
            } else {
                Vec::new()
            };
            Ok(Played { text, violations, observed, timeline: Timeline::of(transcript) })
        }
        Err(Unjudgeable::Unsupported { step, reason }) => {
            Err(Unplayed::Skip(format!("its fixture cannot play the step `{step}`: {reason}")))
        }
        Err(error) if error.is_skip() => Err(Unplayed::Skip(error.to_string())),
        Err(error) => Err(Unplayed::Error(Failure::of(error.fault(), error))),
    }
}
