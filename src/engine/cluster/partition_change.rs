//! What becomes of a partition when brokers, its ISR or its election change (`PartitionChangeBuilder`, KAFKA 6.6).
//!
//! The rule it keeps: it only computes. Whoever calls it says who is alive, which ISR is wanted and which kind of election it
//! is, and writes what comes back. A broker whose data is known to be complete is asked first; only a last known leader or an
//! unclean election may lose committed records, and both say so. When to call it is the controller's decision.

use crate::engine::cluster::protocol::{LeaderRecoveryState, PartitionRegistration};
use crate::engine::common::{BrokerId, LeaderEpoch};

/// Which rule an election may go down to (`PartitionChangeBuilder.Election`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ElectionKind {
    /// The preferred leader, `replicas[0]`, if it is valid. Never unclean.
    Preferred,
    /// The present leader stays if it is valid. Never unclean.
    Online,
    /// As online, and any live replica before none at all (`unclean.leader.election.enable`).
    Unclean,
}

/// How the leader of a changed partition was found, in the order tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ElectedBy {
    /// It is `replicas[0]`, in a preferred election.
    PreferredReplica,
    /// It led before and is valid still.
    PresentLeader,
    /// It is the first live replica of the ISR in assignment order.
    FirstInSync,
    /// The ISR is empty, and it is the first live replica of the ELR in assignment order.
    FirstEligible,
    /// It led last, and neither ISR nor ELR has anybody. Unclean: it may have restarted without its last records.
    LastKnownLeader,
    /// It is the first live replica in assignment order. Unclean: committed records that it never had are lost.
    FirstAlive,
    /// Nobody could be found: the partition is offline.
    Nobody,
}

impl ElectedBy {
    /// Whether committed records may be lost by it.
    #[must_use]
    pub fn is_unclean(self) -> bool {
        matches!(self, ElectedBy::LastKnownLeader | ElectedBy::FirstAlive)
    }
}

/// A change of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionChange {
    /// The partition after it.
    pub after: PartitionRegistration,
    /// How its leader was found.
    pub elected_by: ElectedBy,
}

/// What is asked of one partition.
#[derive(Clone, Copy, Debug)]
pub struct PartitionChangeBuilder<'a> {
    /// The partition before.
    pub partition: &'a PartitionRegistration,
    /// Which election.
    pub election: ElectionKind,
    /// The ISR that is wanted, in this order; none: the present one.
    pub target_isr: Option<&'a [BrokerId]>,
    /// `min.insync.replicas`, not more than there are replicas.
    pub min_isr: usize,
    /// Whether eligible leader replicas are kept (`eligible.leader.replicas.version` 1).
    pub elr_enabled: bool,
    /// Replicas that came back from a crash, perhaps without their last records: they leave the ELR.
    pub unclean_shutdown_replicas: &'a [BrokerId],
    /// The leader says that it has recovered what there was to recover; it stays RECOVERED.
    pub leader_has_recovered: bool,
}

