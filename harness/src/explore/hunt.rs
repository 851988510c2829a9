//! The hunt: how soon scripts made at random, and nothing else, show a flaw that is known. A check of our own eyes.

use std::time::{Duration, Instant};

use super::{
    Length, Options,
    play::{Kind, Subject},
    play_batch, stopped,
};
use crate::{
    drive::Driver,
    fixture::{Fixture, FixtureError},
};

/// Cases after which it is looked whether the flaw was seen.
const BATCH: u64 = 16;

/// Where a flaw was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    /// The case.
    pub case: u64,
    /// Time until then, at the most.
    pub after: Duration,
}

/// What came of a hunt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunt {
    /// Cases that were played.
    pub cases: u64,
    /// The first case that broke the law that the flaw breaks.
    pub caught: Option<Sighting>,
    /// The first failure of another name, where there was one before.
    pub other: Option<(String, Sighting)>,
}

/// Plays until the law is broken, or as long as the options say.
///
/// # Errors
/// The fixture does not say what it is.
pub fn hunt(fixture: &Fixture, law: &str, options: &Options) -> Result<Hunt, FixtureError> {
    let started = Instant::now();
    // A flaw that puts a loop to sleep for good does so in most scripts.
    let options = Options { limits: options.limits.hasty(), ..options.clone() };
    let subject = Subject::ask(fixture, &mut Driver::new(), &options.limits)?;
    let (most, time) = match options.length {
        Length::Cases(cases) => (cases, None),
        Length::Time(time) => (u64::MAX, Some(time)),
    };
    let wanted = Kind::Law(law.to_owned());
    let is_over = || time.is_some_and(|time| started.elapsed() >= time);
    let mut hunt = Hunt { cases: 0, caught: None, other: None };
    if subject.able.pool.is_empty() {
        return Ok(hunt);
    }
    while hunt.caught.is_none() && hunt.cases < most && !is_over() && !stopped() {
        let first = options.first.saturating_add(hunt.cases);
        let batch = play_batch(
            &subject,
            &options,
            first..first.saturating_add(BATCH.min(most - hunt.cases)),
            &is_over,
            |_, _| {},
        );
        hunt.cases += batch.played;
        // There are no more cases than numbers.
        if batch.played == 0 {
            break;
        }
        let after = started.elapsed();
        for (case, failure, _) in &batch.failed {
            let sighting = Sighting { case: *case, after };
            if failure.kinds.contains(&wanted) {
                hunt.caught.get_or_insert(sighting);
            } else if let Some(kind) = failure.kinds.first() {
                hunt.other.get_or_insert((kind.slug().to_owned(), sighting));
            }
        }
    }
    Ok(hunt)
}
