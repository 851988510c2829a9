//! Programs whose signal handlers do what is hard to follow. This test program is each of them: it is started again, with what
//! to do in its environment.

use std::{
    arch::{asm, global_asm},
    env,
    process::{Child, Command},
    ptr,
    sync::atomic::{AtomicU64, Ordering},
};

/// With this it exits when all went well.
pub(super) const GOES_ON: i32 = 7;

const VARIABLE: &str = "SIGCONFORM_TEST_HANDLER";

macro_rules! programs {
    ($($(#[doc = $what:literal])* $name:ident: $handler:ident, $then:ident;)*) => {
        /// What its handler of SIGUSR1 does.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Does {
            $($(#[doc = $what])* $name,)*
        }

        const PROGRAMS: &[(Does, &str, extern "C" fn(libc::c_int), fn() -> !)] =
            &[$((Does::$name, stringify!($name), $handler, $then)),*];
    };
}

programs! {
    /// It waits for something to read in `epoll_wait()`, which a stop interrupts.
    Waits: wait, read_on;
    /// It sleeps in a call that the follower knows nothing of.
    Splices: splice, read_on;
    /// It says so, and reads.
    Reads: say_and_read, read_on;
    /// It sleeps in a call as 32-bit programs make it.
    PausesOldly: pause_oldly, read_on;
    /// It computes for ten thousand instructions.
    Spins: spin, read_on;
    /// It jumps out of itself, to where memory is allocated.
    Jumps: jump, be_jumped_out_of;
    /// It becomes a shell.
    Replaces: replace, read_on;
    /// It sends itself SIGTRAP, for which there is a handler.
    Traps: trap, read_on;
}

impl Does {
    pub(super) fn started(self) -> Child {
        let mut command = Command::new(env::current_exe().expect("this program"));
        command.args(["--exact", "drive::trace::handler::tests::program::as_a_program", "--ignored"]);
        command.args(["--nocapture", "--test-threads=1"]).env(VARIABLE, format!("{self:?}"));
        super::started(command)
    }
}

#[test]
#[ignore = "a program for the tests beside it"]
fn as_a_program() {
    let Ok(wanted) = env::var(VARIABLE) else { return };
    let (does, _, handler, then) = PROGRAMS.iter().find(|(_, name, ..)| *name == wanted).expect("one of them");
    catch(libc::SIGUSR1, *handler);
    match does {
        Does::PausesOldly => catch(libc::SIGUSR2, nothing),
        Does::Traps => catch(libc::SIGTRAP, note),
        _ => {}
    }
    then();
}

fn catch(signal: libc::c_int, handler: extern "C" fn(libc::c_int)) {
    // SAFETY: the handlers of this file make system calls only.
    unsafe { libc::signal(signal, handler as *const () as libc::sighandler_t) };
}

/// Says that it is ready.
fn say() {
    // SAFETY: one valid byte.
    unsafe { libc::write(2, [0_u8].as_ptr().cast(), 1) };
}

/// Ends as it should if this is what it should be.
fn end_if(is_right: bool) -> ! {
    // SAFETY: async-signal-safe, and takes an integer.
    unsafe { libc::_exit(if is_right { GOES_ON } else { GOES_ON + 1 }) }
}

fn read() -> bool {
    let mut byte = 0_u8;
    // SAFETY: one valid byte.
    unsafe { libc::read(0, (&raw mut byte).cast(), 1) == 1 }
}

/// `signal()` has it restarted.
fn read_on() -> ! {
    say();
    end_if(read())
}

extern "C" fn wait(_: libc::c_int) {
    // SAFETY: the event is valid, and the rest are integers.
    let found = unsafe {
        let own = libc::epoll_create1(0);
        let mut event = libc::epoll_event { events: libc::EPOLLIN.cast_unsigned(), u64: 0 };
        libc::epoll_ctl(own, libc::EPOLL_CTL_ADD, 0, &raw mut event);
        libc::epoll_wait(own, &raw mut event, 1, -1)
    };
    end_if(found == 1)
}

extern "C" fn splice(_: libc::c_int) {
    let mut pipe = [0; 2];
    // SAFETY: there is room for two descriptors; the rest are integers and no pointers.
    end_if(unsafe {
        libc::pipe(pipe.as_mut_ptr());
        libc::splice(0, ptr::null_mut(), pipe[1], ptr::null_mut(), 1, 0) == 1
    })
}

extern "C" fn say_and_read(_: libc::c_int) {
    say();
    end_if(read())
}

extern "C" fn pause_oldly(_: libc::c_int) {
    const PAUSE: i64 = 29;
    let result: i64;
    // SAFETY: the call takes nothing, and touches no memory.
    unsafe { asm!("int 0x80", inlateout("rax") PAUSE => result, out("r8") _, out("r9") _, out("r10") _, out("r11") _) };
    if i32::try_from(result) != Ok(-libc::EINTR) {
        end_if(false);
    }
}

extern "C" fn spin(_: libc::c_int) {
    // SAFETY: counts in a register.
    unsafe { asm!("2:", "dec {count}", "jnz 2b", count = inout(reg) 5_000_u64 => _) };
}

extern "C" fn nothing(_: libc::c_int) {}

extern "C" fn replace(_: libc::c_int) {
    let args = [c"sh".as_ptr(), c"-c".as_ptr(), c"read nothing; exit 7".as_ptr(), ptr::null()];
    // SAFETY: the texts are terminated, and so is the list of them.
    unsafe { libc::execv(c"/bin/sh".as_ptr(), args.as_ptr()) };
    end_if(false)
}

static NOTED: AtomicU64 = AtomicU64::new(0);

extern "C" fn note(_: libc::c_int) {
    NOTED.fetch_add(1, Ordering::Relaxed);
}

extern "C" fn trap(_: libc::c_int) {
    // SAFETY: takes an integer.
    unsafe { libc::raise(libc::SIGTRAP) };
    // A breakpoint of the program's own is one too.
    // SAFETY: there is a handler.
    unsafe { asm!("int3") };
    if NOTED.load(Ordering::Relaxed) != 2 {
        end_if(false);
    }
}

// What `sigsetjmp()` and `siglongjmp()` do, where no signal is blocked afterwards that was not before.
global_asm!(
    "test_handler_wait:",
    "push rbx",
    "push rbp",
    "push r12",
    "push r13",
    "push r14",
    "push r15",
    "sub rsp, 8",
    "mov [rsi], rsp",
    "call rdi",
    "test_handler_left:",
    "add rsp, 8",
    "pop r15",
    "pop r14",
    "pop r13",
    "pop r12",
    "pop rbp",
    "pop rbx",
    "ret",
    "test_handler_jump:",
    "mov rsp, rdi",
    "jmp test_handler_left",
);

unsafe extern "C" {
    /// Calls `wait`, and tells the stack pointer with which [`test_handler_jump`] ends that.
    fn test_handler_wait(wait: extern "C" fn(), stack: *mut u64);
    fn test_handler_jump(stack: u64) -> !;
}

static STACK: AtomicU64 = AtomicU64::new(0);

extern "C" fn wait_for_ever() {
    // SAFETY: no descriptor is given.
    unsafe { libc::poll(ptr::null_mut(), 0, -1) };
}

fn be_jumped_out_of() -> ! {
    say();
    // SAFETY: the wait has nothing that its end would have to tidy up.
    unsafe { test_handler_wait(wait_for_ever, STACK.as_ptr()) };
    drop(std::hint::black_box(vec![0_u8; 4096]));
    end_if(read())
}

extern "C" fn jump(_: libc::c_int) {
    // SAFETY: what it interrupts is called by the wait.
    unsafe { test_handler_jump(STACK.load(Ordering::Relaxed)) }
}
