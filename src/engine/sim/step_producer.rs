//! Driving a producer session: its application calls `send()`, its sender takes turns, and what comes of it is written down.

use super::event::{BlockReason, DisconnectReason, EventKind, Limit, ProducerEvent, SentBatch};
use super::ledger::{BatchRef, Failure, OpenContent, Outcome};
use super::network::{Direction, Payload};
use super::producer_session::{
    BlockedCall, BlockedOn, Call, LastSend, NodeConnection, OpenRequest, OpenRequestKind, Phase,
};
use super::scheduler::Task;
use super::state::{ProduceOnTheWay, State};
use crate::engine::cluster::protocol::{CorrelationId, ProducePartitionResponse, ProduceRequest, Request, Response};
use crate::engine::common::{BrokerId, PartitionId, RecordId, SessionId, TopicPartition, VirtualTime, limits};
use crate::engine::config::Acks;
use crate::engine::producer::{
    AppendError, BatchOutcome, FailureReason, FinishedBatch, OnTheWire, OutgoingBatch, OutgoingRequest,
    PartitionResponse, Produced, ProducerBatch, SendError, SendOutcome, SenderEvent, SenderTurn,
};
use crate::engine::storage::ClientBatch;

/// How a call of `send()` went.
enum Attempt {
    /// The record is in a batch; whether the sender should look.
    InBatch { wake: bool },
    /// It waits.
    Blocked(BlockedOn),
    /// It failed.
    Refused,
}

impl State {
    /// A producer's sender may have something to do at a time that was set for it.
    pub(super) fn wake_producer(&mut self, id: SessionId) {
        if self.session(id).is_some_and(|session| session.wake_at <= self.now) {
            self.session_mut(id).wake_at = VirtualTime::NEVER;
            self.drive_session(id, true);
        }
    }

    /// A producer's application may have something to do at a time that was set for it.
    pub(super) fn wake_application(&mut self, id: SessionId) {
        if self.session(id).is_some_and(|session| session.application_wake_at <= self.now) {
            self.session_mut(id).application_wake_at = VirtualTime::NEVER;
            self.drive_session(id, false);
        }
    }

    /// Lets application and sender go on until neither has anything to do now, and sets when to look again.
    pub(super) fn drive_session(&mut self, id: SessionId, mut wake: bool) {
        if self.session(id).is_some_and(|session| session.phase == Phase::Killed) {
            return;
        }
        let mut looked = false;
        loop {
            if wake {
                let now = self.now;
                let turn = self.session_mut(id).producer.wake(now);
                let stopped_early = !turn.closed_connections.is_empty();
                self.take_turn(id, turn);
                looked = true;
                if stopped_early {
                    continue;
                }
            }
            wake = self.run_application(id);
            if !wake {
                break;
            }
        }
        self.check_anomalies();
        self.maybe_ask_for_producer_id(id);
        self.set_wake_ups(id, looked);
        self.maybe_finish_closing(id);
    }

    fn set_wake_ups(&mut self, id: SessionId, looked: bool) {
        let now = self.now;
        let session = self.session_mut(id);
        if looked {
            let at = session.producer.next_wake_at().max(now + VirtualTime(1));
            if at < session.wake_at {
                session.wake_at = at;
                self.scheduler.schedule(at, Task::WakeProducer(id));
            }
        }
        let session = self.session_mut(id);
        let workload = session.workload.as_ref();
        let waiting = session.by_hand.blocked.iter().chain(workload.and_then(|workload| workload.blocked.as_ref()));
        let deadline = waiting.map(|call| call.deadline).min().unwrap_or(VirtualTime::NEVER);
        let at = workload.map_or(VirtualTime::NEVER, |workload| workload.due_at()).min(deadline);
        if at < session.application_wake_at {
            session.application_wake_at = at;
            self.scheduler.schedule(at, Task::WakeApplication(id));
        }
    }

