//! Which colour token stands for what. The tokens themselves are in `www/tokens.css`.

/// A key's hue: one of eight, or none for a record without a key.
///
/// The hue is a function of the key's bytes alone (FNV-1a), so that a key looks the same in every room and partition count.
#[must_use]
pub fn key_hue(key: Option<&[u8]>) -> Option<u8> {
    let key = key?;
    // Keys that end in a number take their hue from it, so that neighbours such as user-1 and user-2 differ.
    let digits = key.iter().rev().take_while(|byte| byte.is_ascii_digit()).count().min(6);
    if digits > 0 {
        let number = key[key.len() - digits..].iter().fold(0_u32, |sum, byte| sum * 10 + u32::from(byte - b'0'));
        return Some((number % 8) as u8);
    }
    let hash = key.iter().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    Some(((hash ^ (hash >> 16)) % 8) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_keeps_its_hue_and_neighbours_differ() {
        assert_eq!(key_hue(None), None);
        assert_eq!(key_hue(Some(b"user-3")), Some(3));
        assert_eq!(key_hue(Some(b"user-17")), Some(1));
        assert_eq!(key_hue(Some(b"DE")), key_hue(Some(b"DE")));
        assert!(key_hue(Some(b"")).is_some());
    }
}
