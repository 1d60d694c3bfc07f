//! The log of metadata records, `__cluster_metadata` partition 0, as one node of the quorum has it (`KafkaMetadataLog`).
//!
//! The rule it keeps: offsets are dense, epochs never fall, and what is cut off goes in whole batches. A batch is immutable and shared by
//! the leader, every follower and every checkpoint. Which of it is committed is the quorum's to say ([`super::quorum`]).
//!
//! Simplified: what is appended is on disk at once, and the log is kept whole, so that no node needs a snapshot of it.

use crate::engine::common::{ControllerId, LeaderEpoch, Offset};
use crate::engine::storage::LeaderEpochCache;
use std::sync::Arc;

/// The records of one change, as whoever uses the quorum writes them. They are committed together or not at all.
pub trait MetadataRecords: Clone + std::fmt::Debug + PartialEq {
    /// How many records; 1 or more.
    fn record_count(&self) -> i64;
    /// Bytes in the log, without the batch's header.
    fn size_in_bytes(&self) -> usize;
}

/// A batch's header in bytes (`RecordBatch`, magic 2).
const BATCH_HEADER_BYTES: usize = 61;
/// Bytes of a LeaderChange record, by its voters.
const LEADER_CHANGE_BYTES: usize = 24;

/// What a batch holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BatchContent<T> {
    /// The control record that a leader begins its epoch with: with it the leader can commit what was there before.
    LeaderChange {
        /// Who leads.
        leader: ControllerId,
    },
    /// Records of the controller's.
    Records(T),
}

/// Some records that were appended together, in one epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataBatch<T> {
    /// Offset of the first record.
    pub base_offset: Offset,
    /// Offset of the last record.
    pub last_offset: Offset,
    /// The epoch of the leader that wrote it.
    pub epoch: LeaderEpoch,
    /// The records.
    pub content: BatchContent<T>,
}

impl<T: MetadataRecords> MetadataBatch<T> {
    /// The offset after the last record.
    #[must_use]
    pub fn next_offset(&self) -> Offset {
        self.last_offset.plus(1)
    }

    /// Bytes in the log and on the wire.
    #[must_use]
    pub fn size_in_bytes(&self) -> usize {
        BATCH_HEADER_BYTES
            + match &self.content {
                BatchContent::LeaderChange { .. } => LEADER_CHANGE_BYTES,
                BatchContent::Records(records) => records.size_in_bytes(),
            }
    }
}

/// A place in a log and the epoch of the record before it (`OffsetAndEpoch`). Ordered by epoch, then by offset: the larger log wins votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OffsetAndEpoch {
    /// The epoch.
    pub epoch: LeaderEpoch,
    /// The offset.
    pub offset: Offset,
}

/// What a leader makes of the place that a follower fetches from (`ValidOffsetAndEpoch`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchPlace {
    /// The follower's log is a beginning of this one.
    Valid,
    /// It is not: the follower has to cut back to here and ask again.
    Diverging(OffsetAndEpoch),
}

/// One node's metadata log. A clone shares the batches.
#[derive(Clone, Debug, PartialEq)]
pub struct MetadataLog<T: MetadataRecords> {
    batches: imbl::Vector<Arc<MetadataBatch<T>>>,
    epochs: LeaderEpochCache,
}

impl<T: MetadataRecords> Default for MetadataLog<T> {
    fn default() -> Self {
        Self { batches: imbl::Vector::new(), epochs: LeaderEpochCache::new() }
    }
}

impl<T: MetadataRecords> MetadataLog<T> {
    /// The offset that the next record gets.
    #[must_use]
    pub fn log_end_offset(&self) -> Offset {
        self.batches.last().map_or(Offset(0), |batch| batch.next_offset())
    }

    /// The epoch of the last record; 0 for an empty log.
    #[must_use]
    pub fn last_epoch(&self) -> LeaderEpoch {
        self.batches.last().map_or(LeaderEpoch(0), |batch| batch.epoch)
    }

    /// Where the log ends, with the epoch of its last record: what votes are compared by.
    #[must_use]
    pub fn end(&self) -> OffsetAndEpoch {
        OffsetAndEpoch { epoch: self.last_epoch(), offset: self.log_end_offset() }
    }

