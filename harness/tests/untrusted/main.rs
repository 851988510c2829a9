//! What a fixture, a library or a results file from elsewhere says is text for people, whatever it holds: no reporter lets it
//! become markup, a command of a CI service, or an order to a terminal. And no text makes a parser of ours panic.
//!
//! Each reporter writes results with arbitrary text in them, and what it wrote is read back by the rules of its format: it
//! must be built like what it writes of plain results. A new reporter is one more line of [`reports::REPORTERS`].

mod parsers;
mod readers;
mod reports;
