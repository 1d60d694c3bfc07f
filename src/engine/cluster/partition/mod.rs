//! One replica on one broker (`kafka.cluster.Partition`): its log, and whether it leads or follows.
//!
//! The rule it keeps: what the log holds is decided by the leader's epoch, never by who asks. The leader's side is in
//! [`leader`], the follower's in [`follower`], the log cleaner's in [`cleaning`]. A partition changes only itself and says what it did; when to call it, and whom
//! to tell, is the broker's.

mod cleaning;
mod follower;
mod leader;
#[cfg(test)]
mod tests;

pub(super) use follower::FetchedOutcome;
pub(super) use leader::{LeaderContext, ProposalOutcome, Refusal};

use super::breakage::Breakage;
use super::event::{BrokerEvent, TruncationReason};
use super::in_sync_replicas::InSyncReplicas;
use super::protocol::{LeaderAndEpoch, PartitionRegistration};
use super::replica::Replica;
use crate::engine::common::{BrokerId, LeaderEpoch, Offset, Timestamp, TopicPartition, VirtualTime};
use crate::engine::config::TopicConfig;
use crate::engine::storage::{Log, Retention, Shutdown};
use std::cmp::Ordering;
use std::sync::Arc;

/// One replica of one partition.
#[derive(Clone, Debug)]
pub struct Partition {
    id: TopicPartition,
    log: Log,
    /// Up to where the log is clean.
    cleaner_checkpoint: Option<Offset>,
    role: Role,
    /// What is broken on purpose: in tests only.
    breakage: Option<Breakage>,
}

/// What a replica is to its partition.
#[derive(Clone, Debug)]
pub enum Role {
    /// Its broker is down, or has not heard yet who leads.
    Offline,
    /// It takes appends.
    Leader(Leader),
    /// It copies.
    Follower(Follower),
}

/// What a leader knows beside its log.
#[derive(Clone, Debug)]
pub struct Leader {
    leader_epoch: LeaderEpoch,
    partition_epoch: i32,
    /// Its log end when it took over.
    epoch_start_offset: Offset,
    replicas: Arc<[BrokerId]>,
    isr: InSyncReplicas,
    /// The other replicas, in assignment order.
    followers: Vec<Replica>,
}

/// What a follower knows beside its log.
#[derive(Clone, Debug)]
pub struct Follower {
    leader: Option<BrokerId>,
    leader_epoch: LeaderEpoch,
    partition_epoch: i32,
    isr: Arc<[BrokerId]>,
}

impl Partition {
    /// An empty replica that nobody leads yet.
    pub(super) fn new(id: TopicPartition, config: Arc<TopicConfig>, now: Timestamp) -> Self {
        Self { id, log: Log::new(config, now), cleaner_checkpoint: None, role: Role::Offline, breakage: None }
    }

    pub(super) fn break_it(&mut self, breakage: Option<Breakage>) {
        self.breakage = breakage;
        self.log.accept_any_sequence(breakage == Some(Breakage::AcceptAnySequence));
    }

    /// Which partition.
    #[must_use]
    pub fn id(&self) -> TopicPartition {
        self.id
    }

    /// Its log.
    #[must_use]
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Whether it leads or follows.
    #[must_use]
    pub fn role(&self) -> &Role {
        &self.role
    }

    /// Its side of leading, if it leads.
    #[must_use]
    pub fn leader(&self) -> Option<&Leader> {
        match &self.role {
            Role::Leader(leader) => Some(leader),
            Role::Follower(_) | Role::Offline => None,
        }
    }

    /// Whether it leads.
    #[must_use]
    pub fn is_leader(&self) -> bool {
        self.leader().is_some()
    }

    /// The offset below which every record is safe, as far as this replica knows.
    #[must_use]
    pub fn high_watermark(&self) -> Offset {
        self.log.high_watermark()
    }

    /// The leader's epoch, as far as this replica knows; none before it has heard of one.
    #[must_use]
    pub fn leader_epoch(&self) -> LeaderEpoch {
        match &self.role {
            Role::Leader(leader) => leader.leader_epoch,
            Role::Follower(follower) => follower.leader_epoch,
            Role::Offline => LeaderEpoch::NONE,
        }
    }

    /// The committed ISR, as far as this replica knows.
    #[must_use]
    pub fn isr(&self) -> &[BrokerId] {
        match &self.role {
            Role::Leader(leader) => leader.isr.committed(),
            Role::Follower(follower) => &follower.isr,
            Role::Offline => &[],
        }
    }

    /// Who leads, as far as a follower knows (KIP-951).
    #[must_use]
    pub fn known_leader(&self) -> Option<LeaderAndEpoch> {
        match &self.role {
            Role::Follower(follower) => {
                follower.leader.map(|leader| LeaderAndEpoch { leader, epoch: follower.leader_epoch })
            }
            Role::Leader(_) | Role::Offline => None,
        }
    }

    /// Gives the log the topic's settings.
    pub(super) fn update_config(&mut self, config: Arc<TopicConfig>) {
        self.log.update_config(config);
    }

