//! A producer with one topic for the tests of this folder: made from a few settings, fed with records of a given size.

use super::{
    Appended, LeaveReason, MetadataView, OutgoingRequest, PartitionMetadata, Produced, Producer, SendError,
    SendOutcome, SenderTurn, TopicMetadata,
};
use crate::engine::common::{BrokerId, LeaderEpoch, PartitionId, RecordId, TopicId, TopicPartition, VirtualTime};
use crate::engine::config::{EnableIdempotence, ProducerConfig, Value};
use crate::engine::record::Compression;

pub(super) const TOPIC: TopicId = TopicId(0);

/// A producer, its clock in milliseconds, and the number of records sent so far.
#[derive(Clone)]
pub(super) struct Fixture {
    pub(super) producer: Producer,
    pub(super) now: VirtualTime,
    next_record: u64,
}

impl Fixture {
    /// Settings as `name=value` words, without idempotence unless they ask for it, and the leader of each partition.
    pub(super) fn new(settings: &str, leaders: &[i32]) -> Self {
        let mut config = ProducerConfig { enable_idempotence: EnableIdempotence::False, ..ProducerConfig::default() };
        for setting in settings.split_whitespace() {
            let (name, value) = setting.split_once('=').unwrap();
            config.set(name, &Value::Text(value.to_string())).unwrap();
        }
        let compression = Compression::from(config.compression_type);
        let mut producer = Producer::new(config, compression, 1, "test");
        let epoch = LeaderEpoch(0);
        let known =
            leaders.iter().map(|leader| PartitionMetadata { leader: Some(BrokerId(*leader)), leader_epoch: epoch });
        producer.set_metadata(MetadataView::new(vec![TopicMetadata::new(known.collect())]));
        Self { producer, now: VirtualTime::ZERO, next_record: 0 }
    }

    pub(super) fn at_ms(&mut self, ms: i64) -> &mut Self {
        self.now = VirtualTime::from_ms(ms);
        self
    }

    /// send() of a value of that many bytes with this key, by default to partition 0.
    pub(super) fn try_send(
        &mut self,
        partition: impl Into<Option<i32>>,
        key: Option<&[u8]>,
        value_bytes: usize,
    ) -> Result<SendOutcome, SendError> {
        let value = vec![b'v'; value_bytes];
        let record = record(self.next_record, key, &value);
        self.next_record += 1;
        let deadline = self.producer.deadline_of_a_send(self.now);
        self.producer.send(TOPIC, partition.into().map(PartitionId), &record, self.now, deadline)
    }

    #[track_caller]
    pub(super) fn send(&mut self, partition: i32, value_bytes: usize) -> Appended {
        match self.try_send(partition, None, value_bytes) {
            Ok(SendOutcome::Appended(appended)) => appended,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn wake(&mut self) -> SenderTurn {
        self.producer.wake(self.now)
    }

    /// Wakes and says what left: `partition:records:reason` for each batch.
    pub(super) fn left(&mut self) -> String {
        described(&self.wake().requests)
    }
}

pub(super) fn record<'a>(id: u64, key: Option<&'a [u8]>, value: &'a [u8]) -> Produced<'a> {
    Produced { id: RecordId(id), timestamp: 1_700_000_000_000, key, value: Some(value), headers: &[] }
}

pub(super) fn partition(index: i32) -> TopicPartition {
    TopicPartition::new(TOPIC, PartitionId(index))
}

/// `partition:records:reason` for each batch of each request.
pub(super) fn described(requests: &[OutgoingRequest]) -> String {
    let batches = requests.iter().flat_map(|request| &request.batches);
    let words = batches.map(|batch| {
        let reason: LeaveReason = batch.reason;
        format!("{}:{}:{reason:?}", batch.partition.partition, batch.record_ids.len())
    });
    words.collect::<Vec<_>>().join(" ")
}
