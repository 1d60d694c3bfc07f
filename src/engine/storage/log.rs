//! One replica of one partition: segments, offsets, leader epochs and producer state (`UnifiedLog` and `LocalLog` in Kafka).
//!
//! The rule it keeps: log start and high watermark ≤ log end, and segments ascend by base offset. (Log start ≤ high watermark too, but
//! for a high watermark inside of a batch, which a broker never has: KAFKA 5.7.) This file has what a log *is*; what
//! is done to it stands beside it: `log_append`, `log_read`, `seek`, `truncation`, `retention`, `recovery`, `flush`, `files`.
//! When the high watermark moves is the cluster's decision; a log only keeps it within bounds.

use super::leader_epoch_cache::{EpochEndOffset, LeaderEpochCache};
use super::producer_state::ProducerStateManager;
use super::retention::DeletedSegment;
use super::roll::{Roll, RollReason};
use super::segment::{Moment, Segment};
use crate::engine::common::{LeaderEpoch, Offset, Timestamp};
use crate::engine::config::TopicConfig;
use imbl::Vector;
use std::sync::Arc;

/// What time the log's files get, which Kafka asks for when a segment has no records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum FileClock {
    /// The same clock as Kafka's: a simulation.
    #[default]
    SameAsKafka,
    /// A clock later than every record: files that were written, or copied here, long after the times in their records.
    AheadOfRecords,
}

/// An offset and, if it has been resolved, the place in the files where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogOffsetMetadata {
    /// The offset.
    pub offset: Offset,
    /// Base offset of the segment, and position in its `.log` file; none for a bare offset.
    pub place: Option<(Offset, u32)>,
}

/// One replica of one partition.
#[derive(Clone, Debug)]
pub struct Log {
    pub(super) config: Arc<TopicConfig>,
    pub(super) file_clock: FileClock,
    /// Segments that take no more appends, ascending; all before the active one.
    pub(super) closed: Vector<Arc<Segment>>,
    pub(super) active: Segment,
    pub(super) log_start_offset: Offset,
    pub(super) log_end_offset: Offset,
    /// What was flushed as such; see [`Log::flushed_offset`].
    pub(super) flushed_offset: Offset,
    /// When.
    pub(super) flushed_at: Timestamp,
    pub(super) high_watermark: LogOffsetMetadata,
    pub(super) leader_epochs: LeaderEpochCache,
    pub(super) producers: ProducerStateManager,
    /// Sequences are not checked: in tests only.
    pub(super) accepts_any_sequence: bool,
    /// Segments whose files are named `.deleted` and still there.
    pub(super) deleted: Vector<DeletedSegment>,
}

impl Log {
    /// An empty log that starts at offset 0, made at `now` (milliseconds since 1970).
    #[must_use]
    pub fn new(config: Arc<TopicConfig>, now: Timestamp) -> Self {
        Self::with_file_clock(config, FileClock::SameAsKafka, now)
    }

    /// An empty log on a file system with a clock of its own.
    #[must_use]
    pub fn with_file_clock(config: Arc<TopicConfig>, file_clock: FileClock, now: Timestamp) -> Self {
        let moment = moment(file_clock, now);
        let active = Segment::new(Offset(0), config.segment_index_bytes, moment);
        Self {
            config,
            file_clock,
            closed: Vector::new(),
            active,
            log_start_offset: Offset(0),
            log_end_offset: Offset(0),
            flushed_offset: Offset(0),
            flushed_at: now,
            high_watermark: LogOffsetMetadata { offset: Offset(0), place: Some((Offset(0), 0)) },
            leader_epochs: LeaderEpochCache::new(),
            producers: ProducerStateManager::new(Offset(0)),
            accepts_any_sequence: false,
            deleted: Vector::new(),
        }
    }

    /// The topic's settings. They apply from the next append or check on.
    #[must_use]
    pub fn config(&self) -> &Arc<TopicConfig> {
        &self.config
    }

    /// Gives the log other settings.
    pub fn update_config(&mut self, config: Arc<TopicConfig>) {
        self.config = config;
    }

