//! The scenario of a seed: one to three brokers, a partition or two, some dozen records, and faults in the middle of it.
//!
//! Time-outs are short and near each other, so that elections, retries, expiry and late answers meet within a virtual second.
//! Everything is mended at the end.

use super::readers;
use crate::engine::common::{Prng, VirtualTime};
use crate::engine::config::{Acks, BrokerConfig, CompressionType, EnableIdempotence, ProducerConfig, TopicConfig};
use crate::engine::sim::command::{Command, SendRecord, TimedCommand};
use crate::engine::sim::content::Content;
use crate::engine::sim::fault_schedule::{self, Drawn};
use crate::engine::sim::generate::{Dice, controller_config};
use crate::engine::sim::generate_compaction::{maybe_compact, maybe_delete_keys};
use crate::engine::sim::guarantees::Faults;
use crate::engine::sim::links::{LinkSpec, Links};
use crate::engine::sim::scenario::{
    BrokersSpec, Client, ControllersSpec, EPOCH_MS_DEFAULT, Placement, ProducerSpec, Scenario, TopicSpec,
};
use crate::engine::sim::workload::{Caller, Keys, Skew, Values, Workload};

/// Faults begin within this stretch, in microseconds.
pub(super) const FAULTS_US: (u64, u64) = (10_000, 900_000);
/// When everything is mended.
const MENDED_US: u64 = 1_000_000;

/// The random scenario of a seed. It is always valid.
#[must_use]
pub fn scenario(seed: u64) -> Scenario {
    let mut dice = Dice(Prng::stream(seed, "swarm"));
    let brokers = narrow(dice.pick(&[1, 2, 3, 3, 3, 3]));
    let replication_factor = narrow(dice.pick(&[1, 2, 3, 3]).min(u64::from(brokers)));
    let producers = (0..dice.pick(&[1, 1, 2])).map(|n| producer(&mut dice, n)).collect();
    let mut scenario = Scenario {
        seed,
        end: VirtualTime(MENDED_US),
        epoch_ms: EPOCH_MS_DEFAULT,
        brokers: BrokersSpec { count: brokers, config: broker_config(&mut dice) },
        controllers: controllers(seed),
        topics: vec![TopicSpec {
            placement: Placement::Ring,
            name: "t".to_string(),
            partitions: narrow(dice.pick(&[1, 1, 1, 2])),
            replication_factor,
            config: topic_config(&mut dice, replication_factor),
        }],
        producers,
        consumers: Vec::new(),
        links: links(&mut dice),
        commands: Vec::new(),
    };
    let count = dice.pick(&[0, 1, 1, 2, 2, 3, 4]);
    bursts(&mut dice, &mut scenario);
    let mut compaction = Dice(Prng::stream(seed, "swarm/compaction"));
    maybe_compact(&mut compaction, &mut scenario);
    maybe_delete_keys(&mut compaction, &mut scenario, VirtualTime(FAULTS_US.1));
    readers::add(&mut scenario);
    let drawn = drawn(&mut dice);
    fault_schedule::add(&mut dice, &mut scenario, drawn, count, FAULTS_US);
    if drawn.faults.failover {
        controller_faults(&mut scenario);
    }
    fault_schedule::heal(&mut scenario, VirtualTime(MENDED_US));
    scenario
}

/// What may go wrong: the less, the more is promised.
fn drawn(dice: &mut Dice) -> Drawn {
    let failover = dice.chance(800);
    let faults = Faults { connections: true, failover, storage: failover && dice.chance(350) };
    Drawn { faults, by_people: dice.chance(300), only_crashes: false, left_per_mille: 100 }
}

/// Drawn from a stream of its own, as are their faults: what else a seed means does not depend on them.
fn controllers(seed: u64) -> ControllersSpec {
    let mut dice = Dice(Prng::stream(seed, "swarm/controllers"));
    let config = controller_config(&mut dice, (50, 120), 10);
    ControllersSpec { count: narrow(dice.pick(&[1, 1, 3, 3, 5])), config }
}

/// About one run in four loses a controller for a while, or two.
fn controller_faults(scenario: &mut Scenario) {
    let mut dice = Dice(Prng::stream(scenario.seed, "swarm/controller-faults"));
    let count = dice.pick(&[0, 0, 0, 0, 1, 2]);
    fault_schedule::add_for_controllers(&mut dice, scenario, count, FAULTS_US);
}

fn narrow(number: u64) -> u32 {
    u32::try_from(number).expect("small")
}

