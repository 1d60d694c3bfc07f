//! A message on a wire.

use super::super::inspection::{FieldView, Inspection, LIST_MAX, MomentView, Tone};
use super::{item, sent_at};
use crate::engine::common::RecordId;
use crate::engine::sim::State;
use crate::view::format;
use crate::view::frame::{Flight, FlightKind};

pub(super) fn inspect(state: &State, id: u64) -> Option<Inspection> {
    let message = state.network.messages().find(|message| message.id.0 == id)?;
    let flight = Flight::of(state, message);
    let mut fields = vec![
        FieldView::plain("from", flight.from.words()),
        FieldView::plain("to", flight.to.words()),
        FieldView::plain("sent", format::time(message.sent_at)),
        FieldView::plain("arrives", format::time(message.arrives_at)),
        FieldView::plain("size", format::bytes(message.size_in_bytes)),
    ];
    if let Some(error) = flight.error {
        fields.push(FieldView::toned("error", error, Tone::Lost));
    }
    let ids: Vec<RecordId> =
        flight.payload.iter().flat_map(|part| &part.records).filter_map(|dot| dot.id.map(RecordId)).collect();
    Some(Inspection {
        kind: "message",
        title: format!("{} {}", name(flight.kind), flight.label),
        standing: Some(("on the wire".to_string(), Tone::Quiet)),
        fields,
        journey: vec![
            MomentView { label: "sent".to_string(), at_us: flight.sent_us, tone: Tone::Plain },
            MomentView { label: "arrives".to_string(), at_us: flight.arrives_us, tone: Tone::Plain },
        ],
        why: vec![why(flight.kind).to_string()],
        records: ids.iter().take(LIST_MAX).map(|id| item(state, *id, sent_at(state, *id))).collect(),
        records_total: flight.payload.iter().map(|part| part.count as u64).sum(),
        ..Inspection::default()
    })
}

fn name(kind: FlightKind) -> &'static str {
    match kind {
        FlightKind::Produce => "ProduceRequest",
        FlightKind::ProduceResponse => "ProduceResponse",
        FlightKind::Fetch | FlightKind::ConsumerFetch => "FetchRequest",
        FlightKind::FetchResponse | FlightKind::ConsumerFetchResponse => "FetchResponse",
        FlightKind::Metadata => "MetadataRequest",
        FlightKind::MetadataResponse => "MetadataResponse",
        FlightKind::InitProducerId => "InitProducerIdRequest",
        FlightKind::InitProducerIdResponse => "InitProducerIdResponse",
        FlightKind::Control => "controller",
        FlightKind::Connect => "TCP",
        FlightKind::Other => "request",
    }
}

fn why(kind: FlightKind) -> &'static str {
    match kind {
        FlightKind::Produce => {
            "One batch of each of some partitions that this broker leads. It is appended when a request handler takes it up."
        }
        FlightKind::ProduceResponse => "The answer that the producer's `acks` asked for.",
        FlightKind::Fetch => {
            "A follower asks for what comes after its log end. The offset it asks for is also its acknowledgement of all before."
        }
        FlightKind::FetchResponse => "Batches as they stand in the leader's log, and the leader's high watermark.",
        FlightKind::ConsumerFetch => "A consumer asks for records from its position on.",
        FlightKind::ConsumerFetchResponse => "Whole batches below the high watermark.",
        FlightKind::Metadata | FlightKind::MetadataResponse => "Who leads which partition.",
        FlightKind::InitProducerId => {
            "An idempotent producer has no id yet. It sends no batch until a broker, any of them, has given it one."
        }
        FlightKind::InitProducerIdResponse => {
            "An id that no other producer has, or COORDINATOR_LOAD_IN_PROGRESS while this broker waits for ids from the controller."
        }
        FlightKind::Control => "Heartbeats, changes of the ISR, blocks of producer ids, metadata.",
        FlightKind::Connect => "A connection is made or ends.",
        FlightKind::Other => "Where a log starts or ends.",
    }
}
