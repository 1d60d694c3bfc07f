//! Every answer that Kafka's own `UnifiedLog` gave, and the same bytes in its files at the end (`tests/vectors/log/`).

use crate::vectors::{self, signed};
use bytes::Bytes;
use highwater::engine::common::{LeaderEpoch, Offset, ProducerEpoch, ProducerId};
use highwater::engine::config::{TopicConfig, Value as Setting};
use highwater::engine::record::{BatchOptions, Compressor, ProducerState, RecordBatch, RecordBatchBuilder};
use highwater::engine::storage::{ClientBatch, FileClock, Log, ReadUpTo};
use serde_json::{Value, json};
use std::sync::Arc;

/// All times in the files count from here.
const EPOCH_MS: i64 = 1_700_000_000_000;

fn config(file: &Value) -> TopicConfig {
    let mut config = TopicConfig::default();
    for (name, value) in file["config"].as_object().expect("settings") {
        let value = Setting::from_json(value).expect("a plain value");
        config.set(name, &value).unwrap_or_else(|error| panic!("{error}"));
    }
    config
}

/// A batch as the file describes it: null keys, values of so many bytes `a`.
fn client_batch(described: &Value) -> RecordBatch {
    let mut builder = RecordBatchBuilder::new(BatchOptions::default(), Vec::new());
    let timestamps = described["timestamps"].as_array().expect("timestamps");
    for (timestamp, size) in timestamps.iter().zip(described["valueSizes"].as_array().expect("sizes")) {
        let value = vec![b'a'; signed(size) as usize];
        builder.append(EPOCH_MS + signed(timestamp), None, Some(&value), &[]);
    }
    let producer = ProducerState {
        producer_id: ProducerId(signed(&described["producerId"])),
        producer_epoch: ProducerEpoch(signed(&described["producerEpoch"]) as i16),
        base_sequence: signed(&described["baseSequence"]) as i32,
        is_transactional: false,
    };
    builder.close(producer, &mut Compressor::default()).batch
}

/// The batch as the log gets it: every other one as bytes from outside, so that both ways in are held to the same answers.
fn offered(described: &Value, number: usize) -> ClientBatch {
    let batch = client_batch(described);
    if number.is_multiple_of(2) {
        return ClientBatch::Built(batch);
    }
    let (parsed, _) = RecordBatch::parse(&Bytes::from(batch.to_vec()), 0).expect("what was built parses");
    ClientBatch::Received(parsed)
}

fn state(log: &Log) -> Value {
    let segments: Vec<_> = log.segments().map(|segment| (segment.base_offset().0, segment.size_in_bytes())).collect();
    json!({
        "logStartOffset": log.log_start_offset().0,
        "logEndOffset": log.log_end_offset().0,
        "segments": segments,
    })
}

/// What the log answers to a step, in the words of the file.
fn answer(log: &mut Log, step: &Value, number: usize) -> Value {
    let now = EPOCH_MS + signed(&step["t"]);
    let offset = || Offset(signed(&step["offset"]));
    let epoch = || LeaderEpoch(signed(&step["leaderEpoch"]) as i32);
    match step["do"].as_str().expect("what to do") {
        "append" => match log.append_as_leader(offered(&step["batch"], number), epoch(), now) {
            Err(error) => json!({"error": error.kafka_error().exception()}),
            Ok(info) => match info.duplicate_of() {
                Some(original) => json!({"duplicateOf": original.first_offset().0}),
                None => json!({"firstOffset": info.base_offset().0, "lastOffset": info.last_offset().0}),
            },
        },
        "highWatermark" => json!({"highWatermark": log.update_high_watermark(offset()).0}),
        "retention" => {
            let preview = log.retention_preview(now).deleted.len();
            let deleted = log.delete_old_segments(now).deleted.len();
            assert_eq!(preview, deleted, "the preview is what happens");
            json!({"deletedSegments": deleted})
        }
        "roll" => {
            log.roll(now);
            json!({})
        }
        "assignEpoch" => {
            log.assign_epoch_start_offset(epoch(), log.log_end_offset());
            json!({})
        }
        "truncate" => json!({"truncated": log.truncate_to(offset(), now)}),
        "deleteRecords" => match log.delete_records(offset()) {
            Ok(moved) => json!({"moved": moved}),
            Err(error) => json!({"error": error.kafka_error().exception()}),
        },
        "endOffsetForEpoch" => match log.end_offset_for_epoch(epoch()) {
            Some(end) => json!({"foundEpoch": end.epoch.0, "endOffset": end.end_offset.0}),
            None => json!({"endOffset": null}),
        },
        "read" => read(log, step),
        "offsetForTimestamp" => {
            let found = log.offset_for_timestamp(EPOCH_MS + signed(&step["timestamp"]));
            match found.expect("sound records") {
                Some(found) => json!({"offset": found.offset.0, "timestampFound": found.timestamp - EPOCH_MS}),
                None => json!({"offset": null}),
            }
        }
        other => panic!("unknown step {other}"),
    }
}

