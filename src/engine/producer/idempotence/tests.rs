//! What the recorded turns do not reach or do not show: waiting for an id, the wrap, every row of the rules, what stays on the wire.

use super::*;
use crate::engine::common::{BrokerId, VirtualTime};
use crate::engine::producer::producer_batch::Filling;
use crate::engine::producer::testing::{Fixture, partition, record};
use crate::engine::producer::{BatchOrigin, PartitionResponse, RequestId, SenderTurn};
use crate::engine::record::{BatchOptions, RecordBatchBuilder};

const EAGER: &str = "enable.idempotence=true linger.ms=0 retry.backoff.ms=0";

fn identity(producer_id: i64, epoch: i16) -> ProducerIdAndEpoch {
    ProducerIdAndEpoch { producer_id: ProducerId(producer_id), epoch: ProducerEpoch(epoch) }
}

fn with_id(epoch: i16) -> Idempotence {
    let mut idempotence = Idempotence::default();
    idempotence.assign(identity(7, epoch));
    idempotence
}

/// A producer with an id, two partitions on one broker.
fn fixture(settings: &str) -> Fixture {
    let mut fixture = Fixture::new(&format!("{EAGER} {settings}"), &[1, 1]);
    fixture.producer.assign_producer_id(identity(7, 0));
    fixture
}

fn answer(fixture: &mut Fixture, request: u64, response: PartitionResponse) -> SenderTurn {
    assert!(fixture.producer.respond(RequestId(request), vec![response]));
    fixture.wake()
}

/// `partition:id/epoch/sequence+records` for each batch that left, from its bytes.
fn numbers(turn: &SenderTurn) -> String {
    let batches = turn.requests.iter().flat_map(|request| &request.batches);
    let words = batches.map(|outgoing| {
        let batch = &outgoing.batch;
        batch.ensure_valid().unwrap();
        let (id, epoch) = (batch.producer_id(), batch.producer_epoch());
        format!("{}:{id}/{epoch}/{}+{}", outgoing.partition.partition, batch.base_sequence(), batch.records_count())
    });
    words.collect::<Vec<_>>().join(" ")
}

fn known(fixture: &Fixture) -> &Idempotence {
    fixture.producer.accumulator().idempotence().unwrap()
}

fn sequences(fixture: &Fixture) -> &PartitionSequences {
    known(fixture).partition(partition(0)).unwrap()
}

/// A batch of partition 0 that was not drained.
fn unnumbered(id: u64, records: usize) -> ProducerBatch {
    let builder = RecordBatchBuilder::new(BatchOptions::default(), Vec::new());
    let filling = Filling::new(builder, records);
    let mut batch = ProducerBatch::new(BatchId(id), partition(0), BatchOrigin::Split, filling, VirtualTime::ZERO);
    for id in 0..records {
        batch.try_append(&record(id as u64, None, b"v"), VirtualTime::ZERO).unwrap();
    }
    batch
}

/// A batch of partition 0 with this sequence.
fn batch(id: u64, base_sequence: i32, records: usize) -> ProducerBatch {
    let mut batch = unnumbered(id, records);
    batch.set_producer_state(identity(7, 0).numbered(base_sequence));
    batch
}

#[test]
fn nothing_leaves_and_nothing_expires_without_an_id() {
    let mut fixture = Fixture::new(EAGER, &[1]);
    assert!(!fixture.producer.is_waiting_for_producer_id(), "it asks in its first turn");
    fixture.send(0, 10);
    assert!(fixture.wake().is_idle());
    assert!(fixture.producer.is_waiting_for_producer_id());
    assert_eq!(fixture.producer.next_wake_at(), VirtualTime::NEVER, "only the id can wake it");
    assert!(fixture.at_ms(200_000).wake().is_idle());

    fixture.producer.assign_producer_id(identity(7, 0));
    assert!(!fixture.producer.is_waiting_for_producer_id());
    let turn = fixture.wake();
    assert_eq!((numbers(&turn).as_str(), turn.finished.len()), ("0:7/0/0+1", 1), "drained and expired in one turn");
    assert_eq!(sequences(&fixture).lowest_tracked(), None);
    assert_eq!(known(&fixture).unresolved_sequence(partition(0)), None, "it expired on its first trip");
    let late = answer(&mut fixture, 0, PartitionResponse::appended(partition(0), Offset(0)));
    assert!(late.finished.is_empty());
    assert_eq!(sequences(&fixture).last_acked_sequence(), 0, "it is in the log all the same");
}

