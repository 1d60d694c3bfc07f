//! Elections in a cluster that runs: from the ISR, from the ELR, preferred, unclean; and brokers that stop in order.

use crate::engine::cluster::event::{BrokerEvent, ControllerEvent};
use crate::engine::cluster::protocol::LeaderRecoveryState;
use crate::engine::cluster::test_driver::{Cluster, P0, broker, free_of_cost, ms};
use crate::engine::cluster::{ElectedBy, ElectionKind};
use crate::engine::common::{BrokerId, KafkaError, TopicId};
use crate::engine::config::{Acks, TopicConfig};
use std::sync::Arc;

fn min_isr(min_insync_replicas: i64) -> TopicConfig {
    TopicConfig { min_insync_replicas, ..TopicConfig::default() }
}

fn unclean() -> TopicConfig {
    TopicConfig { unclean_leader_election_enable: true, ..TopicConfig::default() }
}

/// Who was elected, and by which rule.
fn elections(cluster: &Cluster) -> Vec<(Option<i32>, ElectedBy)> {
    let elected = |event: &ControllerEvent| match event {
        ControllerEvent::LeaderElected { leader, elected_by, .. } => Some((leader.map(|it| it.0), *elected_by)),
        _ => None,
    };
    cluster.controller_events.iter().filter_map(|(_, event)| elected(event)).collect()
}

fn refused(cluster: &Cluster) -> Vec<KafkaError> {
    let error = |event: &ControllerEvent| match event {
        ControllerEvent::ElectionRefused { error, .. } => Some(*error),
        _ => None,
    };
    cluster.controller_events.iter().filter_map(|(_, event)| error(event)).collect()
}

fn elect(cluster: &mut Cluster, election: ElectionKind) {
    cluster.with_controller(|controller, _, out| controller.elect_leader(P0, election, out));
    cluster.run_for(ms(100));
}

fn last_known_leader(cluster: &Cluster) -> Option<i32> {
    let partition = cluster.controller.image().partition(P0).expect("partition 0 exists");
    partition.last_known_elr.first().map(|broker| broker.0)
}

fn is_recovering(cluster: &Cluster) -> bool {
    let partition = cluster.controller.image().partition(P0).expect("partition 0 exists");
    partition.leader_recovery_state == LeaderRecoveryState::Recovering
}

/// Broker 1 leads alone with a record that 2 and 3 lack, and dies.
fn last_replica_dies(topic: TopicConfig) -> Cluster {
    let mut cluster = Cluster::new(3, 1, 3, topic);
    cluster.produce(1, 1, 1, Acks::All, 1);
    cluster.run_for(ms(1_000));
    cluster.crash(2);
    cluster.crash(3);
    cluster.run_for(ms(11_000));
    cluster.produce(1, 1, 2, Acks::One, 1);
    cluster.restart(2);
    cluster.freeze(2);
    cluster.crash(1);
    cluster.run_for(ms(11_000));
    cluster.thaw(2);
    cluster.run_for(ms(11_000));
    cluster
}

#[test]
fn without_unclean_elections_the_partition_waits_for_its_last_known_leader() {
    let mut cluster = last_replica_dies(TopicConfig::default());
    assert_eq!((cluster.leader(), cluster.isr(), cluster.elr()), (None, vec![], vec![1]));
    assert_eq!(last_known_leader(&cluster), Some(1));
    cluster.restart(1);
    cluster.run_for(ms(1_000));
    // Its process crashed, so it left the ELR; but nobody else has led since.
    assert_eq!(elections(&cluster), [(None, ElectedBy::Nobody), (Some(1), ElectedBy::LastKnownLeader)]);
    assert_eq!((cluster.elr(), last_known_leader(&cluster)), (vec![], None));
    cluster.run_for(ms(5_000));
    assert_eq!((cluster.isr(), is_recovering(&cluster)), (vec![1, 2], false));
    assert_eq!([cluster.log_end(1), cluster.log_end(2)], [2, 2], "nothing was lost");
}

#[test]
fn an_unclean_election_loses_what_the_new_leader_lacks_and_the_old_one_cuts_it_off() {
    let mut cluster = last_replica_dies(unclean());
    assert_eq!(elections(&cluster), [(None, ElectedBy::Nobody), (Some(2), ElectedBy::FirstAlive)]);
    assert_eq!((cluster.leader(), cluster.isr(), cluster.elr()), (Some(2), vec![2], vec![]));
    assert!(is_recovering(&cluster), "until the leader proposes an ISR");
    cluster.produce(2, 2, 1, Acks::One, 1);
    cluster.restart(1);
    cluster.run_for(ms(5_000));
    assert_eq!((cluster.isr(), is_recovering(&cluster)), (vec![2, 1], false));
    let cut = cluster.events_of(1).find_map(|(_, event)| match event {
        BrokerEvent::Truncated { from, to, .. } => Some((from.0, to.0)),
        _ => None,
    });
    assert_eq!(cut, Some((2, 1)));
}

