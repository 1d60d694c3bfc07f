//! The sender against `sender/`: the same requests and the same end for every record as Kafka's own `Sender`, over a bad network.
//!
//! With `enable.idempotence` the same producer ids, epochs and sequences too.

use crate::accumulator::{EPOCH_MS, config_of, metadata_of};
use crate::vectors;
use highwater::engine::common::{
    BrokerId, KafkaError, Offset, PartitionId, ProducerEpoch, ProducerId, RecordId, TopicId, TopicPartition,
    VirtualTime,
};
use highwater::engine::producer::{
    AppendContext, AppendOutcome, BatchOutcome, Chance, FinishedBatch, Idempotence, MetadataView, OutgoingRequest,
    PartitionResponse, Produced, ProducerIdAndEpoch, RecordAccumulator, RequestId, Sender,
};
use highwater::engine::record::Compression;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const TOPIC: TopicId = TopicId(0);

/// Partitions are given, so nothing is drawn.
struct NoChance;

impl Chance for NoChance {
    fn next_u31(&mut self) -> u32 {
        panic!("a record with a given partition drew a random number")
    }
}

/// Replays one file.
struct Replay {
    metadata: MetadataView,
    accumulator: RecordAccumulator,
    sender: Sender,
    /// Our requests, by the number that the file gives them.
    requests: BTreeMap<u64, RequestId>,
    undecided: u64,
    ids_asked_for: u64,
}

impl Replay {
    fn new(file: &Value, path: &str) -> Self {
        let config = config_of(file, path);
        let mut accumulator = RecordAccumulator::new(&config, Compression::from(config.compression_type), None);
        accumulator.assign_producer_id(identity(&file["firstProducerId"], &file["firstEpoch"]));
        Self {
            metadata: metadata_of(file),
            accumulator,
            sender: Sender::new(&config),
            requests: BTreeMap::new(),
            undecided: 0,
            ids_asked_for: 0,
        }
    }

    /// The answers to a step; none but a run has any.
    fn answer(&mut self, step: &Value) -> Value {
        let now = VirtualTime::from_ms(step["t"].as_i64().expect("t is a number"));
        match step["do"].as_str().expect("do is a word") {
            "append" => self.append(step, now),
            "run" => return self.run(step, now),
            "respond" => {
                let request = self.requests[&vectors::integer(&step["request"])];
                let partitions = step["partitions"].as_array().expect("partitions is a list");
                self.sender.respond(request, partitions.iter().map(partition_response).collect());
            }
            "disconnect" => self.sender.disconnected(broker_of(&step["node"])),
            other => panic!("unknown step {other}"),
        }
        json!({})
    }

    fn append(&mut self, step: &Value, now: VirtualTime) {
        let value = vec![0; usize::try_from(vectors::integer(&step["valueSize"])).expect("a small size")];
        let record = Produced {
            id: RecordId(vectors::integer(&step["record"])),
            timestamp: EPOCH_MS + now.as_ms(),
            key: None,
            value: Some(&value),
            headers: &[],
        };
        let metadata = self.metadata.topic(TOPIC).expect("the topic is known");
        let context = AppendContext { topic: TOPIC, metadata, chance: &mut NoChance, now };
        let partition = partition_of(&step["partition"]).partition;
        let outcome = self.accumulator.append(context, partition, &record, now);
        assert!(matches!(outcome, Ok(AppendOutcome::Appended(_))), "{step}: {outcome:?}");
        self.undecided += 1;
    }

    /// Whether an id is waited for; gives it the file's, whose brokers answer at once.
    fn take_producer_id(&mut self, step: &Value) -> bool {
        let is_asked_for = self.accumulator.idempotence().is_some_and(Idempotence::is_initializing);
        if is_asked_for && step["newProducerId"].is_number() {
            self.accumulator.assign_producer_id(identity(&step["newProducerId"], &json!(0)));
        }
        self.ids_asked_for += u64::from(is_asked_for);
        is_asked_for
    }

    fn run(&mut self, step: &Value, now: VirtualTime) -> Value {
        let turn = self.sender.run(&mut self.accumulator, &mut self.metadata, now);
        // The files number requests in an order of nodes of their own.
        let theirs: BTreeMap<BrokerId, &Value> = step["sent"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|sent| (broker_of(&sent["node"]), &sent["request"]))
            .collect();
        let mut sent = Vec::new();
        for request in &turn.requests {
            let number = theirs.get(&request.node).map_or(Value::Null, |number| (*number).clone());
            if let Some(number) = number.as_u64() {
                self.requests.insert(number, request.id);
            }
            sent.push(described(request, &number));
        }
        let done: BTreeMap<u64, Value> = turn.finished.iter().flat_map(outcomes).collect();
        self.undecided -= done.len() as u64;
        let done: Vec<Value> = done.into_iter().map(|(record, outcome)| json!([record, outcome])).collect();
        json!({ "sent": sorted_by(sent, "node"), "done": done, "asksForProducerId": self.take_producer_id(step) })
    }
}

