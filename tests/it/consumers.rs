//! Consumers of a whole run: each at its own speed, with its own position, in the hands of retention, DeleteRecords, elections and
//! whoever moves it.
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use highwater::engine::common::{BrokerId, PartitionId, TopicId, TopicPartition, VirtualTime, limits};
use highwater::engine::consumer::ConsumerEvent;
use highwater::engine::sim::event::EventKind;
use highwater::engine::sim::{Command, Event, Scenario, Simulation};
use highwater::view::frame::{Activity, ConsumerFrame, Frame};
use serde_json::{Value, json};
use std::sync::Arc;

const P0: TopicPartition = TopicPartition { topic: TopicId(0), partition: PartitionId(0) };

/// One partition on two brokers, a producer of 100 records a second, and these consumers.
fn scenario(topic: &Value, consumers: &Value, commands: &Value) -> Scenario {
    let scenario = json!({
        "version": 1, "seed": 5, "endUs": 60_000_000,
        "brokers": {"count": 2, "config": {
            "broker.session.timeout.ms": 500, "broker.heartbeat.interval.ms": 100, "replica.lag.time.max.ms": 400,
            "replica.fetch.wait.max.ms": 50, "log.retention.check.interval.ms": 200, "log.initial.task.delay.ms": 100,
        }},
        "topics": [{"name": "orders", "partitions": 1, "replicationFactor": 2, "config": topic}],
        "producers": [{"name": "shop", "config": {"acks": "1", "linger.ms": 5}, "workload": {"ratePerSecond": 100}}],
        "consumers": consumers, "commands": commands,
    });
    Scenario::from_json(&scenario.to_string()).unwrap_or_else(|error| panic!("{error}"))
}

struct Run {
    simulation: Simulation,
    events: Vec<Event>,
}

impl Run {
    fn new(scenario: Scenario) -> Self {
        let mut simulation = Simulation::new(Arc::new(scenario));
        simulation.keep_events();
        Self { simulation, events: Vec::new() }
    }

    fn play_to_ms(&mut self, ms: u64) {
        self.simulation.advance_to(VirtualTime(ms * 1_000));
        self.events.extend(self.simulation.take_events());
    }

    fn submit(&mut self, command: Value) {
        self.simulation.submit(serde_json::from_value(command).unwrap()).unwrap();
    }

    fn consumer(&self, index: usize) -> ConsumerFrame {
        let state = self.simulation.state();
        Frame::of(state, state.now).consumers.swap_remove(index)
    }

    fn position(&self, index: usize) -> Option<i64> {
        self.consumer(index).positions[0].offset
    }

    fn high_watermark(&self) -> i64 {
        let state = self.simulation.state();
        let leader = state.metadata.partition(P0).unwrap().leader.unwrap();
        state.broker(leader).unwrap().partition(P0).unwrap().high_watermark().0
    }

    /// What a consumer did, by the names of its events: reads left out.
    fn told(&self, index: u32) -> Vec<String> {
        let told = self.events.iter().filter_map(|event| match &event.kind {
            EventKind::Consumer { consumer, event } if *consumer == index => match event {
                ConsumerEvent::Read { .. } | ConsumerEvent::FetchFailed { .. } => None,
                ConsumerEvent::PositionSet { position, .. } => Some(format!("at {position}")),
                ConsumerEvent::OutOfRange { position, .. } => Some(format!("{position} is out of range")),
                ConsumerEvent::TruncationDetected { position, diverges_at, .. } => {
                    Some(format!("{position} was cut, from {}", diverges_at.unwrap()))
                }
                ConsumerEvent::PollFailed { exception, .. } => Some(exception.exception().to_string()),
            },
            _ => None,
        });
        told.collect()
    }

    /// Records and offsets that a consumer has read, from one after another.
    fn ranges(&self, index: u32) -> Vec<(i64, i64, u32)> {
        let ranges = self.events.iter().filter_map(|event| match &event.kind {
            EventKind::Consumer { consumer, event: ConsumerEvent::Read { first_offset, next_offset, records, .. } }
                if *consumer == index =>
            {
                Some((first_offset.0, next_offset.0, *records))
            }
            _ => None,
        });
        ranges.collect()
    }
}