    /// Leads or follows, as the controller says. An update that is not newer than what is known changes nothing.
    /// Returns whether the leader or its epoch is another than before.
    pub(super) fn apply(
        &mut self,
        me: BrokerId,
        state: &PartitionRegistration,
        now: VirtualTime,
        events: &mut Vec<BrokerEvent>,
    ) -> bool {
        let known = match &self.role {
            Role::Leader(leader) => Some((leader.leader_epoch, leader.partition_epoch)),
            Role::Follower(follower) => Some((follower.leader_epoch, follower.partition_epoch)),
            Role::Offline => None,
        };
        if known.is_some_and(|(_, partition_epoch)| state.partition_epoch <= partition_epoch) {
            return false;
        }
        let is_new_epoch = known.is_none_or(|(leader_epoch, _)| state.leader_epoch > leader_epoch);
        if state.leader == Some(me) {
            self.make_leader(me, state, is_new_epoch, now, events);
        } else {
            self.make_follower(state, is_new_epoch, events);
        }
        is_new_epoch
    }

    fn make_leader(
        &mut self,
        me: BrokerId,
        state: &PartitionRegistration,
        is_new_epoch: bool,
        now: VirtualTime,
        events: &mut Vec<BrokerEvent>,
    ) {
        if is_new_epoch {
            let start_offset = self.log.log_end_offset();
            self.log.assign_epoch_start_offset(state.leader_epoch, start_offset);
            self.role = Role::Leader(Leader::new(me, state, start_offset, now));
            events.push(BrokerEvent::BecameLeader {
                partition: self.id,
                leader_epoch: state.leader_epoch,
                start_offset,
                isr: state.isr.to_vec(),
            });
        } else if let Role::Leader(leader) = &mut self.role {
            leader.commit(state);
        }
    }

    fn make_follower(&mut self, state: &PartitionRegistration, is_new_epoch: bool, events: &mut Vec<BrokerEvent>) {
        self.role = Role::Follower(Follower {
            leader: state.leader,
            leader_epoch: state.leader_epoch,
            partition_epoch: state.partition_epoch,
            isr: state.isr.clone(),
        });
        if is_new_epoch {
            events.push(BrokerEvent::BecameFollower {
                partition: self.id,
                leader: state.leader,
                leader_epoch: state.leader_epoch,
            });
        }
    }

    /// The process has died: what was only in memory is gone.
    pub(super) fn go_offline(&mut self) {
        self.role = Role::Offline;
    }

    /// The process starts again after that kind of end, with the high watermark that was written to disk.
    pub(super) fn reopen(
        &mut self,
        shutdown: Shutdown,
        high_watermark: Offset,
        now: Timestamp,
        events: &mut Vec<BrokerEvent>,
    ) {
        let from = self.log.high_watermark();
        self.log.reopen(shutdown, high_watermark, now);
        self.report_high_watermark(from, events);
    }

    /// The machine lost its power: what was not on the disk is gone.
    pub(super) fn lose_unflushed(&mut self, now: Timestamp, events: &mut Vec<BrokerEvent>) {
        self.truncate(self.log.flushed_offset(), TruncationReason::PowerLost, now, events);
    }

    /// The disk is gone with the log on it.
    pub(super) fn lose_disk(&mut self, now: Timestamp, events: &mut Vec<BrokerEvent>) {
        let (partition, from, high_watermark) = (self.id, self.log.log_end_offset(), self.log.high_watermark());
        self.log = Log::new(self.log.config().clone(), now);
        self.cleaner_checkpoint = None;
        if from > Offset(0) {
            events.push(BrokerEvent::Truncated { partition, from, to: Offset(0), reason: TruncationReason::DiskLost });
            self.report_high_watermark(high_watermark, events);
        }
    }

    /// Everything is on the disk from now on.
    pub(super) fn flush(&mut self, now: Timestamp) {
        self.log.flush(now);
    }

    /// Writes the log to the disk if `flush.ms` wants it.
    pub(super) fn maybe_flush_by_time(&mut self, now: Timestamp) {
        self.log.maybe_flush_by_time(now);
    }

    /// Reports a high watermark that was `from` before.
    fn report_high_watermark(&self, from: Offset, events: &mut Vec<BrokerEvent>) {
        let (partition, to) = (self.id, self.log.high_watermark());
        match to.cmp(&from) {
            Ordering::Less => events.push(BrokerEvent::HighWatermarkLowered { partition, from, to }),
            Ordering::Equal => {}
            Ordering::Greater => events.push(BrokerEvent::HighWatermarkAdvanced { partition, from, to }),
        }
    }

    /// Deletes the segments that may go.
    pub(super) fn delete_old_segments(&mut self, now: Timestamp, events: &mut Vec<BrokerEvent>) {
        let partition = self.id;
        let Retention { deleted, rolled, log_start_offset } = self.log.delete_old_segments(now);
        events.extend(rolled.map(|roll| BrokerEvent::Rolled { partition, roll }));
        events.extend(deleted.iter().map(|gone| BrokerEvent::SegmentDeleted {
            partition,
            base_offset: gone.segment.base_offset(),
            next_offset: gone.segment.next_offset(),
            reason: gone.reason,
        }));
        let moved = |log_start_offset| BrokerEvent::LogStartAdvanced { partition, log_start_offset };
        events.extend(log_start_offset.map(moved));
    }
}

impl Follower {
    /// Whom it follows; none: the partition is offline.
    #[must_use]
    pub fn leader(&self) -> Option<BrokerId> {
        self.leader
    }
}
