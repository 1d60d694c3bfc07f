//! Appending a record (`RecordAccumulator.append`, KAFKA 2.3 and 3.2).
//!
//! The rule it keeps: the last batch takes the record if it has room; otherwise it is closed for appends, a buffer is asked for, and a
//! new batch is made. A switch of the sticky partition that was held back is looked for before either. Java blocks for memory inside
//! `append`; here the caller gets a [`BlockedAppend`] and comes back with it, and the append goes on behind the wait.

use super::{PartitionQueue, RecordAccumulator, TopicInfo};
use crate::engine::common::{PartitionId, RecordId, Timestamp, TopicId, TopicPartition, VirtualTime};
use crate::engine::producer::partitioner::{BuiltInPartitioner, Chance, StickyPartition};
use crate::engine::producer::producer_batch::Filling;
use crate::engine::producer::{Allocation, BatchId, BatchOrigin, ProducerBatch, TopicMetadata, WaiterTicket};
use crate::engine::record::builder::batch_size_upper_bound;
use crate::engine::record::{BatchOptions, Header, RecordBatchBuilder};
use std::fmt;

/// Largest buffer that is reserved whole when a batch is begun; a larger one grows as it is filled.
const BUFFER_BYTES_RESERVED_MAX: usize = 64 * 1024;
/// What a batch of one record without headers takes besides key and value, at most: batch header, record overhead, three lengths.
const PAYLOAD_OVERHEAD_MAX: usize = 61 + 21 + 3 * 5;
/// Most buffers that are kept for the next batches.
const SPARE_BUFFERS_MAX: usize = 64;

/// A record as the application hands it over: serialized, not copied.
#[derive(Clone, Copy, Debug)]
pub struct Produced<'a> {
    /// Its name in the ledger; it is in no byte.
    pub id: RecordId,
    /// CreateTime in milliseconds, 0 or more.
    pub timestamp: Timestamp,
    /// Null, empty or bytes.
    pub key: Option<&'a [u8]>,
    /// Null (a tombstone), empty or bytes.
    pub value: Option<&'a [u8]>,
    /// In order; keys may repeat.
    pub headers: &'a [Header],
}

impl Produced<'_> {
    /// Bytes that a batch of this record takes at most, before compression.
    #[must_use]
    pub fn batch_size_upper_bound(&self) -> usize {
        batch_size_upper_bound(self.key, self.value, self.headers)
    }

    /// Whether a batch of this record may take more than `size_max` bytes. Small records are told without counting exactly.
    #[inline]
    #[must_use]
    pub fn is_larger_than(&self, size_max: usize) -> bool {
        let payload = self.key.map_or(0, <[u8]>::len) + self.value.map_or(0, <[u8]>::len);
        let is_small = self.headers.is_empty() && payload + PAYLOAD_OVERHEAD_MAX <= size_max;
        !is_small && self.batch_size_upper_bound() > size_max
    }
}

/// A record is in a batch (`RecordAppendResult`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The partition it goes to.
    pub partition: PartitionId,
    /// The batch that took it.
    pub batch: BatchId,
    /// The batch is full or another stands before it: the sender should look.
    pub batch_is_full: bool,
    /// The batch was made for it: the sender should look.
    pub new_batch_created: bool,
    /// By how many bytes the batch's estimated size grew; a new batch's header counts.
    pub appended_bytes: usize,
}

/// An append that waits for memory. The last batch of its partition is closed already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockedAppend {
    /// Where the record goes.
    topic: TopicId,
    /// As the application asked for it.
    wanted: PartitionId,
    partition: PartitionId,
    sticky: Option<StickyPartition>,
    ticket: WaiterTicket,
    size: usize,
    deadline: VirtualTime,
}

impl BlockedAppend {
    /// The place in the line for memory.
    #[must_use]
    pub fn ticket(&self) -> WaiterTicket {
        self.ticket
    }

    /// When the wait ends in a `BufferExhaustedException`.
    #[must_use]
    pub fn deadline(&self) -> VirtualTime {
        self.deadline
    }

    /// Bytes waited for.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// The partition that the record was going to when the wait began.
    #[must_use]
    pub fn partition(&self) -> TopicPartition {
        TopicPartition::new(self.topic, self.partition)
    }
}

/// How an append went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendOutcome {
    /// The record is in a batch.
    Appended(Appended),
    /// No memory: come back with this when [`RecordAccumulator::is_unblocked`] or at its deadline.
    Blocked(BlockedAppend),
}

