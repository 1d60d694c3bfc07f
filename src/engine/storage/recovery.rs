//! Opening what a broker left behind: checks every batch, cuts a torn or corrupt tail, builds the indexes anew (KAFKA 5.7).
//!
//! The rule it keeps: what is built from the `.log` bytes alone is what an unbroken run would have written, byte for byte; only a clean
//! restart in mid-segment, which forgets the bytes counted since the last index entry, makes a difference. (`LogSegment.recover`,
//! `LogLoader`)

use super::errors::IndexError;
use super::files::file_name;
use super::leader_epoch_cache::LeaderEpochCache;
use super::log::{FileClock, Log};
use super::offset_index::OffsetIndex;
use super::segment::{Moment, Segment};
use super::time_index::TimeIndex;
use crate::engine::common::{LeaderEpoch, Offset, Timestamp};
use crate::engine::config::TopicConfig;
use crate::engine::record::{BatchError, BatchErrorReason, RecordBatch};
use bytes::Bytes;
use std::sync::Arc;

/// How a broker went down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// Its files were closed and the producers' state was snapshot.
    Clean,
    /// The process died; what was appended is still there.
    Crash,
}

/// A segment built from the bytes of its `.log` file.
#[derive(Clone, Debug)]
pub struct RecoveredSegment {
    /// The valid batches, with the indexes that belong to them.
    pub segment: Segment,
    /// Bytes of the file up to the first bad batch.
    pub valid_bytes: usize,
    /// Bytes after that, which recovery cuts off.
    pub cut_bytes: usize,
    /// What is wrong with the first bad batch, if there is one.
    pub error: Option<BatchError>,
}

impl RecoveredSegment {
    /// Reads a `.log` file, batch by batch, up to the first bad one. The time index gets its last entry, as recovery gives it.
    #[must_use]
    pub fn read(
        base_offset: Offset,
        log_bytes: &Bytes,
        index_interval_bytes: i64,
        index_bytes_max: i64,
        moment: Moment,
    ) -> Self {
        let mut segment = Segment::new(base_offset, index_bytes_max, moment);
        let mut position = 0;
        let mut error = None;
        while position < log_bytes.len() {
            match next_valid(log_bytes, position, &segment) {
                Ok((batch, next)) => {
                    segment.append(batch, index_interval_bytes, moment);
                    position = next;
                }
                Err(bad) => {
                    error = Some(bad);
                    break;
                }
            }
        }
        segment.on_become_inactive();
        segment.forget_bytes_since_last_index_entry();
        Self { segment, valid_bytes: position, cut_bytes: log_bytes.len() - position, error }
    }

    /// Uses the index files that lie beside the `.log` file, if they are sound and every entry points to the batch that it names; else
    /// the rebuilt ones stay, and the reason is given.
    pub fn use_index_files(&mut self, index: &[u8], time_index: &[u8], index_bytes_max: i64) -> Result<(), IndexError> {
        let base_offset = self.segment.base_offset();
        let offset_index = OffsetIndex::parse(base_offset, index_bytes_max, index)?;
        let time_index = TimeIndex::parse(base_offset, index_bytes_max, time_index)?;
        for (entry, found) in offset_index.entries().enumerate() {
            let batch = self.segment.batches_at(found.position).next();
            if batch
                .is_none_or(|stored| stored.position != found.position || stored.batch.last_offset() != found.offset)
            {
                return Err(IndexError::NoSuchBatch { entry });
            }
        }
        self.segment.set_indexes(offset_index, time_index);
        Ok(())
    }
}

/// The batch at `position`, if it is sound and continues the segment.
fn next_valid(log_bytes: &Bytes, position: usize, segment: &Segment) -> Result<(RecordBatch, usize), BatchError> {
    let (batch, next) = RecordBatch::parse(log_bytes, position)?;
    batch.ensure_valid().map_err(|error| error.at(position as u64))?;
    let out_of_place = |field, why| BatchError {
        reason: BatchErrorReason::InvalidRecord { index: 0, offset: 0, why },
        field,
        position: position as u64,
    };
    if batch.last_offset_delta() < 0 {
        return Err(out_of_place("lastOffsetDelta", "the last offset is before the first"));
    }
    if batch.base_offset() < segment.next_offset() {
        return Err(out_of_place("baseOffset", "the batch does not come after the one before it"));
    }
    let relative = batch.last_offset().0.checked_sub(segment.base_offset().0);
    let is_near = relative.is_some_and(|relative| (0..=i64::from(i32::MAX)).contains(&relative));
    if !is_near || batch.last_offset() == Offset(i64::MAX) {
        return Err(out_of_place("baseOffset", "the offset is too far from the segment's base"));
    }
    if i32::try_from(next).is_err() {
        return Err(out_of_place("batchLength", "a segment's file ends before 2 GiB"));
    }
    Ok((batch, next))
}

impl Log {
    /// Closes the files: every segment's time index gets its last entry, and the producers' state is snapshot.
    pub fn close(&mut self) {
        for segment in self.closed.iter_mut() {
            Arc::make_mut(segment).on_become_inactive();
        }
        self.active.on_become_inactive();
        self.producers.maybe_take_snapshot();
    }

