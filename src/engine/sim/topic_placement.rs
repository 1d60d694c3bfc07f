//! Which brokers hold a topic's partitions, as its scenario asks for it: the ring, KRaft's placement, or brokers named one by one.

use super::scenario::{Placement, TopicSpec};
use crate::engine::cluster::placement::striped::{self, PlacementError, UsableBroker};
use crate::engine::cluster::protocol::MetadataImage;
use crate::engine::cluster::ring_placement;
use crate::engine::common::{BrokerId, Prng};

/// Brokers that run, without racks.
pub(super) fn all_alive(ids: &[BrokerId]) -> Vec<UsableBroker> {
    ids.iter().map(|id| UsableBroker { id: *id, rack: None, is_fenced: false }).collect()
}

/// The brokers as the controller has them.
pub(super) fn usable_brokers(image: &MetadataImage) -> Vec<UsableBroker> {
    let usable = image.brokers.iter();
    usable.map(|(id, known)| UsableBroker { id: *id, rack: None, is_fenced: known.is_fenced }).collect()
}

/// The replicas of partitions `existing..existing + more` of a topic, the preferred leader first. What is added to a topic whose
/// partitions were assigned by hand is placed as KRaft does.
///
/// # Errors
/// KRaft's placement finds too few brokers, or none that is alive.
pub(super) fn place(
    topic: &TopicSpec,
    (existing, more): (u32, u32),
    brokers: &[UsableBroker],
    chance: &mut Prng,
) -> Result<Vec<Vec<BrokerId>>, PlacementError> {
    match &topic.placement {
        Placement::Ring => {
            let count = u32::try_from(brokers.len()).expect("brokers are few");
            Ok(ring_placement(count, existing, more, topic.replication_factor))
        }
        Placement::Assigned(assignments) if existing == 0 => Ok(assignments.clone()),
        Placement::Striped | Placement::Assigned(_) => {
            striped::place(brokers, more as usize, topic.replication_factor as usize, chance)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::config::TopicConfig;

    fn topic(placement: Placement) -> TopicSpec {
        let config = TopicConfig::default();
        TopicSpec { name: "t".to_string(), partitions: 3, replication_factor: 2, placement, config }
    }

    #[track_caller]
    fn placed(placement: Placement, existing: u32, more: u32, seed: u64) -> Vec<Vec<i32>> {
        let brokers = all_alive(&[1, 2, 3].map(BrokerId));
        let mut chance = Prng::stream(seed, "placement");
        let placed =
            place(&topic(placement), (existing, more), &brokers, &mut chance).expect("three brokers are enough");
        placed.into_iter().map(|replicas| replicas.into_iter().map(|id| id.0).collect()).collect()
    }

    #[test]
    fn a_scenario_has_the_ring_its_own_assignments_or_what_chance_of_its_seed_gives() {
        assert_eq!(placed(Placement::Ring, 0, 3, 7), [[1, 2], [2, 3], [3, 1]]);
        let assigned = Placement::Assigned([[3, 1], [3, 2], [1, 2]].map(|ids| ids.map(BrokerId).to_vec()).to_vec());
        assert_eq!(placed(assigned.clone(), 0, 3, 7), [[3, 1], [3, 2], [1, 2]]);
        assert_eq!(placed(assigned, 3, 2, 7), placed(Placement::Striped, 3, 2, 7));
        let striped: Vec<_> = (0..20).map(|seed| placed(Placement::Striped, 0, 3, seed)).collect();
        assert!(striped.iter().any(|placed| *placed != striped[0]), "it depends on the seed");
        assert!(striped.iter().flatten().all(|replicas| replicas[0] != replicas[1]));
        assert_eq!(placed(Placement::Striped, 0, 3, 7), striped[7]);
    }
}