/// Why an append failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendError {
    /// The wait for memory is over (`BufferExhaustedException`, a `TimeoutException`).
    BufferExhausted {
        /// Bytes needed.
        size: usize,
        /// Bytes free when the wait ended.
        available: usize,
    },
    /// The record needs more than the whole `buffer.memory` (`IllegalArgumentException`).
    LargerThanBufferMemory {
        /// Bytes needed.
        size: usize,
        /// `buffer.memory`.
        total: usize,
    },
    /// The producer was closed meanwhile (`KafkaException`).
    Closed,
}

impl AppendError {
    /// The Java client's exception class, without its package.
    #[must_use]
    pub fn exception(&self) -> &'static str {
        match self {
            AppendError::BufferExhausted { .. } => "BufferExhaustedException",
            AppendError::LargerThanBufferMemory { .. } => "IllegalArgumentException",
            AppendError::Closed => "KafkaException",
        }
    }
}

impl fmt::Display for AppendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AppendError::BufferExhausted { size, available } => write!(
                f,
                "Failed to allocate {size} bytes within the configured max blocking time. Available memory: {available} bytes."
            ),
            AppendError::LargerThanBufferMemory { size, total } => write!(
                f,
                "Attempt to allocate {size} bytes, but there is a hard limit of {total} on memory allocations."
            ),
            AppendError::Closed => f.write_str("Producer closed while send in progress"),
        }
    }
}

impl std::error::Error for AppendError {}

/// What an append goes by: where to, what is known of that topic, chance and the clock.
#[derive(Debug)]
pub struct AppendContext<'a, C> {
    /// The topic.
    pub topic: TopicId,
    /// What is known of it: one partition or more.
    pub metadata: &'a TopicMetadata,
    /// Draws the sticky partition.
    pub chance: &'a mut C,
    /// The time.
    pub now: VirtualTime,
}

/// The queue that an append is about to try.
#[derive(Clone, Copy)]
struct Target {
    partition: PartitionId,
    /// As it was when the partition was taken from it; none for a record whose partition is given.
    sticky: Option<StickyPartition>,
}

impl RecordAccumulator {
    /// Appends a record to `wanted`, which must exist, or to the partition that the built-in partitioner chooses if that is
    /// [`PartitionId::UNKNOWN`]. It waits for memory up to `deadline`: not at all if that is not after now.
    ///
    /// # Errors
    /// No memory in time, a record larger than all memory, or the producer is closed. The record is then in no batch.
    pub fn append(
        &mut self,
        mut context: AppendContext<'_, impl Chance>,
        wanted: PartitionId,
        record: &Produced<'_>,
        deadline: VirtualTime,
    ) -> Result<AppendOutcome, AppendError> {
        if self.is_closed {
            return Err(AppendError::Closed);
        }
        if wanted == PartitionId::UNKNOWN {
            return self.append_to_the_sticky_partition(&mut context, record, deadline);
        }
        let target = self.target_of(context.topic, wanted);
        // Nearly every record goes this way. The other way's answers are large, so they are kept out of it.
        if let Some(appended) = self.try_append(&mut context, target, record) {
            return Ok(AppendOutcome::Appended(appended));
        }
        self.append_to_a_new_batch(&mut context, wanted, target, record, deadline, None)
    }

    /// Kept apart, so that records whose partition is given do not pay for the questions that are asked here.
    #[inline(never)]
    fn append_to_the_sticky_partition(
        &mut self,
        context: &mut AppendContext<'_, impl Chance>,
        record: &Produced<'_>,
        deadline: VirtualTime,
    ) -> Result<AppendOutcome, AppendError> {
        let wanted = PartitionId::UNKNOWN;
        let target = self.target(context, wanted);
        if self.maybe_complete_switch(context, target) {
            return self.append_from_the_start(context, wanted, record, deadline, None);
        }
        if let Some(appended) = self.try_append(context, target, record) {
            return Ok(AppendOutcome::Appended(appended));
        }
        self.append_to_a_new_batch(context, wanted, target, record, deadline, None)
    }

    /// Whether a blocked append has its memory, or never will: it is worth a [`RecordAccumulator::resume_append`].
    #[must_use]
    pub fn is_unblocked(&self, blocked: &BlockedAppend, now: VirtualTime) -> bool {
        self.is_closed || now >= blocked.deadline || self.pool.is_granted(blocked.ticket)
    }

