//! One producer session: partitioner, accumulator and sender behind send(), flush() and close() (`KafkaProducer`, KAFKA 3.1).
//!
//! The rule it keeps: send() places the record, refuses what is too large before it costs anything, and appends; all that may take time
//! is answered as a wait that the application comes back from. Settings are fixed when it is made. Clock, connections and metadata
//! requests belong to whoever drives it.

use super::accumulator::{
    AppendContext, AppendError, AppendOutcome, Appended, BlockedAppend, FlushId, Produced, RecordAccumulator,
};
use super::sender::{PartitionResponse, RequestId, Sender, SenderTurn};
use super::{Idempotence, MetadataView, Partitioner, ProducerIdAndEpoch, TopicMetadata};
use crate::engine::common::{BrokerId, PartitionId, Prng, TopicId, VirtualTime};
use crate::engine::config::ProducerConfig;
use crate::engine::record::Compression;
use std::fmt;

/// How a send() went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendOutcome {
    /// The record is in a batch. If that is full or new, the sender should be woken.
    Appended(Appended),
    /// No memory: come back with [`Producer::resume_send`] when [`Producer::is_unblocked`].
    BlockedForMemory(BlockedAppend),
    /// The topic or the partition is not known: call send() again when metadata came, with the same deadline.
    BlockedForMetadata,
}

/// Why send() refused a record. It is in no batch, and nothing of it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendError {
    /// Larger than `max.request.size` or `buffer.memory`, before compression (`RecordTooLargeException`).
    RecordTooLarge {
        /// Bytes that its batch may take.
        size: usize,
        /// The setting that it passes.
        setting: &'static str,
        /// That setting's value.
        limit: usize,
    },
    /// The topic or partition stayed unknown for `max.block.ms` (`TimeoutException`).
    MetadataTimedOut {
        /// The partition that was asked for, if one was.
        partition: Option<PartitionId>,
    },
    /// The partition asked for is negative (`IllegalArgumentException`).
    InvalidPartition(PartitionId),
    /// The accumulator refused it.
    Append(AppendError),
}

