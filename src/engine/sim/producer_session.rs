//! One producer session: an application's threads, one `KafkaProducer`, its connections and its metadata requests.
//!
//! This is its state and what follows from that alone; `step_producer` makes it act. The application has two threads: what
//! is sent by hand, in order, and the workload. A call of `send()` that waits holds up its own thread only.

use super::scenario::Client;
use super::workload::{Caller, Workload, WorkloadGenerator};
use crate::engine::cluster::protocol::{ConnectionId, CorrelationId};
use crate::engine::common::{BrokerId, PartitionId, Prng, RecordId, SessionId, TopicId, VirtualTime};
use crate::engine::config::{CompressionType, ProducerConfig};
use crate::engine::producer::{BlockedAppend, FlushId, Producer, RequestId, SendError};
use crate::engine::record::{Compression, Header, SnappyFraming};
use crate::engine::sim::ledger::BatchRef;
use bytes::Bytes;
use std::collections::{BTreeMap, VecDeque};

/// One session.
#[derive(Clone, Debug)]
pub struct ProducerSession {
    /// Its id: its row in the ledger.
    pub id: SessionId,
    /// The producer's place in the scenario.
    pub producer_index: u32,
    /// How far it is.
    pub phase: Phase,
    /// The Kafka producer.
    pub producer: Producer,
    /// What is sent by hand.
    pub by_hand: ByHand,
    /// What is sent by itself.
    pub workload: Option<RunningWorkload>,
    /// Connections, by broker.
    pub nodes: BTreeMap<BrokerId, NodeConnection>,
    /// Metadata requests.
    pub metadata: MetadataClient,
    /// Requests for a producer id.
    pub producer_id: ProducerIdClient,
    /// Requests that wait for an answer.
    pub open_requests: BTreeMap<CorrelationId, OpenRequest>,
    /// The flush that was called last and still waits.
    pub flush: Option<FlushId>,
    /// The newest call of `send()`.
    pub last_send: Option<LastSend>,
    /// The record that `send()` refused last, and why; the error's text is Kafka's.
    pub last_refusal: Option<(RecordId, SendError)>,
    /// When its sender is next woken by itself.
    pub(super) wake_at: VirtualTime,
    /// When its client is next looked at.
    pub(super) client_wake_at: VirtualTime,
    /// When its application is next woken by itself.
    pub(super) application_wake_at: VirtualTime,
}

/// How far a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It takes records.
    Open,
    /// It takes no more and flushes what it has, until then at most.
    Closing {
        /// When what is left fails.
        until: VirtualTime,
    },
    /// It is closed.
    Closed,
    /// Its process was killed. What had no outcome then has none for good.
    Killed,
}

/// The newest call of `send()` and how its partition was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastSend {
    /// The record.
    pub record: RecordId,
    /// When.
    pub at: VirtualTime,
    /// The topic.
    pub topic: TopicId,
    /// The partition that the record named itself.
    pub asked_partition: Option<PartitionId>,
    /// Its key.
    pub key: Option<Bytes>,
    /// How many partitions the producer knew of.
    pub partitions_known: u32,
    /// Where it went; none: it waits or was refused.
    pub partition: Option<PartitionId>,
}

/// A record on its way into `send()`.
#[derive(Clone, Debug)]
pub struct Call {
    /// The topic.
    pub topic: TopicId,
    /// A partition that the record names itself.
    pub partition: Option<PartitionId>,
    /// The key.
    pub key: Option<Bytes>,
    /// The value.
    pub value: Option<Bytes>,
    /// The headers.
    pub headers: Vec<Header>,
}

/// A call of `send()` that waits.
#[derive(Clone, Debug)]
pub struct BlockedCall {
    /// The record's id.
    pub record: RecordId,
    /// The record.
    pub call: Call,
    /// When it was called, in the producer's clock of milliseconds since 1970.
    pub timestamp: i64,
    /// When it stops waiting.
    pub deadline: VirtualTime,
    /// What it waits for.
    pub on: BlockedOn,
}

/// What a blocked call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockedOn {
    /// Metadata of its topic.
    Metadata,
    /// Memory.
    Memory(BlockedAppend),
}

/// The thread that sends what is typed.
#[derive(Clone, Debug, Default)]
pub struct ByHand {
    /// Calls to come.
    pub queue: VecDeque<Call>,
    /// The call that waits.
    pub blocked: Option<Box<BlockedCall>>,
}

/// The thread that sends by itself.
#[derive(Clone, Debug)]
pub struct RunningWorkload {
    /// What it sends.
    pub spec: Workload,
    /// The topic it sends to.
    pub topic: TopicId,
    /// Whether it runs.
    pub running: bool,
    /// How many records it has sent.
    pub sent: u64,
    /// The call that waits.
    pub blocked: Option<Box<BlockedCall>>,
    /// With a sync caller, the record whose outcome it waits for.
    pub waits_for: Option<RecordId>,
    /// When the next send is due: `since` plus the n-th interval.
    pub(super) since: VirtualTime,
    pub(super) nth: u64,
    pub(super) generator: WorkloadGenerator,
    pub(super) prng: Prng,
}

impl RunningWorkload {
    /// A workload that begins at a time.
    pub(super) fn new(spec: Workload, topic: TopicId, prng: Prng, now: VirtualTime) -> Self {
        Self {
            generator: WorkloadGenerator::new(&spec),
            topic,
            running: spec.running,
            sent: 0,
            blocked: None,
            waits_for: None,
            since: now + VirtualTime(spec.start_us),
            nth: 0,
            prng,
            spec,
        }
    }

