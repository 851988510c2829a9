//! A crate that hands out signals as an iterator: signal-hook's.

pub use signal_hook::iterator::Signals;
