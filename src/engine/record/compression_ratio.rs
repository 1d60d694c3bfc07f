//! What a producer expects of a codec: the estimate with which it fills batches (`CompressionRatioEstimator`, KAFKA 3.2).
//!
//! Kept per topic and codec by whoever owns the producer. In f32 and in Kafka's order of operations, so that batches end where
//! Kafka's end.

use serde::{Deserialize, Serialize};

/// Falls by this when a batch compressed better than expected.
pub const IMPROVING_STEP: f32 = 0.005;
/// Rises at least by this when a batch compressed worse than expected.
pub const DETERIORATE_STEP: f32 = 0.05;

/// The expected compressed size of records over their uncompressed size, for one topic and codec; 1.0 at first.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CompressionRatioEstimator {
    estimation: f32,
}

impl Default for CompressionRatioEstimator {
    fn default() -> Self {
        Self { estimation: 1.0 }
    }
}

impl CompressionRatioEstimator {
    /// The estimate for the next batch.
    #[must_use]
    pub fn estimation(self) -> f32 {
        self.estimation
    }

    /// Learns from a closed batch: quickly from a worse ratio, slowly from a better one.
    pub fn update(&mut self, observed: f32) {
        if observed > self.estimation {
            self.estimation = (self.estimation + DETERIORATE_STEP).max(observed);
        } else if observed < self.estimation {
            self.estimation = (self.estimation - IMPROVING_STEP).max(observed);
        }
    }

    /// What a split of a batch that was too large sets: at least 1.0 (`RecordAccumulator.splitAndReenqueue`).
    pub fn reset_for_split(&mut self, observed: f32) {
        self.estimation = observed.max(1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worse_is_learned_at_once_and_better_slowly() {
        let mut ratio = CompressionRatioEstimator::default();
        ratio.update(0.2);
        assert_eq!(ratio.estimation(), 1.0f32 - 0.005);
        ratio.update(0.996);
        assert_eq!(ratio.estimation(), (1.0f32 - 0.005) + 0.05);
        ratio.update(1.5);
        assert_eq!(ratio.estimation(), 1.5);
        ratio.update(1.5);
        assert_eq!(ratio.estimation(), 1.5);
        ratio.update(1.498);
        assert_eq!(ratio.estimation(), 1.498, "no lower than what was seen");
        ratio.reset_for_split(0.4);
        assert_eq!(ratio.estimation(), 1.0);
    }
}