    /// Goes on with an append that waited for memory, with the same record and topic.
    ///
    /// # Errors
    /// As [`RecordAccumulator::append`].
    pub fn resume_append(
        &mut self,
        mut context: AppendContext<'_, impl Chance>,
        blocked: BlockedAppend,
        record: &Produced<'_>,
    ) -> Result<AppendOutcome, AppendError> {
        if self.is_closed {
            self.pool.give_up(blocked.ticket);
            return Err(AppendError::Closed);
        }
        if !self.pool.take_granted(blocked.ticket) {
            if context.now < blocked.deadline {
                return Ok(AppendOutcome::Blocked(blocked));
            }
            return Err(self.exhausted(blocked.ticket, blocked.size));
        }
        let BlockedAppend { wanted, partition, sticky, size, deadline, .. } = blocked;
        let target = Target { partition, sticky };
        if self.maybe_complete_switch(&mut context, target) {
            return self.append_from_the_start(&mut context, wanted, record, deadline, Some(size));
        }
        Ok(AppendOutcome::Appended(self.append_with_buffer(&mut context, target, record, size)))
    }

    #[cold]
    fn append_from_the_start(
        &mut self,
        context: &mut AppendContext<'_, impl Chance>,
        wanted: PartitionId,
        record: &Produced<'_>,
        deadline: VirtualTime,
        buffer: Option<usize>,
    ) -> Result<AppendOutcome, AppendError> {
        let mut target = self.target(context, wanted);
        while self.maybe_complete_switch(context, target) {
            target = self.target(context, wanted);
        }
        if let Some(appended) = self.try_append_again(context, target, record) {
            buffer.into_iter().for_each(|size| self.pool.deallocate(size));
            return Ok(AppendOutcome::Appended(appended));
        }
        self.append_to_a_new_batch(context, wanted, target, record, deadline, buffer)
    }

    /// The last batch has no room: goes on with a buffer, the one at hand or one of the pool.
    #[cold]
    fn append_to_a_new_batch(
        &mut self,
        context: &mut AppendContext<'_, impl Chance>,
        wanted: PartitionId,
        target: Target,
        record: &Produced<'_>,
        deadline: VirtualTime,
        buffer: Option<usize>,
    ) -> Result<AppendOutcome, AppendError> {
        let size = buffer.unwrap_or_else(|| self.config.batch_size.max(record.batch_size_upper_bound()));
        let allocation = if buffer.is_some() { Allocation::Granted } else { self.pool.allocate(size) };
        match allocation {
            Allocation::Granted if self.maybe_complete_switch(context, target) => {
                self.append_from_the_start(context, wanted, record, deadline, Some(size))
            }
            Allocation::Granted => Ok(AppendOutcome::Appended(self.append_with_buffer(context, target, record, size))),
            Allocation::TooLarge => Err(AppendError::LargerThanBufferMemory { size, total: self.pool.total_memory() }),
            Allocation::Waiting(ticket) if deadline <= context.now => Err(self.exhausted(ticket, size)),
            Allocation::Waiting(ticket) => {
                let (topic, Target { partition, sticky }) = (context.topic, target);
                let blocked = BlockedAppend { topic, wanted, partition, sticky, ticket, size, deadline };
                Ok(AppendOutcome::Blocked(blocked))
            }
        }
    }

    /// The queue of the wanted partition, made if need be.
    #[inline]
    fn target_of(&mut self, topic: TopicId, wanted: PartitionId) -> Target {
        self.topic_info_mut(topic).queue_mut(wanted.index()).is_used = true;
        Target { partition: wanted, sticky: None }
    }

    /// The queue of the wanted partition, or of the sticky one; made if need be.
    fn target(&mut self, context: &mut AppendContext<'_, impl Chance>, wanted: PartitionId) -> Target {
        if wanted != PartitionId::UNKNOWN {
            return self.target_of(context.topic, wanted);
        }
        let sticky = self.topic_info_mut(context.topic).built_in.peek_current(context.metadata, context.chance);
        Target { sticky: Some(sticky), ..self.target_of(context.topic, sticky.partition) }
    }

    /// The end of an append that holds a buffer: into a batch that came up meanwhile, or into a new one.
    #[cold]
    fn append_with_buffer(
        &mut self,
        context: &mut AppendContext<'_, impl Chance>,
        target: Target,
        record: &Produced<'_>,
        size: usize,
    ) -> Appended {
        if let Some(appended) = self.try_append_again(context, target, record) {
            self.pool.deallocate(size);
            return appended;
        }
        let partition = TopicPartition::new(context.topic, target.partition);
        let origin = BatchOrigin::Appended { buffer_size: size };
        let mut batch = self.new_batch(partition, origin, size, context.now);
        self.incomplete.insert(batch.id());
        batch.try_append(record, context.now).expect("the first record always fits");
        let appended_bytes = batch.estimated_size_in_bytes();
        let TopicInfo { built_in, queues, .. } = self.topic_info_mut(context.topic);
        let queue = &mut queues[target.partition.index()];
        let appended = Appended {
            partition: target.partition,
            batch: batch.id(),
            batch_is_full: !queue.batches.is_empty() || batch.is_full(),
            new_batch_created: true,
            appended_bytes,
        };
        queue.batches.push_back(batch);
        count_produced(built_in, queue, context, target, appended_bytes);
        appended
    }

