//! What `highwater run` prints of a run: one object of plain data.

use super::ledger::Totals;
use super::metrics::MetricsReport;
use super::state::State;
use crate::engine::common::{BrokerId, PartitionId, TopicId, TopicPartition};
use serde::Serialize;

/// How a run stands at one moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunReport {
    /// Name of the scenario, as the caller knows it.
    pub scenario: String,
    /// Its seed.
    pub seed: u64,
    /// The moment, in microseconds.
    pub end_us: u64,
    /// 16 hex digits over the commands and events so far.
    pub trace_hash: String,
    /// How many commands and events there were.
    pub events: u64,
    /// The ledger's figures.
    pub ledger: Totals,
    /// Latencies and counts.
    pub metrics: MetricsReport,
    /// Every partition.
    pub partitions: Vec<PartitionReport>,
}

/// How a partition stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PartitionReport {
    /// Its topic's name.
    pub topic: String,
    /// Its index.
    pub partition: i32,
    /// Who leads it, as the controller wrote; null: nobody.
    pub leader: Option<i32>,
    /// The leader's epoch.
    pub leader_epoch: i32,
    /// The next offset of the leader's log; without a leader, of the last one's.
    pub log_end_offset: i64,
    /// The high watermark of that log.
    pub high_watermark: i64,
    /// The replicas in sync, as the controller wrote.
    pub isr: Vec<i32>,
    /// The eligible leader replicas, as the controller wrote.
    pub elr: Vec<i32>,
}

impl RunReport {
    /// The report of a run now.
    #[must_use]
    pub fn of(state: &State, scenario: &str) -> Self {
        Self {
            scenario: scenario.to_string(),
            seed: state.scenario.seed,
            end_us: state.now.0,
            trace_hash: state.trace_hash.to_string(),
            events: state.events_count,
            ledger: *state.ledger.totals(),
            metrics: state.metrics.report(),
            partitions: partitions(state),
        }
    }
}

fn partitions(state: &State) -> Vec<PartitionReport> {
    let topics = (0..).map(TopicId).zip(&state.scenario.topics);
    let of_topic = |(id, name): (TopicId, String)| {
        let count = i32::try_from(state.partition_counts[usize::from(id.0)]).expect("partitions are few");
        (0..count).map(move |index| (TopicPartition::new(id, PartitionId(index)), name.clone()))
    };
    let all = topics.map(|(id, topic)| (id, topic.name.clone())).flat_map(of_topic);
    all.filter_map(|(partition, topic)| partition_report(state, partition, topic)).collect()
}

fn partition_report(state: &State, partition: TopicPartition, topic: String) -> Option<PartitionReport> {
    let registration = state.metadata.partition(partition)?;
    let shown = registration.leader.or_else(|| state.ledger.partition(partition).and_then(|it| it.shown()));
    let replica = shown.and_then(|broker| state.broker(broker)).and_then(|broker| broker.partition(partition));
    Some(PartitionReport {
        topic,
        partition: partition.partition.0,
        leader: registration.leader.map(|leader| leader.0),
        leader_epoch: registration.leader_epoch.0,
        log_end_offset: replica.map_or(0, |replica| replica.log().log_end_offset().0),
        high_watermark: replica.map_or(0, |replica| replica.high_watermark().0),
        isr: registration.isr.iter().map(|BrokerId(id)| *id).collect(),
        elr: registration.elr.iter().map(|BrokerId(id)| *id).collect(),
    })
}
