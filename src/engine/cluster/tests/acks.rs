//! Who is answered, when, and what is safe then (KAFKA 6.2, 6.4).

use crate::engine::cluster::event::{BrokerEvent, PurgatoryExit};
use crate::engine::cluster::test_driver::{Cluster, ms};
use crate::engine::common::KafkaError;
use crate::engine::config::{Acks, TopicConfig};
use serde_json::Value;

fn min_isr(min_insync_replicas: i64) -> TopicConfig {
    TopicConfig { min_insync_replicas, ..TopicConfig::default() }
}

/// The 27 rows that a real three-broker cluster gave: min.insync.replicas × ISR × acks → result, stored, high watermark moved.
#[test]
fn acks_by_min_insync_by_isr_as_a_real_cluster_answered() {
    let outcomes: Value =
        serde_json::from_str(include_str!("../../../../tests/vectors/cluster/outcomes.json")).expect("it is JSON");
    let rows = outcomes["acks_by_min_insync_by_isr"].as_array().expect("a list");
    assert_eq!(rows.iter().filter(|row| row["acks"].is_string()).count(), 27);
    for min in 1..=3 {
        let mut cluster = Cluster::new(3, 1, 3, min_isr(min));
        let mut connection = 0;
        for isr in [3, 2, 1] {
            if isr < 3 {
                cluster.crash(isr + 1);
                cluster.run_for(ms(11_000));
            }
            assert_eq!(cluster.isr().len(), usize::try_from(isr).expect("few"));
            for acks in [Acks::Zero, Acks::One, Acks::All] {
                let row = rows
                    .iter()
                    .find(|row| row["isr"] == isr && row["min.insync.replicas"] == min && row["acks"] == acks.word())
                    .expect("the row is there");
                connection += 1;
                check_row(&mut cluster, connection, acks, row);
            }
        }
        let healed = rows.iter().find(|row| row["after"].is_string() && row["min.insync.replicas"] == min);
        check_healed(cluster, healed.expect("the row is there"));
    }
}

#[track_caller]
fn check_row(cluster: &mut Cluster, connection: u64, acks: Acks, row: &Value) {
    let (end, high_watermark) = (cluster.log_end(1), cluster.high_watermark(1));
    cluster.produce(1, connection, 1, acks, 1);
    cluster.run_for(ms(1_000));
    let result = match (acks, cluster.outcome(connection)) {
        (Acks::Zero, None) => "no offset (-1)".to_string(),
        (_, Some(Ok(offset))) => format!("offset {offset}"),
        (_, Some(Err(error))) => error.exception().to_string(),
        (_, None) => "no answer".to_string(),
    };
    assert_eq!(result, row["result"].as_str().expect("a text"), "{row}");
    assert_eq!(cluster.log_end(1) > end, row["storedOnLeader"] == true, "{row}");
    assert_eq!(cluster.high_watermark(1) > high_watermark, row["highWatermarkAdvanced"] == true, "{row}");
}

/// Once all brokers are back in the ISR, everything that was stored can be read.
#[track_caller]
fn check_healed(mut cluster: Cluster, row: &Value) {
    cluster.restart(2);
    cluster.restart(3);
    cluster.run_for(ms(20_000));
    assert_eq!(cluster.isr().len(), 3);
    let readable = row["readable"].as_str().expect("a text").split(", ").count();
    assert_eq!(cluster.consume(1, 0).batches.len(), readable, "{row}");
}

#[test]
fn acks_1_is_answered_at_once_and_acks_all_after_the_followers_next_fetch() {
    let mut cluster = Cluster::new(3, 1, 3, min_isr(2));
    cluster.run_for(ms(100));
    let sent_at = cluster.now;
    cluster.produce(1, 1, 1, Acks::One, 1);
    cluster.produce(1, 2, 1, Acks::All, 1);
    assert_eq!(cluster.answers(1)[0].at, sent_at);
    cluster.run_for(ms(100));
    // 1 ms to the followers, 1 ms back with their next fetch, which says that they have it; the second batch was appended
    // after their fetch was answered with the first, and goes with the next answer: another round.
    assert_eq!(cluster.answers(2)[0].at, sent_at + ms(4));
    assert_eq!(cluster.high_watermark(1), 2);
}

