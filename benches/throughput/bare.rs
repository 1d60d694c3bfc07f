//! The bare loop: hash, encode, compress, checksum and keep, with nothing around it. What the engine is measured against.
//!
//! It has the engine's murmur2, codec and CRC-32C, which are leaves, and an encoding of its own that knows that a record has a key, a
//! value and no headers. It cuts a batch after as many records as the engine's batches hold on average.

use bytes::Bytes;
use highwater::engine::producer::partitioner::murmur2::murmur2;
use highwater::engine::record::crc32c::crc32c;
use highwater::engine::record::{Compression, Compressor, RecordBatch};

use crate::records::{PARTITIONS, Records, TIMESTAMP};

const HEADER_BYTES: usize = 61;
/// From the attributes on, everything is covered by the checksum.
const CHECKED_FROM: usize = 21;

/// One partition's open batch and its finished ones.
#[derive(Default)]
struct Lane {
    open: Vec<u8>,
    count: usize,
    next_offset: i64,
    batches: Vec<Bytes>,
}

/// Writes all records and gives each partition's batches as bytes.
pub(crate) fn run(records: &Records, compression: Compression, records_per_batch: usize) -> Vec<Vec<Bytes>> {
    let mut lanes: Vec<Lane> = (0..PARTITIONS).map(|_| Lane::default()).collect();
    let mut compressor = Compressor::default();
    for (key, value) in records.iter() {
        let partition = (murmur2(key) & 0x7fff_ffff) as usize % PARTITIONS;
        let lane = &mut lanes[partition];
        lane.append(key, value);
        if lane.count == records_per_batch {
            lane.finish(compression, &mut compressor);
        }
    }
    for lane in &mut lanes {
        lane.finish(compression, &mut compressor);
    }
    lanes.into_iter().map(|lane| lane.batches).collect()
}

/// The batches of a run, parsed.
pub(crate) fn parse(partitions: &[Vec<Bytes>]) -> Vec<Vec<RecordBatch>> {
    let parse = |bytes: &Bytes| RecordBatch::parse(bytes, 0).expect("a bare batch is a batch").0;
    partitions.iter().map(|batches| batches.iter().map(parse).collect()).collect()
}

impl Lane {
    #[inline]
    fn append(&mut self, key: &[u8], value: &[u8]) {
        if self.open.is_empty() {
            self.open.resize(HEADER_BYTES, 0);
        }
        let delta = self.count as u32;
        // Attributes and time delta take a byte each, as does the count of headers.
        let size = 3 + varint_bytes(delta) + varint_bytes(key.len() as u32) + key.len();
        let size = size + varint_bytes(value.len() as u32) + value.len();
        push_varint(&mut self.open, size as u32);
        self.open.extend_from_slice(&[0, 0]);
        push_varint(&mut self.open, delta);
        push_varint(&mut self.open, key.len() as u32);
        self.open.extend_from_slice(key);
        push_varint(&mut self.open, value.len() as u32);
        self.open.extend_from_slice(value);
        self.open.push(0);
        self.count += 1;
    }

    fn finish(&mut self, compression: Compression, compressor: &mut Compressor) {
        if self.count == 0 {
            return;
        }
        let mut batch = if compression == Compression::None {
            let capacity = self.open.capacity();
            std::mem::replace(&mut self.open, Vec::with_capacity(capacity))
        } else {
            let compressed = compressor.compress(compression, &self.open[HEADER_BYTES..]);
            let mut batch = Vec::with_capacity(HEADER_BYTES + compressed.len());
            batch.resize(HEADER_BYTES, 0);
            batch.extend_from_slice(compressed);
            self.open.clear();
            batch
        };
        self.write_header(&mut batch, compression);
        self.batches.push(batch.into());
        self.next_offset += self.count as i64;
        self.count = 0;
    }

    fn write_header(&self, batch: &mut [u8], compression: Compression) {
        let length = (batch.len() - 12) as i32;
        let count = self.count as i32;
        batch[0..8].copy_from_slice(&self.next_offset.to_be_bytes());
        batch[8..12].copy_from_slice(&length.to_be_bytes());
        batch[16] = 2;
        batch[21..23].copy_from_slice(&i16::from(compression.codec().id()).to_be_bytes());
        batch[23..27].copy_from_slice(&(count - 1).to_be_bytes());
        batch[27..35].copy_from_slice(&TIMESTAMP.to_be_bytes());
        batch[35..43].copy_from_slice(&TIMESTAMP.to_be_bytes());
        // No producer id, epoch or sequence: −1 each.
        batch[43..57].fill(0xff);
        batch[57..61].copy_from_slice(&count.to_be_bytes());
        let crc = crc32c(&batch[CHECKED_FROM..]);
        batch[17..21].copy_from_slice(&crc.to_be_bytes());
    }
}

/// Bytes of a number of 0 or more as a zigzag varint.
#[inline]
fn varint_bytes(number: u32) -> usize {
    if number < 1 << 6 {
        1
    } else if number < 1 << 13 {
        2
    } else {
        3
    }
}

#[inline]
fn push_varint(out: &mut Vec<u8>, number: u32) {
    let mut rest = number << 1;
    while rest > 0x7f {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}
