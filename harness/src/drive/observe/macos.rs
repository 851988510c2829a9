//! macOS: `proc_pidinfo` of libproc, which needs no privilege for one's own children.
//!
//! Source: the system's `<libproc.h>` and `<sys/proc_info.h>`.

use std::{mem, ptr, time::Duration};

use super::Look;
use crate::transcript::ThreadState;

/// Looks at every process of the group that `pid` leads.
pub(in crate::drive) fn look(pid: libc::pid_t) -> Option<Look> {
    let members = group(pid);
    let mut whole = Look::NOTHING;
    for &member in &members {
        let info = task_info(member)?;
        whole.asleep &= info.pti_numrunning == 0;
        let used = Duration::from_nanos(info.pti_total_user.saturating_add(info.pti_total_system));
        whole.used = whole.used.saturating_add(used);
        whole.switches += u64::from(info.pti_csw.unsigned_abs());
    }
    (!members.is_empty()).then_some(whole)
}

/// What each process of the group that `pid` leads is doing.
pub(in crate::drive) fn threads(pid: libc::pid_t) -> Vec<ThreadState> {
    let shown = group(pid).into_iter().filter_map(|member| {
        let info = task_info(member)?;
        let doing = format!("{} of {} threads run", info.pti_numrunning, info.pti_threadnum);
        Some(ThreadState { name: format!("process {member}"), doing })
    });
    shown.collect()
}

/// How many threads the group that `pid` leads has.
pub(in crate::drive) fn count(pid: libc::pid_t) -> Option<u32> {
    let threads = group(pid).into_iter().map(|member| task_info(member).map(|info| info.pti_threadnum.unsigned_abs()));
    threads.sum()
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

/// Not told: what takes a processor away is counted with it.
pub(in crate::drive) fn sleeps(_: libc::pid_t) -> Option<u64> {
    None
}

/// For what is not told.
pub(in crate::drive) fn is_shown(_: libc::pid_t) -> bool {
    false
}
