//! What failed goes back: whole, or split because it was too large (`reenqueue`, `splitAndReenqueue`, KAFKA 3.6).

use super::RecordAccumulator;
use crate::engine::common::VirtualTime;
use crate::engine::producer::{BatchId, BatchOrigin, Produced, ProducerBatch};
use crate::engine::record::Record;
use crate::engine::record::builder::batch_size_upper_bound;
use std::collections::VecDeque;

impl RecordAccumulator {
    /// Puts a batch that failed back into its queue and says when its backoff is over.
    ///
    /// With idempotence it goes where its sequence belongs, without to the *front*: two batches that fail together and are put back oldest
    /// first end up the other way round, which is how records change their order.
    pub fn reenqueue(&mut self, mut batch: ProducerBatch, now: VirtualTime) -> VirtualTime {
        let backoff = self.config.backoff.backoff(batch.attempts(), self.jitter.as_mut());
        batch.reenqueued(backoff, now);
        let sendable_at = batch.last_attempt_at() + batch.backoff();
        insert_in_sequence_order(&mut self.queue_mut(batch.partition()).batches, batch);
        sendable_at
    }

    /// Splits a batch that a broker found too large and puts the parts to the front of its queue, in order; with idempotence they
    /// take over its numbers and go where these belong. The caller then gives the large batch's memory back. Says which batches it became.
    ///
    /// The target is `batch.size`; for a part of an earlier split, half of it, but no less than its largest record.
    pub fn split_and_reenqueue(&mut self, big: &ProducerBatch, now: VirtualTime) -> Vec<BatchId> {
        let encoded = big.encoded().expect("a batch that was answered was sent, hence encoded");
        let records = encoded.records().expect("a batch that we encoded can be decoded");
        let ratio = big.compression_ratio();
        self.topic_info_mut(big.partition().topic).compression_ratio.reset_for_split(ratio);
        let target = if big.is_split() {
            let largest = records.iter().map(upper_bound).max().unwrap_or(0);
            largest.max(encoded.size_in_bytes() / 2)
        } else {
            self.config.batch_size
        };
        let mut parts = self.split(big, &records, target, now);
        let numbers = self.idempotence.as_mut().map(|idempotence| idempotence.split(big, &parts));
        for (part, producer) in parts.iter_mut().zip(numbers.into_iter().flatten()) {
            part.set_producer_state(producer);
        }
        let ids: Vec<BatchId> = parts.iter().map(ProducerBatch::id).collect();
        self.incomplete.extend(&ids);
        self.flushes.iter_mut().for_each(|flush| flush.waits_for_parts(big.id(), &ids));
        let queue = self.queue_mut(big.partition());
        parts.into_iter().rev().for_each(|part| insert_in_sequence_order(&mut queue.batches, part));
        ids
    }

    fn split(
        &mut self,
        big: &ProducerBatch,
        records: &[Record],
        target: usize,
        now: VirtualTime,
    ) -> Vec<ProducerBatch> {
        let mut parts: Vec<ProducerBatch> = Vec::new();
        for (record, id) in records.iter().zip(big.record_ids()) {
            let produced = Produced {
                id: *id,
                timestamp: record.timestamp,
                key: record.key.as_deref(),
                value: record.value.as_deref(),
                headers: &record.headers,
            };
            if parts.last_mut().is_some_and(|part| part.try_append(&produced, now).is_some()) {
                continue;
            }
            let write_limit = target.max(upper_bound(record));
            let mut part = self.new_batch(big.partition(), BatchOrigin::Split, write_limit, big.created_at());
            part.try_append(&produced, now).expect("the first record always fits");
            parts.push(part);
        }
        parts.iter_mut().for_each(ProducerBatch::close_for_record_appends);
        parts.iter_mut().for_each(|part| part.inherit(big));
        parts
    }
}

/// Behind the leading batches with a lower sequence, if it has one; else to the front.
fn insert_in_sequence_order(queue: &mut VecDeque<ProducerBatch>, batch: ProducerBatch) {
    let place = batch.base_sequence().map_or(0, |own| {
        queue.iter().take_while(|other| other.base_sequence().is_some_and(|sequence| sequence < own)).count()
    });
    queue.insert(place, batch);
}

fn upper_bound(record: &Record) -> usize {
    batch_size_upper_bound(record.key.as_deref(), record.value.as_deref(), &record.headers)
}
