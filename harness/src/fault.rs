//! Faults: who has to act before anything can be said of the library. Whoever reports an error says it, where it is known.
//!
//! ```
//! use sigconform::fault::Fault;
//!
//! assert_eq!(Fault::Fixture.remedy(), "mend the fixture");
//! ```

use std::io::ErrorKind;

use serde::{Deserialize, Serialize};

mod caught;

pub(crate) use caught::caught;
pub use caught::tell_panics;

/// Whose fault it is that nothing is known about the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Fault {
    /// The fixture's: it does not do what the protocol or its script says.
    Fixture,
    /// The system's around it: no room for a process, one that cannot be ended, a run that was interrupted.
    Surroundings,
    /// The harness's own.
    Engine,
}

impl Fault {
    /// Whose fault it is that a program could not be started: its own where it is not there, or is no program.
    #[must_use]
    pub fn of_start(error: &std::io::Error) -> Self {
        let is_its_own =
            matches!(error.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied | ErrorKind::NotADirectory)
                || error.raw_os_error() == Some(libc::ENOEXEC);
        if is_its_own { Self::Fixture } else { Self::Surroundings }
    }

    /// What is to be done, in the imperative.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Fixture => "mend the fixture",
            Self::Surroundings => "see to what the error names",
            Self::Engine => "report this defect of sigconform with the error's text",
        }
    }
}

/// Why nothing is known about the library, and whose fault that is where it is known.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) reason: String,
    pub(crate) fault: Option<Fault>,
}

impl Failure {
    pub(crate) fn of(fault: impl Into<Option<Fault>>, reason: impl ToString) -> Self {
        Self { reason: reason.to_string(), fault: fault.into() }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Error;

    use super::*;

    #[test]
    fn a_program_that_is_none_is_its_own_fault_and_a_full_system_is_not() {
        for errno in [libc::ENOENT, libc::EACCES, libc::ENOTDIR, libc::ENOEXEC] {
            assert_eq!(Fault::of_start(&Error::from_raw_os_error(errno)), Fault::Fixture, "{errno}");
        }
        for errno in [libc::EAGAIN, libc::ENOMEM, libc::EMFILE] {
            assert_eq!(Fault::of_start(&Error::from_raw_os_error(errno)), Fault::Surroundings, "{errno}");
        }
    }
}
