//! Which old segments go, and why (KAFKA 5.4, `UnifiedLog.deleteOldSegments`).
//!
//! The rule it keeps: whole segments, oldest first, only below the high watermark, and each pass stops at the first segment that stays:
//! first those before the log start, then by size, then by time. The active segment may go too: then a new one is rolled first.
//! When to look is the broker's timer.

use super::log::Log;
use super::roll::{Roll, RollReason};
use super::segment::Segment;
use crate::engine::common::{Offset, Timestamp};
use std::sync::Arc;

/// `file.delete.delay.ms`, Kafka's default: how long files stay as `.deleted`.
pub const FILE_DELETE_DELAY_MS: i64 = 60_000;

/// Why a segment goes, with the figures compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeletionReason {
    /// The next segment starts at or before the log start offset.
    LogStartOffsetBreach {
        /// Base offset of the next segment.
        next_base_offset: Offset,
        /// The log start offset.
        log_start_offset: Offset,
    },
    /// Without it the log is still as large as `retention.bytes`.
    RetentionBytes {
        /// Bytes of the log with it.
        log_bytes: u64,
        /// Its bytes.
        segment_bytes: u32,
        /// `retention.bytes`.
        retention_bytes: i64,
    },
    /// Its newest record is older than `retention.ms`.
    RetentionMs {
        /// The largest timestamp in it, or when its file was written.
        largest_timestamp: Timestamp,
        /// How old that is.
        age_ms: i64,
        /// `retention.ms`.
        retention_ms: i64,
    },
}

impl DeletionReason {
    /// The setting or word to show for it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::LogStartOffsetBreach { .. } => "log start offset",
            Self::RetentionBytes { .. } => "retention.bytes",
            Self::RetentionMs { .. } => "retention.ms",
        }
    }
}

/// A segment that retention took. Its files are named `.deleted` and go after `file.delete.delay.ms`.
#[derive(Clone, Debug)]
pub struct DeletedSegment {
    /// The segment, still whole.
    pub segment: Arc<Segment>,
    /// Why.
    pub reason: DeletionReason,
    /// When, in milliseconds since 1970.
    pub deleted_at: Timestamp,
}

/// What a retention check did.
#[derive(Clone, Debug, Default)]
pub struct Retention {
    /// The segments that went, oldest first.
    pub deleted: Vec<DeletedSegment>,
    /// The roll that made room for an empty segment, if all of them went.
    pub rolled: Option<Roll>,
    /// The log start offset, if it moved.
    pub log_start_offset: Option<Offset>,
}

impl Log {
    /// Deletes what may go at `now` (milliseconds since 1970), and removes `.deleted` files whose delay has passed.
    pub fn delete_old_segments(&mut self, now: Timestamp) -> Retention {
        self.deleted.retain(|gone| now.saturating_sub(gone.deleted_at) < FILE_DELETE_DELAY_MS);
        let mut retention = Retention::default();
        let reasons = self.log_start_breaches();
        self.delete_oldest(&reasons, now, &mut retention);
        if self.config.cleanup_policy.deletes() {
            let reasons = self.size_breaches();
            self.delete_oldest(&reasons, now, &mut retention);
            let reasons = self.time_breaches(now);
            self.delete_oldest(&reasons, now, &mut retention);
        }
        self.debug_assert_invariants();
        retention
    }

    /// What a check at `now` would do.
    #[must_use]
    pub fn retention_preview(&self, now: Timestamp) -> Retention {
        self.clone().delete_old_segments(now)
    }

    fn log_start_breaches(&self) -> Vec<DeletionReason> {
        let log_start_offset = self.log_start_offset;
        self.oldest_that(|_, next| {
            let next_base_offset = next?.base_offset();
            (next_base_offset <= log_start_offset)
                .then_some(DeletionReason::LogStartOffsetBreach { next_base_offset, log_start_offset })
        })
    }

    fn size_breaches(&self) -> Vec<DeletionReason> {
        let retention_bytes = self.config.retention_bytes;
        let mut log_bytes = self.size_in_bytes();
        let Ok(kept) = u64::try_from(retention_bytes) else { return Vec::new() };
        self.oldest_that(|segment, _| {
            let segment_bytes = segment.size_in_bytes();
            let goes = log_bytes.checked_sub(kept)?.checked_sub(u64::from(segment_bytes)).is_some();
            let reason = DeletionReason::RetentionBytes { log_bytes, segment_bytes, retention_bytes };
            log_bytes -= u64::from(segment_bytes);
            goes.then_some(reason)
        })
    }

    fn time_breaches(&self, now: Timestamp) -> Vec<DeletionReason> {
        let retention_ms = self.config.retention_ms;
        if retention_ms < 0 {
            return Vec::new();
        }
        self.oldest_that(|segment, _| {
            let largest_timestamp = segment.largest_timestamp();
            let age_ms = now.saturating_sub(largest_timestamp);
            (age_ms > retention_ms).then_some(DeletionReason::RetentionMs { largest_timestamp, age_ms, retention_ms })
        })
    }

    /// The reasons for the oldest segments, up to the first one that stays (`deletableSegments`).
    fn oldest_that(
        &self,
        mut reason: impl FnMut(&Segment, Option<&Segment>) -> Option<DeletionReason>,
    ) -> Vec<DeletionReason> {
        let mut reasons = Vec::new();
        for (number, segment) in self.segments().enumerate() {
            let next = self.segment(number + 1);
            let upper_bound = next.map_or(self.log_end_offset, Segment::base_offset);
            let is_last_and_empty = next.is_none() && segment.is_empty();
            if self.high_watermark.offset < upper_bound || is_last_and_empty {
                break;
            }
            match reason(segment, next) {
                Some(reason) => reasons.push(reason),
                None => break,
            }
        }
        reasons
    }

    /// Deletes one segment a reason, oldest first; the log starts at the first one left at once.
    fn delete_oldest(&mut self, reasons: &[DeletionReason], now: Timestamp, retention: &mut Retention) {
        if reasons.is_empty() {
            return;
        }
        if reasons.len() == self.segments_count() {
            let rolled = self.roll_to(self.log_end_offset, RollReason::AllSegmentsDeletable, now);
            retention.rolled = retention.rolled.or(rolled);
        }
        let left = self.segment(reasons.len()).map_or(self.active.base_offset(), Segment::base_offset);
        if self.maybe_increment_log_start_offset(left) {
            retention.log_start_offset = Some(left);
        }
        for reason in reasons {
            let Some(segment) = self.closed.pop_front() else { break };
            self.producers.remove_snapshot(segment.base_offset());
            let gone = DeletedSegment { segment, reason: *reason, deleted_at: now };
            self.deleted.push_back(gone.clone());
            retention.deleted.push(gone);
        }
    }
}
