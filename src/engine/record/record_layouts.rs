//! The records of a batch: decompressed, taken apart, decoded.
//!
//! One after the other and bounded: by the batch's count, by its bytes, and by [`limits::BATCH_RECORDS_MAX`].

use super::batch_header::{ATTRIBUTES, RECORDS_COUNT, increment_sequence};
use super::codec;
use super::errors::{BatchError, BatchErrorReason};
use super::record::{self, Record, RecordLayout};
use super::record_batch::{BODY_OVERHEAD, RecordBatch};
use crate::engine::common::{Offset, Timestamp, limits};
use crate::engine::config::CompressionType;
use bytes::Bytes;

impl RecordBatch {
    /// All records, decoded. They share the batch's memory, or that of the decompressed records.
    ///
    /// # Errors
    /// `UNKNOWN_CODEC`, `DECOMPRESS_FAILED`, `INVALID_RECORD` or `RECORD_COUNT_MISMATCH`, with positions in the batch.
    pub fn records(&self) -> Result<Vec<Record>, BatchError> {
        let section = self.uncompressed_records()?;
        let layouts = self.layouts(&section)?;
        let mut records = Vec::with_capacity(layouts.expected());
        for layout in layouts {
            let layout = layout?;
            let headers = if layout.headers_count == 0 {
                Vec::new()
            } else {
                record::read_headers(&section, &layout).map_err(|fault| self.invalid_record(records.len(), fault))?
            };
            records.push(Record {
                offset: self.offset_of(layout.offset_delta),
                timestamp: self.timestamp_of(layout.timestamp_delta),
                key: layout.key.map(|range| section.slice(range)),
                value: layout.value.map(|range| section.slice(range)),
                headers,
                size_in_bytes: layout.record.len(),
            });
        }
        Ok(records)
    }

    /// Whether every offset of the batch has a record: compaction has taken none.
    #[must_use]
    pub fn is_dense(&self) -> bool {
        i64::from(self.records_count()) == self.next_offset().0 - self.base_offset().0
    }

    /// The offset of every record, in order. The records themselves are not decoded.
    ///
    /// # Errors
    /// As [`RecordBatch::records`], but for headers, which are not looked at.
    pub fn offsets(&self) -> Result<Vec<Offset>, BatchError> {
        let section = self.uncompressed_records()?;
        self.layouts(&section)?.map(|layout| Ok(self.offset_of(layout?.offset_delta))).collect()
    }

    /// The records section, decompressed (shared, not copied, if it is not compressed). At most
    /// [`limits::DECOMPRESSED_BYTES_MAX`] bytes.
    ///
    /// # Errors
    /// `UNKNOWN_CODEC` or `DECOMPRESS_FAILED`.
    pub fn uncompressed_records(&self) -> Result<Bytes, BatchError> {
        let id = self.attributes().codec_id();
        let unknown = || self.error("attributes", ATTRIBUTES, BatchErrorReason::UnknownCodec { id });
        let codec = self.codec().ok_or_else(unknown)?;
        let stored = self.stored_records();
        if codec == CompressionType::None || (stored.is_empty() && self.records_count() == 0) {
            return Ok(stored);
        }
        let bytes = codec::decompress(codec, &stored).map_err(|why| {
            self.error("records", BODY_OVERHEAD, BatchErrorReason::DecompressFailed { codec, why: why.to_string() })
        })?;
        Ok(Bytes::from(bytes))
    }

    /// Where every record and field stands in `section`, the uncompressed records. Ends after the first error.
    ///
    /// # Errors
    /// `RECORD_COUNT_MISMATCH` if the count is negative.
    pub fn layouts<'a>(&'a self, section: &'a [u8]) -> Result<RecordLayouts<'a>, BatchError> {
        let stated = self.records_count();
        let expected = usize::try_from(stated).map_err(|_| {
            let reason = BatchErrorReason::RecordCountMismatch { stated, left_over: section.len() };
            self.error("recordsCount", RECORDS_COUNT, reason)
        })?;
        Ok(RecordLayouts { batch: self, section, at: 0, index: 0, headers: 0, expected, is_over: false })
    }

    /// The records section as stored.
    #[must_use]
    pub fn stored_records(&self) -> Bytes {
        self.body.slice(BODY_OVERHEAD..)
    }

    /// The offset that a record with this delta has.
    #[must_use]
    pub fn offset_of(&self, offset_delta: i32) -> Offset {
        Offset(self.base_offset.0.wrapping_add(i64::from(offset_delta)))
    }

    /// The timestamp that a record with this delta reads back: under LogAppendTime the batch's.
    #[must_use]
    pub fn timestamp_of(&self, timestamp_delta: i64) -> Timestamp {
        if self.attributes().is_log_append_time() {
            self.max_timestamp()
        } else {
            self.base_timestamp().wrapping_add(timestamp_delta)
        }
    }

    /// The sequence that a record with this delta has, wrapped; −1 if the batch has none.
    #[must_use]
    pub fn sequence_of(&self, offset_delta: i32) -> i32 {
        let base = self.base_sequence();
        if base < 0 { base } else { increment_sequence(base, offset_delta) }
    }

    fn invalid_record(&self, index: usize, (offset, why): (usize, &'static str)) -> BatchError {
        self.error("records", BODY_OVERHEAD, BatchErrorReason::InvalidRecord { index, offset, why })
    }
}

/// The layouts of a batch's records, one after the other.
pub struct RecordLayouts<'a> {
    batch: &'a RecordBatch,
    section: &'a [u8],
    at: usize,
    index: usize,
    headers: usize,
    expected: usize,
    is_over: bool,
}

impl RecordLayouts<'_> {
    /// How many records may follow: what the count says, or what the bytes can hold if that is less.
    #[must_use]
    pub fn expected(&self) -> usize {
        let held = (self.section.len() - self.at) / record::RECORD_BYTES_MIN;
        (self.expected - self.index).min(held).min(limits::BATCH_RECORDS_MAX)
    }

    fn step(&mut self) -> Option<Result<RecordLayout, BatchError>> {
        if self.index < self.expected {
            return Some(self.record().map_err(|fault| self.batch.invalid_record(self.index, fault)));
        }
        let left_over = self.section.len() - self.at;
        (left_over > 0).then(|| {
            let reason = BatchErrorReason::RecordCountMismatch { stated: self.batch.records_count(), left_over };
            Err(self.batch.error("recordsCount", RECORDS_COUNT, reason))
        })
    }

    fn record(&mut self) -> Result<RecordLayout, record::Fault> {
        let layout = record::read_layout(self.section, self.at)?;
        let (records, headers) = (self.index + 1, self.headers + layout.headers_count);
        if records > limits::BATCH_RECORDS_MAX || headers > limits::BATCH_RECORDS_MAX {
            return Err((self.at, "more records or headers than one batch may have here"));
        }
        (self.at, self.index, self.headers) = (layout.record.end, records, headers);
        Ok(layout)
    }
}

impl Iterator for RecordLayouts<'_> {
    type Item = Result<RecordLayout, BatchError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let item = self.step();
        self.is_over = !matches!(item, Some(Ok(_)));
        item
    }
}