    /// Every batch, oldest first.
    pub fn batches(&self) -> impl DoubleEndedIterator<Item = &Arc<MetadataBatch<T>>> {
        self.batches.iter()
    }

    /// The batches from the one with the record at `offset` on.
    pub fn batches_from(&self, offset: Offset) -> impl Iterator<Item = &Arc<MetadataBatch<T>>> {
        self.batches.iter().skip(self.index_of(offset))
    }

    /// A leader writes something in its epoch.
    ///
    /// # Panics
    /// The epoch is below the log's: a leader's epoch is the largest there is.
    pub fn append_as_leader(&mut self, epoch: LeaderEpoch, content: BatchContent<T>) -> Arc<MetadataBatch<T>> {
        assert!(epoch >= self.last_epoch(), "a leader's epoch is not below that of its log");
        let base_offset = self.log_end_offset();
        let count = match &content {
            BatchContent::LeaderChange { .. } => 1,
            BatchContent::Records(records) => records.record_count(),
        };
        assert!(count >= 1, "a batch holds a record");
        let batch = Arc::new(MetadataBatch { base_offset, last_offset: base_offset.plus(count - 1), epoch, content });
        self.push(Arc::clone(&batch));
        batch
    }

    /// A follower writes what it was sent. Batches that do not follow on its last one are ignored; says how many it took.
    pub fn append_as_follower(&mut self, batches: &[Arc<MetadataBatch<T>>]) -> usize {
        let mut taken = 0;
        for batch in batches {
            if batch.base_offset != self.log_end_offset() || batch.epoch < self.last_epoch() {
                break;
            }
            self.push(Arc::clone(batch));
            taken += 1;
        }
        taken
    }

    fn push(&mut self, batch: Arc<MetadataBatch<T>>) {
        if self.epochs.latest().is_none_or(|latest| latest.epoch < batch.epoch) {
            self.epochs.assign(batch.epoch, batch.base_offset);
        }
        self.batches.push_back(batch);
    }

    /// Whether a log that ends at `offset`, with `epoch` as the epoch of its last record, is a beginning of this one.
    ///
    /// | fetch offset | largest epoch ≤ the follower's | its end here   | answer |
    /// |--------------|--------------------------------|----------------|--------|
    /// | 0            | any                            | any            | valid |
    /// | above 0      | another                        | any            | diverging at that epoch and end |
    /// | above 0      | the same                       | below `offset` | diverging at that epoch and end |
    /// | above 0      | the same                       | otherwise      | valid |
    #[must_use]
    pub fn validate_fetch(&self, offset: Offset, epoch: LeaderEpoch) -> FetchPlace {
        if offset.0 <= 0 {
            return FetchPlace::Valid;
        }
        let end = self.end_offset_for_epoch(epoch);
        if end.epoch != epoch || end.offset < offset { FetchPlace::Diverging(end) } else { FetchPlace::Valid }
    }

    /// The largest epoch here that is not above `epoch`, and where it ends.
    #[must_use]
    pub fn end_offset_for_epoch(&self, epoch: LeaderEpoch) -> OffsetAndEpoch {
        match self.epochs.floor(epoch) {
            None => OffsetAndEpoch { epoch: LeaderEpoch(0), offset: Offset(0) },
            Some(floor) => {
                let end = self.epochs.end_offset_for(floor.epoch, self.log_end_offset());
                OffsetAndEpoch { epoch: floor.epoch, offset: end.map_or(self.log_end_offset(), |end| end.end_offset) }
            }
        }
    }

    /// Cuts back to where this log and a leader's, that diverges from it at `diverging`, may still agree
    /// (`ReplicatedLog.truncateToEndOffset`). Returns where the log ends now.
    pub fn truncate_to_end_offset(&mut self, diverging: OffsetAndEpoch) -> Offset {
        let own = self.end_offset_for_epoch(diverging.epoch);
        let to = if own.epoch == diverging.epoch { own.offset.min(diverging.offset) } else { own.offset };
        self.truncate_to(to);
        to
    }

