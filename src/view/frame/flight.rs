//! What is on the wires: messages as intervals, from which any moment's place follows.

use super::link_note::link_notes;
use super::{BATCH_RECORDS_MAX, FLIGHTS_MAX, Node, RecordDot, RecordState, WireState};
use crate::engine::cluster::MetadataChange;
use crate::engine::cluster::protocol::{
    ControllerRequest, FetchResponse, Fetcher, ProduceRequest, ProduceResponse, Request, Response,
};
use crate::engine::cluster::quorum::{RaftRequest, RaftResponse, ResponseBody};
use crate::engine::common::{KafkaError, RecordId, TopicPartition};
use crate::engine::record::RecordBatch;
use crate::engine::sim::State;
use crate::engine::sim::network::{Connection, Endpoint, Message, Payload as Content};
use crate::engine::sim::producer_session::OpenRequestKind;
use serde::Serialize;
use std::collections::BTreeMap;

/// A connection between two nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Wire {
    /// The client's end.
    pub from: Node,
    /// The server's end.
    pub to: Node,
    /// What it does.
    pub state: WireState,
    /// What is wrong with the link, in a few words: `cut`, `+200 ms`; empty if nothing is.
    pub note: String,
}

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Flight {
    /// The message's number in the run.
    pub id: u64,
    /// What it is.
    pub kind: FlightKind,
    /// Where it left.
    pub from: Node,
    /// Where it goes.
    pub to: Node,
    /// When it left, in microseconds.
    pub sent_us: u64,
    /// When it arrives, in microseconds.
    pub arrives_us: u64,
    /// A few words: `P2 ×5`, `fetch 7`, `NOT_LEADER_OR_FOLLOWER`.
    pub label: String,
    /// An error that an answer carries, by Kafka's name.
    pub error: Option<&'static str>,
    /// The records in it, by partition.
    pub payload: Vec<Payload>,
}

impl Flight {
    /// How far it is on its way at `now_us`, from 0 to 1: (now − sent) / (arrives − sent).
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // a picture's precision is a pixel
    pub fn fraction(&self, now_us: u64) -> f64 {
        let whole = self.arrives_us.saturating_sub(self.sent_us).max(1);
        let passed = now_us.saturating_sub(self.sent_us).min(whole);
        passed as f64 / whole as f64
    }
}

/// Records of one partition in a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Payload {
    /// The partition.
    pub partition: i32,
    /// How many.
    pub count: usize,
    /// The records, at most [`super::BATCH_RECORDS_MAX`].
    pub records: Vec<RecordDot>,
}

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum FlightKind {
    /// A produce request.
    Produce,
    /// Its answer.
    ProduceResponse,
    /// A follower's fetch.
    Fetch,
    /// Its answer.
    FetchResponse,
    /// A consumer's fetch.
    ConsumerFetch,
    /// Its answer.
    ConsumerFetchResponse,
    /// A client asks who leads.
    Metadata,
    /// The answer.
    MetadataResponse,
    /// An idempotent producer asks for an id.
    InitProducerId,
    /// The answer.
    InitProducerIdResponse,
    /// From or to the controller: a change of the ISR, of leaders, a heartbeat.
    Control,
    /// A connection is made or ends.
    Connect,
    /// Anything else: where a log ends, DeleteRecords.
    Other,
}

impl FlightKind {
    /// Its word in class names.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            FlightKind::Produce => "produce",
            FlightKind::ProduceResponse => "produce-response",
            FlightKind::Fetch => "fetch",
            FlightKind::FetchResponse => "fetch-response",
            FlightKind::ConsumerFetch => "consumer-fetch",
            FlightKind::ConsumerFetchResponse => "consumer-fetch-response",
            FlightKind::Metadata => "metadata",
            FlightKind::MetadataResponse => "metadata-response",
            FlightKind::InitProducerId => "init-producer-id",
            FlightKind::InitProducerIdResponse => "init-producer-id-response",
            FlightKind::Control => "control",
            FlightKind::Connect => "connect",
            FlightKind::Other => "other",
        }
    }

    /// The eye follows it: it is of a kind that carries records, asks for them or answers.
    #[must_use]
    pub fn is_followed(self) -> bool {
        use FlightKind as Kind;
        !matches!(
            self,
            Kind::Control
                | Kind::Connect
                | Kind::Other
                | Kind::Metadata
                | Kind::MetadataResponse
                | Kind::InitProducerId
                | Kind::InitProducerIdResponse
        )
    }
}

