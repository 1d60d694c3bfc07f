//! A leader's side of a partition: appends, what followers and consumers read, the ISR and the high watermark.

use super::{Leader, Partition, Role};
use crate::engine::cluster::breakage::Breakage;
use crate::engine::cluster::delayed_produce::{Replication, replication};
use crate::engine::cluster::event::{BrokerEvent, IsrChange};
use crate::engine::cluster::high_watermark::{FollowerView, effective_min_isr, next_high_watermark};
use crate::engine::cluster::in_sync_replicas::InSyncReplicas;
use crate::engine::cluster::metadata::MetadataCache;
use crate::engine::cluster::protocol::{
    DivergingEpoch, FetchPartition, Fetcher, OffsetQuery, PartitionRegistration, ProposedIsr,
};
use crate::engine::cluster::replica::Replica;
use crate::engine::common::{BrokerId, KafkaError, LeaderEpoch, Offset, Timestamp, VirtualTime};
use crate::engine::config::Acks;
use crate::engine::storage::{AppendError, AppendInfo, ClientBatch, FetchDataInfo, ReadUpTo};

/// What a leader must know from outside to judge its followers.
#[derive(Clone, Copy)]
pub(in crate::engine::cluster) struct LeaderContext<'a> {
    pub(in crate::engine::cluster) now: VirtualTime,
    /// `replica.lag.time.max.ms`.
    pub(in crate::engine::cluster) lag_max: VirtualTime,
    /// Who is alive, as far as this broker has heard.
    pub(in crate::engine::cluster) metadata: &'a MetadataCache,
}

/// What a follower's fetch, or the controller's answer, changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::engine::cluster) struct LeaderChange {
    /// The high watermark moved.
    pub(in crate::engine::cluster) high_watermark: bool,
    /// An ISR is proposed that was not before: it is to be sent to the controller.
    pub(in crate::engine::cluster) proposal: bool,
}

impl Leader {
    pub(super) fn new(
        me: BrokerId,
        state: &PartitionRegistration,
        epoch_start_offset: Offset,
        now: VirtualTime,
    ) -> Self {
        let others = state.replicas.iter().copied().filter(|broker| *broker != me);
        Self {
            leader_epoch: state.leader_epoch,
            partition_epoch: state.partition_epoch,
            epoch_start_offset,
            replicas: state.replicas.clone(),
            isr: InSyncReplicas::Committed { isr: state.isr.clone() },
            followers: others.map(|broker| Replica::new(broker, state.isr.contains(&broker), now)).collect(),
        }
    }

    /// Takes over what the controller has written, in the same epoch.
    pub(super) fn commit(&mut self, state: &PartitionRegistration) {
        self.partition_epoch = state.partition_epoch;
        self.isr = InSyncReplicas::Committed { isr: state.isr.clone() };
    }

    /// The epoch in which it leads.
    #[must_use]
    pub fn leader_epoch(&self) -> LeaderEpoch {
        self.leader_epoch
    }

    /// The controller's count of changes.
    #[must_use]
    pub fn partition_epoch(&self) -> i32 {
        self.partition_epoch
    }

    /// Its log end when it took over.
    #[must_use]
    pub fn epoch_start_offset(&self) -> Offset {
        self.epoch_start_offset
    }

    /// The in-sync replicas.
    #[must_use]
    pub fn isr(&self) -> &InSyncReplicas {
        &self.isr
    }

    /// The other replicas, in assignment order.
    #[must_use]
    pub fn followers(&self) -> &[Replica] {
        &self.followers
    }

    fn follower_mut(&mut self, broker: BrokerId) -> Option<&mut Replica> {
        self.followers.iter_mut().find(|replica| replica.broker() == broker)
    }
}

/// Whether an append is let in, before the batch is looked at (`Partition.appendRecordsToLeader`).
///
/// | leads | acks=all | ISR < min ISR | then |
/// |-------|----------|---------------|------|
/// | no    | any      | any           | NOT_LEADER_OR_FOLLOWER |
/// | yes   | no       | any           | let in |
/// | yes   | yes      | no            | let in |
/// | yes   | yes      | yes           | NOT_ENOUGH_REPLICAS |
fn ensure_admitted(leads: bool, acks_all: bool, under_min_isr: bool) -> Result<(), KafkaError> {
    match (leads, acks_all, under_min_isr) {
        (false, _, _) => Err(KafkaError::NotLeaderOrFollower),
        (true, true, true) => Err(KafkaError::NotEnoughReplicas),
        (true, false, _) | (true, true, false) => Ok(()),
    }
}

