//! The `.txnindex` file, as a look at a partition needs it: which transactions of a segment were aborted.
//!
//! Only read here: nothing in this engine writes transactions. (`org.apache.kafka.storage.internals.log.AbortedTxn`)

use super::errors::SnapshotError;
use crate::engine::common::{Offset, ProducerId};

/// One aborted transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbortedTxn {
    /// Version of the entry: 0.
    pub version: i16,
    /// Whose it was.
    pub producer_id: ProducerId,
    /// Its first record.
    pub first_offset: Offset,
    /// Its abort marker.
    pub last_offset: Offset,
    /// The last stable offset once the marker was written.
    pub last_stable_offset: Offset,
}

impl AbortedTxn {
    /// Bytes of one entry in the file.
    pub const ENTRY_BYTES: usize = 34;

    /// Reads a `.txnindex` file, entry by entry: an entry that can not be read ends it.
    pub fn read_all(bytes: &[u8]) -> impl Iterator<Item = Result<AbortedTxn, SnapshotError>> + '_ {
        let mut chunks = bytes.chunks(Self::ENTRY_BYTES);
        let mut failed = false;
        std::iter::from_fn(move || {
            if failed {
                return None;
            }
            let entry = Self::parse(chunks.next()?);
            failed = entry.is_err();
            Some(entry)
        })
    }

    /// Reads one entry.
    ///
    /// # Errors
    /// Fewer than 34 bytes, or a version other than 0.
    pub fn parse(bytes: &[u8]) -> Result<AbortedTxn, SnapshotError> {
        let Some(entry) = bytes.first_chunk::<{ Self::ENTRY_BYTES }>() else {
            return Err(SnapshotError::Truncated { needed: Self::ENTRY_BYTES, available: bytes.len() });
        };
        let version = i16::from_be_bytes([entry[0], entry[1]]);
        if version != 0 {
            return Err(SnapshotError::UnsupportedVersion { version });
        }
        let long = |at: usize| {
            let mut eight = [0; 8];
            eight.copy_from_slice(&entry[at..at + 8]);
            i64::from_be_bytes(eight)
        };
        Ok(AbortedTxn {
            version,
            producer_id: ProducerId(long(2)),
            first_offset: Offset(long(10)),
            last_offset: Offset(long(18)),
            last_stable_offset: Offset(long(26)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_file_gives_what_is_whole_and_says_what_is_not() {
        let mut bytes = vec![0; 2 * AbortedTxn::ENTRY_BYTES];
        bytes[9] = 12;
        bytes.truncate(50);
        let entries: Vec<_> = AbortedTxn::read_all(&bytes).collect();
        assert_eq!(entries[0].map(|entry| entry.producer_id), Ok(ProducerId(12)));
        assert_eq!(entries[1], Err(SnapshotError::Truncated { needed: 34, available: 16 }));
        assert_eq!(entries.len(), 2);
    }
}
