//! Where on its stacks a thread handles signals: the handler that is followed, and those that interrupt it.
//!
//! A handler returns by making the system call `rt_sigreturn` where the kernel has put its frame. Or it never does: it leaves by
//! `siglongjmp()`, an exception, or another way of exchanging the stack. Then the stack pointer is where no code of
//! the handler has it: above the frame, or on another stack.
//!
//! Source: sigreturn(2); sigaltstack(2); siglongjmp(3); Linux, arch/x86/include/asm/sigframe.h, `struct rt_sigframe`.

use std::ops::RangeInclusive;

use super::{shown, thread::Memory};

/// More than one instruction moves the stack, and less than a signal's frame does.
const LEAST: u64 = 128;
/// The address to which a handler returns, which its return takes from the stack.
const RETURN: u64 = 8;
/// In the frame, from its beginning: the address and the size of the alternate stack, of `uc_stack`.
const STACK: u64 = 24;
const STACK_SIZE: u64 = 40;

/// The frames of the signals that a thread handles, the first one's first.
#[derive(Debug, Default)]
pub(super) struct Frames(Vec<Frame>);

/// The kernel's frame for one signal handler.
#[derive(Debug)]
struct Frame {
    /// The stack pointer at the handler's first instruction.
    entry: u64,
    /// The alternate stack, if that is where the handler runs.
    alternate: Option<u64>,
    /// What is known to be of the same piece of memory: a stack grows.
    known: RangeInclusive<u64>,
}

impl Frames {
    /// A signal was taken where the stack pointer was `before`, and is `entry` now. Nothing where no handler was entered.
    pub(super) fn enter(&mut self, before: u64, entry: u64, thread: libc::pid_t, memory: &Memory) {
        if entry.abs_diff(before) < LEAST {
            return;
        }
        let word = |offset| memory.read(entry.wrapping_add(offset)).map(u64::from_le_bytes).unwrap_or_default();
        let (start, size) = (word(STACK), word(STACK_SIZE));
        let alternate = (start..start.saturating_add(size)).contains(&entry).then_some(start);
        let known = shown::mapping(thread, entry).unwrap_or(entry..=entry);
        self.0.push(Frame { entry, alternate, known });
    }

    /// Forgets the handlers that were left: it is none of theirs to be where the stack pointer is.
    pub(super) fn leave(&mut self, stack: u64, thread: libc::pid_t) {
        let inside = self.0.iter_mut().rposition(|frame| frame.holds(stack, thread));
        self.0.truncate(inside.map_or(0, |at| at + 1));
    }

    /// Forgets the handler that returns here, and those that it was interrupted by.
    pub(super) fn return_at(&mut self, stack: u64) {
        if let Some(at) = self.0.iter().position(|frame| frame.entry.wrapping_add(RETURN) == stack) {
            self.0.truncate(at);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first handler runs, and none that interrupts it.
    pub(super) fn is_in_first(&self) -> bool {
        self.0.len() == 1
    }
}

impl Frame {
    /// Whether a handler may have its stack pointer here: not above its frame, and on the same stack.
    fn holds(&mut self, stack: u64, thread: libc::pid_t) -> bool {
        if stack > self.entry.wrapping_add(RETURN) || self.alternate.is_some_and(|start| stack < start) {
            return false;
        }
        if !self.known.contains(&stack)
            && let Some(now) = shown::mapping(thread, self.entry)
        {
            self.known = now;
        }
        self.known.contains(&stack)
    }
}
