//! What the recorded turns do not reach: acks=0, a leader that changes, what is known of a failed batch, reordering.

use super::{BatchOutcome, FailureReason, PartitionResponse, RequestId, SenderEvent, SenderTurn};
use crate::engine::common::{BrokerId, KafkaError, LeaderEpoch, Offset, VirtualTime};
use crate::engine::producer::OnTheWire;
use crate::engine::producer::testing::{Fixture, described, partition};

const EAGER: &str = "batch.size=100 linger.ms=0";

fn answer(fixture: &mut Fixture, request: u64, response: PartitionResponse) -> SenderTurn {
    assert!(fixture.producer.respond(RequestId(request), vec![response]));
    fixture.wake()
}

/// `delivered@offset` or the exception of the first record, for each batch.
fn ends(turn: &SenderTurn) -> Vec<String> {
    let end = |outcome: &BatchOutcome| match outcome {
        BatchOutcome::Delivered { base_offset, .. } => format!("delivered@{base_offset}"),
        BatchOutcome::Failed { reason, on_the_wire } => format!("{} {on_the_wire:?}", reason.exception(0)),
    };
    turn.finished.iter().map(|batch| end(&batch.outcome)).collect()
}

#[test]
fn without_acknowledgements_a_batch_is_delivered_when_its_bytes_are_handed_over() {
    let mut fixture = Fixture::new("acks=0 linger.ms=0", &[1]);
    fixture.send(0, 10);
    let turn = fixture.wake();
    assert_eq!((described(&turn.requests).as_str(), ends(&turn)), ("0:1:Linger", vec!["delivered@-1".to_string()]));
    assert_eq!(fixture.producer.sender().in_flight_count(BrokerId(1)), 0);
    assert!(!fixture.producer.has_incomplete());
}

#[test]
fn a_new_leader_that_the_answer_names_is_sent_to_at_once() {
    let not_leader = PartitionResponse::failed(partition(0), KafkaError::NotLeaderOrFollower);
    let mut fixture = Fixture::new(EAGER, &[1]);
    fixture.send(0, 10);
    fixture.wake();
    let named = PartitionResponse { current_leader: Some((BrokerId(2), LeaderEpoch(1))), ..not_leader.clone() };
    let turn = answer(&mut fixture, 0, named);
    assert!(turn.wants_metadata);
    assert_eq!((turn.requests[0].node, described(&turn.requests).as_str()), (BrokerId(2), "0:1:Retry"));
    assert!(turn.events.contains(&SenderEvent::LeaderLearned {
        partition: partition(0),
        leader: BrokerId(2),
        leader_epoch: LeaderEpoch(1)
    }));

    let mut fixture = Fixture::new(EAGER, &[1]);
    fixture.send(0, 10);
    fixture.wake();
    let turn = answer(&mut fixture, 0, not_leader);
    assert_eq!((turn.wants_metadata, turn.requests.len()), (true, 0), "it backs off while no new leader is known");
    let retry_at = fixture.producer.next_wake_at();
    assert!((80..=120).contains(&retry_at.as_ms()), "{retry_at}");
    fixture.now = retry_at;
    assert_eq!(fixture.left(), "0:1:Retry");
}

/// KAFKA 3.6: two batches that fail together come back the other way round.
#[test]
fn a_lost_connection_swaps_two_batches_of_a_partition() {
    let mut fixture = Fixture::new("batch.size=100 linger.ms=0 retry.backoff.ms=0", &[1]);
    fixture.send(0, 40);
    fixture.wake();
    fixture.send(0, 50);
    fixture.wake();
    assert_eq!(fixture.producer.sender().in_flight_requests().count(), 2);
    fixture.producer.disconnected(BrokerId(1));
    let requests = fixture.wake().requests;
    let ids: Vec<u64> = requests.iter().map(|request| request.batches[0].record_ids[0].0).collect();
    assert_eq!(ids, [1, 0]);
}

#[test]
fn one_request_in_flight_keeps_a_partitions_next_batch_back() {
    let mut fixture = Fixture::new("batch.size=100 linger.ms=0 max.in.flight.requests.per.connection=1", &[1, 2]);
    fixture.send(0, 40);
    fixture.send(1, 40);
    fixture.wake();
    fixture.send(0, 50);
    assert_eq!(fixture.left(), "");
    let turn = answer(&mut fixture, 0, PartitionResponse::appended(partition(0), Offset(7)));
    assert_eq!((ends(&turn), described(&turn.requests).as_str()), (vec!["delivered@7".to_string()], "0:1:Linger"));
}

#[test]
fn an_unready_node_is_not_sent_to() {
    let mut fixture = Fixture::new(EAGER, &[1]);
    fixture.producer.set_node_ready(BrokerId(1), false);
    fixture.send(0, 10);
    assert_eq!(fixture.left(), "");
    fixture.producer.set_node_ready(BrokerId(1), true);
    assert_eq!(fixture.left(), "0:1:Linger");
}

#[test]
fn a_request_that_waits_too_long_closes_its_connection() {
    let mut fixture = Fixture::new("linger.ms=0 request.timeout.ms=1000 retries=0", &[1]);
    fixture.send(0, 10);
    fixture.wake();
    fixture.at_ms(500).send(0, 10);
    fixture.wake();
    assert_eq!(fixture.producer.next_wake_at(), VirtualTime(1_000_001));
    assert!(fixture.at_ms(1000).wake().is_idle(), "exactly the timeout is not too long");
    fixture.now = fixture.producer.next_wake_at();
    let turn = fixture.wake();
    assert_eq!(turn.closed_connections, [BrokerId(1)]);
    assert_eq!(ends(&turn), ["TimeoutException MayBeAppended", "TimeoutException MayBeAppended"], "all on it fail");
    assert!(!fixture.producer.respond(RequestId(0), Vec::new()), "its answer would find nobody");
}

