//! The memory that a batch is written into, record by record.
//!
//! The rule it keeps: room is made in steps of [`STEP_BYTES`] and filled with zeros there, so that a record gets all of its bytes as one
//! slice, with one check, and writes them in place. What is written never moves unless the batch outgrows the memory it was begun with.

/// How much room is made at once, in bytes.
const STEP_BYTES: usize = 2048;

/// Bytes that were written, and some room behind them.
#[derive(Debug)]
pub(super) struct FillBuffer {
    /// What was written, then zeros or what an earlier batch left.
    bytes: Vec<u8>,
    written: usize,
}

impl FillBuffer {
    /// Nothing written yet. The vector's content is dropped and its capacity is used.
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, written: 0 }
    }

    /// Bytes written.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.written
    }

    /// What was written.
    #[inline]
    pub(super) fn written(&self) -> &[u8] {
        &self.bytes[..self.written]
    }

    /// The next `count` bytes, all of which the caller writes. They hold anything before.
    #[inline]
    pub(super) fn next(&mut self, count: usize) -> &mut [u8] {
        let start = self.written;
        self.written += count;
        if self.written > self.bytes.len() {
            self.make_room();
        }
        &mut self.bytes[start..self.written]
    }

    #[cold]
    fn make_room(&mut self) {
        let wanted = self.written.next_multiple_of(STEP_BYTES);
        let within_capacity = wanted.min(self.bytes.capacity().max(self.written));
        self.bytes.resize(within_capacity, 0);
    }

    /// The written bytes, in their memory.
    pub(super) fn into_written(mut self) -> Vec<u8> {
        self.bytes.truncate(self.written);
        self.bytes
    }

    /// The memory, to begin another batch with.
    pub(super) fn into_spare(self) -> Vec<u8> {
        self.bytes
    }

    /// Bytes that fit without new memory.
    pub(super) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }
}

/// Copies what was written and no room.
impl Clone for FillBuffer {
    fn clone(&self) -> Self {
        Self { bytes: self.written().to_vec(), written: self.written }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_stays_through_growth_a_clone_and_reuse() {
        let mut buffer = FillBuffer::new(Vec::with_capacity(100));
        let mut expected = Vec::new();
        for number in 0..200u8 {
            let count = usize::from(number) * 7 % 50;
            buffer.next(count).fill(number);
            expected.resize(expected.len() + count, number);
            assert_eq!((buffer.written(), buffer.len()), (expected.as_slice(), expected.len()));
        }
        assert_eq!(buffer.clone().into_written(), expected);
        let mut again = FillBuffer::new(buffer.into_spare());
        again.next(3).copy_from_slice(b"new");
        assert_eq!(again.into_written(), b"new");
    }

    #[test]
    fn a_batch_that_fits_stays_in_the_memory_it_was_begun_with() {
        let mut buffer = FillBuffer::new(Vec::with_capacity(5000));
        (0..50).for_each(|_| buffer.next(100).fill(1));
        assert_eq!(buffer.capacity(), 5000);
    }
}
