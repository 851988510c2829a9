//! A pseudo-terminal: the real source of Ctrl-C, Ctrl-\\, Ctrl-Z, resize and hang-up.

use std::{
    fs::File,
    io::{self, Write},
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
};

use nix::{
    fcntl::{FcntlArg, FdFlag, fcntl},
    pty::openpty,
};
use sigconform_fixture::Key;

/// Our end of a terminal; dropping it hangs the terminal up.
pub(super) struct Terminal {
    master: File,
    /// Open until the child has made it its controlling terminal.
    slave: Option<OwnedFd>,
    /// How often its size was changed.
    resized: u8,
}

impl Terminal {
    pub(super) fn open() -> io::Result<Self> {
        let pair = openpty(None, None)?;
        for end in [&pair.master, &pair.slave] {
            fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
        }
        Ok(Self { master: pair.master.into(), slave: Some(pair.slave), resized: 0 })
    }

    /// The end that the child takes, until it is closed.
    pub(super) fn slave(&self) -> Option<BorrowedFd<'_>> {
        self.slave.as_ref().map(AsFd::as_fd)
    }

    pub(super) fn close_slave(&mut self) {
        self.slave = None;
    }

    pub(super) fn type_key(&mut self, key: Key) -> io::Result<()> {
        self.master.write_all(&[key.character()])
    }

    /// To a size that it has not had: setting the one that it has sends nothing.
    pub(super) fn resize(&mut self) -> io::Result<()> {
        self.resized = self.resized.wrapping_add(1);
        let size = libc::winsize { ws_row: 50, ws_col: 131 + u16::from(self.resized), ws_xpixel: 0, ws_ypixel: 0 };
        // SAFETY: the descriptor is open and the size is valid.
        match unsafe { libc::ioctl(self.master.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}
