//! A scenario's JSON, read strictly and written briefly.
//!
//! An unknown key or a value out of range is an error with its place. Written back, a setting at its client's default is
//! left out; reading that text again gives an equal scenario.

use super::command::{Command, TimedCommand};
use super::links::Links;
use super::scenario::{
    BrokersSpec, Client, ConsumerSpec, ControllersSpec, EPOCH_MS_DEFAULT, Placement, ProducerSpec, SCENARIO_VERSION,
    Scenario, ScenarioError, TopicSpec,
};
use super::workload::Workload;
use crate::engine::common::{BrokerId, VirtualTime};
use crate::engine::config::{
    BrokerConfig, ConfigError, ConsumerConfig, ControllerConfig, EnableIdempotence, ProducerConfig, Setting,
    TopicConfig, Value,
};
use serde::{Deserialize, Serialize};
use serde_json::Map;

type Json = serde_json::Value;
type Settings = Map<String, Json>;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    version: u32,
    #[serde(default)]
    seed: u64,
    end_us: u64,
    #[serde(default = "epoch_ms_default")]
    epoch_ms: i64,
    brokers: WrittenBrokers,
    #[serde(default, skip_serializing_if = "WrittenControllers::is_default")]
    controllers: WrittenControllers,
    topics: Vec<WrittenTopic>,
    #[serde(default)]
    producers: Vec<WrittenProducer>,
    #[serde(default)]
    consumers: Vec<WrittenConsumer>,
    #[serde(default)]
    links: Links,
    #[serde(default)]
    commands: Vec<Settings>,
}

