//! Requests that wait for their answer, by node (`InFlightRequests`, KAFKA 3.6).
//!
//! The rule it keeps: a node takes a request only with fewer than `max.in.flight.requests.per.connection` open, and its requests fail
//! together, oldest first, when the connection goes.

use super::messages::{OutgoingBatch, OutgoingRequest, PartitionResponse};
use crate::engine::common::{BrokerId, RecordId, TopicPartition, VirtualTime};
use crate::engine::config::Acks;
use crate::engine::producer::{BatchId, OnTheWire};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Names a request within its producer (the correlation id).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct RequestId(pub u64);

/// What an open request remembers of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InFlightBatch {
    /// The batch.
    pub id: BatchId,
    /// Where it goes.
    pub partition: TopicPartition,
    /// Its records, in order.
    pub record_ids: Arc<Vec<RecordId>>,
    /// Its bytes.
    pub size_in_bytes: usize,
    /// What earlier attempts of it tell.
    pub earlier_attempts: OnTheWire,
}

/// A request that waits for its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InFlightRequest {
    /// Its name.
    pub id: RequestId,
    /// Where it went.
    pub node: BrokerId,
    /// When.
    pub sent_at: VirtualTime,
    /// What it carries, one batch a partition.
    pub batches: Vec<InFlightBatch>,
}

/// What came in for a request.
#[derive(Clone, Debug)]
pub(super) enum Arrival {
    /// Its answer.
    Answered {
        /// The request.
        request: InFlightRequest,
        /// What the broker says of each partition.
        partitions: Vec<PartitionResponse>,
    },
    /// Its connection is lost.
    Disconnected(InFlightRequest),
    /// It, or an older one on its connection, waited too long, and the client closed the connection.
    TimedOut(InFlightRequest),
}

/// The open requests of all nodes.
#[derive(Clone, Debug)]
pub(super) struct InFlightRequests {
    max: usize,
    by_node: BTreeMap<BrokerId, VecDeque<InFlightRequest>>,
    next_id: u64,
}

impl InFlightRequests {
    pub(super) fn new(max: usize) -> Self {
        Self { max, by_node: BTreeMap::new(), next_id: 0 }
    }

    pub(super) fn max(&self) -> usize {
        self.max
    }

    pub(super) fn count(&self, node: BrokerId) -> usize {
        self.by_node.get(&node).map_or(0, VecDeque::len)
    }

    pub(super) fn can_send_more(&self, node: BrokerId) -> bool {
        self.count(node) < self.max
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &InFlightRequest> {
        self.by_node.values().flatten()
    }

    pub(super) fn oldest_sent_at(&self) -> Option<VirtualTime> {
        self.by_node.values().filter_map(|requests| requests.front()).map(|request| request.sent_at).min()
    }

    pub(super) fn send(
        &mut self,
        node: BrokerId,
        acks: Acks,
        timeout: VirtualTime,
        batches: Vec<OutgoingBatch>,
        now: VirtualTime,
    ) -> OutgoingRequest {
        let id = RequestId(self.next_id);
        self.next_id += 1;
        let in_flight = batches.iter().map(OutgoingBatch::in_flight).collect();
        let request = InFlightRequest { id, node, sent_at: now, batches: in_flight };
        self.by_node.entry(node).or_default().push_back(request);
        OutgoingRequest { id, node, acks, timeout, batches }
    }

    /// Takes out the request with this id.
    pub(super) fn complete(&mut self, id: RequestId) -> Option<InFlightRequest> {
        self.by_node.values_mut().find_map(|requests| {
            let place = requests.iter().position(|request| request.id == id)?;
            requests.remove(place)
        })
    }

    /// Takes out all requests of a node, oldest first.
    pub(super) fn clear(&mut self, node: BrokerId) -> Vec<InFlightRequest> {
        self.by_node.remove(&node).into_iter().flatten().collect()
    }

    /// Takes out all requests.
    pub(super) fn clear_all(&mut self) -> Vec<InFlightRequest> {
        std::mem::take(&mut self.by_node).into_values().flatten().collect()
    }

    /// Nodes whose oldest request has waited for *longer* than `timeout`.
    pub(super) fn nodes_with_timed_out_requests(&self, timeout: VirtualTime, now: VirtualTime) -> Vec<BrokerId> {
        let oldest = self.by_node.iter().filter_map(|(node, requests)| Some((*node, requests.front()?)));
        oldest.filter(|(_, request)| now.since(request.sent_at) > timeout).map(|(node, _)| node).collect()
    }
}
