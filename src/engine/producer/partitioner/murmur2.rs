//! Java's murmur2, 32 bits, as Kafka's own clients hash a key (`org.apache.kafka.common.utils.Utils.murmur2`, KAFKA 2.1).
//!
//! The rule it keeps: one function mixes. [`murmur2`] runs it watching nothing, [`murmur2_steps`] runs the very same one and writes down
//! every intermediate hash, so what a page shows is what a record was placed by.

use super::modulo;
use crate::engine::common::PartitionId;
use serde::Serialize;

const SEED: u32 = 0x9747_b28c;
const M: u32 = 0x5bd1_e995;

/// One word of the key and what it did to the hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WordStep {
    /// Where the word starts in the key, in bytes.
    pub position: usize,
    /// Its four bytes, read little-endian.
    pub word: u32,
    /// The word after `k *= m; k ^= k >>> 24; k *= m`.
    pub mixed: u32,
    /// The hash after `h *= m; h ^= k`.
    pub hash: u32,
}

/// The last one to three bytes of the key and what they did to the hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TailStep {
    /// Where the tail starts in the key, in bytes.
    pub position: usize,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The hash after the bytes were put in, the third one first.
    pub xored: u32,
    /// The hash after `h *= m`.
    pub hash: u32,
}

/// The three steps that end the hash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FinalSteps {
    /// After `h ^= h >>> 13`.
    pub shifted: u32,
    /// After `h *= m`.
    pub multiplied: u32,
    /// After `h ^= h >>> 15`: the hash.
    pub hash: u32,
}

/// A key's way to its partition, with every intermediate value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Murmur2Steps {
    /// The start value: the seed with the length put in.
    pub seeded: u32,
    /// One step a full word of four bytes.
    pub words: Vec<WordStep>,
    /// The bytes that were left over, if any.
    pub tail: Option<TailStep>,
    /// The final mixing.
    pub finals: FinalSteps,
    /// The hash with its top bit cleared (`Utils.toPositive`, which is not `abs`).
    pub masked: u32,
    /// The number of partitions, available or not.
    pub partitions: usize,
    /// `masked` modulo `partitions`.
    pub partition: PartitionId,
}

/// Watches the hash being made. Each call does nothing unless the watcher wants it.
trait Watcher {
    fn seeded(&mut self, _hash: u32) {}
    fn word(&mut self, _step: WordStep) {}
    fn tail(&mut self, _position: usize, _bytes: &[u8], _xored: u32, _hash: u32) {}
    fn finals(&mut self, _steps: FinalSteps) {}
}

struct Unwatched;

impl Watcher for Unwatched {}

impl Watcher for Murmur2Steps {
    fn seeded(&mut self, hash: u32) {
        self.seeded = hash;
    }
    fn word(&mut self, step: WordStep) {
        self.words.push(step);
    }
    fn tail(&mut self, position: usize, bytes: &[u8], xored: u32, hash: u32) {
        self.tail = Some(TailStep { position, bytes: bytes.to_vec(), xored, hash });
    }
    fn finals(&mut self, steps: FinalSteps) {
        self.finals = steps;
    }
}

/// The murmur2 hash of `key`. Java shows it as a signed number.
#[must_use]
pub fn murmur2(key: &[u8]) -> u32 {
    mix(key, &mut Unwatched)
}

/// The partition of a key: the hash with its top bit cleared, modulo the partitions, of which there must be 1 or more
/// (`BuiltInPartitioner.partitionForKey`).
#[must_use]
pub fn partition_for_key(key: &[u8], partitions: usize) -> PartitionId {
    modulo(to_positive(murmur2(key)), partitions)
}

/// How [`partition_for_key`] comes to its answer, step by step. `partitions` must be 1 or more.
#[must_use]
pub fn murmur2_steps(key: &[u8], partitions: usize) -> Murmur2Steps {
    let mut steps = Murmur2Steps {
        seeded: 0,
        words: Vec::with_capacity(key.len() / 4),
        tail: None,
        finals: FinalSteps::default(),
        masked: 0,
        partitions,
        partition: PartitionId::UNKNOWN,
    };
    steps.masked = to_positive(mix(key, &mut steps));
    steps.partition = modulo(steps.masked, partitions);
    steps
}

/// `Utils.toPositive`.
fn to_positive(hash: u32) -> u32 {
    hash & 0x7fff_ffff
}

