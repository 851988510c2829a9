//! Linux: `/proc`, as far as it is that of our own namespace of process ids. In another's the same numbers are other
//! processes: what it shows is none of our fixture, so it counts as no `/proc`.
//!
//! Source: proc(5), `/proc/PID/status`, `NSpid`; pid_namespaces(7), `/proc` and PID namespaces.

use std::{
    fs,
    path::{Path, PathBuf},
    process,
    sync::OnceLock,
};

/// The folder of a process or a thread, if it would be its.
pub(super) fn of(id: libc::pid_t) -> Option<PathBuf> {
    is_ours().then(|| format!("/proc/{id}").into())
}

/// A file of `/proc`, where names are bytes: one that is cut in the middle of a letter must not hide its thread.
pub(super) fn read(path: &Path) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "a file of the kernel's, which is short")]
    Some(String::from_utf8_lossy(&fs::read(path).ok()?).into_owned())
}

/// The value of a line of a thread's `status`.
pub(super) fn status(folder: &Path, name: &str) -> Option<String> {
    let status = read(&folder.join("status"))?;
    field(&status, name).map(ToOwned::to_owned)
}

/// The children of one thread.
pub(super) fn children(task: &Path) -> Vec<libc::pid_t> {
    let list = read(&task.join("children")).unwrap_or_default();
    list.split_whitespace().filter_map(|child| child.parse().ok()).collect()
}

/// Whether the numbers in `/proc` are those that the system calls of this process take.
fn is_ours() -> bool {
    static OURS: OnceLock<bool> = OnceLock::new();
    *OURS.get_or_init(|| {
        let link = fs::read_link("/proc/self").ok();
        let status = read(Path::new("/proc/self/status"));
        link.zip(status).is_some_and(|(link, status)| shows(process::id(), &link, &status))
    })
}

/// Whether such a link and `status` are those of the process `own` in its own namespace: seen from another it has one number
/// for each namespace between. Before Linux 4.1 there is no `NSpid`.
fn shows(own: u32, link: &Path, status: &str) -> bool {
    let numbers: Vec<&str> = field(status, "NSpid").into_iter().flat_map(str::split_whitespace).collect();
    link == Path::new(&own.to_string()) && numbers.len() <= 1
}

fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_shown_as_itself() {
        assert_eq!(of(7), Some("/proc/7".into()));
        let own = of(process::id().cast_signed()).expect("our own");
        assert_eq!(status(&own, "Tgid").as_deref(), Some(process::id().to_string().as_str()));
    }

    #[test]
    fn another_namespace_is_told_by_its_numbers() {
        let (seven, inner) = (Path::new("7"), "Name:\tx\nNSpid:\t7\nNSpgid:\t7\n");
        assert!(shows(7, seven, inner) && shows(7, seven, "Name:\tx\n"));
        // From outside: another number, or by chance the same.
        assert!(!shows(7, Path::new("4711"), "NSpid:\t4711\t7\n") && !shows(7, seven, "NSpid:\t7\t7\n"));
    }
}
