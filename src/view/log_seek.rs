//! A seek in the Log room: the steps that find what is sought (`seek_target`), and a sentence where nothing is found.
//!
//! Exact: the steps are the log's own (`engine::storage::seek`); by timestamp there is one more, the time index. What surrounds the
//! seek is in `log_view`.

use super::format;
use super::palette::key_hue;
use super::seek_target::SeekTarget;
use crate::engine::common::{Offset, Timestamp};
use crate::engine::record::RecordBatch;
use crate::engine::storage::seek::ScannedBatch;
use crate::engine::storage::{Log, Segment, StoredBatch, files};
use serde::Serialize;

/// Most records of a batch that are drawn one by one.
pub const RECORDS_MAX: usize = 32;
/// Entries of an index that are shown around the one that is chosen.
const ROWS_MAX: usize = 4;

/// A seek in its steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SeekView {
    /// First offset of the segment that is searched.
    pub segment: i64,
    /// Why that one, in a sentence.
    pub why_segment: String,
    /// Names of its files.
    pub log_file: String,
    /// Name of its offset index.
    pub index_file: String,
    /// By timestamp: the step before the others.
    pub time: Option<TimeStep>,
    /// The offset that is looked up in the offset index: the one asked for, or the time index's answer.
    pub index_target: i64,
    /// The offset index around the entry that was chosen.
    pub index: Vec<IndexRow>,
    /// How many entries the index has.
    pub index_total: usize,
    /// Where the scan begins.
    pub floor_position: u32,
    /// The floor is an entry; else the scan begins at the file's first byte.
    pub has_floor: bool,
    /// The batches that were read.
    pub scan: Vec<ScanRow>,
    /// Bytes that were read.
    pub scanned: u32,
    /// Bytes that a scan from the start of the segment would read.
    pub from_start: u32,
    /// The offset asked for, or that of the first record which is late enough.
    pub answer: i64,
    /// That record's timestamp, where a timestamp was asked for.
    pub answer_timestamp: Option<i64>,
    /// The records of the batch that was found.
    pub records: Vec<FoundRecord>,
    /// Records that are not drawn.
    pub records_more: usize,
    /// By offset: compaction has removed the record that had it.
    pub is_removed: bool,
}

/// The floor entry of the time index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TimeStep {
    /// The timestamp asked for, in milliseconds since 1970.
    pub target: i64,
    /// Name of the time index.
    pub file: String,
    /// The index around the entry that was chosen.
    pub rows: Vec<TimeRow>,
    /// How many entries it has.
    pub total: usize,
    /// The floor is an entry; else the answer is the segment's first offset.
    pub has_floor: bool,
}

/// An entry of the time index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TimeRow {
    /// The largest timestamp up to the offset, in milliseconds since 1970.
    pub timestamp: i64,
    /// The last offset of the batch that first reached it.
    pub offset: i64,
    /// The largest timestamp not above the target.
    pub chosen: bool,
}

/// An index entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IndexRow {
    /// The last offset of the batch at its position.
    pub offset: i64,
    /// The position in the `.log`.
    pub position: u32,
    /// The largest entry not above the target.
    pub chosen: bool,
}

/// A batch that the scan read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScanRow {
    /// Where it starts.
    pub position: u32,
    /// Its offsets.
    pub offsets: (i64, i64),
    /// What the broker concludes.
    pub verdict: String,
    /// Its bytes.
    pub bytes: u32,
    /// It is the one.
    pub found: bool,
}

/// A record of the batch that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FoundRecord {
    /// Its offset.
    pub offset: i64,
    /// Its key.
    pub key: String,
    /// The key's hue.
    pub hue: Option<u8>,
    /// It stands before what was asked for.
    pub before: bool,
}

/// What both kinds of seek give, in the engine's own values.
struct Steps {
    segment: Offset,
    time_floor: Option<Timestamp>,
    index_target: Offset,
    floor_position: u32,
    scanned: Vec<ScannedBatch>,
    scanned_bytes: u32,
    found: StoredBatch,
    answer: (Offset, Option<Timestamp>),
}

impl SeekView {
    /// The steps that lead to `target` in `log`.
    ///
    /// # Errors
    /// A sentence on why the log holds nothing of the kind, or why a batch cannot be read.
    pub fn of(log: &Log, target: SeekTarget) -> Result<Self, String> {
        let steps = match target {
            SeekTarget::Offset(offset) => by_offset(log, offset)?,
            SeekTarget::Timestamp(timestamp) => by_timestamp(log, timestamp)?,
        };
        let segment = log.floor_segment(steps.segment).ok_or("The segment is gone.")?;
        let (index, has_floor) = index_rows(segment, steps.index_target);
        let (records, records_more) = found_records(&steps.found.batch, steps.answer.0);
        let is_there = |offset| steps.found.batch.offsets().is_ok_and(|offsets| offsets.contains(&offset));
        let is_removed = matches!(target, SeekTarget::Offset(offset) if !is_there(offset));
        let scan = steps.scanned.iter().map(|scanned| scan_row(scanned, &steps.found, target));
        Ok(Self {
            segment: steps.segment.0,
            why_segment: why_segment(steps.segment, target),
            log_file: files::file_name(steps.segment, "log"),
            index_file: files::file_name(steps.segment, "index"),
            time: steps.time_floor.map(|floor| TimeStep::of(segment, target.number(), floor)),
            index_target: steps.index_target.0,
            index,
            index_total: segment.offset_index().len(),
            floor_position: steps.floor_position,
            has_floor,
            scan: scan.collect(),
            scanned: steps.scanned_bytes,
            from_start: steps.found.end_position(),
            answer: steps.answer.0.0,
            answer_timestamp: steps.answer.1,
            records,
            records_more,
            is_removed,
        })
    }
}

