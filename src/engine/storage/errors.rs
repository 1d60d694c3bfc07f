//! What the log refuses, and why: appends with Kafka's error, reads out of range, files that are no index or snapshot.
//!
//! A refusal is a value with the figures behind it. An append that is refused may have rolled the log all the same (KAFKA 1.8),
//! so its error says so.

use super::roll::Roll;
use crate::engine::common::{KafkaError, Offset, ProducerEpoch, ProducerId};
use crate::engine::record::validate::BatchRefused;
use std::fmt;

/// An append that was refused.
#[derive(Clone, Debug, PartialEq)]
pub struct AppendError {
    /// Why.
    pub reason: AppendErrorReason,
    /// The roll that came before the refusal, if one was due by then.
    pub rolled: Option<Roll>,
}

/// Why an append was refused, in the order in which a broker looks (KAFKA 1.8).
#[derive(Clone, Debug, PartialEq)]
pub enum AppendErrorReason {
    /// The batch is larger than `max.message.bytes`.
    BatchTooLarge {
        /// Its size.
        size_in_bytes: usize,
        /// The topic's limit.
        max_message_bytes: i64,
    },
    /// The bytes are not a sound batch, or no client may send it, or a record breaks the topic's rules.
    Refused(BatchRefused),
    /// The batch is larger than a whole segment may be.
    LargerThanSegment {
        /// Its size.
        size_in_bytes: usize,
        /// `segment.bytes`.
        segment_bytes: i64,
    },
    /// A producer epoch below the current one: a newer instance has taken over.
    InvalidProducerEpoch {
        /// The producer.
        producer_id: ProducerId,
        /// The epoch of the batch.
        epoch: ProducerEpoch,
        /// The epoch known.
        current: ProducerEpoch,
    },
    /// The sequence does not follow the last one.
    OutOfOrderSequence {
        /// The producer.
        producer_id: ProducerId,
        /// The base sequence of the batch.
        base_sequence: i32,
        /// The sequence that was expected.
        expected: i32,
    },
    /// A follower was given data that does not continue its log.
    UnexpectedOffset {
        /// Where the data starts.
        base_offset: Offset,
        /// Where the log ends.
        log_end_offset: Offset,
    },
}

impl AppendErrorReason {
    /// The error that a produce response carries.
    #[must_use]
    pub fn kafka_error(&self) -> KafkaError {
        match self {
            Self::BatchTooLarge { .. } => KafkaError::MessageTooLarge,
            Self::Refused(refused) => refused.error,
            Self::LargerThanSegment { .. } => KafkaError::RecordListTooLarge,
            Self::InvalidProducerEpoch { .. } => KafkaError::InvalidProducerEpoch,
            Self::OutOfOrderSequence { .. } => KafkaError::OutOfOrderSequenceNumber,
            Self::UnexpectedOffset { .. } => KafkaError::UnknownServerError,
        }
    }
}

impl AppendError {
    /// The error that a produce response carries.
    #[must_use]
    pub fn kafka_error(&self) -> KafkaError {
        self.reason.kafka_error()
    }
}

impl fmt::Display for AppendErrorReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BatchTooLarge { size_in_bytes, max_message_bytes } => {
                write!(f, "the batch has {size_in_bytes} bytes, max.message.bytes is {max_message_bytes}")
            }
            Self::Refused(refused) => f.write_str(&refused.message),
            Self::LargerThanSegment { size_in_bytes, segment_bytes } => {
                write!(f, "the batch has {size_in_bytes} bytes, segment.bytes is {segment_bytes}")
            }
            Self::InvalidProducerEpoch { producer_id, epoch, current } => {
                write!(f, "producer {producer_id} sent epoch {epoch}, but its epoch is {current} by now")
            }
            Self::OutOfOrderSequence { producer_id, base_sequence, expected } => {
                write!(f, "producer {producer_id} sent sequence {base_sequence}, expected was {expected}")
            }
            Self::UnexpectedOffset { base_offset, log_end_offset } => {
                write!(f, "data at offset {base_offset} does not continue a log that ends at {log_end_offset}")
            }
        }
    }
}

impl fmt::Display for AppendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kafka_error().name(), self.reason)
    }
}

impl std::error::Error for AppendError {}

/// An offset outside of what the log has: `OFFSET_OUT_OF_RANGE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetOutOfRange {
    /// The offset asked for.
    pub offset: Offset,
    /// The smallest that would do.
    pub first: Offset,
    /// The largest that would do.
    pub last: Offset,
}

impl OffsetOutOfRange {
    /// The protocol's error.
    #[must_use]
    pub fn kafka_error(self) -> KafkaError {
        KafkaError::OffsetOutOfRange
    }
}

impl fmt::Display for OffsetOutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "offset {} is out of range: the log has {} to {}", self.offset, self.first, self.last)
    }
}

impl std::error::Error for OffsetOutOfRange {}

/// Why some bytes are not an index file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexError {
    /// The length is no multiple of an entry's.
    Length {
        /// Length of the file.
        bytes: usize,
        /// Length of an entry.
        entry_bytes: usize,
    },
    /// An entry has a negative relative offset or position.
    Negative {
        /// Which entry, from 0.
        entry: usize,
    },
    /// An entry does not come after the one before it.
    NotAscending {
        /// Which entry, from 0.
        entry: usize,
    },
    /// An entry points to no batch that ends with its offset.
    NoSuchBatch {
        /// Which entry, from 0.
        entry: usize,
    },
}

impl fmt::Display for IndexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { bytes, entry_bytes } => {
                write!(f, "{bytes} bytes are no whole number of entries of {entry_bytes} bytes")
            }
            Self::Negative { entry } => write!(f, "entry {entry} has a negative offset or position"),
            Self::NotAscending { entry } => write!(f, "entry {entry} does not come after the one before it"),
            Self::NoSuchBatch { entry } => write!(f, "entry {entry} points to no batch that ends with its offset"),
        }
    }
}

impl std::error::Error for IndexError {}

/// Why some bytes are not a producer snapshot or a transaction index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotError {
    /// The bytes end too early.
    Truncated {
        /// Bytes that are needed.
        needed: usize,
        /// Bytes that there are.
        available: usize,
    },
    /// Not a version that is known.
    UnsupportedVersion {
        /// The version found.
        version: i16,
    },
    /// The checksum does not fit.
    CrcMismatch {
        /// As stored.
        stored: u32,
        /// Of the bytes.
        computed: u32,
    },
    /// A count that is negative or does not fit the bytes that follow.
    Count {
        /// The count.
        count: i32,
    },
    /// Bytes are left over.
    LeftOver {
        /// How many.
        bytes: usize,
    },
}

impl SnapshotError {
    /// The class of the fault, in the words of `highwater dump`.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match self {
            Self::Truncated { .. } => "TRUNCATED",
            Self::UnsupportedVersion { .. } => "UNSUPPORTED_MAGIC",
            Self::CrcMismatch { .. } => "CRC_MISMATCH",
            Self::Count { .. } | Self::LeftOver { .. } => "RECORD_COUNT_MISMATCH",
        }
    }
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { needed, available } => {
                write!(f, "{needed} bytes are needed and {available} are left")
            }
            Self::UnsupportedVersion { version } => write!(f, "version {version} is not known"),
            Self::CrcMismatch { stored, computed } => {
                write!(f, "stored CRC 0x{stored:08x}, but the bytes have 0x{computed:08x}")
            }
            Self::Count { count } => write!(f, "{count} entries do not fit the bytes that follow"),
            Self::LeftOver { bytes } => write!(f, "{bytes} bytes are left over"),
        }
    }
}

impl std::error::Error for SnapshotError {}
