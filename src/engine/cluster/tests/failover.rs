//! A leader dies: who takes over, what is lost, where logs are cut (KAFKA 6.5, 6.6, 12).

use crate::engine::cluster::event::{BrokerEvent, ControllerEvent, TruncationReason};
use crate::engine::cluster::test_driver::{Cluster, P0, free_of_cost, ms};
use crate::engine::common::{BrokerId, KafkaError, LeaderEpoch, Offset};
use crate::engine::config::{Acks, BrokerConfig, TopicConfig};

/// KAFKA 12, D1: acks=1 loses an acknowledged record on a clean failover.
#[test]
fn acks_1_loses_an_acknowledged_record_when_the_leader_dies_before_the_next_fetch() {
    let mut cluster = Cluster::new(2, 1, 2, TopicConfig::default());
    cluster.produce(1, 1, 1, Acks::All, 1);
    cluster.run_for(ms(1_000));
    assert_eq!(cluster.outcome(1), Some(Ok(0)));
    cluster.freeze(2);
    cluster.produce(1, 1, 2, Acks::One, 1);
    assert_eq!(cluster.outcome(1), Some(Ok(1)), "b is acknowledged at offset 1");
    cluster.crash(1);
    let crashed_at = cluster.now;
    cluster.run_for(ms(5));
    cluster.lose_answers_to_frozen(2);
    cluster.thaw(2);
    cluster.run_for(ms(11_000));
    assert_eq!(cluster.leader(), Some(2));
    let elected_at = cluster
        .controller_events
        .iter()
        .find(|(_, event)| matches!(event, ControllerEvent::LeaderElected { .. }))
        .map(|(at, _)| *at)
        .expect("a leader was elected");
    assert!(elected_at.since(crashed_at) <= ms(9_000));
    cluster.produce(2, 5, 1, Acks::All, 1);
    cluster.run_for(ms(100));
    assert_eq!(cluster.outcome(5), Some(Ok(1)), "offset 1 holds c now");
    cluster.restart(1);
    cluster.run_for(ms(5_000));
    let cut = cluster.events_of(1).find_map(|(_, event)| match event {
        BrokerEvent::Truncated { from, to, reason, .. } => Some((*from, *to, *reason)),
        _ => None,
    });
    let reason = TruncationReason::DivergingEpoch { epoch: LeaderEpoch(0), leader_end_offset: Offset(1) };
    assert_eq!(cut, Some((Offset(2), Offset(1), reason)));
    assert_eq!((cluster.log_end(1), cluster.log_end(2)), (2, 2));
    let epochs = |id| {
        let mut copy = cluster.replica(id).log().clone();
        let data = copy.read(Offset(0), 1_000_000, crate::engine::storage::ReadUpTo::LogEnd).expect("in range");
        data.batches.iter().map(|batch| batch.partition_leader_epoch().0).collect::<Vec<_>>()
    };
    assert_eq!((epochs(1), epochs(2)), (vec![0, 1], vec![0, 1]), "b is in no log");
    assert_eq!(cluster.isr(), [2, 1]);
}

#[test]
fn acks_all_loses_nothing_in_the_same_crash() {
    let mut cluster = Cluster::new(3, 1, 3, TopicConfig { min_insync_replicas: 2, ..TopicConfig::default() });
    cluster.run_for(ms(100));
    for correlation in 1..=5 {
        cluster.produce(1, 1, correlation, Acks::All, 1);
    }
    cluster.run_for(ms(1_000));
    cluster.crash(1);
    cluster.run_for(ms(11_000));
    assert_eq!(cluster.answers(1).len(), 5);
    assert_eq!((cluster.leader(), cluster.isr()), (Some(2), vec![2, 3]));
    assert_eq!(cluster.log_end(2), 5);
    assert_eq!(cluster.consume(2, 0).batches.len(), 5);
}

#[test]
fn without_elr_the_last_in_sync_replica_stays_in_the_isr_and_brings_the_partition_back() {
    let config = BrokerConfig { elr_version: 0, ..free_of_cost() };
    let mut cluster = Cluster::with_config(2, 1, 2, TopicConfig::default(), config);
    cluster.run_for(ms(100));
    cluster.crash(2);
    cluster.run_for(ms(11_000));
    cluster.produce(1, 1, 1, Acks::All, 1);
    assert_eq!(cluster.outcome(1), Some(Ok(0)), "acknowledged by the leader alone");
    cluster.crash(1);
    cluster.run_for(ms(11_000));
    assert_eq!((cluster.leader(), cluster.isr()), (None, vec![1]));
    cluster.restart(2);
    cluster.run_for(ms(20_000));
    assert_eq!((cluster.leader(), cluster.isr()), (None, vec![1]), "2 is alive, but not in sync");
    cluster.produce(2, 2, 1, Acks::One, 1);
    assert_eq!(cluster.outcome(2), Some(Err(KafkaError::NotLeaderOrFollower)));
    cluster.restart(1);
    cluster.run_for(ms(20_000));
    assert_eq!((cluster.leader(), cluster.isr()), (Some(1), vec![1, 2]));
    assert_eq!(cluster.consume(1, 0).batches.len(), 1, "nothing was lost");
}

