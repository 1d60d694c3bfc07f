//! The idempotent part of a turn: numbers batches anew after a bump of the epoch (KAFKA 4.4).
//!
//! The rule it keeps: what is on the wire keeps the bytes it was sent with; a batch that was numbered anew is written again when it is next
//! drained. That is Kafka's known hole (KAFKA-14034): if the old bytes were appended, the new ones are appended too.

use super::Sender;
use crate::engine::producer::RecordAccumulator;
use crate::engine::producer::idempotence::Rewrite;

impl Sender {
    /// Settles open sequences, bumps the epoch if that was asked for, and sees to it that there is a producer id. Whether this turn may
    /// send: with no id it only waits for one.
    pub(super) fn begin_turn(&mut self, accumulator: &mut RecordAccumulator) -> bool {
        let Some(idempotence) = accumulator.idempotence_mut() else { return true };
        let rewrites = idempotence.begin_turn();
        let may_send = !idempotence.is_initializing();
        for rewrite in rewrites {
            self.rewrite(accumulator, rewrite);
        }
        may_send
    }

    fn rewrite(&mut self, accumulator: &mut RecordAccumulator, rewrite: Rewrite) {
        let in_flight = self.in_flight_batches.get_mut(&rewrite.partition).into_iter().flatten();
        let waiting = accumulator.waiting_batches_mut(rewrite.partition);
        let batch = in_flight.chain(waiting).find(|batch| batch.id() == rewrite.batch);
        let batch = batch.expect("a tracked batch waits or is in flight");
        batch.reset_producer_state(rewrite.producer);
    }
}
