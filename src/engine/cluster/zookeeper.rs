//! The control plane before KRaft, as a contrast: the controller's znode, sessions, and what a takeover costs (`KafkaController.scala`).
//!
//! Any broker may be the controller: whoever creates the ephemeral znode `/controller` first, and with it raises `/controller_epoch`. The
//! znode goes when its owner's session runs out, and everyone who watches it tries anew. The new controller knows nothing: it reads every
//! partition's state, one znode each, and tells every broker about every partition. So a takeover takes time in proportion to the
//! partitions, where KRaft's next leader has replayed the log already.
//!
//! This is a model beside the simulation, not a mode of it: [`ZooKeeper`] keeps the rules of sessions and znodes, and
//! [`zookeeper_takeover`] and [`kraft_takeover`] add up what each step costs by the stated constants. They leave out
//! queues, garbage collection and retries, and so give the least that a takeover takes.

use crate::engine::common::{BrokerId, VirtualTime};
use crate::engine::config::ControllerConfig;
use std::collections::BTreeMap;

/// `zookeeper.session.timeout.ms`: 18 s (`ZkConfigs`).
pub const SESSION_TIMEOUT: VirtualTime = VirtualTime(18_000_000);

/// What the ensemble keeps of the controllers: sessions, `/controller` and `/controller_epoch`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ZooKeeper {
    /// When each session was last heard of.
    sessions: BTreeMap<BrokerId, VirtualTime>,
    controller: Option<BrokerId>,
    controller_epoch: i32,
}

/// What came of trying to create `/controller`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControllerElection {
    /// The broker is the controller, in this epoch.
    Won {
        /// `/controller_epoch` after it.
        epoch: i32,
    },
    /// NodeExists: another one is.
    Lost {
        /// Which.
        controller: BrokerId,
    },
    /// SessionExpired: the broker has to make a new session first.
    NoSession,
}

impl ZooKeeper {
    /// A broker makes a session, or pings in the one that it has.
    pub fn heard_from(&mut self, now: VirtualTime, broker: BrokerId) {
        self.sessions.insert(broker, now);
    }

    /// Ends the sessions that have been silent for the timeout, and with them what they own. Returns whose they were.
    pub fn expire(&mut self, now: VirtualTime) -> Vec<BrokerId> {
        let is_over = |heard: &VirtualTime| now >= *heard + SESSION_TIMEOUT;
        let over: Vec<BrokerId> =
            self.sessions.iter().filter(|(_, heard)| is_over(heard)).map(|(broker, _)| *broker).collect();
        for broker in &over {
            self.sessions.remove(broker);
            if self.controller == Some(*broker) {
                self.controller = None;
            }
        }
        over
    }

    /// When the next session ends, if nothing more is heard; none if there is none.
    #[must_use]
    pub fn next_expiry(&self) -> Option<VirtualTime> {
        self.sessions.values().min().map(|heard| *heard + SESSION_TIMEOUT)
    }

    /// A broker tries to become the controller.
    pub fn try_to_create_controller(&mut self, broker: BrokerId) -> ControllerElection {
        match self.controller {
            _ if !self.sessions.contains_key(&broker) => ControllerElection::NoSession,
            Some(controller) => ControllerElection::Lost { controller },
            None => {
                self.controller = Some(broker);
                self.controller_epoch += 1;
                ControllerElection::Won { epoch: self.controller_epoch }
            }
        }
    }

    /// Who owns `/controller`.
    #[must_use]
    pub fn controller(&self) -> Option<BrokerId> {
        self.controller
    }
}

/// A request and its answer inside one data centre. This and what follows are assumptions of the model, not of Kafka, where nothing else is
/// said.
pub const ROUND_TRIP: VirtualTime = VirtualTime(1_000);
/// Making a write durable: one fsync.
pub const FSYNC: VirtualTime = VirtualTime(2_000);
/// Requests of one client that ZooKeeper works on at once (`zookeeper.max.in.flight.requests`: 10).
pub const ZNODE_REQUESTS_IN_FLIGHT: u64 = 10;
/// Bytes that one partition takes in UpdateMetadata: its leader, ISR, replicas and epochs.
pub const PARTITION_BYTES: u64 = 80;
/// Bytes a second that the controller can send, to all brokers together.
pub const BANDWIDTH: u64 = 125_000_000;
/// Partitions of a topic: a topic's assignment is one znode.
pub const PARTITIONS_PER_TOPIC: u64 = 10;

/// One step of a takeover, and how long it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakeoverStep {
    /// What is done.
    pub name: &'static str,
    /// For how long.
    pub takes: VirtualTime,
}

/// How long it is from the controller's death to the next one's first decision.
#[must_use]
pub fn takeover_time(steps: &[TakeoverStep]) -> VirtualTime {
    steps.iter().fold(VirtualTime::ZERO, |sum, step| sum + step.takes)
}

