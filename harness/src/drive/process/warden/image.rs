//! The program that a warden starts: everything that exec needs, laid out by the harness in memory that both share, because
//! a warden must not allocate.

use std::{
    cell::UnsafeCell,
    env,
    ffi::{CString, OsStr, OsString},
    io, iter,
    os::{
        fd::{AsRawFd, FromRawFd, OwnedFd, RawFd},
        unix::ffi::OsStrExt,
    },
    path::{Path, PathBuf},
    ptr,
};

use nix::{
    errno::Errno,
    unistd::{AccessFlags, access},
};

use super::board::Board;
use crate::drive::process::clean::Cleanly;

/// Enough for a clean start and exec.
const STACK: usize = 64 << 10;
/// Enough for the arguments and the environment: Linux allows six megabytes at most. What is not used takes no memory.
const TEXT: usize = 8 << 20;

/// Shared memory, at the same address in the harness and its warden.
pub(super) struct Image(ptr::NonNull<Shared>);

// SAFETY: whoever owns the handle owns the memory, but for the warden, which reads it only when it was told to.
unsafe impl Send for Image {}

#[repr(C)]
struct Shared {
    board: Board,
    path: *const libc::c_char,
    args: *const *const libc::c_char,
    env: *const *const libc::c_char,
    cleanly: Cleanly,
    /// What the child takes as its standard input, output and error.
    pipes: [RawFd; 3],
    terminal: Option<RawFd>,
    /// Why it could not be started; written by the child that shares the warden's memory until it has.
    error: libc::c_int,
    stack: UnsafeCell<[u8; STACK]>,
    text: [u8; TEXT],
}

impl Image {
    pub(super) fn new() -> io::Result<Self> {
        let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: asks for new memory.
        let memory = unsafe { libc::mmap(ptr::null_mut(), size_of::<Shared>(), access, flags, -1, 0) };
        if memory == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        ptr::NonNull::new(memory.cast()).map(Self).ok_or_else(|| io::ErrorKind::OutOfMemory.into())
    }

    /// What the warden says of the fixture.
    pub(super) fn board(&self) -> &Board {
        // SAFETY: the memory lives as long as the handle, and all-zero bytes are a valid board.
        unsafe { &(*self.0.as_ptr()).board }
    }

    /// Has it hold this program, its arguments, and our own environment with `env` besides.
    pub(super) fn hold(
        &mut self,
        program: &OsStr,
        args: &[OsString],
        env: &[(&str, &OsStr)],
        cleanly: &Cleanly,
    ) -> io::Result<()> {
        let path = find(program)?;
        // SAFETY: the memory is ours, and the warden does not read it now. All-zero bytes are a valid `Shared` but for
        // what is set here.
        let shared = unsafe { self.0.as_mut() };
        let mut text = Text { rest: &mut shared.text };
        shared.path = text.string(&[path.as_os_str()])?;
        shared.args = text.strings(iter::once(program).chain(args.iter().map(OsString::as_os_str)).map(|arg| [arg]))?;
        let inherited: Vec<_> = env::vars_os().filter(|(name, _)| !env.iter().any(|(own, _)| own == name)).collect();
        let inherited = inherited.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()));
        let own = env.iter().map(|&(name, value)| (OsStr::new(name), value));
        shared.env = text.strings(inherited.chain(own).map(|(name, value)| [name, OsStr::new("="), value]))?;
        shared.cleanly = *cleanly;
        Ok(())
    }

    /// Starts it as a child with these descriptors; returns its process id and a descriptor of it, or why it could not be
    /// started. Runs in the warden.
    ///
    /// Shares the memory until exec, as `posix_spawn` does: the caller sleeps meanwhile, and no page is copied.
    pub(super) fn start(
        &self,
        pipes: [&OwnedFd; 3],
        terminal: Option<&OwnedFd>,
    ) -> Result<(libc::pid_t, OwnedFd), libc::c_int> {
        let shared = self.0.as_ptr();
        let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::CLONE_PIDFD | libc::SIGCHLD;
        let mut descriptor: RawFd = -1;
        // SAFETY: the harness has filled the memory and waits for us. The stack grows down from an aligned end inside its
        // room; the child runs `exec` on it while this process, which has no other thread, sleeps.
        let (pid, error) = unsafe {
            (*shared).pipes = pipes.map(AsRawFd::as_raw_fd);
            (*shared).terminal = terminal.map(AsRawFd::as_raw_fd);
            (*shared).error = 0;
            let end = (*shared).stack.get().cast::<u8>().add(STACK);
            let end = end.sub(end.addr() % 16);
            let pid = libc::clone(exec, end.cast(), flags, shared.cast(), &raw mut descriptor);
            (pid, if pid == -1 { Errno::last_raw() } else { ptr::read_volatile(&raw const (*shared).error) })
        };
        if pid == -1 {
            return Err(error);
        }
        // SAFETY: the kernel has just made this descriptor for us.
        let fixture = unsafe { OwnedFd::from_raw_fd(descriptor) };
        if error == 0 {
            return Ok((pid, fixture));
        }
        // SAFETY: the status is not asked for. The child has ended, or is about to.
        while unsafe { libc::waitpid(pid, ptr::null_mut(), 0) } == -1 && Errno::last() == Errno::EINTR {}
        Err(error)
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, and nothing points into it any more.
        unsafe { libc::munmap(self.0.as_ptr().cast(), size_of::<Shared>()) };
    }
}

