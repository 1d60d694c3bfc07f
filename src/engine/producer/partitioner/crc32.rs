//! CRC-32 as zlib computes it: what librdkafka's default partitioner hashes a key with (KAFKA 2.5). Not the CRC-32C of a batch.

use super::modulo;
use crate::engine::common::PartitionId;

/// Reflected polynomial 0x04C11DB7.
const POLYNOMIAL: u32 = 0xEDB8_8320;

const TABLE: [u32; 256] = table();

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut crc = index as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ POLYNOMIAL } else { crc >> 1 };
            bit += 1;
        }
        table[index] = crc;
        index += 1;
    }
    table
}

/// The CRC-32 of `key`.
#[must_use]
pub fn crc32(key: &[u8]) -> u32 {
    !key.iter().fold(u32::MAX, |crc, byte| (crc >> 8) ^ TABLE[((crc ^ u32::from(*byte)) & 0xff) as usize])
}

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
    fn published_checksums() {
        for (key, expected) in [
            ("kafka", 0x5BBC_7517),
            ("giberish123456789", 0x7B3A_8E3F),
            ("1234", 0x9BE3_E0A3),
            ("234", 0x0D71_7969),
            ("34", 0x9406_837A),
            ("4", 0xF3B6_1B38),
            ("PreAmbleWillBeRemoved,ThePrePartThatIs", 0xDDCB_A83A),
            ("reAmbleWillBeRemoved,ThePrePartThatIs", 0x6F09_78F7),
            ("eAmbleWillBeRemoved,ThePrePartThatIs", 0x0E3B_0C4B),
            ("AmbleWillBeRemoved,ThePrePartThatIs", 0xEA41_22A0),
            ("", 0),
        ] {
            assert_eq!(crc32(key.as_bytes()), expected, "{key}");
        }
        let keys =
            ["user-0", "user-1", "user-2", "user-3", "user-4", "user-5", "user-6", "user-7", "order-1", "order-2"];
        assert_eq!(keys.map(|key| partition_for_key(key.as_bytes(), 3).0), [2, 2, 1, 0, 0, 0, 0, 0, 1, 0]);
        assert_eq!(keys.map(|key| partition_for_key(key.as_bytes(), 6).0), [2, 2, 4, 0, 3, 3, 3, 3, 1, 3]);
    }
}
