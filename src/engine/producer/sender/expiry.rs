//! Batches for which `delivery.timeout.ms` is over (`getExpiredInflightBatches`, `expiredBatches`, KAFKA 3.6), and a forced close.

use super::Sender;
use super::messages::{BatchOutcome, FailureReason, FinishedBatch, SenderTurn};
use crate::engine::common::VirtualTime;
use crate::engine::producer::{ProducerBatch, RecordAccumulator};

impl Sender {
    /// Fails the overdue batches, waiting ones first, then those in flight. A batch that was just drained takes part: its request is sent
    /// all the same, and an answer to it no longer matters to the application.
    pub(super) fn expire_batches(
        &mut self,
        accumulator: &mut RecordAccumulator,
        now: VirtualTime,
        turn: &mut SenderTurn,
    ) {
        if now < self.no_expiry_before {
            return;
        }
        let in_flight = self.take_expired_in_flight_batches(now);
        let waiting = accumulator.expired_batches(now);
        for batch in waiting.iter().chain(&in_flight) {
            fail(accumulator, batch, FailureReason::Expired, turn);
            if let Some(idempotence) = accumulator.idempotence_mut() {
                idempotence.expired(batch);
            }
        }
        // Whatever is made from now on is younger, and a part of a split batch is as old as the batch.
        let batches = accumulator.waiting_batches().chain(self.in_flight_batches.values()).flatten();
        let oldest = batches.map(ProducerBatch::created_at).min().unwrap_or(now);
        self.no_expiry_before = oldest.min(now) + self.config.delivery_timeout;
    }

    /// The earliest moment at which the first batch of a queue, or of those in flight to a partition, expires.
    pub(super) fn next_batch_expiry(&self, accumulator: &RecordAccumulator) -> VirtualTime {
        let batches = accumulator.waiting_batches().chain(self.in_flight_batches.values());
        let oldest = batches.filter_map(|batches| batches.front()).map(ProducerBatch::created_at).min();
        oldest.map_or(VirtualTime::NEVER, |created_at| created_at + self.config.delivery_timeout)
    }

    /// Each partition's batches are searched in order of sending up to the first that is not due: an overdue one behind it stays.
    fn take_expired_in_flight_batches(&mut self, now: VirtualTime) -> Vec<ProducerBatch> {
        let timeout = self.config.delivery_timeout;
        let mut expired = Vec::new();
        for batches in self.in_flight_batches.values_mut() {
            while batches.front().is_some_and(|oldest| oldest.has_reached_delivery_timeout(timeout, now)) {
                expired.extend(batches.pop_front());
            }
        }
        expired
    }

    /// Fails everything that has no outcome yet (`forceClose`, `abortIncompleteBatches`): first what waits, then what is in flight.
    pub fn abort_incomplete_batches(&mut self, accumulator: &mut RecordAccumulator) -> SenderTurn {
        let mut turn = SenderTurn::default();
        accumulator.close();
        self.arrivals.clear();
        self.requests.clear_all();
        let in_flight = std::mem::take(&mut self.in_flight_batches).into_values().flatten();
        for batch in accumulator.take_undrained().into_iter().chain(in_flight) {
            fail(accumulator, &batch, FailureReason::Aborted, &mut turn);
        }
        turn
    }
}

/// Ends a batch with an error and gives its memory back.
pub(super) fn fail(
    accumulator: &mut RecordAccumulator,
    batch: &ProducerBatch,
    reason: FailureReason,
    turn: &mut SenderTurn,
) {
    let outcome = BatchOutcome::Failed { reason, on_the_wire: batch.on_the_wire() };
    turn.finished.push(FinishedBatch::of(batch, outcome));
    if let Some(idempotence) = accumulator.idempotence_mut() {
        idempotence.untrack(batch);
    }
    accumulator.deallocate(batch);
}