/// Who stands at an endpoint.
fn node(state: &State, endpoint: Endpoint) -> Node {
    match endpoint {
        Endpoint::Session(session) => {
            Node::Producer(state.session(session).map_or(0, |session| session.producer_index))
        }
        Endpoint::Consumer(index) => Node::Consumer(index),
        Endpoint::Broker(broker) => Node::Broker(broker.0),
        Endpoint::Controller(id) => Node::Controller(id.0),
        Endpoint::Administrator => Node::Controller(1),
    }
}

impl Wire {
    /// One wire for each pair of nodes that have a connection, or whose link has a fault; it is up if a connection of theirs is.
    pub(super) fn all(state: &State) -> Vec<Self> {
        let mut wires: BTreeMap<(Node, Node), bool> = BTreeMap::new();
        for connection in state.network.connections() {
            let ends = (node(state, connection.client), Node::Broker(connection.server.0));
            *wires.entry(ends).or_default() |= is_up(connection);
        }
        let faults = link_notes(state);
        for (from, to) in faults.keys().copied() {
            if !wires.contains_key(&(from, to)) && !wires.contains_key(&(to, from)) {
                wires.insert((from, to), true);
            }
        }
        let wire = |((from, to), up)| {
            let note = faults.get(&(from, to)).or_else(|| faults.get(&(to, from)));
            let state = match (note, up) {
                (Some(note), _) if note.state.is_cut() => note.state,
                (_, false) => WireState::Broken,
                (Some(note), true) => note.state,
                (None, true) => WireState::Up,
            };
            Wire { from, to, state, note: note.map(|note| note.words.clone()).unwrap_or_default() }
        };
        wires.into_iter().map(wire).collect()
    }
}

fn is_up(connection: &Connection) -> bool {
    connection.client_open && connection.server_open
}

impl Flight {
    /// It brings records, or tells their producer what became of them. While such a message is on its way, time is not quiet.
    #[must_use]
    pub fn carries_records(&self) -> bool {
        matches!(self.kind, FlightKind::Produce | FlightKind::ProduceResponse) || !self.payload.is_empty()
    }

    /// What is on the wires, oldest first; of more than can be drawn, the newest.
    pub(super) fn all(state: &State) -> Vec<Self> {
        let mut flights: Vec<Self> = state.network.messages().map(|message| Self::of(state, message)).collect();
        let surplus = flights.len().saturating_sub(FLIGHTS_MAX);
        flights.drain(..surplus);
        flights
    }

    /// One message of the network.
    #[must_use]
    pub fn of(state: &State, message: &Message) -> Self {
        let content = Described::of(state, message);
        Self {
            id: message.id.0,
            kind: content.kind,
            from: node(state, message.from),
            to: node(state, message.to),
            sent_us: message.sent_at.0,
            arrives_us: message.arrives_at.0,
            label: content.label,
            error: content.error.map(KafkaError::name),
            payload: content.payload,
        }
    }
}

fn controller_request(request: &ControllerRequest) -> &'static str {
    match request {
        ControllerRequest::Register { .. } => "register",
        ControllerRequest::Heartbeat { .. } => "heartbeat",
        ControllerRequest::AlterPartition(_) => "ISR?",
        ControllerRequest::AllocateProducerIds { .. } => "producer ids?",
    }
}

