//! A batch on its way from the first record to its outcome (`ProducerBatch`).
//!
//! The rule it keeps: records are added only while it is open; it is closed, encoded and checksummed once, when it is drained, and never
//! changes after that, but for the producer's epoch and the sequence when these are given anew. Which records it holds stands in a side list of [`RecordId`]s, for the ledger alone: no id is in the bytes.

use super::Produced;
use crate::engine::common::{LeaderEpoch, RecordId, TopicPartition, VirtualTime};
use crate::engine::record::batch_header::increment_sequence;
use crate::engine::record::{Compressor, ProducerState, RecordBatch, RecordBatchBuilder};
use std::sync::Arc;

/// Names a batch within its producer, in order of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct BatchId(pub u64);

/// Why a batch left for the broker: the first of these that holds when it is drained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LeaveReason {
    /// It was sent before, failed in a way that may pass, and its backoff is over or its leader changed.
    Retry,
    /// It is a part of a batch that was too large.
    Split,
    /// It has no room.
    Full,
    /// Another batch of its partition stands behind it.
    BatchBehind,
    /// It waited for `linger.ms`.
    Linger,
    /// An application waits for memory, so all batches may go.
    MemoryExhausted,
    /// The producer is closing.
    Closing,
    /// An application called flush().
    Flush,
    /// Another partition's batch went to the same broker.
    SameBroker,
}

/// Where a batch's memory comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchOrigin {
    /// Made by an append: it holds this many bytes of the buffer pool until it completes.
    Appended {
        /// Bytes held, `batch.size` or the bound of one larger record.
        buffer_size: usize,
    },
    /// Made by splitting a batch that was too large: outside the pool.
    Split,
}

/// What is known of a failed or waiting batch's presence in the leader's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OnTheWire {
    /// It was never sent.
    NeverSent,
    /// Each attempt was answered in a way that rules an append out.
    RuledOut,
    /// At least one attempt may have been appended.
    MayBeAppended,
}

impl OnTheWire {
    /// What is known after one more attempt that failed.
    pub(super) fn after_error(self, rules_out_an_append: bool) -> Self {
        self.max(if rules_out_an_append { OnTheWire::RuledOut } else { OnTheWire::MayBeAppended })
    }
}

/// Records while they can still be added, or before they are encoded.
#[derive(Clone, Debug)]
pub(super) struct Filling {
    builder: RecordBatchBuilder,
    record_ids: Vec<RecordId>,
}

/// How far a batch is.
#[derive(Clone, Debug)]
enum Contents {
    /// Takes records.
    Open(Box<Filling>),
    /// Takes no more. Shared, so that a checkpoint of a long queue copies no bytes.
    ClosedForAppends(Arc<Filling>),
    /// Encoded.
    Closed { batch: RecordBatch, record_ids: Arc<Vec<RecordId>>, compression_ratio: f32 },
}

/// The producer id, epoch and sequence of a batch.
#[derive(Clone, Copy, Debug)]
enum Numbering {
    /// It has none: it was not drained yet, or the producer is not idempotent.
    None,
    /// Those that it goes out with.
    Given(ProducerState),
    /// Those that a bump of the epoch gave it since it last went out (`reopened`). Its bytes still have the old ones.
    Rewritten(ProducerState),
}

/// A batch of one partition.
#[derive(Clone, Debug)]
pub struct ProducerBatch {
    id: BatchId,
    partition: TopicPartition,
    origin: BatchOrigin,
    contents: Contents,
    numbering: Numbering,
    created_at: VirtualTime,
    last_append_at: VirtualTime,
    last_attempt_at: VirtualTime,
    attempts: u32,
    backoff: VirtualTime,
    current_leader_epoch: Option<LeaderEpoch>,
    attempts_when_leader_last_changed: u32,
    leave_reason: Option<LeaveReason>,
    is_in_flight: bool,
    /// What the attempts that were answered tell.
    answered_attempts: OnTheWire,
}

