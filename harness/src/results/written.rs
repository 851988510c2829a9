//! Writing a document: the whole of it or none, to where the path leads, with the permissions that its owner means.
//!
//! What can go wrong is looked for before anything is played: an hour of cases is not lost for a misspelt folder.
//!
//! Source: POSIX.1-2024, rename(), open() (`O_NONBLOCK`, `[ENXIO]`), umask().

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, ErrorKind, Write},
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    },
    path::{Path, PathBuf},
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    unistd::{AccessFlags, access},
};
use tempfile::NamedTempFile;

use crate::{drive, text};

/// Links that lead to each other have no end: more than this many in a row are none that a system follows.
const LINKS: usize = 40;
/// How often a write that waits for a reader looks whether we are to stop, and how long that reader then has.
const LOOK: u16 = 100;
const LAST_CHANCE: Duration = Duration::from_secs(1);

/// Where a path leads.
#[derive(Debug)]
enum Destination {
    /// A regular file, or none yet: it is replaced. With the permissions that it has.
    File(PathBuf, Option<Permissions>),
    /// A pipe, a terminal or another device: it is written to.
    Stream(PathBuf),
    /// What this process has open anyhow: a copy of the descriptor, so that what is written joins what was.
    Own(OwnedFd),
}

/// Writes a file as a whole or not at all: beside it first, then renamed over it. A symbolic link is followed, a new file has
/// the permissions that the umask leaves, and an old one keeps its own. What is no regular file, such as a pipe, is
/// written directly.
///
/// ```
/// use std::fs;
///
/// use sigconform::{report::json, results::{Results, write_file}};
///
/// let folder = tempfile::tempdir()?;
/// let file = folder.path().join("results.json");
/// write_file(&file, &json::render(&[Results::of(Vec::new())]))?;
/// assert!(fs::read_to_string(&file)?.starts_with('{'));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// The file could not be written.
pub fn write_file(path: &Path, text: &str) -> io::Result<()> {
    match destination(path)? {
        Destination::File(path, permissions) => {
            let mut file = beside(&path)?;
            file.write_all(text.as_bytes())?;
            if let Some(permissions) = permissions {
                file.as_file().set_permissions(permissions)?;
            }
            file.persist(path).map_err(|error| error.error)?;
            Ok(())
        }
        Destination::Stream(path) => {
            let mut options = OpenOptions::new();
            options.write(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
            #[expect(clippy::disallowed_methods, reason = "what is opened like this waits for nobody")]
            let stream = options.open(path).map_err(explained)?;
            write_stream(stream, text.as_bytes())
        }
        Destination::Own(descriptor) => File::from(descriptor).write_all(text.as_bytes()),
    }
}

/// Whether [`write_file`] could write there now; nothing is changed.
///
/// # Errors
/// Why not.
pub fn check_file(path: &Path) -> io::Result<()> {
    match destination(path)? {
        // Removed at once: only this shows every reason why there could be no file.
        Destination::File(path, _) => beside(&path).map(drop),
        Destination::Stream(path) => Ok(access(&path, AccessFlags::W_OK)?),
        Destination::Own(_) => Ok(()),
    }
}

/// Whether two paths lead to one and the same file, which only one document can be.
#[must_use]
pub fn is_same_file(one: &Path, other: &Path) -> bool {
    let file = |path: &Path| match destination(path) {
        Ok(Destination::File(path, _)) => Some((folder(&path).canonicalize().ok()?, path.file_name()?.to_owned())),
        _ => None,
    };
    file(one).is_some_and(|one| file(other) == Some(one))
}

fn destination(path: &Path) -> io::Result<Destination> {
    match fs::metadata(path) {
        Ok(about) if about.is_dir() => Err(ErrorKind::IsADirectory.into()),
        Ok(about) if about.file_type().is_socket() => Err(io::Error::other("it is a socket")),
        Ok(about) => {
            if let Some(own) = own(&about)? {
                return Ok(Destination::Own(own));
            }
            if !about.is_file() {
                return Ok(Destination::Stream(path.to_owned()));
            }
            Ok(Destination::File(path.canonicalize()?, Some(Permissions::from_mode(about.mode() & 0o777))))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Destination::File(followed(path)?, None)),
        Err(error) => Err(error),
    }
}

/// Our own standard output or error, where the path leads to it: `/dev/stdout`, and what that is redirected to.
fn own(about: &fs::Metadata) -> io::Result<Option<OwnedFd>> {
    let is_it = |own: BorrowedFd<'_>| {
        let own = File::from(own.try_clone_to_owned()?);
        io::Result::Ok(own.metadata().is_ok_and(|own| (own.dev(), own.ino()) == (about.dev(), about.ino())))
    };
    let (stdout, stderr) = (io::stdout(), io::stderr());
    for own in [stdout.as_fd(), stderr.as_fd()] {
        if is_it(own).unwrap_or_default() {
            return own.try_clone_to_owned().map(Some);
        }
    }
    Ok(None)
}

/// The end of the links that a path begins, where there is nothing yet.
fn followed(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        match fs::read_link(&path) {
            Ok(to) => path = folder(&path).join(to),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::from_raw_os_error(libc::ELOOP))
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A new file in the folder of `path`, which is gone when it is dropped.
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    if path.file_name().is_none() {
        return Err(ErrorKind::InvalidFilename.into());
    }
    let folder = folder(path);
    if let Err(error) = fs::metadata(folder) {
        return Err(io::Error::new(error.kind(), format!("{error}: the folder {}", text::path(folder))));
    }
    tempfile::Builder::new().prefix(".sigconform").permissions(Permissions::from_mode(0o666)).tempfile_in(folder)
}

/// Everything to something that may take it slowly; when we are to stop, only as long as somebody takes it.
fn write_stream(mut stream: File, mut bytes: &[u8]) -> io::Result<()> {
    let mut stopped: Option<Instant> = None;
    while !bytes.is_empty() {
        match stream.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => (bytes, stopped) = (&bytes[written..], None),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let _ = poll(&mut [PollFd::new(stream.as_fd(), PollFlags::POLLOUT)], PollTimeout::from(LOOK));
                if drive::STOP.load(Ordering::Relaxed) {
                    let since = *stopped.get_or_insert_with(Instant::now);
                    if since.elapsed() > LAST_CHANCE {
                        return Err(io::Error::new(ErrorKind::TimedOut, "interrupted, and nobody reads it"));
                    }
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The system's word for a pipe without a reader says nothing to people.
fn explained(error: io::Error) -> io::Error {
    if error.raw_os_error() == Some(libc::ENXIO) { io::Error::other("nobody reads this pipe") } else { error }
}
