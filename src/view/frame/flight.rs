//! What is on the wires: messages as intervals, from which any moment's place follows. What is in them is told in `message`.

use super::message::Described;
use super::{FLIGHTS_MAX, Node, RecordDot};
use crate::engine::common::KafkaError;
use crate::engine::sim::State;
use crate::engine::sim::network::Message;
use serde::Serialize;

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
            from: Node::at(state, message.from),
            to: Node::at(state, message.to),
            sent_us: message.sent_at.0,
            arrives_us: message.arrives_at.0,
            label: content.label,
            error: content.error.map(KafkaError::name),
            payload: content.payload,
        }
    }
}