/// The child.
extern "C" fn exec(shared: *mut libc::c_void) -> libc::c_int {
    // SAFETY: `start` passes its shared memory, whose path and arrays are terminated. Not execvp: it would give a file that
    // is no program to a shell.
    unsafe {
        let shared = shared.cast::<Shared>();
        for (descriptor, pipe) in (0..).zip((*shared).pipes) {
            libc::dup2(pipe, descriptor);
        }
        if (*shared).cleanly.run((*shared).terminal).is_ok() {
            libc::execve((*shared).path, (*shared).args, (*shared).env);
        }
        // The parent sleeps and reads this once we are gone.
        ptr::write_volatile(&raw mut (*shared).error, Errno::last_raw());
    }
    127
}

/// What is left of the room for text.
struct Text<'a> {
    rest: &'a mut [u8],
}

impl Text<'_> {
    fn take(&mut self, size: usize, align: usize) -> io::Result<*mut u8> {
        let skipped = self.rest.as_ptr().align_offset(align);
        let rest = std::mem::take(&mut self.rest);
        let Some((taken, rest)) = rest.split_at_mut_checked(skipped.saturating_add(size)) else {
            return Err(io::Error::from_raw_os_error(libc::E2BIG));
        };
        self.rest = rest;
        Ok(taken[skipped..].as_mut_ptr())
    }

    /// These parts as one terminated string.
    fn string(&mut self, parts: &[&OsStr]) -> io::Result<*const libc::c_char> {
        let string = CString::new(parts.iter().map(|part| part.as_bytes()).collect::<Vec<_>>().concat())?;
        let bytes = string.as_bytes_with_nul();
        let place = self.take(bytes.len(), 1)?;
        // SAFETY: the place was taken for as many bytes.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), place, bytes.len()) };
        Ok(place.cast())
    }

    /// A terminated array of such strings.
    fn strings<'s, const PARTS: usize>(
        &mut self,
        strings: impl Iterator<Item = [&'s OsStr; PARTS]>,
    ) -> io::Result<*const *const libc::c_char> {
        let mut pointers = strings.map(|parts| self.string(&parts)).collect::<io::Result<Vec<_>>>()?;
        pointers.push(ptr::null());
        let place = self.take(size_of_val(pointers.as_slice()), align_of::<*const libc::c_char>())?.cast();
        // SAFETY: the place was taken for as many pointers, and aligned for them.
        unsafe { ptr::copy_nonoverlapping(pointers.as_ptr(), place, pointers.len()) };
        Ok(place)
    }
}

/// A name without a slash is looked for on `PATH`.
fn find(program: &OsStr) -> io::Result<PathBuf> {
    if program.as_bytes().contains(&b'/') {
        return Ok(program.into());
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let candidates = env::split_paths(&path).map(|folder| folder.join(program));
    let is_program = |file: &Path| file.is_file() && access(file, AccessFlags::X_OK).is_ok();
    candidates
        .into_iter()
        .find(|file| is_program(file))
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "not found on PATH"))
}
