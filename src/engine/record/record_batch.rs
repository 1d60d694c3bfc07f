//! A RecordBatch v2 as it lies in a log (`org.apache.kafka.common.record.DefaultRecordBatch`, KAFKA 1.1).
//!
//! Immutable and cheap to clone: the bytes from the magic on are shared by the leader, its followers and every checkpoint; the
//! 16 bytes before them (base offset, length, leader epoch), which a leader assigns and no checksum covers, are composed on
//! demand. Building one is [`super::builder`]; whether a broker takes it from a client is [`super::validate`].

use super::attributes::{Attributes, BatchTimestampType};
use super::builder::ProducerState;
use super::errors::{BatchError, BatchErrorReason};
use super::record::{self, Record, RecordLayout};
use super::{codec, crc32c};
use crate::engine::common::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, Timestamp, limits};
use crate::engine::config::CompressionType;
use bytes::Bytes;

/// Bytes of the base offset and the length, which the length does not count (`Records.LOG_OVERHEAD`).
pub const LOG_OVERHEAD: usize = 12;
/// Bytes of the whole header (`DefaultRecordBatch.RECORD_BATCH_OVERHEAD`).
pub const RECORD_BATCH_OVERHEAD: usize = 61;
/// Bytes of the header before the magic: base offset, length, partition leader epoch.
pub const HEADER_BYTES_BEFORE_BODY: usize = 16;
/// The only magic that this engine reads and writes.
pub const MAGIC_V2: i8 = 2;

/// Bytes of the header from the magic on.
pub(super) const BODY_OVERHEAD: usize = RECORD_BATCH_OVERHEAD - HEADER_BYTES_BEFORE_BODY;
/// The least length that any batch or message of any magic has (`LegacyRecord.RECORD_OVERHEAD_V0`).
const LENGTH_MIN_OF_ANY_MAGIC: i32 = 14;

// Places in the body: the place in the file's header less 16.
const CRC: usize = 1;
const ATTRIBUTES: usize = 5;
const LAST_OFFSET_DELTA: usize = 7;
const BASE_TIMESTAMP: usize = 11;
const MAX_TIMESTAMP: usize = 19;
const PRODUCER_ID: usize = 27;
const PRODUCER_EPOCH: usize = 35;
const BASE_SEQUENCE: usize = 37;
const RECORDS_COUNT: usize = 41;

/// One batch.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordBatch {
    base_offset: Offset,
    partition_leader_epoch: LeaderEpoch,
    /// The bytes from the magic on; at least [`BODY_OVERHEAD`].
    body: Bytes,
}

/// Every field of a batch's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchHeader {
    /// Offset of the first record (0 from a client).
    pub base_offset: Offset,
    /// Size of the batch less 12.
    pub batch_length: i32,
    /// Epoch of the leader that appended it.
    pub partition_leader_epoch: LeaderEpoch,
    /// 2.
    pub magic: i8,
    /// CRC-32C from the attributes to the end.
    pub crc: u32,
    /// Codec and flags.
    pub attributes: Attributes,
    /// Offset of the last record less the base offset; survives compaction.
    pub last_offset_delta: i32,
    /// Timestamp of the first record appended, or the delete horizon.
    pub base_timestamp: Timestamp,
    /// Largest timestamp, or the LogAppendTime.
    pub max_timestamp: Timestamp,
    /// −1: none.
    pub producer_id: ProducerId,
    /// −1: none.
    pub producer_epoch: ProducerEpoch,
    /// −1: none.
    pub base_sequence: i32,
    /// How many records there are.
    pub records_count: i32,
}

impl BatchHeader {
    /// The 45 bytes from the magic on, with the CRC as given.
    pub(super) fn body_bytes(&self) -> [u8; BODY_OVERHEAD] {
        let mut bytes = [0; BODY_OVERHEAD];
        let mut at = 0;
        let mut put = |field: &[u8]| {
            bytes[at..at + field.len()].copy_from_slice(field);
            at += field.len();
        };
        put(&self.magic.to_be_bytes());
        put(&self.crc.to_be_bytes());
        put(&self.attributes.0.to_be_bytes());
        put(&self.last_offset_delta.to_be_bytes());
        put(&self.base_timestamp.to_be_bytes());
        put(&self.max_timestamp.to_be_bytes());
        put(&self.producer_id.0.to_be_bytes());
        put(&self.producer_epoch.0.to_be_bytes());
        put(&self.base_sequence.to_be_bytes());
        put(&self.records_count.to_be_bytes());
        bytes
    }
}

