//! Java's built-in partitioner for records without a key: uniform or adaptive sticky (KIP-794, `BuiltInPartitioner`, KAFKA 2.3).
//!
//! The rule it keeps: one partition is kept until `batch.size` bytes went to it and its last batch is full, or twice `batch.size` in any
//! case; the next one is drawn with weights that favour short queues. When bytes count and when a switch is allowed is the accumulator's
//! business, which also hands in the queues.

use super::{Chance, modulo};
use crate::engine::common::PartitionId;
use crate::engine::producer::TopicMetadata;

/// The partition that records without a key go to now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StickyPartition {
    /// The partition.
    pub partition: PartitionId,
    /// Bytes that went to it since it was chosen.
    pub produced_bytes: i64,
    /// How many were chosen before it. Tells a partition that was chosen again from one that was never left.
    pub turn: u64,
}

/// Weights of the next draw: a cumulative table over partitions. Empty: there are none.
#[derive(Clone, Debug, Default, PartialEq)]
struct PartitionLoadStats {
    /// Running sums of (longest queue + 1) − queue.
    cumulative_frequency_table: Vec<u32>,
    /// The partition of each entry.
    partitions: Vec<PartitionId>,
}

/// The built-in partitioner of one topic.
#[derive(Clone, Debug, PartialEq)]
pub struct BuiltInPartitioner {
    sticky_batch_size: i64,
    sticky: Option<StickyPartition>,
    turns: u64,
    load_stats: PartitionLoadStats,
}

impl BuiltInPartitioner {
    /// A partitioner that sticks for `batch_size` bytes (0 counts as 1).
    #[must_use]
    pub fn new(batch_size: i64) -> Self {
        Self { sticky_batch_size: batch_size.max(1), sticky: None, turns: 0, load_stats: PartitionLoadStats::default() }
    }

    /// The sticky partition, if one was chosen yet.
    #[must_use]
    pub fn current(&self) -> Option<StickyPartition> {
        self.sticky
    }

    /// Bytes after which the partition may be switched.
    #[must_use]
    pub fn sticky_batch_size(&self) -> i64 {
        self.sticky_batch_size
    }

    /// The sticky partition; draws one if there is none.
    pub fn peek_current(&mut self, topic: &TopicMetadata, chance: &mut impl Chance) -> StickyPartition {
        match self.sticky {
            Some(sticky) => sticky,
            None => self.switch(topic, chance),
        }
    }

    /// Whether another partition was chosen since `seen` was.
    #[must_use]
    pub fn is_partition_changed(&self, seen: StickyPartition) -> bool {
        self.sticky.is_none_or(|sticky| sticky.turn != seen.turn)
    }

    /// Counts bytes that went to the sticky partition, and switches if it is time. Whether it did.
    ///
    /// | produced bytes | `enable_switch` | switches |
    /// |---|---|---|
    /// | < batch.size | any | no |
    /// | ≥ batch.size | yes | yes |
    /// | ≥ batch.size | no | no |
    /// | ≥ 2 × batch.size | any | yes |
    pub fn maybe_switch(
        &mut self,
        appended_bytes: i64,
        topic: &TopicMetadata,
        enable_switch: bool,
        chance: &mut impl Chance,
    ) -> bool {
        let Some(sticky) = self.sticky.as_mut() else { return false };
        sticky.produced_bytes += appended_bytes;
        let produced = sticky.produced_bytes;
        let switches = (produced >= self.sticky_batch_size && enable_switch) || produced >= self.sticky_batch_size * 2;
        if switches {
            self.switch(topic, chance);
        }
        switches
    }

    /// Takes the queues of the partitions that may be chosen, in ascending order of partition; `None` drops the weights.
    ///
    /// `all` is the number of partitions that were used, excluded ones and those without a leader included. Weights make no difference,
    /// and are dropped, with fewer than two partitions, with none to choose from, and if all queues are equal and none is left out.
    pub fn update_load_stats(&mut self, queues: Option<&[(PartitionId, u32)]>, all: usize) {
        // The tables' memory is kept: they are made anew at every turn of the sender.
        let PartitionLoadStats { cumulative_frequency_table, partitions } = &mut self.load_stats;
        cumulative_frequency_table.clear();
        partitions.clear();
        let Some(queues) = queues else { return };
        let longest = queues.iter().map(|(_, queue)| *queue).max().unwrap_or(0);
        let all_equal = queues.iter().all(|(_, queue)| *queue == longest);
        if all < 2 || (all_equal && queues.len() == all) {
            return;
        }
        let mut sum = 0;
        for (partition, queue) in queues {
            sum += longest + 1 - queue;
            cumulative_frequency_table.push(sum);
            partitions.push(*partition);
        }
    }

