//! A producer as it stands: its last send, the batches that fill, what is in flight, its memory.

use super::{BATCH_RECORDS_MAX, RecordDot};
use crate::engine::common::{RecordId, SessionId, TopicId, VirtualTime};
use crate::engine::producer::{
    InFlightRequest as OpenRequest, Producer, ProducerBatch, ProducerIdAndEpoch, QueuedBatch, RecordAccumulator,
};
use crate::engine::record::record::size_in_bytes;
use crate::engine::sim::State;
use crate::engine::sim::ledger::{BatchEntry, Ledger, OpenContent};
use crate::engine::sim::producer_session::{self, Phase, ProducerSession};
use crate::view::departures::leave_word;
use crate::view::format;
use crate::view::hashing::HashFunction;
use crate::view::hindrance::Hindrance;
use serde::Serialize;

/// One producer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProducerFrame {
    /// Its place in the scenario.
    pub index: u32,
    /// Its name in the scenario, such as `p1`.
    pub name: String,
    /// Its present session: a change of its settings starts another.
    pub session: u32,
    /// It can send. A producer that is closing cannot.
    pub open: bool,
    /// Its process was killed.
    pub killed: bool,
    /// `acks` as Kafka writes it.
    pub acks: String,
    /// Who it is to the brokers; none without idempotence.
    pub identity: Option<Identity>,
    /// `linger.ms` in milliseconds.
    pub linger_ms: i64,
    /// `batch.size` in bytes.
    pub batch_size: i64,
    /// The newest call of `send()`, if there was one.
    pub last_send: Option<LastSend>,
    /// How many partitions it knows the first topic to have: as many as its metadata told when it last asked.
    pub partitions_known: i32,
    /// Batches that are not on a wire: by partition, and in a partition in the order in which they will leave.
    pub batches: Vec<ProducerBatchFrame>,
    /// Requests that wait for their answer, oldest first.
    pub in_flight: Vec<InFlightRequest>,
    /// How many may wait for one broker at once.
    pub max_in_flight: i64,
    /// Bytes of `buffer.memory` in use.
    pub buffer_used: i64,
    /// `buffer.memory` in bytes.
    pub buffer_total: i64,
    /// Calls of `send()` that wait for memory or for metadata.
    pub blocked_sends: usize,
    /// What its application sends by itself.
    pub workload: Option<WorkloadFrame>,
}

/// The producer id and epoch of an idempotent producer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Identity {
    /// It has asked a broker and sends nothing before the answer.
    Awaited,
    /// It has one.
    Given {
        /// Given by a broker.
        producer_id: i64,
        /// Raised by the producer itself after a gap in its sequences.
        epoch: i16,
    },
}

impl Identity {
    fn of(identity: ProducerIdAndEpoch) -> Self {
        if identity.is_valid() {
            Identity::Given { producer_id: identity.producer_id.0, epoch: identity.epoch.0 }
        } else {
            Identity::Awaited
        }
    }
}

/// What an application sends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadFrame {
    /// It runs.
    pub running: bool,
    /// Records a second.
    pub rate_per_second: u32,
}

/// How the newest record found its partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LastSend {
    /// The record.
    pub record: u64,
    /// The key as a label.
    pub key: String,
    /// The hash of the key in hex, if the partitioner hashed it.
    pub hash: Option<String>,
    /// Its name: `murmur2`, `crc32`, `fnv1a`.
    pub hash_name: Option<&'static str>,
    /// How many partitions the producer knew.
    pub partitions: i32,
    /// The partition; none while it is not chosen.
    pub partition: Option<i32>,
    /// When `send()` was called, in microseconds.
    pub at_us: u64,
}

/// A batch that a producer holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProducerBatchFrame {
    /// The producer's own number of the batch, which `data-batch` shows as `session/number`.
    pub id: u64,
    /// The partition it is for.
    pub partition: i32,
    /// Its newest records, at most [`super::BATCH_RECORDS_MAX`].
    pub records: Vec<RecordDot>,
    /// Bytes of each of these, uncompressed; none where a batch stands between others and is not drawn.
    pub record_bytes: Vec<usize>,
    /// Bytes of all its records, uncompressed, if those of each are told.
    pub records_bytes: usize,
    /// How many records it holds.
    pub records_count: usize,
    /// Its size as the producer estimates it, header included.
    pub bytes: i64,
    /// The size at which it is full.
    pub bytes_max: i64,
    /// When it was created, in microseconds.
    pub created_us: u64,
    /// When it may leave without being full: its linger, or its backoff after a failure, is over then. In microseconds.
    pub sendable_us: u64,
    /// How often it was sent already.
    pub attempts: u32,
    /// Why it is still here, or why it goes.
    pub state: BatchState,
    /// What it waits for although it is ready.
    pub waits_for: Option<Hindrance>,
}

