//! A scenario: everything a run starts from. One format for the command line, presets, links, lessons and tests.
//!
//! `Scenario` is the checked form, with settings as typed structs. Reading and writing its JSON is in `scenario_json`.

use super::command::TimedCommand;
use super::links::Links;
use super::workload::Workload;
use crate::engine::common::{BrokerId, ControllerId, TopicId, VirtualTime, limits};
use crate::engine::config::{
    BrokerConfig, ConsumerConfig, ControllerConfig, EnableIdempotence, PartitionerClass, ProducerConfig, TopicConfig,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// The scenario format that this version reads and writes.
pub const SCENARIO_VERSION: u32 = 1;
/// The virtual date of a run's start unless a scenario says otherwise, in milliseconds since 1970.
pub const EPOCH_MS_DEFAULT: i64 = 1_700_000_000_000;

/// Everything a run starts from.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Seed of every random stream.
    pub seed: u64,
    /// Where `highwater run` stops; the page runs on.
    pub end: VirtualTime,
    /// Milliseconds since 1970 at virtual time 0: what a record's CreateTime counts from.
    pub epoch_ms: i64,
    /// The brokers, numbered from 1.
    pub brokers: BrokersSpec,
    /// The controllers, numbered from 1.
    pub controllers: ControllersSpec,
    /// The topics, created before the run begins.
    pub topics: Vec<TopicSpec>,
    /// The producers.
    pub producers: Vec<ProducerSpec>,
    /// The consumers.
    pub consumers: Vec<ConsumerSpec>,
    /// The links between all of these.
    pub links: Links,
    /// Commands that are given by themselves, ordered by time.
    pub commands: Vec<TimedCommand>,
}

/// How many brokers there are, and their settings.
#[derive(Clone, Debug, PartialEq)]
pub struct BrokersSpec {
    /// 1 to `BROKERS_MAX`.
    pub count: u32,
    /// The same for all.
    pub config: BrokerConfig,
}

/// How many controllers there are, and their settings.
#[derive(Clone, Debug, PartialEq)]
pub struct ControllersSpec {
    /// 1, 3 or 5: the voters of the metadata quorum.
    pub count: u32,
    /// The same for all.
    pub config: ControllerConfig,
}

impl Default for ControllersSpec {
    /// One controller, which leads alone.
    fn default() -> Self {
        Self { count: 1, config: ControllerConfig::default() }
    }
}

/// A topic.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicSpec {
    /// Its name.
    pub name: String,
    /// 1 to `PARTITIONS_MAX`.
    pub partitions: u32,
    /// 1 to the number of brokers.
    pub replication_factor: u32,
    /// Which brokers hold its partitions.
    pub placement: Placement,
    /// Its settings.
    pub config: TopicConfig,
}

/// Which brokers hold the partitions of a topic. In JSON: `"placement": "striped"`, or `"assignments": [[1, 2], [2, 3]]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Placement {
    /// Partition p on broker (p mod brokers) + 1 and the next ones: simplified, and the same for every seed, so that a run can be told.
    #[default]
    Ring,
    /// As KRaft places them, by chance of the seed.
    Striped,
    /// The replicas of each partition, the preferred leader first (`kafka-topics.sh --replica-assignment`).
    Assigned(Vec<Vec<BrokerId>>),
}

/// Which client library a producer is modelled on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Client {
    /// The Java client.
    #[default]
    Java,
    /// librdkafka: its partitioners, its sticky rule, its snappy framing, and no idempotence unless it is set. Its way of cutting batches is not modelled.
    Librdkafka,
}

impl Client {
    /// The settings of this client when nothing is set.
    #[must_use]
    pub fn default_config(self) -> ProducerConfig {
        match self {
            Client::Java => ProducerConfig::default(),
            Client::Librdkafka => ProducerConfig {
                partitioner_class: PartitionerClass::ConsistentRandom,
                enable_idempotence: EnableIdempotence::False,
                ..ProducerConfig::default()
            },
        }
    }
}

