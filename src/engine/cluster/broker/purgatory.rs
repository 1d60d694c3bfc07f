//! Requests that wait (`DelayedOperationPurgatory`): tried when a partition that they watch changes, ended when their time is over.

use super::produce::Origin;
use super::{Broker, report};
use crate::engine::cluster::delayed_fetch::DelayedFetch;
use crate::engine::cluster::delayed_produce::{DelayedProduce, Replication};
use crate::engine::cluster::event::{BrokerEvent, PurgatoryExit};
use crate::engine::cluster::output::{BrokerOutput, DelayedId, TimerKind};
use crate::engine::cluster::protocol::{Api, DeleteRecordsResponse, Response};
use crate::engine::common::{KafkaError, Offset, TopicPartition, VirtualTime};
use std::collections::BTreeMap;

/// All requests that wait. There is at most one a connection, so they are few.
#[derive(Clone, Debug, Default)]
pub(super) struct Purgatory {
    waiting: BTreeMap<DelayedId, Waiting>,
}

#[derive(Clone, Debug)]
struct Waiting {
    origin: OriginAndApi,
    operation: Operation,
}

#[derive(Clone, Copy, Debug)]
struct OriginAndApi {
    connection: crate::engine::cluster::protocol::ConnectionId,
    correlation: crate::engine::cluster::protocol::CorrelationId,
    api: Api,
}

#[derive(Clone, Debug)]
enum Operation {
    Produce(DelayedProduce),
    Fetch(DelayedFetch),
    DeleteRecords(DelayedDeleteRecords),
}

/// A request to delete records that waits until every live replica's log starts there (`DelayedDeleteRecords`).
#[derive(Clone, Debug)]
pub(super) struct DelayedDeleteRecords {
    /// The low watermark to reach, or the error; and what it is by now.
    partitions: Vec<(TopicPartition, Result<Offset, KafkaError>, Option<Offset>)>,
}

/// Which operations a change may complete.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Concerns {
    /// All of them.
    All,
    /// Those that wait for the followers' log starts.
    DeleteRecords,
}

impl DelayedDeleteRecords {
    pub(super) fn new(partitions: Vec<(TopicPartition, Result<Offset, KafkaError>)>) -> Self {
        Self { partitions: partitions.into_iter().map(|(partition, result)| (partition, result, None)).collect() }
    }
}

impl Operation {
    fn watches(&self, partition: TopicPartition) -> bool {
        match self {
            Operation::Produce(produce) => produce.watches(partition),
            Operation::Fetch(fetch) => fetch.watches(partition),
            Operation::DeleteRecords(delete) => delete.partitions.iter().any(|(watched, ..)| *watched == partition),
        }
    }
}

impl Purgatory {
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    fn watching(&self, partition: TopicPartition, concerns: Concerns) -> Vec<DelayedId> {
        let is_concerned =
            |operation: &Operation| concerns == Concerns::All || matches!(operation, Operation::DeleteRecords(_));
        let watching = self
            .waiting
            .iter()
            .filter(|(_, waiting)| is_concerned(&waiting.operation) && waiting.operation.watches(partition));
        watching.map(|(id, _)| *id).collect()
    }
}

impl Broker {
    pub(super) fn delay_produce(
        &mut self,
        now: VirtualTime,
        origin: Origin,
        timeout: VirtualTime,
        produce: DelayedProduce,
        out: &mut BrokerOutput,
    ) {
        self.complete_or_delay(now, origin, Api::Produce, timeout, Operation::Produce(produce), out);
    }

    pub(super) fn delay_fetch(
        &mut self,
        now: VirtualTime,
        origin: Origin,
        fetch: DelayedFetch,
        out: &mut BrokerOutput,
    ) {
        let timeout = fetch.request.max_wait;
        self.complete_or_delay(now, origin, Api::Fetch, timeout, Operation::Fetch(fetch), out);
    }

    pub(super) fn delay_delete_records(
        &mut self,
        now: VirtualTime,
        origin: Origin,
        timeout: VirtualTime,
        delete: DelayedDeleteRecords,
        out: &mut BrokerOutput,
    ) {
        self.complete_or_delay(now, origin, Api::DeleteRecords, timeout, Operation::DeleteRecords(delete), out);
    }

