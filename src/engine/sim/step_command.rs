//! Commands: first whether one is possible, then what it does. A command that is refused changes nothing. Faults go on to `fault`.

use super::command::{Command, CommandError, SendRecord};
use super::event::EventKind;
use super::event::{Limit, ProducerEvent};
use super::network::{Direction, Endpoint, Payload};
use super::producer_session::{
    Call, MetadataClient, NodeConnection, Phase, ProducerIdClient, ProducerSession, RunningWorkload,
};
use super::state::State;
use super::topic_placement::{place, usable_brokers};
use crate::engine::cluster::placement::striped::PlacementError;
use crate::engine::cluster::protocol::{DeleteRecordsRequest, Request};
use crate::engine::cluster::{AdminRequest, Broker, ElectionKind};
use crate::engine::common::{
    BrokerId, KafkaError, Offset, PartitionId, Prng, SessionId, TopicId, TopicPartition, VirtualTime, limits,
};
use crate::engine::config::{ProducerConfig, TopicConfig};
use crate::engine::producer::Producer;
use crate::engine::record::Header;
use bytes::Bytes;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

impl State {
    /// Carries a command out, or says why it is not possible.
    ///
    /// # Errors
    /// Nothing has changed then.
    pub(super) fn command(&mut self, command: &Command) -> Result<(), CommandError> {
        self.ensure_not_halted()?;
        self.ensure_possible(command)?;
        self.emit(EventKind::Command(Arc::new(command.clone())));
        self.carry_out(command);
        self.check_anomalies();
        Ok(())
    }

    /// Whether a command is possible now.
    fn ensure_possible(&self, command: &Command) -> Result<(), CommandError> {
        command.validate(&self.scenario)?;
        match command {
            Command::Send { producer, .. } => self.ensure_can_send(producer, 1),
            Command::Burst { producer, count, .. } => self.ensure_can_send(producer, *count),
            Command::Flush { producer } | Command::StartWorkload { producer, workload: Some(_) } => {
                self.ensure_runs(producer, true)
            }
            Command::StartWorkload { producer, workload: None } => self.ensure_has_workload(producer),
            Command::ShutDownBroker { broker } => self.ensure_can_shut_down(*broker),
            Command::SetProducer { producer, setting, value } => {
                self.ensure_runs(producer, true)?;
                let mut config = self.current_config(producer).clone();
                config.set(setting, &value.0)?;
                config.conflict().map_or(Ok(()), |conflict| Err(CommandError::Conflict(conflict)))
            }
            Command::SetTopic { topic, setting, value } => {
                let mut config = TopicConfig::clone(&self.topic_configs[usize::from(self.topic(Some(topic)).0)]);
                config.set(setting, &value.0)?;
                config.conflict().map_or(Ok(()), |conflict| Err(CommandError::Conflict(conflict)))
            }
            Command::AddPartitions { topic, partitions } => self.ensure_can_grow(self.topic(Some(topic)), *partitions),
            Command::DeleteRecords { topic, partition, .. }
            | Command::ElectPreferred { topic, partition: Some(partition) }
            | Command::ElectUnclean { topic, partition: Some(partition) } => {
                self.ensure_partition(self.topic(Some(topic)), *partition)
            }
            Command::SeekConsumer { consumer, partition: Some(partition), .. }
            | Command::SeekConsumerToBeginning { consumer, partition: Some(partition) }
            | Command::SeekConsumerToEnd { consumer, partition: Some(partition) }
            | Command::SeekConsumerToTimestamp { consumer, partition: Some(partition), .. } => {
                let at = self.consumer_index(consumer);
                self.ensure_partition(self.consumers[at as usize].consumer.topic(), *partition)
            }
            fault => self.ensure_fault_possible(fault),
        }
    }

    fn carry_out(&mut self, command: &Command) {
        match command {
            Command::Send { producer, record } => self.send_by_hand(producer, record, None),
            Command::Burst { producer, record, count } => self.send_by_hand(producer, record, Some(*count)),
            Command::Flush { producer } => self.flush(producer),
            Command::StartWorkload { producer, workload } => self.start_workload(producer, workload.clone()),
            Command::StopWorkload { producer } => self.stop_workload(producer),
            Command::ShutDownBroker { broker } => self.drive_broker(*broker, Broker::shut_down),
            Command::ElectPreferred { topic, partition } => {
                self.elect_leaders(topic, *partition, ElectionKind::Preferred);
            }
            Command::ElectUnclean { topic, partition } => self.elect_leaders(topic, *partition, ElectionKind::Unclean),
            Command::SetProducer { producer, setting, value } => self.set_producer(producer, setting, &value.0),
            Command::SetTopic { topic, setting, value } => self.set_topic(topic, setting, &value.0),
            Command::SetBroker { setting, value } => self.set_broker(setting, &value.0),
            Command::AddPartitions { topic, partitions } => self.add_partitions(topic, *partitions),
            Command::DeleteRecords { topic, partition, before_offset } => {
                self.delete_records(topic, *partition, *before_offset);
            }
            other => {
                if !self.carry_out_of_consumer(other) {
                    self.carry_out_fault(other);
                }
            }
        }
    }