    /// Stops checking sequences: the log is broken on purpose. For tests.
    #[doc(hidden)]
    pub fn accept_any_sequence(&mut self, accepts_any_sequence: bool) {
        self.accepts_any_sequence = accepts_any_sequence;
    }

    /// The first offset that can be read.
    #[must_use]
    pub fn log_start_offset(&self) -> Offset {
        self.log_start_offset
    }

    /// The offset that the next record gets (LEO).
    #[must_use]
    pub fn log_end_offset(&self) -> Offset {
        self.log_end_offset
    }

    /// The offset below which every record is safe and visible.
    #[must_use]
    pub fn high_watermark(&self) -> Offset {
        self.high_watermark.offset
    }

    /// Sets the high watermark, kept between log start and log end; gives what it is now.
    pub fn update_high_watermark(&mut self, high_watermark: Offset) -> Offset {
        self.high_watermark = if high_watermark < self.log_start_offset {
            LogOffsetMetadata { offset: self.log_start_offset, place: None }
        } else if high_watermark >= self.log_end_offset {
            self.log_end_offset_metadata()
        } else if high_watermark == self.high_watermark.offset {
            self.high_watermark
        } else {
            LogOffsetMetadata { offset: high_watermark, place: None }
        };
        self.high_watermark.offset
    }

    /// Raises the high watermark, never lowers it; gives the new one if it moved (`maybeIncrementHighWatermark`).
    pub fn maybe_increment_high_watermark(&mut self, high_watermark: Offset) -> Option<Offset> {
        let before = self.high_watermark.offset;
        if high_watermark <= before {
            return None;
        }
        let after = self.update_high_watermark(high_watermark);
        (after != before).then_some(after)
    }

    /// The segments, oldest first; the last one is active.
    pub fn segments(&self) -> impl DoubleEndedIterator<Item = &Segment> + '_ {
        self.closed.iter().map(AsRef::as_ref).chain(std::iter::once(&self.active))
    }

    /// How many segments there are.
    #[must_use]
    pub fn segments_count(&self) -> usize {
        self.closed.len() + 1
    }

    /// The segment that takes appends.
    #[must_use]
    pub fn active_segment(&self) -> &Segment {
        &self.active
    }

    /// The segment with the largest base offset that is not above `offset`.
    #[must_use]
    pub fn floor_segment(&self, offset: Offset) -> Option<&Segment> {
        self.segment(self.number_of_floor_segment(offset)?)
    }

    /// Bytes of all `.log` files.
    #[must_use]
    pub fn size_in_bytes(&self) -> u64 {
        self.segments().map(|segment| u64::from(segment.size_in_bytes())).sum()
    }

    /// The leader epochs.
    #[must_use]
    pub fn leader_epochs(&self) -> &LeaderEpochCache {
        &self.leader_epochs
    }

    /// The epoch of the last batch, or of the leader that took over since.
    #[must_use]
    pub fn latest_epoch(&self) -> Option<LeaderEpoch> {
        self.leader_epochs.latest().map(|entry| entry.epoch)
    }

    /// Enters a leader epoch that starts at `start_offset`: at a take-over the log end.
    pub fn assign_epoch_start_offset(&mut self, epoch: LeaderEpoch, start_offset: Offset) {
        self.leader_epochs.assign(epoch, start_offset);
    }

    /// Where a leader epoch ends in this log; none if that is unknown.
    #[must_use]
    pub fn end_offset_for_epoch(&self, epoch: LeaderEpoch) -> Option<EpochEndOffset> {
        self.leader_epochs.end_offset_for(epoch, self.log_end_offset)
    }

    /// What is remembered of producers.
    #[must_use]
    pub fn producer_state(&self) -> &ProducerStateManager {
        &self.producers
    }

    /// Forgets producers that have sent nothing for a day; says how many (`producer.id.expiration.ms`).
    pub fn remove_expired_producers(&mut self, now: Timestamp) -> usize {
        self.producers.remove_expired(now)
    }

    /// Segments whose files are named `.deleted` and not gone yet, oldest first.
    pub fn deleted_segments(&self) -> impl Iterator<Item = &DeletedSegment> + '_ {
        self.deleted.iter()
    }

    /// Ends the active segment and starts a new one at the log end. An empty active segment that starts there is kept.
    pub fn roll(&mut self, now: Timestamp) -> Option<Roll> {
        self.roll_to(self.log_end_offset, RollReason::Requested, now)
    }
}

