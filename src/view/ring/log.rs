//! The partition beside the ring: its segments and records, what retention took, the consumer's position.

use crate::engine::common::Offset;
use crate::engine::storage::{DeletionReason, Segment, files};
use crate::ring::retained_log::{records_per_segment, value_of};
use crate::ring::{Feed, LogChange, Replay, RetainedLog};

/// Segments of at most this many records show them one by one.
const RECORDS_DRAWN_MAX: i64 = 8;
/// Deleted segments that are still drawn.
const DELETED_DRAWN_MAX: usize = 1;

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordCell {
    /// Its offset.
    pub offset: i64,
    /// Its value.
    pub value: u16,
    /// The consumer has read it.
    pub is_read: bool,
    /// The last call appended it or read it.
    pub is_touched: bool,
}

/// What a segment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentState {
    /// Its files are renamed to `.deleted`.
    Deleted,
    /// It takes no more appends.
    Closed,
    /// It takes the appends.
    Active,
}

/// One segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentPicture {
    /// Its first offset, and its identity.
    pub base_offset: i64,
    /// The offset after its last record.
    pub next_offset: i64,
    /// Its file.
    pub file: String,
    /// Bytes of that file.
    pub bytes: u64,
    /// What it is.
    pub state: SegmentState,
    /// Its records; empty if there are too many to draw.
    pub records: Vec<RecordCell>,
    /// Records that the consumer has read.
    pub read: i64,
    /// Records that it takes when full.
    pub room: i64,
}

/// The partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPicture {
    /// Segments, oldest first, deleted ones before the others.
    pub segments: Vec<SegmentPicture>,
    /// The log's oldest offset.
    pub log_start_offset: i64,
    /// The offset that the next record gets.
    pub log_end_offset: i64,
    /// The offset that the consumer reads next.
    pub position: i64,
    /// Bytes of the log.
    pub bytes: u64,
    /// `segment.bytes`.
    pub segment_bytes: i64,
    /// `retention.bytes`.
    pub retention_bytes: i64,
    /// What the last call did to it, in a sentence.
    pub sentence: String,
}

impl LogPicture {
    /// The log after the calls made.
    #[must_use]
    pub fn of(replay: &Replay, feed: Feed) -> Self {
        let capacity = replay.list().capacity();
        let retained = RetainedLog::after(capacity, replay.made(), feed);
        let log = retained.log();
        let room = records_per_segment(capacity);
        let mut deleted: Vec<&Segment> = log.deleted_segments().map(|deleted| deleted.segment.as_ref()).collect();
        deleted.drain(..deleted.len().saturating_sub(DELETED_DRAWN_MAX));
        let active = log.active_segment().base_offset();
        let gone = deleted.into_iter().map(|segment| (segment, SegmentState::Deleted));
        let here = log.segments().map(|segment| {
            (segment, if segment.base_offset() == active { SegmentState::Active } else { SegmentState::Closed })
        });
        Self {
            segments: gone
                .chain(here)
                .map(|(segment, state)| segment_picture(&retained, segment, state, room))
                .collect(),
            log_start_offset: log.log_start_offset().0,
            log_end_offset: log.log_end_offset().0,
            position: retained.position().0,
            bytes: log.size_in_bytes(),
            segment_bytes: log.config().segment_bytes,
            retention_bytes: log.config().retention_bytes,
            sentence: sentence(retained.change(), log.log_start_offset()),
        }
    }

    /// The picture in words, for readers who do not see it.
    #[must_use]
    pub fn description(&self) -> String {
        let segments = self.segments.iter().filter(|segment| segment.state != SegmentState::Deleted).count();
        let Self { log_start_offset, log_end_offset, position, .. } = self;
        format!(
            "A log of {segments} {}: logStartOffset {log_start_offset}, position of the consumer {position}, log end offset {log_end_offset}.",
            if segments == 1 { "segment" } else { "segments" }
        )
    }
}

fn segment_picture(retained: &RetainedLog, segment: &Segment, state: SegmentState, room: i64) -> SegmentPicture {
    let touched = match retained.change() {
        LogChange::Appended { offset, .. } | LogChange::Polled { offset, .. } => Some(*offset),
        _ => None,
    };
    let (base, next) = (segment.base_offset(), segment.next_offset());
    let cell = |batch: &crate::engine::record::RecordBatch| {
        let offset = batch.base_offset();
        let value = value_of(batch)?.get();
        let is_read = retained.read_within(offset, offset.plus(1)) == 1;
        Some(RecordCell { offset: offset.0, value, is_read, is_touched: touched == Some(offset) })
    };
    let drawn = room <= RECORDS_DRAWN_MAX;
    SegmentPicture {
        base_offset: base.0,
        next_offset: next.0,
        file: files::file_name(base, if state == SegmentState::Deleted { "log.deleted" } else { "log" }),
        bytes: u64::from(segment.size_in_bytes()),
        state,
        records: segment.batches().filter(|_| drawn).filter_map(|stored| cell(&stored.batch)).collect(),
        read: retained.read_within(base, next),
        room,
    }
}

fn sentence(change: &LogChange, log_start_offset: Offset) -> String {
    match change {
        LogChange::Nothing => "The log does not change.".to_owned(),
        LogChange::NotGiven => {
            "The ring refuses because it is full, so the producer has to wait. A log would take the record, and in time delete its oldest segment.".to_owned()
        }
        LogChange::Appended { offset, refused_by_ring, rolled, deleted } => {
            let mut text = match refused_by_ring {
                true => format!("The log takes what the ring refused, at offset {offset}."),
                false => format!("The log appends it at offset {offset}."),
            };
            if let Some(roll) = rolled {
                text += &format!(" It did not fit segment {}, so a new one begins.", roll.closed_base_offset);
            }
            if let Some(last) = deleted.last() {
                text += &deletion(deleted.len(), last.segment.base_offset(), &last.reason, log_start_offset);
            }
            text
        }
        LogChange::Polled { offset, out_of_range: None, .. } => {
            format!("The consumer reads offset {offset} and moves its position on. The log keeps the record.")
        }
        LogChange::Polled { offset, out_of_range: Some(lost_at), .. } => format!(
            "Offset {lost_at} is gone: OFFSET_OUT_OF_RANGE. With auto.offset.reset=earliest the consumer goes on at {offset}; {} were never read.",
            records(offset.0 - lost_at.0)
        ),
        LogChange::NothingToPoll => "The consumer stands at the log end: nothing to read.".to_owned(),
    }
}

fn deletion(count: usize, base_offset: Offset, reason: &DeletionReason, log_start_offset: Offset) -> String {
    let what = if count == 1 { format!("segment {base_offset}") } else { format!("{count} segments") };
    match reason {
        DeletionReason::RetentionBytes { log_bytes, segment_bytes, retention_bytes } => format!(
            " Retention deletes {what}: without it {} B are left, and retention.bytes is {retention_bytes}. logStartOffset is now {log_start_offset}.",
            log_bytes.saturating_sub(u64::from(*segment_bytes))
        ),
        other => format!(" Retention deletes {what} ({}). logStartOffset is now {log_start_offset}.", other.name()),
    }
}

fn records(count: i64) -> String {
    if count == 1 { "1 record".to_owned() } else { format!("{count} records") }
}
