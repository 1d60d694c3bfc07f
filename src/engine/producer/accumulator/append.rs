//! Appending a record (`RecordAccumulator.append`, KAFKA 2.3 and 3.2).
//!
//! The rule it keeps: the last batch takes the record if it has room; otherwise it is closed for appends, a buffer is asked for, and a
//! new batch is made. A switch of the sticky partition that was held back is looked for before either. Java blocks for memory inside
//! `append`; here the caller gets a [`BlockedAppend`] and comes back with it, and the append goes on behind the wait.

use super::{PartitionQueue, RecordAccumulator, TopicInfo};
use crate::engine::common::{PartitionId, RecordId, Timestamp, TopicId, TopicPartition, VirtualTime};
use crate::engine::producer::partitioner::{BuiltInPartitioner, Chance, StickyPartition};
use crate::engine::producer::{Allocation, BatchId, BatchOrigin, ProducerBatch, TopicMetadata, WaiterTicket};
use crate::engine::record::builder::batch_size_upper_bound;
use crate::engine::record::{BatchOptions, Header, RecordBatchBuilder};
use std::fmt;

/// Largest buffer that is reserved whole when a batch is begun; a larger one grows as it is filled.
const BUFFER_BYTES_RESERVED_MAX: usize = 64 * 1024;
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

/// An append between two steps: the partition that it is about to try, and the buffer that it holds.
struct Course {
    topic: TopicId,
    wanted: PartitionId,
    buffer: Option<usize>,
    deadline: VirtualTime,
}

impl RecordAccumulator {
    /// Appends a record to `wanted`, or to the partition that the built-in partitioner chooses if that is
    /// [`PartitionId::UNKNOWN`]. It waits for memory up to `deadline`: at once over if that is not after `now`.
    ///
    /// `wanted`, if given, must be a partition of `metadata`, which must have one or more.
    ///
    /// # Errors
    /// No memory in time, a record larger than all memory, or the producer is closed. The record is then in no batch.
    pub fn append(
        &mut self,
        topic: TopicId,
        metadata: &TopicMetadata,
        wanted: PartitionId,
        record: &Produced<'_>,
        chance: &mut impl Chance,
        now: VirtualTime,
        deadline: VirtualTime,
    ) -> Result<AppendOutcome, AppendError> {
        if self.is_closed {
            return Err(AppendError::Closed);
        }
        let course = Course { topic, wanted, buffer: None, deadline };
        self.append_from_the_start(course, metadata, record, chance, now)
    }

    /// Whether a blocked append has its memory, or never will: it is worth a [`RecordAccumulator::resume_append`].
    #[must_use]
    pub fn is_unblocked(&self, blocked: &BlockedAppend, now: VirtualTime) -> bool {
        self.is_closed || now >= blocked.deadline || self.pool.is_granted(blocked.ticket)
    }

    /// Goes on with an append that waited for memory, with the same record.
    ///
    /// # Errors
    /// As [`RecordAccumulator::append`].
    pub fn resume_append(
        &mut self,
        blocked: BlockedAppend,
        metadata: &TopicMetadata,
        record: &Produced<'_>,
        chance: &mut impl Chance,
        now: VirtualTime,
    ) -> Result<AppendOutcome, AppendError> {
        if self.is_closed {
            self.pool.give_up(blocked.ticket);
            return Err(AppendError::Closed);
        }
        if !self.pool.take_granted(blocked.ticket) {
            if now < blocked.deadline {
                return Ok(AppendOutcome::Blocked(blocked));
            }
            return Err(self.exhausted(blocked.ticket, blocked.size));
        }
        let BlockedAppend { topic, wanted, partition, sticky, size, deadline, .. } = blocked;
        let course = Course { topic, wanted, buffer: Some(size), deadline };
        if self.maybe_complete_switch(topic, metadata, partition, sticky, chance) {
            return self.append_from_the_start(course, metadata, record, chance, now);
        }
        Ok(AppendOutcome::Appended(self.append_with_buffer(course, metadata, partition, sticky, record, chance, now)))
    }

    fn append_from_the_start(
        &mut self,
        mut course: Course,
        metadata: &TopicMetadata,
        record: &Produced<'_>,
        chance: &mut impl Chance,
        now: VirtualTime,
    ) -> Result<AppendOutcome, AppendError> {
        loop {
            let topic = self.topic_info_mut(course.topic);
            let sticky = (course.wanted == PartitionId::UNKNOWN).then(|| topic.built_in.peek_current(metadata, chance));
            let partition = sticky.map_or(course.wanted, |sticky| sticky.partition);
            topic.queue_mut(partition.index()).is_used = true;
            if self.maybe_complete_switch(course.topic, metadata, partition, sticky, chance) {
                continue;
            }
            if let Some(appended) = self.try_append(course.topic, metadata, partition, sticky, record, chance, now) {
                if let Some(size) = course.buffer {
                    self.pool.deallocate(size);
                }
                return Ok(AppendOutcome::Appended(appended));
            }
            if course.buffer.is_none() {
                let size = self.config.batch_size.max(record.batch_size_upper_bound());
                match self.pool.allocate(size) {
                    Allocation::Granted => course.buffer = Some(size),
                    Allocation::TooLarge => {
                        return Err(AppendError::LargerThanBufferMemory { size, total: self.pool.total_memory() });
                    }
                    Allocation::Waiting(ticket) if course.deadline <= now => return Err(self.exhausted(ticket, size)),
                    Allocation::Waiting(ticket) => {
                        let Course { topic, wanted, deadline, .. } = course;
                        let blocked = BlockedAppend { topic, wanted, partition, sticky, ticket, size, deadline };
                        return Ok(AppendOutcome::Blocked(blocked));
                    }
                }
            }
            if self.maybe_complete_switch(course.topic, metadata, partition, sticky, chance) {
                continue;
            }
            let appended = self.append_with_buffer(course, metadata, partition, sticky, record, chance, now);
            return Ok(AppendOutcome::Appended(appended));
        }
    }