    pub(super) fn producer_index(&self, name: &str) -> usize {
        let found = self.scenario.producers.iter().position(|producer| producer.name == name);
        found.expect("the command was validated")
    }

    pub(super) fn consumer_index(&self, name: &str) -> u32 {
        let found = (0..).zip(&self.scenario.consumers).find(|(_, consumer)| consumer.name == name);
        found.map(|(at, _)| at).expect("the command was validated")
    }

    fn topic(&self, name: Option<&str>) -> TopicId {
        self.scenario.topic_id(name).expect("the command was validated")
    }

    pub(super) fn current(&self, producer: &str) -> SessionId {
        self.current_sessions[self.producer_index(producer)]
    }

    fn current_config(&self, producer: &str) -> &ProducerConfig {
        self.session(self.current(producer)).expect("sessions are never removed").producer.config()
    }

    fn ensure_has_workload(&self, producer: &str) -> Result<(), CommandError> {
        self.ensure_runs(producer, true)?;
        let session = self.session(self.current(producer));
        match session.and_then(|session| session.workload.as_ref()) {
            Some(_) => Ok(()),
            None => Err(CommandError::OutOfRange(format!("`{producer}` has no workload to start; say which"))),
        }
    }

    fn ensure_partition(&self, topic: TopicId, partition: PartitionId) -> Result<(), CommandError> {
        let count = self.partition_counts[usize::from(topic.0)];
        let is_there = u32::try_from(partition.0).is_ok_and(|index| index < count);
        let name = || format!("{}-{partition}", self.scenario.topics[usize::from(topic.0)].name);
        if is_there { Ok(()) } else { Err(CommandError::Unknown { kind: "partition", name: name() }) }
    }

    pub(super) fn ensure_broker(&self, broker: BrokerId, is_up: bool) -> Result<(), CommandError> {
        match self.broker(broker).map(Broker::is_up) {
            Some(up) if up == is_up => Ok(()),
            Some(true) => Err(CommandError::AlreadySo(format!("broker {broker} is running"))),
            Some(false) | None => Err(CommandError::AlreadySo(format!("broker {broker} is down"))),
        }
    }

    fn ensure_can_shut_down(&self, broker: BrokerId) -> Result<(), CommandError> {
        self.ensure_frozen(broker, false)?;
        if self.broker(broker).is_some_and(Broker::is_shutting_down) {
            return Err(CommandError::AlreadySo(format!("broker {broker} is about to stop")));
        }
        Ok(())
    }

    pub(super) fn ensure_can_send(&self, producer: &str, count: u32) -> Result<(), CommandError> {
        self.ensure_runs(producer, true)?;
        let waiting = self.session(self.current(producer)).map_or(0, ProducerSession::blocked_sends);
        if waiting + count as usize > limits::BLOCKED_SENDS_MAX {
            return Err(CommandError::LimitReached(Limit::BlockedSends.to_string()));
        }
        let limit = self.limit_of_sending(count as usize);
        limit.map_or(Ok(()), |limit| Err(CommandError::LimitReached(limit.to_string())))
    }

    fn ensure_can_grow(&self, topic: TopicId, partitions: u32) -> Result<(), CommandError> {
        let now = self.partition_counts[usize::from(topic.0)];
        if partitions <= now {
            let text = format!("the topic has {now} partitions; Kafka can only add some, not take any away");
            return Err(CommandError::OutOfRange(text));
        }
        let placed = self.place_more(topic, partitions, &mut self.placement.clone());
        let refused =
            |error| CommandError::Conflict(format!("{}: {error}", KafkaError::InvalidReplicationFactor.name()));
        placed.map(|_| ()).map_err(refused)
    }

    /// The replicas of the partitions that a topic still lacks to have this many.
    fn place_more(
        &self,
        topic: TopicId,
        partitions: u32,
        chance: &mut Prng,
    ) -> Result<Vec<Vec<BrokerId>>, PlacementError> {
        let existing = self.partition_counts[usize::from(topic.0)];
        let usable = usable_brokers(&self.metadata);
        place(&self.scenario.topics[usize::from(topic.0)], (existing, partitions - existing), &usable, chance)
    }

