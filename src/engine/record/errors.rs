//! What can be wrong with the bytes of a batch: a class, the field, the position, and a sentence.
//!
//! Bad bytes are a value of [`BatchError`], never a panic. Which of these a broker answers with is [`BatchError::kafka_error`].

use crate::engine::common::KafkaError;
use crate::engine::config::CompressionType;
use std::fmt;

/// Why some bytes are not a batch, or not the batch that they claim to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchError {
    /// What is wrong, with the values that show it.
    pub reason: BatchErrorReason,
    /// Kafka's name of the field that shows it: `batchLength`, `crc`, `records`, …
    pub field: &'static str,
    /// Where that field begins, in bytes from the start of what was read (a file, or the batch itself). For a fault inside the
    /// records of a batch this is where its records begin; the reason has the place within them.
    pub position: u64,
}

/// The classes of fault, as `highwater dump` prints them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BatchErrorClass {
    /// The bytes end before the batch does.
    Truncated,
    /// The length can not be that of a batch.
    InvalidLength,
    /// Not magic 2.
    UnsupportedMagic,
    /// The stored CRC-32C is not that of the bytes.
    CrcMismatch,
    /// Codec bits 5 to 7.
    UnknownCodec,
    /// The records do not decompress, or to more than is allowed.
    DecompressFailed,
    /// A record's structure is broken.
    InvalidRecord,
    /// More records than `recordsCount`, or a count that can not be.
    RecordCountMismatch,
}

impl BatchErrorClass {
    /// The name on the command line: `CRC_MISMATCH`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Truncated => "TRUNCATED",
            Self::InvalidLength => "INVALID_LENGTH",
            Self::UnsupportedMagic => "UNSUPPORTED_MAGIC",
            Self::CrcMismatch => "CRC_MISMATCH",
            Self::UnknownCodec => "UNKNOWN_CODEC",
            Self::DecompressFailed => "DECOMPRESS_FAILED",
            Self::InvalidRecord => "INVALID_RECORD",
            Self::RecordCountMismatch => "RECORD_COUNT_MISMATCH",
        }
    }
}

/// A class of fault with the values that show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BatchErrorReason {
    /// The bytes end before the batch does.
    Truncated {
        /// Bytes that the batch, or its header, needs.
        needed: u64,
        /// Bytes that there are.
        available: u64,
    },
    /// `batchLength` can not be that of a batch.
    InvalidLength {
        /// The length found.
        length: i32,
        /// What it may be, in words.
        expected: &'static str,
    },
    /// Not magic 2.
    UnsupportedMagic {
        /// The magic found.
        magic: i8,
    },
    /// The checksum does not fit the bytes.
    CrcMismatch {
        /// The CRC in the header.
        stored: u32,
        /// The CRC of the bytes.
        computed: u32,
    },
    /// Codec bits that no codec has.
    UnknownCodec {
        /// The value of the three bits.
        id: u8,
    },
    /// The records do not decompress.
    DecompressFailed {
        /// The codec of the batch.
        codec: CompressionType,
        /// What the codec says.
        why: String,
    },
    /// A record's structure is broken.
    InvalidRecord {
        /// Which record, from 0.
        index: usize,
        /// Where in the uncompressed records it shows.
        offset: usize,
        /// What is wrong.
        why: &'static str,
    },
    /// The count does not fit the records.
    RecordCountMismatch {
        /// `recordsCount`.
        stated: i32,
        /// Bytes left over after that many records.
        left_over: usize,
    },
}

impl BatchError {
    /// The class of the fault.
    #[must_use]
    pub fn class(&self) -> BatchErrorClass {
        match self.reason {
            BatchErrorReason::Truncated { .. } => BatchErrorClass::Truncated,
            BatchErrorReason::InvalidLength { .. } => BatchErrorClass::InvalidLength,
            BatchErrorReason::UnsupportedMagic { .. } => BatchErrorClass::UnsupportedMagic,
            BatchErrorReason::CrcMismatch { .. } => BatchErrorClass::CrcMismatch,
            BatchErrorReason::UnknownCodec { .. } => BatchErrorClass::UnknownCodec,
            BatchErrorReason::DecompressFailed { .. } => BatchErrorClass::DecompressFailed,
            BatchErrorReason::InvalidRecord { .. } => BatchErrorClass::InvalidRecord,
            BatchErrorReason::RecordCountMismatch { .. } => BatchErrorClass::RecordCountMismatch,
        }
    }

    /// The error that a broker answers a produce request with: `CorruptRecordException` or `InvalidRecordException` in Kafka.
    #[must_use]
    pub fn kafka_error(&self) -> KafkaError {
        match self.class() {
            BatchErrorClass::InvalidRecord | BatchErrorClass::RecordCountMismatch => KafkaError::InvalidRecord,
            _ => KafkaError::CorruptMessage,
        }
    }

    /// The same error of a batch that begins `base` bytes into a file.
    #[must_use]
    pub fn at(mut self, base: u64) -> Self {
        self.position += base;
        self
    }
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at position {}: ", self.field, self.position)?;
        match &self.reason {
            BatchErrorReason::Truncated { needed, available } => {
                write!(f, "{needed} bytes are needed and {available} are left")
            }
            BatchErrorReason::InvalidLength { length, expected } => write!(f, "{length} is not {expected}"),
            BatchErrorReason::UnsupportedMagic { magic } => write!(f, "magic {magic} is not 2"),
            BatchErrorReason::CrcMismatch { stored, computed } => {
                write!(f, "stored 0x{stored:08x}, but the bytes have 0x{computed:08x}")
            }
            BatchErrorReason::UnknownCodec { id } => write!(f, "no codec has number {id}"),
            BatchErrorReason::DecompressFailed { codec, why } => write!(f, "{}: {why}", codec.word()),
            BatchErrorReason::InvalidRecord { index, offset, why } => {
                write!(f, "record {index}, byte {offset} of the uncompressed records: {why}")
            }
            BatchErrorReason::RecordCountMismatch { stated, left_over } if *stated >= 0 => {
                write!(f, "{left_over} bytes are left over after {stated} records")
            }
            BatchErrorReason::RecordCountMismatch { stated, .. } => write!(f, "{stated} records can not be"),
        }
    }
}

impl std::error::Error for BatchError {}
