//! Random scenarios from a seed: workloads, crashes, restarts, changed settings. For tests of determinism and of the ledger.
//!
//! Short runs with short time-outs, so that elections, retries, expiry, rolls and retention all occur in a few virtual
//! seconds. Values are random letters, long enough to be unique: a test can tell records apart by their bytes.

pub use super::generate_faults::{healed_at, scenario_with_faults};

use super::command::{Command, SendRecord, SettingContent, TimedCommand};
use super::content::Content;
use super::generate_compaction::maybe_compact;
use super::links::{LinkSpec, Links};
use super::scenario::{
    BrokersSpec, Client, ConsumerSpec, ControllersSpec, EPOCH_MS_DEFAULT, ProducerSpec, Scenario, TopicSpec,
};
use super::workload::{Caller, Keys, Skew, Values, Workload};
use crate::engine::common::{BrokerId, ControllerId, Offset, PartitionId, Prng, VirtualTime};
use crate::engine::config::{
    Acks, AutoOffsetReset, BrokerConfig, CompressionType, ConsumerConfig, ControllerConfig, EnableIdempotence,
    PartitionerClass, ProducerConfig, TopicConfig, Value,
};

/// Shortest and longest run, in microseconds.
const END_US: (u64, u64) = (1_500_000, 3_000_000);
/// Most commands.
const COMMANDS: u64 = 8;

/// The random scenario of a seed. It is always valid.
#[must_use]
pub fn scenario(seed: u64) -> Scenario {
    let mut dice = Dice(Prng::stream(seed, "generate"));
    let end = VirtualTime(dice.between(END_US.0, END_US.1));
    let brokers = u32::try_from(dice.pick(&[1, 2, 3, 3, 3, 4])).expect("small");
    let replication_factor = u32::try_from(dice.between(1, u64::from(brokers.min(3)))).expect("small");
    let partitions = u32::try_from(dice.between(1, 4)).expect("small");
    let mut producers = (0..dice.between(1, 2)).map(|n| producer(&mut dice, n)).collect::<Vec<_>>();
    let mut idempotence = Dice(Prng::stream(seed, "generate/idempotence"));
    producers.iter_mut().for_each(|producer| maybe_set_idempotence(&mut idempotence, producer));
    let has_consumers = dice.between(0, 1) == 1;
    let mut readers = Dice(Prng::stream(seed, "generate/consumers"));
    let consumers = if has_consumers { consumers(&mut readers) } else { Vec::new() };
    let mut scenario = Scenario {
        seed,
        end,
        epoch_ms: EPOCH_MS_DEFAULT,
        brokers: BrokersSpec { count: brokers, config: broker_config(&mut dice) },
        controllers: controllers(seed),
        topics: vec![TopicSpec {
            placement: super::scenario::Placement::Ring,
            name: "t".to_string(),
            partitions,
            replication_factor,
            config: topic_config(&mut dice, replication_factor),
        }],
        producers,
        consumers,
        links: links(&mut dice),
        commands: Vec::new(),
    };
    scenario.commands = commands(&mut dice, &scenario);
    let of_consumers = consumer_commands(&mut readers, &scenario);
    scenario.commands.extend(of_consumers);
    scenario.commands.sort_by_key(|timed| timed.at);
    maybe_compact(&mut Dice(Prng::stream(seed, "generate/compaction")), &mut scenario);
    scenario
}

/// A stream of its own, so that the rest of a seed's scenario does not depend on it.
fn controllers(seed: u64) -> ControllersSpec {
    let mut dice = Dice(Prng::stream(seed, "generate/controllers"));
    let config = controller_config(&mut dice, (50, 200), 25);
    ControllersSpec { count: dice.pick(&[1, 1, 3, 5]), config }
}

/// Short timeouts of a quorum that go together: an idle leader answers a fetch when it writes a NoOp record, which must come before the
/// fetch timeout. Kafka's own constant, 500 ms, would be too late.
pub(super) fn controller_config(dice: &mut Dice, election_ms: (u64, u64), linger_max_ms: u64) -> ControllerConfig {
    let election_timeout_ms = dice.signed(election_ms.0, election_ms.1);
    ControllerConfig {
        election_timeout_ms,
        fetch_timeout_ms: election_timeout_ms * 3,
        election_backoff_max_ms: election_timeout_ms,
        append_linger_ms: dice.signed(0, linger_max_ms),
        request_timeout_ms: election_timeout_ms * 3,
        max_idle_interval_ms: election_timeout_ms,
        ..ControllerConfig::default()
    }
}

