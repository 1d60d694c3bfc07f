//! The controller: knows who is alive, elects leaders, and writes every change of an ISR (`QuorumController`).
//!
//! Simplified: it is one node of its own that never fails, so what it writes is committed at once. It learns of a crash
//! only when `broker.session.timeout.ms` has passed since the broker's last heartbeat, fences one stale broker at a time,
//! and elects the first live replica of the ISR in assignment order. Brokers act on what it wrote when the update reaches
//! them, not before. Elections are decided in [`election`], ISR proposals in [`alter_partition`], producer ids in
//! `producer_ids`.

mod alter_partition;
mod election;
mod producer_ids;

use super::breakage::Breakage;
use super::event::ControllerEvent;
use super::output::{ControllerEffect, ControllerOutput, ControllerTimer};
use super::protocol::{
    BrokerRegistration, ControllerRequest, ControllerResponse, CorrelationId, HeartbeatResponse, MetadataDelta,
    MetadataImage, MetadataUpdate, PartitionRegistration, TopicImage,
};
use crate::engine::common::{BrokerId, KafkaError, LeaderEpoch, PartitionId, TopicId, TopicPartition, VirtualTime};
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
    /// The replicas of each partition, the preferred leader first; see [`super::ring_placement`].
    pub assignments: Vec<Vec<BrokerId>>,
}

/// The controller.
#[derive(Clone, Debug)]
pub struct Controller {
    image: MetadataImage,
    sessions: BTreeMap<BrokerId, Session>,
    /// What is broken on purpose: in tests only.
    breakage: Option<Breakage>,
}

/// What the controller knows of a registered broker beside its registration (`BrokerHeartbeatManager`).
#[derive(Clone, Copy, Debug)]
struct Session {
    /// When its last heartbeat or registration came; none once its session has run out.
    last_contact: Option<VirtualTime>,
    /// The number of the last change at that time: what the next heartbeat should have.
    offset_then: i64,
}

impl Controller {
    /// A cluster at rest: all brokers registered and alive in their first incarnation, every topic created, each partition
    /// led by its first replica in epoch 0 with all replicas in sync.
    #[must_use]
    pub fn new(config: Arc<BrokerConfig>, brokers: &[BrokerId], topics: Vec<NewTopic>) -> Self {
        let mut image = MetadataImage::empty(config);
        for (epoch, broker) in (0..).zip(brokers) {
            image.brokers.insert(*broker, BrokerRegistration { incarnation: 1, epoch, is_fenced: false });
            image.offset = epoch;
        }
        for topic in topics {
            image.offset += 1;
            let partitions = topic.assignments.iter().map(|replicas| new_partition(replicas)).collect();
            image.topics.insert(topic.id, TopicImage { name: topic.name, config: topic.config, partitions });
        }
        Self { image, sessions: BTreeMap::new(), breakage: None }
    }

    /// Breaks it on purpose, before it starts. For tests.
    #[doc(hidden)]
    pub fn break_it(&mut self, breakage: Option<Breakage>) {
        self.breakage = breakage;
    }

    /// Starts the sessions of all brokers. Call once, at the start of the run.
    pub fn start(&mut self, now: VirtualTime, out: &mut ControllerOutput) {
        let session = Session { last_contact: Some(now), offset_then: self.image.offset };
        self.sessions = self.image.brokers.keys().map(|broker| (*broker, session)).collect();
        self.schedule_session_check(now, out);
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
            ControllerRequest::Register { incarnation } => {
                ControllerResponse::Register(self.register(now, from, incarnation, out))
            }
            ControllerRequest::Heartbeat { broker_epoch, metadata_offset } => {
                ControllerResponse::Heartbeat(self.heartbeat(now, from, broker_epoch, metadata_offset, out))
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
            ControllerTimer::SessionCheck => {
                if let Some(stale) = self.stale_broker(now) {
                    self.fence(stale, out);
                }
                self.schedule_session_check(now, out);
            }
        }
    }

