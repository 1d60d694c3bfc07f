//! A tiny driver for tests: one queue, the same latency everywhere, no chance. The real one is the simulation.

use super::event::{BrokerEvent, ControllerEvent};
use super::output::{BrokerEffect, BrokerOutput, BrokerTimer, ControllerEffect, ControllerOutput, ControllerTimer};
use super::protocol::{
    ConnectionId, ControllerRequest, ControllerResponse, CorrelationId, FetchPartition, FetchRequest, FetchedPartition,
    Fetcher, MetadataDelta, MetadataUpdate, ProducePartitionResponse, ProduceRequest, Request, Response,
};
use super::{Broker, Controller, NewTopic, Partition, ring_placement};
use crate::engine::common::{BrokerId, KafkaError, Offset, PartitionId, TopicId, TopicPartition, VirtualTime};
use crate::engine::config::{Acks, BrokerConfig, TopicConfig};
use crate::engine::record::{BatchOptions, Compressor, ProducerState, RecordBatchBuilder};
use crate::engine::storage::ClientBatch;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(in crate::engine) const EPOCH_MS: i64 = 1_700_000_000_000;
pub(in crate::engine) const P0: TopicPartition = TopicPartition { topic: TopicId(0), partition: PartitionId(0) };

#[derive(Clone, Debug)]
enum Task {
    Timer(BrokerId, BrokerTimer),
    ControllerTimer(ControllerTimer),
    Request { to: BrokerId, connection: ConnectionId, correlation: CorrelationId, request: Request },
    Response { to: BrokerId, correlation: CorrelationId, response: Response },
    Unreachable { to: BrokerId, correlation: CorrelationId },
    Disconnected { to: BrokerId, connection: ConnectionId },
    ToController { from: BrokerId, correlation: CorrelationId, request: ControllerRequest },
    FromController { to: BrokerId, correlation: CorrelationId, response: ControllerResponse },
    Metadata { to: BrokerId, update: MetadataUpdate },
}

impl Task {
    fn broker(&self) -> Option<BrokerId> {
        match self {
            Task::Timer(to, _)
            | Task::Request { to, .. }
            | Task::Response { to, .. }
            | Task::Unreachable { to, .. }
            | Task::Disconnected { to, .. }
            | Task::FromController { to, .. }
            | Task::Metadata { to, .. } => Some(*to),
            Task::ControllerTimer(_) | Task::ToController { .. } => None,
        }
    }

    /// The broker that speaks with the controller.
    fn beside_controller(&self) -> Option<BrokerId> {
        match self {
            Task::ToController { from: broker, .. }
            | Task::FromController { to: broker, .. }
            | Task::Metadata { to: broker, .. } => Some(*broker),
            _ => None,
        }
    }
}

/// What a client was answered.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Answer {
    pub(in crate::engine) at: VirtualTime,
    pub(in crate::engine) correlation: CorrelationId,
    pub(in crate::engine) response: Response,
}

pub(in crate::engine) struct Cluster {
    pub(in crate::engine) now: VirtualTime,
    pub(in crate::engine) controller: Controller,
    brokers: BTreeMap<BrokerId, Broker>,
    latency: VirtualTime,
    tasks: BTreeMap<(VirtualTime, u64), Task>,
    sequence: u64,
    /// Connections between brokers: (from, to).
    links: BTreeMap<(BrokerId, BrokerId), ConnectionId>,
    /// Open requests between brokers, and who sent them where.
    open: BTreeMap<(ConnectionId, CorrelationId), BrokerId>,
    next_connection: u64,
    /// Brokers that do nothing for now, and what came for them.
    frozen: BTreeMap<BrokerId, Vec<Task>>,
    /// Brokers that cannot reach the controller, nor it them, and what waits.
    cut: BTreeMap<BrokerId, Vec<Task>>,
    /// All that the controller has written, and how far each broker has heard of it.
    published: Vec<Arc<MetadataDelta>>,
    heard_of: BTreeMap<BrokerId, i64>,
    pub(in crate::engine) answers: BTreeMap<ConnectionId, Vec<Answer>>,
    pub(in crate::engine) closed: BTreeSet<ConnectionId>,
    pub(in crate::engine) events: Vec<(VirtualTime, BrokerId, BrokerEvent)>,
    pub(in crate::engine) controller_events: Vec<(VirtualTime, ControllerEvent)>,
}

