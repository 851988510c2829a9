//! The exit statuses of `cargo xtask` and `sigconform`: scripts rely on them.
//!
//! ```
//! use sigconform::{exit_status, results::Results};
//!
//! // A run of nothing has found nothing wrong.
//! assert_eq!(Results::of(Vec::new()).exit_status(), exit_status::CONFORMING);
//! ```

/// Everything conforms, or differs only as the expectations list.
pub const CONFORMING: u8 = 0;
/// A backend does not conform, or a listed failure passes.
pub const NOT_CONFORMING: u8 = 1;
/// The command line is wrong: an unknown option, backend or scenario.
pub const USAGE: u8 = 2;
/// The engine could not do its work: a fixture cannot be built or started, a data file is malformed.
pub const ENGINE: u8 = 3;
/// Ended by `SIGHUP`: 128 + 1.
pub const HUNG_UP: u8 = 129;
/// Interrupted by `SIGINT`: 128 + 2.
pub const INTERRUPTED: u8 = 130;
/// Ended by `SIGQUIT`: 128 + 3.
pub const QUIT: u8 = 131;
/// Ended by `SIGTERM`: 128 + 15.
pub const TERMINATED: u8 = 143;