impl RecordBatch {
    /// Reads the batch that begins at `position` of `input`, sharing its memory, and the position after it. The checksum is
    /// [`RecordBatch::ensure_valid`]'s to check, the records are [`RecordBatch::records`]'.
    ///
    /// # Errors
    /// `TRUNCATED`, `INVALID_LENGTH` or `UNSUPPORTED_MAGIC`, with positions in `input`.
    pub fn parse(input: &Bytes, position: usize) -> Result<(RecordBatch, usize), BatchError> {
        let error = |field, at: usize, reason| BatchError { reason, field, position: (position + at) as u64 };
        let rest = input.get(position..).unwrap_or_default();
        let available = rest.len();
        let truncated = |field, at, needed: usize| {
            let reason = BatchErrorReason::Truncated { needed: needed as u64, available: available as u64 };
            error(field, at, reason)
        };
        let length = match rest.get(8..LOG_OVERHEAD) {
            Some(bytes) => i32::from_be_bytes(array(bytes, 0)),
            None => return Err(truncated("baseOffset", 0, LOG_OVERHEAD)),
        };
        let invalid = |expected| error("batchLength", 8, BatchErrorReason::InvalidLength { length, expected });
        if length < LENGTH_MIN_OF_ANY_MAGIC {
            return Err(invalid("the length of a batch, which is 49 or more"));
        }
        let size = LOG_OVERHEAD + length as usize;
        match rest.get(HEADER_BYTES_BEFORE_BODY) {
            Some(&magic) if magic as i8 != MAGIC_V2 => {
                return Err(error("magic", 16, BatchErrorReason::UnsupportedMagic { magic: magic as i8 }));
            }
            _ if size < RECORD_BATCH_OVERHEAD => return Err(invalid("the length of a batch, which is 49 or more")),
            _ if size > available => return Err(truncated("batchLength", 8, size)),
            _ if size > limits::BATCH_BYTES_MAX => return Err(invalid("within the largest batch that can be sent")),
            _ => {}
        }
        let batch = RecordBatch {
            base_offset: Offset(i64::from_be_bytes(array(rest, 0))),
            partition_leader_epoch: LeaderEpoch(i32::from_be_bytes(array(rest, LOG_OVERHEAD))),
            body: input.slice(position + HEADER_BYTES_BEFORE_BODY..position + size),
        };
        Ok((batch, position + size))
    }

    /// A batch of a body just written: fills in its checksum.
    pub(super) fn seal(base_offset: Offset, partition_leader_epoch: LeaderEpoch, mut body: Vec<u8>) -> RecordBatch {
        assert!(body.len() >= BODY_OVERHEAD, "a body begins with the rest of the header");
        let crc = crc32c::crc32c(&body[ATTRIBUTES..]);
        body[CRC..ATTRIBUTES].copy_from_slice(&crc.to_be_bytes());
        RecordBatch { base_offset, partition_leader_epoch, body: Bytes::from(body) }
    }

    /// Checks the checksum (`DefaultRecordBatch.ensureValid`; the size is checked by [`RecordBatch::parse`]).
    ///
    /// # Errors
    /// `CRC_MISMATCH`.
    pub fn ensure_valid(&self) -> Result<(), BatchError> {
        let (stored, computed) = (self.crc(), self.compute_crc());
        if stored == computed {
            return Ok(());
        }
        Err(self.error("crc", CRC, BatchErrorReason::CrcMismatch { stored, computed }))
    }

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

    fn error(&self, field: &'static str, at: usize, reason: BatchErrorReason) -> BatchError {
        BatchError { reason, field, position: (HEADER_BYTES_BEFORE_BODY + at) as u64 }
    }

