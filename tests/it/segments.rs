//! Segments that other people's clients wrote (`tests/vectors/segments/`): every batch, lookup and digest; and the torn tail is cut where a
//! recovering broker cuts it.

use crate::vectors::{self, integer, signed};
use bytes::Bytes;
use highwater::engine::common::{Offset, Timestamp};
use highwater::engine::config::TopicConfig;
use highwater::engine::record::{BatchErrorClass, Record};
use highwater::engine::storage::files::offset_of_file_name;
use highwater::engine::storage::recovery::{LogFiles, SegmentFiles};
use highwater::engine::storage::segment::Moment;
use highwater::engine::storage::{Log, RecoveredSegment, StoredBatch};
use serde_json::{Value, json};

struct Unit {
    name: String,
    bytes: Bytes,
    base_offset: Offset,
    described: Value,
}

fn all() -> Vec<Unit> {
    let folders = vectors::files("segments", |_| true);
    let described = folders.iter().flat_map(|folder| vectors::files(folder, |name| name.ends_with(".log.json")));
    let units: Vec<Unit> = described
        .map(|path| {
            let name = path.trim_end_matches(".json").to_string();
            let file = name.rsplit('/').next().expect("a name");
            Unit {
                bytes: Bytes::from(vectors::binary(&name)),
                base_offset: offset_of_file_name(file).expect("20 digits"),
                described: vectors::json(&path),
                name,
            }
        })
        .collect();
    assert!(units.len() >= 6, "the folder has its segments");
    units
}

impl Unit {
    fn recover(&self) -> RecoveredSegment {
        let config = TopicConfig::default();
        let moment = Moment { now: 0, file_time: Timestamp::MAX };
        RecoveredSegment::read(
            self.base_offset,
            &self.bytes,
            config.index_interval_bytes,
            config.segment_index_bytes,
            moment,
        )
    }

    fn open(&self) -> Log {
        let segment = SegmentFiles { base_offset: self.base_offset, log: self.bytes.clone(), indexes: None };
        let files = LogFiles { segments: vec![segment], log_start_offset: None };
        files.open().expect("a segment").0
    }

    fn list(&self, field: &str) -> &Vec<Value> {
        self.described[field].as_array().expect("a list")
    }
}

#[test]
fn batches_and_records_are_as_described() {
    let mut compared = 0;
    for unit in all() {
        assert_eq!(json!(unit.bytes.len()), unit.described["size_bytes"], "{}", unit.name);
        assert_eq!(json!(vectors::sha256(&unit.bytes)), unit.described["sha256"], "{}", unit.name);
        assert_eq!(signed(&unit.described["segment_base_offset"]), unit.base_offset.0, "{}", unit.name);
        let recovered = unit.recover();
        let batches: Vec<&StoredBatch> = recovered.segment.batches().collect();
        assert_eq!(json!(batches.len()), unit.described["batch_count"], "{}", unit.name);
        assert_eq!(recovered.segment.next_offset().0, signed(&unit.described["next_offset"]), "{}", unit.name);
        for (stored, described) in batches.iter().zip(unit.list("batches")) {
            check_batch(&unit.name, stored, described);
            compared += 1;
        }
        let records: Vec<Record> =
            batches.iter().flat_map(|stored| stored.batch.records().expect("sound records")).collect();
        check_records(&unit, &records);
    }
    assert!(compared > 100, "{compared} batches");
}

fn check_batch(name: &str, stored: &StoredBatch, described: &Value) {
    let batch = &stored.batch;
    let section = batch.uncompressed_records().expect("sound records");
    let ours = json!({
        "position": stored.position,
        "size": batch.size_in_bytes(),
        "base_offset": batch.base_offset().to_string(),
        "last_offset": batch.last_offset().to_string(),
        "count": batch.records_count(),
        "codec": batch.codec().expect("a codec").word(),
        "partition_leader_epoch": batch.partition_leader_epoch().0,
        "base_timestamp": batch.base_timestamp().to_string(),
        "max_timestamp": batch.max_timestamp().to_string(),
        "producer_id": batch.producer_id().to_string(),
        "producer_epoch": batch.producer_epoch().0,
        "base_sequence": batch.base_sequence(),
        "transactional": batch.is_transactional(),
        "control": batch.is_control(),
        "log_append_time": batch.attributes().is_log_append_time(),
        "crc_hex": format!("{:08x}", batch.crc()),
        "records_sha256": vectors::sha256(&section),
        "records_uncompressed_bytes": section.len(),
    });
    for (key, value) in described.as_object().expect("a batch") {
        assert_eq!(&ours[key], value, "{name} at {}: {key}", stored.position);
    }
}

