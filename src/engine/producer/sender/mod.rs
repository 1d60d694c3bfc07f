//! The sender: drains the accumulator into requests, and decides what an answer means for each batch (`Sender`, KAFKA 3.6).
//!
//! The rule it keeps: one turn is Kafka's `runOnce`: (idempotent) settle sequences; ready, drain, expire, send; then answers, lost connections and time-outs are taken,
//! in that order. Each batch ends once, in a [`FinishedBatch`]. It knows no scheduler and no wire: requests go out as values, answers come
//! in through [`Sender::respond`] and [`Sender::disconnected`].

mod completion;
mod expiry;
mod in_flight_requests;
mod messages;
mod sequences;
#[cfg(test)]
mod tests;

pub use in_flight_requests::{InFlightBatch, InFlightRequest, RequestId};
pub use messages::{
    BatchOutcome, FailureReason, FinishedBatch, OutgoingBatch, OutgoingRequest, PartitionResponse, SenderEvent,
    SenderTurn,
};

use super::{MetadataView, ProducerBatch, RecordAccumulator};
use crate::engine::common::{BrokerId, TopicPartition, VirtualTime};
use crate::engine::config::{Acks, ProducerConfig};
use in_flight_requests::{Arrival, InFlightRequests};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How the sender is set.
#[derive(Clone, Copy, Debug)]
struct SenderConfig {
    acks: Acks,
    retries: u32,
    request_size_max: usize,
    request_timeout: VirtualTime,
    delivery_timeout: VirtualTime,
    /// With one request in flight, a partition's next batch waits for the answer to the last (`guaranteeMessageOrder`).
    guarantee_message_order: bool,
}

/// The sender of one producer.
#[derive(Clone, Debug)]
pub struct Sender {
    config: SenderConfig,
    requests: InFlightRequests,
    /// By partition, in order of sending; a batch that is sent again goes to the end. An emptied list stays, for the partition's next batch.
    in_flight_batches: BTreeMap<TopicPartition, VecDeque<ProducerBatch>>,
    /// What came in and was not taken yet.
    arrivals: VecDeque<Arrival>,
    /// Nodes that can not be sent to now: no connection.
    unready_nodes: BTreeSet<BrokerId>,
    /// When `ready` may find something that it did not find yet.
    next_ready_check: VirtualTime,
    /// Whether the last turn looked for batches that are due: a turn that waits for a producer id does not.
    expires: bool,
    /// No batch is due before this moment, so none is looked for. The oldest batch may be gone meanwhile.
    no_expiry_before: VirtualTime,
}

impl Sender {
    /// A sender with nothing in flight and a connection to every node.
    #[must_use]
    pub fn new(config: &ProducerConfig) -> Self {
        let in_flight_max = usize::try_from(config.max_in_flight).unwrap_or(usize::MAX);
        Self {
            config: SenderConfig {
                acks: config.acks,
                retries: u32::try_from(config.retries).unwrap_or(u32::MAX),
                request_size_max: usize::try_from(config.max_request_size).unwrap_or(usize::MAX),
                request_timeout: VirtualTime::from_ms(config.request_timeout_ms),
                delivery_timeout: VirtualTime::from_ms(config.delivery_timeout_ms),
                guarantee_message_order: in_flight_max == 1,
            },
            requests: InFlightRequests::new(in_flight_max),
            in_flight_batches: BTreeMap::new(),
            arrivals: VecDeque::new(),
            unready_nodes: BTreeSet::new(),
            next_ready_check: VirtualTime::ZERO,
            expires: false,
            no_expiry_before: VirtualTime::ZERO,
        }
    }

    /// One turn (`runOnce`): sends what may be sent, then takes what came in and what is overdue. A turn that has no producer id, with
    /// idempotence, sends nothing and expires nothing; [`RecordAccumulator::assign_producer_id`] ends that.
    pub fn run(
        &mut self,
        accumulator: &mut RecordAccumulator,
        metadata: &mut MetadataView,
        now: VirtualTime,
    ) -> SenderTurn {
        let mut turn = SenderTurn::default();
        self.expires = self.begin_turn(accumulator, &mut turn);
        if self.expires {
            self.send_producer_data(accumulator, metadata, now, &mut turn);
        } else {
            self.next_ready_check = VirtualTime::NEVER;
        }
        self.poll(accumulator, metadata, now, &mut turn);
        turn
    }

    /// What happens at an event, as Kafka's thread goes about it: it wakes inside its poll, takes what came in, and takes turns until
    /// there is nothing more to do at this moment. It stops early where it closed a connection: say that the node is not ready
    /// ([`Sender::set_node_ready`]), then wake it again.
    pub fn wake(
        &mut self,
        accumulator: &mut RecordAccumulator,
        metadata: &mut MetadataView,
        now: VirtualTime,
    ) -> SenderTurn {
        let mut all = SenderTurn::default();
        self.poll(accumulator, metadata, now, &mut all);
        // Nothing goes to a node whose connection was just closed: whoever keeps the connections says so, and wakes again.
        while all.closed_connections.is_empty() {
            let turn = self.run(accumulator, metadata, now);
            let is_idle = turn.is_idle();
            all.extend(turn);
            if is_idle {
                break;
            }
        }
        all
    }

    /// A broker answered. The node takes another request from now on; the answer itself is taken at the next poll. An answer to a request
    /// that is not in flight (its connection was closed) is nothing. Whether it was.
    pub fn respond(&mut self, request: RequestId, partitions: Vec<PartitionResponse>) -> bool {
        let answered = self.requests.complete(request);
        let was_in_flight = answered.is_some();
        self.arrivals.extend(answered.map(|request| Arrival::Answered { request, partitions }));
        was_in_flight
    }

