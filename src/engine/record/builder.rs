//! Fills a batch record by record and closes it (`org.apache.kafka.common.record.MemoryRecordsBuilder`, KAFKA 3.2).
//!
//! Records are encoded straight into the buffer that becomes the batch. When there is room is Kafka's rule exactly, f32 included:
//! the batch-fill vectors depend on it. Who owns the buffers and the ratio estimate is the producer's business.

use super::attributes::{Attributes, BatchTimestampType};
use super::batch_header::BatchHeader;
use super::codec::{Compression, Compressor};
use super::fill_buffer::FillBuffer;
use super::record::{self, Header, RecordPlan};
use super::record_batch::{BODY_OVERHEAD, MAGIC_V2, RECORD_BATCH_OVERHEAD, RecordBatch};
use crate::engine::common::{LeaderEpoch, NO_SEQUENCE, Offset, ProducerEpoch, ProducerId, Timestamp};
use crate::engine::config::CompressionType;

/// How much a compressed batch may turn out larger than estimated (`COMPRESSION_RATE_ESTIMATION_FACTOR`).
pub const COMPRESSION_RATE_ESTIMATION_FACTOR: f32 = 1.05;

/// What is known of a batch when it is begun. The default is the Java producer's: no compression, offsets from 0, CreateTime.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchOptions {
    /// Codec and framing.
    pub compression: Compression,
    /// Bytes that the batch should not pass; its first record always fits.
    pub write_limit: usize,
    /// Expected compressed size over uncompressed size ([`super::CompressionRatioEstimator`]).
    pub estimated_ratio: f32,
    /// Offset of the first record: 0 in a client.
    pub base_offset: Offset,
    /// −1 in a Java client.
    pub partition_leader_epoch: LeaderEpoch,
    /// CreateTime in a client.
    pub timestamp_type: BatchTimestampType,
    /// A control batch.
    pub is_control: bool,
    /// What compaction sets in place of the base timestamp.
    pub delete_horizon_ms: Option<Timestamp>,
}

impl Default for BatchOptions {
    fn default() -> Self {
        Self {
            compression: Compression::None,
            write_limit: usize::MAX,
            estimated_ratio: 1.0,
            base_offset: Offset(0),
            partition_leader_epoch: LeaderEpoch::NONE,
            timestamp_type: BatchTimestampType::CreateTime,
            is_control: false,
            delete_horizon_ms: None,
        }
    }
}

/// Who produced a batch, given when it is drained (`setProducerState`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProducerState {
    /// −1: not idempotent.
    pub producer_id: ProducerId,
    /// −1 with no producer id.
    pub producer_epoch: ProducerEpoch,
    /// −1 with no producer id.
    pub base_sequence: i32,
    /// Part of a transaction.
    pub is_transactional: bool,
}

impl ProducerState {
    /// Neither idempotent nor transactional.
    pub const NONE: ProducerState = ProducerState {
        producer_id: ProducerId::NONE,
        producer_epoch: ProducerEpoch::NONE,
        base_sequence: NO_SEQUENCE,
        is_transactional: false,
    };
}

/// A batch being filled.
#[derive(Clone, Debug)]
pub struct RecordBatchBuilder {
    options: BatchOptions,
    /// Room for the header from the magic on, then the records, uncompressed.
    buffer: FillBuffer,
    records_count: i32,
    first_timestamp: Option<Timestamp>,
    max_timestamp: Timestamp,
    last_offset_delta: Option<i32>,
    /// What the batch is thought to take; kept up with each record, since it is asked for several times a record.
    estimated_bytes: usize,
    is_closed_for_appends: bool,
}

/// What closing a builder gives.
#[derive(Debug)]
pub struct ClosedBatch {
    /// The batch.
    pub batch: RecordBatch,
    /// Bytes of the records as stored.
    pub compressed_bytes: usize,
    /// Bytes of the records before compression.
    pub uncompressed_bytes: usize,
    /// The builder's buffer, to begin another batch with; without capacity if it became the batch.
    pub spare_buffer: Vec<u8>,
}

