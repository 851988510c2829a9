//! Times, and what is made of several.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;
use sigconform::drive::Driver;

/// How long it took.
pub(crate) fn time(work: impl FnOnce() -> Result<()>) -> Result<Duration> {
    let started = Instant::now();
    work()?;
    Ok(started.elapsed())
}

/// The middle one.
pub(crate) fn median<T: Copy + PartialOrd>(values: &[T]) -> T {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    sorted[sorted.len() / 2]
}

/// The middle of the ratios of each pair, which were measured one after the other.
pub(crate) fn ratio(pairs: &[(Duration, Duration)]) -> f64 {
    median(&pairs.iter().map(|(a, b)| a.as_secs_f64() / b.as_secs_f64()).collect::<Vec<_>>())
}

pub(crate) fn millis(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

/// Works on every item, `jobs` at a time, each worker with a driver of its own.
pub(crate) fn on_all<T: Sync>(
    items: &[T],
    jobs: usize,
    work: impl Fn(&T, &mut Driver) -> Result<()> + Sync,
) -> Result<()> {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs)
            .map(|_| {
                scope.spawn(|| {
                    let mut driver = Driver::new();
                    while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                        work(item, &mut driver)?;
                    }
                    Ok(())
                })
            })
            .collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}
