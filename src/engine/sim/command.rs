//! What may be done to a run from outside: a closed list. A run is its scenario, its seed and these, in order.
//!
//! In a scenario's JSON a command is `{"atUs": 1500, "do": "crashBroker", "broker": 1}`. Producers, consumers and
//! topics go by their names; the ends of a link by `broker-1`, `controller-1`, `controller` for every controller, or a
//! producer's or consumer's name. What each fault does and what of it TCP lets through is told in [`super::fault`].

pub use super::command_error::CommandError;
use super::content::Content;
use super::fault::{self, Way};
use super::scenario::Scenario;
use super::workload::Workload;
use crate::engine::common::{BrokerId, ControllerId, Offset, PartitionId, RecordId, VirtualTime, limits};
use crate::engine::config::{BrokerConfig, ConsumerConfig, ProducerConfig, TopicConfig, Value};
use serde::{Deserialize, Serialize};
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
    /// Cuts the power of a broker's machine: as a crash, and what was not flushed to the disk will be missing at its start.
    CutPower {
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
    /// Starts a crashed broker again with an empty log directory.
    RestartBrokerWithoutDisk {
        /// The broker.
        broker: BrokerId,
    },
    /// Stops a broker's process where it stands, as a long pause of its garbage collector does.
    FreezeBroker {
        /// The broker.
        broker: BrokerId,
    },
    /// Lets a frozen broker go on, with all that it believed.
    ThawBroker {
        /// The broker.
        broker: BrokerId,
    },
    /// Makes a broker's appends take so many times longer.
    SlowDisk {
        /// The broker.
        broker: BrokerId,
        /// How many times longer: 2 to `DISK_FACTOR_MAX`.
        factor: u32,
    },
    /// Makes a slow disk as fast as it was.
    RestoreDisk {
        /// The broker.
        broker: BrokerId,
    },
    /// Stops a broker's replica fetchers: it takes no more from any leader.
    StallFollower {
        /// The broker.
        broker: BrokerId,
    },
    /// Lets a stalled broker's replica fetchers go on.
    ResumeFollower {
        /// The broker.
        broker: BrokerId,
    },
    /// Cuts a link: what is sent does not arrive until it is healed, and neither end is told.
    CutLink {
        /// One end.
        a: String,
        /// The other end.
        b: String,
        /// Which direction is cut.
        #[serde(default, skip_serializing_if = "Way::is_both")]
        way: Way,
    },
    /// Makes a link whole again: no cut, no extra delay, no loss.
    HealLink {
        /// One end.
        a: String,
        /// The other end.
        b: String,
    },
    /// Makes every message of a link take longer, both ways, in place of what it took longer before.
    DelayLink {
        /// One end.
        a: String,
        /// The other end.
        b: String,
        /// How much longer, in microseconds; 0: no longer.
        delay_us: u64,
    },
    /// Loses packets of a link, both ways: TCP sends a lost one again, so a message comes late.
    LosePackets {
        /// One end.
        a: String,
        /// The other end.
        b: String,
        /// How many of a thousand messages lose a packet; 0: none.
        per_mille: u32,
    },
    /// Breaks the connection under messages of one direction: they do not arrive, and both ends learn of it.
    DropMessages {
        /// Who sends them.
        from: String,
        /// To whom.
        to: String,
        /// How many of the next ones.
        #[serde(default)]
        next: u32,
        /// How many of a thousand of all others, from the seed's chance.
        #[serde(default)]
        per_mille: u32,
    },
    /// Breaks the connection right after messages of one direction have arrived: their sender cannot know, and sends again.
    DuplicateMessages {
        /// Who sends them.
        from: String,
        /// To whom.
        to: String,
        /// How many of the next ones.
        next: u32,
    },
    /// Breaks the connection under the next answer to a produce request: it was appended, and the producer does not hear of it.
    LoseResponse {
        /// The producer's name.
        producer: String,
        /// The broker that answers.
        broker: BrokerId,
    },
    /// Cuts every link between nodes of different groups. Nodes of no group keep all their links.
    PartitionNetwork {
        /// The groups, two at least, each a list of nodes.
        groups: Vec<Vec<String>>,
    },
    /// Makes every link whole again.
    HealNetwork,
    /// Kills a producer's process: what has no outcome yet will never have one.
    KillProducer {
        /// The producer's name.
        producer: String,
    },
    /// Starts a killed producer again: another session, with another producer id if it is idempotent.
    RestartProducer {
        /// The producer's name.
        producer: String,
    },
    /// A producer's application calls `send()` again with every record of it that failed and was not sent again, or with one.
    Resend {
        /// The producer's name.
        producer: String,
        /// The record, whatever became of it; every failed one if none is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        record: Option<RecordId>,
    },
    /// Ends every fault: links whole, controllers running, brokers running with sound disks and fetching. A killed producer stays dead.
    Heal,
    /// Kills a controller's process. Its log, epoch and vote stay on its disk.
    CrashController {
        /// The controller.
        controller: ControllerId,
    },
    /// Starts a crashed controller again, on the same disk.
    RestartController {
        /// The controller.
        controller: ControllerId,
    },
    /// Stops a controller's process where it stands.
    FreezeController {
        /// The controller.
        controller: ControllerId,
    },
    /// Lets a frozen controller go on, with all that it believed.
    ThawController {
        /// The controller.
        controller: ControllerId,
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
    /// Changes a consumer's setting: closes that consumer and starts another one with it, at the positions that it had.
    SetConsumer {
        /// The consumer's name.
        consumer: String,
        /// Kafka's name of the setting.
        setting: String,
        /// Its new value.
        value: SettingContent,
    },
    /// Moves a consumer to the first offset of the log (`seekToBeginning`).
    SeekConsumerToBeginning {
        /// The consumer's name.
        consumer: String,
        /// The partition; all of its topic if none is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        partition: Option<PartitionId>,
    },
    /// Moves a consumer to the high watermark (`seekToEnd`).
    SeekConsumerToEnd {
        /// The consumer's name.
        consumer: String,
        /// The partition; all of its topic if none is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        partition: Option<PartitionId>,
    },
    /// Moves a consumer to the first record at or after a time (`offsetsForTimes`); if none is that late, to the high watermark.
    SeekConsumerToTimestamp {
        /// The consumer's name.
        consumer: String,
        /// The partition; all of its topic if none is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        partition: Option<PartitionId>,
        /// Milliseconds since 1970; the run begins at the scenario's `epochMs`.
        timestamp_ms: i64,
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
            Command::ShutDownBroker { broker } => known_broker(scenario, *broker),
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
            Command::PauseConsumer { consumer }
            | Command::ResumeConsumer { consumer }
            | Command::SeekConsumerToBeginning { consumer, .. }
            | Command::SeekConsumerToEnd { consumer, .. } => known_consumer(scenario, consumer),
            Command::SetConsumer { consumer, setting, value } => {
                known_consumer(scenario, consumer)?;
                Ok(ConsumerConfig::default().set(setting, &value.0)?)
            }
            Command::SeekConsumerToTimestamp { consumer, timestamp_ms, .. } => {
                known_consumer(scenario, consumer)?;
                within("timestampMs", *timestamp_ms, 0, i64::MAX)
            }
            Command::SeekConsumer { consumer, offset, .. } => {
                known_consumer(scenario, consumer)?;
                within("offset", offset.0, 0, i64::MAX)
            }
            fault => fault::validate(fault, scenario),
        }
    }
}

