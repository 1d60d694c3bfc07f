//! What brokers and the controller say to each other: registration, heartbeats, ISR changes, and the metadata that follows.
//!
//! What the controller writes goes to the metadata log as [`MetadataDelta`]s, which brokers fetch and replay in order.

use crate::engine::common::{BrokerId, KafkaError, LeaderEpoch, TopicId, TopicPartition};
use crate::engine::config::{BrokerConfig, TopicConfig};
use std::sync::Arc;

/// A broker's request to the controller.
#[derive(Clone, Debug)]
pub enum ControllerRequest {
    /// A broker process has started (`BrokerRegistrationRequest`).
    Register {
        /// Which start of the process this is.
        incarnation: u32,
        /// The broker epoch in the clean shutdown file, which the process before it left if it stopped in order; none: it died.
        previous_broker_epoch: Option<i64>,
    },
    /// A broker lives (`BrokerHeartbeatRequest`).
    Heartbeat {
        /// The epoch that its registration was given.
        broker_epoch: i64,
        /// Offset of the last record that it has replayed; −1: none.
        metadata_offset: i64,
        /// It wants to stop, and asks for its leaderships to be moved first.
        wants_shut_down: bool,
    },
    /// A leader proposes other in-sync replicas.
    AlterPartition(AlterPartitionRequest),
    /// A broker has no producer ids left, or soon (`AllocateProducerIdsRequest`).
    AllocateProducerIds {
        /// The epoch that its registration was given.
        broker_epoch: i64,
    },
}

impl ControllerRequest {
    /// Bytes on the wire, header included.
    #[must_use]
    pub fn size_in_bytes(&self) -> usize {
        super::REQUEST_HEADER_BYTES
            + match self {
                ControllerRequest::Register { .. } => 128,
                ControllerRequest::Heartbeat { .. } => 24,
                ControllerRequest::AllocateProducerIds { .. } => 4 + 8 + 1,
                ControllerRequest::AlterPartition(request) => {
                    13 + request.partitions.iter().map(|p| super::TOPIC_BYTES + 15 + 13 * p.isr.len()).sum::<usize>()
                }
            }
    }
}

/// The controller's answer to a [`ControllerRequest`].
#[derive(Clone, Debug)]
pub enum ControllerResponse {
    /// The broker epoch, or DUPLICATE_BROKER_REGISTRATION while the session of the process before it runs.
    Register(Result<i64, KafkaError>),
    /// To a heartbeat; STALE_BROKER_EPOCH if another process has registered since.
    Heartbeat(Result<HeartbeatResponse, KafkaError>),
    /// To an ISR change.
    AlterPartition(AlterPartitionResponse),
    /// Ids that no other broker has; STALE_BROKER_EPOCH or BROKER_ID_NOT_REGISTERED to one that the controller does not know.
    AllocateProducerIds(Result<ProducerIdsBlock, KafkaError>),
}

impl ControllerResponse {
    /// Bytes on the wire, header included.
    #[must_use]
    pub fn size_in_bytes(&self) -> usize {
        super::RESPONSE_HEADER_BYTES
            + match self {
                ControllerResponse::Register(_) => 11,
                ControllerResponse::Heartbeat(_) => 7,
                ControllerResponse::AllocateProducerIds(_) => 2 + 8 + 4 + 1,
                ControllerResponse::AlterPartition(response) => {
                    3 + response.partitions.len() * (super::TOPIC_BYTES + 28)
                }
            }
    }
}

/// What the controller thinks of a broker that is alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeartbeatResponse {
    /// The broker leads nothing and is in no ISR until it has caught up with the metadata.
    pub is_fenced: bool,
    /// It may stop now: it leads nothing, and the others know.
    pub should_shut_down: bool,
}

/// Producer ids that one broker may give (`ProducerIdsBlock`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ProducerIdsBlock {
    /// The first of them.
    pub first: i64,
    /// How many.
    pub len: i64,
}

