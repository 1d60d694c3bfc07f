//! Partitions that a real Apache Kafka 4.3.1 broker wrote (`tests/vectors/broker/`): they dump as described, their indexes are rebuilt byte
//! for byte, lookups answer as the broker did, and a follower that copies them writes the same folder.

use crate::vectors::{self, signed};
use bytes::Bytes;
use highwater::engine::common::{LeaderEpoch, Offset};
use highwater::engine::config::{TopicConfig, Value as Setting};
use highwater::engine::record::{RecordBatch, RecordBatches};
use highwater::engine::storage::dump::{DumpFormat, dump};
use highwater::engine::storage::files::file_name;
use highwater::engine::storage::recovery::{LogFiles, SegmentFiles};
use highwater::engine::storage::segment::Moment;
use highwater::engine::storage::{FileClock, LeaderEpochCache, Log, ProducerSnapshot, RecoveredSegment, Shutdown};
use serde_json::{Value, json};
use std::sync::Arc;

/// One folder, and what is known of it.
struct Unit {
    folder: String,
    expected: Value,
}

impl Unit {
    fn all() -> Vec<Unit> {
        let folders = vectors::files("broker", |name| !name.contains('.'));
        assert!(folders.len() >= 14, "the folder has its partitions");
        folders
            .into_iter()
            .map(|folder| Unit { expected: vectors::json(&format!("{folder}/expected.json")), folder })
            .collect()
    }

    fn file(&self, name: &str) -> Bytes {
        Bytes::from(vectors::binary(&format!("{}/{name}", self.folder)))
    }

    /// The names of the folder's files that end so.
    fn names(&self, end: &str) -> Vec<String> {
        let files = vectors::files(&self.folder, |name| name.ends_with(end));
        files.iter().map(|path| path.rsplit('/').next().expect("a name").to_string()).collect()
    }

    fn segments(&self) -> &Vec<Value> {
        self.expected["segments"].as_array().expect("segments")
    }

    fn segment_file(&self, segment: &Value, suffix: &str) -> Bytes {
        self.file(&file_name(Offset(signed(&segment["baseOffset"])), suffix))
    }

    /// The topic's settings, as far as this engine has them.
    fn config(&self) -> TopicConfig {
        let mut config = TopicConfig::default();
        for (name, value) in self.expected["config"].as_object().expect("settings") {
            config.set(name, &Setting::from_json(value).expect("a plain value")).expect("a known setting");
        }
        config
    }

    /// The log of the folder's files, with their own indexes.
    fn open(&self) -> Log {
        let segments = self.segments().iter().map(|segment| SegmentFiles {
            base_offset: Offset(signed(&segment["baseOffset"])),
            log: self.segment_file(segment, "log"),
            indexes: Some((
                self.segment_file(segment, "index").to_vec(),
                self.segment_file(segment, "timeindex").to_vec(),
            )),
        });
        let log_start_offset = Some(Offset(signed(&self.expected["logStartOffset"])));
        let (log, faults) = LogFiles { segments: segments.collect(), log_start_offset }.open().expect("segments");
        assert_eq!(faults, Vec::<String>::new(), "{}", self.folder);
        log
    }
}

/// `dump --json` of a file, as objects, without their `file`.
fn dumped(name: &str, bytes: &Bytes, records: bool) -> Vec<Value> {
    let parts = dump(name, bytes, DumpFormat::Json { records });
    parts
        .map(|part| {
            assert_eq!(part.bad, None, "{name}");
            let mut object: Value = serde_json::from_str(&part.lines).expect("a line is an object");
            assert_eq!(object["file"], name);
            object.as_object_mut().expect("an object").remove("file");
            object
        })
        .collect()
}