    /// Runs both threads of the application as far as they go. Whether the sender should look.
    fn run_application(&mut self, id: SessionId) -> bool {
        let mut wake = self.run_by_hand(id);
        wake |= self.run_workload(id);
        if let Some(flush) = self.session(id).and_then(|session| session.flush) {
            let session = self.session_mut(id);
            if !session.producer.is_flushing(flush) {
                session.flush = None;
                self.emit(EventKind::Producer { session: id, event: ProducerEvent::FlushDone });
            }
        }
        wake
    }

    fn run_by_hand(&mut self, id: SessionId) -> bool {
        let session = self.session(id).expect("sessions are never removed");
        if session.by_hand.blocked.is_none() && session.by_hand.queue.is_empty() {
            return false;
        }
        let mut wake = false;
        if let Some(blocked) = self.session_mut(id).by_hand.blocked.take() {
            let (left, woken) = self.go_on(id, *blocked);
            wake |= woken;
            self.session_mut(id).by_hand.blocked = left.map(Box::new);
        }
        while self.session(id).is_some_and(|session| session.by_hand.blocked.is_none() && session.is_open()) {
            let Some(call) = self.session_mut(id).by_hand.queue.pop_front() else { break };
            let (_, blocked, woken) = self.call_send(id, call);
            wake |= woken;
            self.session_mut(id).by_hand.blocked = blocked.map(Box::new);
        }
        wake
    }

    fn run_workload(&mut self, id: SessionId) -> bool {
        let now = self.now;
        let Some(workload) = self.session(id).and_then(|session| session.workload.as_ref()) else { return false };
        if let Some(record) = workload.waits_for
            && self.ledger.record(record).is_some_and(|entry| entry.outcome != Outcome::Pending)
        {
            let session = self.session_mut(id);
            session.workload.as_mut().expect("checked above").waits_for = None;
        }
        let mut wake = false;
        if let Some(blocked) = self.session_mut(id).workload.as_mut().and_then(|workload| workload.blocked.take()) {
            let (left, woken) = self.go_on(id, *blocked);
            wake |= woken;
            let workload = self.session_mut(id).workload.as_mut().expect("checked above");
            workload.blocked = left.map(Box::new);
        }
        loop {
            let session = self.session_mut(id);
            let is_open = session.is_open();
            let workload = session.workload.as_mut().expect("checked above");
            if !is_open || workload.due_at() > now {
                return wake;
            }
            let (key, value) = workload.generator.draw(&mut workload.prng);
            workload.sent_one(now);
            let call = Call { topic: workload.topic, partition: None, key, value, headers: Vec::new() };
            let (record, blocked, woken) = self.call_send(id, call);
            wake |= woken;
            let workload = self.session_mut(id).workload.as_mut().expect("checked above");
            workload.blocked = blocked.map(Box::new);
            workload.waits_for = record.filter(|_| workload.is_sync());
            if record.is_none() {
                workload.running = false;
            }
        }
    }

    /// The application calls `send()`. The record, the call if it waits, and whether the sender should look.
    pub(super) fn call_send(&mut self, id: SessionId, call: Call) -> (Option<RecordId>, Option<BlockedCall>, bool) {
        if let Some(limit) = self.limit_of_sending(1) {
            self.reach(limit);
            return (None, None, false);
        }
        let (now, timestamp) = (self.now, self.wall_clock_ms());
        let asked = TopicPartition::new(call.topic, call.partition.unwrap_or(PartitionId::UNKNOWN));
        let record = self.ledger.sent(id, asked, call.key.clone(), now);
        let session = self.session_mut(id);
        let known = session.producer.metadata().topic(call.topic).map_or(0, |topic| topic.partitions_count());
        session.last_send = Some(LastSend {
            record,
            at: now,
            topic: call.topic,
            asked_partition: call.partition,
            key: call.key.clone(),
            partitions_known: u32::try_from(known).unwrap_or(u32::MAX),
            partition: None,
        });
        let deadline = session.producer.deadline_of_a_send(now);
        let blocked = BlockedCall { record, call, timestamp, deadline, on: BlockedOn::Metadata };
        let (blocked, wake) = self.attempt(id, blocked, false);
        (Some(record), blocked, wake)
    }

