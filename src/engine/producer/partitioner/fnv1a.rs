//! FNV-1a, 32 bits: librdkafka's `fnv1a` partitioners, which place keys as Sarama's hash partitioner does (KAFKA 2.5).

use super::modulo;
use crate::engine::common::PartitionId;

/// The FNV-1a hash of `key`.
#[must_use]
pub fn fnv1a(key: &[u8]) -> u32 {
    key.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// The absolute value of the hash read as a signed number, modulo the partitions, of which there must be 1 or more.
#[must_use]
pub fn partition_for_key(key: &[u8], partitions: usize) -> PartitionId {
    modulo(fnv1a(key).cast_signed().unsigned_abs(), partitions)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// KAFKA 2.1; librdkafka's unit test prints the absolute value.
    #[test]
    fn published_hashes() {
        for (key, expected) in [
            ("kafka", 0x0D33_C4E1),
            ("giberish123456789", 0x77A5_8295),
            ("1234", 0x023B_DD03),
            ("234", 0x2DEA_3CD2),
            ("34", 0x740F_A83E),
            ("4", 0x310C_A263),
            ("PreAmbleWillBeRemoved,ThePrePartThatIs", 0x65CB_D69C),
            ("reAmbleWillBeRemoved,ThePrePartThatIs", 0x6E49_C79A),
            ("eAmbleWillBeRemoved,ThePrePartThatIs", 0x69EE_D356),
            ("AmbleWillBeRemoved,ThePrePartThatIs", 0x6ABC_C023),
            ("", 0x7EE3_623B),
        ] {
            assert_eq!(fnv1a(key.as_bytes()).cast_signed().unsigned_abs(), expected, "{key}");
        }
    }
}
