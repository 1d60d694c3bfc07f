//! A broker's copy of the metadata (`KRaftMetadataCache`): what the controller has told it so far, never more.
//!
//! Updates are the changes of the metadata log, by offset. A delta is applied only on top of the one before it. What was committed together is
//! taken in together, and acted on once (`MetadataLoader`).

use super::protocol::{
    BrokerRegistration, MetadataDelta, MetadataImage, MetadataResponse, MetadataUpdate, PartitionMetadata,
    PartitionRegistration, TopicImage, TopicMetadata,
};
use crate::engine::common::{BrokerId, PartitionId, TopicId, TopicPartition};
use crate::engine::config::BrokerConfig;
use std::sync::Arc;

impl MetadataImage {
    /// Nothing yet.
    #[must_use]
    pub fn empty(broker_config: Arc<BrokerConfig>) -> Self {
        Self {
            offset: -1,
            brokers: imbl::OrdMap::new(),
            topics: imbl::OrdMap::new(),
            broker_config,
            next_producer_id: 0,
        }
    }

    /// One partition, if it exists.
    #[must_use]
    pub fn partition(&self, partition: TopicPartition) -> Option<&PartitionRegistration> {
        let index = usize::try_from(partition.partition.0).ok()?;
        self.topics.get(&partition.topic)?.partitions.get(index)
    }

    /// Every partition, by topic and index.
    pub fn partitions(&self) -> impl Iterator<Item = (TopicPartition, &PartitionRegistration)> {
        self.topics.iter().flat_map(|(topic, image)| {
            let ids = (0..).map(PartitionId).map(|partition| TopicPartition::new(*topic, partition));
            ids.zip(&image.partitions)
        })
    }

    /// Whether a broker is registered and not fenced.
    #[must_use]
    pub fn is_alive(&self, broker: BrokerId) -> bool {
        self.brokers.get(&broker).is_some_and(|registration| !registration.is_fenced)
    }

    /// Whether a broker is registered, not fenced and does not stop: it may lead and be in an ISR.
    #[must_use]
    pub fn is_active(&self, broker: BrokerId) -> bool {
        self.brokers.get(&broker).is_some_and(BrokerRegistration::is_active)
    }

    /// The answer to a client's metadata request. A fenced broker is never named as a leader.
    #[must_use]
    pub fn to_response(&self) -> MetadataResponse {
        let partition_metadata = |(partition, state): (TopicPartition, &PartitionRegistration)| PartitionMetadata {
            partition,
            leader: state.leader.filter(|leader| self.is_alive(*leader)),
            leader_epoch: state.leader_epoch,
            replicas: state.replicas.clone(),
            isr: state.isr.clone(),
        };
        let topic_metadata = |(id, topic): (&TopicId, &TopicImage)| TopicMetadata {
            name: topic.name.clone(),
            partitions: (0..)
                .map(|index| TopicPartition::new(*id, PartitionId(index)))
                .zip(&topic.partitions)
                .map(partition_metadata)
                .collect(),
        };
        MetadataResponse {
            brokers: self.brokers.keys().copied().filter(|broker| self.is_alive(*broker)).collect(),
            topics: self.topics.iter().map(topic_metadata).collect(),
        }
    }

    /// Its brokers, topics and partitions as one change: what an empty log begins with. The settings of brokers are given to everybody at the
    /// start, and no producer id is taken yet.
    #[must_use]
    pub fn to_delta(&self) -> MetadataDelta {
        MetadataDelta {
            offset: self.offset,
            brokers: self.brokers.iter().map(|(broker, registration)| (*broker, *registration)).collect(),
            topics: self.topics.iter().map(|(id, topic)| (*id, topic.name.clone(), topic.config.clone())).collect(),
            partitions: self.partitions().map(|(partition, state)| (partition, state.clone())).collect(),
            broker_config: None,
            next_producer_id: None,
        }
    }

    /// Makes the changes of one delta.
    pub fn apply(&mut self, delta: &MetadataDelta) {
        for (broker, registration) in &delta.brokers {
            self.brokers.insert(*broker, *registration);
        }
        for (id, name, config) in &delta.topics {
            let partitions = self.topics.get(id).map(|topic| topic.partitions.clone()).unwrap_or_default();
            self.topics.insert(*id, TopicImage { name: name.clone(), config: config.clone(), partitions });
        }
        for (id, state) in &delta.partitions {
            let topic = self.topics.get_mut(&id.topic).expect("a topic is created before its partitions");
            let index = id.partition.index();
            if index < topic.partitions.len() {
                topic.partitions.set(index, state.clone());
            } else {
                debug_assert_eq!(index, topic.partitions.len(), "partitions are created in order");
                topic.partitions.push_back(state.clone());
            }
        }
        if let Some(config) = &delta.broker_config {
            self.broker_config = config.clone();
        }
        if let Some(next) = delta.next_producer_id {
            self.next_producer_id = next;
        }
        self.offset = delta.offset;
    }
}

/// The image, and how it becomes the next one.
#[derive(Clone, Debug)]
pub(super) struct MetadataCache {
    image: MetadataImage,
}

impl MetadataCache {
    pub(super) fn new(image: MetadataImage) -> Self {
        Self { image }
    }

    pub(super) fn image(&self) -> &MetadataImage {
        &self.image
    }

