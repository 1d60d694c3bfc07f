//! A consumer with its connections and its metadata requests.

use super::step_broker::Peer;
use crate::engine::cluster::protocol::CorrelationId;
use crate::engine::common::{BrokerId, VirtualTime};
use crate::engine::consumer::Consumer;
use std::collections::BTreeMap;

/// One consumer of the scenario.
#[derive(Clone, Debug)]
pub struct ConsumerNode {
    /// The consumer.
    pub consumer: Consumer,
    /// How many records it has read, again ones included.
    pub read: u64,
    pub(super) peers: BTreeMap<BrokerId, Peer>,
    pub(super) metadata: MetadataAsk,
}

/// How far a consumer's question for metadata is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MetadataAsk {
    /// Nothing is asked.
    Idle,
    /// To be asked of that broker or the next one that is reachable, at that time.
    Waiting { first: BrokerId, at: VirtualTime },
    /// Asked.
    Asked { of: BrokerId, correlation: CorrelationId },
}

impl ConsumerNode {
    pub(super) fn new(consumer: Consumer) -> Self {
        Self { consumer, read: 0, peers: BTreeMap::new(), metadata: MetadataAsk::Idle }
    }
}
