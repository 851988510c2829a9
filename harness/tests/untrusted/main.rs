//! What a fixture, a library or a results file from elsewhere says is text for people, whatever it holds: no reporter lets it
//! become markup, a command of a CI service, or an order to a terminal. And nothing makes a parser of ours, or the judge, panic.
//!
//! Each reporter writes results with arbitrary text in them, and what it wrote is read back by the rules of its format: it
//! must be built like what it writes of plain results. A new reporter is one more line of [`reports::REPORTERS`].

mod errors;
#[path = "../shared/executable.rs"]
mod executable;
mod judged;
mod parsers;
mod played;
mod properties;
mod readers;
mod reports;
mod results;

/// A few seconds at a desk; CI takes the time for more.
fn cases() -> proptest::prelude::ProptestConfig {
    let cases = if std::env::var_os("CI").is_some() { 2000 } else { 200 };
    proptest::prelude::ProptestConfig { cases, failure_persistence: None, ..Default::default() }
}
