//! The Log room's picture at a moment of a run: the first replica of the first topic, with its readers and its next check.

use super::log_view::{LogContext, LogView};
use crate::engine::common::{BrokerId, Offset, PartitionId, TopicId, TopicPartition, VirtualTime};
use crate::engine::sim::State;

/// The picture; none if there is no such replica.
#[must_use]
pub fn view(state: &State, target: Option<Offset>) -> Option<LogView> {
    let partition = TopicPartition::new(TopicId(0), PartitionId(0));
    let log = state.broker(BrokerId(1))?.partition(partition)?.log();
    let next_check = next_retention_check(state);
    let context = LogContext {
        now_ms: state.wall_clock_ms(),
        next_check: Some(next_check),
        next_check_ms: state.scenario.epoch_ms.saturating_add(next_check.as_ms()),
        readers: readers(state, partition),
        target,
    };
    Some(LogView::of(log, context))
}

fn readers(state: &State, partition: TopicPartition) -> Vec<(String, i64)> {
    let named = state.scenario.consumers.iter().zip(&state.consumers);
    let position = named.filter_map(|(spec, node)| {
        let (_, offset) = node.consumer.positions().find(|(known, _)| *known == partition)?;
        Some((spec.name.clone(), offset?.0))
    });
    position.collect()
}

/// When a broker that started with the run looks for old segments next.
fn next_retention_check(state: &State) -> VirtualTime {
    let config = &state.broker_config;
    let first = VirtualTime::from_ms(config.log_initial_task_delay_ms);
    let interval = VirtualTime::from_ms(config.log_retention_check_interval_ms).0.max(1);
    if state.now < first {
        return first;
    }
    let passed = state.now.since(first).0 / interval;
    first + VirtualTime((passed + 1).saturating_mul(interval))
}