/// Why an append did not happen.
#[derive(Clone, Debug)]
pub(in crate::engine::cluster) enum Refusal {
    /// The batch was not looked at.
    NotAdmitted(KafkaError),
    /// The log refused it.
    ByLog(AppendError),
}

impl Partition {
    /// Appends a client's batch, if it may.
    pub(in crate::engine::cluster) fn append_as_leader(
        &mut self,
        batch: ClientBatch,
        acks: Acks,
        now: Timestamp,
    ) -> Result<AppendInfo, Refusal> {
        let under_min_isr = self.is_under_min_isr();
        ensure_admitted(self.is_leader(), acks == Acks::All, under_min_isr).map_err(Refusal::NotAdmitted)?;
        self.log.append_as_leader(batch, self.leader_epoch(), now).map_err(Refusal::ByLog)
    }

    /// How few in-sync replicas are enough here.
    #[must_use]
    pub fn min_isr(&self) -> usize {
        if self.breakage == Some(Breakage::SkipMinIsrGate) {
            return 1;
        }
        let replicas = self.leader().map_or(1, |leader| leader.replicas.len());
        effective_min_isr(self.log.config().min_insync_replicas, replicas)
    }

    /// Whether fewer replicas are in the committed ISR than `min.insync.replicas` asks. Never of a follower.
    #[must_use]
    pub fn is_under_min_isr(&self) -> bool {
        self.leader().is_some_and(|leader| leader.isr.committed().len() < self.min_isr())
    }

    /// How far a batch that ends before `required` is replicated.
    pub(in crate::engine::cluster) fn replication(&self, required: Offset) -> Replication {
        let enough = self.leader().is_some_and(|leader| leader.isr.maximal_len() >= self.min_isr());
        replication(self.is_leader(), self.log.high_watermark() >= required, enough)
    }

    /// Raises the high watermark as far as the rules allow.
    pub(in crate::engine::cluster) fn maybe_increment_high_watermark(
        &mut self,
        context: LeaderContext<'_>,
        events: &mut Vec<BrokerEvent>,
    ) -> bool {
        let Some(leader) = self.leader() else { return false };
        let end = self.log.log_end_offset();
        let view = |replica: &Replica| FollowerView {
            log_end_offset: replica.log_end_offset(),
            in_maximal_isr: leader.isr.maximal_contains(replica.broker()),
            is_caught_up: replica.is_caught_up(end, context.now, context.lag_max),
            is_isr_eligible: context.metadata.is_isr_eligible(replica.broker(), replica.broker_epoch()),
        };
        let is_alone = self.breakage == Some(Breakage::AdvanceHighWatermarkAlone);
        let followers = leader.followers.iter().filter(|_| !is_alone).map(view);
        let next = next_high_watermark(leader.isr.committed().len(), self.min_isr(), end, followers);
        let from = self.log.high_watermark();
        let moved = next.and_then(|next| self.log.maybe_increment_high_watermark(next));
        events.extend(moved.map(|to| BrokerEvent::HighWatermarkAdvanced { partition: self.id, from, to }));
        moved.is_some()
    }

    /// A follower has fetched from `fetch_offset`: it has all before it.
    pub(in crate::engine::cluster) fn update_follower_fetch_state(
        &mut self,
        broker: BrokerId,
        broker_epoch: i64,
        fetch: &FetchPartition,
        context: LeaderContext<'_>,
        events: &mut Vec<BrokerEvent>,
    ) -> LeaderChange {
        let end = self.log.log_end_offset();
        let Role::Leader(leader) = &mut self.role else { return LeaderChange::default() };
        let Some(replica) = leader.follower_mut(broker) else { return LeaderChange::default() };
        let moved =
            replica.update_fetch_state(fetch.fetch_offset, fetch.log_start_offset, broker_epoch, context.now, end);
        let proposal = self.maybe_expand_isr(broker, context, events);
        let high_watermark = moved && self.maybe_increment_high_watermark(context, events);
        LeaderChange { high_watermark, proposal }
    }

