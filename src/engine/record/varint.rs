//! Variable-length integers: zigzag, seven bits a byte, low group first (`org.apache.kafka.common.utils.ByteUtils`).
//!
//! At most 5 bytes for 32 bits and 10 for 64; a longer one is an error, as in Kafka. A shorter value written long is accepted.

/// Longest encoding of a 32-bit integer, in bytes.
pub const VARINT_BYTES_MAX: usize = 5;
/// Longest encoding of a 64-bit integer, in bytes.
pub const VARLONG_BYTES_MAX: usize = 10;

/// Bytes that [`write_varint`] takes (`ByteUtils.sizeOfVarint`).
#[inline]
#[must_use]
pub fn size_of_varint(value: i32) -> usize {
    size_of_unsigned(u64::from(zigzag32(value)))
}

/// Bytes that [`write_varlong`] takes (`ByteUtils.sizeOfVarlong`).
#[inline]
#[must_use]
pub fn size_of_varlong(value: i64) -> usize {
    size_of_unsigned(zigzag64(value))
}

/// Appends a zigzag varint of 32 bits.
#[inline]
pub fn write_varint(out: &mut Vec<u8>, value: i32) {
    write_unsigned(out, u64::from(zigzag32(value)));
}

/// Appends a zigzag varint of 64 bits.
#[inline]
pub fn write_varlong(out: &mut Vec<u8>, value: i64) {
    write_unsigned(out, zigzag64(value));
}

/// Appends an unsigned varint (flexible versions of the protocol).
pub fn write_unsigned_varint(out: &mut Vec<u8>, value: u32) {
    write_unsigned(out, u64::from(value));
}

/// Reads a zigzag varint of 32 bits: the value and its bytes; none if the input ends first or the varint is too long.
#[inline]
#[must_use]
pub fn read_varint(input: &[u8]) -> Option<(i32, usize)> {
    let (raw, size) = read_unsigned_varint(input)?;
    Some((((raw >> 1) as i32) ^ -((raw & 1) as i32), size))
}

/// Reads a zigzag varint of 64 bits: the value and its bytes; none if the input ends first or the varint is too long.
#[inline]
#[must_use]
pub fn read_varlong(input: &[u8]) -> Option<(i64, usize)> {
    let (raw, size) = read_unsigned::<VARLONG_BYTES_MAX>(input)?;
    Some((((raw >> 1) as i64) ^ -((raw & 1) as i64), size))
}

/// Reads an unsigned varint of 32 bits: the value and its bytes; none if the input ends first or the varint is too long.
#[inline]
#[must_use]
pub fn read_unsigned_varint(input: &[u8]) -> Option<(u32, usize)> {
    let (raw, size) = read_unsigned::<VARINT_BYTES_MAX>(input)?;
    // As in Java, what the fifth byte holds above 32 bits is dropped.
    Some((raw as u32, size))
}

/// Writes the varint into `out` from `at` and returns the position after it. `out` must have the room.
#[inline]
pub(super) fn put_unsigned(out: &mut [u8], mut at: usize, mut value: u64) -> usize {
    while value >= 0x80 {
        out[at] = (value as u8) | 0x80;
        value >>= 7;
        at += 1;
    }
    out[at] = value as u8;
    at + 1
}

/// Writes a zigzag varint of 32 bits into `out` from `at` and returns the position after it. `out` must have the room.
#[inline]
pub(super) fn put_varint(out: &mut [u8], at: usize, value: i32) -> usize {
    put_unsigned(out, at, u64::from(zigzag32(value)))
}

#[inline]
pub(super) fn zigzag32(value: i32) -> u32 {
    ((value << 1) ^ (value >> 31)) as u32
}

