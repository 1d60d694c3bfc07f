//! What the ledger knows of one replica's log: which producer batch stands where.
//!
//! It mirrors the log from events alone. A copy is named by its partition, leader epoch and base offset; nothing is read
//! out of the bytes. The tests compare it with the bytes. Compaction takes single records: their offsets are noted beside the batches,
//! which stay, so that two logs of one history still compare batch by batch.

use super::entry::BatchRef;
use crate::engine::common::{LeaderEpoch, Offset, RecordId};
use crate::engine::sim::chunked::Chunked;
use crate::engine::storage::RemovalReason;
use imbl::OrdMap;

/// One batch in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyEntry {
    /// Its first offset.
    pub base_offset: Offset,
    /// Its last offset.
    pub last_offset: Offset,
    /// The epoch of the leader that first wrote it.
    pub leader_epoch: LeaderEpoch,
    /// Which producer batch it is.
    pub batch: BatchRef,
}

/// One replica's log.
#[derive(Clone, Debug, Default)]
pub struct ReplicaLog {
    /// The batches, by offset.
    pub entries: Chunked<CopyEntry>,
    /// First offset.
    pub log_start_offset: Offset,
    /// High watermark.
    pub high_watermark: Offset,
    /// The offsets that compaction has emptied, and why if that is known.
    pub holes: OrdMap<Offset, Option<RemovalReason>>,
}

impl ReplicaLog {
    /// Position in `entries` of the first batch that ends at or after an offset.
    #[must_use]
    pub fn floor(&self, offset: Offset) -> usize {
        self.entries.partition_point(|entry| entry.last_offset < offset)
    }

    /// The batch that holds an offset, if it is in the log.
    #[must_use]
    pub fn at(&self, offset: Offset) -> Option<CopyEntry> {
        let entry = self.entries.get(self.floor(offset)).copied()?;
        (entry.base_offset <= offset && offset >= self.log_start_offset).then_some(entry)
    }

    /// Whether compaction has emptied an offset.
    #[must_use]
    pub fn is_hole(&self, offset: Offset) -> bool {
        !self.holes.is_empty() && self.holes.contains_key(&offset)
    }

    /// Whether a record of a batch is left.
    #[must_use]
    pub fn holds_any_of(&self, entry: &CopyEntry) -> bool {
        self.holes.is_empty() || (entry.base_offset.0..=entry.last_offset.0).any(|offset| !self.is_hole(Offset(offset)))
    }

    /// Which offsets hold records now.
    pub(super) fn extent(&self) -> Extent {
        Extent { start: self.log_start_offset, holes: self.holes.clone() }
    }

    /// Forgets the holes outside of the log.
    pub(super) fn forget_holes(&mut self, is_outside: impl Fn(Offset) -> bool) {
        let outside: Vec<Offset> = self.holes.keys().copied().filter(|offset| is_outside(*offset)).collect();
        outside.iter().for_each(|offset| {
            self.holes.remove(offset);
        });
    }

    /// Up to where two logs are the same: the positions after the last common batch, in each.
    ///
    /// A batch of the same epoch at the same offset has the same history before it (KIP-101), so the search runs from the end.
    pub(super) fn common_end(&self, other: &ReplicaLog) -> (usize, usize) {
        let (mut mine, mut theirs) = (self.entries.back(), other.entries.back());
        while mine > self.entries.front() && theirs > other.entries.front() {
            let (Some(a), Some(b)) = (self.entries.get(mine - 1), other.entries.get(theirs - 1)) else { break };
            match a.base_offset.cmp(&b.base_offset) {
                std::cmp::Ordering::Equal if a.leader_epoch == b.leader_epoch => return (mine, theirs),
                std::cmp::Ordering::Equal => {
                    mine -= 1;
                    theirs -= 1;
                }
                std::cmp::Ordering::Greater => mine -= 1,
                std::cmp::Ordering::Less => theirs -= 1,
            }
        }
        // Nothing in common is left to compare: what remains on one side stands before the other's first batch, or on none.
        (self.entries.front(), other.entries.front())
    }
}

/// Which offsets of a log hold records: what a walk over its batches needs while the ledger changes. Cheap to take.
#[derive(Clone, Debug)]
pub(super) struct Extent {
    /// The log's first offset.
    pub(super) start: Offset,
    /// The offsets from there on that compaction has emptied.
    pub(super) holes: OrdMap<Offset, Option<RemovalReason>>,
}

impl Extent {
    /// The records of a batch that are there, with their places in the batch and their offsets.
    pub(super) fn left_of<'a>(
        &'a self,
        entry: &CopyEntry,
        records: &'a [RecordId],
    ) -> impl Iterator<Item = (usize, Offset, RecordId)> + use<'a> {
        let base = entry.base_offset;
        let all = (0..).zip(records).enumerate().map(move |(index, (delta, id))| (index, base.plus(delta), *id));
        all.filter(|(_, offset, _)| {
            *offset >= self.start && (self.holes.is_empty() || !self.holes.contains_key(offset))
        })
    }
}
