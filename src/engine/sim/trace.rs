//! The trace hash: 64 bits over the ordered commands and events of a run, and nothing else. Of the events, not those that repeat what the
//! ledger counts (`EventKind::is_traced`): they follow from the others.
//!
//! Two runs with the same hash did the same things in the same order. It must not depend on the machine, so every
//! integer is folded as 64 bits (a `usize` or an enum's discriminant has the same value everywhere), nor on how
//! `advance_to` was called, so only what was emitted is folded.

use std::fmt;
use std::hash::{Hash, Hasher};

/// The running hash. Shown as 16 hex digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TraceHash(u64);

impl Default for TraceHash {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl TraceHash {
    /// Folds one command or event in.
    pub fn fold(&mut self, item: &impl Hash) {
        item.hash(self);
    }

    /// The 64 bits.
    #[must_use]
    pub fn value(self) -> u64 {
        self.0
    }

    fn mix(&mut self, word: u64) {
        // One round of a multiply-xorshift mix: order-sensitive, and each input bit reaches the whole state.
        let mixed = (self.0 ^ word).wrapping_mul(0x9fb2_1c65_1e98_df25);
        self.0 = (mixed ^ (mixed >> 32)).rotate_left(23).wrapping_mul(0xd6e8_feb8_6659_fd93);
    }
}

impl Hasher for TraceHash {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        self.mix(bytes.len() as u64);
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.mix(u64::from_le_bytes(word));
        }
    }
    fn write_u8(&mut self, value: u8) {
        self.mix(u64::from(value));
    }
    fn write_u16(&mut self, value: u16) {
        self.mix(u64::from(value));
    }
    fn write_u32(&mut self, value: u32) {
        self.mix(u64::from(value));
    }
    fn write_u64(&mut self, value: u64) {
        self.mix(value);
    }
    fn write_usize(&mut self, value: usize) {
        self.mix(value as u64);
    }
    fn write_i8(&mut self, value: i8) {
        self.write_i64(i64::from(value));
    }
    fn write_i16(&mut self, value: i16) {
        self.write_i64(i64::from(value));
    }
    fn write_i32(&mut self, value: i32) {
        self.write_i64(i64::from(value));
    }
    fn write_i64(&mut self, value: i64) {
        self.mix(value.cast_unsigned());
    }
    fn write_isize(&mut self, value: isize) {
        self.write_i64(value as i64);
    }
}

impl fmt::Display for TraceHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for TraceHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash_of(items: &[u64]) -> TraceHash {
        let mut hash = TraceHash::default();
        items.iter().for_each(|item| hash.fold(item));
        hash
    }

    #[test]
    fn order_and_content_count() {
        assert_eq!(hash_of(&[1, 2]), hash_of(&[1, 2]));
        assert_ne!(hash_of(&[1, 2]), hash_of(&[2, 1]));
        assert_ne!(hash_of(&[1, 2]), hash_of(&[1]));
        assert_ne!(hash_of(&[0]), hash_of(&[0, 0]));
    }

    #[test]
    fn a_usize_is_folded_as_64_bits_on_every_machine() {
        let mut a = TraceHash::default();
        a.fold(&7_usize);
        assert_eq!(a, hash_of(&[7]));
    }
}
