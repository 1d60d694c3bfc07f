//! The whole state of a run at one moment. A clone is a checkpoint: what is large is shared until someone writes.
//!
//! Everything is readable; only the steps of the simulation write, for nobody else has it mutably.

use super::command::CommandError;
use super::event::{Event, EventKind, Limit};
use super::invariants::Invariants;
use super::ledger::{BatchRef, Ledger};
use super::metrics::Metrics;
use super::network::Network;
use super::producer_session::ProducerSession;
use super::scenario::Scenario;
use super::scheduler::Scheduler;
use super::trace::TraceHash;
use crate::engine::cluster::protocol::{ConnectionId, CorrelationId, MetadataImage};
use crate::engine::cluster::{AdminRequest, Broker, BrokerObserver, QuorumController};
use crate::engine::common::{BrokerId, ControllerId, Prng, SessionId, Timestamp, TopicPartition, VirtualTime};
use crate::engine::config::{BrokerConfig, TopicConfig};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A run at one moment.
#[derive(Clone, Debug)]
pub struct State {
    /// What the run started from.
    pub scenario: Arc<Scenario>,
    /// Everything due until then has happened.
    pub now: VirtualTime,
    /// What is to come.
    pub scheduler: Scheduler,
    /// Connections and messages in flight.
    pub network: Network,
    /// The brokers, by id from 1.
    pub brokers: Vec<Arc<Broker>>,
    /// The controllers, by id from 1.
    pub controllers: Vec<Arc<QuorumController>>,
    /// Each broker's copy of the metadata log, by id from 1.
    pub observers: Vec<Arc<BrokerObserver>>,
    /// All metadata that a majority of the controllers has: what is true of the cluster, whoever knows it.
    pub metadata: MetadataImage,
    /// What administrators asked for while there was no active controller.
    pub(super) admin_requests: Vec<AdminRequest>,
    /// Every producer session there was, by id.
    pub sessions: Vec<Arc<ProducerSession>>,
    /// The session of each producer that takes records now.
    pub current_sessions: Vec<SessionId>,
    /// The consumers.
    pub consumers: Vec<Arc<super::consumer_node::ConsumerNode>>,
    /// The topics' settings as they are now.
    pub topic_configs: Vec<Arc<TopicConfig>>,
    /// The number of partitions of each topic now.
    pub partition_counts: Vec<u32>,
    /// The brokers' settings as they are now.
    pub broker_config: Arc<BrokerConfig>,
    /// What became of every record.
    pub ledger: Ledger,
    /// Latencies and counts.
    pub metrics: Metrics,
    /// The hash over commands and events so far.
    pub trace_hash: TraceHash,
    /// How many commands and events there were.
    pub events_count: u64,
    /// The limit that the run has come to, if any.
    pub limit: Option<Limit>,
    /// Where replicas are placed by chance.
    pub(super) placement: Prng,
    /// What is broken beside the links, whose faults the network has.
    pub faults: super::fault::Faults,
    /// When each broker's process died or stopped, if it is down.
    pub crashed_at: BTreeMap<BrokerId, VirtualTime>,
    /// Connections that brokers made to brokers, by (from, to).
    pub(super) peers: BTreeMap<(BrokerId, BrokerId), super::step_broker::Peer>,
    /// Produce requests that may still be appended.
    pub(super) produces: BTreeMap<(ConnectionId, CorrelationId), ProduceOnTheWay>,
    pub(super) next_correlation: u64,
    /// How many lost records, duplicates and reordered records there were at the last event.
    pub(super) anomalies_before: Anomalies,
    /// Tasks run at `now`.
    pub(super) tasks_now: u64,
    /// The invariants, if anyone watches them.
    pub(super) watch: Option<Arc<Invariants>>,
    /// Events that nobody has taken yet, if anyone wants them.
    pub(super) journal: Option<Vec<Event>>,
}

/// The ledger's figures of what should not be, as far as they were told.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Anomalies {
    pub(super) lost: u64,
    pub(super) duplicates: u64,
    pub(super) reordered: u64,
}

/// A produce request between its sending and the last append or refusal.
#[derive(Clone, Debug)]
pub(super) struct ProduceOnTheWay {
    /// The batches that are not appended or refused yet.
    pub(super) batches: Vec<(TopicPartition, BatchRef)>,
    /// Whom it goes to.
    pub(super) to: BrokerId,
    /// It has reached the broker's process.
    pub(super) arrived: bool,
}

