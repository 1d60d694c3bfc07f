//! Who chooses a record's partition: Java's default and opt-in partitioners, and librdkafka's.
//!
//! The rule it keeps (`KafkaProducer.partition`): a partition that the record names wins, then the configured partitioner; Java's default
//! hashes a key that is there (an empty one too) and leaves a record without a key to the accumulator's [`BuiltInPartitioner`].
//! Hash functions are in files of their own; the built-in partitioner's state lives in the accumulator, which alone knows batch sizes.

mod built_in;
pub mod crc32;
pub mod fnv1a;
mod librdkafka;
pub mod murmur2;
mod round_robin;

pub use built_in::{BuiltInPartitioner, StickyPartition};
pub use librdkafka::{LibrdkafkaPartitioner, LibrdkafkaRule};
pub use round_robin::RoundRobinPartitioner;

use super::metadata_view::TopicMetadata;
use crate::engine::common::{PartitionId, Prng, TopicId, VirtualTime};
use crate::engine::config::{PartitionerClass, ProducerConfig};

/// Where a partitioner's random numbers come from. A run feeds a [`Prng`] stream; a recorded trace feeds the numbers that Kafka drew.
pub trait Chance {
    /// A 31-bit number, 0 or more, as Java's partitioners draw it.
    fn next_u31(&mut self) -> u32;
}

impl Chance for Prng {
    fn next_u31(&mut self) -> u32 {
        Prng::next_u31(self)
    }
}

/// The configured partitioner of one producer.
#[derive(Clone, Debug, PartialEq)]
pub enum Partitioner {
    /// Java's default: murmur2 for a key, the accumulator's sticky choice without one.
    BuiltIn {
        /// `partitioner.ignore.keys`: every record counts as one without a key.
        ignore_keys: bool,
    },
    /// Java's opt-in `RoundRobinPartitioner`.
    RoundRobin(RoundRobinPartitioner),
    /// One of librdkafka's.
    Librdkafka(LibrdkafkaPartitioner),
}

impl Partitioner {
    /// The partitioner that the settings ask for.
    #[must_use]
    pub fn of(config: &ProducerConfig) -> Self {
        let librdkafka = |rule| {
            let linger = VirtualTime::from_ms(config.sticky_partitioning_linger_ms);
            Partitioner::Librdkafka(LibrdkafkaPartitioner::new(rule, linger))
        };
        match config.partitioner_class {
            PartitionerClass::BuiltIn => Partitioner::BuiltIn { ignore_keys: config.partitioner_ignore_keys },
            PartitionerClass::RoundRobin => Partitioner::RoundRobin(RoundRobinPartitioner::default()),
            PartitionerClass::ConsistentRandom => librdkafka(LibrdkafkaRule::ConsistentRandom),
            PartitionerClass::Consistent => librdkafka(LibrdkafkaRule::Consistent),
            PartitionerClass::Murmur2Random => librdkafka(LibrdkafkaRule::Murmur2Random),
            PartitionerClass::Murmur2 => librdkafka(LibrdkafkaRule::Murmur2),
            PartitionerClass::Fnv1aRandom => librdkafka(LibrdkafkaRule::Fnv1aRandom),
            PartitionerClass::Fnv1a => librdkafka(LibrdkafkaRule::Fnv1a),
            PartitionerClass::Random => librdkafka(LibrdkafkaRule::Random),
        }
    }

    /// Whether Java's accumulator counts this as a custom `partitioner.class`, which turns its adaptive choice off.
    #[must_use]
    pub fn is_custom(&self) -> bool {
        !matches!(self, Partitioner::BuiltIn { .. })
    }

    /// The partition of a record that names none; [`PartitionId::UNKNOWN`] leaves it to the accumulator's built-in partitioner.
    ///
    /// `topic` must have at least one partition.
    pub fn partition(
        &mut self,
        topic_id: TopicId,
        topic: &TopicMetadata,
        key: Option<&[u8]>,
        chance: &mut impl Chance,
        now: VirtualTime,
    ) -> PartitionId {
        match self {
            Partitioner::BuiltIn { ignore_keys } => match key {
                Some(key) if !*ignore_keys => murmur2::partition_for_key(key, topic.partitions_count()),
                _ => PartitionId::UNKNOWN,
            },
            Partitioner::RoundRobin(round_robin) => round_robin.partition(topic_id, topic),
            Partitioner::Librdkafka(librdkafka) => librdkafka.partition(topic_id, topic, key, chance, now),
        }
    }
}