/// Crashes and restarts of controllers, beside all that happens to the brokers.
fn controller_commands(scenario: &Scenario) -> Vec<(u64, Command)> {
    let mut dice = Dice(Prng::stream(scenario.seed, "generate/controller-commands"));
    let mut commands = Vec::new();
    for _ in 0..dice.between(0, 2) {
        let controller =
            ControllerId(i32::try_from(dice.between(1, u64::from(scenario.controllers.count))).expect("small"));
        let at = dice.between(0, scenario.end.0);
        commands.push((at, Command::CrashController { controller }));
        if dice.chance(850) {
            commands.push((at + dice.between(1_000, 800_000), Command::RestartController { controller }));
        }
    }
    commands
}

/// Draws for a generator.
pub(super) struct Dice(pub(super) Prng);

impl Dice {
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0.between(low, high)
    }
    pub(super) fn signed(&mut self, low: u64, high: u64) -> i64 {
        i64::try_from(self.0.between(low, high)).expect("small")
    }
    pub(super) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.0.below(of.len() as u64)).expect("small")]
    }
    pub(super) fn chance(&mut self, per_mille: u32) -> bool {
        self.0.chance(per_mille)
    }
}

fn broker_config(dice: &mut Dice) -> BrokerConfig {
    BrokerConfig {
        broker_session_timeout_ms: dice.signed(150, 600),
        broker_heartbeat_interval_ms: dice.signed(30, 100),
        replica_lag_time_max_ms: dice.signed(100, 1_000),
        replica_fetch_wait_max_ms: dice.signed(10, 200),
        replica_fetch_backoff_ms: dice.signed(10, 100),
        log_retention_check_interval_ms: dice.signed(100, 500),
        log_initial_task_delay_ms: dice.signed(0, 300),
        request_handlers: dice.pick(&[1, 2, 8]),
        ..BrokerConfig::default()
    }
}

fn topic_config(dice: &mut Dice, replication_factor: u32) -> TopicConfig {
    let mut config =
        TopicConfig { min_insync_replicas: dice.signed(1, u64::from(replication_factor)), ..TopicConfig::default() };
    if dice.chance(500) {
        config.segment_bytes = dice.signed(500, 4_000);
        config.index_interval_bytes = dice.signed(0, 500);
    }
    if dice.chance(400) {
        config.retention_bytes = dice.signed(1_000, 8_000);
    }
    if dice.chance(200) {
        config.retention_ms = dice.signed(200, 1_000);
    }
    if dice.chance(100) {
        config.max_message_bytes = dice.signed(150, 600);
    }
    config
}

fn producer(dice: &mut Dice, n: u64) -> ProducerSpec {
    let client = if dice.chance(200) { Client::Librdkafka } else { Client::Java };
    let mut config = ProducerConfig {
        acks: dice.pick(&[Acks::Zero, Acks::One, Acks::One, Acks::All, Acks::All]),
        linger_ms: dice.pick(&[0, 1, 5, 20]),
        batch_size: dice.pick(&[1, 200, 1_000, 16_384]),
        compression_type: dice.pick(&[
            CompressionType::None,
            CompressionType::None,
            CompressionType::Gzip,
            CompressionType::Snappy,
            CompressionType::Lz4,
            CompressionType::Zstd,
        ]),
        max_in_flight: dice.pick(&[1, 2, 5]),
        retries: dice.pick(&[0, 1, i64::from(i32::MAX)]),
        request_timeout_ms: dice.signed(100, 1_000),
        retry_backoff_ms: dice.signed(5, 60),
        retry_backoff_max_ms: dice.signed(60, 200),
        reconnect_backoff_ms: dice.signed(5, 50),
        reconnect_backoff_max_ms: dice.signed(50, 300),
        metadata_max_age_ms: dice.signed(200, 5_000),
        max_block_ms: dice.signed(50, 1_000),
        ..client.default_config()
    };
    config.delivery_timeout_ms = config.linger_ms + config.request_timeout_ms + dice.signed(0, 1_500);
    if dice.chance(200) {
        config.buffer_memory = dice.signed(2_000, 40_000);
        config.batch_size = config.batch_size.min(1_000);
    }
    if client == Client::Java && dice.chance(200) {
        config.partitioner_class = PartitionerClass::RoundRobin;
    }
    ProducerSpec { name: format!("p{n}"), client, config, workload: Some(workload(dice)) }
}

