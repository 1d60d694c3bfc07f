//! Idempotence on the producer's side: who the producer is and how its batches are numbered (`TransactionManager` of a producer without
//! `transactional.id`, KAFKA 4.1 to 4.4).
//!
//! The rule it keeps: a batch gets its producer id, epoch and sequence when it is first drained and keeps them for every retry, so that the
//! broker can tell it from a new one; only a bump of the epoch, after a gap, numbers batches anew. It decides and does not act: batches
//! lie with the accumulator and the sender, which ask here what may go and report here how it ended. It is asked once a batch, never once
//! a record. What the broker makes of the numbers is in `storage::producer_state`.

mod partition_sequences;
#[cfg(test)]
mod tests;

pub use partition_sequences::{PartitionSequences, TrackedBatch};

use super::{BatchId, ProducerBatch};
use crate::engine::common::{KafkaError, Offset, ProducerEpoch, ProducerId, TopicPartition};
use crate::engine::record::ProducerState;
use crate::engine::record::batch_header::increment_sequence;
use std::collections::{BTreeMap, BTreeSet};

/// Who produced a batch (`ProducerIdAndEpoch`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProducerIdAndEpoch {
    /// Given by a broker; −1: none yet.
    pub producer_id: ProducerId,
    /// Raised by the producer itself after a gap; −1 with no id.
    pub epoch: ProducerEpoch,
}

impl ProducerIdAndEpoch {
    /// No identity.
    pub const NONE: ProducerIdAndEpoch =
        ProducerIdAndEpoch { producer_id: ProducerId::NONE, epoch: ProducerEpoch::NONE };

    /// Whether there is an id.
    #[must_use]
    pub fn is_valid(self) -> bool {
        self.producer_id != ProducerId::NONE
    }

    /// The next epoch; none after the last, when the id has had its time.
    fn bumped(self) -> Self {
        match self.epoch.0.checked_add(1) {
            Some(epoch) => Self { epoch: ProducerEpoch(epoch), ..self },
            None => Self::NONE,
        }
    }

    fn numbered(self, base_sequence: i32) -> ProducerState {
        let Self { producer_id, epoch: producer_epoch } = self;
        ProducerState { producer_id, producer_epoch, base_sequence, is_transactional: false }
    }
}

/// Why a head batch may not leave yet. It ends the walk over its node's partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldBack {
    /// The producer has no id.
    NoProducerId,
    /// It would be the first of a new epoch, and batches of the old one are not done.
    OldEpochUnderWay,
    /// It has no sequence yet, and it is not known how far the broker got.
    SequenceUnresolved,
    /// It is sent again, and a batch with a lower sequence is not done.
    NotTheLowest,
}

/// A batch that a bump numbers anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rewrite {
    pub(super) partition: TopicPartition,
    pub(super) batch: BatchId,
    pub(super) producer: ProducerState,
}

/// What an idempotent producer knows of itself.
#[derive(Clone, Debug)]
pub struct Idempotence {
    identity: ProducerIdAndEpoch,
    /// An id was asked for and is not here yet (`State.INITIALIZING`).
    is_initializing: bool,
    partitions: BTreeMap<TopicPartition, PartitionSequences>,
    /// Partitions of which a batch expired that may have been appended: the sequence that follows it.
    unresolved: BTreeMap<TopicPartition, i32>,
    /// Partitions that ask for a new epoch (`partitionsToRewriteSequences`).
    asking_for_bump: BTreeSet<TopicPartition>,
    /// Last sequences of batches that expired while their request is open: its answer may still raise what is acknowledged.
    expired_in_flight: BTreeMap<BatchId, i32>,
}

impl Default for Idempotence {
    fn default() -> Self {
        Self {
            identity: ProducerIdAndEpoch::NONE,
            is_initializing: false,
            partitions: BTreeMap::new(),
            unresolved: BTreeMap::new(),
            asking_for_bump: BTreeSet::new(),
            expired_in_flight: BTreeMap::new(),
        }
    }
}

/// Looking in.
impl Idempotence {
    /// The producer's id and epoch; those of a partition may be older.
    #[must_use]
    pub fn identity(&self) -> ProducerIdAndEpoch {
        self.identity
    }

    /// Whether an id was asked for (InitProducerId) and is not here yet. Nothing is sent until then.
    #[must_use]
    pub fn is_initializing(&self) -> bool {
        self.is_initializing
    }

