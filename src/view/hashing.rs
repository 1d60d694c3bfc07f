//! How a key finds its lane, in steps: the producer's own hash functions, written down as rows of words and figures.
//!
//! Java's murmur2 is shown mixing step by step; librdkafka's crc32 and fnv1a by their result. Which keys move when partitions
//! are added is computed by the same functions.

use super::format;
use crate::engine::config::PartitionerClass;
use crate::engine::producer::partitioner::{crc32, fnv1a, murmur2};
use serde::Serialize;

/// A hash function of a producer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HashFunction {
    /// Java's.
    Murmur2,
    /// librdkafka's default.
    Crc32,
    /// librdkafka's third.
    Fnv1a,
}

impl HashFunction {
    /// The function that a partitioner hashes keys with, if it hashes them.
    #[must_use]
    pub fn of(partitioner: PartitionerClass) -> Option<Self> {
        use PartitionerClass as P;
        match partitioner {
            P::BuiltIn | P::Murmur2 | P::Murmur2Random => Some(Self::Murmur2),
            P::Consistent | P::ConsistentRandom => Some(Self::Crc32),
            P::Fnv1a | P::Fnv1aRandom => Some(Self::Fnv1a),
            P::RoundRobin | P::Random => None,
        }
    }

    /// As its users name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Murmur2 => "murmur2",
            Self::Crc32 => "crc32",
            Self::Fnv1a => "fnv1a",
        }
    }

    /// The hash before any masking.
    #[must_use]
    pub fn hash(self, key: &[u8]) -> u32 {
        match self {
            Self::Murmur2 => murmur2::murmur2(key),
            Self::Crc32 => crc32::crc32(key),
            Self::Fnv1a => fnv1a::fnv1a(key),
        }
    }

    /// The lane of a key among `partitions`, of which there is at least one.
    #[must_use]
    pub fn lane(self, key: &[u8], partitions: usize) -> i32 {
        let partition = match self {
            Self::Murmur2 => murmur2::partition_for_key(key, partitions),
            Self::Crc32 => crc32::partition_for_key(key, partitions),
            Self::Fnv1a => fnv1a::partition_for_key(key, partitions),
        };
        partition.0
    }
}

/// One byte of the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyByte {
    /// The byte in hex.
    pub hex: String,
    /// The character it begins or is; empty for a byte that is no character of its own.
    pub character: String,
    /// Which step takes it in.
    pub step: usize,
}

/// One step of the hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HashStep {
    /// What is done.
    pub what: String,
    /// The hash, or the value, after it.
    pub value: String,
    /// A word on it.
    pub note: String,
}

/// What a hash goes through before it is divided by the number of partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Reduction {
    /// Java clears the sign bit; that is not the absolute value.
    Mask,
    /// crc32 is divided as it is.
    Whole,
    /// librdkafka's fnv1a takes the absolute value, as Sarama does.
    Absolute,
}

impl Reduction {
    fn of(function: HashFunction) -> Self {
        match function {
            HashFunction::Murmur2 => Self::Mask,
            HashFunction::Crc32 => Self::Whole,
            HashFunction::Fnv1a => Self::Absolute,
        }
    }

    fn apply(self, hash: u32) -> u32 {
        match self {
            Self::Mask => hash & 0x7fff_ffff,
            Self::Whole => hash,
            Self::Absolute => hash.cast_signed().unsigned_abs(),
        }
    }

    /// In words.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Mask => "AND 0x7fffffff",
            Self::Whole => "as it is",
            Self::Absolute => "absolute value",
        }
    }
}

/// A key's way to its lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HashingView {
    /// The function.
    pub function: HashFunction,
    /// The key's bytes.
    pub bytes: Vec<KeyByte>,
    /// The steps, in order.
    pub steps: Vec<HashStep>,
    /// The hash.
    pub hash: u32,
    /// What the hash goes through before it is divided.
    pub reduction: Reduction,
    /// What is divided.
    pub dividend: u32,
    /// The number of partitions.
    pub partitions: usize,
    /// The lane.
    pub lane: i32,
    /// The other client's default function, and where it would put the key.
    pub other: (HashFunction, i32),
}

impl HashingView {
    /// The way of `key` among `partitions`, of which there is at least one.
    #[must_use]
    pub fn of(function: HashFunction, key: &[u8], partitions: usize) -> Self {
        let partitions = partitions.max(1);
        let hash = function.hash(key);
        let java = function == HashFunction::Murmur2;
        let other = if java { HashFunction::Crc32 } else { HashFunction::Murmur2 };
        let reduction = Reduction::of(function);
        Self {
            function,
            bytes: key_bytes(key, java),
            steps: if java { murmur2_steps(key, partitions) } else { plain_steps(function, key) },
            hash,
            reduction,
            dividend: reduction.apply(hash),
            partitions,
            lane: function.lane(key, partitions),
            other: (other, other.lane(key, partitions)),
        }
    }
}

