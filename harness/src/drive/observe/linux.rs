//! Linux: `/proc/PID/task`.
//!
//! Source: proc(5), `/proc/PID/task`, `stat`, `wchan`, `syscall`; the kernel's sched-stats documentation for `schedstat`.

use std::{
    fs,
    os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd},
    path::{Path, PathBuf},
    time::Duration,
};

use super::Look;
use crate::transcript::ThreadState;

/// A process descriptor: readable once the process has ended. Source: `pidfd_open(2)`.
pub(in crate::drive) struct EndWatch(OwnedFd);

impl EndWatch {
    pub(in crate::drive) fn new(pid: libc::pid_t) -> Option<Self> {
        // SAFETY: the system call takes two integers.
        let descriptor = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
        let descriptor = i32::try_from(descriptor).ok().filter(|&descriptor| descriptor >= 0)?;
        // SAFETY: the kernel has just made this descriptor for us.
        Some(Self(unsafe { OwnedFd::from_raw_fd(descriptor) }))
    }

    pub(in crate::drive) fn descriptor(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Looks at a process and all its children; `None` when it is gone or `/proc` is not there.
pub(in crate::drive) fn look(pid: libc::pid_t) -> Option<Look> {
    let mut whole = Look { asleep: true, used: Duration::ZERO, switches: 0, threads: Vec::new() };
    let mut processes = vec![pid];
    while let Some(pid) = processes.pop() {
        for entry in fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten() {
            let task = entry.path();
            add_thread(&mut whole, &task)?;
            let children = fs::read_to_string(task.join("children")).unwrap_or_default();
            processes.extend(children.split_whitespace().filter_map(|child| child.parse::<libc::pid_t>().ok()));
        }
    }
    Some(whole)
}

/// Adds one thread. One that ends meanwhile makes the look incomplete, and the next look tells.
fn add_thread(whole: &mut Look, task: &Path) -> Option<()> {
    let stat = fs::read_to_string(task.join("stat")).ok()?;
    // The name stands in parentheses and may hold any character, a parenthesis too.
    let (before, after) = stat.rsplit_once(')')?;
    let name = before.split_once('(')?.1.to_owned();
    let state = after.trim_start().chars().next()?;
    let (used, switches) = schedule(task)?;
    // S: sleeps until an event; T: stopped; I: idle kernel thread. D waits for a disk and will go on by itself.
    whole.asleep &= matches!(state, 'S' | 'T' | 'I');
    whole.used += used;
    whole.switches += switches;
    whole.threads.push(ThreadState { name, doing: doing(state, task) });
    Some(())
}

/// Time on a processor, and how often it was given one.
fn schedule(task: &Path) -> Option<(Duration, u64)> {
    let text = fs::read_to_string(task.join("schedstat")).ok()?;
    let mut fields = text.split_whitespace().map(|field| field.parse::<u64>().unwrap_or_default());
    let used = Duration::from_nanos(fields.next()?);
    Some((used, fields.nth(1)?))
}

fn doing(state: char, task: &Path) -> String {
    let read = |name: &str| -> Option<String> {
        let path: PathBuf = task.join(name);
        let text = fs::read_to_string(path).ok()?;
        text.split_whitespace().next().map(ToOwned::to_owned).filter(|word| word != "0")
    };
    match state {
        'R' => "runs".to_owned(),
        'T' => "is stopped".to_owned(),
        'S' => match (read("wchan"), read("syscall")) {
            (Some(place), Some(call)) => format!("sleeps in {place} (system call {call})"),
            (Some(place), None) => format!("sleeps in {place}"),
            (None, Some(call)) => format!("sleeps in system call {call}"),
            (None, None) => "sleeps".to_owned(),
        },
        other => format!("is in state {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_awake() {
        let own = look(std::process::id().cast_signed()).expect("our own process is there");
        assert!(!own.asleep && !own.threads.is_empty());
        assert!(own.threads.iter().any(|thread| thread.doing == "runs"), "{own:?}");
    }

    #[test]
    fn a_process_that_is_not_there_shows_nothing() {
        assert_eq!(look(libc::pid_t::MAX), None);
    }
}