    /// The limit that so many more records would pass, if any.
    pub(super) fn limit_of_sending(&self, records: usize) -> Option<Limit> {
        if self.ledger.records_count() + records > limits::RECORDS_MAX {
            Some(Limit::Records)
        } else {
            (self.metrics.compressed_bytes >= limits::RUN_BYTES_MAX).then_some(Limit::Bytes)
        }
    }

    /// A call that waits may go on now.
    fn go_on(&mut self, id: SessionId, blocked: BlockedCall) -> (Option<BlockedCall>, bool) {
        let now = self.now;
        let session = self.session(id).expect("sessions are never removed");
        let may_go_on = match &blocked.on {
            BlockedOn::Metadata => {
                !session.is_open() || blocked.deadline <= now || {
                    let known = session.producer.metadata().topic(blocked.call.topic);
                    let wanted = blocked.call.partition.map_or(0, |partition| partition.0);
                    known.is_some_and(|topic| {
                        i64::from(wanted) < i64::try_from(topic.partitions_count()).unwrap_or(i64::MAX)
                    })
                }
            }
            BlockedOn::Memory(append) => session.producer.is_unblocked(append, now),
        };
        if may_go_on { self.attempt(id, blocked, true) } else { (Some(blocked), false) }
    }

    fn attempt(&mut self, id: SessionId, mut call: BlockedCall, again: bool) -> (Option<BlockedCall>, bool) {
        match self.attempt_send(id, &call, again) {
            Attempt::InBatch { wake } => (None, wake),
            Attempt::Refused => (None, true),
            Attempt::Blocked(on) => {
                let reason = match on {
                    BlockedOn::Metadata => BlockReason::Metadata,
                    BlockedOn::Memory(_) => BlockReason::Memory,
                };
                if !again || call.on != on {
                    let event = ProducerEvent::SendBlocked { record: call.record, on: reason };
                    self.emit(EventKind::Producer { session: id, event });
                }
                call.on = on;
                if reason == BlockReason::Metadata {
                    let session = self.session_mut(id);
                    session.metadata.wanted = session.metadata.asked.is_none();
                    self.tend_client(id);
                }
                (Some(call), true)
            }
        }
    }

    fn attempt_send(&mut self, id: SessionId, blocked: &BlockedCall, again: bool) -> Attempt {
        let now = self.now;
        let BlockedCall { record, call, timestamp, deadline, on } = blocked;
        let produced = Produced {
            id: *record,
            timestamp: *timestamp,
            key: call.key.as_deref(),
            value: call.value.as_deref(),
            headers: &call.headers,
        };
        let session = self.session_mut(id);
        let result = match on {
            BlockedOn::Memory(append) if again => session.producer.resume_send(*append, &produced, now),
            _ if !session.is_open() => Err(SendError::Append(AppendError::Closed)),
            _ => session.producer.send(call.topic, call.partition, &produced, now, *deadline),
        };
        match result {
            Ok(SendOutcome::Appended(appended)) => {
                let partition = TopicPartition::new(call.topic, appended.partition);
                if let Some(last) = session.last_send.as_mut().filter(|last| last.record == *record) {
                    last.partition = Some(appended.partition);
                }
                let content = OpenContent { value: call.value.clone(), headers: call.headers.clone() };
                self.ledger.batched(*record, appended.batch.0, partition, content, now);
                let event = ProducerEvent::RecordBatched {
                    record: *record,
                    partition,
                    batch: appended.batch.0,
                    is_new: appended.new_batch_created,
                };
                self.emit(EventKind::Producer { session: id, event });
                Attempt::InBatch { wake: appended.batch_is_full || appended.new_batch_created }
            }
            Ok(SendOutcome::BlockedForMemory(append)) => Attempt::Blocked(BlockedOn::Memory(append)),
            Ok(SendOutcome::BlockedForMetadata) => Attempt::Blocked(BlockedOn::Metadata),
            Err(error) => {
                session.last_refusal = Some((*record, error));
                let why = failure_of(&error);
                self.ledger.failed_alone(*record, why, now);
                self.emit(EventKind::Producer {
                    session: id,
                    event: ProducerEvent::SendFailed { record: *record, why },
                });
                Attempt::Refused
            }
        }
    }