/// Why a batch is still with its producer, or why it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum BatchState {
    /// It may take more records, and its linger runs.
    Filling,
    /// Full, or closed as another follows it: it goes with the next request to its broker.
    Full,
    /// It was sent before, and its backoff is over: it goes again, as it is.
    Again,
    /// Its linger is over.
    LingerOver,
    /// Memory is exhausted, so everything goes.
    MemoryExhausted,
    /// `flush()` or `close()` was called.
    Flushing,
    /// It was sent, failed in a way that may pass, and waits for its next attempt.
    Backoff {
        /// When it may go again, in microseconds.
        until_us: u64,
    },
}

impl BatchState {
    /// Its word in class names.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            BatchState::Filling => "filling",
            BatchState::Full => "full",
            BatchState::Again => "retry",
            BatchState::LingerOver => "linger",
            BatchState::MemoryExhausted => "memory",
            BatchState::Flushing => "flush",
            BatchState::Backoff { .. } => "backoff",
        }
    }
}

/// A produce request that waits for its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InFlightRequest {
    /// The request's number in the run.
    pub id: u64,
    /// The broker that it went to.
    pub broker: i32,
    /// When it was sent, in microseconds.
    pub sent_us: u64,
    /// Partition and count of records of each batch in it, and why it left.
    pub batches: Vec<(i32, usize, &'static str)>,
    /// The records, at most [`super::BATCH_RECORDS_MAX`].
    pub records: Vec<RecordDot>,
    /// Its size in bytes.
    pub bytes: i64,
}

impl ProducerFrame {
    /// Every session that is open, those that still hold a batch, and the last one of a producer that was killed.
    pub(super) fn all(state: &State) -> Vec<Self> {
        let holds = |session: &ProducerSession| match session.phase {
            Phase::Open | Phase::Closing { .. } => true,
            Phase::Closed => session.producer.has_incomplete(),
            Phase::Killed => state.current_sessions.contains(&session.id),
        };
        state.sessions.iter().filter(|session| holds(session)).map(|session| Self::of(state, session)).collect()
    }

    fn of(state: &State, session: &ProducerSession) -> Self {
        let (producer, config) = (&session.producer, session.producer.config());
        let pool = producer.accumulator().buffer_pool();
        let spec = state.scenario.producers.get(session.producer_index as usize);
        let workload_blocked = session.workload.as_ref().is_some_and(|workload| workload.blocked.is_some());
        Self {
            index: session.producer_index,
            name: spec.map(|spec| spec.name.clone()).unwrap_or_default(),
            session: session.id.0,
            open: session.phase == Phase::Open,
            killed: session.phase == Phase::Killed,
            acks: config.acks.word().to_string(),
            identity: producer.accumulator().idempotence().map(|known| Identity::of(known.identity())),
            linger_ms: config.linger_ms,
            batch_size: config.batch_size,
            last_send: session.last_send.as_ref().map(|send| LastSend::of(session, send)),
            partitions_known: producer
                .metadata()
                .topic(TopicId(0))
                .map_or(0, |topic| i32::try_from(topic.partitions_count()).unwrap_or(i32::MAX)),
            batches: queued(state, session.id, producer),
            in_flight: producer
                .sender()
                .in_flight_requests()
                .map(|open| InFlightRequest::of(state, session, open))
                .collect(),
            max_in_flight: config.max_in_flight,
            buffer_used: (pool.total_memory() - pool.available_memory()) as i64,
            buffer_total: pool.total_memory() as i64,
            blocked_sends: usize::from(session.by_hand.blocked.is_some()) + usize::from(workload_blocked),
            workload: session.workload.as_ref().map(|workload| WorkloadFrame {
                running: workload.running && session.is_open(),
                rate_per_second: workload.spec.rate_per_second,
            }),
        }
    }
}

fn queued(state: &State, session: SessionId, producer: &Producer) -> Vec<ProducerBatchFrame> {
    let accumulator = producer.accumulator();
    let mut frames = Vec::new();
    for queue in accumulator.queues() {
        let first = frames.len();
        let hindrance = Hindrance::of(producer, queue.partition);
        frames.extend(queue.batches().map(|queued| ProducerBatchFrame::of(state, accumulator, queued, hindrance)));
        // The first and the last are drawn with their records; what stands between is counted.
        let last = frames.len().saturating_sub(1);
        for number in (first..frames.len()).filter(|number| *number == first || *number == last) {
            frames[number].weigh(state, session);
        }
    }
    frames
}

impl LastSend {
    fn of(session: &ProducerSession, send: &producer_session::LastSend) -> Self {
        let key = send.key.as_deref();
        // A partition that the record names is taken as it is; nothing is hashed then.
        let function = HashFunction::of(session.producer.config().partitioner_class)
            .filter(|_| key.is_some() && send.asked_partition.is_none());
        Self {
            record: send.record.0,
            key: format::shortened(&format::text_or_hex(key), 24),
            hash: function.and_then(|function| Some(format!("{:08x}", function.hash(key?)))),
            hash_name: function.map(HashFunction::name),
            partitions: send.partitions_known as i32,
            partition: send.partition.map(|partition| partition.0),
            at_us: send.at.0,
        }
    }
}

