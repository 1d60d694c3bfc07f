//! What a leader makes of a client's batch (KAFKA 1.8), when it rolls and why (5.2), the worked example of the index (5.3), why segments go
//! (5.4), and what it remembers of a producer (4.5).

use bytes::Bytes;
use highwater::engine::common::{KafkaError, LeaderEpoch, Offset, ProducerEpoch, ProducerId, Timestamp};
use highwater::engine::config::{CompressionType, TopicConfig, Value};
use highwater::engine::record::{
    BatchOptions, BatchTimestampType, Compression, Compressor, ProducerState, RecordBatch, RecordBatchBuilder,
};
use highwater::engine::storage::{
    AppendError, AppendErrorReason, AppendInfo, AppendOutcome, Appended, ClientBatch, DeletionReason, Log, RollReason,
};
use std::sync::Arc;

const NOW: Timestamp = 1_700_000_000_000;
const EPOCH: LeaderEpoch = LeaderEpoch(3);

fn log(settings: &[(&str, &str)]) -> Log {
    let mut config = TopicConfig::default();
    for (name, value) in settings {
        config.set(name, &Value::Text((*value).to_string())).unwrap_or_else(|error| panic!("{error}"));
    }
    Log::new(Arc::new(config), NOW)
}

fn with_options(options: BatchOptions, producer: ProducerState, records: &[(Timestamp, usize)]) -> RecordBatch {
    let mut builder = RecordBatchBuilder::new(options, Vec::new());
    for (timestamp, size) in records {
        builder.append(*timestamp, Some(b"k"), Some(&vec![b'v'; *size]), &[]);
    }
    builder.close(producer, &mut Compressor::default()).batch
}

fn batch(records: &[(Timestamp, usize)]) -> RecordBatch {
    with_options(BatchOptions::default(), ProducerState::NONE, records)
}

/// A batch of one record that takes so many bytes in the log.
fn batch_of_size(size: usize, timestamp: Timestamp) -> RecordBatch {
    let overhead = batch(&[(timestamp, 200)]).size_in_bytes() - 200;
    let made = batch(&[(timestamp, size - overhead)]);
    assert_eq!(made.size_in_bytes(), size, "the overhead is the same for values of two-byte lengths");
    made
}

fn received(bytes: Vec<u8>) -> ClientBatch {
    ClientBatch::Received(RecordBatch::parse(&Bytes::from(bytes), 0).expect("a batch by its length").0)
}

fn append(log: &mut Log, batch: RecordBatch) -> AppendInfo {
    log.append_as_leader(ClientBatch::Built(batch), EPOCH, NOW).expect("accepted")
}

fn appended(info: AppendInfo) -> Appended {
    match info.outcome {
        AppendOutcome::Appended(appended) => appended,
        AppendOutcome::DuplicateOf(original) => panic!("a duplicate of {original:?}"),
    }
}

/// The batch is refused with this error, as built and as received.
#[track_caller]
fn check_refused(log: &Log, batch: &RecordBatch, error: KafkaError, sentence: &str) {
    for client_batch in [ClientBatch::Built(batch.clone()), received(batch.to_vec())] {
        let mut log = log.clone();
        let refused = log.append_as_leader(client_batch, EPOCH, NOW).expect_err("refused");
        assert_eq!(refused.kafka_error(), error, "{refused}");
        assert!(refused.to_string().contains(sentence), "{refused}");
        assert_eq!(log.log_end_offset(), Offset(0), "nothing was written");
    }
}

#[test]
fn a_leader_assigns_offset_and_epoch_and_touches_nothing_else() {
    let mut log = log(&[]);
    let sent = batch(&[(NOW, 10), (NOW + 5, 20)]);
    append(&mut log, sent.clone());
    let second = appended(append(&mut log, sent.clone()));
    assert_eq!((second.batch.base_offset(), second.batch.last_offset()), (Offset(2), Offset(3)));
    assert_eq!(second.batch.partition_leader_epoch(), EPOCH);
    assert_eq!(second.batch.body().as_ptr(), sent.body().as_ptr(), "the producer's bytes, not a copy of them");
    assert_eq!(second.place.position as usize, sent.size_in_bytes());
    assert_eq!(log.latest_epoch(), Some(EPOCH));
}

