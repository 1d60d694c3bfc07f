//! librdkafka's partitioners (`rdkafka_msg.c`, `rdkafka_topic.c`, KAFKA 2.5), with its sticky choice for records without a key.
//!
//! The rule it keeps: sticky is by *time*, not by bytes. One partition a topic is kept for `sticky.partitioning.linger.ms`, then drawn
//! anew (the same may come again); a sticky partition without a leader is replaced at once.

use super::{Chance, crc32, fnv1a, modulo, murmur2};
use crate::engine::common::{PartitionId, TopicId, VirtualTime};
use crate::engine::producer::TopicMetadata;

/// librdkafka's `partitioner`.
///
/// | rule | null key | empty key |
/// |---|---|---|
/// | `consistent_random` | sticky | sticky |
/// | `consistent` | partition 0 | partition 0 |
/// | `murmur2_random`, `fnv1a_random` | sticky | hashed |
/// | `murmur2`, `fnv1a` | hashed as empty | hashed |
/// | `random` | sticky | random |
///
/// "Sticky" is a new draw for each record if `sticky.partitioning.linger.ms` is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LibrdkafkaRule {
    /// crc32, the default.
    ConsistentRandom,
    /// crc32, never random.
    Consistent,
    /// Java's hash.
    Murmur2Random,
    /// Java's hash, never random.
    Murmur2,
    /// FNV-1a.
    Fnv1aRandom,
    /// FNV-1a, never random.
    Fnv1a,
    /// No hash at all.
    Random,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Sticky {
    partition: PartitionId,
    since: VirtualTime,
}

/// One producer's partitioner and its sticky partitions.
#[derive(Clone, Debug, PartialEq)]
pub struct LibrdkafkaPartitioner {
    rule: LibrdkafkaRule,
    linger: VirtualTime,
    /// By topic.
    sticky: Vec<Option<Sticky>>,
}

impl LibrdkafkaPartitioner {
    /// A partitioner with `sticky.partitioning.linger.ms` as a span; zero turns sticky off.
    #[must_use]
    pub fn new(rule: LibrdkafkaRule, linger: VirtualTime) -> Self {
        Self { rule, linger, sticky: Vec::new() }
    }

    /// The partition of a record. `topic` must have at least one partition.
    pub fn partition(
        &mut self,
        topic_id: TopicId,
        topic: &TopicMetadata,
        key: Option<&[u8]>,
        chance: &mut impl Chance,
        now: VirtualTime,
    ) -> PartitionId {
        use LibrdkafkaRule as Rule;
        let count = topic.partitions_count();
        match (self.rule, key) {
            (Rule::ConsistentRandom, Some([]) | None) => self.sticky_or_random(topic_id, topic, chance, now),
            (Rule::ConsistentRandom | Rule::Consistent, key) => crc32::partition_for_key(key.unwrap_or(&[]), count),
            (Rule::Murmur2Random, Some(key)) => murmur2::partition_for_key(key, count),
            (Rule::Murmur2, key) => murmur2::partition_for_key(key.unwrap_or(&[]), count),
            (Rule::Fnv1aRandom, Some(key)) => fnv1a::partition_for_key(key, count),
            (Rule::Fnv1a, key) => fnv1a::partition_for_key(key.unwrap_or(&[]), count),
            (Rule::Random, Some(_)) => random(topic, chance),
            (Rule::Murmur2Random | Rule::Fnv1aRandom | Rule::Random, None) => {
                self.sticky_or_random(topic_id, topic, chance, now)
            }
        }
    }

    fn sticky_or_random(
        &mut self,
        topic_id: TopicId,
        topic: &TopicMetadata,
        chance: &mut impl Chance,
        now: VirtualTime,
    ) -> PartitionId {
        if self.linger == VirtualTime::ZERO {
            return random(topic, chance);
        }
        let index = usize::from(topic_id.0);
        if self.sticky.len() <= index {
            self.sticky.resize(index + 1, None);
        }
        match self.sticky[index] {
            Some(sticky) if now.since(sticky.since) <= self.linger && topic.is_available(sticky.partition) => {
                sticky.partition
            }
            _ => {
                let partition = random(topic, chance);
                self.sticky[index] = Some(Sticky { partition, since: now });
                partition
            }
        }
    }
}

/// A partition at random; one redraw if it has no leader, and the second draw is taken whatever it is.
fn random(topic: &TopicMetadata, chance: &mut impl Chance) -> PartitionId {
    let count = topic.partitions_count();
    let first = modulo(chance.next_u31(), count);
    if topic.is_available(first) { first } else { modulo(chance.next_u31(), count) }
}
