//! What must hold of the whole cluster at every moment: named objects that only read and draw no randomness.
//!
//! [`Invariants`] hears every event and looks, after each task, at what the events touched and at nothing else, so that it can run
//! beside a million random runs, and on the page. It keeps what it has seen: high watermarks, who led in which epoch, what was
//! committed. A clone is cheap, so it is part of a checkpoint. What may be lost, and why, is said exactly where it is checked
//! (`committed`), and never by looking away.
//!
//! This file says what each event and each touched thing is checked for, one call a check; the rules are in `high_watermark`,
//! `leadership`, `quorum`, `committed`, `logs`, `compaction`, `books` and `promises`.

mod books;
mod committed;
mod compaction;
mod high_watermark;
mod leadership;
mod logs;
mod promises;
mod quorum;
#[cfg(test)]
mod tests;
mod watch;

use self::promises::Promises;
use self::quorum::QuorumWatch;
use self::watch::{PartitionWatch, ReplicaWatch, Touched};
use super::event::{Event, EventKind, ProducerEvent};
use super::guarantees::Guarantees;
use super::state::State;
use crate::engine::cluster::event::TruncationReason;
use crate::engine::cluster::{BrokerEvent, ControllerEvent, Partition};
use crate::engine::common::{BrokerId, LeaderEpoch, Offset, PartitionId, TopicPartition, VirtualTime};
use crate::engine::consumer::ConsumerEvent;
use crate::engine::storage::CleanedLog;
use serde::Serialize;
use std::collections::BTreeMap;

/// Whether a rule holds; if not, what was seen, in a sentence.
type Verdict = Result<(), String>;

/// A rule: its name and what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Invariant {
    /// Its name.
    pub name: &'static str,
    /// What always holds, in a sentence.
    pub holds: &'static str,
}

/// Every invariant, in the order of the files that hold them.
pub const INVARIANTS: [Invariant; 23] = [
    high_watermark::MONOTONIC,
    high_watermark::WITHIN_LOG,
    high_watermark::AT_MOST_IN_SYNC,
    high_watermark::NEEDS_MIN_ISR,
    leadership::SINGLE_LEADER_PER_EPOCH,
    leadership::EPOCHS_NEVER_FALL,
    leadership::ISR_CONTAINS_LEADER,
    leadership::LEADERS_COME_FROM_ISR,
    leadership::METADATA_NEVER_DIVERGES,
    quorum::SINGLE_CONTROLLER_PER_EPOCH,
    quorum::COMMITTED_METADATA_NEVER_DIVERGES,
    committed::RECORDS_SURVIVE,
    committed::ACKED_BY_ALL,
    committed::CONSUMERS_READ_COMMITTED,
    logs::DENSE_OFFSETS,
    logs::EPOCHS_RISE,
    logs::LEADER_WRITES_ITS_EPOCH,
    logs::FOLLOWERS_ARE_PREFIXES,
    logs::CONTIGUOUS_SEQUENCES,
    logs::INDEX_POINTS_AT_BATCHES,
    compaction::KEEPS_LAST_VALUES,
    books::LEDGER_ADDS_UP,
    promises::GUARANTEES_HOLD,
];

/// A rule that did not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Violation {
    /// Which rule.
    pub invariant: Invariant,
    /// When it was seen.
    pub at: VirtualTime,
    /// What was seen, in a sentence.
    pub what: String,
}

/// The watch over one run.
#[derive(Clone, Debug, Default)]
pub struct Invariants {
    partitions: BTreeMap<TopicPartition, PartitionWatch>,
    quorum: QuorumWatch,
    promises: Promises,
    touched: Touched,
    violations: Vec<Violation>,
    /// After how many events it has looked.
    heard: u64,
}

