//! `dump`: line for line what Kafka's `DumpLogSegments` prints on standard output with `--deep-iteration`.

use super::{DumpPart, FileKind, base_offset, decode_utf8_as_java, file_name, sentence};
use crate::engine::common::Offset;
use crate::engine::record::{BatchErrorClass, ControlRecordType, Record, RecordBatch, RecordBatches, control_record};
use crate::engine::storage::producer_snapshot::{ProducerSnapshot, SnapshotEntry};
use crate::engine::storage::producer_state::decrement_sequence;
use crate::engine::storage::txn_index::AbortedTxn;
use crate::engine::storage::{OffsetIndex, TimeIndex};
use bytes::Bytes;

pub(super) fn dump<'a>(name: &'a str, bytes: &'a Bytes, data: bool) -> Box<dyn Iterator<Item = DumpPart> + 'a> {
    let dumping = std::iter::once(DumpPart::good(format!("Dumping {name}\n")));
    let base = base_offset(name).unwrap_or(Offset(0)).0;
    match FileKind::of(name) {
        FileKind::Log => {
            let start = base_offset(name).map(|base| DumpPart::good(format!("Log starting offset: {base}\n")));
            Box::new(dumping.chain(start).chain(log(name, bytes, data)))
        }
        FileKind::OffsetIndex => {
            let lines = OffsetIndex::raw_entries(bytes).map(move |(relative, position)| {
                let offset = base.wrapping_add(i64::from(relative));
                DumpPart::good(format!("offset: {offset} position: {position}\n"))
            });
            Box::new(dumping.chain(lines).chain(cut_entry(name, bytes, OffsetIndex::ENTRY_BYTES)))
        }
        FileKind::TimeIndex => {
            let lines = TimeIndex::raw_entries(bytes).map(move |(timestamp, relative)| {
                let offset = base.wrapping_add(i64::from(relative));
                DumpPart::good(format!("timestamp: {timestamp} offset: {offset}\n"))
            });
            Box::new(dumping.chain(lines).chain(cut_entry(name, bytes, TimeIndex::ENTRY_BYTES)))
        }
        FileKind::TxnIndex => Box::new(dumping.chain(AbortedTxn::read_all(bytes).map(move |entry| match entry {
            Ok(txn) => DumpPart::good(aborted_txn(&txn)),
            Err(error) => bad(name, &error.to_string()),
        }))),
        FileKind::Snapshot => Box::new(dumping.chain(snapshot(name, bytes))),
    }
}

fn log<'a>(name: &'a str, bytes: &'a Bytes, data: bool) -> impl Iterator<Item = DumpPart> + 'a {
    RecordBatches::new(bytes.clone()).without_crc_check().map(move |(position, batch)| match batch {
        Ok(batch) => batch_part(name, position, &batch, data),
        Err(error) if error.class() == BatchErrorClass::Truncated => {
            let left = bytes.len() as u64 - position;
            let lines = format!("Found {left} invalid bytes at the end of {}\n", file_name(name));
            DumpPart { lines, bad: Some(sentence(name, position, &error)) }
        }
        Err(error) => DumpPart { lines: String::new(), bad: Some(sentence(name, position, &error)) },
    })
}

fn batch_part(name: &str, position: u64, batch: &RecordBatch, data: bool) -> DumpPart {
    let is_valid = batch.ensure_valid();
    let mut lines = batch_line(position, batch, is_valid.is_ok());
    let records = batch.records();
    for record in records.iter().flatten() {
        push_record(&mut lines, batch, record, data);
    }
    let error = is_valid.err().or(records.err());
    DumpPart { lines, bad: error.map(|error| sentence(name, position, &error.at(position))) }
}

fn batch_line(position: u64, batch: &RecordBatch, is_valid: bool) -> String {
    format!(
        "baseOffset: {} lastOffset: {} count: {} baseSequence: {} lastSequence: {} producerId: {} producerEpoch: {} \
         partitionLeaderEpoch: {} isTransactional: {} isControl: {} deleteHorizonMs: {} position: {position} {}: {} \
         size: {} magic: 2 compresscodec: {} crc: {} isvalid: {is_valid}\n",
        batch.base_offset(),
        batch.last_offset(),
        batch.records_count(),
        batch.base_sequence(),
        batch.last_sequence(),
        batch.producer_id(),
        batch.producer_epoch(),
        batch.partition_leader_epoch(),
        batch.is_transactional(),
        batch.is_control(),
        optional_long(batch.delete_horizon_ms()),
        timestamp_type(batch),
        batch.max_timestamp(),
        batch.size_in_bytes(),
        batch.codec().map_or("unknown", |codec| codec.word()),
        batch.crc(),
    )
}

