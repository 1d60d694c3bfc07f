//! What a broker refuses of a client's batch although it decodes (KAFKA 1.8, `LogValidator`: the checks that need the batch alone).
//!
//! Sizes against the topic's and the segment's limits, offsets and producer state are the log's to check.

use super::errors::BatchError;
use super::record::RecordLayout;
use super::record_batch::RecordBatch;
use crate::engine::common::{KafkaError, Offset, ProducerId, Timestamp};

/// A record without a timestamp (`RecordBatch.NO_TIMESTAMP`).
const NO_TIMESTAMP: Timestamp = -1;

/// What the topic asks of each record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordRules {
    /// `cleanup.policy` has `compact`: every record needs a key.
    pub key_required: bool,
    /// Under CreateTime: earliest and latest timestamp that is accepted; none under LogAppendTime.
    pub timestamps: Option<(Timestamp, Timestamp)>,
}

/// Why a broker refuses a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchRefused {
    /// What the producer is answered.
    pub error: KafkaError,
    /// In words.
    pub message: String,
    /// The records at fault, by index in the batch (KIP-467); empty if the whole batch is.
    pub record_errors: Vec<usize>,
}

impl BatchRefused {
    fn batch(error: KafkaError, message: impl Into<String>) -> Self {
        Self { error, message: message.into(), record_errors: Vec::new() }
    }
}

/// Checks a batch from a client: checksum, header, and every record, decompressed if need be.
///
/// # Errors
/// The first fault of the batch as a whole; else all faulty records, as `INVALID_TIMESTAMP` if one of them is that, or `INVALID_RECORD`.
pub fn validate_client_batch(batch: &RecordBatch, rules: &RecordRules) -> Result<(), BatchRefused> {
    let from_bytes = |error: BatchError| BatchRefused::batch(error.kafka_error(), error.to_string());
    batch.ensure_valid().map_err(from_bytes)?;
    validate_header(batch)?;
    let section = batch.uncompressed_records().map_err(from_bytes)?;
    let mut faults = Vec::new();
    for (index, layout) in batch.layouts(&section).map_err(from_bytes)?.enumerate() {
        let layout = layout.map_err(from_bytes)?;
        faults.extend(record_fault(batch, &layout, rules).map(|fault| (index, fault)));
    }
    let Some(&(_, first)) = faults.first() else { return Ok(()) };
    let record_errors = faults.iter().map(|(index, _)| *index).collect();
    let timestamp_fault = faults.iter().map(|(_, fault)| *fault).find(|fault| *fault != RecordFault::NoKey);
    let error = if timestamp_fault.is_some() { KafkaError::InvalidTimestamp } else { KafkaError::InvalidRecord };
    let message = timestamp_fault.unwrap_or(first).message().to_string();
    Err(BatchRefused { error, message, record_errors })
}

/// The checks of the header alone (`LogValidator.validateBatch` and the log's demand for base offset 0).
///
/// # Errors
/// `INVALID_RECORD`.
pub fn validate_header(batch: &RecordBatch) -> Result<(), BatchRefused> {
    let (count, last_offset) = (batch.records_count(), batch.last_offset_delta());
    let invalid = |message: String| Err(BatchRefused::batch(KafkaError::InvalidRecord, message));
    if batch.base_offset() != Offset(0) {
        return invalid(format!("The base offset of a client's batch is 0, not {}", batch.base_offset()));
    }
    if last_offset < 0 {
        return invalid(format!("Batch has an invalid offset range: [0, {last_offset}]"));
    }
    if count <= 0 {
        return invalid(format!("Invalid reported count for record batch: {count}"));
    }
    if i64::from(last_offset) + 1 != i64::from(count) {
        return invalid(format!("Inconsistent batch offset range [0, {last_offset}] and count of records {count}"));
    }
    if batch.is_control() {
        return invalid("Clients are not allowed to write control records".to_string());
    }
    if batch.producer_id() > ProducerId::NONE && batch.base_sequence() < 0 {
        let (sequence, id) = (batch.base_sequence(), batch.producer_id());
        return invalid(format!("Invalid sequence number {sequence} in record batch with producerId {id}"));
    }
    Ok(())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RecordFault {
    NoKey,
    OutOfRange,
    NotAClientsTimestampType,
}

impl RecordFault {
    fn message(self) -> &'static str {
        match self {
            Self::NoKey => "Compacted topic cannot accept message without key",
            Self::OutOfRange => "The timestamp is out of the range that the topic accepts",
            Self::NotAClientsTimestampType => "Producer should not set timestamp type to LogAppendTime",
        }
    }
}

