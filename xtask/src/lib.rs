//! What `cargo xtask` does that tests look at too: the built fixtures of this repository, the documents that are made,
//! the judgement of pending transcripts, and the regressions.

// Files that others name are read through one door: clippy.toml.
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

pub mod checkout;
pub mod documents;
pub mod fixtures;
pub mod pending;
pub mod regressions;