#[test]
fn batches_are_refused_in_kafkas_order() {
    let topic = log(&[("max.message.bytes", "200"), ("message.timestamp.before.max.ms", "1000")]);
    let fits = batch(&[(NOW, 10)]);
    let moved = fits.with_offset_and_epoch(Offset(7), EPOCH);
    check_refused(&topic, &moved, KafkaError::InvalidRecord, "offset");
    check_refused(&topic, &batch(&[(NOW, 300)]), KafkaError::MessageTooLarge, "max.message.bytes is 200");
    let late = NOW + 3_600_001;
    check_refused(&topic, &batch(&[(NOW, 1), (late, 1)]), KafkaError::InvalidTimestamp, "out of the range");
    check_refused(&topic, &batch(&[(NOW - 1001, 1)]), KafkaError::InvalidTimestamp, "out of the range");
    let control = BatchOptions { is_control: true, ..BatchOptions::default() };
    let control = with_options(control, ProducerState::NONE, &[(NOW, 1)]);
    check_refused(&topic, &control, KafkaError::InvalidRecord, "control");
    let small = log(&[("segment.bytes", "150")]);
    check_refused(&small, &batch(&[(NOW, 100)]), KafkaError::RecordListTooLarge, "segment.bytes is 150");

    // A bad checksum counts only behind the size.
    let mut bytes = batch(&[(NOW, 10)]).to_vec();
    *bytes.last_mut().expect("not empty") ^= 1;
    let refused = topic.clone().append_as_leader(received(bytes), EPOCH, NOW).expect_err("refused");
    assert_eq!(refused.kafka_error(), KafkaError::CorruptMessage);
    let mut bytes = batch(&[(NOW, 300)]).to_vec();
    *bytes.last_mut().expect("not empty") ^= 1;
    let refused = topic.clone().append_as_leader(received(bytes), EPOCH, NOW).expect_err("refused");
    assert_eq!(refused.kafka_error(), KafkaError::MessageTooLarge);
}

#[test]
fn log_append_time_is_the_leaders() {
    let mut log = log(&[("message.timestamp.type", "LogAppendTime")]);
    let stored = appended(append(&mut log, batch(&[(5, 1), (NOW + 99_999_999, 1)])));
    assert_eq!(stored.log_append_time, Some(NOW));
    assert_eq!(stored.batch.max_timestamp(), NOW);
    stored.batch.ensure_valid().expect("the checksum was made anew");
    let times: Vec<_> = stored.batch.records().expect("sound").iter().map(|record| record.timestamp).collect();
    assert_eq!(times, [NOW, NOW]);
}

#[test]
fn a_wrong_largest_timestamp_from_outside_is_put_right() {
    let honest = batch(&[(NOW, 1), (NOW + 7, 1)]);
    let lie = honest.with_max_timestamp(BatchTimestampType::CreateTime, NOW + 500);
    let mut log = log(&[]);
    let info = log.append_as_leader(received(lie.to_vec()), EPOCH, NOW).expect("accepted");
    let stored = appended(info).batch;
    assert_eq!(stored.max_timestamp(), NOW + 7);
    assert_eq!(stored.body(), honest.body(), "checksum and all");
}

#[test]
fn a_topic_with_a_codec_recompresses() {
    for (word, codec) in [("lz4", CompressionType::Lz4), ("uncompressed", CompressionType::None)] {
        let mut log = log(&[("compression.type", word)]);
        let options = BatchOptions { compression: Compression::Gzip, ..BatchOptions::default() };
        let producer = ProducerState {
            producer_id: ProducerId(9),
            producer_epoch: ProducerEpoch(1),
            base_sequence: 0,
            is_transactional: false,
        };
        let sent = with_options(options, producer, &[(NOW, 50), (NOW + 3, 60)]);
        let stored = appended(append(&mut log, sent.clone()));
        assert!(stored.recompressed);
        assert_eq!(stored.batch.codec(), Some(codec));
        assert_eq!(stored.batch.records().expect("sound"), sent.records().expect("sound"));
        assert_eq!((stored.batch.producer_id(), stored.batch.base_sequence()), (ProducerId(9), 0));
        stored.batch.ensure_valid().expect("sound");
    }
    let mut log = log(&[("compression.type", "producer")]);
    let options = BatchOptions { compression: Compression::Gzip, ..BatchOptions::default() };
    let stored = appended(append(&mut log, with_options(options, ProducerState::NONE, &[(NOW, 50)])));
    assert_eq!((stored.recompressed, stored.batch.codec()), (false, Some(CompressionType::Gzip)));
}