fn check_records(unit: &Unit, records: &[Record]) {
    assert_eq!(json!(records.len()), unit.described["record_count"], "{}", unit.name);
    let hex = |bytes: Option<&Bytes>| match bytes {
        None => "-".to_string(),
        Some(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    let lines: String = records
        .iter()
        .map(|record| {
            let (key, value) = (hex(record.key.as_ref()), hex(record.value.as_ref()));
            format!("{}|{}|{key}|{value}\n", record.offset, record.timestamp)
        })
        .collect();
    let digest = &unit.described["records_digest"]["sha256"];
    assert_eq!(&json!(vectors::sha256(lines.as_bytes())), digest, "{}", unit.name);
}

#[test]
fn offsets_and_timestamps_are_found() {
    let mut compared = 0;
    for unit in all() {
        let log = unit.open();
        for lookup in unit.list("offset_lookups") {
            let target = Offset(signed(&lookup["offset"]));
            let position = log.seek(target).and_then(|seek| seek.found).map(|stored| stored.position);
            assert_eq!(json!(position), lookup["batch_position"], "{} {lookup}", unit.name);
            let record = log.first_record_at_or_after(target).expect("sound records");
            let expected = &lookup["first_record_offset_at_or_after"];
            assert_eq!(record.map(|record| record.offset.0), number(expected), "{} {lookup}", unit.name);
            compared += 1;
        }
        for lookup in unit.list("timestamp_lookups") {
            let found = log.offset_for_timestamp(signed(&lookup["timestamp"])).expect("sound records");
            let expected = (number(&lookup["earliest_offset_with_ts_ge"]), number(&lookup["its_timestamp"]));
            let ours = (found.map(|found| found.offset.0), found.map(|found| found.timestamp));
            assert_eq!(ours, expected, "{} {lookup}", unit.name);
            compared += 1;
        }
    }
    assert!(compared > 100, "{compared} lookups");
}

fn number(value: &Value) -> Option<i64> {
    (!value.is_null()).then(|| signed(value))
}

#[test]
fn a_torn_tail_is_cut_where_a_recovering_broker_cuts() {
    let mut torn = 0;
    for unit in all() {
        let recovered = unit.recover();
        let cut = unit.described.get("trailing_garbage_bytes").map_or(0, integer) as usize;
        assert_eq!(recovered.cut_bytes, cut, "{}", unit.name);
        assert_eq!(recovered.valid_bytes, unit.bytes.len() - cut, "{}", unit.name);
        assert_eq!(recovered.segment.log_bytes(), unit.bytes[..recovered.valid_bytes], "{}", unit.name);
        match recovered.error {
            Some(error) => {
                assert_eq!(error.class(), BatchErrorClass::Truncated, "{}: {error}", unit.name);
                torn += 1;
            }
            None => assert_eq!(cut, 0, "{}", unit.name),
        }
    }
    assert!(torn > 0, "one of the segments is torn");
}

/// Cut at any byte, a file recovers to its whole batches, and to the very segment that they alone make.
#[test]
fn a_file_cut_anywhere_recovers_to_its_whole_batches() {
    let unit = all().into_iter().find(|unit| unit.name.contains("compacted")).expect("a unit");
    let whole = unit.recover().segment;
    let mut number = 0;
    for length in (0..=unit.bytes.len()).step_by(37) {
        let cut = Unit { bytes: unit.bytes.slice(..length), name: unit.name.clone(), described: Value::Null, ..unit };
        let recovered = cut.recover();
        let whole_batches = whole.batches().take_while(|stored| stored.end_position() as usize <= length).count();
        assert_eq!(recovered.segment.batches_count(), whole_batches, "cut at {length}");
        assert_eq!(recovered.valid_bytes + recovered.cut_bytes, length, "cut at {length}");
        assert_eq!(recovered.error.is_some(), recovered.cut_bytes > 0, "cut at {length}");
        number += 1;
    }
    assert!(number > 300, "{number} cuts");
}
