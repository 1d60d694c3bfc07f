//! What a log remembers of each idempotent producer: its epoch and its last five batches (KAFKA 4.5).
//!
//! The rule it keeps: a client's batch is appended only if its sequence follows the last one; one that repeats a remembered batch
//! is answered with the original's offset. Followers build the same state from what they copy. Snapshots keep only the last batch
//! of each producer, so a reload forgets older ones. (`org.apache.kafka.storage.internals.log.ProducerStateManager`)

use super::errors::AppendErrorReason;
use super::producer_snapshot::{ProducerSnapshot, SnapshotEntry};
use crate::engine::common::{NO_SEQUENCE, Offset, ProducerEpoch, ProducerId, Timestamp};
use crate::engine::record::record_batch::increment_sequence;
use crate::engine::record::{RecordBatch, control_record};
use imbl::OrdMap;

/// How many batches of a producer are remembered (`ProducerStateEntry.NUM_BATCHES_TO_RETAIN`).
pub const BATCHES_RETAINED: usize = 5;

/// `producer.id.expiration.ms`, Kafka's default: after this long without a batch a producer is forgotten.
pub const PRODUCER_ID_EXPIRATION_MS: i64 = 86_400_000;

/// A remembered batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchMetadata {
    /// Sequence of its last record.
    pub last_sequence: i32,
    /// Offset of its last record.
    pub last_offset: Offset,
    /// Last offset less first offset.
    pub offset_delta: i32,
    /// Its largest timestamp.
    pub timestamp: Timestamp,
}

impl BatchMetadata {
    /// Offset of its first record.
    #[must_use]
    pub fn first_offset(&self) -> Offset {
        self.last_offset.plus(-i64::from(self.offset_delta))
    }

    /// Sequence of its first record, counted back with Kafka's wrap.
    #[must_use]
    pub fn first_sequence(&self) -> i32 {
        decrement_sequence(self.last_sequence, self.offset_delta)
    }
}

/// What is remembered of one producer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProducerStateEntry {
    /// The producer.
    pub producer_id: ProducerId,
    /// Its current epoch; −1 before the first batch.
    pub epoch: ProducerEpoch,
    /// Its last batches of this epoch, oldest first, five at most.
    pub batches: Vec<BatchMetadata>,
    /// Epoch of the transaction coordinator that wrote the last marker; −1: none.
    pub coordinator_epoch: i32,
    /// Timestamp of the last batch or marker; −1: none.
    pub last_timestamp: Timestamp,
    /// First offset of the transaction that is open, if one is.
    pub current_txn_first_offset: Option<Offset>,
}

impl ProducerStateEntry {
    fn new(producer_id: ProducerId) -> Self {
        Self {
            producer_id,
            epoch: ProducerEpoch::NONE,
            batches: Vec::new(),
            coordinator_epoch: -1,
            last_timestamp: -1,
            current_txn_first_offset: None,
        }
    }

    /// The last sequence; −1: none.
    #[must_use]
    pub fn last_sequence(&self) -> i32 {
        self.batches.last().map_or(NO_SEQUENCE, |batch| batch.last_sequence)
    }

    /// The last offset; −1: none.
    #[must_use]
    pub fn last_offset(&self) -> Offset {
        self.batches.last().map_or(Offset::UNKNOWN, |batch| batch.last_offset)
    }

    fn enter_epoch(&mut self, epoch: ProducerEpoch) {
        if self.epoch != epoch {
            self.batches.clear();
            self.epoch = epoch;
        }
    }

    fn add_batch(&mut self, batch: BatchMetadata) {
        if self.batches.len() == BATCHES_RETAINED {
            self.batches.remove(0);
        }
        self.batches.push(batch);
    }

    fn to_snapshot(&self) -> SnapshotEntry {
        SnapshotEntry {
            producer_id: self.producer_id,
            producer_epoch: self.epoch,
            last_sequence: self.last_sequence(),
            last_offset: self.last_offset(),
            offset_delta: self.batches.last().map_or(0, |batch| batch.offset_delta),
            timestamp: self.last_timestamp,
            coordinator_epoch: self.coordinator_epoch,
            current_txn_first_offset: self.current_txn_first_offset.unwrap_or(Offset::UNKNOWN),
        }
    }

    fn from_snapshot(entry: &SnapshotEntry) -> Self {
        let batch = BatchMetadata {
            last_sequence: entry.last_sequence,
            last_offset: entry.last_offset,
            offset_delta: entry.offset_delta,
            timestamp: entry.timestamp,
        };
        Self {
            producer_id: entry.producer_id,
            epoch: entry.producer_epoch,
            batches: if entry.last_offset.0 >= 0 { vec![batch] } else { Vec::new() },
            coordinator_epoch: entry.coordinator_epoch,
            last_timestamp: entry.timestamp,
            current_txn_first_offset: Some(entry.current_txn_first_offset).filter(|offset| offset.0 >= 0),
        }
    }
}

/// What the log makes of a client's batch, by its sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SequenceCheck {
    /// The batch has no producer id: nothing is checked.
    NotIdempotent,
    /// It follows, or nothing is known of the producer.
    InSequence,
    /// It repeats this remembered batch.
    DuplicateOf(BatchMetadata),
}