#[test]
fn a_slow_consumer_falls_behind_beside_a_fast_one_and_disturbs_nobody() {
    let slow =
        json!({"auto.offset.reset": "earliest", "max.poll.records": 5, "model.processing.us.per.record": 20_000});
    let consumers = json!([
        {"name": "fast", "config": {"auto.offset.reset": "earliest"}},
        {"name": "slow", "config": slow}]);
    let mut run = Run::new(scenario(
        &json!({}),
        &consumers,
        &json!([{"atUs": 4_000_000, "do": "stopWorkload", "producer": "shop"}]),
    ));
    run.play_to_ms(4_000);
    let (fast, slow) = (run.consumer(0), run.consumer(1));
    let high_watermark = run.high_watermark();
    assert!(fast.lag.unwrap() < 20, "{:?}", fast.lag);
    for consumer in [&fast, &slow] {
        assert_eq!(consumer.lag.unwrap(), high_watermark - consumer.positions[0].offset.unwrap(), "{}", consumer.name);
    }
    // 100 records a second come, 50 a second are worked on.
    assert!((180..=205).contains(&slow.read), "{}", slow.read);
    assert!(slow.lag.unwrap() > 150, "{:?}", slow.lag);
    assert!(slow.positions[0].buffered > 0, "fetched, and not polled");
    let Activity::Processing { records, done } = slow.activity else { panic!("{:?}", slow.activity) };
    assert!(records == 5 && done < 5, "{done} of {records}");
    run.play_to_ms(12_000);
    assert_eq!((run.consumer(1).lag, run.consumer(1).activity), (Some(0), Activity::Polling), "it has caught up");
    let ranges = run.ranges(1);
    assert!(ranges.iter().all(|(first, next, records)| *records <= 5 && next - first == i64::from(*records)));
    assert!(ranges.windows(2).all(|pair| pair[0].1 == pair[1].0), "each record once, in order");
    assert_eq!(run.consumer(0).read, run.consumer(1).read);
}

/// A consumer that polls 2 records a second while retention keeps about 60: what each policy makes of it.
#[track_caller]
fn check_overtaken_by_retention(reset: &str, check: impl Fn(&Run, &[String])) {
    let config = json!({"auto.offset.reset": reset, "max.poll.records": 1, "model.processing.us.per.record": 500_000});
    let topic = json!({"segment.bytes": 2_000, "retention.bytes": 4_000});
    let commands = json!([{"atUs": 1_000, "do": "seekConsumer", "consumer": "slow", "offset": 0}]);
    let fetch = json!({"name": "slow", "config": config});
    let mut run = Run::new(scenario(&topic, &json!([fetch]), &commands));
    // What waits in the consumer is read first; a small answer keeps that short.
    run.submit(json!({"do": "setConsumer", "consumer": "slow", "setting": "max.partition.fetch.bytes", "value": 100}));
    run.play_to_ms(20_000);
    let told = run.told(0);
    assert!(told.iter().any(|word| word.ends_with("is out of range")), "{told:?}");
    check(&run, &told);
}

#[test]
fn retention_overtakes_a_slow_consumer() {
    let after = |told: &[String]| {
        let gone = told.iter().position(|word| word.ends_with("is out of range")).unwrap();
        let number = |word: &str| word.split(' ').find_map(|part| part.parse::<i64>().ok()).unwrap();
        (number(&told[gone]), told.get(gone + 1).cloned().unwrap_or_else(|| panic!("{told:?}")))
    };
    check_overtaken_by_retention("earliest", |run, told| {
        let (gone, next) = after(told);
        let at: i64 = next.strip_prefix("at ").unwrap().parse().unwrap();
        assert!(at > gone, "{told:?}");
        let last: i64 = told.iter().rev().find_map(|word| word.strip_prefix("at ")).unwrap().parse().unwrap();
        assert!((run.consumer(0).read as i64) < last, "what was between was never read");
    });
    check_overtaken_by_retention("latest", |_, told| {
        let (gone, next) = after(told);
        let at: i64 = next.strip_prefix("at ").unwrap().parse().unwrap();
        assert!(at > gone + 50, "to the high watermark: {told:?}");
    });
    check_overtaken_by_retention("none", |run, told| {
        let (gone, next) = after(told);
        assert_eq!((next.as_str(), run.position(0)), ("OffsetOutOfRangeException", Some(gone)));
        let failed = Activity::Failed { exception: "OffsetOutOfRangeException", partition: 0 };
        assert_eq!(run.consumer(0).activity, failed);
    });
}