    /// The connection to a node is lost with all requests on it (`NETWORK_EXCEPTION`). They fail, oldest first, at the next poll.
    pub fn disconnected(&mut self, node: BrokerId) {
        let lost = self.requests.clear(node);
        self.arrivals.extend(lost.into_iter().map(Arrival::Disconnected));
    }

    /// Says whether a node can be sent to, that is whether there is a connection to it. At first there is one to every node. Wake the
    /// sender when there is one again.
    pub fn set_node_ready(&mut self, node: BrokerId, is_ready: bool) {
        if is_ready {
            self.unready_nodes.remove(&node);
        } else {
            self.unready_nodes.insert(node);
        }
    }

    /// Whether there is a connection to a node.
    #[must_use]
    pub fn is_node_ready(&self, node: BrokerId) -> bool {
        !self.unready_nodes.contains(&node)
    }

    /// When to call [`Sender::wake`] at the latest if nothing else happens: a linger, a backoff, a delivery or a request timeout is over
    /// then. [`VirtualTime::NEVER`] if nothing is waited for.
    #[must_use]
    pub fn next_wake_at(&self, accumulator: &RecordAccumulator) -> VirtualTime {
        if !self.arrivals.is_empty() {
            return VirtualTime::ZERO;
        }
        let others = self.next_ready_check.min(self.next_request_timeout());
        if !self.expires || others <= self.no_expiry_before {
            return others;
        }
        others.min(self.next_batch_expiry(accumulator))
    }

    /// Requests on the wire, by node and oldest first.
    pub fn in_flight_requests(&self) -> impl Iterator<Item = &InFlightRequest> {
        self.requests.iter()
    }

    /// Requests to a node that wait for their answer.
    #[must_use]
    pub fn in_flight_count(&self, node: BrokerId) -> usize {
        self.requests.count(node)
    }

    /// How many requests a node may have open: `max.in.flight.requests.per.connection`.
    #[must_use]
    pub fn in_flight_max(&self) -> usize {
        self.requests.max()
    }

    /// Batches of a partition that are on the wire, in order of sending. One that expired is no longer among them.
    pub fn in_flight_batches(&self, partition: TopicPartition) -> impl Iterator<Item = &ProducerBatch> {
        self.in_flight_batches.get(&partition).into_iter().flatten()
    }

    fn send_producer_data(
        &mut self,
        accumulator: &mut RecordAccumulator,
        metadata: &MetadataView,
        now: VirtualTime,
        turn: &mut SenderTurn,
    ) {
        let ready = accumulator.ready(metadata, now);
        turn.wants_metadata |= !ready.unknown_leader_topics.is_empty();
        self.next_ready_check = ready.next_ready_check_delay.map_or(VirtualTime::NEVER, |delay| now + delay);
        let mut drained = Vec::new();
        for node in ready.ready_nodes {
            let can_take = !self.unready_nodes.contains(&node) && self.requests.can_send_more(node);
            accumulator.update_node_latency_stats(node, can_take, now);
            if can_take {
                drained.push((node, accumulator.drain(metadata, node, self.config.request_size_max, now)));
            }
        }
        let outgoing = drained.into_iter().filter(|(_, batches)| !batches.is_empty());
        let outgoing: Vec<_> = outgoing.map(|(node, batches)| self.request_of(accumulator, node, batches)).collect();
        self.expire_batches(accumulator, now, turn);
        for (node, batches) in outgoing {
            turn.requests.push(self.requests.send(node, self.config.acks, self.config.request_timeout, batches, now));
        }
    }

    /// Moves drained batches to those in flight and says what the request carries of them.
    fn request_of(
        &mut self,
        accumulator: &mut RecordAccumulator,
        node: BrokerId,
        batches: Vec<ProducerBatch>,
    ) -> (BrokerId, Vec<OutgoingBatch>) {
        let mut outgoing = Vec::with_capacity(batches.len());
        for mut batch in batches {
            if self.config.guarantee_message_order {
                accumulator.mute_partition(batch.partition());
            }
            outgoing.push(OutgoingBatch::of(&batch));
            batch.sent();
            self.in_flight_batches.entry(batch.partition()).or_default().push_back(batch);
        }
        (node, outgoing)
    }

    fn poll(
        &mut self,
        accumulator: &mut RecordAccumulator,
        metadata: &mut MetadataView,
        now: VirtualTime,
        turn: &mut SenderTurn,
    ) {
        if self.config.acks == Acks::Zero {
            // Without acknowledgements a request is complete once its bytes are handed over.
            for request in self.requests.clear_all() {
                self.complete_unacknowledged(accumulator, &request, now, turn);
            }
        }
        while let Some(arrival) = self.arrivals.pop_front() {
            self.take_arrival(accumulator, metadata, arrival, now, turn);
        }
        for node in self.requests.nodes_with_timed_out_requests(self.config.request_timeout, now) {
            turn.closed_connections.push(node);
            for request in self.requests.clear(node) {
                self.take_arrival(accumulator, metadata, Arrival::TimedOut(request), now, turn);
            }
        }
    }

    fn next_request_timeout(&self) -> VirtualTime {
        // Overdue means that *more* than the timeout has passed.
        let oldest = self.requests.oldest_sent_at();
        oldest.map_or(VirtualTime::NEVER, |sent_at| sent_at + self.config.request_timeout + VirtualTime(1))
    }
}