fn by_offset(log: &Log, target: Offset) -> Result<Steps, String> {
    let (start, end) = (log.log_start_offset(), log.log_end_offset());
    if target < start {
        return Err(format!("{target} is before the log start, {start}: OFFSET_OUT_OF_RANGE."));
    }
    if target >= end {
        return Err(format!("{target} is not written yet; the log ends at {end}."));
    }
    let seek = log.seek(target).ok_or_else(|| format!("The log has no batch that reaches {target}."))?;
    let scanned_bytes = seek.scanned_bytes();
    Ok(Steps {
        segment: seek.segment,
        time_floor: None,
        index_target: target,
        floor_position: seek.floor.position,
        scanned: seek.scanned,
        scanned_bytes,
        found: seek.found.ok_or_else(|| format!("The log has no batch that reaches {target}."))?,
        answer: (target, None),
    })
}

fn by_timestamp(log: &Log, target: Timestamp) -> Result<Steps, String> {
    let newest = log.segments().map(Segment::largest_timestamp).max().unwrap_or(-1);
    let none = || {
        if newest < target {
            format!("No record has the timestamp {target} or a later one; the newest in the log is {newest}.")
        } else {
            format!(
                "A segment says that it reaches {target}, but compaction has removed its records from there on. Kafka looks into no later one: it answers that there is none."
            )
        }
    };
    let seek = log.seek_timestamp(target).map_err(|error| error.to_string())?.ok_or_else(none)?;
    let scanned_bytes = seek.scanned_bytes();
    let (found, record) = seek.found.ok_or_else(none)?;
    Ok(Steps {
        segment: seek.segment,
        time_floor: Some(seek.time_floor.timestamp),
        index_target: seek.time_floor.offset.max(log.log_start_offset()),
        floor_position: seek.floor.position,
        scanned: seek.scanned,
        scanned_bytes,
        found,
        answer: (record.offset, Some(record.timestamp)),
    })
}

fn why_segment(segment: Offset, target: SeekTarget) -> String {
    match target {
        SeekTarget::Offset(offset) if segment > offset => format!(
            "The files up to {offset} hold nothing from there on: compaction has removed it. The seek goes on in the next one, {segment}."
        ),
        SeekTarget::Offset(offset) => {
            format!("{segment} is the largest file name not above {offset}, so the seek opens this one.")
        }
        SeekTarget::Timestamp(timestamp) => {
            format!("It is the first segment whose largest timestamp reaches {timestamp}.")
        }
    }
}

impl TimeStep {
    fn of(segment: &Segment, target: Timestamp, floor: Timestamp) -> Self {
        let index = segment.time_index();
        let chosen = index.entries().position(|entry| entry.timestamp == floor);
        let first = chosen.unwrap_or(0).saturating_sub(1);
        let rows = index.entries().enumerate().skip(first).take(ROWS_MAX).map(|(number, entry)| TimeRow {
            timestamp: entry.timestamp,
            offset: entry.offset.0,
            chosen: Some(number) == chosen,
        });
        Self {
            target,
            file: files::file_name(segment.base_offset(), "timeindex"),
            rows: rows.collect(),
            total: index.len(),
            has_floor: chosen.is_some(),
        }
    }
}

/// The offset index around its floor entry, and whether it has one.
fn index_rows(segment: &Segment, target: Offset) -> (Vec<IndexRow>, bool) {
    let index = segment.offset_index();
    let chosen = index.entries().filter(|entry| entry.offset <= target).count().checked_sub(1);
    let first = chosen.unwrap_or(0).saturating_sub(1);
    let rows = index.entries().enumerate().skip(first).take(ROWS_MAX).map(|(number, entry)| IndexRow {
        offset: entry.offset.0,
        position: entry.position,
        chosen: Some(number) == chosen,
    });
    (rows.collect(), chosen.is_some())
}

fn scan_row(scanned: &ScannedBatch, found: &StoredBatch, target: SeekTarget) -> ScanRow {
    let is_found = scanned.base_offset == found.batch.base_offset();
    let (what, wanted) = match target {
        SeekTarget::Offset(offset) => (scanned.last_offset.0, offset.0),
        SeekTarget::Timestamp(timestamp) => (scanned.max_timestamp, timestamp),
    };
    let sign = if what >= wanted { "≥" } else { "<" };
    ScanRow {
        position: scanned.position,
        offsets: (scanned.base_offset.0, scanned.last_offset.0),
        verdict: format!("{what} {sign} {wanted}, {}", if is_found { "found" } else { "go on" }),
        bytes: scanned.size_in_bytes,
        found: is_found,
    }
}