/// KAFKA 5.3: index.interval.bytes 4096, six appends of 1500 bytes with ten records each.
#[test]
fn the_worked_example_of_the_index() {
    let mut log = log(&[]);
    let ten = |value: usize| batch(&[(NOW, 100); 9].iter().copied().chain([(NOW, value)]).collect::<Vec<_>>());
    let value = (1..2000).find(|value| ten(*value).size_in_bytes() == 1500).expect("some value fits");
    let entries: Vec<_> = (0..6).map(|_| appended(append(&mut log, ten(value))).place.index_entry).collect();
    let written: Vec<_> = entries.iter().enumerate().filter_map(|(number, entry)| Some((number, (*entry)?))).collect();
    let [(3, entry)] = written[..] else { panic!("one entry, at the fourth append: {written:?}") };
    assert_eq!((entry.offset, entry.position), (Offset(39), 4500));
}

#[test]
fn a_roll_says_why() {
    let mut by_size = log(&[("segment.bytes", "1000")]);
    append(&mut by_size, batch_of_size(600, NOW));
    append(&mut by_size, batch_of_size(400, NOW));
    let roll = append(&mut by_size, batch_of_size(300, NOW)).rolled.expect("rolled");
    assert_eq!((roll.closed_base_offset, roll.base_offset), (Offset(0), Offset(2)));
    let reason = RollReason::SegmentBytes { size_in_bytes: 1000, incoming_bytes: 300, segment_bytes: 1000 };
    assert_eq!(roll.reason, reason);

    let mut by_time = log(&[("segment.ms", "5000")]);
    append(&mut by_time, batch(&[(NOW, 1), (NOW + 100, 1)]));
    assert_eq!(append(&mut by_time, batch(&[(NOW + 5100, 1)])).rolled, None, "exactly segment.ms is not too long");
    let roll = append(&mut by_time, batch(&[(NOW + 5101, 1)])).rolled.expect("rolled");
    assert_eq!(roll.reason, RollReason::SegmentMs { waited_ms: 5001, segment_ms: 5000 });

    let mut by_index = log(&[("segment.index.bytes", "30"), ("index.interval.bytes", "0")]);
    append(&mut by_index, batch(&[(NOW, 1)]));
    append(&mut by_index, batch(&[(NOW + 1, 1)]));
    let roll = append(&mut by_index, batch(&[(NOW + 2, 1)])).rolled.expect("rolled");
    assert_eq!(roll.reason, RollReason::TimeIndexFull { entries: 1 }, "one of two slots is spared");

    let roll = by_index.roll(NOW).expect("rolled");
    assert_eq!(roll.reason, RollReason::Requested);
    assert_eq!(by_index.roll(NOW), None, "an empty segment at the log end stays");
}

#[test]
fn a_segment_goes_for_a_reason() {
    let filled = |settings: &[(&str, &str)]| {
        let mut log = log(&[settings, &[("segment.bytes", "1000")]].concat());
        (0..4).for_each(|number| drop(append(&mut log, batch_of_size(900, NOW + number * 1000))));
        log.update_high_watermark(log.log_end_offset());
        log
    };
    let reasons = |log: &mut Log, now| {
        let retention = log.delete_old_segments(now);
        (retention.deleted.iter().map(|gone| gone.reason).collect::<Vec<_>>(), retention.rolled)
    };

    let mut by_size = filled(&[("retention.bytes", "1800")]);
    let bytes = |log_bytes| DeletionReason::RetentionBytes { log_bytes, segment_bytes: 900, retention_bytes: 1800 };
    assert_eq!(reasons(&mut by_size, NOW), (vec![bytes(3600), bytes(2700)], None));
    assert_eq!(by_size.log_start_offset(), Offset(2));

    let mut by_time = filled(&[("retention.ms", "5000")]);
    let (gone, rolled) = reasons(&mut by_time, NOW + 6001);
    let expected = [(0, 6001), (1000, 5001)].map(|(timestamp, age_ms)| DeletionReason::RetentionMs {
        largest_timestamp: NOW + timestamp,
        age_ms,
        retention_ms: 5000,
    });
    assert_eq!((gone, rolled), (expected.to_vec(), None));
    let (gone, rolled) = reasons(&mut by_time, NOW + 100_000);
    assert_eq!(gone.len(), 2, "an idle topic loses everything");
    assert_eq!(rolled.map(|roll| roll.reason), Some(RollReason::AllSegmentsDeletable));
    assert_eq!((by_time.log_start_offset(), by_time.size_in_bytes()), (Offset(4), 0));
    assert_eq!(by_time.deleted_segments().count(), 2, "the first two have been .deleted for more than a minute");

    let mut by_start = filled(&[("retention.ms", "-1")]);
    by_start.delete_records(Offset(2)).expect("below the high watermark");
    let breach =
        |next| DeletionReason::LogStartOffsetBreach { next_base_offset: Offset(next), log_start_offset: Offset(2) };
    assert_eq!(reasons(&mut by_start, NOW), (vec![breach(1), breach(2)], None));

    let mut unsafe_yet = filled(&[("retention.ms", "0")]);
    unsafe_yet.update_high_watermark(Offset(1));
    assert_eq!(reasons(&mut unsafe_yet, NOW + 100_000).0.len(), 1, "nothing at or above the high watermark goes");
}

