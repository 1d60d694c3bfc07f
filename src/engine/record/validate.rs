//! What a broker refuses of a client's batch although it decodes (KAFKA 1.8: the checks that need the batch alone).
//!
//! Sizes against the topic's and the segment's limits, offsets and producer state are the log's to check.

use super::attributes::Attributes;
use super::record::RecordLayout;
use super::record_batch::RecordBatch;
use crate::engine::common::{KafkaError, NO_SEQUENCE, Offset, ProducerId, Timestamp};

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

/// Checks a batch from a client: checksum, header, and every record, decompressed if need be (`LogValidator`).
///
/// # Errors
/// The first fault of the batch, or all faulty records with the error of the first.
pub fn validate_client_batch(batch: &RecordBatch, rules: &RecordRules) -> Result<(), BatchRefused> {
    let from_bytes = |error: super::errors::BatchError| BatchRefused::batch(error.kafka_error(), error.to_string());
    batch.ensure_valid().map_err(from_bytes)?;
    validate_header(batch)?;
    let section = batch.uncompressed_records().map_err(from_bytes)?;
    let mut faults = Vec::new();
    for (index, layout) in batch.layouts(&section).map_err(from_bytes)?.enumerate() {
        let layout = layout.map_err(from_bytes)?;
        if let Some(error) = record_fault(batch, &layout, index, rules) {
            faults.push((index, error));
        }
    }
    match faults.first() {
        None => Ok(()),
        Some((_, (error, why))) => Err(BatchRefused {
            error: *error,
            message: (*why).to_string(),
            record_errors: faults.iter().map(|(index, _)| *index).collect(),
        }),
    }
}

/// The checks of the header alone (`LogValidator.validateBatch` and the log's demand for base offset 0).
///
/// # Errors
/// `INVALID_RECORD`.
pub fn validate_header(batch: &RecordBatch) -> Result<(), BatchRefused> {
    let attributes: Attributes = batch.attributes();
    let count = i64::from(batch.records_count());
    let invalid = |message: String| Err(BatchRefused::batch(KafkaError::InvalidRecord, message));
    if batch.base_offset() != Offset(0) {
        return invalid(format!("the base offset of a client's batch is 0, not {}", batch.base_offset()));
    }
    if count <= 0 || i64::from(batch.last_offset_delta()) + 1 != count {
        let last = batch.last_offset_delta();
        return invalid(format!("Inconsistent batch offset range [0, {last}] and count of records {count}"));
    }
    if attributes.is_control() {
        return invalid("Clients are not allowed to write control records".to_string());
    }
    if batch.producer_id() != ProducerId::NONE && batch.base_sequence() <= NO_SEQUENCE {
        let (sequence, id) = (batch.base_sequence(), batch.producer_id());
        return invalid(format!("Invalid sequence number {sequence} in record batch with producerId {id}"));
    }
    Ok(())
}

fn record_fault(
    batch: &RecordBatch,
    layout: &RecordLayout,
    index: usize,
    rules: &RecordRules,
) -> Option<(KafkaError, &'static str)> {
    if i64::from(layout.offset_delta) != index as i64 {
        return Some((KafkaError::InvalidRecord, "a record's offset delta is not its place in the batch"));
    }
    if rules.key_required && layout.key.is_none() {
        return Some((KafkaError::InvalidRecord, "Compacted topic cannot accept message without key"));
    }
    let timestamp = batch.timestamp_of(layout.timestamp_delta);
    match rules.timestamps {
        Some((earliest, latest)) if timestamp != -1 && !(earliest..=latest).contains(&timestamp) => {
            Some((KafkaError::InvalidTimestamp, "the timestamp is out of the range that the topic accepts"))
        }
        _ => None,
    }
}
