//! The controller: knows who is alive, elects leaders, and writes every change of an ISR (`QuorumController`).
//!
//! Simplified: it is one node of its own that never fails, so what it writes is committed at once. It learns of a crash
//! only when `broker.session.timeout.ms` has passed since the broker's last heartbeat. Brokers act on what it wrote when the
//! update reaches them, not before. The rule it keeps: the image changes only in [`Controller::write`], by a delta of whole
//! objects, as a metadata log carries them. Brokers that come and go are in [`broker_life`], elections in [`election`], ISR
//! proposals in [`alter_partition`], settings and new partitions in [`topics`], producer ids in `producer_ids`.

mod alter_partition;
mod broker_life;
mod election;
mod producer_ids;
mod topics;

use self::election::PeriodicTasks;
use super::breakage::Breakage;
use super::event::ControllerEvent;
use super::output::{ControllerEffect, ControllerOutput, ControllerTimer};
use super::partition_change::PartitionChange;
use super::protocol::{
    BrokerRegistration, ControllerRequest, ControllerResponse, CorrelationId, LeaderRecoveryState, MetadataDelta,
    MetadataImage, MetadataUpdate, PartitionRegistration, TopicImage,
};
use crate::engine::common::{BrokerId, TopicId, TopicPartition, VirtualTime};
use crate::engine::config::{BrokerConfig, TopicConfig};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A topic to be created.
#[derive(Clone, Debug, PartialEq)]
pub struct NewTopic {
    /// Its id: its place in the scenario.
    pub id: TopicId,
    /// Its name.
    pub name: Arc<str>,
    /// Its settings.
    pub config: Arc<TopicConfig>,
    /// The replicas of each partition, the preferred leader first; see [`super::placement`].
    pub assignments: Vec<Vec<BrokerId>>,
}

/// The controller.
#[derive(Clone, Debug)]
pub struct Controller {
    image: MetadataImage,
    sessions: BTreeMap<BrokerId, Session>,
    periodic: PeriodicTasks,
    /// What is broken on purpose: in tests only.
    breakage: Option<Breakage>,
}

/// A partition and what becomes of it: decided, and not written.
type Change = (TopicPartition, PartitionChange);

/// What the controller knows of a registered broker beside its registration (`BrokerHeartbeatManager`).
#[derive(Clone, Copy, Debug)]
struct Session {
    /// When its last heartbeat or registration came; none once its session has run out.
    last_contact: Option<VirtualTime>,
    /// The number of the last change at that time: what the next heartbeat should have.
    offset_then: i64,
    /// The number of the last change that it said to know; −1: it has said nothing.
    metadata_offset: i64,
    /// The number of the change that began its controlled shutdown.
    shutdown_offset: Option<i64>,
}

impl Session {
    const NEW: Self = Self { last_contact: None, offset_then: -1, metadata_offset: -1, shutdown_offset: None };
}

impl Controller {
    /// A cluster at rest: all brokers registered and alive in their first incarnation, every topic created, each partition
    /// led by its first replica in epoch 0 with all replicas in sync.
    #[must_use]
    pub fn new(config: Arc<BrokerConfig>, brokers: &[BrokerId], topics: Vec<NewTopic>) -> Self {
        let mut image = MetadataImage::empty(config);
        for (epoch, broker) in (0..).zip(brokers) {
            image.brokers.insert(*broker, BrokerRegistration { is_fenced: false, ..BrokerRegistration::new(1, epoch) });
            image.offset = epoch;
        }
        for topic in topics {
            image.offset += 1;
            let partitions =
                topic.assignments.iter().map(|replicas| PartitionRegistration::new(replicas, replicas)).collect();
            image.topics.insert(topic.id, TopicImage { name: topic.name, config: topic.config, partitions });
        }
        Self { image, sessions: BTreeMap::new(), periodic: PeriodicTasks::default(), breakage: None }
    }

    /// Breaks it on purpose, before it starts. For tests.
    #[doc(hidden)]
    pub fn break_it(&mut self, breakage: Option<Breakage>) {
        self.breakage = breakage;
    }

    /// Starts the sessions of all brokers and the periodic tasks. Call once, at the start of the run.
    pub fn start(&mut self, now: VirtualTime, out: &mut ControllerOutput) {
        let offset = self.image.offset;
        let session = Session { last_contact: Some(now), offset_then: offset, metadata_offset: offset, ..Session::NEW };
        self.sessions = self.image.brokers.keys().map(|broker| (*broker, session)).collect();
        self.schedule_session_check(now, out);
        self.schedule_periodic_tasks(now, out);
    }

