//! The Log room's picture of one replica: segments, readers, what retention will do, and what a seek (`log_seek`) touches.
//!
//! Exact: every position, size and entry is the log's own.

use super::format;
use super::frame::Role;
use super::log_seek::SeekView;
use super::seek_target::SeekTarget;
use crate::engine::common::{BrokerId, PartitionId, TopicId, TopicPartition, VirtualTime};
use crate::engine::storage::{DeletionReason, Log, Segment, StoredBatch, files};
use serde::Serialize;

/// Most segments that are drawn; the newest.
pub const SEGMENTS_MAX: usize = 8;
/// Most batches of a segment that are drawn.
pub const BATCHES_MAX: usize = 160;

/// One replica's log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogView {
    /// Which replica it is.
    pub replica: ReplicaView,
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
    /// The oldest segment's first timestamp and the newest of all, in milliseconds since 1970; none of an empty log.
    pub timestamps: Option<(i64, i64)>,
    /// The seek, if what is sought is in the log.
    pub seek: Option<SeekView>,
    /// Why there is none, if something is sought.
    pub not_found: Option<String>,
}

/// The replica whose log it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplicaView {
    /// The partition, of the scenario's first topic.
    pub partition: i32,
    /// The broker.
    pub broker: i32,
    /// What the replica takes itself for.
    pub role: Role,
    /// It is in the ISR, as the controller sees it.
    pub in_isr: bool,
    /// How many replicas the partition has.
    pub replicas: usize,
}

impl ReplicaView {
    /// Partition and broker as the engine names them.
    #[must_use]
    pub fn place(&self) -> (TopicPartition, BrokerId) {
        (TopicPartition::new(TopicId(0), PartitionId(self.partition)), BrokerId(self.broker))
    }

    /// What it is among the partition's replicas: `leader, the only replica`.
    #[must_use]
    pub fn words(&self) -> String {
        let role = match (self.role, self.in_isr) {
            (Role::Leader, _) => "leader",
            (Role::Follower, true) => "follower, in sync",
            (Role::Follower, false) => "follower, not in sync",
            (Role::Offline, _) => "down",
        };
        match self.replicas {
            1 => format!("{role}, the only replica"),
            count => format!("{role}, one of {count} replicas"),
        }
    }
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

impl LogSegment {
    /// Where an offset lies in the file: at the start of its batch, and at the file's end if it is the next one. None: elsewhere.
    #[must_use]
    pub fn position_of(&self, offset: i64) -> Option<u32> {
        if offset == self.next_offset && self.active {
            return Some(self.bytes);
        }
        let batch = self.batches.iter().find(|batch| (batch.base_offset..=batch.last_offset).contains(&offset))?;
        Some(batch.position)
    }
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
    /// What to seek.
    pub target: Option<SeekTarget>,
    /// Which replica it is.
    pub replica: ReplicaView,
}

impl LogView {
    /// The picture of `log`.
    #[must_use]
    pub fn of(log: &Log, context: LogContext) -> Self {
        let preview = log.retention_preview(context.next_check_ms.max(context.now_ms));
        let (seek, not_found) = match context.target.map(|target| SeekView::of(log, target)) {
            None => (None, None),
            Some(Ok(seek)) => (Some(seek), None),
            Some(Err(why)) => (None, Some(why)),
        };
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
            replica: context.replica,
            bytes: log.size_in_bytes(),
            segments_count: log.segments_count(),
            segments: segments.collect(),
            log_start: log.log_start_offset().0,
            high_watermark: log.high_watermark().0,
            log_end: log.log_end_offset().0,
            next_log_start: preview.log_start_offset.map(|offset| offset.0),
            next_check_us: context.next_check.map(|at| at.0),
            readers: context.readers,
            timestamps: timestamps(log),
            seek,
            not_found,
        }
    }
}

impl LogView {
    /// How many segments are older than those that are drawn.
    #[must_use]
    pub fn segments_not_drawn(&self) -> usize {
        self.segments_count - self.segments.len()
    }

    /// Consumers whose next record is not in the picture, each with a sentence: it is gone, or in a segment that is not drawn.
    #[must_use]
    pub fn readers_elsewhere(&self) -> Vec<(String, String)> {
        let drawn_from = self.segments.first().map_or(self.log_start, |segment| segment.base_offset);
        let sentence = |(name, offset): &(String, i64)| {
            let words = if *offset < self.log_start {
                format!(
                    "{name} would read {offset} next, and that is gone: the log begins at {}. Its next fetch is answered with OFFSET_OUT_OF_RANGE, and `auto.offset.reset` says where it goes on.",
                    self.log_start
                )
            } else if *offset < drawn_from {
                format!("{name} reads {offset} next, in a segment that is not drawn.")
            } else {
                return None;
            };
            Some((name.clone(), words))
        };
        self.readers.iter().filter_map(sentence).collect()
    }
}

/// From the timestamp of the first batch's first record to the largest of all.
fn timestamps(log: &Log) -> Option<(i64, i64)> {
    let first = log.segments().find_map(|segment| segment.batch(0))?;
    let newest = log.segments().map(Segment::largest_timestamp).max()?;
    Some((first.batch.base_timestamp(), newest))
}

fn block(stored: &StoredBatch, seek: Option<&SeekView>) -> LogBatch {
    let base_offset = stored.batch.base_offset().0;
    let row = seek.and_then(|seek| seek.scan.iter().find(|row| row.offsets.0 == base_offset));
    LogBatch {
        base_offset,
        last_offset: stored.batch.last_offset().0,
        position: stored.position,
        bytes: stored.end_position() - stored.position,
        step: match row {
            None => ScanStep::None,
            Some(row) if row.found => ScanStep::Found,
            Some(_) => ScanStep::Scanned,
        },
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_whose_record_is_gone_or_not_drawn_is_told() {
        let segment = LogSegment {
            base_offset: 40,
            next_offset: 60,
            file: String::new(),
            bytes: 0,
            active: true,
            due: None,
            index_entries: 0,
            batches: Vec::new(),
        };
        let readers = [("audit", 19), ("billing", 20), ("till", 40)].map(|(name, at)| (name.to_string(), at)).to_vec();
        let log = LogView { segments: vec![segment], segments_count: 3, log_start: 20, readers, ..LogView::default() };
        assert_eq!(log.segments_not_drawn(), 2);
        let told = log.readers_elsewhere();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].1.starts_with("audit would read 19 next, and that is gone: the log begins at 20."));
        assert_eq!(told[1].1, "billing reads 20 next, in a segment that is not drawn.");
    }

    #[test]
    fn a_replica_is_told_by_what_it_is_and_how_many_there_are() {
        let words = |role, in_isr, replicas| ReplicaView { role, in_isr, replicas, ..ReplicaView::default() }.words();
        assert_eq!(words(Role::Leader, true, 1), "leader, the only replica");
        assert_eq!(words(Role::Leader, true, 3), "leader, one of 3 replicas");
        assert_eq!(words(Role::Follower, false, 3), "follower, not in sync, one of 3 replicas");
        assert_eq!(words(Role::Offline, true, 1), "down, the only replica");
    }
}