/// The state of all producers of one log, and its snapshots. A clone shares both.
#[derive(Clone, Debug)]
pub struct ProducerStateManager {
    producers: OrdMap<ProducerId, ProducerStateEntry>,
    snapshots: OrdMap<Offset, ProducerSnapshot>,
    last_map_offset: Offset,
    last_snapshot_offset: Offset,
}

impl ProducerStateManager {
    /// No producer is known yet in a log that starts at `start_offset`.
    #[must_use]
    pub fn new(start_offset: Offset) -> Self {
        Self {
            producers: OrdMap::new(),
            snapshots: OrdMap::new(),
            last_map_offset: start_offset,
            last_snapshot_offset: start_offset,
        }
    }

    /// Checks a client's batch, in Kafka's order.
    ///
    /// | epoch of the batch | sequences | outcome |
    /// |---|---|---|
    /// | current | both those of a remembered batch | duplicate |
    /// | below current | any | `INVALID_PRODUCER_EPOCH` |
    /// | other, nothing known of the producer | any | in sequence |
    /// | above current | first is 0 | in sequence |
    /// | above current | first is not 0 | `OUT_OF_ORDER_SEQUENCE_NUMBER` |
    /// | current | first follows the last (0 after 2147483647) | in sequence |
    /// | current | anything else | `OUT_OF_ORDER_SEQUENCE_NUMBER` |
    ///
    /// # Errors
    /// As in the table.
    pub fn check_sequence(&self, batch: &RecordBatch) -> Result<SequenceCheck, AppendErrorReason> {
        let (producer_id, epoch, base_sequence) = (batch.producer_id(), batch.producer_epoch(), batch.base_sequence());
        if producer_id == ProducerId::NONE {
            return Ok(SequenceCheck::NotIdempotent);
        }
        let Some(entry) = self.producers.get(&producer_id) else { return Ok(SequenceCheck::InSequence) };
        if epoch < entry.epoch {
            return Err(AppendErrorReason::InvalidProducerEpoch { producer_id, epoch, current: entry.epoch });
        }
        let last_sequence = increment_sequence(base_sequence, batch.last_offset_delta());
        let repeats =
            |known: &&BatchMetadata| known.first_sequence() == base_sequence && known.last_sequence == last_sequence;
        let expected = if epoch == entry.epoch {
            if let Some(original) = entry.batches.iter().find(repeats) {
                return Ok(SequenceCheck::DuplicateOf(*original));
            }
            increment_sequence(entry.last_sequence(), 1)
        } else {
            0
        };
        if base_sequence == expected {
            Ok(SequenceCheck::InSequence)
        } else {
            Err(AppendErrorReason::OutOfOrderSequence { producer_id, base_sequence, expected })
        }
    }

    /// Remembers a batch that has just been appended, from a client, a leader or a reload.
    pub fn update(&mut self, batch: &RecordBatch) {
        if batch.producer_id() == ProducerId::NONE {
            return;
        }
        let entry =
            self.producers.entry(batch.producer_id()).or_insert_with(|| ProducerStateEntry::new(batch.producer_id()));
        if batch.is_control() {
            Self::update_from_marker(entry, batch);
            return;
        }
        entry.enter_epoch(batch.producer_epoch());
        let offset_delta = batch.last_offset_delta();
        entry.add_batch(BatchMetadata {
            last_sequence: increment_sequence(batch.base_sequence(), offset_delta),
            last_offset: batch.last_offset(),
            offset_delta,
            timestamp: batch.max_timestamp(),
        });
        entry.last_timestamp = batch.max_timestamp();
        if batch.is_transactional() && entry.current_txn_first_offset.is_none() {
            entry.current_txn_first_offset = Some(batch.base_offset());
        }
    }

    /// A commit or abort marker ends the open transaction; its own sequence is none.
    fn update_from_marker(entry: &mut ProducerStateEntry, batch: &RecordBatch) {
        let Ok(records) = batch.records() else { return };
        let Some(marker) = records.first() else { return };
        entry.enter_epoch(batch.producer_epoch());
        if let Some(epoch) = marker.value.as_deref().and_then(control_record::coordinator_epoch) {
            entry.coordinator_epoch = epoch;
        }
        entry.last_timestamp = marker.timestamp;
        entry.current_txn_first_offset = None;
    }

    /// The state reaches up to this offset now.
    pub fn update_map_end_offset(&mut self, end_offset: Offset) {
        self.last_map_offset = end_offset;
    }

    /// Up to which offset the state covers the log.
    #[must_use]
    pub fn map_end_offset(&self) -> Offset {
        self.last_map_offset
    }

    /// Takes a snapshot at the end offset of the state, unless the newest one is there already, and says whether it did.
    pub fn maybe_take_snapshot(&mut self) -> bool {
        if self.last_map_offset <= self.last_snapshot_offset {
            return false;
        }
        let entries = self.producers.values().map(ProducerStateEntry::to_snapshot).collect();
        self.snapshots.insert(self.last_map_offset, ProducerSnapshot::new(entries));
        self.last_snapshot_offset = self.last_map_offset;
        true
    }

