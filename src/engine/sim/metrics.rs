//! What a run measures of itself: latencies, records per batch, requests, compression. All in integers.

use super::chunked::Chunked;
use crate::engine::common::VirtualTime;
use crate::engine::config::CompressionType;
use crate::engine::record::RecordBatch;
use serde::Serialize;

/// Buckets for each doubling of a latency: a figure is at most one part in 64 too high.
const STEPS: u64 = 64;

/// How often each latency occurred, in buckets that widen with it.
#[derive(Clone, Debug, Default)]
pub struct LatencyHistogram {
    buckets: Chunked<u64>,
    count: u64,
    max: u64,
}

impl LatencyHistogram {
    pub(super) fn record(&mut self, latency: VirtualTime) {
        let bucket = bucket_of(latency.0);
        while self.buckets.back() <= bucket {
            self.buckets.push(0);
        }
        *self.buckets.get_mut(bucket).expect("just filled up to it") += 1;
        self.count += 1;
        self.max = self.max.max(latency.0);
    }

    /// How many latencies there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The largest, exactly.
    #[must_use]
    pub fn max(&self) -> VirtualTime {
        VirtualTime(self.max)
    }

    /// The latency that `per_mille` of a thousand do not exceed: the upper edge of its bucket. Zero if there is none.
    #[must_use]
    pub fn quantile(&self, per_mille: u64) -> VirtualTime {
        let rank = (self.count * per_mille).div_ceil(1000).max(1);
        let mut seen = 0;
        for (bucket, count) in self.buckets.iter() {
            seen += count;
            if seen >= rank {
                return VirtualTime(upper_edge(bucket).min(self.max));
            }
        }
        VirtualTime::ZERO
    }
}

/// Values below `2 × STEPS` have a bucket each; every doubling after that has `STEPS`.
fn bucket_of(value: u64) -> usize {
    let doublings = (64 - u64::from(value.leading_zeros())).saturating_sub(u64::from((2 * STEPS).trailing_zeros()));
    usize::try_from(doublings * STEPS + (value >> doublings)).expect("a few thousand at most")
}

fn upper_edge(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    let doublings = (bucket / STEPS).saturating_sub(1);
    ((bucket - doublings * STEPS + 1) << doublings) - 1
}

/// Figures of a run.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    /// From `send()` to the report of success.
    pub produce_latency: LatencyHistogram,
    /// Produce requests that left.
    pub requests: u64,
    /// Batches that were encoded; a batch that is sent again counts once.
    pub batches: u64,
    /// Records in them.
    pub batched_records: u64,
    /// Bytes of their records as they went to the wire, without headers.
    pub compressed_bytes: u64,
    /// Bytes of their records before compression.
    pub uncompressed_bytes: u64,
}

/// The metrics as `highwater run` and the page show them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricsReport {
    /// From `send()` to the report of success, in microseconds.
    pub produce_latency_us: LatencyReport,
    /// Records of a batch, on average; 0 without a batch.
    pub records_per_batch: f64,
    /// Produce requests that left.
    pub requests: u64,
    /// Bytes of records after compression over bytes before; 1 without a batch.
    pub compression_ratio: f64,
}

/// Latencies in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LatencyReport {
    /// Half do not exceed it.
    pub p50: u64,
    /// 99 of 100 do not exceed it.
    pub p99: u64,
    /// None exceeds it.
    pub max: u64,
}

impl Metrics {
    /// A batch was encoded, its records to `ratio` of their size.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)] // a figure to be read
    pub(super) fn count_batch(&mut self, batch: &RecordBatch, ratio: f32) {
        let compressed = batch.stored_records().len() as u64;
        self.batches += 1;
        self.batched_records += u64::try_from(batch.records_count()).unwrap_or(0);
        self.compressed_bytes += compressed;
        let is_plain = batch.codec() == Some(CompressionType::None) || ratio <= 0.0;
        self.uncompressed_bytes +=
            if is_plain { compressed } else { (compressed as f64 / f64::from(ratio)).round() as u64 };
    }

    /// The figures to show. Rounded to three places: they are for reading, not for the trace.
    #[must_use]
    pub fn report(&self) -> MetricsReport {
        MetricsReport {
            produce_latency_us: LatencyReport {
                p50: self.produce_latency.quantile(500).0,
                p99: self.produce_latency.quantile(990).0,
                max: self.produce_latency.max().0,
            },
            records_per_batch: thousandths(self.batched_records, self.batches, 0),
            requests: self.requests,
            compression_ratio: thousandths(self.compressed_bytes, self.uncompressed_bytes, 1),
        }
    }
}

#[allow(clippy::cast_precision_loss)] // a figure to be read, of three places
fn thousandths(part: u64, whole: u64, without: u64) -> f64 {
    part.saturating_mul(1000).checked_div(whole).map_or(without as f64, |thousandths| thousandths as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::common::Prng;

    #[test]
    fn buckets_cover_all_values_in_order_and_closely() {
        let mut last = 0;
        for value in (0..5_000).chain((13..40).map(|power| 1 << power)) {
            let bucket = bucket_of(value);
            assert!(bucket >= last, "{value}");
            last = bucket;
            let edge = upper_edge(bucket);
            assert!(edge >= value && edge - value <= value / STEPS, "{value} is in a bucket up to {edge}");
        }
    }

    #[test]
    fn quantiles_are_close_to_the_sorted_list() {
        let mut prng = Prng::stream(3, "latencies");
        let mut all: Vec<u64> = (0..10_000).map(|_| prng.below(1_000_000)).collect();
        let mut histogram = LatencyHistogram::default();
        all.iter().for_each(|value| histogram.record(VirtualTime(*value)));
        all.sort_unstable();
        for (per_mille, rank) in [(500, 5_000), (990, 9_900), (1000, 10_000)] {
            let (exact, found) = (all[rank - 1], histogram.quantile(per_mille).0);
            assert!(found >= exact && found - exact <= exact / STEPS + 1, "{per_mille}: {found} for {exact}");
        }
    }
}