/// A takeover with ZooKeeper, in a cluster of so many brokers and partitions.
#[must_use]
pub fn zookeeper_takeover(brokers: u64, partitions: u64) -> Vec<TakeoverStep> {
    let topics = partitions.div_ceil(PARTITIONS_PER_TOPIC);
    let reads = |znodes: u64| VirtualTime(ROUND_TRIP.0 * znodes.div_ceil(ZNODE_REQUESTS_IN_FLIGHT));
    let fan_out_bytes = brokers * partitions * PARTITION_BYTES;
    vec![
        TakeoverStep { name: "the session of the dead controller runs out", takes: SESSION_TIMEOUT },
        // Read /controller_epoch, then create /controller and raise the epoch in one transaction.
        TakeoverStep { name: "create /controller", takes: VirtualTime(2 * ROUND_TRIP.0 + FSYNC.0) },
        TakeoverStep { name: "read brokers and topics", takes: reads(brokers) + reads(topics) },
        TakeoverStep { name: "read every partition's state", takes: reads(partitions) },
        TakeoverStep {
            name: "send UpdateMetadata to every broker",
            takes: ROUND_TRIP + VirtualTime(fan_out_bytes * 1_000_000 / BANDWIDTH),
        },
    ]
}

/// A takeover with KRaft: the followers' longest wait, an election that nobody disputes, and the first record of the new epoch. What the
/// partitions are the next leader knows already, however many there are.
#[must_use]
pub fn kraft_takeover(config: &ControllerConfig) -> Vec<TakeoverStep> {
    let write_and_copy = VirtualTime(2 * FSYNC.0 + ROUND_TRIP.0);
    vec![
        TakeoverStep {
            name: "a follower's fetch timeout runs out",
            takes: VirtualTime::from_ms(config.fetch_timeout_ms),
        },
        TakeoverStep { name: "pre-vote", takes: ROUND_TRIP },
        TakeoverStep { name: "vote", takes: ROUND_TRIP + FSYNC },
        TakeoverStep {
            name: "make itself known, commit a record of the new epoch",
            takes: ROUND_TRIP + write_and_copy,
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: BrokerId = BrokerId(1);
    const B: BrokerId = BrokerId(2);

    #[test]
    fn the_first_to_create_the_znode_is_the_controller_until_its_session_runs_out() {
        let mut zookeeper = ZooKeeper::default();
        assert_eq!(zookeeper.try_to_create_controller(A), ControllerElection::NoSession);
        zookeeper.heard_from(VirtualTime::ZERO, A);
        zookeeper.heard_from(VirtualTime::ZERO, B);
        assert_eq!(zookeeper.try_to_create_controller(A), ControllerElection::Won { epoch: 1 });
        assert_eq!(zookeeper.try_to_create_controller(B), ControllerElection::Lost { controller: A });
        // A dies; B goes on pinging.
        zookeeper.heard_from(VirtualTime::from_ms(17_000), B);
        assert_eq!(zookeeper.expire(VirtualTime::from_ms(17_999)), []);
        assert_eq!(zookeeper.controller(), Some(A), "dead, and nobody knows");
        assert_eq!(zookeeper.expire(VirtualTime::from_ms(18_000)), [A]);
        assert_eq!(zookeeper.try_to_create_controller(B), ControllerElection::Won { epoch: 2 });
    }

    /// Whole milliseconds that a takeover takes beyond noticing the death, for three brokers.
    fn beyond_noticing(partitions: u64) -> (i64, i64) {
        let after = |steps: &[TakeoverStep]| takeover_time(&steps[1..]).as_ms();
        let zookeeper = zookeeper_takeover(3, partitions);
        (after(&zookeeper), after(&kraft_takeover(&ControllerConfig::default())))
    }

    #[test]
    fn with_zookeeper_it_grows_with_the_partitions_and_with_kraft_it_does_not() {
        // By hand for 1,000,000: 4 + (1 + 10,000) reads of brokers and topics + 100,000 of partitions + 1 + 1,920 ms of UpdateMetadata.
        for (partitions, zookeeper, kraft) in [
            (10, 8, 10),
            (100, 17, 10),
            (1_000, 117, 10),
            (10_000, 1_125, 10),
            (100_000, 11_198, 10),
            (1_000_000, 111_926, 10),
        ] {
            assert_eq!(beyond_noticing(partitions), (zookeeper, kraft), "{partitions} partitions");
        }
    }

    #[test]
    fn noticing_takes_a_session_with_zookeeper_and_a_fetch_timeout_with_kraft() {
        let zookeeper = takeover_time(&zookeeper_takeover(3, 10));
        let kraft = takeover_time(&kraft_takeover(&ControllerConfig::default()));
        assert_eq!((zookeeper.as_ms(), kraft.as_ms()), (18_008, 2_010));
    }
}