impl ProducerBatch {
    pub(super) fn new(
        id: BatchId,
        partition: TopicPartition,
        origin: BatchOrigin,
        filling: Filling,
        created_at: VirtualTime,
    ) -> Self {
        Self {
            id,
            partition,
            origin,
            contents: Contents::Open(Box::new(filling)),
            numbering: Numbering::None,
            created_at,
            last_append_at: created_at,
            last_attempt_at: created_at,
            attempts: 0,
            backoff: VirtualTime::ZERO,
            current_leader_epoch: None,
            attempts_when_leader_last_changed: 0,
            leave_reason: None,
            is_in_flight: false,
            answered_attempts: OnTheWire::NeverSent,
        }
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> BatchId {
        self.id
    }

    /// Where it goes.
    #[must_use]
    pub fn partition(&self) -> TopicPartition {
        self.partition
    }

    /// When its first record was appended. A part of a split batch keeps the original's.
    #[must_use]
    pub fn created_at(&self) -> VirtualTime {
        self.created_at
    }

    /// When it was created or last failed and was put back: linger and backoff count from here.
    #[must_use]
    pub fn last_attempt_at(&self) -> VirtualTime {
        self.last_attempt_at
    }

    /// How often it was put back after a failure.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// How long it must wait since its last failure, unless the leader changes; zero before the first.
    #[must_use]
    pub fn backoff(&self) -> VirtualTime {
        self.backoff
    }

    /// Whose memory it holds.
    #[must_use]
    pub fn origin(&self) -> BatchOrigin {
        self.origin
    }

    /// Whether it was made by splitting another.
    #[must_use]
    pub fn is_split(&self) -> bool {
        self.origin == BatchOrigin::Split
    }

    /// Why it last left; none while it never did.
    #[must_use]
    pub fn leave_reason(&self) -> Option<LeaveReason> {
        self.leave_reason
    }

    /// What is known of its presence in a log.
    #[must_use]
    pub fn on_the_wire(&self) -> OnTheWire {
        if self.is_in_flight { OnTheWire::MayBeAppended } else { self.answered_attempts }
    }

    /// What is known from earlier attempts, the one in flight left aside.
    pub(super) fn answered_attempts(&self) -> OnTheWire {
        self.answered_attempts
    }

    /// Whether it is in an open request.
    pub(super) fn is_in_flight(&self) -> bool {
        self.is_in_flight
    }

    /// Notes that it goes out.
    pub(super) fn sent(&mut self) {
        self.is_in_flight = true;
    }

    /// Notes that the attempt in flight failed, and whether the error rules an append out.
    pub(super) fn answered_with_error(&mut self, rules_out_an_append: bool) {
        self.is_in_flight = false;
        self.answered_attempts = self.answered_attempts.after_error(rules_out_an_append);
    }

    /// Its records, in order.
    #[must_use]
    pub fn record_ids(&self) -> &[RecordId] {
        match &self.contents {
            Contents::Open(filling) => &filling.record_ids,
            Contents::ClosedForAppends(filling) => &filling.record_ids,
            Contents::Closed { record_ids, .. } => record_ids,
        }
    }

    /// How many records it holds.
    #[must_use]
    pub fn records_count(&self) -> usize {
        self.record_ids().len()
    }

    /// The count as the format has it.
    pub(super) fn records_count_i32(&self) -> i32 {
        i32::try_from(self.records_count()).expect("a batch counts its records with 32 bits")
    }

    /// Its producer id, epoch and sequence, if it has any. They are in its bytes once it is drained.
    #[must_use]
    pub fn producer_state(&self) -> Option<ProducerState> {
        match self.numbering {
            Numbering::None => None,
            Numbering::Given(producer) | Numbering::Rewritten(producer) => Some(producer),
        }
    }

    /// Sequence of its first record, if it has one.
    #[must_use]
    pub fn base_sequence(&self) -> Option<i32> {
        self.producer_state().map(|producer| producer.base_sequence)
    }

    /// Sequence of its last record, if it has one.
    #[must_use]
    pub fn last_sequence(&self) -> Option<i32> {
        self.base_sequence().map(|base_sequence| increment_sequence(base_sequence, self.records_count_i32() - 1))
    }

    /// Whether it was numbered anew since it was last drained.
    #[must_use]
    pub fn sequence_has_been_reset(&self) -> bool {
        matches!(self.numbering, Numbering::Rewritten(_))
    }

    /// Numbers it, before its first drain.
    pub(super) fn set_producer_state(&mut self, producer: ProducerState) {
        assert!(matches!(self.numbering, Numbering::None), "{:?} is numbered already", self.id);
        self.numbering = Numbering::Given(producer);
    }

    /// Numbers it anew; its next drain writes that into it.
    pub(super) fn reset_producer_state(&mut self, producer: ProducerState) {
        self.numbering = Numbering::Rewritten(producer);
    }

    /// Bytes of the whole batch: exact once it is closed or if it is not compressed, else Kafka's estimate.
    #[inline]
    #[must_use]
    pub fn estimated_size_in_bytes(&self) -> usize {
        match &self.contents {
            Contents::Open(filling) => filling.builder.estimated_bytes(),
            Contents::ClosedForAppends(filling) => filling.builder.estimated_bytes(),
            Contents::Closed { batch, .. } => batch.size_in_bytes(),
        }
    }

    /// Bytes at which it counts as full; none once it is closed.
    #[must_use]
    pub fn write_limit(&self) -> Option<usize> {
        match &self.contents {
            Contents::Open(filling) => Some(filling.builder.options().write_limit),
            Contents::ClosedForAppends(filling) => Some(filling.builder.options().write_limit),
            Contents::Closed { .. } => None,
        }
    }

    /// Whether it takes no more records.
    #[inline]
    #[must_use]
    pub fn is_full(&self) -> bool {
        match &self.contents {
            Contents::Open(filling) => filling.builder.is_full(),
            Contents::ClosedForAppends(_) | Contents::Closed { .. } => true,
        }
    }

    /// Whether records may still be added to it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.contents, Contents::Open(_))
    }