fn validate_send(scenario: &Scenario, producer: &str, record: &SendRecord, count: u32) -> Result<(), CommandError> {
    known_producer(scenario, producer)?;
    known_topic(scenario, record.topic.as_deref())?;
    within("count", i64::from(count), 1, limits::BLOCKED_SENDS_MAX as i64)
}

pub(super) fn known_producer(scenario: &Scenario, name: &str) -> Result<(), CommandError> {
    known("producer", name, scenario.producers.iter().any(|producer| producer.name == name))
}

fn known_consumer(scenario: &Scenario, name: &str) -> Result<(), CommandError> {
    known("consumer", name, scenario.consumers.iter().any(|consumer| consumer.name == name))
}

fn known_topic(scenario: &Scenario, name: Option<&str>) -> Result<(), CommandError> {
    known("topic", name.unwrap_or_default(), scenario.topic_id(name).is_some())
}

pub(super) fn known_broker(scenario: &Scenario, broker: BrokerId) -> Result<(), CommandError> {
    known("broker", &broker.to_string(), scenario.broker_ids().any(|known| known == broker))
}

pub(super) fn known_controller(scenario: &Scenario, controller: ControllerId) -> Result<(), CommandError> {
    known("controller", &controller.to_string(), scenario.controller_ids().any(|known| known == controller))
}

pub(super) fn known(kind: &'static str, name: &str, is_known: bool) -> Result<(), CommandError> {
    if is_known { Ok(()) } else { Err(CommandError::Unknown { kind, name: name.to_string() }) }
}

pub(super) fn within(name: &str, value: i64, least: i64, most: i64) -> Result<(), CommandError> {
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