    /// Writes down what the sender did, and sends its requests.
    fn take_turn(&mut self, id: SessionId, turn: SenderTurn) {
        let SenderTurn { requests, finished, events, closed_connections, wants_metadata } = turn;
        // Without acknowledgements a request's batches are done because it left; else what came in came before it.
        let leaves_first = self.session(id).is_some_and(|session| session.producer.config().acks == Acks::Zero);
        let (first, last) = if leaves_first { (requests, Vec::new()) } else { (Vec::new(), requests) };
        first.into_iter().for_each(|request| self.send_produce_request(id, request));
        events.into_iter().for_each(|event| self.note_sender_event(id, event));
        finished.into_iter().for_each(|batch| self.finish_batch(id, &batch));
        last.into_iter().for_each(|request| self.send_produce_request(id, request));
        let closed_any = !closed_connections.is_empty();
        for broker in closed_connections {
            if let Some(connection) = self.session(id).and_then(|session| session.ready_connection(broker)) {
                self.close_client_end(connection);
                self.drop_connection(id, broker, connection, DisconnectReason::RequestTimeout);
            }
        }
        if wants_metadata || closed_any {
            let session = self.session_mut(id);
            session.metadata.wanted = session.metadata.asked.is_none();
            self.tend_client(id);
        }
    }

    fn send_produce_request(&mut self, id: SessionId, request: OutgoingRequest) {
        let now = self.now;
        let connection = self.session(id).and_then(|session| session.ready_connection(request.node));
        let connection = connection.expect("the sender sends to nodes that are ready only");
        let correlation = self.new_correlation();
        let mut batches = Vec::with_capacity(request.batches.len());
        let mut on_the_way = Vec::with_capacity(request.batches.len());
        let mut named = Vec::with_capacity(request.batches.len());
        for outgoing in request.batches {
            let batch = self.ledger.ensure_batch(id, outgoing.id.0, outgoing.partition, &outgoing.record_ids, now);
            self.note_encoded(id, batch, &outgoing);
            self.ledger.request_sent(batch, request.node, &outgoing, now);
            named.push(SentBatch {
                partition: outgoing.partition,
                batch: outgoing.id.0,
                records: u32::try_from(outgoing.record_ids.len()).expect("a batch is bounded by its bytes"),
                crc: outgoing.batch.crc(),
                producer_id: outgoing.batch.producer_id(),
                producer_epoch: outgoing.batch.producer_epoch(),
                base_sequence: outgoing.batch.base_sequence(),
            });
            on_the_way.push((outgoing.partition, batch));
            batches.push((outgoing.partition, ClientBatch::Built(outgoing.batch)));
        }
        if request.acks != Acks::Zero {
            let refs = on_the_way.iter().map(|(_, batch)| *batch).collect();
            let kind = OpenRequestKind::Produce(request.id, refs);
            self.session_mut(id).open_requests.insert(correlation, OpenRequest { connection, sent_at: now, kind });
        }
        self.metrics.requests += 1;
        self.produces.insert(
            (connection, correlation),
            ProduceOnTheWay { batches: on_the_way, to: request.node, arrived: false },
        );
        let acks = request.acks;
        let event = ProducerEvent::RequestSent { to: request.node, connection, correlation, batches: named };
        self.emit(EventKind::Producer { session: id, event });
        let produce = ProduceRequest { acks: request.acks, timeout: request.timeout, batches };
        self.send_on(connection, Direction::ToServer, Payload::Request(correlation, Request::Produce(produce)));
        if acks == Acks::Zero {
            self.fill_socket(id, request.node, connection);
        }
    }

