//! The Log room's picture of one replica: segments, readers, what retention will do, and a seek in its two steps.
//!
//! Exact: every position, size and entry is the log's own.

use super::format;
use super::palette::key_hue;
use crate::engine::common::{Offset, VirtualTime};
use crate::engine::record::RecordBatch;
use crate::engine::storage::{DeletionReason, Log, OffsetSeek, Segment, StoredBatch, files};
use serde::Serialize;

/// Most segments that are drawn; the newest.
pub const SEGMENTS_MAX: usize = 8;
/// Most batches of a segment that are drawn.
pub const BATCHES_MAX: usize = 160;
/// Most records of a batch that are drawn one by one.
pub const RECORDS_MAX: usize = 32;

/// One replica's log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogView {
    /// Bytes of all segments.
    pub bytes: u64,
    /// How many segments there are.
    pub segments_count: usize,
    /// The newest segments, oldest first.
    pub segments: Vec<LogSegment>,
    /// The first offset that is still there.
    pub log_start: i64,
    /// The high watermark.
    pub high_watermark: i64,
    /// The next record's offset.
    pub log_end: i64,
    /// Log start after the next retention check, if it will move.
    pub next_log_start: Option<i64>,
    /// When that check comes, in microseconds.
    pub next_check_us: Option<u64>,
    /// Consumers: name and next offset.
    pub readers: Vec<(String, i64)>,
    /// The seek, if the offset is in the log.
    pub seek: Option<SeekView>,
}

/// A segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogSegment {
    /// Its first offset.
    pub base_offset: i64,
    /// The offset after its last.
    pub next_offset: i64,
    /// Name of its `.log` file.
    pub file: String,
    /// Bytes of the file.
    pub bytes: u32,
    /// Appends go here.
    pub active: bool,
    /// The next retention check deletes it; why, in a sentence.
    pub due: Option<String>,
    /// How many entries its offset index has.
    pub index_entries: usize,
    /// Its batches, from the first.
    pub batches: Vec<LogBatch>,
}

/// A batch as a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogBatch {
    /// Its first offset.
    pub base_offset: i64,
    /// Its last.
    pub last_offset: i64,
    /// Where it starts in the file.
    pub position: u32,
    /// Its bytes.
    pub bytes: u32,
    /// What the seek did with it.
    pub step: ScanStep,
}

/// What a seek did with a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ScanStep {
    /// Nothing.
    None,
    /// Read and passed over.
    Scanned,
    /// Found.
    Found,
}

/// A seek in its two steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SeekView {
    /// The offset asked for.
    pub target: i64,
    /// First offset of the segment that is searched.
    pub segment: i64,
    /// Names of its files.
    pub log_file: String,
    /// Name of its index.
    pub index_file: String,
    /// Bytes of the `.log`.
    pub segment_bytes: u32,
    /// The index around the entry that was chosen.
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
    /// The records of the batch that was found.
    pub records: Vec<FoundRecord>,
    /// Records that are not drawn.
    pub records_more: usize,
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
    /// The consumer did not ask for it and drops it.
    pub dropped: bool,
}

/// What a picture of a log needs beside the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogContext {
    /// The present moment, in milliseconds since 1970.
    pub now_ms: i64,
    /// When the broker looks for old segments next.
    pub next_check: Option<VirtualTime>,
    /// What is the time then, in milliseconds since 1970.
    pub next_check_ms: i64,
    /// Consumers: name and next offset.
    pub readers: Vec<(String, i64)>,
    /// The offset to seek.
    pub target: Option<Offset>,
}

impl LogView {
    /// The picture of `log`.
    #[must_use]
    pub fn of(log: &Log, context: LogContext) -> Self {
        let preview = log.retention_preview(context.next_check_ms.max(context.now_ms));
        let seek = context.target.filter(|target| *target < log.log_end_offset()).and_then(|target| log.seek(target));
        let due = |segment: &Segment| {
            let gone = preview.deleted.iter().find(|gone| gone.segment.base_offset() == segment.base_offset());
            gone.map(|gone| reason(&gone.reason))
        };
        let skipped = log.segments_count().saturating_sub(SEGMENTS_MAX);
        let active = log.active_segment().base_offset();
        let segments = log.segments().skip(skipped).map(|segment| LogSegment {
            base_offset: segment.base_offset().0,
            next_offset: segment.next_offset().0,
            file: files::file_name(segment.base_offset(), "log"),
            bytes: segment.size_in_bytes(),
            active: segment.base_offset() == active,
            due: due(segment),
            index_entries: segment.offset_index().len(),
            batches: segment.batches().take(BATCHES_MAX).map(|stored| block(stored, seek.as_ref())).collect(),
        });
        Self {
            bytes: log.size_in_bytes(),
            segments_count: log.segments_count(),
            segments: segments.collect(),
            log_start: log.log_start_offset().0,
            high_watermark: log.high_watermark().0,
            log_end: log.log_end_offset().0,
            next_log_start: preview.log_start_offset.map(|offset| offset.0),
            next_check_us: context.next_check.map(|at| at.0),
            readers: context.readers,
            seek: seek.and_then(|seek| SeekView::of(log, &seek)),
        }
    }
}

