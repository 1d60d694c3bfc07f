//! When a segment ends and the next one begins, and why (KAFKA 5.2, `LogSegment.shouldRoll`).

use super::segment::Segment;
use super::segment_store::SegmentStore;
use crate::engine::common::{Offset, Timestamp};
use crate::engine::config::TopicConfig;

/// A roll that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Roll {
    /// Base offset of the segment that ended.
    pub closed_base_offset: Offset,
    /// Base offset of the new segment.
    pub base_offset: Offset,
    /// Why.
    pub reason: RollReason,
}

/// Why a segment rolled, with the figures compared. If several hold, the first in Kafka's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RollReason {
    /// The incoming batch would make the file larger than `segment.bytes`.
    SegmentBytes {
        /// Bytes in the file.
        size_in_bytes: u32,
        /// Bytes that come in.
        incoming_bytes: usize,
        /// `segment.bytes`.
        segment_bytes: i64,
    },
    /// The incoming batch's largest timestamp is later than that of the segment's first batch by more than `segment.ms`.
    SegmentMs {
        /// By how much.
        waited_ms: i64,
        /// `segment.ms`; of a compacted topic `max.compaction.lag.ms` if that is less.
        segment_ms: i64,
    },
    /// The offset index takes no more entries.
    OffsetIndexFull {
        /// How many it has.
        entries: usize,
    },
    /// The time index takes no more entries but the spared one.
    TimeIndexFull {
        /// How many it has.
        entries: usize,
    },
    /// The last incoming offset is too far from the segment's base for an index entry.
    OffsetTooFar {
        /// That offset.
        last_offset: Offset,
    },
    /// Somebody asked for it.
    Requested,
    /// Retention takes every segment, and a log needs one.
    AllSegmentsDeletable,
}

impl RollReason {
    /// The setting or word to show for it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::SegmentBytes { .. } => "segment.bytes",
            Self::SegmentMs { .. } => "segment.ms",
            Self::OffsetIndexFull { .. } => "offset index full",
            Self::TimeIndexFull { .. } => "time index full",
            Self::OffsetTooFar { .. } => "offset too far from the base",
            Self::Requested => "requested",
            Self::AllSegmentsDeletable => "every segment may go",
        }
    }
}

/// What comes in, as the roll rules see it (`RollParams`).
#[derive(Clone, Copy, Debug)]
pub(super) struct Incoming {
    pub(super) size_in_bytes: usize,
    pub(super) max_timestamp: Timestamp,
    pub(super) last_offset: Offset,
}

/// Whether `segment` must end before `incoming` is appended.
pub(super) fn roll_reason<S: SegmentStore>(
    segment: &Segment<S>,
    incoming: Incoming,
    config: &TopicConfig,
    now: Timestamp,
) -> Option<RollReason> {
    let size_in_bytes = segment.size_in_bytes();
    let incoming_bytes = i64::try_from(incoming.size_in_bytes).unwrap_or(i64::MAX);
    if i64::from(size_in_bytes) > config.segment_bytes.saturating_sub(incoming_bytes) {
        return Some(RollReason::SegmentBytes {
            size_in_bytes,
            incoming_bytes: incoming.size_in_bytes,
            segment_bytes: config.segment_bytes,
        });
    }
    let waited_ms = segment.time_waited_for_roll(incoming.max_timestamp, now);
    let segment_ms = config.segment_ms_max();
    if size_in_bytes > 0 && waited_ms > segment_ms {
        return Some(RollReason::SegmentMs { waited_ms, segment_ms });
    }
    if segment.offset_index().is_full() {
        return Some(RollReason::OffsetIndexFull { entries: segment.offset_index().len() });
    }
    if segment.time_index().is_full() {
        return Some(RollReason::TimeIndexFull { entries: segment.time_index().len() });
    }
    let far = incoming.last_offset.0 - segment.base_offset().0 > i64::from(i32::MAX);
    far.then_some(RollReason::OffsetTooFar { last_offset: incoming.last_offset })
}
