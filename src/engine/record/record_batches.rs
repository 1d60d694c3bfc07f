//! Reads a `.log` image from end to end, batch by batch, past damage where the length still says where the next one begins.

use super::errors::BatchError;
use super::record_batch::{LOG_OVERHEAD, RecordBatch};
use bytes::Bytes;

/// The batches of a file: each with its position, and checked (length, magic, CRC), or what is wrong there.
///
/// After an error reading goes on at position + 12 + length if that is further on and inside the file, else it ends.
#[derive(Clone, Debug)]
pub struct RecordBatches {
    input: Bytes,
    next: Option<usize>,
    checks_crc: bool,
}

impl RecordBatches {
    /// Reads `input` from its beginning.
    #[must_use]
    pub fn new(input: Bytes) -> Self {
        let next = (!input.is_empty()).then_some(0);
        Self { input, next, checks_crc: true }
    }

    /// Leaves the checksum to the caller, as Kafka's dump tool does: it prints `isvalid` instead.
    #[must_use]
    pub fn without_crc_check(mut self) -> Self {
        self.checks_crc = false;
        self
    }

    fn read_at(&self, position: usize) -> Result<(RecordBatch, usize), BatchError> {
        let (batch, next) = RecordBatch::parse(&self.input, position)?;
        if self.checks_crc {
            batch.ensure_valid().map_err(|error| error.at(position as u64))?;
        }
        Ok((batch, next))
    }

    /// Where the length at this position points, if anywhere.
    fn after_error(&self, position: usize) -> Option<usize> {
        let length = self.input.get(position + 8..position + LOG_OVERHEAD)?;
        let length = i32::from_be_bytes(length.try_into().expect("four bytes were asked for"));
        let next = usize::try_from(position as i64 + LOG_OVERHEAD as i64 + i64::from(length)).ok()?;
        (next > position && next < self.input.len()).then_some(next)
    }
}

impl Iterator for RecordBatches {
    type Item = (u64, Result<RecordBatch, BatchError>);

    fn next(&mut self) -> Option<Self::Item> {
        let position = self.next?;
        match self.read_at(position) {
            Ok((batch, next)) => {
                self.next = (next < self.input.len()).then_some(next);
                Some((position as u64, Ok(batch)))
            }
            Err(error) => {
                self.next = self.after_error(position);
                Some((position as u64, Err(error)))
            }
        }
    }
}
