//! What a producer knows of the cluster: who leads each partition, and since which epoch (`MetadataSnapshot`, `Cluster`).
//!
//! The rule it keeps: it is what the producer was *told*, not how things are. It changes when a metadata answer arrives, or when a
//! NOT_LEADER_OR_FOLLOWER answer names the new leader (KIP-951). Lists of partitions are ascending.

use crate::engine::common::{BrokerId, LeaderEpoch, PartitionId, TopicId, TopicPartition};
use std::collections::BTreeMap;

/// What is known of one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionMetadata {
    /// Its leader, if known.
    pub leader: Option<BrokerId>,
    /// The leader's epoch; [`LeaderEpoch::NONE`] if unknown.
    pub leader_epoch: LeaderEpoch,
}

impl PartitionMetadata {
    /// A partition of which nothing is known.
    pub const UNKNOWN: PartitionMetadata = PartitionMetadata { leader: None, leader_epoch: LeaderEpoch::NONE };
}

/// What is known of one topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicMetadata {
    partitions: Vec<PartitionMetadata>,
    available: Vec<PartitionId>,
}

impl TopicMetadata {
    /// A topic with these partitions, from partition 0 on.
    #[must_use]
    pub fn new(partitions: Vec<PartitionMetadata>) -> Self {
        let mut topic = Self { partitions, available: Vec::new() };
        topic.list_available();
        topic
    }

    /// How many partitions it has, available or not.
    #[must_use]
    pub fn partitions_count(&self) -> usize {
        self.partitions.len()
    }

    /// The partitions that have a leader, ascending.
    #[must_use]
    pub fn available(&self) -> &[PartitionId] {
        &self.available
    }

    /// Whether the partition exists and has a leader.
    #[must_use]
    pub fn is_available(&self, partition: PartitionId) -> bool {
        self.partition(partition).leader.is_some()
    }

    /// What is known of a partition; nothing if there is no such partition.
    #[must_use]
    pub fn partition(&self, partition: PartitionId) -> PartitionMetadata {
        let index = usize::try_from(partition.0).ok();
        index.and_then(|index| self.partitions.get(index)).copied().unwrap_or(PartitionMetadata::UNKNOWN)
    }

    /// Puts a partition's leader. Does nothing if there is no such partition.
    pub fn update_leader(&mut self, partition: PartitionId, leader: Option<BrokerId>, leader_epoch: LeaderEpoch) {
        let index = usize::try_from(partition.0).ok();
        if let Some(known) = index.and_then(|index| self.partitions.get_mut(index)) {
            *known = PartitionMetadata { leader, leader_epoch };
            self.list_available();
        }
    }

    fn list_available(&mut self) {
        let partitions = (0..).map(PartitionId).zip(&self.partitions);
        self.available =
            partitions.filter(|(_, metadata)| metadata.leader.is_some()).map(|(partition, _)| partition).collect();
    }
}

/// What is known of all topics, and the partitions of each node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetadataView {
    topics: Vec<TopicMetadata>,
    by_node: BTreeMap<BrokerId, Vec<TopicPartition>>,
}

impl MetadataView {
    /// The topics, in order of their [`TopicId`] from 0 on.
    #[must_use]
    pub fn new(topics: Vec<TopicMetadata>) -> Self {
        let mut view = Self { topics, by_node: BTreeMap::new() };
        view.list_by_node();
        view
    }

    /// A topic, if it is known.
    #[must_use]
    pub fn topic(&self, topic: TopicId) -> Option<&TopicMetadata> {
        self.topics.get(usize::from(topic.0))
    }

    /// What is known of a partition; nothing if it is not known.
    #[must_use]
    pub fn partition(&self, partition: TopicPartition) -> PartitionMetadata {
        self.topic(partition.topic).map_or(PartitionMetadata::UNKNOWN, |topic| topic.partition(partition.partition))
    }

    /// The partitions that a node leads, ascending: the order in which a request is filled.
    #[must_use]
    pub fn partitions_of(&self, node: BrokerId) -> &[TopicPartition] {
        self.by_node.get(&node).map_or(&[], Vec::as_slice)
    }

    /// Takes a metadata answer. A partition whose leader epoch in the answer is *older* than the known one keeps what is known: the broker
    /// that answered had not heard yet (`Metadata.updateLatestMetadata`).
    pub fn update(&mut self, answer: MetadataView) {
        let known = std::mem::replace(&mut self.topics, answer.topics);
        for (topic, known) in self.topics.iter_mut().zip(known) {
            for (told, known) in topic.partitions.iter_mut().zip(known.partitions) {
                if told.leader_epoch < known.leader_epoch {
                    *told = known;
                }
            }
            topic.list_available();
        }
        self.list_by_node();
    }

    /// Takes a leader that a broker named in an answer (`Metadata.updatePartitionLeadership`, KIP-951), if its epoch is newer than the
    /// known one. Whether it did.
    pub fn maybe_update_leadership(
        &mut self,
        partition: TopicPartition,
        leader: BrokerId,
        leader_epoch: LeaderEpoch,
    ) -> bool {
        let Some(topic) = self.topics.get_mut(usize::from(partition.topic.0)) else { return false };
        let known = usize::try_from(partition.partition.0).is_ok_and(|index| index < topic.partitions_count());
        let newer = known && leader_epoch > topic.partition(partition.partition).leader_epoch;
        if newer {
            topic.update_leader(partition.partition, Some(leader), leader_epoch);
            self.list_by_node();
        }
        newer
    }

    fn list_by_node(&mut self) {
        self.by_node.clear();
        for (topic_index, topic) in (0..).map(TopicId).zip(&self.topics) {
            for partition in topic.available() {
                if let Some(leader) = topic.partition(*partition).leader {
                    self.by_node.entry(leader).or_default().push(TopicPartition::new(topic_index, *partition));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_leader_counts_only_if_its_epoch_is_newer() {
        let known = |leader| PartitionMetadata { leader: Some(BrokerId(leader)), leader_epoch: LeaderEpoch(3) };
        let mut view =
            MetadataView::new(vec![TopicMetadata::new(vec![known(1), known(2), PartitionMetadata::UNKNOWN])]);
        let partition = |index| TopicPartition::new(TopicId(0), PartitionId(index));
        assert_eq!(view.partitions_of(BrokerId(1)), [partition(0)]);
        assert!(!view.maybe_update_leadership(partition(0), BrokerId(2), LeaderEpoch(3)));
        assert!(view.maybe_update_leadership(partition(0), BrokerId(2), LeaderEpoch(4)));
        assert!(!view.maybe_update_leadership(partition(9), BrokerId(2), LeaderEpoch(4)), "no such partition");
        assert_eq!(view.partitions_of(BrokerId(1)), []);
        assert_eq!(view.partitions_of(BrokerId(2)), [partition(0), partition(1)]);
        assert_eq!(view.topic(TopicId(0)).unwrap().available(), [PartitionId(0), PartitionId(1)]);

        view.update(MetadataView::new(vec![TopicMetadata::new(vec![known(1), known(1), known(1)])]));
        assert_eq!(view.partitions_of(BrokerId(1)), [partition(1), partition(2)]);
        assert_eq!(view.partitions_of(BrokerId(2)), [partition(0)], "the answer is older than what is known");
    }
}