#[test]
fn log_files_dump_as_described() {
    let mut batches_compared = 0;
    for unit in Unit::all() {
        for segment in unit.segments() {
            let name = segment["file"].as_str().expect("a name");
            let bytes = unit.file(name);
            assert_eq!(json!(bytes.len()), segment["sizeInBytes"], "{name}");
            assert_eq!(json!(vectors::sha256(&bytes)), segment["sha256"], "{name}");
            let objects = dumped(name, &bytes, true);
            let expected = segment["batches"].as_array().expect("batches");
            let parsed: Vec<RecordBatch> = RecordBatches::new(bytes).map(|(_, batch)| batch.expect("sound")).collect();
            assert_eq!((objects.len(), parsed.len()), (expected.len(), expected.len()), "{name}");
            for ((expected, object), batch) in expected.iter().zip(&objects).zip(&parsed) {
                check_batch(&format!("{} {name}", unit.folder), expected, object, batch);
                batches_compared += 1;
            }
            check_records(name, segment, &objects);
        }
    }
    assert!(batches_compared > 1000, "{batches_compared} batches");
}

fn check_batch(place: &str, expected: &Value, object: &Value, batch: &RecordBatch) {
    for (key, value) in expected.as_object().expect("a batch") {
        let ours = match key.as_str() {
            "crc" => json!(batch.crc()),
            "timestampType" if batch.attributes().is_log_append_time() => json!("LogAppendTime"),
            "timestampType" => json!("CreateTime"),
            "deleteHorizonMs" => json!(batch.delete_horizon_ms()),
            "controlType" => json!(control_type(batch)),
            _ => object[key].clone(),
        };
        assert_eq!(&ours, value, "{place}: {key} of {expected}");
    }
}

fn control_type(batch: &RecordBatch) -> &'static str {
    let records = batch.records().expect("sound records");
    let key = records[0].key.as_deref().expect("a marker has a key");
    highwater::engine::record::ControlRecordType::parse(key).expect("a known marker").name()
}

fn check_records(name: &str, segment: &Value, objects: &[Value]) {
    let records: Vec<&Value> =
        objects.iter().flat_map(|object| object["records"].as_array().expect("records")).collect();
    assert_eq!(json!(records.len()), segment["recordCount"], "{name}");
    let line = |record: &&Value| {
        let hex = |field: &str| record[field].as_str().unwrap_or("-").to_string();
        format!("{}|{}|{}|{}\n", record["offset"], record["timestamp"], hex("keyHex"), hex("valueHex"))
    };
    let lines: String = records.iter().map(line).collect();
    assert_eq!(json!(vectors::sha256(lines.as_bytes())), segment["recordsDigest"]["sha256"], "{name}");
}

#[test]
fn index_and_snapshot_files_dump_as_described() {
    let mut compared = 0;
    for unit in Unit::all() {
        for segment in unit.segments() {
            let base = Offset(signed(&segment["baseOffset"]));
            for (suffix, key) in [("index", "offsetIndex"), ("timeindex", "timeIndex")] {
                let name = file_name(base, suffix);
                assert_eq!(json!(dumped(&name, &unit.file(&name), false)), segment[key], "{} {name}", unit.folder);
                compared += 1;
            }
            if let Some(aborted) = segment.get("abortedTransactions") {
                let name = file_name(base, "txnindex");
                assert_eq!(&json!(dumped(&name, &unit.file(&name), false)), aborted, "{} {name}", unit.folder);
                compared += 1;
            }
        }
        let snapshots = unit.expected["producerSnapshots"].as_array().expect("snapshots");
        assert_eq!(snapshots.len(), unit.names(".snapshot").len(), "{}", unit.folder);
        for snapshot in snapshots {
            let name = snapshot["file"].as_str().expect("a name");
            let bytes = unit.file(name);
            assert_eq!(json!(dumped(name, &bytes, false)), snapshot["producers"], "{} {name}", unit.folder);
            let parsed = ProducerSnapshot::parse(&bytes).expect("a sound snapshot");
            assert_eq!(parsed.to_bytes(), bytes, "{} {name} is written as it was read", unit.folder);
            assert_eq!(ProducerSnapshot::new(parsed.entries().to_vec()), parsed, "{name}: the order of Java's map");
            compared += 1;
        }
    }
    assert!(compared > 100, "{compared} files");
}