/// `hash` modulo the number of partitions, which must be 1 or more.
fn modulo(hash: u32, partitions: usize) -> PartitionId {
    let partitions = u32::try_from(partitions).expect("a topic's partitions are counted by a 32-bit number");
    let partition = i32::try_from(hash % partitions).expect("a partition is below the number of partitions");
    PartitionId(partition)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::common::{BrokerId, LeaderEpoch};
    use crate::engine::producer::PartitionMetadata;

    struct Fixed(Vec<u32>);

    impl Chance for Fixed {
        fn next_u31(&mut self) -> u32 {
            self.0.remove(0)
        }
    }

    fn topic_of(partitions: usize) -> TopicMetadata {
        TopicMetadata::new(vec![
            PartitionMetadata { leader: Some(BrokerId(1)), leader_epoch: LeaderEpoch(0) };
            partitions
        ])
    }

    fn partitioner(class: PartitionerClass) -> Partitioner {
        Partitioner::of(&ProducerConfig { partitioner_class: class, ..ProducerConfig::default() })
    }

    #[track_caller]
    fn check(class: PartitionerClass, key: Option<&str>, partitions: usize, randoms: &[u32], expected: i32) {
        let chosen = partitioner(class).partition(
            TopicId(0),
            &topic_of(partitions),
            key.map(str::as_bytes),
            &mut Fixed(randoms.to_vec()),
            VirtualTime(1),
        );
        assert_eq!(chosen, PartitionId(expected), "{} of {key:?}", class.word());
    }

    #[test]
    fn javas_default_hashes_a_key_even_an_empty_one_and_leaves_null_to_the_accumulator() {
        check(PartitionerClass::BuiltIn, Some("user-3"), 6, &[], 5);
        check(PartitionerClass::BuiltIn, Some(""), 1000, &[], 275_646_681 % 1000);
        check(PartitionerClass::BuiltIn, None, 6, &[], -1);
    }

    /// KAFKA 2.1, librdkafka's `tests/0048-partitioner.c`, modulo a large N (the random ones draw what is given).
    #[test]
    fn librdkafkas_end_to_end_table() {
        use PartitionerClass as P;
        let long = "this is another string with more length to it perhaps";
        let n: u32 = 1_000;
        let m = |hash: u32| i32::try_from(hash % n).unwrap();
        for (key, consistent, murmur, fnv) in [
            (Some("23456"), 0xB1B4_51D7, 0x058D_780F, 0x27E6_F469),
            (Some(long), 0xB015_0DF7, 0x4F77_03DA, 0x155E_3E5F),
            (Some("hejsan"), 0xD077_037E, 0x5EC1_9395, 0x17B1_E27A),
        ] {
            check(P::Consistent, key, 1000, &[], m(consistent));
            check(P::ConsistentRandom, key, 1000, &[], m(consistent));
            check(P::Murmur2, key, 1000, &[], m(murmur));
            check(P::Murmur2Random, key, 1000, &[], m(murmur));
            check(P::Fnv1a, key, 1000, &[], m(fnv));
            check(P::Fnv1aRandom, key, 1000, &[], m(fnv));
        }
        check(P::Consistent, None, 1000, &[], 0);
        check(P::Consistent, Some(""), 1000, &[], 0);
        check(P::ConsistentRandom, None, 1000, &[123_456], 456);
        check(P::ConsistentRandom, Some(""), 1000, &[123_456], 456);
        check(P::Murmur2, None, 1000, &[], m(0x106E_08D9));
        check(P::Murmur2, Some(""), 1000, &[], m(0x106E_08D9));
        check(P::Murmur2Random, None, 1000, &[123_456], 456);
        check(P::Murmur2Random, Some(""), 1000, &[], m(0x106E_08D9));
        check(P::Fnv1a, None, 1000, &[], m(0x7EE3_623B));
        check(P::Fnv1a, Some(""), 1000, &[], m(0x7EE3_623B));
        check(P::Fnv1aRandom, None, 1000, &[123_456], 456);
        check(P::Fnv1aRandom, Some(""), 1000, &[], m(0x7EE3_623B));
        check(P::Random, Some("hejsan"), 1000, &[123_456], 456);
    }

    #[test]
    fn a_sticky_partition_holds_for_its_time_and_no_longer() {
        let mut partitioner = partitioner(PartitionerClass::ConsistentRandom);
        let topic = topic_of(10);
        let mut chance = Fixed(vec![3, 7, 8]);
        let mut at =
            |us, key: Option<&[u8]>| partitioner.partition(TopicId(0), &topic, key, &mut chance, VirtualTime(us)).0;
        assert_eq!(at(5, None), 3);
        assert_eq!(at(10_005, Some(b"")), 3, "not over before more than 10 ms have passed");
        assert_eq!(at(10_006, None), 7);
        assert_eq!(at(20_006, None), 7);
        assert_eq!(at(20_007, None), 8);
    }

    #[test]
    fn round_robin_counts_over_the_available_partitions_whatever_the_key() {
        let mut partitioner = partitioner(PartitionerClass::RoundRobin);
        let mut topic = topic_of(3);
        topic.update_leader(PartitionId(1), None, LeaderEpoch(1));
        let mut next =
            |key: Option<&[u8]>| partitioner.partition(TopicId(0), &topic, key, &mut Fixed(vec![]), VirtualTime(0)).0;
        assert_eq!([next(None), next(Some(b"k")), next(Some(b"k"))], [0, 2, 0]);
    }
}
