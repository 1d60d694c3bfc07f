//! The tables and quirks of KAFKA 2.3 and 3.2 to 3.5 that the recorded answers do not spell out.

use crate::engine::common::VirtualTime;
use crate::engine::producer::testing::{Fixture, TOPIC, described, partition, record};
use crate::engine::producer::{AppendError, BlockedAppend, PartitionResponse, SendError, SendOutcome};

/// Fills one batch of partition 0 until another is begun; the records and the bytes of the first.
#[track_caller]
fn check_fill(batch_size: usize, key: Option<&[u8]>, value_bytes: usize, records: usize, bytes: usize) {
    let mut fixture = Fixture::new(&format!("batch.size={batch_size} linger.ms=1000"), &[1]);
    for count in 0.. {
        fixture.try_send(0, key, value_bytes).unwrap();
        let queue = fixture.producer.accumulator().queues().next().unwrap();
        let batches: Vec<_> = queue.batches().collect();
        if let [full, _] = batches.as_slice() {
            assert_eq!((count, full.batch.estimated_size_in_bytes()), (records, bytes), "batch.size {batch_size}");
            let encoded = fixture.wake().requests[0].batches[0].batch.size_in_bytes();
            assert_eq!(encoded, bytes);
            return;
        }
    }
}

/// KAFKA 3.2: how many records a batch takes.
#[test]
fn batches_fill_as_in_the_table() {
    check_fill(16_384, None, 100, 148, 16_277);
    check_fill(16_384, Some(b"12345678"), 100, 138, 16_281);
    check_fill(16_384, None, 10, 910, 16_377);
    check_fill(16_384, None, 1024, 15, 15_556);
    check_fill(1, None, 100, 1, 170);
    check_fill(0, None, 100, 1, 170);
}

/// KAFKA 3.2 (b) and (c): the buffer is the upper bound, so a few more bytes fit, and alone such a batch waits for its linger.
#[test]
fn batch_size_zero_does_not_turn_batching_off_exactly() {
    let mut fixture = Fixture::new("batch.size=0 linger.ms=5", &[1]);
    assert!(fixture.send(0, 100).new_batch_created);
    assert!(!fixture.send(0, 2).new_batch_created, "nine bytes fit into the sixteen to spare");
    assert_eq!(fixture.left(), "");
    assert!(fixture.send(0, 100).batch_is_full, "a second batch stands behind the first");
    assert_eq!(fixture.left(), "0:2:Full");
}

#[test]
fn each_reason_to_leave_is_told() {
    let mut fixture = Fixture::new("batch.size=1000 linger.ms=50 buffer.memory=3000 max.block.ms=100", &[1, 1, 2]);
    fixture.send(0, 10);
    assert_eq!(fixture.left(), "", "linger is not over");
    assert_eq!(fixture.producer.next_wake_at(), VirtualTime::from_ms(50));
    fixture.at_ms(50).send(1, 10);
    fixture.send(2, 10);
    assert_eq!(
        fixture.left(),
        "0:1:Linger 1:1:SameBroker",
        "what goes to broker 1 takes partition 1 along, not partition 2"
    );
    let blocked = fixture.try_send(0, None, 10).unwrap();
    assert!(
        matches!(blocked, SendOutcome::BlockedForMemory(_)),
        "two batches on the wire and one waiting hold all memory"
    );
    assert_eq!(fixture.left(), "2:1:MemoryExhausted");

    let mut fixture = Fixture::new("batch.size=1000 linger.ms=50", &[1]);
    for _ in 0..9 {
        fixture.send(0, 100);
    }
    fixture.producer.begin_flush();
    let requests = fixture.wake().requests;
    assert_eq!(
        (requests.len(), described(&requests).as_str()),
        (2, "0:8:Full 0:1:Flush"),
        "one batch a partition and request"
    );
}

#[test]
fn a_flush_waits_for_what_was_there_and_a_close_takes_nothing_more() {
    let mut fixture = Fixture::new("linger.ms=1000", &[1]);
    fixture.send(0, 10);
    let flush = fixture.producer.begin_flush();
    let first = fixture.wake().requests.remove(0);
    assert_eq!(first.batches[0].reason, crate::engine::producer::LeaveReason::Flush);
    fixture.send(0, 10);
    assert_eq!(fixture.left(), "0:1:Flush", "while a flush is under way all may go");
    fixture.producer.respond(first.id, vec![PartitionResponse::appended(partition(0), 0.into())]);
    assert!(fixture.producer.is_flushing(flush), "an answer counts when it is taken");
    fixture.wake();
    assert!(!fixture.producer.is_flushing(flush), "the later batch is not waited for");
    let none = Fixture::new("", &[1]).producer.begin_flush();
    assert!(!fixture.producer.is_flushing(none), "nothing to wait for");

    fixture.send(0, 10);
    assert_eq!(fixture.left(), "");
    fixture.producer.close();
    assert_eq!(fixture.left(), "0:1:Closing");
    assert_eq!(fixture.try_send(0, None, 10), Err(SendError::Append(AppendError::Closed)));
    let turn = fixture.producer.close_forcefully();
    assert_eq!(turn.finished.len(), 2);
    assert!(!fixture.producer.has_incomplete());
}

