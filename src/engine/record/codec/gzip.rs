//! gzip (RFC 1952): one member, level 6, as the Java client writes it by default (`GzipCompression`). Reading takes members one after the
//! other, as gzip allows.
//!
//! The deflated stream is `flate2`'s; header and trailer are written and read here, with a checksum whose table is not shipped.

use super::{DecompressError, read_bounded};
use crate::engine::record::crc32::crc32;
use flate2::Compression;
use flate2::bufread::DeflateDecoder;
use flate2::write::DeflateEncoder;
use std::io::Write;

/// Java's default, −1, is zlib's 6.
const LEVEL: u32 = 6;
/// Magic, deflate, no flags, no time, no hint, unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// Flags of a header, each for a field behind it, and those that are reserved.
const FLAG_HEADER_CRC: u8 = 1 << 1;
const FLAG_EXTRA: u8 = 1 << 2;
const FLAG_NAME: u8 = 1 << 3;
const FLAG_COMMENT: u8 = 1 << 4;
const FLAGS_RESERVED: u8 = 0b1110_0000;

#[inline(never)]
pub(super) fn compress(input: &[u8], output: &mut Vec<u8>) {
    output.extend_from_slice(&HEADER);
    let mut encoder = DeflateEncoder::new(&mut *output, Compression::new(LEVEL));
    encoder.write_all(input).and_then(|()| encoder.try_finish()).expect("writing to memory does not fail");
    drop(encoder);
    output.extend_from_slice(&crc32(input).to_le_bytes());
    output.extend_from_slice(&(input.len() as u32).to_le_bytes());
}

#[inline(never)]
pub(super) fn decompress(input: &[u8]) -> Result<Vec<u8>, DecompressError> {
    let mut out = Vec::new();
    let mut rest = input;
    loop {
        read_header(&mut rest)?;
        let begin = out.len();
        read_bounded(DeflateDecoder::new(&mut rest), &mut out)?;
        let trailer = take(&mut rest, 8)?;
        let expected = [crc32(&out[begin..]), (out.len() - begin) as u32];
        if trailer != expected.map(u32::to_le_bytes).as_flattened() {
            return Err(DecompressError::malformed("the checksum or the length of a gzip member is another"));
        }
        if rest.is_empty() {
            return Ok(out);
        }
    }
}

/// Reads a member's header and the fields that its flags announce; none of them is needed.
fn read_header(rest: &mut &[u8]) -> Result<(), DecompressError> {
    let whole = *rest;
    let header = take(rest, HEADER.len())?;
    let flags = header[3];
    if header[..3] != HEADER[..3] || flags & FLAGS_RESERVED != 0 {
        return Err(DecompressError::malformed("there is no gzip header"));
    }
    if flags & FLAG_EXTRA != 0 {
        let length = take(rest, 2)?;
        take(rest, usize::from(u16::from_le_bytes([length[0], length[1]])))?;
    }
    for flag in [FLAG_NAME, FLAG_COMMENT] {
        if flags & flag != 0 {
            let end = rest.iter().position(|byte| *byte == 0).ok_or(DecompressError::Truncated)?;
            take(rest, end + 1)?;
        }
    }
    if flags & FLAG_HEADER_CRC != 0 {
        let read = &whole[..whole.len() - rest.len()];
        if take(rest, 2)? != (crc32(read) as u16).to_le_bytes() {
            return Err(DecompressError::malformed("the checksum of a gzip header is another"));
        }
    }
    Ok(())
}

/// Takes the next bytes of the input.
fn take<'a>(rest: &mut &'a [u8], count: usize) -> Result<&'a [u8], DecompressError> {
    let (taken, tail) = rest.split_at_checked(count).ok_or(DecompressError::Truncated)?;
    *rest = tail;
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"orders orders orders";

    fn compressed() -> Vec<u8> {
        let mut output = Vec::new();
        compress(TEXT, &mut output);
        output
    }

    /// The same member with a header that has every field.
    fn with_fields() -> Vec<u8> {
        let mut bytes = HEADER.to_vec();
        bytes[3] = FLAG_HEADER_CRC | FLAG_EXTRA | FLAG_NAME | FLAG_COMMENT;
        bytes.extend_from_slice(b"\x03\x00abcname\0comment\0");
        bytes.extend_from_slice(&(crc32(&bytes) as u16).to_le_bytes());
        bytes.extend_from_slice(&compressed()[HEADER.len()..]);
        bytes
    }

    #[track_caller]
    fn check(input: &[u8], expected: Result<&[u8], DecompressError>) {
        assert_eq!(decompress(input), expected.map(<[u8]>::to_vec));
    }

    #[test]
    fn members_are_read_whatever_their_headers_have() {
        check(&compressed(), Ok(TEXT));
        check(&with_fields(), Ok(TEXT));
        check(&[compressed(), with_fields()].concat(), Ok(&[TEXT, TEXT].concat()));
    }

    #[test]
    fn every_cut_is_truncated() {
        let bytes = with_fields();
        for length in 0..bytes.len() {
            check(&bytes[..length], Err(DecompressError::Truncated));
        }
    }

    #[test]
    fn what_is_changed_is_malformed() {
        let is_malformed = |bytes: &[u8]| matches!(decompress(bytes), Err(DecompressError::Malformed(_)));
        let header_bytes = with_fields().len() - (compressed().len() - HEADER.len());
        for (bytes, places) in [
            (compressed(), [0, 1, 2, compressed().len() - 8, compressed().len() - 1]),
            (with_fields(), [4, 13, 17, header_bytes - 2, header_bytes - 1]),
        ] {
            for place in places {
                let mut changed = bytes.clone();
                changed[place] ^= 0x10;
                assert!(is_malformed(&changed), "byte {place}");
            }
        }
        let mut reserved = compressed();
        reserved[3] = 0x20;
        assert!(is_malformed(&reserved));
        assert!(is_malformed(&[compressed(), b"and something else".to_vec()].concat()));
    }
}
