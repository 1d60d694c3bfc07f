//! Partitioners against `partitioner.json` (other people's clients) and `broker/placed-*.json` (a real Java producer).

use crate::vectors;
use highwater::engine::common::{BrokerId, LeaderEpoch, PartitionId, TopicId, VirtualTime};
use highwater::engine::config::{PartitionerClass, ProducerConfig};
use highwater::engine::producer::partitioner::{crc32::crc32, fnv1a::fnv1a, murmur2};
use highwater::engine::producer::{Chance, PartitionMetadata, Partitioner, TopicMetadata};
use serde_json::Value;

/// A partitioner that hashes must not draw.
struct NoChance;

impl Chance for NoChance {
    fn next_u31(&mut self) -> u32 {
        panic!("a hashing partitioner drew a random number")
    }
}

fn topic_of(partitions: usize) -> TopicMetadata {
    TopicMetadata::new(vec![PartitionMetadata { leader: Some(BrokerId(1)), leader_epoch: LeaderEpoch(0) }; partitions])
}

fn place(class: PartitionerClass, key: &[u8], partitions: usize) -> i64 {
    let mut partitioner = Partitioner::of(&ProducerConfig { partitioner_class: class, ..ProducerConfig::default() });
    i64::from(partitioner.partition(TopicId(0), &topic_of(partitions), Some(key), &mut NoChance, VirtualTime::ZERO).0)
}

#[test]
fn every_key_hashes_and_lands_as_in_the_other_clients() {
    let file = vectors::json("partitioner.json");
    let mut checked = 0;
    for entry in file["keys"].as_array().expect("keys is a list") {
        let hex = entry["key_hex"].as_str().expect("a key is hex");
        let key = vectors::bytes_of_hex(hex);
        for (name, hash) in
            [("murmur2_u32", murmur2::murmur2(&key)), ("crc32_u32", crc32(&key)), ("fnv1a_u32", fnv1a(&key))]
        {
            assert_eq!(u64::from(hash), vectors::integer(&entry[name]), "partitioner.json, key {hex}, {name}");
        }
        for (column, class) in [
            ("java_murmur2", PartitionerClass::BuiltIn),
            ("librdkafka_murmur2", PartitionerClass::Murmur2),
            ("librdkafka_murmur2", PartitionerClass::Murmur2Random),
            ("librdkafka_consistent", PartitionerClass::Consistent),
            ("librdkafka_consistent_random", PartitionerClass::ConsistentRandom),
            ("librdkafka_fnv1a", PartitionerClass::Fnv1a),
            ("librdkafka_fnv1a", PartitionerClass::Fnv1aRandom),
        ] {
            for (partitions, expected) in entry[column].as_object().expect("a column is by number of partitions") {
                if expected.as_str().is_some_and(|text| text.starts_with("random")) {
                    continue;
                }
                let placed = place(class, &key, partitions.parse().expect("a number of partitions"));
                assert_eq!(
                    Value::from(placed),
                    *expected,
                    "partitioner.json, key {hex}, {column}, {partitions} partitions"
                );
                checked += 1;
            }
        }
    }
    assert!(checked > 9_000, "{checked} placements");
}

#[test]
fn every_key_lands_where_a_real_java_producer_put_it() {
    let files = vectors::files("broker", |name| name.starts_with("placed-"));
    assert!(!files.is_empty());
    for path in files {
        let file = vectors::json(&path);
        let partitions = usize::try_from(vectors::integer(&file["partitions"])).expect("few partitions");
        for placed in file["placed"].as_array().expect("placed is a list") {
            let hex = placed["key_hex"].as_str().expect("a key is hex");
            let key = vectors::bytes_of_hex(hex);
            let expected = &placed["partition"];
            assert_eq!(Value::from(place(PartitionerClass::BuiltIn, &key, partitions)), *expected, "{path}, key {hex}");
            let steps = murmur2::murmur2_steps(&key, partitions);
            assert_eq!(Value::from(steps.partition.0), *expected, "{path}, key {hex}, in steps");
            assert_ne!(steps.partition, PartitionId::UNKNOWN);
        }
    }
}
