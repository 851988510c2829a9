//! One thread that the calling thread traces: the requests of ptrace(2) that following a handler takes.
//!
//! The requests are made with [`libc`] and not with nix, whose signals have no real-time numbers: whatever a thread receives
//! while it is traced must be passed on to it.
//!
//! Source: ptrace(2); proc(5), `/proc/PID/mem`; the calling convention of system calls, syscall(2).

use std::{fs::File, io, mem, os::unix::fs::FileExt};

use nix::errno::Errno;

use crate::drive::procfs;

/// A thread of a fixture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Thread(libc::pid_t);

/// What a traced thread does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It runs or sleeps.
    Runs,
    /// It is about to take this signal, or has made the step that it was to make (`SIGTRAP`).
    Stopped(libc::c_int),
    /// The whole process is stopped, as by Ctrl-Z.
    StoppedAsGroup,
    /// Something else stopped it, which wants nothing but going on.
    Paused,
    /// It is no more.
    Ended,
}

/// Where a thread stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// The address of the next instruction.
    pub(super) instruction: u64,
    /// The top of its stack.
    pub(super) stack: u64,
    registers: libc::user_regs_struct,
}

/// A system call that is about to be made: its number and arguments.
pub(super) struct Call {
    pub(super) number: u64,
    pub(super) args: [u64; 6],
}

impl Thread {
    /// Traces a thread, which goes on meanwhile.
    pub(super) fn seize(id: libc::pid_t) -> Result<Self, Errno> {
        // SAFETY: the request takes integers only.
        Errno::result(unsafe { libc::ptrace(libc::PTRACE_SEIZE, id, 0_usize, 0_usize) })?;
        Ok(Self(id))
    }

    pub(super) fn id(self) -> libc::pid_t {
        self.0
    }

    /// What it does now.
    pub(super) fn state(self) -> State {
        self.wait(libc::WNOHANG)
    }

    /// What it does when it has stopped or ended.
    pub(super) fn stop(self) -> State {
        self.wait(0)
    }

    /// Asks for this thread only, and only for this tracer: the process may have children of its own.
    fn wait(self, flags: libc::c_int) -> State {
        let mut status = 0;
        // SAFETY: `status` is valid to write to.
        let id = unsafe { libc::waitpid(self.0, &raw mut status, flags | libc::__WALL | libc::__WNOTHREAD) };
        match id {
            0 => State::Runs,
            -1 if Errno::last() == Errno::EINTR => State::Runs,
            -1 => State::Ended,
            _ if !libc::WIFSTOPPED(status) => State::Ended,
            _ => match (status >> 16, libc::WSTOPSIG(status)) {
                (0, signal) => State::Stopped(signal),
                (libc::PTRACE_EVENT_STOP, libc::SIGSTOP | libc::SIGTSTP | libc::SIGTTIN | libc::SIGTTOU) => {
                    State::StoppedAsGroup
                }
                _ => State::Paused,
            },
        }
    }

    /// Lets it go on, and take this signal; 0: none.
    pub(super) fn go_on(self, signal: libc::c_int) -> Result<(), Errno> {
        self.request(libc::PTRACE_CONT, signal)
    }

    /// Has it execute one instruction, after it has taken this signal.
    pub(super) fn step(self, signal: libc::c_int) -> Result<(), Errno> {
        self.request(libc::PTRACE_SINGLESTEP, signal)
    }

    /// Leaves it stopped until the process is continued, of which [`Self::state`] then tells.
    pub(super) fn stay_stopped(self) -> Result<(), Errno> {
        self.request(libc::PTRACE_LISTEN, 0)
    }

    /// Asks it to stop; [`Self::stop`] tells when it has.
    pub(super) fn interrupt(self) -> Result<(), Errno> {
        self.request(libc::PTRACE_INTERRUPT, 0)
    }

    /// Lets a stopped thread go on by itself, and take this signal.
    pub(super) fn detach(self, signal: libc::c_int) -> Result<(), Errno> {
        self.request(libc::PTRACE_DETACH, signal)
    }

    /// Has the kernel kill the process should the tracer end before it has let the thread go. The thread is stopped.
    pub(super) fn die_with_tracer(self) -> Result<(), Errno> {
        self.request(libc::PTRACE_SETOPTIONS, libc::PTRACE_O_EXITKILL)
    }

    fn request(self, request: libc::c_uint, number: libc::c_int) -> Result<(), Errno> {
        let number = libc::c_long::from(number);
        // SAFETY: these requests take integers only.
        Errno::result(unsafe { libc::ptrace(request, self.0, 0_usize, number) })?;
        Ok(())
    }

    /// Where the stopped thread stands.
    pub(super) fn place(self) -> Result<Place, Errno> {
        // SAFETY: all-zero bytes are a valid structure, and the request only writes to it.
        let registers = unsafe {
            let mut registers: libc::user_regs_struct = mem::zeroed();
            Errno::result(libc::ptrace(libc::PTRACE_GETREGS, self.0, 0_usize, &raw mut registers))?;
            registers
        };
        Ok(Place { instruction: registers.rip, stack: registers.rsp, registers })
    }

    /// The system call that the stopped thread makes with its next instruction, if it makes one.
    pub(super) fn next_call(at: &Place, memory: &Memory) -> Result<Option<Call>, Errno> {
        /// `syscall`, in the order of the bytes.
        const SYSCALL: [u8; 2] = [0x0f, 0x05];
        let of = &at.registers;
        let args = [of.rdi, of.rsi, of.rdx, of.r10, of.r8, of.r9];
        let instruction = memory.read(at.instruction)?;
        Ok((instruction == SYSCALL).then_some(Call { number: of.rax, args }))
    }
}

/// The memory of a process, as `/proc/PID/mem` shows it to whoever may trace it.
pub(super) struct Memory(File);

impl Memory {
    /// That of a thread's process.
    pub(super) fn of(thread: libc::pid_t) -> Result<Self, Errno> {
        #[expect(clippy::disallowed_methods, reason = "a file of the kernel's")]
        File::open(procfs::of(thread).ok_or(Errno::ENOENT)?.join("mem")).map(Self).map_err(errno)
    }

    /// As many bytes as are wanted.
    pub(super) fn read<const LENGTH: usize>(&self, address: u64) -> Result<[u8; LENGTH], Errno> {
        let mut bytes = [0; LENGTH];
        self.0.read_exact_at(&mut bytes, address).map_err(errno)?;
        Ok(bytes)
    }
}

fn errno(error: io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::EIO, Errno::from_raw)
}
