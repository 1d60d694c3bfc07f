//! Compaction: of every key the last record stays (KAFKA 5.6, `Cleaner`).
//!
//! The rule it keeps: offsets never change, the last value of every key stays, and nothing from the first uncleanable offset on is touched. A
//! first pass over the dirty part notes each key's last offset; a second one writes all segments up to there anew, and each group
//! of them takes the place of its sources at once. A tombstone stays until a cleaning after its delete horizon, which the first
//! cleaning that keeps it sets; so a consumer that reads within that time learns of the deletion.
//!
//! What may be cleaned and when is [`cleanable`]'s; the cleaner's threads, its pauses and its checkpoint file are the broker's.
//! Simplified: control batches stay, and records of aborted transactions are treated as any others, since nothing here writes
//! transactions.

mod batch_filter;
mod cleanable;
mod cleaned_log;
mod offset_map;

pub use cleanable::{CleanerConfig, CleaningReason, LogToClean, dirtiest};
pub use cleaned_log::{CleanedLog, CleanedSegments, DeleteHorizon, RemovalReason, RemovedRecord};

use super::log::Log;
use super::offset_index::OffsetIndex;
use super::segment::{Moment, Segment};
use super::time_index::TimeIndex;
use crate::engine::common::{Offset, Timestamp};
use crate::engine::config::TopicConfig;
use crate::engine::record::{BatchError, Compressor};
use batch_filter::BatchFilter;
use cleanable::segments_between;
use offset_map::OffsetMap;
use std::sync::Arc;

/// What a cleaning did.
#[derive(Clone, Debug)]
pub struct Cleaning {
    /// Where the dirty part begins now: the checkpoint to keep.
    pub first_dirty_offset: Offset,
    /// The segments written, oldest first.
    pub groups: Vec<CleanedGroup>,
    /// The records that went, in order of offset.
    pub removed: Vec<RemovedRecord>,
    /// The batches whose tombstones' time begins to run.
    pub horizons: Vec<DeleteHorizon>,
}

/// Some segments that became one.
#[derive(Clone, Debug)]
pub struct CleanedGroup {
    /// The sources, oldest first, which the log no longer holds. The new segment has the first one's base offset.
    pub replaced: Vec<Arc<Segment>>,
    /// Bytes of the new segment's `.log` file; it may be 0.
    pub size_in_bytes: u32,
}

/// Cleans a log at `now` (milliseconds since 1970), as [`LogToClean::of`] said at the same time.
///
/// # Errors
/// A batch that can not be read: nothing is changed.
pub fn clean(
    log: &mut Log,
    to_clean: &LogToClean,
    config: &CleanerConfig,
    now: Timestamp,
) -> Result<Cleaning, BatchError> {
    let map = build_offset_map(log, to_clean, config)?;
    let end_offset = map.latest_offset().plus(1);
    let mut filter = BatchFilter {
        map: &map,
        producers: log.producer_state(),
        first_uncleanable_offset: to_clean.first_uncleanable_offset,
        config,
        now,
        compressor: Compressor::default(),
        removed: Vec::new(),
        horizons: Vec::new(),
    };
    let sources: Vec<&Segment> = segments_between(log, Offset(0), end_offset).collect();
    let mut cleaned = Vec::new();
    for group in group_segments(&sources, log.config(), to_clean.first_uncleanable_offset) {
        cleaned.push((clean_group(log, group, &mut filter)?, group.len()));
    }
    let BatchFilter { removed, horizons, .. } = filter;
    let groups = cleaned.into_iter().map(|(segment, count)| {
        let size_in_bytes = segment.size_in_bytes();
        CleanedGroup { replaced: log.replace_segments(segment, count), size_in_bytes }
    });
    let groups = groups.collect();
    Ok(Cleaning { first_dirty_offset: end_offset.max(to_clean.first_dirty_offset), groups, removed, horizons })
}

/// The first pass: the last offset of every key in the dirty part, up to where the map is full.
fn build_offset_map(log: &Log, to_clean: &LogToClean, config: &CleanerConfig) -> Result<OffsetMap, BatchError> {
    let mut map = OffsetMap::new(config.dedupe_buffer_bytes);
    let (start, end) = (to_clean.first_dirty_offset, to_clean.first_uncleanable_offset);
    let mut dirty = segments_between(log, start, end).peekable();
    while let Some(segment) = dirty.next() {
        for stored in segment.batches_reaching(start).filter(|stored| !stored.batch.is_control()) {
            for record in stored.batch.records()?.iter().filter(|record| record.offset >= start) {
                if record.key.as_ref().is_some_and(|key| !map.put(key, record.offset)) {
                    return Ok(map);
                }
            }
            map.update_latest_offset(stored.batch.last_offset());
        }
        // The end of the segment may be a hole, or emptied.
        let next = dirty.peek().map_or(end, |next| next.base_offset());
        map.update_latest_offset(next.plus(-1));
    }
    Ok(map)
}