impl Invariants {
    /// A watch that begins now. What was committed or led before is taken as it stands.
    #[must_use]
    pub fn of(state: &State) -> Self {
        let mut watch = Self { promises: Promises::of(state), quorum: QuorumWatch::of(state), ..Self::default() };
        let registered = state.metadata.partitions();
        for (id, registration) in registered {
            watch.partitions.insert(id, PartitionWatch::of(state, id, registration));
        }
        watch
    }

    /// What did not hold, each rule once, in the order seen.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// How many events it has heard, and looked after.
    #[must_use]
    pub fn events_heard(&self) -> u64 {
        self.heard
    }

    /// Each rule, and how it was broken if it was.
    pub fn standing(&self) -> impl Iterator<Item = (Invariant, Option<&Violation>)> {
        INVARIANTS.into_iter().map(|rule| (rule, self.violations.iter().find(|found| found.invariant == rule)))
    }

    /// What each producer session is promised under what the run has seen so far, by the session's id.
    #[must_use]
    pub fn promised(&self) -> &[Guarantees] {
        self.promises.sessions()
    }

    fn note(&mut self, at: VirtualTime, invariant: Invariant, verdict: Verdict) {
        if let Err(what) = verdict
            && self.violations.iter().all(|known| known.invariant != invariant)
        {
            self.violations.push(Violation { invariant, at, what });
        }
    }

    /// Something happened; the ledger knows of it already.
    pub(super) fn heard(&mut self, state: &State, event: &Event) {
        self.touched.anything = true;
        self.heard += 1;
        let at = event.at;
        match &event.kind {
            EventKind::Command(command) => self.promises.commanded(state, command),
            EventKind::Broker { broker, event } => self.heard_broker(state, at, *broker, event),
            EventKind::Controller(event) => self.heard_controller(state, event),
            EventKind::Quorum { controller, event } => {
                let verdict = self.quorum.heard(*controller, event);
                self.note(at, quorum::SINGLE_CONTROLLER_PER_EPOCH, verdict);
            }
            EventKind::Producer { session, event: ProducerEvent::Delivered { partition, batch, base_offset, .. } } => {
                let batch = state.ledger.batch_ref(*session, *batch);
                if let (Some(watch), Some(batch)) = (self.partitions.get(partition), batch) {
                    let verdict = watch.committed.acked(state, *partition, batch, *base_offset);
                    self.note(at, committed::ACKED_BY_ALL, verdict);
                }
            }
            EventKind::Producer { session, event: ProducerEvent::SendBlocked { .. } } => self.promises.waits(*session),
            EventKind::Consumer { event: ConsumerEvent::Read { partition, next_offset, .. }, .. } => {
                let verdict = self.partition(*partition).committed.read_up_to(*next_offset);
                self.note(at, committed::CONSUMERS_READ_COMMITTED, verdict);
            }
            _ => {}
        }
    }

    fn partition(&mut self, id: TopicPartition) -> &mut PartitionWatch {
        self.partitions.entry(id).or_default()
    }

    fn replica(&mut self, id: TopicPartition, broker: BrokerId) -> &mut ReplicaWatch {
        self.partition(id).replicas.entry(broker).or_default()
    }

