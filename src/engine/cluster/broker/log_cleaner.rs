//! A broker's log cleaner: one thread that takes the dirtiest compacted log, again and again, and sleeps when there is none
//! (`LogCleaner.CleanerThread`, KAFKA 5.6).
//!
//! The rule it keeps: compacted logs are its own. Their retention is its work too, at each of its rounds; the broker's check of
//! `log.retention.check.interval.ms` leaves them alone. Simplified: a cleaning takes no time, and nothing throttles it.

use super::Broker;
use crate::engine::cluster::output::{BrokerOutput, TimerKind};
use crate::engine::common::{Timestamp, TopicPartition, VirtualTime};
use crate::engine::storage::log_cleaner::dirtiest;

impl Broker {
    /// The cleaner looks for the first time when the process starts.
    pub(super) fn schedule_cleaner(&self, at: VirtualTime, out: &mut BrokerOutput) {
        self.schedule(at, TimerKind::LogCleaner, out);
    }

    /// Cleans the dirtiest log until none is dirty enough, applies retention to compacted logs, and sleeps.
    pub(super) fn clean_logs(&mut self, now: VirtualTime, out: &mut BrokerOutput) {
        let wall_clock = self.wall_clock(now);
        while self.clean_dirtiest_log(wall_clock, out) {}
        let compacted = self.partitions().filter(|(_, replica)| replica.is_compacted());
        for partition in compacted.map(|(partition, _)| partition).collect::<Vec<_>>() {
            self.delete_old_segments(now, partition, out);
        }
        let backoff = VirtualTime::from_ms(self.config.log_cleaner_backoff_ms);
        self.schedule_cleaner(now + backoff, out);
    }

    /// Says whether there was one.
    fn clean_dirtiest_log(&mut self, now: Timestamp, out: &mut BrokerOutput) -> bool {
        let found: (Vec<TopicPartition>, Vec<_>) =
            self.partitions().filter_map(|(partition, replica)| Some((partition, replica.to_clean(now)?))).unzip();
        let (partitions, mut logs) = found;
        let Some(at) = dirtiest(&logs) else { return false };
        let (partition, log) = (partitions[at], logs.swap_remove(at));
        self.partition_mut(partition).is_some_and(|replica| replica.maybe_clean(now, log, &mut out.events))
    }
}