    /// Proposes that a follower join the ISR if it has reached the high watermark and this epoch's start, is eligible, and
    /// no other change is under way.
    fn maybe_expand_isr(
        &mut self,
        broker: BrokerId,
        context: LeaderContext<'_>,
        events: &mut Vec<BrokerEvent>,
    ) -> bool {
        let high_watermark = self.log.high_watermark();
        let Role::Leader(leader) = &mut self.role else { return false };
        let Some(replica) = leader.followers.iter().find(|replica| replica.broker() == broker) else { return false };
        let has_reached = |offset: Offset| replica.log_end_offset().is_some_and(|end| end >= offset);
        let may_join = !leader.isr.is_in_flight()
            && !leader.isr.committed().contains(&broker)
            && has_reached(high_watermark)
            && has_reached(leader.epoch_start_offset)
            && context.metadata.is_isr_eligible(broker, replica.broker_epoch());
        if may_join {
            leader.isr.propose_expand(broker);
            self.report_proposal(events);
        }
        may_join
    }

    /// Proposes that the followers leave that have not caught up for `replica.lag.time.max.ms`.
    pub(in crate::engine::cluster) fn maybe_shrink_isr(
        &mut self,
        context: LeaderContext<'_>,
        events: &mut Vec<BrokerEvent>,
    ) -> bool {
        let end = self.log.log_end_offset();
        let Role::Leader(leader) = &mut self.role else { return false };
        if leader.isr.is_in_flight() {
            return false;
        }
        let lagging: Vec<BrokerId> = leader
            .followers
            .iter()
            .filter(|replica| leader.isr.committed().contains(&replica.broker()))
            .filter(|replica| !replica.is_caught_up(end, context.now, context.lag_max))
            .map(Replica::broker)
            .collect();
        if lagging.is_empty() {
            return false;
        }
        leader.isr.propose_shrink(lagging);
        self.report_proposal(events);
        true
    }

    fn report_proposal(&self, events: &mut Vec<BrokerEvent>) {
        if let Some((change, isr)) = self.leader().and_then(|leader| leader.isr.proposed()) {
            events.push(BrokerEvent::IsrProposed { partition: self.id, change, isr });
        }
    }

    /// The change under way, as it is sent to the controller.
    pub(in crate::engine::cluster) fn proposed_isr(&self, me: BrokerId, broker_epoch: i64) -> Option<ProposedIsr> {
        let leader = self.leader()?;
        let (_, isr): (IsrChange, _) = leader.isr.proposed()?;
        let epoch_of = |broker: BrokerId| {
            let replica = leader.followers.iter().find(|replica| replica.broker() == broker);
            if broker == me { broker_epoch } else { replica.and_then(Replica::broker_epoch).unwrap_or(-1) }
        };
        Some(ProposedIsr {
            partition: self.id,
            leader_epoch: leader.leader_epoch,
            partition_epoch: leader.partition_epoch,
            isr: isr.into_iter().map(|broker| (broker, epoch_of(broker))).collect(),
        })
    }

    /// The controller's answer to a proposal. One for an older epoch is ignored; after an error that says that the leader's
    /// view is old the change stays open until the metadata comes, after any other the committed ISR stands.
    pub(in crate::engine::cluster) fn isr_proposal_answered(
        &mut self,
        result: &Result<PartitionRegistration, KafkaError>,
        events: &mut Vec<BrokerEvent>,
    ) -> ProposalOutcome {
        let partition = self.id;
        let Role::Leader(leader) = &mut self.role else { return ProposalOutcome::Settled };
        match result {
            Ok(state) => {
                let is_ours =
                    state.leader_epoch == leader.leader_epoch && state.partition_epoch >= leader.partition_epoch;
                if is_ours {
                    leader.commit(state);
                    let result = Ok(state.isr.to_vec());
                    events.push(BrokerEvent::IsrProposalAnswered { partition, result });
                }
                ProposalOutcome::Settled
            }
            Err(error) => {
                events.push(BrokerEvent::IsrProposalAnswered { partition, result: Err(*error) });
                match error {
                    KafkaError::UnknownTopicOrPartition
                    | KafkaError::FencedLeaderEpoch
                    | KafkaError::InvalidUpdateVersion
                    | KafkaError::InvalidRequest
                    | KafkaError::NewLeaderElected => ProposalOutcome::Settled,
                    KafkaError::IneligibleReplica => {
                        leader.isr.roll_back();
                        ProposalOutcome::Settled
                    }
                    _ => ProposalOutcome::SendAgain,
                }
            }
        }
    }