#[inline]
pub(super) fn zigzag64(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

#[inline]
fn size_of_unsigned(value: u64) -> usize {
    // Seven bits a byte, and a byte even for zero, hence `value | 1`. For 1 to 64 bits, 9/64 and a little is a seventh, rounded up.
    let bits = 64 - (value | 1).leading_zeros() as usize;
    (9 * bits + 64) / 64
}

#[inline]
fn write_unsigned(out: &mut Vec<u8>, value: u64) {
    if value < 0x80 {
        out.push(value as u8);
        return;
    }
    let mut bytes = [0; VARLONG_BYTES_MAX];
    let end = put_unsigned(&mut bytes, 0, value);
    out.extend_from_slice(&bytes[..end]);
}

#[inline]
fn read_unsigned<const BYTES_MAX: usize>(input: &[u8]) -> Option<(u64, usize)> {
    let first = *input.first()?;
    if first < 0x80 {
        return Some((u64::from(first), 1));
    }
    let mut value = u64::from(first & 0x7f);
    for (index, &byte) in input.iter().enumerate().take(BYTES_MAX).skip(1) {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte < 0x80 {
            return Some((value, index + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_int(value: i32, hex: &[u8]) {
        let mut bytes = Vec::new();
        write_varint(&mut bytes, value);
        assert_eq!(bytes, hex, "{value}");
        assert_eq!(size_of_varint(value), hex.len());
        assert_eq!(read_varint(hex), Some((value, hex.len())));
        check_long(i64::from(value), hex);
    }

    #[track_caller]
    fn check_long(value: i64, hex: &[u8]) {
        let mut bytes = Vec::new();
        write_varlong(&mut bytes, value);
        assert_eq!(bytes, hex, "{value}");
        assert_eq!(size_of_varlong(value), hex.len());
        assert_eq!(read_varlong(hex), Some((value, hex.len())));
        for cut in 0..hex.len() {
            assert_eq!(read_varlong(&hex[..cut]), None, "{value} cut at {cut}");
        }
    }

    #[test]
    fn the_vectors_of_byte_utils_test() {
        check_int(0, &[0x00]);
        check_int(-1, &[0x01]);
        check_int(1, &[0x02]);
        check_int(63, &[0x7e]);
        check_int(-64, &[0x7f]);
        check_int(64, &[0x80, 0x01]);
        check_int(-65, &[0x81, 0x01]);
        check_int(8191, &[0xfe, 0x7f]);
        check_int(-8192, &[0xff, 0x7f]);
        check_int(8192, &[0x80, 0x80, 0x01]);
        check_int(-8193, &[0x81, 0x80, 0x01]);
        check_int(1_048_575, &[0xfe, 0xff, 0x7f]);
        check_int(1_048_576, &[0x80, 0x80, 0x80, 0x01]);
        check_int(134_217_728, &[0x80, 0x80, 0x80, 0x80, 0x01]);
        check_int(i32::MAX, &[0xfe, 0xff, 0xff, 0xff, 0x0f]);
        check_int(i32::MIN, &[0xff, 0xff, 0xff, 0xff, 0x0f]);
        check_long(17_179_869_184, &[0x80, 0x80, 0x80, 0x80, 0x80, 0x01]);
        check_long(-17_179_869_185, &[0x81, 0x80, 0x80, 0x80, 0x80, 0x01]);
        check_long(i64::MAX, &[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
        check_long(i64::MIN, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
    }

    #[test]
    fn unsigned_vectors() {
        for (value, hex) in
            [(8191, &[0xff, 0x3f][..]), (1_048_576, &[0x80, 0x80, 0x40]), (u32::MAX, &[0xff, 0xff, 0xff, 0xff, 0x0f])]
        {
            let mut bytes = Vec::new();
            write_unsigned_varint(&mut bytes, value);
            assert_eq!(bytes, hex);
            assert_eq!(read_unsigned_varint(hex), Some((value, hex.len())));
        }
    }

    #[test]
    fn too_long_is_an_error() {
        assert_eq!(read_varint(&[0xff, 0xff, 0xff, 0xff, 0xff, 0x01]), None);
        assert_eq!(read_varlong(&[0xff; 11]), None);
        assert_eq!(read_varlong(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]), None);
    }

    #[test]
    fn sizes_change_where_they_should() {
        for (value, size) in [
            (-64, 1),
            (63, 1),
            (64, 2),
            (8191, 2),
            (8192, 3),
            ((1 << 20) - 1, 3),
            (1 << 20, 4),
            ((1 << 27) - 1, 4),
            (1 << 27, 5),
        ] {
            assert_eq!(size_of_varint(value), size, "{value}");
        }
    }
}
