//! A crate with a defect, as such crates have had it: signals that come together are told one at a time, and whoever looks
//! again must wait for the next signal first.

use std::io;

/// Hands out signals, one each time.
pub struct Signals(signal_hook::iterator::Signals);

impl Signals {
    /// Without signals.
    pub fn new() -> io::Result<Self> {
        Ok(Self(signal_hook::iterator::Signals::new([0; 0])?))
    }

    /// Adds a signal.
    pub fn add(&self, signal: i32) -> io::Result<()> {
        self.0.add_signal(signal)
    }

    /// Waits for the next signal.
    pub fn next(&mut self) -> Option<i32> {
        // The defect: what else had come by now is dropped with the iterator.
        self.0.wait().next()
    }

    /// The next signal, if one has come.
    pub fn poll(&mut self) -> Option<i32> {
        self.0.pending().next()
    }
}
