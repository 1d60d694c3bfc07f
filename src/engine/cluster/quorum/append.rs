//! The leader's writing: changes gather for a while (`BatchAccumulator`), then go to its log, and followers that wait are told.

use super::output::RaftOutput;
use super::raft_client::RaftClient;
use super::state::QuorumState;
use crate::engine::cluster::metadata_log::{BatchContent, MetadataRecords};
use crate::engine::common::{KafkaError, Offset, VirtualTime};

/// Changes that the leader has taken and not written yet.
#[derive(Clone, Debug)]
pub(super) struct Accumulator<T> {
    changes: Vec<T>,
    next_offset: Offset,
    /// When they are written; never, while there are none.
    pub(super) drain_at: VirtualTime,
}

impl<T> Default for Accumulator<T> {
    fn default() -> Self {
        Self { changes: Vec::new(), next_offset: Offset(0), drain_at: VirtualTime::NEVER }
    }
}

impl<T> Accumulator<T> {
    /// Empties it; what comes next follows on this log end.
    pub(super) fn begin(&mut self, log_end: Offset) {
        *self = Self { next_offset: log_end, ..Self::default() };
    }
}

impl<T: MetadataRecords> RaftClient<T> {
    /// The offset that the next record which is appended will have, while it leads.
    #[must_use]
    pub fn next_offset(&self) -> Offset {
        self.process.as_ref().map_or(self.log.log_end_offset(), |process| process.accumulator.next_offset)
    }

    /// Takes records to be written: `append.linger.ms` after the first of them at the latest. Returns the offset of the last of them.
    ///
    /// # Errors
    /// NOT_LEADER_OR_FOLLOWER: it does not lead, and nothing was taken.
    pub fn append(&mut self, now: VirtualTime, records: T, out: &mut RaftOutput<T>) -> Result<Offset, KafkaError> {
        if !self.is_leader() {
            return Err(KafkaError::NotLeaderOrFollower);
        }
        let linger = VirtualTime::from_ms(self.config.append_linger_ms);
        let accumulator = &mut self.running().accumulator;
        accumulator.drain_at = accumulator.drain_at.min(now + linger);
        accumulator.next_offset = accumulator.next_offset.plus(records.record_count());
        accumulator.changes.push(records);
        let last = accumulator.next_offset.plus(-1);
        self.poll(now, out);
        Ok(last)
    }

    /// Writes what has gathered, if it is time.
    pub(super) fn maybe_drain(&mut self, now: VirtualTime, out: &mut RaftOutput<T>) {
        if now < self.running().accumulator.drain_at {
            return;
        }
        let epoch = self.epoch();
        let accumulator = &mut self.running().accumulator;
        accumulator.drain_at = VirtualTime::NEVER;
        let expected_end = accumulator.next_offset;
        for records in std::mem::take(&mut accumulator.changes) {
            self.log.append_as_leader(epoch, BatchContent::Records(records));
        }
        assert_eq!(self.log.log_end_offset(), expected_end, "records get the offsets that were promised");
        self.leader_log_grew(now, out);
    }

    /// The leader's own log counts for the high watermark, and fetches that waited for records get them.
    pub(super) fn leader_log_grew(&mut self, now: VirtualTime, out: &mut RaftOutput<T>) {
        let (local, end) = (self.local(), self.log.log_end_offset());
        let QuorumState::Leader(leader) = self.running().quorum.state_mut() else { return };
        let has_moved = local.is_some_and(|local| leader.update_voter(local, end));
        if has_moved {
            self.leader_high_watermark_moved(out);
        }
        self.complete_waiting_fetches(now, out);
    }
}