    /// Appends to the last batch of the queue; if that has no room, closes it for appends.
    #[inline(always)] // or the answer is written to memory and copied again and again, which costs more than the append itself
    fn try_append(
        &mut self,
        context: &mut AppendContext<'_, impl Chance>,
        target: Target,
        record: &Produced<'_>,
    ) -> Option<Appended> {
        let TopicInfo { built_in, queues, .. } = &mut self.topics[usize::from(context.topic.0)];
        let queue = &mut queues[target.partition.index()];
        let last = queue.batches.back_mut()?;
        let Some(appended_bytes) = last.try_append(record, context.now) else {
            last.close_for_record_appends();
            return None;
        };
        let (batch, last_is_full) = (last.id(), last.is_full());
        count_produced(built_in, queue, context, target, appended_bytes);
        let batch_is_full = queue.batches.len() > 1 || last_is_full;
        Some(Appended { partition: target.partition, batch, batch_is_full, new_batch_created: false, appended_bytes })
    }

    /// [`RecordAccumulator::try_append`] for the ways that few records go.
    #[cold]
    fn try_append_again(
        &mut self,
        context: &mut AppendContext<'_, impl Chance>,
        target: Target,
        record: &Produced<'_>,
    ) -> Option<Appended> {
        self.try_append(context, target, record)
    }

    /// Whether the sticky partition is another now: switched by somebody else, or by a switch that was held back until the last batch of
    /// its queue was full. Never so for a record whose partition is given.
    fn maybe_complete_switch(&mut self, context: &mut AppendContext<'_, impl Chance>, target: Target) -> bool {
        let Some(sticky) = target.sticky else { return false };
        let TopicInfo { built_in, queues, .. } = &mut self.topics[usize::from(context.topic.0)];
        built_in.is_partition_changed(sticky)
            || (queues[target.partition.index()].all_batches_full()
                && built_in.maybe_switch(0, context.metadata, true, context.chance))
    }

    /// An empty batch, filled into a buffer that was used before if there is one.
    pub(super) fn new_batch(
        &mut self,
        partition: TopicPartition,
        origin: BatchOrigin,
        write_limit: usize,
        created_at: VirtualTime,
    ) -> ProducerBatch {
        let options = BatchOptions {
            compression: self.config.compression,
            write_limit,
            estimated_ratio: self.topic_info_mut(partition.topic).compression_ratio.estimation(),
            ..BatchOptions::default()
        };
        let spare = self.scratch.spare_buffers.pop();
        let buffer = spare.unwrap_or_else(|| Vec::with_capacity(write_limit.min(BUFFER_BYTES_RESERVED_MAX)));
        let builder = RecordBatchBuilder::new(options, buffer);
        // Some more than the last one had, so that the list of ids does not move while it grows.
        let records_expected = self.scratch.records_of_last_batch + self.scratch.records_of_last_batch / 8;
        let filling = Filling::new(builder, records_expected);
        ProducerBatch::new(self.new_batch_id(), partition, origin, filling, created_at)
    }

    fn exhausted(&mut self, ticket: WaiterTicket, size: usize) -> AppendError {
        let available = self.pool.available_memory();
        self.pool.give_up(ticket);
        AppendError::BufferExhausted { size, available }
    }

    /// Keeps a buffer for the next batch.
    pub(super) fn keep_buffer(&mut self, buffer: Vec<u8>) {
        if self.scratch.spare_buffers.len() < SPARE_BUFFERS_MAX {
            self.scratch.spare_buffers.push(buffer);
        }
    }
}

/// Counts bytes for the sticky partition and switches if it is time. Records with a given partition do not count.
#[inline]
fn count_produced(
    built_in: &mut BuiltInPartitioner,
    queue: &PartitionQueue,
    context: &mut AppendContext<'_, impl Chance>,
    target: Target,
    appended_bytes: usize,
) {
    if target.sticky.is_some() {
        let appended_bytes = i64::try_from(appended_bytes).expect("a record is far below 2^63 bytes");
        built_in.maybe_switch(appended_bytes, context.metadata, queue.all_batches_full(), context.chance);
    }
}
