//! A consumer as it stands: its own position in each partition.

use super::{RecordDot, RecordState};
use crate::engine::common::{BrokerId, Offset, TopicPartition};
use crate::engine::sim::State;
use crate::engine::sim::consumer_node::ConsumerNode;
use serde::Serialize;

/// Records just before a position that are drawn.
const RECENT_MAX: i64 = 6;

/// One consumer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsumerFrame {
    /// Its place in the scenario.
    pub index: u32,
    /// Its name in the scenario, such as `billing`.
    pub name: String,
    /// It does not fetch.
    pub paused: bool,
    /// Its positions, by partition.
    pub positions: Vec<Position>,
    /// How many records it has read, again ones included.
    pub read: u64,
    /// The records just before its positions, by partition and offset, at most [`RECENT_MAX`] a partition.
    pub recent: Vec<RecordDot>,
}

/// Where a consumer is in one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Position {
    /// The partition.
    pub partition: i32,
    /// The next offset that it will read; none while it has not asked yet.
    pub offset: Option<i64>,
    /// Records below the leader's high watermark that it has not read.
    pub lag: i64,
}

impl ConsumerFrame {
    /// Every consumer.
    pub(super) fn all(state: &State) -> Vec<Self> {
        (0..).zip(&state.consumers).map(|(index, node)| Self::of(state, index, node)).collect()
    }

    fn of(state: &State, index: u32, node: &ConsumerNode) -> Self {
        let spec = state.scenario.consumers.get(index as usize);
        let position = |(partition, offset): (TopicPartition, Option<Offset>)| Position {
            partition: partition.partition.0,
            offset: offset.map(|offset| offset.0),
            lag: offset.map_or(0, |offset| (leader_high_watermark(state, partition).0 - offset.0).max(0)),
        };
        Self {
            index,
            name: spec.map(|spec| spec.name.clone()).unwrap_or_default(),
            paused: node.consumer.is_paused(),
            positions: node.consumer.positions().map(position).collect(),
            read: node.read,
            recent: node
                .consumer
                .positions()
                .flat_map(|(partition, offset)| recent(state, partition, offset))
                .collect(),
        }
    }
}

/// The records just before a position, as they stand in the leader's log.
fn recent(state: &State, partition: TopicPartition, offset: Option<Offset>) -> Vec<RecordDot> {
    let (Some(Offset(end)), Some(leader)) = (offset, leader(state, partition)) else { return Vec::new() };
    let offsets = (end - RECENT_MAX).max(0)..end;
    let dot = |offset: Offset| {
        let id = state.ledger.record_at(partition, leader, offset)?;
        Some(RecordDot::of(&state.ledger, Some(id), Some(offset), RecordState::Committed))
    };
    offsets.map(Offset).filter_map(dot).collect()
}

fn leader(state: &State, partition: TopicPartition) -> Option<BrokerId> {
    state.controller.image().partition(partition)?.leader
}

/// The high watermark of the replica that leads now; of a partition that nobody leads, 0.
fn leader_high_watermark(state: &State, partition: TopicPartition) -> Offset {
    let broker = leader(state, partition).and_then(|leader| state.broker(leader));
    broker.and_then(|broker| broker.partition(partition)).map_or(Offset(0), |replica| replica.high_watermark())
}