fn idempotent(producer_epoch: i16, base_sequence: i32, records: usize) -> RecordBatch {
    let producer = ProducerState {
        producer_id: ProducerId(7),
        producer_epoch: ProducerEpoch(producer_epoch),
        base_sequence,
        is_transactional: false,
    };
    with_options(BatchOptions::default(), producer, &vec![(NOW, 1); records])
}

#[test]
fn five_batches_of_a_producer_are_remembered() {
    let mut log = log(&[]);
    (0..6).for_each(|number| drop(append(&mut log, idempotent(0, number * 2, 2))));
    let duplicate = append(&mut log, idempotent(0, 2, 2)).duplicate_of().expect("the fifth last is known");
    assert_eq!((duplicate.first_offset(), duplicate.last_offset), (Offset(2), Offset(3)));
    assert_eq!(log.log_end_offset(), Offset(12), "nothing was appended");
    let refuse = |log: &mut Log, batch| {
        let error = log.append_as_leader(ClientBatch::Built(batch), EPOCH, NOW).expect_err("refused");
        (error.kafka_error(), error)
    };
    let (error, AppendError { reason, .. }) = refuse(&mut log, idempotent(0, 0, 2));
    assert_eq!(error, KafkaError::OutOfOrderSequenceNumber, "the sixth last is not");
    let expected = AppendErrorReason::OutOfOrderSequence { producer_id: ProducerId(7), base_sequence: 0, expected: 12 };
    assert_eq!(reason, expected);
    assert_eq!(refuse(&mut log, idempotent(0, 3, 2)).0, KafkaError::OutOfOrderSequenceNumber, "a partial overlap");
    assert_eq!(
        refuse(&mut log, idempotent(1, 5, 1)).0,
        KafkaError::OutOfOrderSequenceNumber,
        "a new epoch starts at 0"
    );
    append(&mut log, idempotent(1, 0, 1));
    assert_eq!(refuse(&mut log, idempotent(0, 12, 2)).0, KafkaError::InvalidProducerEpoch);

    // A reload knows one batch of each producer.
    append(&mut log, idempotent(1, 1, 1));
    log.roll(NOW);
    append(&mut log, batch(&[(NOW, 1)]));
    assert!(append(&mut log, idempotent(1, 0, 1)).duplicate_of().is_some());
    log.truncate_to(Offset(14), NOW);
    assert!(append(&mut log, idempotent(1, 1, 1)).duplicate_of().is_some());
    assert_eq!(refuse(&mut log, idempotent(1, 0, 1)).0, KafkaError::OutOfOrderSequenceNumber);
}

/// A batch that the producer check refuses, or recognises, has rolled the log if rolling was due, and its epoch stays (KAFKA 1.8).
#[test]
fn a_refused_batch_may_roll_the_log() {
    let mut log = log(&[("segment.bytes", "300")]);
    append(&mut log, idempotent(0, 0, 20));
    let error = log.append_as_leader(ClientBatch::Built(idempotent(0, 5, 20)), LeaderEpoch(4), NOW);
    let rolled = error.expect_err("out of order").rolled.expect("rolling was due");
    assert_eq!((rolled.base_offset, log.segments_count()), (Offset(20), 2));
    assert_eq!(log.latest_epoch(), Some(LeaderEpoch(4)));
    let original = append(&mut log, idempotent(0, 0, 20));
    assert_eq!((original.rolled, original.base_offset()), (None, Offset(0)));
}
