//! What is started, and what is known of its end: the words between a fixture's process and the system's way to start one.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    os::fd::BorrowedFd,
};

use sigconform_fixture::Signal;

use super::clean::Cleanly;

/// What is started, and how.
pub(super) struct Launch<'a> {
    pub(super) program: &'a OsStr,
    pub(super) args: Vec<OsString>,
    /// What it is given besides our own environment.
    pub(super) env: Vec<(&'a str, &'a OsStr)>,
    /// Its standard input, output and error.
    pub(super) pipes: [File; 3],
    pub(super) cleanly: Cleanly,
    /// Its end of the scenario's terminal.
    pub(super) terminal: Option<BorrowedFd<'a>>,
}

/// An exit status, or the signal that ended the process.
pub(in crate::drive) type Status = Result<i32, Signal>;

/// What is known of a fixture's end.
#[derive(Default)]
pub(in crate::drive) struct End {
    /// How it ended. Unknown where it has killed what guards it, or somebody else is told of its end.
    pub(in crate::drive) status: Option<Status>,
    /// What could not be ended of all that it started, for people.
    pub(in crate::drive) left: Option<String>,
}