fn broker_config(dice: &mut Dice) -> BrokerConfig {
    BrokerConfig {
        broker_session_timeout_ms: dice.signed(150, 400),
        broker_heartbeat_interval_ms: dice.signed(40, 70),
        replica_lag_time_max_ms: dice.signed(100, 500),
        replica_fetch_wait_max_ms: dice.signed(40, 150),
        replica_fetch_backoff_ms: dice.signed(10, 60),
        log_retention_check_interval_ms: dice.signed(200, 500),
        elr_version: dice.pick(&[0, 1, 1]),
        log_initial_task_delay_ms: dice.signed(100, 300),
        replica_socket_timeout_ms: dice.signed(200, 600),
        socket_connection_setup_timeout_ms: dice.signed(50, 300),
        page_cache_flush_ms: dice.pick(&[50, 300, 30_000]),
        request_handlers: dice.pick(&[1, 8]),
        ..BrokerConfig::default()
    }
}

fn topic_config(dice: &mut Dice, replication_factor: u32) -> TopicConfig {
    let mut config =
        TopicConfig { min_insync_replicas: dice.signed(1, u64::from(replication_factor)), ..TopicConfig::default() };
    if dice.chance(300) {
        config.segment_bytes = dice.signed(500, 2_000);
        config.index_interval_bytes = dice.signed(0, 300);
    }
    config.unclean_leader_election_enable = dice.chance(150);
    if dice.chance(100) {
        config.retention_bytes = dice.signed(1_000, 3_000);
    }
    if dice.chance(100) {
        config.max_message_bytes = dice.signed(200, 600);
    }
    config
}

fn producer(dice: &mut Dice, n: u64) -> ProducerSpec {
    let mut config = ProducerConfig {
        acks: dice.pick(&[Acks::Zero, Acks::One, Acks::All, Acks::All, Acks::All]),
        linger_ms: dice.pick(&[0, 2, 10]),
        batch_size: dice.pick(&[1, 200, 1_000]),
        compression_type: if dice.chance(50) { CompressionType::Lz4 } else { CompressionType::None },
        max_in_flight: dice.pick(&[1, 2, 5]),
        retries: dice.pick(&[0, i64::from(i32::MAX), i64::from(i32::MAX), i64::from(i32::MAX)]),
        request_timeout_ms: dice.signed(40, 400),
        retry_backoff_ms: dice.signed(2, 30),
        retry_backoff_max_ms: dice.signed(30, 100),
        reconnect_backoff_ms: dice.signed(2, 30),
        reconnect_backoff_max_ms: dice.signed(30, 100),
        metadata_max_age_ms: dice.signed(300, 3_000),
        max_block_ms: dice.signed(50, 500),
        socket_connection_setup_timeout_ms: dice.signed(50, 300),
        enable_idempotence: dice.pick(&[EnableIdempotence::Unset, EnableIdempotence::Unset, EnableIdempotence::False]),
        ..Client::Java.default_config()
    };
    config.delivery_timeout_ms = config.linger_ms + config.request_timeout_ms + dice.signed(0, 1_200);
    ProducerSpec { name: format!("p{n}"), client: Client::Java, config, workload: Some(workload(dice)) }
}

fn workload(dice: &mut Dice) -> Workload {
    let keys = if dice.chance(300) {
        Keys::Numbered { prefix: "k".to_string(), count: 3, skew: Skew::Even }
    } else {
        Keys::Null
    };
    Workload {
        topic: None,
        rate_per_second: narrow(dice.between(30, 400)),
        keys,
        values: Values::Random { min_bytes: 16, max_bytes: 40 },
        caller: if dice.chance(100) { Caller::Sync } else { Caller::Async },
        count: Some(dice.between(5, 40)),
        running: true,
        start_us: dice.between(0, 300_000),
    }
}

fn links(dice: &mut Dice) -> Links {
    let mut link = |most| LinkSpec {
        latency_us: dice.between(100, most),
        jitter_us: dice.between(0, most / 2),
        bandwidth_bytes_per_second: 10_000_000,
    };
    Links { client: link(10_000), broker: link(10_000), controller: link(4_000), between: Vec::new() }
}

/// Records sent at once, now and then.
fn bursts(dice: &mut Dice, scenario: &mut Scenario) {
    for _ in 0..dice.between(0, 2) {
        let producer = format!("p{}", dice.between(0, scenario.producers.len() as u64 - 1));
        let record = SendRecord { value: Content::text("burst {n}"), ..SendRecord::default() };
        let command = Command::Burst { producer, count: narrow(dice.between(2, 12)), record };
        let at = VirtualTime(dice.between(FAULTS_US.0, FAULTS_US.1));
        scenario.commands.push(TimedCommand { at, command });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_gives_a_valid_scenario_that_round_trips() {
        for seed in 0..300 {
            let made = scenario(seed);
            made.validate().unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            assert_eq!(Scenario::from_json(&made.to_json()).as_ref(), Ok(&made), "seed {seed}");
        }
    }
}
