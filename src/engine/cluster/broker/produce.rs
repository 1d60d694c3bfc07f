//! Produce requests (`KafkaApis.handleProduceRequest`, `ReplicaManager.appendRecords`).
//!
//! acks=0: append and never answer; an error closes the connection. acks=1: answer after the append. acks=all: answer when
//! every batch that was appended is safe, or the request's time is over.

use super::Broker;
use crate::engine::cluster::delayed_produce::{DelayedProduce, ProduceStatus};
use crate::engine::cluster::event::BrokerEvent;
use crate::engine::cluster::output::{BrokerEffect, BrokerOutput};
use crate::engine::cluster::partition::Refusal;
use crate::engine::cluster::protocol::{
    ConnectionId, CorrelationId, ProducePartitionResponse, ProduceRequest, ProduceResponse, RecordError, Response,
};
use crate::engine::common::{KafkaError, Offset, TopicPartition, VirtualTime};
use crate::engine::config::Acks;
use crate::engine::storage::{AppendError, AppendErrorReason, AppendInfo, AppendOutcome, ClientBatch};

/// Where a request came from.
#[derive(Clone, Copy)]
pub(super) struct Origin {
    pub(super) connection: ConnectionId,
    pub(super) correlation: CorrelationId,
}

impl Broker {
    pub(super) fn produce(
        &mut self,
        now: VirtualTime,
        origin: Origin,
        request: ProduceRequest,
        out: &mut BrokerOutput,
    ) {
        let ProduceRequest { acks, timeout, batches } = request;
        let mut statuses = Vec::with_capacity(batches.len());
        let mut written = Vec::with_capacity(batches.len());
        for (partition, batch) in batches {
            let status = self.append(now, origin, partition, batch, acks, out);
            if status.response.error.is_none() {
                written.push(partition);
            }
            statuses.push(status);
        }
        for partition in &written {
            let moved = self.with_leader(now, *partition, |partition, context| {
                partition.maybe_increment_high_watermark(context, &mut out.events)
            });
            debug_assert!(moved.is_some(), "a partition that was appended to is here");
        }
        match acks {
            Acks::Zero => self.end_without_answer(origin, &statuses, out),
            Acks::All if !written.is_empty() => {
                self.delay_produce(now, origin, timeout, DelayedProduce::new(statuses), out);
            }
            Acks::One | Acks::All => self.answer_produce(origin, DelayedProduce::new(statuses), out),
        }
        for partition in written {
            self.check_purgatory(now, partition, out);
        }
    }

    /// Appends one batch and says what to answer, and what acks=all waits for.
    fn append(
        &mut self,
        now: VirtualTime,
        origin: Origin,
        partition: TopicPartition,
        batch: ClientBatch,
        acks: Acks,
        out: &mut BrokerOutput,
    ) -> ProduceStatus {
        let Origin { connection, correlation } = origin;
        let appended = self.append_to_log(now, partition, batch, acks);
        let (rolled, result) = match appended {
            Ok(info) => (info.rolled, Ok(info)),
            Err(Refusal::ByLog(error)) => (error.rolled, Err(Refusal::ByLog(error))),
            Err(refusal) => (None, Err(refusal)),
        };
        out.events.extend(rolled.map(|roll| BrokerEvent::Rolled { partition, roll }));
        match result {
            Ok(info) => {
                out.events.push(append_event(partition, origin, &info, self));
                ProduceStatus {
                    awaits: (acks == Acks::All).then(|| info.last_offset().plus(1)),
                    response: self.appended_response(partition, &info),
                }
            }
            Err(refusal) => {
                let response = self.refused_response(partition, &refusal);
                let error = response.error.expect("a refusal is an error");
                out.events.push(BrokerEvent::AppendRefused { partition, error, connection, correlation });
                ProduceStatus { response, awaits: None }
            }
        }
    }

    fn append_to_log(
        &mut self,
        now: VirtualTime,
        partition: TopicPartition,
        batch: ClientBatch,
        acks: Acks,
    ) -> Result<AppendInfo, Refusal> {
        let wall_clock = self.wall_clock(now);
        let Some(replica) = self.partition_mut(partition) else {
            return Err(Refusal::NotAdmitted(self.missing_partition_error(partition)));
        };
        replica.append_as_leader(batch, acks, wall_clock)
    }