/// ISR changes that one leader proposes (`AlterPartitionRequest`).
#[derive(Clone, Debug)]
pub struct AlterPartitionRequest {
    /// The leader's broker epoch.
    pub broker_epoch: i64,
    /// One proposal a partition.
    pub partitions: Vec<ProposedIsr>,
}

/// One proposed ISR. The proposer's log is as it is: a proposal always says RECOVERED (`LeaderRecoveryState`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposedIsr {
    /// The partition.
    pub partition: TopicPartition,
    /// The epoch in which the proposer leads.
    pub leader_epoch: LeaderEpoch,
    /// The state of the partition that the proposal builds on.
    pub partition_epoch: i32,
    /// The ISR proposed, each member with the broker epoch the leader knows it by; −1: not known (the leader itself).
    pub isr: Vec<(BrokerId, i64)>,
}

/// Answers an [`AlterPartitionRequest`].
#[derive(Clone, Debug)]
pub struct AlterPartitionResponse {
    /// STALE_BROKER_EPOCH: nothing was looked at.
    pub error: Option<KafkaError>,
    /// One answer a partition.
    pub partitions: Vec<AlterPartitionResult>,
}

/// The partition after the change, or why there was none.
#[derive(Clone, Debug)]
pub struct AlterPartitionResult {
    /// The partition.
    pub partition: TopicPartition,
    /// Its state now.
    pub result: Result<PartitionRegistration, KafkaError>,
}

/// Bytes of a partition's record.
const PARTITION_BYTES: usize = 80;

/// What a broker has read of the metadata log.
#[derive(Clone, Debug)]
pub enum MetadataUpdate {
    /// Everything up to an offset: what a broker that runs from the start knows.
    Image(MetadataImage),
    /// The changes that follow, which became committed together.
    Deltas(Vec<Arc<MetadataDelta>>),
}

/// The objects that one change of the controller touched, each whole: one record of the metadata log each.
#[derive(Clone, Debug, PartialEq)]
pub struct MetadataDelta {
    /// The offset of the last of its records.
    pub offset: i64,
    /// Brokers registered, fenced or unfenced.
    pub brokers: Vec<(BrokerId, BrokerRegistration)>,
    /// Topics created or configured: name and settings.
    pub topics: Vec<(TopicId, Arc<str>, Arc<TopicConfig>)>,
    /// Partitions created or changed.
    pub partitions: Vec<(TopicPartition, PartitionRegistration)>,
    /// Other broker settings, if they changed.
    pub broker_config: Option<Arc<BrokerConfig>>,
    /// The first producer id that no broker has, if a broker was given some (`ProducerIdsRecord`).
    pub next_producer_id: Option<i64>,
}

impl MetadataDelta {
    /// No change, such as a NoOp record or a leader's own record at this offset.
    #[must_use]
    pub fn nothing(offset: i64) -> Self {
        Self {
            offset,
            brokers: Vec::new(),
            topics: Vec::new(),
            partitions: Vec::new(),
            broker_config: None,
            next_producer_id: None,
        }
    }

    /// How many records it takes in the log: one an object, a NoOp if there is none.
    #[must_use]
    pub fn record_count(&self) -> i64 {
        let lists = self.brokers.len() + self.topics.len() + self.partitions.len();
        let single = usize::from(self.broker_config.is_some()) + usize::from(self.next_producer_id.is_some());
        i64::try_from(lists + single).expect("objects are few").max(1)
    }

    /// The offset of the first of its records.
    #[must_use]
    pub fn base_offset(&self) -> i64 {
        self.offset + 1 - self.record_count()
    }

    /// Bytes of its records in the log.
    #[must_use]
    pub fn size_in_bytes(&self) -> usize {
        let lists = self.brokers.len() * 30 + self.topics.len() * 200 + self.partitions.len() * PARTITION_BYTES;
        lists + self.next_producer_id.map_or(0, |_| 22) + 8
    }
}

