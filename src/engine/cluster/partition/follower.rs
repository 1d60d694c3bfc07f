//! A follower's side of a partition: appending what it fetched, and cutting its log where it forks off the leader's.

use super::{Partition, Role};
use crate::engine::cluster::event::{BrokerEvent, TruncationReason};
use crate::engine::cluster::protocol::{DivergingEpoch, FetchedPartition};
use crate::engine::common::{BrokerId, LeaderEpoch, Offset, Timestamp, TopicPartition};
use crate::engine::record::RecordBatch;

/// What an answered fetch did to a follower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine::cluster) enum FetchedOutcome {
    /// It goes on fetching from its log end.
    Fetched,
    /// The data did not continue the log; the partition is not fetched for a while.
    Failed,
}

impl Partition {
    /// Where the log's last batch came from, which a fetch names so that the leader can see a fork; none: no epoch is known.
    pub(in crate::engine::cluster) fn last_fetched_epoch(&self) -> Option<LeaderEpoch> {
        self.log.latest_epoch()
    }

    /// Before the first fetch from a new leader: a log without epochs cannot be compared, so it is cut to its high watermark.
    pub(in crate::engine::cluster) fn prepare_to_follow(&mut self, now: Timestamp, events: &mut Vec<BrokerEvent>) {
        if self.log.latest_epoch().is_none() {
            self.truncate(self.log.high_watermark(), TruncationReason::NoEpochs, now, events);
        }
    }

    /// An answer without error: cuts the log where it forks, else appends, and takes over the leader's high watermark and log start.
    pub(in crate::engine::cluster) fn fetched(
        &mut self,
        leader: BrokerId,
        fetched: &FetchedPartition,
        now: Timestamp,
        events: &mut Vec<BrokerEvent>,
    ) -> FetchedOutcome {
        debug_assert!(matches!(self.role, Role::Follower(_)), "only a follower fetches");
        if let Some(diverging) = fetched.diverging_epoch {
            self.truncate_to_divergence(diverging, now, events);
            return FetchedOutcome::Fetched;
        }
        let partition = self.id;
        let mut end = self.log.log_end_offset();
        match self.log.append_as_follower(&fetched.batches, now) {
            Ok(append) => {
                events.extend(append.rolled.into_iter().map(|roll| BrokerEvent::Rolled { partition, roll }));
                for batch in &fetched.batches {
                    events.extend(holes_copied(partition, leader, end, batch));
                    events.push(replicated(partition, leader, batch));
                    end = batch.next_offset();
                }
            }
            Err(_) => return FetchedOutcome::Failed,
        }
        self.follow_high_watermark(fetched.high_watermark, events);
        if fetched.log_start_offset <= self.log.high_watermark()
            && self.log.delete_records(fetched.log_start_offset).unwrap_or(false)
        {
            let log_start_offset = fetched.log_start_offset;
            events.push(BrokerEvent::LogStartAdvanced { partition, log_start_offset });
        }
        FetchedOutcome::Fetched
    }

    /// A follower's high watermark is the leader's, as far as its own log reaches. It can fall: a leader that has just taken
    /// over may know of a lower one.
    fn follow_high_watermark(&mut self, leader_high_watermark: Offset, events: &mut Vec<BrokerEvent>) {
        let from = self.log.high_watermark();
        self.log.update_high_watermark(leader_high_watermark.min(self.log.log_end_offset()));
        self.report_high_watermark(from, events);
    }

    /// Where to cut (`AbstractFetcherThread.getOffsetTruncationState`), and whether another answer may cut further:
    ///
    /// | own end of the leader's epoch | cut to |
    /// |-------------------------------|--------|
    /// | that very epoch               | the smaller of both ends |
    /// | of the largest smaller epoch  | that end; the next fetch names that epoch, so the leader is asked again |
    /// | no such epoch                 | the leader's end |
    fn truncate_to_divergence(&mut self, diverging: DivergingEpoch, now: Timestamp, events: &mut Vec<BrokerEvent>) {
        let log_end_offset = self.log.log_end_offset();
        let cut = match self.log.end_offset_for_epoch(diverging.epoch) {
            Some(own) if own.epoch == diverging.epoch => own.end_offset.min(diverging.end_offset),
            Some(own) => own.end_offset,
            None => diverging.end_offset,
        };
        let reason =
            TruncationReason::DivergingEpoch { epoch: diverging.epoch, leader_end_offset: diverging.end_offset };
        self.truncate(cut.min(log_end_offset), reason, now, events);
    }

    /// The leader's log ends before this one, and there is no epoch to say where they fork.
    pub(in crate::engine::cluster) fn truncate_to_leader_end(
        &mut self,
        leader_end_offset: Offset,
        now: Timestamp,
        events: &mut Vec<BrokerEvent>,
    ) {
        self.truncate(leader_end_offset, TruncationReason::PastLeaderEnd, now, events);
    }

    /// The leader has deleted all that this log has: it starts again, empty, where the leader's log starts.
    pub(in crate::engine::cluster) fn start_again_at(
        &mut self,
        leader_start_offset: Offset,
        now: Timestamp,
        events: &mut Vec<BrokerEvent>,
    ) {
        let (from, high_watermark) = (self.log.log_end_offset(), self.log.high_watermark());
        self.log.truncate_fully_and_start_at(leader_start_offset, now);
        self.truncate_cleaner_checkpoint();
        let reason = TruncationReason::BehindLeaderStart;
        events.push(BrokerEvent::Truncated { partition: self.id, from, to: leader_start_offset, reason });
        events.push(BrokerEvent::LogStartAdvanced { partition: self.id, log_start_offset: leader_start_offset });
        self.report_high_watermark(high_watermark, events);
    }

    pub(super) fn truncate(
        &mut self,
        offset: Offset,
        reason: TruncationReason,
        now: Timestamp,
        events: &mut Vec<BrokerEvent>,
    ) {
        let (from, high_watermark) = (self.log.log_end_offset(), self.log.high_watermark());
        if self.log.truncate_to(offset, now) {
            self.truncate_cleaner_checkpoint();
            let to = self.log.log_end_offset();
            events.push(BrokerEvent::Truncated { partition: self.id, from, to, reason });
            self.report_high_watermark(high_watermark, events);
        }
    }
}

fn replicated(partition: TopicPartition, leader: BrokerId, batch: &RecordBatch) -> BrokerEvent {
    BrokerEvent::Replicated {
        partition,
        leader,
        leader_epoch: batch.partition_leader_epoch(),
        base_offset: batch.base_offset(),
        last_offset: batch.last_offset(),
        size_in_bytes: batch.size_in_bytes() as u64,
    }
}

/// The offsets without a record between the log's end and the batch's, if there are any: the leader's log was compacted there.
fn holes_copied(partition: TopicPartition, leader: BrokerId, end: Offset, batch: &RecordBatch) -> Option<BrokerEvent> {
    let base_offset = batch.base_offset();
    if base_offset == end && batch.is_dense() {
        return None;
    }
    // A batch that came from a log decodes, for it was checked when it was first appended.
    let offsets = batch.offsets().unwrap_or_default().into_iter().chain([batch.next_offset()]);
    let mut holes = Vec::new();
    let mut expected = end;
    for offset in offsets {
        if offset > expected {
            holes.push((expected, offset));
        }
        expected = offset.plus(1);
    }
    Some(BrokerEvent::HolesCopied { partition, leader, base_offset, holes })
}
