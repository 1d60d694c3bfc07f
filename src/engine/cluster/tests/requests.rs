//! What a broker does with requests: one at a time on a connection, and each error at its place (KAFKA 1.8, 3.6).

use crate::engine::cluster::protocol::{
    ConnectionId, DeleteRecordsRequest, Fetcher, ListOffsetsRequest, OffsetQuery, ProduceRequest, Request, Response,
};
use crate::engine::cluster::test_driver::{Cluster, EPOCH_MS, P0, batch, broker, free_of_cost, ms};
use crate::engine::common::{KafkaError, LeaderEpoch, Offset, PartitionId, TopicId, TopicPartition, VirtualTime};
use crate::engine::config::{Acks, BrokerConfig, TopicConfig};
use crate::engine::record::{BatchOptions, Compressor, ProducerState, RecordBatch, RecordBatchBuilder};
use crate::engine::storage::ClientBatch;
use bytes::Bytes;

fn alone(topic: TopicConfig) -> Cluster {
    Cluster::new(1, 1, 1, topic)
}

fn send(
    cluster: &mut Cluster,
    partition: TopicPartition,
    acks: Acks,
    batch: ClientBatch,
) -> Option<Result<i64, KafkaError>> {
    let connection = 500 + cluster.events.len() as u64;
    let request = ProduceRequest { acks, timeout: ms(1_000), batches: vec![(partition, batch)] };
    cluster.request(1, connection, 1, Request::Produce(request));
    cluster.outcome(connection)
}

#[test]
fn the_next_request_of_a_connection_waits_until_the_answer_has_left() {
    let mut cluster = Cluster::new(2, 1, 2, TopicConfig::default());
    cluster.run_for(ms(100));
    let sent_at = cluster.now;
    for correlation in 1..=3 {
        cluster.produce(1, 7, correlation, Acks::All, 1);
    }
    assert_eq!((cluster.log_end(1), cluster.broker(1).open_requests()), (1, 3), "two are not even read");
    cluster.run_for(ms(100));
    let at: Vec<_> = cluster.answers(7).iter().map(|answer| (answer.correlation.0, answer.at.since(sent_at))).collect();
    assert_eq!(at, [(1, ms(2)), (2, ms(4)), (3, ms(6))], "each pays the wait for replication");
    cluster.produce(1, 7, 4, Acks::All, 1);
    cluster.produce(1, 7, 5, Acks::One, 1);
    cluster.produce(1, 8, 1, Acks::One, 1);
    assert_eq!(cluster.outcome(8), Some(Ok(4)), "another connection is read meanwhile");
}

#[test]
fn handling_takes_time_and_handlers_are_few() {
    let config = BrokerConfig { request_cost_us: 1_000, request_handlers: 2, ..free_of_cost() };
    let mut cluster = Cluster::with_config(1, 1, 1, TopicConfig::default(), config);
    let sent_at = cluster.now;
    for connection in 1..=3 {
        cluster.produce(1, connection, 1, Acks::One, 1);
    }
    cluster.run_for(ms(10));
    let took = |connection| cluster.answers(connection)[0].at.since(sent_at);
    assert_eq!([took(1), took(2), took(3)], [ms(1), ms(1), ms(2)]);
}

#[test]
fn an_append_costs_by_its_bytes() {
    let config = BrokerConfig { append_cost_us_per_mib: 1_048_576, ..free_of_cost() };
    let mut cluster = Cluster::with_config(1, 1, 1, TopicConfig::default(), config);
    let bytes = batch(100).batch().size_in_bytes() as u64;
    cluster.produce(1, 1, 1, Acks::One, 100);
    cluster.run_for(ms(10));
    assert_eq!(cluster.answers(1)[0].at, VirtualTime(bytes), "a microsecond a byte");
}

