//! The one door to files that somebody else names: a fixture, a checkout, whoever sends results.
//!
//! Opening a pipe waits for its other end, opening some devices does something, and a file can be endless. So only what is
//! a regular file is opened, and no more of it is read than a limit. `clippy.toml` forbids the other ways.
//!
//! ```
//! use sigconform::regular_file;
//!
//! let folder = tempfile::tempdir()?;
//! let file = folder.path().join("mine.toml");
//! std::fs::write(&file, "times = 3")?;
//! assert_eq!(regular_file::text(&file, regular_file::DATA)?, "times = 3");
//! assert_eq!(regular_file::text(&file, 4).unwrap_err().to_string(), "it is larger than 4 bytes");
//! assert_eq!(regular_file::text(folder.path(), 4).unwrap_err().to_string(), "it is a folder, not a regular file");
//! # Ok::<(), std::io::Error>(())
//! ```

use std::{
    fs::{self, File, FileType, OpenOptions},
    io::{self, ErrorKind, Read},
    os::unix::fs::{FileTypeExt, OpenOptionsExt},
    path::Path,
};

/// Most bytes of a file that people write, or that cargo does for them: the largest lock files have a tenth.
pub const DATA: u64 = 4 << 20;

/// Most bytes of results: those of all backends of this repository have a twentieth.
pub const RESULTS: u64 = 256 << 20;

/// Opens a regular file for reading; a symbolic link is followed.
///
/// # Errors
/// It cannot be opened, or is something else than a regular file: that is said without having opened it.
pub fn open(path: &Path) -> io::Result<File> {
    expect_regular(fs::metadata(path)?.file_type())?;
    // What lies there may have changed meanwhile: a pipe that is opened like this waits for nobody, a terminal does not
    // become ours, and the open file says what it is.
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path)?;
    expect_regular(file.metadata()?.file_type())?;
    Ok(file)
}

/// All of a regular file that has at most this many bytes.
///
/// # Errors
/// As [`open`], and for a file that is larger.
pub fn bytes(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let bytes = head(path, most.saturating_add(1))?;
    // What the system says of a file's length may be wrong, or change.
    if bytes.len() as u64 > most {
        return Err(io::Error::new(ErrorKind::FileTooLarge, format!("it is larger than {}", size(most))));
    }
    Ok(bytes)
}

/// The same, as text.
///
/// # Errors
/// As [`bytes`], and for what is not UTF-8.
pub fn text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(bytes(path, most)?).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        io::Error::new(ErrorKind::InvalidData, format!("it is not UTF-8: see the byte at {at}"))
    })
}

/// The first bytes of a regular file, at most this many.
///
/// # Errors
/// As [`open`].
pub fn head(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether there is anything of this name, also what cannot be read: whoever then reads it hears why.
#[must_use]
pub fn is_there(path: &Path) -> bool {
    let is_absent = |error: &io::Error| matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory);
    !fs::symlink_metadata(path).is_err_and(|error| is_absent(&error))
}

fn expect_regular(is: FileType) -> io::Result<()> {
    if is.is_file() {
        return Ok(());
    }
    let what = match is {
        _ if is.is_dir() => "a folder",
        _ if is.is_fifo() => "a pipe",
        _ if is.is_socket() => "a socket",
        _ => "a device",
    };
    Err(io::Error::new(ErrorKind::InvalidInput, format!("it is {what}, not a regular file")))
}

/// Bytes for people.
fn size(bytes: u64) -> String {
    if bytes >= 1 << 20 { format!("{} MiB", bytes >> 20) } else { format!("{bytes} bytes") }
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::symlink, os::unix::net::UnixListener, sync::mpsc, thread, time::Duration};

    use nix::{sys::stat::Mode, unistd::mkfifo};

    use super::*;

    /// What reading says; a panic where it waits for somebody.
    fn said(path: &Path) -> String {
        let (tell, hear) = mpsc::channel();
        let path = path.to_owned();
        thread::spawn(move || tell.send(text(&path, DATA).map_err(|error| error.to_string())));
        hear.recv_timeout(Duration::from_secs(60)).expect("it waits without end").expect_err("it is no regular file")
    }

    #[test]
    fn what_is_no_regular_file_is_not_opened() {
        let folder = tempfile::tempdir().expect("a folder");
        let (pipe, link, socket) =
            (folder.path().join("pipe"), folder.path().join("link"), folder.path().join("socket"));
        mkfifo(&pipe, Mode::S_IRWXU).expect("a pipe");
        symlink(&pipe, &link).expect("a link");
        let _listener = UnixListener::bind(&socket).expect("a socket");
        assert_eq!(said(&pipe), "it is a pipe, not a regular file");
        assert_eq!(said(&link), "it is a pipe, not a regular file");
        assert_eq!(said(&socket), "it is a socket, not a regular file");
        assert_eq!(said(Path::new("/dev/zero")), "it is a device, not a regular file");
        assert_eq!(said(folder.path()), "it is a folder, not a regular file");
    }

    #[test]
    fn a_link_to_a_file_is_followed_and_a_large_file_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "12345").expect("a file");
        symlink(&file, &link).expect("a link");
        assert_eq!(text(&link, 5).expect("it fits"), "12345");
        assert_eq!(head(&link, 2).expect("its beginning"), b"12");
        assert_eq!(bytes(&link, 4).expect_err("it does not fit").kind(), ErrorKind::FileTooLarge);
        // Sparse: it takes no room, and would take all memory.
        File::options().write(true).open(&file).and_then(|file| file.set_len(1 << 40)).expect("a long file");
        assert_eq!(text(&file, DATA).expect_err("it does not fit").to_string(), "it is larger than 4 MiB");
        // The system says that this one has no bytes.
        assert!(!bytes(Path::new("/proc/self/stat"), DATA).is_ok_and(|bytes| bytes.is_empty()));
        fs::write(&file, b"ab\xff").expect("a file");
        assert_eq!(text(&file, DATA).expect_err("no text").to_string(), "it is not UTF-8: see the byte at 2");
    }
}