fn raft_request(request: &RaftRequest) -> &'static str {
    match request {
        RaftRequest::Vote(vote) if vote.pre_vote => "pre-vote?",
        RaftRequest::Vote(_) => "vote?",
        RaftRequest::BeginQuorumEpoch { .. } => "I lead",
        RaftRequest::EndQuorumEpoch { .. } => "I resign",
        RaftRequest::Fetch(_) => "fetch metadata",
    }
}

/// What a message is, in words.
struct Described {
    kind: FlightKind,
    label: String,
    error: Option<KafkaError>,
    payload: Vec<Payload>,
}

impl Described {
    fn plain(kind: FlightKind, label: &str) -> Self {
        Self { kind, label: label.to_string(), error: None, payload: Vec::new() }
    }

    fn of(state: &State, message: &Message) -> Self {
        match &message.payload {
            Content::Request(_, Request::Produce(request)) => Self::produce(state, message, request),
            Content::Request(_, Request::Fetch(request)) => {
                let kind = match request.fetcher {
                    Fetcher::Follower { .. } => FlightKind::Fetch,
                    Fetcher::Consumer => FlightKind::ConsumerFetch,
                };
                let offsets: Vec<String> =
                    request.partitions.iter().take(3).map(|asked| asked.fetch_offset.to_string()).collect();
                Self::plain(kind, &format!("fetch {}", offsets.join(" ")))
            }
            Content::Request(_, Request::Metadata) => Self::plain(FlightKind::Metadata, "metadata?"),
            Content::Response(_, Response::Produce(response)) => Self::produce_response(response),
            Content::Response(_, Response::Fetch(response)) => Self::fetch_response(state, message, response),
            Content::Response(_, Response::Metadata(_)) => Self::plain(FlightKind::MetadataResponse, "metadata"),
            Content::Request(_, Request::InitProducerId) => Self::plain(FlightKind::InitProducerId, "id?"),
            Content::Response(_, Response::InitProducerId(answer)) => Self {
                error: answer.err(),
                ..Self::plain(
                    FlightKind::InitProducerIdResponse,
                    &answer.map_or_else(|_| "no id yet".to_string(), |id| format!("id {id}")),
                )
            },
            Content::Request(..) | Content::Response(..) => Self::plain(FlightKind::Other, "offsets"),
            Content::ToController(_, request) => Self::plain(FlightKind::Control, controller_request(request)),
            Content::FromController(..) => Self::plain(FlightKind::Control, "answer"),
            Content::Raft(_, request) => Self::plain(FlightKind::Control, raft_request(request)),
            Content::RaftAnswer(_, response) => Self::raft_response(response),
            Content::Unreachable(..) | Content::Reset => Self::plain(FlightKind::Connect, "close"),
            Content::Connect | Content::Connected => Self::plain(FlightKind::Connect, "connect"),
            Content::Refused | Content::Close => Self::plain(FlightKind::Connect, "close"),
        }
    }

    fn raft_response(response: &RaftResponse<MetadataChange>) -> Self {
        let label = match (&response.body, response.error) {
            (_, Some(error)) => error.name().to_string(),
            (ResponseBody::Vote { granted: true }, None) => "yes".to_string(),
            (ResponseBody::Vote { granted: false }, None) => "no".to_string(),
            (ResponseBody::BeginQuorumEpoch | ResponseBody::EndQuorumEpoch, None) => "seen".to_string(),
            (ResponseBody::Fetch(fetch), None) => match (fetch.diverging, fetch.batches.as_slice()) {
                (Some(end), _) => format!("cut to {}", end.offset),
                (None, []) => "nothing new".to_string(),
                (None, [first, .., last]) => format!("metadata {}–{}", first.base_offset, last.last_offset),
                (None, [only]) => format!("metadata {}–{}", only.base_offset, only.last_offset),
            },
        };
        Self { kind: FlightKind::Control, label, error: response.error, payload: Vec::new() }
    }

