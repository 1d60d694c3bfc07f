//! A record as a dot: who it is, what key it carries, and how it stands.

use crate::engine::common::{Offset, RecordId};
use crate::engine::sim::ledger::Ledger;
use crate::view::format;
use crate::view::palette::key_hue;
use serde::Serialize;

/// Longest label of a key, in characters.
const KEY_LABEL_MAX: usize = 16;

/// One picture of a record. The same record may have several: in a batch, on each replica, at a consumer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordDot {
    /// The ledger's id of the record, which `data-record` shows; none if no application of this run sent it.
    pub id: Option<u64>,
    /// Its offset, once it stands in a log.
    pub offset: Option<i64>,
    /// The key as a short label; `null` for a record without one.
    pub key: String,
    /// The key's hue, 0 to 7; none without a key.
    pub hue: Option<u8>,
    /// How it stands.
    pub state: RecordState,
}

/// How a copy of a record stands. Each has a colour token and a shape of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum RecordState {
    /// Still with its producer.
    Waiting,
    /// In a log, at or above the high watermark.
    Pending,
    /// In a log, below the high watermark.
    Committed,
    /// Delivered, and in no log that leads: lost if this copy does not lead again.
    Lost,
    /// A copy of a record that stands in the leader's log already.
    Duplicate,
    /// In no log that leads any more: retention, compaction or DeleteRecords took it.
    Removed,
}

impl RecordState {
    /// Its word in class names.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            RecordState::Waiting => "waiting",
            RecordState::Pending => "pending",
            RecordState::Committed => "committed",
            RecordState::Lost => "lost",
            RecordState::Duplicate => "duplicate",
            RecordState::Removed => "removed",
        }
    }

    /// How it stands, to be read. "Pending" is a word of the ledger's, for records without an outcome.
    #[must_use]
    pub fn told(self) -> &'static str {
        match self {
            RecordState::Waiting => "with its producer",
            RecordState::Pending => "above the high watermark",
            RecordState::Committed => "committed",
            RecordState::Lost => "delivered, and lost",
            RecordState::Duplicate => "a second copy",
            RecordState::Removed => "removed from the leader's log",
        }
    }
}

/// Makes pictures of records from what the ledger knows of them.
impl RecordDot {
    /// A record that is still with its producer.
    #[must_use]
    pub(super) fn waiting(ledger: &Ledger, id: RecordId) -> Self {
        Self::of(ledger, Some(id), None, RecordState::Waiting)
    }

    /// A picture of a record in a state.
    #[must_use]
    pub fn of(ledger: &Ledger, id: Option<RecordId>, offset: Option<Offset>, state: RecordState) -> Self {
        let key = id.and_then(|id| ledger.record(id)).and_then(|entry| entry.key.as_deref());
        Self {
            id: id.map(|id| id.0),
            offset: offset.map(|offset| offset.0),
            key: format::shortened(&format::text_or_hex(key), KEY_LABEL_MAX),
            hue: key_hue(key),
            state,
        }
    }
}
