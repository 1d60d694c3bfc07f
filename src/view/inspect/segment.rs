//! A segment of a replica's log: its files, its indexes, and what may become of it.

use super::super::inspection::{ByteRun, FieldView, Inspection, Tone};
use super::place;
use crate::engine::common::{BrokerId, Offset, TopicPartition};
use crate::engine::sim::State;
use crate::engine::storage::{Segment, files};
use crate::view::format;
use crate::view::subject::Subject;

/// Entries of the index that are shown as bytes.
const ENTRIES_SHOWN: usize = 32;

pub(super) fn inspect(
    state: &State,
    partition: TopicPartition,
    broker: BrokerId,
    base_offset: Offset,
) -> Option<Inspection> {
    let log = state.broker(broker)?.partition(partition)?.log();
    let segment = log.floor_segment(base_offset).filter(|segment| segment.base_offset() == base_offset)?;
    let is_active = log.active_segment().base_offset() == base_offset;
    let due = log.retention_preview(state.wall_clock_ms()).deleted;
    let goes = due.iter().find(|gone| gone.segment.base_offset() == base_offset);
    let why = match (goes, is_active) {
        (Some(gone), _) => format!("The next retention check deletes it: `{}`.", gone.reason.name()),
        (None, true) => "It is the active segment: appends go here until a roll.".to_string(),
        (None, false) => {
            "It is closed and will not change. It goes whole, oldest first, when retention says so.".to_string()
        }
    };
    let first_batch = segment.batch(0).map(|stored| {
        let subject = Subject::Batch { partition, broker, base_offset: stored.batch.base_offset() };
        (format!("its first batch, {}", stored.batch.base_offset()), subject)
    });
    Some(Inspection {
        kind: "segment",
        title: format!("{} · {}", place(state, partition), files::file_name(base_offset, "log")),
        standing: Some(if is_active {
            ("active".to_string(), Tone::Committed)
        } else {
            ("closed".to_string(), Tone::Quiet)
        }),
        fields: facts(segment, broker),
        bytes: index_entries(segment),
        bytes_total: segment.offset_index().len() * 8,
        why: vec![why],
        links: first_batch.into_iter().collect(),
        ..Inspection::default()
    })
}

fn facts(segment: &Segment, broker: BrokerId) -> Vec<FieldView> {
    let largest = segment.largest_timestamp_of_records();
    vec![
        FieldView::plain("on", format!("broker {broker}")),
        FieldView::plain("baseOffset", segment.base_offset().to_string()),
        FieldView::plain("next offset", segment.next_offset().to_string()),
        FieldView::plain("batches", format::grouped(segment.batches_count() as u64)),
        FieldView::plain(".log", format::bytes(u64::from(segment.size_in_bytes()))),
        FieldView::plain(".index", format!("{} entries", segment.offset_index().len())),
        FieldView::plain(".timeindex", format!("{} entries", segment.time_index().len())),
        FieldView::plain("largest timestamp", largest.timestamp.to_string()),
        FieldView::plain("since last index entry", format::bytes(segment.bytes_since_last_index_entry())),
    ]
}

/// The entries of the offset index: four bytes of relative offset, four of position.
fn index_entries(segment: &Segment) -> Vec<ByteRun> {
    let bytes = segment.offset_index().to_bytes();
    let entries = segment.offset_index().entries();
    entries
        .zip(bytes.chunks(8))
        .take(ENTRIES_SHOWN)
        .enumerate()
        .map(|(number, (entry, bytes))| ByteRun {
            position: number * 8,
            hex: format::hex(bytes),
            label: format!("{} → {}", entry.offset, format::grouped(u64::from(entry.position))),
        })
        .collect()
}
