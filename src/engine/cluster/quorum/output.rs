//! What a node of the quorum wants done, and what it did.

use super::messages::{RaftRequest, RaftResponse, Replica};
use super::state::QuorumStateName;
use crate::engine::cluster::metadata_log::MetadataRecords;
use crate::engine::cluster::protocol::CorrelationId;
use crate::engine::common::{ControllerId, LeaderEpoch, Offset, VirtualTime};

/// What one call of a [`super::RaftClient`] asks for and did.
#[derive(Clone, Debug)]
pub struct RaftOutput<T: MetadataRecords> {
    /// To be done, in this order.
    pub effects: Vec<RaftEffect<T>>,
    /// Done, in this order.
    pub events: Vec<RaftEvent>,
}

impl<T: MetadataRecords> Default for RaftOutput<T> {
    fn default() -> Self {
        Self { effects: Vec::new(), events: Vec::new() }
    }
}

/// Something to do for a node.
#[derive(Clone, Debug)]
pub enum RaftEffect<T: MetadataRecords> {
    /// Send a request to a controller.
    Send {
        /// Whom to.
        to: ControllerId,
        /// The node's number of the request.
        correlation: CorrelationId,
        /// The request.
        request: RaftRequest,
    },
    /// Answer a request.
    Respond {
        /// Whom to.
        to: Replica,
        /// The number of the request, as the other side counts.
        correlation: CorrelationId,
        /// The answer.
        response: RaftResponse<T>,
    },
    /// Call [`super::RaftClient::wake`] at that time.
    WakeAt(VirtualTime),
}

/// Something that a node did.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RaftEvent {
    /// It plays another part, or the same one in another epoch.
    StateChanged {
        /// The part.
        state: QuorumStateName,
        /// The epoch.
        epoch: LeaderEpoch,
        /// The leader of it, if known.
        leader: Option<ControllerId>,
    },
    /// It has bound itself to a candidate for the epoch.
    VoteGranted {
        /// Whom to.
        candidate: ControllerId,
        /// The epoch.
        epoch: LeaderEpoch,
    },
    /// Records of its log are gone: no majority had them, and the leader does not.
    Truncated {
        /// Where the log ended.
        from: Offset,
        /// Where it ends.
        to: Offset,
    },
    /// It knows more of its log to be committed.
    HighWatermarkAdvanced {
        /// To there.
        to: Offset,
    },
}