#[test]
fn delete_records_takes_the_offset_from_under_a_paused_consumer() {
    for (reset, expected) in [("earliest", "at 250"), ("none", "OffsetOutOfRangeException")] {
        let config = json!({"auto.offset.reset": reset});
        let mut run = Run::new(scenario(&json!({}), &json!([{"name": "c", "config": config}]), &json!([])));
        run.submit(json!({"do": "seekConsumer", "consumer": "c", "offset": 0}));
        run.play_to_ms(1_000);
        run.submit(json!({"do": "pauseConsumer", "consumer": "c"}));
        run.play_to_ms(4_000);
        run.submit(json!({"do": "deleteRecords", "topic": "orders", "partition": 0, "beforeOffset": 250}));
        run.play_to_ms(5_000);
        let before = run.consumer(0);
        run.submit(json!({"do": "resumeConsumer", "consumer": "c"}));
        run.play_to_ms(6_000);
        let told = run.told(0);
        let gone = told.iter().position(|word| word.ends_with("is out of range")).unwrap();
        assert_eq!(told[gone + 1], expected, "{told:?}");
        // What it had fetched before it was paused is read all the same.
        let in_hand = before.read + before.positions[0].buffered;
        assert_eq!(run.consumer(0).read > in_hand, reset == "earliest");
        assert!(run.consumer(0).read >= in_hand);
    }
}

#[test]
fn a_seek_ends_the_standstill_of_an_application_that_poll_told_to_choose() {
    let consumers = json!([{"name": "c", "config": {"auto.offset.reset": "none"}}]);
    let mut run = Run::new(scenario(&json!({}), &consumers, &json!([])));
    run.play_to_ms(1_000);
    assert_eq!(run.told(0), ["NoOffsetForPartitionException"]);
    assert_eq!((run.consumer(0).read, run.consumer(0).lag), (0, None));
    run.submit(json!({"do": "seekConsumerToBeginning", "consumer": "c"}));
    run.play_to_ms(2_000);
    assert_eq!(run.told(0)[1..], ["at 0"]);
    assert!(run.consumer(0).read > 100);
}

/// The first record of the leader's log with a timestamp at or after another, looked for one by one.
fn first_from(run: &Run, timestamp: i64) -> Option<i64> {
    let broker = run.simulation.state().broker(BrokerId(1)).unwrap();
    let log = broker.partition(P0).unwrap().log();
    let batches = log.segments().flat_map(|segment| segment.batches());
    let mut records = batches.flat_map(|stored| stored.batch.records().unwrap());
    records.find(|record| record.timestamp >= timestamp).map(|record| record.offset.0)
}

