//! The word to stop: whoever waits for something looks at it, so that no wait outlives it for long.

use std::sync::atomic::{AtomicBool, Ordering};

/// Set by whoever wants every run to end soon.
pub static STOP: AtomicBool = AtomicBool::new(false);

/// Whether every run is to end soon.
pub(super) fn is_wanted() -> bool {
    STOP.load(Ordering::Relaxed)
}