/// Kafka's order: the key, then the timestamp; under CreateTime a record without a timestamp is taken, and only where the range
/// is not looked at does the batch's own timestamp type matter.
fn record_fault(batch: &RecordBatch, layout: &RecordLayout, rules: &RecordRules) -> Option<RecordFault> {
    if rules.key_required && layout.key.is_none() {
        return Some(RecordFault::NoKey);
    }
    let timestamp = batch.timestamp_of(layout.timestamp_delta);
    match rules.timestamps {
        Some((earliest, latest)) if timestamp != NO_TIMESTAMP => {
            (!(earliest..=latest).contains(&timestamp)).then_some(RecordFault::OutOfRange)
        }
        _ => batch.attributes().is_log_append_time().then_some(RecordFault::NotAClientsTimestampType),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::common::{LeaderEpoch, ProducerEpoch};
    use crate::engine::record::{BatchOptions, BatchTimestampType, Compressor, ProducerState, RecordBatchBuilder};

    const ANY: RecordRules = RecordRules { key_required: false, timestamps: Some((Timestamp::MIN, Timestamp::MAX)) };

    fn batch(options: BatchOptions, producer: ProducerState, records: &[(Timestamp, Option<&[u8]>)]) -> RecordBatch {
        let mut builder = RecordBatchBuilder::new(options, Vec::new());
        for (timestamp, key) in records {
            builder.append(*timestamp, *key, Some(b"v"), &[]);
        }
        builder.close(producer, &mut Compressor::default()).batch
    }

    fn plain(records: &[(Timestamp, Option<&[u8]>)]) -> RecordBatch {
        batch(BatchOptions::default(), ProducerState::NONE, records)
    }

    #[track_caller]
    fn check(batch: &RecordBatch, rules: &RecordRules, error: KafkaError, records: &[usize], message: &str) {
        let refused = validate_client_batch(batch, rules).expect_err("refused");
        assert_eq!((refused.error, &refused.record_errors[..]), (error, records));
        assert!(refused.message.contains(message), "{}", refused.message);
    }

    #[test]
    fn a_batch_is_refused_for_its_header() {
        let one = plain(&[(5, None)]);
        assert_eq!(validate_client_batch(&one, &ANY), Ok(()));
        let moved = one.with_offset_and_epoch(Offset(7), LeaderEpoch(0));
        check(&moved, &ANY, KafkaError::InvalidRecord, &[], "base offset");
        check(&plain(&[]), &ANY, KafkaError::InvalidRecord, &[], "Invalid reported count");
        let control = BatchOptions { is_control: true, ..BatchOptions::default() };
        let control = batch(control, ProducerState::NONE, &[(5, None)]);
        check(&control, &ANY, KafkaError::InvalidRecord, &[], "control records");
        let producer = ProducerState {
            producer_id: ProducerId(1),
            producer_epoch: ProducerEpoch(0),
            base_sequence: -1,
            is_transactional: false,
        };
        let unnumbered = batch(BatchOptions::default(), producer, &[(5, None)]);
        check(&unnumbered, &ANY, KafkaError::InvalidRecord, &[], "Invalid sequence number -1");
        let mut holes = RecordBatchBuilder::new(BatchOptions::default(), Vec::new());
        holes.append(5, None, None, &[]);
        holes.override_last_offset(Offset(3));
        let holes = holes.close(ProducerState::NONE, &mut Compressor::default()).batch;
        check(&holes, &ANY, KafkaError::InvalidRecord, &[], "Inconsistent batch offset range [0, 3]");
    }

    #[test]
    fn records_are_refused_for_key_and_timestamp() {
        let keyed = RecordRules { key_required: true, timestamps: Some((10, 20)) };
        let mixed = plain(&[(15, None), (12, Some(b"k")), (15, Some(b""))]);
        check(&mixed, &keyed, KafkaError::InvalidRecord, &[0], "without key");
        let late = plain(&[(15, None), (21, Some(b"k")), (9, Some(b"k")), (-1, Some(b"k")), (20, Some(b"k"))]);
        check(&late, &keyed, KafkaError::InvalidTimestamp, &[0, 1, 2], "out of the range");
        let none = RecordRules { key_required: false, timestamps: None };
        assert_eq!(validate_client_batch(&late, &none), Ok(()));
    }

    #[test]
    fn log_append_time_is_the_brokers_to_write() {
        let options = BatchOptions { timestamp_type: BatchTimestampType::LogAppendTime(15), ..BatchOptions::default() };
        let stamped = batch(options, ProducerState::NONE, &[(5, None)]);
        let none = RecordRules { key_required: false, timestamps: None };
        check(&stamped, &none, KafkaError::InvalidTimestamp, &[0], "LogAppendTime");
        assert_eq!(validate_client_batch(&stamped, &ANY), Ok(()));
    }
}
