//! Brokers come and go, topics grow and are configured: what the controller writes reaches the brokers, and no sooner.

use crate::engine::cluster::event::{BrokerEvent, ControllerEvent};
use crate::engine::cluster::ring_placement;
use crate::engine::cluster::test_driver::{Cluster, P0, broker, free_of_cost, ms};
use crate::engine::common::{Offset, PartitionId, TopicId, TopicPartition};
use crate::engine::config::{Acks, BrokerConfig, TopicConfig};
use std::sync::Arc;

#[test]
fn a_cluster_at_rest_stays_as_it_is() {
    let mut cluster = Cluster::new(3, 3, 3, TopicConfig::default());
    cluster.run_for(ms(120_000));
    assert!(cluster.controller_events.is_empty(), "{:?}", cluster.controller_events);
    assert_eq!((cluster.leader(), cluster.isr()), (Some(1), vec![1, 2, 3]));
    let led = |id| cluster.broker(id).partitions().filter(|(_, replica)| replica.is_leader()).count();
    assert_eq!([led(1), led(2), led(3)], [1, 1, 1]);
}

#[test]
fn a_crashed_broker_is_fenced_and_comes_back_as_a_follower() {
    let mut cluster = Cluster::new(3, 1, 3, TopicConfig::default());
    cluster.produce(1, 1, 1, Acks::All, 1);
    cluster.run_until(ms(5_000));
    cluster.crash(3);
    assert!(!cluster.broker(3).is_up());
    cluster.produce(1, 1, 2, Acks::One, 1);
    cluster.run_for(ms(11_000));
    cluster.restart(3);
    cluster.run_for(ms(1_000));
    assert!(cluster.broker(3).is_up() && cluster.broker(3).is_unfenced());
    assert_eq!((cluster.log_end(3), cluster.isr()), (2, vec![1, 2, 3]));
    let of_3: Vec<_> = cluster
        .controller_events
        .iter()
        .filter(|(_, event)| !matches!(event, ControllerEvent::IsrChanged { .. }))
        .map(|(_, event)| event.clone())
        .collect();
    assert!(
        matches!(
            of_3[..],
            [
                ControllerEvent::BrokerFenced { .. },
                ControllerEvent::UncleanShutdownDetected { .. },
                ControllerEvent::BrokerRegistered { .. },
                ControllerEvent::BrokerUnfenced { .. }
            ]
        ),
        "{of_3:?}"
    );
}

#[test]
fn stale_brokers_are_fenced_one_at_a_time_and_each_election_sees_the_one_before() {
    let mut cluster = Cluster::new(3, 1, 3, TopicConfig::default());
    cluster.run_until(ms(5_000));
    cluster.crash(1);
    cluster.crash(2);
    cluster.run_for(ms(11_000));
    let leaders: Vec<_> = cluster
        .controller_events
        .iter()
        .filter_map(|(_, event)| match event {
            ControllerEvent::LeaderElected { leader, .. } => Some(*leader),
            _ => None,
        })
        .collect();
    assert_eq!(leaders, [Some(broker(2)), Some(broker(3))]);
    assert_eq!(cluster.isr(), [3]);
}

#[test]
fn new_partitions_are_led_and_followed() {
    let mut cluster = Cluster::new(3, 1, 3, TopicConfig::default());
    cluster.run_for(ms(100));
    cluster.with_controller(|controller, _, out| {
        controller.add_partitions(TopicId(0), &ring_placement(3, 1, 2, 3), out);
    });
    cluster.run_for(ms(100));
    let p2 = TopicPartition::new(TopicId(0), PartitionId(2));
    assert!(cluster.broker(3).partition(p2).expect("it is there").is_leader());
    assert!(cluster.broker(1).partition(p2).is_some_and(|replica| !replica.is_leader()));
    assert_eq!(cluster.broker(2).metadata().topics[&TopicId(0)].partitions.len(), 3);
}

#[test]
fn a_topics_settings_change_in_place() {
    let mut cluster = Cluster::new(2, 1, 2, TopicConfig::default());
    cluster.run_for(ms(100));
    cluster.crash(2);
    cluster.run_for(ms(11_000));
    cluster.produce(1, 1, 1, Acks::One, 1);
    let strict = Arc::new(TopicConfig { min_insync_replicas: 2, ..TopicConfig::default() });
    cluster.with_controller(|controller, _, out| controller.alter_topic_config(TopicId(0), strict, out));
    assert_eq!(cluster.replica(1).min_isr(), 1, "not before it has arrived");
    cluster.run_for(ms(10));
    assert_eq!(cluster.replica(1).min_isr(), 2);
    assert!(cluster.replica(1).is_under_min_isr());
}

#[test]
fn brokers_settings_change_in_place() {
    let mut cluster = Cluster::new(3, 1, 3, TopicConfig::default());
    cluster.run_for(ms(100));
    let quick = Arc::new(BrokerConfig { broker_session_timeout_ms: 3_000, ..free_of_cost() });
    cluster.with_controller(|controller, now, out| controller.alter_broker_config(now, quick, out));
    cluster.run_until(ms(5_000));
    assert_eq!(cluster.broker(2).config().broker_session_timeout_ms, 3_000);
    cluster.crash(1);
    cluster.run_for(ms(3_000));
    assert_eq!(cluster.leader(), Some(2));
}

#[test]
fn retention_deletes_on_every_replica_and_a_follower_that_fell_behind_starts_again() {
    let topic = TopicConfig { segment_bytes: 200, retention_bytes: 400, ..TopicConfig::default() };
    let mut cluster = Cluster::new(3, 1, 3, topic);
    cluster.run_until(ms(1_000));
    cluster.crash(3);
    for correlation in 0..20 {
        cluster.produce(1, 1, correlation, Acks::One, 5);
        cluster.run_for(ms(10));
    }
    cluster.run_until(ms(40_000));
    let start = |cluster: &Cluster, id| cluster.replica(id).log().log_start_offset();
    assert!(start(&cluster, 1) > Offset(0), "the first check is 30 s after the start");
    assert_eq!(start(&cluster, 1), start(&cluster, 2));
    assert!(cluster.events_of(2).any(|(_, event)| matches!(event, BrokerEvent::SegmentDeleted { .. })));
    cluster.restart(3);
    cluster.run_for(ms(5_000));
    assert_eq!((start(&cluster, 3), cluster.log_end(3)), (start(&cluster, 1), 100));
    assert_eq!(cluster.isr(), [1, 2, 3]);
}

#[test]
fn a_clone_goes_on_by_itself_and_the_same_way() {
    let mut cluster = Cluster::new(3, 1, 3, TopicConfig::default());
    cluster.produce(1, 1, 1, Acks::All, 1);
    cluster.run_until(ms(1_000));
    let kept = cluster.broker(1).clone();
    cluster.produce(1, 1, 2, Acks::All, 1);
    cluster.run_for(ms(1_000));
    assert_eq!(
        kept.partition(P0).expect("it is there").log().log_end_offset(),
        Offset(1),
        "a checkpoint does not move"
    );
    assert_eq!(cluster.log_end(1), 2);
}
