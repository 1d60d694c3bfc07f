//! A broker: connections and request handlers, the replicas that it holds, and what it believes of the cluster.
//!
//! The rule it keeps: it acts on what has reached it. It leads a partition until it hears otherwise, and answers metadata
//! requests from what the controller has told it. Each part has a file: [`request_channel`] (connections), `produce`, `fetch`
//! and `apis` (requests), `purgatory` (requests that wait), `replicas` (leading and following as the metadata says, periodic
//! checks), `fetching` (the follower's side), `isr_proposals`, `producer_ids`, `lifecycle` (registration, heartbeats, crash and start), `disk`
//! (what a power loss or a lost disk takes, and a slow one), `log_cleaner` (compaction).

mod apis;
mod disk;
mod fetch;
mod fetching;
mod isr_proposals;
mod lifecycle;
mod log_cleaner;
mod produce;
mod producer_ids;
mod purgatory;
mod replicas;
mod request_channel;

use self::disk::Disk;
use self::isr_proposals::IsrProposals;
use self::lifecycle::{ControlledShutdown, Lifecycle};
use self::producer_ids::ProducerIdManager;
use self::purgatory::Purgatory;
use self::request_channel::{Incoming, RequestChannel};
use super::breakage::Breakage;
use super::event::BrokerEvent;
use super::metadata::MetadataCache;
use super::output::{BrokerEffect, BrokerOutput, BrokerTimer, TimerKind};
use super::partition::{LeaderContext, Partition};
use super::protocol::{Api, ConnectionId, CorrelationId, MetadataImage, Request, Response};
use super::replica_fetcher::ReplicaFetcher;
use crate::engine::common::{BrokerId, Offset, Timestamp, TopicPartition, VirtualTime};
use crate::engine::config::BrokerConfig;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One broker, up or down.
#[derive(Clone, Debug)]
pub struct Broker {
    id: BrokerId,
    /// Milliseconds since 1970 at virtual time 0.
    epoch_ms: Timestamp,
    config: Arc<BrokerConfig>,
    /// How often the process has been started.
    incarnation: u32,
    /// The last number given to a request or a delayed operation. Never used twice, so that what comes late is recognised.
    last_number: u64,
    /// The replicas: their logs are on disk, their roles in memory. Shared with checkpoints until they change.
    partitions: imbl::OrdMap<TopicPartition, Arc<Partition>>,
    /// `replication-offset-checkpoint`: the high watermarks as last written to disk.
    checkpointed: imbl::OrdMap<TopicPartition, Offset>,
    /// `.kafka_cleanshutdown`: the broker epoch of the process that stopped in order; −1: it had none. Gone while a process runs.
    clean_shutdown_file: Option<i64>,
    /// What is broken on purpose: in tests only.
    breakage: Option<Breakage>,
    disk: Disk,
    process: Process,
}

/// What a crash takes away.
#[derive(Clone, Debug)]
struct Process {
    lifecycle: Lifecycle,
    /// When it is to register or send a heartbeat next; a timer that comes earlier was set before plans changed.
    next_contact: VirtualTime,
    shutdown: Option<ControlledShutdown>,
    /// What the clean shutdown file said when it started.
    previous_broker_epoch: Option<i64>,
    metadata: MetadataCache,
    channel: RequestChannel,
    purgatory: Purgatory,
    /// What it fetches, by leader.
    fetchers: BTreeMap<BrokerId, ReplicaFetcher>,
    /// Its own requests that are not answered.
    sent: BTreeMap<CorrelationId, Sent>,
    isr_proposals: IsrProposals,
    producer_ids: ProducerIdManager,
    /// Its replica fetchers stand still.
    is_stalled: bool,
}

/// A request of the broker's own.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Sent {
    Registration,
    Heartbeat,
    IsrProposals,
    ProducerIds,
    /// To this leader: records.
    Fetch(BrokerId),
    /// To this leader: where its log ends, for partitions that asked for an offset out of its range.
    LeaderEnds(BrokerId),
    /// To this leader: where its log starts.
    LeaderStarts(BrokerId),
}

impl Process {
    fn down(config: Arc<BrokerConfig>) -> Self {
        Self {
            lifecycle: Lifecycle::Down,
            next_contact: VirtualTime::NEVER,
            shutdown: None,
            previous_broker_epoch: None,
            metadata: MetadataCache::new(MetadataImage::empty(config)),
            channel: RequestChannel::default(),
            purgatory: Purgatory::default(),
            fetchers: BTreeMap::new(),
            sent: BTreeMap::new(),
            isr_proposals: IsrProposals::default(),
            producer_ids: ProducerIdManager::default(),
            is_stalled: false,
        }
    }
}