fn push_record(lines: &mut String, batch: &RecordBatch, record: &Record, data: bool) {
    let offset_delta = record.offset.0.wrapping_sub(batch.base_offset().0);
    let header_keys: Vec<String> = record.headers.iter().map(|header| decode_utf8_as_java(&header.key)).collect();
    lines.push_str(&format!(
        "| offset: {} {}: {} keySize: {} valueSize: {} sequence: {} headerKeys: [{}]",
        record.offset,
        timestamp_type(batch),
        record.timestamp,
        size(record.key.as_deref()),
        size(record.value.as_deref()),
        i32::try_from(offset_delta).map_or(-1, |delta| batch.sequence_of(delta)),
        header_keys.join(","),
    ));
    if batch.is_control() {
        lines.push_str(&control(record));
    } else if data {
        if let Some(key) = &record.key {
            lines.push_str(" key: ");
            lines.push_str(&decode_utf8_as_java(key));
        }
        if let Some(value) = &record.value {
            lines.push_str(" payload: ");
            lines.push_str(&decode_utf8_as_java(value));
        }
    }
    lines.push('\n');
}

fn control(record: &Record) -> String {
    let kind = record.key.as_deref().and_then(ControlRecordType::parse);
    let epoch = record.value.as_deref().and_then(control_record::coordinator_epoch);
    match (kind, epoch) {
        (Some(kind @ (ControlRecordType::Abort | ControlRecordType::Commit)), Some(epoch)) => {
            format!(" endTxnMarker: {} coordinatorEpoch: {epoch}", kind.name())
        }
        (Some(kind), _) => {
            let id = record.key.as_deref().and_then(|key| Some([*key.get(2)?, *key.get(3)?]));
            format!(" controlType: {}({})", kind.name(), id.map_or(-1, i16::from_be_bytes))
        }
        (None, _) => " controlType: UNKNOWN(-1)".to_string(),
    }
}

fn aborted_txn(txn: &AbortedTxn) -> String {
    format!(
        "version: {} producerId: {} firstOffset: {} lastOffset: {} lastStableOffset: {}\n",
        txn.version, txn.producer_id, txn.first_offset, txn.last_offset, txn.last_stable_offset
    )
}

fn snapshot(name: &str, bytes: &[u8]) -> Vec<DumpPart> {
    if bytes.is_empty() {
        return Vec::new();
    }
    match ProducerSnapshot::parse(bytes) {
        Ok(snapshot) => snapshot.entries().iter().map(|entry| DumpPart::good(producer(entry))).collect(),
        Err(error) => vec![bad(name, &error.to_string())],
    }
}

fn producer(entry: &SnapshotEntry) -> String {
    let mut line = format!(
        "producerId: {} producerEpoch: {} coordinatorEpoch: {} currentTxnFirstOffset: {} lastTimestamp: {}",
        entry.producer_id,
        entry.producer_epoch,
        entry.coordinator_epoch,
        optional_long(Some(entry.current_txn_first_offset.0).filter(|offset| *offset >= 0)),
        entry.timestamp,
    );
    if entry.last_offset.0 >= 0 {
        line.push_str(&format!(
            " firstSequence: {} lastSequence: {} lastOffset: {} offsetDelta: {} timestamp: {}",
            decrement_sequence(entry.last_sequence, entry.offset_delta),
            entry.last_sequence,
            entry.last_offset,
            entry.offset_delta,
            entry.timestamp,
        ));
    }
    line.push('\n');
    line
}

fn cut_entry(name: &str, bytes: &[u8], entry_bytes: usize) -> Option<DumpPart> {
    let rest = bytes.len() % entry_bytes;
    (rest > 0).then(|| bad(name, &format!("{rest} bytes at the end are no whole entry")))
}

fn bad(name: &str, message: &str) -> DumpPart {
    DumpPart { lines: String::new(), bad: Some(format!("{name}: {message}")) }
}

fn timestamp_type(batch: &RecordBatch) -> &'static str {
    if batch.attributes().is_log_append_time() { "LogAppendTime" } else { "CreateTime" }
}

fn optional_long(value: Option<i64>) -> String {
    value.map_or_else(|| "OptionalLong.empty".to_string(), |value| format!("OptionalLong[{value}]"))
}

fn size(field: Option<&[u8]>) -> i64 {
    field.map_or(-1, |bytes| bytes.len() as i64)
}
