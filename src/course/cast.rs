//! Who stands on the stage, as numbers that a reader may change: brokers, partitions, replicas, producers, consumers.
//!
//! Kafka cannot change these in place (but for more partitions), so a change makes a new scenario, with the same seed and
//! commands, which runs from zero.

use crate::engine::common::limits;
use crate::engine::config::ConsumerConfig;
use crate::engine::sim::scenario::{ConsumerSpec, ProducerSpec};
use crate::engine::sim::{Client, Scenario, ScenarioError};

/// Most partitions that the stage shows.
pub const STAGE_PARTITIONS_MAX: u32 = 12;
/// Most replicas of a partition that the stage shows.
pub const STAGE_REPLICAS_MAX: u32 = 3;

/// One of the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CastPart {
    /// How many brokers.
    Brokers,
    /// Partitions of the first topic.
    Partitions,
    /// Replicas of each of its partitions.
    ReplicationFactor,
    /// How many producers.
    Producers,
    /// How many consumers.
    Consumers,
}

impl CastPart {
    /// Every part, in the order of the form.
    pub const ALL: [CastPart; 5] = [
        CastPart::Brokers,
        CastPart::Partitions,
        CastPart::ReplicationFactor,
        CastPart::Producers,
        CastPart::Consumers,
    ];

    /// Its word in the form.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            CastPart::Brokers => "brokers",
            CastPart::Partitions => "partitions",
            CastPart::ReplicationFactor => "replication factor",
            CastPart::Producers => "producers",
            CastPart::Consumers => "consumers",
        }
    }
}

/// The numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cast {
    /// How many brokers.
    pub brokers: u32,
    /// Partitions of the first topic.
    pub partitions: u32,
    /// Replicas of each of its partitions.
    pub replication_factor: u32,
    /// How many producers.
    pub producers: u32,
    /// How many consumers.
    pub consumers: u32,
}

impl Cast {
    /// Who stands on a scenario's stage.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Self {
        let topic = scenario.topics.first();
        Self {
            brokers: scenario.brokers.count,
            partitions: topic.map_or(0, |topic| topic.partitions),
            replication_factor: topic.map_or(0, |topic| topic.replication_factor),
            producers: scenario.producers.len() as u32,
            consumers: scenario.consumers.len() as u32,
        }
    }

    /// One of the numbers.
    #[must_use]
    pub fn get(&self, part: CastPart) -> u32 {
        match part {
            CastPart::Brokers => self.brokers,
            CastPart::Partitions => self.partitions,
            CastPart::ReplicationFactor => self.replication_factor,
            CastPart::Producers => self.producers,
            CastPart::Consumers => self.consumers,
        }
    }

    /// The least and the most that one of the numbers may be beside the others.
    #[must_use]
    pub fn range(&self, part: CastPart) -> (u32, u32) {
        match part {
            CastPart::Brokers => (1, limits::BROKERS_MAX as u32),
            CastPart::Partitions => (1, STAGE_PARTITIONS_MAX),
            CastPart::ReplicationFactor => (1, STAGE_REPLICAS_MAX.min(self.brokers)),
            CastPart::Producers => (1, limits::PRODUCERS_MAX as u32),
            CastPart::Consumers => (0, limits::CONSUMERS_MAX as u32),
        }
    }

    /// With one of the numbers changed, as near to what was asked for as its range allows; a replication factor that the
    /// brokers are too few for comes down with them.
    #[must_use]
    pub fn with(mut self, part: CastPart, number: u32) -> Self {
        let (least, most) = self.range(part);
        let number = number.clamp(least, most);
        match part {
            CastPart::Brokers => self.brokers = number,
            CastPart::Partitions => self.partitions = number,
            CastPart::ReplicationFactor => self.replication_factor = number,
            CastPart::Producers => self.producers = number,
            CastPart::Consumers => self.consumers = number,
        }
        self.replication_factor = self.replication_factor.min(self.brokers);
        self
    }

    /// The scenario with this cast. New producers and consumers are like the first one; a command that names somebody who is
    /// no longer there goes with them.
    ///
    /// # Errors
    /// What the scenario would break, with its place.
    pub fn applied_to(&self, mut scenario: Scenario) -> Result<Scenario, ScenarioError> {
        scenario.brokers.count = self.brokers;
        for topic in &mut scenario.topics {
            topic.replication_factor = topic.replication_factor.min(self.brokers);
        }
        if let Some(topic) = scenario.topics.first_mut() {
            topic.partitions = self.partitions;
            topic.replication_factor = self.replication_factor;
        }
        scenario.producers.truncate(self.producers as usize);
        scenario.consumers.truncate(self.consumers as usize);
        while scenario.producers.len() < self.producers as usize {
            let name = free_name(&scenario, 'p');
            let like = scenario.producers.first().cloned();
            scenario
                .producers
                .push(like.map_or_else(|| new_producer(&name), |like| ProducerSpec { name: name.clone(), ..like }));
        }
        while scenario.consumers.len() < self.consumers as usize {
            let name = free_name(&scenario, 'c');
            let like = scenario.consumers.first().cloned();
            scenario
                .consumers
                .push(like.map_or_else(|| new_consumer(&name), |like| ConsumerSpec { name: name.clone(), ..like }));
        }
        let commands = std::mem::take(&mut scenario.commands);
        scenario.commands = commands.into_iter().filter(|timed| timed.command.validate(&scenario).is_ok()).collect();
        scenario.validate()?;
        Ok(scenario)
    }
}

fn new_producer(name: &str) -> ProducerSpec {
    let client = Client::Java;
    ProducerSpec { name: name.to_string(), client, config: client.default_config(), workload: None }
}

fn new_consumer(name: &str) -> ConsumerSpec {
    ConsumerSpec { name: name.to_string(), topic: None, paused: false, config: ConsumerConfig::default() }
}

/// `p1`, `p2`, …: the first that nobody has.
fn free_name(scenario: &Scenario, letter: char) -> String {
    let taken = |name: &str| {
        scenario.producers.iter().any(|producer| producer.name == name)
            || scenario.consumers.iter().any(|consumer| consumer.name == name)
    };
    (1_u32..).map(|number| format!("{letter}{number}")).find(|name| !taken(name)).expect("names do not run out")
}

#[cfg(test)]
mod tests {
    use super::super::{PRESETS, Place, Preset, Room};
    use super::*;

    #[test]
    fn every_cast_of_every_preset_is_a_scenario() {
        for preset in PRESETS.iter() {
            let scenario = preset.scenario();
            for part in CastPart::ALL {
                let cast = Cast::of(&scenario);
                let (least, most) = cast.range(part);
                for number in least..=most {
                    let wanted = cast.with(part, number);
                    let made = wanted.applied_to(scenario.clone()).expect("the cast is within its range");
                    assert_eq!(Cast::of(&made), wanted, "{} {number} of {}", part.word(), preset.name);
                }
            }
        }
    }

    #[test]
    fn fewer_brokers_take_the_replication_factor_along() {
        let scenario = Preset::of(Place::Room(Room::Acks)).expect("the room has one").scenario();
        let two = Cast::of(&scenario).with(CastPart::Brokers, 2);
        assert_eq!((two.brokers, two.replication_factor), (2, 2));
        assert_eq!(two.with(CastPart::ReplicationFactor, 9).replication_factor, 2);
        assert_eq!(two.with(CastPart::Producers, 0).producers, 1);
    }
}