pub(in crate::engine) fn broker(id: i32) -> BrokerId {
    BrokerId(id)
}

pub(in crate::engine) fn ms(ms: i64) -> VirtualTime {
    VirtualTime::from_ms(ms)
}

/// Settings without cost of time, so that times in tests are those of Kafka's rules.
pub(in crate::engine) fn free_of_cost() -> BrokerConfig {
    BrokerConfig { request_cost_us: 0, append_cost_us_per_mib: 0, ..BrokerConfig::default() }
}

/// A batch of `records` records with values of 10 bytes.
pub(in crate::engine) fn batch(records: usize) -> ClientBatch {
    let mut builder = RecordBatchBuilder::new(BatchOptions::default(), Vec::new());
    for _ in 0..records {
        builder.append(EPOCH_MS, None, Some(b"0123456789"), &[]);
    }
    ClientBatch::Built(builder.close(ProducerState::NONE, &mut Compressor::default()).batch)
}

impl Cluster {
    /// One topic on `brokers` brokers, with a latency of 1 ms on every way.
    pub(in crate::engine) fn new(brokers: u32, partitions: u32, replication_factor: u32, topic: TopicConfig) -> Self {
        Self::with_config(brokers, partitions, replication_factor, topic, free_of_cost())
    }

    pub(in crate::engine) fn with_config(
        brokers: u32,
        partitions: u32,
        replication_factor: u32,
        topic: TopicConfig,
        config: BrokerConfig,
    ) -> Self {
        let ids: Vec<BrokerId> = (1..=i32::try_from(brokers).expect("few")).map(BrokerId).collect();
        let config = Arc::new(config);
        let topic = NewTopic {
            id: TopicId(0),
            name: "orders".into(),
            config: Arc::new(topic),
            assignments: ring_placement(brokers, 0, partitions, replication_factor),
        };
        let controller = Controller::new(config.clone(), &ids, vec![topic]);
        let mut cluster = Self {
            now: VirtualTime::ZERO,
            brokers: ids.iter().map(|id| (*id, Broker::new(*id, EPOCH_MS, config.clone()))).collect(),
            controller,
            latency: ms(1),
            tasks: BTreeMap::new(),
            sequence: 0,
            links: BTreeMap::new(),
            open: BTreeMap::new(),
            next_connection: 1000,
            frozen: BTreeMap::new(),
            cut: BTreeMap::new(),
            published: Vec::new(),
            heard_of: BTreeMap::new(),
            answers: BTreeMap::new(),
            closed: BTreeSet::new(),
            events: Vec::new(),
            controller_events: Vec::new(),
        };
        let mut out = ControllerOutput::default();
        cluster.controller.start(VirtualTime::ZERO, &mut out);
        cluster.carry_out_controller(out);
        for id in ids {
            let image = cluster.controller.image().clone();
            cluster.call(id, |broker, now, out| broker.start(now, Some(&image), out));
        }
        cluster
    }

    pub(in crate::engine) fn broker(&self, id: i32) -> &Broker {
        &self.brokers[&BrokerId(id)]
    }

    pub(in crate::engine) fn replica(&self, id: i32) -> &Partition {
        self.broker(id).partition(P0).expect("every broker of these tests has partition 0")
    }

    pub(in crate::engine) fn log_end(&self, id: i32) -> i64 {
        self.replica(id).log().log_end_offset().0
    }

    pub(in crate::engine) fn high_watermark(&self, id: i32) -> i64 {
        self.replica(id).high_watermark().0
    }

    /// The controller's ISR of partition 0.
    pub(in crate::engine) fn isr(&self) -> Vec<i32> {
        let state = self.controller.image().partition(P0).expect("partition 0 exists");
        state.isr.iter().map(|broker| broker.0).collect()
    }

    /// The controller's ELR of partition 0.
    pub(in crate::engine) fn elr(&self) -> Vec<i32> {
        let state = self.controller.image().partition(P0).expect("partition 0 exists");
        state.elr.iter().map(|broker| broker.0).collect()
    }

