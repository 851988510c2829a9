//! What `cargo xtask` does that tests look at too: the built fixtures of this repository, the documents that are made,
//! the judgement of pending transcripts, and the regressions.

pub mod documents;
pub mod fixtures;
pub mod pending;
pub mod regressions;
