//! What of a log may be cleaned, and whether it is worth it (`LogCleanerManager`, KAFKA 5.6).
//!
//! The rule it keeps: only whole closed segments below the high watermark are cleaned, never the active one, and none that holds a
//! record younger than `min.compaction.lag.ms`. "Dirty" is what no cleaning has looked at yet; the checkpoint, where it begins, is
//! the caller's to keep.

use crate::engine::common::{Offset, Timestamp};
use crate::engine::config::TopicConfig;
use crate::engine::storage::log::Log;
use crate::engine::storage::segment::Segment;

/// The cleaner's settings: of a topic, but for the buffer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CleanerConfig {
    /// `min.cleanable.dirty.ratio`: cleaned if a larger part than this is dirty.
    pub min_cleanable_dirty_ratio: f64,
    /// `min.compaction.lag.ms`: a record stays at least so long as it is.
    pub min_compaction_lag_ms: i64,
    /// `max.compaction.lag.ms`: after this long a log is cleaned whatever its ratio.
    pub max_compaction_lag_ms: i64,
    /// `delete.retention.ms`: how long a tombstone stays after the first cleaning that kept it.
    pub delete_retention_ms: i64,
    /// `log.cleaner.dedupe.buffer.size`: memory for the offset map.
    pub dedupe_buffer_bytes: u64,
}

/// Kafka's defaults.
impl Default for CleanerConfig {
    fn default() -> Self {
        Self {
            min_cleanable_dirty_ratio: 0.5,
            min_compaction_lag_ms: 0,
            max_compaction_lag_ms: i64::MAX,
            delete_retention_ms: 86_400_000,
            dedupe_buffer_bytes: 134_217_728,
        }
    }
}

/// A log as the cleaner sees it (`LogToClean`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogToClean {
    /// Where the dirty part begins.
    pub first_dirty_offset: Offset,
    /// Where the part begins that may not be cleaned: the start of a segment.
    pub first_uncleanable_offset: Offset,
    /// Bytes of the segments that begin before the dirty part.
    pub clean_bytes: u64,
    /// Bytes of the segments that are dirty and may be cleaned.
    pub cleanable_bytes: u64,
    /// By how much `max.compaction.lag.ms` is exceeded; 0: it is not.
    pub compaction_delay_ms: i64,
}

/// Why a log is cleaned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CleaningReason {
    /// More of it is dirty than `min.cleanable.dirty.ratio`.
    DirtyRatio,
    /// Its oldest dirty record waits for longer than `max.compaction.lag.ms`.
    MaxCompactionLag,
}

impl CleanerConfig {
    /// What a topic's settings make of it; the buffer is Kafka's default.
    #[must_use]
    pub fn of(topic: &TopicConfig) -> Self {
        Self {
            min_cleanable_dirty_ratio: topic.min_cleanable_dirty_ratio,
            min_compaction_lag_ms: topic.min_compaction_lag_ms,
            max_compaction_lag_ms: topic.max_compaction_lag_ms,
            delete_retention_ms: topic.delete_retention_ms,
            ..Self::default()
        }
    }
}

impl LogToClean {
    /// What there is to clean at `now`. `checkpoint`: where the last cleaning ended; none, or one outside of the log, means that all
    /// of it is dirty.
    #[must_use]
    pub fn of(log: &Log, checkpoint: Option<Offset>, config: &CleanerConfig, now: Timestamp) -> Self {
        let valid = checkpoint.filter(|at| (log.log_start_offset()..=log.log_end_offset()).contains(at));
        let first_dirty_offset = valid.unwrap_or(log.log_start_offset());
        let uncleanable = first_uncleanable_offset(log, first_dirty_offset, config, now).max(first_dirty_offset);
        let active = log.active_segment().base_offset();
        let segment = closed_segments_from(log, uncleanable).next();
        let first_uncleanable_offset = segment.map_or(active, Segment::base_offset);
        let dirty = segments_between(log, first_dirty_offset.min(first_uncleanable_offset), first_uncleanable_offset);
        let clean = log.segments().take_while(|segment| segment.base_offset() < first_dirty_offset);
        Self {
            first_dirty_offset,
            first_uncleanable_offset,
            clean_bytes: clean.map(|segment| u64::from(segment.size_in_bytes())).sum(),
            cleanable_bytes: dirty.map(|segment| u64::from(segment.size_in_bytes())).sum(),
            compaction_delay_ms: compaction_delay_ms(log, first_dirty_offset, config, now),
        }
    }

