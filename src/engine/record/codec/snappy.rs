//! Snappy in its two framings: snappy-java's stream ("xerial"), which the Java client writes, and one bare block, which
//! librdkafka writes. Reading tells them apart by the magic (`SnappyCompression`).

use super::{DecompressError, SnappyFraming, reserve_bounded};
use crate::engine::common::limits;

/// snappy-java's magic, its version 1 and the least version that can read it, 1.
const XERIAL_HEADER: [u8; 16] = [0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0, 0, 0, 0, 1, 0, 0, 0, 1];
const XERIAL_MAGIC: &[u8] = &[0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0];
/// Input that snappy-java puts into one block.
const CHUNK_BYTES: usize = 32 * 1024;

pub(super) struct Encoder(snap::raw::Encoder);

impl Default for Encoder {
    fn default() -> Self {
        Self(snap::raw::Encoder::new())
    }
}

impl Encoder {
    #[inline(never)]
    pub(super) fn compress(&mut self, framing: SnappyFraming, input: &[u8], output: &mut Vec<u8>) {
        match framing {
            SnappyFraming::Raw => {
                self.block(input, output);
            }
            SnappyFraming::Xerial => {
                output.extend_from_slice(&XERIAL_HEADER);
                for chunk in input.chunks(CHUNK_BYTES) {
                    let at = output.len();
                    output.extend_from_slice(&[0; 4]);
                    let size = self.block(chunk, output) as u32;
                    output[at..at + 4].copy_from_slice(&size.to_be_bytes());
                }
            }
        }
    }

    fn block(&mut self, input: &[u8], output: &mut Vec<u8>) -> usize {
        let at = output.len();
        output.resize(at + snap::raw::max_compress_len(input.len()), 0);
        let size = self.0.compress(input, &mut output[at..]).expect("there is room for the longest output");
        output.truncate(at + size);
        size
    }
}

#[inline(never)]
pub(super) fn decompress(input: &[u8]) -> Result<Vec<u8>, DecompressError> {
    let mut out = Vec::new();
    if !input.starts_with(XERIAL_MAGIC) {
        decompress_block(input, &mut out)?;
        return Ok(out);
    }
    let mut rest = input.get(XERIAL_HEADER.len()..).ok_or(DecompressError::Truncated)?;
    while !rest.is_empty() {
        let (size, tail) = rest.split_first_chunk::<4>().ok_or(DecompressError::Truncated)?;
        let size = usize::try_from(i32::from_be_bytes(*size))
            .map_err(|_| DecompressError::malformed("a block's length is negative"))?;
        let block = tail.get(..size).ok_or(DecompressError::Truncated)?;
        decompress_block(block, &mut out)?;
        rest = &tail[size..];
    }
    Ok(out)
}

fn decompress_block(block: &[u8], out: &mut Vec<u8>) -> Result<(), DecompressError> {
    if block.is_empty() {
        return Err(DecompressError::Truncated);
    }
    let size = snap::raw::decompress_len(block).map_err(DecompressError::malformed)?;
    // A copy element of three bytes gives at most 64: what claims more than that is not believed.
    if size > block.len().saturating_mul(limits::SNAPPY_EXPANSION_MAX) {
        return Err(DecompressError::malformed(format!("{} bytes can not become {size}", block.len())));
    }
    reserve_bounded(out, size)?;
    let at = out.len();
    out.resize(at + size, 0);
    let written = snap::raw::Decoder::new().decompress(block, &mut out[at..]).map_err(DecompressError::malformed)?;
    out.truncate(at + written);
    Ok(())
}
