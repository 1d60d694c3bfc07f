//! The Log room's picture at a moment of a run: the leader's replica of the first partition, with its readers and its next check.

use super::frame::Role;
use super::log_view::{LogContext, LogView, ReplicaView};
use super::seek_target::SeekTarget;
use crate::engine::common::{BrokerId, PartitionId, TopicId, TopicPartition, VirtualTime};
use crate::engine::sim::State;
use crate::engine::storage::Log;

/// The picture; none if the partition has no replica anywhere.
#[must_use]
pub fn view(state: &State, target: Option<SeekTarget>) -> Option<LogView> {
    let (replica, log) = shown(state)?;
    let (partition, _) = replica.place();
    let next_check = next_retention_check(state);
    let context = LogContext {
        now_ms: state.wall_clock_ms(),
        next_check: Some(next_check),
        next_check_ms: state.scenario.epoch_ms.saturating_add(next_check.as_ms()),
        readers: readers(state, partition),
        target,
        replica,
    };
    Some(LogView::of(log, context))
}

/// The replica that the room shows, with its log: the leader's; of a partition that nobody leads, the first in the assignment.
#[must_use]
pub fn shown(state: &State) -> Option<(ReplicaView, &Log)> {
    let id = TopicPartition::new(TopicId(0), PartitionId(0));
    let registration = state.metadata.partition(id)?;
    let broker: BrokerId = registration.leader.or_else(|| registration.replicas.first().copied())?;
    let partition = state.broker(broker)?.partition(id)?;
    let replica = ReplicaView {
        partition: id.partition.0,
        broker: broker.0,
        role: Role::of(partition),
        in_isr: registration.isr.contains(&broker),
        replicas: registration.replicas.len(),
    };
    Some((replica, partition.log()))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::sim::{Command, Scenario, Timeline};

    #[test]
    fn the_room_follows_the_leader_of_a_partition_with_several_replicas() {
        let text = r#"{"version":1,"seed":7,"endUs":1000000,"brokers":{"count":3,"config":{"broker.session.timeout.ms":500,
            "broker.heartbeat.interval.ms":100}},"topics":[{"name":"orders","partitions":1,"replicationFactor":3}]}"#;
        let mut timeline = Timeline::new(Scenario::from_json(text).expect("a scenario"));
        let (first, _) = shown(timeline.state()).expect("a replica");
        assert_eq!(first.words(), "leader, one of 3 replicas");
        let crash = Command::CrashBroker { broker: BrokerId(first.broker) };
        timeline.submit(crash).expect("it runs");
        timeline.advance_to(VirtualTime::from_ms(1_500));
        let (next, _) = shown(timeline.state()).expect("a replica");
        assert_ne!(next.broker, first.broker);
        assert_eq!(next.words(), "leader, one of 3 replicas");
    }
}
