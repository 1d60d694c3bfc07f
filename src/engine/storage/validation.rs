//! What a leader makes of a client's batch before it appends it (KAFKA 1.8, steps 1 to 5; `LogValidator`).
//!
//! A batch that this process has just built is known to be sound; one that came as bytes is not until it was checked. The type says
//! which: [`ClientBatch`]. The checks that need the batch alone are in `record::validate`.

use super::errors::AppendErrorReason;
use crate::engine::common::{KafkaError, Offset, Timestamp};
use crate::engine::config::{CompressionType, TimestampType, TopicCompression, TopicConfig};
use crate::engine::record::validate::{BatchRefused, RecordRules, validate_client_batch, validate_header};
use crate::engine::record::{
    BatchError, BatchOptions, BatchTimestampType, Compression, Compressor, ProducerState, RecordBatch,
    RecordBatchBuilder,
};

/// A batch that a producer sends, and how much is known of it.
#[derive(Clone, Debug)]
pub enum ClientBatch {
    /// Made by this engine's own builder and not seen by anybody since: checksum and records are sound.
    Built(RecordBatch),
    /// Read from bytes that came from outside: everything is checked.
    Received(RecordBatch),
}

impl ClientBatch {
    /// The batch, sound or not.
    #[must_use]
    pub fn batch(&self) -> &RecordBatch {
        match self {
            Self::Built(batch) | Self::Received(batch) => batch,
        }
    }
}

/// A batch that may be appended, and the broker's time that it was given, if it was.
#[derive(Clone, Debug)]
pub(super) struct ValidatedBatch {
    pub(super) batch: RecordBatch,
    pub(super) log_append_time: Option<Timestamp>,
    pub(super) recompressed: bool,
}

/// Checks a client's batch in Kafka's order, and makes it what the topic stores.
pub(super) fn validate(
    client_batch: &ClientBatch,
    config: &TopicConfig,
    now: Timestamp,
) -> Result<ValidatedBatch, AppendErrorReason> {
    let batch = client_batch.batch();
    ensure_base_offset_is_zero(batch)?;
    ensure_fits_topic(batch, config)?;
    match client_batch {
        ClientBatch::Built(batch) => validate_built(batch, config, now)?,
        ClientBatch::Received(batch) => validate_received(batch, config, now)?,
    }
    let log_append_time = (config.message_timestamp_type == TimestampType::LogAppendTime).then_some(now);
    let stored = match target_codec(config, batch) {
        Some(codec) => {
            let recompressed = recompress(batch, codec, log_append_time).map_err(refuse_bytes)?;
            ensure_fits_topic(&recompressed, config)?;
            return Ok(ValidatedBatch { batch: recompressed, log_append_time, recompressed: true });
        }
        None => with_topic_timestamps(client_batch, log_append_time).map_err(refuse_bytes)?,
    };
    Ok(ValidatedBatch { batch: stored, log_append_time, recompressed: false })
}

fn ensure_base_offset_is_zero(batch: &RecordBatch) -> Result<(), AppendErrorReason> {
    if batch.base_offset() == Offset(0) {
        return Ok(());
    }
    let message = format!("the base offset of a client's batch is 0, not {}", batch.base_offset());
    Err(refuse(KafkaError::InvalidRecord, message))
}

fn ensure_fits_topic(batch: &RecordBatch, config: &TopicConfig) -> Result<(), AppendErrorReason> {
    let (size_in_bytes, max_message_bytes) = (batch.size_in_bytes(), config.max_message_bytes);
    if i64::try_from(size_in_bytes).is_ok_and(|size| size <= max_message_bytes) {
        return Ok(());
    }
    Err(AppendErrorReason::BatchTooLarge { size_in_bytes, max_message_bytes })
}

