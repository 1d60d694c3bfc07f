//! One segment: a `.log` file with its two indexes.
//!
//! The rule it keeps: a batch gets an index entry when more than `index.interval.bytes` were written since the last one, before its
//! own bytes are counted; so the first batch never gets one. Which segment a batch belongs to is the log's decision.
//! (`org.apache.kafka.storage.internals.log.LogSegment`)

use super::offset_index::{OffsetIndex, OffsetPosition};
use super::segment_store::{MemoryStore, SegmentStore, StoredBatch, size_of};
use super::time_index::{TimeIndex, TimestampOffset};
use crate::engine::common::{Offset, Timestamp};
use crate::engine::record::RecordBatch;

/// The two clocks of a broker: Kafka's, and that of the file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds since 1970 by Kafka's clock.
    pub now: Timestamp,
    /// What a file written now has as its modification time.
    pub file_time: Timestamp,
}

/// A segment. A clone shares its batches and index entries.
#[derive(Clone, Debug)]
pub struct Segment<S = MemoryStore> {
    base_offset: Offset,
    store: S,
    offset_index: OffsetIndex,
    time_index: TimeIndex,
    bytes_since_last_index_entry: u64,
    /// The largest timestamp of the batches, and the last offset of the batch that first reached it; −1: none.
    largest: TimestampOffset,
    created_at: Timestamp,
    modified_at: Timestamp,
}

/// What an append did to the indexes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentAppend {
    /// Where the batch starts in the file.
    pub position: u32,
    /// The entry that the offset index got, if it got one.
    pub index_entry: Option<OffsetPosition>,
    /// The entry that the time index got with it, if the timestamp had grown.
    pub time_index_entry: Option<TimestampOffset>,
}

impl<S: SegmentStore> Segment<S> {
    /// An empty segment.
    #[must_use]
    pub fn new(base_offset: Offset, index_bytes_max: i64, moment: Moment) -> Self {
        Self {
            base_offset,
            store: S::default(),
            offset_index: OffsetIndex::new(base_offset, index_bytes_max),
            time_index: TimeIndex::new(base_offset, index_bytes_max),
            bytes_since_last_index_entry: 0,
            largest: TimestampOffset { timestamp: -1, offset: base_offset },
            created_at: moment.now,
            modified_at: moment.file_time,
        }
    }

    /// Adds a batch whose offsets are assigned; the caller has made sure that it fits.
    pub fn append(&mut self, batch: RecordBatch, index_interval_bytes: i64, moment: Moment) -> SegmentAppend {
        let (last_offset, size) = (batch.last_offset(), u64::from(size_of(&batch)));
        debug_assert!(self.next_offset() <= batch.base_offset(), "offsets ascend");
        if batch.max_timestamp() > self.largest.timestamp {
            self.largest = TimestampOffset { timestamp: batch.max_timestamp(), offset: last_offset };
        }
        let position = self.store.append(batch);
        let mut append = SegmentAppend { position, index_entry: None, time_index_entry: None };
        let due = i128::from(self.bytes_since_last_index_entry) > i128::from(index_interval_bytes);
        if due && !self.offset_index.is_full() {
            self.offset_index.append(last_offset, position);
            append.index_entry = Some(OffsetPosition { offset: last_offset, position });
            append.time_index_entry = self.time_index.maybe_append(self.largest).then_some(self.largest);
            self.bytes_since_last_index_entry = 0;
        }
        self.bytes_since_last_index_entry += size;
        self.modified_at = moment.file_time;
        append
    }

    /// Cuts off the batches from the first one that reaches `offset`, whole; says how many bytes went.
    pub fn truncate_to(&mut self, offset: Offset, moment: Moment) -> u32 {
        let size_before = self.size_in_bytes();
        self.offset_index.truncate_to(offset);
        self.time_index.truncate_to(offset);
        self.store.truncate(self.store.number_with(offset));
        if self.store.is_empty() {
            self.created_at = moment.now;
        }
        self.bytes_since_last_index_entry = 0;
        self.modified_at = moment.file_time;
        if self.largest.timestamp >= 0 {
            self.largest = self.read_largest_timestamp();
        }
        size_before - self.size_in_bytes()
    }

    /// The last time index entry, or a later batch with a larger timestamp.
    fn read_largest_timestamp(&self) -> TimestampOffset {
        let mut largest = self.time_index.last_entry();
        let from = self.offset_index.lookup(largest.offset).position;
        for stored in self.store.batches_from(self.store.number_at(from)) {
            if stored.batch.max_timestamp() > largest.timestamp {
                largest =
                    TimestampOffset { timestamp: stored.batch.max_timestamp(), offset: stored.batch.last_offset() };
            }
        }
        largest
    }

