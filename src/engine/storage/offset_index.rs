//! The `.index` file: which batch stands at which position of the `.log` file, for some batches only.
//!
//! The rule it keeps: entries are 8 bytes, ascending in offset, and each holds the *last* offset of a batch with the
//! position where that batch starts. It is sparse: which batches get an entry is the segment's decision, by bytes written.
//! Finding the batch is two steps: the floor entry here, then a scan of the log, which the segment does.
//! (`org.apache.kafka.storage.internals.log.OffsetIndex`)

use super::errors::IndexError;
use crate::engine::common::Offset;
use imbl::Vector;

/// One entry, or the answer of a lookup: an absolute offset and a position in the `.log` file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetPosition {
    /// Last offset of the batch that starts at `position`; the segment's base offset if no entry fits.
    pub offset: Offset,
    /// Byte position in the segment's `.log` file.
    pub position: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    relative_offset: u32,
    position: u32,
}

/// The sparse offset index of one segment. A clone shares its entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetIndex {
    base_offset: Offset,
    entries_max: usize,
    entries: Vector<Entry>,
}

impl OffsetIndex {
    /// Bytes of one entry in the file.
    pub const ENTRY_BYTES: usize = 8;

    /// An empty index of the segment that starts at `base_offset`; `index_bytes_max` is `segment.index.bytes`.
    #[must_use]
    pub fn new(base_offset: Offset, index_bytes_max: i64) -> Self {
        let entries_max = usize::try_from(index_bytes_max).unwrap_or(0) / Self::ENTRY_BYTES;
        Self { base_offset, entries_max, entries: Vector::new() }
    }

    /// Reads an `.index` file. Zero entries at its end (a file that was never trimmed) are left out, as they are in Kafka.
    ///
    /// # Errors
    /// The length is no multiple of 8, an entry lies before the base offset, or entries do not ascend.
    pub fn parse(base_offset: Offset, index_bytes_max: i64, bytes: &[u8]) -> Result<Self, IndexError> {
        if !bytes.len().is_multiple_of(Self::ENTRY_BYTES) {
            return Err(IndexError::Length { bytes: bytes.len(), entry_bytes: Self::ENTRY_BYTES });
        }
        let mut index = Self::new(base_offset, index_bytes_max);
        for (number, (relative_offset, position)) in Self::raw_entries(bytes).enumerate() {
            let entry = u32::try_from(relative_offset).ok().zip(u32::try_from(position).ok());
            let Some((relative_offset, position)) = entry else {
                return Err(IndexError::Negative { entry: number });
            };
            if base_offset.0.checked_add(i64::from(relative_offset)).is_none() {
                return Err(IndexError::NoSuchBatch { entry: number });
            }
            if index.entries.last().is_some_and(|last| relative_offset <= last.relative_offset) {
                return Err(IndexError::NotAscending { entry: number });
            }
            index.entries.push_back(Entry { relative_offset, position });
        }
        Ok(index)
    }

    /// The raw whole entries of a file of any quality, relative offset and position as stored, up to the zeros that follow in a file
    /// which was never trimmed.
    pub fn raw_entries(bytes: &[u8]) -> impl Iterator<Item = (i32, i32)> + '_ {
        let (entries, _) = bytes.as_chunks::<{ Self::ENTRY_BYTES }>();
        let entries = entries.iter().enumerate().map(|(number, &[a, b, c, d, e, f, g, h])| {
            (number, i32::from_be_bytes([a, b, c, d]), i32::from_be_bytes([e, f, g, h]))
        });
        entries
            .take_while(|(number, relative_offset, _)| *number == 0 || *relative_offset != 0)
            .map(|(_, relative_offset, position)| (relative_offset, position))
    }

    /// Adds an entry for the batch that ends with `offset` and starts at `position`.
    pub fn append(&mut self, offset: Offset, position: u32) {
        let relative_offset = u32::try_from(offset.0 - self.base_offset.0)
            .expect("the segment rolls before an offset is too far from its base");
        debug_assert!(self.entries.last().is_none_or(|last| relative_offset > last.relative_offset), "offsets ascend");
        debug_assert!(!self.is_full(), "a full index rolls the segment before the append");
        self.entries.push_back(Entry { relative_offset, position });
    }

    /// The floor: the last entry with offset ≤ `target`, if any.
    #[must_use]
    pub fn floor(&self, target: Offset) -> Option<OffsetPosition> {
        let relative = target.0.checked_sub(self.base_offset.0)?;
        let after = self.first_entry_where(|entry| i64::from(entry.relative_offset) > relative);
        self.entry(after.checked_sub(1)?)
    }

    /// Where a scan for `target` starts: the floor entry, or the segment's start (`OffsetIndex.lookup`).
    #[must_use]
    pub fn lookup(&self, target: Offset) -> OffsetPosition {
        self.floor(target).unwrap_or(OffsetPosition { offset: self.base_offset, position: 0 })
    }

    /// Drops the entries with offset ≥ `offset`.
    pub fn truncate_to(&mut self, offset: Offset) {
        let relative = offset.0 - self.base_offset.0;
        let kept = self.first_entry_where(|entry| i64::from(entry.relative_offset) >= relative);
        self.entries.truncate(kept);
    }

    /// Whether no entry can be added.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.entries.len() >= self.entries_max
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

    /// The entry with this number, from 0.
    #[must_use]
    pub fn entry(&self, number: usize) -> Option<OffsetPosition> {
        let entry = self.entries.get(number)?;
        Some(OffsetPosition {
            offset: self.base_offset.plus(i64::from(entry.relative_offset)),
            position: entry.position,
        })
    }

    /// All entries, ascending.
    pub fn entries(&self) -> impl Iterator<Item = OffsetPosition> + '_ {
        self.entries.iter().map(|entry| OffsetPosition {
            offset: self.base_offset.plus(i64::from(entry.relative_offset)),
            position: entry.position,
        })
    }

    /// The `.index` file, trimmed to its entries.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.entries.len() * Self::ENTRY_BYTES);
        for entry in &self.entries {
            bytes.extend_from_slice(&entry.relative_offset.to_be_bytes());
            bytes.extend_from_slice(&entry.position.to_be_bytes());
        }
        bytes
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

    #[track_caller]
    fn check(entries: &[(i64, u32)], target: i64, expected: (i64, u32)) {
        let mut index = OffsetIndex::new(Offset(100), 80);
        for (offset, position) in entries {
            index.append(Offset(*offset), *position);
        }
        let found = index.lookup(Offset(target));
        assert_eq!((found.offset.0, found.position), expected);
        assert_eq!(OffsetIndex::parse(Offset(100), 80, &index.to_bytes()).unwrap(), index);
    }

    #[test]
    fn lookup_is_the_floor_or_the_start() {
        check(&[], 105, (100, 0));
        check(&[(109, 400), (119, 900)], 108, (100, 0));
        check(&[(109, 400), (119, 900)], 109, (109, 400));
        check(&[(109, 400), (119, 900)], 118, (109, 400));
        check(&[(109, 400), (119, 900)], 5000, (119, 900));
        check(&[(109, 400)], 3, (100, 0));
    }

    #[test]
    fn a_full_index_says_so_and_truncation_makes_room() {
        let mut index = OffsetIndex::new(Offset(0), 23);
        index.append(Offset(4), 0);
        assert!(!index.is_full());
        index.append(Offset(9), 50);
        assert!(index.is_full());
        index.truncate_to(Offset(9));
        assert_eq!(index.entries().map(|entry| entry.offset.0).collect::<Vec<_>>(), [4]);
    }
}
