//! A cleaning told for others: what was looked at, which records went and why, which tombstones' time began to run.
//!
//! It holds offsets and figures only, so that it can be part of an event. What it tells has happened.

use super::{Cleaning, CleaningReason, LogToClean};
use crate::engine::common::{Offset, Timestamp};
use serde::Serialize;

/// A cleaning of one log that is over.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CleanedLog {
    /// Why it was cleaned.
    pub reason: CleaningReason,
    /// Where the dirty part began.
    pub first_dirty_offset: Offset,
    /// Where it begins now: what is before it has been cleaned.
    pub end_offset: Offset,
    /// The segments that were written anew, oldest first.
    pub segments: Vec<CleanedSegments>,
    /// The records that went, in order of offset.
    pub removed: Vec<RemovedRecord>,
    /// The batches whose tombstones' time began to run, in order of offset.
    pub horizons: Vec<DeleteHorizon>,
}

/// Neighbouring segments that became one, which has the first one's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CleanedSegments {
    /// Base offset of the first one, and of the new one.
    pub base_offset: Offset,
    /// How many they were.
    pub count: u32,
    /// Bytes of their `.log` files.
    pub bytes_before: u64,
    /// Bytes of the new `.log` file.
    pub bytes_after: u64,
}

/// A record that compaction removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RemovedRecord {
    /// Its offset, which no other record gets.
    pub offset: Offset,
    /// Why.
    pub why: RemovalReason,
}

/// Why compaction removed a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum RemovalReason {
    /// A later record has the same key.
    Superseded {
        /// The offset of the last one that the cleaning found.
        by: Offset,
    },
    /// It was a tombstone, and its time was over.
    TombstoneExpired {
        /// When that was, in ms since 1970.
        horizon: Timestamp,
    },
    /// It has no key, so nothing could ever take its place.
    WithoutKey,
}

/// A batch with tombstones of which no cleaning knew before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeleteHorizon {
    /// First offset of the batch.
    pub base_offset: Offset,
    /// Last offset of the batch.
    pub last_offset: Offset,
    /// From when on a cleaning removes them, in ms since 1970.
    pub horizon: Timestamp,
}

impl CleanedLog {
    /// What a cleaning of `to_clean`, which had this reason, did.
    #[must_use]
    pub fn of(reason: CleaningReason, to_clean: &LogToClean, cleaning: Cleaning) -> Self {
        let segments = cleaning.groups.iter().filter_map(|group| {
            Some(CleanedSegments {
                base_offset: group.replaced.first()?.base_offset(),
                count: u32::try_from(group.replaced.len()).unwrap_or(u32::MAX),
                bytes_before: group.replaced.iter().map(|segment| u64::from(segment.size_in_bytes())).sum(),
                bytes_after: u64::from(group.size_in_bytes),
            })
        });
        Self {
            reason,
            first_dirty_offset: to_clean.first_dirty_offset,
            end_offset: cleaning.first_dirty_offset,
            segments: segments.collect(),
            removed: cleaning.removed,
            horizons: cleaning.horizons,
        }
    }

    /// Bytes of the segments before and after.
    #[must_use]
    pub fn bytes(&self) -> (u64, u64) {
        let sum = |of: fn(&CleanedSegments) -> u64| self.segments.iter().map(of).sum();
        (sum(|segments| segments.bytes_before), sum(|segments| segments.bytes_after))
    }
}
