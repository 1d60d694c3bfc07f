//! A batch of a producer, from its first record on, wherever it is now.

use super::super::inspection::{FieldView, Inspection, LIST_MAX, MomentView, Tone};
use super::record::batch_moment_words;
use super::{item, place, sent_at};
use crate::engine::common::{SessionId, VirtualTime};
use crate::engine::producer::{HeldBack, ProducerBatch, QueuedBatch};
use crate::engine::sim::State;
use crate::engine::sim::ledger::BatchEntry;
use crate::engine::sim::producer_session::ProducerSession;
use crate::view::batch_bytes;
use crate::view::format;
use crate::view::hindrance::Hindrance;
use crate::view::news;

pub(super) fn inspect(state: &State, session: SessionId, number: u64) -> Option<Inspection> {
    let entry = state.ledger.batch_ref(session, number).and_then(|batch| state.ledger.batch(batch))?;
    let owner = state.session(session)?;
    let queued = queued(owner, entry);
    let mut parts = entry.body.as_ref().map(batch_bytes::batch).unwrap_or_default();
    let mut fields = vec![
        FieldView::plain("producer", news::producer_name(state, session)),
        FieldView::plain("partition", place(state, entry.partition)),
        FieldView::plain("created", format::time(entry.created_at)),
        FieldView::plain("records", format::grouped(entry.records.len() as u64)),
    ];
    if let Some(queued) = &queued {
        fields.extend(queue_facts(state.now, owner, queued));
    }
    fields.append(&mut parts.fields);
    Some(Inspection {
        kind: "producer batch",
        title: format!("{} · batch {number}", place(state, entry.partition)),
        standing: Some(standing(queued.as_ref(), entry)),
        fields,
        bytes: parts.runs,
        bytes_total: parts.total,
        journey: journey(state, entry),
        why: queued.as_ref().map(|queued| why(state.now, owner, queued)).unwrap_or_default(),
        records: entry.records.iter().take(LIST_MAX).map(|id| item(state, *id, sent_at(state, *id))).collect(),
        records_total: entry.records.len() as u64,
        ..Inspection::default()
    })
}

fn queued<'a>(session: &'a ProducerSession, entry: &BatchEntry) -> Option<QueuedBatch<'a>> {
    let accumulator = session.producer.accumulator();
    accumulator.queues().flat_map(|queue| queue.batches()).find(|queued| queued.batch.id().0 == entry.number)
}

fn queue_facts(now: VirtualTime, session: &ProducerSession, queued: &QueuedBatch<'_>) -> Vec<FieldView> {
    let batch = queued.batch;
    let limit = batch.write_limit().unwrap_or(session.producer.accumulator().batch_size());
    vec![
        FieldView::plain(
            "estimated bytes",
            format!("{} of {}", format::grouped(batch.estimated_size_in_bytes() as u64), format::grouped(limit as u64)),
        ),
        FieldView::plain("may leave in", format::time(queued.sendable_at.since(now))),
        FieldView::plain("place in deque", queued.place.to_string()),
        FieldView::plain("attempts", batch.attempts().to_string()),
    ]
}

fn standing(queued: Option<&QueuedBatch<'_>>, entry: &BatchEntry) -> (String, Tone) {
    match (queued, entry.body.is_some()) {
        (Some(queued), _) if queued.batch.is_open() && !queued.batch.is_full() => ("filling".to_string(), Tone::Quiet),
        (Some(_), _) => ("waiting to leave".to_string(), Tone::Pending),
        (None, true) => ("left its producer".to_string(), Tone::Quiet),
        (None, false) => ("gone".to_string(), Tone::Quiet),
    }
}

fn journey(state: &State, entry: &BatchEntry) -> Vec<MomentView> {
    let made = MomentView { label: "batch made".to_string(), at_us: entry.created_at.0, tone: Tone::Plain };
    let rest = entry.moments.iter().map(|(at, moment)| {
        let (label, tone) = batch_moment_words(state, *moment);
        MomentView { label, at_us: at.0, tone }
    });
    std::iter::once(made).chain(rest).collect()
}

/// Why it will leave, or does not: every rule with its present answer.
fn why(now: VirtualTime, session: &ProducerSession, queued: &QueuedBatch<'_>) -> Vec<String> {
    let accumulator = session.producer.accumulator();
    let batch: &ProducerBatch = queued.batch;
    let full = match (batch.is_full(), batch.attempts()) {
        (true, 1..) => "**full**: it was closed when it was first sent, and goes again as it is",
        (true, 0) => "**full**: yes, or closed as another follows it",
        (false, _) => "**full**: no, it has room",
    };
    let linger = if now >= queued.sendable_at {
        "**linger**: over".to_string()
    } else {
        format!("**linger**: over in {}", format::time(queued.sendable_at.since(now)))
    };
    let memory = if accumulator.buffer_pool().is_exhausted() {
        "**memory exhausted**: yes, so everything may go"
    } else {
        "**memory exhausted**: no"
    };
    let flush = if accumulator.is_flush_in_progress() { "**flush()**: called" } else { "**flush()**: not called" };
    let mut sentences = vec![full.to_string(), linger, memory.to_string(), flush.to_string()];
    if let Some(idempotence) = accumulator.idempotence() {
        let held_back = idempotence.held_back(batch.partition(), batch.base_sequence());
        sentences.push(held_back.map_or("**sequence**: nothing is in its way".to_string(), held_back_words));
    }
    sentences.extend(Hindrance::of(&session.producer, batch.partition()).map(Hindrance::sentence));
    sentences.push("**same broker**: it goes along when another batch leaves for that broker".to_string());
    sentences
}

/// Why the head batch of a partition may not leave yet, with idempotence.
fn held_back_words(why: HeldBack) -> String {
    let words = match why {
        HeldBack::NoProducerId => "the producer has no id yet, and sends nothing before it comes",
        HeldBack::OldEpochUnderWay => "it begins a new epoch, and batches of the old one are not done",
        HeldBack::SequenceUnresolved => {
            "a batch before it expired, and it is not known whether the broker has that one"
        }
        HeldBack::NotTheLowest => "it is sent again, and a batch with a lower sequence is not done",
    };
    format!("**sequence**: {words}")
}
