//! What goes between the sender and the world: requests, answers, outcomes.

use super::{InFlightBatch, RequestId};
use crate::engine::common::{
    BrokerId, KafkaError, LeaderEpoch, Offset, RecordId, Timestamp, TopicPartition, VirtualTime,
};
use crate::engine::config::Acks;
use crate::engine::producer::{BatchId, LeaveReason, OnTheWire, ProducerBatch, ProducerIdAndEpoch};
use crate::engine::record::{ProducerState, RecordBatch};
use std::sync::Arc;

/// A batch in a request.
#[derive(Clone, Debug)]
pub struct OutgoingBatch {
    /// Its name in the producer.
    pub id: BatchId,
    /// Where it goes.
    pub partition: TopicPartition,
    /// The bytes, which the leader's log will share.
    pub batch: RecordBatch,
    /// Its records, in order: the side list for the ledger.
    pub record_ids: Arc<Vec<RecordId>>,
    /// Why it left now.
    pub reason: LeaveReason,
    /// When its first record was appended.
    pub created_at: VirtualTime,
    /// How often it was put back before.
    pub attempts: u32,
    /// What earlier attempts of it tell.
    pub earlier_attempts: OnTheWire,
}

impl OutgoingBatch {
    pub(super) fn of(batch: &ProducerBatch) -> Self {
        Self {
            id: batch.id(),
            partition: batch.partition(),
            batch: batch.encoded().expect("a drained batch is encoded").clone(),
            record_ids: batch.shared_record_ids(),
            reason: batch.leave_reason().expect("a drained batch has its reason"),
            created_at: batch.created_at(),
            attempts: batch.attempts(),
            earlier_attempts: batch.answered_attempts(),
        }
    }

    pub(super) fn in_flight(&self) -> InFlightBatch {
        InFlightBatch {
            id: self.id,
            partition: self.partition,
            record_ids: Arc::clone(&self.record_ids),
            size_in_bytes: self.batch.size_in_bytes(),
            earlier_attempts: self.earlier_attempts,
        }
    }
}

/// A produce request that leaves now.
#[derive(Clone, Debug)]
pub struct OutgoingRequest {
    /// Its name, to answer it by.
    pub id: RequestId,
    /// The broker it goes to.
    pub node: BrokerId,
    /// Who must have the batches before the broker answers; with acks=0 it never does.
    pub acks: Acks,
    /// How long the broker may wait for replicas: `request.timeout.ms`.
    pub timeout: VirtualTime,
    /// One batch a partition.
    pub batches: Vec<OutgoingBatch>,
}

/// What a broker says of one partition's batch (`ProduceResponse.PartitionResponse`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionResponse {
    /// The partition.
    pub partition: TopicPartition,
    /// What went wrong, if anything.
    pub error: Option<KafkaError>,
    /// Offset of the batch's first record; −1 with an error.
    pub base_offset: Offset,
    /// The leader's clock at the append if the topic uses LogAppendTime, else −1.
    pub log_append_time: Timestamp,
    /// The partition's first offset; −1: unknown.
    pub log_start_offset: Offset,
    /// The records for which the batch was refused, by their place in it.
    pub bad_records: Vec<usize>,
    /// With NOT_LEADER_OR_FOLLOWER: who leads instead, if the broker knows (KIP-951).
    pub current_leader: Option<(BrokerId, LeaderEpoch)>,
}

impl PartitionResponse {
    /// The batch was taken, at this offset.
    #[must_use]
    pub fn appended(partition: TopicPartition, base_offset: Offset) -> Self {
        Self { base_offset, ..Self::nothing(partition) }
    }

    /// The batch was refused, or its fate is open.
    #[must_use]
    pub fn failed(partition: TopicPartition, error: KafkaError) -> Self {
        Self { error: Some(error), ..Self::nothing(partition) }
    }

    fn nothing(partition: TopicPartition) -> Self {
        Self {
            partition,
            error: None,
            base_offset: Offset::UNKNOWN,
            log_append_time: -1,
            log_start_offset: Offset::UNKNOWN,
            bad_records: Vec::new(),
            current_leader: None,
        }
    }
}

/// Why a batch failed for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailureReason {
    /// `delivery.timeout.ms` was over before it had an outcome (`TimeoutException`).
    Expired,
    /// A broker's answer, a lost connection (NETWORK_EXCEPTION) or a request timeout (REQUEST_TIMED_OUT).
    Error {
        /// What was wrong.
        error: KafkaError,
        /// The records that were at fault, by their place in the batch, if the broker named them.
        bad_records: Vec<usize>,
    },
    /// The producer was closed by force (`KafkaException`).
    Aborted,
}

impl FailureReason {
    /// The Java client's exception class that the record at `index` of the batch gets.
    #[must_use]
    pub fn exception(&self, index: usize) -> &'static str {
        match self {
            FailureReason::Expired => KafkaError::RequestTimedOut.exception(),
            FailureReason::Aborted => "KafkaException",
            FailureReason::Error { error, bad_records } => match bad_records.as_slice() {
                [] => error.exception(),
                // One bad record is unambiguous: it gets the batch's error. Of several the batch's error says little.
                [bad] if *bad == index => error.exception(),
                bad if bad.contains(&index) => KafkaError::InvalidRecord.exception(),
                _ => "KafkaException",
            },
        }
    }
}

