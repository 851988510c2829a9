//! The program that a warden starts: everything that exec needs, laid out before the fork, because nothing may be
//! allocated after it.

use std::{
    cell::UnsafeCell,
    env,
    ffi::{CString, OsStr},
    io, iter,
    os::{
        fd::RawFd,
        unix::ffi::{OsStrExt, OsStringExt},
    },
    path::{Path, PathBuf},
    process::Command,
    ptr,
};

use nix::{
    errno::Errno,
    unistd::{AccessFlags, access},
};

use crate::drive::process::clean::Cleanly;

/// Enough for a clean start and exec.
const STACK: usize = 64 << 10;

pub(super) struct Image {
    path: CString,
    args: Strings,
    env: Strings,
    cleanly: Cleanly,
    stack: UnsafeCell<Vec<u8>>,
    /// Why it could not be started; written by the child that shares our memory until it has.
    error: UnsafeCell<libc::c_int>,
}

// SAFETY: only `start` touches the cells, in a process that has one thread.
unsafe impl Send for Image {}
// SAFETY: as above.
unsafe impl Sync for Image {}

impl Image {
    /// The program, arguments and environment of `command`.
    pub(super) fn of(command: &Command, cleanly: Cleanly) -> io::Result<Self> {
        let args = iter::once(command.get_program()).chain(command.get_args()).map(c_string);
        let env = command.get_envs().filter_map(|(name, value)| Some((name, value?))).map(|(name, value)| {
            let mut entry = name.to_owned();
            entry.push("=");
            entry.push(value);
            c_string(&entry)
        });
        Ok(Self {
            path: c_string(find(command.get_program())?.as_os_str())?,
            args: Strings::new(args.collect::<io::Result<_>>()?),
            env: Strings::new(env.collect::<io::Result<_>>()?),
            cleanly,
            stack: UnsafeCell::new(Vec::with_capacity(STACK)),
            error: UnsafeCell::new(0),
        })
    }

    /// A terminal that it takes along.
    pub(super) fn terminal(&self) -> Option<RawFd> {
        self.cleanly.terminal()
    }

    /// Starts it as a child; returns its process id, and the reason why it could not be started or 0.
    ///
    /// Shares the memory until exec, as `posix_spawn` does: the caller sleeps meanwhile, and no page is copied.
    pub(super) fn start(&self) -> (libc::pid_t, libc::c_int) {
        let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
        // SAFETY: the stack grows down from an aligned end inside its allocation; the child runs `exec` on it while this
        // process, which has no other thread, sleeps.
        unsafe {
            let end = (*self.stack.get()).as_mut_ptr().add(STACK);
            let end = end.sub(end.addr() % 16);
            let pid = libc::clone(exec, end.cast(), flags, ptr::from_ref(self).cast_mut().cast());
            let error = if pid == -1 { Errno::last_raw() } else { ptr::read_volatile(self.error.get()) };
            (pid, error)
        }
    }
}

/// The child.
extern "C" fn exec(image: *mut libc::c_void) -> libc::c_int {
    // SAFETY: `start` passes its image, which outlives this function.
    let image = unsafe { &*image.cast::<Image>() };
    if image.cleanly.run().is_ok() {
        // SAFETY: the path and both arrays are terminated. Not execvp: it would give a file that is no program to a shell.
        unsafe { libc::execve(image.path.as_ptr(), image.args.pointers.as_ptr(), image.env.pointers.as_ptr()) };
    }
    // SAFETY: the parent sleeps and reads this once we are gone.
    unsafe { ptr::write_volatile(image.error.get(), Errno::last_raw()) };
    127
}

/// Strings as exec takes them.
struct Strings {
    /// Keeps alive what the pointers point to.
    _owned: Vec<CString>,
    pointers: Vec<*const libc::c_char>,
}

impl Strings {
    fn new(owned: Vec<CString>) -> Self {
        let pointers = owned.iter().map(|string| string.as_ptr()).chain([ptr::null()]).collect();
        Self { _owned: owned, pointers }
    }
}

fn c_string(text: &OsStr) -> io::Result<CString> {
    CString::new(text.to_owned().into_vec()).map_err(io::Error::from)
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
