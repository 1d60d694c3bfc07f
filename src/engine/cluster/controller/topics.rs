//! Topics and settings: partitions that are added, and what a changed setting does to those that are there.

use super::election::Wanted;
use super::{Change, Controller};
use crate::engine::cluster::event::ControllerEvent;
use crate::engine::cluster::output::ControllerOutput;
use crate::engine::cluster::protocol::{MetadataDelta, PartitionRegistration};
use crate::engine::common::{BrokerId, PartitionId, TopicId, TopicPartition, VirtualTime};
use crate::engine::config::{BrokerConfig, TopicConfig};
use std::sync::Arc;

impl Controller {
    /// Adds partitions to a topic (`kafka-topics.sh --alter`), with these replicas. Unknown topics are ignored.
    pub fn add_partitions(&mut self, topic: TopicId, assignments: &[Vec<BrokerId>], out: &mut ControllerOutput) {
        let Some(existing) = self.image.topics.get(&topic).map(|topic| topic.partitions.len()) else { return };
        let first = i32::try_from(existing).expect("partitions are few");
        let ids = (first..).map(|index| TopicPartition::new(topic, PartitionId(index)));
        let partitions: Vec<_> = ids.zip(assignments.iter().map(|replicas| self.created(replicas))).collect();
        let count = existing + partitions.len();
        self.write(MetadataDelta { partitions, ..self.next_delta() }, Vec::new(), out);
        let partitions = u32::try_from(count).expect("partitions are few");
        out.events.push(ControllerEvent::PartitionsAdded { topic, partitions });
    }

    /// A partition that is created while brokers are down starts with the active ones in sync.
    fn created(&self, replicas: &[BrokerId]) -> PartitionRegistration {
        let active: Vec<BrokerId> = replicas.iter().copied().filter(|broker| self.image.is_active(*broker)).collect();
        if active.is_empty() {
            // Kafka refuses to create it then; here it waits for its replicas.
            return PartitionRegistration { leader: None, ..PartitionRegistration::new(replicas, replicas) };
        }
        PartitionRegistration::new(replicas, &active)
    }

    /// Gives a topic other settings (`kafka-configs.sh --alter`). Unknown topics are ignored. With a smaller
    /// `min.insync.replicas` an ISR may be large enough to do without the ELR; leaderless partitions of a topic that now allows
    /// unclean elections wait for the next periodic check, or for an operator.
    pub fn alter_topic_config(&mut self, id: TopicId, config: Arc<TopicConfig>, out: &mut ControllerOutput) {
        let Some(topic) = self.image.topics.get(&id) else { return };
        let changes_min_isr = topic.config.min_insync_replicas != config.min_insync_replicas;
        let delta = MetadataDelta { topics: vec![(id, topic.name.clone(), config)], ..self.next_delta() };
        let changes = if changes_min_isr { self.without_needless_elr(id, &delta) } else { Vec::new() };
        self.write(delta, changes, out);
    }

    /// What the ELRs of a topic's partitions become with its settings as in `delta`: they are changed together with these.
    fn without_needless_elr(&mut self, id: TopicId, delta: &MetadataDelta) -> Vec<Change> {
        let before = self.image.clone();
        self.image.apply(delta);
        let has_elr =
            |of: TopicPartition, partition: &PartitionRegistration| of.topic == id && !partition.elr.is_empty();
        let changes = self.changes_where(Wanted::default(), has_elr);
        self.image = before;
        changes
    }

    /// Gives all brokers, and the controller, other settings.
    pub fn alter_broker_config(&mut self, now: VirtualTime, config: Arc<BrokerConfig>, out: &mut ControllerOutput) {
        let before = self.image.broker_config.clone();
        self.write(MetadataDelta { broker_config: Some(config), ..self.next_delta() }, Vec::new(), out);
        self.schedule_session_check(now, out);
        self.reschedule_periodic_tasks(now, &before, out);
    }
}