    fn invalid_record(&self, index: usize, (offset, why): (usize, &'static str)) -> BatchError {
        self.error("records", BODY_OVERHEAD, BatchErrorReason::InvalidRecord { index, offset, why })
    }
}

/// What a broker or a client changes of a batch.
impl RecordBatch {
    /// The same batch at another place in the log: what a leader assigns. Shares the body; the checksum does not cover these.
    #[must_use]
    pub fn with_offset_and_epoch(&self, base_offset: Offset, partition_leader_epoch: LeaderEpoch) -> RecordBatch {
        RecordBatch { base_offset, partition_leader_epoch, body: self.body.clone() }
    }

    /// The batch with this timestamp type and largest timestamp (`setMaxTimestamp`): unchanged if both are its own, else a copy
    /// with a new checksum.
    #[must_use]
    pub fn with_max_timestamp(&self, timestamp_type: BatchTimestampType, max_timestamp: Timestamp) -> RecordBatch {
        let log_append_time = matches!(timestamp_type, BatchTimestampType::LogAppendTime(_));
        if self.attributes().is_log_append_time() == log_append_time && self.max_timestamp() == max_timestamp {
            return self.clone();
        }
        let attributes = self.attributes().with_log_append_time(log_append_time);
        self.rewritten(&BatchHeader { attributes, max_timestamp, ..self.header() })
    }

    /// The batch with another producer id, epoch and base sequence (`reopenAndRewriteProducerState`): a copy with a new checksum.
    #[must_use]
    pub fn with_producer_state(&self, producer: ProducerState) -> RecordBatch {
        let attributes = self.attributes().with_transactional(producer.is_transactional);
        self.rewritten(&BatchHeader {
            attributes,
            producer_id: producer.producer_id,
            producer_epoch: producer.producer_epoch,
            base_sequence: producer.base_sequence,
            ..self.header()
        })
    }

    fn rewritten(&self, header: &BatchHeader) -> RecordBatch {
        let mut body = self.body.to_vec();
        body[..BODY_OVERHEAD].copy_from_slice(&header.body_bytes());
        Self::seal(self.base_offset, self.partition_leader_epoch, body)
    }
}

/// The batch as bytes of a file.
impl RecordBatch {
    /// Bytes in the file, header included.
    #[must_use]
    pub fn size_in_bytes(&self) -> usize {
        HEADER_BYTES_BEFORE_BODY + self.body.len()
    }

    /// The first 16 bytes in the file: base offset, length, partition leader epoch.
    #[must_use]
    pub fn header_bytes(&self) -> [u8; HEADER_BYTES_BEFORE_BODY] {
        let mut bytes = [0; HEADER_BYTES_BEFORE_BODY];
        bytes[..8].copy_from_slice(&self.base_offset.0.to_be_bytes());
        bytes[8..LOG_OVERHEAD].copy_from_slice(&self.batch_length().to_be_bytes());
        bytes[LOG_OVERHEAD..].copy_from_slice(&self.partition_leader_epoch.0.to_be_bytes());
        bytes
    }

    /// The bytes in the file from the magic on, shared.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Appends the batch's bytes.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        out.reserve(self.size_in_bytes());
        out.extend_from_slice(&self.header_bytes());
        out.extend_from_slice(&self.body);
    }

    /// The batch's bytes.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write_to(&mut out);
        out
    }

    /// The CRC-32C of the bytes, whatever the header says.
    #[must_use]
    pub fn compute_crc(&self) -> u32 {
        crc32c::crc32c(&self.body[ATTRIBUTES..])
    }
}

/// The fields of the header.
impl RecordBatch {
    /// All of them.
    #[must_use]
    pub fn header(&self) -> BatchHeader {
        BatchHeader {
            base_offset: self.base_offset,
            batch_length: self.batch_length(),
            partition_leader_epoch: self.partition_leader_epoch,
            magic: self.magic(),
            crc: self.crc(),
            attributes: self.attributes(),
            last_offset_delta: self.last_offset_delta(),
            base_timestamp: self.base_timestamp(),
            max_timestamp: self.max_timestamp(),
            producer_id: self.producer_id(),
            producer_epoch: self.producer_epoch(),
            base_sequence: self.base_sequence(),
            records_count: self.records_count(),
        }
    }

