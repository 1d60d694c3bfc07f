//! The accumulator against `accumulator/`: every answer that Kafka's own `RecordAccumulator` gave, step by step.

use crate::vectors;
use highwater::engine::common::{BrokerId, LeaderEpoch, PartitionId, RecordId, TopicId, TopicPartition, VirtualTime};
use highwater::engine::config::{EnableIdempotence, ProducerConfig, Value as SettingValue};
use highwater::engine::producer::{
    AppendContext, AppendOutcome, BatchId, Chance, MetadataView, PartitionMetadata, Produced, ProducerBatch,
    RecordAccumulator, TopicMetadata,
};
use highwater::engine::record::Compression;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};

const TOPIC: TopicId = TopicId(0);

/// What the harness that made the files adds to Kafka's settings.
const NOT_A_SETTING: [&str; 1] = ["retryBackoffJitter"];
/// Where the files' timestamps begin.
pub(crate) const EPOCH_MS: i64 = 1_700_000_000_000;

/// The numbers that Kafka drew during one step.
struct Recorded {
    randoms: VecDeque<u32>,
    missing: usize,
}

impl Chance for Recorded {
    fn next_u31(&mut self) -> u32 {
        self.randoms.pop_front().unwrap_or_else(|| {
            self.missing += 1;
            0
        })
    }
}

pub(crate) fn config_of(file: &Value, path: &str) -> ProducerConfig {
    // A file without idempotence does not name it.
    let mut config = ProducerConfig { enable_idempotence: EnableIdempotence::False, ..ProducerConfig::default() };
    for (name, value) in file["config"].as_object().expect("config is an object") {
        if !NOT_A_SETTING.contains(&name.as_str()) {
            let value = SettingValue::from_json(value).expect("a setting is a plain value");
            config.set(name, &value).unwrap_or_else(|error| panic!("{path}: {error}"));
        }
    }
    config
}

pub(crate) fn metadata_of(file: &Value) -> MetadataView {
    let leaders = file["leaders"].as_array().expect("leaders is a list");
    let partitions = leaders.iter().map(|leader| PartitionMetadata {
        leader: Some(BrokerId(i32::try_from(vectors::integer(leader)).expect("a small number"))),
        leader_epoch: LeaderEpoch(0),
    });
    MetadataView::new(vec![TopicMetadata::new(partitions.collect())])
}

fn millis(span: VirtualTime) -> Value {
    assert_eq!(span.0 % 1000, 0, "the files count in milliseconds");
    Value::from(span.as_ms())
}

/// Replays one file.
struct Replay {
    config: ProducerConfig,
    metadata: MetadataView,
    accumulator: RecordAccumulator,
    next_record: u64,
    /// Drained batches, by the name that the file gives them.
    drained: BTreeMap<u64, ProducerBatch>,
    /// The names, in order of first drain.
    names: BTreeMap<BatchId, u64>,
}

impl Replay {
    fn new(file: &Value, path: &str) -> Self {
        let config = config_of(file, path);
        let compression = Compression::from(config.compression_type);
        let accumulator = RecordAccumulator::new(&config, compression, None);
        let metadata = metadata_of(file);
        Self { config, metadata, accumulator, next_record: 0, drained: BTreeMap::new(), names: BTreeMap::new() }
    }

    /// The answers to a step, with the file's names.
    fn answer(&mut self, step: &Value) -> Value {
        let at = VirtualTime::from_ms(step["t"].as_i64().expect("t is a number"));
        match step["do"].as_str().expect("do is a word") {
            "append" => self.append(step, at),
            "ready" => self.ready(at),
            "drain" => self.drain(step, at),
            "complete" => {
                let batch = self.take(step);
                self.accumulator.deallocate(&batch);
                json!({})
            }
            "reenqueue" => {
                let batch = self.take(step);
                self.accumulator.reenqueue(batch, at);
                json!({})
            }
            "memory" => json!({ "available": self.accumulator.buffer_pool().available_memory() }),
            other => panic!("unknown step {other}"),
        }
    }

