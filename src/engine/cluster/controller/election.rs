//! Who leads when something changes, as this controller asks for it: an online election without ELR.
//!
//! The rule it keeps is [`crate::engine::cluster::partition_change`]'s, which decides; here a registration, which has no ELR, is
//! put in its terms. So only a member of the ISR that is alive may lead, and an ISR is never written empty: while the last
//! member is down the partition is offline and waits for it.

use crate::engine::cluster::partition_change::{
    ElectionKind, LeaderRecoveryState, PartitionChangeBuilder, PartitionState,
};
use crate::engine::cluster::protocol::PartitionRegistration;
use crate::engine::common::BrokerId;

/// The partition after its ISR is to be `target_isr` (in the order given) and the brokers for which `is_alive` holds may
/// lead; nothing if that changes nothing.
pub(super) fn change_partition(
    partition: &PartitionRegistration,
    target_isr: &[BrokerId],
    is_alive: impl Fn(BrokerId) -> bool,
) -> Option<PartitionRegistration> {
    let before = PartitionState {
        replicas: partition.replicas.clone(),
        isr: partition.isr.clone(),
        elr: [].into(),
        last_known_elr: [].into(),
        leader: partition.leader,
        leader_epoch: partition.leader_epoch,
        partition_epoch: partition.partition_epoch,
        leader_recovery_state: LeaderRecoveryState::Recovered,
    };
    let builder = PartitionChangeBuilder {
        partition: &before,
        election: ElectionKind::Online,
        target_isr: Some(target_isr),
        min_isr: 1, // only ELR asks for it
        elr_enabled: false,
        unclean_shutdown_replicas: &[],
    };
    let after = builder.build(is_alive)?.after;
    Some(PartitionRegistration {
        replicas: after.replicas,
        isr: after.isr,
        leader: after.leader,
        leader_epoch: after.leader_epoch,
        partition_epoch: after.partition_epoch,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::common::LeaderEpoch;

    fn brokers(ids: &[i32]) -> Vec<BrokerId> {
        ids.iter().copied().map(BrokerId).collect()
    }

    /// Replicas 1 2 3, leader epoch 5, partition epoch 9; then leader, ISR and epochs after the change.
    #[track_caller]
    fn check(
        leader: Option<i32>,
        isr: &[i32],
        target: &[i32],
        alive: &[i32],
        then: Option<(Option<i32>, &[i32], i32)>,
    ) {
        let before = PartitionRegistration {
            replicas: brokers(&[1, 2, 3]).into(),
            isr: brokers(isr).into(),
            leader: leader.map(BrokerId),
            leader_epoch: LeaderEpoch(5),
            partition_epoch: 9,
        };
        let after = change_partition(&before, &brokers(target), |broker| alive.contains(&broker.0));
        let expected = then.map(|(leader, isr, leader_epoch)| PartitionRegistration {
            isr: brokers(isr).into(),
            leader: leader.map(BrokerId),
            leader_epoch: LeaderEpoch(leader_epoch),
            partition_epoch: 10,
            ..before.clone()
        });
        assert_eq!(after, expected);
    }

    #[test]
    fn the_table() {
        // A follower leaves: the leader and its epoch stay.
        check(Some(1), &[1, 2, 3], &[1, 2], &[1, 2], Some((Some(1), &[1, 2], 5)));
        // The leader dies: the first valid one in assignment order, whatever the ISR's order.
        check(Some(1), &[1, 3, 2], &[3, 2], &[2, 3], Some((Some(2), &[3, 2], 6)));
        // The first replica is alive but not in the ISR.
        check(Some(2), &[2, 3], &[3], &[1, 3], Some((Some(3), &[3], 6)));
        // The last member dies: nobody leads, and it stays in the ISR.
        check(Some(1), &[1], &[], &[2, 3], Some((None, &[1], 6)));
        // It returns.
        check(None, &[1], &[1], &[1, 2, 3], Some((Some(1), &[1], 6)));
        // Others return before it: nothing.
        check(None, &[1], &[1], &[2, 3], None);
        // Nothing asked, nothing changed.
        check(Some(1), &[1, 2], &[1, 2], &[1, 2, 3], None);
        // A mere reordering is a change.
        check(Some(1), &[1, 2], &[2, 1], &[1, 2, 3], Some((Some(1), &[2, 1], 5)));
    }
}
