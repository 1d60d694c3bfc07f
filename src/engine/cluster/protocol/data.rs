//! Requests that carry records, or say where they are: Produce, Fetch, ListOffsets, DeleteRecords, Metadata.

use super::TOPIC_BYTES;
use crate::engine::common::{BrokerId, KafkaError, LeaderEpoch, Offset, Timestamp, TopicPartition, VirtualTime};
use crate::engine::config::Acks;
use crate::engine::record::RecordBatch;
use crate::engine::storage::{ClientBatch, EpochEndOffset};
use std::sync::Arc;

/// Appends one batch to each of some partitions (`ProduceRequest`).
#[derive(Clone, Debug)]
pub struct ProduceRequest {
    /// Who must have a batch before the broker answers.
    pub acks: Acks,
    /// How long acks=all may wait on the broker: the producer's `request.timeout.ms`.
    pub timeout: VirtualTime,
    /// The batches, one a partition, in the producer's order; each says whether its bytes are known to be sound.
    pub batches: Vec<(TopicPartition, ClientBatch)>,
}

impl ProduceRequest {
    /// Bytes of the batches, headers included.
    #[must_use]
    pub fn batch_bytes(&self) -> usize {
        self.batches.iter().map(|(_, batch)| batch.batch().size_in_bytes()).sum()
    }

    pub(super) fn size_in_bytes(&self) -> usize {
        9 + self.batch_bytes() + self.batches.len() * (TOPIC_BYTES + 10)
    }
}

/// The answer to a [`ProduceRequest`] with acks 1 or all; with acks=0 there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct ProduceResponse {
    /// One answer for each batch, in the order of the request.
    pub partitions: Vec<ProducePartitionResponse>,
}

/// What became of one batch (`ProduceResponse.PartitionResponse`).
#[derive(Clone, Debug, PartialEq)]
pub struct ProducePartitionResponse {
    /// The partition.
    pub partition: TopicPartition,
    /// Why the batch was refused, or why its outcome is not promised.
    pub error: Option<KafkaError>,
    /// Offset of the batch's first record; −1 with an error.
    pub base_offset: Offset,
    /// The broker's clock at the append if the topic uses LogAppendTime, else −1.
    pub log_append_time: Timestamp,
    /// The partition's first offset; −1 with an error.
    pub log_start_offset: Offset,
    /// Which records were at fault (KIP-467).
    pub record_errors: Vec<RecordError>,
    /// With NOT_LEADER_OR_FOLLOWER: who leads now, if this broker knows (KIP-951).
    pub current_leader: Option<LeaderAndEpoch>,
}

/// A record for which a whole batch was refused (`ProduceResponse.RecordError`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordError {
    /// Its place in the batch, from 0.
    pub batch_index: i32,
    /// What is wrong with it.
    pub message: String,
}

/// A leader and the epoch in which it leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaderAndEpoch {
    /// The leader.
    pub leader: BrokerId,
    /// Its epoch.
    pub epoch: LeaderEpoch,
}

/// Who fetches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetcher {
    /// A consumer: reads below the high watermark.
    Consumer,
    /// A follower: reads to the log end, and its fetch offsets are its acknowledgements.
    Follower {
        /// The follower.
        broker: BrokerId,
        /// Its broker epoch (KIP-903); a leader admits it to the ISR only under this epoch.
        broker_epoch: i64,
    },
}

/// Reads from some partitions (`FetchRequest`).
#[derive(Clone, Debug)]
pub struct FetchRequest {
    /// Who reads.
    pub fetcher: Fetcher,
    /// How long the broker may wait for `min_bytes`.
    pub max_wait: VirtualTime,
    /// How many bytes end the wait.
    pub min_bytes: usize,
    /// Most bytes in the answer; one whole batch is always given.
    pub max_bytes: usize,
    /// From where to read, in order of preference.
    pub partitions: Vec<FetchPartition>,
}

/// One partition of a fetch (`FetchRequest.PartitionData`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchPartition {
    /// The partition.
    pub partition: TopicPartition,
    /// First offset wanted; a follower's log end.
    pub fetch_offset: Offset,
    /// Epoch of the last batch that a follower has; none for a consumer or an empty log.
    pub last_fetched_epoch: Option<LeaderEpoch>,
    /// The leader epoch that the fetcher believes in; none: do not check.
    pub current_leader_epoch: Option<LeaderEpoch>,
    /// The follower's first offset; −1 for a consumer.
    pub log_start_offset: Offset,
    /// Most bytes of this partition.
    pub max_bytes: usize,
}

impl FetchRequest {
    pub(super) fn size_in_bytes(&self) -> usize {
        27 + self.partitions.len() * (TOPIC_BYTES + 33)
    }
}

/// The answer to a [`FetchRequest`].
#[derive(Clone, Debug)]
pub struct FetchResponse {
    /// One answer for each partition, in the order of the request.
    pub partitions: Vec<FetchedPartition>,
}