fn identity(producer_id: &Value, epoch: &Value) -> ProducerIdAndEpoch {
    let epoch = i16::try_from(vectors::integer(epoch)).expect("an epoch has 16 bits");
    let producer_id = producer_id.as_i64().expect("a producer id is a number");
    ProducerIdAndEpoch { producer_id: ProducerId(producer_id), epoch: ProducerEpoch(epoch) }
}

fn broker_of(value: &Value) -> BrokerId {
    BrokerId(i32::try_from(vectors::integer(value)).expect("a small number"))
}

fn partition_of(value: &Value) -> TopicPartition {
    TopicPartition::new(TOPIC, PartitionId(i32::try_from(vectors::integer(value)).expect("a small number")))
}

fn partition_response(answer: &Value) -> PartitionResponse {
    let partition = partition_of(&answer["partition"]);
    let name = answer["error"].as_str().expect("an error's name");
    let response = match name {
        "NONE" => PartitionResponse::appended(partition, Offset(answer["baseOffset"].as_i64().expect("an offset"))),
        name => {
            let error = KafkaError::from_name(name).unwrap_or_else(|| panic!("{name} is no error of ours"));
            PartitionResponse::failed(partition, error)
        }
    };
    PartitionResponse { log_start_offset: Offset(answer["logStartOffset"].as_i64().expect("an offset")), ..response }
}

fn described(request: &OutgoingRequest, number: &Value) -> Value {
    let batches = request.batches.iter().map(|outgoing| {
        let batch = &outgoing.batch;
        batch.ensure_valid().expect("what is sent is a valid batch");
        assert_eq!(outgoing.record_ids.len() as i32, batch.records_count(), "the side list names each record");
        json!({
            "partition": outgoing.partition.partition.0,
            "records": batch.records_count(),
            "sizeInBytes": batch.size_in_bytes(),
            "producerId": batch.producer_id().0,
            "producerEpoch": batch.producer_epoch().0,
            "baseSequence": batch.base_sequence(),
        })
    });
    json!({ "request": number, "node": request.node.0, "batches": sorted_by(batches.collect(), "partition") })
}

/// What each record of a batch was told: its offset or an exception.
fn outcomes(batch: &FinishedBatch) -> Vec<(u64, Value)> {
    let told = |index: usize| match &batch.outcome {
        BatchOutcome::Delivered { base_offset: Offset::UNKNOWN, .. } => json!(-1),
        BatchOutcome::Delivered { base_offset, .. } => json!(base_offset.plus(index as i64).0),
        BatchOutcome::Failed { reason, .. } => json!(reason.exception(index)),
    };
    batch.record_ids.iter().enumerate().map(|(index, id)| (id.0, told(index))).collect()
}

fn sorted_by(mut list: Vec<Value>, name: &str) -> Vec<Value> {
    list.sort_by_key(|entry| entry[name].as_i64());
    list
}

/// A run's answers in the file, with what may be left out and orders of no meaning made the same.
fn expected_of(step: &Value) -> Value {
    if step["do"] != "run" {
        return json!({});
    }
    let mut sent = step["sent"].as_array().expect("sent is a list").clone();
    for request in &mut sent {
        let batches = request["batches"].as_array().expect("batches is a list").clone();
        request["batches"] = Value::from(sorted_by(batches, "partition"));
    }
    let mut done = step.get("done").and_then(Value::as_array).cloned().unwrap_or_default();
    done.sort_by_key(|entry| entry[0].as_i64());
    let asks = step.get("newProducerId").is_some();
    json!({ "sent": sorted_by(sent, "node"), "done": done, "asksForProducerId": asks })
}

#[test]
#[allow(clippy::print_stdout)] // how many files were read is part of the result
fn requests_and_outcomes_are_kafkas() {
    let files = vectors::files("sender", |name| name.ends_with(".json"));
    let (mut replayed, mut idempotent, mut runs) = (0, 0, 0);
    for path in files {
        let file = vectors::json(&path);
        idempotent += usize::from(file["config"]["enable.idempotence"] == json!(true));
        replayed += 1;
        let mut replay = Replay::new(&file, &path);
        for (index, step) in file["steps"].as_array().expect("steps is a list").iter().enumerate() {
            let expected = expected_of(step);
            let answer = replay.answer(step);
            vectors::assert_same(
                &answer,
                &expected,
                &format!("{path}, step {index} ({} at {})", step["do"], step["t"]),
            );
            runs += usize::from(step["do"] == "run");
        }
        assert_eq!(Value::from(replay.undecided), file["undecided"], "{path}: records left undecided");
        assert_eq!(Value::from(replay.ids_asked_for), file["initProducerId"], "{path}: producer ids asked for");
    }
    println!("sender/: {replayed} files, {idempotent} of them idempotent, {runs} turns");
    assert!(idempotent > 0 && idempotent < replayed && runs > 0);
}
