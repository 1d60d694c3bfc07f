//! The fields of a batch's header, where they stand and what they mean (KAFKA 1.1).

use super::attributes::Attributes;
use super::record_batch::{BODY_OVERHEAD, LOG_OVERHEAD, RecordBatch, array};
use crate::engine::common::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, Timestamp};
use crate::engine::config::CompressionType;

// Places in the body: the place in the file's header less 16.
pub(super) const CRC: usize = 1;
pub(super) const ATTRIBUTES: usize = 5;
pub(super) const LAST_OFFSET_DELTA: usize = 7;
pub(super) const BASE_TIMESTAMP: usize = 11;
pub(super) const MAX_TIMESTAMP: usize = 19;
pub(super) const PRODUCER_ID: usize = 27;
pub(super) const PRODUCER_EPOCH: usize = 35;
pub(super) const BASE_SEQUENCE: usize = 37;
pub(super) const RECORDS_COUNT: usize = 41;

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

/// A sequence some records further on: it wraps from i32::MAX to 0 (`DefaultRecordBatch.incrementSequence`).
#[must_use]
pub fn increment_sequence(sequence: i32, increment: i32) -> i32 {
    ((i64::from(sequence) + i64::from(increment)).rem_euclid(1 << 31)) as i32
}