    fn note_encoded(&mut self, id: SessionId, batch: BatchRef, outgoing: &OutgoingBatch) {
        if self.ledger.closed(batch, &outgoing.batch, self.now) {
            let ratio = {
                let session = self.session(id).expect("sessions are never removed");
                let mut in_flight = session.producer.sender().in_flight_batches(outgoing.partition);
                in_flight.find(|batch| batch.id() == outgoing.id).map_or(1.0, ProducerBatch::compression_ratio)
            };
            self.metrics.count_batch(&outgoing.batch, ratio);
        }
    }

    fn note_sender_event(&mut self, id: SessionId, event: SenderEvent) {
        let now = self.now;
        let event = match event {
            SenderEvent::Reenqueued { batch, partition, error, attempts, .. } => {
                if let Some(batch) = self.ledger.batch_ref(id, batch.0) {
                    self.ledger.retrying(batch, now);
                }
                ProducerEvent::Retrying { partition, batch: batch.0, error, attempts }
            }
            SenderEvent::Split { batch, partition, parts } => {
                if let Some(batch) = self.ledger.batch_ref(id, batch.0) {
                    self.ledger.split(batch, now);
                }
                let parts = u32::try_from(parts.len()).expect("a batch is bounded by its bytes");
                ProducerEvent::Split { partition, batch: batch.0, parts }
            }
            SenderEvent::AnsweredTooLate { batch, partition, error, on_the_wire, .. } => {
                if let Some(batch) = self.ledger.batch_ref(id, batch.0) {
                    self.ledger.answered_too_late(batch, on_the_wire == OnTheWire::MayBeAppended);
                }
                ProducerEvent::AnsweredTooLate { partition, batch: batch.0, error }
            }
            SenderEvent::EpochBumped { identity } => {
                ProducerEvent::EpochBumped { producer_id: identity.producer_id, epoch: identity.epoch }
            }
            SenderEvent::Renumbered { batch, partition, producer } => {
                let (epoch, base_sequence) = (producer.producer_epoch, producer.base_sequence);
                if let Some(batch) = self.ledger.batch_ref(id, batch.0) {
                    self.ledger.renumbered(batch, epoch, base_sequence, now);
                }
                ProducerEvent::SequenceReset { partition, batch: batch.0, epoch, base_sequence }
            }
            SenderEvent::LeaderLearned { partition, leader, leader_epoch } => {
                ProducerEvent::LeaderLearned { partition, leader, leader_epoch }
            }
        };
        self.emit(EventKind::Producer { session: id, event });
    }

    fn finish_batch(&mut self, id: SessionId, finished: &FinishedBatch) {
        let now = self.now;
        let partition = finished.partition;
        let records = u32::try_from(finished.record_ids.len()).expect("a batch is bounded by its bytes");
        let batch = self.ledger.ensure_batch(id, finished.id.0, partition, &finished.record_ids, now);
        let number = finished.id.0;
        let event = match &finished.outcome {
            BatchOutcome::Delivered { base_offset, .. } => {
                let latencies = &mut self.metrics.produce_latency;
                self.ledger.delivered(batch, now, |latency| latencies.record(latency));
                ProducerEvent::Delivered { partition, batch: number, base_offset: *base_offset, records }
            }
            BatchOutcome::Failed { reason, on_the_wire } => {
                let why = match reason {
                    FailureReason::Expired => Failure::DeliveryTimeout,
                    FailureReason::Error { error, .. } => Failure::Error(*error),
                    FailureReason::Aborted => Failure::ProducerClosed,
                };
                let unknown = *on_the_wire == OnTheWire::MayBeAppended;
                self.ledger.failed(batch, why, unknown, now);
                ProducerEvent::Failed { partition, batch: number, why, records, unknown }
            }
        };
        self.emit(EventKind::Producer { session: id, event });
        self.check_anomalies();
    }

