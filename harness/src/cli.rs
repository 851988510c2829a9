//! The commands that `cargo xtask` and `sigconform` share: each is a struct of flags with a `run` that returns the exit
//! status. Whoever calls them brings the fixtures.

mod broken;
mod cell;
mod conform;
mod explain;
mod list;

use std::sync::atomic::Ordering;

pub use broken::Broken;
pub use cell::RunCell;
pub use conform::Conform;
pub use explain::Explain;
pub use list::List;

use crate::{
    catalogue::CatalogueError, data_file::DataFileError, drive, exit_status, fixture::FixtureError, select::NoMatch,
};

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The command line asks for something that is not there.
    #[error(transparent)]
    NoMatch(#[from] NoMatch),
    /// The catalogue cannot be used.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// A fixture cannot be used.
    #[error(transparent)]
    Fixture(#[from] FixtureError),
    /// Expectations speak of something that does not exist.
    #[error(transparent)]
    Expectation(#[from] DataFileError),
    /// A document could not be written.
    #[error("cannot write {file}: {source}")]
    Write {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
}

impl CliError {
    /// The exit status that it means.
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::NoMatch(_) => exit_status::USAGE,
            _ => exit_status::ENGINE,
        }
    }
}

/// Has `SIGINT` and `SIGTERM` end the run in order: no fixture is left behind. Ours alone to call, since it replaces
/// dispositions; a second signal ends the process at once.
pub fn stop_on_interrupt() {
    use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
    extern "C" fn stop(_: libc::c_int) {
        drive::STOP.store(true, Ordering::Relaxed);
    }
    let action = SigAction::new(SigHandler::Handler(stop), SaFlags::SA_RESETHAND, SigSet::empty());
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        // SAFETY: storing to an atomic is async-signal-safe.
        let _ = unsafe { sigaction(signal, &action) };
    }
}

/// 130 after an interrupt, whatever else came out.
fn unless_interrupted(status: u8) -> u8 {
    if drive::STOP.load(Ordering::Relaxed) { exit_status::INTERRUPTED } else { status }
}
