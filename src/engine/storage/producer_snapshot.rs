//! The `.snapshot` file: what a log remembered of its producers at one offset, one batch a producer.
//!
//! The rule it keeps: version 1, CRC-32C over all that follows it, then fixed entries of 46 bytes, in the order in which Java's
//! hash map would hand them out. (`ProducerStateManager.writeSnapshot`, `ProducerSnapshot.json`)

use super::errors::SnapshotError;
use crate::engine::common::{Offset, ProducerEpoch, ProducerId, Timestamp};
use crate::engine::record::crc32c::crc32c;
use std::sync::Arc;

const VERSION: i16 = 1;
const HEADER_BYTES: usize = 10;
const CRC_COVERS_FROM: usize = 6;

/// One producer in a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotEntry {
    /// The producer.
    pub producer_id: ProducerId,
    /// Its epoch.
    pub producer_epoch: ProducerEpoch,
    /// Sequence of its last record; −1: none.
    pub last_sequence: i32,
    /// Offset of its last record; −1: none.
    pub last_offset: Offset,
    /// Last offset less first offset of its last batch.
    pub offset_delta: i32,
    /// Timestamp of its last batch or marker.
    pub timestamp: Timestamp,
    /// Epoch of the transaction coordinator; −1: none.
    pub coordinator_epoch: i32,
    /// First offset of its open transaction; −1: none.
    pub current_txn_first_offset: Offset,
}

impl SnapshotEntry {
    /// Bytes of one entry in the file.
    pub const BYTES: usize = 46;

    fn write_to(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.producer_id.0.to_be_bytes());
        bytes.extend_from_slice(&self.producer_epoch.0.to_be_bytes());
        bytes.extend_from_slice(&self.last_sequence.to_be_bytes());
        bytes.extend_from_slice(&self.last_offset.0.to_be_bytes());
        bytes.extend_from_slice(&self.offset_delta.to_be_bytes());
        bytes.extend_from_slice(&self.timestamp.to_be_bytes());
        bytes.extend_from_slice(&self.coordinator_epoch.to_be_bytes());
        bytes.extend_from_slice(&self.current_txn_first_offset.0.to_be_bytes());
    }

    fn read(entry: &[u8; Self::BYTES]) -> Self {
        Self {
            producer_id: ProducerId(i64::from_be_bytes(field(entry, 0))),
            producer_epoch: ProducerEpoch(i16::from_be_bytes(field(entry, 8))),
            last_sequence: i32::from_be_bytes(field(entry, 10)),
            last_offset: Offset(i64::from_be_bytes(field(entry, 14))),
            offset_delta: i32::from_be_bytes(field(entry, 22)),
            timestamp: i64::from_be_bytes(field(entry, 26)),
            coordinator_epoch: i32::from_be_bytes(field(entry, 34)),
            current_txn_first_offset: Offset(i64::from_be_bytes(field(entry, 38))),
        }
    }
}

/// The producers at one offset. A clone shares them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProducerSnapshot {
    entries: Arc<[SnapshotEntry]>,
}

impl ProducerSnapshot {
    /// A snapshot of these producers, put into the order of the file.
    #[must_use]
    pub fn new(mut entries: Vec<SnapshotEntry>) -> Self {
        let buckets = java_table_size(entries.len());
        entries.sort_by_key(|entry| (java_bucket(entry.producer_id, buckets), entry.producer_id));
        Self { entries: entries.into() }
    }

