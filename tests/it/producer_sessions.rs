//! Producer sessions in a running cluster: calls that wait and are refused, settings that change, connections that break.
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use highwater::engine::common::{
    BrokerId, KafkaError, PartitionId, RecordId, SessionId, TopicId, TopicPartition, VirtualTime,
};
use highwater::engine::config::Value;
use highwater::engine::producer::partitioner::{crc32::crc32, murmur2::partition_for_key};
use highwater::engine::sim::event::{BlockReason, DisconnectReason};
use highwater::engine::sim::ledger::{Failure, Outcome};
use highwater::engine::sim::producer_session::Phase;
use highwater::engine::sim::{
    Command, Content, Event, EventKind, Figure, Limit, ProducerEvent, Scenario, SendRecord, SettingContent, Simulation,
};
use std::sync::Arc;

/// Three brokers, one topic of three partitions, one producer `p` with these settings and no workload.
fn scenario(client: &str, config: &str) -> Scenario {
    let text = format!(
        r#"{{"version": 1, "seed": 3, "endUs": 10000000,
            "brokers": {{"count": 3, "config": {{"broker.session.timeout.ms": 500, "broker.heartbeat.interval.ms": 100}}}},
            "topics": [{{"name": "t", "partitions": 3, "replicationFactor": 3}}],
            "producers": [{{"name": "p", "client": "{client}", "config": {config}}}],
            "consumers": [{{"name": "c", "config": {{"metadata.max.age.ms": 400, "auto.offset.reset": "earliest"}}}}]}}"#
    );
    Scenario::from_json(&text).unwrap()
}

fn start(config: &str) -> Simulation {
    let mut simulation = Simulation::new(Arc::new(scenario("java", config)));
    simulation.keep_events();
    simulation
}

fn ms(ms: u64) -> VirtualTime {
    VirtualTime(ms * 1000)
}

fn record(key: Option<&str>, value: &str) -> SendRecord {
    SendRecord { key: key.map_or(Content::NULL, Content::text), value: Content::text(value), ..SendRecord::default() }
}

fn send(simulation: &mut Simulation, record: SendRecord) {
    simulation.submit(Command::Send { producer: "p".into(), record }).unwrap();
}

fn set(simulation: &mut Simulation, setting: &str, value: Value) {
    let value = SettingContent(value);
    simulation.submit(Command::SetProducer { producer: "p".into(), setting: setting.into(), value }).unwrap();
}

fn outcome(simulation: &Simulation, id: u64) -> Outcome {
    simulation.state().ledger.record(RecordId(id)).unwrap().outcome
}

fn producer_events(events: Vec<Event>) -> Vec<(VirtualTime, ProducerEvent)> {
    let of_producer = |event: Event| match event.kind {
        EventKind::Producer { event: it, .. } => Some((event.at, it)),
        _ => None,
    };
    events.into_iter().filter_map(of_producer).collect()
}

#[test]
fn a_send_waits_for_metadata_and_then_goes_on() {
    let mut simulation = start("{}");
    send(&mut simulation, record(Some("k"), "v"));
    assert_eq!(simulation.state().current_session(0).unwrap().blocked_sends(), 1);
    simulation.advance_to(ms(200));
    let events = producer_events(simulation.take_events());
    let blocked = ProducerEvent::SendBlocked { record: RecordId(0), on: BlockReason::Metadata };
    assert!(events.iter().any(|(_, event)| *event == blocked));
    assert!(matches!(outcome(&simulation, 0), Outcome::Delivered { .. }));
    assert_eq!(simulation.state().current_session(0).unwrap().blocked_sends(), 0);
}

/// How a producer comes by its id, one word an event, up to its first produce request.
#[track_caller]
fn check_start(config: &str, crashes_the_broker_that_it_asks: bool, expected: &str) {
    let mut simulation = start(config);
    send(&mut simulation, record(Some("k"), "v"));
    let mut words = Vec::new();
    while words.last() != Some(&"sent") && words.len() < 12 {
        let next = simulation.next_at().filter(|next| *next < ms(5_000)).expect("something happens");
        simulation.advance_to(next);
        for (_, event) in producer_events(simulation.take_events()) {
            words.extend(match event {
                ProducerEvent::ProducerIdRequested { from } => {
                    if crashes_the_broker_that_it_asks && words.is_empty() {
                        simulation.submit(Command::CrashBroker { broker: from }).unwrap();
                    }
                    Some("asked")
                }
                ProducerEvent::ProducerIdRefused { error, .. } => {
                    assert_eq!(error, KafkaError::CoordinatorLoadInProgress);
                    Some("refused")
                }
                ProducerEvent::ProducerIdReceived { .. } => Some("received"),
                ProducerEvent::Disconnected { why: DisconnectReason::ByPeer, .. } => Some("broken"),
                ProducerEvent::Disconnected { why: DisconnectReason::RequestTimeout, .. } => Some("overdue"),
                ProducerEvent::RequestSent { .. } => Some("sent"),
                _ => None,
            });
        }
    }
    assert!(words.join(" ").starts_with(expected), "{config}: {words:?}");
}

