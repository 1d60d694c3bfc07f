//! The watch as a whole: events that no sound engine reports, and runs that keep every rule.
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use super::*;
use crate::engine::sim::{Scenario, Simulation, generate};
use std::sync::Arc;

const P0: TopicPartition =
    TopicPartition { topic: crate::engine::common::TopicId(0), partition: crate::engine::common::PartitionId(0) };

/// Two brokers, one partition of two replicas, led by broker 1, at rest.
fn cluster() -> Simulation {
    let text = r#"{"version": 1, "seed": 1, "endUs": 100000, "brokers": {"count": 2},
        "topics": [{"name": "t", "partitions": 1, "replicationFactor": 2}], "producers": [{"name": "p"}]}"#;
    let scenario = Scenario::from_json(text).unwrap();
    let mut simulation = Simulation::new(Arc::new(scenario));
    simulation.advance_to(VirtualTime::from_ms(100));
    simulation
}

/// The rules that these events of a broker break.
#[track_caller]
fn check(broker: i32, events: &[BrokerEvent], broken: &[&str]) {
    let simulation = cluster();
    let mut watch = Invariants::of(simulation.state());
    for event in events {
        let kind = EventKind::Broker { broker: BrokerId(broker), event: event.clone() };
        watch.heard(simulation.state(), &Event { at: VirtualTime::ZERO, kind });
    }
    let names: Vec<&str> = watch.violations().iter().map(|found| found.invariant.name).collect();
    assert_eq!(names, broken);
}

fn appended(base: i64, epoch: i32) -> BrokerEvent {
    use crate::engine::cluster::protocol::{ConnectionId, CorrelationId};
    BrokerEvent::Appended {
        partition: P0,
        leader_epoch: LeaderEpoch(epoch),
        base_offset: Offset(base),
        last_offset: Offset(base),
        size_in_bytes: 70,
        connection: ConnectionId(1),
        correlation: CorrelationId(1),
    }
}

#[test]
fn events_that_no_sound_broker_reports_are_seen() {
    let led = |broker: i32| BrokerEvent::BecameLeader {
        partition: P0,
        leader_epoch: LeaderEpoch(0),
        start_offset: Offset(0),
        isr: vec![BrokerId(broker)],
    };
    let up = |from, to| BrokerEvent::HighWatermarkAdvanced { partition: P0, from: Offset(from), to: Offset(to) };
    let down = |from, to| BrokerEvent::HighWatermarkLowered { partition: P0, from: Offset(from), to: Offset(to) };
    let reason = crate::engine::cluster::event::TruncationReason::NoEpochs;
    let cut = |from, to| BrokerEvent::Truncated { partition: P0, from: Offset(from), to: Offset(to), reason };
    check(1, &[appended(0, 0), up(0, 1)], &[]);
    check(1, &[appended(0, 0), up(0, 1), down(1, 0)], &["MonotonicHighWatermark"]);
    check(1, &[up(1, 2)], &["MonotonicHighWatermark"]);
    check(2, &[led(2)], &["SingleLeaderPerEpoch"]);
    check(1, &[appended(1, 0)], &["DenseOffsets"]);
    check(1, &[cut(0, 0)], &["DenseOffsets"]);
    check(1, &[appended(0, 1)], &["LeaderWritesItsEpoch"]);
    check(2, &[appended(0, 0)], &["LeaderWritesItsEpoch"]);
    check(1, &[BrokerEvent::Crashed, appended(0, 0)], &["LeaderWritesItsEpoch"]);
    check(2, &[down(1, 0)], &[]);
}

#[test]
fn a_log_that_differs_from_what_its_events_say_is_seen() {
    let simulation = cluster();
    let mut watch = Invariants::of(simulation.state());
    let kind = EventKind::Broker { broker: BrokerId(1), event: appended(0, 0) };
    watch.heard(simulation.state(), &Event { at: VirtualTime::ZERO, kind });
    watch.settle(simulation.state());
    assert_eq!(watch.violations()[0].invariant, logs::DENSE_OFFSETS, "the log itself is empty");
    let standing = watch.standing().filter(|(_, broken)| broken.is_some()).count();
    assert_eq!(standing, 1);
}

#[test]
fn names_are_unique_and_sentences_are_sentences() {
    for (at, rule) in INVARIANTS.iter().enumerate() {
        assert!(rule.holds.ends_with('.'), "{}", rule.name);
        assert!(INVARIANTS[..at].iter().all(|other| other.name != rule.name), "{}", rule.name);
    }
}

#[test]
fn generated_runs_keep_every_rule() {
    for seed in 0..60 {
        let scenario = Arc::new(generate::scenario(seed));
        let mut simulation = Simulation::new(Arc::clone(&scenario));
        simulation.watch();
        simulation.advance_to(scenario.end);
        let watch = simulation.state().invariants().unwrap();
        assert!(watch.violations().is_empty(), "seed {seed}: {:#?}", watch.violations());
    }
}
