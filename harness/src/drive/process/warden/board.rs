//! What a warden says of its fixture: a few numbers in memory that harness and warden share.
//!
//! Not messages: whoever has a copy of the warden's socket (`pidfd_getfd`, of a fixture that may) could write those too, take
//! the harness's away, or leave it waiting for one. Harness and warden wait for each other with a futex.
//!
//! Source: futex(2).

use std::{
    ptr,
    sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering},
    time::Duration,
};

/// All zeros: nothing is said yet.
#[repr(C)]
#[derive(Default)]
pub(super) struct Board {
    /// The last word, as a number.
    word: AtomicU32,
    /// The fixture's number, its wait status or an error, as the word says.
    number: AtomicI32,
    /// With [`ENDED`]: the warden may guard another.
    may_stay: AtomicBool,
    /// Of the harness: it has a descriptor of the fixture, whose number may come again from now on.
    has_fixture: AtomicU32,
    /// Of the harness: the fixture is to be ended, though it could not be killed.
    is_over: AtomicBool,
    /// Of the harness: whatever has not ended is to be left.
    lets_go: AtomicBool,
    /// Grows as long as the warden gets anywhere, and as long as it does anything.
    reaped: AtomicU32,
    turns: AtomicU32,
}

const NOTHING: u32 = 0;
const STARTED: u32 = 1;
const NOT_PASSED: u32 = 2;
const NOT_STARTED: u32 = 3;
const ENDED: u32 = 4;
const LEFT: u32 = 5;
const LOST: u32 = 6;

/// What a warden says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// The fixture runs, under this number.
    Started(libc::pid_t),
    /// Its descriptors did not arrive.
    NotPassed,
    /// It could not be started: the error's number.
    NotStarted(libc::c_int),
    /// Everything has ended, the fixture with this status.
    Ended {
        /// As wait(2) gives it.
        status: libc::c_int,
        /// Nothing was left to end, and the warden is as it was: it may guard another.
        may_stay: bool,
    },
    /// Something does not end; the fixture has, with this status, unless it is what does not.
    Left(Option<libc::c_int>),
}

impl Board {
    /// Before a fixture is asked for.
    pub(super) fn clear(&self) {
        self.has_fixture.store(0, Ordering::Relaxed);
        self.is_over.store(false, Ordering::Relaxed);
        self.lets_go.store(false, Ordering::Relaxed);
        self.word.store(NOTHING, Ordering::Release);
    }

    /// The warden says something.
    pub(super) fn say(&self, word: Word) {
        let (word, number, may_stay) = match word {
            Word::Started(pid) => (STARTED, pid, false),
            Word::NotPassed => (NOT_PASSED, 0, false),
            Word::NotStarted(error) => (NOT_STARTED, error, false),
            Word::Ended { status, may_stay } => (ENDED, status, may_stay),
            Word::Left(Some(status)) => (LEFT, status, false),
            Word::Left(None) => (LOST, 0, false),
        };
        self.number.store(number, Ordering::Relaxed);
        self.may_stay.store(may_stay, Ordering::Relaxed);
        self.word.store(word, Ordering::Release);
        wake(&self.word);
    }

    /// What the warden has said, if it is more than that the fixture was `started`. Waits at most so long for it.
    pub(super) fn hear(&self, started: bool, at_most: Duration) -> Option<Word> {
        let known = if started { STARTED } else { NOTHING };
        wait(&self.word, known, at_most);
        let number = self.number.load(Ordering::Relaxed);
        match self.word.load(Ordering::Acquire) {
            word if word == known => None,
            STARTED => Some(Word::Started(number)),
            NOT_PASSED => Some(Word::NotPassed),
            NOT_STARTED => Some(Word::NotStarted(number)),
            ENDED => Some(Word::Ended { status: number, may_stay: self.may_stay.load(Ordering::Relaxed) }),
            LEFT => Some(Word::Left(Some(number))),
            LOST => Some(Word::Left(None)),
            _ => None,
        }
    }

    /// The harness has a descriptor of the fixture.
    pub(super) fn have_fixture(&self) {
        self.has_fixture.store(1, Ordering::Release);
        wake(&self.has_fixture);
    }

    /// Whether it has. Waits at most so long for it.
    pub(super) fn has_fixture(&self, at_most: Duration) -> bool {
        wait(&self.has_fixture, 0, at_most);
        self.has_fixture.load(Ordering::Acquire) != 0
    }

    /// The fixture is to be ended, though it could not be killed.
    pub(super) fn be_over(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Whatever has not ended is to be left.
    pub(super) fn let_go(&self) {
        self.lets_go.store(true, Ordering::Relaxed);
    }

    pub(super) fn lets_go(&self) -> bool {
        self.lets_go.load(Ordering::Relaxed)
    }

    /// The warden has looked at what is to be ended, and reaped this many.
    pub(super) fn turn(&self, reaped: u32) {
        self.turns.fetch_add(1, Ordering::Relaxed);
        self.reaped.fetch_add(reaped, Ordering::Relaxed);
    }

    /// How often the warden has looked, and how many it has reaped: both begin anywhere, and begin again.
    pub(super) fn progress(&self) -> (u32, u32) {
        (self.turns.load(Ordering::Relaxed), self.reaped.load(Ordering::Relaxed))
    }
}

/// Waits until the value is another, or so long. May return early.
fn wait(value: &AtomicU32, known: u32, at_most: Duration) {
    let time = libc::timespec {
        tv_sec: at_most.as_secs().try_into().unwrap_or(libc::time_t::MAX),
        tv_nsec: at_most.subsec_nanos().into(),
    };
    // SAFETY: the value and the time are valid during the call, which writes to neither.
    unsafe { libc::syscall(libc::SYS_futex, value.as_ptr(), libc::FUTEX_WAIT, known, &raw const time) };
}

fn wake(value: &AtomicU32) {
    // SAFETY: the address is only compared with those of sleepers.
    unsafe { libc::syscall(libc::SYS_futex, value.as_ptr(), libc::FUTEX_WAKE, 1, ptr::null::<libc::timespec>()) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_heard_once_it_is_said() {
        let (board, soon) = (Board::default(), Duration::from_millis(1));
        assert_eq!(board.hear(false, soon), None);
        board.say(Word::Started(7));
        assert_eq!((board.hear(false, soon), board.hear(true, soon)), (Some(Word::Started(7)), None));
        let ended = Word::Ended { status: 9, may_stay: true };
        for last in [ended, Word::Left(Some(9)), Word::Left(None), Word::NotStarted(2), Word::NotPassed] {
            board.say(last);
            assert_eq!(board.hear(true, Duration::MAX), Some(last));
        }
        board.clear();
        assert_eq!(board.hear(false, soon), None);
    }

    #[test]
    fn who_waits_is_woken() {
        let board = Board::default();
        std::thread::scope(|scope| {
            scope.spawn(|| board.say(Word::Started(7)));
            // Without a wake-up it would sleep for hours.
            while board.hear(false, Duration::from_secs(10_000)).is_none() {}
            scope.spawn(|| board.have_fixture());
            while !board.has_fixture(Duration::from_secs(10_000)) {}
        });
    }
}
