//! What the ledger knows of one replica's log: which producer batch stands where.
//!
//! It mirrors the log from events alone. A copy is named by its partition, leader epoch and base offset; nothing is read
//! out of the bytes. The tests compare it with the bytes.

use super::entry::BatchRef;
use crate::engine::common::{LeaderEpoch, Offset};
use crate::engine::sim::chunked::Chunked;

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
