//! What may be done to a run from outside: a closed list. A run is its scenario, its seed and these, in order.
//!
//! In a scenario's JSON a command is `{"atUs": 1500, "do": "crashBroker", "broker": 1}`. Producers, consumers and
//! topics go by their names. Faults other than a crash of the process belong to later work.

use super::content::Content;
use super::scenario::Scenario;
use super::workload::Workload;
use crate::engine::common::{BrokerId, Offset, PartitionId, VirtualTime, limits};
use crate::engine::config::{BrokerConfig, ConfigError, ProducerConfig, TopicConfig, Value};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::hash::{Hash, Hasher};

/// One header of a record to send.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeaderContent {
    /// The header's key: a text, never null.
    pub key: String,
    /// Its value.
    #[serde(default)]
    pub value: Content,
}

/// A record to send, as the application hands it to `send()`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SendRecord {
    /// The topic's name; the scenario's first topic if none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// The key.
    #[serde(default)]
    pub key: Content,
    /// The value.
    #[serde(default)]
    pub value: Content,
    /// The headers, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<HeaderContent>,
    /// A partition that the record names itself; no partitioner is asked then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<PartitionId>,
}

/// An act upon a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Command {
    /// A producer's application calls `send()` once.
    Send {
        /// The producer's name.
        producer: String,
        /// The record.
        record: SendRecord,
    },
    /// A producer's application calls `send()` `count` times in a row. `{n}` in a text key or value becomes 0, 1, 2, ….
    Burst {
        /// The producer's name.
        producer: String,
        /// How many records.
        count: u32,
        /// The record.
        record: SendRecord,
    },
    /// A producer's application calls `flush()`: every batch is sendable now.
    Flush {
        /// The producer's name.
        producer: String,
    },
    /// Starts or restarts a producer's workload, with what is given in place of what it was.
    StartWorkload {
        /// The producer's name.
        producer: String,
        /// The new workload; as it was if none is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        workload: Option<Workload>,
    },
    /// Stops a producer's workload; what was sent goes on.
    StopWorkload {
        /// The producer's name.
        producer: String,
    },
    /// Kills a broker's process. What it appended stays on its disk.
    CrashBroker {
        /// The broker.
        broker: BrokerId,
    },
    /// Asks a broker's process to stop in order (SIGTERM): it hands over what it leads, then ends.
    ShutDownBroker {
        /// The broker.
        broker: BrokerId,
    },
    /// An operator lets the first replica of a partition lead (`kafka-leader-election.sh --election-type PREFERRED`).
    ElectPreferred {
        /// The topic's name.
        topic: String,
        /// The partition; all of the topic if none is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        partition: Option<PartitionId>,
    },
    /// An operator lets any live replica of a leaderless partition lead (`kafka-leader-election.sh --election-type UNCLEAN`).
    ElectUnclean {
        /// The topic's name.
        topic: String,
        /// The partition; all of the topic if none is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        partition: Option<PartitionId>,
    },
    /// Starts a broker that is down again, on the same disk.
    RestartBroker {
        /// The broker.
        broker: BrokerId,
    },
    /// Changes a producer's setting: closes that producer and starts a new session with the setting.
    SetProducer {
        /// The producer's name.
        producer: String,
        /// Kafka's name of the setting.
        setting: String,
        /// Its new value.
        value: SettingContent,
    },
    /// Changes a topic's setting in place.
    SetTopic {
        /// The topic's name.
        topic: String,
        /// Kafka's name of the setting.
        setting: String,
        /// Its new value.
        value: SettingContent,
    },
    /// Changes a setting of all brokers in place.
    SetBroker {
        /// Kafka's name of the setting.
        setting: String,
        /// Its new value.
        value: SettingContent,
    },
    /// Grows a topic to this many partitions. Kafka cannot shrink one.
    AddPartitions {
        /// The topic's name.
        topic: String,
        /// The new number of partitions.
        partitions: u32,
    },
    /// Moves a partition's log start on its leader (Kafka's DeleteRecords): what is before `before_offset` may go.
    DeleteRecords {
        /// The topic's name.
        topic: String,
        /// The partition.
        partition: PartitionId,
        /// The first offset to keep; −1: the high watermark.
        before_offset: Offset,
    },
    /// Stops a consumer's fetching; it keeps its position.
    PauseConsumer {
        /// The consumer's name.
        consumer: String,
    },
    /// Lets a paused consumer go on.
    ResumeConsumer {
        /// The consumer's name.
        consumer: String,
    },
    /// Moves a consumer's position.
    SeekConsumer {
        /// The consumer's name.
        consumer: String,
        /// The partition; all of its topic if none is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        partition: Option<PartitionId>,
        /// The offset to read next.
        offset: Offset,
    },
}

/// A setting's value in a command: JSON's number, text or truth value.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct SettingContent(pub Value);

impl<'de> Deserialize<'de> for SettingContent {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = serde_json::Value::deserialize(deserializer)?;
        let value = Value::from_json(&json);
        value.map(Self).ok_or_else(|| serde::de::Error::custom("expected a number, a text, true or false"))
    }
}

impl Hash for SettingContent {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_string().hash(state);
    }
}

impl Hash for Command {
    /// The command's JSON: the one form that scenario, link and trace share.
    fn hash<H: Hasher>(&self, state: &mut H) {
        serde_json::to_string(self).expect("a command is plain data").hash(state);
    }
}