    /// The partitions of the next draw with their weights, if they differ: what makes it adaptive.
    #[must_use]
    pub fn weights(&self) -> Option<Vec<(PartitionId, u32)>> {
        let stats = &self.load_stats;
        let mut below = 0;
        let weights = stats.partitions.iter().zip(&stats.cumulative_frequency_table).map(|(partition, sum)| {
            let weight = sum - below;
            below = *sum;
            (*partition, weight)
        });
        (!stats.partitions.is_empty()).then(|| weights.collect())
    }

    fn switch(&mut self, topic: &TopicMetadata, chance: &mut impl Chance) -> StickyPartition {
        let partition = self.next_partition(topic, chance.next_u31());
        let sticky = StickyPartition { partition, produced_bytes: 0, turn: self.turns };
        self.turns += 1;
        self.sticky = Some(sticky);
        sticky
    }

    fn next_partition(&self, topic: &TopicMetadata, random: u32) -> PartitionId {
        let PartitionLoadStats { cumulative_frequency_table, partitions } = &self.load_stats;
        match cumulative_frequency_table.last() {
            Some(total) => {
                let drawn = random % total;
                partitions[cumulative_frequency_table.partition_point(|sum| *sum <= drawn)]
            }
            None => match topic.available() {
                [] => modulo(random, topic.partitions_count()),
                available => available[modulo(random, available.len()).index()],
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::common::{BrokerId, LeaderEpoch};
    use crate::engine::producer::PartitionMetadata;

    struct Fixed(u32);

    impl Chance for Fixed {
        fn next_u31(&mut self) -> u32 {
            self.0 += 1;
            self.0 - 1
        }
    }

    fn topic_of(partitions: usize) -> TopicMetadata {
        TopicMetadata::new(vec![
            PartitionMetadata { leader: Some(BrokerId(1)), leader_epoch: LeaderEpoch(0) };
            partitions
        ])
    }

    fn queues(queues: &[u32]) -> Vec<(PartitionId, u32)> {
        queues
            .iter()
            .enumerate()
            .map(|(partition, queue)| (PartitionId(i32::try_from(partition).unwrap()), *queue))
            .collect()
    }

    fn frequencies(queue_sizes: &[u32], draws: u32) -> Vec<usize> {
        let topic = topic_of(queue_sizes.len());
        let mut partitioner = BuiltInPartitioner::new(1);
        partitioner.update_load_stats(Some(&queues(queue_sizes)), queue_sizes.len());
        let drawn: Vec<usize> = (0..draws).map(|random| partitioner.next_partition(&topic, random).index()).collect();
        (0..queue_sizes.len()).map(|partition| drawn.iter().filter(|drawn| **drawn == partition).count()).collect()
    }

    /// KAFKA 2.3: the example of the source, and `BuiltInPartitionerTest.adaptivePartitionsTest`.
    #[test]
    fn shorter_queues_are_drawn_more_often() {
        assert_eq!(frequencies(&[0, 3, 1], 8), [4, 1, 3]);
        assert_eq!(frequencies(&[5, 0, 3, 0, 1], 21), [1, 6, 3, 6, 5]);
    }

    #[test]
    fn weights_are_dropped_where_they_make_no_difference() {
        let mut partitioner = BuiltInPartitioner::new(1);
        let mut weighted = |sizes: &[u32], all| {
            partitioner.update_load_stats(Some(&queues(sizes)), all);
            partitioner.weights().is_some()
        };
        assert!(!weighted(&[2, 2, 2], 3), "all equal");
        assert!(weighted(&[2, 2], 3), "one is left out");
        assert!(weighted(&[2], 3), "even if only one is left");
        assert!(!weighted(&[], 3), "none to choose from");
        assert!(!weighted(&[2], 1), "one partition");
        assert!(weighted(&[2, 1], 2));
        partitioner.update_load_stats(None, 2);
        assert_eq!(partitioner.weights(), None);
    }

    /// KAFKA 2.3 step 4.
    #[test]
    fn a_switch_waits_for_a_full_batch_but_not_beyond_twice_the_size() {
        let topic = topic_of(4);
        let mut chance = Fixed(0);
        let mut partitioner = BuiltInPartitioner::new(100);
        let first = partitioner.peek_current(&topic, &mut chance);
        assert!(!partitioner.maybe_switch(99, &topic, true, &mut chance));
        assert!(!partitioner.maybe_switch(1, &topic, false, &mut chance));
        assert!(!partitioner.maybe_switch(99, &topic, false, &mut chance));
        assert!(!partitioner.is_partition_changed(first));
        assert!(partitioner.maybe_switch(1, &topic, false, &mut chance), "200 bytes");
        assert!(partitioner.is_partition_changed(first));
        assert!(partitioner.maybe_switch(100, &topic, true, &mut chance));
        assert_eq!(
            partitioner.current().map(|sticky| (sticky.partition, sticky.produced_bytes)),
            Some((PartitionId(2), 0))
        );
    }
}