#[test]
fn an_operator_may_elect_uncleanly_where_the_topic_does_not_and_only_where_nobody_leads() {
    let mut cluster = last_replica_dies(TopicConfig::default());
    elect(&mut cluster, ElectionKind::Unclean);
    assert_eq!((cluster.leader(), cluster.isr()), (Some(2), vec![2]));
    elect(&mut cluster, ElectionKind::Unclean);
    assert_eq!(refused(&cluster), [KafkaError::ElectionNotNeeded]);
    cluster.crash(2);
    cluster.run_for(ms(11_000));
    elect(&mut cluster, ElectionKind::Unclean);
    assert_eq!(refused(&cluster)[1..], [KafkaError::EligibleLeadersNotAvailable], "no replica is alive");
}

#[test]
fn a_topic_that_comes_to_allow_unclean_elections_gets_one_at_the_next_check() {
    let mut cluster = last_replica_dies(TopicConfig::default());
    cluster.with_controller(|controller, _, out| controller.alter_topic_config(TopicId(0), Arc::new(unclean()), out));
    cluster.run_until(ms(299_999));
    assert_eq!(cluster.leader(), None);
    cluster.run_until(ms(300_100));
    assert_eq!((cluster.leader(), cluster.isr()), (Some(2), vec![2]));
}

#[test]
fn a_replica_that_stopped_in_order_is_elected_from_the_elr() {
    let mut cluster = Cluster::new(3, 1, 3, min_isr(2));
    cluster.produce(1, 1, 1, Acks::All, 1);
    cluster.run_for(ms(1_000));
    cluster.crash(3);
    cluster.run_for(ms(11_000));
    cluster.shut_down(2);
    cluster.run_for(ms(5_000));
    assert_eq!((cluster.isr(), cluster.elr()), (vec![1], vec![2]));
    cluster.produce(1, 1, 2, Acks::One, 1);
    cluster.crash(1);
    cluster.run_for(ms(11_000));
    assert_eq!((cluster.leader(), cluster.isr(), cluster.elr()), (None, vec![], vec![1, 2]));
    cluster.restart(3);
    cluster.run_for(ms(5_000));
    assert_eq!(cluster.leader(), None, "3 left the ISR with min.insync.replicas in it, and is in no list");
    cluster.restart(2);
    cluster.run_for(ms(5_000));
    assert_eq!(elections(&cluster), [(None, ElectedBy::Nobody), (Some(2), ElectedBy::FirstEligible)]);
    assert!(!is_recovering(&cluster), "clean: the high watermark stood still without it");
    assert_eq!((cluster.isr(), cluster.elr()), (vec![2, 3], vec![]), "3 has joined, which makes two");
}

#[test]
fn a_replica_that_crashed_leaves_the_elr_when_it_registers() {
    let mut cluster = Cluster::new(3, 1, 3, min_isr(2));
    cluster.run_for(ms(1_000));
    cluster.crash(3);
    cluster.run_for(ms(11_000));
    cluster.crash(2);
    cluster.run_for(ms(11_000));
    assert_eq!((cluster.isr(), cluster.elr()), (vec![1], vec![2]));
    cluster.crash(1);
    cluster.run_for(ms(11_000));
    assert_eq!((cluster.isr(), cluster.elr()), (vec![], vec![1, 2]));
    cluster.restart(2);
    cluster.run_for(ms(5_000));
    assert_eq!((cluster.leader(), cluster.elr()), (None, vec![1]));
}

#[test]
fn a_smaller_min_isr_makes_the_elr_needless() {
    let mut cluster = Cluster::new(2, 1, 2, min_isr(2));
    cluster.run_for(ms(1_000));
    cluster.crash(2);
    cluster.run_for(ms(11_000));
    assert_eq!((cluster.isr(), cluster.elr()), (vec![1], vec![2]));
    cluster.with_controller(|controller, _, out| controller.alter_topic_config(TopicId(0), Arc::new(min_isr(1)), out));
    assert_eq!((cluster.isr(), cluster.elr()), (vec![1], vec![]));
}

