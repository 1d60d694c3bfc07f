//! Random compaction for the scenarios of [`super::generate`] and of the swarm: a compacted topic, small segments, few keys and an
//! eager cleaner, so that a run of seconds is cleaned many times.

use super::command::{Command, SendRecord, TimedCommand};
use super::content::Content;
use super::generate::Dice;
use super::scenario::Scenario;
use super::workload::{Keys, Skew};
use crate::engine::common::VirtualTime;
use crate::engine::config::CleanupPolicy;

/// How many of a thousand scenarios have a compacted topic.
const PER_MILLE: u32 = 250;
/// Most deletions by key.
const TOMBSTONES: u64 = 3;

/// Makes the first topic a compacted one, now and then.
pub(super) fn maybe_compact(dice: &mut Dice, scenario: &mut Scenario) {
    if !dice.chance(PER_MILLE) {
        return;
    }
    let (Some(topic), brokers) = (scenario.topics.first_mut(), &mut scenario.brokers.config) else { return };
    let config = &mut topic.config;
    config.cleanup_policy =
        dice.pick(&[CleanupPolicy::Compact, CleanupPolicy::Compact, CleanupPolicy::CompactAndDelete]);
    config.segment_bytes = dice.signed(300, 1_500);
    config.index_interval_bytes = dice.signed(0, 300);
    config.min_cleanable_dirty_ratio = dice.pick(&[0.0, 0.2, 0.5]);
    config.min_compaction_lag_ms = dice.pick(&[0, 0, 0, 150]);
    config.max_compaction_lag_ms = dice.pick(&[i64::MAX, i64::MAX, 200, 800]);
    config.delete_retention_ms = dice.pick(&[0, 100, 86_400_000]);
    brokers.log_cleaner_backoff_ms = dice.signed(30, 300);
    let workloads = scenario.producers.iter_mut().filter_map(|producer| producer.workload.as_mut());
    for workload in workloads {
        give_keys(dice, &mut workload.keys);
    }
    for timed in &mut scenario.commands {
        match &mut timed.command {
            Command::StartWorkload { workload: Some(workload), .. } => give_keys(dice, &mut workload.keys),
            Command::Burst { record, .. } | Command::Send { record, .. } if dice.chance(800) => {
                record.key = Content::text("user-{n}");
            }
            _ => {}
        }
    }
}

/// Records without a key are refused by a compacted topic: nearly all get one.
fn give_keys(dice: &mut Dice, keys: &mut Keys) {
    if !dice.chance(100) {
        let count = u32::try_from(dice.between(1, 6)).expect("small");
        *keys = Keys::Numbered { prefix: "user-".to_string(), count, skew: Skew::Even };
    }
}

/// Deletes some keys of a compacted topic at random moments before `until`: records without a value.
pub(super) fn maybe_delete_keys(dice: &mut Dice, scenario: &mut Scenario, until: VirtualTime) {
    if !scenario.topics.first().is_some_and(|topic| topic.config.cleanup_policy.compacts()) {
        return;
    }
    for _ in 0..dice.between(0, TOMBSTONES) {
        let producer = format!("p{}", dice.between(0, scenario.producers.len() as u64 - 1));
        let key = Content::text(&format!("user-{}", dice.between(0, 5)));
        let record = SendRecord { key, value: Content::NULL, ..SendRecord::default() };
        let at = VirtualTime(dice.between(0, until.0));
        scenario.commands.push(TimedCommand { at, command: Command::Send { producer, record } });
    }
    scenario.commands.sort_by_key(|timed| timed.at);
}
