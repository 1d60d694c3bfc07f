//! What clients, brokers and the controller say to each other: Kafka's requests and responses as plain data.
//!
//! A message holds what Kafka's message of the same name holds, minus what one cluster without security has no use for.
//! Batches travel as [`RecordBatch`]: immutable bytes that sender, receiver and checkpoints share. `size_in_bytes` is
//! what the message would take on a wire; links use it for bandwidth. Header sizes are of the flexible versions (Produce 11,
//! Fetch 17), with topic ids, a client id of ten letters and no tagged fields. Fetch requests are whole: the incremental
//! sessions of KIP-227 are not modelled.

mod control;
mod data;

pub use control::{
    AlterPartitionRequest, AlterPartitionResponse, AlterPartitionResult, BrokerRegistration, ControllerRequest,
    ControllerResponse, HeartbeatResponse, LeaderRecoveryState, MetadataDelta, MetadataImage, MetadataUpdate,
    PartitionRegistration, ProducerIdsBlock, ProposedIsr, TopicImage,
};
pub use data::{
    DeleteRecordsRequest, DeleteRecordsResponse, DivergingEpoch, EpochOfPartition, FetchPartition, FetchRequest,
    FetchResponse, FetchedPartition, Fetcher, LeaderAndEpoch, ListOffsetsRequest, ListOffsetsResponse,
    MetadataResponse, OffsetQuery, OffsetsForLeaderEpochRequest, OffsetsForLeaderEpochResponse, PartitionMetadata,
    ProducePartitionResponse, ProduceRequest, ProduceResponse, RecordError, TopicMetadata,
};

use crate::engine::common::{BrokerId, KafkaError, ProducerId, TopicPartition};
use serde::{Deserialize, Serialize};

/// One TCP connection to a broker, from connect to close. Whoever carries messages numbers them; a number is never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConnectionId(pub u64);

/// Pairs a response with its request. The sender of the request numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CorrelationId(pub u64);

/// Where a broker sends a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Node {
    /// Another broker.
    Broker(BrokerId),
    /// The controller.
    Controller,
}

/// A request to a broker, from a client or from another broker.
#[derive(Clone, Debug)]
pub enum Request {
    /// Append batches.
    Produce(ProduceRequest),
    /// Read batches, as a follower or as a consumer.
    Fetch(FetchRequest),
    /// Who leads what.
    Metadata,
    /// The offset at an end of the log, or at a time.
    ListOffsets(ListOffsetsRequest),
    /// Where leader epochs end.
    OffsetsForLeaderEpoch(OffsetsForLeaderEpochRequest),
    /// Move the log start.
    DeleteRecords(DeleteRecordsRequest),
    /// Give a producer without `transactional.id` an id.
    InitProducerId,
}

/// A broker's answer to a [`Request`].
#[derive(Clone, Debug)]
pub enum Response {
    /// To a produce request with acks 1 or all.
    Produce(ProduceResponse),
    /// To a fetch.
    Fetch(FetchResponse),
    /// To a metadata request.
    Metadata(MetadataResponse),
    /// To a query for offsets.
    ListOffsets(ListOffsetsResponse),
    /// To a query for the ends of epochs.
    OffsetsForLeaderEpoch(OffsetsForLeaderEpochResponse),
    /// To a request to delete records.
    DeleteRecords(DeleteRecordsResponse),
    /// A new producer id, to be used with epoch 0; COORDINATOR_LOAD_IN_PROGRESS while the broker has none to give.
    InitProducerId(Result<ProducerId, KafkaError>),
}

/// Size field, API key and version, correlation id, client id, empty tags.
pub(super) const REQUEST_HEADER_BYTES: usize = 4 + 2 + 2 + 4 + 12 + 1;
/// Size field, correlation id, empty tags, throttle time.
pub(super) const RESPONSE_HEADER_BYTES: usize = 4 + 4 + 1 + 4;
/// A topic's id, the count of its partitions, empty tags.
const TOPIC_BYTES: usize = 16 + 1 + 1;

impl Request {
    /// Bytes on the wire, header included.
    #[must_use]
    pub fn size_in_bytes(&self) -> usize {
        REQUEST_HEADER_BYTES
            + match self {
                Request::Produce(request) => request.size_in_bytes(),
                Request::Fetch(request) => request.size_in_bytes(),
                Request::Metadata => 4,
                Request::ListOffsets(request) => 7 + request.partitions.len() * (TOPIC_BYTES + 17),
                // The replica id of a consumer; epochs are 4 bytes each, the partition's index too (version 4).
                Request::OffsetsForLeaderEpoch(request) => 4 + 1 + request.partitions.len() * (TOPIC_BYTES + 13),
                Request::DeleteRecords(request) => 6 + request.partitions.len() * (TOPIC_BYTES + 13),
                // No transactional id, its time-out, the id and epoch of before, empty tags (version 5).
                Request::InitProducerId => 1 + 4 + 8 + 2 + 1,
            }
    }

    /// Kafka's name of the request.
    #[must_use]
    pub fn api(&self) -> Api {
        match self {
            Request::Produce(_) => Api::Produce,
            Request::Fetch(_) => Api::Fetch,
            Request::Metadata => Api::Metadata,
            Request::ListOffsets(_) => Api::ListOffsets,
            Request::OffsetsForLeaderEpoch(_) => Api::OffsetsForLeaderEpoch,
            Request::DeleteRecords(_) => Api::DeleteRecords,
            Request::InitProducerId => Api::InitProducerId,
        }
    }

    /// The partitions that the request names, in its order.
    #[must_use]
    pub fn partitions(&self) -> Vec<TopicPartition> {
        match self {
            Request::Produce(request) => request.batches.iter().map(|(partition, _)| *partition).collect(),
            Request::Fetch(request) => request.partitions.iter().map(|fetch| fetch.partition).collect(),
            Request::Metadata | Request::InitProducerId => Vec::new(),
            Request::ListOffsets(request) => request.partitions.iter().map(|(partition, _)| *partition).collect(),
            Request::OffsetsForLeaderEpoch(request) => request.partitions.iter().map(|of| of.partition).collect(),
            Request::DeleteRecords(request) => request.partitions.iter().map(|(partition, _)| *partition).collect(),
        }
    }
}

impl Response {
    /// Bytes on the wire, header included.
    #[must_use]
    pub fn size_in_bytes(&self) -> usize {
        RESPONSE_HEADER_BYTES
            + match self {
                Response::Produce(response) => 1 + response.partitions.len() * (TOPIC_BYTES + 32),
                Response::Fetch(response) => response.size_in_bytes(),
                Response::Metadata(response) => response.size_in_bytes(),
                Response::ListOffsets(response) => 1 + response.partitions.len() * (TOPIC_BYTES + 27),
                Response::OffsetsForLeaderEpoch(response) => 1 + response.partitions.len() * (TOPIC_BYTES + 19),
                Response::DeleteRecords(response) => 1 + response.partitions.len() * (TOPIC_BYTES + 15),
                // Error, id, epoch, empty tags.
                Response::InitProducerId(_) => 2 + 8 + 2 + 1,
            }
    }
}

/// Kafka's name of a request (`org.apache.kafka.common.protocol.ApiKeys`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Api {
    /// Produce, 0.
    Produce,
    /// Fetch, 1.
    Fetch,
    /// ListOffsets, 2.
    ListOffsets,
    /// Metadata, 3.
    Metadata,
    /// DeleteRecords, 21.
    DeleteRecords,
    /// InitProducerId, 22.
    InitProducerId,
    /// OffsetForLeaderEpoch, 23.
    OffsetsForLeaderEpoch,
}