#[test]
fn a_broker_that_stops_in_order_hands_over_at_once_and_ends_when_the_others_know() {
    let mut cluster = Cluster::new(3, 1, 3, TopicConfig::default());
    cluster.produce(1, 1, 1, Acks::One, 1);
    cluster.run_for(ms(5_000));
    cluster.shut_down(1);
    cluster.run_for(ms(3));
    assert_eq!((cluster.leader(), cluster.isr()), (Some(2), vec![2, 3]));
    assert!(cluster.broker(1).is_up() && cluster.broker(1).is_shutting_down());
    assert!(!cluster.controller.image().is_active(broker(1)) && cluster.controller.image().is_alive(broker(1)));
    cluster.run_for(ms(5_000));
    assert!(!cluster.broker(1).is_up() && cluster.broker(1).has_stopped_cleanly());
    assert_eq!(cluster.isr(), [2, 3], "it joined no ISR while it was about to stop");
    cluster.restart(1);
    cluster.run_for(ms(1_000));
    assert!(!cluster.broker(1).has_stopped_cleanly(), "the file is gone while it runs");
    assert_eq!(cluster.isr(), [2, 3, 1], "without waiting for a session");
    let crashed = |event: &ControllerEvent| matches!(event, ControllerEvent::UncleanShutdownDetected { .. });
    assert!(!cluster.controller_events.iter().any(|(_, event)| crashed(event)));
}

#[test]
fn a_broker_that_cannot_reach_the_controller_stops_after_five_minutes() {
    let mut cluster = Cluster::new(3, 1, 3, TopicConfig::default());
    cluster.run_for(ms(5_000));
    cluster.cut_from_controller(1);
    cluster.shut_down(1);
    cluster.run_for(ms(299_999));
    assert!(cluster.broker(1).is_up());
    cluster.run_for(ms(1));
    assert!(cluster.broker(1).has_stopped_cleanly());
}

#[test]
fn leaders_move_back_by_themselves_or_when_an_operator_says_so() {
    let moved = |cluster: &mut Cluster| {
        cluster.run_for(ms(5_000));
        cluster.shut_down(1);
        cluster.run_for(ms(5_000));
        elect(cluster, ElectionKind::Preferred);
        assert_eq!(refused(cluster), [KafkaError::PreferredLeaderNotAvailable], "it is down");
        cluster.restart(1);
        cluster.run_for(ms(1_000));
        assert_eq!((cluster.leader(), cluster.isr()), (Some(2), vec![2, 3, 1]));
    };
    let mut cluster = Cluster::new(3, 1, 3, TopicConfig::default());
    moved(&mut cluster);
    elect(&mut cluster, ElectionKind::Preferred);
    assert_eq!((cluster.leader(), cluster.isr()), (Some(1), vec![2, 3, 1]));
    elect(&mut cluster, ElectionKind::Preferred);
    assert_eq!(refused(&cluster)[1..], [KafkaError::ElectionNotNeeded]);

    let mut cluster = Cluster::new(3, 1, 3, TopicConfig::default());
    moved(&mut cluster);
    cluster.run_until(ms(300_100));
    assert_eq!(elections(&cluster)[1..], [(Some(1), ElectedBy::PreferredReplica)]);

    let config = crate::engine::config::BrokerConfig { auto_leader_rebalance_enable: false, ..free_of_cost() };
    let mut cluster = Cluster::with_config(3, 1, 3, TopicConfig::default(), config);
    moved(&mut cluster);
    cluster.run_until(ms(900_000));
    assert_eq!(cluster.leader(), Some(2), "with auto.leader.rebalance.enable off they stay");
}

#[test]
fn a_shorter_interval_counts_from_the_change() {
    let mut cluster = Cluster::new(3, 1, 3, TopicConfig::default());
    cluster.run_for(ms(5_000));
    cluster.shut_down(1);
    cluster.run_for(ms(5_000));
    cluster.restart(1);
    cluster.run_until(ms(20_000));
    let quick = crate::engine::config::BrokerConfig { leader_imbalance_check_interval_seconds: 7, ..free_of_cost() };
    cluster.with_controller(|controller, now, out| controller.alter_broker_config(now, Arc::new(quick), out));
    cluster.run_until(ms(26_999));
    assert_eq!(cluster.leader(), Some(2));
    cluster.run_until(ms(27_000));
    assert_eq!(cluster.leader(), Some(1));
    let balanced = cluster.controller_events.iter().filter_map(|(at, event)| match event {
        ControllerEvent::LeaderElected { leader: Some(BrokerId(1)), .. } => Some(*at),
        _ => None,
    });
    assert_eq!(balanced.collect::<Vec<_>>(), [ms(27_000)]);
}
