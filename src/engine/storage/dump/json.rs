//! `dump --json`: one object a line, keys and order as DESIGN 9 states them.

use super::{DumpPart, FileKind, base_offset, sentence};
use crate::engine::common::Offset;
use crate::engine::record::{BatchError, Header, Record, RecordBatch, RecordBatches};
use crate::engine::storage::errors::SnapshotError;
use crate::engine::storage::producer_snapshot::{ProducerSnapshot, SnapshotEntry};
use crate::engine::storage::txn_index::AbortedTxn;
use crate::engine::storage::{OffsetIndex, TimeIndex};
use bytes::Bytes;
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BatchLine<'a> {
    file: &'a str,
    position: u64,
    size_in_bytes: usize,
    base_offset: i64,
    last_offset: i64,
    count: i32,
    codec: &'a str,
    crc_ok: bool,
    producer_id: i64,
    producer_epoch: i16,
    base_sequence: i32,
    partition_leader_epoch: i32,
    is_transactional: bool,
    is_control: bool,
    base_timestamp: i64,
    max_timestamp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    records: Option<Vec<RecordLine>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RecordLine {
    offset: i64,
    timestamp: i64,
    key_hex: Option<String>,
    value_hex: Option<String>,
    headers: Vec<HeaderLine>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HeaderLine {
    key: String,
    value_hex: Option<String>,
}

#[derive(Serialize)]
struct ErrorLine<'a> {
    file: &'a str,
    error: &'a str,
    position: u64,
    message: String,
}

#[derive(Serialize)]
struct OffsetIndexLine<'a> {
    file: &'a str,
    offset: i64,
    position: i32,
}

#[derive(Serialize)]
struct TimeIndexLine<'a> {
    file: &'a str,
    timestamp: i64,
    offset: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AbortedTxnLine<'a> {
    file: &'a str,
    producer_id: i64,
    first_offset: i64,
    last_offset: i64,
    last_stable_offset: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProducerLine<'a> {
    file: &'a str,
    producer_id: i64,
    producer_epoch: i16,
    last_sequence: i32,
    last_offset: i64,
    coordinator_epoch: i32,
    current_txn_first_offset: i64,
}

pub(super) fn dump<'a>(name: &'a str, bytes: &'a Bytes, records: bool) -> Box<dyn Iterator<Item = DumpPart> + 'a> {
    let base = base_offset(name).unwrap_or(Offset(0)).0;
    match FileKind::of(name) {
        FileKind::Log => Box::new(RecordBatches::new(bytes.clone()).map(move |(position, batch)| {
            let described = batch.and_then(|batch| {
                let decoded = batch.records().map_err(|error| error.at(position))?;
                Ok(line(&batch_line(name, position, &batch, records.then_some(decoded))))
            });
            described.map_or_else(|error| bad_batch(name, position, &error), DumpPart::good)
        })),
        FileKind::OffsetIndex => {
            let lines = OffsetIndex::raw_entries(bytes).map(move |(relative, position)| {
                let offset = base.wrapping_add(i64::from(relative));
                DumpPart::good(line(&OffsetIndexLine { file: name, offset, position }))
            });
            Box::new(lines.chain(cut_entry(name, bytes, OffsetIndex::ENTRY_BYTES)))
        }
        FileKind::TimeIndex => {
            let lines = TimeIndex::raw_entries(bytes).map(move |(timestamp, relative)| {
                let offset = base.wrapping_add(i64::from(relative));
                DumpPart::good(line(&TimeIndexLine { file: name, timestamp, offset }))
            });
            Box::new(lines.chain(cut_entry(name, bytes, TimeIndex::ENTRY_BYTES)))
        }
        FileKind::TxnIndex => Box::new(AbortedTxn::read_all(bytes).enumerate().map(move |(number, entry)| {
            let position = (number * AbortedTxn::ENTRY_BYTES) as u64;
            entry.map_or_else(
                |error| bad_snapshot(name, position, error),
                |txn| DumpPart::good(line(&aborted_txn_line(name, &txn))),
            )
        })),
        FileKind::Snapshot if bytes.is_empty() => Box::new(std::iter::empty()),
        FileKind::Snapshot => match ProducerSnapshot::parse(bytes) {
            Err(error) => Box::new(std::iter::once(bad_snapshot(name, 0, error))),
            Ok(snapshot) => {
                let lines: Vec<DumpPart> =
                    snapshot.entries().iter().map(|entry| DumpPart::good(line(&producer_line(name, entry)))).collect();
                Box::new(lines.into_iter())
            }
        },
    }
}

