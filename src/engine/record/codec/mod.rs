//! The codecs of a batch's records, both ways (`org.apache.kafka.common.compress`, KAFKA 1.7).
//!
//! Writing gives what the Java client frames; reading takes what any client writes. Decompression is bounded by
//! [`limits::DECOMPRESSED_BYTES_MAX`] and never reserves what only a length field asks for. Each codec is kept in functions of its own, never
//! inlined: a page that meets one codec then fetches no other at first.

mod gzip;
mod lz4;
mod snappy;
mod xxh32;
mod zstd;

use crate::engine::common::limits;
use crate::engine::config::CompressionType;
use std::fmt;

/// How a batch's records are compressed, and framed where that is a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// A gzip member, level 6.
    Gzip,
    /// Snappy.
    Snappy(SnappyFraming),
    /// An LZ4 frame of independent 64 KiB blocks without checksums.
    Lz4,
    /// A zstd frame.
    Zstd,
}

/// How snappy blocks are framed: clients differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum SnappyFraming {
    /// snappy-java's stream of blocks ("xerial"): the Java client.
    #[default]
    Xerial,
    /// One bare block: librdkafka.
    Raw,
}

impl Compression {
    /// The codec, as the attributes name it.
    #[must_use]
    pub fn codec(self) -> CompressionType {
        match self {
            Self::None => CompressionType::None,
            Self::Gzip => CompressionType::Gzip,
            Self::Snappy(_) => CompressionType::Snappy,
            Self::Lz4 => CompressionType::Lz4,
            Self::Zstd => CompressionType::Zstd,
        }
    }
}

/// As the Java client frames it.
impl From<CompressionType> for Compression {
    fn from(codec: CompressionType) -> Self {
        match codec {
            CompressionType::None => Self::None,
            CompressionType::Gzip => Self::Gzip,
            CompressionType::Snappy => Self::Snappy(SnappyFraming::Xerial),
            CompressionType::Lz4 => Self::Lz4,
            CompressionType::Zstd => Self::Zstd,
        }
    }
}

impl CompressionType {
    /// The number in a batch's attributes.
    #[must_use]
    pub fn id(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Gzip => 1,
            Self::Snappy => 2,
            Self::Lz4 => 3,
            Self::Zstd => 4,
        }
    }

    /// The codec with this number.
    #[must_use]
    pub fn from_id(id: u8) -> Option<CompressionType> {
        [Self::None, Self::Gzip, Self::Snappy, Self::Lz4, Self::Zstd].get(usize::from(id)).copied()
    }
}

/// Memory that compressing uses again and again. It holds nothing of what it compressed: the output depends on the input alone,
/// so a clone begins empty.
#[derive(Default)]
pub struct Compressor {
    output: Vec<u8>,
    lz4: lz4::Encoder,
    snappy: snappy::Encoder,
    zstd: zstd::Encoder,
}

impl Clone for Compressor {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl fmt::Debug for Compressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Compressor")
    }
}

impl Compressor {
    /// Compresses `input` and lends the result.
    pub fn compress(&mut self, compression: Compression, input: &[u8]) -> &[u8] {
        let output = &mut self.output;
        output.clear();
        match compression {
            Compression::None => output.extend_from_slice(input),
            Compression::Gzip => gzip::compress(input, output),
            Compression::Snappy(framing) => self.snappy.compress(framing, input, output),
            Compression::Lz4 => return self.lz4.compress(input),
            Compression::Zstd => self.zstd.compress(input, output),
        }
        &self.output
    }
}

/// Why bytes do not decompress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecompressError {
    /// The input ends in the middle.
    Truncated,
    /// More than [`limits::DECOMPRESSED_BYTES_MAX`] bytes would come out.
    TooLarge,
    /// The codec's own words.
    Malformed(String),
}

impl DecompressError {
    fn malformed(why: impl fmt::Display) -> Self {
        Self::Malformed(why.to_string())
    }
}

impl fmt::Display for DecompressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("the compressed data ends in the middle"),
            Self::TooLarge => write!(f, "more than {} bytes would come out", limits::DECOMPRESSED_BYTES_MAX),
            Self::Malformed(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for DecompressError {}

/// Decompresses a records section.
///
/// # Errors
/// If the input is malformed, cut short, or would give more than [`limits::DECOMPRESSED_BYTES_MAX`] bytes.
pub fn decompress(codec: CompressionType, input: &[u8]) -> Result<Vec<u8>, DecompressError> {
    match codec {
        CompressionType::None => Ok(input.to_vec()),
        CompressionType::Gzip => gzip::decompress(input),
        CompressionType::Snappy => snappy::decompress(input),
        CompressionType::Lz4 => lz4::decompress(input),
        CompressionType::Zstd => zstd::decompress(input),
    }
}

/// Reads to the end of a decoder, or to the limit.
fn read_bounded(mut reader: impl std::io::Read, out: &mut Vec<u8>) -> Result<(), DecompressError> {
    let mut chunk = [0; 8 * 1024];
    loop {
        let count = match reader.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Err(DecompressError::Truncated),
            Err(error) => return Err(DecompressError::malformed(error)),
        };
        reserve_bounded(out, count)?;
        out.extend_from_slice(&chunk[..count]);
    }
}

/// Makes room for `more` bytes of output: doubling as a vector does, but not past the limit.
fn reserve_bounded(out: &mut Vec<u8>, more: usize) -> Result<(), DecompressError> {
    let needed = out.len() + more;
    if needed > limits::DECOMPRESSED_BYTES_MAX {
        return Err(DecompressError::TooLarge);
    }
    if needed > out.capacity() {
        let capacity = needed.max((2 * out.capacity()).min(limits::DECOMPRESSED_BYTES_MAX));
        out.reserve_exact(capacity - out.len());
    }
    Ok(())
}