impl SendError {
    /// The Java client's exception class, without its package.
    #[must_use]
    pub fn exception(&self) -> &'static str {
        match self {
            SendError::RecordTooLarge { .. } => "RecordTooLargeException",
            SendError::MetadataTimedOut { .. } => "TimeoutException",
            SendError::InvalidPartition(_) => "IllegalArgumentException",
            SendError::Append(error) => error.exception(),
        }
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SendError::RecordTooLarge { size, setting: "buffer.memory", .. } => write!(
                f,
                "The message is {size} bytes when serialized which is larger than the total memory buffer you have configured with the \
                 buffer.memory configuration."
            ),
            SendError::RecordTooLarge { size, setting, limit } => write!(
                f,
                "The message is {size} bytes when serialized which is larger than {limit}, which is the value of the {setting} configuration."
            ),
            SendError::MetadataTimedOut { partition: Some(partition) } => {
                write!(f, "Partition {partition} is not present in metadata after max.block.ms.")
            }
            SendError::MetadataTimedOut { partition: None } => {
                f.write_str("Topic not present in metadata after max.block.ms.")
            }
            SendError::InvalidPartition(partition) => {
                write!(f, "Invalid partition: {partition}. Partition number should always be non-negative or null.")
            }
            SendError::Append(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SendError {}

/// One producer session.
#[derive(Clone, Debug)]
pub struct Producer {
    config: ProducerConfig,
    metadata: MetadataView,
    partitioner: Partitioner,
    accumulator: RecordAccumulator,
    sender: Sender,
    /// Draws partitions.
    chance: Prng,
    /// The smaller of `max.request.size` and `buffer.memory`.
    record_size_max: usize,
    /// `max.block.ms`.
    block_max: VirtualTime,
}

impl Producer {
    /// A producer that knows nothing of the cluster yet. `compression` is the settings' codec with its client's framing; `name` sets its
    /// streams of chance apart from other producers'.
    #[must_use]
    pub fn new(config: ProducerConfig, compression: Compression, seed: u64, name: &str) -> Self {
        let jitter = Prng::stream(seed, &format!("{name}/backoff"));
        Self {
            metadata: MetadataView::default(),
            partitioner: Partitioner::of(&config),
            accumulator: RecordAccumulator::new(&config, compression, Some(jitter)),
            sender: Sender::new(&config),
            chance: Prng::stream(seed, &format!("{name}/partitioner")),
            record_size_max: as_size(config.max_request_size.min(config.buffer_memory)),
            block_max: VirtualTime::from_ms(config.max_block_ms),
            config,
        }
    }

    /// Its settings.
    #[must_use]
    pub fn config(&self) -> &ProducerConfig {
        &self.config
    }

    /// What it knows of the cluster.
    #[must_use]
    pub fn metadata(&self) -> &MetadataView {
        &self.metadata
    }

    /// Its waiting batches and memory.
    #[must_use]
    pub fn accumulator(&self) -> &RecordAccumulator {
        &self.accumulator
    }

    /// Its requests on the wire.
    #[must_use]
    pub fn sender(&self) -> &Sender {
        &self.sender
    }

    /// Whether it waits for a producer id and sends nothing until it has one: have a broker asked (InitProducerId), and answer with
    /// [`Producer::assign_producer_id`].
    #[must_use]
    pub fn is_waiting_for_producer_id(&self) -> bool {
        self.accumulator.idempotence().is_some_and(Idempotence::is_initializing)
    }

    /// A broker gave it an id; the epoch is 0. Wake the sender after it.
    pub fn assign_producer_id(&mut self, identity: ProducerIdAndEpoch) {
        self.accumulator.assign_producer_id(identity);
    }

    /// Takes a metadata answer. Wake the sender after it.
    pub fn set_metadata(&mut self, answer: MetadataView) {
        self.metadata.update(answer);
    }

    /// The moment at which a send() that begins now stops waiting, for metadata and for memory together: `max.block.ms` later.
    #[must_use]
    pub fn deadline_of_a_send(&self, now: VirtualTime) -> VirtualTime {
        now + self.block_max
    }

    /// Sends a record to `partition`, or to the one that the partitioner chooses. Waits end at `deadline`.
    ///
    /// # Errors
    /// The record is refused; it is in no batch.
    pub fn send(
        &mut self,
        topic: TopicId,
        partition: Option<PartitionId>,
        record: &Produced<'_>,
        now: VirtualTime,
        deadline: VirtualTime,
    ) -> Result<SendOutcome, SendError> {
        if let Some(partition) = partition.filter(|partition| partition.0 < 0) {
            return Err(SendError::InvalidPartition(partition));
        }
        let known = self.metadata.topic(topic).filter(|topic| {
            let least = partition.map_or(0, PartitionId::index);
            topic.partitions_count() > least
        });
        let Some(metadata) = known else {
            return if now < deadline {
                Ok(SendOutcome::BlockedForMetadata)
            } else {
                Err(SendError::MetadataTimedOut { partition })
            };
        };
        let wanted = match partition {
            Some(partition) => partition,
            None => self.partitioner.partition(topic, metadata, record.key, &mut self.chance, now),
        };
        if record.is_larger_than(self.record_size_max) {
            return Err(self.too_large(record.batch_size_upper_bound()));
        }
        let context = AppendContext { topic, metadata, chance: &mut self.chance, now };
        match self.accumulator.append(context, wanted, record, deadline) {
            Ok(AppendOutcome::Appended(appended)) => Ok(SendOutcome::Appended(appended)),
            Ok(AppendOutcome::Blocked(blocked)) => Ok(SendOutcome::BlockedForMemory(blocked)),
            Err(error) => Err(SendError::Append(error)),
        }
    }

    /// Which setting a record passes (`KafkaProducer.ensureValidRecordSize`).
    #[cold]
    fn too_large(&self, size: usize) -> SendError {
        let limits = [("max.request.size", self.config.max_request_size), ("buffer.memory", self.config.buffer_memory)];
        let passed =
            limits.into_iter().map(|(setting, limit)| (setting, as_size(limit))).find(|(_, limit)| size > *limit);
        let (setting, limit) = passed.expect("the size passes the smaller of the two");
        SendError::RecordTooLarge { size, setting, limit }
    }

    /// Whether a send() that waits for memory should come back.
    #[must_use]
    pub fn is_unblocked(&self, blocked: &BlockedAppend, now: VirtualTime) -> bool {
        self.accumulator.is_unblocked(blocked, now)
    }

    /// Goes on with a send() that waited for memory, with the same record.
    ///
    /// # Errors
    /// The record is refused; it is in no batch.
    pub fn resume_send(
        &mut self,
        blocked: BlockedAppend,
        record: &Produced<'_>,
        now: VirtualTime,
    ) -> Result<SendOutcome, SendError> {
        let unknown = TopicMetadata::default();
        let topic = blocked.partition().topic;
        let metadata = self.metadata.topic(topic).unwrap_or(&unknown);
        let context = AppendContext { topic, metadata, chance: &mut self.chance, now };
        let outcome = self.accumulator.resume_append(context, blocked, record);
        outcome.map(SendOutcome::from).map_err(SendError::Append)
    }

    /// The sender's thread wakes: an answer came, a batch is full or new, or [`Producer::next_wake_at`] is reached.
    pub fn wake(&mut self, now: VirtualTime) -> SenderTurn {
        self.sender.wake(&mut self.accumulator, &mut self.metadata, now)
    }

    /// One turn of the sender, as Kafka's `runOnce`. [`Producer::wake`] is what an event calls for.
    pub fn run_once(&mut self, now: VirtualTime) -> SenderTurn {
        self.sender.run(&mut self.accumulator, &mut self.metadata, now)
    }

    /// When to call [`Producer::wake`] at the latest.
    #[must_use]
    pub fn next_wake_at(&self) -> VirtualTime {
        self.sender.next_wake_at(&self.accumulator)
    }

    /// A broker's answer arrives; [`Producer::wake`] takes it. Whether the request was still waited for.
    pub fn respond(&mut self, request: RequestId, partitions: Vec<PartitionResponse>) -> bool {
        self.sender.respond(request, partitions)
    }

    /// The connection to a node is lost; [`Producer::wake`] takes note.
    pub fn disconnected(&mut self, node: BrokerId) {
        self.sender.disconnected(node);
    }

    /// Says whether there is a connection to a node; at first there is one to every node.
    pub fn set_node_ready(&mut self, node: BrokerId, is_ready: bool) {
        self.sender.set_node_ready(node, is_ready);
    }

    /// flush(): every batch may go at once until those that have no outcome now have one. Wake the sender after it.
    pub fn begin_flush(&mut self) -> FlushId {
        self.accumulator.begin_flush()
    }

    /// Whether the flush still waits.
    #[must_use]
    pub fn is_flushing(&self, flush: FlushId) -> bool {
        self.accumulator.is_flushing(flush)
    }

    /// close(): takes no more records and sends what it has. Done when [`Producer::has_incomplete`] is false. Wake the sender after it.
    pub fn close(&mut self) {
        self.accumulator.close();
    }

    /// close() whose time is over: fails everything that has no outcome.
    pub fn close_forcefully(&mut self) -> SenderTurn {
        self.sender.abort_incomplete_batches(&mut self.accumulator)
    }

    /// Whether a batch has no outcome yet.
    #[must_use]
    pub fn has_incomplete(&self) -> bool {
        self.accumulator.has_incomplete()
    }
}

impl From<AppendOutcome> for SendOutcome {
    fn from(outcome: AppendOutcome) -> Self {
        match outcome {
            AppendOutcome::Appended(appended) => SendOutcome::Appended(appended),
            AppendOutcome::Blocked(blocked) => SendOutcome::BlockedForMemory(blocked),
        }
    }
}

fn as_size(setting: i64) -> usize {
    usize::try_from(setting).unwrap_or(usize::MAX)
}