    /// Refuses a fetch, or a query for offsets, that is not for this leader in this epoch.
    pub(in crate::engine::cluster) fn ensure_leads(
        &self,
        fetcher: Fetcher,
        current_leader_epoch: Option<LeaderEpoch>,
    ) -> Result<(), KafkaError> {
        let leader = self.leader().ok_or(KafkaError::NotLeaderOrFollower)?;
        match current_leader_epoch {
            Some(epoch) if epoch < leader.leader_epoch => return Err(KafkaError::FencedLeaderEpoch),
            Some(epoch) if epoch > leader.leader_epoch => return Err(KafkaError::UnknownLeaderEpoch),
            Some(_) | None => {}
        }
        match fetcher {
            Fetcher::Follower { broker, .. } if !leader.replicas.contains(&broker) => {
                Err(KafkaError::NotLeaderOrFollower)
            }
            Fetcher::Follower { .. } | Fetcher::Consumer => Ok(()),
        }
    }

    /// Where the fetcher's log forks off this one, if it does (KAFKA 6.5, 1).
    pub(in crate::engine::cluster) fn diverging_epoch(
        &self,
        fetch: &FetchPartition,
    ) -> Result<Option<DivergingEpoch>, KafkaError> {
        let Some(last_fetched) = fetch.last_fetched_epoch else { return Ok(None) };
        if self.breakage == Some(Breakage::ForgetLeaderEpochs) {
            return Ok(None);
        }
        let end = self.log.end_offset_for_epoch(last_fetched).ok_or(KafkaError::OffsetOutOfRange)?;
        let diverges = end.epoch < last_fetched || end.end_offset < fetch.fetch_offset;
        Ok(diverges.then_some(DivergingEpoch { epoch: end.epoch, end_offset: end.end_offset }))
    }

    /// Reads for a fetcher. Whether it leads has been checked before.
    pub(in crate::engine::cluster) fn read(
        &mut self,
        fetcher: Fetcher,
        offset: Offset,
        max_bytes: usize,
    ) -> Result<FetchDataInfo, KafkaError> {
        self.log.read(offset, max_bytes, read_up_to(fetcher)).map_err(|error| error.kafka_error())
    }

    /// The offset that the fetcher cannot read beyond.
    pub(in crate::engine::cluster) fn limit(&self, fetcher: Fetcher) -> Offset {
        match read_up_to(fetcher) {
            ReadUpTo::LogEnd => self.log.log_end_offset(),
            ReadUpTo::HighWatermark => self.log.high_watermark(),
        }
    }

    /// The offset asked for; none if no record is that late, or none that the fetcher may see.
    pub(in crate::engine::cluster) fn offset_for(
        &self,
        fetcher: Fetcher,
        query: OffsetQuery,
    ) -> Result<Option<Offset>, KafkaError> {
        match query {
            OffsetQuery::Earliest => Ok(Some(self.log.log_start_offset())),
            OffsetQuery::Latest => Ok(Some(self.limit(fetcher))),
            OffsetQuery::AtTimestamp(target) => {
                let found = self.log.offset_for_timestamp(target).map_err(|error| error.kafka_error())?;
                Ok(found.map(|record| record.offset).filter(|offset| *offset < self.limit(fetcher)))
            }
        }
    }

    /// Moves the log start to `offset`, or to the high watermark if none is given. Returns the offset that the low watermark must reach.
    pub(in crate::engine::cluster) fn delete_records(
        &mut self,
        offset: Option<Offset>,
        events: &mut Vec<BrokerEvent>,
    ) -> Result<Offset, KafkaError> {
        self.ensure_leads(Fetcher::Consumer, None)?;
        let before = offset.unwrap_or(self.log.high_watermark());
        if before < Offset(0) {
            return Err(KafkaError::OffsetOutOfRange);
        }
        if self.log.delete_records(before).map_err(|error| error.kafka_error())? {
            events.push(BrokerEvent::LogStartAdvanced { partition: self.id, log_start_offset: before });
        }
        Ok(before)
    }

    /// The smallest log start over the live replicas, as the leader knows it; none if it does not lead.
    pub(in crate::engine::cluster) fn low_watermark(&self, metadata: &MetadataCache) -> Option<Offset> {
        let followers = self.leader()?.followers.iter().filter(|replica| metadata.image().is_alive(replica.broker()));
        let starts = followers.map(|replica| replica.log_start_offset().unwrap_or(Offset::UNKNOWN));
        Some(starts.fold(self.log.log_start_offset(), Offset::min))
    }
}

fn read_up_to(fetcher: Fetcher) -> ReadUpTo {
    match fetcher {
        Fetcher::Consumer => ReadUpTo::HighWatermark,
        Fetcher::Follower { .. } => ReadUpTo::LogEnd,
    }
}

/// What becomes of a proposal that was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine::cluster) enum ProposalOutcome {
    /// Nothing more to send.
    Settled,
    /// The controller is to be asked again.
    SendAgain,
}
