//! Taking batches for one request (`RecordAccumulator.drainBatchesForOneNode`, KAFKA 3.5), and those past their time (KAFKA 3.6).

use super::RecordAccumulator;
use super::ready::leave_reason;
use crate::engine::common::{BrokerId, TopicPartition, VirtualTime};
use crate::engine::producer::{LeaveReason, MetadataView, ProducerBatch};
use std::collections::VecDeque;

/// What the walk does at one partition.
enum Visit {
    /// Nothing to take here; the walk goes on.
    Skip,
    /// The request is full, or idempotence holds the head batch back: the walk ends here, and the next one begins here.
    Stop,
    /// The head batch goes, for this reason.
    Take(LeaveReason),
}

impl RecordAccumulator {
    /// Takes at most one batch of each partition that `node` leads, up to `size_max` bytes (`max.request.size`), and closes them.
    ///
    /// The walk over the node's partitions goes on where the last one ended. It does not ask for linger: what one partition made ready
    /// takes the others along. The first batch goes whatever its size. An idempotent producer's batch is numbered here, once.
    pub fn drain(
        &mut self,
        metadata: &MetadataView,
        node: BrokerId,
        size_max: usize,
        now: VirtualTime,
    ) -> Vec<ProducerBatch> {
        let partitions = metadata.partitions_of(node);
        let mut drained = Vec::new();
        if partitions.is_empty() {
            return drained;
        }
        let mut size = 0;
        let start = self.drain_index.get(&node).copied().unwrap_or(0) % partitions.len();
        let mut index = start;
        for step in 0..partitions.len() {
            index = (start + step) % partitions.len();
            let partition = partitions[index];
            let room = if drained.is_empty() { None } else { Some(size_max.saturating_sub(size)) };
            match self.visit(metadata, partition, room, now) {
                Visit::Skip => {}
                Visit::Stop => break,
                Visit::Take(reason) => {
                    let batch = self.take_head(partition, reason);
                    size += batch.estimated_size_in_bytes();
                    drained.push(batch);
                }
            }
        }
        self.drain_index.insert(node, index);
        drained
    }

    fn visit(
        &mut self,
        metadata: &MetadataView,
        partition: TopicPartition,
        room: Option<usize>,
        now: VirtualTime,
    ) -> Visit {
        let (pressure, linger) = (self.pressure(), self.config.linger);
        let epoch = Self::metadata_epoch(metadata, partition);
        let queue = self.queue_mut(partition);
        if queue.is_muted {
            return Visit::Skip;
        }
        let Some(head) = queue.batches.front_mut() else { return Visit::Skip };
        head.maybe_update_leader_epoch(epoch);
        if head.is_backing_off(now) {
            return Visit::Skip;
        }
        if room.is_some_and(|room| head.estimated_size_in_bytes() > room) {
            return Visit::Stop;
        }
        let queue = &self.topics[usize::from(partition.topic.0)].queues[partition.partition.index()];
        let head = queue.batches.front().expect("the queue was just seen not to be empty");
        let idempotence = self.idempotence.as_ref();
        if idempotence.is_some_and(|numbers| numbers.held_back(partition, head.base_sequence()).is_some()) {
            return Visit::Stop;
        }
        Visit::Take(leave_reason(linger, queue, head, pressure, now).unwrap_or(LeaveReason::SameBroker))
    }

    fn take_head(&mut self, partition: TopicPartition, reason: LeaveReason) -> ProducerBatch {
        let mut batch = self.queue_mut(partition).batches.pop_front().expect("the walk saw a head batch");
        if let Some(idempotence) = self.idempotence.as_mut().filter(|_| batch.base_sequence().is_none()) {
            batch.set_producer_state(idempotence.number(partition, batch.id(), batch.records_count_i32()));
        }
        let (ratio, buffer) = batch.close(&mut self.scratch.compressor);
        buffer.into_iter().for_each(|buffer| self.keep_buffer(buffer));
        self.scratch.records_of_last_batch = batch.records_count();
        // As in Kafka, a batch that is sent again teaches its ratio again.
        self.topic_info_mut(partition.topic).compression_ratio.update(ratio);
        batch.drained(reason);
        batch
    }

    /// Takes the waiting batches for which `delivery.timeout.ms` is over. Each queue is searched from its head to the first that is not
    /// due, so an overdue batch behind a younger one stays.
    pub fn expired_batches(&mut self, now: VirtualTime) -> Vec<ProducerBatch> {
        let timeout = self.config.delivery_timeout;
        let mut expired = Vec::new();
        for queue in self.topics.iter_mut().flat_map(|topic| &mut topic.queues) {
            while let Some(head) = queue.batches.front() {
                if !head.has_reached_delivery_timeout(timeout, now) {
                    break;
                }
                expired.extend(queue.batches.pop_front());
            }
        }
        expired
    }

    /// The queues, each from its head on: the batches that were not drained.
    pub(in crate::engine::producer) fn waiting_batches(&self) -> impl Iterator<Item = &VecDeque<ProducerBatch>> {
        self.topics.iter().flat_map(|topic| &topic.queues).map(|queue| &queue.batches)
    }
}