impl ClosedBatch {
    /// What the estimator learns from: compressed over uncompressed size of the records, 1 for a batch without any.
    #[must_use]
    pub fn compression_ratio(&self) -> f32 {
        if self.uncompressed_bytes == 0 { 1.0 } else { self.compressed_bytes as f32 / self.uncompressed_bytes as f32 }
    }
}

/// Bytes that a batch of this one record takes at most, compression not counted (`AbstractRecords.estimateSizeInBytesUpperBound`).
#[must_use]
pub fn batch_size_upper_bound(key: Option<&[u8]>, value: Option<&[u8]>, headers: &[Header]) -> usize {
    RECORD_BATCH_OVERHEAD + record::size_upper_bound(key, value, headers)
}

impl RecordBatchBuilder {
    /// A batch without records, filled into `buffer`, whose content is dropped and whose capacity is used.
    #[must_use]
    pub fn new(options: BatchOptions, buffer: Vec<u8>) -> Self {
        let mut buffer = FillBuffer::new(buffer);
        buffer.next(BODY_OVERHEAD);
        Self {
            options,
            buffer,
            records_count: 0,
            first_timestamp: options.delete_horizon_ms,
            max_timestamp: -1,
            last_offset_delta: None,
            estimated_bytes: RECORD_BATCH_OVERHEAD,
            is_closed_for_appends: false,
        }
    }

    /// Whether one more record fits: the first always does; any other by its exact size, its compression not counted on.
    #[inline]
    #[must_use]
    pub fn has_room_for(
        &self,
        timestamp: Timestamp,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[Header],
    ) -> bool {
        if self.is_full() {
            return false;
        }
        if self.records_count == 0 {
            return true;
        }
        self.options.write_limit >= self.estimated_bytes() + self.plan(timestamp, key, value, headers).size()
    }

    /// Appends a record if there is room for it and returns the bytes it takes, uncompressed: [`Self::has_room_for`] and
    /// [`Self::append`] in one, its size computed once (`ProducerBatch.tryAppend`).
    #[inline(always)] // this and what it calls is nearly all that a record costs: calls between the parts are a good share of it
    pub fn try_append(
        &mut self,
        timestamp: Timestamp,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[Header],
    ) -> Option<usize> {
        if self.is_closed_for_appends {
            return None;
        }
        let plan = self.plan(timestamp, key, value, headers);
        // A batch that is full has no room for any record either: a record takes bytes.
        let has_room = self.records_count == 0 || self.options.write_limit >= self.estimated_bytes() + plan.size();
        has_room.then(|| self.write(&plan, timestamp, key, value, headers))
    }

    /// Appends a record at the next offset and returns the bytes it takes, uncompressed. `timestamp` is 0 or more, or −1.
    #[inline]
    pub fn append(
        &mut self,
        timestamp: Timestamp,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[Header],
    ) -> usize {
        assert!(!self.is_closed_for_appends, "a batch closed for appends takes no record");
        let plan = self.plan(timestamp, key, value, headers);
        self.write(&plan, timestamp, key, value, headers)
    }

    #[inline(always)]
    fn plan(&self, timestamp: Timestamp, key: Option<&[u8]>, value: Option<&[u8]>, headers: &[Header]) -> RecordPlan {
        RecordPlan::new(self.next_offset_delta(), self.timestamp_delta(timestamp), key, value, headers)
    }

    #[inline(always)]
    fn write(
        &mut self,
        plan: &RecordPlan,
        timestamp: Timestamp,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[Header],
    ) -> usize {
        plan.write(self.buffer.next(plan.size()), key, value, headers);
        self.first_timestamp.get_or_insert(timestamp);
        self.records_count += 1;
        self.last_offset_delta = Some(plan.offset_delta);
        self.max_timestamp = self.max_timestamp.max(timestamp);
        self.estimated_bytes = self.estimate();
        plan.size()
    }

    /// Appends a record at an offset above the last one's: what compaction does, where offsets have holes.
    pub fn append_with_offset(
        &mut self,
        offset: Offset,
        timestamp: Timestamp,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[Header],
    ) -> usize {
        let delta = self.delta_of(offset);
        assert!(self.last_offset_delta.is_none_or(|last| delta > last), "offsets rise within a batch");
        self.last_offset_delta = (delta > 0).then(|| delta - 1);
        self.append(timestamp, key, value, headers)
    }

