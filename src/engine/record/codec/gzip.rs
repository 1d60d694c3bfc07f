//! gzip: one member, level 6, as the Java client writes it by default (`GzipCompression`).

use super::{DecompressError, read_bounded};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

/// Java's default, −1, is zlib's 6.
const LEVEL: u32 = 6;

pub(super) fn compress(input: &[u8], output: &mut Vec<u8>) {
    let mut encoder = GzEncoder::new(output, Compression::new(LEVEL));
    encoder.write_all(input).and_then(|()| encoder.try_finish()).expect("writing to memory does not fail");
}

pub(super) fn decompress(input: &[u8]) -> Result<Vec<u8>, DecompressError> {
    let mut out = Vec::new();
    read_bounded(flate2::bufread::MultiGzDecoder::new(input), &mut out)?;
    Ok(out)
}
