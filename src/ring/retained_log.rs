//! The log beside the ring: a partition with retention that moves in step with the calls, as the engine's own `Log`.
//!
//! Each enQueue that the ring takes appends one record; each deQueue is one poll of a consumer, which moves its position and
//! deletes nothing. `retention.bytes` is what k records take, so the log always has at least the last k of them: whatever
//! the ring holds, the log holds at the same distance from its end. The log can also be fed what the ring refuses: then it
//! forgets records that were never read. Retention is checked after each append; when a broker checks is a matter of time.

use super::operation::{Capacity, Operation, Value};
use super::replay::ReplayedCall;
use crate::engine::common::{LeaderEpoch, Offset, Timestamp};
use crate::engine::config::TopicConfig;
use crate::engine::record::{BatchOptions, Compressor, ProducerState, RecordBatch, RecordBatchBuilder};
use crate::engine::storage::{ClientBatch, DeletedSegment, Log, ReadUpTo, Roll};
use std::sync::Arc;

/// Bytes of one record in a batch of its own: the header's 61 and a record of a 4-byte value without key.
pub const BATCH_BYTES: i64 = 72;
/// When the queue was made, in milliseconds since 1970; each call is a millisecond later.
const EPOCH_MS: Timestamp = 1_700_000_000_000;
/// The only leader that this log ever has.
const LEADER_EPOCH: LeaderEpoch = LeaderEpoch(0);

/// Which enQueues are appended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Feed {
    /// Those that the ring takes.
    #[default]
    Accepted,
    /// All of them: a log does not refuse for being full.
    Everything,
}

/// What the last call did to the log.
#[derive(Clone, Debug)]
pub enum LogChange {
    /// A question, or the constructor: nothing.
    Nothing,
    /// The ring refused the value, and the log was not given it.
    NotGiven,
    /// A record was appended.
    Appended {
        /// Its offset.
        offset: Offset,
        /// The ring refused it.
        refused_by_ring: bool,
        /// The roll before it.
        rolled: Option<Roll>,
        /// What retention deleted after it.
        deleted: Vec<DeletedSegment>,
    },
    /// The consumer read a record and moved on.
    Polled {
        /// The record's offset.
        offset: Offset,
        /// Its value.
        value: Value,
        /// Where the consumer stood, if the log had forgotten that offset and it had to begin at the log start again.
        out_of_range: Option<Offset>,
    },
    /// The consumer stood at the log end.
    NothingToPoll,
}

/// A log and a consumer's position in it.
#[derive(Clone, Debug)]
pub struct RetainedLog {
    log: Log,
    position: Offset,
    /// Offsets that were forgotten before the consumer came to them, from and to.
    never_read: Vec<(Offset, Offset)>,
    change: LogChange,
    feed: Feed,
}

/// Records of a segment for a queue of this capacity: about three segments to a window, and more than one record in each.
#[must_use]
pub fn records_per_segment(capacity: Capacity) -> i64 {
    (i64::from(capacity.get()) + 2).div_euclid(3).max(2)
}

impl RetainedLog {
    /// An empty log for a queue of this capacity.
    #[must_use]
    pub fn new(capacity: Capacity, feed: Feed) -> Self {
        let config = TopicConfig {
            segment_bytes: records_per_segment(capacity) * BATCH_BYTES,
            retention_bytes: i64::from(capacity.get()) * BATCH_BYTES,
            retention_ms: -1,
            ..TopicConfig::default()
        };
        let log = Log::new(Arc::new(config), EPOCH_MS);
        Self { log, position: Offset(0), never_read: Vec::new(), change: LogChange::Nothing, feed }
    }

    /// The log after these calls, of which the first is the constructor.
    #[must_use]
    pub fn after(capacity: Capacity, calls: &[ReplayedCall], feed: Feed) -> Self {
        let mut retained = Self::new(capacity, feed);
        let mut compressor = Compressor::default();
        for (index, call) in calls.iter().enumerate() {
            let now = EPOCH_MS + index as i64;
            retained.change = match call.operation {
                Operation::EnQueue { value } => retained.send(value, call.touched.is_some(), now, &mut compressor),
                Operation::DeQueue => retained.poll(),
                _ => LogChange::Nothing,
            };
        }
        retained
    }

    fn send(&mut self, value: Value, taken_by_ring: bool, now: Timestamp, compressor: &mut Compressor) -> LogChange {
        if !taken_by_ring && self.feed == Feed::Accepted {
            return LogChange::NotGiven;
        }
        let batch = ClientBatch::Built(batch_of(value, now, compressor));
        let append =
            self.log.append_as_leader(batch, LEADER_EPOCH, now).expect("a small sound batch fits every segment here");
        // One replica: what is in its log is in every in-sync one.
        self.log.update_high_watermark(self.log.log_end_offset());
        let deleted = self.log.delete_old_segments(now).deleted;
        let offset = append.base_offset();
        LogChange::Appended { offset, refused_by_ring: !taken_by_ring, rolled: append.rolled, deleted }
    }

    /// Reads one record, as a consumer with max.poll.records=1 and auto.offset.reset=earliest.
    fn poll(&mut self) -> LogChange {
        let out_of_range = self.log.read(self.position, 1, ReadUpTo::HighWatermark).err().map(|error| error.offset);
        let offset = if out_of_range.is_some() { self.log.log_start_offset() } else { self.position };
        match self.value_at(offset) {
            Some(value) => {
                if let Some(lost_at) = out_of_range {
                    self.never_read.push((lost_at, offset));
                }
                self.position = offset.plus(1);
                LogChange::Polled { offset, value, out_of_range }
            }
            None => LogChange::NothingToPoll,
        }
    }

    /// The value of the record at an offset, read and decoded from the log; none if the log has no such record.
    #[must_use]
    pub fn value_at(&self, offset: Offset) -> Option<Value> {
        let segment = self.log.floor_segment(offset)?;
        let stored = segment.translate_offset(offset)?;
        value_of(&stored.batch).filter(|_| stored.batch.base_offset() == offset)
    }

    /// The log itself.
    #[must_use]
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The offset that the consumer reads next.
    #[must_use]
    pub fn position(&self) -> Offset {
        self.position
    }

    /// How many of the offsets in `from..to` the consumer has read.
    #[must_use]
    pub fn read_within(&self, from: Offset, to: Offset) -> i64 {
        let overlap = |begin: Offset, end: Offset| (end.min(to).0 - begin.max(from).0).max(0);
        let skipped: i64 = self.never_read.iter().map(|&(begin, end)| overlap(begin, end)).sum();
        overlap(Offset(0), self.position) - skipped
    }

    /// What the last call did.
    #[must_use]
    pub fn change(&self) -> &LogChange {
        &self.change
    }
}

/// A batch of one record: no key, the value as Kafka's `IntegerSerializer` writes it.
fn batch_of(value: Value, now: Timestamp, compressor: &mut Compressor) -> RecordBatch {
    let mut builder = RecordBatchBuilder::new(BatchOptions::default(), Vec::with_capacity(BATCH_BYTES as usize));
    builder.append(now, None, Some(&i32::from(value.get()).to_be_bytes()), &[]);
    builder.close(ProducerState::NONE, compressor).batch
}

/// The value of a batch of one record.
#[must_use]
pub fn value_of(batch: &RecordBatch) -> Option<Value> {
    let record = batch.records().ok()?.into_iter().next()?;
    let bytes: [u8; 4] = record.value?.as_ref().try_into().ok()?;
    Value::try_new(i64::from(i32::from_be_bytes(bytes))).ok()
}
