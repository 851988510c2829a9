//! What is below a process, seen and ended from outside: for a warden that does not come to it, because something stops it
//! again and again or traces it, and for what is left when it has done what it could.
//!
//! Source: proc(5), `/proc/PID/status`; pidfd_open(2).

use std::{
    fs, io,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use super::descriptor;
use crate::drive::procfs;

/// Longest that children of a process are killed of which ever more appear.
const LONGEST: Duration = Duration::from_secs(1);

/// What could not be ended of a process's children, for people.
pub(super) fn left_below(parent: libc::pid_t) -> String {
    let left: Vec<_> = children(parent).iter().map(Survivor::text).collect();
    match left.as_slice() {
        [] => "left a process that /proc does not show".to_owned(),
        [one] => format!("left process {one}"),
        some => format!("left processes {}", some.join(", ")),
    }
}

/// Whether something has not ended, and nothing that is shown will.
pub(super) fn only_stays(parent: libc::pid_t) -> bool {
    let left = children(parent);
    !left.is_empty() && left.iter().all(Survivor::stays)
}

/// A process that has not ended.
struct Survivor {
    pid: libc::pid_t,
    /// Its real user.
    user: String,
    /// It is not ours to kill.
    is_foreign: bool,
    tracer: Option<String>,
    is_dead: bool,
}

/// The children of a process, as far as they are shown.
fn children(parent: libc::pid_t) -> Vec<Survivor> {
    below(parent).into_iter().filter_map(|(pid, shown)| survivor(pid, &shown)).collect()
}

fn survivor(pid: libc::pid_t, shown: &Path) -> Option<Survivor> {
    let user = procfs::status(shown, "Uid")?.split_whitespace().next()?.to_owned();
    let tracer = procfs::status(shown, "TracerPid").filter(|tracer| tracer != "0");
    // It is a thread that traces; people know its process.
    let process = |thread: String| procfs::status(&procfs::of(thread.parse().ok()?)?, "Tgid").or(Some(thread));
    let tracer = tracer.and_then(process);
    // Asks only.
    let asked = descriptor::of(pid).and_then(|opened| descriptor::signal(&opened, 0));
    let is_foreign = asked.is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied);
    let is_dead = procfs::status(shown, "State").is_some_and(|state| state.starts_with('Z'));
    Some(Survivor { pid, user, is_foreign, tracer, is_dead })
}

impl Survivor {
    /// Whether waiting longer is of no use, whatever we do.
    fn stays(&self) -> bool {
        self.is_foreign || self.tracer.is_some()
    }

    /// For people.
    fn text(&self) -> String {
        let Self { pid, user, tracer, is_dead, .. } = self;
        let dead = if *is_dead { ", dead" } else { "" };
        match tracer {
            Some(tracer) => format!("{pid} (user {user}{dead}, traced by process {tracer})"),
            None => format!("{pid} (user {user}{dead})"),
        }
    }
}

/// Kills the children of a process that reaps none of them, and theirs, which become its own.
pub(super) fn end_children(parent: libc::pid_t) {
    let since = Instant::now();
    loop {
        let mut killed = false;
        for (child, shown) in below(parent) {
            let is_alive = !procfs::status(&shown, "State").is_some_and(|state| state.starts_with('Z'));
            killed |= is_alive && kill(child, &shown, parent);
        }
        if !killed || since.elapsed() > LONGEST {
            return;
        }
        thread::yield_now();
    }
}

/// Kills a process that is a child of `parent`. By its descriptor: the number alone may be another's by now.
fn kill(child: libc::pid_t, shown: &Path, parent: libc::pid_t) -> bool {
    let is_child = |_: &OwnedFd| procfs::status(shown, "PPid") == Some(parent.to_string());
    let opened = descriptor::of(child).ok().filter(is_child);
    opened.is_some_and(|opened| descriptor::signal(&opened, libc::SIGKILL).is_ok())
}

/// The children of all threads of a process, each with its folder.
fn below(parent: libc::pid_t) -> Vec<(libc::pid_t, PathBuf)> {
    let tasks =
        procfs::of(parent).and_then(|shown| fs::read_dir(shown.join("task")).ok()).into_iter().flatten().flatten();
    let children = tasks.flat_map(|task| procfs::children(&task.path()));
    children.filter_map(|child| Some((child, procfs::of(child)?))).collect()
}