#[test]
fn the_text_is_that_of_kafkas_dump_tool_line_for_line() {
    let mut compared = 0;
    for unit in Unit::all() {
        for golden in unit.names(".txt") {
            let golden_bytes = unit.file(&golden);
            let text = std::str::from_utf8(&golden_bytes).expect("the tool wrote UTF-8");
            let names: Vec<&str> = text.split('\n').filter_map(|line| line.strip_prefix("Dumping ")).collect();
            let ours: String = names
                .iter()
                .flat_map(|name| {
                    let bytes = unit.file(name);
                    let parts: Vec<_> = dump(name, &bytes, DumpFormat::Text { data: true }).collect();
                    assert!(parts.iter().all(|part| part.bad.is_none()), "{name}");
                    parts
                })
                .map(|part| part.lines)
                .collect();
            for (number, (ours, golden)) in ours.split('\n').zip(text.split('\n')).enumerate() {
                assert_eq!(ours, golden, "{}/{} line {}", unit.folder, "text", number + 1);
            }
            assert_eq!(ours, text, "{} {golden}", unit.folder);
            compared += text.lines().count();
        }
    }
    assert!(compared > 1000, "{compared} lines");
}

#[test]
fn indexes_are_rebuilt_from_the_log_byte_for_byte() {
    let (mut same, mut different) = (0, Vec::new());
    for unit in Unit::all() {
        let config = unit.config();
        for segment in unit.segments() {
            let moment = Moment { now: 0, file_time: 0 };
            let recovered = RecoveredSegment::read(
                Offset(signed(&segment["baseOffset"])),
                &unit.segment_file(segment, "log"),
                config.index_interval_bytes,
                config.segment_index_bytes,
                moment,
            );
            assert_eq!((recovered.cut_bytes, recovered.error), (0, None));
            for file in recovered.segment.files() {
                if file.bytes == unit.file(&file.name) {
                    same += 1;
                } else {
                    different.push(format!("{}/{}", unit.folder, file.name));
                }
            }
        }
    }
    assert_eq!(different, ["broker/leader-epochs/00000000000000000143.index"], "but for the one with a restart inside");
    assert!(same > 100, "{same} files");
}

#[test]
fn offsets_are_found_as_the_broker_found_them() {
    let mut compared = 0;
    for unit in Unit::all() {
        let log = unit.open();
        for expected in unit.segments() {
            let base = Offset(signed(&expected["baseOffset"]));
            let segment = log.segments().find(|segment| segment.base_offset() == base).expect("the segment");
            for lookup in expected.get("indexFloor").and_then(Value::as_array).into_iter().flatten() {
                let seek = segment.seek(Offset(signed(&lookup["target"])));
                let found = seek.found.as_ref().map(|stored| stored.position);
                let ours = json!({
                    "target": seek.target.0,
                    "offset": seek.floor.offset.0,
                    "position": seek.floor.position,
                    "foundInBatchAt": found,
                });
                assert_eq!(&ours, lookup, "{}", unit.folder);
                let direct = segment.translate_offset(seek.target).map(|stored| stored.position);
                assert_eq!(direct, found, "{}: the two steps lead where the search leads", unit.folder);
                compared += 1;
            }
        }
    }
    assert!(compared > 1000, "{compared} lookups");
}

#[test]
fn timestamps_are_found_as_the_broker_found_them() {
    let mut compared = 0;
    for unit in Unit::all() {
        let log = unit.open();
        for lookup in unit.expected["offsetForTimestamp"].as_array().expect("lookups") {
            let found = log.offset_for_timestamp(signed(&lookup["timestamp"])).expect("sound records");
            assert_eq!(json!(found.map(|found| found.offset.0)), lookup["offset"], "{} {lookup}", unit.folder);
            let timestamp = lookup.get("timestampFound").cloned().unwrap_or(Value::Null);
            assert_eq!(json!(found.map(|found| found.timestamp)), timestamp, "{} {lookup}", unit.folder);
            compared += 1;
        }
    }
    assert!(compared > 500, "{compared} lookups");
}

