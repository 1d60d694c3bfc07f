//! Chance as Java's classes draw it: `Random.nextInt(bound)` and `Collections.shuffle`.
//!
//! The rule it keeps: the source gives 31 bits at a time and nothing else, so the same bits place replicas as they do in Kafka.

use crate::engine::common::Prng;

/// A source of chance for placements.
pub trait RandomSource {
    /// A 31-bit number, 0 or more (`Random.next(31)`).
    fn next_u31(&mut self) -> u32;

    /// A number in `0..bound`, without bias (`Random.nextInt(bound)`); 0 if `bound` is 0.
    fn next_below(&mut self, bound: u32) -> u32 {
        let mut bits = self.next_u31();
        if bound.is_power_of_two() {
            return u32::try_from((u64::from(bound) * u64::from(bits)) >> 31).expect("less than the bound");
        }
        if bound == 0 {
            return 0;
        }
        // Numbers from the last multiple of the bound on would make small results likelier: they are drawn again.
        while bits - bits % bound + (bound - 1) > i32::MAX as u32 {
            bits = self.next_u31();
        }
        bits % bound
    }

    /// An index into a list of `count` things; 0 if there are none.
    fn next_index(&mut self, count: usize) -> usize {
        self.next_below(u32::try_from(count).expect("lists are short")) as usize
    }

    /// Puts a list in another order (`Collections.shuffle`).
    fn shuffle<T>(&mut self, list: &mut [T]) {
        for left in (2..=list.len()).rev() {
            list.swap(left - 1, self.next_index(left));
        }
    }
}

impl RandomSource for Prng {
    fn next_u31(&mut self) -> u32 {
        Prng::next_u31(self)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Kafka's own `MockRandom`.
    pub(crate) struct MockRandom {
        state: u64,
    }

    impl MockRandom {
        pub(crate) fn new() -> Self {
            Self { state: 17 }
        }
    }

    impl RandomSource for MockRandom {
        fn next_u31(&mut self) -> u32 {
            self.state = self.state.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(3_037_000_493);
            (self.state >> 33) as u32
        }
    }

    /// Gives these numbers in turn.
    struct Given<'a>(std::slice::Iter<'a, u32>);

    impl RandomSource for Given<'_> {
        fn next_u31(&mut self) -> u32 {
            *self.0.next().expect("no more is drawn")
        }
    }

    #[test]
    fn bounds_are_kept_as_in_java() {
        let below = |bound, bits: &[u32]| Given(bits.iter()).next_below(bound);
        assert_eq!(below(8, &[i32::MAX as u32]), 7, "a power of two takes the high bits");
        assert_eq!(below(8, &[1 << 28]), 1);
        assert_eq!(below(3, &[7]), 1, "any other bound the rest");
        assert_eq!(below(3, &[i32::MAX as u32, 5]), 2, "the incomplete last stretch is drawn again");
        assert_eq!(below(0, &[7]), 0);
    }
}
