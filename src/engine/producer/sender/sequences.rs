//! The idempotent part of a turn: numbers batches anew after a bump of the epoch (KAFKA 4.4).
//!
//! The rule it keeps: what is on the wire keeps the bytes it was sent with; a batch that was numbered anew is written again when it is next
//! drained. That is Kafka's known hole (KAFKA-14034): if the old bytes were appended, the new ones are appended too.

use super::Sender;
use super::messages::{SenderEvent, SenderTurn};
use crate::engine::producer::RecordAccumulator;
use crate::engine::producer::idempotence::Rewrite;

impl Sender {
    /// Settles open sequences, bumps the epoch if that was asked for, and sees to it that there is a producer id. Whether this turn may
    /// send: with no id it only waits for one.
    pub(super) fn begin_turn(&mut self, accumulator: &mut RecordAccumulator, turn: &mut SenderTurn) -> bool {
        let Some(idempotence) = accumulator.idempotence_mut() else { return true };
        let before = idempotence.identity();
        let rewrites = idempotence.begin_turn();
        let (identity, may_send) = (idempotence.identity(), !idempotence.is_initializing());
        if identity != before {
            turn.events.push(SenderEvent::EpochBumped { identity });
        }
        for rewrite in rewrites {
            let Rewrite { partition, batch, producer } = rewrite;
            turn.events.push(SenderEvent::Renumbered { batch, partition, producer });
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
