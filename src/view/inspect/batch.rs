//! A batch in a replica's log: its header field by field, its records, and how far its copies have come.

use super::super::inspection::{FieldView, Inspection, MomentView, Tone};
use super::record::batch_moment_words;
use super::{item, place, sent_at};
use crate::engine::common::{BrokerId, Offset, TopicPartition};
use crate::engine::sim::State;
use crate::engine::sim::ledger::BatchEntry;
use crate::engine::storage::{Log, StoredBatch, files};
use crate::view::batch_bytes;
use crate::view::format;
use crate::view::subject::Subject;

pub(super) fn inspect(
    state: &State,
    partition: TopicPartition,
    broker: BrokerId,
    base_offset: Offset,
) -> Option<Inspection> {
    let log = state.broker(broker)?.partition(partition)?.log();
    let segment = log.floor_segment(base_offset)?;
    let stored = segment.translate_offset(base_offset)?;
    let (first, last) = (stored.batch.base_offset(), stored.batch.last_offset());
    let mut parts = batch_bytes::batch(&stored.batch);
    let mut fields = vec![
        FieldView::plain("on", format!("broker {broker}")),
        FieldView::plain("file", files::file_name(segment.base_offset(), "log")),
        FieldView::plain("position", format::grouped(u64::from(stored.position))),
        FieldView::plain("size", format::bytes(stored.batch.size_in_bytes() as u64)),
    ];
    fields.append(&mut parts.fields);
    let entry = written(state, partition, stored);
    let ids = entry.map(|entry| entry.records.to_vec()).unwrap_or_default();
    Some(Inspection {
        kind: "record batch",
        title: format!("{} @ {}", place(state, partition), format::offsets(first.0, last.0)),
        standing: Some(standing(log, last)),
        fields,
        bytes: parts.runs,
        bytes_total: parts.total,
        journey: entry.map(|entry| journey(state, entry)).unwrap_or_default(),
        why: why(log, stored, last),
        records: ids
            .iter()
            .take(super::super::inspection::LIST_MAX)
            .map(|id| item(state, *id, sent_at(state, *id)))
            .collect(),
        records_total: ids.len() as u64,
        links: vec![(
            format!("its segment, {}", segment.base_offset()),
            Subject::Segment { partition, broker, base_offset: segment.base_offset() },
        )],
        ..Inspection::default()
    })
}

fn written<'a>(state: &'a State, partition: TopicPartition, stored: &StoredBatch) -> Option<&'a BatchEntry> {
    let batch = &stored.batch;
    let found = state.ledger.batch_written(partition, batch.partition_leader_epoch(), batch.base_offset())?;
    state.ledger.batch(found)
}

fn standing(log: &Log, last: Offset) -> (String, Tone) {
    if last < log.high_watermark() {
        ("committed, as this replica knows".to_string(), Tone::Committed)
    } else {
        ("not below this replica's high watermark".to_string(), Tone::Pending)
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

fn why(log: &Log, stored: &StoredBatch, last: Offset) -> Vec<String> {
    let hw = log.high_watermark();
    let mut sentences = Vec::new();
    if last < hw {
        sentences.push(format!("Its last offset, {last}, is below the high watermark, {hw}."));
    } else {
        sentences.push(format!(
            "The high watermark is {hw}: this replica does not know yet that every in-sync replica has offset {last}."
        ));
    }
    let entries = log.floor_segment(stored.batch.base_offset()).map(|segment| segment.offset_index());
    let has_entry = entries.is_some_and(|index| index.entries().any(|entry| entry.position == stored.position));
    sentences.push(if has_entry {
        format!("More than `index.interval.bytes` had been written since the last entry, so the index has one for it: {last} at {}.", format::grouped(u64::from(stored.position)))
    } else {
        "The index has no entry for it; a seek finds it by scanning.".to_string()
    });
    sentences
}
