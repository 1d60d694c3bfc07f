//! One change of the controller's, as it stands in the metadata log: its records, and what it means.

use super::event::ControllerEvent;
use super::metadata_log::MetadataRecords;
use super::protocol::MetadataDelta;
use std::sync::Arc;

/// Records that the active controller appended together. A clone shares them.
#[derive(Clone, Debug, PartialEq)]
pub struct MetadataChange {
    /// The records.
    pub delta: Arc<MetadataDelta>,
    /// What happens when they are committed, in words for whoever watches. Not bytes of the log: no node acts on it.
    pub events: Arc<[ControllerEvent]>,
}

impl MetadataRecords for MetadataChange {
    fn record_count(&self) -> i64 {
        self.delta.record_count()
    }

    fn size_in_bytes(&self) -> usize {
        self.delta.size_in_bytes()
    }
}