fn batch_line<'a>(file: &'a str, position: u64, batch: &RecordBatch, records: Option<Vec<Record>>) -> BatchLine<'a> {
    BatchLine {
        file,
        position,
        size_in_bytes: batch.size_in_bytes(),
        base_offset: batch.base_offset().0,
        last_offset: batch.last_offset().0,
        count: batch.records_count(),
        codec: batch.codec().map_or("unknown", |codec| codec.word()),
        crc_ok: true,
        producer_id: batch.producer_id().0,
        producer_epoch: batch.producer_epoch().0,
        base_sequence: batch.base_sequence(),
        partition_leader_epoch: batch.partition_leader_epoch().0,
        is_transactional: batch.is_transactional(),
        is_control: batch.is_control(),
        base_timestamp: batch.base_timestamp(),
        max_timestamp: batch.max_timestamp(),
        records: records.map(|records| records.iter().map(record_line).collect()),
    }
}

fn record_line(record: &Record) -> RecordLine {
    RecordLine {
        offset: record.offset.0,
        timestamp: record.timestamp,
        key_hex: record.key.as_deref().map(hex),
        value_hex: record.value.as_deref().map(hex),
        headers: record.headers.iter().map(header_line).collect(),
    }
}

fn header_line(header: &Header) -> HeaderLine {
    HeaderLine { key: header.key_text().into_owned(), value_hex: header.value.as_deref().map(hex) }
}

fn aborted_txn_line<'a>(file: &'a str, txn: &AbortedTxn) -> AbortedTxnLine<'a> {
    AbortedTxnLine {
        file,
        producer_id: txn.producer_id.0,
        first_offset: txn.first_offset.0,
        last_offset: txn.last_offset.0,
        last_stable_offset: txn.last_stable_offset.0,
    }
}

fn producer_line<'a>(file: &'a str, entry: &SnapshotEntry) -> ProducerLine<'a> {
    ProducerLine {
        file,
        producer_id: entry.producer_id.0,
        producer_epoch: entry.producer_epoch.0,
        last_sequence: entry.last_sequence,
        last_offset: entry.last_offset.0,
        coordinator_epoch: entry.coordinator_epoch,
        current_txn_first_offset: entry.current_txn_first_offset.0,
    }
}

fn bad_batch(name: &str, position: u64, error: &BatchError) -> DumpPart {
    let object = ErrorLine { file: name, error: error.class().name(), position, message: error.to_string() };
    DumpPart { lines: line(&object), bad: Some(sentence(name, position, error)) }
}

fn bad_snapshot(name: &str, position: u64, error: SnapshotError) -> DumpPart {
    bad_entry(name, error.class(), position, error.to_string())
}

fn bad_entry(name: &str, class: &str, position: u64, message: String) -> DumpPart {
    let bad = Some(format!("{name}: {class} at position {position}: {message}"));
    DumpPart { lines: line(&ErrorLine { file: name, error: class, position, message }), bad }
}

/// The bytes behind the last whole entry of an index, if there are any.
fn cut_entry(name: &str, bytes: &[u8], entry_bytes: usize) -> Option<DumpPart> {
    let available = bytes.len() % entry_bytes;
    let position = (bytes.len() - available) as u64;
    (available > 0).then(|| bad_snapshot(name, position, SnapshotError::Truncated { needed: entry_bytes, available }))
}

fn line(object: &impl Serialize) -> String {
    let mut line = serde_json::to_string(object).expect("plain fields serialise");
    line.push('\n');
    line
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
