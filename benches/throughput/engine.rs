//! The engine's way: a producer's send, the sender's turns, the leader's append, as the simulation calls them.
//!
//! Each partition has a leader of its own, so that a batch leaves because it is full and not in another's company, and each request is
//! answered at once.

use std::sync::Arc;

use highwater::engine::common::{BrokerId, LeaderEpoch, Offset, RecordId, TopicId, VirtualTime};
use highwater::engine::config::{Acks, CompressionType, ProducerConfig, TopicConfig};
use highwater::engine::producer::{
    MetadataView, PartitionMetadata, PartitionResponse, Produced, Producer, SendOutcome, SenderTurn, TopicMetadata,
};
use highwater::engine::record::{Compression, RecordBatch};
use highwater::engine::storage::{Log, validation::ClientBatch};

use crate::records::{BATCH_SIZE, PARTITIONS, Records, TIMESTAMP};

const TOPIC: TopicId = TopicId(0);
const LEADER_EPOCH: LeaderEpoch = LeaderEpoch(0);
/// Records sent in a microsecond of virtual time: fast enough that batches fill before their linger is over.
const RECORDS_A_MICROSECOND: u64 = 2;

/// A producer and the logs of the partitions that it sends to.
struct Run {
    producer: Producer,
    logs: Vec<Log>,
    delivered: usize,
}

/// Sends all records and gives the logs.
pub(crate) fn run(records: &Records, codec: CompressionType) -> Vec<Log> {
    let mut run = Run::new(codec);
    for (number, (key, value)) in (0..).zip(records.iter()) {
        run.send(number, key, value);
    }
    run.finish(VirtualTime(records.count() as u64 / RECORDS_A_MICROSECOND));
    assert_eq!(run.delivered, records.count(), "every record was delivered");
    run.logs
}

/// The batches of each log, as the leader stored them.
pub(crate) fn batches(logs: &[Log]) -> Vec<Vec<RecordBatch>> {
    let of =
        |log: &Log| log.segments().flat_map(|segment| segment.batches()).map(|stored| stored.batch.clone()).collect();
    logs.iter().map(of).collect()
}

impl Run {
    fn new(codec: CompressionType) -> Self {
        let config = ProducerConfig {
            acks: Acks::One,
            batch_size: BATCH_SIZE as i64,
            compression_type: codec,
            ..ProducerConfig::default()
        };
        let mut producer = Producer::new(config, Compression::from(codec), 1, "bench");
        let led_by = |broker| PartitionMetadata { leader: Some(BrokerId(broker)), leader_epoch: LEADER_EPOCH };
        let partitions = (0..PARTITIONS as i32).map(led_by).collect();
        producer.set_metadata(MetadataView::new(vec![TopicMetadata::new(partitions)]));
        let config = Arc::new(TopicConfig::default());
        let logs = (0..PARTITIONS).map(|_| Log::new(Arc::clone(&config), TIMESTAMP)).collect();
        Self { producer, logs, delivered: 0 }
    }

    fn send(&mut self, number: u64, key: &[u8], value: &[u8]) {
        let now = VirtualTime(number / RECORDS_A_MICROSECOND);
        let record =
            Produced { id: RecordId(number), timestamp: TIMESTAMP, key: Some(key), value: Some(value), headers: &[] };
        let deadline = self.producer.deadline_of_a_send(now);
        let appended = match self.producer.send(TOPIC, None, &record, now, deadline) {
            Ok(SendOutcome::Appended(appended)) => appended,
            other => panic!("the record is small, and there is memory and metadata: {other:?}"),
        };
        if appended.batch_is_full || appended.new_batch_created {
            self.wake(now);
        }
    }

    /// The sender's turns at this moment, and the leaders' answers to what leaves.
    fn wake(&mut self, now: VirtualTime) {
        loop {
            let turn = self.producer.wake(now);
            self.delivered += turn.finished.iter().map(|batch| batch.record_ids.len()).sum::<usize>();
            if turn.requests.is_empty() {
                return;
            }
            self.answer(turn);
        }
    }

    fn answer(&mut self, turn: SenderTurn) {
        for request in turn.requests {
            let answers = request.batches.into_iter().map(|outgoing| {
                let base_offset = append(&mut self.logs[outgoing.partition.partition.index()], outgoing.batch);
                PartitionResponse::appended(outgoing.partition, base_offset)
            });
            self.producer.respond(request.id, answers.collect());
        }
    }

    fn finish(&mut self, now: VirtualTime) {
        self.producer.begin_flush();
        self.wake(now);
        assert!(!self.producer.has_incomplete(), "the flush sent everything");
    }
}

fn append(log: &mut Log, batch: RecordBatch) -> Offset {
    let info = log.append_as_leader(ClientBatch::Built(batch), LEADER_EPOCH, TIMESTAMP);
    info.expect("the leader takes what its own producer built").base_offset()
}
