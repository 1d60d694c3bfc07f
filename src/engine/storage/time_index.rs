//! The `.timeindex` file: how far the largest timestamp of a segment had come, and where.
//!
//! The rule it keeps: entries are 12 bytes, and timestamps only grow. An entry says that no record at or before its offset has
//! a larger timestamp; the offset is the last one of the batch that first reached that timestamp. An entry is added together
//! with an offset index entry, and once more when the segment becomes inactive. (`org.apache.kafka.storage.internals.log.TimeIndex`)

use super::errors::IndexError;
use crate::engine::common::{Offset, Timestamp};
use imbl::Vector;

/// A timestamp and the last offset of the batch that first reached it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimestampOffset {
    /// Milliseconds since 1970; −1: none.
    pub timestamp: Timestamp,
    /// An absolute offset.
    pub offset: Offset,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    timestamp: Timestamp,
    relative_offset: u32,
}

/// The time index of one segment. A clone shares its entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeIndex {
    base_offset: Offset,
    entries_max: usize,
    entries: Vector<Entry>,
}

impl TimeIndex {
    /// Bytes of one entry in the file.
    pub const ENTRY_BYTES: usize = 12;

    /// An empty index of the segment that starts at `base_offset`; `index_bytes_max` is `segment.index.bytes`.
    #[must_use]
    pub fn new(base_offset: Offset, index_bytes_max: i64) -> Self {
        let entries_max = usize::try_from(index_bytes_max).unwrap_or(0) / Self::ENTRY_BYTES;
        Self { base_offset, entries_max, entries: Vector::new() }
    }

    /// Reads a `.timeindex` file. Zero entries at its end (a file that was never trimmed) are left out, as they are in Kafka.
    ///
    /// # Errors
    /// The length is no multiple of 12, an entry lies before the base offset, or timestamps do not grow.
    pub fn parse(base_offset: Offset, index_bytes_max: i64, bytes: &[u8]) -> Result<Self, IndexError> {
        if !bytes.len().is_multiple_of(Self::ENTRY_BYTES) {
            return Err(IndexError::Length { bytes: bytes.len(), entry_bytes: Self::ENTRY_BYTES });
        }
        let mut index = Self::new(base_offset, index_bytes_max);
        for (number, (timestamp, relative_offset)) in Self::raw_entries(bytes).enumerate() {
            let Ok(relative_offset) = u32::try_from(relative_offset) else {
                return Err(IndexError::Negative { entry: number });
            };
            if base_offset.0.checked_add(i64::from(relative_offset)).is_none() {
                return Err(IndexError::NoSuchBatch { entry: number });
            }
            let last = index.entries.last();
            if last.is_some_and(|last| timestamp <= last.timestamp || relative_offset < last.relative_offset) {
                return Err(IndexError::NotAscending { entry: number });
            }
            index.entries.push_back(Entry { timestamp, relative_offset });
        }
        Ok(index)
    }