    /// The controller's leader of partition 0.
    pub(in crate::engine) fn leader(&self) -> Option<i32> {
        self.controller.image().partition(P0).and_then(|state| state.leader).map(|leader| leader.0)
    }

    fn schedule(&mut self, at: VirtualTime, task: Task) {
        self.sequence += 1;
        self.tasks.insert((at, self.sequence), task);
    }

    fn send(&mut self, task: Task) {
        self.schedule(self.now + self.latency, task);
    }

    fn call(&mut self, id: BrokerId, call: impl FnOnce(&mut Broker, VirtualTime, &mut BrokerOutput)) {
        let mut out = BrokerOutput::default();
        call(self.brokers.get_mut(&id).expect("a broker of this cluster"), self.now, &mut out);
        let (now, events) = (self.now, out.events);
        self.events.extend(events.into_iter().map(|event| (now, id, event)));
        for effect in out.effects {
            self.carry_out(id, effect);
        }
    }

    fn carry_out(&mut self, from: BrokerId, effect: BrokerEffect) {
        match effect {
            BrokerEffect::Respond { connection, correlation, response } => {
                match self.open.remove(&(connection, correlation)) {
                    Some(to) => self.send(Task::Response { to, correlation, response }),
                    None => {
                        let answer = Answer { at: self.now, correlation, response };
                        self.answers.entry(connection).or_default().push(answer);
                    }
                }
            }
            BrokerEffect::Close { connection } => {
                self.closed.insert(connection);
            }
            BrokerEffect::SendToBroker { to, correlation, request } => {
                self.next_connection += 1;
                let fresh = ConnectionId(self.next_connection);
                let connection = *self.links.entry((from, to)).or_insert(fresh);
                self.open.insert((connection, correlation), from);
                if self.brokers[&to].is_up() {
                    self.send(Task::Request { to, connection, correlation, request });
                } else {
                    self.fail(connection, correlation);
                }
            }
            BrokerEffect::Disconnect { from: to } => {
                if let Some(connection) = self.links.remove(&(from, to)) {
                    self.open.retain(|(open, _), _| *open != connection);
                    self.send(Task::Disconnected { to, connection });
                }
            }
            BrokerEffect::SendToController { correlation, request } => {
                self.send(Task::ToController { from, correlation, request });
            }
            BrokerEffect::Schedule { at, timer } => self.schedule(at, Task::Timer(from, timer)),
            BrokerEffect::Exit => self.break_connections(from),
        }
    }

    fn fail(&mut self, connection: ConnectionId, correlation: CorrelationId) {
        if let Some(to) = self.open.remove(&(connection, correlation)) {
            self.send(Task::Unreachable { to, correlation });
        }
    }

    fn carry_out_controller(&mut self, out: ControllerOutput) {
        let (now, events) = (self.now, out.events);
        self.controller_events.extend(events.into_iter().map(|event| (now, event)));
        for effect in out.effects {
            match effect {
                ControllerEffect::Respond { to, correlation, response } => {
                    self.send(Task::FromController { to, correlation, response });
                }
                ControllerEffect::Append(delta) => self.publish(&delta),
                ControllerEffect::Schedule { at, timer } => self.schedule(at, Task::ControllerTimer(timer)),
            }
        }
    }

    /// What the controller writes is committed at once here, and every broker reads it a latency later. One that has just registered reads all.
    fn publish(&mut self, delta: &MetadataDelta) {
        let delta = Arc::new(delta.clone());
        self.published.push(Arc::clone(&delta));
        let image = self.controller.image().clone();
        for to in self.brokers.keys().copied().collect::<Vec<_>>() {
            let registers = delta.brokers.iter().any(|(id, known)| *id == to && known.epoch == delta.base_offset());
            let update = if registers {
                MetadataUpdate::Image(image.clone())
            } else {
                MetadataUpdate::Deltas(vec![Arc::clone(&delta)])
            };
            self.send(Task::Metadata { to, update });
        }
    }