    /// The segment is no longer the active one, or its files are closed: the time index gets its last entry.
    pub fn on_become_inactive(&mut self) -> Option<TimestampOffset> {
        self.time_index.maybe_append(self.largest).then_some(self.largest)
    }

    /// The segment with its indexes built anew from its batches, as recovery leaves it.
    #[must_use]
    pub fn recovered(&self, index_interval_bytes: i64, index_bytes_max: i64, moment: Moment) -> Self {
        let mut recovered = Self::new(self.base_offset, index_bytes_max, moment);
        for stored in self.batches() {
            recovered.append(stored.batch.clone(), index_interval_bytes, moment);
        }
        recovered.created_at = self.created_at;
        recovered.on_become_inactive();
        recovered.forget_bytes_since_last_index_entry();
        recovered
    }

    /// The broker has restarted: what it counted in memory is gone.
    pub fn forget_bytes_since_last_index_entry(&mut self) {
        self.bytes_since_last_index_entry = 0;
    }

    /// How far the incoming batch's time is from that of the first batch here; by the clock if that has none.
    #[must_use]
    pub fn time_waited_for_roll(&self, incoming_max_timestamp: Timestamp, now: Timestamp) -> i64 {
        match self.store.get(0).map(|first| first.batch.max_timestamp()) {
            Some(reference) if reference >= 0 => incoming_max_timestamp.saturating_sub(reference),
            _ => now.saturating_sub(self.created_at),
        }
    }
}

/// What there is.
impl<S: SegmentStore> Segment<S> {
    /// The offset that names the files.
    #[must_use]
    pub fn base_offset(&self) -> Offset {
        self.base_offset
    }

    /// The offset after the last batch; the base offset if there is none.
    #[must_use]
    pub fn next_offset(&self) -> Offset {
        self.last_batch().map_or(self.base_offset, |stored| stored.batch.next_offset())
    }

    /// Bytes of the `.log` file.
    #[must_use]
    pub fn size_in_bytes(&self) -> u32 {
        self.store.size_in_bytes()
    }

    /// Whether there is no batch.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.store.is_empty()
    }

    /// How many batches there are.
    #[must_use]
    pub fn batches_count(&self) -> usize {
        self.store.len()
    }

    /// All batches.
    pub fn batches(&self) -> impl Iterator<Item = &StoredBatch> {
        self.store.batches_from(0)
    }

    /// The batch with this number, from 0.
    #[must_use]
    pub fn batch(&self, number: usize) -> Option<&StoredBatch> {
        self.store.get(number)
    }

    /// The last batch.
    #[must_use]
    pub fn last_batch(&self) -> Option<&StoredBatch> {
        self.store.get(self.store.len().checked_sub(1)?)
    }

    /// The batches from the first one that reaches `offset`.
    pub fn batches_reaching(&self, offset: Offset) -> impl Iterator<Item = &StoredBatch> {
        self.store.batches_from(self.store.number_with(offset))
    }

    /// The batches from the first one at or after a position.
    pub fn batches_at(&self, position: u32) -> impl Iterator<Item = &StoredBatch> {
        self.store.batches_from(self.store.number_at(position))
    }

    /// The first batch whose last offset is at or after `offset` (`translateOffset`). Found directly: [`Segment::seek`] shows how
    /// Kafka finds the same batch.
    #[must_use]
    pub fn translate_offset(&self, offset: Offset) -> Option<&StoredBatch> {
        self.store.get(self.store.number_with(offset))
    }

    /// The offset index.
    #[must_use]
    pub fn offset_index(&self) -> &OffsetIndex {
        &self.offset_index
    }

    /// The time index.
    #[must_use]
    pub fn time_index(&self) -> &TimeIndex {
        &self.time_index
    }

    /// Bytes written since the last index entry.
    #[must_use]
    pub fn bytes_since_last_index_entry(&self) -> u64 {
        self.bytes_since_last_index_entry
    }

    /// The largest timestamp and the batch that first reached it; −1: none.
    #[must_use]
    pub fn largest_timestamp_of_records(&self) -> TimestampOffset {
        self.largest
    }

    /// The largest timestamp; without records the time at which the file was written last.
    #[must_use]
    pub fn largest_timestamp(&self) -> Timestamp {
        if self.largest.timestamp >= 0 { self.largest.timestamp } else { self.modified_at }
    }

    /// When the file was written last, by the file system's clock.
    pub(super) fn modified_at(&self) -> Timestamp {
        self.modified_at
    }

    /// The bytes of the `.log` file.
    #[must_use]
    pub fn log_bytes(&self) -> Vec<u8> {
        self.store.to_bytes()
    }

    /// Puts the indexes of files in the place of the rebuilt ones.
    pub(super) fn set_indexes(&mut self, offset_index: OffsetIndex, time_index: TimeIndex) {
        self.offset_index = offset_index;
        self.time_index = time_index;
    }
}