/// All metadata up to the record at `offset` (`org.apache.kafka.image.MetadataImage`).
#[derive(Clone, Debug, PartialEq)]
pub struct MetadataImage {
    /// Offset of the last record in it; −1: nothing yet.
    pub offset: i64,
    /// Registered brokers.
    pub brokers: imbl::OrdMap<BrokerId, BrokerRegistration>,
    /// Topics, by id.
    pub topics: imbl::OrdMap<TopicId, TopicImage>,
    /// The settings of every broker.
    pub broker_config: Arc<BrokerConfig>,
    /// The first producer id that no broker has.
    pub next_producer_id: i64,
}

/// One broker in the metadata (`BrokerRegistration`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrokerRegistration {
    /// Which start of the broker's process.
    pub incarnation: u32,
    /// Offset of the record that registered it.
    pub epoch: i64,
    /// Not alive, or not caught up.
    pub is_fenced: bool,
    /// It stops in order: it leads nothing any more and joins no ISR. Until it registers again.
    pub in_controlled_shutdown: bool,
}

impl BrokerRegistration {
    /// A broker that has just registered: fenced.
    #[must_use]
    pub fn new(incarnation: u32, epoch: i64) -> Self {
        Self { incarnation, epoch, is_fenced: true, in_controlled_shutdown: false }
    }

    /// Whether it may lead and be in an ISR.
    #[must_use]
    pub fn is_active(&self) -> bool {
        !self.is_fenced && !self.in_controlled_shutdown
    }
}

/// One topic in the metadata (`TopicImage`).
#[derive(Clone, Debug, PartialEq)]
pub struct TopicImage {
    /// Its name.
    pub name: Arc<str>,
    /// Its settings.
    pub config: Arc<TopicConfig>,
    /// Its partitions, by index.
    pub partitions: imbl::Vector<PartitionRegistration>,
}

/// Whether a leader must first recover what an unclean election may have lost (`LeaderRecoveryState`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeaderRecoveryState {
    /// Elected cleanly, or recovered since.
    #[default]
    Recovered,
    /// Elected uncleanly, and no ISR change of the leader has reached the controller since.
    Recovering,
}

/// One partition in the metadata (`PartitionRegistration`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionRegistration {
    /// Brokers that hold it, in assignment order. Fixed.
    pub replicas: Arc<[BrokerId]>,
    /// Brokers in sync with the leader. Empty only with ELR on, and then nobody leads.
    pub isr: Arc<[BrokerId]>,
    /// Eligible leader replicas: out of sync, but known to have every committed record.
    pub elr: Arc<[BrokerId]>,
    /// The leader before the last one was lost, if nobody has led since; at most one broker.
    pub last_known_elr: Arc<[BrokerId]>,
    /// Who leads; none: offline.
    pub leader: Option<BrokerId>,
    /// Rises when the leader changes.
    pub leader_epoch: LeaderEpoch,
    /// Rises with every change.
    pub partition_epoch: i32,
    /// Whether the leader has something to recover.
    pub leader_recovery_state: LeaderRecoveryState,
}

impl PartitionRegistration {
    /// A new partition: epochs 0, led by the first of `isr`, or by nobody if that is empty.
    #[must_use]
    pub fn new(replicas: &[BrokerId], isr: &[BrokerId]) -> Self {
        Self {
            replicas: replicas.into(),
            isr: isr.into(),
            elr: [].into(),
            last_known_elr: [].into(),
            leader: isr.first().copied(),
            leader_epoch: LeaderEpoch(0),
            partition_epoch: 0,
            leader_recovery_state: LeaderRecoveryState::Recovered,
        }
    }

    /// Whether the preferred leader, the first replica, leads.
    #[must_use]
    pub fn has_preferred_leader(&self) -> bool {
        self.leader.is_some() && self.leader == self.replicas.first().copied()
    }
}