    /// Reads a `.snapshot` file.
    ///
    /// # Errors
    /// Another version, a CRC that does not fit, or a count that does not fit the length.
    pub fn parse(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let Some(header) = bytes.first_chunk::<HEADER_BYTES>() else {
            return Err(SnapshotError::Truncated { needed: HEADER_BYTES, available: bytes.len() });
        };
        let version = i16::from_be_bytes(field(header, 0));
        if version != VERSION {
            return Err(SnapshotError::UnsupportedVersion { version });
        }
        let (stored, computed) = (u32::from_be_bytes(field(header, 2)), crc32c(&bytes[CRC_COVERS_FROM..]));
        if stored != computed {
            return Err(SnapshotError::CrcMismatch { stored, computed });
        }
        let count = i32::from_be_bytes(field(header, 6));
        let (entries, rest) = bytes[HEADER_BYTES..].as_chunks::<{ SnapshotEntry::BYTES }>();
        match usize::try_from(count) {
            Ok(count) if count == entries.len() && rest.is_empty() => {}
            Ok(count) if count <= entries.len() => {
                let left_over = bytes.len() - HEADER_BYTES - count * SnapshotEntry::BYTES;
                return Err(SnapshotError::LeftOver { bytes: left_over });
            }
            _ => return Err(SnapshotError::Count { count }),
        }
        Ok(Self { entries: entries.iter().map(SnapshotEntry::read).collect() })
    }

    /// The producers, in the order of the file.
    #[must_use]
    pub fn entries(&self) -> &[SnapshotEntry] {
        &self.entries
    }

    /// The `.snapshot` file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES + self.entries.len() * SnapshotEntry::BYTES);
        bytes.extend_from_slice(&VERSION.to_be_bytes());
        bytes.extend_from_slice(&[0; 4]);
        let count = i32::try_from(self.entries.len()).expect("far fewer producers than 2^31");
        bytes.extend_from_slice(&count.to_be_bytes());
        for entry in self.entries.iter() {
            entry.write_to(&mut bytes);
        }
        let crc = crc32c(&bytes[CRC_COVERS_FROM..]);
        bytes[2..CRC_COVERS_FROM].copy_from_slice(&crc.to_be_bytes());
        bytes
    }
}

/// The `N` bytes of a field that lies wholly inside of `bytes`.
fn field<const N: usize, const M: usize>(bytes: &[u8; M], at: usize) -> [u8; N] {
    let mut field = [0; N];
    field.copy_from_slice(&bytes[at..at + N]);
    field
}

/// How many buckets Java's hash map has after `count` insertions: 16, doubled whenever it is more than three quarters full.
fn java_table_size(count: usize) -> u32 {
    let mut buckets = 16_u32;
    while count * 4 > buckets as usize * 3 {
        buckets *= 2;
    }
    buckets
}

/// In which bucket of Java's hash map a `Long` lands.
fn java_bucket(producer_id: ProducerId, buckets: u32) -> u32 {
    let bits = producer_id.0.cast_unsigned();
    let hash = (bits ^ (bits >> 32)) as u32;
    (hash ^ (hash >> 16)) & (buckets - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(producer_id: i64) -> SnapshotEntry {
        SnapshotEntry {
            producer_id: ProducerId(producer_id),
            producer_epoch: ProducerEpoch(3),
            last_sequence: 9,
            last_offset: Offset(40),
            offset_delta: 4,
            timestamp: 1_700_000_000_000,
            coordinator_epoch: -1,
            current_txn_first_offset: Offset(-1),
        }
    }

    #[test]
    fn a_snapshot_reads_back_in_javas_order() {
        let snapshot = ProducerSnapshot::new(vec![entry(5), entry(17), entry(16)]);
        let ids: Vec<i64> = snapshot.entries().iter().map(|entry| entry.producer_id.0).collect();
        assert_eq!(ids, [16, 17, 5]);
        assert_eq!(ProducerSnapshot::parse(&snapshot.to_bytes()).unwrap(), snapshot);
    }

    #[test]
    fn damage_is_named() {
        let bytes = ProducerSnapshot::new(vec![entry(5)]).to_bytes();
        assert!(matches!(ProducerSnapshot::parse(&bytes[..9]), Err(SnapshotError::Truncated { .. })));
        assert!(matches!(ProducerSnapshot::parse(&bytes[..50]), Err(SnapshotError::CrcMismatch { .. })));
        let mut newer = bytes.clone();
        newer[1] = 2;
        assert_eq!(ProducerSnapshot::parse(&newer), Err(SnapshotError::UnsupportedVersion { version: 2 }));
    }
}
