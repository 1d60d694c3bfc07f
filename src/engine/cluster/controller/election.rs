//! Who leads when something changes: this controller asks [`crate::engine::cluster::partition_change`], which decides.
//!
//! The rule it keeps: a change is decided from the image and written in one delta with what caused it. Elections come from brokers
//! that come and go, from a person (`kafka-leader-election.sh`), and from two periodic tasks: leaders move back to the preferred
//! replica, and leaderless partitions whose topic allows it are led uncleanly.

use super::{Change, Controller};
use crate::engine::cluster::breakage::Breakage;
use crate::engine::cluster::event::ControllerEvent;
use crate::engine::cluster::output::{ControllerEffect, ControllerOutput, ControllerTimer};
use crate::engine::cluster::partition_change::{ElectionKind, PartitionChange, PartitionChangeBuilder};
use crate::engine::cluster::protocol::PartitionRegistration;
use crate::engine::common::{BrokerId, KafkaError, TopicId, TopicPartition, VirtualTime};
use crate::engine::config::BrokerConfig;

/// When the periodic tasks are due; a timer that comes earlier was set for what has changed since, or by an earlier
/// term of this controller.
#[derive(Clone, Copy, Debug)]
pub(super) struct PeriodicTasks {
    balance_leaders: VirtualTime,
    elect_uncleanly: VirtualTime,
    pub(super) check_sessions: VirtualTime,
}

impl Default for PeriodicTasks {
    fn default() -> Self {
        Self {
            balance_leaders: VirtualTime::NEVER,
            elect_uncleanly: VirtualTime::NEVER,
            check_sessions: VirtualTime::NEVER,
        }
    }
}

/// What is asked for a partition; the rest of the builder's questions the controller answers from its image.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wanted<'a> {
    /// Which election; none: online, or unclean if the topic allows it.
    pub(super) election: Option<ElectionKind>,
    /// The ISR that is wanted; none: the present one.
    pub(super) target_isr: Option<&'a [BrokerId]>,
    /// A broker that goes: it cannot lead, whatever the image says.
    pub(super) leaving: Option<BrokerId>,
    /// A broker that comes: it can lead, whatever the image says.
    pub(super) coming: Option<BrokerId>,
    /// A broker that came back from a crash: it cannot lead now, and leaves the ELR.
    pub(super) crashed: Option<BrokerId>,
    /// The leader says that it has recovered.
    pub(super) leader_has_recovered: bool,
}

impl Controller {
    /// The partition after the change; none if nothing changes.
    pub(super) fn change_of(
        &self,
        id: TopicPartition,
        partition: &PartitionRegistration,
        wanted: Wanted<'_>,
    ) -> Option<PartitionChange> {
        let config = &self.image.topics.get(&id.topic)?.config;
        let min_isr = usize::try_from(config.min_insync_replicas).unwrap_or(usize::MAX).min(partition.replicas.len());
        let usual = if config.unclean_leader_election_enable { ElectionKind::Unclean } else { ElectionKind::Online };
        let crashed: Vec<BrokerId> = wanted.crashed.into_iter().collect();
        let builder = PartitionChangeBuilder {
            partition,
            election: wanted.election.unwrap_or(usual),
            target_isr: wanted.target_isr,
            min_isr,
            elr_enabled: self.image.broker_config.elr_version >= 1,
            unclean_shutdown_replicas: &crashed,
            leader_has_recovered: wanted.leader_has_recovered,
        };
        builder.build(|broker| {
            let is_gone = wanted.leaving == Some(broker) || wanted.crashed == Some(broker);
            !is_gone && (wanted.coming == Some(broker) || self.image.is_active(broker))
        })
    }

    /// The changes of all partitions for which `concerns` holds (`generateLeaderAndIsrUpdates`). Who leaves or has crashed leaves
    /// the ISR.
    pub(super) fn changes_where(
        &self,
        wanted: Wanted<'_>,
        concerns: impl Fn(TopicPartition, &PartitionRegistration) -> bool,
    ) -> Vec<Change> {
        let concerned = self.image.partitions().filter(|(id, partition)| concerns(*id, partition));
        let change = |(id, partition): (TopicPartition, &PartitionRegistration)| {
            let goes = |member: &BrokerId| wanted.leaving == Some(*member) || wanted.crashed == Some(*member);
            let mut target: Vec<BrokerId> = partition.isr.iter().copied().filter(|member| !goes(member)).collect();
            if self.breakage == Some(Breakage::ElectOutOfIsr) && partition.leader.as_ref().is_some_and(goes) {
                let lives = |replica: &BrokerId| !goes(replica) && self.image.is_active(*replica);
                target = partition.replicas.iter().copied().find(lives).into_iter().collect();
            }
            let change = self.change_of(id, partition, Wanted { target_isr: Some(&target), ..wanted })?;
            Some((id, change))
        };
        concerned.filter_map(change).collect()
    }