impl State {
    /// A broker.
    #[must_use]
    pub fn broker(&self, id: BrokerId) -> Option<&Broker> {
        self.brokers.get(usize::try_from(id.0).ok()?.checked_sub(1)?).map(Arc::as_ref)
    }

    /// A controller.
    #[must_use]
    pub fn controller(&self, id: ControllerId) -> Option<&QuorumController> {
        self.controllers.get(usize::try_from(id.0).ok()?.checked_sub(1)?).map(Arc::as_ref)
    }

    /// The active controller; of two that take themselves for it, the one of the later epoch.
    #[must_use]
    pub fn active_controller(&self) -> Option<ControllerId> {
        let active = self.controllers.iter().filter(|controller| controller.is_active());
        active.max_by_key(|controller| controller.raft().epoch()).map(|controller| controller.id())
    }

    /// When a broker's session runs out unless a heartbeat comes. None while nobody counts, as there is no active controller.
    #[must_use]
    pub fn session_ends_at(&self, broker: BrokerId) -> Option<VirtualTime> {
        self.controller(self.active_controller()?)?.session_ends_at(broker)
    }

    /// The session of a producer that takes records now.
    #[must_use]
    pub fn current_session(&self, producer_index: usize) -> Option<&ProducerSession> {
        self.session(*self.current_sessions.get(producer_index)?)
    }

    /// A session.
    #[must_use]
    pub fn session(&self, id: SessionId) -> Option<&ProducerSession> {
        self.sessions.get(id.0 as usize).map(Arc::as_ref)
    }

    /// Milliseconds since 1970 at the present moment.
    #[must_use]
    pub fn wall_clock_ms(&self) -> Timestamp {
        self.scenario.epoch_ms.saturating_add(self.now.as_ms())
    }

    pub(super) fn broker_mut(&mut self, id: BrokerId) -> &mut Broker {
        let at = usize::try_from(id.0 - 1).expect("broker ids begin at 1");
        Arc::make_mut(&mut self.brokers[at])
    }

    pub(super) fn session_mut(&mut self, id: SessionId) -> &mut ProducerSession {
        Arc::make_mut(&mut self.sessions[id.0 as usize])
    }

    pub(super) fn new_correlation(&mut self) -> CorrelationId {
        self.next_correlation += 1;
        CorrelationId(self.next_correlation)
    }

    /// Takes note of something that happened now.
    pub(super) fn emit(&mut self, kind: EventKind) {
        let event = Event { at: self.now, kind };
        if event.kind.is_traced() {
            self.trace_hash.fold(&event);
        }
        self.events_count += 1;
        if self.events_count >= crate::engine::common::limits::EVENTS_MAX as u64 && self.limit != Some(Limit::Events) {
            self.reach(Limit::Events);
        }
        if let Some(mut watch) = self.watch.take() {
            Arc::make_mut(&mut watch).heard(self, &event);
            self.watch = Some(watch);
        }
        if let Some(journal) = &mut self.journal {
            journal.push(event);
        }
    }

    /// The invariants, if they are watched.
    #[must_use]
    pub fn invariants(&self) -> Option<&Invariants> {
        self.watch.as_deref()
    }

    /// A task or a command is over.
    pub(super) fn settle(&mut self) {
        if let Some(mut watch) = self.watch.take() {
            Arc::make_mut(&mut watch).settle(self);
            self.watch = Some(watch);
        }
    }

    /// The run has come to a limit.
    pub(super) fn reach(&mut self, limit: Limit) {
        let stands_still = |limit| matches!(limit, Limit::Events | Limit::Instant);
        if self.limit.is_none_or(|reached| !stands_still(reached) && stands_still(limit)) {
            self.limit = Some(limit);
            self.emit(EventKind::LimitReached(limit));
        }
    }

    /// Whether time stands still because a limit was reached.
    #[must_use]
    pub fn is_halted(&self) -> bool {
        matches!(self.limit, Some(Limit::Events | Limit::Instant))
    }

    /// An error that says which limit was reached, if time stands still.
    pub(super) fn ensure_not_halted(&self) -> Result<(), CommandError> {
        match self.limit.filter(|_| self.is_halted()) {
            Some(limit) => Err(CommandError::LimitReached(limit.to_string())),
            None => Ok(()),
        }
    }
}
