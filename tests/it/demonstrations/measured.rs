//! What a demonstration's run is measured by beside the ledger's figures: by words that `expected.json` gives bounds for.

use highwater::engine::common::{PartitionId, TopicId, TopicPartition};
use highwater::engine::sim::ledger::{BatchMoment, BatchRef};
use highwater::engine::sim::{RunReport, Simulation, State};
use highwater::view::departures::leave_word;
use std::collections::BTreeMap;

/// `requests` and `batches` of all producers; `recordsPerBatchMax`; `left-…`: batches that were sent for that reason; of partition n of
/// the first topic `logEnd-n` and `holes-n`, the offsets that compaction has emptied in the leader's log; `largestSharePerMille`: what
/// part of its records the fullest partition has; `read-…`: records that a consumer has read.
pub(super) fn measured(simulation: &Simulation) -> BTreeMap<String, u64> {
    let state = simulation.state();
    let mut found = BTreeMap::from([
        ("requests".to_string(), state.metrics.requests),
        ("batches".to_string(), state.ledger.batches_count() as u64),
    ]);
    for number in 0..state.ledger.batches_count() {
        let batch = state.ledger.batch(BatchRef(u32::try_from(number).unwrap())).unwrap();
        let most = found.entry("recordsPerBatchMax".to_string()).or_default();
        *most = (*most).max(batch.records.len() as u64);
        for (_, moment) in &batch.moments {
            if let BatchMoment::Sent { why, .. } = moment {
                *found.entry(format!("left-{}", leave_word(*why))).or_default() += 1;
            }
        }
    }
    measure_partitions(state, &mut found);
    for (spec, node) in state.scenario.consumers.iter().zip(&state.consumers) {
        found.insert(format!("read-{}", spec.name), node.read);
    }
    found
}

fn measure_partitions(state: &State, found: &mut BTreeMap<String, u64>) {
    let report = RunReport::of(state, "");
    let first = state.scenario.topics[0].name.clone();
    let mut ends: Vec<u64> = Vec::new();
    for partition in report.partitions.iter().filter(|partition| partition.topic == first) {
        let id = TopicPartition::new(TopicId(0), PartitionId(partition.partition));
        let end = u64::try_from(partition.log_end_offset).unwrap();
        ends.push(end);
        found.insert(format!("logEnd-{}", partition.partition), end);
        let ledger = state.ledger.partition(id).unwrap();
        let holes = ledger.shown().and_then(|broker| ledger.replica(broker)).map_or(0, |log| log.holes.len());
        found.insert(format!("holes-{}", partition.partition), holes as u64);
    }
    let all: u64 = ends.iter().sum();
    let largest = ends.iter().max().copied().unwrap_or(0);
    found.insert("largestSharePerMille".to_string(), largest * 1_000 / all.max(1));
}

/// The partitions that a key's records went to, in the order of sending, each once for as long as they stayed.
pub(super) fn partitions_of_key(simulation: &Simulation, key: &str) -> Vec<i32> {
    let ledger = &simulation.state().ledger;
    let records = (0..ledger.records_count() as u64).map(highwater::engine::common::RecordId);
    let with_key =
        records.filter_map(|id| ledger.record(id)).filter(|entry| entry.key.as_deref() == Some(key.as_bytes()));
    let mut partitions: Vec<i32> = with_key.map(|entry| entry.partition.partition.0).collect();
    partitions.dedup();
    partitions
}