fn key_bytes(key: &[u8], in_words: bool) -> Vec<KeyByte> {
    let text = std::str::from_utf8(key).ok();
    let character_at =
        |at: usize| text.and_then(|text| text.get(at..)?.chars().next()).filter(|found| !found.is_control());
    let make = |(at, byte): (usize, &u8)| KeyByte {
        hex: format!("{byte:02x}"),
        character: character_at(at).map(String::from).unwrap_or_default(),
        step: if in_words { at / 4 + 1 } else { 0 },
    };
    key.iter().enumerate().map(make).collect()
}

fn step(what: impl Into<String>, value: u32, note: impl Into<String>) -> HashStep {
    HashStep { what: what.into(), value: format!("0x{value:08x}"), note: note.into() }
}

fn murmur2_steps(key: &[u8], partitions: usize) -> Vec<HashStep> {
    let steps = murmur2::murmur2_steps(key, partitions);
    let mut rows = vec![step("h = seed ^ length", steps.seeded, format!("{} bytes", key.len()))];
    for (index, word) in steps.words.iter().enumerate() {
        let bytes = format::hex(&word.word.to_le_bytes());
        rows.push(step(format!("k = word {}", index + 1), word.word, format!("{bytes}, read little-endian")));
        rows.push(step("k *= m · k ^= k >>> 24 · k *= m", word.mixed, "the word is mixed"));
        rows.push(step("h *= m · h ^= k", word.hash, "and goes into the hash"));
    }
    if let Some(tail) = &steps.tail {
        rows.push(step("h ^= tail", tail.xored, format!("{}, what is left over", format::hex(&tail.bytes))));
        rows.push(step("h *= m", tail.hash, ""));
    }
    rows.push(step("h ^= h >>> 13", steps.finals.shifted, "the end: high bits reach low ones"));
    rows.push(step("h *= m", steps.finals.multiplied, ""));
    rows.push(step("h ^= h >>> 15", steps.finals.hash, "the hash"));
    rows
}

fn plain_steps(function: HashFunction, key: &[u8]) -> Vec<HashStep> {
    vec![step(format!("{}(key)", function.name()), function.hash(key), format!("over {} bytes", key.len()))]
}

/// How many keys stay when partitions are added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MovedKeys {
    /// Partitions before.
    pub before: usize,
    /// Partitions after.
    pub after: usize,
    /// For each key, whether it keeps its lane.
    pub stays: Vec<bool>,
}

impl MovedKeys {
    /// Computes the lanes of the keys `user-0` to `user-(count − 1)` before and after.
    #[must_use]
    pub fn of(function: HashFunction, count: usize, before: usize, after: usize) -> Self {
        let (before, after) = (before.max(1), after.max(1));
        let stays = (0..count)
            .map(|number| {
                let key = format!("user-{number}");
                function.lane(key.as_bytes(), before) == function.lane(key.as_bytes(), after)
            })
            .collect();
        Self { before, after, stays }
    }

    /// Keys that keep their lane, in thousandths of all.
    #[must_use]
    pub fn stay_per_mille(&self) -> u64 {
        let staying = self.stays.iter().filter(|stays| **stays).count();
        (staying * 1000 / self.stays.len().max(1)) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_end_at_the_hash_and_the_lane_follows_from_it() {
        for key in ["", "a", "user-17", "sixteen bytes ok", "Grüße"] {
            for function in [HashFunction::Murmur2, HashFunction::Crc32, HashFunction::Fnv1a] {
                let view = HashingView::of(function, key.as_bytes(), 7);
                let last = view.steps.last().expect("there is always a step");
                assert_eq!(last.value, format!("0x{:08x}", view.hash), "{key} {function:?}");
                assert_eq!(view.bytes.len(), key.len());
                assert_eq!(view.lane, i32::try_from(view.dividend % 7).unwrap(), "{key} {function:?}");
            }
        }
    }

    #[test]
    fn about_one_in_n_plus_one_keys_stays() {
        let moved = MovedKeys::of(HashFunction::Murmur2, 1_000, 4, 5);
        assert!((150..=250).contains(&moved.stay_per_mille()), "{}", moved.stay_per_mille());
        assert_eq!(MovedKeys::of(HashFunction::Crc32, 100, 4, 4).stay_per_mille(), 1000);
    }
}