#[track_caller]
fn blocked(outcome: Result<SendOutcome, SendError>) -> BlockedAppend {
    match outcome {
        Ok(SendOutcome::BlockedForMemory(blocked)) => blocked,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_send_waits_for_memory_and_goes_on_or_gives_up() {
    let mut fixture = Fixture::new("batch.size=1000 linger.ms=0 buffer.memory=1000 max.block.ms=100", &[1, 1]);
    fixture.send(0, 10);
    let request = fixture.wake().requests.remove(0);
    let first = blocked(fixture.try_send(1, None, 20));
    let second = blocked(fixture.at_ms(10).try_send(1, None, 30));
    assert_eq!((first.deadline(), second.deadline()), (VirtualTime::from_ms(100), VirtualTime::from_ms(110)));
    assert!(!fixture.producer.is_unblocked(&first, fixture.now));
    assert_eq!(fixture.producer.accumulator().buffer_pool().waiters().len(), 2);

    fixture.at_ms(20).producer.respond(request.id, vec![PartitionResponse::appended(partition(0), 0.into())]);
    fixture.wake();
    assert!(fixture.producer.is_unblocked(&first, fixture.now) && !fixture.producer.is_unblocked(&second, fixture.now));
    let value = [b'v'; 20];
    let outcome = fixture.producer.resume_send(first, &record(1, None, &value), fixture.now).unwrap();
    assert!(matches!(outcome, SendOutcome::Appended(appended) if appended.new_batch_created));

    let again = fixture.producer.resume_send(second, &record(2, None, &value), VirtualTime::from_ms(109));
    assert_eq!(again, Ok(SendOutcome::BlockedForMemory(second)), "too early");
    let error = fixture.producer.resume_send(second, &record(2, None, &value), VirtualTime::from_ms(110)).unwrap_err();
    assert_eq!(error.exception(), "BufferExhaustedException");
    assert_eq!(fixture.producer.accumulator().buffer_pool().waiters().len(), 0);
}

#[test]
fn a_send_that_may_not_wait_fails_at_once() {
    let mut fixture = Fixture::new("batch.size=1000 buffer.memory=1000 max.block.ms=0", &[1, 1]);
    fixture.send(0, 10);
    let error = fixture.try_send(1, None, 10).unwrap_err();
    assert_eq!(error, SendError::Append(AppendError::BufferExhausted { size: 1000, available: 0 }));
    assert!(!fixture.producer.accumulator().buffer_pool().is_exhausted());
}

#[test]
fn what_is_too_large_is_refused_as_kafka_words_it() {
    let mut fixture = Fixture::new("max.request.size=1000 buffer.memory=2000 batch.size=100", &[1]);
    let error = fixture.try_send(0, None, 1000).unwrap_err();
    assert_eq!(error.exception(), "RecordTooLargeException");
    assert_eq!(
        error.to_string(),
        "The message is 1086 bytes when serialized which is larger than 1000, which is the value of the max.request.size configuration."
    );
    let mut small = Fixture::new("buffer.memory=1000 batch.size=2000", &[1]);
    assert_eq!(small.try_send(0, None, 10).unwrap_err().exception(), "IllegalArgumentException");
    assert_eq!(small.try_send(-1, None, 10).unwrap_err().exception(), "IllegalArgumentException");
}

#[test]
fn an_unknown_partition_is_waited_for() {
    let mut fixture = Fixture::new("max.block.ms=100", &[1]);
    assert_eq!(fixture.try_send(1, None, 10), Ok(SendOutcome::BlockedForMetadata));
    let record = record(0, None, b"v");
    let now = VirtualTime::from_ms(100);
    let error = fixture.producer.send(TOPIC, Some(1.into()), &record, now, now).unwrap_err();
    assert_eq!(error.to_string(), "Partition 1 is not present in metadata after max.block.ms.");
}

/// A clone is the same producer: what happens to one does not touch the other, and both go on alike.
#[test]
fn a_clone_goes_on_alike() {
    let mut fixture = Fixture::new("batch.size=500 linger.ms=0 compression.type=lz4", &[1, 2, 1]);
    for round in 0..40 {
        let mut clone = fixture.clone();
        let steps = |fixture: &mut Fixture| {
            fixture.at_ms(round);
            let sent: Vec<_> = (0..7).map(|size| fixture.try_send(None, None, size * 20)).collect();
            let turn = fixture.wake();
            turn.requests.iter().for_each(|request| {
                let answers =
                    request.batches.iter().map(|batch| PartitionResponse::appended(batch.partition, 0.into()));
                fixture.producer.respond(request.id, answers.collect());
            });
            format!("{sent:?} {turn:?}")
        };
        assert_eq!(steps(&mut clone), steps(&mut fixture));
    }
}