fn epoch_ms_default() -> i64 {
    EPOCH_MS_DEFAULT
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WrittenBrokers {
    count: u32,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    config: Settings,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WrittenControllers {
    #[serde(default = "one_controller")]
    count: u32,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    config: Settings,
}

impl Default for WrittenControllers {
    fn default() -> Self {
        Self { count: one_controller(), config: Map::new() }
    }
}

impl WrittenControllers {
    fn is_default(&self) -> bool {
        self.count == one_controller() && self.config.is_empty()
    }
}

fn one_controller() -> u32 {
    ControllersSpec::default().count
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WrittenTopic {
    name: String,
    partitions: u32,
    replication_factor: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    placement: Option<WrittenPlacement>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    assignments: Option<Vec<Vec<BrokerId>>>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    config: Settings,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum WrittenPlacement {
    Ring,
    Striped,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WrittenProducer {
    name: String,
    #[serde(default)]
    client: Client,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    config: Settings,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    workload: Option<Workload>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WrittenConsumer {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    topic: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    paused: bool,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    config: Settings,
}

impl Scenario {
    /// Reads a scenario's JSON.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place: a line and column, or a path such as `producers[0].config`.
    pub fn from_json(text: &str) -> Result<Scenario, ScenarioError> {
        let json: Json = serde_json::from_str(text).map_err(|error| no_json(text, &error))?;
        // Another version may have other keys: what it is comes before what is missing.
        if let Some(version) =
            json.get("version").and_then(Json::as_u64).filter(|it| *it != u64::from(SCENARIO_VERSION))
        {
            let message = format!("{version} is not known here; this program reads version {SCENARIO_VERSION}");
            return Err(ScenarioError::at("version", message));
        }
        // From the text and not from its tree: only so has an error its line.
        let written: Written = serde_json::from_str(text).map_err(|error| located(&error))?;
        let scenario = written.into_scenario()?;
        scenario.validate()?;
        Ok(scenario)
    }

    /// The scenario as JSON, indented.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(&Written::from_scenario(self)).expect("a scenario is plain data")
    }
}

/// A text that is no JSON at all, or breaks off.
fn no_json(text: &str, error: &serde_json::Error) -> ScenarioError {
    let located = located(error);
    let why = match text.trim_start().chars().next() {
        None => "there is no text".to_string(),
        Some('{') => located.message,
        Some(_) => "a scenario is an object and begins with `{`".to_string(),
    };
    ScenarioError::at(located.place, format!("This is not JSON: {why}"))
}

/// serde puts the place at the end of its message; it belongs in front.
fn located(error: &serde_json::Error) -> ScenarioError {
    let text = error.to_string();
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    ScenarioError::at(format!("line {}, column {}", error.line(), error.column()), message)
}

impl Written {
    fn into_scenario(self) -> Result<Scenario, ScenarioError> {
        let mut broker_config = BrokerConfig::default();
        apply("brokers.config", &self.brokers.config, |name, value| broker_config.set(name, value))?;
        let mut controllers = ControllersSpec { count: self.controllers.count, ..ControllersSpec::default() };
        let settings = &self.controllers.config;
        apply("controllers.config", settings, |name, value| controllers.config.set(name, value))?;
        let topics = self.topics.into_iter().enumerate().map(|(at, topic)| topic.into_spec(at));
        let producers = self.producers.into_iter().enumerate().map(|(at, producer)| producer.into_spec(at));
        let consumers = self.consumers.into_iter().enumerate().map(|(at, consumer)| consumer.into_spec(at));
        let commands = self.commands.into_iter().enumerate().map(|(at, command)| timed_command(at, command));
        Ok(Scenario {
            seed: self.seed,
            end: VirtualTime(self.end_us),
            epoch_ms: self.epoch_ms,
            brokers: BrokersSpec { count: self.brokers.count, config: broker_config },
            controllers,
            topics: topics.collect::<Result<_, _>>()?,
            producers: producers.collect::<Result<_, _>>()?,
            consumers: consumers.collect::<Result<_, _>>()?,
            links: self.links,
            commands: commands.collect::<Result<_, _>>()?,
        })
    }

    fn from_scenario(scenario: &Scenario) -> Self {
        Self {
            version: SCENARIO_VERSION,
            seed: scenario.seed,
            end_us: scenario.end.0,
            epoch_ms: scenario.epoch_ms,
            brokers: WrittenBrokers {
                count: scenario.brokers.count,
                config: changed(&BrokerConfig::settings(), |name| {
                    (scenario.brokers.config.get(name), BrokerConfig::default().get(name))
                }),
            },
            controllers: WrittenControllers {
                count: scenario.controllers.count,
                config: changed(&ControllerConfig::settings(), |name| {
                    (scenario.controllers.config.get(name), ControllerConfig::default().get(name))
                }),
            },
            topics: scenario.topics.iter().map(WrittenTopic::from_spec).collect(),
            producers: scenario.producers.iter().map(WrittenProducer::from_spec).collect(),
            consumers: scenario.consumers.iter().map(WrittenConsumer::from_spec).collect(),
            links: scenario.links.clone(),
            commands: scenario.commands.iter().map(written_command).collect(),
        }
    }
}

impl WrittenTopic {
    fn into_spec(self, at: usize) -> Result<TopicSpec, ScenarioError> {
        let mut config = TopicConfig::default();
        apply(&format!("topics[{at}].config"), &self.config, |name, value| config.set(name, value))?;
        let placement = match (self.placement, self.assignments) {
            (Some(_), Some(_)) => {
                let place = format!("topics[{at}].placement");
                return Err(ScenarioError::at(place, "give a placement or assignments, not both"));
            }
            (_, Some(assignments)) => Placement::Assigned(assignments),
            (Some(WrittenPlacement::Striped), None) => Placement::Striped,
            (Some(WrittenPlacement::Ring) | None, None) => Placement::Ring,
        };
        Ok(TopicSpec {
            name: self.name,
            partitions: self.partitions,
            replication_factor: self.replication_factor,
            placement,
            config,
        })
    }

    fn from_spec(spec: &TopicSpec) -> Self {
        Self {
            name: spec.name.clone(),
            partitions: spec.partitions,
            replication_factor: spec.replication_factor,
            placement: (spec.placement == Placement::Striped).then_some(WrittenPlacement::Striped),
            assignments: match &spec.placement {
                Placement::Assigned(assignments) => Some(assignments.clone()),
                Placement::Ring | Placement::Striped => None,
            },
            config: changed(&TopicConfig::settings(), |name| (spec.config.get(name), TopicConfig::default().get(name))),
        }
    }
}

impl WrittenProducer {
    fn into_spec(self, at: usize) -> Result<ProducerSpec, ScenarioError> {
        let mut config = self.client.default_config();
        apply(&format!("producers[{at}].config"), &self.config, |name, value| config.set(name, value))?;
        Ok(ProducerSpec { name: self.name, client: self.client, config, workload: self.workload })
    }

    fn from_spec(spec: &ProducerSpec) -> Self {
        let defaults = spec.client.default_config();
        let mut config = changed(&ProducerConfig::settings(), |name| (spec.config.get(name), defaults.get(name)));
        if spec.config.enable_idempotence == EnableIdempotence::True {
            // Set to its default is more than not set.
            config.insert("enable.idempotence".to_string(), Json::Bool(true));
        }
        Self { name: spec.name.clone(), client: spec.client, config, workload: spec.workload.clone() }
    }
}

impl WrittenConsumer {
    fn into_spec(self, at: usize) -> Result<ConsumerSpec, ScenarioError> {
        let mut config = ConsumerConfig::default();
        apply(&format!("consumers[{at}].config"), &self.config, |name, value| config.set(name, value))?;
        Ok(ConsumerSpec { name: self.name, topic: self.topic, paused: self.paused, config })
    }

    fn from_spec(spec: &ConsumerSpec) -> Self {
        Self {
            name: spec.name.clone(),
            topic: spec.topic.clone(),
            paused: spec.paused,
            config: changed(&ConsumerConfig::settings(), |name| {
                (spec.config.get(name), ConsumerConfig::default().get(name))
            }),
        }
    }
}

/// Applies a `config` object, row by row.
fn apply(
    place: &str,
    settings: &Settings,
    mut set: impl FnMut(&str, &Value) -> Result<(), ConfigError>,
) -> Result<(), ScenarioError> {
    for (name, json) in settings {
        let value = Value::from_json(json).ok_or_else(|| {
            ScenarioError::at(place, format!("{name}: `{json}` is not a number, a text, true or false"))
        })?;
        set(name, &value).map_err(|error| ScenarioError::at(place, error))?;
    }
    Ok(())
}

/// The settings that differ from their default.
fn changed(rows: &[Setting], get: impl Fn(&str) -> (Option<Value>, Option<Value>)) -> Settings {
    let differing = rows.iter().filter_map(|row| {
        let (value, default) = get(row.name);
        let value = value.filter(|value| default.as_ref() != Some(value))?;
        Some((row.name.to_string(), serde_json::to_value(value).expect("a setting's value is plain data")))
    });
    differing.collect()
}

/// Not inlined: reading commands is a large piece of the program, and the page opens with a scenario that has none.
#[inline(never)]
fn timed_command(at: usize, mut object: Settings) -> Result<TimedCommand, ScenarioError> {
    let place = format!("commands[{at}]");
    let time = object.remove("atUs").and_then(|json| json.as_u64());
    let time =
        time.ok_or_else(|| ScenarioError::at(format!("{place}.atUs"), "a whole number of microseconds is needed"))?;
    let command: Command =
        serde_json::from_value(Json::Object(object)).map_err(|error| ScenarioError::at(&place, error))?;
    Ok(TimedCommand { at: VirtualTime(time), command })
}

fn written_command(timed: &TimedCommand) -> Settings {
    let mut object = Map::new();
    object.insert("atUs".to_string(), Json::from(timed.at.0));
    match serde_json::to_value(&timed.command).expect("a command is plain data") {
        Json::Object(fields) => object.extend(fields),
        other => unreachable!("a command is written as an object, not as {other}"),
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"{
        "version": 1, "seed": 7, "endUs": 2000000, "epochMs": 1700000000000,
        "brokers": {"count": 3, "config": {"broker.session.timeout.ms": 500}},
        "topics": [{"name": "orders", "partitions": 2, "replicationFactor": 3, "config": {"segment.bytes": 1000}}],
        "producers": [
            {"name": "shop", "config": {"acks": "1", "linger.ms": 0},
             "workload": {"ratePerSecond": 10, "keys": {"numbered": {"prefix": "user-", "count": 5, "skew": {"hot": {"perMille": 500}}}}}},
            {"name": "till", "client": "librdkafka"},
            {"name": "desk", "config": {"enable.idempotence": true}}],
        "consumers": [{"name": "billing"}],
        "links": {"client": {"latencyUs": 2000}, "between": [{"a": "shop", "b": "broker-1", "link": {"jitterUs": 3}}]},
        "commands": [
            {"atUs": 5, "do": "send", "producer": "shop",
             "record": {"key": "a", "value": {"hex": "00ff"}, "headers": [{"key": "h", "value": null}], "partition": 1}},
            {"atUs": 5, "do": "startWorkload", "producer": "till", "workload": {"ratePerSecond": 1, "values": "null"}},
            {"atUs": 9, "do": "setProducer", "producer": "shop", "setting": "acks", "value": "all"},
            {"atUs": 9, "do": "crashBroker", "broker": 1}]
    }"#;

    #[test]
    fn a_whole_scenario_round_trips() {
        let scenario = Scenario::from_json(WHOLE).unwrap();
        assert_eq!(scenario.commands.len(), 4);
        let text = scenario.to_json();
        assert_eq!(Scenario::from_json(&text).unwrap(), scenario, "{text}");
    }

    #[track_caller]
    fn check_refused(from: &str, to: &str, expected: &str) {
        assert!(WHOLE.contains(from), "{from}");
        let error = Scenario::from_json(&WHOLE.replace(from, to)).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn placements_round_trip_and_are_checked() {
        let with =
            |field: &str| WHOLE.replace("\"replicationFactor\": 3,", &format!("\"replicationFactor\": 3, {field},"));
        let striped = Scenario::from_json(&with("\"placement\": \"striped\"")).unwrap();
        assert_eq!(striped.topics[0].placement, Placement::Striped);
        assert_eq!(Scenario::from_json(&striped.to_json()).unwrap(), striped);
        let assigned = Scenario::from_json(&with("\"assignments\": [[3, 1, 2], [1, 2, 3]]")).unwrap();
        assert_eq!(Scenario::from_json(&assigned.to_json()).unwrap(), assigned);
        let refused = |field: &str| Scenario::from_json(&with(field)).unwrap_err().to_string();
        assert_eq!(refused("\"assignments\": [[1, 2, 3]]"), "topics[0].assignments: 1 assignments for 2 partitions");
        for wrong in ["[[1, 2, 3], [1, 2]]", "[[1, 2, 3], [1, 2, 2]]", "[[1, 2, 3], [1, 2, 4]]"] {
            let error = refused(&format!("\"assignments\": {wrong}"));
            assert_eq!(error, "topics[0].assignments[1]: 3 different brokers of the scenario are needed");
        }
        let both = refused("\"placement\": \"ring\", \"assignments\": [[1, 2, 3], [1, 2, 3]]");
        assert_eq!(both, "topics[0].placement: give a placement or assignments, not both");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        check_refused("\"version\": 1", "\"version\": 2", "version: 2 is not known here; this program reads version 1");
        check_refused("\"acks\": \"1\"", "\"acks\": \"2\"", "producers[0].config: acks: `2` is not one of 0, 1, all");
        check_refused(
            "\"acks\": \"1\"",
            "\"enable.idempotence\": true, \"acks\": \"1\"",
            "producers[0].config: Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence.",
        );
        check_refused("\"acks\": \"1\"", "\"ack\": \"1\"", "producers[0].config: unknown setting `ack`");
        check_refused(
            "\"segment.bytes\": 1000",
            "\"segment.bytes\": 1",
            "topics[0].config: segment.bytes: 1 is out of range; 14 to 2147483647 is allowed",
        );
        check_refused(
            "\"replicationFactor\": 3",
            "\"replicationFactor\": 4",
            "topics[0].replicationFactor: 4 is out of range; 1 to 3 is allowed",
        );
        check_refused("\"count\": 3,", "\"count\": 10,", "brokers.count: 10 is out of range; 1 to 9 is allowed");
        check_refused(
            "\"ratePerSecond\": 10",
            "\"ratePerSecond\": 0",
            "producers[0].workload: ratePerSecond: 0 is out of range; 1 to 1000000 is allowed",
        );
        check_refused("\"name\": \"till\"", "\"name\": \"shop\"", "producers[1].name: `shop` is empty or taken");
        let error = Scenario::from_json(&WHOLE.replace("\"crashBroker\"", "\"crashBrokr\"")).unwrap_err().to_string();
        let known = "commands[3]: unknown variant `crashBrokr`, expected one of `send`, `burst`, ";
        assert!(error.starts_with(known) && error.contains("`crashBroker`"), "{error}");
        check_refused(
            "\"broker\": 1}",
            "\"broker\": 1, \"when\": 2}",
            "commands[3]: unknown field `when`, expected `broker`",
        );
        check_refused(
            "\"atUs\": 9, \"do\": \"set",
            "\"atUs\": 2, \"do\": \"set",
            "commands[2].atUs: commands must be in order of time",
        );
        let told = |text: &str| Scenario::from_json(text).unwrap_err().to_string();
        assert_eq!(told("nonsense"), "line 1, column 2: This is not JSON: a scenario is an object and begins with `{`");
        assert!(told("").ends_with("This is not JSON: there is no text"), "{}", told(""));
        assert!(told("{\"version\": 1,").contains("This is not JSON: EOF"), "{}", told("{\"version\": 1,"));
        assert_eq!(
            told("{\"version\": 2, \"nodes\": 3}"),
            "version: 2 is not known here; this program reads version 1"
        );
        check_refused(
            "\"seed\": 7",
            "\"sed\": 7",
            "line 2, column 27: unknown field `sed`, expected one of `version`, `seed`, `endUs`, `epochMs`, `brokers`, `controllers`, `topics`, `producers`, `consumers`, `links`, `commands`",
        );
        check_refused("\"b\": \"broker-1\"", "\"b\": \"broker-4\"", "links: between[0]: there is no node `broker-4`");
    }
}
