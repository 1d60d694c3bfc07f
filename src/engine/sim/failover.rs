//! How long the cluster is without a controller after one has died, in virtual time, against the number of partitions: both control planes.
//!
//! KRaft is the simulation itself: a quorum of three and its brokers at rest, of which the active controller is killed at a drawn moment, up
//! to the first event in which another one is active. The next leader has replayed the log before, so no step of it counts partitions;
//! the cluster has as many as a scenario may have, and no more. ZooKeeper is the model of [`crate::engine::cluster::zookeeper`], with
//! sessions that are pinged in a third of their time.

use super::command::Command;
use super::event::EventKind;
use super::scenario::Scenario;
use super::simulation::Simulation;
use crate::engine::cluster::QuorumEvent;
use crate::engine::cluster::zookeeper::{
    ControllerElection, ROUND_TRIP, SESSION_TIMEOUT, ZooKeeper, takeover_time, zookeeper_takeover,
};
use crate::engine::common::{BrokerId, ControllerId, Prng, VirtualTime, limits};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The numbers of partitions that are measured.
pub const PARTITIONS: [u64; 6] = [10, 100, 1_000, 10_000, 100_000, 1_000_000];
/// How long a killed controller's cluster is watched at most.
const PATIENCE: VirtualTime = VirtualTime(60_000_000);

/// How long it took, over some crashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Spread {
    /// The shortest.
    pub least: VirtualTime,
    /// The middle one; of an even number the later of the two.
    pub median: VirtualTime,
    /// The longest.
    pub most: VirtualTime,
}

impl Spread {
    fn of(mut times: Vec<VirtualTime>) -> Option<Self> {
        times.sort_unstable();
        Some(Self { least: *times.first()?, median: times[times.len() / 2], most: *times.last()? })
    }
}

/// One number of partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FailoverRow {
    /// How many partitions the cluster has.
    pub partitions: u64,
    /// From the death to the last UpdateMetadata, with ZooKeeper.
    pub zookeeper: Spread,
    /// From the death to another active controller, with KRaft.
    pub kraft: Spread,
    /// How many partitions the simulated cluster had.
    pub simulated_partitions: u64,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failovers {
    /// Where chance begins.
    pub seed: u64,
    /// How many brokers; 2 or more, one of which is ZooKeeper's controller.
    pub brokers: u32,
    /// How many crashes for each number of partitions; 1 to [`limits::FAILOVERS_MAX`].
    pub crashes: u32,
}

/// Measures every number of partitions of [`PARTITIONS`].
///
/// # Errors
/// The sentence that says which number is out of range.
pub fn measure(what: Failovers) -> Result<Vec<FailoverRow>, String> {
    if what.brokers < 2 || what.brokers as usize > limits::BROKERS_MAX {
        return Err(format!("brokers: {} is out of range; 2 to {} is allowed", what.brokers, limits::BROKERS_MAX));
    }
    if what.crashes == 0 || what.crashes > limits::FAILOVERS_MAX {
        return Err(format!("crashes: {} is out of range; 1 to {} is allowed", what.crashes, limits::FAILOVERS_MAX));
    }
    let mut simulated: BTreeMap<u64, Spread> = BTreeMap::new();
    let mut rows = Vec::new();
    for partitions in PARTITIONS {
        let simulated_partitions = partitions.min(limits::PARTITIONS_MAX as u64);
        let kraft = match simulated.get(&simulated_partitions) {
            Some(known) => *known,
            None => kraft(what, simulated_partitions),
        };
        simulated.insert(simulated_partitions, kraft);
        rows.push(FailoverRow { partitions, zookeeper: zookeeper(what, partitions), kraft, simulated_partitions });
    }
    Ok(rows)
}

fn kraft(what: Failovers, partitions: u64) -> Spread {
    let mut chance = Prng::stream(what.seed, "failover/kraft");
    let times = (0..what.crashes).map(|n| {
        let dies_at = VirtualTime(1_000_000 + chance.below(1_000_000));
        kraft_takeover(&quorum(what.seed.wrapping_add(u64::from(n)), what.brokers, partitions), dies_at)
    });
    Spread::of(times.collect()).expect("one crash at least")
}

fn quorum(seed: u64, brokers: u32, partitions: u64) -> Arc<Scenario> {
    let replicas = brokers.min(3);
    let text = format!(
        r#"{{"version": 1, "seed": {seed}, "endUs": 0, "brokers": {{"count": {brokers}}}, "controllers": {{"count": 3}},
            "topics": [{{"name": "t", "partitions": {partitions}, "replicationFactor": {replicas}}}]}}"#
    );
    Arc::new(Scenario::from_json(&text).expect("the numbers are in range"))
}

