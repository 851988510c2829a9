//! What a case costs, and how long a signal takes to its handler: the measurements behind `docs/benchmarks.md`.
//!
//! Everything is measured in one run and side by side, so that figures of a busy machine can be compared with each other:
//! the ratios mean something anywhere, the times only on an idle machine.
//!
//! ```text
//! cells ──▶ cost     a case against the bare run of the same fixture with the same script
//!      ├──▶ nextest  the matrix against as many empty tests under cargo-nextest
//!      └──▶ growth   with cases, repeats and jobs; peak memory
//! floor ──▶ latency  from sending a signal to its handler, against sigtimedwait(2)
//! ```

mod bare;
mod cells;
mod cost;
mod growth;
mod latency;
mod measure;
mod nextest;
mod plot;
mod soak;

use std::{fs, path::PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use sigconform::{
    catalogue::Catalogue,
    drive,
    fixture::Fixture,
    select::{self, Pattern},
};

pub use soak::Soak;

/// Measure what a case costs and how long signals take.
#[derive(Debug, Default, Args)]
pub struct Bench {
    /// Only backends of this name or pattern; repeatable
    #[arg(long, value_name = "GLOB")]
    pub backend: Vec<Pattern>,
    /// How often each comparison is made, in turn
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// Only these parts
    #[arg(long, value_enum, value_name = "PART", value_delimiter = ',')]
    pub part: Vec<Part>,
    /// Write the plot of the latencies
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
}

/// One part of the measurements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// A case against a bare run
    Cost,
    /// The matrix against empty tests under cargo-nextest
    Nextest,
    /// Growth with cases, repeats and jobs, and memory
    Growth,
    /// From a signal to its handler
    Latency,
}

impl Bench {
    /// Measures, and prints each part as a section of Markdown once it is there. `floor` waits for signals with nothing
    /// around it.
    ///
    /// # Errors
    /// A fixture could not be used, or a pattern means none.
    pub fn run(&self, catalogue: &Catalogue, fixtures: &[Fixture], floor: &Fixture) -> Result<()> {
        bare::catch_what_is_ignored()?;
        let mut backends = select::select("backend", fixtures, |fixture| &fixture.name, &self.backend)?;
        backends.retain(|fixture| fixture.specimen.is_none() && fixture.missing().is_none());
        let wanted = |part| self.part.is_empty() || self.part.contains(&part);
        if wanted(Part::Cost) || wanted(Part::Nextest) || wanted(Part::Growth) {
            let cells = cells::comparable(catalogue, &backends)?;
            ensure!(!cells.is_empty(), "no cell can be compared: nothing passes here");
            if wanted(Part::Cost) {
                println!("{}", cost::section(&cells, self.rounds)?);
            }
            if wanted(Part::Nextest) {
                println!("{}", nextest::section(&cells, self.rounds)?);
            }
            if wanted(Part::Growth) {
                println!("{}", growth::section(&cells)?);
            }
        }
        if wanted(Part::Latency) {
            let latencies = latency::measure(&backends, floor)?;
            println!("{}", latency::section(&latencies));
            if let Some(file) = &self.svg {
                fs::write(file, plot::svg(&latencies)).with_context(|| format!("cannot write {}", file.display()))?;
            }
        }
        Ok(())
    }
}

/// An interrupted measurement is none.
fn check_interrupt() -> Result<()> {
    ensure!(!drive::STOP.load(std::sync::atomic::Ordering::Relaxed), "interrupted");
    Ok(())
}