    /// A broker's answer has arrived.
    pub(super) fn session_answered(
        &mut self,
        id: SessionId,
        from: BrokerId,
        correlation: CorrelationId,
        response: Response,
    ) {
        let Some(open) = self.session_mut(id).open_requests.remove(&correlation) else { return };
        match (open.kind, response) {
            (OpenRequestKind::Metadata, Response::Metadata(response)) => {
                self.take_metadata(id, from, correlation, &response);
            }
            (OpenRequestKind::InitProducerId, Response::InitProducerId(answer)) => {
                self.take_producer_id(id, from, answer);
            }
            (OpenRequestKind::Produce(request, batches), Response::Produce(response)) => {
                for (batch, answer) in batches.iter().zip(&response.partitions) {
                    self.ledger.answered(*batch, answer.error, self.now);
                }
                let event = ProducerEvent::ResponseReceived { from, correlation };
                self.emit(EventKind::Producer { session: id, event });
                let partitions = response.partitions.into_iter().map(partition_response).collect();
                self.session_mut(id).producer.respond(request, partitions);
                self.drive_session(id, true);
            }
            // A broker answers a request in kind.
            _ => {}
        }
    }

    /// Begins to close a session: it takes no more records, and what it has must have an outcome within
    /// `delivery.timeout.ms`.
    pub(super) fn close_session(&mut self, id: SessionId) {
        let session = self.session_mut(id);
        let until = session.producer.config().delivery_timeout_ms;
        let until = self.now + VirtualTime::from_ms(until);
        let session = self.session_mut(id);
        session.phase = Phase::Closing { until };
        session.producer.close();
        self.scheduler.schedule(until, Task::CloseProducer(id));
        self.emit(EventKind::Producer { session: id, event: ProducerEvent::Closing });
        self.drive_session(id, true);
    }

    pub(super) fn close_producer_forcefully(&mut self, id: SessionId) {
        if matches!(self.session(id).map(|session| session.phase), Some(Phase::Closing { .. })) {
            let turn = self.session_mut(id).producer.close_forcefully();
            self.take_turn(id, turn);
            self.drive_session(id, true);
        }
    }

    fn maybe_finish_closing(&mut self, id: SessionId) {
        let session = self.session(id).expect("sessions are never removed");
        let is_closing = matches!(session.phase, Phase::Closing { .. });
        if !is_closing || session.producer.has_incomplete() || session.blocked_sends() > 0 {
            return;
        }
        let session = self.session_mut(id);
        session.phase = Phase::Closed;
        let nodes = std::mem::take(&mut session.nodes);
        for node in nodes.into_values() {
            if let NodeConnection::Ready { connection } | NodeConnection::Connecting { connection, .. } = node {
                self.close_client_end(connection);
            }
        }
        self.emit(EventKind::Producer { session: id, event: ProducerEvent::Closed });
    }
}

fn failure_of(error: &SendError) -> Failure {
    match error {
        SendError::RecordTooLarge { .. } => Failure::RecordTooLarge,
        SendError::MetadataTimedOut { .. } => Failure::MetadataTimeout,
        SendError::InvalidPartition(_) | SendError::Append(AppendError::LargerThanBufferMemory { .. }) => {
            Failure::InvalidCall
        }
        SendError::Append(AppendError::BufferExhausted { .. }) => Failure::BufferExhausted,
        SendError::Append(AppendError::Closed) => Failure::ProducerClosed,
    }
}

fn partition_response(answer: ProducePartitionResponse) -> PartitionResponse {
    PartitionResponse {
        partition: answer.partition,
        error: answer.error,
        base_offset: answer.base_offset,
        log_append_time: answer.log_append_time,
        log_start_offset: answer.log_start_offset,
        bad_records: answer.record_errors.iter().filter_map(|error| usize::try_from(error.batch_index).ok()).collect(),
        current_leader: answer.current_leader.map(|known| (known.leader, known.epoch)),
    }
}