fn found_records(batch: &RecordBatch, answer: Offset) -> (Vec<FoundRecord>, usize) {
    let records = batch.records().unwrap_or_default();
    let more = records.len().saturating_sub(RECORDS_MAX);
    let shown = records.iter().take(RECORDS_MAX).map(|record| FoundRecord {
        offset: record.offset.0,
        key: format::shortened(&format::text_or_hex(record.key.as_deref()), 10),
        hue: key_hue(record.key.as_deref()),
        before: record.offset < answer,
    });
    (shown.collect(), more)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::{PRESETS, Place, Preset, Room};
    use crate::engine::common::{BrokerId, PartitionId, TopicId, TopicPartition, VirtualTime};
    use crate::engine::sim::Timeline;

    /// The Log room's first picture.
    fn with_log(look: impl FnOnce(&Log)) {
        let preset = Preset::of(Place::Room(Room::Log)).expect("the room has one");
        let mut timeline = Timeline::new(preset.scenario());
        // The first retention check has found something.
        timeline.advance_to(preset.opens_at + VirtualTime::from_ms(1_000));
        let partition = TopicPartition::new(TopicId(0), PartitionId(0));
        look(timeline.state().broker(BrokerId(1)).and_then(|broker| broker.partition(partition)).expect("there").log());
    }

    #[test]
    fn both_kinds_of_seek_find_what_the_log_finds() {
        with_log(|log| {
            for target in (log.log_start_offset().0..log.log_end_offset().0).step_by(37).map(Offset) {
                let seek = SeekView::of(log, SeekTarget::Offset(target)).expect("it is in the log");
                assert!(
                    (seek.records[0].offset..=seek.scan.last().expect("one is found").offsets.1).contains(&target.0)
                );
                let record = log.first_record_at_or_after(target).expect("it decodes").expect("it is there");
                let seek = SeekView::of(log, SeekTarget::Timestamp(record.timestamp)).expect("it is in the log");
                let found = log.offset_for_timestamp(record.timestamp).expect("it decodes").expect("it is there");
                assert_eq!((seek.answer, seek.answer_timestamp), (found.offset.0, Some(found.timestamp)));
                let time = seek.time.expect("by timestamp there is one more step");
                let chosen = time.rows.iter().find(|row| row.chosen);
                assert_eq!(chosen.is_some(), time.has_floor);
                assert!(chosen.is_none_or(|row| row.timestamp <= record.timestamp && row.offset == seek.index_target));
                assert_eq!(seek.scan.iter().filter(|row| row.found).count(), 1);
            }
        });
    }

    #[test]
    fn what_the_log_does_not_hold_gets_a_sentence() {
        with_log(|log| {
            let why = |target| SeekView::of(log, target).map(|_| ()).unwrap_err();
            let (start, end) = (log.log_start_offset(), log.log_end_offset());
            assert!(start > Offset(0), "the oldest is gone");
            assert_eq!(
                why(SeekTarget::Offset(Offset(0))),
                format!("0 is before the log start, {start}: OFFSET_OUT_OF_RANGE.")
            );
            assert_eq!(why(SeekTarget::Offset(end)), format!("{end} is not written yet; the log ends at {end}."));
            assert!(why(SeekTarget::Timestamp(i64::MAX)).starts_with("No record has the timestamp"));
        });
    }

    /// A log that is cleaned again and again: what was removed is said to be.
    #[test]
    fn a_seek_in_a_compacted_log_says_what_compaction_has_removed() {
        let name = "compaction keeps the last record of every key";
        let preset = PRESETS.iter().find(|preset| preset.name == name).expect("it is a demonstration");
        let scenario = preset.scenario();
        let mut timeline = Timeline::new(scenario.clone());
        timeline.advance_to(scenario.end);
        let partition = TopicPartition::new(TopicId(0), PartitionId(0));
        let broker = timeline.state().brokers.iter().find_map(|broker| broker.partition(partition)).expect("there");
        let log = broker.log();
        let mut removed = 0;
        for offset in (log.log_start_offset().0..log.log_end_offset().0).map(Offset) {
            let Ok(seek) = SeekView::of(log, SeekTarget::Offset(offset)) else { continue };
            let held = log.first_record_at_or_after(offset).expect("it decodes").is_some_and(|it| it.offset == offset);
            assert_eq!(seek.is_removed, !held, "{offset}");
            removed += u32::from(seek.is_removed);
            let is_elsewhere = seek.segment > offset.0;
            assert_eq!(seek.why_segment.contains("compaction has removed it"), is_elsewhere, "{offset}");
        }
        assert!(removed > 0, "the cleaner was at work");
        assert!(why_segment(Offset(9), SeekTarget::Offset(Offset(4))).contains("up to 4"));
        let newest = log.segments().map(Segment::largest_timestamp).max().expect("it has a segment");
        let later = SeekView::of(log, SeekTarget::Timestamp(newest + 1)).unwrap_err();
        assert!(later.contains(&format!("the newest in the log is {newest}")), "{later}");
    }
}
