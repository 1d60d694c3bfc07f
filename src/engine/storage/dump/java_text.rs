//! Text as Java reads it: `new String(bytes, UTF_8)`, which replaces bad bytes by other counts of U+FFFD than Rust does.

const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// Decodes UTF-8; what is malformed becomes U+FFFD, as often as Java's `String` does it.
///
/// Java and Rust agree but for surrogates and the like: Java takes a whole three-byte form of a surrogate as one malformed piece.
#[must_use]
pub fn decode_utf8_as_java(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while !rest.is_empty() {
        let valid = match std::str::from_utf8(rest) {
            Ok(all) => all,
            Err(error) => std::str::from_utf8(&rest[..error.valid_up_to()]).unwrap_or_default(),
        };
        text.push_str(valid);
        rest = &rest[valid.len()..];
        if !rest.is_empty() {
            text.push(REPLACEMENT);
            rest = &rest[malformed_length(rest)..];
        }
    }
    text
}

/// How many bytes Java skips for one U+FFFD; `bytes` starts with a malformed piece and is not empty.
fn malformed_length(bytes: &[u8]) -> usize {
    let is_continuation = |at: usize| bytes.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
    let second = bytes.get(1).copied().unwrap_or(0);
    match bytes[0] {
        0xe0..=0xef if is_continuation(1) && is_continuation(2) => match bytes[0] {
            0xe0 => 1,
            _ => 3,
        },
        0xe0 if second < 0xa0 => 1,
        0xe1..=0xef if is_continuation(1) => 2,
        0xe0 if is_continuation(1) => 2,
        0xf0 if !(0x90..=0xbf).contains(&second) => 1,
        0xf4 if second & 0xf0 != 0x80 => 1,
        0xf0..=0xf4 if is_continuation(1) && is_continuation(2) => 3,
        0xf0..=0xf4 if is_continuation(1) => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: &str) {
        assert_eq!(decode_utf8_as_java(bytes), expected);
    }

    #[test]
    fn sound_text_stays() {
        check("naïve 東京 🙂".as_bytes(), "naïve 東京 🙂");
        check(b"", "");
    }

    #[test]
    fn malformed_pieces_count_as_in_java() {
        check(b"a\xff\xfeb", "a\u{fffd}\u{fffd}b");
        check(b"\xed\xa0\x80!", "\u{fffd}!");
        check(b"\xe6\x9d!", "\u{fffd}!");
        check(b"\xf0\x9f\x99!", "\u{fffd}!");
        check(b"\xe0\x80\x80", "\u{fffd}\u{fffd}\u{fffd}");
        check(b"\xf8\x80", "\u{fffd}\u{fffd}");
    }
}
