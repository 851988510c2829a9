//! Other systems: nothing is observed, so only the deadline ends a wait. Type-checked on FreeBSD, run nowhere yet.

use std::os::fd::BorrowedFd;

use super::Look;

pub(in crate::drive) enum EndWatch {}

impl EndWatch {
    pub(in crate::drive) fn new(_: libc::pid_t) -> Option<Self> {
        None
    }

    pub(in crate::drive) fn descriptor(&self) -> BorrowedFd<'_> {
        match *self {}
    }
}

pub(in crate::drive) fn look(_: libc::pid_t) -> Option<Look> {
    None
}