impl PartitionChangeBuilder<'_> {
    /// The partition after the change; none if nothing changes. Lists are compared with their order.
    ///
    /// `is_alive`: registered and not fenced. "Valid" = alive and in the target ISR, or, if that is empty, alive and in the
    /// target ELR.
    ///
    /// | first of these that holds | PREFERRED | ONLINE | UNCLEAN |
    /// |---------------------------|-----------|--------|---------|
    /// | `replicas[0]` is valid | `replicas[0]` | - | - |
    /// | the present leader is valid | it | it | it |
    /// | a replica is valid | the first in assignment order | the same | the same |
    /// | ELR on, target ISR and ELR empty, one last known leader, alive | it, uncleanly | it, uncleanly | it, uncleanly |
    /// | a replica is alive | - | - | the first in assignment order, uncleanly |
    /// | none of them | nobody | nobody | nobody |
    ///
    /// | the leader | ISR | ELR | recovery | leader epoch |
    /// |------------|-----|-----|----------|--------------|
    /// | stays | target | target | stays | stays |
    /// | changes to one of the ISR, or to nobody | target | target | stays | + 1 |
    /// | changes to one of the ELR | only it | target without it | stays | + 1 |
    /// | changes uncleanly | only it | empty | RECOVERING | + 1 |
    ///
    /// With ELR off an empty target ISR is not written: the present ISR stays, and the partition waits for its last member.
    #[must_use]
    pub fn build(&self, is_alive: impl Fn(BrokerId) -> bool) -> Option<PartitionChange> {
        let before = self.partition;
        let target_isr = self.target_isr.unwrap_or(&before.isr);
        let target_elr = self.target_elr(target_isr);
        let (leader, elected_by) = self.elect(target_isr, &target_elr, is_alive);
        let mut after = PartitionRegistration { leader, ..before.clone() };
        if self.elr_enabled || !target_isr.is_empty() {
            after.isr = target_isr.into();
        }
        after.elr = target_elr.into();
        if self.leader_has_recovered {
            after.leader_recovery_state = LeaderRecoveryState::Recovered;
        }
        if leader != before.leader {
            self.change_leader(&mut after, elected_by);
        }
        if after == *before {
            return None;
        }
        after.partition_epoch += 1;
        Some(PartitionChange { after, elected_by })
    }

    /// | ELR | target ISR | target ELR |
    /// |-----|------------|------------|
    /// | off | any | empty |
    /// | on | of `min_isr` or more | empty: the high watermark moves again, past what the others have |
    /// | on | smaller | who was in ELR or ISR, but for the target ISR and who crashed; ascending |
    fn target_elr(&self, target_isr: &[BrokerId]) -> Vec<BrokerId> {
        if !self.elr_enabled || target_isr.len() >= self.min_isr {
            return Vec::new();
        }
        let candidates = self.partition.elr.iter().chain(self.partition.isr.iter()).copied();
        let stays =
            |broker: &BrokerId| !target_isr.contains(broker) && !self.unclean_shutdown_replicas.contains(broker);
        let mut elr: Vec<BrokerId> = candidates.filter(stays).collect();
        elr.sort_unstable();
        elr.dedup();
        elr
    }

    fn elect(
        &self,
        target_isr: &[BrokerId],
        target_elr: &[BrokerId],
        is_alive: impl Fn(BrokerId) -> bool,
    ) -> (Option<BrokerId>, ElectedBy) {
        let replicas = self.partition.replicas.iter().copied();
        let may_lead = if target_isr.is_empty() { target_elr } else { target_isr };
        let first_valid = if target_isr.is_empty() { ElectedBy::FirstEligible } else { ElectedBy::FirstInSync };
        let is_valid = |broker: &BrokerId| may_lead.contains(broker) && is_alive(*broker);
        let preferred = || match self.election {
            ElectionKind::Preferred => self.partition.replicas.first().copied().filter(is_valid),
            ElectionKind::Online | ElectionKind::Unclean => None,
        };
        let last_known = || match self.partition.last_known_elr[..] {
            [last] if self.elr_enabled && may_lead.is_empty() && is_alive(last) => Some(last),
            _ => None,
        };
        let first_alive = || match self.election {
            ElectionKind::Unclean => replicas.clone().find(|broker| is_alive(*broker)),
            ElectionKind::Preferred | ElectionKind::Online => None,
        };
        let rules: [(ElectedBy, &dyn Fn() -> Option<BrokerId>); 5] = [
            (ElectedBy::PreferredReplica, &preferred),
            (ElectedBy::PresentLeader, &|| self.partition.leader.filter(is_valid)),
            (first_valid, &|| replicas.clone().find(is_valid)),
            (ElectedBy::LastKnownLeader, &last_known),
            (ElectedBy::FirstAlive, &first_alive),
        ];
        let found = rules.into_iter().find_map(|(rule, leader)| leader().map(|leader| (Some(leader), rule)));
        found.unwrap_or((None, ElectedBy::Nobody))
    }

    /// What else changes with the leader.
    fn change_leader(&self, after: &mut PartitionRegistration, elected_by: ElectedBy) {
        after.leader_epoch = LeaderEpoch(after.leader_epoch.0 + 1);
        match after.leader {
            Some(leader) if elected_by.is_unclean() => {
                after.isr = [leader].into();
                after.elr = [].into();
                after.leader_recovery_state = LeaderRecoveryState::Recovering;
            }
            Some(leader) if after.elr.contains(&leader) => {
                after.isr = [leader].into();
                after.elr = after.elr.iter().copied().filter(|broker| *broker != leader).collect();
            }
            Some(_) | None => {}
        }
        if self.elr_enabled {
            match (after.leader, self.partition.leader) {
                (Some(_), _) => after.last_known_elr = [].into(),
                (None, Some(lost)) if after.last_known_elr.is_empty() => after.last_known_elr = [lost].into(),
                (None, _) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brokers(ids: &[i32]) -> Vec<BrokerId> {
        ids.iter().copied().map(BrokerId).collect()
    }

    /// One row: replicas 1 2 3, min ISR 2, leader epoch 5, partition epoch 9. After the bar of each table: the change.
    struct Row<'a> {
        elr_enabled: bool,
        election: ElectionKind,
        leader: i32,
        isr: &'a [i32],
        elr: &'a [i32],
        last_known: &'a [i32],
        target_isr: &'a [i32],
        alive: &'a [i32],
    }

    const ONLINE: Row<'_> = Row {
        elr_enabled: true,
        election: ElectionKind::Online,
        leader: 1,
        isr: &[1, 2, 3],
        elr: &[],
        last_known: &[],
        target_isr: &[1, 2, 3],
        alive: &[1, 2, 3],
    };

    fn build(row: &Row<'_>) -> Option<PartitionChange> {
        let partition = PartitionRegistration {
            replicas: brokers(&[1, 2, 3]).into(),
            isr: brokers(row.isr).into(),
            elr: brokers(row.elr).into(),
            last_known_elr: brokers(row.last_known).into(),
            leader: (row.leader >= 0).then_some(BrokerId(row.leader)),
            leader_epoch: LeaderEpoch(5),
            partition_epoch: 9,
            leader_recovery_state: LeaderRecoveryState::Recovered,
        };
        let builder = PartitionChangeBuilder {
            partition: &partition,
            election: row.election,
            target_isr: Some(&brokers(row.target_isr)),
            min_isr: 2,
            elr_enabled: row.elr_enabled,
            unclean_shutdown_replicas: &[],
            leader_has_recovered: false,
        };
        builder.build(|broker| row.alive.contains(&broker.0))
    }

    /// Leader, rule, ISR, ELR, last known leader, leader epoch; the partition epoch is one more.
    type Then<'a> = (i32, ElectedBy, &'a [i32], &'a [i32], &'a [i32], i32);

    #[track_caller]
    fn check(row: &Row<'_>, (leader, elected_by, isr, elr, last_known, leader_epoch): Then<'_>) {
        let change = build(row).expect("something changes");
        let after = change.after;
        assert_eq!((after.leader, change.elected_by), ((leader >= 0).then_some(BrokerId(leader)), elected_by));
        let lists = [&after.isr, &after.elr, &after.last_known_elr].map(|list| list.to_vec());
        assert_eq!(lists, [isr, elr, last_known].map(brokers));
        assert_eq!((after.leader_epoch, after.partition_epoch), (LeaderEpoch(leader_epoch), 10));
        let recovering = after.leader_recovery_state == LeaderRecoveryState::Recovering;
        assert_eq!(recovering, elected_by.is_unclean());
    }

    #[test]
    fn the_table_with_elr() {
        use ElectedBy::{FirstAlive, FirstEligible, LastKnownLeader, Nobody, PreferredReplica, PresentLeader};
        use ElectionKind::{Preferred, Unclean};
        // A follower leaves, enough stay: no ELR.
        check(&Row { target_isr: &[1, 2], ..ONLINE }, (1, PresentLeader, &[1, 2], &[], &[], 5));
        // Too few stay: who left is eligible.
        check(&Row { target_isr: &[1], ..ONLINE }, (1, PresentLeader, &[1], &[2, 3], &[], 5));
        // The last member dies, the ELR is down too: nobody, and the leader is remembered.
        let last = Row { isr: &[1], elr: &[2], target_isr: &[], alive: &[3], ..ONLINE };
        check(&last, (-1, Nobody, &[], &[1, 2], &[1], 6));
        // One of the ELR lives: it leads, cleanly, alone.
        check(&Row { alive: &[2, 3], ..last }, (2, FirstEligible, &[2], &[1], &[], 6));
        // Nobody is in ISR or ELR: the last known leader, uncleanly; else with the unclean rule any.
        let lost = Row { leader: -1, isr: &[], last_known: &[3], target_isr: &[], ..ONLINE };
        check(&lost, (3, LastKnownLeader, &[3], &[], &[], 6));
        check(&Row { election: Unclean, alive: &[1, 2], ..lost }, (1, FirstAlive, &[1], &[], &[], 6));
        assert_eq!(build(&Row { alive: &[1, 2], ..lost }), None);
        // The preferred leader is back in the ISR; a usual election leaves the present one.
        let elsewhere = Row { leader: 2, ..ONLINE };
        check(&Row { election: Preferred, ..elsewhere }, (1, PreferredReplica, &[1, 2, 3], &[], &[], 6));
        assert_eq!(build(&elsewhere), None);
    }

    #[test]
    fn without_elr_the_last_member_stays_in_the_isr() {
        use ElectedBy::{FirstAlive, FirstInSync, Nobody};
        let off = Row { elr_enabled: false, isr: &[1], target_isr: &[], alive: &[2, 3], ..ONLINE };
        check(&off, (-1, Nobody, &[1], &[], &[], 6));
        check(&Row { election: ElectionKind::Unclean, ..off }, (2, FirstAlive, &[2], &[], &[], 6));
        check(&Row { leader: -1, target_isr: &[1], alive: &[1], ..off }, (1, FirstInSync, &[1], &[], &[], 6));
    }
}
