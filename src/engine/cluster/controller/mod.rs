//! The controller: knows who is alive, elects leaders, and writes every change of an ISR (`QuorumController`).
//!
//! Here is what the active controller decides. That it is the quorum's leader, and that what it writes takes effect when a majority
//! of the controllers has it, is [`super::quorum_controller`]'s. It learns of a crash only when `broker.session.timeout.ms` has
//! passed since the broker's last heartbeat. Brokers act on what it wrote when they have replayed it, not before. The rule it keeps:
//! the image changes only in [`Controller::write`], by a delta of whole objects, which goes to the metadata log. Brokers that come and go are in [`broker_life`], elections in [`election`], ISR
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
    MetadataImage, PartitionRegistration, TopicImage,
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
    /// The offset of the last record that it said to have replayed; −1: it has said nothing.
    metadata_offset: i64,
    /// The offset of the last record of the change that began its controlled shutdown.
    shutdown_offset: Option<i64>,
}

impl Session {
    const NEW: Self = Self { last_contact: None, metadata_offset: -1, shutdown_offset: None };
}

impl Controller {
    /// A cluster at rest: all brokers registered and alive in their first incarnation, every topic created, each partition
    /// led by its first replica in epoch 0 with all replicas in sync.
    #[must_use]
    pub fn new(config: Arc<BrokerConfig>, brokers: &[BrokerId], topics: Vec<NewTopic>) -> Self {
        let mut image = MetadataImage::empty(config);
        // Offset 0 of the metadata log is the leader's own record.
        for (epoch, broker) in (1..).zip(brokers) {
            image.brokers.insert(*broker, BrokerRegistration { is_fenced: false, ..BrokerRegistration::new(1, epoch) });
        }
        for topic in topics {
            let partitions =
                topic.assignments.iter().map(|replicas| PartitionRegistration::new(replicas, replicas)).collect();
            image.topics.insert(topic.id, TopicImage { name: topic.name, config: topic.config, partitions });
        }
        image.offset = image.to_delta().record_count();
        Self::take_over(image)
    }

    /// A controller that takes over with what its predecessors have committed. [`Self::start`] it.
    #[must_use]
    pub fn take_over(image: MetadataImage) -> Self {
        Self { image, sessions: BTreeMap::new(), periodic: PeriodicTasks::default(), breakage: None }
    }

    /// Breaks it on purpose, before it starts. For tests.
    #[doc(hidden)]
    pub fn break_it(&mut self, breakage: Option<Breakage>) {
        self.breakage = breakage;
    }

    /// The metadata log has grown by records that are not this controller's: the next change follows on this offset.
    pub fn follow_log(&mut self, last_offset: i64) {
        debug_assert!(last_offset >= self.image.offset, "the log never shrinks under the active controller");
        self.image.offset = last_offset;
    }

    /// Starts the periodic tasks, and the sessions of all brokers that are not fenced: each has a whole session ahead of it, for nobody
    /// knows when it was last heard of (`ClusterControlManager.activate`). Call once.
    pub fn start(&mut self, now: VirtualTime, out: &mut ControllerOutput) {
        let session = |known: &BrokerRegistration| {
            let last_contact = (!known.is_fenced).then_some(now);
            Session { last_contact, ..Session::NEW }
        };
        self.sessions = self.image.brokers.iter().map(|(broker, known)| (*broker, session(known))).collect();
        self.schedule_session_check(now, out);
        self.schedule_periodic_tasks(now, out);
    }

    /// Takes it as said that every broker has replayed all there is: so a cluster at rest begins.
    pub fn take_brokers_as_caught_up(&mut self) {
        for session in self.sessions.values_mut() {
            session.metadata_offset = self.image.offset;
        }
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

    /// What to begin a change with; [`Self::write`] knows how many records it takes.
    fn next_delta(&self) -> MetadataDelta {
        MetadataDelta::nothing(self.image.offset + 1)
    }

    /// Writes changes of partitions, if there are any.
    fn write_changes(&mut self, changes: Vec<Change>, out: &mut ControllerOutput) {
        if !changes.is_empty() {
            self.write(self.next_delta(), changes, out);
        }
    }

    /// Makes a change here, with the changes of partitions that go with it; reports these, and asks for all of it to be appended to the
    /// metadata log. The image changes nowhere else.
    fn write(&mut self, mut delta: MetadataDelta, changes: Vec<Change>, out: &mut ControllerOutput) {
        for (partition, change) in changes {
            if let Some(before) = self.image.partition(partition) {
                report_change(partition, before, &change, out);
            }
            delta.partitions.push((partition, change.after));
        }
        delta.offset = self.image.offset + delta.record_count();
        self.image.apply(&delta);
        out.effects.push(ControllerEffect::Append(delta));
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
