//! Finding a record: the two steps of every read, as a value that can be shown.
//!
//! Step one chooses a segment and the floor entry of its index. Step two scans the batches of the `.log` file from there. By timestamp
//! there are two index steps: the time index gives an offset, and that one is looked up. (KAFKA 5.3)

use super::log::Log;
use super::log_read::TimestampAndOffset;
use super::offset_index::OffsetPosition;
use super::segment::Segment;
use super::segment_store::{SegmentStore, StoredBatch};
use super::time_index::TimestampOffset;
use crate::engine::common::{Offset, Timestamp};
use crate::engine::record::BatchError;

/// A batch that the scan looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScannedBatch {
    /// Where it starts in the file.
    pub position: u32,
    /// Its bytes.
    pub size_in_bytes: u32,
    /// Its first offset.
    pub base_offset: Offset,
    /// Its last offset.
    pub last_offset: Offset,
    /// Its largest timestamp.
    pub max_timestamp: Timestamp,
}

/// The steps that lead to the batch which holds an offset, or the first one after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetSeek {
    /// The offset asked for.
    pub target: Offset,
    /// Base offset of the segment chosen.
    pub segment: Offset,
    /// Step one: the floor entry of its offset index; the base offset and position 0 if there is none.
    pub floor: OffsetPosition,
    /// Step two: the batches read from there on.
    pub scanned: Vec<ScannedBatch>,
    /// The batch found, the last one scanned; none if the segment has none that reaches the offset.
    pub found: Option<StoredBatch>,
}

/// The steps that lead to the first record with a timestamp at or after another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimestampSeek {
    /// The timestamp asked for.
    pub target: Timestamp,
    /// Base offset of the segment chosen: the first whose largest timestamp is not before the target.
    pub segment: Offset,
    /// The floor entry of its time index; timestamp −1 at the base offset if there is none.
    pub time_floor: TimestampOffset,
    /// The floor entry of its offset index for that offset; the base offset and position 0 if there is none.
    pub floor: OffsetPosition,
    /// The batches read from there on.
    pub scanned: Vec<ScannedBatch>,
    /// The batch and the record found.
    pub found: Option<(StoredBatch, TimestampAndOffset)>,
}

/// Bytes from the floor to the end of the last batch scanned.
fn scanned_bytes(floor: OffsetPosition, scanned: &[ScannedBatch]) -> u32 {
    scanned.last().map_or(0, |last| last.position + last.size_in_bytes - floor.position)
}

impl OffsetSeek {
    /// Bytes from the floor to the end of the last batch scanned.
    #[must_use]
    pub fn scanned_bytes(&self) -> u32 {
        scanned_bytes(self.floor, &self.scanned)
    }
}

impl TimestampSeek {
    /// Bytes from the floor to the end of the last batch scanned.
    #[must_use]
    pub fn scanned_bytes(&self) -> u32 {
        scanned_bytes(self.floor, &self.scanned)
    }
}

impl From<&StoredBatch> for ScannedBatch {
    fn from(stored: &StoredBatch) -> Self {
        Self {
            position: stored.position,
            size_in_bytes: stored.end_position() - stored.position,
            base_offset: stored.batch.base_offset(),
            last_offset: stored.batch.last_offset(),
            max_timestamp: stored.batch.max_timestamp(),
        }
    }
}

impl<S: SegmentStore> Segment<S> {
    /// Finds the first batch whose last offset is at or after `target`, as Kafka does: index floor, then scan.
    #[must_use]
    pub fn seek(&self, target: Offset) -> OffsetSeek {
        let floor = self.offset_index().lookup(target);
        let mut scanned = Vec::new();
        let found = self.batches_at(floor.position).find(|stored| {
            scanned.push(ScannedBatch::from(*stored));
            stored.batch.last_offset() >= target
        });
        OffsetSeek { target, segment: self.base_offset(), floor, scanned, found: found.cloned() }
    }