#[test]
fn an_idempotent_producer_sends_nothing_before_it_has_an_id() {
    check_start("{}", false, "asked refused asked received sent");
    check_start(r#"{"enable.idempotence": false}"#, false, "sent");
    check_start(r#"{"acks": "1"}"#, false, "sent");
    check_start("{}", true, "asked broken asked refused asked received sent");
    check_start(r#"{"request.timeout.ms": 1}"#, false, "asked overdue asked overdue asked");
}

#[test]
fn without_any_broker_a_send_fails_after_max_block_ms() {
    let mut simulation = start(r#"{"max.block.ms": 700}"#);
    for broker in 1..=3 {
        simulation.submit(Command::CrashBroker { broker: BrokerId(broker) }).unwrap();
    }
    simulation.advance_to(ms(10));
    send(&mut simulation, record(None, "v"));
    simulation.advance_to(ms(709));
    assert_eq!(outcome(&simulation, 0), Outcome::Pending);
    simulation.advance_to(ms(710));
    assert_eq!(outcome(&simulation, 0), Outcome::Failed { at: ms(710), why: Failure::MetadataTimeout });
    let (id, refusal) = simulation.state().current_session(0).unwrap().last_refusal.as_ref().unwrap();
    assert_eq!((id.0, refusal.to_string().as_str()), (0, "Topic not present in metadata after max.block.ms."));
}

#[test]
fn memory_that_does_not_come_back_in_time_refuses_a_send() {
    // A record takes 1,000 bytes; there is room for two batches, and no answer comes within max.block.ms.
    let config = r#"{"buffer.memory": 2500, "batch.size": 1000, "linger.ms": 60000, "delivery.timeout.ms": 200000,
                     "max.block.ms": 300, "acks": "all"}"#;
    let mut simulation = start(config);
    simulation.advance_to(ms(50));
    simulation.submit(Command::CrashBroker { broker: BrokerId(1) }).unwrap();
    simulation.submit(Command::CrashBroker { broker: BrokerId(2) }).unwrap();
    simulation.submit(Command::CrashBroker { broker: BrokerId(3) }).unwrap();
    for partition in 0..3 {
        let record = SendRecord { partition: Some(PartitionId(partition)), ..record(None, &"x".repeat(900)) };
        send(&mut simulation, record);
    }
    simulation.advance_to(ms(349));
    assert_eq!(outcome(&simulation, 2), Outcome::Pending);
    simulation.advance_to(ms(350));
    assert_eq!(outcome(&simulation, 2), Outcome::Failed { at: ms(350), why: Failure::BufferExhausted });
    assert_eq!(outcome(&simulation, 1), Outcome::Pending, "what is in a batch waits on");
}

#[test]
fn a_record_that_is_too_large_is_refused_at_once() {
    let mut simulation = start(r#"{"max.request.size": 100}"#);
    simulation.advance_to(ms(50));
    send(&mut simulation, record(None, &"x".repeat(200)));
    assert_eq!(outcome(&simulation, 0), Outcome::Failed { at: ms(50), why: Failure::RecordTooLarge });
    assert_eq!(Failure::RecordTooLarge.exception(), "RecordTooLargeException");
}

#[test]
fn a_changed_setting_closes_the_producer_and_starts_another_with_its_own_row() {
    let mut simulation = start(r#"{"linger.ms": 500}"#);
    simulation.advance_to(ms(50));
    send(&mut simulation, record(Some("a"), "before"));
    set(&mut simulation, "linger.ms", Value::Int(0));
    send(&mut simulation, record(Some("a"), "after"));
    assert!(matches!(simulation.state().session(SessionId(0)).unwrap().phase, Phase::Closing { .. }));
    simulation.advance_to(ms(200));
    // Closing flushes: linger does not hold the first record up any more.
    assert!(matches!(outcome(&simulation, 0), Outcome::Delivered { .. }));
    assert!(matches!(outcome(&simulation, 1), Outcome::Delivered { .. }));
    assert_eq!(simulation.state().session(SessionId(0)).unwrap().phase, Phase::Closed);
    assert_eq!(simulation.state().current_session(0).unwrap().id, SessionId(1));
    let rows = simulation.state().ledger.rows();
    assert_eq!((rows.len(), rows[0].delivered, rows[1].delivered), (2, 1, 1));
}

#[test]
fn a_closing_producer_has_delivery_timeout_ms_at_most() {
    let mut simulation =
        start(r#"{"request.timeout.ms": 300, "delivery.timeout.ms": 400, "linger.ms": 0, "acks": "all"}"#);
    simulation.advance_to(ms(50));
    for broker in 1..=3 {
        simulation.submit(Command::CrashBroker { broker: BrokerId(broker) }).unwrap();
    }
    send(&mut simulation, record(None, "v"));
    set(&mut simulation, "acks", Value::Text("1".into()));
    simulation.advance_to(ms(451));
    assert_eq!(simulation.state().session(SessionId(0)).unwrap().phase, Phase::Closed);
    assert!(matches!(outcome(&simulation, 0), Outcome::Failed { .. }));
}

#[test]
fn an_answer_that_does_not_come_breaks_the_connection_and_leaves_the_outcome_unknown() {
    // With acks=all and a follower that is dead but in sync, the leader waits longer than the client does.
    let mut simulation =
        start(r#"{"request.timeout.ms": 200, "delivery.timeout.ms": 300, "linger.ms": 0, "retries": 0}"#);
    simulation.advance_to(ms(50));
    simulation.submit(Command::CrashBroker { broker: BrokerId(2) }).unwrap();
    send(&mut simulation, SendRecord { partition: Some(PartitionId(0)), ..record(None, "v") });
    simulation.advance_to(ms(400));
    let events = producer_events(simulation.take_events());
    let timed_out = ProducerEvent::Disconnected { broker: BrokerId(1), why: DisconnectReason::RequestTimeout };
    assert!(events.iter().any(|(_, event)| *event == timed_out), "{events:?}");
    let why = Failure::Error(KafkaError::RequestTimedOut);
    assert!(
        matches!(outcome(&simulation, 0), Outcome::Failed { why: told, .. } if told == why),
        "{:?}",
        outcome(&simulation, 0)
    );
    assert_eq!(simulation.state().ledger.list(Figure::Unknown, None), [RecordId(0)]);
    assert_eq!(simulation.state().ledger.list(Figure::Stored, None), [RecordId(0)], "it was appended all the same");
}

#[test]
fn the_client_library_decides_where_a_key_lands() {
    for (client, expected) in [
        ("java", partition_for_key(b"user-7", 3)),
        ("librdkafka", PartitionId(i32::try_from(crc32(b"user-7") % 3).unwrap())),
    ] {
        let mut simulation = Simulation::new(Arc::new(scenario(client, "{}")));
        simulation.advance_to(ms(50));
        send(&mut simulation, record(Some("user-7"), "v"));
        simulation.advance_to(ms(100));
        assert_eq!(simulation.state().ledger.record(RecordId(0)).unwrap().partition.partition, expected, "{client}");
    }
}

#[test]
fn added_partitions_are_used_once_metadata_tells_of_them() {
    let mut simulation = start(r#"{"linger.ms": 0, "metadata.max.age.ms": 400}"#);
    simulation.advance_to(ms(50));
    simulation.submit(Command::AddPartitions { topic: "t".into(), partitions: 6 }).unwrap();
    simulation.advance_to(ms(1_000));
    simulation
        .submit(Command::Burst { producer: "p".into(), count: 60, record: record(Some("user-{n}"), "v{n}") })
        .unwrap();
    simulation.advance_to(ms(2_000));
    let state = simulation.state();
    assert_eq!(state.ledger.totals().delivered, 60);
    let on_new = (3..6).any(|p| {
        let partition = TopicPartition::new(TopicId(0), PartitionId(p));
        let leader = state.ledger.partition(partition).unwrap().shown().unwrap();
        state.broker(leader).unwrap().partition(partition).unwrap().log().log_end_offset().0 > 0
    });
    assert!(on_new, "some of 60 keys land on the new partitions");
    let read = state.consumers[0].read;
    assert_eq!(read, 60, "the consumer finds them too");
}

#[test]
fn a_consumer_pauses_goes_on_and_reads_again() {
    let mut simulation = start(r#"{"linger.ms": 0}"#);
    simulation.advance_to(ms(50));
    let burst = Command::Burst { producer: "p".into(), count: 10, record: record(Some("k"), "v") };
    simulation.submit(burst.clone()).unwrap();
    simulation.advance_to(ms(500));
    assert_eq!(simulation.state().consumers[0].read, 10);
    simulation.submit(Command::PauseConsumer { consumer: "c".into() }).unwrap();
    simulation.submit(burst).unwrap();
    simulation.advance_to(ms(1_500));
    assert_eq!(simulation.state().consumers[0].read, 10);
    simulation.submit(Command::ResumeConsumer { consumer: "c".into() }).unwrap();
    simulation.advance_to(ms(3_000));
    assert_eq!(simulation.state().consumers[0].read, 20);
    let seek =
        Command::SeekConsumer { consumer: "c".into(), partition: None, offset: highwater::engine::common::Offset(0) };
    simulation.submit(seek).unwrap();
    simulation.advance_to(ms(4_000));
    assert_eq!(simulation.state().consumers[0].read, 40, "reading removes nothing");
}

#[test]
fn deleted_records_are_expired_and_not_lost() {
    let mut simulation = start(r#"{"linger.ms": 0, "batch.size": 1}"#);
    simulation.advance_to(ms(50));
    let of_partition = SendRecord { partition: Some(PartitionId(0)), ..record(None, "v") };
    simulation.submit(Command::Burst { producer: "p".into(), count: 10, record: of_partition }).unwrap();
    simulation.advance_to(ms(1_500));
    let before_offset = highwater::engine::common::Offset(4);
    let delete = Command::DeleteRecords { topic: "t".into(), partition: PartitionId(0), before_offset };
    simulation.submit(delete).unwrap();
    simulation.advance_to(ms(2_500));
    let ledger = &simulation.state().ledger;
    let expired: Vec<u64> = ledger.list(Figure::Expired, None).iter().map(|id| id.0).collect();
    assert_eq!(expired, [0, 1, 2, 3]);
    assert_eq!((ledger.totals().stored, ledger.totals().lost), (6, 0));
}

#[test]
fn a_run_that_has_all_the_records_it_may_keep_says_so_and_goes_on() {
    let mut scenario = scenario("java", r#"{"linger.ms": 20, "acks": "0"}"#);
    let workload = r#"{"ratePerSecond": 1000000, "values": "null", "startUs": 20000}"#;
    scenario.producers[0].workload = Some(serde_json::from_str(workload).unwrap());
    let mut simulation = Simulation::new(Arc::new(scenario));
    simulation.advance_to(ms(1_200));
    let state = simulation.state();
    assert_eq!(state.ledger.totals().sent, 1_000_000);
    assert_eq!(state.limit, Some(Limit::Records));
    assert!(Limit::Records.to_string().contains("at most 1000000 records"));
    let refused = simulation.submit(Command::Send { producer: "p".into(), record: record(None, "one more") });
    assert_eq!(refused.unwrap_err().to_string(), Limit::Records.to_string());
    simulation.advance_to(ms(1_300));
    assert_eq!(simulation.state().now, ms(1_300), "time goes on");
}

#[test]
fn a_run_that_has_all_the_bytes_it_may_keep_says_so() {
    let mut scenario = scenario("java", r#"{"linger.ms": 0, "acks": "0", "batch.size": 1000000}"#);
    let workload = r#"{"ratePerSecond": 5000, "values": {"json": {"bytes": 900000}}, "startUs": 20000}"#;
    scenario.producers[0].workload = Some(serde_json::from_str(workload).unwrap());
    scenario.topics[0].replication_factor = 1;
    scenario.links.client.bandwidth_bytes_per_second = 1_000_000_000_000;
    let mut simulation = Simulation::new(Arc::new(scenario));
    simulation.advance_to(ms(400));
    let state = simulation.state();
    assert_eq!(state.limit, Some(Limit::Bytes));
    assert!((550..650).contains(&state.ledger.totals().sent), "{}", state.ledger.totals().sent);
    assert!(Limit::Bytes.to_string().contains("at most 512 MiB"));
}
