//! librdkafka's default partitioner hashes a key with CRC-32 (KAFKA 2.5), zlib's, not the CRC-32C of a batch.

use super::modulo;
use crate::engine::common::PartitionId;

pub use crate::engine::record::crc32::crc32;

/// librdkafka's `consistent`: the checksum modulo the partitions, of which there must be 1 or more.
#[must_use]
pub fn partition_for_key(key: &[u8], partitions: usize) -> PartitionId {
    modulo(crc32(key), partitions)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// KAFKA 2.1.
    #[test]
    fn published_partitions() {
        let keys =
            ["user-0", "user-1", "user-2", "user-3", "user-4", "user-5", "user-6", "user-7", "order-1", "order-2"];
        assert_eq!(keys.map(|key| partition_for_key(key.as_bytes(), 3).0), [2, 2, 1, 0, 0, 0, 0, 0, 1, 0]);
        assert_eq!(keys.map(|key| partition_for_key(key.as_bytes(), 6).0), [2, 2, 4, 0, 3, 3, 3, 3, 1, 3]);
    }
}
