//! How long a batch waits before it is sent again (`ExponentialBackoff`, KIP-580, KAFKA 3.6).
//!
//! The rule it keeps: base × 2ⁿ, at most the maximum; a maximum at or below the base makes it constant. Kafka's jitter (a factor of 0.8 to
//! 1.2) is drawn once a retry from the producer's own stream of chance; Kafka draws it again at every look, which favours short waits a
//! little.

use crate::engine::common::{Prng, VirtualTime};
use crate::engine::config::ProducerConfig;

/// `retry.backoff.ms` and `retry.backoff.max.ms`, or `reconnect.backoff.ms` and its maximum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExponentialBackoff {
    base: VirtualTime,
    max: VirtualTime,
}

impl ExponentialBackoff {
    /// A wait of `base`, doubling up to `max`.
    #[must_use]
    pub fn new(base: VirtualTime, max: VirtualTime) -> Self {
        Self { base: base.min(max), max }
    }

    /// The wait before a batch is sent again.
    #[must_use]
    pub fn of_retries(config: &ProducerConfig) -> Self {
        Self::new(VirtualTime::from_ms(config.retry_backoff_ms), VirtualTime::from_ms(config.retry_backoff_max_ms))
    }

    /// The wait before an attempt to connect again.
    #[must_use]
    pub fn of_reconnects(config: &ProducerConfig) -> Self {
        Self::new(
            VirtualTime::from_ms(config.reconnect_backoff_ms),
            VirtualTime::from_ms(config.reconnect_backoff_max_ms),
        )
    }

    /// The wait after `n` earlier waits, with the jitter of `jitter` if there is one.
    pub fn backoff(&self, n: u32, jitter: Option<&mut Prng>) -> VirtualTime {
        // Past 2^32 any base above zero has met any maximum that the settings allow.
        let term = VirtualTime(self.base.0.saturating_mul(1 << n.min(32))).min(self.max);
        match jitter {
            Some(prng) => {
                VirtualTime(term.0.saturating_mul(prng.between(800_000, 1_200_000)) / 1_000_000).min(self.max)
            }
            None => term,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(base: i64, max: i64) -> Vec<i64> {
        let backoff = ExponentialBackoff::new(VirtualTime::from_ms(base), VirtualTime::from_ms(max));
        [0, 1, 2, 3, 4, 5, u32::MAX].map(|n| backoff.backoff(n, None).as_ms()).to_vec()
    }

    #[test]
    fn it_doubles_up_to_the_maximum() {
        assert_eq!(waits(100, 1000), [100, 200, 400, 800, 1000, 1000, 1000]);
        assert_eq!(waits(1000, 100), [100; 7], "a maximum below the base is the constant wait");
        assert_eq!(waits(0, 1000), [0; 7]);
    }

    #[test]
    fn jitter_keeps_within_a_fifth_and_below_the_maximum() {
        let backoff = ExponentialBackoff::new(VirtualTime::from_ms(100), VirtualTime::from_ms(1000));
        let mut prng = Prng::stream(1, "backoff");
        for _ in 0..1000 {
            assert!((80..=120).contains(&backoff.backoff(0, Some(&mut prng)).as_ms()));
            assert!((800..=1000).contains(&backoff.backoff(9, Some(&mut prng)).as_ms()));
        }
    }
}
