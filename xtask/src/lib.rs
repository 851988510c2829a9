//! What `cargo xtask` does that tests look at too: the built fixtures of this repository, the documents that are made,
//! and the judgement of pending transcripts.

pub mod documents;
pub mod fixtures;
pub mod pending;