    /// Whether this broker, by this epoch, may be in an ISR: active, and the same process as the leader has heard from.
    pub(super) fn is_isr_eligible(&self, broker: BrokerId, broker_epoch: Option<i64>) -> bool {
        let registration: Option<&BrokerRegistration> = self.image.brokers.get(&broker);
        registration.is_some_and(|known| known.is_active() && broker_epoch == Some(known.epoch))
    }

    /// Takes an update in. Returns the partitions and topics that it may have changed, or nothing if it was old.
    pub(super) fn update(&mut self, update: MetadataUpdate) -> Option<Changed> {
        match update {
            MetadataUpdate::Image(image) if image.offset > self.image.offset => {
                self.image = image;
                Some(Changed::everything())
            }
            MetadataUpdate::Image(_) => None,
            MetadataUpdate::Deltas(deltas) => {
                let before = self.image.offset;
                let mut changed = Changed { everything: false, partitions: Vec::new(), topics: Vec::new() };
                deltas.iter().for_each(|delta| self.apply(delta, &mut changed));
                (self.image.offset > before).then_some(changed)
            }
        }
    }

    fn apply(&mut self, delta: &MetadataDelta, changed: &mut Changed) {
        if delta.base_offset() != self.image.offset + 1 {
            return;
        }
        self.image.apply(delta);
        changed.partitions.extend(delta.partitions.iter().map(|(partition, _)| *partition));
        changed.topics.extend(delta.topics.iter().map(|(topic, _, _)| *topic));
    }
}

/// What an update may have changed.
#[derive(Debug)]
pub(super) struct Changed {
    /// An image came: anything may be different.
    everything: bool,
    partitions: Vec<TopicPartition>,
    topics: Vec<TopicId>,
}

impl Changed {
    /// Anything may be different.
    pub(super) fn everything() -> Self {
        Self { everything: true, partitions: Vec::new(), topics: Vec::new() }
    }

    /// The partitions to look at, in order.
    pub(super) fn partitions(&self, image: &MetadataImage) -> Vec<TopicPartition> {
        let mut partitions: Vec<TopicPartition> = if self.everything {
            image.partitions().map(|(partition, _)| partition).collect()
        } else {
            self.partitions.clone()
        };
        partitions.sort_unstable();
        partitions.dedup();
        partitions
    }

    /// The topics whose settings to look at, in order.
    pub(super) fn topics(&self, image: &MetadataImage) -> Vec<TopicId> {
        if self.everything { image.topics.keys().copied().collect() } else { self.topics.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta(offset: i64, broker: i32) -> MetadataDelta {
        let registration = BrokerRegistration { is_fenced: false, ..BrokerRegistration::new(1, offset) };
        MetadataDelta {
            offset,
            brokers: vec![(BrokerId(broker), registration)],
            topics: Vec::new(),
            partitions: Vec::new(),
            broker_config: None,
            next_producer_id: None,
        }
    }

    fn deltas<const N: usize>(deltas: [MetadataDelta; N]) -> MetadataUpdate {
        MetadataUpdate::Deltas(deltas.into_iter().map(Arc::new).collect())
    }

    #[test]
    fn deltas_apply_in_order_and_an_old_one_changes_nothing() {
        let mut cache = MetadataCache::new(MetadataImage::empty(Arc::default()));
        assert!(cache.update(deltas([delta(0, 1), delta(1, 2)])).is_some());
        assert_eq!(cache.image().offset, 1);
        assert!(cache.update(deltas([delta(1, 9)])).is_none());
        assert!(cache.image().is_alive(BrokerId(2)) && !cache.image().is_alive(BrokerId(9)));
    }

    #[test]
    fn an_image_takes_the_place_of_what_it_has_in_it() {
        let mut cache = MetadataCache::new(MetadataImage::empty(Arc::default()));
        let image = MetadataImage { offset: 2, ..MetadataImage::empty(Arc::default()) };
        assert!(cache.update(MetadataUpdate::Image(image)).is_some());
        assert!(cache.update(deltas([delta(2, 1), delta(3, 3)])).is_some());
        assert!(cache.image().is_alive(BrokerId(3)) && !cache.image().is_alive(BrokerId(1)));
    }

    /// | registered | fenced or stopping | epoch on its fetch | eligible |
    /// |------------|--------------------|--------------------|----------|
    /// | no         | -                  | any                | no       |
    /// | yes        | yes                | any                | no       |
    /// | yes        | no                 | none or another    | no       |
    /// | yes        | no                 | the registered one | yes      |
    #[test]
    fn who_may_join_an_isr() {
        let mut image = MetadataImage::empty(Arc::default());
        let fenced = BrokerRegistration::new(1, 7);
        let active = BrokerRegistration { is_fenced: false, ..fenced };
        image.brokers.insert(BrokerId(1), active);
        image.brokers.insert(BrokerId(2), fenced);
        image.brokers.insert(BrokerId(4), BrokerRegistration { in_controlled_shutdown: true, ..active });
        let cache = MetadataCache::new(image);
        for (broker, epoch, eligible) in [
            (3, Some(7), false),
            (2, Some(7), false),
            (4, Some(7), false),
            (1, None, false),
            (1, Some(6), false),
            (1, Some(7), true),
        ] {
            assert_eq!(cache.is_isr_eligible(BrokerId(broker), epoch), eligible);
        }
    }
}
