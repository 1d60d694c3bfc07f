//! Reading a log: what a fetch gets (KAFKA 5.7, `LocalLog.read`).
//!
//! The rule it keeps: a read gives batches of one segment only, and always at least one whole batch if there is one. Followers read to
//! the log end, consumers to the high watermark.

use super::errors::OffsetOutOfRange;
use super::log::{Log, LogOffsetMetadata};
use super::segment::Segment;
use crate::engine::common::{Offset, Timestamp};
use crate::engine::record::RecordBatch;

/// How far a read may go (`FetchIsolation`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadUpTo {
    /// A follower's: everything.
    LogEnd,
    /// A consumer's: what is safe.
    HighWatermark,
}

/// What a read gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FetchDataInfo {
    /// The segment, by base offset, and the position in its file where the bytes start; none if there are no bytes.
    pub place: Option<(Offset, u32)>,
    /// The whole batches, in order. The first one may start before the offset asked for.
    pub batches: Vec<RecordBatch>,
    /// The bytes of the answer; more than the batches have if the last one is cut.
    pub size_in_bytes: usize,
}

/// A record found by timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimestampAndOffset {
    /// The record's timestamp.
    pub timestamp: Timestamp,
    /// Its offset.
    pub offset: Offset,
}

impl Log {
    /// Reads from `offset` on, about `max_bytes`. The first read up to a high watermark that stands inside of a batch moves it back to
    /// that batch's start (KAFKA 5.7).
    ///
    /// # Errors
    /// `OFFSET_OUT_OF_RANGE`: the offset is before the log start or after the log end.
    pub fn read(
        &mut self,
        offset: Offset,
        max_bytes: usize,
        up_to: ReadUpTo,
    ) -> Result<FetchDataInfo, OffsetOutOfRange> {
        self.ensure_not_before_start(offset)?;
        let limit = match up_to {
            ReadUpTo::LogEnd => self.log_end_offset_metadata(),
            ReadUpTo::HighWatermark => self.resolve_high_watermark(),
        };
        self.read_to(offset, max_bytes, limit)
    }

    /// The log end's or the high watermark's place, without changing anything: for a look from outside.
    #[must_use]
    pub fn limit(&self, up_to: ReadUpTo) -> LogOffsetMetadata {
        match up_to {
            ReadUpTo::LogEnd => self.log_end_offset_metadata(),
            ReadUpTo::HighWatermark => self.resolved(self.high_watermark),
        }
    }

    /// Reads up to a resolved limit.
    fn read_to(
        &self,
        offset: Offset,
        max_bytes: usize,
        limit: LogOffsetMetadata,
    ) -> Result<FetchDataInfo, OffsetOutOfRange> {
        let out_of_range = OffsetOutOfRange { offset, first: self.log_start_offset, last: self.log_end_offset };
        if offset > self.log_end_offset {
            return Err(out_of_range);
        }
        let floor = self.number_of_floor_segment(offset).ok_or(out_of_range)?;
        if offset >= limit.offset {
            return Ok(FetchDataInfo::default());
        }
        let found = (floor..self.segments_count())
            .filter_map(|number| self.segment(number))
            .find_map(|segment| read_segment(segment, offset, max_bytes, limit));
        Ok(found.unwrap_or_default())
    }

    fn ensure_not_before_start(&self, offset: Offset) -> Result<(), OffsetOutOfRange> {
        if offset >= self.log_start_offset {
            return Ok(());
        }
        Err(OffsetOutOfRange { offset, first: self.log_start_offset, last: self.log_end_offset })
    }

    fn resolve_high_watermark(&mut self) -> LogOffsetMetadata {
        self.high_watermark = self.resolved(self.high_watermark);
        self.high_watermark
    }

    /// The offset with its place: that of the first batch that reaches it, or the log end. In a hole that compaction has left the offset
    /// stays; Kafka's goes up to the next batch, which nobody can tell by what is read.
    fn resolved(&self, bare: LogOffsetMetadata) -> LogOffsetMetadata {
        if bare.place.is_some() {
            return bare;
        }
        let floor = self.number_of_floor_segment(bare.offset).unwrap_or(0);
        for segment in (floor..self.segments_count()).filter_map(|number| self.segment(number)) {
            if let Some(stored) = segment.translate_offset(bare.offset) {
                let place = Some((segment.base_offset(), stored.position));
                return LogOffsetMetadata { offset: stored.batch.base_offset().min(bare.offset), place };
            }
        }
        self.log_end_offset_metadata()
    }
}

/// What one segment gives, or nothing if it has no batch that reaches the offset.
fn read_segment(
    segment: &Segment,
    offset: Offset,
    max_bytes: usize,
    limit: LogOffsetMetadata,
) -> Option<FetchDataInfo> {
    let mut batches = segment.batches_reaching(offset).peekable();
    let first = batches.peek()?;
    let start = first.position;
    let end = match limit.place {
        Some((base_offset, position)) if base_offset == segment.base_offset() => position,
        _ => segment.size_in_bytes(),
    };
    let room = max_bytes.max(first.batch.size_in_bytes());
    let size_in_bytes = room.min(end.saturating_sub(start) as usize);
    let batches = batches
        .take_while(|stored| (stored.end_position() - start) as usize <= size_in_bytes)
        .map(|stored| stored.batch.clone())
        .collect();
    Some(FetchDataInfo { place: Some((segment.base_offset(), start)), batches, size_in_bytes })
}