/// What was read of one partition (`FetchResponseData.PartitionData`).
#[derive(Clone, Debug)]
pub struct FetchedPartition {
    /// The partition.
    pub partition: TopicPartition,
    /// Why nothing was read.
    pub error: Option<KafkaError>,
    /// The leader's high watermark; −1 with an error.
    pub high_watermark: Offset,
    /// The leader's first offset; −1 with an error.
    pub log_start_offset: Offset,
    /// The follower's log forks off the leader's: where the leader's epoch ended.
    pub diverging_epoch: Option<DivergingEpoch>,
    /// Whole batches; the first may start before the offset asked for.
    pub batches: Vec<RecordBatch>,
    /// With NOT_LEADER_OR_FOLLOWER or FENCED_LEADER_EPOCH: who leads now, if this broker knows (KIP-951).
    pub current_leader: Option<LeaderAndEpoch>,
}

impl FetchedPartition {
    /// Bytes of the batches.
    #[must_use]
    pub fn batch_bytes(&self) -> usize {
        self.batches.iter().map(RecordBatch::size_in_bytes).sum()
    }
}

impl FetchResponse {
    /// Bytes of all batches.
    #[must_use]
    pub fn batch_bytes(&self) -> usize {
        self.partitions.iter().map(FetchedPartition::batch_bytes).sum()
    }

    pub(super) fn size_in_bytes(&self) -> usize {
        7 + self.batch_bytes() + self.partitions.len() * (TOPIC_BYTES + 43)
    }
}

/// Where the largest common epoch ends on the leader (KIP-595's truncation on fetch).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DivergingEpoch {
    /// The largest epoch of the leader that is not above the follower's.
    pub epoch: LeaderEpoch,
    /// Its end offset on the leader.
    pub end_offset: Offset,
}

/// Asks for offsets (`ListOffsetsRequest`).
#[derive(Clone, Debug)]
pub struct ListOffsetsRequest {
    /// Who asks: a follower's latest is the log end, a consumer's the high watermark.
    pub fetcher: Fetcher,
    /// What is asked of which partition.
    pub partitions: Vec<(TopicPartition, OffsetQuery)>,
}

/// Which offset is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffsetQuery {
    /// The log start.
    Earliest,
    /// The high watermark (consumer) or the log end (follower).
    Latest,
    /// The first record at or after this time, in ms since 1970.
    AtTimestamp(Timestamp),
}

/// The answer to a [`ListOffsetsRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListOffsetsResponse {
    /// An offset for each partition, in the order of the request; no offset: no record is that late.
    pub partitions: Vec<(TopicPartition, Result<Option<Offset>, KafkaError>)>,
}

/// Asks where leader epochs end in the leader's log (`OffsetForLeaderEpochRequest`, KIP-320).
#[derive(Clone, Debug)]
pub struct OffsetsForLeaderEpochRequest {
    /// One question a partition.
    pub partitions: Vec<EpochOfPartition>,
}

/// Where one epoch ends in one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochOfPartition {
    /// The partition.
    pub partition: TopicPartition,
    /// The leader epoch that the consumer believes in; none: do not check.
    pub current_leader_epoch: Option<LeaderEpoch>,
    /// The epoch asked for: that of the batch which was read last.
    pub leader_epoch: LeaderEpoch,
}

/// The answer to an [`OffsetsForLeaderEpochRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetsForLeaderEpochResponse {
    /// The largest epoch of the leader that is not above the one asked for, with its end, in the order of the request; none: unknown.
    pub partitions: Vec<(TopicPartition, Result<Option<EpochEndOffset>, KafkaError>)>,
}

/// Moves log starts forward (`DeleteRecordsRequest`).
#[derive(Clone, Debug)]
pub struct DeleteRecordsRequest {
    /// How long the broker may wait for the followers.
    pub timeout: VirtualTime,
    /// Delete what is before this offset; none: up to the high watermark.
    pub partitions: Vec<(TopicPartition, Option<Offset>)>,
}

/// The answer to a [`DeleteRecordsRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteRecordsResponse {
    /// The low watermark of each partition, in the order of the request.
    pub partitions: Vec<(TopicPartition, Result<Offset, KafkaError>)>,
}

/// Who leads what, as the answering broker has heard (`MetadataResponse`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataResponse {
    /// Live brokers, ascending.
    pub brokers: Vec<BrokerId>,
    /// Every topic, by id.
    pub topics: Vec<TopicMetadata>,
}

/// One topic of a [`MetadataResponse`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicMetadata {
    /// The topic's name.
    pub name: Arc<str>,
    /// Its partitions: all of them, in order of index.
    pub partitions: Vec<PartitionMetadata>,
}

/// One partition of a [`MetadataResponse`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionMetadata {
    /// The partition.
    pub partition: TopicPartition,
    /// Who leads it; none: LEADER_NOT_AVAILABLE.
    pub leader: Option<BrokerId>,
    /// The leader's epoch.
    pub leader_epoch: LeaderEpoch,
    /// Brokers that hold it, in assignment order.
    pub replicas: Arc<[BrokerId]>,
    /// Brokers in sync.
    pub isr: Arc<[BrokerId]>,
}

impl MetadataResponse {
    pub(super) fn size_in_bytes(&self) -> usize {
        let partitions = self.topics.iter().flat_map(|topic| &topic.partitions);
        let partition_bytes: usize =
            partitions.map(|partition| 20 + 4 * (partition.replicas.len() + partition.isr.len())).sum();
        30 + self.brokers.len() * 25
            + partition_bytes
            + self.topics.iter().map(|topic| TOPIC_BYTES + 10 + topic.name.len()).sum::<usize>()
    }
}
