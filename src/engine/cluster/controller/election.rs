//! Who leads when something changes: of `PartitionChangeBuilder`, the clean online election without ELR.
//!
//! The rule it keeps: only a member of the ISR that is alive may lead, and an ISR is never written empty. So while the last
//! member is down the partition is offline and waits for it. Unclean and preferred election and ELR are elsewhere, later.

use crate::engine::cluster::protocol::PartitionRegistration;
use crate::engine::common::{BrokerId, LeaderEpoch};
use std::sync::Arc;

/// The partition after its ISR is to be `target_isr` (in the order given) and the brokers for which `is_alive` holds may
/// lead; nothing if that changes nothing.
///
/// Leader, with "valid" = alive and in the target ISR:
///
/// | present leader valid | some replica valid | leader |
/// |----------------------|--------------------|--------|
/// | yes                  | (yes)              | the present one |
/// | no                   | yes                | the first valid in assignment order |
/// | no                   | no                 | none   |
///
/// An empty target ISR elects nobody and is not written: the present ISR stays. The leader epoch rises if the leader
/// changes, the partition epoch if anything does.
pub(super) fn change_partition(
    partition: &PartitionRegistration,
    target_isr: &[BrokerId],
    is_alive: impl Fn(BrokerId) -> bool,
) -> Option<PartitionRegistration> {
    let is_valid = |broker: &BrokerId| is_alive(*broker) && target_isr.contains(broker);
    let leader = partition.leader.filter(is_valid).or_else(|| partition.replicas.iter().copied().find(is_valid));
    let isr: Arc<[BrokerId]> = if target_isr.is_empty() { partition.isr.clone() } else { target_isr.into() };
    let epoch_step = i32::from(leader != partition.leader);
    let changed = PartitionRegistration {
        replicas: partition.replicas.clone(),
        isr,
        leader,
        leader_epoch: LeaderEpoch(partition.leader_epoch.0 + epoch_step),
        partition_epoch: partition.partition_epoch + 1,
    };
    (changed.leader != partition.leader || changed.isr != partition.isr).then_some(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

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
