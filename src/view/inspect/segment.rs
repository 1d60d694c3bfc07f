//! A segment of a replica's log: its files, its indexes, and what may become of it.

use super::super::inspection::{ByteRun, FieldView, Inspection, LIST_MAX, Tone};
use super::{item, place};
use crate::engine::common::{BrokerId, Offset, RecordId, TopicPartition, VirtualTime};
use crate::engine::config::CleanupPolicy;
use crate::engine::sim::State;
use crate::engine::storage::offset_index::{OffsetIndex, OffsetPosition};
use crate::engine::storage::time_index::{TimeIndex, TimestampOffset};
use crate::engine::storage::{Log, Segment, files};
use crate::view::format;
use crate::view::subject::Subject;

/// Entries of each index that are shown as bytes.
const ENTRIES_SHOWN: usize = 20;

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
        (None, false) => closed_words(log.config().cleanup_policy).to_string(),
    };
    let first_batch = segment.batch(0).map(|stored| {
        let subject = Subject::Batch { partition, broker, base_offset: stored.batch.base_offset() };
        (format!("its first batch, {}", stored.batch.base_offset()), subject)
    });
    let offset_runs = offset_index_runs(segment);
    let removed = removed(state, partition, broker, (base_offset, next_base_offset(log, base_offset)));
    let mut fields = facts(segment, broker);
    if !removed.is_empty() {
        fields.push(FieldView::plain("removed by compaction", format::counted(removed.len() as u64, "record")));
    }
    Some(Inspection {
        kind: "segment",
        title: format!("{} · segment {base_offset}", place(state, partition)),
        standing: Some(if is_active {
            ("active".to_string(), Tone::Committed)
        } else {
            ("closed".to_string(), Tone::Quiet)
        }),
        fields,
        files: index_files(segment, &offset_runs),
        bytes: offset_runs.into_iter().chain(time_index_runs(segment)).collect(),
        bytes_total: index_bytes(segment),
        why: vec![why],
        records: removed.iter().rev().take(LIST_MAX).filter_map(|(id, at)| Some(item(state, (*id)?, *at))).collect(),
        records_total: removed.len() as u64,
        links: first_batch.into_iter().collect(),
        ..Inspection::default()
    })
}

/// What may become of a closed segment.
fn closed_words(policy: CleanupPolicy) -> &'static str {
    match policy {
        CleanupPolicy::Delete => {
            "It is closed and will not change. It goes whole, oldest first, when retention says so."
        }
        CleanupPolicy::Compact => {
            "It is closed. When enough of the log is dirty, the cleaner writes it anew with the last record of every key, perhaps together with its neighbours. It never goes whole."
        }
        CleanupPolicy::CompactAndDelete => {
            "It is closed. The cleaner writes it anew with the last record of every key when enough of the log is dirty, and retention takes it whole when its time has come."
        }
    }
}

/// Where the next segment begins; the log end after the last one.
fn next_base_offset(log: &Log, base_offset: Offset) -> Offset {
    let later = log.segments().map(Segment::base_offset).find(|next| *next > base_offset);
    later.unwrap_or(log.log_end_offset())
}

