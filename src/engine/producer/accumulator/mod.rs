//! The accumulator: a queue of batches for each partition, filled by the application and emptied by the sender
//! (`RecordAccumulator`, KAFKA 2.3 and 3.2 to 3.6).
//!
//! The rule it keeps: records go into the *last* batch of a queue and leave from the *first*; memory is bounded; time and chance are
//! arguments. `append` fills, `ready` says which nodes have something to send and when to look again, `drain` takes at most one batch a
//! partition, `reenqueue` and `split` put back what failed. What is on the wire is the sender's.

mod append;
mod drain;
mod flush;
mod ready;
mod reenqueue;
#[cfg(test)]
mod tests;
mod view;

pub use append::{AppendContext, AppendError, AppendOutcome, Appended, BlockedAppend, Produced};
pub use flush::FlushId;
pub use ready::ReadyCheckResult;
pub use view::{PartitionQueueView, QueuedBatch};

use super::partitioner::BuiltInPartitioner;
use super::{BatchId, BufferPool, ExponentialBackoff, Idempotence, MetadataView, ProducerBatch, ProducerIdAndEpoch};
use crate::engine::common::{BrokerId, Prng, TopicId, TopicPartition, VirtualTime};
use crate::engine::config::ProducerConfig;
use crate::engine::record::{Compression, CompressionRatioEstimator, Compressor};
use flush::Flush;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The waiting batches of one partition.
#[derive(Clone, Debug, Default)]
struct PartitionQueue {
    /// An append was tried on it, so the adaptive partitioner may count on it.
    is_used: bool,
    /// With one request in flight: a batch of it is on the wire, no other may follow.
    is_muted: bool,
    batches: VecDeque<ProducerBatch>,
}

impl PartitionQueue {
    /// Whether no batch of it takes records. Only the last one can.
    fn all_batches_full(&self) -> bool {
        self.batches.back().is_none_or(ProducerBatch::is_full)
    }
}

/// The queues of one topic.
#[derive(Clone, Debug)]
struct TopicInfo {
    built_in: BuiltInPartitioner,
    compression_ratio: CompressionRatioEstimator,
    /// By partition.
    queues: Vec<PartitionQueue>,
}

impl TopicInfo {
    #[inline]
    fn queue_mut(&mut self, index: usize) -> &mut PartitionQueue {
        if self.queues.len() <= index {
            self.make_queues_up_to(index);
        }
        &mut self.queues[index]
    }

    #[cold]
    fn make_queues_up_to(&mut self, index: usize) {
        self.queues.resize_with(index + 1, PartitionQueue::default);
    }
}

/// When a node last had something to get and when it last could take it, for `partitioner.availability.timeout.ms`.
#[derive(Clone, Copy, Debug)]
struct NodeLatencyStats {
    ready_at: VirtualTime,
    drain_at: VirtualTime,
}

/// Memory that is used again and again and holds nothing of a run's state; a clone begins without it.
#[derive(Debug, Default)]
struct Scratch {
    compressor: Compressor,
    spare_buffers: Vec<Vec<u8>>,
    records_of_last_batch: usize,
    queues: Vec<(crate::engine::common::PartitionId, u32)>,
}

impl Clone for Scratch {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// How the accumulator is set.
#[derive(Clone, Debug)]
struct AccumulatorConfig {
    /// `batch.size`, at least 1.
    batch_size: usize,
    compression: Compression,
    linger: VirtualTime,
    backoff: ExponentialBackoff,
    delivery_timeout: VirtualTime,
    adaptive: bool,
    /// `partitioner.availability.timeout.ms`; none if it is 0.
    availability_timeout: Option<VirtualTime>,
}

/// The accumulator of one producer. A clone shares what no longer changes; it copies the batches that are being filled.
#[derive(Clone, Debug)]
pub struct RecordAccumulator {
    config: AccumulatorConfig,
    pool: BufferPool,
    /// By topic.
    topics: Vec<TopicInfo>,
    node_stats: BTreeMap<BrokerId, NodeLatencyStats>,
    /// Where the next walk over a node's partitions starts.
    drain_index: BTreeMap<BrokerId, usize>,
    /// Batches without an outcome, waiting or on the wire.
    incomplete: BTreeSet<BatchId>,
    flushes: Vec<Flush>,
    next_flush_id: u64,
    next_batch_id: u64,
    is_closed: bool,
    /// How batches are numbered, with `enable.idempotence`.
    idempotence: Option<Idempotence>,
    /// Draws the jitter of the backoff; none: no jitter.
    jitter: Option<Prng>,
    scratch: Scratch,
}

impl RecordAccumulator {
    /// An empty accumulator. `compression` is the settings' codec with its client's framing; `jitter` draws the backoff's jitter.
    #[must_use]
    pub fn new(config: &ProducerConfig, compression: Compression, jitter: Option<Prng>) -> Self {
        let bytes = |setting: i64| usize::try_from(setting).unwrap_or(0);
        let batch_size = bytes(config.batch_size).max(1);
        let is_built_in = config.partitioner_class == crate::engine::config::PartitionerClass::BuiltIn;
        let availability = VirtualTime::from_ms(config.partitioner_availability_timeout_ms);
        Self {
            config: AccumulatorConfig {
                batch_size,
                compression,
                linger: VirtualTime::from_ms(config.linger_ms),
                backoff: ExponentialBackoff::of_retries(config),
                delivery_timeout: VirtualTime::from_ms(config.delivery_timeout_ms),
                adaptive: config.partitioner_adaptive && is_built_in,
                availability_timeout: Some(availability).filter(|timeout| *timeout > VirtualTime::ZERO),
            },
            pool: BufferPool::new(bytes(config.buffer_memory), batch_size),
            topics: Vec::new(),
            node_stats: BTreeMap::new(),
            drain_index: BTreeMap::new(),
            incomplete: BTreeSet::new(),
            flushes: Vec::new(),
            next_flush_id: 0,
            next_batch_id: 0,
            is_closed: false,
            idempotence: config.is_idempotent().then(Idempotence::default),
            jitter,
            scratch: Scratch::default(),
        }
    }

