//! CRC-32C (Castagnoli), the checksum of a batch from its attributes to its end.
//!
//! Sixteen bytes a step by table (slicing-by-16): no intrinsics, so it is as fast in WebAssembly as a portable one gets. The
//! tables are made at first use rather than shipped: they would not compress.

use std::sync::LazyLock;

/// The reflected Castagnoli polynomial.
const POLYNOMIAL: u32 = 0x82f6_3b78;
const SLICES: usize = 16;

static TABLES: LazyLock<Box<[[u32; 256]; SLICES]>> = LazyLock::new(tables);

/// The CRC-32C of the bytes.
#[must_use]
pub fn crc32c(bytes: &[u8]) -> u32 {
    extend(0, bytes)
}

/// The CRC-32C of some bytes whose CRC is `crc`, followed by `bytes`.
#[must_use]
pub fn extend(crc: u32, bytes: &[u8]) -> u32 {
    let tables = &**TABLES;
    let mut crc = !crc;
    let mut steps = bytes.chunks_exact(SLICES);
    for step in &mut steps {
        let step: &[u8; SLICES] = step.try_into().expect("chunks_exact gives whole chunks");
        crc = slice(tables, crc, step);
    }
    for &byte in steps.remainder() {
        crc = tables[0][usize::from(crc as u8 ^ byte)] ^ (crc >> 8);
    }
    !crc
}

/// One step: the CRC runs into the first four bytes, and each byte looks up what it becomes at the end of the step.
#[inline]
fn slice(tables: &[[u32; 256]; SLICES], crc: u32, step: &[u8; SLICES]) -> u32 {
    let head = crc ^ u32::from_le_bytes([step[0], step[1], step[2], step[3]]);
    let mut next = tables[15][usize::from(head as u8)]
        ^ tables[14][usize::from((head >> 8) as u8)]
        ^ tables[13][usize::from((head >> 16) as u8)]
        ^ tables[12][usize::from((head >> 24) as u8)];
    for index in 4..SLICES {
        next ^= tables[SLICES - 1 - index][usize::from(step[index])];
    }
    next
}

fn tables() -> Box<[[u32; 256]; SLICES]> {
    let mut tables = Box::new([[0; 256]; SLICES]);
    for byte in 0..256u32 {
        tables[0][byte as usize] =
            (0..8).fold(byte, |crc, _| if crc & 1 == 1 { (crc >> 1) ^ POLYNOMIAL } else { crc >> 1 });
    }
    for slice in 1..SLICES {
        for byte in 0..256 {
            let before = tables[slice - 1][byte];
            tables[slice][byte] = tables[0][usize::from(before as u8)] ^ (before >> 8);
        }
    }
    tables
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bit by bit, straight from the definition.
    fn by_definition(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0u32, |crc, &byte| {
            (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ POLYNOMIAL } else { crc >> 1 })
        })
    }

    #[test]
    fn the_published_check_values() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(&[0x00; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
        assert_eq!(crc32c(&(0..32).collect::<Vec<u8>>()), 0x46dd_794e);
        assert_eq!(crc32c(b"a"), 0xc1d0_4330);
        assert_eq!(crc32c(b""), 0);
    }

    #[test]
    fn any_length_and_any_cut_agree_with_the_definition() {
        let mut prng = crate::engine::common::Prng::stream(11, "crc32c");
        let bytes: Vec<u8> = (0..2000).map(|_| prng.next_u64() as u8).collect();
        for length in (0..200).chain([1023, 1024, 1025, 1999, 2000]) {
            assert_eq!(crc32c(&bytes[..length]), by_definition(&bytes[..length]), "{length} bytes");
            let cut = prng.below(length as u64 + 1) as usize;
            assert_eq!(extend(crc32c(&bytes[..cut]), &bytes[cut..length]), crc32c(&bytes[..length]));
        }
    }
}