/// How a batch ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BatchOutcome {
    /// Success was reported for every record of it.
    Delivered {
        /// Offset of its first record; −1 with acks=0 or for a duplicate whose offset the broker no longer knows.
        base_offset: Offset,
        /// The leader's clock if the topic uses LogAppendTime, else −1: the records keep their CreateTime.
        log_append_time: Timestamp,
    },
    /// An error was reported for every record of it.
    Failed {
        /// The error.
        reason: FailureReason,
        /// Whether it may be in a log all the same.
        on_the_wire: OnTheWire,
    },
}

/// A batch with its outcome.
#[derive(Clone, Debug)]
pub struct FinishedBatch {
    /// The batch.
    pub id: BatchId,
    /// Where it went.
    pub partition: TopicPartition,
    /// Its records, in order.
    pub record_ids: Arc<Vec<RecordId>>,
    /// When its first record was appended.
    pub created_at: VirtualTime,
    /// How often it was put back.
    pub attempts: u32,
    /// How it ended.
    pub outcome: BatchOutcome,
}

impl FinishedBatch {
    pub(in crate::engine::producer) fn of(batch: &ProducerBatch, outcome: BatchOutcome) -> Self {
        Self {
            id: batch.id(),
            partition: batch.partition(),
            record_ids: batch.shared_record_ids(),
            created_at: batch.created_at(),
            attempts: batch.attempts(),
            outcome,
        }
    }
}

/// What else happened to a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SenderEvent {
    /// It failed and was put back to the front of its queue.
    Reenqueued {
        /// The batch.
        batch: BatchId,
        /// Its partition.
        partition: TopicPartition,
        /// Why it failed.
        error: KafkaError,
        /// How often it was put back, this time included.
        attempts: u32,
        /// When its backoff is over, unless the leader changes first.
        sendable_at: VirtualTime,
    },
    /// It was too large and was split.
    Split {
        /// The batch.
        batch: BatchId,
        /// Its partition.
        partition: TopicPartition,
        /// What it became, in order.
        parts: Vec<BatchId>,
    },
    /// An answer came for a batch that had expired meanwhile. It changes nothing for the application.
    AnsweredTooLate {
        /// The batch.
        batch: BatchId,
        /// Its partition.
        partition: TopicPartition,
        /// Its records, in order.
        record_ids: Arc<Vec<RecordId>>,
        /// The error; none: the batch was appended.
        error: Option<KafkaError>,
        /// What is known of its presence in a log after this answer.
        on_the_wire: OnTheWire,
    },
    /// A batch failed in a way that leaves a gap in its partition's sequences, so the epoch was raised (KIP-360).
    EpochBumped {
        /// Who the producer is now; none: its last epoch is used up, and it asks for another id.
        identity: ProducerIdAndEpoch,
    },
    /// The new epoch numbers a batch anew. If its old numbers were appended, it will be appended again (KAFKA-14034).
    Renumbered {
        /// The batch.
        batch: BatchId,
        /// Its partition.
        partition: TopicPartition,
        /// Its numbers from now on.
        producer: ProducerState,
    },
    /// An answer named a partition's new leader, which the producer did not know yet.
    LeaderLearned {
        /// The partition.
        partition: TopicPartition,
        /// The leader.
        leader: BrokerId,
        /// Its epoch.
        leader_epoch: LeaderEpoch,
    },
}

/// What one or more turns of the sender brought.
#[derive(Clone, Debug, Default)]
pub struct SenderTurn {
    /// Requests that leave now, in order.
    pub requests: Vec<OutgoingRequest>,
    /// Batches that ended, in order.
    pub finished: Vec<FinishedBatch>,
    /// What else happened, in order.
    pub events: Vec<SenderEvent>,
    /// Connections that the producer closed because a request on them waited too long.
    pub closed_connections: Vec<BrokerId>,
    /// Fresh metadata is wanted: a leader is not known, or an answer says that it changed.
    pub wants_metadata: bool,
}

impl SenderTurn {
    /// Whether nothing was sent and nothing came in, so that another turn now would not either.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.requests.is_empty()
            && self.finished.is_empty()
            && self.events.is_empty()
            && self.closed_connections.is_empty()
    }

    /// Adds what a later turn brought.
    pub fn extend(&mut self, later: SenderTurn) {
        append(&mut self.requests, later.requests);
        append(&mut self.finished, later.finished);
        append(&mut self.events, later.events);
        append(&mut self.closed_connections, later.closed_connections);
        self.wants_metadata |= later.wants_metadata;
    }
}

/// Adds what is later. Takes its memory over if there was nothing yet.
fn append<T>(all: &mut Vec<T>, later: Vec<T>) {
    if all.is_empty() { *all = later } else { all.extend(later) }
}
