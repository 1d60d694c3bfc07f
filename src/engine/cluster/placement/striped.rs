//! KRaft's placement of a new topic's replicas (`StripedReplicaPlacer`).
//!
//! The rule it keeps: leaders go round racks and live brokers, so that each leads about equally often; the other replicas are of other
//! racks first; a fenced broker never leads, and holds a replica only when its rack has no live one left. After as many partitions
//! as there are live brokers everything is shuffled, so that the same brokers do not always stand together.
//!
//! Simplified: racks draw their start in the order of their names; Kafka takes that order from a hash table. With one rack, or
//! none, the placement is Kafka's for the same source of chance.

use super::random::RandomSource;
use crate::engine::common::BrokerId;
use std::collections::BTreeMap;
use std::fmt;

/// A registered broker, as placement sees it (`UsableBroker`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsableBroker {
    /// Its id.
    pub id: BrokerId,
    /// `broker.rack`; brokers without one are a rack together.
    pub rack: Option<String>,
    /// Not alive: it may hold replicas but not lead.
    pub is_fenced: bool,
}

/// Why a topic can not be placed: INVALID_REPLICATION_FACTOR on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlacementError {
    /// The replication factor is 0.
    NotPositive,
    /// No broker is alive.
    AllFenced,
    /// There are not so many brokers.
    TooFewBrokers {
        /// How many replicas were asked for.
        replication_factor: usize,
        /// How many brokers there are.
        registered: usize,
    },
}

impl PlacementError {
    pub(super) fn check(replication_factor: usize, unfenced: usize, registered: usize) -> Result<(), Self> {
        if replication_factor == 0 {
            Err(Self::NotPositive)
        } else if unfenced == 0 && registered > 0 {
            Err(Self::AllFenced)
        } else if replication_factor > registered {
            Err(Self::TooFewBrokers { replication_factor, registered })
        } else {
            Ok(())
        }
    }
}

impl fmt::Display for PlacementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPositive => f.write_str("the replication factor must be 1 or more"),
            Self::AllFenced => f.write_str("all brokers are fenced"),
            Self::TooFewBrokers { replication_factor, registered } => write!(
                f,
                "a replication factor of {replication_factor} can not be reached with {registered} registered brokers"
            ),
        }
    }
}

impl std::error::Error for PlacementError {}

/// The replicas of `partitions` new partitions, the preferred leader first.
///
/// # Errors
/// The replication factor is 0 or more than there are brokers, or every broker is fenced.
pub fn place(
    brokers: &[UsableBroker],
    partitions: usize,
    replication_factor: usize,
    random: &mut impl RandomSource,
) -> Result<Vec<Vec<BrokerId>>, PlacementError> {
    let unfenced = brokers.iter().filter(|broker| !broker.is_fenced).count();
    PlacementError::check(replication_factor, unfenced, brokers.len())?;
    let mut racks = RackList::new(brokers, random);
    Ok((0..partitions).map(|_| racks.place(replication_factor, random)).collect())
}

/// Brokers of one rack and kind, from which each iteration takes one after the other.
#[derive(Debug, Default)]
struct BrokerList {
    brokers: Vec<BrokerId>,
    /// The iteration in which it was asked last.
    epoch: usize,
    /// How many it has given in that iteration.
    given: usize,
    /// Where the iteration began.
    start: usize,
}

impl BrokerList {
    fn initialize(&mut self, random: &mut impl RandomSource) {
        if !self.brokers.is_empty() {
            self.brokers.sort_unstable();
            self.start = random.next_index(self.brokers.len());
        }
    }

    /// The next broker of this iteration; none once each was given. A new iteration begins one broker further on.
    fn next(&mut self, epoch: usize) -> Option<BrokerId> {
        let count = self.brokers.len();
        if count > 0 && self.epoch != epoch {
            self.epoch = epoch;
            self.given = 0;
            self.start = (self.start + 1) % count;
        }
        if self.given >= count {
            return None;
        }
        let broker = self.brokers[(self.start + self.given) % count];
        self.given += 1;
        Some(broker)
    }
}

#[derive(Debug, Default)]
struct Rack {
    fenced: BrokerList,
    unfenced: BrokerList,
}

impl Rack {
    fn next(&mut self, epoch: usize) -> Option<BrokerId> {
        self.unfenced.next(epoch).or_else(|| self.fenced.next(epoch))
    }
}

#[derive(Debug)]
struct RackList {
    racks: Vec<Rack>,
    /// Numbers of the racks, in the order in which partitions go round them.
    order: Vec<usize>,
    /// Where in that order the next partition begins.
    start: usize,
    unfenced: usize,
    epoch: usize,
}

impl RackList {
    fn new(brokers: &[UsableBroker], random: &mut impl RandomSource) -> Self {
        let mut by_name: BTreeMap<Option<&str>, Rack> = BTreeMap::new();
        for broker in brokers {
            let rack = by_name.entry(broker.rack.as_deref()).or_default();
            let list = if broker.is_fenced { &mut rack.fenced } else { &mut rack.unfenced };
            list.brokers.push(broker.id);
        }
        let mut racks: Vec<Rack> = by_name.into_values().collect();
        for rack in &mut racks {
            rack.fenced.initialize(random);
            rack.unfenced.initialize(random);
        }
        let unfenced = racks.iter().map(|rack| rack.unfenced.brokers.len()).sum();
        let start = random.next_index(racks.len());
        Self { order: (0..racks.len()).collect(), racks, start, unfenced, epoch: 0 }
    }