/// The records that compaction removed from a stretch of a replica's log, with the moment at which it did, as far as it is the leader's.
fn removed(
    state: &State,
    partition: TopicPartition,
    broker: BrokerId,
    (from, to): (Offset, Offset),
) -> Vec<(Option<RecordId>, VirtualTime)> {
    let Some(replica) = state.ledger.partition(partition).and_then(|it| it.replica(broker)) else { return Vec::new() };
    let of = |offset: &Offset| {
        let id = state.ledger.record_once_at(partition, broker, *offset);
        let at = id.and_then(|id| state.ledger.compacted(id)).map(|gone| gone.at);
        (id, at.unwrap_or(state.now))
    };
    replica.holes.range(from..to).map(|(offset, _)| of(offset)).collect()
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

/// The names of the files, and where in the list of runs each begins.
fn index_files(segment: &Segment, offset_runs: &[ByteRun]) -> Vec<(usize, String)> {
    let name = |suffix| files::file_name(segment.base_offset(), suffix);
    let both = [
        (0, name("index"), segment.offset_index().len()),
        (offset_runs.len(), name("timeindex"), segment.time_index().len()),
    ];
    both.into_iter().filter(|(_, _, entries)| *entries > 0).map(|(run, name, _)| (run, name)).collect()
}

/// Bytes of both indexes.
fn index_bytes(segment: &Segment) -> usize {
    segment.offset_index().len() * OffsetIndex::ENTRY_BYTES + segment.time_index().len() * TimeIndex::ENTRY_BYTES
}

/// The entries of the offset index: four bytes of relative offset, four of position.
fn offset_index_runs(segment: &Segment) -> Vec<ByteRun> {
    let index = segment.offset_index();
    let bytes = index.to_bytes();
    let entry = |(number, (entry, bytes)): (usize, (OffsetPosition, &[u8]))| ByteRun {
        position: number * OffsetIndex::ENTRY_BYTES,
        hex: format::hex(bytes),
        label: format!(
            "{}, position {} in the .log",
            relative(segment, entry.offset),
            format::grouped(u64::from(entry.position))
        ),
    };
    index.entries().zip(bytes.chunks(OffsetIndex::ENTRY_BYTES)).take(ENTRIES_SHOWN).enumerate().map(entry).collect()
}

/// The entries of the time index: eight bytes of timestamp, four of relative offset.
fn time_index_runs(segment: &Segment) -> Vec<ByteRun> {
    let index = segment.time_index();
    let bytes = index.to_bytes();
    let entry = |(number, (entry, bytes)): (usize, (TimestampOffset, &[u8]))| ByteRun {
        position: number * TimeIndex::ENTRY_BYTES,
        hex: format::hex(bytes),
        label: format!("timestamp {}, {}", entry.timestamp, relative(segment, entry.offset)),
    };
    index.entries().zip(bytes.chunks(TimeIndex::ENTRY_BYTES)).take(ENTRIES_SHOWN).enumerate().map(entry).collect()
}

/// An index keeps an offset in four bytes, counted from the segment's base offset.
fn relative(segment: &Segment, offset: Offset) -> String {
    let base = segment.base_offset();
    format!("relative offset {} + base offset {base} = {offset}", offset.0 - base.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::{Place, Preset, Room};
    use crate::engine::common::{PartitionId, TopicId};
    use crate::engine::sim::Timeline;

    #[test]
    fn the_bytes_of_both_indexes_are_told_with_their_file() {
        let preset = Preset::of(Place::Room(Room::Log)).expect("the room has one");
        let mut timeline = Timeline::new(preset.scenario());
        timeline.advance_to(preset.opens_at);
        let partition = TopicPartition::new(TopicId(0), PartitionId(0));
        let log =
            timeline.state().broker(BrokerId(1)).and_then(|broker| broker.partition(partition)).expect("there").log();
        let segment = log.segments().nth(1).expect("the log has rolled");
        let base = segment.base_offset();
        assert!(base > Offset(0), "else a relative offset is the offset");
        let seen = inspect(timeline.state(), partition, BrokerId(1), base).expect("it is there");
        let names: Vec<_> = seen.files.iter().map(|(_, name)| name.clone()).collect();
        assert_eq!(names, [files::file_name(base, "index"), files::file_name(base, "timeindex")]);
        let first = segment.offset_index().entries().next().expect("it has entries");
        let label = format!(
            "relative offset {} + base offset {base} = {}, position {} in the .log",
            first.offset.0 - base.0,
            first.offset,
            format::grouped(u64::from(first.position))
        );
        assert_eq!(seen.bytes[0].label, label);
        let relative = u32::try_from(first.offset.0 - base.0).expect("it is small").to_be_bytes();
        assert!(seen.bytes[0].hex.starts_with(&format::hex(&relative)), "{}", seen.bytes[0].hex);
        let time = &seen.bytes[seen.files[1].0];
        assert!(time.label.starts_with("timestamp ") && time.label.contains("base offset"), "{}", time.label);
    }
}