/// A sound batch has only its header to check, unless a timestamp could be out of range: then its records.
fn validate_built(batch: &RecordBatch, config: &TopicConfig, now: Timestamp) -> Result<(), AppendErrorReason> {
    debug_assert!(batch.ensure_valid().is_ok(), "a batch of our own builder has the right checksum");
    validate_header(batch).map_err(AppendErrorReason::Refused)?;
    let rules = record_rules(config, now);
    let in_range =
        rules.timestamps.is_none_or(|(earliest, latest)| earliest == Timestamp::MIN && batch.max_timestamp() <= latest);
    if in_range && !rules.key_required { Ok(()) } else { validate_received(batch, config, now) }
}

fn validate_received(batch: &RecordBatch, config: &TopicConfig, now: Timestamp) -> Result<(), AppendErrorReason> {
    validate_client_batch(batch, &record_rules(config, now)).map_err(AppendErrorReason::Refused)
}

fn record_rules(config: &TopicConfig, now: Timestamp) -> RecordRules {
    let timestamps = (config.message_timestamp_type == TimestampType::CreateTime).then(|| {
        let before = config.message_timestamp_before_max_ms;
        let earliest = if before == i64::MAX { Timestamp::MIN } else { now.saturating_sub(before) };
        (earliest, now.saturating_add(config.message_timestamp_after_max_ms))
    });
    RecordRules { key_required: config.cleanup_policy.compacts(), timestamps }
}

/// The codec that the topic wants, if the batch has another.
fn target_codec(config: &TopicConfig, batch: &RecordBatch) -> Option<CompressionType> {
    let target = match config.compression_type {
        TopicCompression::Producer => return None,
        TopicCompression::Uncompressed => CompressionType::None,
        TopicCompression::Gzip => CompressionType::Gzip,
        TopicCompression::Snappy => CompressionType::Snappy,
        TopicCompression::Lz4 => CompressionType::Lz4,
        TopicCompression::Zstd => CompressionType::Zstd,
    };
    (batch.codec() != Some(target)).then_some(target)
}

/// Sets the batch's largest timestamp to the broker's time, or to what its records say if it came from outside. The checksum changes
/// only if one of them differs.
fn with_topic_timestamps(
    client_batch: &ClientBatch,
    log_append_time: Option<Timestamp>,
) -> Result<RecordBatch, BatchError> {
    match (client_batch, log_append_time) {
        (ClientBatch::Built(batch), None) => Ok(batch.clone()),
        (_, Some(now)) => Ok(client_batch.batch().with_max_timestamp(BatchTimestampType::LogAppendTime(now), now)),
        (ClientBatch::Received(batch), None) => {
            let section = batch.uncompressed_records()?;
            let mut max_timestamp = -1;
            for layout in batch.layouts(&section)? {
                max_timestamp = max_timestamp.max(batch.timestamp_of(layout?.timestamp_delta));
            }
            Ok(batch.with_max_timestamp(BatchTimestampType::CreateTime, max_timestamp))
        }
    }
}

/// The same records in a batch of another codec, as a leader writes it when the topic says so.
fn recompress(
    batch: &RecordBatch,
    codec: CompressionType,
    log_append_time: Option<Timestamp>,
) -> Result<RecordBatch, BatchError> {
    let options = BatchOptions {
        compression: Compression::from(codec),
        timestamp_type: log_append_time.map_or(BatchTimestampType::CreateTime, BatchTimestampType::LogAppendTime),
        ..BatchOptions::default()
    };
    let mut builder = RecordBatchBuilder::new(options, Vec::new());
    for record in batch.records()? {
        builder.append(record.timestamp, record.key.as_deref(), record.value.as_deref(), &record.headers);
    }
    let producer = ProducerState {
        producer_id: batch.producer_id(),
        producer_epoch: batch.producer_epoch(),
        base_sequence: batch.base_sequence(),
        is_transactional: batch.is_transactional(),
    };
    Ok(builder.close(producer, &mut Compressor::default()).batch)
}

fn refuse(error: KafkaError, message: String) -> AppendErrorReason {
    AppendErrorReason::Refused(BatchRefused { error, message, record_errors: Vec::new() })
}

fn refuse_bytes(error: BatchError) -> AppendErrorReason {
    refuse(error.kafka_error(), error.to_string())
}
