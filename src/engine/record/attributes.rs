//! The attributes of a batch: codec, timestamp type, transactional, control, delete horizon (KAFKA 1.2).
//!
//! As in Java, only the low byte is looked at when reading; unused bits are kept as they are.

use crate::engine::common::Timestamp;
use crate::engine::config::CompressionType;

const CODEC_MASK: i16 = 0x07;
const LOG_APPEND_TIME: i16 = 0x08;
const TRANSACTIONAL: i16 = 0x10;
const CONTROL: i16 = 0x20;
const DELETE_HORIZON: i16 = 0x40;

/// Whose clock a batch's timestamps are from, when it is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum BatchTimestampType {
    /// The producer's: each record has its own.
    #[default]
    CreateTime,
    /// The broker's: every record reads back this time.
    LogAppendTime(Timestamp),
}

/// The 16 attribute bits of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Attributes(pub i16);

impl Attributes {
    /// The attributes of a batch to build (`DefaultRecordBatch.computeAttributes`).
    #[must_use]
    pub fn new(
        codec: CompressionType,
        timestamp_type: BatchTimestampType,
        transactional: bool,
        control: bool,
        delete_horizon: bool,
    ) -> Self {
        let mut bits = i16::from(codec.id());
        if matches!(timestamp_type, BatchTimestampType::LogAppendTime(_)) {
            bits |= LOG_APPEND_TIME;
        }
        for (is_set, bit) in [(transactional, TRANSACTIONAL), (control, CONTROL), (delete_horizon, DELETE_HORIZON)] {
            if is_set {
                bits |= bit;
            }
        }
        Self(bits)
    }

    /// The same with the timestamp type set.
    #[must_use]
    pub(super) fn with_log_append_time(self, is_set: bool) -> Self {
        self.with(LOG_APPEND_TIME, is_set)
    }

    /// The same with the transactional bit set or cleared.
    #[must_use]
    pub(super) fn with_transactional(self, is_set: bool) -> Self {
        self.with(TRANSACTIONAL, is_set)
    }

    fn with(self, bit: i16, is_set: bool) -> Self {
        Self(if is_set { self.0 | bit } else { self.0 & !bit })
    }

    /// The codec's number, 0 to 7; 5 to 7 are no codec.
    #[must_use]
    pub fn codec_id(self) -> u8 {
        (self.0 & CODEC_MASK) as u8
    }

    /// The codec, if its number is one.
    #[must_use]
    pub fn codec(self) -> Option<CompressionType> {
        CompressionType::from_id(self.codec_id())
    }

    /// LogAppendTime, not CreateTime.
    #[must_use]
    pub fn is_log_append_time(self) -> bool {
        self.0 & LOG_APPEND_TIME != 0
    }

    /// Part of a transaction.
    #[must_use]
    pub fn is_transactional(self) -> bool {
        self.0 & TRANSACTIONAL != 0
    }

    /// A control batch: commit, abort or a KRaft marker.
    #[must_use]
    pub fn is_control(self) -> bool {
        self.0 & CONTROL != 0
    }

    /// The field `baseTimestamp` holds the time after which tombstones may go.
    #[must_use]
    pub fn has_delete_horizon(self) -> bool {
        self.0 & DELETE_HORIZON != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_where_kafka_has_them() {
        let attributes =
            Attributes::new(CompressionType::Zstd, BatchTimestampType::LogAppendTime(7), true, false, true);
        assert_eq!(attributes.0, 0b101_1100);
        assert_eq!(attributes.codec(), Some(CompressionType::Zstd));
        assert!(attributes.is_log_append_time() && attributes.is_transactional() && attributes.has_delete_horizon());
        assert!(!attributes.is_control());
        assert!(Attributes(0x20).is_control());
        assert_eq!(Attributes(0x0105).codec(), None);
    }
}
