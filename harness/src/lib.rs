//! **sigconform**: does a library hand Unix signals to its event loop as its documentation says?
//!
//! The way of the data is the layout of the modules; each arrow is one function, and nothing flows back:
//!
//! ```text
//! catalogue::Scenario ──script()──▶ Script ─┐
//! fixture::Fixture ─description─▶ Claims ────┤
//!                                           ▼
//!                    drive::play(fixture, script) ──▶ transcript::Transcript
//!                    judge::judge(transcript, script, claims) ──▶ Vec<Violation>
//!                    expectation::settle(violations, expectations) ──▶ Verdict
//!                    run::run(plan) ──▶ results::Results ──▶ report::*
//! ```
//!
//! Everything that the program `sigconform` does can be done from Rust:
//!
//! ```no_run
//! use sigconform::{catalogue::Catalogue, description, report, run};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let catalogue = Catalogue::embedded()?;
//! let fixtures = [description::introduce(vec!["./fixture".into()])?];
//! let plan = run::plan(&catalogue, &fixtures, &run::Selection::default())?;
//! let results = plan.run(&run::Options::default(), |cell| eprintln!("{}: {}", cell.scenario, cell.verdict));
//! println!("{}", report::summary(&results));
//! # Ok(())
//! # }
//! ```
//!
//! A crate that receives signals adds a [`gate!`]: one test file, in which each scenario is a test.
//!
//! The harness knows no backend by name: whatever speaks the protocol of [`sigconform_fixture`] can be driven.

// Files that others name are read through one door: clippy.toml.
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod beside;
pub mod catalogue;
// For the programs `sigconform` and `cargo xtask` only: flags and texts of the command line change as those do.
#[doc(hidden)]
pub mod cli;
// For `cargo xtask`, which builds fixtures.
#[doc(hidden)]
pub mod command;
mod conduct;
pub mod data_file;
pub mod description;
pub mod drive;
pub mod exit_status;
pub mod expectation;
pub mod explore;
pub mod fault;
pub mod fixture;
pub mod gate;
pub mod judge;
pub mod merge;
pub mod model;
pub mod observed;
// For this repository only: pairs of releases, which `cargo xtask regressions` builds and plays.
#[doc(hidden)]
pub mod regression;
pub mod regular_file;
pub mod report;
pub mod results;
pub mod run;
pub mod select;
pub mod text;
pub mod transcript;

/// What a fixture is and what a backend must be able to do: the crate `sigconform-fixture`.
pub use sigconform_fixture as contract;
