//! Where the tools of the ZooKeeper era put replicas (`AdminUtils.assignReplicasToBrokersRackUnaware`).
//!
//! The rule it keeps: leaders go round, and the followers of one leader start one broker further each time round, so that a dead
//! broker's load falls on all the others. It knows no racks and does not ask who is alive.

use super::striped::PlacementError;
use crate::engine::common::BrokerId;

/// The replicas of partitions `first..first + count`, the leader first, over `brokers` in the order given. Kafka draws `start_index`
/// (which broker leads partition 0) and `shift` (how far behind it the first follower is) below the number of brokers.
///
/// # Errors
/// The replication factor is 0 or more than there are brokers.
pub fn place(
    brokers: &[BrokerId],
    first: usize,
    count: usize,
    replication_factor: usize,
    start_index: usize,
    shift: usize,
) -> Result<Vec<Vec<BrokerId>>, PlacementError> {
    PlacementError::check(replication_factor, brokers.len(), brokers.len())?;
    let mut shift = shift;
    let mut placements = Vec::new();
    for partition in first..first + count {
        if partition > 0 && partition % brokers.len() == 0 {
            shift += 1;
        }
        let leader = (partition + start_index) % brokers.len();
        // Never the leader: 1 to all but one brokers further on.
        let follower = |number: usize| (leader + 1 + (shift + number) % (brokers.len() - 1)) % brokers.len();
        let places = std::iter::once(leader).chain((0..replication_factor - 1).map(follower));
        placements.push(places.map(|place| brokers[place]).collect());
    }
    Ok(placements)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(brokers: &[i32], count: usize, replication_factor: usize) -> Result<Vec<Vec<i32>>, PlacementError> {
        let brokers: Vec<BrokerId> = brokers.iter().copied().map(BrokerId).collect();
        let placements = place(&brokers, 0, count, replication_factor, 0, 0)?;
        Ok(placements.into_iter().map(|replicas| replicas.into_iter().map(|broker| broker.0).collect()).collect())
    }

    #[test]
    fn ten_partitions_on_five_brokers_lie_as_in_kafka() {
        let expected = [
            [0, 1, 2],
            [1, 2, 3],
            [2, 3, 4],
            [3, 4, 0],
            [4, 0, 1],
            [0, 2, 3],
            [1, 3, 4],
            [2, 4, 0],
            [3, 0, 1],
            [4, 1, 2],
        ];
        assert_eq!(ids(&[0, 1, 2, 3, 4], 10, 3).unwrap(), expected);
    }

    #[test]
    fn one_broker_is_enough_for_one_replica() {
        assert_eq!(ids(&[7], 3, 1).unwrap(), [[7], [7], [7]]);
        assert_eq!(ids(&[7], 1, 2), Err(PlacementError::TooFewBrokers { replication_factor: 2, registered: 1 }));
        assert_eq!(ids(&[7], 1, 0), Err(PlacementError::NotPositive));
    }
}
