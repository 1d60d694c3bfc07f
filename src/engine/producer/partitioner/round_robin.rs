//! Java's opt-in `RoundRobinPartitioner`: one counter a topic, over the available partitions, whatever the key.
//!
//! As since Kafka 3.9 (KAFKA-17632): asked once a record. Before, a record that needed a new batch was asked for twice, and with an even
//! number of partitions and one record a batch half of them got nothing (KAFKA-9965).

use super::modulo;
use crate::engine::common::{PartitionId, TopicId};
use crate::engine::producer::TopicMetadata;

/// The counters of one producer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RoundRobinPartitioner {
    /// By topic: how many records were placed, modulo 2³².
    counters: Vec<u32>,
}

impl RoundRobinPartitioner {
    /// The next partition in turn; over all partitions if none has a leader. `topic` must have at least one partition.
    pub fn partition(&mut self, topic_id: TopicId, topic: &TopicMetadata) -> PartitionId {
        let index = usize::from(topic_id.0);
        if self.counters.len() <= index {
            self.counters.resize(index + 1, 0);
        }
        let turn = self.counters[index] & 0x7fff_ffff;
        self.counters[index] = self.counters[index].wrapping_add(1);
        match topic.available() {
            [] => modulo(turn, topic.partitions_count()),
            available => available[modulo(turn, available.len()).index()],
        }
    }
}
