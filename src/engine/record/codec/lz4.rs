//! LZ4 frames as Kafka frames them: independent 64 KiB blocks, no checksums, no content size (`Lz4BlockOutputStream`).
//!
//! The frame is written and read here, block by block, around `lz4_flex`'s block codec: that spares a copy on the way out,
//! reading takes exactly what Java takes (`Lz4BlockInputStream`), and what comes out is the same on every machine.

use super::{DecompressError, reserve_bounded, xxh32};
use crate::engine::common::limits;
use lz4_flex::block::{CompressTable, compress_into_with_table, decompress_into, get_maximum_output_size};

/// Frame magic, FLG (version 1, independent blocks), BD (64 KiB), and the second byte of their xxHash32.
const HEADER: [u8; 7] = [0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82];
const MAGIC: &[u8] = &[0x04, 0x22, 0x4d, 0x18];
/// Input of a full block. Java fills a block's 65,536 bytes; from 65,535 on `lz4_flex` hashes by the width of a pointer, and a
/// run would differ between a browser and a native program. Readers take blocks of any size up to the frame's maximum.
const BLOCK_BYTES: usize = 64 * 1024 - 2;
/// Set in a block's length if the block is stored as it is.
const STORED: u32 = 1 << 31;
const END_MARK: [u8; 4] = [0; 4];

const FLG_VERSION_MASK: u8 = 0xc0;
const FLG_VERSION_1: u8 = 0x40;
const FLG_INDEPENDENT: u8 = 0x20;
const FLG_BLOCK_CHECKSUM: u8 = 0x10;
const FLG_CONTENT_SIZE: u8 = 0x08;
const FLG_CONTENT_CHECKSUM: u8 = 0x04;
const FLG_RESERVED: u8 = 0x03;

#[derive(Default)]
pub(super) struct Encoder {
    /// Of 16-bit entries, which all our blocks fit. Cleared for each block.
    table: CompressTable,
    /// As long as the longest frame so far: cleared never, so that no block pays for zeros.
    frame: Vec<u8>,
}

impl Encoder {
    #[inline(never)]
    pub(super) fn compress(&mut self, input: &[u8]) -> &[u8] {
        let blocks = input.chunks(BLOCK_BYTES);
        let room = blocks.clone().map(|block| 4 + get_maximum_output_size(block.len())).sum::<usize>();
        let room = HEADER.len() + room + END_MARK.len();
        if self.frame.len() < room {
            self.frame.resize(room, 0);
        }
        let mut at = self.put(0, &HEADER);
        for block in blocks {
            at = self.block(at, block);
        }
        let end = self.put(at, &END_MARK);
        &self.frame[..end]
    }

    /// Writes a block behind `at` and returns its end: compressed if that is shorter, else as it is.
    fn block(&mut self, at: usize, block: &[u8]) -> usize {
        let size = compress_into_with_table(block, &mut self.frame[at + 4..], &mut self.table)
            .expect("there is room for the longest output");
        if size < block.len() {
            self.put(at, &(size as u32).to_le_bytes());
            return at + 4 + size;
        }
        let at = self.put(at, &(block.len() as u32 | STORED).to_le_bytes());
        self.put(at, block)
    }

    fn put(&mut self, at: usize, bytes: &[u8]) -> usize {
        self.frame[at..at + bytes.len()].copy_from_slice(bytes);
        at + bytes.len()
    }
}

#[inline(never)]
pub(super) fn decompress(input: &[u8]) -> Result<Vec<u8>, DecompressError> {
    let mut reader = Reader { rest: input };
    let frame = reader.frame_header()?;
    let mut out = Vec::new();
    while reader.block(&frame, &mut out)? {}
    Ok(out)
}

struct Frame {
    block_bytes_max: usize,
    block_checksums: bool,
    content_checksum: bool,
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], DecompressError> {
        let (head, tail) = self.rest.split_at_checked(count).ok_or(DecompressError::Truncated)?;
        self.rest = tail;
        Ok(head)
    }

    fn take_u32(&mut self) -> Result<u32, DecompressError> {
        Ok(u32::from_le_bytes(self.take(4)?.try_into().expect("four bytes were taken")))
    }

    fn frame_header(&mut self) -> Result<Frame, DecompressError> {
        if self.take(4)? != MAGIC {
            return Err(DecompressError::malformed("no LZ4 frame magic"));
        }
        let descriptor = self.rest;
        let (flags, block_descriptor) = (self.take(1)?[0], self.take(1)?[0]);
        if flags & FLG_VERSION_MASK != FLG_VERSION_1 {
            return Err(DecompressError::malformed("not version 1 of the LZ4 frame format"));
        }
        if flags & FLG_RESERVED != 0 || block_descriptor & 0x8f != 0 {
            return Err(DecompressError::malformed("a reserved bit of the LZ4 frame is set"));
        }
        if flags & FLG_INDEPENDENT == 0 {
            return Err(DecompressError::malformed("dependent LZ4 blocks, which Kafka does not read"));
        }
        let block_bytes_max = match block_descriptor >> 4 {
            size @ 4..=7 => 1 << (2 * size + 8),
            _ => return Err(DecompressError::malformed("no LZ4 block size has this number")),
        };
        let content_size_bytes = if flags & FLG_CONTENT_SIZE != 0 { 8 } else { 0 };
        self.take(content_size_bytes)?;
        let checksum = (xxh32::xxh32(&descriptor[..2 + content_size_bytes]) >> 8) as u8;
        if self.take(1)?[0] != checksum {
            return Err(DecompressError::malformed("the LZ4 frame descriptor's checksum is wrong"));
        }
        Ok(Frame {
            block_bytes_max,
            block_checksums: flags & FLG_BLOCK_CHECKSUM != 0,
            content_checksum: flags & FLG_CONTENT_CHECKSUM != 0,
        })
    }

    /// Reads a block; false after the end mark.
    fn block(&mut self, frame: &Frame, out: &mut Vec<u8>) -> Result<bool, DecompressError> {
        let mark = self.take_u32()?;
        if mark == 0 {
            if frame.content_checksum {
                self.take_u32()?; // not verified, as in Java
            }
            return Ok(false);
        }
        let size = (mark & !STORED) as usize;
        if size > frame.block_bytes_max {
            return Err(DecompressError::malformed("an LZ4 block is longer than its frame allows"));
        }
        let block = self.take(size)?;
        if frame.block_checksums && self.take_u32()? != xxh32::xxh32(block) {
            return Err(DecompressError::malformed("an LZ4 block's checksum is wrong"));
        }
        if mark & STORED != 0 {
            reserve_bounded(out, size)?;
            out.extend_from_slice(block);
        } else {
            decompress_block(block, frame.block_bytes_max, out)?;
        }
        Ok(true)
    }
}

fn decompress_block(block: &[u8], block_bytes_max: usize, out: &mut Vec<u8>) -> Result<(), DecompressError> {
    let at = out.len();
    // What the input can not fill is not reserved, and what is over the limit is not written.
    let justified = block_bytes_max.min(block.len().saturating_mul(limits::LZ4_EXPANSION_MAX));
    let room = justified.min(limits::DECOMPRESSED_BYTES_MAX - at);
    reserve_bounded(out, room)?;
    out.resize(at + room, 0);
    let written = decompress_into(block, &mut out[at..]).map_err(|error| match error {
        lz4_flex::block::DecompressError::OutputTooSmall { .. } if room < justified => DecompressError::TooLarge,
        error => DecompressError::malformed(error),
    })?;
    out.truncate(at + written);
    Ok(())
}