    /// Takes no more records; what is left to set is the header.
    pub fn close_for_record_appends(&mut self) {
        self.is_closed_for_appends = true;
    }

    /// No more records are taken: closed for appends, or the write limit is reached.
    #[inline]
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.is_closed_for_appends || (self.records_count > 0 && self.options.write_limit <= self.estimated_bytes())
    }

    /// Bytes that the batch is thought to take: exact if not compressed (`estimatedBytesWritten`).
    #[inline]
    #[must_use]
    pub fn estimated_bytes(&self) -> usize {
        self.estimated_bytes
    }

    #[inline]
    fn estimate(&self) -> usize {
        let uncompressed = self.uncompressed_bytes();
        if self.options.compression == Compression::None {
            return RECORD_BATCH_OVERHEAD + uncompressed;
        }
        // Java: (int) (int × float × float), rounded down.
        let estimate = uncompressed as f32 * self.options.estimated_ratio * COMPRESSION_RATE_ESTIMATION_FACTOR;
        RECORD_BATCH_OVERHEAD + estimate as usize
    }

    /// Bytes of the records so far, uncompressed, without the header.
    #[inline]
    #[must_use]
    pub fn uncompressed_bytes(&self) -> usize {
        self.buffer.len() - BODY_OVERHEAD
    }

    /// Records so far.
    #[must_use]
    pub fn records_count(&self) -> usize {
        self.records_count as usize
    }

    /// What the batch was begun with.
    #[must_use]
    pub fn options(&self) -> &BatchOptions {
        &self.options
    }

    /// Largest timestamp so far; −1 without records.
    #[must_use]
    pub fn max_timestamp(&self) -> Timestamp {
        self.max_timestamp
    }

    /// Says that the batch reaches to this offset, at least to its last record's: what compaction preserves.
    pub fn override_last_offset(&mut self, last_offset: Offset) {
        self.last_offset_delta = Some(self.delta_of(last_offset));
    }

    /// Compresses, writes the header and the checksum.
    #[must_use]
    pub fn close(self, producer: ProducerState, compressor: &mut Compressor) -> ClosedBatch {
        let uncompressed_bytes = self.uncompressed_bytes();
        let header = self.header(producer);
        let (mut body, spare_buffer) = match self.options.compression {
            Compression::None => into_body(self.buffer),
            compression if uncompressed_bytes > 0 => {
                let compressed = compressor.compress(compression, &self.buffer.written()[BODY_OVERHEAD..]);
                let mut body = Vec::with_capacity(BODY_OVERHEAD + compressed.len());
                body.resize(BODY_OVERHEAD, 0);
                body.extend_from_slice(compressed);
                (body, self.buffer.into_spare())
            }
            _ => into_body(self.buffer),
        };
        body[..BODY_OVERHEAD].copy_from_slice(&header.body_bytes());
        let compressed_bytes = body.len() - BODY_OVERHEAD;
        let batch = RecordBatch::seal(self.options.base_offset, self.options.partition_leader_epoch, body);
        ClosedBatch { batch, compressed_bytes, uncompressed_bytes, spare_buffer }
    }

    /// Moves everything out, without new memory. What is left is good for nothing but to be dropped.
    pub(in crate::engine) fn take(&mut self) -> Self {
        let buffer = std::mem::replace(&mut self.buffer, FillBuffer::new(Vec::new()));
        Self { buffer, ..*self }
    }

    fn header(&self, producer: ProducerState) -> BatchHeader {
        let options = &self.options;
        let codec = if self.records_count == 0 { CompressionType::None } else { options.compression.codec() };
        let attributes = Attributes::new(
            codec,
            options.timestamp_type,
            producer.is_transactional,
            options.is_control,
            options.delete_horizon_ms.is_some(),
        );
        BatchHeader {
            base_offset: options.base_offset,
            batch_length: 0, // composed by the batch, which knows its size
            partition_leader_epoch: options.partition_leader_epoch,
            magic: MAGIC_V2,
            crc: 0, // written when the batch is sealed
            attributes,
            last_offset_delta: self.last_offset_delta.unwrap_or(0),
            base_timestamp: self.first_timestamp.unwrap_or(-1),
            max_timestamp: match options.timestamp_type {
                BatchTimestampType::CreateTime => self.max_timestamp,
                BatchTimestampType::LogAppendTime(time) => time,
            },
            producer_id: producer.producer_id,
            producer_epoch: producer.producer_epoch,
            base_sequence: producer.base_sequence,
            records_count: self.records_count,
        }
    }

    #[inline]
    fn next_offset_delta(&self) -> i32 {
        self.last_offset_delta.map_or(0, |last| last + 1)
    }

    fn delta_of(&self, offset: Offset) -> i32 {
        let delta = offset.0 - self.options.base_offset.0;
        i32::try_from(delta).ok().filter(|delta| *delta >= 0).expect("a batch's offsets are within 2^31 of its base")
    }

    #[inline]
    fn timestamp_delta(&self, timestamp: Timestamp) -> i64 {
        self.first_timestamp.map_or(0, |first| timestamp.wrapping_sub(first))
    }
}

