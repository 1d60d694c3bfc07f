//! The consumers of a random run, and what is done to them: drawn from a stream of their own, so that what else a seed means does not depend
//! on them.

use super::plan::FAULTS_US;
use crate::engine::common::{Offset, Prng, Timestamp, VirtualTime};
use crate::engine::config::{AutoOffsetReset, ConsumerConfig};
use crate::engine::sim::command::{Command, TimedCommand};
use crate::engine::sim::generate::Dice;
use crate::engine::sim::scenario::{ConsumerSpec, EPOCH_MS_DEFAULT, Scenario};

/// One run in five has consumers: one to three, each as fast and as strict as it happens to be.
pub(super) fn add(scenario: &mut Scenario) {
    let mut dice = Dice(Prng::stream(scenario.seed, "swarm/consumers"));
    if !dice.chance(200) {
        return;
    }
    for number in 0..dice.pick(&[1, 1, 2, 3]) {
        let name = format!("c{number}");
        for _ in 0..dice.pick(&[0, 0, 1, 2]) {
            let at = VirtualTime(dice.between(FAULTS_US.0, FAULTS_US.1));
            scenario.commands.push(TimedCommand { at, command: command(&mut dice, &name) });
        }
        // Whoever was paused reads on in the end, so that every record is read that may be.
        let command = Command::ResumeConsumer { consumer: name.clone() };
        scenario.commands.push(TimedCommand { at: VirtualTime(FAULTS_US.1), command });
        scenario.consumers.push(consumer(&mut dice, name));
    }
}

fn consumer(dice: &mut Dice, name: String) -> ConsumerSpec {
    let reset = [AutoOffsetReset::Earliest, AutoOffsetReset::Earliest, AutoOffsetReset::Latest, AutoOffsetReset::None];
    let config = ConsumerConfig {
        auto_offset_reset: dice.pick(&reset),
        max_poll_records: dice.pick(&[1, 5, 500]),
        processing_us_per_record: dice.pick(&[0, 0, 300, 5_000]),
        fetch_min_bytes: dice.pick(&[1, 1, 200]),
        fetch_max_wait_ms: dice.signed(20, 200),
        request_timeout_ms: 600,
        socket_connection_setup_timeout_ms: 200,
        metadata_max_age_ms: dice.signed(300, 3_000),
        ..ConsumerConfig::default()
    };
    ConsumerSpec { name, topic: None, paused: dice.chance(100), config }
}

fn command(dice: &mut Dice, consumer: &str) -> Command {
    let (consumer, partition) = (consumer.to_string(), None);
    match dice.between(0, 5) {
        0 => Command::PauseConsumer { consumer },
        1 => Command::ResumeConsumer { consumer },
        2 => Command::SeekConsumerToBeginning { consumer, partition },
        3 => Command::SeekConsumerToEnd { consumer, partition },
        4 => {
            let timestamp_ms: Timestamp = EPOCH_MS_DEFAULT + dice.signed(0, FAULTS_US.1 / 1_000);
            Command::SeekConsumerToTimestamp { consumer, partition, timestamp_ms }
        }
        _ => Command::SeekConsumer { consumer, partition, offset: Offset(dice.signed(0, 60)) },
    }
}
