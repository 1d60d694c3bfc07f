//! What an answer means for a batch (`Sender.completeBatch`, KAFKA 3.6).
//!
//! | answer | batch | what happens |
//! |---|---|---|
//! | MESSAGE_TOO_LARGE | more than one record, not ended | split |
//! | another error | may be sent again | back to the front of its queue |
//! | DUPLICATE_SEQUENCE_NUMBER | any | delivered, offset unknown |
//! | another error | any | failed |
//! | none | any | delivered |
//!
//! It may be sent again if it has not ended, its delivery timeout is not over, it has retries left and the error may pass (with idempotence by
//! the rules of KAFKA 4.4). A batch that
//! expired while its request was on the wire has ended: the answer then only frees the partition and may ask for metadata.

use super::expiry::fail;
use super::in_flight_requests::{Arrival, InFlightRequest};
use super::messages::{BatchOutcome, FailureReason, FinishedBatch, PartitionResponse, SenderEvent, SenderTurn};
use super::{InFlightBatch, Sender};
use crate::engine::common::{KafkaError, Offset, VirtualTime};
use crate::engine::config::Acks;
use crate::engine::producer::{MetadataView, ProducerBatch, RecordAccumulator};
use std::sync::Arc;

impl Sender {
    pub(super) fn take_arrival(
        &mut self,
        accumulator: &mut RecordAccumulator,
        metadata: &mut MetadataView,
        arrival: Arrival,
        now: VirtualTime,
        turn: &mut SenderTurn,
    ) {
        match arrival {
            Arrival::Answered { request, partitions } => {
                for response in partitions {
                    let batch = request.batches.iter().find(|batch| batch.partition == response.partition);
                    if let Some(batch) = batch {
                        self.complete_batch(accumulator, batch, &response, now, turn);
                        maybe_learn_leader(metadata, &response, turn);
                    }
                }
            }
            Arrival::Disconnected(request) => {
                self.fail_request(accumulator, &request, KafkaError::NetworkException, now, turn)
            }
            Arrival::TimedOut(request) => {
                self.fail_request(accumulator, &request, KafkaError::RequestTimedOut, now, turn)
            }
        }
    }

    /// With acks=0 every batch is delivered when its bytes are handed over, at an offset that nobody knows.
    pub(super) fn complete_unacknowledged(
        &mut self,
        accumulator: &mut RecordAccumulator,
        request: &InFlightRequest,
        now: VirtualTime,
        turn: &mut SenderTurn,
    ) {
        for batch in &request.batches {
            let response = PartitionResponse::appended(batch.partition, Offset::UNKNOWN);
            self.complete_batch(accumulator, batch, &response, now, turn);
        }
    }

    fn fail_request(
        &mut self,
        accumulator: &mut RecordAccumulator,
        request: &InFlightRequest,
        error: KafkaError,
        now: VirtualTime,
        turn: &mut SenderTurn,
    ) {
        for batch in &request.batches {
            let response = PartitionResponse::failed(batch.partition, error);
            self.complete_batch(accumulator, batch, &response, now, turn);
        }
    }

    fn complete_batch(
        &mut self,
        accumulator: &mut RecordAccumulator,
        sent: &InFlightBatch,
        response: &PartitionResponse,
        now: VirtualTime,
        turn: &mut SenderTurn,
    ) {
        let rules_out = response.error.map(|error| rules_out_an_append(error, self.config.acks));
        match (self.take_in_flight(sent), response.error) {
            (None, error) => {
                if let Some(idempotence) = accumulator.idempotence_mut() {
                    let is_success = matches!(error, None | Some(KafkaError::DuplicateSequenceNumber));
                    idempotence.answered_after_expiry(sent.partition, sent.id, is_success);
                }
                turn.events.push(SenderEvent::AnsweredTooLate {
                    batch: sent.id,
                    partition: sent.partition,
                    record_ids: Arc::clone(&sent.record_ids),
                    error,
                    on_the_wire: sent.earlier_attempts.after_error(rules_out.unwrap_or(false)),
                });
            }
            (Some(batch), None | Some(KafkaError::DuplicateSequenceNumber)) => {
                deliver(accumulator, &batch, response, turn)
            }
            (Some(mut batch), Some(error)) => {
                batch.answered_with_error(rules_out.unwrap_or(false));
                self.complete_with_error(accumulator, batch, error, response, now, turn);
            }
        }
        turn.wants_metadata |= response.error.is_some_and(KafkaError::is_invalid_metadata);
        if self.config.guarantee_message_order {
            accumulator.unmute_partition(sent.partition);
        }
    }