    fn heard_broker(&mut self, state: &State, at: VirtualTime, broker: BrokerId, event: &BrokerEvent) {
        match event {
            BrokerEvent::Crashed => {
                for watch in self.partitions.values_mut() {
                    if let Some(replica) = watch.replicas.get_mut(&broker) {
                        replica.leads = None;
                    }
                }
            }
            BrokerEvent::Appended { partition, leader_epoch, base_offset, last_offset, .. } => {
                let replica = self.replica(*partition, broker);
                let own_epoch = logs::writes_its_epoch(replica.leads, *leader_epoch);
                let copy = (*base_offset, *last_offset, *leader_epoch);
                self.note(at, logs::LEADER_WRITES_ITS_EPOCH, own_epoch);
                self.added(at, (*partition, broker), copy);
                self.touched.append(*partition, broker, *base_offset);
            }
            BrokerEvent::Replicated { partition, leader_epoch, base_offset, last_offset, .. } => {
                let copy = (*base_offset, *last_offset, *leader_epoch);
                self.added(at, (*partition, broker), copy);
                let verdict = self
                    .partitions
                    .get(partition)
                    .map_or(Ok(()), |_| logs::is_prefix(state, *partition, broker, *base_offset));
                self.note(at, logs::FOLLOWERS_ARE_PREFIXES, verdict);
            }
            BrokerEvent::Truncated { partition, from, to, reason } => {
                self.cut(at, (*partition, broker), (*from, *to), *reason);
            }
            BrokerEvent::LogStartAdvanced { partition, .. } => self.touched.log(*partition, broker),
            BrokerEvent::LogCleaned { partition, cleaned } => {
                self.cleaned(state, at, (*partition, broker), cleaned);
            }
            BrokerEvent::HolesCopied { partition, base_offset, holes, .. } => {
                self.holes_copied(at, (*partition, broker), *base_offset, holes);
            }
            BrokerEvent::HighWatermarkAdvanced { partition, from, to } => {
                self.high_watermark_up(state, at, (*partition, broker), *from, *to);
            }
            BrokerEvent::HighWatermarkLowered { partition, to, .. } => {
                let replica = self.replica(*partition, broker);
                let verdict = high_watermark::lowered(replica.leads, *to);
                replica.high_watermark = *to;
                self.note(at, high_watermark::MONOTONIC, verdict);
                self.touched.log(*partition, broker);
            }
            BrokerEvent::BecameLeader { partition, leader_epoch, .. } => {
                self.became_leader(state, at, (*partition, broker), *leader_epoch);
            }
            BrokerEvent::BecameFollower { partition, .. } => {
                self.replica(*partition, broker).leads = None;
                self.touched.believed(*partition, broker);
            }
            BrokerEvent::IsrProposalAnswered { partition, .. } => self.touched.believed(*partition, broker),
            _ => {}
        }
    }

    /// A replica's log has one more batch.
    fn added(
        &mut self,
        at: VirtualTime,
        (partition, broker): (TopicPartition, BrokerId),
        (base, last, epoch): (Offset, Offset, LeaderEpoch),
    ) {
        let replica = self.replica(partition, broker);
        let dense = logs::is_dense(replica.log_end, base, replica.may_jump_to);
        let rising = logs::epochs_rise(replica.last_epoch, epoch);
        replica.log_end = last.plus(1);
        replica.last_epoch = epoch;
        self.note(at, logs::DENSE_OFFSETS, dense);
        self.note(at, logs::EPOCHS_RISE, rising);
        self.touched.log(partition, broker);
    }

    /// A replica's log was compacted.
    fn cleaned(
        &mut self,
        state: &State,
        at: VirtualTime,
        (partition, broker): (TopicPartition, BrokerId),
        cleaned: &CleanedLog,
    ) {
        let high_watermark = self.replica(partition, broker).high_watermark;
        let verdict = compaction::keeps_last_values(state, (partition, broker), cleaned, high_watermark);
        self.partition(partition).compacted.extend(cleaned.removed.iter().map(|removed| removed.offset));
        self.note(at, compaction::KEEPS_LAST_VALUES, verdict);
        self.touched.log(partition, broker);
    }

    /// A follower's next batch comes after offsets, or with offsets, that have no record.
    fn holes_copied(
        &mut self,
        at: VirtualTime,
        (partition, broker): (TopicPartition, BrokerId),
        base_offset: Offset,
        holes: &[(Offset, Offset)],
    ) {
        let watch = self.partition(partition);
        let verdict = compaction::are_compacted(&watch.compacted, holes);
        let replica = watch.replicas.entry(broker).or_default();
        let is_explained = |(from, to): &(Offset, Offset)| *from <= replica.log_end && *to >= base_offset;
        if verdict.is_ok() && holes.iter().any(is_explained) {
            replica.may_jump_to = base_offset;
        }
        self.note(at, logs::DENSE_OFFSETS, verdict);
    }

