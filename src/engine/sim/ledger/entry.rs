//! What the ledger keeps of each record and each producer batch.
//!
//! Records of a batch share nearly all their moments, so those stand once, in the batch. Keys stay (they colour the page);
//! values and headers leave when the batch is encoded, for its bytes hold them.

use super::totals::{Flags, Standing};
use crate::engine::common::{
    BrokerId, KafkaError, LeaderEpoch, Offset, PartitionId, ProducerEpoch, RecordId, SessionId, TopicPartition,
    VirtualTime, limits,
};
use crate::engine::producer::LeaveReason;
use crate::engine::record::{Header, RecordBatch};
use crate::engine::storage::RemovalReason;
use bytes::Bytes;
use serde::Serialize;
use std::sync::Arc;

/// A producer batch in the ledger, numbered over the whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct BatchRef(pub u32);

/// What the application was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Nothing yet.
    Pending,
    /// Success.
    Delivered {
        /// When.
        at: VirtualTime,
    },
    /// An error.
    Failed {
        /// When.
        at: VirtualTime,
        /// Which.
        why: Failure,
    },
}

/// Why a `send()` failed, by the exception that the Java client reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Failure {
    /// A broker's answer, or what the client makes of a broken connection.
    Error(KafkaError),
    /// `TimeoutException`: `delivery.timeout.ms` passed.
    DeliveryTimeout,
    /// `TimeoutException`: no metadata within `max.block.ms`.
    MetadataTimeout,
    /// `BufferExhaustedException`: no memory within `max.block.ms`.
    BufferExhausted,
    /// `RecordTooLargeException`: larger than `max.request.size` or `buffer.memory`.
    RecordTooLarge,
    /// `IllegalArgumentException` or `KafkaException`: the call itself was wrong, such as a partition that does not exist.
    InvalidCall,
    /// The producer was closed before the record left.
    ProducerClosed,
}

impl Failure {
    /// The exception's class name, without its package.
    #[must_use]
    pub fn exception(self) -> &'static str {
        match self {
            Failure::Error(error) => error.exception(),
            Failure::DeliveryTimeout | Failure::MetadataTimeout => "TimeoutException",
            Failure::BufferExhausted => "BufferExhaustedException",
            Failure::RecordTooLarge => "RecordTooLargeException",
            Failure::InvalidCall => "IllegalArgumentException",
            Failure::ProducerClosed => "KafkaException",
        }
    }
}

/// One record.
#[derive(Clone, Debug)]
pub struct RecordEntry {
    /// The session that sent it.
    pub session: SessionId,
    /// Where it goes; partition −1 until it is chosen.
    pub partition: TopicPartition,
    /// The partition that it named itself; −1: none.
    pub asked_partition: PartitionId,
    /// Its key.
    pub key: Option<Bytes>,
    /// When `send()` was called.
    pub sent_at: VirtualTime,
    /// When it joined its batch, and which.
    pub batched: Option<(VirtualTime, BatchRef)>,
    /// Its place in the batch, from 0.
    pub index: u32,
    /// What the application was told.
    pub outcome: Outcome,
    /// Copies in the leader's log.
    pub(super) copies: u16,
    /// Of these, below the high watermark.
    pub(super) committed_copies: u16,
    /// Where the first of these stands; unknown if there is none.
    pub(super) first_offset: Offset,
    /// A copy of it was removed from a leader's log by retention.
    pub(super) was_expired: bool,
    /// A copy of it was removed from a leader's log by compaction.
    pub(super) was_compacted: bool,
    pub(super) reordered: bool,
    /// Failed, and an attempt is not ruled out.
    pub(super) unknown: bool,
}

impl RecordEntry {
    /// How many copies stand in the leader's log.
    #[must_use]
    pub fn copies(&self) -> u16 {
        self.copies
    }

    /// Whether a copy is below the leader's high watermark.
    #[must_use]
    pub fn is_committed(&self) -> bool {
        self.committed_copies > 0
    }

    /// Where the first copy stands in the leader's log.
    #[must_use]
    pub fn first_offset(&self) -> Option<Offset> {
        (self.copies > 0).then_some(self.first_offset)
    }

    /// The record's standing; `on_the_wire`: a copy may still be appended.
    pub(super) fn standing(&self, on_the_wire: bool) -> Standing {
        let delivered = matches!(self.outcome, Outcome::Delivered { .. });
        let stored = self.copies > 0;
        let mut flags = Flags::default();
        flags.set(Flags::DELIVERED, delivered);
        flags.set(Flags::FAILED, matches!(self.outcome, Outcome::Failed { .. }));
        flags.set(Flags::PENDING, matches!(self.outcome, Outcome::Pending));
        flags.set(Flags::UNKNOWN, self.unknown);
        flags.set(Flags::STORED, stored);
        flags.set(Flags::COMMITTED, self.committed_copies > 0);
        let was_removed = self.was_expired || self.was_compacted;
        flags.set(Flags::EXPIRED, was_removed && !stored);
        flags.set(Flags::COMPACTED, self.was_compacted && !stored);
        flags.set(Flags::MISSING, delivered && !was_removed && !stored && !on_the_wire);
        flags.set(Flags::REORDERED, self.reordered && stored);
        Standing { flags, duplicates: self.copies.saturating_sub(1) }
    }
}

