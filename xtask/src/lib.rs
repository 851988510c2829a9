//! What the tests share with `cargo xtask`: the built fixtures of this repository, and the regressions.

pub mod fixtures;
pub mod regressions;
