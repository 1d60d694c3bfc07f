//! A consumer as it stands: its own position in each partition, how far behind it is, and what its application does.

use super::{RecordDot, RecordState};
use crate::engine::common::{BrokerId, Offset, TopicPartition, VirtualTime};
use crate::engine::consumer::Application;
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
    /// Offsets below the leaders' high watermarks that it has not read, in all; none while that is unknown of a partition.
    pub lag: Option<i64>,
    /// How many records it has read, again ones included.
    pub read: u64,
    /// What its application does.
    pub activity: Activity,
    /// How long the application is at work on a record, in microseconds.
    pub processing_us_per_record: i64,
    /// `auto.offset.reset`.
    pub auto_offset_reset: &'static str,
    /// The records just before its positions, by partition and offset, at most [`RECENT_MAX`] a partition.
    pub recent: Vec<RecordDot>,
}

/// What a consumer's application does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Activity {
    /// It waits in `poll()`.
    Polling,
    /// It is paused and has nothing in hand.
    Paused,
    /// It works on what the last `poll()` gave.
    Processing {
        /// How many records that were.
        records: u32,
        /// How many of them are done.
        done: u32,
    },
    /// `poll()` threw an exception.
    Failed {
        /// The exception's class name.
        exception: &'static str,
        /// On account of which partition.
        partition: i32,
    },
}

/// Where a consumer is in one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Position {
    /// The partition.
    pub partition: i32,
    /// The next offset that it will read; none while it has not asked yet.
    pub offset: Option<i64>,
    /// Offsets below the leader's high watermark that it has not read (`records-lag`); none without a position or a leader.
    pub lag: Option<i64>,
    /// Records that were fetched and wait to be polled.
    pub buffered: u64,
}

impl ConsumerFrame {
    /// Every consumer.
    pub(super) fn all(state: &State) -> Vec<Self> {
        (0..).zip(&state.consumers).map(|(index, node)| Self::of(state, index, node)).collect()
    }

    pub(in crate::view) fn of(state: &State, index: u32, node: &ConsumerNode) -> Self {
        let spec = state.scenario.consumers.get(index as usize);
        let consumer = &node.consumer;
        let buffered = consumer.buffered();
        let position = |(partition, offset): (TopicPartition, Option<Offset>)| Position {
            partition: partition.partition.0,
            offset: offset.map(|offset| offset.0),
            lag: lag(state, partition, offset),
            buffered: buffered.get(&partition).copied().unwrap_or(0),
        };
        let positions: Vec<Position> = consumer.positions().map(position).collect();
        Self {
            index,
            name: spec.map(|spec| spec.name.clone()).unwrap_or_default(),
            paused: consumer.is_paused(),
            lag: positions.iter().map(|position| position.lag).sum(),
            positions,
            read: node.read,
            activity: Activity::of(node, state.now),
            processing_us_per_record: consumer.config().processing_us_per_record,
            auto_offset_reset: consumer.config().auto_offset_reset.word(),
            recent: consumer.positions().flat_map(|(partition, offset)| recent(state, partition, offset)).collect(),
        }
    }
}

impl Activity {
    fn of(node: &ConsumerNode, now: VirtualTime) -> Self {
        let consumer = &node.consumer;
        match (consumer.application(), consumer.exception()) {
            (Application::Processing { records, until }, _) if until > now => {
                let each = u64::try_from(consumer.config().processing_us_per_record).unwrap_or(0).max(1);
                let left = u32::try_from((until.0 - now.0).div_ceil(each)).unwrap_or(u32::MAX);
                Activity::Processing { records, done: records.saturating_sub(left) }
            }
            (_, Some((partition, exception))) => {
                Activity::Failed { exception: exception.exception(), partition: partition.partition.0 }
            }
            (_, None) if consumer.is_paused() => Activity::Paused,
            (_, None) => Activity::Polling,
        }
    }
}

/// Offsets between a position and the high watermark of the replica that leads now (`records-lag`). A position above it, as after a
/// truncation, lags by nothing.
fn lag(state: &State, partition: TopicPartition, position: Option<Offset>) -> Option<i64> {
    let leader = state.broker(leader(state, partition)?)?;
    let high_watermark = leader.partition(partition)?.high_watermark();
    Some((high_watermark.0 - position?.0).max(0))
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
    state.metadata.partition(partition)?.leader
}