#[test]
fn a_replay_from_a_timestamp_begins_at_the_first_record_that_is_not_earlier() {
    let consumers = json!([{"name": "c", "config": {"auto.offset.reset": "latest"}}]);
    let topic = json!({"segment.bytes": 3_000, "index.interval.bytes": 200});
    let mut run = Run::new(scenario(&topic, &consumers, &json!([])));
    run.play_to_ms(3_000);
    let epoch_ms = run.simulation.state().scenario.epoch_ms;
    for ms in [0, 500, 1_234, 2_500] {
        let read = run.ranges(0).len();
        run.submit(json!({"do": "seekConsumerToTimestamp", "consumer": "c", "timestampMs": epoch_ms + ms}));
        let now = run.simulation.state().now.0 / 1_000;
        run.play_to_ms(now + 1_000);
        let expected = first_from(&run, epoch_ms + ms).unwrap();
        assert_eq!(run.ranges(0)[read..].first().map(|(first, ..)| *first), Some(expected), "{ms} ms");
        assert_eq!(run.told(0).last().unwrap(), &format!("at {expected}"));
    }
    run.submit(json!({"do": "stopWorkload", "producer": "shop"}));
    run.submit(json!({"do": "seekConsumerToTimestamp", "consumer": "c", "timestampMs": epoch_ms + 3_600_000}));
    run.play_to_ms(9_000);
    assert_eq!(run.position(0), Some(run.high_watermark()), "no record is that late: the end");
}

#[test]
fn an_unclean_election_takes_what_was_read_and_the_consumer_notices() {
    let topic = json!({"unclean.leader.election.enable": true});
    let consumers = json!([
        {"name": "first", "config": {"auto.offset.reset": "earliest"}},
        {"name": "none", "config": {"auto.offset.reset": "none"}}]);
    let commands = json!([
        {"atUs": 1_000, "do": "seekConsumer", "consumer": "none", "offset": 0},
        {"atUs": 1_000_000, "do": "crashBroker", "broker": 2},
        {"atUs": 4_000_000, "do": "stopWorkload", "producer": "shop"},
        {"atUs": 5_000_000, "do": "crashBroker", "broker": 1},
        {"atUs": 5_100_000, "do": "restartBroker", "broker": 2}]);
    let mut run = Run::new(scenario(&topic, &consumers, &commands));
    run.play_to_ms(4_900);
    let read_up_to = run.position(0).unwrap();
    assert!(read_up_to > 350, "the last replica in sync committed alone: {read_up_to}");
    run.play_to_ms(10_000);
    let end = run.high_watermark();
    assert!(end < 150, "broker 2 never had the others: {end}");
    let cut = format!("{read_up_to} was cut, from {end}");
    assert!(run.told(0).ends_with(&[cut.clone(), format!("at {end}")]), "{:?}", run.told(0));
    assert!(run.told(1).ends_with(&[cut, "LogTruncationException".to_string()]), "{:?}", run.told(1));
}

#[test]
fn a_scenario_may_have_many_consumers_and_says_what_is_wrong_with_one() {
    let many = |count: usize| -> Value { (0..count).map(|n| json!({"name": format!("c{n}")})).collect() };
    let mut run = Run::new(scenario(&json!({}), &many(limits::CONSUMERS_MAX), &json!([])));
    run.play_to_ms(2_000);
    let state = run.simulation.state();
    let frame = Frame::of(state, state.now);
    assert!(
        frame.consumers.len() == limits::CONSUMERS_MAX && frame.consumers.iter().all(|consumer| consumer.read > 100)
    );
    let base = scenario(&json!({}), &json!([{"name": "c"}]), &json!([])).to_json();
    let refused = |consumer: &Value| {
        let mut scenario: Value = serde_json::from_str(&base).unwrap();
        scenario["consumers"] = consumer.clone();
        Scenario::from_json(&scenario.to_string()).unwrap_err().to_string()
    };
    for (consumers, sentence) in [
        (many(17), "consumers: number of consumers: 17 is out of range; 0 to 16 is allowed"),
        (
            json!([{"name": "c", "config": {"auto.offset.reset": "sometimes"}}]),
            "consumers[0].config: auto.offset.reset: `sometimes` is not one of earliest, latest, none",
        ),
        (
            json!([{"name": "c", "config": {"max.poll.records": 0}}]),
            "consumers[0].config: max.poll.records: 0 is out of range; 1 to 2147483647 is allowed",
        ),
    ] {
        assert_eq!(refused(&consumers), sentence);
    }
    let unknown = Command::SeekConsumerToEnd { consumer: "x".into(), partition: None };
    assert!(run.simulation.submit(unknown).is_err());
}