/// The newest records of a list, as dots that wait.
fn newest(state: &State, ids: &[RecordId]) -> Vec<RecordDot> {
    ids.iter()
        .skip(ids.len().saturating_sub(BATCH_RECORDS_MAX))
        .map(|id| RecordDot::waiting(&state.ledger, *id))
        .collect()
}

impl ProducerBatchFrame {
    fn of(
        state: &State,
        accumulator: &RecordAccumulator,
        queued: QueuedBatch<'_>,
        hindrance: Option<Hindrance>,
    ) -> Self {
        let batch = queued.batch;
        let batch_state = BatchState::of(state.now, accumulator, batch, queued.sendable_at);
        let is_ready = !matches!(batch_state, BatchState::Filling | BatchState::Backoff { .. });
        Self {
            id: batch.id().0,
            partition: batch.partition().partition.0,
            records: newest(state, batch.record_ids()),
            record_bytes: Vec::new(),
            records_bytes: 0,
            records_count: batch.records_count(),
            bytes: batch.estimated_size_in_bytes() as i64,
            bytes_max: batch.write_limit().unwrap_or(accumulator.batch_size()) as i64,
            created_us: batch.created_at().0,
            sendable_us: queued.sendable_at.0,
            attempts: batch.attempts(),
            state: batch_state,
            waits_for: hindrance.filter(|_| is_ready),
        }
    }
}

impl ProducerBatchFrame {
    /// Tells what each record takes.
    fn weigh(&mut self, state: &State, session: SessionId) {
        let entry = state.ledger.batch_ref(session, self.id).and_then(|batch| state.ledger.batch(batch));
        let sizes = entry.map(|entry| record_sizes(&state.ledger, entry)).unwrap_or_default();
        if sizes.len() == self.records_count {
            self.records_bytes = sizes.iter().sum();
            self.record_bytes = sizes[sizes.len() - self.records.len()..].to_vec();
        }
    }
}

/// Bytes of every record of a batch, uncompressed, in order: as they stand in it, or as they will.
fn record_sizes(ledger: &Ledger, entry: &BatchEntry) -> Vec<usize> {
    if let Some(body) = &entry.body {
        return body.records().unwrap_or_default().iter().map(|record| record.size_in_bytes).collect();
    }
    let sent_ms = |id: &RecordId| ledger.record(*id).map_or(0, |record| record.sent_at.as_ms());
    let base_ms = entry.records.first().map_or(0, sent_ms);
    let size = |(delta, (id, open)): (i32, (&RecordId, &OpenContent))| {
        let key = ledger.record(*id).and_then(|record| record.key.as_deref());
        size_in_bytes(delta, sent_ms(id) - base_ms, key, open.value.as_deref(), &open.headers)
    };
    (0..).zip(entry.records.iter().zip(entry.open.iter())).map(size).collect()
}

impl BatchState {
    /// The reason that holds first, in the order in which Kafka asks.
    fn of(now: VirtualTime, accumulator: &RecordAccumulator, batch: &ProducerBatch, sendable_at: VirtualTime) -> Self {
        if batch.attempts() > 0 && batch.is_backing_off(now) {
            return BatchState::Backoff { until_us: sendable_at.0 };
        }
        match () {
            () if batch.attempts() > 0 => BatchState::Again,
            () if batch.is_full() || !batch.is_open() => BatchState::Full,
            () if now >= sendable_at => BatchState::LingerOver,
            () if accumulator.buffer_pool().is_exhausted() => BatchState::MemoryExhausted,
            () if accumulator.is_flush_in_progress() || accumulator.is_closed() => BatchState::Flushing,
            () => BatchState::Filling,
        }
    }
}

impl InFlightRequest {
    fn of(state: &State, session: &ProducerSession, open: &OpenRequest) -> Self {
        let sender = session.producer.sender();
        let entries = open.batches.iter().filter_map(|batch| {
            let entry = state.ledger.batch_ref(session.id, batch.id.0).and_then(|batch| state.ledger.batch(batch))?;
            let held = sender.in_flight_batches(entry.partition).find(|held| held.id() == batch.id);
            Some((entry, held.and_then(ProducerBatch::leave_reason).map_or("", leave_word)))
        });
        let entries: Vec<_> = entries.collect();
        let ids: Vec<RecordId> = entries.iter().flat_map(|(entry, _)| entry.records.iter().copied()).collect();
        let bytes = entries.iter().filter_map(|(entry, _)| entry.body.as_ref()).map(|body| body.size_in_bytes() as i64);
        Self {
            id: open.id.0,
            broker: open.node.0,
            sent_us: open.sent_at.0,
            batches: entries
                .iter()
                .map(|(entry, why)| (entry.partition.partition.0, entry.records.len(), *why))
                .collect(),
            records: newest(state, &ids),
            bytes: bytes.sum(),
        }
    }
}
