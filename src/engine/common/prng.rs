//! Chance: a portable generator (xoshiro256**, seeded through SplitMix64), one named stream a subsystem.
//!
//! The same seed and name give the same numbers on every machine. A subsystem that draws more does not disturb another.

use serde::{Deserialize, Serialize};

/// One stream of random numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prng {
    state: [u64; 4],
}

impl Prng {
    /// The stream called `name` of the run with this seed.
    #[must_use]
    pub fn stream(seed: u64, name: &str) -> Self {
        // FNV-1a over the name sets streams apart; SplitMix64 spreads the result over the state.
        let mut mix = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64 ^ seed, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let mut next = || {
            mix = mix.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = mix;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        };
        Self { state: [next(), next(), next(), next()] }
    }

    /// 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        let result = self.state[1].wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let shifted = self.state[1] << 17;
        self.state[2] ^= self.state[0];
        self.state[3] ^= self.state[1];
        self.state[1] ^= self.state[2];
        self.state[0] ^= self.state[3];
        self.state[2] ^= shifted;
        self.state[3] = self.state[3].rotate_left(45);
        result
    }

    /// A 31-bit number, 0 or more, as Java's partitioners draw it.
    pub fn next_u31(&mut self) -> u32 {
        (self.next_u64() >> 33) as u32
    }

    /// A number in `0..bound`, without bias worth the name (multiply-shift); 0 if `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// A number in `low..=high`; `low` if the range is empty.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        if high <= low { low } else { low + self.below((high - low).saturating_add(1)) }
    }

    /// True `per_mille` times in a thousand.
    pub fn chance(&mut self, per_mille: u32) -> bool {
        self.below(1000) < u64::from(per_mille)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_stream_of_its_own_and_repeats() {
        let draw = |seed, name| {
            let mut prng = Prng::stream(seed, name);
            [prng.next_u64(), prng.next_u64()]
        };
        assert_eq!(draw(7, "network"), draw(7, "network"));
        assert_ne!(draw(7, "network"), draw(7, "partitioner"));
        assert_ne!(draw(7, "network"), draw(8, "network"));
    }

    #[test]
    fn bounds_hold() {
        let mut prng = Prng::stream(1, "bounds");
        assert_eq!(prng.below(0), 0);
        assert_eq!(prng.between(5, 5), 5);
        let drawn: std::collections::BTreeSet<u64> = (0..1000).map(|_| prng.between(3, 6)).collect();
        assert_eq!(drawn.into_iter().collect::<Vec<_>>(), [3, 4, 5, 6]);
    }
}
