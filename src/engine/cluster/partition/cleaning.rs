//! What the log cleaner does to a replica, and how far it has come (`cleaner-offset-checkpoint`, KAFKA 5.6).
//!
//! Leader or follower, each replica is cleaned by its own broker, when that finds it dirty enough: two logs of a partition may differ
//! in what is gone already, never in what stands at an offset. The checkpoint is on disk; a cut takes it along.

use super::Partition;
use crate::engine::cluster::event::BrokerEvent;
use crate::engine::common::Timestamp;
use crate::engine::storage::log_cleaner::clean;
use crate::engine::storage::{CleanedLog, CleanerConfig, LogToClean};
use std::sync::Arc;

impl Partition {
    /// Whether its topic is compacted.
    #[must_use]
    pub fn is_compacted(&self) -> bool {
        self.log.config().cleanup_policy.compacts()
    }

    /// What there is to clean at `now` (ms since 1970), with the topic's settings; none if it is not compacted or holds nothing that a
    /// cleaning may look at.
    #[must_use]
    pub fn to_clean(&self, now: Timestamp) -> Option<(LogToClean, CleanerConfig)> {
        if !self.is_compacted() {
            return None;
        }
        let config = CleanerConfig::of(self.log.config());
        let to_clean = LogToClean::of(&self.log, self.cleaner_checkpoint, &config, now);
        (to_clean.clean_bytes + to_clean.cleanable_bytes > 0).then_some((to_clean, config))
    }

    /// Cleans the log as [`Self::to_clean`] said at the same time, if there is a reason to; says whether it did.
    pub(in crate::engine::cluster) fn maybe_clean(
        &mut self,
        now: Timestamp,
        (to_clean, config): (LogToClean, CleanerConfig),
        events: &mut Vec<BrokerEvent>,
    ) -> bool {
        let Some(reason) = to_clean.reason(&config) else { return false };
        // What is in a log decodes, for it was checked when it came in.
        let Ok(cleaning) = clean(&mut self.log, &to_clean, &config, now) else { return false };
        self.cleaner_checkpoint = Some(cleaning.first_dirty_offset);
        let cleaned = Arc::new(CleanedLog::of(reason, &to_clean, cleaning));
        events.push(BrokerEvent::LogCleaned { partition: self.id, cleaned });
        true
    }

    /// The log was cut: what is written there from now on is dirty (`maybeTruncateCheckpoint`).
    pub(super) fn truncate_cleaner_checkpoint(&mut self) {
        let active = self.log.active_segment().base_offset();
        self.cleaner_checkpoint = self.cleaner_checkpoint.map(|at| at.min(active));
    }
}