    /// When its next send is due; never if it does not run, waits, or has sent all.
    #[must_use]
    pub fn due_at(&self) -> VirtualTime {
        let all_sent = self.spec.count.is_some_and(|count| self.sent >= count);
        if !self.running || all_sent || self.blocked.is_some() || self.waits_for.is_some() {
            return VirtualTime::NEVER;
        }
        self.since + self.spec.due_after(self.nth)
    }

    /// A send took place now; the next one is due one interval later. What a wait has delayed is not made up for.
    pub(super) fn sent_one(&mut self, now: VirtualTime) {
        if self.since + self.spec.due_after(self.nth) < now {
            self.since = now;
            self.nth = 0;
        }
        self.sent += 1;
        self.nth += 1;
    }

    /// Whether its application waits for each answer.
    #[must_use]
    pub fn is_sync(&self) -> bool {
        self.spec.caller == Caller::Sync
    }
}

/// The connection to one broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeConnection {
    /// None; the next attempt comes at that time.
    Disconnected {
        /// When.
        retry_at: VirtualTime,
        /// How many attempts have failed in a row.
        failures: u32,
    },
    /// On its way.
    Connecting {
        /// Which.
        connection: ConnectionId,
        /// How many attempts have failed in a row before.
        failures: u32,
        /// When it is given up (`socket.connection.setup.timeout.ms`).
        until: VirtualTime,
    },
    /// It stands.
    Ready {
        /// Which.
        connection: ConnectionId,
    },
}

/// What a client asks about the cluster, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MetadataClient {
    /// Fresh metadata is wanted.
    pub wanted: bool,
    /// The request that waits for its answer.
    pub asked: Option<CorrelationId>,
    /// Not before this: `retry.backoff.ms` after the last answer or failure.
    pub not_before: VirtualTime,
    /// When what is known is too old: `metadata.max.age.ms` after the last answer.
    pub expires_at: VirtualTime,
}

/// How an idempotent producer asks for its id, while it has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProducerIdClient {
    /// The request that waits for its answer, and since when.
    pub asked: Option<(CorrelationId, VirtualTime)>,
    /// Not before this: `retry.backoff.ms` after the last failure.
    pub not_before: VirtualTime,
}

/// A request that waits for its answer.
#[derive(Clone, Debug)]
pub struct OpenRequest {
    /// The connection it went on.
    pub connection: ConnectionId,
    /// When it was sent.
    pub sent_at: VirtualTime,
    /// What it is.
    pub kind: OpenRequestKind,
}

/// What a request of a producer is.
#[derive(Clone, Debug)]
pub enum OpenRequestKind {
    /// Produce, by the sender's name, with the batches in it.
    Produce(RequestId, Vec<BatchRef>),
    /// Metadata.
    Metadata,
    /// InitProducerId.
    InitProducerId,
}

impl ProducerSession {
    /// The codec with the client's own framing of it.
    pub(super) fn compression(config: &ProducerConfig, client: Client) -> Compression {
        match (config.compression_type, client) {
            (CompressionType::Snappy, Client::Librdkafka) => Compression::Snappy(SnappyFraming::Raw),
            (codec, _) => Compression::from(codec),
        }
    }

    /// Whether it is gone: closed, or killed with its process.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        matches!(self.phase, Phase::Closed | Phase::Killed)
    }

    /// Whether it takes records.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }

    /// How many calls of `send()` wait, or wait for one that does.
    #[must_use]
    pub fn blocked_sends(&self) -> usize {
        let by_hand = self.by_hand.queue.len() + usize::from(self.by_hand.blocked.is_some());
        by_hand + usize::from(self.workload.as_ref().is_some_and(|workload| workload.blocked.is_some()))
    }

    /// When its question for metadata has waited too long, and on which connection (`request.timeout.ms`).
    #[must_use]
    pub(super) fn next_timeout(&self) -> Option<(VirtualTime, ConnectionId)> {
        let timeout = VirtualTime::from_ms(self.producer.config().request_timeout_ms);
        let is_metadata = |request: &&OpenRequest| matches!(request.kind, OpenRequestKind::Metadata);
        self.open_requests
            .values()
            .filter(is_metadata)
            .map(|request| (request.sent_at + timeout, request.connection))
            .min()
    }

    /// When the next attempt to connect is given up, and which.
    #[must_use]
    pub(super) fn next_setup_timeout(&self) -> Option<(VirtualTime, ConnectionId)> {
        let attempts = self.nodes.values().filter_map(|node| match node {
            NodeConnection::Connecting { connection, until, .. } => Some((*until, *connection)),
            _ => None,
        });
        attempts.min()
    }

    /// The connection that stands to a broker.
    #[must_use]
    pub fn ready_connection(&self, broker: BrokerId) -> Option<ConnectionId> {
        match self.nodes.get(&broker)? {
            NodeConnection::Ready { connection } => Some(*connection),
            _ => None,
        }
    }

    /// The connection to the broker with the fewest produce requests in flight (`NetworkClient.leastLoadedNode`).
    #[must_use]
    pub fn least_loaded_connection(&self) -> Option<(BrokerId, ConnectionId)> {
        let ready = self.nodes.keys().filter_map(|broker| Some((*broker, self.ready_connection(*broker)?)));
        ready.min_by_key(|(broker, _)| (self.producer.sender().in_flight_count(*broker), *broker))
    }

    /// The broker that this connection goes to.
    #[must_use]
    pub fn node_of(&self, id: ConnectionId) -> Option<BrokerId> {
        let is_it = |node: &NodeConnection| match node {
            NodeConnection::Ready { connection } | NodeConnection::Connecting { connection, .. } => *connection == id,
            NodeConnection::Disconnected { .. } => false,
        };
        self.nodes.iter().find(|(_, node)| is_it(node)).map(|(broker, _)| *broker)
    }
}