    /// The numbers of a partition, once one of its batches has any.
    #[must_use]
    pub fn partition(&self, partition: TopicPartition) -> Option<&PartitionSequences> {
        self.partitions.get(&partition)
    }

    /// The sequence after the last batch of a partition that expired and may have been appended, while that is open.
    #[must_use]
    pub fn unresolved_sequence(&self, partition: TopicPartition) -> Option<i32> {
        self.unresolved.get(&partition).copied()
    }

    /// Partitions for which the next turn raises the epoch, ascending.
    pub fn asking_for_bump(&self) -> impl Iterator<Item = TopicPartition> {
        self.asking_for_bump.iter().copied()
    }

    /// Why the head batch of a partition may not leave yet, if so (`shouldStopDrainBatchesForPartition`).
    #[must_use]
    pub fn held_back(&self, partition: TopicPartition, base_sequence: Option<i32>) -> Option<HeldBack> {
        let known = self.partitions.get(&partition);
        let lowest = known.and_then(PartitionSequences::lowest_tracked);
        let is_of_another_epoch = known.is_some_and(|known| known.identity() != self.identity);
        if !self.identity.is_valid() {
            return Some(HeldBack::NoProducerId);
        }
        match base_sequence {
            None if lowest.is_some() && is_of_another_epoch => Some(HeldBack::OldEpochUnderWay),
            None if self.unresolved.contains_key(&partition) => Some(HeldBack::SequenceUnresolved),
            Some(base_sequence) if lowest.is_some_and(|lowest| lowest != base_sequence) => Some(HeldBack::NotTheLowest),
            _ => None,
        }
    }
}

/// What the accumulator and the sender report.
impl Idempotence {
    /// A broker gave an id.
    pub(super) fn assign(&mut self, identity: ProducerIdAndEpoch) {
        self.identity = identity;
        self.is_initializing = false;
    }

    /// The beginning of a turn: settles what is unresolved, bumps the epoch if a partition asks for it, and asks for an id if there is none
    /// (`maybeResolveSequences`, `bumpIdempotentEpochAndResetIdIfNeeded`). Says which batches must be numbered anew.
    pub(super) fn begin_turn(&mut self) -> Vec<Rewrite> {
        self.maybe_resolve_sequences();
        let rewrites = self.maybe_bump_epoch();
        self.is_initializing |= !self.identity.is_valid();
        rewrites
    }

    /// Numbers a batch that leaves for the first time.
    pub(super) fn number(&mut self, partition: TopicPartition, batch: BatchId, records: i32) -> ProducerState {
        let sequences = self.partitions.entry(partition).or_default();
        sequences.maybe_take_identity(self.identity);
        let base_sequence = sequences.number(batch, records);
        self.identity.numbered(base_sequence)
    }

    /// The parts of a batch that was too large take over its numbers, in order. Says what each of them has.
    pub(super) fn split(&mut self, big: &ProducerBatch, parts: &[ProducerBatch]) -> Vec<ProducerState> {
        let Some(producer) = big.producer_state() else { return Vec::new() };
        let sequences = self.partitions.entry(big.partition()).or_default();
        sequences.untrack(big.id(), producer.base_sequence);
        let mut base_sequence = producer.base_sequence;
        let numbers = parts.iter().map(|part| {
            let numbered = ProducerState { base_sequence, ..producer };
            let records = part.records_count_i32();
            sequences.track(base_sequence, TrackedBatch { batch: part.id(), records });
            base_sequence = increment_sequence(base_sequence, records);
            numbered
        });
        numbers.collect()
    }

    /// A batch is in the log (`handleCompletedBatch`).
    pub(super) fn completed(&mut self, batch: &ProducerBatch) {
        if let Some(last_sequence) = batch.last_sequence() {
            self.acknowledge(batch.partition(), last_sequence);
        }
        self.untrack(batch);
    }

    /// An answer came for a batch that had expired. A success still counts as acknowledged.
    pub(super) fn answered_after_expiry(&mut self, partition: TopicPartition, batch: BatchId, is_success: bool) {
        let last_sequence = self.expired_in_flight.remove(&batch);
        if let Some(last_sequence) = last_sequence.filter(|_| is_success) {
            self.acknowledge(partition, last_sequence);
        }
    }