    /// A log lost its end. One that lost it with power or disk is damaged: until its replica has joined the ISR again, or leads as its
    /// last member, nothing is promised of it.
    fn cut(
        &mut self,
        at: VirtualTime,
        (partition, broker): (TopicPartition, BrokerId),
        (from, to): (Offset, Offset),
        reason: TruncationReason,
    ) {
        let replica = self.replica(partition, broker);
        let verdict = logs::may_cut(replica.leads, replica.log_end, from, to);
        replica.log_end = to;
        replica.last_epoch = LeaderEpoch::NONE;
        replica.is_damaged |= matches!(reason, TruncationReason::PowerLost | TruncationReason::DiskLost);
        self.note(at, logs::DENSE_OFFSETS, verdict);
        self.touched.log(partition, broker);
        self.touched.bound(partition);
    }

    fn high_watermark_up(
        &mut self,
        state: &State,
        at: VirtualTime,
        (partition, broker): (TopicPartition, BrokerId),
        from: Offset,
        to: Offset,
    ) {
        let replica = self.replica(partition, broker);
        let verdict = high_watermark::raised(replica.high_watermark, from, to);
        replica.high_watermark = to;
        let leads = replica.leads;
        self.note(at, high_watermark::MONOTONIC, verdict);
        self.touched.log(partition, broker);
        if let Some(epoch) = leads {
            let log = state.ledger.partition(partition).and_then(|it| it.replica(broker));
            let committed = &mut self.partition(partition).committed;
            let verdict = log.map_or(Ok(()), |log| committed.advance(log, epoch, (from, to)));
            self.note(at, committed::RECORDS_SURVIVE, verdict);
            self.touched.leader(partition, broker);
            self.touched.bound(partition);
        }
    }

    fn became_leader(
        &mut self,
        state: &State,
        at: VirtualTime,
        (partition, broker): (TopicPartition, BrokerId),
        epoch: LeaderEpoch,
    ) {
        let watch = self.partition(partition);
        watch.replicas.entry(broker).or_default().leads = Some(epoch);
        let single = leadership::is_single(&mut watch.leaders, broker, epoch);
        let excused = watch.is_excused(epoch);
        let log = state.ledger.partition(partition).and_then(|it| it.replica(broker));
        let survive = watch.committed.led_by(log, broker, epoch, excused);
        self.note(at, leadership::SINGLE_LEADER_PER_EPOCH, single);
        self.note(at, committed::RECORDS_SURVIVE, survive);
        self.touched.believed(partition, broker);
    }

    fn heard_controller(&mut self, state: &State, event: &ControllerEvent) {
        match event {
            ControllerEvent::LeaderElected { partition, .. }
            | ControllerEvent::IsrChanged { partition, .. }
            | ControllerEvent::ElrChanged { partition, .. } => {
                self.settle_registration(state, *partition, self.touched.came_back_unclean);
                self.touched.bound(*partition);
            }
            ControllerEvent::UncleanShutdownDetected { broker } => self.touched.came_back_unclean = Some(*broker),
            ControllerEvent::PartitionsAdded { topic, partitions } => {
                for index in 0..i32::try_from(*partitions).expect("partitions are few") {
                    let id = TopicPartition::new(*topic, PartitionId(index));
                    let registration = state.metadata.partition(id);
                    let known = self.partitions.entry(id).or_default();
                    known.registration = known.registration.take().or_else(|| registration.cloned());
                }
            }
            _ => {}
        }
    }