#[test]
fn a_producer_that_is_not_idempotent_has_no_numbers() {
    let mut fixture = Fixture::new("linger.ms=0", &[1]);
    fixture.producer.assign_producer_id(identity(7, 0));
    fixture.send(0, 10);
    assert_eq!(numbers(&fixture.wake()), "0:-1/-1/-1+1");
    assert!(fixture.producer.accumulator().idempotence().is_none() && !fixture.producer.is_waiting_for_producer_id());
}

#[test]
fn sequences_count_records_and_wrap() {
    let mut idempotence = with_id(0);
    let mut number = |id, records| idempotence.number(partition(0), BatchId(id), records).base_sequence;
    assert_eq!([number(0, 5), number(1, i32::MAX - 6), number(2, 3), number(3, 1)], [0, 5, i32::MAX - 1, 1]);
    idempotence.completed(&batch(0, 0, 5));
    let last = batch(2, i32::MAX - 1, 3);
    assert_eq!(last.last_sequence(), Some(0));
    let parts = [unnumbered(4, 1), unnumbered(5, 1), unnumbered(6, 1)];
    let numbers: Vec<i32> = idempotence.split(&last, &parts).iter().map(|producer| producer.base_sequence).collect();
    assert_eq!(numbers, [i32::MAX - 1, i32::MAX, 0]);
}

#[test]
fn what_holds_a_head_batch_back() {
    let mut idempotence = Idempotence::default();
    let held =
        |idempotence: &Idempotence| [None, Some(0), Some(2)].map(|head| idempotence.held_back(partition(0), head));
    assert_eq!(held(&idempotence), [Some(HeldBack::NoProducerId); 3]);
    idempotence.assign(identity(7, 0));
    assert_eq!(held(&idempotence), [None; 3]);
    idempotence.number(partition(0), BatchId(0), 2);
    idempotence.number(partition(0), BatchId(1), 2);
    assert_eq!(held(&idempotence), [None, None, Some(HeldBack::NotTheLowest)]);

    idempotence.failed(partition(1), KafkaError::InvalidTimestamp, true);
    assert!(idempotence.begin_turn().is_empty(), "nothing of partition 1 is tracked");
    assert_eq!(idempotence.identity(), identity(7, 1));
    assert_eq!(held(&idempotence), [Some(HeldBack::OldEpochUnderWay), None, Some(HeldBack::NotTheLowest)]);
    idempotence.completed(&batch(0, 0, 2));
    assert_eq!(held(&idempotence), [Some(HeldBack::OldEpochUnderWay), Some(HeldBack::NotTheLowest), None]);
    idempotence.completed(&batch(1, 2, 2));
    assert_eq!(held(&idempotence), [None; 3]);
    let producer = idempotence.number(partition(0), BatchId(2), 1);
    assert_eq!(producer, identity(7, 1).numbered(0), "the partition follows once nothing is tracked");
    assert_eq!(idempotence.partition(partition(0)).unwrap().last_acked_sequence(), -1);

    idempotence.unresolved.insert(partition(0), 4);
    assert_eq!(held(&idempotence)[..2], [Some(HeldBack::SequenceUnresolved), None]);
}

#[test]
fn which_errors_are_retried_and_which_ask_for_a_bump() {
    use KafkaError as E;
    // error, log start, base sequence, numbered anew, unresolved → retried, asks for a bump; 0 to 4 are acknowledged
    let unknown = Offset::UNKNOWN;
    let rows = [
        (E::UnknownProducerId, Offset(0), 5, false, None, (true, true)),
        (E::UnknownProducerId, Offset(0), 9, false, Some(7), (true, true)),
        (E::UnknownProducerId, Offset(0), 5, true, None, (true, false)),
        (E::UnknownProducerId, unknown, 5, false, None, (true, false)),
        (E::OutOfOrderSequenceNumber, unknown, 5, false, None, (true, true)),
        (E::OutOfOrderSequenceNumber, unknown, 6, false, None, (true, false)),
        (E::OutOfOrderSequenceNumber, unknown, 5, true, None, (true, false)),
        (E::OutOfOrderSequenceNumber, unknown, 7, false, Some(7), (true, true)),
        (E::OutOfOrderSequenceNumber, unknown, 7, true, Some(7), (true, true)),
        (E::OutOfOrderSequenceNumber, unknown, 5, false, Some(7), (true, false)),
        (E::NotEnoughReplicas, unknown, 5, false, None, (true, false)),
        (E::InvalidProducerEpoch, unknown, 5, false, None, (false, false)),
        (E::DuplicateSequenceNumber, unknown, 5, false, None, (false, false)),
        (E::InvalidTimestamp, unknown, 5, false, None, (false, false)),
    ];
    for (error, log_start, base_sequence, is_rewritten, unresolved, expected) in rows {
        let mut idempotence = with_id(0);
        idempotence.number(partition(0), BatchId(0), 5);
        idempotence.completed(&batch(0, 0, 5));
        idempotence.unresolved.extend(unresolved.map(|sequence| (partition(0), sequence)));
        let mut batch = batch(1, base_sequence, 1);
        if is_rewritten {
            batch.reset_producer_state(identity(7, 0).numbered(base_sequence));
        }
        let retried = idempotence.can_retry(&batch, error, log_start);
        let answer = (retried, idempotence.asking_for_bump().next().is_some());
        assert_eq!(answer, expected, "{error:?} for sequence {base_sequence}, {is_rewritten}, {unresolved:?}");
    }
}