/// Sets `enable.idempotence`, if the other settings allow it: to true, to false, or not at all.
fn maybe_set_idempotence(dice: &mut Dice, producer: &mut ProducerSpec) {
    let not_set = producer.config.enable_idempotence;
    let drawn = dice.pick(&[not_set, EnableIdempotence::True, EnableIdempotence::False]);
    let config = ProducerConfig { enable_idempotence: drawn, ..producer.config.clone() };
    if config.conflict().is_none() {
        producer.config = config;
    }
}

fn workload(dice: &mut Dice) -> Workload {
    let numbered = |skew| Keys::Numbered { prefix: "user-".to_string(), count: 10, skew };
    let keys = match dice.between(0, 4) {
        0 | 1 => Keys::Null,
        2 => numbered(Skew::Even),
        3 => numbered(Skew::Hot { per_mille: 500 }),
        _ => numbered(Skew::Zipf),
    };
    let min_bytes = u32::try_from(dice.between(16, 40)).expect("small");
    let max_bytes = min_bytes + u32::try_from(dice.between(0, 60)).expect("small");
    Workload {
        topic: None,
        rate_per_second: u32::try_from(dice.between(20, 250)).expect("small"),
        keys,
        values: Values::Random { min_bytes, max_bytes },
        caller: if dice.chance(200) { Caller::Sync } else { Caller::Async },
        count: None,
        running: true,
        start_us: dice.between(0, 100_000),
    }
}

/// One to four, each at a speed of its own.
fn consumers(dice: &mut Dice) -> Vec<ConsumerSpec> {
    let one = |n: u64, dice: &mut Dice| {
        let config = ConsumerConfig {
            auto_offset_reset: dice.pick(&[AutoOffsetReset::Earliest, AutoOffsetReset::Latest, AutoOffsetReset::None]),
            max_poll_records: dice.pick(&[1, 3, 20, 500, 500]),
            processing_us_per_record: dice.pick(&[0, 0, 500, 5_000, 80_000]),
            fetch_min_bytes: dice.pick(&[1, 1, 400]),
            fetch_max_wait_ms: dice.pick(&[20, 500]),
            max_partition_fetch_bytes: dice.pick(&[100, 1_000, 1_048_576]),
            metadata_max_age_ms: dice.pick(&[300, 300_000]),
            ..ConsumerConfig::default()
        };
        ConsumerSpec { name: format!("c{n}"), topic: None, paused: dice.chance(100), config }
    };
    (0..dice.between(1, 4)).map(|n| one(n, dice)).collect()
}

/// Up to six commands for consumers.
fn consumer_commands(dice: &mut Dice, scenario: &Scenario) -> Vec<TimedCommand> {
    if scenario.consumers.is_empty() {
        return Vec::new();
    }
    let count = dice.between(0, 6);
    let one = |_| {
        let at = VirtualTime(dice.between(0, scenario.end.0));
        TimedCommand { at, command: consumer_command(dice, scenario) }
    };
    (0..count).map(one).collect()
}

fn consumer_command(dice: &mut Dice, scenario: &Scenario) -> Command {
    let consumer = format!("c{}", dice.between(0, scenario.consumers.len() as u64 - 1));
    let partitions = u64::from(scenario.topics[0].partitions);
    let partition =
        dice.chance(500).then(|| PartitionId(i32::try_from(dice.between(0, partitions - 1)).expect("small")));
    match dice.between(0, 6) {
        0 => Command::PauseConsumer { consumer },
        1 => Command::ResumeConsumer { consumer },
        2 => Command::SeekConsumer { consumer, partition, offset: Offset(dice.signed(0, 80)) },
        3 => Command::SeekConsumerToBeginning { consumer, partition },
        4 => Command::SeekConsumerToEnd { consumer, partition },
        5 => {
            let timestamp_ms = scenario.epoch_ms + dice.signed(0, scenario.end.0 / 1_000);
            Command::SeekConsumerToTimestamp { consumer, partition, timestamp_ms }
        }
        _ => {
            let setting = "model.processing.us.per.record".to_string();
            let value = SettingContent(Value::Int(dice.pick(&[0, 1_000, 20_000])));
            Command::SetConsumer { consumer, setting, value }
        }
    }
}

