//! Descriptors: how many a fixture has open at its start.

use std::io;

/// Room beside those that are open at the start, for the fixture's own.
const ROOM: u32 = 1024;

/// How many a scenario can have open at the start, so far as the system lets a process have them.
pub(crate) fn most_descriptors() -> u32 {
    let most = limits().map_or(0, |limits| limits.rlim_max);
    u32::try_from(most).unwrap_or(u32::MAX).saturating_sub(ROOM)
}

fn limits() -> io::Result<libc::rlimit> {
    let mut limits = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the call only writes to the limits.
    let result = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limits) };
    if result == 0 { Ok(limits) } else { Err(io::Error::last_os_error()) }
}

/// Opens descriptors until so many are, from the lowest free number on. Async-signal-safe.
pub(super) fn open_many(count: u32) -> io::Result<()> {
    let limits = limits()?;
    let limits = libc::rlimit { rlim_cur: limits.rlim_max.min((count + ROOM).into()), ..limits };
    // What only exec would close leaves no low numbers behind. Elsewhere than on Linux an error of exec needs it until then.
    #[cfg(target_os = "linux")]
    // SAFETY: the system call takes three integers.
    unsafe {
        libc::syscall(libc::SYS_close_range, 3, u32::MAX, 0)
    };
    // SAFETY: the limits and the path are valid; the others take integers.
    unsafe {
        if libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limits) == -1 {
            return Err(io::Error::last_os_error());
        }
        let null = libc::open(c"/dev/null".as_ptr(), libc::O_RDWR);
        let mut last = null;
        while last != -1 && last.unsigned_abs() + 1 < count {
            last = libc::dup(null);
        }
        if last == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }
}
