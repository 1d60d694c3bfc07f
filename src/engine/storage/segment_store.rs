//! Where the batches of one segment are kept: the content of a `.log` file, as a list of batches at their positions.
//!
//! The rule it keeps: batches only join at the end, and only a truncation takes some away. The bytes of the file are composed on
//! demand; a batch's body is shared with whoever else holds it.

use crate::engine::common::Offset;
use crate::engine::record::RecordBatch;
use imbl::Vector;

/// A batch and where it starts in its `.log` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBatch {
    /// Byte position of its first byte.
    pub position: u32,
    /// The batch.
    pub batch: RecordBatch,
}

impl StoredBatch {
    /// Byte position after its last byte.
    #[must_use]
    pub fn end_position(&self) -> u32 {
        self.position + size_of(&self.batch)
    }
}

/// The content of one `.log` file. Cheap to clone, so that a checkpoint costs what changed since the last one.
pub trait SegmentStore: Clone + Default {
    /// Bytes of the file.
    fn size_in_bytes(&self) -> u32;

    /// How many batches there are.
    fn len(&self) -> usize;

    /// Whether there is no batch.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The batch with this number, from 0.
    fn get(&self, number: usize) -> Option<&StoredBatch>;

    /// Adds a batch at the end and gives its position.
    fn append(&mut self, batch: RecordBatch) -> u32;

    /// Keeps the first `count` batches.
    fn truncate(&mut self, count: usize);

    /// The number of the first batch at or after a position.
    fn number_at(&self, position: u32) -> usize {
        partition_point(self.len(), |number| self.get(number).is_some_and(|stored| stored.position < position))
    }

    /// The number of the first batch whose last offset is at or after `offset`.
    fn number_with(&self, offset: Offset) -> usize {
        partition_point(self.len(), |number| self.get(number).is_some_and(|stored| stored.batch.last_offset() < offset))
    }

    /// The batches from this number on.
    fn batches_from(&self, number: usize) -> impl Iterator<Item = &StoredBatch> {
        (number..self.len()).filter_map(|number| self.get(number))
    }

    /// The bytes of the file.
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.size_in_bytes() as usize);
        for stored in self.batches_from(0) {
            stored.batch.write_to(&mut bytes);
        }
        bytes
    }
}

/// The store that this engine runs on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryStore {
    batches: Vector<StoredBatch>,
    size_in_bytes: u32,
}

impl SegmentStore for MemoryStore {
    fn size_in_bytes(&self) -> u32 {
        self.size_in_bytes
    }

    fn len(&self) -> usize {
        self.batches.len()
    }

    fn get(&self, number: usize) -> Option<&StoredBatch> {
        self.batches.get(number)
    }

    fn append(&mut self, batch: RecordBatch) -> u32 {
        let position = self.size_in_bytes;
        self.size_in_bytes += size_of(&batch);
        self.batches.push_back(StoredBatch { position, batch });
        position
    }

    fn truncate(&mut self, count: usize) {
        if let Some(first_gone) = self.batches.get(count) {
            self.size_in_bytes = first_gone.position;
            self.batches.truncate(count);
        }
    }

    fn batches_from(&self, number: usize) -> impl Iterator<Item = &StoredBatch> {
        let number = number.min(self.batches.len());
        self.batches.focus().narrow(number..).into_iter()
    }
}

/// Bytes of a batch in the file, as a position counts them.
pub(super) fn size_of(batch: &RecordBatch) -> u32 {
    u32::try_from(batch.size_in_bytes()).expect("a batch is at most BATCH_BYTES_MAX")
}

/// How many of the numbers below `count` come before the first for which `is_before` does not hold.
fn partition_point(count: usize, is_before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low.midpoint(high);
        if is_before(middle) { low = middle + 1 } else { high = middle }
    }
    low
}
