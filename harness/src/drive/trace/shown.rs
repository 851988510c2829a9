//! What `/proc` shows of a process's signals and descriptors.
//!
//! Source: proc(5), `/proc/PID/status`, `/proc/PID/fdinfo`, `/proc/PID/fd`, `/proc/PID/maps`.

use std::{
    fs, io,
    ops::RangeInclusive,
    os::unix::fs::{FileTypeExt, MetadataExt},
    path::Path,
};

use sigconform_fixture::{Signal, WaitsFor};

use crate::{drive::procfs, regular_file};

/// Most bytes of what /proc says of a process's memory: a fixture chooses how much there is.
pub(super) const MAPS: u64 = 64 << 20;

/// A set of signals, as `status` shows it.
#[derive(Debug, Clone, Copy)]
struct Set(u64);

impl Set {
    fn holds(self, signal: libc::c_int) -> bool {
        (1..=64).contains(&signal) && self.0 & (1 << (signal - 1)) != 0
    }
}

/// The ids of a process's threads.
pub(super) fn threads(pid: libc::pid_t) -> Vec<libc::pid_t> {
    let tasks = procfs::of(pid).and_then(|shown| fs::read_dir(shown.join("task")).ok()).into_iter().flatten().flatten();
    tasks.filter_map(|task| task.file_name().to_str()?.parse().ok()).collect()
}

/// Whether the process has a handler for the signal.
pub(super) fn is_caught(pid: libc::pid_t, signal: libc::c_int) -> bool {
    set(pid, "SigCgt").is_some_and(|caught| caught.holds(signal))
}

/// Whether the process has a handler for the signal, and a thread that does not block it; `None` when nothing is shown.
pub(super) fn takes(pid: libc::pid_t, signal: Signal) -> Option<bool> {
    let signal = signal.as_raw();
    let lets_in = |thread: &libc::pid_t| set(*thread, "SigBlk").is_some_and(|blocked| !blocked.holds(signal));
    Some(set(pid, "SigCgt")?.holds(signal) && threads(pid).iter().any(lets_in))
}

/// Whether the signal waits for the process or one of its threads to take it.
pub(super) fn is_pending(pid: libc::pid_t, signal: Signal) -> bool {
    let waits = |thread: libc::pid_t, of: &str| set(thread, of).is_some_and(|pending| pending.holds(signal.as_raw()));
    waits(pid, "ShdPnd") || threads(pid).into_iter().any(|thread| waits(thread, "SigPnd"))
}

/// Whether the signal waits for this very thread to take it.
pub(super) fn is_about_to_take(thread: libc::pid_t, signal: libc::c_int) -> bool {
    set(thread, "SigPnd").is_some_and(|pending| pending.holds(signal))
}

/// The piece of memory that has this address, from its first to its last.
pub(super) fn mapping(thread: libc::pid_t, address: u64) -> Option<RangeInclusive<u64>> {
    let maps = regular_file::bytes(&procfs::of(thread)?.join("maps"), MAPS).ok()?;
    let bounds = |line: &[u8]| {
        let (start, end) = str::from_utf8(line.split(|&byte| byte == b' ').next()?).ok()?.split_once('-')?;
        let [start, end] = [start, end].map(|text| u64::from_str_radix(text, 16));
        Some(start.ok()?..=end.ok()?.checked_sub(1)?)
    };
    maps.split(|&byte| byte == b'\n').filter_map(bounds).find(|bounds| bounds.contains(&address))
}

/// Whether the thread sleeps.
pub(super) fn is_asleep(thread: libc::pid_t) -> bool {
    field(thread, "State").is_some_and(|state| state.starts_with('S'))
}

fn set(thread: libc::pid_t, name: &str) -> Option<Set> {
    u64::from_str_radix(&field(thread, name)?, 16).ok().map(Set)
}

/// A line of `status`, which every thread has.
fn field(thread: libc::pid_t, name: &str) -> Option<String> {
    procfs::status(&procfs::of(thread)?, name)
}

/// What a call on this descriptor of the thread waits for: nothing where the file is always ready, or there is none.
pub(super) fn descriptor(thread: libc::pid_t, number: i32, does_not_wait: bool) -> Option<WaitsFor> {
    let shown = procfs::of(thread)?;
    let info = procfs::read(&shown.join("fdinfo").join(number.to_string()))?;
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:"))?;
    let flags = i32::from_str_radix(flags.trim(), 8).ok()?;
    let path = shown.join("fd").join(number.to_string());
    if is_always_ready(&path).unwrap_or(false) {
        return None;
    }
    let file = fs::read_link(path).ok()?.to_string_lossy().into_owned();
    let nonblocking = does_not_wait || flags & libc::O_NONBLOCK != 0;
    Some(WaitsFor::Descriptor { number, file: kind(&file).to_owned(), nonblocking })
}

/// `pipe` of `pipe:[123]`, `eventfd` of `anon_inode:[eventfd]`; a path as it is.
fn kind(link: &str) -> &str {
    match link.split_once(":[") {
        Some(("anon_inode", name)) => name.trim_end_matches(']'),
        Some((kind, _)) => kind,
        None => link,
    }
}

/// `O_NONBLOCK` means nothing for files and folders, nor for `/dev/null` and its like.
///
/// Source: open(2), `O_NONBLOCK`; null(4), whose device number is 1.
fn is_always_ready(path: &Path) -> io::Result<bool> {
    let file = fs::metadata(path)?;
    let kind = file.file_type();
    let is_memory = kind.is_char_device() && libc::major(file.rdev()) == 1;
    Ok(kind.is_file() || kind.is_dir() || kind.is_block_device() || is_memory)
}