#[test]
fn a_leader_that_is_back_before_its_session_has_run_out_still_loses_the_lead() {
    let mut cluster = Cluster::new(3, 1, 3, TopicConfig::default());
    cluster.run_until(ms(5_000));
    cluster.crash(1);
    cluster.run_for(ms(1_000));
    cluster.restart(1);
    cluster.run_for(ms(1_000));
    assert!(!cluster.replica(1).is_leader(), "it must register first, and its old session still runs");
    assert!(cluster.events_of(1).any(|(_, event)| matches!(event, BrokerEvent::RegistrationRefused { .. })));
    cluster.run_for(ms(20_000));
    assert_eq!(cluster.leader(), Some(2));
    assert_eq!(cluster.isr(), [2, 3, 1]);
    assert_eq!(
        cluster.broker(1).partition(P0).and_then(|replica| replica.known_leader()).map(|known| known.leader),
        Some(BrokerId(2))
    );
}

#[test]
fn a_produce_request_to_a_follower_names_the_leader() {
    let mut cluster = Cluster::new(3, 1, 3, TopicConfig::default());
    cluster.run_for(ms(100));
    cluster.produce(2, 1, 1, Acks::One, 1);
    assert_eq!(cluster.outcome(1), Some(Err(KafkaError::NotLeaderOrFollower)));
    let named = cluster.produced(1).and_then(|response| response.current_leader);
    assert_eq!(named.map(|leader| leader.leader), Some(BrokerId(1)));
    assert_eq!(cluster.log_end(2), 0);
}

#[test]
fn a_restarted_brokers_high_watermark_is_the_one_on_its_disk() {
    let mut cluster = Cluster::new(1, 1, 1, TopicConfig::default());
    cluster.run_until(ms(4_000));
    cluster.produce(1, 1, 1, Acks::All, 1);
    cluster.run_until(ms(6_000));
    cluster.produce(1, 1, 2, Acks::All, 1);
    assert_eq!(cluster.high_watermark(1), 2);
    assert_eq!(cluster.broker(1).checkpointed_high_watermark(P0), Some(Offset(1)), "written at 5 s");
    cluster.crash(1);
    cluster.restart(1);
    assert_eq!((cluster.high_watermark(1), cluster.log_end(1)), (1, 2));
    cluster.run_for(ms(20_000));
    assert_eq!(cluster.high_watermark(1), 2, "it leads again, alone");
}

#[test]
fn after_a_chain_of_short_leaderships_all_logs_are_the_last_leaders() {
    // 1 leads in epoch 0, 2 in epoch 1 with records that 1 and 3 never see, then 3 in epoch 2.
    let mut cluster = Cluster::new(3, 1, 3, TopicConfig::default());
    cluster.produce(1, 1, 1, Acks::All, 1);
    cluster.run_for(ms(1_000));
    cluster.crash(1);
    cluster.run_for(ms(11_000));
    assert_eq!(cluster.leader(), Some(2));
    cluster.freeze(3);
    cluster.produce(2, 2, 1, Acks::One, 4);
    cluster.crash(2);
    cluster.run_for(ms(5));
    cluster.lose_answers_to_frozen(3);
    cluster.thaw(3);
    cluster.run_for(ms(11_000));
    assert_eq!((cluster.leader(), cluster.log_end(3)), (Some(3), 1));
    cluster.produce(3, 3, 1, Acks::One, 2);
    cluster.restart(2);
    cluster.restart(1);
    cluster.run_for(ms(20_000));
    assert_eq!([1, 2, 3].map(|id| cluster.log_end(id)), [3, 3, 3]);
    assert_eq!([1, 2, 3].map(|id| cluster.high_watermark(id)), [3, 3, 3]);
    let cut = cluster.events_of(2).find_map(|(_, event)| match event {
        BrokerEvent::Truncated { from, to, .. } => Some((from.0, to.0)),
        _ => None,
    });
    assert_eq!(cut, Some((5, 1)));
    assert_eq!(cluster.isr(), [3, 1, 2]);
}