    /// The end of an append that holds a buffer: into a batch that came up meanwhile, or into a new one.
    #[allow(clippy::too_many_arguments)] // the course of one append, cut in two by the wait for memory
    fn append_with_buffer(
        &mut self,
        course: Course,
        metadata: &TopicMetadata,
        partition: PartitionId,
        sticky: Option<StickyPartition>,
        record: &Produced<'_>,
        chance: &mut impl Chance,
        now: VirtualTime,
    ) -> Appended {
        let size = course.buffer.expect("the buffer was granted before this step");
        if let Some(appended) = self.try_append(course.topic, metadata, partition, sticky, record, chance, now) {
            self.pool.deallocate(size);
            return appended;
        }
        let id = self.new_batch_id();
        self.incomplete.insert(id);
        let options = BatchOptions {
            compression: self.config.compression,
            write_limit: size,
            estimated_ratio: self.topic_info_mut(course.topic).compression_ratio.estimation(),
            ..BatchOptions::default()
        };
        let builder = RecordBatchBuilder::new(options, self.buffer_of(size));
        let topic_partition = TopicPartition::new(course.topic, partition);
        let origin = BatchOrigin::Appended { buffer_size: size };
        let mut batch = ProducerBatch::new(id, topic_partition, origin, builder, now);
        batch.try_append(record, now).expect("the first record always fits");
        let appended_bytes = batch.estimated_size_in_bytes();
        let TopicInfo { built_in, queues, .. } = self.topic_info_mut(course.topic);
        let queue = &mut queues[partition.index()];
        queue.batches.push_back(batch);
        let appended = appended(queue, partition, true, appended_bytes);
        count_produced(built_in, queue, sticky, appended_bytes, metadata, chance);
        appended
    }

    /// Appends to the last batch of the queue; if that has no room, closes it for appends.
    #[allow(clippy::too_many_arguments)]
    #[inline]
    fn try_append(
        &mut self,
        topic: TopicId,
        metadata: &TopicMetadata,
        partition: PartitionId,
        sticky: Option<StickyPartition>,
        record: &Produced<'_>,
        chance: &mut impl Chance,
        now: VirtualTime,
    ) -> Option<Appended> {
        let TopicInfo { built_in, queues, .. } = &mut self.topics[usize::from(topic.0)];
        let queue = &mut queues[partition.index()];
        let last = queue.batches.back_mut()?;
        let Some(appended_bytes) = last.try_append(record, now) else {
            last.close_for_record_appends();
            return None;
        };
        let appended = appended(queue, partition, false, appended_bytes);
        count_produced(built_in, queue, sticky, appended_bytes, metadata, chance);
        Some(appended)
    }

    /// Whether the sticky partition is another now: switched by somebody else, or by a switch that was held back until the last batch of
    /// its queue was full. Never so for a record whose partition is given.
    #[inline]
    fn maybe_complete_switch(
        &mut self,
        topic: TopicId,
        metadata: &TopicMetadata,
        partition: PartitionId,
        sticky: Option<StickyPartition>,
        chance: &mut impl Chance,
    ) -> bool {
        let Some(sticky) = sticky else { return false };
        let TopicInfo { built_in, queues, .. } = &mut self.topics[usize::from(topic.0)];
        built_in.is_partition_changed(sticky)
            || (queues[partition.index()].all_batches_full() && built_in.maybe_switch(0, metadata, true, chance))
    }

    fn exhausted(&mut self, ticket: WaiterTicket, size: usize) -> AppendError {
        let available = self.pool.available_memory();
        self.pool.give_up(ticket);
        AppendError::BufferExhausted { size, available }
    }

    fn buffer_of(&mut self, size: usize) -> Vec<u8> {
        let spare = self.scratch.spare_buffers.pop();
        spare.unwrap_or_else(|| Vec::with_capacity(size.min(BUFFER_BYTES_RESERVED_MAX)))
    }

    /// Keeps a buffer for the next batch.
    pub(super) fn keep_buffer(&mut self, buffer: Vec<u8>) {
        if self.scratch.spare_buffers.len() < SPARE_BUFFERS_MAX {
            self.scratch.spare_buffers.push(buffer);
        }
    }
}

fn appended(queue: &PartitionQueue, partition: PartitionId, new_batch_created: bool, appended_bytes: usize) -> Appended {
    let last = queue.batches.back().expect("the batch that took the record is the last");
    let batch_is_full = queue.batches.len() > 1 || last.is_full();
    Appended { partition, batch: last.id(), batch_is_full, new_batch_created, appended_bytes }
}

/// Counts bytes for the sticky partition and switches if it is time. Records with a given partition do not count.
fn count_produced(
    built_in: &mut BuiltInPartitioner,
    queue: &PartitionQueue,
    sticky: Option<StickyPartition>,
    appended_bytes: usize,
    metadata: &TopicMetadata,
    chance: &mut impl Chance,
) {
    if sticky.is_some() {
        let appended_bytes = i64::try_from(appended_bytes).expect("a record is far below 2^63 bytes");
        built_in.maybe_switch(appended_bytes, metadata, queue.all_batches_full(), chance);
    }
}