fn kraft_takeover(scenario: &Arc<Scenario>, dies_at: VirtualTime) -> VirtualTime {
    let mut simulation = Simulation::new(Arc::clone(scenario));
    simulation.advance_to(dies_at);
    simulation.submit(Command::CrashController { controller: ControllerId(1) }).expect("it runs");
    simulation.keep_events();
    while simulation.state().now < dies_at + PATIENCE {
        let next = simulation.state().now + VirtualTime(100_000);
        simulation.advance_to(next);
        let is_it =
            |kind: &EventKind| matches!(kind, EventKind::Quorum { event: QuorumEvent::BecameActive { .. }, .. });
        if let Some(event) = simulation.take_events().iter().find(|event| is_it(&event.kind)) {
            return event.at.since(dies_at);
        }
    }
    PATIENCE
}

fn zookeeper(what: Failovers, partitions: u64) -> Spread {
    let mut chance = Prng::stream(what.seed, "failover/zookeeper");
    let steps = zookeeper_takeover(u64::from(what.brokers), partitions);
    // The first step is the session's end, which each crash has its own wait for.
    let after = takeover_time(&steps[1..]);
    let times = (0..what.crashes).map(|_| noticed_after(what.brokers, &mut chance) + ROUND_TRIP + after);
    Spread::of(times.collect()).expect("one crash at least")
}

/// How long it is from the death of ZooKeeper's controller until another broker has created `/controller`.
fn noticed_after(brokers: u32, chance: &mut Prng) -> VirtualTime {
    let ping_every = VirtualTime(SESSION_TIMEOUT.0 / 3);
    let brokers: Vec<BrokerId> = (1..=i32::try_from(brokers).expect("brokers are few")).map(BrokerId).collect();
    let (dead, heir) = (brokers[0], brokers[1]);
    let mut zookeeper = ZooKeeper::default();
    brokers.iter().for_each(|broker| zookeeper.heard_from(VirtualTime::ZERO, *broker));
    zookeeper.try_to_create_controller(dead);
    let mut pings: BTreeSet<(VirtualTime, BrokerId)> =
        brokers.iter().map(|broker| (VirtualTime(chance.below(ping_every.0)), *broker)).collect();
    let dies_at = ping_every + VirtualTime(chance.below(ping_every.0));
    loop {
        let (at, broker) = *pings.first().expect("the others go on pinging");
        if let Some(ends_at) = zookeeper.next_expiry().filter(|ends_at| *ends_at < at) {
            zookeeper.expire(ends_at);
            if let ControllerElection::Won { .. } = zookeeper.try_to_create_controller(heir) {
                return ends_at.since(dies_at);
            }
            continue;
        }
        pings.pop_first();
        if broker != dead || at < dies_at {
            zookeeper.heard_from(at, broker);
            pings.insert((at + ping_every, broker));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_zookeeper_partitions_count_and_with_kraft_they_do_not() {
        let what = Failovers { seed: 1, brokers: 3, crashes: 3 };
        let rows = measure(what).expect("in range");
        assert_eq!(rows, measure(what).expect("in range"), "the same seed, the same times");
        let ms = |of: fn(&FailoverRow) -> VirtualTime| rows.iter().map(|row| of(row).as_ms()).collect::<Vec<_>>();
        let (zookeeper, kraft) = (ms(|row| row.zookeeper.median), ms(|row| row.kraft.median));
        assert!(
            zookeeper[0] >= 12_000 && zookeeper[0] <= 18_100,
            "a session, less the time since the last ping: {zookeeper:?}"
        );
        assert!(zookeeper[5] > zookeeper[0] + 110_000, "a million znodes are read: {zookeeper:?}");
        assert!(
            kraft.iter().all(|ms| (1_500..=6_000).contains(ms)),
            "a fetch timeout and an election or two: {kraft:?}"
        );
        assert!(kraft.iter().max().unwrap_or(&0) - kraft.iter().min().unwrap_or(&0) < 1_500, "{kraft:?}");
    }

    #[test]
    fn what_can_not_be_measured_is_refused() {
        for (brokers, crashes) in [(1, 3), (10_000, 3), (3, 0)] {
            assert!(measure(Failovers { seed: 1, brokers, crashes }).is_err(), "{brokers} brokers, {crashes} crashes");
        }
    }
}