    /// Opens the log again after the broker went down, with the high watermark that it had checkpointed.
    ///
    /// Batches and leader epochs are what they were: the process died, not the disk. What was only in memory is gone: the bytes
    /// counted since the last index entry, and all but the last batch of each producer. A clean shutdown closes the files first; after a
    /// crash the active segment is recovered: the others were flushed when they rolled.
    pub fn reopen(&mut self, shutdown: Shutdown, high_watermark: Offset, now: Timestamp) {
        match shutdown {
            Shutdown::Clean => {
                self.close();
                self.load(high_watermark, now);
            }
            Shutdown::Crash => self.reopen_after_crash(self.active.base_offset(), high_watermark, now),
        }
    }

    /// As [`Log::reopen`] after a crash, when the recovery point that was checkpointed last is an earlier one: segments from there on are
    /// recovered, which builds their indexes anew and takes a snapshot at the end of each.
    pub fn reopen_after_crash(&mut self, recovery_point: Offset, high_watermark: Offset, now: Timestamp) {
        let first = self.number_of_floor_segment(recovery_point).unwrap_or(0);
        for number in first..self.segments_count() {
            self.recover_segment(number, now);
        }
        self.load(high_watermark, now);
    }

    fn recover_segment(&mut self, number: usize, now: Timestamp) {
        let (moment, config) = (self.moment(now), self.config.clone());
        let Some(segment) = self.segment(number) else { return };
        let recovered = segment.recovered(config.index_interval_bytes, config.segment_index_bytes, moment);
        let mut producers = self.producers.clone();
        producers.forget_all_but_snapshots();
        self.load_producers(&mut producers, recovered.base_offset(), now);
        for stored in recovered.batches() {
            producers.update(&stored.batch);
        }
        producers.update_map_end_offset(recovered.next_offset());
        producers.maybe_take_snapshot();
        self.producers = producers;
        match self.closed.get_mut(number) {
            Some(closed) => *closed = Arc::new(recovered),
            None => self.active = recovered,
        }
    }

    /// What every start does once the segments are sound.
    fn load(&mut self, high_watermark: Offset, now: Timestamp) {
        self.active.forget_bytes_since_last_index_entry();
        self.deleted.clear();
        let bases: Vec<Offset> = self.segments().map(Segment::base_offset).collect();
        self.producers.forget_all_but_snapshots();
        self.producers.remove_stray_snapshots(&bases);
        self.rebuild_producer_state(now);
        self.update_high_watermark(high_watermark);
        self.debug_assert_invariants();
    }
}

/// What a folder has of one segment.
#[derive(Clone, Debug)]
pub struct SegmentFiles {
    /// The offset in the files' names.
    pub base_offset: Offset,
    /// The `.log` file.
    pub log: Bytes,
    /// The `.index` and `.timeindex` files, if both are there.
    pub indexes: Option<(Vec<u8>, Vec<u8>)>,
}

/// What a folder has of a partition.
#[derive(Clone, Debug, Default)]
pub struct LogFiles {
    /// The segments.
    pub segments: Vec<SegmentFiles>,
    /// Where the log starts, if that is known (`log-start-offset-checkpoint`); else at the first segment's base offset.
    pub log_start_offset: Option<Offset>,
}

impl LogFiles {
    /// A log of these files to look into, and what was wrong with them, in sentences: a bad tail is left out, a bad or missing index is
    /// rebuilt. None if there is no segment.
    #[must_use]
    pub fn open(&self) -> Option<(Log, Vec<String>)> {
        let config = Arc::new(TopicConfig::default());
        let mut log = Log::with_file_clock(config, FileClock::AheadOfRecords, 0);
        let mut faults = Vec::new();
        let mut segments: Vec<Segment> = self.segments.iter().map(|files| files.read(&log, &mut faults)).collect();
        segments.sort_by_key(Segment::base_offset);
        segments.dedup_by_key(|segment| segment.base_offset());
        let active = segments.pop()?;
        let first_base_offset = segments.first().unwrap_or(&active).base_offset();
        log.log_start_offset = self.log_start_offset.unwrap_or(first_base_offset).max(first_base_offset);
        log.log_end_offset = active.next_offset().max(log.log_start_offset);
        log.closed = segments.into_iter().map(Arc::new).collect();
        log.active = active;
        let mut leader_epochs = LeaderEpochCache::new();
        for stored in log.segments().flat_map(Segment::batches) {
            let epoch = stored.batch.partition_leader_epoch();
            if epoch >= LeaderEpoch(0) {
                leader_epochs.assign(epoch, stored.batch.base_offset());
            }
        }
        leader_epochs.truncate_from_start(log.log_start_offset);
        log.leader_epochs = leader_epochs;
        log.rebuild_producer_state(0);
        log.update_high_watermark(log.log_end_offset);
        Some((log, faults))
    }
}

impl SegmentFiles {
    fn read(&self, log: &Log, faults: &mut Vec<String>) -> Segment {
        let config = log.config();
        let mut recovered = RecoveredSegment::read(
            self.base_offset,
            &self.log,
            config.index_interval_bytes,
            config.segment_index_bytes,
            log.moment(0),
        );
        let name = |suffix| file_name(self.base_offset, suffix);
        if let Some(error) = &recovered.error {
            let (cut, valid) = (recovered.cut_bytes, recovered.valid_bytes);
            faults.push(format!("{}: {cut} bytes after {valid} are left out: {error}", name("log")));
        }
        let used = match &self.indexes {
            Some((index, time_index)) => recovered.use_index_files(index, time_index, config.segment_index_bytes),
            None => Ok(()),
        };
        if let Err(error) = used {
            faults.push(format!("{}: the indexes are rebuilt: {error}", name("index")));
        }
        recovered.segment
    }
}
