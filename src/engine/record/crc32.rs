//! CRC-32 as zlib computes it: the checksum of a gzip member, and what librdkafka's default partitioner hashes a key with. Not the
//! CRC-32C of a batch.
//!
//! A byte a step: neither use is a hot one. The table is made at first use rather than shipped: it would not compress.

use std::sync::LazyLock;

/// The reflected polynomial 0x04C11DB7.
const POLYNOMIAL: u32 = 0xEDB8_8320;

static TABLE: LazyLock<[u32; 256]> = LazyLock::new(|| {
    let bit = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ POLYNOMIAL } else { crc >> 1 };
    std::array::from_fn(|byte| (0..8).fold(byte as u32, |crc, _| bit(crc)))
});

/// The CRC-32 of the bytes.
#[must_use]
pub fn crc32(bytes: &[u8]) -> u32 {
    let table = &*TABLE;
    !bytes.iter().fold(u32::MAX, |crc, byte| (crc >> 8) ^ table[usize::from(crc as u8 ^ byte)])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// KAFKA 2.1.
    #[test]
    fn published_checksums() {
        for (key, expected) in [
            ("123456789", 0xCBF4_3926),
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
    }
}