    /// The replicas of the next partition.
    fn place(&mut self, replication_factor: usize, random: &mut impl RandomSource) -> Vec<BrokerId> {
        // With a single live broker an iteration never begins anew: nothing would be left in it.
        if self.epoch == self.unfenced && self.unfenced > 1 {
            self.shuffle(random);
            self.epoch = 0;
        }
        if self.start == self.order.len() {
            self.start = 0;
        }
        let (leader, leaders_rack) = self.leader();
        let mut replicas = vec![leader];
        let mut passed_over = Some(leaders_rack);
        let mut at = self.start;
        while replicas.len() < replication_factor {
            // The leader's rack has given one: it is left out once.
            if passed_over == Some(at) {
                passed_over = None;
            } else if let Some(broker) = self.racks[self.order[at]].next(self.epoch) {
                replicas.push(broker);
            }
            at = (at + 1) % self.order.len();
        }
        self.epoch += 1;
        self.start += 1;
        replicas
    }

    /// The next live broker, of the rack whose turn it is or the first one after it that has one, and that rack's place.
    fn leader(&mut self) -> (BrokerId, usize) {
        let places = (self.start..self.order.len()).chain(0..self.start);
        let mut found = places.filter_map(|at| Some((self.racks[self.order[at]].unfenced.next(self.epoch)?, at)));
        found.next().expect("an iteration has as many leaders as there are live brokers")
    }

    fn shuffle(&mut self, random: &mut impl RandomSource) {
        random.shuffle(&mut self.order);
        for rack in &mut self.racks {
            random.shuffle(&mut rack.fenced.brokers);
            random.shuffle(&mut rack.unfenced.brokers);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::random::tests::MockRandom;
    use super::*;
    use crate::engine::common::Prng;

    fn broker(id: i32, rack: Option<&str>, is_fenced: bool) -> UsableBroker {
        UsableBroker { id: BrokerId(id), rack: rack.map(str::to_string), is_fenced }
    }

    fn ids(placements: Vec<Vec<BrokerId>>) -> Vec<Vec<i32>> {
        placements.into_iter().map(|replicas| replicas.into_iter().map(|broker| broker.0).collect()).collect()
    }

    #[test]
    fn five_partitions_on_four_brokers_lie_as_in_kafkas_test() {
        let brokers: Vec<_> = (0..4).map(|id| broker(id, None, false)).collect();
        let placed = ids(place(&brokers, 5, 3, &mut MockRandom::new()).unwrap());
        assert_eq!(placed, [[2, 3, 0], [3, 0, 1], [0, 1, 2], [1, 2, 3], [1, 0, 2]]);
    }

    #[test]
    fn a_fenced_broker_never_leads_as_in_kafkas_test() {
        let mut brokers: Vec<_> = [3, 0, 4, 2].map(|id| broker(id, None, false)).to_vec();
        brokers.insert(1, broker(1, None, true));
        let placed = ids(place(&brokers, 5, 4, &mut MockRandom::new()).unwrap());
        assert_eq!(placed, [[3, 4, 0, 2], [4, 0, 2, 3], [0, 2, 3, 4], [2, 3, 4, 0], [0, 4, 3, 2]]);
    }

    #[test]
    fn what_can_not_be_placed_says_why() {
        let error = |brokers: &[UsableBroker], replicas| place(brokers, 1, replicas, &mut MockRandom::new()).err();
        let one = [broker(1, None, false)];
        assert_eq!(error(&one, 0), Some(PlacementError::NotPositive));
        assert_eq!(error(&one, 2), Some(PlacementError::TooFewBrokers { replication_factor: 2, registered: 1 }));
        assert_eq!(error(&[broker(1, None, true)], 1), Some(PlacementError::AllFenced));
        assert_eq!(error(&[], 1), Some(PlacementError::TooFewBrokers { replication_factor: 1, registered: 0 }));
    }

    /// Any cluster: replicas are different brokers, a live one leads, and as long as racks have live brokers and are no more than
    /// replicas, every rack has one.
    #[test]
    fn any_cluster_is_placed_by_the_rules() {
        for seed in 0..3_000 {
            let mut random = Prng::stream(seed, "placement");
            let (count, racks) = (random.between(1, 9), random.between(1, 4));
            let mut brokers: Vec<UsableBroker> = (0..count)
                .map(|id| {
                    let rack = format!("r{}", random.below(racks));
                    broker(id as i32, Some(&rack), random.chance(250))
                })
                .collect();
            brokers[0].is_fenced = false;
            let replication_factor = random.between(1, count) as usize;
            let placed = place(&brokers, 30, replication_factor, &mut random).unwrap();
            for replicas in &placed {
                let mut distinct = replicas.clone();
                distinct.sort_unstable();
                distinct.dedup();
                assert_eq!(distinct.len(), replication_factor, "seed {seed}: {replicas:?} of {brokers:?}");
                let leader = brokers.iter().find(|broker| broker.id == replicas[0]).unwrap();
                assert!(!leader.is_fenced, "seed {seed}: {replicas:?} of {brokers:?}");
            }
        }
    }
}