fn block(stored: &StoredBatch, seek: Option<&OffsetSeek>) -> LogBatch {
    let base_offset = stored.batch.base_offset();
    let step = match seek {
        Some(seek) if seek.found.as_ref().is_some_and(|found| found.batch.base_offset() == base_offset) => {
            ScanStep::Found
        }
        Some(seek) if seek.scanned.iter().any(|scanned| scanned.base_offset == base_offset) => ScanStep::Scanned,
        _ => ScanStep::None,
    };
    LogBatch {
        base_offset: base_offset.0,
        last_offset: stored.batch.last_offset().0,
        position: stored.position,
        bytes: stored.end_position() - stored.position,
        step,
    }
}

/// Why a segment goes, with the figures that are compared.
fn reason(reason: &DeletionReason) -> String {
    match *reason {
        DeletionReason::LogStartOffsetBreach { log_start_offset, .. } => {
            format!("Everything in it is before the log start, {log_start_offset}.")
        }
        DeletionReason::RetentionBytes { log_bytes, segment_bytes, retention_bytes } => {
            let over = i64::try_from(log_bytes).unwrap_or(i64::MAX).saturating_sub(retention_bytes);
            format!(
                "The log is {} over `retention.bytes`, and these {} fit in that.",
                format::bytes(over.unsigned_abs()),
                format::bytes(u64::from(segment_bytes))
            )
        }
        DeletionReason::RetentionMs { age_ms, retention_ms, .. } => format!(
            "Its newest record will be {} ms old, more than `retention.ms`, {}.",
            format::grouped_signed(age_ms),
            format::grouped_signed(retention_ms)
        ),
    }
}

impl SeekView {
    fn of(log: &Log, seek: &OffsetSeek) -> Option<Self> {
        let segment = log.floor_segment(seek.segment)?;
        let found = seek.found.as_ref()?;
        let index = segment.offset_index();
        let chosen = index.entries().filter(|entry| entry.offset <= seek.target).count().checked_sub(1);
        let first = chosen.unwrap_or(0).saturating_sub(1);
        let rows = index.entries().enumerate().skip(first).take(4).map(|(number, entry)| IndexRow {
            offset: entry.offset.0,
            position: entry.position,
            chosen: Some(number) == chosen,
        });
        let scan = seek.scanned.iter().map(|scanned| {
            let is_found = scanned.base_offset == found.batch.base_offset();
            let sign = if is_found { "≥" } else { "<" };
            ScanRow {
                position: scanned.position,
                offsets: (scanned.base_offset.0, scanned.last_offset.0),
                verdict: format!(
                    "{} {sign} {}, {}",
                    scanned.last_offset,
                    seek.target,
                    if is_found { "found" } else { "go on" }
                ),
                bytes: scanned.size_in_bytes,
                found: is_found,
            }
        });
        let (records, records_more) = found_records(&found.batch, seek.target);
        Some(Self {
            target: seek.target.0,
            segment: seek.segment.0,
            log_file: files::file_name(seek.segment, "log"),
            index_file: files::file_name(seek.segment, "index"),
            segment_bytes: segment.size_in_bytes(),
            index: rows.collect(),
            index_total: index.len(),
            floor_position: seek.floor.position,
            has_floor: chosen.is_some(),
            scan: scan.collect(),
            scanned: seek.scanned_bytes(),
            from_start: found.end_position(),
            records,
            records_more,
        })
    }
}

fn found_records(batch: &RecordBatch, target: Offset) -> (Vec<FoundRecord>, usize) {
    let records = batch.records().unwrap_or_default();
    let more = records.len().saturating_sub(RECORDS_MAX);
    let shown = records.iter().take(RECORDS_MAX).map(|record| FoundRecord {
        offset: record.offset.0,
        key: format::shortened(&format::text_or_hex(record.key.as_deref()), 10),
        hue: key_hue(record.key.as_deref()),
        dropped: record.offset < target,
    });
    (shown.collect(), more)
}
