//! Chance: numbers that a seed gives again, and the draws that a script is made of.

use sigconform_fixture::Signal;

/// A source of numbers, the same for the same seed and case.
pub(super) struct Chance(fastrand::Rng);

impl Chance {
    /// That of one case: it depends on nothing that was drawn for another, so cases can be played in any order.
    pub(super) fn of_case(seed: u64, case: u64) -> Self {
        // Neighbours differ in one bit only, which a generator may take some numbers to spread.
        let mut rng = fastrand::Rng::with_seed(seed ^ case.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        Self(fastrand::Rng::with_seed(rng.u64(..)))
    }

    /// From 0 to `end`, without it; 0 for 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { self.0.usize(..end) }
    }

    /// From `first` to `last`.
    pub(super) fn between(&mut self, first: u32, last: u32) -> u32 {
        self.0.u32(first..=last)
    }

    /// True `percent` times of a hundred.
    pub(super) fn often(&mut self, percent: u32) -> bool {
        self.0.u32(..100) < percent
    }

    pub(super) fn one_of<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        if of.is_empty() { None } else { Some(of[self.below(of.len())]) }
    }

    /// One of these by weight; nothing where all weigh nothing.
    pub(super) fn weighted<T: Copy>(&mut self, of: &[(T, u32)]) -> Option<T> {
        let sum: u32 = of.iter().map(|(_, weight)| weight).sum();
        if sum == 0 {
            return None;
        }
        let mut at = self.0.u32(..sum);
        of.iter().find_map(|&(one, weight)| {
            if at < weight {
                return Some(one);
            }
            at -= weight;
            None
        })
    }

    /// `count` of these, each at most once, in any order.
    pub(super) fn some_of(&mut self, of: &[Signal], count: usize) -> Vec<Signal> {
        let mut all = of.to_vec();
        self.0.shuffle(&mut all);
        all.truncate(count);
        all
    }

    /// How often something is sent: mostly a few times, now and then more than any buffer holds.
    pub(super) fn times(&mut self, most: u32) -> u32 {
        let of = [(2, 6), (7, 40), (41, 70), (200, 300), (1_000, 5_000), (65_536, 66_000)];
        let kinds = [(0, 50), (1, 20), (2, 8), (3, 14), (4, 6), (5, 2)];
        let (first, last) = of[self.weighted(&kinds).unwrap_or_default()];
        self.between(first, last).min(most)
    }

    /// A value over the whole range, its ends more often.
    pub(super) fn value(&mut self) -> i32 {
        match self.below(8) {
            0 => 0,
            1 => -1,
            2 => i32::MAX,
            3 => i32::MIN,
            4 | 5 => self.0.i32(-100..=100),
            _ => self.0.i32(..),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_gives_the_same_numbers_again_and_its_neighbour_others() {
        let numbers = |seed, case| {
            let mut chance = Chance::of_case(seed, case);
            (0..8).map(|_| chance.value()).collect::<Vec<_>>()
        };
        assert_eq!(numbers(7, 3), numbers(7, 3));
        assert_ne!(numbers(7, 3), numbers(7, 4));
        assert_ne!(numbers(7, 3), numbers(8, 3));
    }

    #[test]
    fn what_weighs_nothing_is_never_drawn() {
        let mut chance = Chance::of_case(1, 1);
        let drawn: Vec<_> = (0..100).filter_map(|_| chance.weighted(&[('a', 0), ('b', 2), ('c', 1)])).collect();
        assert!(!drawn.contains(&'a') && drawn.contains(&'b') && drawn.contains(&'c'));
        assert_eq!(chance.weighted::<char>(&[('a', 0)]), None);
    }
}