    /// A request's batches have no offset yet; the session knows which of its batches it put in.
    fn produce(state: &State, message: &Message, request: &ProduceRequest) -> Self {
        let payload: Vec<Payload> = request
            .batches
            .iter()
            .map(|(partition, batch)| {
                let ids = sent_ids(state, message, *partition);
                Payload::of(state, partition.partition.0, batch.batch().records_count() as usize, &ids)
            })
            .collect();
        Self { kind: FlightKind::Produce, label: summary(&payload), error: None, payload }
    }

    fn produce_response(response: &ProduceResponse) -> Self {
        let error = response.partitions.iter().find_map(|partition| partition.error);
        let label = match error {
            Some(error) => error.name().to_string(),
            None => format!("ack {}", list(response.partitions.iter().map(|answer| answer.partition.partition.0))),
        };
        Self { kind: FlightKind::ProduceResponse, label, error, payload: Vec::new() }
    }

    fn fetch_response(state: &State, message: &Message, response: &FetchResponse) -> Self {
        let kind = match message.to {
            Endpoint::Broker(_) => FlightKind::FetchResponse,
            _ => FlightKind::ConsumerFetchResponse,
        };
        let error = response.partitions.iter().find_map(|partition| partition.error);
        let payload: Vec<Payload> = response
            .partitions
            .iter()
            .filter(|fetched| !fetched.batches.is_empty())
            .map(|fetched| {
                let count = fetched.batches.iter().map(|batch| batch.records_count() as usize).sum();
                Payload::of(
                    state,
                    fetched.partition.partition.0,
                    count,
                    &stored_ids(state, fetched.partition, &fetched.batches),
                )
            })
            .collect();
        let label = match error {
            Some(error) => error.name().to_string(),
            None if payload.is_empty() => "nothing new".to_string(),
            None => summary(&payload),
        };
        Self { kind, label, error, payload }
    }
}

impl Payload {
    fn of(state: &State, partition: i32, count: usize, ids: &[RecordId]) -> Self {
        let dots = ids.iter().take(BATCH_RECORDS_MAX);
        let records = dots.map(|id| RecordDot::of(&state.ledger, Some(*id), None, RecordState::Waiting)).collect();
        Self { partition, count, records }
    }
}

/// `P2 ×5`, `P0 P3 ×9`.
fn summary(payload: &[Payload]) -> String {
    let count: usize = payload.iter().map(|part| part.count).sum();
    format!("{} ×{count}", list(payload.iter().map(|part| part.partition)))
}

/// `P0 P3`, at most three.
fn list(partitions: impl Iterator<Item = i32>) -> String {
    let names: Vec<String> = partitions.map(|partition| format!("P{partition}")).collect();
    if names.len() > 3 { format!("{} …", names[..3].join(" ")) } else { names.join(" ") }
}

/// The records that a producer put into a request for a partition.
fn sent_ids(state: &State, message: &Message, partition: TopicPartition) -> Vec<RecordId> {
    let (Endpoint::Session(session), Content::Request(correlation, _)) = (message.from, &message.payload) else {
        return Vec::new();
    };
    let open = state.session(session).and_then(|session| session.open_requests.get(correlation));
    let Some(OpenRequestKind::Produce(_, batches)) = open.map(|open| &open.kind) else { return Vec::new() };
    let entry =
        batches.iter().filter_map(|batch| state.ledger.batch(*batch)).find(|entry| entry.partition == partition);
    entry.map(|entry| entry.records.to_vec()).unwrap_or_default()
}

/// The records in batches that stand in a log: found by partition, leader epoch and base offset.
fn stored_ids(state: &State, partition: TopicPartition, batches: &[RecordBatch]) -> Vec<RecordId> {
    let entry = |batch: &RecordBatch| {
        let found = state.ledger.batch_written(partition, batch.partition_leader_epoch(), batch.base_offset())?;
        state.ledger.batch(found)
    };
    batches.iter().filter_map(entry).flat_map(|entry| entry.records.iter().copied()).collect()
}
