//! zstd: one frame (`ZstdCompression`).

use super::{DecompressError, read_bounded};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

#[derive(Default)]
pub(super) struct Encoder;

impl Encoder {
    pub(super) fn compress(&mut self, input: &[u8], output: &mut Vec<u8>) {
        output.extend_from_slice(&compress_to_vec(input, CompressionLevel::Fastest));
    }
}

pub(super) fn decompress(input: &[u8]) -> Result<Vec<u8>, DecompressError> {
    let decoder = ruzstd::decoding::StreamingDecoder::new(input).map_err(DecompressError::malformed)?;
    let mut out = Vec::new();
    read_bounded(decoder, &mut out)?;
    Ok(out)
}
