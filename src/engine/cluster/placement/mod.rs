//! Which brokers hold a new partition (KAFKA 6.7).
//!
//! [`ring_placement`] is what a scenario's topics get if it says nothing: simplified, the same every time. [`striped::place`] is KRaft's,
//! with racks, fenced brokers and chance, for scenarios that ask for it; [`rack_unaware::place`] is what ZooKeeper-era tools did, for the contrast.

pub mod rack_unaware;
pub mod random;
pub mod striped;

use crate::engine::common::BrokerId;

/// The replicas of partitions `first..first + count` over brokers 1 to `brokers`: partition p is led by broker
/// (p mod brokers) + 1 and followed by the next ones in the ring.
///
/// # Panics
/// If the replication factor is 0 or more than there are brokers; a scenario with such a topic is refused before.
#[must_use]
pub fn ring_placement(brokers: u32, first: u32, count: u32, replication_factor: u32) -> Vec<Vec<BrokerId>> {
    assert!((1..=brokers).contains(&replication_factor), "a scenario's replication factor fits its brokers");
    let broker_at = |place: u32| BrokerId(i32::try_from(place % brokers).expect("brokers are few") + 1);
    (first..first + count).map(|p| (0..replication_factor).map(|replica| broker_at(p + replica)).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaders_go_round_and_followers_come_next() {
        let ids = |list: Vec<Vec<BrokerId>>| {
            list.iter().map(|r| r.iter().map(|b| b.0).collect::<Vec<_>>()).collect::<Vec<_>>()
        };
        assert_eq!(ids(ring_placement(3, 0, 4, 3)), [[1, 2, 3], [2, 3, 1], [3, 1, 2], [1, 2, 3]]);
        assert_eq!(ids(ring_placement(5, 4, 2, 2)), [[5, 1], [1, 2]]);
        assert_eq!(ids(ring_placement(1, 0, 2, 1)), [[1], [1]]);
    }
}
