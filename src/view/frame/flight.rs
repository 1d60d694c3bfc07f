//! What is on the wires: messages as intervals, from which any moment's place follows.

use super::{Node, RecordDot};
use serde::Serialize;

/// A connection between two nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Wire {
    /// The client's end.
    pub from: Node,
    /// The server's end.
    pub to: Node,
    /// What it does.
    pub state: WireState,
}

/// What a connection does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum WireState {
    /// It carries.
    Up,
    /// The other end does not answer.
    Broken,
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
    /// From or to the controller: a change of the ISR, of leaders, a heartbeat.
    Control,
}
