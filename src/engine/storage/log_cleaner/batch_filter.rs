//! What is left of one batch (`MemoryRecords.filterTo`, `Cleaner.shouldRetainRecord`).
//!
//! The rule it keeps: a record stays where it was or goes; its offset, timestamp and bytes never change. A batch that keeps all its
//! records is copied as it is, unless it holds a tombstone whose time has not begun to run.

use super::cleanable::CleanerConfig;
use super::cleaned_log::{DeleteHorizon, RemovalReason, RemovedRecord};
use super::offset_map::OffsetMap;
use crate::engine::common::{Offset, ProducerId, Timestamp};
use crate::engine::record::{
    BatchError, BatchOptions, BatchTimestampType, Compression, Compressor, ProducerState, Record, RecordBatch,
    RecordBatchBuilder,
};
use crate::engine::storage::producer_state::ProducerStateManager;

/// Decides batch by batch, for one cleaning.
pub(super) struct BatchFilter<'a> {
    pub(super) map: &'a OffsetMap,
    pub(super) producers: &'a ProducerStateManager,
    pub(super) first_uncleanable_offset: Offset,
    pub(super) config: &'a CleanerConfig,
    pub(super) now: Timestamp,
    pub(super) compressor: Compressor,
    /// What goes, in order of offset.
    pub(super) removed: Vec<RemovedRecord>,
    /// The batches whose tombstones' time begins to run.
    pub(super) horizons: Vec<DeleteHorizon>,
}

impl BatchFilter<'_> {
    /// What takes the batch's place; none: nothing.
    ///
    /// | records kept | a tombstone is kept, no horizon yet | the batch becomes |
    /// |--------------|-------------------------------------|-------------------|
    /// | all          | no                                  | itself            |
    /// | all or some  | yes                                 | a new one with a horizon |
    /// | some         | no                                  | a new one with the horizon it had, if any |
    /// | none         | -                                   | a header, if its end must stay known; else nothing |
    ///
    /// # Errors
    /// The batch can not be read.
    pub(super) fn filter(&mut self, batch: &RecordBatch) -> Result<Option<RecordBatch>, BatchError> {
        if batch.is_control() {
            return Ok(Some(batch.clone()));
        }
        let records = batch.records()?;
        let count = records.len();
        let kept: Vec<Record> = records.into_iter().filter(|record| self.retains(batch, record)).collect();
        if kept.is_empty() {
            return Ok(self.emptied(batch));
        }
        let has_tombstone = kept.iter().any(|record| record.value.is_none());
        let horizon = match batch.delete_horizon_ms() {
            None if has_tombstone => {
                let horizon = self.now.saturating_add(self.config.delete_retention_ms);
                let (base_offset, last_offset) = (batch.base_offset(), batch.last_offset());
                self.horizons.push(DeleteHorizon { base_offset, last_offset, horizon });
                Some(horizon)
            }
            known => known,
        };
        if kept.len() == count && horizon == batch.delete_horizon_ms() {
            return Ok(Some(batch.clone()));
        }
        Ok(Some(self.rebuilt(batch, &kept, horizon)))
    }

    fn retains(&mut self, batch: &RecordBatch, record: &Record) -> bool {
        let Some(why) = self.why_it_goes(batch, record) else { return true };
        self.removed.push(RemovedRecord { offset: record.offset, why });
        false
    }

    /// | past the map | has a key | a later one in the map | has a value | horizon passed | the record |
    /// |--------------|-----------|------------------------|-------------|----------------|------------|
    /// | yes          | any       | any                    | any         | any            | stays |
    /// | no           | no        | -                      | any         | any            | goes |
    /// | no           | yes       | yes                    | any         | any            | goes |
    /// | no           | yes       | no                     | yes         | any            | stays |
    /// | no           | yes       | no                     | no          | no, or none is set | stays |
    /// | no           | yes       | no                     | no          | yes            | goes |
    fn why_it_goes(&self, batch: &RecordBatch, record: &Record) -> Option<RemovalReason> {
        if record.offset > self.map.latest_offset() {
            return None;
        }
        let Some(key) = record.key.as_deref() else { return Some(RemovalReason::WithoutKey) };
        if let Some(by) = self.map.get(key).filter(|latest| record.offset < *latest) {
            return Some(RemovalReason::Superseded { by });
        }
        let passed = batch.delete_horizon_ms().filter(|horizon| record.value.is_none() && self.now >= *horizon);
        passed.map(|horizon| RemovalReason::TombstoneExpired { horizon })
    }

    /// The header alone, for the last batch of a producer, whose sequence must not be forgotten, and for the last batch of the
    /// round, whose end must not be.
    fn emptied(&mut self, batch: &RecordBatch) -> Option<RecordBatch> {
        let producer = self.producers.producer(batch.producer_id());
        let is_producers_last = batch.producer_id() != ProducerId::NONE
            && producer.is_some_and(|producer| producer.last_offset() == batch.last_offset());
        let is_rounds_last = batch.next_offset() == self.first_uncleanable_offset;
        if !is_producers_last && !is_rounds_last {
            return None;
        }
        let options = BatchOptions { compression: Compression::None, ..options_of(batch) };
        let empty = self.close(batch, RecordBatchBuilder::new(options, Vec::new()));
        Some(empty.with_max_timestamp(options.timestamp_type, batch.max_timestamp()))
    }

    fn rebuilt(&mut self, batch: &RecordBatch, kept: &[Record], horizon: Option<Timestamp>) -> RecordBatch {
        let options = BatchOptions { delete_horizon_ms: horizon, ..options_of(batch) };
        let mut builder = RecordBatchBuilder::new(options, Vec::new());
        for record in kept {
            let (key, value) = (record.key.as_deref(), record.value.as_deref());
            builder.append_with_offset(record.offset, record.timestamp, key, value, &record.headers);
        }
        self.close(batch, builder)
    }

    fn close(&mut self, batch: &RecordBatch, mut builder: RecordBatchBuilder) -> RecordBatch {
        builder.override_last_offset(batch.last_offset());
        let producer = ProducerState {
            producer_id: batch.producer_id(),
            producer_epoch: batch.producer_epoch(),
            base_sequence: batch.base_sequence(),
            is_transactional: batch.is_transactional(),
        };
        builder.close(producer, &mut self.compressor).batch
    }
}

/// What a batch made of this one has of it.
fn options_of(batch: &RecordBatch) -> BatchOptions {
    let timestamp_type = if batch.attributes().is_log_append_time() {
        BatchTimestampType::LogAppendTime(batch.max_timestamp())
    } else {
        BatchTimestampType::CreateTime
    };
    BatchOptions {
        compression: batch.codec().map_or(Compression::None, Compression::from),
        base_offset: batch.base_offset(),
        partition_leader_epoch: batch.partition_leader_epoch(),
        timestamp_type,
        ..BatchOptions::default()
    }
}
