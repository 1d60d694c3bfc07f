//! Cutting a log: at its end when a leader says so, at its start when somebody deletes records (KAFKA 5.5, 5.7, 4.5).
//!
//! The rule it keeps: a batch that holds the cut goes whole, and the log ends at the cut all the same. Producer state is loaded from
//! the newest snapshot that is left and replayed from there.

use super::errors::OffsetOutOfRange;
use super::log::Log;
use super::producer_state::ProducerStateManager;
use super::segment::Segment;
use crate::engine::common::{Offset, Timestamp};
use std::sync::Arc;

impl Log {
    /// Cuts the log at `offset`, which it then ends with; says whether anything changed. At or beyond the log end only leader epochs go.
    pub fn truncate_to(&mut self, offset: Offset, now: Timestamp) -> bool {
        if offset >= self.log_end_offset {
            self.leader_epochs.truncate_from_end(offset);
            return false;
        }
        let first_base_offset = self.segments().next().map_or(offset, Segment::base_offset);
        if offset < first_base_offset {
            self.truncate_fully_and_start_at(offset, now);
            return true;
        }
        self.drop_segments_after(offset);
        let moment = self.moment(now);
        self.active.truncate_to(offset, moment);
        self.log_end_offset = offset;
        self.flushed_offset = self.flushed_offset.min(offset);
        self.leader_epochs.truncate_from_end(offset);
        self.log_start_offset = self.log_start_offset.min(offset);
        self.rebuild_producer_state(now);
        if self.high_watermark.offset >= self.log_end_offset {
            self.high_watermark = self.log_end_offset_metadata();
        }
        self.debug_assert_invariants();
        true
    }

    /// Drops everything; the log is empty and starts at `offset`.
    pub fn truncate_fully_and_start_at(&mut self, offset: Offset, now: Timestamp) {
        self.closed.clear();
        self.active = Segment::new(offset, self.config.segment_index_bytes, self.moment(now));
        self.log_start_offset = offset;
        self.log_end_offset = offset;
        self.flushed_offset = offset;
        self.leader_epochs.clear();
        self.producers.truncate_fully_and_start_at(offset);
        self.high_watermark = self.log_end_offset_metadata();
        self.debug_assert_invariants();
    }

    /// DeleteRecords: the log starts at `offset` now, if that is later than it did; says whether it moved. Files go when whole segments
    /// lie before it, at the next retention check.
    ///
    /// # Errors
    /// `OFFSET_OUT_OF_RANGE`: the offset is above the high watermark.
    pub fn delete_records(&mut self, offset: Offset) -> Result<bool, OffsetOutOfRange> {
        if offset > self.high_watermark.offset {
            let (first, last) = (self.log_start_offset, self.high_watermark.offset);
            return Err(OffsetOutOfRange { offset, first, last });
        }
        Ok(self.maybe_increment_log_start_offset(offset))
    }

    /// Segments with a base offset above `offset` go, with their snapshots; the last one left is the active one.
    fn drop_segments_after(&mut self, offset: Offset) {
        while self.active.base_offset() > offset {
            let before = self.closed.pop_back().expect("the first segment starts at or before the cut");
            let gone = std::mem::replace(&mut self.active, Arc::unwrap_or_clone(before));
            self.producers.remove_snapshot(gone.base_offset());
        }
    }

    /// Loads the producers as of the log end.
    pub(super) fn rebuild_producer_state(&mut self, now: Timestamp) {
        let mut producers = self.producers.clone();
        self.load_producers(&mut producers, self.log_end_offset, now);
        self.producers = producers;
    }

    /// Loads the producers as of `end`: from the newest snapshot, then from the batches after it (`rebuildProducerState`).
    /// Snapshots are taken on the way at the starts of the last two segments, and at the end.
    pub(super) fn load_producers(&self, producers: &mut ProducerStateManager, end: Offset, now: Timestamp) {
        let nothing_to_forget = producers.is_empty() && producers.map_end_offset() >= end;
        producers.truncate_and_reload(self.log_start_offset, end, now);
        if end > producers.map_end_offset() && !nothing_to_forget {
            self.replay_producers(producers, end);
        }
        producers.update_map_end_offset(end);
        producers.maybe_take_snapshot();
    }

    fn replay_producers(&self, producers: &mut ProducerStateManager, end: Offset) {
        let from = self.number_of_floor_segment(producers.map_end_offset()).unwrap_or(0);
        let last_two = self.segments_count().saturating_sub(2);
        for number in from..self.segments_count() {
            let Some(segment) = self.segment(number).filter(|segment| segment.base_offset() < end) else { break };
            let start = segment.base_offset().max(producers.map_end_offset()).max(self.log_start_offset);
            producers.update_map_end_offset(start);
            if number >= last_two {
                producers.maybe_take_snapshot();
            }
            for stored in segment.batches_reaching(start).take_while(|stored| stored.batch.last_offset() < end) {
                producers.update(&stored.batch);
            }
        }
    }
}