    /// Finds the first record at or after `start` whose timestamp is at or after `target` (`findOffsetByTimestamp`).
    ///
    /// # Errors
    /// A batch whose records must be looked at does not decode; the position is that in the file.
    pub fn seek_timestamp(&self, target: Timestamp, start: Offset) -> Result<TimestampSeek, BatchError> {
        let time_floor = self.time_index().lookup(target);
        let floor = self.offset_index().lookup(time_floor.offset.max(start));
        let mut seek =
            TimestampSeek { target, segment: self.base_offset(), time_floor, floor, scanned: Vec::new(), found: None };
        for stored in self.batches_at(floor.position) {
            seek.scanned.push(ScannedBatch::from(stored));
            if stored.batch.max_timestamp() < target {
                continue;
            }
            if let Some(record) = first_record(stored, target, start)? {
                seek.found = Some((stored.clone(), record));
                break;
            }
        }
        Ok(seek)
    }
}

/// The batch's first record at or after both the timestamp and the offset.
fn first_record(
    stored: &StoredBatch,
    target: Timestamp,
    start: Offset,
) -> Result<Option<TimestampAndOffset>, BatchError> {
    let batch = &stored.batch;
    let at_file_position = |error: BatchError| error.at(u64::from(stored.position));
    let section = batch.uncompressed_records().map_err(at_file_position)?;
    for layout in batch.layouts(&section).map_err(at_file_position)? {
        let layout = layout.map_err(at_file_position)?;
        let (timestamp, offset) = (batch.timestamp_of(layout.timestamp_delta), batch.offset_of(layout.offset_delta));
        if timestamp >= target && offset >= start {
            return Ok(Some(TimestampAndOffset { timestamp, offset }));
        }
    }
    Ok(None)
}

impl Log {
    /// The steps to the batch that holds `target` or the first one after it; none if the log has no such batch or segment.
    #[must_use]
    pub fn seek(&self, target: Offset) -> Option<OffsetSeek> {
        if target < self.log_start_offset() {
            return None;
        }
        let floor = self.number_of_floor_segment(target)?;
        (floor..self.segments_count())
            .filter_map(|number| self.segment(number))
            .map(|segment| segment.seek(target))
            .find(|seek| seek.found.is_some())
    }

    /// The first record at or after an offset, markers included: in the batch that reaches the offset, or, if compaction has left nothing
    /// there, in a later one.
    ///
    /// # Errors
    /// A batch whose records must be looked at does not decode.
    pub fn first_record_at_or_after(&self, offset: Offset) -> Result<Option<TimestampAndOffset>, BatchError> {
        let floor = self.number_of_floor_segment(offset).unwrap_or(0);
        let segments = (floor..self.segments_count()).filter_map(|number| self.segment(number));
        for stored in segments.flat_map(|segment| segment.batches_reaching(offset)) {
            if let Some(record) = first_record(stored, Timestamp::MIN, offset)? {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    /// The steps to the first record with a timestamp at or after `target`. The first segment whose largest timestamp reaches it
    /// decides alone: if it has no such record, the answer is none. None here: no segment reaches it.
    ///
    /// # Errors
    /// A batch whose records must be looked at does not decode.
    pub fn seek_timestamp(&self, target: Timestamp) -> Result<Option<TimestampSeek>, BatchError> {
        let segment = self.segments().find(|segment| segment.largest_timestamp() >= target);
        segment.map(|segment| segment.seek_timestamp(target, self.log_start_offset())).transpose()
    }

    /// The first record with a timestamp at or after `target`, not bounded by the high watermark.
    ///
    /// # Errors
    /// A batch whose records must be looked at does not decode.
    pub fn offset_for_timestamp(&self, target: Timestamp) -> Result<Option<TimestampAndOffset>, BatchError> {
        Ok(self.seek_timestamp(target)?.and_then(|seek| seek.found).map(|(_, record)| record))
    }
}