impl Broker {
    /// A broker with an empty disk, not started. `epoch_ms` is the wall clock, in ms since 1970, at virtual time 0.
    #[must_use]
    pub fn new(id: BrokerId, epoch_ms: Timestamp, config: Arc<BrokerConfig>) -> Self {
        Self {
            id,
            epoch_ms,
            process: Process::down(config.clone()),
            config,
            incarnation: 0,
            last_number: 0,
            partitions: imbl::OrdMap::new(),
            checkpointed: imbl::OrdMap::new(),
            clean_shutdown_file: None,
            breakage: None,
            disk: Disk::default(),
        }
    }

    /// Breaks it on purpose, before it starts. For tests.
    #[doc(hidden)]
    pub fn break_it(&mut self, breakage: Option<Breakage>) {
        self.breakage = breakage;
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> BrokerId {
        self.id
    }

    /// Whether its process runs, so that it takes connections.
    #[must_use]
    pub fn is_up(&self) -> bool {
        !matches!(self.process.lifecycle, Lifecycle::Down)
    }

    /// Whether the controller counts it among the live brokers, as far as it knows itself.
    #[must_use]
    pub fn is_unfenced(&self) -> bool {
        matches!(self.process.lifecycle, Lifecycle::Registered { is_fenced: false, .. })
    }

    /// Whether it was asked to stop, and waits for the controller to let it.
    #[must_use]
    pub fn is_shutting_down(&self) -> bool {
        self.process.shutdown.is_some()
    }

    /// Whether it is down because it stopped in order.
    #[must_use]
    pub fn has_stopped_cleanly(&self) -> bool {
        self.clean_shutdown_file.is_some()
    }

    /// Its settings.
    #[must_use]
    pub fn config(&self) -> &Arc<BrokerConfig> {
        &self.config
    }

    /// The replicas on its disk, by partition.
    pub fn partitions(&self) -> impl Iterator<Item = (TopicPartition, &Partition)> {
        self.partitions.iter().map(|(id, partition)| (*id, partition.as_ref()))
    }

    /// One replica.
    #[must_use]
    pub fn partition(&self, partition: TopicPartition) -> Option<&Partition> {
        self.partitions.get(&partition).map(AsRef::as_ref)
    }

    /// The high watermark of a replica as last written to disk: where a restart begins from.
    #[must_use]
    pub fn checkpointed_high_watermark(&self, partition: TopicPartition) -> Option<Offset> {
        self.checkpointed.get(&partition).copied()
    }

    /// What the controller has told it.
    #[must_use]
    pub fn metadata(&self) -> &MetadataImage {
        self.process.metadata.image()
    }

    /// Requests that have arrived and are not answered.
    #[must_use]
    pub fn open_requests(&self) -> usize {
        self.process.channel.open_requests()
    }

    /// Requests that wait in the purgatory.
    #[must_use]
    pub fn delayed_requests(&self) -> usize {
        self.process.purgatory.len()
    }

    /// A request has arrived on a connection. A broker that is down loses it.
    pub fn receive(
        &mut self,
        now: VirtualTime,
        connection: ConnectionId,
        correlation: CorrelationId,
        request: Request,
        out: &mut BrokerOutput,
    ) {
        if self.is_up() {
            self.process.channel.arrive(Incoming { connection, correlation, request });
            self.serve(now, out);
        }
    }

    /// The other side of a connection has closed it. What it had sent is still read.
    pub fn disconnected(&mut self, now: VirtualTime, connection: ConnectionId, out: &mut BrokerOutput) {
        self.process.channel.closed_by_peer(connection);
        self.serve(now, out);
    }

    /// Another broker has answered a request of this one.
    pub fn answered(
        &mut self,
        now: VirtualTime,
        correlation: CorrelationId,
        response: Response,
        out: &mut BrokerOutput,
    ) {
        match (self.process.sent.remove(&correlation), response) {
            (Some(Sent::Fetch(leader)), Response::Fetch(response)) => {
                self.fetch_answered(now, leader, correlation, response, out);
            }
            (Some(Sent::LeaderEnds(leader)), Response::ListOffsets(response)) => {
                self.leader_ends_answered(now, leader, correlation, &response, out);
            }
            (Some(Sent::LeaderStarts(leader)), Response::ListOffsets(response)) => {
                self.leader_starts_answered(now, leader, correlation, &response, out);
            }
            (_, _) => {}
        }
        self.serve(now, out);
    }

    /// A request of this broker will not be answered: its connection failed.
    pub fn unreachable(&mut self, now: VirtualTime, correlation: CorrelationId, out: &mut BrokerOutput) {
        match self.process.sent.remove(&correlation) {
            Some(Sent::Registration | Sent::Heartbeat) => self.controller_unreachable(now, out),
            Some(Sent::IsrProposals) => self.isr_proposals_failed(now, out),
            Some(Sent::ProducerIds) => self.process.producer_ids.failed(now),
            Some(Sent::Fetch(leader) | Sent::LeaderEnds(leader) | Sent::LeaderStarts(leader)) => {
                self.leader_unreachable(now, leader, correlation, out);
            }
            None => {}
        }
    }

    /// A timer that this broker set has fired.
    pub fn timer(&mut self, now: VirtualTime, timer: BrokerTimer, out: &mut BrokerOutput) {
        if !self.is_up() || timer.incarnation != self.incarnation {
            return;
        }
        match timer.kind {
            TimerKind::RequestDone(connection) => self.request_done(now, connection, out),
            TimerKind::DelayedOperation(id) => self.delayed_operation_expired(now, id, out),
            TimerKind::Fetcher(leader) => self.fetcher_due(now, leader, out),
            TimerKind::Lifecycle if now >= self.process.next_contact => self.contact_controller(now, out),
            TimerKind::Lifecycle => {}
            TimerKind::ShutdownTimeout => self.stop(now, out),
            TimerKind::IsrShrink => self.shrink_isrs(now, out),
            TimerKind::HighWatermarkCheckpoint => self.checkpoint_high_watermarks(now, out),
            TimerKind::PageCache => self.write_page_cache(now, out),
            TimerKind::Flush => self.flush_by_time(now, out),
            TimerKind::Retention => self.apply_retention(now, out),
            TimerKind::LogCleaner => self.clean_logs(now, out),
            TimerKind::IsrProposals => self.send_isr_proposals(now, out),
        }
        self.serve(now, out);
    }

    /// Reads and handles requests until every connection is muted or empty, or every handler is at work.
    fn serve(&mut self, now: VirtualTime, out: &mut BrokerOutput) {
        if !self.is_caught_up() {
            return;
        }
        let handlers = usize::try_from(self.config.request_handlers).expect("a setting of 1 to 64");
        loop {
            while let Some((connection, correlation, api)) = self.process.channel.read_next() {
                report(api, BrokerEvent::RequestReceived { connection, correlation, api }, out);
            }
            let Some(incoming) = self.process.channel.take_next(handlers) else { return };
            self.take_up(now, incoming, out);
        }
    }

    /// A handler takes a request up: it is done at once if it costs nothing, else later.
    fn take_up(&mut self, now: VirtualTime, incoming: Incoming, out: &mut BrokerOutput) {
        let Incoming { connection, correlation, .. } = incoming;
        let done_at = now + self.cost_of(&incoming.request);
        report(incoming.request.api(), BrokerEvent::RequestTaken { connection, correlation, done_at }, out);
        if done_at == now {
            self.perform(now, incoming, out);
        } else {
            self.process.channel.work_on(incoming);
            self.schedule(done_at, TimerKind::RequestDone(connection), out);
        }
    }

    fn request_done(&mut self, now: VirtualTime, connection: ConnectionId, out: &mut BrokerOutput) {
        if let Some(incoming) = self.process.channel.finished(connection) {
            self.perform(now, incoming, out);
        }
    }

    /// Sends an answer, if there is still someone to answer, and reads the connection again.
    fn respond(
        &mut self,
        connection: ConnectionId,
        correlation: CorrelationId,
        response: Response,
        out: &mut BrokerOutput,
    ) {
        let Some((api, has_peer)) = self.process.channel.unmute(connection, correlation) else { return };
        if has_peer.0 {
            out.effects.push(BrokerEffect::Respond { connection, correlation, response });
            report(api, BrokerEvent::RequestAnswered { connection, correlation, api }, out);
        }
    }

    fn schedule(&self, at: VirtualTime, kind: TimerKind, out: &mut BrokerOutput) {
        let timer = BrokerTimer { incarnation: self.incarnation, kind };
        out.effects.push(BrokerEffect::Schedule { at, timer });
    }

    fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    fn next_correlation(&mut self) -> CorrelationId {
        CorrelationId(self.next_number())
    }

    /// The wall clock, in ms since 1970.
    fn wall_clock(&self, now: VirtualTime) -> Timestamp {
        self.epoch_ms.saturating_add(now.as_ms())
    }

    fn partition_mut(&mut self, partition: TopicPartition) -> Option<&mut Partition> {
        self.partitions.get_mut(&partition).map(Arc::make_mut)
    }

    /// Calls `change` with a partition and what a leader must know.
    fn with_leader<T>(
        &mut self,
        now: VirtualTime,
        partition: TopicPartition,
        change: impl FnOnce(&mut Partition, LeaderContext<'_>) -> T,
    ) -> Option<T> {
        let lag_max = VirtualTime::from_ms(self.config.replica_lag_time_max_ms);
        let context = LeaderContext { now, lag_max, metadata: &self.process.metadata };
        let partition = self.partitions.get_mut(&partition)?;
        Some(change(Arc::make_mut(partition), context))
    }
}

/// Reports a step of a request on its way. Fetches are many and mostly find nothing: only what they bring is reported.
fn report(api: Api, event: BrokerEvent, out: &mut BrokerOutput) {
    if api != Api::Fetch {
        out.events.push(event);
    }
}
