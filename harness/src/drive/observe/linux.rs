//! Linux: `/proc/PID/task`.
//!
//! Source: proc(5), `/proc/PID/task`, `stat`, `wchan`, `syscall`; the kernel's sched-stats documentation for `schedstat`.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use super::Look;
use crate::{
    drive::procfs::{self, children, read},
    transcript::ThreadState,
};

/// Looks at every descendant of the warden `top`; `None` when something of it is just coming or going, or `/proc` is
/// not there.
pub(in crate::drive) fn look(top: libc::pid_t) -> Option<Look> {
    let mut whole = Look::NOTHING;
    each_task(top, |task| {
        let (_, state) = name_and_state(task)?;
        let Schedule { used, waited, switches } = schedule(task)?;
        whole.asleep &= is_asleep(state);
        whole.used = whole.used.saturating_add(used);
        whole.switches = whole.switches.saturating_add(switches);
        whole.waited = whole.waited.max(waited);
        Some(())
    })?;
    Some(whole)
}

/// How often a thread below the warden `top` has gone to sleep of its own accord: a loaded machine takes a processor away more
/// often, and counts that elsewhere.
///
/// Source: proc(5), `/proc/PID/status`, `voluntary_ctxt_switches`.
pub(in crate::drive) fn sleeps(top: libc::pid_t) -> Option<u64> {
    let mut sleeps = 0_u64;
    each_task(top, |task| {
        let count: u64 = procfs::status(task, "voluntary_ctxt_switches")?.parse().ok()?;
        sleeps = sleeps.saturating_add(count);
        Some(())
    })?;
    Some(sleeps)
}

/// Whether the threads below the warden `top` are shown at all.
pub(in crate::drive) fn is_shown(top: libc::pid_t) -> bool {
    tasks(top).is_some()
}

/// Whether every thread of this process is stopped.
pub(in crate::drive) fn is_stopped(pid: libc::pid_t) -> bool {
    let is_stopped = |task: PathBuf| name_and_state(&task).is_some_and(|(_, state)| state == 'T');
    tasks(pid).is_some_and(|mut tasks| tasks.all(is_stopped))
}

/// What each thread below the warden `top` is doing, as far as the system shows it.
pub(in crate::drive) fn threads(top: libc::pid_t) -> Vec<ThreadState> {
    let mut threads = Vec::new();
    let _ = each_task(top, |task| {
        let (name, state) = name_and_state(task)?;
        threads.push(ThreadState { name, doing: doing(state, task) });
        Some(())
    });
    threads
}

/// How many threads there are below the warden `top`; `None` when something of it is just coming or going.
pub(in crate::drive) fn count(top: libc::pid_t) -> Option<u32> {
    let mut count = 0;
    each_task(top, |task| {
        let (_, state) = name_and_state(task)?;
        count += u32::from(state != 'Z');
        Some(())
    })?;
    Some(count)
}

/// Visits every thread of every descendant; ends at the first that cannot be read.
fn each_task(top: libc::pid_t, mut visit: impl FnMut(&Path) -> Option<()>) -> Option<()> {
    let mut processes = Vec::new();
    for task in tasks(top)? {
        processes.extend(children(&task));
    }
    while let Some(pid) = processes.pop() {
        for task in tasks(pid)? {
            visit(&task)?;
            processes.extend(children(&task));
        }
    }
    Some(())
}

fn tasks(pid: libc::pid_t) -> Option<impl Iterator<Item = PathBuf>> {
    Some(fs::read_dir(procfs::of(pid)?.join("task")).ok()?.flatten().map(|entry| entry.path()))
}

fn name_and_state(task: &Path) -> Option<(String, char)> {
    let stat = read(&task.join("stat"))?;
    // The name stands in parentheses and may hold any character, a parenthesis too.
    let (before, after) = stat.rsplit_once(')')?;
    Some((before.split_once('(')?.1.to_owned(), after.trim_start().chars().next()?))
}

/// S: sleeps until an event; T: stopped; I: idle kernel thread; Z: has ended, and its parent has not asked how. D waits for
/// a disk and will go on by itself.
fn is_asleep(state: char) -> bool {
    matches!(state, 'S' | 'T' | 'I' | 'Z')
}

/// What the scheduler did with a thread.
struct Schedule {
    /// Time on a processor.
    used: Duration,
    /// Time that it was ready to run and had none.
    waited: Duration,
    /// How often it was given one.
    switches: u64,
}

fn schedule(task: &Path) -> Option<Schedule> {
    let text = read(&task.join("schedstat"))?;
    let mut fields = text.split_whitespace().map(|field| field.parse::<u64>().unwrap_or_default());
    let mut next_time = || fields.next().map(Duration::from_nanos);
    let (used, waited) = (next_time()?, next_time()?);
    Some(Schedule { used, waited, switches: fields.next()? })
}

fn doing(state: char, task: &Path) -> String {
    let first_word = |name: &str| -> Option<String> {
        let text = read(&task.join(name))?;
        text.split_whitespace().next().map(ToOwned::to_owned).filter(|word| word != "0")
    };
    match state {
        'R' => match schedule(task) {
            Some(Schedule { used, waited, .. }) => {
                let (used, waited) = (used.as_secs_f64(), waited.as_secs_f64());
                format!("runs (had a processor for {used:.3} s and waited {waited:.3} s for one)")
            }
            None => "runs".to_owned(),
        },
        'T' => "is stopped".to_owned(),
        'Z' => "has ended and was not reaped".to_owned(),
        'S' => match (first_word("wchan"), first_word("syscall")) {
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
    fn this_thread_is_awake() {
        let (_, state) = name_and_state(Path::new("/proc/thread-self")).expect("our own thread is there");
        let doing = doing(state, Path::new("/proc/thread-self"));
        assert!(doing.starts_with("runs (had a processor for 0."), "{doing}");
        assert!(!is_asleep(state) && schedule(Path::new("/proc/thread-self")).is_some());
    }

    #[test]
    fn a_name_that_is_cut_in_a_letter_hides_nothing() {
        // Fifteen bytes are kept: the last letter, of two bytes, is cut.
        let name = c"fourteen-bytes\u{e9}";
        // SAFETY: the name is terminated, and is this thread's own.
        unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) };
        let (name, state) = name_and_state(Path::new("/proc/thread-self")).expect("our own thread is there");
        assert_eq!((name.as_str(), state), ("fourteen-bytes\u{fffd}", 'R'));
    }

    #[test]
    fn who_sleeps_has_gone_to_sleep() {
        let mut child = std::process::Command::new("sleep").arg("5").spawn().expect("it sleeps");
        let mut is_there = || child.try_wait().is_ok_and(|ended| ended.is_none());
        // Other tests have children too, which come and go.
        let is_seen = || sleeps(std::process::id().cast_signed()).is_some_and(|sleeps| sleeps > 0);
        while is_there() && !is_seen() {
            std::thread::yield_now();
        }
        assert!(is_there(), "it has slept to its end, and nobody saw it");
        child.kill().and_then(|()| child.wait()).expect("it ends");
    }

    #[test]
    fn a_process_that_is_not_there_shows_nothing() {
        assert_eq!(look(libc::pid_t::MAX), None);
        assert_eq!(threads(libc::pid_t::MAX), []);
    }
}