#[test]
fn acks_0_is_never_answered_and_an_error_closes_the_connection() {
    let mut cluster = Cluster::new(2, 1, 2, TopicConfig::default());
    cluster.run_for(ms(100));
    cluster.produce(1, 1, 1, Acks::Zero, 1);
    cluster.produce(1, 1, 2, Acks::Zero, 1);
    assert_eq!((cluster.log_end(1), cluster.answers(1).len()), (2, 0));
    assert!(cluster.closed.is_empty());
    cluster.produce(2, 2, 1, Acks::Zero, 1);
    assert_eq!(cluster.answers(2).len(), 0);
    assert!(cluster.closed.contains(&ConnectionId(2)), "that is all that the producer can notice");
}

#[test]
fn what_was_sent_before_the_client_closed_is_still_appended() {
    let mut cluster = Cluster::new(2, 1, 2, TopicConfig::default());
    cluster.run_for(ms(100));
    for correlation in 1..=3 {
        cluster.produce(1, 1, correlation, Acks::All, 1);
    }
    cluster.disconnect(1, 1);
    cluster.run_for(ms(1_000));
    assert_eq!(cluster.log_end(1), 3);
    assert_eq!(cluster.answers(1).len(), 0);
}

#[test]
fn each_error_at_its_place() {
    let topic = TopicConfig { max_message_bytes: 300, segment_bytes: 200, ..TopicConfig::default() };
    let mut cluster = alone(topic);
    let other = TopicPartition::new(TopicId(0), PartitionId(9));
    assert_eq!(send(&mut cluster, other, Acks::One, batch(1)), Some(Err(KafkaError::UnknownTopicOrPartition)));
    assert_eq!(send(&mut cluster, P0, Acks::One, batch(30)), Some(Err(KafkaError::MessageTooLarge)));
    assert_eq!(send(&mut cluster, P0, Acks::One, batch(9)), Some(Err(KafkaError::RecordListTooLarge)));
    assert_eq!(send(&mut cluster, P0, Acks::One, corrupt()), Some(Err(KafkaError::CorruptMessage)));
    assert_eq!(send(&mut cluster, P0, Acks::One, at(EPOCH_MS + 7_200_000)), Some(Err(KafkaError::InvalidTimestamp)));
    let shifted = batch(1).batch().with_offset_and_epoch(Offset(5), LeaderEpoch(0));
    let shifted = ClientBatch::Received(shifted);
    assert_eq!(send(&mut cluster, P0, Acks::One, shifted), Some(Err(KafkaError::InvalidRecord)));
    assert_eq!(send(&mut cluster, P0, Acks::All, batch(1)), Some(Ok(0)), "none of them left anything behind");
}

fn corrupt() -> ClientBatch {
    let mut bytes = batch(1).batch().to_vec();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    ClientBatch::Received(RecordBatch::parse(&Bytes::from(bytes), 0).expect("its header is sound").0)
}

fn at(timestamp: i64) -> ClientBatch {
    let mut builder = RecordBatchBuilder::new(BatchOptions::default(), Vec::new());
    builder.append(timestamp, None, Some(b"late"), &[]);
    ClientBatch::Built(builder.close(ProducerState::NONE, &mut Compressor::default()).batch)
}

#[test]
fn a_request_with_several_partitions_is_answered_when_all_are_decided() {
    let mut cluster = Cluster::new(2, 2, 2, TopicConfig::default());
    cluster.run_for(ms(100));
    let p1 = TopicPartition::new(TopicId(0), PartitionId(1));
    let batches = vec![(P0, batch(1)), (p1, batch(1))];
    let request = ProduceRequest { acks: Acks::All, timeout: ms(30_000), batches };
    cluster.request(1, 1, 1, Request::Produce(request));
    assert_eq!(cluster.answers(1).len(), 0);
    cluster.run_for(ms(100));
    let Response::Produce(response) = &cluster.answers(1)[0].response else { panic!("a produce response") };
    let errors: Vec<_> = response.partitions.iter().map(|answer| answer.error).collect();
    assert_eq!(errors, [None, Some(KafkaError::NotLeaderOrFollower)], "broker 2 leads partition 1");
}