    /// A batch has ended without success.
    pub(super) fn untrack(&mut self, batch: &ProducerBatch) {
        if let (Some(sequences), Some(producer)) = (self.partitions.get_mut(&batch.partition()), batch.producer_state())
        {
            sequences.untrack(batch.id(), producer.base_sequence);
        }
    }

    /// A batch failed with an error (`handleFailedBatch`). It leaves a gap, unless its last attempt may have been appended: that is not
    /// known of one that used up its retries, but of a wrong sequence it is.
    pub(super) fn failed(&mut self, partition: TopicPartition, error: KafkaError, has_retries_left: bool) {
        let is_about_sequences = matches!(error, KafkaError::OutOfOrderSequenceNumber | KafkaError::UnknownProducerId);
        if is_about_sequences || has_retries_left {
            self.asking_for_bump.insert(partition);
        }
    }

    /// A batch expired. If an attempt of it was answered, none of its partition is numbered until it is known how far the broker got
    /// (`markSequenceUnresolved`).
    pub(super) fn expired(&mut self, batch: &ProducerBatch) {
        let Some(last_sequence) = batch.last_sequence() else { return };
        if batch.attempts() > 0 {
            // Kafka adds one here without the wrap.
            let next = last_sequence.wrapping_add(1);
            self.unresolved.entry(batch.partition()).and_modify(|known| *known = next.max(*known)).or_insert(next);
        }
        if batch.is_in_flight() {
            self.expired_in_flight.insert(batch.id(), last_sequence);
        }
    }

    /// Whether an error may pass, and whether it takes a new epoch for that (`canRetry`).
    ///
    /// | error | asks for a bump if |
    /// |---|---|
    /// | UNKNOWN_PRODUCER_ID | the log start is known, and the batch was not numbered anew since it was last sent |
    /// | OUT_OF_ORDER_SEQUENCE_NUMBER, partition not unresolved | not numbered anew, and it is the one after the last acknowledged |
    /// | OUT_OF_ORDER_SEQUENCE_NUMBER, partition unresolved | it is the one after the batch that expired |
    ///
    /// These two are always retried, any other if its exception is retriable.
    pub(super) fn can_retry(&mut self, batch: &ProducerBatch, error: KafkaError, log_start_offset: Offset) -> bool {
        let partition = batch.partition();
        let needs_bump = match error {
            KafkaError::UnknownProducerId => log_start_offset != Offset::UNKNOWN && !batch.sequence_has_been_reset(),
            KafkaError::OutOfOrderSequenceNumber => match self.unresolved_sequence(partition) {
                Some(unresolved) => batch.base_sequence() == Some(unresolved),
                None => !batch.sequence_has_been_reset() && self.is_next_sequence(partition, batch.base_sequence()),
            },
            other => return other.is_retriable(),
        };
        if needs_bump {
            self.asking_for_bump.insert(partition);
        }
        true
    }

    fn acknowledge(&mut self, partition: TopicPartition, last_sequence: i32) {
        self.partitions.entry(partition).or_default().acknowledge(last_sequence);
    }

    fn is_next_sequence(&self, partition: TopicPartition, sequence: Option<i32>) -> bool {
        let known = self.partitions.get(&partition);
        sequence.is_some_and(|sequence| known.map_or(sequence == 0, |known| known.is_next_acknowledged(sequence)))
    }

    fn maybe_resolve_sequences(&mut self) {
        let (partitions, asking_for_bump) = (&self.partitions, &mut self.asking_for_bump);
        self.unresolved.retain(|partition, _| {
            let Some(known) = partitions.get(partition) else { return false };
            let is_open = known.lowest_tracked().is_some();
            if !is_open && !known.is_next_acknowledged(known.next_sequence()) {
                asking_for_bump.insert(*partition);
            }
            is_open
        });
    }

    fn maybe_bump_epoch(&mut self) -> Vec<Rewrite> {
        let mut rewrites = Vec::new();
        if self.asking_for_bump.is_empty() {
            return rewrites;
        }
        self.identity = self.identity.bumped();
        let identity = self.identity;
        for partition in std::mem::take(&mut self.asking_for_bump) {
            let numbered = self.partitions.entry(partition).or_default().start_at_beginning(identity);
            rewrites.extend(numbered.map(|(base_sequence, batch)| Rewrite {
                partition,
                batch,
                producer: identity.numbered(base_sequence),
            }));
            self.unresolved.remove(&partition);
        }
        rewrites
    }
}
