//! What the inspector says of a thing at a moment. A flat dispatcher; each kind has a function of its own.
//!
//! A thing that is not there at this moment, such as a record that is not sent yet, gives an inspection that says so.

mod batch;
mod broker;
mod consumer;
mod figure;
mod producer_batch;
mod record;
mod request;
mod segment;

use super::frame::{RecordDot, RecordState};
use super::inspection::{Inspection, RecordItem};
use super::news;
use super::subject::Subject;
use crate::engine::common::{Offset, RecordId, VirtualTime};
use crate::engine::sim::State;
use crate::engine::sim::ledger::{BatchMoment, Figure, Outcome, RecordMoment};

impl Inspection {
    /// What there is to say of `subject`.
    #[must_use]
    pub fn of(state: &State, subject: &Subject) -> Self {
        let found = match *subject {
            Subject::Record(id) => record::inspect(state, id),
            Subject::Batch { partition, broker, base_offset } => batch::inspect(state, partition, broker, base_offset),
            Subject::Segment { partition, broker, base_offset } => {
                segment::inspect(state, partition, broker, base_offset)
            }
            Subject::Broker(broker) => broker::inspect(state, broker),
            Subject::Consumer(index) => consumer::inspect(state, index),
            Subject::ProducerBatch { session, number } => producer_batch::inspect(state, session, number),
            Subject::Request(id) => request::inspect(state, id),
            Subject::Figure { figure, session } => Some(figure::inspect(state, figure, session)),
        };
        found.unwrap_or_else(|| Self::absent(subject))
    }

    /// The thing is not there at this moment.
    fn absent(subject: &Subject) -> Self {
        let (kind, title) = match subject {
            Subject::Record(id) => ("record", format!("record {id}")),
            Subject::Batch { base_offset, .. } => ("record batch", format!("batch at {base_offset}")),
            Subject::Segment { base_offset, .. } => ("segment", format!("segment {base_offset}")),
            Subject::Broker(broker) => ("broker", format!("broker {broker}")),
            Subject::Consumer(index) => ("consumer", format!("consumer {}", index + 1)),
            Subject::ProducerBatch { number, .. } => ("producer batch", format!("batch {number}")),
            Subject::Request(id) => ("message", format!("message {id}")),
            Subject::Figure { figure, .. } => ("figure", figure.word().to_string()),
        };
        let why = vec!["It is not there at this moment. Move the timeline, or choose something else.".to_string()];
        Self { kind, title, why, ..Self::default() }
    }
}

/// A record as an entry of a list, with the moment that matters.
fn item(state: &State, id: RecordId, at: VirtualTime) -> RecordItem {
    let ledger = &state.ledger;
    let entry = ledger.record(id);
    let offset = entry.and_then(|entry| entry.first_offset());
    // A lost record stood somewhere: that is how one knows it again on the stage.
    let had = offset.is_none().then(|| offset_it_had(state, id)).flatten();
    let place = entry.map(|entry| match (entry.partition.partition.0, offset, had) {
        (-1, _, _) => "no partition yet".to_string(),
        (partition, None, None) => format!("P{partition}"),
        (partition, None, Some(Offset(offset))) => format!("P{partition}, was @ {offset}"),
        (partition, Some(Offset(offset)), _) => format!("P{partition} @ {offset}"),
    });
    RecordItem {
        dot: RecordDot::of(ledger, Some(id), offset.or(had), standing(state, id)),
        place: place.unwrap_or_default(),
        at_us: at.0,
    }
}

/// Where a leader appended a record last, whether its copy still stands or not.
fn offset_it_had(state: &State, id: RecordId) -> Option<Offset> {
    let index = i64::from(state.ledger.record(id)?.index);
    state.ledger.moments(id).into_iter().rev().find_map(|(_, moment)| match moment {
        RecordMoment::Batch(BatchMoment::Appended { base_offset, .. }) => Some(Offset(base_offset.0 + index)),
        _ => None,
    })
}

/// How a record stands in the cluster, whatever copy of it was clicked.
fn standing(state: &State, id: RecordId) -> RecordState {
    let ledger = &state.ledger;
    let Some(entry) = ledger.record(id) else { return RecordState::Waiting };
    match () {
        () if ledger.is(id, Figure::Lost) => RecordState::Lost,
        () if entry.copies() > 1 => RecordState::Duplicate,
        () if entry.is_committed() => RecordState::Committed,
        () if entry.copies() > 0 => RecordState::Pending,
        () if ledger.is(id, Figure::Expired) => RecordState::Removed,
        () => RecordState::Waiting,
    }
}

/// When a record was sent; the start if it is not known.
fn sent_at(state: &State, id: RecordId) -> VirtualTime {
    state.ledger.record(id).map_or(VirtualTime::ZERO, |entry| entry.sent_at)
}

/// When the application was told, if it was.
fn outcome_at(outcome: Outcome) -> Option<VirtualTime> {
    match outcome {
        Outcome::Pending => None,
        Outcome::Delivered { at } | Outcome::Failed { at, .. } => Some(at),
    }
}

/// `orders-0`.
fn place(state: &State, partition: crate::engine::common::TopicPartition) -> String {
    news::place(state, partition)
}