    /// Who the producer is and how its batches are numbered; none without `enable.idempotence`.
    #[must_use]
    pub fn idempotence(&self) -> Option<&Idempotence> {
        self.idempotence.as_ref()
    }

    pub(super) fn idempotence_mut(&mut self) -> Option<&mut Idempotence> {
        self.idempotence.as_mut()
    }

    /// Takes the id that a broker gave (the answer to InitProducerId). Nothing without `enable.idempotence`. Wake the sender after it.
    pub fn assign_producer_id(&mut self, identity: ProducerIdAndEpoch) {
        if let Some(idempotence) = &mut self.idempotence {
            idempotence.assign(identity);
        }
    }

    /// Whether a batch waits that was not drained.
    #[must_use]
    pub fn has_undrained(&self) -> bool {
        self.topics.iter().flat_map(|topic| &topic.queues).any(|queue| !queue.batches.is_empty())
    }

    /// Whether a batch has no outcome yet, waiting or on the wire.
    #[must_use]
    pub fn has_incomplete(&self) -> bool {
        !self.incomplete.is_empty()
    }

    /// Keeps a partition's batches back until its batch on the wire is answered.
    pub fn mute_partition(&mut self, partition: TopicPartition) {
        self.queue_mut(partition).is_muted = true;
    }

    /// Lets a partition's batches go again.
    pub fn unmute_partition(&mut self, partition: TopicPartition) {
        self.queue_mut(partition).is_muted = false;
    }

    /// The batch is done: gives its memory back.
    pub fn deallocate(&mut self, batch: &ProducerBatch) {
        self.incomplete.remove(&batch.id());
        self.flushes.retain_mut(|flush| !flush.completes_with(batch.id()));
        if let super::BatchOrigin::Appended { buffer_size } = batch.origin() {
            self.pool.deallocate(buffer_size);
        }
    }

    #[inline]
    fn topic_info_mut(&mut self, topic: TopicId) -> &mut TopicInfo {
        let index = usize::from(topic.0);
        if self.topics.len() <= index {
            self.make_topics_up_to(index);
        }
        &mut self.topics[index]
    }

    #[cold]
    fn make_topics_up_to(&mut self, index: usize) {
        let batch_size = i64::try_from(self.config.batch_size).expect("batch.size is a 32-bit number");
        self.topics.resize_with(index + 1, || TopicInfo {
            built_in: BuiltInPartitioner::new(batch_size),
            compression_ratio: CompressionRatioEstimator::default(),
            queues: Vec::new(),
        });
    }

    fn queue_mut(&mut self, partition: TopicPartition) -> &mut PartitionQueue {
        self.topic_info_mut(partition.topic).queue_mut(partition.partition.index())
    }

    /// The batches of a partition that wait.
    pub(super) fn waiting_batches_mut(
        &mut self,
        partition: TopicPartition,
    ) -> impl Iterator<Item = &mut ProducerBatch> {
        self.queue_mut(partition).batches.iter_mut()
    }

    fn new_batch_id(&mut self) -> BatchId {
        self.next_batch_id += 1;
        BatchId(self.next_batch_id - 1)
    }

    fn metadata_epoch(metadata: &MetadataView, partition: TopicPartition) -> crate::engine::common::LeaderEpoch {
        metadata.partition(partition).leader_epoch
    }
}
