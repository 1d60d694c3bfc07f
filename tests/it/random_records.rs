//! Random records that look like what people send, and what they should not: null and empty, headers, old timestamps, repetition.

use bytes::Bytes;
use highwater::engine::common::{Prng, ProducerEpoch, ProducerId};
use highwater::engine::record::{
    BatchOptions, Compression, Compressor, Header, ProducerState, RecordBatch, RecordBatchBuilder, SnappyFraming,
};

/// Every way to write a batch.
pub(crate) const COMPRESSIONS: [Compression; 6] = [
    Compression::None,
    Compression::Gzip,
    Compression::Snappy(SnappyFraming::Xerial),
    Compression::Snappy(SnappyFraming::Raw),
    Compression::Lz4,
    Compression::Zstd,
];

/// A record to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) timestamp: i64,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) headers: Vec<Header>,
}

/// Up to `records_max` records with values of up to `value_max` bytes.
pub(crate) fn records(prng: &mut Prng, records_max: u64, value_max: u64) -> Vec<Sent> {
    let base = 1_700_000_000_000 + prng.below(1_000_000) as i64;
    (0..prng.between(1, records_max)).map(|_| record(prng, base, value_max)).collect()
}

fn record(prng: &mut Prng, base: i64, value_max: u64) -> Sent {
    let timestamp = match prng.below(20) {
        0 => -1,
        1 => 0,
        2 => i64::MAX,
        _ => base + prng.below(5000) as i64 - 1000,
    };
    let headers = if prng.chance(200) { prng.below(4) } else { 0 };
    Sent {
        timestamp,
        key: nullable(prng, 24),
        value: nullable(prng, value_max),
        headers: (0..headers).map(|_| Header::new(field(prng, 12), nullable(prng, 20).map(Bytes::from))).collect(),
    }
}

fn nullable(prng: &mut Prng, bytes_max: u64) -> Option<Vec<u8>> {
    match prng.below(8) {
        0 => None,
        1 => Some(Vec::new()),
        _ => Some(field(prng, bytes_max)),
    }
}

/// Noise, words that repeat, or one byte over and over.
fn field(prng: &mut Prng, bytes_max: u64) -> Vec<u8> {
    let length = prng.between(0, bytes_max) as usize;
    match prng.below(4) {
        0 => (0..length).map(|_| prng.next_u64() as u8).collect(),
        1 => vec![prng.next_u64() as u8; length],
        _ => {
            let words: [&[u8]; 5] = [b"{\"user\":", b"\"status\": \"paid\", ", b"order-", b"amount", b"EUR"];
            let mut bytes = Vec::new();
            while bytes.len() < length {
                bytes.extend_from_slice(words[prng.below(5) as usize]);
                bytes.push(prng.next_u64() as u8);
            }
            bytes.truncate(length);
            bytes
        }
    }
}

/// A batch of these records, half of the time of an idempotent producer.
pub(crate) fn batch(
    prng: &mut Prng,
    sent: &[Sent],
    compression: Compression,
    compressor: &mut Compressor,
) -> RecordBatch {
    let options = BatchOptions { compression, ..BatchOptions::default() };
    let mut builder = RecordBatchBuilder::new(options, Vec::new());
    for record in sent {
        builder.append(record.timestamp, record.key.as_deref(), record.value.as_deref(), &record.headers);
    }
    let producer = if prng.chance(500) {
        ProducerState::NONE
    } else {
        ProducerState {
            producer_id: ProducerId(prng.below(1 << 40) as i64),
            producer_epoch: ProducerEpoch(prng.below(1 << 15) as i16),
            base_sequence: prng.next_u31() as i32,
            is_transactional: prng.chance(200),
        }
    };
    builder.close(producer, compressor).batch
}