    fn send_by_hand(&mut self, producer: &str, record: &SendRecord, burst: Option<u32>) {
        let id = self.current(producer);
        let topic = self.topic(record.topic.as_deref());
        let headers: Vec<Header> = record
            .headers
            .iter()
            .map(|header| Header::new(Bytes::copy_from_slice(header.key.as_bytes()), header.value.0.clone()))
            .collect();
        let calls = (0..burst.unwrap_or(1)).map(|n| Call {
            topic,
            partition: record.partition,
            key: numbered(record.key.0.as_ref(), burst.map(|_| n)),
            value: numbered(record.value.0.as_ref(), burst.map(|_| n)),
            headers: headers.clone(),
        });
        // No `ProducerRecord` has a negative partition: its caller is told at once, whatever waits.
        if record.partition.is_some_and(|partition| partition.0 < 0) {
            for call in calls {
                let (_, blocked, _) = self.call_send(id, call);
                debug_assert!(blocked.is_none(), "the partition is looked at before anything is waited for");
            }
            return;
        }
        self.session_mut(id).by_hand.queue.extend(calls);
        self.drive_session(id, false);
    }

    fn flush(&mut self, producer: &str) {
        let id = self.current(producer);
        self.emit(EventKind::Producer { session: id, event: ProducerEvent::FlushBegun });
        let session = self.session_mut(id);
        session.flush = Some(session.producer.begin_flush());
        self.drive_session(id, true);
    }

    fn start_workload(&mut self, producer: &str, spec: Option<super::workload::Workload>) {
        let now = self.now;
        let id = self.current(producer);
        let topic = spec.as_ref().map(|spec| self.topic(spec.topic.as_deref()));
        let seed = self.scenario.seed;
        let session = self.session_mut(id);
        let old = session.workload.take();
        session.workload = match (spec, topic, old) {
            (Some(mut spec), Some(topic), old) => {
                spec.running = true;
                // A call that waits goes on waiting: it is the same thread.
                let (prng, blocked) =
                    old.map_or_else(|| (workload_stream(seed, producer), None), |old| (old.prng, old.blocked));
                Some(RunningWorkload { blocked, ..RunningWorkload::new(spec, topic, prng, now) })
            }
            (_, _, Some(mut old)) => {
                old.running = true;
                old.since = now;
                old.nth = 0;
                Some(old)
            }
            _ => None,
        };
        self.drive_session(id, false);
    }

    fn stop_workload(&mut self, producer: &str) {
        let id = self.current(producer);
        if let Some(workload) = &mut self.session_mut(id).workload {
            workload.running = false;
        }
    }

    fn set_producer(&mut self, producer: &str, setting: &str, value: &crate::engine::config::Value) {
        let at = self.producer_index(producer);
        let old = self.current_sessions[at];
        let mut config = self.session(old).expect("sessions are never removed").producer.config().clone();
        config.set(setting, value).expect("checked before");
        let session = self.session_mut(old);
        let queue = std::mem::take(&mut session.by_hand.queue);
        // A call that waits stays with the closed producer, and fails.
        let workload =
            session.workload.clone().map(|workload| RunningWorkload { waits_for: None, blocked: None, ..workload });
        if let Some(left) = &mut session.workload {
            left.running = false;
        }
        self.close_session(old);
        self.open_session(at, config, queue, workload);
    }