fn read(log: &mut Log, step: &Value) -> Value {
    let up_to = match step["upTo"].as_str() {
        Some("logEnd") => ReadUpTo::LogEnd,
        Some("highWatermark") => ReadUpTo::HighWatermark,
        other => panic!("unknown limit {other:?}"),
    };
    let max_bytes = signed(&step["maxBytes"]) as usize;
    match log.read(Offset(signed(&step["offset"])), max_bytes, up_to) {
        Err(error) => json!({"error": error.kafka_error().exception()}),
        Ok(data) => {
            let batches: Vec<i64> = data.batches.iter().map(|batch| batch.base_offset().0).collect();
            json!({"batches": batches, "sizeInBytes": data.size_in_bytes})
        }
    }
}

/// Runs a file's steps and gives the log that they leave, and how many answers were compared.
fn run(path: &str, file: &Value) -> (Log, usize) {
    let config = Arc::new(config(file));
    let mut log = Log::with_file_clock(config, FileClock::AheadOfRecords, EPOCH_MS);
    let mut expected_state = state(&log);
    let mut compared = 0;
    for (number, step) in file["steps"].as_array().expect("steps").iter().enumerate() {
        let place = || format!("{path} step {number}: {step}");
        let given = answer(&mut log, step, number);
        let questions = ["t", "do", "then", "batch", "leaderEpoch", "offset", "maxBytes", "upTo", "timestamp"];
        let is_answer =
            |key: &str| !questions.contains(&key) || (key == "offset" && step["do"] == "offsetForTimestamp");
        for (key, value) in step.as_object().expect("a step").iter().filter(|(key, _)| is_answer(key)) {
            assert_eq!(given.get(key), Some(value), "{}", place());
            compared += 1;
        }
        assert_eq!(given.get("error"), step.get("error"), "{}", place());
        if let Some(then) = step.get("then") {
            assert_eq!(json!(log.high_watermark().0), then["highWatermark"], "{}", place());
            expected_state = then.clone();
            expected_state.as_object_mut().expect("a state").remove("highWatermark");
        }
        assert_eq!(state(&log), expected_state, "{}", place());
        compared += 1;
    }
    (log, compared)
}

fn check_end(path: &str, file: &Value, log: &Log) -> usize {
    let epochs: Vec<_> = log.leader_epochs().entries().map(|entry| (entry.epoch.0, entry.start_offset.0)).collect();
    assert_eq!(json!(epochs), file["leaderEpochs"], "{path}: leader epochs");
    let mut closed = log.clone();
    closed.close();
    let (_, newest) = closed.producer_state().snapshots().next_back().expect("a close takes a snapshot");
    let mut producers: Vec<Value> = newest
        .entries()
        .iter()
        .map(|entry| {
            json!({
                "producerId": entry.producer_id.0,
                "producerEpoch": entry.producer_epoch.0,
                "lastSequence": entry.last_sequence,
            })
        })
        .collect();
    producers.sort_by_key(|producer| producer["producerId"].as_i64());
    let mut expected = file["producers"].as_array().expect("producers").clone();
    expected.sort_by_key(|producer| producer["producerId"].as_i64());
    assert_eq!(producers, expected, "{path}: producers");

    let files = log.files();
    let expected = file["files"].as_array().expect("files");
    assert_eq!(expected.len(), log.segments_count(), "{path}: segments");
    let mut compared = 2;
    for segment in expected {
        for suffix in ["log", "index", "timeindex"] {
            let name = format!("{:020}.{suffix}", signed(&segment["baseOffset"]));
            let ours = files.iter().find(|file| file.name == name).unwrap_or_else(|| panic!("{path}: no {name}"));
            assert_eq!(json!(ours.bytes.len()), segment[suffix]["size"], "{path}: size of {name}");
            assert_eq!(json!(vectors::sha256(&ours.bytes)), segment[suffix]["sha256"], "{path}: bytes of {name}");
            compared += 2;
        }
    }
    compared
}

#[test]
fn every_answer_of_kafkas_own_log_and_the_same_bytes_at_the_end() {
    let files = vectors::files("log", |_| true);
    assert!(!files.is_empty(), "the folder has files");
    let mut compared = 0;
    for path in &files {
        let file = vectors::json(path);
        let (log, answers) = run(path, &file);
        compared += answers + check_end(path, &file, &log);
    }
    assert!(compared > 10_000, "{compared} values of {} files were compared", files.len());
}