    /// A task is over: looks at what it touched.
    pub(super) fn settle(&mut self, state: &State) {
        if !self.touched.anything {
            return;
        }
        let mut touched = std::mem::take(&mut self.touched);
        let now = state.now;
        touched.came_back_unclean = None;
        for (partition, broker) in touched.logs.drain(..) {
            let watch = self.replica(partition, broker).log_end;
            if let Some(replica) = replica_of(state, partition, broker) {
                let log = replica.log();
                self.note(now, logs::DENSE_OFFSETS, logs::ends_at(log, watch));
                self.note(now, high_watermark::WITHIN_LOG, high_watermark::is_within(log));
                self.note(now, logs::INDEX_POINTS_AT_BATCHES, logs::index_points_at_batch(log));
            }
        }
        for (partition, broker, base_offset) in touched.appends.drain(..) {
            if let Some(replica) = replica_of(state, partition, broker) {
                let verdict = logs::continues_sequence(replica.log(), base_offset);
                self.note(now, logs::CONTIGUOUS_SEQUENCES, verdict);
            }
        }
        for (partition, broker) in touched.leaders.drain(..) {
            if let Some(replica) = replica_of(state, partition, broker) {
                self.note(now, high_watermark::NEEDS_MIN_ISR, high_watermark::had_min_isr(replica));
            }
        }
        for partition in touched.bounds.drain(..) {
            let verdict = self.partitions.get(&partition).map_or(Ok(()), |it| it.is_bounded_by_in_sync());
            self.note(now, high_watermark::AT_MOST_IN_SYNC, verdict);
        }
        for (partition, broker) in touched.beliefs.drain(..) {
            let verdict = leadership::believes_what_was_written(state, partition, broker);
            self.note(now, leadership::METADATA_NEVER_DIVERGES, verdict);
        }
        let metadata = self.quorum.settle(state);
        self.note(now, quorum::COMMITTED_METADATA_NEVER_DIVERGES, metadata);
        self.note(now, books::LEDGER_ADDS_UP, books::add_up(state.ledger.totals()));
        let promised = self.promises.hold(state);
        self.note(now, promises::GUARANTEES_HOLD, promised);
        touched.anything = false;
        self.touched = touched;
    }

    /// The controller wrote a partition anew; perhaps because a broker came back from an unclean stop. Of changes that are committed
    /// together each is looked at by itself.
    fn settle_registration(&mut self, state: &State, id: TopicPartition, came_back_unclean: Option<BrokerId>) {
        let Some(after) = state.metadata.partition(id).cloned() else { return };
        let operator = self.promises.asked_for_unclean();
        let watch = self.partition(id);
        let Some(before) = watch.registration.replace(after.clone()).filter(|before| *before != after) else { return };
        let may_be_unclean = operator || leadership::may_be_unclean(state, id);
        let election = leadership::judge(&before, &after, may_be_unclean, came_back_unclean);
        let last_copy_damaged = after.leader != before.leader
            && after.leader.is_some_and(|leader| watch.is_damaged(leader) && *before.isr == [leader]);
        if election.is_unclean || last_copy_damaged {
            watch.excused.insert(after.leader_epoch);
            // What it has is the truth from now on.
            after.leader.iter().for_each(|leader| watch.repaired(*leader));
        }
        // A proposal that was made before the disk was lost may be taken after it: the broker's epoch is still the registered one.
        let high_watermark = after.leader.and_then(|leader| watch.replicas.get(&leader)).map(|it| it.high_watermark);
        let has_all = |member: &&BrokerId| watch.replicas.get(member).map(|it| it.log_end) >= high_watermark;
        let joined: Vec<_> = after.isr.iter().filter(|it| !before.isr.contains(it)).filter(has_all).copied().collect();
        joined.into_iter().for_each(|member| watch.repaired(member));
        let now = state.now;
        self.note(now, leadership::LEADERS_COME_FROM_ISR, election.verdict);
        self.note(now, leadership::EPOCHS_NEVER_FALL, leadership::epochs_rise(&before, &after));
        self.note(now, leadership::ISR_CONTAINS_LEADER, leadership::isr_contains_leader(&after));
    }
}

fn replica_of(state: &State, partition: TopicPartition, broker: BrokerId) -> Option<&Partition> {
    state.broker(broker)?.partition(partition)
}