fn links(dice: &mut Dice) -> Links {
    let mut link = || LinkSpec {
        latency_us: dice.between(50, 6_000),
        jitter_us: dice.between(0, 2_000),
        bandwidth_bytes_per_second: 10_000_000,
    };
    Links { client: link(), broker: link(), controller: link(), between: Vec::new() }
}

fn commands(dice: &mut Dice, scenario: &Scenario) -> Vec<TimedCommand> {
    let mut commands = Vec::new();
    for _ in 0..dice.between(0, COMMANDS) {
        let at = dice.between(0, scenario.end.0);
        if dice.chance(450) {
            // A crash, and most of the time a restart after it.
            let broker = BrokerId(i32::try_from(dice.between(1, u64::from(scenario.brokers.count))).expect("small"));
            commands.push((at, Command::CrashBroker { broker }));
            if dice.chance(850) {
                commands.push((at + dice.between(1_000, 1_200_000), Command::RestartBroker { broker }));
            }
        } else {
            commands.push((at, command(dice, scenario)));
        }
    }
    commands.extend(controller_commands(scenario));
    commands.sort_by_key(|(at, _)| *at);
    commands.into_iter().map(|(at, command)| TimedCommand { at: VirtualTime(at), command }).collect()
}

fn command(dice: &mut Dice, scenario: &Scenario) -> Command {
    let producer = format!("p{}", dice.between(0, scenario.producers.len() as u64 - 1));
    let topic = "t".to_string();
    let partition =
        PartitionId(i32::try_from(dice.between(0, u64::from(scenario.topics[0].partitions) - 1)).expect("small"));
    let set = |value: i64| SettingContent(Value::Int(value));
    match dice.between(0, 11) {
        0 => Command::SetProducer { producer, setting: "linger.ms".into(), value: set(dice.pick(&[0, 3, 10])) },
        1 => Command::SetProducer { producer, setting: "acks".into(), value: set(dice.pick(&[0, 1, -1])) },
        2 => Command::SetProducer {
            producer,
            setting: "max.in.flight.requests.per.connection".into(),
            value: set(dice.pick(&[1, 5])),
        },
        3 => Command::SetTopic { topic, setting: "segment.bytes".into(), value: set(dice.signed(400, 3_000)) },
        4 => Command::SetTopic { topic, setting: "retention.bytes".into(), value: set(dice.signed(500, 5_000)) },
        5 => Command::SetBroker { setting: "replica.lag.time.max.ms".into(), value: set(dice.signed(50, 500)) },
        6 => Command::AddPartitions { topic, partitions: scenario.topics[0].partitions + 1 },
        7 => Command::DeleteRecords { topic, partition, before_offset: Offset(dice.signed(0, 60) - 1) },
        8 => Command::Flush { producer },
        9 => Command::StopWorkload { producer },
        10 => Command::StartWorkload { producer, workload: Some(workload(dice)) },
        _ => {
            let record = SendRecord {
                value: Content::text(&format!("by hand {} number {{n}}", dice.between(0, u64::MAX / 2))),
                partition: dice.chance(300).then_some(partition),
                ..SendRecord::default()
            };
            Command::Burst { producer, count: u32::try_from(dice.between(1, 30)).expect("small"), record }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_gives_a_valid_scenario_that_round_trips() {
        let scenarios = (0..500).flat_map(|seed| [(seed, scenario(seed)), (seed, scenario_with_faults(seed))]);
        for (seed, generated) in scenarios {
            generated.validate().unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            let text = generated.to_json();
            let read = Scenario::from_json(&text).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            assert_eq!(read, generated, "seed {seed}");
        }
    }
}
