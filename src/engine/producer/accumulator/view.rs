//! Looking into the accumulator: what the page draws. Nothing here costs an append anything.

use super::RecordAccumulator;
use crate::engine::common::{PartitionId, TopicId, TopicPartition, VirtualTime};
use crate::engine::producer::{BufferPool, ProducerBatch, StickyPartition};

/// A queue with waiting batches.
#[derive(Clone, Copy, Debug)]
pub struct PartitionQueueView<'a> {
    /// Whose queue it is.
    pub partition: TopicPartition,
    /// Whether a batch of it is on the wire that no other may follow.
    pub is_muted: bool,
    batches: &'a std::collections::VecDeque<ProducerBatch>,
    linger: VirtualTime,
}

/// A batch in its queue.
#[derive(Clone, Copy, Debug)]
pub struct QueuedBatch<'a> {
    /// The batch.
    pub batch: &'a ProducerBatch,
    /// Its place, 0 leaves first.
    pub place: usize,
    /// When it may leave without having become full: its linger, or its backoff after a failure, is over then.
    pub sendable_at: VirtualTime,
}

impl<'a> PartitionQueueView<'a> {
    /// The batches, from the one that leaves first to the one that takes records.
    pub fn batches(&self) -> impl Iterator<Item = QueuedBatch<'a>> + use<'a> {
        let linger = self.linger;
        self.batches.iter().enumerate().map(move |(place, batch)| {
            let wait = if batch.attempts() > 0 { batch.backoff() } else { linger };
            QueuedBatch { batch, place, sendable_at: batch.last_attempt_at() + wait }
        })
    }
}

impl RecordAccumulator {
    /// The queues that hold batches, in order of topic and partition.
    pub fn queues(&self) -> impl Iterator<Item = PartitionQueueView<'_>> {
        (0..).map(TopicId).zip(&self.topics).flat_map(move |(topic, info)| {
            let queues = (0..).map(PartitionId).zip(&info.queues).filter(|(_, queue)| !queue.batches.is_empty());
            queues.map(move |(partition, queue)| PartitionQueueView {
                partition: TopicPartition::new(topic, partition),
                is_muted: queue.is_muted,
                batches: &queue.batches,
                linger: self.config.linger,
            })
        })
    }

    /// The memory: total, available, who waits.
    #[must_use]
    pub fn buffer_pool(&self) -> &BufferPool {
        &self.pool
    }

    /// Bytes at which a batch counts as full: `batch.size`, at least 1.
    #[must_use]
    pub fn batch_size(&self) -> usize {
        self.config.batch_size
    }

    /// The partition that records without a key go to now, if one was chosen.
    #[must_use]
    pub fn sticky_partition(&self, topic: TopicId) -> Option<StickyPartition> {
        self.topics.get(usize::from(topic.0)).and_then(|info| info.built_in.current())
    }

    /// The weights of the next choice of a sticky partition, if they differ.
    #[must_use]
    pub fn sticky_weights(&self, topic: TopicId) -> Option<Vec<(PartitionId, u32)>> {
        self.topics.get(usize::from(topic.0)).and_then(|info| info.built_in.weights())
    }

    /// The expected compressed size of a topic's records over their uncompressed size.
    #[must_use]
    pub fn compression_ratio_estimation(&self, topic: TopicId) -> f32 {
        self.topics.get(usize::from(topic.0)).map_or(1.0, |info| info.compression_ratio.estimation())
    }
}
