//! What the conformance tests in `snapshots` share with `cargo xtask`: the built fixtures of this repository.

pub mod fixtures;
