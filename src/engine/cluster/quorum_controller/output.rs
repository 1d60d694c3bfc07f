//! What a controller node wants done and did, and what an administrator may ask it for.

use crate::engine::cluster::event::ControllerEvent;
use crate::engine::cluster::metadata_change::MetadataChange;
use crate::engine::cluster::output::ControllerTimer;
use crate::engine::cluster::partition_change::ElectionKind;
use crate::engine::cluster::protocol::{ControllerResponse, CorrelationId};
use crate::engine::cluster::quorum::{QuorumStateName, RaftEffect, RaftEvent, RaftRequest, RaftResponse, Replica};
use crate::engine::common::{BrokerId, ControllerId, LeaderEpoch, Offset, TopicId, TopicPartition, VirtualTime};
use crate::engine::config::{BrokerConfig, TopicConfig};
use std::sync::Arc;

/// What one call of a [`super::QuorumController`] asks for and did.
#[derive(Clone, Debug, Default)]
pub struct QuorumControllerOutput {
    /// To be done, in this order.
    pub effects: Vec<QuorumControllerEffect>,
    /// Done, in this order. What the controller's changes did is said when they are committed, by their records.
    pub events: Vec<QuorumEvent>,
}

/// Something to do for a controller node.
#[derive(Clone, Debug)]
pub enum QuorumControllerEffect {
    /// Send a request of the quorum to another controller.
    RaftSend {
        /// Whom to.
        to: ControllerId,
        /// Its number.
        correlation: CorrelationId,
        /// The request.
        request: RaftRequest,
    },
    /// Answer another controller, or a broker that fetches the log.
    RaftRespond {
        /// Whom to.
        to: Replica,
        /// The number of the request.
        correlation: CorrelationId,
        /// The answer.
        response: RaftResponse<MetadataChange>,
    },
    /// Answer a broker's request.
    Respond {
        /// Whom to.
        to: BrokerId,
        /// The broker's number of the request.
        correlation: CorrelationId,
        /// The answer.
        response: ControllerResponse,
    },
    /// Call [`super::QuorumController::timer`] at that time.
    Schedule {
        /// When; `now` or later.
        at: VirtualTime,
        /// With what.
        timer: QuorumTimer,
    },
}

/// A timer of a controller node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QuorumTimer {
    /// The quorum has something to look at.
    Raft,
    /// The active controller has.
    Controller(ControllerTimer),
    /// The log of the active controller of this epoch may have been idle.
    NoOp(LeaderEpoch),
}

/// Something that a controller node did.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum QuorumEvent {
    /// Its process runs.
    Started,
    /// Its process died.
    Crashed,
    /// It plays another part in the quorum, or the same one in another epoch.
    StateChanged {
        /// The part.
        state: QuorumStateName,
        /// The epoch.
        epoch: LeaderEpoch,
        /// The leader of it, if known.
        leader: Option<ControllerId>,
    },
    /// It has voted.
    VoteGranted {
        /// For whom.
        candidate: ControllerId,
        /// In which epoch.
        epoch: LeaderEpoch,
    },
    /// Records of its log are gone, which no majority had.
    Truncated {
        /// Where the log ended.
        from: Offset,
        /// Where it ends.
        to: Offset,
    },
    /// It is the active controller from now on.
    BecameActive {
        /// In which epoch.
        epoch: LeaderEpoch,
    },
    /// It is not the active controller any more.
    Renounced {
        /// Of which epoch.
        epoch: LeaderEpoch,
    },
    /// As the active controller it decided something that changes no metadata.
    Controller(ControllerEvent),
}

impl QuorumEvent {
    /// What is worth telling of the quorum's own events: a high watermark moves too often.
    pub(super) fn from_raft(event: RaftEvent) -> Option<Self> {
        match event {
            RaftEvent::StateChanged { state, epoch, leader } => {
                Some(QuorumEvent::StateChanged { state, epoch, leader })
            }
            RaftEvent::VoteGranted { candidate, epoch } => Some(QuorumEvent::VoteGranted { candidate, epoch }),
            RaftEvent::Truncated { from, to } => Some(QuorumEvent::Truncated { from, to }),
            RaftEvent::HighWatermarkAdvanced { .. } => None,
        }
    }
}

impl QuorumControllerEffect {
    pub(super) fn from_raft(effect: RaftEffect<MetadataChange>) -> Self {
        match effect {
            RaftEffect::Send { to, correlation, request } => Self::RaftSend { to, correlation, request },
            RaftEffect::Respond { to, correlation, response } => Self::RaftRespond { to, correlation, response },
            RaftEffect::WakeAt(at) => Self::Schedule { at, timer: QuorumTimer::Raft },
        }
    }
}

/// What an administrator asks the active controller for.
#[derive(Clone, Debug)]
pub enum AdminRequest {
    /// Gives a topic other settings (`kafka-configs.sh --alter`).
    AlterTopicConfig {
        /// The topic.
        topic: TopicId,
        /// All of its settings.
        config: Arc<TopicConfig>,
    },
    /// Gives all brokers other settings.
    AlterBrokerConfig {
        /// All of them.
        config: Arc<BrokerConfig>,
    },
    /// Grows a topic (`kafka-topics.sh --alter`).
    AddPartitions {
        /// The topic.
        topic: TopicId,
        /// The index of the first of them. Those that exist by now are left as they are.
        first: usize,
        /// The replicas of each, the preferred leader first.
        assignments: Vec<Vec<BrokerId>>,
    },
    /// Elects a leader (`kafka-leader-election.sh`).
    ElectLeader {
        /// Of this partition.
        partition: TopicPartition,
        /// By this rule.
        election: ElectionKind,
    },
}