    fn truncate_to(&mut self, end: Offset) {
        let kept = self.index_of(end);
        assert!(
            self.batches.get(kept).is_none_or(|batch| batch.base_offset == end),
            "batches are copied whole, so logs part between two of them"
        );
        self.batches.truncate(kept);
        self.epochs.truncate_from_end(end);
    }

    /// The index of the batch with the record at `offset`; how many there are if it is beyond the end.
    fn index_of(&self, offset: Offset) -> usize {
        self.batches
            .binary_search_by(|batch| {
                if batch.last_offset < offset {
                    std::cmp::Ordering::Less
                } else if batch.base_offset > offset {
                    std::cmp::Ordering::Greater
                } else {
                    std::cmp::Ordering::Equal
                }
            })
            .unwrap_or_else(|at| at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl MetadataRecords for Vec<u32> {
        fn record_count(&self) -> i64 {
            self.len() as i64
        }
        fn size_in_bytes(&self) -> usize {
            self.len() * 10
        }
    }

    /// A log of batches, each given by its epoch and how many records it has.
    fn log(batches: &[(i32, usize)]) -> MetadataLog<Vec<u32>> {
        let mut log = MetadataLog::default();
        for (epoch, count) in batches {
            log.append_as_leader(LeaderEpoch(*epoch), BatchContent::Records(vec![0; *count]));
        }
        log
    }

    fn at(epoch: i32, offset: i64) -> OffsetAndEpoch {
        OffsetAndEpoch { epoch: LeaderEpoch(epoch), offset: Offset(offset) }
    }

    #[test]
    fn batches_are_found_by_any_of_their_offsets() {
        let log = log(&[(1, 2), (1, 3), (4, 1)]);
        assert_eq!(log.end(), at(4, 6));
        for (offset, bases) in [(0, &[0, 2, 5][..]), (1, &[0, 2, 5]), (2, &[2, 5]), (4, &[2, 5]), (5, &[5]), (6, &[])] {
            let found: Vec<i64> = log.batches_from(Offset(offset)).map(|batch| batch.base_offset.0).collect();
            assert_eq!(found, bases, "from {offset}");
        }
    }

    /// The leader has epochs 1 (0 to 2), 3 (2 to 5) and 5 (5 to 6).
    #[track_caller]
    fn check_fetch(offset: i64, epoch: i32, expected: FetchPlace) {
        let leader = log(&[(1, 2), (3, 3), (5, 1)]);
        assert_eq!(leader.validate_fetch(Offset(offset), LeaderEpoch(epoch)), expected);
    }

    #[test]
    fn where_a_follower_may_fetch_from() {
        check_fetch(0, 0, FetchPlace::Valid);
        check_fetch(2, 1, FetchPlace::Valid);
        check_fetch(5, 3, FetchPlace::Valid);
        check_fetch(6, 5, FetchPlace::Valid);
        check_fetch(3, 1, FetchPlace::Diverging(at(1, 2)));
        check_fetch(4, 2, FetchPlace::Diverging(at(1, 2)));
        check_fetch(7, 4, FetchPlace::Diverging(at(3, 5)));
        check_fetch(7, 5, FetchPlace::Diverging(at(5, 6)));
    }

    #[test]
    fn a_follower_cuts_back_until_it_agrees() {
        let leader = log(&[(1, 2), (3, 3), (5, 1)]);
        let mut follower = log(&[(1, 2), (2, 4), (4, 1)]);
        let mut rounds = 0;
        while let FetchPlace::Diverging(end) = leader.validate_fetch(follower.log_end_offset(), follower.last_epoch()) {
            follower.truncate_to_end_offset(end);
            rounds += 1;
        }
        assert_eq!((follower.end(), rounds), (at(1, 2), 2));
        let rest: Vec<_> = leader.batches_from(follower.log_end_offset()).cloned().collect();
        assert_eq!(follower.append_as_follower(&rest), 2);
        assert_eq!(follower, leader);
        assert_eq!(follower.append_as_follower(&rest), 0, "the same again does not follow on the last one");
    }
}