    fn complete_with_error(
        &mut self,
        accumulator: &mut RecordAccumulator,
        batch: ProducerBatch,
        error: KafkaError,
        response: &PartitionResponse,
        now: VirtualTime,
        turn: &mut SenderTurn,
    ) {
        let partition = batch.partition();
        if error == KafkaError::MessageTooLarge && batch.records_count() > 1 {
            let parts = accumulator.split_and_reenqueue(&batch, now);
            accumulator.deallocate(&batch);
            turn.events.push(SenderEvent::Split { batch: batch.id(), partition, parts });
        } else if self.can_retry(accumulator, &batch, error, response.log_start_offset, now) {
            let id = batch.id();
            let attempts = batch.attempts() + 1;
            let sendable_at = accumulator.reenqueue(batch, now);
            turn.events.push(SenderEvent::Reenqueued { batch: id, partition, error, attempts, sendable_at });
        } else {
            let reason = FailureReason::Error { error, bad_records: response.bad_records.clone() };
            fail(accumulator, &batch, reason, turn);
            if let Some(idempotence) = accumulator.idempotence_mut() {
                idempotence.failed(partition, error, batch.attempts() < self.config.retries);
            }
        }
    }

    fn can_retry(
        &self,
        accumulator: &mut RecordAccumulator,
        batch: &ProducerBatch,
        error: KafkaError,
        log_start_offset: Offset,
        now: VirtualTime,
    ) -> bool {
        !batch.has_reached_delivery_timeout(self.config.delivery_timeout, now)
            && batch.attempts() < self.config.retries
            && match accumulator.idempotence_mut() {
                Some(idempotence) => idempotence.can_retry(batch, error, log_start_offset),
                None => error.is_retriable(),
            }
    }

    /// Takes the batch from those in flight; it is not there if it expired.
    fn take_in_flight(&mut self, sent: &InFlightBatch) -> Option<ProducerBatch> {
        let batches = self.in_flight_batches.get_mut(&sent.partition)?;
        let place = batches.iter().position(|batch| batch.id() == sent.id)?;
        batches.remove(place)
    }
}

fn deliver(
    accumulator: &mut RecordAccumulator,
    batch: &ProducerBatch,
    response: &PartitionResponse,
    turn: &mut SenderTurn,
) {
    let base_offset = if response.error.is_some() { Offset::UNKNOWN } else { response.base_offset };
    let outcome = BatchOutcome::Delivered { base_offset, log_append_time: response.log_append_time };
    turn.finished.push(FinishedBatch::of(batch, outcome));
    if let Some(idempotence) = accumulator.idempotence_mut() {
        idempotence.completed(batch);
    }
    accumulator.deallocate(batch);
}

/// Takes the new leader that an answer names (KIP-951).
fn maybe_learn_leader(metadata: &mut MetadataView, response: &PartitionResponse, turn: &mut SenderTurn) {
    let is_about_leader =
        matches!(response.error, Some(KafkaError::NotLeaderOrFollower | KafkaError::FencedLeaderEpoch));
    if let Some((leader, leader_epoch)) = response.current_leader.filter(|_| is_about_leader)
        && metadata.maybe_update_leadership(response.partition, leader, leader_epoch)
    {
        turn.events.push(SenderEvent::LeaderLearned { partition: response.partition, leader, leader_epoch });
    }
}

/// Whether an error says for certain that this attempt appended nothing. With acks=all an append may already have been made when the
/// leader loses its place or the replicas do not follow in time.
fn rules_out_an_append(error: KafkaError, acks: Acks) -> bool {
    match error {
        KafkaError::CorruptMessage
        | KafkaError::UnknownTopicOrPartition
        | KafkaError::LeaderNotAvailable
        | KafkaError::MessageTooLarge
        | KafkaError::RecordListTooLarge
        | KafkaError::NotEnoughReplicas
        | KafkaError::InvalidRequiredAcks
        | KafkaError::InvalidTimestamp
        | KafkaError::OutOfOrderSequenceNumber
        | KafkaError::InvalidProducerEpoch
        | KafkaError::InvalidRecord => true,
        KafkaError::NotLeaderOrFollower => acks != Acks::All,
        _ => false,
    }
}
