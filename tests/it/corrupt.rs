//! Batches with one thing wrong: each gives the class described, alone and in the middle of a file.

use crate::vectors;
use bytes::Bytes;
use highwater::engine::record::validate::RecordRules;
use highwater::engine::record::{BatchError, RecordBatch, RecordBatches, validate_client_batch};
use serde_json::Value;

struct Case {
    name: String,
    bytes: Bytes,
    expected: Value,
}

fn all() -> Vec<Case> {
    let files = vectors::files("corrupt", |name| name.ends_with(".json"));
    let read = |path: String| {
        let bytes = Bytes::from(vectors::binary(&path.replace(".json", ".bin")));
        Case { bytes, expected: vectors::json(&path)["expected"].clone(), name: path }
    };
    let cases: Vec<_> = files.into_iter().map(read).collect();
    assert!(cases.len() >= 48, "the folder has its 48 cases");
    cases
}

impl Case {
    fn class(&self) -> &str {
        self.expected["class"].as_str().expect("a class")
    }

    #[track_caller]
    fn check(&self, verdict: &str) {
        let also = self.expected["also_acceptable"].as_array().expect("a list of classes");
        let is_fair = verdict == self.class() || also.iter().any(|class| class == verdict);
        assert!(is_fair, "{}: {verdict}, but expected {}", self.name, self.expected);
    }
}

fn records_of(batch: Result<RecordBatch, BatchError>) -> Result<usize, BatchError> {
    batch?.records().map(|records| records.len())
}

/// The verdict on the first thing that is wrong, or on the whole.
fn verdict(case: &Case) -> &'static str {
    let mut last = "END";
    for (_, batch) in RecordBatches::new(case.bytes.clone()) {
        let batch = match batch {
            Ok(batch) => batch,
            Err(error) => return error.class().name(),
        };
        match batch.records() {
            Ok(records) => {
                if let Some(count) = case.expected["decodable_record_count"].as_u64() {
                    assert_eq!(records.len() as u64, count, "{}", case.name);
                }
            }
            Err(error) => return error.class().name(),
        }
        let rules = RecordRules { key_required: false, timestamps: None };
        // What a broker asks of a client alone: the vectors' other batches have offsets already.
        let from_client = batch.with_offset_and_epoch(0.into(), batch.partition_leader_epoch());
        last = if validate_client_batch(&from_client, &rules).is_ok() { "OK" } else { "PRODUCE_VALIDATION" };
    }
    last
}

#[test]
fn each_gives_the_class_described() {
    for case in all() {
        case.check(verdict(&case));
    }
}

#[test]
fn within_a_file_the_fault_is_found_where_it_is() {
    let good = vectors::binary("batches/none-null-key.bin");
    for case in all() {
        // What is cut short stands at the end of a file: elsewhere it would take its missing bytes from what follows.
        let behind: &[u8] = if case.class() == "TRUNCATED" { &[] } else { &good };
        let file = Bytes::from([&good[..], &case.bytes[..], behind].concat());
        let mut batches = RecordBatches::new(file.clone());
        let (position, first) = batches.next().expect("the batch in front");
        assert_eq!((position, records_of(first)), (0, Ok(3)), "{}", case.name);
        let (position, second) = batches.next().expect("what follows it");
        assert_eq!(position, good.len() as u64, "{}", case.name);
        match records_of(second) {
            Ok(_) if ["END", "PRODUCE_VALIDATION"].contains(&case.class()) => {}
            Ok(_) => case.check("OK"),
            Err(error) => case.check(error.class().name()),
        }
        // However it goes on, it ends, and never stands still.
        let positions: Vec<u64> = RecordBatches::new(file).map(|(position, _)| position).collect();
        assert!(positions.is_sorted_by(|a, b| a < b), "{}: {positions:?}", case.name);
    }
}

#[test]
fn reading_goes_on_behind_a_batch_whose_length_is_sound() {
    let good = vectors::binary("batches/none-null-key.bin");
    let mut bad = good.clone();
    *bad.last_mut().expect("not empty") ^= 1;
    let file = Bytes::from([&good[..], &bad[..], &good[..]].concat());
    let found: Vec<(u64, Option<&str>)> = RecordBatches::new(file)
        .map(|(position, batch)| (position, batch.err().map(|error| error.class().name())))
        .collect();
    let size = good.len() as u64;
    assert_eq!(found, [(0, None), (size, Some("CRC_MISMATCH")), (2 * size, None)]);
}

#[test]
fn errors_name_the_field_and_the_position_in_the_file() {
    let good = vectors::binary("batches/none-null-key.bin");
    let mut bad = good.clone();
    bad[16] = 1;
    let file = Bytes::from([&good[..], &bad[..]].concat());
    let error = RecordBatches::new(file).nth(1).expect("two batches").1.expect_err("magic 1");
    assert_eq!((error.field, error.position), ("magic", good.len() as u64 + 16));
    assert_eq!(error.to_string(), format!("magic at position {}: magic 1 is not 2", good.len() + 16));
}