    /// Offset of the first record that the batch had when it was appended.
    #[must_use]
    pub fn base_offset(&self) -> Offset {
        self.base_offset
    }

    /// Epoch of the leader that appended it.
    #[must_use]
    pub fn partition_leader_epoch(&self) -> LeaderEpoch {
        self.partition_leader_epoch
    }

    /// Size less 12, as the header has it.
    #[must_use]
    pub fn batch_length(&self) -> i32 {
        (self.size_in_bytes() - LOG_OVERHEAD) as i32
    }

    /// 2.
    #[must_use]
    pub fn magic(&self) -> i8 {
        self.body[0] as i8
    }

    /// The stored checksum.
    #[must_use]
    pub fn crc(&self) -> u32 {
        u32::from_be_bytes(array(&self.body, CRC))
    }

    /// Codec and flags.
    #[must_use]
    pub fn attributes(&self) -> Attributes {
        Attributes(i16::from_be_bytes(array(&self.body, ATTRIBUTES)))
    }

    /// The codec; none if the bits name none.
    #[must_use]
    pub fn codec(&self) -> Option<CompressionType> {
        self.attributes().codec()
    }

    /// Part of a transaction.
    #[must_use]
    pub fn is_transactional(&self) -> bool {
        self.attributes().is_transactional()
    }

    /// A control batch.
    #[must_use]
    pub fn is_control(&self) -> bool {
        self.attributes().is_control()
    }

    /// Last offset less the base offset.
    #[must_use]
    pub fn last_offset_delta(&self) -> i32 {
        i32::from_be_bytes(array(&self.body, LAST_OFFSET_DELTA))
    }

    /// Offset of the last record that the batch had when it was appended.
    #[must_use]
    pub fn last_offset(&self) -> Offset {
        self.offset_of(self.last_offset_delta())
    }

    /// The offset after the batch's last.
    #[must_use]
    pub fn next_offset(&self) -> Offset {
        Offset(self.last_offset().0.wrapping_add(1))
    }

    /// Timestamp of the first record appended, or the delete horizon.
    #[must_use]
    pub fn base_timestamp(&self) -> Timestamp {
        i64::from_be_bytes(array(&self.body, BASE_TIMESTAMP))
    }

    /// Largest timestamp, or the LogAppendTime.
    #[must_use]
    pub fn max_timestamp(&self) -> Timestamp {
        i64::from_be_bytes(array(&self.body, MAX_TIMESTAMP))
    }

    /// The time after which tombstones in the batch may go, if compaction has set one.
    #[must_use]
    pub fn delete_horizon_ms(&self) -> Option<Timestamp> {
        self.attributes().has_delete_horizon().then(|| self.base_timestamp())
    }

    /// −1: none.
    #[must_use]
    pub fn producer_id(&self) -> ProducerId {
        ProducerId(i64::from_be_bytes(array(&self.body, PRODUCER_ID)))
    }

    /// −1: none.
    #[must_use]
    pub fn producer_epoch(&self) -> ProducerEpoch {
        ProducerEpoch(i16::from_be_bytes(array(&self.body, PRODUCER_EPOCH)))
    }

    /// −1: none.
    #[must_use]
    pub fn base_sequence(&self) -> i32 {
        i32::from_be_bytes(array(&self.body, BASE_SEQUENCE))
    }

    /// Sequence of the last record, wrapped; −1: none.
    #[must_use]
    pub fn last_sequence(&self) -> i32 {
        self.sequence_of(self.last_offset_delta())
    }

    /// How many records there are, as the header says.
    #[must_use]
    pub fn records_count(&self) -> i32 {
        i32::from_be_bytes(array(&self.body, RECORDS_COUNT))
    }
}

impl std::fmt::Debug for RecordBatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.header().fmt(f)
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

/// A sequence some records further on: it wraps from i32::MAX to 0 (`DefaultRecordBatch.incrementSequence`).
#[must_use]
pub fn increment_sequence(sequence: i32, increment: i32) -> i32 {
    ((i64::from(sequence) + i64::from(increment)).rem_euclid(1 << 31)) as i32
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes[at..at + N].try_into().expect("the slice has N bytes")
}