#[test]
fn what_is_known_of_a_failed_batch() {
    use KafkaError as E;
    let after = |acks: &str, errors: &[KafkaError]| {
        let retries = errors.len() - 1;
        let mut fixture = Fixture::new(&format!("acks={acks} linger.ms=0 retry.backoff.ms=0 retries={retries}"), &[1]);
        fixture.send(0, 10);
        fixture.wake();
        let failed = |(request, error): (usize, &KafkaError)| {
            answer(&mut fixture, request as u64, PartitionResponse::failed(partition(0), *error))
        };
        let turns: Vec<SenderTurn> = errors.iter().enumerate().map(failed).collect();
        match &turns.last().unwrap().finished[0].outcome {
            BatchOutcome::Failed { on_the_wire, .. } => *on_the_wire,
            delivered => panic!("{delivered:?}"),
        }
    };
    assert_eq!(after("all", &[E::NotEnoughReplicas]), OnTheWire::RuledOut);
    assert_eq!(after("all", &[E::NotEnoughReplicasAfterAppend]), OnTheWire::MayBeAppended);
    assert_eq!(after("all", &[E::NotEnoughReplicasAfterAppend, E::NotEnoughReplicas]), OnTheWire::MayBeAppended);
    assert_eq!(after("1", &[E::NotLeaderOrFollower]), OnTheWire::RuledOut);
    assert_eq!(after("all", &[E::NotLeaderOrFollower]), OnTheWire::MayBeAppended, "it may have been in purgatory");
}

#[test]
fn a_batch_expires_in_flight_and_its_answer_comes_too_late() {
    let mut fixture = Fixture::new("linger.ms=0 request.timeout.ms=1000 delivery.timeout.ms=1000", &[1]);
    fixture.send(0, 10);
    fixture.wake();
    let turn = fixture.at_ms(1000).wake();
    assert_eq!(ends(&turn), ["TimeoutException MayBeAppended"]);
    assert_eq!(
        turn.finished[0].outcome,
        BatchOutcome::Failed { reason: FailureReason::Expired, on_the_wire: OnTheWire::MayBeAppended }
    );
    assert_eq!(fixture.producer.sender().in_flight_count(BrokerId(1)), 1, "the request stays open");
    let turn = answer(&mut fixture, 0, PartitionResponse::failed(partition(0), KafkaError::NotEnoughReplicas));
    assert!(turn.finished.is_empty());
    assert!(matches!(turn.events[0], SenderEvent::AnsweredTooLate { on_the_wire: OnTheWire::RuledOut, .. }));
    fixture.send(0, 10);
    fixture.wake();
    fixture.at_ms(3000).producer.set_node_ready(BrokerId(1), false);
    fixture.send(0, 10);
    let mut turn = fixture.at_ms(4000).wake();
    assert_eq!(turn.closed_connections, [BrokerId(1)], "it stops here, to be told that the node is not ready");
    turn.extend(fixture.wake());
    assert_eq!(turn.finished.len(), 2);
    let never_sent = turn
        .finished
        .iter()
        .filter(|batch| matches!(batch.outcome, BatchOutcome::Failed { on_the_wire: OnTheWire::NeverSent, .. }));
    assert_eq!(never_sent.count(), 1);
}

#[test]
fn a_batch_that_is_too_large_is_split_until_one_record_is() {
    let too_large = || PartitionResponse::failed(partition(0), KafkaError::MessageTooLarge);
    let mut fixture = Fixture::new("batch.size=1000 linger.ms=5 compression.type=lz4", &[1]);
    for _ in 0..8 {
        fixture.send(0, 100);
    }
    let flush = fixture.producer.begin_flush();
    fixture.wake();
    let available = fixture.producer.accumulator().buffer_pool().available_memory();
    let turn = answer(&mut fixture, 0, too_large());
    assert_eq!(described(&turn.requests), "0:8:Split", "the first target is batch.size, which it never passed");
    assert_eq!(
        fixture.producer.accumulator().buffer_pool().available_memory(),
        available + 1000,
        "parts are outside the pool"
    );
    let turn = answer(&mut fixture, 1, too_large());
    let records =
        |turn: &SenderTurn| turn.requests.iter().map(|request| request.batches[0].record_ids.len()).sum::<usize>();
    assert!(records(&turn) < 8, "a part is split in half: {}", described(&turn.requests));
    assert!(fixture.producer.is_flushing(flush), "the flush waits for the parts");
    let mut request = 2;
    let mut ended = Vec::new();
    while fixture.producer.has_incomplete() {
        let turn = answer(&mut fixture, request, too_large());
        ended.extend(ends(&turn));
        request += 1;
    }
    assert_eq!(ended, vec!["RecordTooLargeException RuledOut"; 8]);
    assert!(!fixture.producer.is_flushing(flush));
}

#[test]
fn bad_records_are_told_apart() {
    let reason = |bad_records: &[usize]| FailureReason::Error {
        error: KafkaError::InvalidTimestamp,
        bad_records: bad_records.to_vec(),
    };
    let told = |bad_records: &[usize]| [0, 1, 2].map(|index| reason(bad_records).exception(index));
    assert_eq!(told(&[]), ["InvalidTimestampException"; 3]);
    assert_eq!(told(&[1]), ["KafkaException", "InvalidTimestampException", "KafkaException"]);
    assert_eq!(told(&[0, 1]), ["InvalidRecordException", "InvalidRecordException", "KafkaException"]);
}