    /// Starts a session of a producer of the scenario.
    pub(super) fn open_session(
        &mut self,
        producer_index: usize,
        config: ProducerConfig,
        queue: VecDeque<Call>,
        workload: Option<RunningWorkload>,
    ) {
        let spec = &self.scenario.producers[producer_index];
        let (name, client, seed) = (spec.name.clone(), spec.client, self.scenario.seed);
        let id = self.ledger.session_started();
        let compression = ProducerSession::compression(&config, client);
        let stream = format!("producer/{name}/{id}");
        let mut producer = Producer::new(config, compression, seed, &stream);
        let disconnected = NodeConnection::Disconnected { retry_at: VirtualTime::ZERO, failures: 0 };
        let nodes: BTreeMap<BrokerId, NodeConnection> =
            self.scenario.broker_ids().map(|node| (node, disconnected)).collect();
        nodes.keys().for_each(|node| producer.set_node_ready(*node, false));
        let session = ProducerSession {
            id,
            producer_index: u32::try_from(producer_index).expect("producers are few"),
            phase: Phase::Open,
            producer,
            by_hand: super::producer_session::ByHand { queue, blocked: None },
            workload,
            nodes,
            metadata: MetadataClient {
                wanted: true,
                asked: None,
                not_before: VirtualTime::ZERO,
                expires_at: VirtualTime::NEVER,
            },
            producer_id: ProducerIdClient::default(),
            open_requests: BTreeMap::new(),
            flush: None,
            last_send: None,
            last_refusal: None,
            wake_at: VirtualTime::NEVER,
            client_wake_at: VirtualTime::NEVER,
            application_wake_at: VirtualTime::NEVER,
        };
        self.network.name(Endpoint::Session(id), name);
        self.sessions.push(Arc::new(session));
        match self.current_sessions.get_mut(producer_index) {
            Some(current) => *current = id,
            None => self.current_sessions.push(id),
        }
        let event = ProducerEvent::Started { producer: u32::try_from(producer_index).expect("producers are few") };
        self.emit(EventKind::Producer { session: id, event });
        self.tend_client(id);
        self.drive_session(id, false);
    }

    fn set_topic(&mut self, topic: &str, setting: &str, value: &crate::engine::config::Value) {
        let id = self.topic(Some(topic));
        let mut config = TopicConfig::clone(&self.topic_configs[usize::from(id.0)]);
        config.set(setting, value).expect("checked before");
        let config = Arc::new(config);
        self.topic_configs[usize::from(id.0)] = Arc::clone(&config);
        self.administer(AdminRequest::AlterTopicConfig { topic: id, config });
    }

    fn set_broker(&mut self, setting: &str, value: &crate::engine::config::Value) {
        let mut config = self.broker_config.as_ref().clone();
        config.set(setting, value).expect("checked before");
        let config = Arc::new(config);
        self.broker_config = Arc::clone(&config);
        self.administer(AdminRequest::AlterBrokerConfig { config });
    }

    fn add_partitions(&mut self, topic: &str, partitions: u32) {
        let id = self.topic(Some(topic));
        let first = self.partition_counts[usize::from(id.0)] as usize;
        let mut chance = self.placement.clone();
        let assignments = self.place_more(id, partitions, &mut chance).expect("checked before");
        self.placement = chance;
        self.administer(AdminRequest::AddPartitions { topic: id, first, assignments });
    }

    /// An administrator's request to the leader, on a connection of its own that stands already.
    fn delete_records(&mut self, topic: &str, partition: PartitionId, before_offset: Offset) {
        let partition = TopicPartition::new(self.topic(Some(topic)), partition);
        let leader = self.metadata.partition(partition).and_then(|registration| registration.leader);
        let Some(leader) = leader.filter(|leader| self.is_up(*leader)) else { return };
        let before = (before_offset.0 >= 0).then_some(before_offset);
        let request =
            DeleteRecordsRequest { timeout: VirtualTime::from_ms(30_000), partitions: vec![(partition, before)] };
        let connection = self.network.open_for_administrator(leader);
        let correlation = self.new_correlation();
        self.send_on(connection, Direction::ToServer, Payload::Request(correlation, Request::DeleteRecords(request)));
    }

    /// An operator's request to the active controller; its way there takes no time here.
    fn elect_leaders(&mut self, topic: &str, partition: Option<PartitionId>, election: ElectionKind) {
        let topic = self.topic(Some(topic));
        for index in self.partitions_of(topic, partition) {
            let partition = TopicPartition::new(topic, PartitionId(index));
            self.administer(AdminRequest::ElectLeader { partition, election });
        }
    }

    /// One partition of a topic, or all of them.
    pub(super) fn partitions_of(&self, topic: TopicId, partition: Option<PartitionId>) -> std::ops::Range<i32> {
        match partition {
            Some(partition) => partition.0..partition.0 + 1,
            None => 0..i32::try_from(self.partition_counts[usize::from(topic.0)]).expect("partitions are few"),
        }
    }
}

/// The stream of chance that a producer's workload draws from, whatever its sessions.
pub(super) fn workload_stream(seed: u64, producer: &str) -> Prng {
    Prng::stream(seed, &format!("workload/{producer}"))
}

/// A key or value of a burst: `{n}` in a text becomes the record's number.
fn numbered(content: Option<&Bytes>, n: Option<u32>) -> Option<Bytes> {
    let content = content?;
    match (n, std::str::from_utf8(content)) {
        (Some(n), Ok(text)) if text.contains("{n}") => Some(Bytes::from(text.replace("{n}", &n.to_string()))),
        _ => Some(content.clone()),
    }
}
