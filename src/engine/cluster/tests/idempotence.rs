//! The broker's half of idempotence: who gets which producer id, and which batches a leader recognises, over crashes too (KAFKA 4.1, 4.5).

use crate::engine::cluster::protocol::{ProduceRequest, Request, Response};
use crate::engine::cluster::test_driver::{Cluster, EPOCH_MS, P0, ms};
use crate::engine::common::{ProducerEpoch, ProducerId};
use crate::engine::config::{Acks, TopicConfig};
use crate::engine::record::{BatchOptions, Compressor, ProducerState, RecordBatchBuilder};
use crate::engine::storage::ClientBatch;

/// Long enough for a session to run out and for a restarted broker to be registered.
const A_WHILE_MS: i64 = 20_000;

/// Carries out `crash-1` or `restart-1`, and waits. Whether the word was one of these.
fn fault(cluster: &mut Cluster, word: &str) -> bool {
    match word.split_once('-') {
        Some(("crash", broker)) => cluster.crash(broker.parse().unwrap()),
        Some(("restart", broker)) => cluster.restart(broker.parse().unwrap()),
        _ => return false,
    }
    cluster.run_for(ms(A_WHILE_MS));
    true
}

/// A number asks that broker for a producer id and waits a little. The ids given are expected; `-`: none yet.
#[track_caller]
fn check_ids(script: &str, expected: &str) {
    let mut cluster = Cluster::new(2, 1, 2, TopicConfig::default());
    let mut given = Vec::new();
    for (connection, word) in (100..).zip(script.split_whitespace()) {
        if fault(&mut cluster, word) {
            continue;
        }
        cluster.request(word.parse().unwrap(), connection, 1, Request::InitProducerId);
        cluster.run_for(ms(100));
        let answer = cluster.answers(connection).last().expect("it is answered at once");
        given.push(match answer.response {
            Response::InitProducerId(Ok(id)) => id.to_string(),
            Response::InitProducerId(Err(error)) if error.name() == "COORDINATOR_LOAD_IN_PROGRESS" => "-".to_string(),
            ref other => panic!("a request for an id was answered by {other:?}"),
        });
    }
    assert_eq!(given.join(" "), expected, "{script}");
}

#[test]
fn a_broker_gives_ids_from_blocks_that_are_its_own() {
    check_ids("1 1 1", "- 0 1");
    check_ids("1 1 2 2 1 2", "- 0 - 1000 1 1001");
    check_ids("2 2 1 1", "- 0 - 1000");
    check_ids("1 1 crash-1 restart-1 1 1", "- 0 - 1000");
}

fn numbered(sequence: i32) -> ClientBatch {
    let mut builder = RecordBatchBuilder::new(BatchOptions::default(), Vec::new());
    builder.append(EPOCH_MS, None, Some(b"0123456789"), &[]);
    let producer = ProducerState {
        producer_id: ProducerId(7),
        producer_epoch: ProducerEpoch(0),
        base_sequence: sequence,
        is_transactional: false,
    };
    ClientBatch::Built(builder.close(producer, &mut Compressor::default()).batch)
}

/// A number sends one record with that sequence to the leader, with acks=all. Expected are the offsets answered; `x`: out of order.
#[track_caller]
fn check_batches(replication_factor: u32, script: &str, expected: &str) {
    let mut cluster = Cluster::new(replication_factor, 1, replication_factor, TopicConfig::default());
    cluster.run_for(ms(100));
    let mut answered = Vec::new();
    for (connection, word) in (100..).zip(script.split_whitespace()) {
        if fault(&mut cluster, word) {
            continue;
        }
        let batches = vec![(P0, numbered(word.parse().unwrap()))];
        let request = ProduceRequest { acks: Acks::All, timeout: ms(30_000), batches };
        let leader = cluster.leader().expect("somebody leads");
        cluster.request(leader, connection, 1, Request::Produce(request));
        cluster.run_for(ms(1_000));
        answered.push(match cluster.outcome(connection).expect("it is answered") {
            Ok(offset) => offset.to_string(),
            Err(error) if error.name() == "OUT_OF_ORDER_SEQUENCE_NUMBER" => "x".to_string(),
            Err(error) => error.name().to_string(),
        });
    }
    assert_eq!(answered.join(" "), expected, "{script}");
}

#[test]
fn a_leader_recognises_the_last_five_batches_and_takes_only_the_next() {
    check_batches(2, "0 1 1 3 2", "0 1 1 x 2");
    check_batches(2, "0 1 2 3 4 5 5 1 0 6", "0 1 2 3 4 5 5 1 x 6");
}

#[test]
fn a_follower_that_leads_recognises_what_it_has_copied() {
    check_batches(2, "0 1 2 crash-1 2 0 4 3", "0 1 2 2 0 x 3");
    check_batches(2, "0 crash-1 1 restart-1 2 crash-2 2 1 0 3", "0 1 2 2 1 0 3");
}

#[test]
fn a_restart_forgets_all_but_the_last_batch_for_snapshots_hold_no_more() {
    check_batches(1, "0 1 2 crash-1 restart-1 2 1 0 4 3", "0 1 2 2 x x x 3");
}
