//! zstd: one frame, level 3, without content size or checksum, as the Java client streams it (`ZstdCompression`).

use super::DecompressError;
use crate::engine::common::limits;
use zstd_rs::{CompressionConfig, Decompressor, Error, FrameHeader};

/// A block is at most this long, whatever the window.
const BLOCK_BYTES_MAX: usize = 128 * 1024;
const BLOCK_HEADER_BYTES: usize = 3;
/// The block type that stands for one byte, repeated.
const BLOCK_TYPE_RLE: u32 = 1;
const CHECKSUM_BYTES: usize = 4;

const CONFIG: CompressionConfig = CompressionConfig { content_size: false, ..CompressionConfig::DEFAULT };

/// Tables are made when the first batch is compressed: few runs use zstd.
#[derive(Default)]
pub(super) struct Encoder(Option<zstd_rs::Compressor>);

impl Encoder {
    #[inline(never)]
    pub(super) fn compress(&mut self, input: &[u8], output: &mut Vec<u8>) {
        let new = || zstd_rs::Compressor::new(CONFIG).expect("level 3 is a level");
        self.0.get_or_insert_with(new).compress(input, None, output).expect("a batch is shorter than 1 GiB");
    }
}

#[inline(never)]
pub(super) fn decompress(input: &[u8]) -> Result<Vec<u8>, DecompressError> {
    if input.is_empty() {
        return Err(DecompressError::Truncated);
    }
    let justified = justified_bytes(input)?;
    let mut out = Vec::new();
    let limit = justified.min(limits::DECOMPRESSED_BYTES_MAX);
    Decompressor::new().decompress(input, None, limit, &mut out).map_err(|error| match error {
        Error::Truncated => DecompressError::Truncated,
        Error::OutputLimit if justified > limits::DECOMPRESSED_BYTES_MAX => DecompressError::TooLarge,
        Error::OutputLimit => DecompressError::malformed("the frame can not become as long as it says"),
        error => DecompressError::malformed(error),
    })?;
    Ok(out)
}

/// What the blocks of the input can become at most, whatever content size a frame header claims. Walks block headers only.
fn justified_bytes(input: &[u8]) -> Result<usize, DecompressError> {
    let (mut justified, mut rest) = (0usize, input);
    while !rest.is_empty() {
        let header = match skippable_bytes(rest) {
            Some(size) => {
                rest = rest.get(size..).ok_or(DecompressError::Truncated)?;
                continue;
            }
            None => FrameHeader::parse(rest).map_err(DecompressError::malformed)?,
        };
        rest = rest.get(header.header_len..).ok_or(DecompressError::Truncated)?;
        loop {
            let (bytes, tail) = rest.split_first_chunk::<BLOCK_HEADER_BYTES>().ok_or(DecompressError::Truncated)?;
            let block = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]);
            let (is_last, block_type, size) = (block & 1 == 1, (block >> 1) & 3, (block >> 3) as usize);
            let stored = if block_type == BLOCK_TYPE_RLE { 1 } else { size };
            rest = tail.get(stored..).ok_or(DecompressError::Truncated)?;
            justified = justified.saturating_add(BLOCK_BYTES_MAX);
            if is_last {
                break;
            }
        }
        rest = rest.get(if header.checksum { CHECKSUM_BYTES } else { 0 }..).ok_or(DecompressError::Truncated)?;
    }
    Ok(justified)
}

/// The size of a skippable frame, if the input begins with one.
fn skippable_bytes(input: &[u8]) -> Option<usize> {
    let (magic, tail) = input.split_first_chunk::<4>()?;
    if u32::from_le_bytes(*magic) & !0xf != 0x184d_2a50 {
        return None;
    }
    let size = tail.first_chunk::<4>().map_or(0, |bytes| u32::from_le_bytes(*bytes) as usize);
    size.checked_add(8)
}