    /// Adds partitions to a topic (`kafka-topics.sh --alter`), with these replicas. Unknown topics are ignored.
    pub fn add_partitions(&mut self, topic: TopicId, assignments: &[Vec<BrokerId>], out: &mut ControllerOutput) {
        let Some(existing) = self.image.topics.get(&topic).map(|topic| topic.partitions.len()) else { return };
        let first = i32::try_from(existing).expect("partitions are few");
        let ids = (first..).map(|index| TopicPartition::new(topic, PartitionId(index)));
        let alive = |replicas: &Vec<BrokerId>| {
            let mut partition = new_partition(replicas);
            // A partition that is created while brokers are down starts with the live ones in sync.
            let isr: Vec<BrokerId> = replicas.iter().copied().filter(|broker| self.image.is_alive(*broker)).collect();
            partition.leader = isr.first().copied();
            if !isr.is_empty() {
                partition.isr = isr.into();
            }
            partition
        };
        let partitions: Vec<_> = ids.zip(assignments.iter().map(alive)).collect();
        let count = existing + partitions.len();
        self.write(MetadataDelta { partitions, ..self.next_delta() }, out);
        let partitions = u32::try_from(count).expect("partitions are few");
        out.events.push(ControllerEvent::PartitionsAdded { topic, partitions });
    }

    /// Gives a topic other settings (`kafka-configs.sh --alter`). Unknown topics are ignored.
    pub fn alter_topic_config(&mut self, topic: TopicId, config: Arc<TopicConfig>, out: &mut ControllerOutput) {
        if let Some(name) = self.image.topics.get(&topic).map(|topic| topic.name.clone()) {
            self.write(MetadataDelta { topics: vec![(topic, name, config)], ..self.next_delta() }, out);
        }
    }

    /// Gives all brokers, and the controller, other settings.
    pub fn alter_broker_config(&mut self, now: VirtualTime, config: Arc<BrokerConfig>, out: &mut ControllerOutput) {
        self.write(MetadataDelta { broker_config: Some(config), ..self.next_delta() }, out);
        self.schedule_session_check(now, out);
    }

    fn register(
        &mut self,
        now: VirtualTime,
        broker: BrokerId,
        incarnation: u32,
        out: &mut ControllerOutput,
    ) -> Result<i64, KafkaError> {
        let known = self.image.brokers.get(&broker).copied();
        let has_session = self.sessions.get(&broker).is_some_and(|session| session.last_contact.is_some());
        if known.is_some_and(|known| has_session && known.incarnation != incarnation) {
            return Err(KafkaError::DuplicateBrokerRegistration);
        }
        let epoch = self.image.offset + 1;
        let registration = BrokerRegistration { incarnation, epoch, is_fenced: true };
        self.write(MetadataDelta { brokers: vec![(broker, registration)], ..self.next_delta() }, out);
        self.sessions.insert(broker, Session { last_contact: Some(now), offset_then: epoch });
        out.effects.push(ControllerEffect::Update { to: broker, update: MetadataUpdate::Image(self.image.clone()) });
        out.events.push(ControllerEvent::BrokerRegistered { broker, broker_epoch: epoch });
        self.schedule_session_check(now, out);
        Ok(epoch)
    }

    fn heartbeat(
        &mut self,
        now: VirtualTime,
        broker: BrokerId,
        broker_epoch: i64,
        metadata_offset: i64,
        out: &mut ControllerOutput,
    ) -> Result<HeartbeatResponse, KafkaError> {
        let known = *self.image.brokers.get(&broker).ok_or(KafkaError::BrokerIdNotRegistered)?;
        if known.epoch != broker_epoch {
            return Err(KafkaError::StaleBrokerEpoch);
        }
        let offset_then = self.sessions.get(&broker).map_or(-1, |session| session.offset_then);
        self.sessions.insert(broker, Session { last_contact: Some(now), offset_then: self.image.offset });
        if metadata_offset < offset_then {
            let update = MetadataUpdate::Image(self.image.clone());
            out.effects.push(ControllerEffect::Update { to: broker, update });
        }
        let has_caught_up = metadata_offset >= known.epoch;
        if known.is_fenced && has_caught_up {
            self.unfence(broker, out);
            self.schedule_session_check(now, out);
        }
        Ok(HeartbeatResponse { is_fenced: known.is_fenced && !has_caught_up })
    }

    /// The broker that has been silent longest, if its session has run out.
    fn stale_broker(&self, now: VirtualTime) -> Option<BrokerId> {
        let (contact, broker) = self.oldest_contact()?;
        (now >= contact + self.session_timeout()).then_some(broker)
    }

    fn oldest_contact(&self) -> Option<(VirtualTime, BrokerId)> {
        self.sessions.iter().filter_map(|(broker, session)| Some((session.last_contact?, *broker))).min()
    }

    fn session_timeout(&self) -> VirtualTime {
        VirtualTime::from_ms(self.image.broker_config.broker_session_timeout_ms)
    }

