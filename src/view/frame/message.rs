//! What is in a message: its kind, a few words for its pill, and the records that it brings.

use super::{BATCH_RECORDS_MAX, FlightKind, Payload, RecordDot, RecordState};
use crate::engine::cluster::MetadataChange;
use crate::engine::cluster::protocol::{
    ControllerRequest, FetchResponse, Fetcher, ProduceRequest, ProduceResponse, Request, Response,
};
use crate::engine::cluster::quorum::{RaftRequest, RaftResponse, ResponseBody};
use crate::engine::common::{KafkaError, RecordId, TopicPartition};
use crate::engine::record::RecordBatch;
use crate::engine::sim::State;
use crate::engine::sim::network::{Endpoint, Message, Payload as Content};
use crate::engine::sim::producer_session::OpenRequestKind;

/// What a message is, in words.
pub(super) struct Described {
    pub(super) kind: FlightKind,
    pub(super) label: String,
    pub(super) error: Option<KafkaError>,
    pub(super) payload: Vec<Payload>,
}

impl Described {
    fn plain(kind: FlightKind, label: &str) -> Self {
        Self { kind, label: label.to_string(), error: None, payload: Vec::new() }
    }

    pub(super) fn of(state: &State, message: &Message) -> Self {
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
            Content::Request(_, Request::DeleteRecords(_)) => Self::plain(FlightKind::Other, "delete records"),
            Content::Response(_, Response::DeleteRecords(response)) => Self {
                error: response.partitions.iter().find_map(|(_, low)| low.err()),
                ..Self::plain(FlightKind::Other, "deleted")
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

#[cfg(test)]
mod tests {
    use super::super::{Flight, Frame, Node};
    use crate::course::{Place, Preset};
    use crate::engine::common::{Offset, PartitionId};
    use crate::engine::sim::{Command, Timeline};

    #[test]
    fn what_an_administrator_asks_for_comes_from_no_node_of_the_stage() {
        let preset = Preset::of(Place::Landing).expect("the first page has one");
        let mut timeline = Timeline::new(preset.scenario());
        timeline.advance_to(preset.opens_at);
        let frame = |timeline: &Timeline| Frame::of(timeline.state(), timeline.position());
        let before = frame(&timeline);
        let topic = before.topic.clone();
        timeline
            .submit(Command::DeleteRecords { topic, partition: PartitionId(0), before_offset: Offset(1) })
            .expect("the partition has a leader");
        let asked = frame(&timeline);
        let is_its = |flight: &&Flight| flight.from == Node::Administrator;
        let flight = asked.flights.iter().find(is_its).expect("the request is on its way");
        assert_eq!(flight.label, "delete records");
        assert!(matches!(flight.to, Node::Broker(_)));
        assert_eq!(asked.wires, before.wires, "no wire of the stage is its");
    }
}
