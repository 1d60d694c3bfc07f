//! What of a log is on the disk for good, and what a power loss takes (`UnifiedLog.flush`, KAFKA 6.4).
//!
//! Kafka leaves writing to the operating system: an append is in the page cache, survives a crash of the process and not one of the
//! machine. A log is flushed by `flush.messages` (never, by default), when a segment closes, and when the operating system writes its
//! page cache, which whoever owns the log times. Index, epoch and snapshot files are made anew from the batches that are left.

use super::log::Log;
use crate::engine::common::{Offset, Timestamp};

impl Log {
    /// The offset before which everything is on the disk: what a power loss leaves.
    #[must_use]
    pub fn flushed_offset(&self) -> Offset {
        let closed = self.active.base_offset();
        self.flushed_offset.max(closed).max(self.log_start_offset).min(self.log_end_offset)
    }

    /// Writes everything to the disk, at `now` (milliseconds since 1970).
    pub fn flush(&mut self, now: Timestamp) {
        self.flushed_offset = self.log_end_offset;
        self.flushed_at = now;
    }

    /// After an append: flushes if as many records as `flush.messages` are not on the disk; says whether it did.
    pub(super) fn maybe_flush(&mut self, now: Timestamp) -> bool {
        let unflushed = self.log_end_offset.0 - self.flushed_offset().0;
        let is_due = unflushed > 0 && unflushed >= self.config.flush_messages;
        if is_due {
            self.flush(now);
        }
        is_due
    }

    /// From time to time: flushes if the last flush was `flush.ms` ago; says whether it did (`LogManager.flushDirtyLogs`).
    pub fn maybe_flush_by_time(&mut self, now: Timestamp) -> bool {
        let is_due = now.saturating_sub(self.flushed_at) >= self.config.flush_ms;
        if is_due {
            self.flush(now);
        }
        is_due
    }

    /// The machine has lost its power: what was not on the disk is gone. Says whether anything was.
    pub fn lose_unflushed(&mut self, now: Timestamp) -> bool {
        self.truncate_to(self.flushed_offset(), now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::common::LeaderEpoch;
    use crate::engine::config::TopicConfig;
    use crate::engine::record::codec::Compressor;
    use crate::engine::record::{BatchOptions, ProducerState, RecordBatchBuilder};
    use crate::engine::storage::ClientBatch;
    use std::sync::Arc;

    /// Appends batches of this many records, one a millisecond.
    fn log_of(config: TopicConfig, batches: &[usize]) -> Log {
        let mut log = Log::new(Arc::new(config), 0);
        for (now, records) in (0..).zip(batches) {
            let mut builder = RecordBatchBuilder::new(BatchOptions::default(), Vec::new());
            for _ in 0..*records {
                builder.append(now, None, Some(b"0123456789"), &[]);
            }
            let batch = builder.close(ProducerState::NONE, &mut Compressor::default()).batch;
            log.append_as_leader(ClientBatch::Built(batch), LeaderEpoch(0), now).expect("a sound batch");
        }
        log
    }

    #[track_caller]
    fn check(mut log: Log, kept: i64) {
        let end = log.log_end_offset();
        assert_eq!(log.flushed_offset(), Offset(kept));
        assert_eq!(log.lose_unflushed(1_000), kept < end.0, "it says whether it lost any");
        assert_eq!(log.log_end_offset(), Offset(kept));
    }

    #[test]
    fn a_power_loss_takes_what_was_not_flushed() {
        check(log_of(TopicConfig::default(), &[3, 4]), 0);
        check(log_of(TopicConfig { flush_messages: 1, ..TopicConfig::default() }, &[3, 4]), 7);
        check(log_of(TopicConfig { flush_messages: 5, ..TopicConfig::default() }, &[3, 4, 2]), 7);
        let mut log = log_of(TopicConfig::default(), &[3, 4]);
        log.flush(2);
        check(log.clone(), 7);
        log.truncate_to(Offset(3), 3);
        check(log, 3);
        // A segment that closes is written.
        check(log_of(TopicConfig { segment_bytes: 150, ..TopicConfig::default() }, &[3, 3]), 3);
    }

    #[test]
    fn flush_ms_counts_from_the_last_flush() {
        let mut log = log_of(TopicConfig { flush_ms: 10, ..TopicConfig::default() }, &[3]);
        assert!(!log.maybe_flush_by_time(9));
        assert!(log.maybe_flush_by_time(10));
        assert!(!log.maybe_flush_by_time(19));
        check(log, 3);
    }
}