#[test]
fn which_failures_leave_a_gap() {
    use KafkaError as E;
    let asks = |error, has_retries_left| {
        let mut idempotence = with_id(0);
        idempotence.failed(partition(0), error, has_retries_left);
        idempotence.asking_for_bump().next().is_some()
    };
    assert!(asks(E::InvalidTimestamp, true) && asks(E::InvalidProducerEpoch, true));
    assert!(!asks(E::NotEnoughReplicas, false) && !asks(E::InvalidProducerEpoch, false));
    assert!(asks(E::OutOfOrderSequenceNumber, false) && asks(E::UnknownProducerId, false));
}

#[test]
fn an_expired_batch_leaves_its_partition_unresolved_if_it_was_sent_before() {
    let mut idempotence = with_id(0);
    for id in 0..3 {
        idempotence.number(partition(0), BatchId(id), 2);
    }
    let expire = |idempotence: &mut Idempotence, mut expired: ProducerBatch, is_retried: bool| {
        if is_retried {
            expired.reenqueued(VirtualTime::ZERO, VirtualTime::ZERO);
        }
        idempotence.untrack(&expired);
        idempotence.expired(&expired);
        idempotence.unresolved_sequence(partition(0))
    };
    assert_eq!(expire(&mut idempotence, batch(0, 0, 2), false), None);
    assert_eq!(expire(&mut idempotence, batch(2, 4, 2), true), Some(6));
    assert!(idempotence.begin_turn().is_empty());
    assert_eq!(idempotence.unresolved_sequence(partition(0)), Some(6), "a batch is under way");
    assert_eq!(expire(&mut idempotence, batch(1, 2, 2), true), Some(6), "the largest counts");

    let mut appended = idempotence.clone();
    appended.acknowledge(partition(0), 5);
    appended.begin_turn();
    assert_eq!((appended.unresolved_sequence(partition(0)), appended.identity()), (None, identity(7, 0)));

    idempotence.acknowledge(partition(0), 3);
    idempotence.begin_turn();
    assert_eq!((idempotence.unresolved_sequence(partition(0)), idempotence.identity()), (None, identity(7, 1)));
    assert_eq!(idempotence.partition(partition(0)).unwrap().next_sequence(), 0);
}

#[test]
fn after_the_last_epoch_the_id_is_asked_for_anew() {
    let mut idempotence = with_id(i16::MAX);
    idempotence.number(partition(0), BatchId(0), 2);
    idempotence.number(partition(0), BatchId(1), 3);
    idempotence.number(partition(1), BatchId(2), 1);
    idempotence.failed(partition(0), KafkaError::InvalidTimestamp, true);
    let rewrites: Vec<_> = idempotence.begin_turn().iter().map(|rewrite| (rewrite.batch, rewrite.producer)).collect();
    let none = ProducerIdAndEpoch::NONE;
    assert_eq!(rewrites, [(BatchId(0), none.numbered(0)), (BatchId(1), none.numbered(2))]);
    assert!(idempotence.is_initializing() && idempotence.begin_turn().is_empty());
    // Kafka counts on from −1 if another gap shows before the id is here.
    idempotence.failed(partition(0), KafkaError::InvalidTimestamp, true);
    assert_eq!(idempotence.begin_turn()[0].producer, identity(-1, 0).numbered(0));
    assert!(idempotence.is_initializing());

    idempotence.assign(identity(8, 0));
    assert!(idempotence.begin_turn().is_empty() && !idempotence.is_initializing());
    assert_eq!(idempotence.partition(partition(0)).unwrap().identity(), identity(-1, 0));
    assert_eq!(idempotence.partition(partition(1)).unwrap().identity(), identity(7, i16::MAX));
}