    /// The part of the bytes, 0 to 1, that is dirty and may be cleaned; 0 of nothing.
    #[must_use]
    pub fn dirty_ratio(&self) -> f64 {
        let total = self.clean_bytes + self.cleanable_bytes;
        if total == 0 { 0.0 } else { self.cleanable_bytes as f64 / total as f64 }
    }

    /// Why it should be cleaned now; none if it should not.
    ///
    /// | cleanable bytes | lag exceeded | ratio above the least | reason |
    /// |-----------------|--------------|-----------------------|--------|
    /// | 0               | any          | no                    | none   |
    /// | more            | yes          | any                   | `max.compaction.lag.ms` |
    /// | more            | no           | yes                   | `min.cleanable.dirty.ratio` |
    /// | more            | no           | no                    | none   |
    #[must_use]
    pub fn reason(&self, config: &CleanerConfig) -> Option<CleaningReason> {
        if self.compaction_delay_ms > 0 && self.cleanable_bytes > 0 {
            Some(CleaningReason::MaxCompactionLag)
        } else {
            (self.dirty_ratio() > config.min_cleanable_dirty_ratio).then_some(CleaningReason::DirtyRatio)
        }
    }
}

impl CleaningReason {
    /// The setting to show for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DirtyRatio => "min.cleanable.dirty.ratio",
            Self::MaxCompactionLag => "max.compaction.lag.ms",
        }
    }
}

/// Which of the logs, each with its topic's settings, is cleaned next: of those with a reason the one with the largest ratio, the
/// first of equals (`grabFilthiestCompactedLog`).
#[must_use]
pub fn dirtiest(logs: &[(LogToClean, CleanerConfig)]) -> Option<usize> {
    let mut found: Option<(usize, f64)> = None;
    for (number, (log, _)) in logs.iter().enumerate().filter(|(_, (log, config))| log.reason(config).is_some()) {
        if found.is_none_or(|(_, ratio)| log.dirty_ratio() > ratio) {
            found = Some((number, log.dirty_ratio()));
        }
    }
    found.map(|(number, _)| number)
}

/// The least of: the last stable offset, the active segment's start, the start of the first segment that is too young.
fn first_uncleanable_offset(log: &Log, first_dirty: Offset, config: &CleanerConfig, now: Timestamp) -> Offset {
    let open = log.producer_state().producers().filter_map(|producer| producer.current_txn_first_offset);
    let last_stable_offset = open.fold(log.high_watermark(), Offset::min);
    let bound = last_stable_offset.min(log.active_segment().base_offset());
    if config.min_compaction_lag_ms <= 0 {
        return bound;
    }
    let old_enough = now.saturating_sub(config.min_compaction_lag_ms);
    let young = closed_segments_from(log, first_dirty).find(|segment| segment.largest_timestamp() > old_enough);
    young.map_or(bound, |segment| bound.min(segment.base_offset()))
}

fn compaction_delay_ms(log: &Log, first_dirty: Offset, config: &CleanerConfig, now: Timestamp) -> i64 {
    let first_timestamps = closed_segments_from(log, first_dirty)
        .filter_map(|segment| segment.batch(0).map(|stored| stored.batch.max_timestamp()))
        .filter(|timestamp| *timestamp > 0);
    let clean_until = now.saturating_sub(config.max_compaction_lag_ms.max(0));
    first_timestamps.min().map_or(0, |earliest| clean_until.saturating_sub(earliest).max(0))
}

/// The segments that may hold offsets from `from` up to before `to`: the one that `from` falls into comes first.
pub(super) fn segments_between(log: &Log, from: Offset, to: Offset) -> impl Iterator<Item = &Segment> {
    let first = log.floor_segment(from).map_or(from, Segment::base_offset);
    log.segments().filter(move |segment| from < to && (first..to).contains(&segment.base_offset()))
}

/// The same up to the active segment.
fn closed_segments_from(log: &Log, from: Offset) -> impl Iterator<Item = &Segment> {
    segments_between(log, from, log.active_segment().base_offset())
}