    fn schedule_session_check(&self, now: VirtualTime, out: &mut ControllerOutput) {
        if let Some((contact, _)) = self.oldest_contact() {
            let at = now.max(contact + self.session_timeout());
            out.effects.push(ControllerEffect::Schedule { at, timer: ControllerTimer::SessionCheck });
        }
    }

    /// Ends a broker's session: it leaves every ISR, and what it led gets another leader, in one change.
    fn fence(&mut self, broker: BrokerId, out: &mut ControllerOutput) {
        if let Some(session) = self.sessions.get_mut(&broker) {
            session.last_contact = None;
        }
        let Some(registration) = self.image.brokers.get(&broker).copied().filter(|known| !known.is_fenced) else {
            return;
        };
        let is_alive = |candidate: BrokerId| candidate != broker && self.image.is_alive(candidate);
        let without = |partition: &PartitionRegistration| -> Option<PartitionRegistration> {
            let is_left = |member: &BrokerId| *member != broker;
            let mut target: Vec<BrokerId> = partition.isr.iter().copied().filter(is_left).collect();
            if self.breakage == Some(Breakage::ElectOutOfIsr) && partition.leader == Some(broker) {
                target = partition.replicas.iter().copied().find(|replica| is_alive(*replica)).into_iter().collect();
            }
            let concerns = partition.isr.contains(&broker) || partition.leader == Some(broker);
            if concerns { election::change_partition(partition, &target, is_alive) } else { None }
        };
        let partitions = self.changed_partitions(without);
        out.events.push(ControllerEvent::BrokerFenced { broker });
        let brokers = vec![(broker, BrokerRegistration { is_fenced: true, ..registration })];
        self.write(MetadataDelta { brokers, partitions, ..self.next_delta() }, out);
    }

    /// Lets a broker lead again; partitions that had no leader and have it in their ISR are led by it.
    fn unfence(&mut self, broker: BrokerId, out: &mut ControllerOutput) {
        let registration = *self.image.brokers.get(&broker).expect("the caller has found it registered");
        let is_alive = |candidate: BrokerId| candidate == broker || self.image.is_alive(candidate);
        let with = |partition: &PartitionRegistration| {
            if partition.leader.is_none() {
                election::change_partition(partition, &partition.isr, is_alive)
            } else {
                None
            }
        };
        let partitions = self.changed_partitions(with);
        out.events.push(ControllerEvent::BrokerUnfenced { broker });
        let brokers = vec![(broker, BrokerRegistration { is_fenced: false, ..registration })];
        self.write(MetadataDelta { brokers, partitions, ..self.next_delta() }, out);
    }

    fn changed_partitions(
        &self,
        change: impl Fn(&PartitionRegistration) -> Option<PartitionRegistration>,
    ) -> Vec<(TopicPartition, PartitionRegistration)> {
        self.image.partitions().filter_map(|(partition, state)| Some((partition, change(state)?))).collect()
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

    /// Makes a change, reports what it did to partitions, and tells every registered broker.
    fn write(&mut self, delta: MetadataDelta, out: &mut ControllerOutput) {
        for (partition, state) in &delta.partitions {
            if let Some(before) = self.image.partition(*partition) {
                report_change(*partition, before, state, out);
            }
        }
        self.image.apply(&delta);
        for broker in self.image.brokers.keys() {
            let update = MetadataUpdate::Delta(delta.clone());
            out.effects.push(ControllerEffect::Update { to: *broker, update });
        }
    }
}

fn new_partition(replicas: &[BrokerId]) -> PartitionRegistration {
    PartitionRegistration {
        replicas: replicas.into(),
        isr: replicas.into(),
        leader: replicas.first().copied(),
        leader_epoch: LeaderEpoch(0),
        partition_epoch: 0,
    }
}

fn report_change(
    partition: TopicPartition,
    before: &PartitionRegistration,
    after: &PartitionRegistration,
    out: &mut ControllerOutput,
) {
    if before.leader != after.leader {
        out.events.push(ControllerEvent::LeaderElected {
            partition,
            previous: before.leader,
            leader: after.leader,
            leader_epoch: after.leader_epoch,
        });
    }
    if before.isr != after.isr {
        let (isr, partition_epoch) = (after.isr.to_vec(), after.partition_epoch);
        out.events.push(ControllerEvent::IsrChanged { partition, isr, partition_epoch });
    }
}