/// KAFKA 4.4: what is in flight keeps its bytes and gets a new identity all the same.
#[test]
fn a_bump_numbers_anew_what_is_in_flight() {
    let two_in_flight = || {
        let mut fixture = fixture("batch.size=100");
        fixture.send(0, 40);
        assert_eq!(numbers(&fixture.wake()), "0:7/0/0+1");
        fixture.send(0, 50);
        assert_eq!(numbers(&fixture.wake()), "0:7/0/1+1");
        let refused = PartitionResponse::failed(partition(0), KafkaError::InvalidTimestamp);
        assert_eq!(answer(&mut fixture, 0, refused).finished.len(), 1);
        assert_eq!(known(&fixture).identity(), identity(7, 1));
        assert_eq!(sequences(&fixture).tracked().next(), Some((0, TrackedBatch { batch: BatchId(1), records: 1 })));
        fixture
    };
    let mut fixture = two_in_flight();
    let gap = PartitionResponse::failed(partition(0), KafkaError::OutOfOrderSequenceNumber);
    assert_eq!(numbers(&answer(&mut fixture, 1, gap)), "0:7/1/0+1", "its old sequence is no gap any more");
    assert_eq!(known(&fixture).identity(), identity(7, 1));

    let mut fixture = two_in_flight();
    answer(&mut fixture, 1, PartitionResponse::appended(partition(0), Offset(3)));
    assert_eq!(sequences(&fixture).last_acked_sequence(), 0, "by its present number");

    let mut fixture = two_in_flight();
    fixture.producer.disconnected(BrokerId(1));
    assert_eq!(numbers(&fixture.wake()), "0:7/1/0+1", "the same record under another number: the broker cannot tell");
}

#[test]
fn two_batches_that_fail_together_go_again_in_order_and_one_by_one() {
    let mut fixture = fixture("batch.size=100");
    for size in [40, 50] {
        fixture.send(0, size);
        fixture.wake();
    }
    fixture.producer.disconnected(BrokerId(1));
    assert_eq!(numbers(&fixture.wake()), "0:7/0/0+1");
    let turn = answer(&mut fixture, 2, PartitionResponse::appended(partition(0), Offset(0)));
    assert_eq!(numbers(&turn), "0:7/0/1+1");
    fixture.send(0, 60);
    assert_eq!(numbers(&fixture.wake()), "0:7/0/2+1", "all are out again, so a new one follows at once");
}

#[test]
fn the_parts_of_a_batch_take_over_its_numbers() {
    let too_large = || PartitionResponse::failed(partition(0), KafkaError::MessageTooLarge);
    let mut fixture = fixture("batch.size=1000");
    for _ in 0..7 {
        fixture.send(0, 100);
    }
    assert_eq!(numbers(&fixture.wake()), "0:7/0/0+7");
    assert_eq!(numbers(&answer(&mut fixture, 0, too_large())), "0:7/0/0+7", "the first split of it is itself");
    let first = numbers(&answer(&mut fixture, 1, too_large()));
    let tracked: Vec<(i32, i32)> = sequences(&fixture).tracked().map(|(base, batch)| (base, batch.records)).collect();
    assert!(tracked.len() > 1, "{tracked:?}");
    assert_eq!(first, format!("0:7/0/0+{}", tracked[0].1), "the next part waits for it");
    let ends = tracked.iter().map(|(base, records)| base + records);
    let begins = tracked.iter().skip(1).map(|(base, _)| *base).chain([7]);
    assert!(ends.eq(begins), "{tracked:?}");
    assert_eq!(sequences(&fixture).next_sequence(), 7);
}

#[test]
fn a_partition_that_waits_ends_the_walk_over_its_node() {
    let mut fixture = fixture("batch.size=100");
    fixture.send(0, 40);
    fixture.send(1, 40);
    assert_eq!(numbers(&fixture.wake()), "0:7/0/0+1 1:7/0/0+1");
    let refused = PartitionResponse::failed(partition(1), KafkaError::InvalidTimestamp);
    let appended = PartitionResponse::failed(partition(0), KafkaError::NotEnoughReplicas);
    fixture.producer.respond(RequestId(0), vec![refused, appended]);
    let turn = fixture.wake();
    assert_eq!(numbers(&turn), "0:7/0/0+1", "partition 0 keeps the old epoch");
    fixture.send(0, 40);
    fixture.send(1, 40);
    assert_eq!(numbers(&fixture.wake()), "", "partition 1 could go, and has to wait behind partition 0");
    let turn = answer(&mut fixture, 1, PartitionResponse::appended(partition(0), Offset(0)));
    assert_eq!(numbers(&turn), "0:7/1/0+1 1:7/1/0+1");
}