    /// All that it has written: what a broker that runs from the start is given.
    #[must_use]
    pub fn image(&self) -> &MetadataImage {
        &self.image
    }

    /// When a broker's session runs out if nothing more is heard of it; none once it has.
    #[must_use]
    pub fn session_ends_at(&self, broker: BrokerId) -> Option<VirtualTime> {
        let last_contact = self.sessions.get(&broker)?.last_contact?;
        Some(last_contact + self.session_timeout())
    }

    /// A broker's request has arrived.
    pub fn receive(
        &mut self,
        now: VirtualTime,
        from: BrokerId,
        correlation: CorrelationId,
        request: ControllerRequest,
        out: &mut ControllerOutput,
    ) {
        let response = match request {
            ControllerRequest::Register { incarnation, previous_broker_epoch } => {
                ControllerResponse::Register(self.register(now, from, (incarnation, previous_broker_epoch), out))
            }
            ControllerRequest::Heartbeat { broker_epoch, metadata_offset, wants_shut_down } => {
                let heartbeat = (broker_epoch, metadata_offset, wants_shut_down);
                ControllerResponse::Heartbeat(self.heartbeat(now, from, heartbeat, out))
            }
            ControllerRequest::AlterPartition(request) => {
                ControllerResponse::AlterPartition(self.alter_partitions(from, &request, out))
            }
            ControllerRequest::AllocateProducerIds { broker_epoch } => {
                ControllerResponse::AllocateProducerIds(self.allocate_producer_ids(from, broker_epoch, out))
            }
        };
        out.effects.push(ControllerEffect::Respond { to: from, correlation, response });
    }

    /// A timer that it set has fired.
    pub fn timer(&mut self, now: VirtualTime, timer: ControllerTimer, out: &mut ControllerOutput) {
        match timer {
            ControllerTimer::SessionCheck => self.check_sessions(now, out),
            ControllerTimer::LeaderBalance => self.balance_leaders(now, out),
            ControllerTimer::UncleanElections => self.elect_uncleanly(now, out),
        }
    }

    fn next_delta(&self) -> MetadataDelta {
        MetadataDelta {
            offset: self.image.offset + 1,
            brokers: Vec::new(),
            topics: Vec::new(),
            partitions: Vec::new(),
            broker_config: None,
            next_producer_id: None,
        }
    }

    /// Writes changes of partitions, if there are any.
    fn write_changes(&mut self, changes: Vec<Change>, out: &mut ControllerOutput) {
        if !changes.is_empty() {
            self.write(self.next_delta(), changes, out);
        }
    }

    /// Makes a change, with the changes of partitions that go with it; reports these, and tells every registered broker. The
    /// image changes nowhere else.
    fn write(&mut self, mut delta: MetadataDelta, changes: Vec<Change>, out: &mut ControllerOutput) {
        for (partition, change) in changes {
            if let Some(before) = self.image.partition(partition) {
                report_change(partition, before, &change, out);
            }
            delta.partitions.push((partition, change.after));
        }
        self.image.apply(&delta);
        for broker in self.image.brokers.keys() {
            let update = MetadataUpdate::Delta(delta.clone());
            out.effects.push(ControllerEffect::Update { to: *broker, update });
        }
    }
}

fn report_change(
    partition: TopicPartition,
    before: &PartitionRegistration,
    PartitionChange { after, elected_by }: &PartitionChange,
    out: &mut ControllerOutput,
) {
    let partition_epoch = after.partition_epoch;
    if before.leader != after.leader {
        out.events.push(ControllerEvent::LeaderElected {
            partition,
            previous: before.leader,
            leader: after.leader,
            leader_epoch: after.leader_epoch,
            elected_by: *elected_by,
        });
    }
    if before.isr != after.isr {
        out.events.push(ControllerEvent::IsrChanged { partition, isr: after.isr.to_vec(), partition_epoch });
    }
    if before.elr != after.elr {
        out.events.push(ControllerEvent::ElrChanged { partition, elr: after.elr.to_vec(), partition_epoch });
    }
    let has_recovered = before.leader_recovery_state == LeaderRecoveryState::Recovering
        && after.leader_recovery_state == LeaderRecoveryState::Recovered;
    if has_recovered {
        out.events.push(ControllerEvent::LeaderRecovered { partition, partition_epoch });
    }
}