#[test]
fn a_stored_batch_under_min_isr_is_invisible_until_the_isr_recovers() {
    let mut cluster = Cluster::new(2, 1, 2, min_isr(2));
    cluster.crash(2);
    cluster.run_for(ms(11_000));
    assert_eq!(cluster.isr(), [1]);
    cluster.produce(1, 1, 1, Acks::One, 3);
    assert_eq!(cluster.outcome(1), Some(Ok(0)));
    cluster.run_for(ms(60_000));
    assert_eq!(cluster.consume(1, 0).batches.len(), 0, "stored, but below no high watermark");
    cluster.restart(2);
    cluster.run_for(ms(60_000));
    assert_eq!(cluster.isr(), [1, 2]);
    assert_eq!(cluster.consume(1, 0).batches.len(), 1);
}

#[test]
fn a_frozen_high_watermark_ends_in_a_time_out_and_the_next_send_is_refused() {
    // As `not_enough_replicas_after_append` of the real cluster: followers frozen while acks=all waits.
    let mut cluster = Cluster::new(3, 1, 3, min_isr(2));
    cluster.run_for(ms(100));
    cluster.freeze(2);
    cluster.freeze(3);
    cluster.produce(1, 1, 1, Acks::All, 1);
    cluster.run_for(ms(29_000));
    assert_eq!(cluster.outcome(1), None);
    cluster.run_for(ms(2_000));
    assert_eq!(cluster.outcome(1), Some(Err(KafkaError::RequestTimedOut)));
    assert_eq!((cluster.log_end(1), cluster.high_watermark(1)), (1, 0), "written, not acknowledged");
    assert_eq!(cluster.isr(), [1]);
    cluster.produce(1, 2, 1, Acks::All, 1);
    assert_eq!(cluster.outcome(2), Some(Err(KafkaError::NotEnoughReplicas)));
    assert_eq!(cluster.log_end(1), 1);
    assert!(
        cluster
            .events_of(1)
            .any(|(_, event)| { matches!(event, BrokerEvent::PurgatoryLeft { why: PurgatoryExit::TimedOut, .. }) })
    );
    cluster.thaw(2);
    cluster.thaw(3);
    cluster.run_for(ms(20_000));
    assert_eq!(cluster.consume(1, 0).batches.len(), 1, "readable after healing");
}

#[test]
fn acks_all_waits_for_every_member_of_the_isr_not_for_min_isr_of_them() {
    let mut cluster = Cluster::new(3, 1, 3, min_isr(1));
    cluster.run_for(ms(100));
    cluster.freeze(3);
    cluster.produce(1, 1, 1, Acks::All, 1);
    cluster.run_for(ms(5_000));
    assert_eq!(cluster.log_end(2), 1, "two of three have it, which is more than min.insync.replicas");
    assert_eq!(cluster.outcome(1), None, "but the third is in the ISR");
    cluster.run_for(ms(6_000));
    assert_eq!(cluster.isr(), [1, 2]);
    assert_eq!(
        cluster.outcome(1),
        Some(Ok(0)),
        "its session has run out, it left the ISR, and the high watermark moved"
    );
}

#[test]
fn a_lost_leadership_ends_the_wait() {
    let mut cluster = Cluster::new(3, 1, 3, min_isr(1));
    cluster.run_for(ms(100));
    cluster.freeze(2);
    cluster.cut_from_controller(1);
    cluster.produce(1, 1, 1, Acks::All, 1);
    cluster.run_for(ms(12_000));
    assert_eq!(cluster.leader(), Some(3), "the sessions of 1 and 2 have run out");
    assert!(cluster.replica(1).is_leader(), "1 has not heard of it");
    assert_eq!(cluster.outcome(1), None);
    cluster.join_to_controller(1);
    cluster.run_for(ms(5));
    assert_eq!(cluster.outcome(1), Some(Err(KafkaError::NotLeaderOrFollower)));
    let named = cluster.produced(1).and_then(|response| response.current_leader);
    assert_eq!(named.map(|leader| leader.leader.0), Some(2), "the answer names the leader that it has just heard of");
}