    fn append(&mut self, step: &Value, now: VirtualTime) -> Value {
        let bytes = |size: &Value| size.as_u64().map(|size| vec![0_u8; usize::try_from(size).expect("a small size")]);
        let (key, value) = (bytes(&step["keySize"]), bytes(&step["valueSize"]));
        let record = Produced {
            id: RecordId(self.next_record),
            timestamp: EPOCH_MS + now.as_ms(),
            key: key.as_deref(),
            value: value.as_deref(),
            headers: &[],
        };
        let randoms = step["randoms"].as_array().into_iter().flatten();
        let randoms = randoms.map(|random| u32::try_from(vectors::integer(random)).expect("31 bits")).collect();
        let mut chance = Recorded { randoms, missing: 0 };
        let wanted = PartitionId(i32::try_from(step["partition"].as_i64().expect("a number")).expect("a small number"));
        let metadata = self.metadata.topic(TOPIC).expect("the topic is known");
        let context = AppendContext { topic: TOPIC, metadata, chance: &mut chance, now };
        let deadline = now + VirtualTime::from_ms(self.config.max_block_ms);
        let mut answer = match self.accumulator.append(context, wanted, &record, deadline) {
            Ok(AppendOutcome::Appended(appended)) => {
                self.next_record += 1;
                json!({
                    "chosen": appended.partition.0,
                    "batchIsFull": appended.batch_is_full,
                    "newBatchCreated": appended.new_batch_created,
                    "appendedBytes": appended.appended_bytes,
                })
            }
            Ok(AppendOutcome::Blocked(blocked)) => json!({ "blocked": format!("{blocked:?}") }),
            Err(error) => json!({ "error": error.exception() }),
        };
        if chance.missing > 0 || !chance.randoms.is_empty() {
            answer["randoms"] = json!(format!("{} too few, {} too many", chance.missing, chance.randoms.len()));
        } else if let Some(randoms) = step.get("randoms") {
            answer["randoms"] = randoms.clone();
        }
        answer
    }

    fn ready(&mut self, now: VirtualTime) -> Value {
        let ready = self.accumulator.ready(&self.metadata, now);
        let nodes: Vec<i32> = ready.ready_nodes.iter().map(|node| node.0).collect();
        let mut answer = json!({ "readyNodes": nodes });
        if nodes.is_empty() {
            answer["nextReadyCheckDelayMs"] = ready.next_ready_check_delay.map_or(json!(-1), millis);
        }
        answer
    }

    fn drain(&mut self, step: &Value, now: VirtualTime) -> Value {
        let size_max = usize::try_from(self.config.max_request_size).expect("a size");
        let mut answer = json!({});
        for node in step["nodes"].as_array().expect("nodes is a list") {
            let node_id = BrokerId(i32::try_from(vectors::integer(node)).expect("a small number"));
            let batches = self.accumulator.drain(&self.metadata, node_id, size_max, now);
            let batches: Vec<Value> = batches.into_iter().map(|batch| self.drained(batch)).collect();
            answer[node.to_string()] = Value::from(batches);
        }
        json!({ "batches": answer })
    }

    fn drained(&mut self, batch: ProducerBatch) -> Value {
        let next_name = self.names.len() as u64;
        let name = *self.names.entry(batch.id()).or_insert(next_name);
        if self.config.max_in_flight == 1 {
            self.accumulator.mute_partition(batch.partition());
        }
        let encoded = batch.encoded().expect("a drained batch is encoded");
        encoded.ensure_valid().expect("what was drained is a valid batch");
        let answer = json!({
            "batch": name,
            "partition": batch.partition().partition.0,
            "records": encoded.records_count(),
            "sizeInBytes": encoded.size_in_bytes(),
            "createdAt": millis(batch.created_at()),
            "attempts": batch.attempts(),
        });
        assert_eq!(batch.records_count() as i32, encoded.records_count(), "the side list names each record");
        self.drained.insert(name, batch);
        answer
    }

    fn take(&mut self, step: &Value) -> ProducerBatch {
        let batch = self.drained.remove(&vectors::integer(&step["batch"])).expect("the batch was drained");
        self.accumulator.unmute_partition(TopicPartition::new(TOPIC, batch.partition().partition));
        batch
    }
}

/// What a step asks; everything else in it is an answer.
const QUESTION: [&str; 8] = ["t", "do", "partition", "keySize", "valueSize", "nodes", "batch", "headers"];

#[test]
fn every_answer_is_kafkas() {
    let files = vectors::files("accumulator", |name| name.ends_with(".json"));
    assert!(!files.is_empty());
    let mut answers = 0;
    for path in files {
        let file = vectors::json(&path);
        let mut replay = Replay::new(&file, &path);
        for (index, step) in file["steps"].as_array().expect("steps is a list").iter().enumerate() {
            let mut expected = step.clone();
            QUESTION.iter().for_each(|name| drop(expected.as_object_mut().expect("a step is an object").remove(*name)));
            let answer = replay.answer(step);
            vectors::assert_same(&answer, &expected, &format!("{path}, step {index}: {step}"));
            answers += expected.as_object().map_or(0, serde_json::Map::len);
        }
    }
    assert!(answers > 40_000, "{answers} answers");
}