/// Neighbours whose files together are no larger than one segment's may be, so that cleaned segments do not stay small for ever
/// (`groupSegmentsBySize`).
fn group_segments<'a>(segments: &'a [&'a Segment], config: &TopicConfig, end: Offset) -> Vec<&'a [&'a Segment]> {
    let mut groups = Vec::new();
    let mut rest = segments;
    while let Some(first) = rest.first() {
        let mut sizes = Sizes::default().with(first);
        let mut count = 1;
        while let Some(next) = rest.get(count) {
            let last_offset = rest.get(count + 1).map_or(end, |after| after.base_offset()).plus(-1);
            let is_near = next.is_empty() || last_offset.0 - first.base_offset().0 <= i64::from(i32::MAX);
            let together = sizes.with(next);
            if !is_near || !together.fit(config) {
                break;
            }
            sizes = together;
            count += 1;
        }
        let (group, after) = rest.split_at(count);
        groups.push(group);
        rest = after;
    }
    groups
}

/// Bytes of a group's source files.
#[derive(Clone, Copy, Default)]
struct Sizes {
    log: u64,
    index: usize,
    time_index: usize,
}

impl Sizes {
    fn with(self, segment: &Segment) -> Self {
        Self {
            log: self.log + u64::from(segment.size_in_bytes()),
            index: self.index + segment.offset_index().len() * OffsetIndex::ENTRY_BYTES,
            time_index: self.time_index + segment.time_index().len() * TimeIndex::ENTRY_BYTES,
        }
    }

    fn fit(self, config: &TopicConfig) -> bool {
        let index_max = usize::try_from(config.segment_index_bytes).unwrap_or(0);
        let log_max = u64::try_from(config.segment_bytes).unwrap_or(0);
        self.log <= log_max && self.index <= index_max && self.time_index <= index_max
    }
}

/// The second pass over one group: a new segment under the first one's name, as old as the last one.
fn clean_group(log: &Log, group: &[&Segment], filter: &mut BatchFilter<'_>) -> Result<Segment, BatchError> {
    let (first, last) = (group.first().expect("a group has segments"), group.last().expect("a group has segments"));
    let config = log.config();
    let moment = Moment { now: filter.now, file_time: last.modified_at() };
    let mut cleaned = Segment::new(first.base_offset(), config.segment_index_bytes, moment);
    for stored in group.iter().flat_map(|segment| segment.batches()) {
        if let Some(batch) = filter.filter(&stored.batch)? {
            cleaned.append(batch, config.index_interval_bytes, moment);
        }
    }
    cleaned.on_become_inactive();
    Ok(cleaned)
}

impl Log {
    /// Puts a cleaned segment in the place of `count` closed ones, the first of which has its base offset, and gives those back
    /// (`UnifiedLog.replaceSegments`). The producers' snapshots of the others go with them.
    ///
    /// # Panics
    /// If there are not that many closed segments from there on.
    pub fn replace_segments(&mut self, cleaned: Segment, count: usize) -> Vec<Arc<Segment>> {
        let base_offset = cleaned.base_offset();
        let first = self.closed.binary_search_by(|segment| segment.base_offset().cmp(&base_offset));
        let first = first.expect("a cleaned segment has the name of a closed one");
        assert!(first + count <= self.closed.len(), "only closed segments are cleaned");
        let mut replaced = self.closed.split_off(first);
        let after = replaced.split_off(count);
        self.closed.push_back(Arc::new(cleaned));
        self.closed.append(after);
        for gone in replaced.iter().skip(1) {
            self.producers.remove_snapshot(gone.base_offset());
        }
        let place = self.high_watermark.place;
        if place.is_some_and(|(segment, _)| replaced.iter().any(|gone| gone.base_offset() == segment)) {
            self.high_watermark.place = None;
        }
        self.debug_assert_invariants();
        replaced.into_iter().collect()
    }
}