/// A producer.
#[derive(Clone, Debug, PartialEq)]
pub struct ProducerSpec {
    /// Its name on the page.
    pub name: String,
    /// The client library.
    pub client: Client,
    /// Its settings.
    pub config: ProducerConfig,
    /// What its application sends by itself.
    pub workload: Option<Workload>,
}

/// A consumer: it reads every partition of one topic.
#[derive(Clone, Debug, PartialEq)]
pub struct ConsumerSpec {
    /// Its name on the page.
    pub name: String,
    /// The topic's name; the scenario's first topic if none is given.
    pub topic: Option<String>,
    /// Whether it begins paused.
    pub paused: bool,
    /// Its settings.
    pub config: ConsumerConfig,
}

/// What is wrong with a scenario, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioError {
    /// Such as `producers[0].config` or `line 3, column 7`.
    pub place: String,
    /// A sentence.
    pub message: String,
}

impl ScenarioError {
    /// An error at a place.
    pub(super) fn at(place: impl Into<String>, message: impl fmt::Display) -> Self {
        Self { place: place.into(), message: message.to_string() }
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl std::error::Error for ScenarioError {}

impl Scenario {
    /// The ids of the brokers: 1, 2, ….
    pub fn broker_ids(&self) -> impl Iterator<Item = BrokerId> + use<> {
        (1..=i32::try_from(self.brokers.count).unwrap_or(0)).map(BrokerId)
    }

    /// The ids of the controllers: 1, 2, ….
    pub fn controller_ids(&self) -> impl Iterator<Item = ControllerId> + use<> {
        (1..=i32::try_from(self.controllers.count).unwrap_or(0)).map(ControllerId)
    }

    /// The topic with this name; the first one if no name is given.
    #[must_use]
    pub fn topic_id(&self, name: Option<&str>) -> Option<TopicId> {
        let at = name.map_or(Some(0), |name| self.topics.iter().position(|topic| topic.name == name))?;
        (at < self.topics.len()).then(|| TopicId(u16::try_from(at).expect("TOPICS_MAX fits in 16 bits")))
    }

    /// Checks every range and every name.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn validate(&self) -> Result<(), ScenarioError> {
        within("brokers.count", self.brokers.count, 1, limits::BROKERS_MAX)?;
        ensure_that("controllers.count", [1, 3, 5].contains(&self.controllers.count), || {
            format!("{} controllers can not be; a quorum has 1, 3 or 5", self.controllers.count)
        })?;
        within("endUs", self.end.0, 0, limits::END_US_MAX)?;
        within("epochMs", self.epoch_ms, 0, limits::EPOCH_MS_MAX)?;
        self.validate_topics()?;
        self.validate_clients()?;
        self.links.validate(self).map_err(|message| ScenarioError::at("links", message))?;
        ensure_that("commands", self.commands.len() <= limits::COMMANDS_MAX, || {
            format!("{} commands; at most {} are allowed", self.commands.len(), limits::COMMANDS_MAX)
        })?;
        for (at, timed) in self.commands.iter().enumerate() {
            timed.command.validate(self).map_err(|error| ScenarioError::at(format!("commands[{at}]"), error))?;
        }
        let early = self.commands.windows(2).position(|pair| pair[1].at < pair[0].at);
        match early {
            Some(at) => {
                Err(ScenarioError::at(format!("commands[{}].atUs", at + 1), "commands must be in order of time"))
            }
            None => Ok(()),
        }
    }

    fn validate_topics(&self) -> Result<(), ScenarioError> {
        within("topics: number of topics", self.topics.len(), 1, limits::TOPICS_MAX)?;
        for (at, topic) in self.topics.iter().enumerate() {
            let place = format!("topics[{at}]");
            let twice = self.topics[..at].iter().any(|other| other.name == topic.name);
            ensure_that(&format!("{place}.name"), !twice && !topic.name.is_empty(), || {
                format!("`{}` is empty or taken", topic.name)
            })?;
            within(&format!("{place}.partitions"), topic.partitions, 1, limits::PARTITIONS_MAX)?;
            within(&format!("{place}.replicationFactor"), topic.replication_factor, 1, self.brokers.count)?;
            self.validate_assignments(&place, topic)?;
            if let Some(conflict) = topic.config.conflict() {
                return Err(ScenarioError::at(format!("{place}.config"), conflict));
            }
        }
        Ok(())
    }

    fn validate_assignments(&self, place: &str, topic: &TopicSpec) -> Result<(), ScenarioError> {
        let Placement::Assigned(assignments) = &topic.placement else { return Ok(()) };
        let (given, wanted) = (assignments.len(), topic.partitions as usize);
        ensure_that(&format!("{place}.assignments"), given == wanted, || {
            format!("{given} assignments for {wanted} partitions")
        })?;
        for (at, replicas) in assignments.iter().enumerate() {
            let distinct: BTreeSet<BrokerId> = replicas.iter().copied().collect();
            let are_known = replicas.iter().all(|broker| self.broker_ids().any(|known| known == *broker));
            let is_right = distinct.len() == replicas.len() && replicas.len() == topic.replication_factor as usize;
            ensure_that(&format!("{place}.assignments[{at}]"), are_known && is_right, || {
                format!("{} different brokers of the scenario are needed", topic.replication_factor)
            })?;
        }
        Ok(())
    }

    fn validate_clients(&self) -> Result<(), ScenarioError> {
        within("producers: number of producers", self.producers.len(), 0, limits::PRODUCERS_MAX)?;
        within("consumers: number of consumers", self.consumers.len(), 0, limits::CONSUMERS_MAX)?;
        let mut names: Vec<&str> = Vec::new();
        let producers = self.producers.iter().map(|producer| ("producers", producer.name.as_str()));
        let consumers = self.consumers.iter().map(|consumer| ("consumers", consumer.name.as_str()));
        for (at, (list, name)) in producers.chain(consumers).enumerate() {
            let at = if list == "consumers" { at - self.producers.len() } else { at };
            let place = format!("{list}[{at}].name");
            ensure_that(&place, !name.is_empty() && !names.contains(&name), || format!("`{name}` is empty or taken"))?;
            names.push(name);
        }
        for (at, producer) in self.producers.iter().enumerate() {
            if let Some(conflict) = producer.config.conflict() {
                return Err(ScenarioError::at(format!("producers[{at}].config"), conflict));
            }
            if let Some(workload) = &producer.workload {
                let place = format!("producers[{at}].workload");
                workload.validate().map_err(|message| ScenarioError::at(&place, message))?;
                self.ensure_topic(&format!("{place}.topic"), workload.topic.as_deref())?;
            }
        }
        for (at, consumer) in self.consumers.iter().enumerate() {
            self.ensure_topic(&format!("consumers[{at}].topic"), consumer.topic.as_deref())?;
        }
        Ok(())
    }

    fn ensure_topic(&self, place: &str, name: Option<&str>) -> Result<(), ScenarioError> {
        let found = self.topic_id(name).is_some();
        ensure_that(place, found, || format!("there is no topic `{}`", name.unwrap_or_default()))
    }
}

/// Checks a number against a closed range.
fn within<T, L, M>(place: &str, value: T, least: L, most: M) -> Result<(), ScenarioError>
where
    T: TryInto<i128> + Copy + fmt::Display,
    L: TryInto<i128> + Copy + fmt::Display,
    M: TryInto<i128> + Copy + fmt::Display,
{
    let number = value.try_into().unwrap_or(i128::MAX);
    let (low, high) = (least.try_into().unwrap_or(i128::MIN), most.try_into().unwrap_or(i128::MAX));
    if (low..=high).contains(&number) {
        Ok(())
    } else {
        Err(ScenarioError::at(place, format!("{value} is out of range; {least} to {most} is allowed")))
    }
}

fn ensure_that(place: &str, ok: bool, message: impl FnOnce() -> String) -> Result<(), ScenarioError> {
    if ok { Ok(()) } else { Err(ScenarioError::at(place, message())) }
}