/// What the log's other files share.
impl Log {
    pub(super) fn moment(&self, now: Timestamp) -> Moment {
        moment(self.file_clock, now)
    }

    pub(super) fn log_end_offset_metadata(&self) -> LogOffsetMetadata {
        let place = (self.active.base_offset(), self.active.size_in_bytes());
        LogOffsetMetadata { offset: self.log_end_offset, place: Some(place) }
    }

    /// Starts a segment at `expected` or the log end, whichever is later, and snapshots the producers there.
    pub(super) fn roll_to(&mut self, expected: Offset, reason: RollReason, now: Timestamp) -> Option<Roll> {
        let base_offset = expected.max(self.log_end_offset);
        let closed_base_offset = self.active.base_offset();
        debug_assert!(base_offset >= closed_base_offset, "a new segment starts at or after the active one");
        let stays = base_offset == closed_base_offset && self.active.is_empty();
        if !stays {
            let next = Segment::new(base_offset, self.config.segment_index_bytes, self.moment(now));
            let mut closed = std::mem::replace(&mut self.active, next);
            closed.on_become_inactive();
            self.closed.push_back(Arc::new(closed));
        }
        self.producers.update_map_end_offset(base_offset);
        self.producers.maybe_take_snapshot();
        if self.high_watermark.offset >= self.log_end_offset {
            self.high_watermark = self.log_end_offset_metadata();
        }
        (!stays).then_some(Roll { closed_base_offset, base_offset, reason })
    }

    /// The segment with this number, from 0 (the oldest).
    pub(super) fn segment(&self, number: usize) -> Option<&Segment> {
        if number == self.closed.len() { Some(&self.active) } else { self.closed.get(number).map(AsRef::as_ref) }
    }

    /// The number of the segment with the largest base offset that is not above `offset`.
    pub(super) fn number_of_floor_segment(&self, offset: Offset) -> Option<usize> {
        if self.active.base_offset() <= offset {
            return Some(self.closed.len());
        }
        match self.closed.binary_search_by(|segment| segment.base_offset().cmp(&offset)) {
            Ok(number) => Some(number),
            Err(after) => after.checked_sub(1),
        }
    }

    /// Moves the log start forward, never back, and says whether it moved.
    pub(super) fn maybe_increment_log_start_offset(&mut self, log_start_offset: Offset) -> bool {
        debug_assert!(log_start_offset <= self.high_watermark.offset, "the log never starts above the high watermark");
        if log_start_offset <= self.log_start_offset {
            return false;
        }
        self.log_start_offset = log_start_offset;
        self.leader_epochs.truncate_from_start(log_start_offset);
        self.producers.advance_log_start_offset(log_start_offset);
        true
    }

    /// What always holds; checked in debug builds after every change.
    pub(super) fn debug_assert_invariants(&self) {
        debug_assert!(self.log_start_offset <= self.log_end_offset, "log start ≤ log end");
        debug_assert!(self.high_watermark.offset <= self.log_end_offset, "high watermark ≤ log end");
        debug_assert!(self.active.next_offset() <= self.log_end_offset, "no batch beyond the log end");
        debug_assert!(
            self.closed.last().is_none_or(|last| last.base_offset() < self.active.base_offset()),
            "segments ascend"
        );
    }
}

fn moment(file_clock: FileClock, now: Timestamp) -> Moment {
    let file_time = match file_clock {
        FileClock::SameAsKafka => now,
        FileClock::AheadOfRecords => Timestamp::MAX,
    };
    Moment { now, file_time }
}
