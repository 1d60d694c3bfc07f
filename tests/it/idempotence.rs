//! The two halves of idempotence together: the producer's numbers (KAFKA 4.1 to 4.4) against the leader's log (4.5), over a network that
//! loses requests and answers. Every record is stored once, in order; without idempotence the same network breaks that.

use highwater::engine::common::{
    BrokerId, KafkaError, LeaderEpoch, Offset, PartitionId, Prng, ProducerEpoch, ProducerId, RecordId, TopicId,
    TopicPartition, VirtualTime,
};
use highwater::engine::config::{ProducerConfig, TopicConfig, Value};
use highwater::engine::producer::{
    BatchOutcome, MetadataView, OutgoingBatch, OutgoingRequest, PartitionMetadata, PartitionResponse, Produced,
    Producer, ProducerIdAndEpoch, SendOutcome, TopicMetadata,
};
use highwater::engine::record::Compression;
use highwater::engine::storage::{ClientBatch, Log};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

const TOPIC: TopicId = TopicId(0);
const EPOCH_MS: i64 = 1_700_000_000_000;
const LEADERS: [i32; 3] = [1, 2, 1];
const SETTINGS: [(&str, &str); 4] =
    [("batch.size", "300"), ("linger.ms", "5"), ("request.timeout.ms", "2000"), ("delivery.timeout.ms", "100000000")];

/// Bytes of several records that the leaders take; a full batch has more.
const SIZE_MAX: usize = 270;

/// A partition as its leader has it.
struct Replica {
    log: Log,
    sent: Vec<RecordId>,
    stored: Vec<RecordId>,
}

/// A producer, its connections and the leaders behind them.
struct Network {
    producer: Producer,
    replicas: BTreeMap<TopicPartition, Replica>,
    /// Requests on their way, by connection, oldest first.
    wire: BTreeMap<BrokerId, VecDeque<OutgoingRequest>>,
    prng: Prng,
    now: VirtualTime,
    next_record: u64,
    is_healed: bool,
}

impl Network {
    fn new(seed: u64, is_idempotent: bool) -> Self {
        let mut config = ProducerConfig::default();
        for (name, value) in SETTINGS {
            config.set(name, &Value::Text(value.to_string())).unwrap();
        }
        config.set("enable.idempotence", &Value::Bool(is_idempotent)).unwrap();
        let mut producer = Producer::new(config, Compression::None, seed, "test");
        let known =
            LEADERS.map(|leader| PartitionMetadata { leader: Some(BrokerId(leader)), leader_epoch: LeaderEpoch(0) });
        producer.set_metadata(MetadataView::new(vec![TopicMetadata::new(known.to_vec())]));
        let replicas = (0..).map(partition).take(LEADERS.len()).map(|partition| {
            let log = Log::new(Arc::new(TopicConfig::default()), EPOCH_MS);
            (partition, Replica { log, sent: Vec::new(), stored: Vec::new() })
        });
        Self {
            producer,
            replicas: replicas.collect(),
            wire: BTreeMap::new(),
            prng: Prng::stream(seed, "network"),
            now: VirtualTime::ZERO,
            next_record: 0,
            is_healed: false,
        }
    }

    fn act(&mut self) {
        match self.prng.below(10) {
            0..=3 => self.send(),
            4 => self.now += VirtualTime::from_ms(self.prng.between(1, 700) as i64),
            5 => self.disconnect(),
            _ => self.answer(),
        }
        self.wake();
    }

    fn send(&mut self) {
        let to = partition(self.prng.below(LEADERS.len() as u64) as i32);
        self.send_to(to);
    }

    fn send_to(&mut self, to: TopicPartition) {
        let value = vec![b'v'; self.prng.between(1, 120) as usize];
        let id = RecordId(self.next_record);
        let record = Produced { id, timestamp: EPOCH_MS, key: None, value: Some(&value), headers: &[] };
        let outcome = self.producer.send(TOPIC, Some(to.partition), &record, self.now, self.now).unwrap();
        assert!(matches!(outcome, SendOutcome::Appended(_)));
        self.replicas.get_mut(&to).unwrap().sent.push(id);
        self.next_record += 1;
    }

    fn wake(&mut self) {
        let turn = self.producer.wake(self.now);
        for node in turn.closed_connections {
            self.lose(node);
        }
        for request in turn.requests {
            self.wire.entry(request.node).or_default().push_back(request);
        }
        for batch in turn.finished {
            let BatchOutcome::Delivered { base_offset, .. } = batch.outcome else { panic!("{batch:?}") };
            let stored = &self.replicas[&batch.partition].stored;
            let place = usize::try_from(base_offset.0).unwrap();
            assert_eq!(stored[place..place + batch.record_ids.len()], batch.record_ids[..], "told the right offsets");
        }
        if self.producer.is_waiting_for_producer_id() && self.prng.chance(500) {
            let (producer_id, epoch) = (ProducerId(7), ProducerEpoch(0));
            self.producer.assign_producer_id(ProducerIdAndEpoch { producer_id, epoch });
        }
    }

    /// The leader takes the oldest request of a connection and answers it.
    fn answer(&mut self) {
        let nodes: Vec<BrokerId> =
            self.wire.iter().filter(|(_, line)| !line.is_empty()).map(|(node, _)| *node).collect();
        if nodes.is_empty() {
            return;
        }
        let node = nodes[self.prng.below(nodes.len() as u64) as usize];
        let request = self.wire.get_mut(&node).and_then(VecDeque::pop_front).unwrap();
        let answers = request.batches.iter().map(|batch| self.append(batch)).collect();
        assert!(self.producer.respond(request.id, answers));
    }