    /// The encoded batch, once it was drained.
    #[must_use]
    pub fn encoded(&self) -> Option<&RecordBatch> {
        match &self.contents {
            Contents::Closed { batch, .. } => Some(batch),
            Contents::Open(_) | Contents::ClosedForAppends(_) => None,
        }
    }

    /// Appends a record and says by how many bytes the estimated size grew, if there is room.
    #[inline(always)]
    pub(super) fn try_append(&mut self, record: &Produced<'_>, now: VirtualTime) -> Option<usize> {
        let Contents::Open(filling) = &mut self.contents else { return None };
        let Filling { builder, record_ids } = filling.as_mut();
        let before = builder.estimated_bytes();
        builder.try_append(record.timestamp, record.key, record.value, record.headers)?;
        record_ids.push(record.id);
        self.last_append_at = now;
        Some(builder.estimated_bytes() - before)
    }

    /// Takes no more records. Does nothing to a batch that is closed already.
    pub(super) fn close_for_record_appends(&mut self) {
        if let Contents::Open(filling) = &mut self.contents {
            filling.builder.close_for_record_appends();
            self.contents = Contents::ClosedForAppends(Arc::new(filling.take()));
        }
    }

    /// Encodes it, once, with the numbers that it has by then, and says the ratio of compressed to uncompressed record bytes. May leave a buffer to use again.
    pub(super) fn close(&mut self, compressor: &mut Compressor) -> (f32, Option<Vec<u8>>) {
        self.write_rewritten_numbers();
        let filling = match &mut self.contents {
            Contents::Open(filling) => filling.take(),
            // A checkpoint may still hold the other end.
            Contents::ClosedForAppends(filling) => match Arc::get_mut(filling) {
                Some(filling) => filling.take(),
                None => Filling::clone(filling),
            },
            Contents::Closed { compression_ratio, .. } => return (*compression_ratio, None),
        };
        let closed = filling.builder.close(self.producer_state().unwrap_or(ProducerState::NONE), compressor);
        let compression_ratio = closed.compression_ratio();
        let record_ids = Arc::new(filling.record_ids);
        self.contents = Contents::Closed { batch: closed.batch, record_ids, compression_ratio };
        (compression_ratio, Some(closed.spare_buffer).filter(|buffer| buffer.capacity() > 0))
    }

