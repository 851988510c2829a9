//! Other systems: nothing is observed, so only the deadline ends a wait. Type-checked on FreeBSD, run nowhere yet.

use super::Look;
use crate::transcript::ThreadState;

pub(in crate::drive) fn look(_: libc::pid_t) -> Option<Look> {
    None
}

pub(in crate::drive) fn count(_: libc::pid_t) -> Option<u32> {
    None
}

pub(in crate::drive) fn threads(_: libc::pid_t) -> Vec<ThreadState> {
    Vec::new()
}

pub(in crate::drive) fn sleeps(_: libc::pid_t) -> Option<u64> {
    None
}

pub(in crate::drive) fn is_shown(_: libc::pid_t) -> bool {
    false
}
