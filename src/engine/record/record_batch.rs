//! A RecordBatch v2 as it lies in a log (`org.apache.kafka.common.record.DefaultRecordBatch`, KAFKA 1.1).
//!
//! Immutable and cheap to clone: the bytes from the magic on are shared by the leader, its followers and every checkpoint; the
//! 16 bytes before them (base offset, length, leader epoch), which a leader assigns and no checksum covers, are composed on
//! demand. Its fields are in [`super::batch_header`], its records in [`super::record_layouts`], building one in
//! [`super::builder`], and whether a broker takes it from a client in [`super::validate`].

use super::attributes::BatchTimestampType;
use super::batch_header::{ATTRIBUTES, BatchHeader, CRC};
use super::builder::ProducerState;
use super::crc32c;
use super::errors::{BatchError, BatchErrorReason};
use crate::engine::common::{LeaderEpoch, Offset, Timestamp, limits};
use bytes::Bytes;

pub use super::batch_header::increment_sequence;

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

/// One batch.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordBatch {
    pub(super) base_offset: Offset,
    pub(super) partition_leader_epoch: LeaderEpoch,
    /// The bytes from the magic on; at least [`BODY_OVERHEAD`].
    pub(super) body: Bytes,
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

    pub(super) fn error(&self, field: &'static str, at: usize, reason: BatchErrorReason) -> BatchError {
        BatchError { reason, field, position: (HEADER_BYTES_BEFORE_BODY + at) as u64 }
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

impl std::fmt::Debug for RecordBatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.header().fmt(f)
    }
}

pub(super) fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes[at..at + N].try_into().expect("the slice has N bytes")
}