    /// What a request is told about a partition that is not here.
    pub(super) fn missing_partition_error(&self, partition: TopicPartition) -> KafkaError {
        match self.process.metadata.image().partition(partition) {
            Some(_) => KafkaError::NotLeaderOrFollower,
            None => KafkaError::UnknownTopicOrPartition,
        }
    }

    fn appended_response(&self, partition: TopicPartition, info: &AppendInfo) -> ProducePartitionResponse {
        let log_append_time = match &info.outcome {
            AppendOutcome::Appended(appended) => appended.log_append_time,
            AppendOutcome::DuplicateOf(_) => None,
        };
        ProducePartitionResponse {
            partition,
            error: None,
            base_offset: info.base_offset(),
            log_append_time: log_append_time.unwrap_or(-1),
            log_start_offset: self.partition(partition).map_or(Offset::UNKNOWN, |here| here.log().log_start_offset()),
            record_errors: Vec::new(),
            current_leader: None,
        }
    }

    fn refused_response(&self, partition: TopicPartition, refusal: &Refusal) -> ProducePartitionResponse {
        let error = match refusal {
            Refusal::NotAdmitted(error) => *error,
            Refusal::ByLog(error) => error.kafka_error(),
        };
        let current_leader = match error {
            KafkaError::NotLeaderOrFollower => self.known_leader(partition),
            _ => None,
        };
        ProducePartitionResponse {
            partition,
            error: Some(error),
            base_offset: Offset::UNKNOWN,
            log_append_time: -1,
            log_start_offset: Offset::UNKNOWN,
            record_errors: record_errors(refusal),
            current_leader,
        }
    }

    fn end_without_answer(&mut self, origin: Origin, statuses: &[ProduceStatus], out: &mut BrokerOutput) {
        let Origin { connection, correlation } = origin;
        let Some((api, _)) = self.process.channel.unmute(connection, correlation) else { return };
        match statuses.iter().find_map(|status| status.response.error) {
            None => out.events.push(BrokerEvent::RequestAnswered { connection, correlation, api }),
            Some(error) => {
                self.process.channel.close(connection);
                out.effects.push(BrokerEffect::Close { connection });
                out.events.push(BrokerEvent::ConnectionClosed { connection, error });
            }
        }
    }

    pub(super) fn answer_produce(&mut self, origin: Origin, produce: DelayedProduce, out: &mut BrokerOutput) {
        let mut partitions = produce.into_responses();
        for response in &mut partitions {
            if response.error == Some(KafkaError::NotLeaderOrFollower) {
                response.current_leader = self.known_leader(response.partition);
            }
        }
        let response = Response::Produce(ProduceResponse { partitions });
        self.respond(origin.connection, origin.correlation, response, out);
    }
}

fn append_event(partition: TopicPartition, origin: Origin, info: &AppendInfo, broker: &Broker) -> BrokerEvent {
    let Origin { connection, correlation } = origin;
    match &info.outcome {
        AppendOutcome::Appended(appended) => BrokerEvent::Appended {
            partition,
            leader_epoch: appended.batch.partition_leader_epoch(),
            base_offset: appended.batch.base_offset(),
            last_offset: appended.batch.last_offset(),
            size_in_bytes: appended.batch.size_in_bytes() as u64,
            connection,
            correlation,
        },
        AppendOutcome::DuplicateOf(original) => {
            debug_assert!(broker.partition(partition).is_some(), "it was looked up there");
            let base_offset = original.first_offset();
            BrokerEvent::DuplicateRecognised { partition, base_offset, connection, correlation }
        }
    }
}

fn record_errors(refusal: &Refusal) -> Vec<RecordError> {
    let Refusal::ByLog(AppendError { reason: AppendErrorReason::Refused(refused), .. }) = refusal else {
        return Vec::new();
    };
    let error = |index: &usize| RecordError {
        batch_index: i32::try_from(*index).unwrap_or(i32::MAX),
        message: refused.message.clone(),
    };
    refused.record_errors.iter().map(error).collect()
}
