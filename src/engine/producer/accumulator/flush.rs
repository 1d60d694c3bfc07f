//! flush() and close() (`beginFlush`, `awaitFlushCompletion`, `close`, `abortIncompleteBatches`).
//!
//! The rule it keeps: a flush waits for the batches that have no outcome when it begins, and for what they are split into, not for later
//! ones; while one is under way every batch is sendable at once.

use super::RecordAccumulator;
use crate::engine::producer::{BatchId, ProducerBatch};
use std::collections::BTreeSet;

/// Names a flush within its producer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FlushId(pub u64);

/// A flush under way.
#[derive(Clone, Debug)]
pub(super) struct Flush {
    id: FlushId,
    waiting_for: BTreeSet<BatchId>,
}

impl Flush {
    /// Notes that a batch has its outcome; whether the flush is over with it.
    pub(super) fn completes_with(&mut self, batch: BatchId) -> bool {
        self.waiting_for.remove(&batch);
        self.waiting_for.is_empty()
    }

    /// A batch was split: its parts are waited for.
    pub(super) fn waits_for_parts(&mut self, big: BatchId, parts: &[BatchId]) {
        if self.waiting_for.contains(&big) {
            self.waiting_for.extend(parts);
        }
    }
}

impl RecordAccumulator {
    /// Begins a flush: every batch is sendable at once until those that have no outcome now have one.
    pub fn begin_flush(&mut self) -> FlushId {
        let id = FlushId(self.next_flush_id);
        self.next_flush_id += 1;
        if self.has_incomplete() {
            self.flushes.push(Flush { id, waiting_for: self.incomplete.clone() });
        }
        id
    }

    /// Whether a flush is still waited for.
    #[must_use]
    pub fn is_flushing(&self, flush: FlushId) -> bool {
        self.flushes.iter().any(|under_way| under_way.id == flush)
    }

    /// Whether any flush is under way.
    #[must_use]
    pub fn is_flush_in_progress(&self) -> bool {
        !self.flushes.is_empty()
    }

    /// Takes no more records; what waits is sendable at once.
    pub fn close(&mut self) {
        self.is_closed = true;
    }

    /// Whether it was closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Takes out every batch that was not drained, in order of topic and partition: what a forced close fails.
    pub(in crate::engine::producer) fn take_undrained(&mut self) -> Vec<ProducerBatch> {
        self.topics.iter_mut().flat_map(|topic| &mut topic.queues).flat_map(|queue| queue.batches.drain(..)).collect()
    }
}
