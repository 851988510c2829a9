//! Sets of signals as one word: a script is checked at every step that is tried, and each try copies where it stands.

use sigconform_fixture::Signal;

/// A set of signals that the system knows; what is no signal is never in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Signals(u128);

impl Signals {
    /// Of these.
    pub(super) fn of<'a>(signals: impl IntoIterator<Item = &'a Signal>) -> Self {
        let mut set = Self::default();
        signals.into_iter().for_each(|&signal| set.insert(signal));
        set
    }

    fn bit(signal: Signal) -> u128 {
        let number = u32::try_from(signal.as_raw()).unwrap_or(u32::MAX);
        1_u128.checked_shl(number).unwrap_or(0)
    }

    pub(super) fn contains(self, signal: Signal) -> bool {
        self.0 & Self::bit(signal) != 0
    }

    pub(super) fn insert(&mut self, signal: Signal) {
        self.0 |= Self::bit(signal);
    }

    pub(super) fn remove(&mut self, signal: Signal) {
        self.0 &= !Self::bit(signal);
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn len(self) -> u32 {
        self.0.count_ones()
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(super) fn common(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Ascending by number.
    pub(super) fn iter(self) -> impl Iterator<Item = Signal> {
        (0..128).filter(move |number| self.0 & (1 << number) != 0).map(Signal::from_raw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in_and_no_number_that_is_no_signal() {
        let (hup, last) = (Signal::SIGHUP, Signal::from_raw(Signal::highest()));
        let mut set = Signals::of(&[hup, last, Signal::from_raw(-1)]);
        assert_eq!(set.iter().collect::<Vec<_>>(), [hup, last]);
        assert!(!set.contains(Signal::from_raw(-1)) && set.contains(last));
        set.remove(hup);
        assert_eq!((set.len(), set.without(Signals::of(&[last])).is_empty()), (1, true));
    }
}