    /// The raw whole entries of a file of any quality, timestamp and relative offset as stored, up to the zeros that follow in a file
    /// which was never trimmed.
    pub fn raw_entries(bytes: &[u8]) -> impl Iterator<Item = (Timestamp, i32)> + '_ {
        let (entries, _) = bytes.as_chunks::<{ Self::ENTRY_BYTES }>();
        let entries = entries.iter().enumerate().map(|(number, &[a, b, c, d, e, f, g, h, i, j, k, l])| {
            (number, i64::from_be_bytes([a, b, c, d, e, f, g, h]), i32::from_be_bytes([i, j, k, l]))
        });
        entries
            .take_while(|(number, _, relative_offset)| *number == 0 || *relative_offset != 0)
            .map(|(_, timestamp, relative_offset)| (timestamp, relative_offset))
    }

    /// Adds an entry if its timestamp is larger than the last entry's, and says whether it did.
    pub fn maybe_append(&mut self, reached: TimestampOffset) -> bool {
        if reached.timestamp <= self.last_entry().timestamp {
            return false;
        }
        let relative_offset = u32::try_from(reached.offset.0 - self.base_offset.0)
            .expect("the segment rolls before an offset is too far from its base");
        debug_assert!(self.entries.last().is_none_or(|last| relative_offset >= last.relative_offset), "offsets ascend");
        self.entries.push_back(Entry { timestamp: reached.timestamp, relative_offset });
        true
    }

    /// The last entry; timestamp −1 at the base offset if there is none.
    #[must_use]
    pub fn last_entry(&self) -> TimestampOffset {
        self.entries.last().map_or_else(|| self.nothing(), |entry| self.absolute(entry))
    }

    /// The floor: the last entry with timestamp ≤ `target`; timestamp −1 at the base offset if there is none.
    #[must_use]
    pub fn lookup(&self, target: Timestamp) -> TimestampOffset {
        let after = self.first_entry_where(|entry| entry.timestamp > target);
        after.checked_sub(1).map_or_else(|| self.nothing(), |number| self.absolute(&self.entries[number]))
    }

    /// Drops the entries with offset ≥ `offset`.
    pub fn truncate_to(&mut self, offset: Offset) {
        let relative = offset.0 - self.base_offset.0;
        let kept = self.first_entry_where(|entry| i64::from(entry.relative_offset) >= relative);
        self.entries.truncate(kept);
    }

    /// Whether only the slot is left that is spared for the entry at the roll.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.entries.len() + 1 >= self.entries_max
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All entries, ascending.
    pub fn entries(&self) -> impl Iterator<Item = TimestampOffset> + '_ {
        self.entries.iter().map(|entry| self.absolute(entry))
    }

    /// The `.timeindex` file, trimmed to its entries.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.entries.len() * Self::ENTRY_BYTES);
        for entry in &self.entries {
            bytes.extend_from_slice(&entry.timestamp.to_be_bytes());
            bytes.extend_from_slice(&entry.relative_offset.to_be_bytes());
        }
        bytes
    }

    fn nothing(&self) -> TimestampOffset {
        TimestampOffset { timestamp: -1, offset: self.base_offset }
    }

    fn absolute(&self, entry: &Entry) -> TimestampOffset {
        TimestampOffset { timestamp: entry.timestamp, offset: self.base_offset.plus(i64::from(entry.relative_offset)) }
    }

    /// Binary search: how many entries stand before the first one for which `is_after` holds.
    fn first_entry_where(&self, is_after: impl Fn(&Entry) -> bool) -> usize {
        let (mut low, mut high) = (0, self.entries.len());
        while low < high {
            let middle = low.midpoint(high);
            if is_after(&self.entries[middle]) { high = middle } else { low = middle + 1 }
        }
        low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(entries: &[(i64, i64)]) -> TimeIndex {
        let mut index = TimeIndex::new(Offset(100), 120);
        for (timestamp, offset) in entries {
            index.maybe_append(TimestampOffset { timestamp: *timestamp, offset: Offset(*offset) });
        }
        index
    }

    #[test]
    fn only_a_larger_timestamp_gets_an_entry() {
        let index = index(&[(50, 101), (50, 109), (40, 112), (60, 115)]);
        let entries: Vec<_> = index.entries().map(|entry| (entry.timestamp, entry.offset.0)).collect();
        assert_eq!(entries, [(50, 101), (60, 115)]);
        assert_eq!(TimeIndex::parse(Offset(100), 120, &index.to_bytes()).unwrap(), index);
    }

    #[test]
    fn lookup_is_the_floor_or_nothing() {
        let index = index(&[(50, 101), (60, 115)]);
        let found = |target| (index.lookup(target).timestamp, index.lookup(target).offset.0);
        assert_eq!(found(49), (-1, 100));
        assert_eq!(found(50), (50, 101));
        assert_eq!(found(59), (50, 101));
        assert_eq!(found(99), (60, 115));
    }
}