    /// Numbers given since the last drain are written into a copy of its bytes: the old ones may still be on the wire.
    fn write_rewritten_numbers(&mut self) {
        if let Numbering::Rewritten(producer) = self.numbering {
            if let Contents::Closed { batch, .. } = &mut self.contents {
                *batch = batch.with_producer_state(producer);
            }
            self.numbering = Numbering::Given(producer);
        }
    }

    /// Compressed over uncompressed bytes of its records; 1 while it is not encoded.
    #[must_use]
    pub fn compression_ratio(&self) -> f32 {
        match &self.contents {
            Contents::Closed { compression_ratio, .. } => *compression_ratio,
            Contents::Open(_) | Contents::ClosedForAppends(_) => 1.0,
        }
    }

    /// Notes why it leaves.
    pub(super) fn drained(&mut self, reason: LeaveReason) {
        self.leave_reason = Some(reason);
    }

    /// A part of a split batch takes over what is known of the whole: whether an attempt of it may have been appended.
    pub(super) fn inherit(&mut self, big: &ProducerBatch) {
        self.answered_attempts = big.answered_attempts;
    }

    /// Its records' ids, shared. Copies them if the batch was never closed.
    #[must_use]
    pub fn shared_record_ids(&self) -> Arc<Vec<RecordId>> {
        match &self.contents {
            Contents::Closed { record_ids, .. } => Arc::clone(record_ids),
            Contents::Open(_) | Contents::ClosedForAppends(_) => Arc::new(self.record_ids().to_vec()),
        }
    }

    /// Notes that it failed and goes back into its queue (`reenqueued`).
    pub(super) fn reenqueued(&mut self, backoff: VirtualTime, now: VirtualTime) {
        self.attempts += 1;
        self.last_append_at = self.last_append_at.max(now);
        self.last_attempt_at = self.last_append_at;
        self.backoff = backoff;
    }

    /// How long it has waited since its creation or its last failure.
    #[must_use]
    pub fn waited(&self, now: VirtualTime) -> VirtualTime {
        now.since(self.last_attempt_at)
    }

    /// Whether it must still wait before it is sent again. A leader that changed since the failure ends the wait.
    #[must_use]
    pub fn is_backing_off(&self, now: VirtualTime) -> bool {
        self.attempts > 0 && self.waited(now) < self.backoff && !self.has_leader_changed_for_the_ongoing_retry()
    }

    /// Whether `delivery.timeout.ms` has passed since its creation.
    #[must_use]
    pub fn has_reached_delivery_timeout(&self, delivery_timeout: VirtualTime, now: VirtualTime) -> bool {
        now.since(self.created_at) >= delivery_timeout
    }

    /// Takes the partition's leader epoch, if it is newer than the one seen so far.
    pub(super) fn maybe_update_leader_epoch(&mut self, latest: LeaderEpoch) {
        if latest != LeaderEpoch::NONE && self.current_leader_epoch.is_none_or(|current| current < latest) {
            self.attempts_when_leader_last_changed = self.attempts;
            self.current_leader_epoch = Some(latest);
        }
    }

    fn has_leader_changed_for_the_ongoing_retry(&self) -> bool {
        self.attempts >= 1 && self.attempts == self.attempts_when_leader_last_changed
    }
}

impl Filling {
    /// No records yet, and memory for the ids of this many.
    pub(super) fn new(builder: RecordBatchBuilder, records_expected: usize) -> Self {
        Self { builder, record_ids: Vec::with_capacity(records_expected) }
    }

    /// Moves the records out. What is left is good for nothing but to be dropped.
    fn take(&mut self) -> Filling {
        Filling { builder: self.builder.take(), record_ids: std::mem::take(&mut self.record_ids) }
    }
}