    /// Drops the state beyond `log_end_offset` and goes back to the newest snapshot that is not out of range, if the state does not
    /// end there already. What lies between that snapshot and the end is for the log to replay.
    pub fn truncate_and_reload(&mut self, log_start_offset: Offset, log_end_offset: Offset, now: Timestamp) {
        retain(&mut self.snapshots, |offset, _| *offset <= log_end_offset && *offset > log_start_offset);
        if log_end_offset == self.last_map_offset {
            self.advance_log_start_offset(log_start_offset);
        } else {
            self.load_from_snapshot(log_start_offset, now);
        }
    }

    fn load_from_snapshot(&mut self, log_start_offset: Offset, now: Timestamp) {
        let newest = self.snapshots.get_max().map(|(offset, snapshot)| (*offset, snapshot.clone()));
        self.producers = newest
            .iter()
            .flat_map(|(_, snapshot)| snapshot.entries())
            .map(ProducerStateEntry::from_snapshot)
            .filter(|entry| !is_expired(entry, now))
            .map(|entry| (entry.producer_id, entry))
            .collect();
        let offset = newest.map_or(log_start_offset, |(offset, _)| offset);
        self.last_map_offset = offset;
        self.last_snapshot_offset = offset;
    }

    /// The log starts later now. What is remembered of producers stays.
    pub fn advance_log_start_offset(&mut self, log_start_offset: Offset) {
        self.last_map_offset = self.last_map_offset.max(log_start_offset);
        self.last_snapshot_offset = self.snapshots.get_max().map_or(log_start_offset, |(offset, _)| *offset);
    }

    /// Forgets everything; the log starts again at `offset`.
    pub fn truncate_fully_and_start_at(&mut self, offset: Offset) {
        *self = Self::new(offset);
    }

    /// Removes the snapshot at the base offset of a segment that is gone.
    pub fn remove_snapshot(&mut self, offset: Offset) {
        self.snapshots.remove(&offset);
    }

    /// The broker has restarted: only snapshot files are left.
    pub fn forget_all_but_snapshots(&mut self) {
        self.producers.clear();
        self.last_map_offset = Offset(0);
        self.last_snapshot_offset = self.snapshots.get_max().map_or(Offset(0), |(offset, _)| *offset);
    }

    /// Removes snapshots that belong to no segment, but for the newest if it is newer than every segment's.
    pub fn remove_stray_snapshots(&mut self, segment_base_offsets: &[Offset]) {
        let newest = self.snapshots.get_max().map(|(offset, _)| *offset);
        retain(&mut self.snapshots, |offset, _| segment_base_offsets.contains(offset) || Some(*offset) == newest);
    }

    /// Forgets the producers that have sent nothing for `producer.id.expiration.ms` and have no transaction open; says how many.
    pub fn remove_expired(&mut self, now: Timestamp) -> usize {
        let before = self.producers.len();
        retain(&mut self.producers, |_, entry| !is_expired(entry, now));
        before - self.producers.len()
    }

    /// The producers known, by id.
    pub fn producers(&self) -> impl Iterator<Item = &ProducerStateEntry> + '_ {
        self.producers.values()
    }

    /// What is known of one producer.
    #[must_use]
    pub fn producer(&self, producer_id: ProducerId) -> Option<&ProducerStateEntry> {
        self.producers.get(&producer_id)
    }

    /// Whether no producer is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.producers.is_empty()
    }

    /// The snapshots, each with the offset that names its file, ascending.
    pub fn snapshots(&self) -> impl DoubleEndedIterator<Item = (Offset, &ProducerSnapshot)> + '_ {
        self.snapshots.iter().map(|(offset, snapshot)| (*offset, snapshot))
    }
}

/// Removes the entries that `stays` does not hold for.
fn retain<K: Copy + Ord, V: Clone>(map: &mut OrdMap<K, V>, stays: impl Fn(&K, &V) -> bool) {
    let gone: Vec<K> = map.iter().filter(|(key, value)| !stays(key, value)).map(|(key, _)| *key).collect();
    for key in gone {
        map.remove(&key);
    }
}

fn is_expired(entry: &ProducerStateEntry, now: Timestamp) -> bool {
    entry.current_txn_first_offset.is_none() && now.saturating_sub(entry.last_timestamp) >= PRODUCER_ID_EXPIRATION_MS
}

/// A sequence `decrement` further back; 2147483647 comes before 0 (`DefaultRecordBatch.decrementSequence`).
#[must_use]
pub fn decrement_sequence(sequence: i32, decrement: i32) -> i32 {
    ((i64::from(sequence) - i64::from(decrement)).rem_euclid(1 << 31)) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_wrap_to_zero() {
        assert_eq!(increment_sequence(i32::MAX, 1), 0);
        assert_eq!(increment_sequence(i32::MAX - 1, 4), 2);
        assert_eq!(increment_sequence(-1, 1), 0);
        assert_eq!(decrement_sequence(2, 4), i32::MAX - 1);
        assert_eq!(decrement_sequence(7, 4), 3);
    }
}