impl Command {
    /// Checks what does not depend on the moment: names, settings and ranges.
    ///
    /// # Errors
    /// What is unknown, or out of range.
    pub fn validate(&self, scenario: &Scenario) -> Result<(), CommandError> {
        match self {
            Command::Send { producer, record } => validate_send(scenario, producer, record, 1),
            Command::Burst { producer, record, count } => validate_send(scenario, producer, record, *count),
            Command::StartWorkload { producer, workload: Some(workload) } => {
                known_producer(scenario, producer)?;
                known_topic(scenario, workload.topic.as_deref())?;
                workload.validate().map_err(CommandError::OutOfRange)
            }
            Command::Flush { producer }
            | Command::StartWorkload { producer, workload: None }
            | Command::StopWorkload { producer } => known_producer(scenario, producer),
            Command::CrashBroker { broker }
            | Command::ShutDownBroker { broker }
            | Command::RestartBroker { broker } => known_broker(scenario, *broker),
            Command::ElectPreferred { topic, .. } | Command::ElectUnclean { topic, .. } => {
                known_topic(scenario, Some(topic))
            }
            Command::SetProducer { producer, setting, value } => {
                known_producer(scenario, producer)?;
                Ok(ProducerConfig::default().set(setting, &value.0)?)
            }
            Command::SetTopic { topic, setting, value } => {
                known_topic(scenario, Some(topic))?;
                Ok(TopicConfig::default().set(setting, &value.0)?)
            }
            Command::SetBroker { setting, value } => Ok(BrokerConfig::default().set(setting, &value.0)?),
            Command::AddPartitions { topic, partitions } => {
                known_topic(scenario, Some(topic))?;
                within("partitions", i64::from(*partitions), 1, limits::PARTITIONS_MAX as i64)
            }
            Command::DeleteRecords { topic, before_offset, .. } => {
                known_topic(scenario, Some(topic))?;
                within("beforeOffset", before_offset.0, -1, i64::MAX)
            }
            Command::PauseConsumer { consumer } | Command::ResumeConsumer { consumer } => {
                known_consumer(scenario, consumer)
            }
            Command::SeekConsumer { consumer, offset, .. } => {
                known_consumer(scenario, consumer)?;
                within("offset", offset.0, 0, i64::MAX)
            }
        }
    }
}

fn validate_send(scenario: &Scenario, producer: &str, record: &SendRecord, count: u32) -> Result<(), CommandError> {
    known_producer(scenario, producer)?;
    known_topic(scenario, record.topic.as_deref())?;
    within("count", i64::from(count), 1, limits::BLOCKED_SENDS_MAX as i64)
}

fn known_producer(scenario: &Scenario, name: &str) -> Result<(), CommandError> {
    known("producer", name, scenario.producers.iter().any(|producer| producer.name == name))
}

fn known_consumer(scenario: &Scenario, name: &str) -> Result<(), CommandError> {
    known("consumer", name, scenario.consumers.iter().any(|consumer| consumer.name == name))
}

fn known_topic(scenario: &Scenario, name: Option<&str>) -> Result<(), CommandError> {
    known("topic", name.unwrap_or_default(), scenario.topic_id(name).is_some())
}

fn known_broker(scenario: &Scenario, broker: BrokerId) -> Result<(), CommandError> {
    known("broker", &broker.to_string(), scenario.broker_ids().any(|known| known == broker))
}

fn known(kind: &'static str, name: &str, is_known: bool) -> Result<(), CommandError> {
    if is_known { Ok(()) } else { Err(CommandError::Unknown { kind, name: name.to_string() }) }
}

fn within(name: &str, value: i64, least: i64, most: i64) -> Result<(), CommandError> {
    let message = || format!("{name}: {value} is out of range; {least} to {most} is allowed");
    if (least..=most).contains(&value) { Ok(()) } else { Err(CommandError::OutOfRange(message())) }
}

/// A command and when it is given. It takes place after the events of that microsecond.
#[derive(Clone, Debug, PartialEq)]
pub struct TimedCommand {
    /// When.
    pub at: VirtualTime,
    /// What.
    pub command: Command,
}

/// Why a command was refused. Nothing changed then, and it is not part of the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandError {
    /// No producer, consumer, topic, partition or broker goes by this name.
    Unknown {
        /// Which kind of thing.
        kind: &'static str,
        /// The name that was given.
        name: String,
    },
    /// The setting or its value is none.
    Config(ConfigError),
    /// Settings that do not go together, in the words of Kafka's exception.
    Conflict(String),
    /// A number outside what is allowed.
    OutOfRange(String),
    /// It is so already, such as crashing a broker that is down.
    AlreadySo(String),
    /// The run has reached one of its limits.
    LimitReached(String),
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CommandError::Unknown { kind, name } => write!(f, "there is no {kind} `{name}`"),
            CommandError::Config(error) => error.fmt(f),
            CommandError::Conflict(text)
            | CommandError::OutOfRange(text)
            | CommandError::AlreadySo(text)
            | CommandError::LimitReached(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for CommandError {}

impl From<ConfigError> for CommandError {
    fn from(error: ConfigError) -> Self {
        CommandError::Config(error)
    }
}
