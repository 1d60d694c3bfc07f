//! What nodes of the quorum say to each other (`VoteRequest`, `BeginQuorumEpochRequest`, `EndQuorumEpochRequest`, `FetchRequest`).
//!
//! Every answer names the epoch and the leader that the answering node knows, so that any of them can bring the other one up to date.

use crate::engine::cluster::metadata_log::{MetadataBatch, MetadataRecords, OffsetAndEpoch};
use crate::engine::cluster::protocol::{REQUEST_HEADER_BYTES, RESPONSE_HEADER_BYTES};
use crate::engine::common::{BrokerId, ControllerId, KafkaError, LeaderEpoch, Offset, VirtualTime};
use std::sync::Arc;

/// A node that has a copy of the metadata log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Replica {
    /// A voter.
    Controller(ControllerId),
    /// An observer: it fetches and replays, and has no vote.
    Broker(BrokerId),
}

/// A request to a controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RaftRequest {
    /// Asks for a vote, or, before the epoch is raised, whether there would be one.
    Vote(VoteRequest),
    /// A new leader makes itself known.
    BeginQuorumEpoch {
        /// Its epoch.
        epoch: LeaderEpoch,
        /// It.
        leader: ControllerId,
    },
    /// A leader gives up its epoch.
    EndQuorumEpoch {
        /// Its epoch.
        epoch: LeaderEpoch,
        /// It.
        leader: ControllerId,
        /// Who should stand for election first: the voters by how far they had fetched.
        preferred_successors: Vec<ControllerId>,
    },
    /// Asks for what follows in the log, and says by it how far the own log reaches.
    Fetch(FetchRequest),
}

/// Asks for a vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VoteRequest {
    /// The epoch that it is for; in a pre-vote the present one.
    pub epoch: LeaderEpoch,
    /// Who wants to lead.
    pub candidate: ControllerId,
    /// Where the candidate's log ends.
    pub log_end: OffsetAndEpoch,
    /// Whether it only asks if it would be elected. Nobody is bound by the answer.
    pub pre_vote: bool,
}

/// Asks for records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchRequest {
    /// Who asks.
    pub replica: Replica,
    /// The epoch that it knows.
    pub epoch: LeaderEpoch,
    /// Where its log ends, and the epoch of its last record.
    pub fetch_from: OffsetAndEpoch,
    /// The high watermark that it knows: a leader that knows a larger one answers at once (KIP-1166).
    pub high_watermark: Offset,
    /// How long the answer may be held back while there is nothing to say.
    pub max_wait: VirtualTime,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct RaftResponse<T: MetadataRecords> {
    /// Why there is no answer, if so.
    pub error: Option<KafkaError>,
    /// The epoch of the node that answers.
    pub epoch: LeaderEpoch,
    /// The leader of that epoch, if it knows one.
    pub leader: Option<ControllerId>,
    /// The answer itself.
    pub body: ResponseBody<T>,
}

/// The part of an answer that depends on the request.
#[derive(Clone, Debug, PartialEq)]
pub enum ResponseBody<T: MetadataRecords> {
    /// To a vote request.
    Vote {
        /// Whether it has the vote.
        granted: bool,
    },
    /// To the beginning of an epoch.
    BeginQuorumEpoch,
    /// To the end of an epoch.
    EndQuorumEpoch,
    /// To a fetch.
    Fetch(FetchResponse<T>),
}

/// What a leader answers to a fetch.
#[derive(Clone, Debug, PartialEq)]
pub struct FetchResponse<T: MetadataRecords> {
    /// Set if the logs have parted: cut back to there.
    pub diverging: Option<OffsetAndEpoch>,
    /// What follows in the leader's log.
    pub batches: Vec<Arc<MetadataBatch<T>>>,
    /// What is committed; none before the leader has committed a record of its own epoch.
    pub high_watermark: Option<Offset>,
}

impl RaftRequest {
    /// Bytes on the wire, header included: Kafka's fixed fields, and one topic with one partition.
    #[must_use]
    pub fn size_in_bytes(&self) -> usize {
        REQUEST_HEADER_BYTES
            + match self {
                RaftRequest::Vote(_) => 96,
                RaftRequest::BeginQuorumEpoch { .. } => 84,
                RaftRequest::EndQuorumEpoch { preferred_successors, .. } => 60 + 20 * preferred_successors.len(),
                RaftRequest::Fetch(_) => 110,
            }
    }
}

impl<T: MetadataRecords> RaftResponse<T> {
    /// Bytes on the wire, header included.
    #[must_use]
    pub fn size_in_bytes(&self) -> usize {
        RESPONSE_HEADER_BYTES
            + match &self.body {
                ResponseBody::Vote { .. } => 48,
                ResponseBody::BeginQuorumEpoch | ResponseBody::EndQuorumEpoch => 44,
                ResponseBody::Fetch(fetch) => {
                    98 + fetch.batches.iter().map(|batch| batch.size_in_bytes()).sum::<usize>()
                }
            }
    }
}
