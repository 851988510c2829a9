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
    /// It is about to take this signal.
    Stopped(libc::c_int),
    /// It has made the step that it was to make.
    Stepped,
    /// It is about to go into the system call that it was let go on to, or out of it.
    AtCall,
    /// Its program has been replaced by another: execve(2).
    Replaced,
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

impl Place {
    /// Whether a signal has interrupted a system call, which is made again unless a signal handler runs.
    ///
    /// Source: Linux, include/linux/errno.h: `ERESTARTSYS`, `ERESTARTNOINTR`, `ERESTARTNOHAND`, `ERESTART_RESTARTBLOCK`. A
    /// program never sees these; a tracer does.
    pub(super) fn is_in_interrupted_call(&self) -> bool {
        let [of, result] = [self.registers.orig_rax, self.registers.rax].map(u64::cast_signed);
        of >= 0 && [-512, -513, -514, -516].contains(&result)
    }
}

/// How a thread that has stopped is to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// By one instruction.
    Instruction,
    /// Up to the beginning or the end of a system call.
    Call,
}

/// A system call that is about to be made: its number and arguments.
pub(super) struct Call {
    pub(super) number: u64,
    pub(super) args: [u64; 6],
}

/// Its system calls are told from its steps, and it stops when it becomes another program.
const OPTIONS: libc::c_int = libc::PTRACE_O_TRACESYSGOOD | libc::PTRACE_O_TRACEEXEC;
/// The stop at a system call.
const AT_CALL: libc::c_int = libc::SIGTRAP | 0x80;

impl Thread {
    /// Traces a thread, which goes on meanwhile.
    pub(super) fn seize(id: libc::pid_t) -> Result<Self, Errno> {
        let this = Self(id);
        this.request(libc::PTRACE_SEIZE, OPTIONS)?;
        Ok(this)
    }

    pub(super) fn id(self) -> libc::pid_t {
        self.0
    }

    /// What it does now. Asks for this thread only, and only for this tracer: the process may have children of its own. Never waits: nothing
    /// says that a thread stops, ever.
    pub(super) fn state(self) -> State {
        let mut status = 0;
        // SAFETY: `status` is valid to write to.
        let id = unsafe { libc::waitpid(self.0, &raw mut status, libc::WNOHANG | libc::__WALL | libc::__WNOTHREAD) };
        match id {
            0 => State::Runs,
            -1 if Errno::last() == Errno::EINTR => State::Runs,
            -1 => State::Ended,
            _ if !libc::WIFSTOPPED(status) => State::Ended,
            _ => match (status >> 16, libc::WSTOPSIG(status)) {
                (0, AT_CALL) => State::AtCall,
                (0, libc::SIGTRAP) if self.has_stepped() => State::Stepped,
                (0, signal) => State::Stopped(signal),
                (libc::PTRACE_EVENT_EXEC, _) => State::Replaced,
                (libc::PTRACE_EVENT_STOP, libc::SIGSTOP | libc::SIGTSTP | libc::SIGTTIN | libc::SIGTTOU) => {
                    State::StoppedAsGroup
                }
                _ => State::Paused,
            },
        }
    }

    /// Whether the `SIGTRAP` at which it stopped is what a step ends with. One that the program sends itself, or runs into,
    /// is the program's own.
    ///
    /// Source: sigaction(2), `si_code`: `TRAP_BRKPT` and `TRAP_TRACE`; ptrace(2), where the first instruction of a signal
    /// handler is told by the code `SIGTRAP`. A breakpoint's is `SI_KERNEL`, and those that are sent have none above zero.
    fn has_stepped(self) -> bool {
        // SAFETY: all-zero bytes are a valid structure, and the request only writes to it.
        let (told, info) = unsafe {
            let mut info: libc::siginfo_t = mem::zeroed();
            (libc::ptrace(libc::PTRACE_GETSIGINFO, self.0, 0_usize, &raw mut info), info)
        };
        told == 0 && info.si_code > 0 && info.si_code != libc::SI_KERNEL
    }

    /// Lets it go on, and take this signal; 0: none.
    pub(super) fn go_on(self, signal: libc::c_int) -> Result<(), Errno> {
        self.request(libc::PTRACE_CONT, signal)
    }

    /// Has it make one step, after it has taken this signal.
    pub(super) fn step(self, way: Way, signal: libc::c_int) -> Result<(), Errno> {
        match way {
            Way::Instruction => self.request(libc::PTRACE_SINGLESTEP, signal),
            Way::Call => self.request(libc::PTRACE_SYSCALL, signal),
        }
    }

    /// Leaves it stopped until the process is continued, of which [`Self::state`] then tells.
    pub(super) fn stay_stopped(self) -> Result<(), Errno> {
        self.request(libc::PTRACE_LISTEN, 0)
    }

    /// Asks it to stop; [`Self::state`] tells when it has.
    pub(super) fn interrupt(self) -> Result<(), Errno> {
        self.request(libc::PTRACE_INTERRUPT, 0)
    }

    /// Lets a stopped thread go on by itself, and take this signal.
    pub(super) fn detach(self, signal: libc::c_int) -> Result<(), Errno> {
        self.request(libc::PTRACE_DETACH, signal)
    }

    /// Has the kernel kill the process should the tracer end before it has let the thread go. The thread is stopped.
    pub(super) fn die_with_tracer(self) -> Result<(), Errno> {
        self.request(libc::PTRACE_SETOPTIONS, OPTIONS | libc::PTRACE_O_EXITKILL)
    }

    /// Takes that back: what makes no step goes on by itself when the tracer ends. The thread is stopped.
    pub(super) fn outlive_tracer(self) -> Result<(), Errno> {
        self.request(libc::PTRACE_SETOPTIONS, OPTIONS)
    }

    /// Lets SIGTRAP in, should the handler's mask block it: the kernel takes the program's own handler for it away rather than
    /// keep that of a step waiting. The mask from before comes back with the handler's return. The thread is stopped.
    pub(super) fn let_traps_in(self) -> Result<(), Errno> {
        const TRAP: u64 = 1 << (libc::SIGTRAP - 1);
        let mut mask = 0_u64;
        // SAFETY: the request takes the size of a set of signals as the kernel has it, and room for one.
        Errno::result(unsafe { libc::ptrace(libc::PTRACE_GETSIGMASK, self.0, size_of::<u64>(), &raw mut mask) })?;
        if mask & TRAP != 0 {
            let without = mask & !TRAP;
            // SAFETY: the same, and it only reads.
            Errno::result(unsafe {
                libc::ptrace(libc::PTRACE_SETSIGMASK, self.0, size_of::<u64>(), &raw const without)
            })?;
        }
        Ok(())
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
    pub(super) fn next_call(at: &Place, memory: &Memory) -> Option<Call> {
        /// `syscall`, in the order of the bytes.
        const SYSCALL: [u8; 2] = [0x0f, 0x05];
        let of = &at.registers;
        let args = [of.rdi, of.rsi, of.rdx, of.r10, of.r8, of.r9];
        // What cannot be read makes no call: the thread finds out by itself.
        (memory.read(at.instruction) == Ok(SYSCALL)).then_some(Call { number: of.rax, args })
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