    pub(in crate::engine) fn with_controller(
        &mut self,
        call: impl FnOnce(&mut Controller, VirtualTime, &mut ControllerOutput),
    ) {
        let mut out = ControllerOutput::default();
        call(&mut self.controller, self.now, &mut out);
        self.carry_out_controller(out);
    }

    /// Runs everything that is due until `until`, and stands there.
    pub(in crate::engine) fn run_until(&mut self, until: VirtualTime) {
        while let Some(((at, sequence), _)) = self.tasks.first_key_value() {
            if *at > until {
                break;
            }
            let key = (*at, *sequence);
            self.now = *at;
            let task = self.tasks.remove(&key).expect("it was just seen");
            self.run_task(task);
        }
        self.now = until;
    }

    pub(in crate::engine) fn run_for(&mut self, span: VirtualTime) {
        self.run_until(self.now + span);
    }

    fn run_task(&mut self, task: Task) {
        if let Some(held) = task.broker().and_then(|id| self.frozen.get_mut(&id)) {
            held.push(task);
            return;
        }
        if let Some(held) = task.beside_controller().and_then(|id| self.cut.get_mut(&id)) {
            held.push(task);
            return;
        }
        match task {
            Task::Timer(id, timer) => self.call(id, |broker, now, out| broker.timer(now, timer, out)),
            Task::ControllerTimer(timer) => {
                self.with_controller(|controller, now, out| controller.timer(now, timer, out))
            }
            Task::Request { to, connection, correlation, request } => {
                if self.brokers[&to].is_up() {
                    self.call(to, |broker, now, out| broker.receive(now, connection, correlation, request, out));
                } else {
                    self.fail(connection, correlation);
                }
            }
            Task::Response { to, correlation, response } => {
                self.call(to, |broker, now, out| broker.answered(now, correlation, response, out));
            }
            Task::Unreachable { to, correlation } => {
                self.call(to, |broker, now, out| broker.unreachable(now, correlation, out));
            }
            Task::Disconnected { to, connection } => {
                self.call(to, |broker, now, out| broker.disconnected(now, connection, out));
            }
            Task::ToController { from, correlation, request } => self.with_controller(|controller, now, out| {
                controller.receive(now, from, correlation, request, out);
            }),
            Task::FromController { to, correlation, response } => {
                self.call(to, |broker, now, out| broker.controller_answered(now, correlation, response, out));
            }
            Task::Metadata { to, update } => {
                let offset = match &update {
                    MetadataUpdate::Image(image) => image.offset,
                    MetadataUpdate::Deltas(deltas) => deltas.last().map_or(-1, |last| last.offset),
                };
                let heard_of =
                    *self.heard_of.entry(to).and_modify(|known| *known = offset.max(*known)).or_insert(offset);
                self.call(to, |broker, now, out| broker.update_metadata(now, update, out));
                // A log is read in order, whatever order the news of it comes in.
                let rest: Vec<_> = self.published.iter().filter(|delta| delta.offset <= heard_of).cloned().collect();
                self.call(to, |broker, now, out| broker.update_metadata(now, MetadataUpdate::Deltas(rest), out));
            }
        }
    }

    pub(in crate::engine) fn crash(&mut self, id: i32) {
        let id = BrokerId(id);
        self.call(id, |broker, now, out| broker.crash(now, out));
        self.break_connections(id);
    }

    pub(in crate::engine) fn shut_down(&mut self, id: i32) {
        self.call(BrokerId(id), |broker, now, out| broker.shut_down(now, out));
    }

    fn break_connections(&mut self, id: BrokerId) {
        let touching = |(from, to): &(BrokerId, BrokerId)| *from == id || *to == id;
        let lost: Vec<_> = self.links.iter().filter(|(ends, _)| touching(ends)).map(|(_, link)| *link).collect();
        self.links.retain(|ends, _| !touching(ends));
        let open: Vec<_> = self.open.keys().copied().filter(|(connection, _)| lost.contains(connection)).collect();
        for (connection, correlation) in open {
            self.fail(connection, correlation);
        }
    }

    pub(in crate::engine) fn restart(&mut self, id: i32) {
        self.call(BrokerId(id), |broker, now, out| broker.start(now, None, out));
    }

