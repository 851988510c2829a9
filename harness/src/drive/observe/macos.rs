//! macOS: `proc_pidinfo` of libproc, which needs no privilege for one's own children.
//!
//! Source: the system's `<libproc.h>` and `<sys/proc_info.h>`.

use std::{mem, os::fd::BorrowedFd, ptr, time::Duration};

use super::Look;
use crate::transcript::ThreadState;

/// Nothing here becomes readable at the end of a process: the harness looks more often instead.
pub(in crate::drive) enum EndWatch {}

impl EndWatch {
    pub(in crate::drive) fn new(_: libc::pid_t) -> Option<Self> {
        None
    }

    pub(in crate::drive) fn descriptor(&self) -> BorrowedFd<'_> {
        match *self {}
    }
}

/// Looks at every process of the group that `pid` leads.
pub(in crate::drive) fn look(pid: libc::pid_t) -> Option<Look> {
    let mut whole = Look { asleep: true, used: Duration::ZERO, switches: 0, threads: Vec::new() };
    for member in group(pid) {
        let info = task_info(member)?;
        whole.asleep &= info.pti_numrunning == 0;
        whole.used += Duration::from_nanos(info.pti_total_user + info.pti_total_system);
        whole.switches += u64::from(info.pti_csw.unsigned_abs());
        let doing = format!("{} of {} threads run", info.pti_numrunning, info.pti_threadnum);
        whole.threads.push(ThreadState { name: format!("process {member}"), doing });
    }
    (!whole.threads.is_empty()).then_some(whole)
}

fn group(leader: libc::pid_t) -> Vec<libc::pid_t> {
    let mut members = [0; 1024];
    let size = i32::try_from(mem::size_of_val(&members)).unwrap_or(0);
    // SAFETY: the buffer is valid for `size` bytes.
    let count = unsafe { libc::proc_listpgrppids(leader, members.as_mut_ptr().cast(), size) };
    members.into_iter().take(usize::try_from(count).unwrap_or(0)).filter(|&member| member > 0).collect()
}

fn task_info(pid: libc::pid_t) -> Option<libc::proc_taskinfo> {
    // SAFETY: all-zero bytes are a valid proc_taskinfo.
    let mut info: libc::proc_taskinfo = unsafe { mem::zeroed() };
    let size = i32::try_from(mem::size_of_val(&info)).ok()?;
    // SAFETY: `info` is valid for `size` bytes.
    let written = unsafe { libc::proc_pidinfo(pid, libc::PROC_PIDTASKINFO, 0, ptr::from_mut(&mut info).cast(), size) };
    (written == size).then_some(info)
}