#[test]
fn an_opened_partition_is_what_the_broker_had() {
    for unit in Unit::all() {
        let log = unit.open();
        assert_eq!(json!(log.log_start_offset().0), unit.expected["logStartOffset"], "{}", unit.folder);
        assert_eq!(json!(log.log_end_offset().0), unit.expected["logEndOffset"], "{}", unit.folder);
        let visible = log
            .segments()
            .flat_map(|segment| segment.batches_reaching(log.log_start_offset()))
            .filter(|stored| !stored.batch.is_control())
            .flat_map(|stored| stored.batch.records().expect("sound records"))
            .filter(|record| record.offset >= log.log_start_offset());
        assert_eq!(json!(visible.count()), unit.expected["recordsReadUncommitted"], "{}", unit.folder);
        let checkpoint = unit.file("leader-epoch-checkpoint");
        let text = std::str::from_utf8(&checkpoint).expect("text");
        let epochs = LeaderEpochCache::parse_checkpoint(text).expect("a sound checkpoint");
        assert_eq!(epochs.to_checkpoint(), text, "{}", unit.folder);
        let listed: Vec<Value> = epochs
            .entries()
            .map(|entry| json!({"epoch": entry.epoch.0, "startOffset": entry.start_offset.0}))
            .collect();
        assert_eq!(json!(listed), unit.expected["leaderEpochs"], "{}", unit.folder);
    }
}

/// A follower gets the batches one by one and rolls, indexes, snapshots and checkpoints like the leader that wrote them: the whole folder
/// comes out the same. Compacted partitions can not be written like this, and of a partition whose start was deleted the producers'
/// state before is not known.
#[test]
fn a_follower_that_copies_a_partition_writes_the_same_folder() {
    let mut compared = 0;
    for unit in Unit::all() {
        if unit.expected["config"]["cleanup.policy"] == "compact" {
            continue;
        }
        let log = follow(&unit);
        let start = signed(&unit.segments()[0]["baseOffset"]);
        for file in log.files() {
            let unknown_before = start > 0 && file.name.ends_with(".snapshot");
            if !unknown_before {
                assert!(file.bytes == unit.file(&file.name), "{} {}", unit.folder, file.name);
                compared += 1;
            }
        }
        let names = log.files().into_iter().map(|file| file.name).filter(|name| !name.ends_with(".snapshot"));
        let ends = [".log", ".index", ".timeindex", "leader-epoch-checkpoint"];
        let mut expected: Vec<String> = ends.iter().flat_map(|end| unit.names(end)).collect();
        expected.sort();
        assert_eq!(names.collect::<Vec<_>>(), expected, "{}: the same segments", unit.folder);
    }
    assert!(compared > 120, "{compared} files");
}

/// The broker of `leader-epochs` was stopped cleanly where epoch 0 ends and killed where epoch 2 ends, before its recovery point had been
/// checkpointed: both segments were recovered. Its clock was years ahead of the records, so a producer that is loaded from a snapshot
/// has expired; one that is replayed has not.
fn what_happened_to_the_broker(log: &mut Log, next: Offset) {
    const CLOCK_OF_THE_BROKER: i64 = 1_795_000_000_000;
    let log_end_offset = log.log_end_offset();
    match next.0 {
        120 => log.reopen(Shutdown::Clean, log_end_offset, CLOCK_OF_THE_BROKER),
        240 => log.reopen_after_crash(Offset(0), log_end_offset, CLOCK_OF_THE_BROKER),
        _ => {}
    }
}

fn follow(unit: &Unit) -> Log {
    let mut log = Log::with_file_clock(Arc::new(unit.config()), FileClock::AheadOfRecords, 0);
    log.truncate_fully_and_start_at(Offset(signed(&unit.segments()[0]["baseOffset"])), 0);
    let epochs = unit.expected["leaderEpochs"].as_array().expect("epochs");
    for segment in unit.segments() {
        for (_, batch) in RecordBatches::new(unit.segment_file(segment, "log")) {
            let batch = batch.expect("a sound batch");
            if unit.folder.ends_with("leader-epochs") {
                what_happened_to_the_broker(&mut log, batch.base_offset());
            }
            log.append_as_follower(&[batch], 0).expect("the leader's batches continue");
        }
    }
    let log_end_offset = log.log_end_offset().0;
    for epoch in epochs.iter().filter(|epoch| signed(&epoch["startOffset"]) >= log_end_offset) {
        let (epoch, start) = (signed(&epoch["epoch"]), signed(&epoch["startOffset"]));
        log.assign_epoch_start_offset(LeaderEpoch(epoch as i32), Offset(start));
    }
    log.update_high_watermark(log.log_end_offset());
    let log_start_offset = Offset(signed(&unit.expected["logStartOffset"]));
    log.delete_records(log_start_offset).expect("below the high watermark");
    log
}