    /// The broker does nothing until it is thawed; what comes for it waits.
    pub(in crate::engine) fn freeze(&mut self, id: i32) {
        self.frozen.entry(BrokerId(id)).or_default();
    }

    pub(in crate::engine) fn thaw(&mut self, id: i32) {
        for task in self.frozen.remove(&BrokerId(id)).unwrap_or_default() {
            self.schedule(self.now, task);
        }
    }

    /// The answers that have come for a frozen broker are lost: whoever gave them died before it could read them.
    pub(in crate::engine) fn lose_answers_to_frozen(&mut self, id: i32) {
        if let Some(held) = self.frozen.get_mut(&BrokerId(id)) {
            held.retain(|task| !matches!(task, Task::Response { .. }));
        }
    }

    /// A client closes its connection.
    pub(in crate::engine) fn disconnect(&mut self, from: i32, connection: u64) {
        let connection = ConnectionId(connection);
        self.call(BrokerId(from), |broker, now, out| broker.disconnected(now, connection, out));
    }

    /// Nothing passes between the broker and the controller until they are joined again.
    pub(in crate::engine) fn cut_from_controller(&mut self, id: i32) {
        self.cut.entry(BrokerId(id)).or_default();
    }

    pub(in crate::engine) fn join_to_controller(&mut self, id: i32) {
        for task in self.cut.remove(&BrokerId(id)).unwrap_or_default() {
            self.send(task);
        }
    }

    /// A client's request arrives at once.
    pub(in crate::engine) fn request(&mut self, to: i32, connection: u64, correlation: u64, request: Request) {
        let (connection, correlation) = (ConnectionId(connection), CorrelationId(correlation));
        self.call(BrokerId(to), |broker, now, out| broker.receive(now, connection, correlation, request, out));
    }

    /// A batch for partition 0, with a time limit of 30 s.
    pub(in crate::engine) fn produce(
        &mut self,
        to: i32,
        connection: u64,
        correlation: u64,
        acks: Acks,
        records: usize,
    ) {
        let request = ProduceRequest { acks, timeout: ms(30_000), batches: vec![(P0, batch(records))] };
        self.request(to, connection, correlation, Request::Produce(request));
    }

    pub(in crate::engine) fn answers(&self, connection: u64) -> &[Answer] {
        self.answers.get(&ConnectionId(connection)).map_or(&[], Vec::as_slice)
    }

    /// What the first partition of a connection's last produce response says.
    pub(in crate::engine) fn produced(&self, connection: u64) -> Option<ProducePartitionResponse> {
        match &self.answers(connection).last()?.response {
            Response::Produce(response) => response.partitions.first().cloned(),
            _ => None,
        }
    }

    /// Error or base offset of a connection's last produce response.
    pub(in crate::engine) fn outcome(&self, connection: u64) -> Option<Result<i64, KafkaError>> {
        self.produced(connection).map(|response| response.error.map_or(Ok(response.base_offset.0), Err))
    }

    /// What a consumer reads of partition 0 at once.
    pub(in crate::engine) fn consume(&mut self, from: i32, offset: i64) -> FetchedPartition {
        self.next_connection += 1;
        let connection = self.next_connection;
        let fetch = FetchPartition {
            partition: P0,
            fetch_offset: Offset(offset),
            last_fetched_epoch: None,
            current_leader_epoch: None,
            log_start_offset: Offset::UNKNOWN,
            max_bytes: 1_000_000,
        };
        let request = FetchRequest {
            fetcher: Fetcher::Consumer,
            max_wait: VirtualTime::ZERO,
            min_bytes: 1,
            max_bytes: 1_000_000,
            partitions: vec![fetch],
        };
        self.request(from, connection, 1, Request::Fetch(request));
        match &self.answers(connection).last().expect("a fetch without wait is answered at once").response {
            Response::Fetch(response) => response.partitions[0].clone(),
            other => panic!("a fetch was answered by {other:?}"),
        }
    }

    pub(in crate::engine) fn events_of(&self, id: i32) -> impl Iterator<Item = (VirtualTime, &BrokerEvent)> {
        self.events.iter().filter(move |(_, broker, _)| broker.0 == id).map(|(at, _, event)| (*at, event))
    }
}