#[inline]
fn mix(key: &[u8], watcher: &mut impl Watcher) -> u32 {
    // Java's int length, for keys below 2 GiB.
    let mut hash = SEED ^ (key.len() as u32);
    watcher.seeded(hash);
    let (words, tail) = key.as_chunks::<4>();
    for (index, bytes) in words.iter().enumerate() {
        let word = u32::from_le_bytes(*bytes);
        let mut mixed = word.wrapping_mul(M);
        mixed ^= mixed >> 24;
        mixed = mixed.wrapping_mul(M);
        hash = hash.wrapping_mul(M) ^ mixed;
        watcher.word(WordStep { position: index * 4, word, mixed, hash });
    }
    if !tail.is_empty() {
        let xored = tail.iter().enumerate().fold(hash, |hash, (index, byte)| hash ^ (u32::from(*byte) << (8 * index)));
        hash = xored.wrapping_mul(M);
        watcher.tail(words.len() * 4, tail, xored, hash);
    }
    let shifted = hash ^ (hash >> 13);
    let multiplied = shifted.wrapping_mul(M);
    hash = multiplied ^ (multiplied >> 15);
    watcher.finals(FinalSteps { shifted, multiplied, hash });
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(key: &str, expected: u32) {
        assert_eq!(murmur2(key.as_bytes()), expected, "{key}");
    }

    /// KAFKA 2.1: `UtilsTest.testMurmur2`, then librdkafka's unit test.
    #[test]
    fn published_hashes() {
        check("21", 0xC5F2_F8EC);
        check("foobar", 0xD0E4_7BBE);
        check("a-little-bit-long-string", 0xC53B_1DA0);
        check("a-little-bit-longer-string", 0xA768_C9C3);
        check("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", 0xFC7D_49CD);
        check("abc", 0x1C94_221B);
        check("kafka", 0xD067_CF64);
        check("giberish123456789", 0x8F55_2B0C);
        check("1234", 0x9FC9_7B14);
        check("234", 0xE7C0_09CA);
        check("34", 0x8739_30DA);
        check("4", 0x5A4B_5CA1);
        check("PreAmbleWillBeRemoved,ThePrePartThatIs", 0x7842_4F1C);
        check("reAmbleWillBeRemoved,ThePrePartThatIs", 0x4A62_B377);
        check("eAmbleWillBeRemoved,ThePrePartThatIs", 0xE0E4_E09E);
        check("AmbleWillBeRemoved,ThePrePartThatIs", 0x62B8_B43F);
        check("", 0x106E_08D9);
    }

    /// KAFKA 2.1: what adding partitions does to ten demonstration keys.
    #[test]
    fn demonstration_keys() {
        for (key, masked, by) in [
            ("user-0", 0x25FF_94CB, [1, 3, 1, 7]),
            ("user-1", 0x53B1_36CC, [2, 0, 2, 8]),
            ("user-2", 0xECA1_2BE0, [2, 0, 2, 8]),
            ("user-3", 0x4409_06DB, [2, 3, 5, 11]),
            ("user-4", 0x7B42_391F, [1, 3, 1, 7]),
            ("user-5", 0xEB65_8CEE, [1, 2, 4, 10]),
            ("user-6", 0xC82F_1215, [2, 1, 5, 5]),
            ("user-7", 0x2987_FE7C, [2, 0, 2, 8]),
            ("order-1", 0x48D1_D1F6_u32, [1, 2, 4, 10]),
            ("order-2", 0xC116_5D03, [0, 3, 3, 3]),
        ] {
            assert_eq!(to_positive(murmur2(key.as_bytes())), to_positive(masked), "{key}");
            let placed = [3, 4, 6, 12].map(|partitions| partition_for_key(key.as_bytes(), partitions).0);
            assert_eq!(placed, by, "{key}");
        }
    }

    #[test]
    fn the_steps_lead_from_the_bytes_to_the_partition() {
        let steps = murmur2_steps(b"user-01", 6);
        assert_eq!(steps.seeded, SEED ^ 7);
        assert_eq!((steps.words.len(), steps.words[0].word), (1, u32::from_le_bytes(*b"user")));
        let tail = steps.tail.as_ref().unwrap();
        assert_eq!((tail.position, tail.bytes.as_slice()), (4, b"-01".as_slice()));
        assert_eq!(tail.xored, steps.words[0].hash ^ u32::from_le_bytes([b'-', b'0', b'1', 0]));
        assert_eq!(steps.finals.hash, murmur2(b"user-01"));
        assert_eq!(steps.partition, partition_for_key(b"user-01", 6));
        assert_eq!(murmur2_steps(b"", 6).tail, None);
    }
}