    /// A connection is lost with what is on it.
    fn disconnect(&mut self) {
        let node = BrokerId(LEADERS[self.prng.below(2) as usize]);
        self.lose(node);
        self.producer.disconnected(node);
    }

    /// The leader may have taken the first requests on a connection before it was lost.
    fn lose(&mut self, node: BrokerId) {
        let line = self.wire.remove(&node).unwrap_or_default();
        let taken = self.prng.below(line.len() as u64 + 1) as usize;
        for batch in line.iter().take(taken).flat_map(|request| &request.batches) {
            self.append(batch);
        }
    }

    fn append(&mut self, outgoing: &OutgoingBatch) -> PartitionResponse {
        let luck = if self.is_healed { 99 } else { self.prng.below(20) };
        let failed = |error| PartitionResponse::failed(outgoing.partition, error);
        // A leader's limit is the same every time, else a batch that is in the log might be split.
        if outgoing.batch.records_count() > 1 && outgoing.batch.size_in_bytes() > SIZE_MAX {
            return failed(KafkaError::MessageTooLarge);
        }
        if luck == 0 {
            return failed(KafkaError::NotEnoughReplicas);
        }
        let replica = self.replicas.get_mut(&outgoing.partition).unwrap();
        let batch = ClientBatch::Built(outgoing.batch.clone());
        let base_offset = match replica.log.append_as_leader(batch, LeaderEpoch(0), EPOCH_MS) {
            Err(refused) => return failed(refused.kafka_error()),
            Ok(info) => {
                if info.duplicate_of().is_none() {
                    replica.stored.extend(outgoing.record_ids.iter());
                }
                info.base_offset()
            }
        };
        match luck {
            1 => failed(KafkaError::NotEnoughReplicasAfterAppend),
            _ => PartitionResponse::appended(outgoing.partition, base_offset),
        }
    }

    /// Ends the faults and lets everything arrive.
    fn heal(&mut self) {
        assert!(self.drains_in(10_000), "{} records were sent, and some are still under way", self.next_record);
    }

    /// Whether everything has its outcome after this many answers of a network without faults.
    fn drains_in(&mut self, answers: usize) -> bool {
        self.is_healed = true;
        for _ in 0..answers {
            if !self.producer.has_incomplete() {
                return true;
            }
            self.answer();
            self.now += VirtualTime::from_ms(20);
            self.wake();
        }
        false
    }
}

fn partition(index: i32) -> TopicPartition {
    TopicPartition::new(TOPIC, PartitionId(index))
}

/// Runs a bad network to its end. Each leader gets to know the producer before the faults begin.
fn run(seed: u64, is_idempotent: bool) -> Network {
    let mut network = Network::new(seed, is_idempotent);
    (0..).map(partition).take(LEADERS.len()).for_each(|partition| network.send_to(partition));
    network.heal();
    network.is_healed = false;
    (0..400).for_each(|_| network.act());
    network.heal();
    network
}

#[test]
fn every_record_is_stored_once_and_in_order() {
    for seed in 0..150 {
        let network = run(seed, true);
        for (partition, replica) in &network.replicas {
            assert_eq!(replica.stored, replica.sent, "seed {seed}, {partition:?}");
            assert_eq!(replica.log.log_end_offset(), Offset(replica.sent.len() as i64));
        }
        let identity = network.producer.accumulator().idempotence().unwrap().identity();
        assert_eq!(identity.epoch, ProducerEpoch(0), "seed {seed}: no gap, so no bump");
    }
}

#[test]
fn without_idempotence_the_same_network_duplicates_and_reorders() {
    let (mut duplicates, mut reordered) = (0, 0);
    for seed in 0..20 {
        for replica in run(seed, false).replicas.into_values() {
            duplicates += usize::from(replica.stored.len() > replica.sent.len());
            let mut first_copies: Vec<RecordId> = Vec::new();
            for id in replica.stored {
                if !first_copies.contains(&id) {
                    first_copies.push(id);
                }
            }
            reordered += usize::from(first_copies != replica.sent);
        }
    }
    assert!(duplicates > 0 && reordered > 0, "{duplicates} partitions with duplicates, {reordered} reordered");
}

/// KAFKA 4.5: a leader that knows nothing of a producer takes any sequence. So a batch that overtakes the very first one is stored, and
/// the first is out of order from then on; it is no gap in the producer's eyes, so nothing ends that but `delivery.timeout.ms`.
#[test]
fn a_first_batch_that_was_overtaken_never_gets_in() {
    let mut network = Network::new(1, true);
    while network.producer.accumulator().idempotence().is_none_or(|known| !known.identity().is_valid()) {
        network.wake();
    }
    for _ in 0..2 {
        network.send_to(partition(0));
        network.now += VirtualTime::from_ms(10);
        network.wake();
    }
    let line = network.wire.get_mut(&BrokerId(LEADERS[0])).unwrap();
    assert_eq!(line.len(), 2, "both are in flight");
    let first = line.pop_front().unwrap();
    let refused = PartitionResponse::failed(partition(0), KafkaError::NotEnoughReplicas);
    assert!(network.producer.respond(first.id, vec![refused]));
    assert!(!network.drains_in(1_000));
    assert_eq!(network.replicas[&partition(0)].stored, [RecordId(1)]);
}
