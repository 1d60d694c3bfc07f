//! The numbers of one partition (`TxnPartitionEntry`, KAFKA 4.2 to 4.4).
//!
//! The rule it keeps: sequences count records and are given in order, so the tracked batches lie one behind the other without a hole, except
//! where one of them failed or expired. A batch is tracked from its first drain until it is acknowledged, fails or expires, whether it is
//! in flight or waits to be sent again.

use super::ProducerIdAndEpoch;
use crate::engine::common::NO_SEQUENCE;
use crate::engine::producer::BatchId;
use crate::engine::record::batch_header::increment_sequence;
use std::collections::BTreeMap;

/// A batch that has a sequence and no outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrackedBatch {
    /// The batch.
    pub batch: BatchId,
    /// How many sequences it takes: one a record.
    pub records: i32,
}

/// How the batches of one partition are numbered.
#[derive(Clone, Debug)]
pub struct PartitionSequences {
    identity: ProducerIdAndEpoch,
    next_sequence: i32,
    /// −1: none.
    last_acked_sequence: i32,
    /// By base sequence. All are of this partition's id and epoch.
    tracked: BTreeMap<i32, TrackedBatch>,
}

impl Default for PartitionSequences {
    fn default() -> Self {
        Self {
            identity: ProducerIdAndEpoch::NONE,
            next_sequence: 0,
            last_acked_sequence: NO_SEQUENCE,
            tracked: BTreeMap::new(),
        }
    }
}

impl PartitionSequences {
    /// The id and epoch that its batches carry. They follow the producer's once nothing is tracked.
    #[must_use]
    pub fn identity(&self) -> ProducerIdAndEpoch {
        self.identity
    }

    /// The base sequence of the next batch.
    #[must_use]
    pub fn next_sequence(&self) -> i32 {
        self.next_sequence
    }

    /// The highest sequence that is known to be in the log; −1: none of this epoch.
    #[must_use]
    pub fn last_acked_sequence(&self) -> i32 {
        self.last_acked_sequence
    }

    /// The batches that have a sequence and no outcome, with their base sequences, ascending.
    pub fn tracked(&self) -> impl Iterator<Item = (i32, TrackedBatch)> {
        self.tracked.iter().map(|(base_sequence, batch)| (*base_sequence, *batch))
    }

    /// The lowest base sequence without an outcome (`firstInFlightSequence`).
    #[must_use]
    pub fn lowest_tracked(&self) -> Option<i32> {
        self.tracked.first_key_value().map(|(base_sequence, _)| *base_sequence)
    }

    /// Whether a batch with this base sequence follows the last acknowledged one. Kafka subtracts without the wrap.
    pub(super) fn is_next_acknowledged(&self, base_sequence: i32) -> bool {
        i64::from(base_sequence) - i64::from(self.last_acked_sequence) == 1
    }

    /// Begins anew with the producer's identity, if that is another and nothing is tracked.
    pub(super) fn maybe_take_identity(&mut self, identity: ProducerIdAndEpoch) {
        if self.identity != identity && self.tracked.is_empty() {
            self.identity = identity;
            self.next_sequence = 0;
            self.last_acked_sequence = NO_SEQUENCE;
        }
    }

    /// Gives a batch the next sequences and says the first of them.
    pub(super) fn number(&mut self, batch: BatchId, records: i32) -> i32 {
        let base_sequence = self.next_sequence;
        self.next_sequence = increment_sequence(base_sequence, records);
        self.track(base_sequence, TrackedBatch { batch, records });
        base_sequence
    }

    pub(super) fn track(&mut self, base_sequence: i32, batch: TrackedBatch) {
        let other = self.tracked.insert(base_sequence, batch);
        assert!(other.is_none(), "{batch:?} and {other:?} have the same sequence {base_sequence}");
    }

    /// The batch has an outcome, or parts of it are tracked instead. One that expired is not tracked any more.
    pub(super) fn untrack(&mut self, batch: BatchId, base_sequence: i32) {
        if self.tracked.get(&base_sequence).is_some_and(|tracked| tracked.batch == batch) {
            self.tracked.remove(&base_sequence);
        }
    }

    pub(super) fn acknowledge(&mut self, last_sequence: i32) {
        self.last_acked_sequence = self.last_acked_sequence.max(last_sequence);
    }

    /// Numbers the tracked batches from 0 with a new identity and says their base sequences, in order.
    pub(super) fn start_at_beginning(&mut self, identity: ProducerIdAndEpoch) -> impl Iterator<Item = (i32, BatchId)> {
        let tracked = std::mem::take(&mut self.tracked);
        *self = Self { identity, ..Self::default() };
        for TrackedBatch { batch, records } in tracked.into_values() {
            self.number(batch, records);
        }
        self.tracked().map(|(base_sequence, tracked)| (base_sequence, tracked.batch))
    }
}