#[test]
fn offsets_and_metadata_are_answered() {
    let mut cluster = Cluster::new(2, 2, 2, TopicConfig::default());
    cluster.run_for(ms(100));
    cluster.produce(1, 1, 1, Acks::One, 3);
    let ask = |fetcher, query| Request::ListOffsets(ListOffsetsRequest { fetcher, partitions: vec![(P0, query)] });
    let follower = Fetcher::Follower { broker: broker(2), broker_epoch: 1 };
    let late = OffsetQuery::AtTimestamp(EPOCH_MS + 1);
    for (connection, request, expected) in [
        (10, ask(Fetcher::Consumer, OffsetQuery::Earliest), Ok(Some(Offset(0)))),
        (11, ask(Fetcher::Consumer, OffsetQuery::Latest), Ok(Some(Offset(0)))),
        (12, ask(follower, OffsetQuery::Latest), Ok(Some(Offset(3)))),
        (13, ask(Fetcher::Consumer, OffsetQuery::AtTimestamp(EPOCH_MS)), Ok(None)),
        (14, ask(follower, late), Ok(None)),
    ] {
        cluster.request(1, connection, 1, request);
        let Response::ListOffsets(response) = &cluster.answers(connection)[0].response else { panic!("offsets") };
        assert_eq!(response.partitions, [(P0, expected)], "connection {connection}");
    }
    cluster.request(2, 20, 1, Request::Metadata);
    let Response::Metadata(metadata) = &cluster.answers(20)[0].response else { panic!("metadata") };
    assert_eq!(metadata.brokers, [broker(1), broker(2)]);
    let leaders: Vec<_> = metadata.topics[0].partitions.iter().map(|partition| partition.leader).collect();
    assert_eq!(leaders, [Some(broker(1)), Some(broker(2))]);
}

#[test]
fn deleting_records_waits_for_the_followers_log_starts() {
    let mut cluster = Cluster::new(2, 1, 2, TopicConfig::default());
    cluster.run_for(ms(100));
    cluster.produce(1, 1, 1, Acks::All, 3);
    cluster.run_for(ms(1_000));
    let delete =
        |offset| Request::DeleteRecords(DeleteRecordsRequest { timeout: ms(30_000), partitions: vec![(P0, offset)] });
    cluster.request(1, 2, 1, delete(Some(Offset(9))));
    cluster.request(1, 3, 1, delete(Some(Offset(2))));
    assert_eq!(cluster.replica(1).log().log_start_offset(), Offset(2));
    assert_eq!(cluster.answers(3).len(), 0);
    cluster.run_for(ms(1_000));
    let answer = |connection| match &cluster.answers(connection)[0].response {
        Response::DeleteRecords(response) => response.partitions[0].1,
        _ => panic!("an answer to a deletion"),
    };
    assert_eq!(answer(2), Err(KafkaError::OffsetOutOfRange), "above the high watermark");
    assert_eq!(answer(3), Ok(Offset(2)));
    assert_eq!(cluster.replica(2).log().log_start_offset(), Offset(2));
    assert_eq!(cluster.consume(1, 1).error, Some(KafkaError::OffsetOutOfRange));
    assert_eq!(cluster.consume(1, 2).batches.len(), 1, "whole batches, of which the consumer skips the start");
}

#[test]
fn a_consumer_sees_what_is_below_the_high_watermark() {
    let mut cluster = Cluster::new(2, 1, 2, TopicConfig::default());
    cluster.run_for(ms(100));
    cluster.produce(1, 1, 1, Acks::One, 1);
    assert_eq!(cluster.consume(1, 0).batches.len(), 0);
    cluster.run_for(ms(100));
    let fetched = cluster.consume(1, 0);
    assert_eq!((fetched.batches.len(), fetched.high_watermark), (1, Offset(1)));
    assert_eq!(cluster.consume(1, 1).error, None, "at the high watermark there is nothing, and no error");
    assert_eq!(cluster.consume(1, 5).error, Some(KafkaError::OffsetOutOfRange));
}