    /// Answers at once if nothing has to be waited for.
    fn complete_or_delay(
        &mut self,
        now: VirtualTime,
        origin: Origin,
        api: Api,
        timeout: VirtualTime,
        mut operation: Operation,
        out: &mut BrokerOutput,
    ) {
        if self.try_complete(&mut operation) {
            self.answer_delayed(now, origin, operation, out);
            return;
        }
        let Origin { connection, correlation } = origin;
        let id = DelayedId(self.next_number());
        let until = now + timeout;
        report(api, BrokerEvent::PurgatoryEntered { connection, correlation, api, until }, out);
        let origin = OriginAndApi { connection, correlation, api };
        self.process.purgatory.waiting.insert(id, Waiting { origin, operation });
        self.schedule(until, TimerKind::DelayedOperation(id), out);
    }

    /// A partition has more records, a higher high watermark, or another role.
    pub(super) fn check_purgatory(&mut self, now: VirtualTime, partition: TopicPartition, out: &mut BrokerOutput) {
        self.try_watching(now, partition, Concerns::All, out);
    }

    /// A follower has fetched: its log start may complete a deletion, and all else depends on the high watermark.
    pub(super) fn check_purgatory_after_follower(
        &mut self,
        now: VirtualTime,
        partition: TopicPartition,
        high_watermark_moved: bool,
        out: &mut BrokerOutput,
    ) {
        let concerns = if high_watermark_moved { Concerns::All } else { Concerns::DeleteRecords };
        self.try_watching(now, partition, concerns, out);
    }

    fn try_watching(
        &mut self,
        now: VirtualTime,
        partition: TopicPartition,
        concerns: Concerns,
        out: &mut BrokerOutput,
    ) {
        for id in self.process.purgatory.watching(partition, concerns) {
            let Some(mut waiting) = self.process.purgatory.waiting.remove(&id) else { continue };
            if self.try_complete(&mut waiting.operation) {
                self.leave_purgatory(now, waiting, PurgatoryExit::Completed, out);
            } else {
                self.process.purgatory.waiting.insert(id, waiting);
            }
        }
    }

    pub(super) fn delayed_operation_expired(&mut self, now: VirtualTime, id: DelayedId, out: &mut BrokerOutput) {
        if let Some(waiting) = self.process.purgatory.waiting.remove(&id) {
            self.leave_purgatory(now, waiting, PurgatoryExit::TimedOut, out);
        }
    }

    fn leave_purgatory(&mut self, now: VirtualTime, waiting: Waiting, why: PurgatoryExit, out: &mut BrokerOutput) {
        let OriginAndApi { connection, correlation, api } = waiting.origin;
        report(api, BrokerEvent::PurgatoryLeft { connection, correlation, api, why }, out);
        self.answer_delayed(now, Origin { connection, correlation }, waiting.operation, out);
    }

    fn try_complete(&self, operation: &mut Operation) -> bool {
        match operation {
            Operation::Produce(produce) => produce.try_complete(|partition, required| {
                let failed = || Replication::Failed(self.missing_partition_error(partition));
                self.partition(partition).map_or_else(failed, |replica| replica.replication(required))
            }),
            Operation::Fetch(fetch) => {
                fetch.is_complete(|part| Self::readable(self.partition(part.partition), &fetch.request, part))
            }
            Operation::DeleteRecords(delete) => {
                delete.partitions.iter_mut().for_each(|entry| self.update_low_watermark(entry));
                delete.partitions.iter().all(|(_, required, low)| match required {
                    Ok(required) => low.is_some_and(|low| low >= *required),
                    Err(_) => true,
                })
            }
        }
    }

    fn update_low_watermark(&self, entry: &mut (TopicPartition, Result<Offset, KafkaError>, Option<Offset>)) {
        let (partition, required, low) = entry;
        if required.is_ok() {
            *low = self.partition(*partition).and_then(|replica| replica.low_watermark(&self.process.metadata));
            if low.is_none() {
                *required = Err(KafkaError::NotLeaderOrFollower);
            }
        }
    }

    fn answer_delayed(&mut self, now: VirtualTime, origin: Origin, operation: Operation, out: &mut BrokerOutput) {
        match operation {
            Operation::Produce(produce) => self.answer_produce(origin, produce, out),
            Operation::Fetch(fetch) => self.answer_fetch(now, origin, &fetch.request, out),
            Operation::DeleteRecords(delete) => {
                let answer =
                    |(partition, required, low): (TopicPartition, Result<Offset, KafkaError>, Option<Offset>)| {
                        let result = required.and_then(|required| match low {
                            Some(low) if low >= required => Ok(low),
                            _ => Err(KafkaError::RequestTimedOut),
                        });
                        (partition, result)
                    };
                let partitions = delete.partitions.into_iter().map(answer).collect();
                let response = Response::DeleteRecords(DeleteRecordsResponse { partitions });
                self.respond(origin.connection, origin.correlation, response, out);
            }
        }
    }
}
