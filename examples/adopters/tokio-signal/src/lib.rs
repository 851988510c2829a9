//! A crate that hands out signals as tokio's streams do.

pub use tokio::signal::unix::{Signal, SignalKind, signal};
