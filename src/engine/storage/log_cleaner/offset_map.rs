//! The last offset of every key in the dirty part of a log (`SkimpyOffsetMap`).
//!
//! Kafka keeps a hash of 16 bytes and an offset of 8 for each key, in a buffer of fixed size that is filled to nine tenths at most. Here
//! the keys themselves are kept, and as many of them. When it is full, the cleaning ends with the last batch that went in whole.

use crate::engine::common::Offset;
use bytes::Bytes;
use std::collections::BTreeMap;

/// Bytes of one entry in Kafka's buffer.
const ENTRY_BYTES: u64 = 24;

/// Keys with their last offsets.
#[derive(Clone, Debug)]
pub(super) struct OffsetMap {
    offsets: BTreeMap<Bytes, Offset>,
    entries_max: u64,
    latest_offset: Offset,
}

impl OffsetMap {
    /// An empty map for a buffer of so many bytes.
    pub(super) fn new(dedupe_buffer_bytes: u64) -> Self {
        let entries_max = dedupe_buffer_bytes / ENTRY_BYTES * 9 / 10;
        Self { offsets: BTreeMap::new(), entries_max, latest_offset: Offset(-1) }
    }

    /// Enters a key's offset, which is later than all before it, and says whether there was room.
    pub(super) fn put(&mut self, key: &Bytes, offset: Offset) -> bool {
        let has_room = (self.offsets.len() as u64) < self.entries_max;
        if has_room {
            self.offsets.insert(key.clone(), offset);
        }
        has_room
    }

    /// The last offset of this key, if it has been entered.
    pub(super) fn get(&self, key: &[u8]) -> Option<Offset> {
        self.offsets.get(key).copied()
    }

    /// Every record up to this offset has been entered.
    pub(super) fn update_latest_offset(&mut self, offset: Offset) {
        self.latest_offset = self.latest_offset.max(offset);
    }

    /// Up to which offset every record has been entered; −1: none.
    pub(super) fn latest_offset(&self) -> Offset {
        self.latest_offset
    }
}