    /// Elects a leader because an operator says so (`kafka-leader-election.sh`, `ReplicationControlManager.electLeader`).
    ///
    /// | election  | first of these that holds     | outcome |
    /// |-----------|-------------------------------|---------|
    /// | preferred | the first replica leads       | ELECTION_NOT_NEEDED |
    /// | preferred | nothing would change          | PREFERRED_LEADER_NOT_AVAILABLE |
    /// | unclean   | somebody leads                | ELECTION_NOT_NEEDED |
    /// | unclean   | nothing would change          | ELIGIBLE_LEADERS_NOT_AVAILABLE |
    /// | either    | -                             | the change is written |
    pub fn elect_leader(&mut self, id: TopicPartition, election: ElectionKind, out: &mut ControllerOutput) {
        match self.elected(id, election) {
            Ok(change) => self.write(self.next_delta(), vec![(id, change)], out),
            Err(error) => out.events.push(ControllerEvent::ElectionRefused { partition: id, election, error }),
        }
    }

    fn elected(&self, id: TopicPartition, election: ElectionKind) -> Result<PartitionChange, KafkaError> {
        let partition = self.image.partition(id).ok_or(KafkaError::UnknownTopicOrPartition)?;
        let (is_needed, impossible) = match election {
            ElectionKind::Unclean => (partition.leader.is_none(), KafkaError::EligibleLeadersNotAvailable),
            ElectionKind::Preferred | ElectionKind::Online => {
                (!partition.has_preferred_leader(), KafkaError::PreferredLeaderNotAvailable)
            }
        };
        if !is_needed {
            return Err(KafkaError::ElectionNotNeeded);
        }
        self.change_of(id, partition, Wanted { election: Some(election), ..Wanted::default() }).ok_or(impossible)
    }

    /// Sets the periodic tasks' timers, from now.
    pub(super) fn schedule_periodic_tasks(&mut self, now: VirtualTime, out: &mut ControllerOutput) {
        self.schedule_leader_balance(now, out);
        self.schedule_unclean_elections(now, out);
    }

    fn schedule_leader_balance(&mut self, now: VirtualTime, out: &mut ControllerOutput) {
        self.periodic.balance_leaders = now + balance_interval(&self.image.broker_config);
        let timer = ControllerTimer::LeaderBalance;
        out.effects.push(ControllerEffect::Schedule { at: self.periodic.balance_leaders, timer });
    }

    fn schedule_unclean_elections(&mut self, now: VirtualTime, out: &mut ControllerOutput) {
        self.periodic.elect_uncleanly = now + unclean_interval(&self.image.broker_config);
        let timer = ControllerTimer::UncleanElections;
        out.effects.push(ControllerEffect::Schedule { at: self.periodic.elect_uncleanly, timer });
    }

    /// Sets the timers again whose interval differs from what it was under `before`.
    pub(super) fn reschedule_periodic_tasks(
        &mut self,
        now: VirtualTime,
        before: &BrokerConfig,
        out: &mut ControllerOutput,
    ) {
        if balance_interval(before) != balance_interval(&self.image.broker_config) {
            self.schedule_leader_balance(now, out);
        }
        if unclean_interval(before) != unclean_interval(&self.image.broker_config) {
            self.schedule_unclean_elections(now, out);
        }
    }

    /// Moves the leaders back that are not the first replica (`maybeBalancePartitionLeaders`). KRaft knows no threshold.
    pub(super) fn balance_leaders(&mut self, now: VirtualTime, out: &mut ControllerOutput) {
        if now < self.periodic.balance_leaders {
            return;
        }
        if self.image.broker_config.auto_leader_rebalance_enable {
            let wanted = Wanted { election: Some(ElectionKind::Preferred), ..Wanted::default() };
            self.write_changes(self.changes_where(wanted, |_, partition| !partition.has_preferred_leader()), out);
        }
        self.schedule_leader_balance(now, out);
    }

    /// Elects uncleanly where nobody leads and the topic allows it (`maybeElectUncleanLeaders`).
    pub(super) fn elect_uncleanly(&mut self, now: VirtualTime, out: &mut ControllerOutput) {
        if now < self.periodic.elect_uncleanly {
            return;
        }
        let allows = |topic: TopicId| {
            self.image.topics.get(&topic).is_some_and(|topic| topic.config.unclean_leader_election_enable)
        };
        let is_leaderless =
            |id: TopicPartition, partition: &PartitionRegistration| partition.leader.is_none() && allows(id.topic);
        self.write_changes(self.changes_where(Wanted::default(), is_leaderless), out);
        self.schedule_unclean_elections(now, out);
    }
}

fn balance_interval(config: &BrokerConfig) -> VirtualTime {
    VirtualTime::from_ms(config.leader_imbalance_check_interval_seconds.saturating_mul(1_000))
}

fn unclean_interval(config: &BrokerConfig) -> VirtualTime {
    VirtualTime::from_ms(config.unclean_leader_election_interval_ms)
}