/// The buffer as the body of the batch and what is left to use again. A buffer that is mostly full becomes the body without a copy; of
/// one that is mostly empty a copy is made, so that a log of small batches does not hold on to large buffers.
fn into_body(buffer: FillBuffer) -> (Vec<u8>, Vec<u8>) {
    if buffer.len() >= buffer.capacity() - buffer.capacity() / 8 {
        (buffer.into_written(), Vec::new())
    } else {
        (buffer.written().to_vec(), buffer.into_spare())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    const T: Timestamp = 1_700_000_000_000;

    fn unhex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
        digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    }

    type Sent<'a> = (Timestamp, Option<&'a [u8]>, Option<&'a [u8]>, &'a [Header]);

    fn build(compression: Compression, producer: ProducerState, records: &[Sent<'_>]) -> RecordBatch {
        let options = BatchOptions { compression, ..BatchOptions::default() };
        let mut builder = RecordBatchBuilder::new(options, Vec::new());
        for (timestamp, key, value, headers) in records {
            builder.append(*timestamp, *key, *value, headers);
        }
        builder.close(producer, &mut Compressor::default()).batch
    }

    const KEY_VALUE: Sent<'_> = (T, Some(b"key"), Some(b"value"), &[]);

    /// KAFKA 1.6 A.
    #[test]
    fn golden_batch_of_one_record() {
        let batch = build(Compression::None, ProducerState::NONE, &[KEY_VALUE]);
        let golden = "000000000000000000000040ffffffff02db5e9cdd0000000000000000018bcfe568000000018bcfe56800\
            ffffffffffffffffffffffffffff000000011c000000066b65790a76616c756500";
        assert_eq!(batch.to_vec(), unhex(golden));
        assert_eq!(batch.size_in_bytes(), 76);
    }

    /// KAFKA 1.6 B, and after a leader assigned offset 1000 and epoch 5.
    #[test]
    fn golden_batch_with_a_producer_id_headers_and_an_older_timestamp() {
        let headers = [Header::new("h", Some(Bytes::from_static(b"v"))), Header::new("n", None)];
        let producer = ProducerState {
            producer_id: ProducerId(4000),
            producer_epoch: ProducerEpoch(1),
            base_sequence: 7,
            is_transactional: false,
        };
        let records: [Sent<'_>; 3] =
            [(T, None, Some(b"a"), &[]), (T + 5, Some(b""), Some(b""), &[]), (T - 3, Some(b"k"), None, &headers)];
        let batch = build(Compression::None, producer, &records);
        let golden = "00000000000000000000004fffffffff02e52602d40000000000020000018bcfe568000000018bcfe56805\
            0000000000000fa0000100000007000000030e000000010261000c000a020000001c000504026b010402680276026e01";
        assert_eq!(batch.to_vec(), unhex(golden));
        let appended = batch.with_offset_and_epoch(Offset(1000), LeaderEpoch(5)).to_vec();
        assert_eq!(appended[..21], unhex("00000000000003e80000004f0000000502e52602d4"));
        assert_eq!(appended[21..], batch.to_vec()[21..]);
        assert_eq!((batch.sequence_of(2), batch.next_offset()), (9, Offset(3)));
    }

    /// KAFKA 1.6 C: the payload does not compress, so the LZ4 block is stored.
    #[test]
    fn golden_lz4_batch() {
        let batch = build(Compression::Lz4, ProducerState::NONE, &[KEY_VALUE]);
        assert_eq!(batch.crc(), 0x52cd_4346);
        assert_eq!(batch.stored_records(), unhex("04224d18604082 0f000080 1c000000066b65790a76616c756500 00000000"));
        assert_eq!(batch.size_in_bytes(), 91);
    }

    #[test]
    fn try_append_is_has_room_for_and_append() {
        for write_limit in [0, 90, 400, 5000] {
            let options = BatchOptions { write_limit, ..BatchOptions::default() };
            let mut one = RecordBatchBuilder::new(options, Vec::new());
            let mut two = one.clone();
            for size in (0..100).rev() {
                let value = vec![b'v'; size];
                let has_room = two.has_room_for(T, None, Some(&value), &[]);
                let size = has_room.then(|| two.append(T, None, Some(&value), &[]));
                assert_eq!(one.try_append(T, None, Some(&value), &[]), size);
            }
            assert!(one.records_count() > 0);
            one.close_for_record_appends();
            assert_eq!(one.try_append(T, None, None, &[]), None);
        }
    }

    /// KAFKA 3.2: where a batch of equal records ends.
    #[track_caller]
    fn check_fill(batch_size: usize, key: Option<&[u8]>, value_bytes: usize, records: usize, bytes: usize) {
        let value = vec![b'v'; value_bytes];
        let write_limit = batch_size.max(batch_size_upper_bound(key, Some(&value), &[]));
        let options = BatchOptions { write_limit, ..BatchOptions::default() };
        let mut builder = RecordBatchBuilder::new(options, Vec::new());
        while builder.has_room_for(T, key, Some(&value), &[]) {
            builder.append(T, key, Some(&value), &[]);
        }
        assert_eq!(builder.estimated_bytes(), bytes);
        let closed = builder.close(ProducerState::NONE, &mut Compressor::default());
        assert_eq!((closed.batch.records_count() as usize, closed.batch.size_in_bytes()), (records, bytes));
    }

    #[test]
    fn batches_fill_as_kafkas_do() {
        check_fill(16_384, None, 100, 148, 16_277);
        check_fill(16_384, Some(&[7; 8]), 100, 138, 16_281);
        check_fill(16_384, None, 10, 910, 16_377);
        check_fill(16_384, None, 1024, 15, 15_556);
        check_fill(1, None, 100, 1, 170);
    }

    #[test]
    fn a_compressed_batch_counts_on_the_estimate_in_f32() {
        let options = BatchOptions {
            compression: Compression::Lz4,
            write_limit: 1000,
            estimated_ratio: 0.7,
            ..BatchOptions::default()
        };
        let mut builder = RecordBatchBuilder::new(options, Vec::new());
        builder.append(T, None, Some(&[1; 993]), &[]);
        assert_eq!(builder.uncompressed_bytes(), 1002);
        assert_eq!(builder.estimated_bytes(), 61 + (1002f32 * 0.7f32 * 1.05f32) as usize);
        assert!(!builder.is_full());
        assert!(builder.has_room_for(T, None, Some(&[1; 192]), &[]));
        assert!(!builder.has_room_for(T, None, Some(&[1; 204]), &[]));
        builder.close_for_record_appends();
        assert!(builder.is_full() && !builder.has_room_for(T, None, None, &[]));
    }

    #[test]
    fn a_small_batch_gives_its_buffer_back_and_a_full_one_keeps_it() {
        let closed_with = |value_bytes: usize| {
            let mut builder = RecordBatchBuilder::new(BatchOptions::default(), Vec::with_capacity(16_384));
            builder.append(T, None, Some(&vec![0; value_bytes]), &[]);
            builder.close(ProducerState::NONE, &mut Compressor::default())
        };
        assert_eq!(closed_with(10).spare_buffer.capacity(), 16_384);
        assert_eq!(closed_with(16_000).spare_buffer.capacity(), 0);
    }
}