/// Value and headers of a record whose batch is not encoded yet.
#[derive(Clone, Debug, Default)]
pub struct OpenContent {
    /// The value.
    pub value: Option<Bytes>,
    /// The headers.
    pub headers: Vec<Header>,
}

/// One producer batch.
#[derive(Clone, Debug)]
pub struct BatchEntry {
    /// The session that made it.
    pub session: SessionId,
    /// The producer's own number of it.
    pub number: u64,
    /// Where it goes.
    pub partition: TopicPartition,
    /// When it was made.
    pub created_at: VirtualTime,
    /// Its records, in order.
    pub records: Arc<Vec<RecordId>>,
    /// Content of the records until the batch is encoded.
    pub open: Arc<Vec<OpenContent>>,
    /// The batch as it went to the wire, once it is encoded.
    pub body: Option<RecordBatch>,
    /// What happened to it, in order.
    pub moments: Vec<(VirtualTime, BatchMoment)>,
    /// Requests that carry it and may still be appended.
    pub(super) on_the_wire: u32,
}

impl BatchEntry {
    pub(super) fn note(&mut self, at: VirtualTime, moment: BatchMoment) {
        if self.moments.len() < limits::BATCH_MOMENTS_MAX {
            self.moments.push((at, moment));
        }
    }
}

/// Something that happened to a whole batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum BatchMoment {
    /// It was closed and encoded.
    Closed,
    /// A request with it left for a broker.
    Sent {
        /// Whom to.
        to: BrokerId,
        /// Which attempt, from 0.
        attempt: u32,
        /// Why it left then.
        why: LeaveReason,
    },
    /// The leader wrote it.
    Appended {
        /// Which broker.
        by: BrokerId,
        /// Under which epoch.
        leader_epoch: LeaderEpoch,
        /// Offset of its first record.
        base_offset: Offset,
    },
    /// The leader recognised that it has it already, and wrote nothing.
    RecognisedAsDuplicate {
        /// Which broker.
        by: BrokerId,
        /// Offset of the first record of the copy that stays.
        base_offset: Offset,
    },
    /// A new epoch numbers it anew.
    Renumbered {
        /// Its epoch from now on.
        epoch: ProducerEpoch,
        /// The sequence of its first record from now on.
        base_sequence: i32,
    },
    /// The leader refused it.
    Refused {
        /// Which broker.
        by: BrokerId,
        /// Why.
        error: KafkaError,
    },
    /// A follower wrote it.
    Replicated {
        /// Which broker.
        by: BrokerId,
        /// Offset of its first record.
        base_offset: Offset,
    },
    /// The leader's high watermark passed its last record.
    Committed {
        /// Offset of its first record.
        base_offset: Offset,
    },
    /// The producer heard of one attempt.
    Answered {
        /// The error, or success.
        error: Option<KafkaError>,
    },
    /// It waits for another attempt.
    Retrying,
    /// It was too large; its records went on in smaller ones.
    Split,
    /// Success was reported for its records.
    Delivered,
    /// An error was reported for its records.
    Failed {
        /// Which.
        why: Failure,
    },
    /// A replica cut it off.
    Truncated {
        /// Which broker.
        by: BrokerId,
    },
    /// Retention or DeleteRecords took it from a log.
    Removed {
        /// Which broker.
        by: BrokerId,
    },
    /// Compaction removed some of its records, or all, from a log.
    Compacted {
        /// Which broker.
        by: BrokerId,
    },
    /// A consumer read records of it.
    Read {
        /// Which, by its place in the scenario.
        consumer: u32,
        /// The place in the batch of the first record that it read then.
        first_index: u32,
        /// The place after that of the last one.
        end_index: u32,
    },
}

impl BatchMoment {
    /// Whether it happened to the record at this place in the batch: a slow consumer reads a batch bit by bit.
    pub(super) fn is_of_record(&self, index: u32) -> bool {
        match self {
            BatchMoment::Read { first_index, end_index, .. } => (*first_index..*end_index).contains(&index),
            _ => true,
        }
    }
}

/// Something that happened to one record: the batch's moments, and its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum RecordMoment {
    /// `send()` was called.
    Sent,
    /// It joined a batch.
    InBatch {
        /// Which.
        batch: BatchRef,
        /// Its place in it.
        index: u32,
    },
    /// Something happened to its batch.
    Batch(BatchMoment),
    /// It failed before it was in any batch.
    Failed {
        /// Why.
        why: Failure,
    },
    /// Compaction removed its copy from the log that counts; what happens to its batch from then on does not concern it.
    Compacted(Compacted),
}

/// How a record left the log that counts by compaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Compacted {
    /// When the ledger heard of it.
    pub at: VirtualTime,
    /// Whose log it was.
    pub by: BrokerId,
    /// Where it stood.
    pub offset: Offset,
    /// Why it went; none if only that is known: the log was copied from one that lacked it already.
    pub why: Option<RemovalReason>,
}
