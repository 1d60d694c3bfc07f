//! The replicas of a broker as the metadata wants them, and the checks made from time to time (`ReplicaManager`, `LogManager`).

use super::Broker;
use crate::engine::cluster::metadata::Changed;
use crate::engine::cluster::output::{BrokerOutput, TimerKind};
use crate::engine::cluster::partition::Partition;
use crate::engine::cluster::protocol::MetadataUpdate;
use crate::engine::common::{TopicPartition, VirtualTime};
use std::sync::Arc;

/// `replica.high.watermark.checkpoint.interval.ms`, Kafka's default: 5 s.
const CHECKPOINT_INTERVAL: VirtualTime = VirtualTime(5_000_000);

impl Broker {
    /// The controller's changes have reached this broker. Before it is registered they are kept, and applied then.
    pub fn update_metadata(&mut self, now: VirtualTime, update: MetadataUpdate, out: &mut BrokerOutput) {
        if !self.is_up() {
            return;
        }
        let was_caught_up = self.is_caught_up();
        let changed = self.process.metadata.update(update);
        match changed {
            Some(changed) if was_caught_up => self.apply_metadata(now, Some(&changed), out),
            // What it replayed before its own registration was only read.
            _ if !was_caught_up => self.apply_metadata(now, None, out),
            _ => {}
        }
        self.serve(now, out);
    }

    /// Leads and follows as the metadata says now; without a list of changes everything is looked at.
    pub(super) fn apply_metadata(&mut self, now: VirtualTime, changed: Option<&Changed>, out: &mut BrokerOutput) {
        if !self.is_caught_up() {
            return;
        }
        let image = self.process.metadata.image().clone();
        let everything = Changed::everything();
        let changed = changed.unwrap_or(&everything);
        self.config = image.broker_config.clone();
        let partitions = changed.partitions(&image);
        for partition in &partitions {
            let state = image.partition(*partition).expect("a changed partition exists");
            if state.replicas.contains(&self.id) {
                self.ensure_replica(now, *partition);
            }
        }
        for topic in changed.topics(&image) {
            let Some(config) = image.topics.get(&topic).map(|topic| topic.config.clone()) else { continue };
            self.update_topic_config(topic, &config);
        }
        for partition in partitions {
            let state = image.partition(partition).expect("a changed partition exists");
            let id = self.id;
            let Some(replica) = self.partition_mut(partition) else { continue };
            if replica.apply(id, state, now, &mut out.events) {
                self.follow_or_stop(now, partition, out);
            }
            self.partition_changed(now, partition, out);
        }
        self.fetch_where_idle(now, out);
    }

    fn ensure_replica(&mut self, now: VirtualTime, partition: TopicPartition) {
        if self.partitions.contains_key(&partition) {
            return;
        }
        let topic = self.process.metadata.image().topics.get(&partition.topic).expect("a partition has its topic");
        let mut replica = Partition::new(partition, topic.config.clone(), self.wall_clock(now));
        replica.break_it(self.breakage);
        self.partitions.insert(partition, Arc::new(replica));
    }

    fn update_topic_config(
        &mut self,
        topic: crate::engine::common::TopicId,
        config: &Arc<crate::engine::config::TopicConfig>,
    ) {
        let of_topic = self.partitions.keys().copied().filter(|partition| partition.topic == topic);
        for partition in of_topic.collect::<Vec<_>>() {
            let replica = self.partition_mut(partition).expect("its key was just listed");
            if replica.log().config() != config {
                replica.update_config(config.clone());
            }
        }
    }

    /// The ISR, the role or the settings of a partition changed: the high watermark may move, and waiting requests may end.
    pub(super) fn partition_changed(&mut self, now: VirtualTime, partition: TopicPartition, out: &mut BrokerOutput) {
        self.with_leader(now, partition, |partition, context| {
            partition.maybe_increment_high_watermark(context, &mut out.events)
        });
        self.check_purgatory(now, partition, out);
    }

    pub(super) fn schedule_periodic_checks(&self, now: VirtualTime, out: &mut BrokerOutput) {
        self.schedule(now + self.isr_shrink_interval(), TimerKind::IsrShrink, out);
        self.schedule(now + CHECKPOINT_INTERVAL, TimerKind::HighWatermarkCheckpoint, out);
        let delay = VirtualTime::from_ms(self.config.log_initial_task_delay_ms);
        self.schedule(now + delay, TimerKind::Retention, out);
        self.schedule_cleaner(now, out);
        self.schedule_flushes(now, out);
    }

    /// Half of `replica.lag.time.max.ms`.
    fn isr_shrink_interval(&self) -> VirtualTime {
        VirtualTime((VirtualTime::from_ms(self.config.replica_lag_time_max_ms).0 / 2).max(1))
    }

    /// Looks for followers that lag, in every ISR that it leads.
    pub(super) fn shrink_isrs(&mut self, now: VirtualTime, out: &mut BrokerOutput) {
        for partition in self.led_partitions() {
            let shrinks = self
                .with_leader(now, partition, |partition, context| partition.maybe_shrink_isr(context, &mut out.events));
            if shrinks == Some(true) {
                self.propose_isr(now, partition, out);
            }
        }
        self.schedule(now + self.isr_shrink_interval(), TimerKind::IsrShrink, out);
    }

    fn led_partitions(&self) -> Vec<TopicPartition> {
        self.partitions().filter(|(_, replica)| replica.is_leader()).map(|(partition, _)| partition).collect()
    }

    /// Writes the high watermarks to disk.
    pub(super) fn checkpoint_high_watermarks(&mut self, now: VirtualTime, out: &mut BrokerOutput) {
        self.write_high_watermarks();
        self.schedule(now + CHECKPOINT_INTERVAL, TimerKind::HighWatermarkCheckpoint, out);
    }

    pub(super) fn write_high_watermarks(&mut self) {
        for (partition, replica) in &self.partitions {
            let high_watermark = replica.high_watermark();
            if self.checkpointed.get(partition) != Some(&high_watermark) {
                self.checkpointed.insert(*partition, high_watermark);
            }
        }
    }

    /// Deletes old segments of every replica, leading or not, but those that the log cleaner looks after (`LogManager.cleanupLogs`).
    pub(super) fn apply_retention(&mut self, now: VirtualTime, out: &mut BrokerOutput) {
        let not_compacted = self.partitions().filter(|(_, replica)| !replica.is_compacted());
        for partition in not_compacted.map(|(partition, _)| partition).collect::<Vec<_>>() {
            self.delete_old_segments(now, partition, out);
        }
        let interval = VirtualTime::from_ms(self.config.log_retention_check_interval_ms);
        self.schedule(now + interval, TimerKind::Retention, out);
    }

    /// Deletes the segments of one replica that may go.
    pub(super) fn delete_old_segments(&mut self, now: VirtualTime, partition: TopicPartition, out: &mut BrokerOutput) {
        let wall_clock = self.wall_clock(now);
        let Some(replica) = self.partition_mut(partition) else { return };
        replica.delete_old_segments(wall_clock, &mut out.events);
        self.check_purgatory(now, partition, out);
    }
}
