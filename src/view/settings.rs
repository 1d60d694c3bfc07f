//! The settings of a run as rows for controls, read from the one registry.

use crate::engine::config::{
    BrokerConfig, ConsumerConfig, EnableIdempotence, ProducerConfig, Setting, SettingKind, TopicConfig, Value,
};
use crate::engine::sim::{Client, Command, SettingContent, State};
use serde::Serialize;

/// Whose setting it is, which decides what a change does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Scope {
    /// A producer's: a change closes it and starts another.
    Producer(String),
    /// A consumer's: a change closes it and starts another, where it was.
    Consumer(String),
    /// A topic's: a change applies in place.
    Topic(String),
    /// The brokers': a change applies in place.
    Brokers,
}

/// One setting with its present value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SettingRow {
    /// Whose.
    pub scope: Scope,
    /// Kafka's name.
    pub name: &'static str,
    /// The present value.
    pub value: String,
    /// The client's or Kafka's default.
    pub default: String,
    /// The value is the default.
    pub is_default: bool,
    /// `ms`, `bytes`, `us` or empty.
    pub unit: &'static str,
    /// A sentence.
    pub help: &'static str,
    /// Why it cannot be changed here, if so.
    pub locked: Option<&'static str>,
    /// Why the value is another than the default though nobody set it, if so.
    pub implied: Option<&'static str>,
    /// It belongs to the model, not to Kafka.
    pub is_model: bool,
    /// What it takes.
    pub control: Control,
}

impl SettingRow {
    /// Whether its name or its sentence has these letters, small or large; every row has none.
    #[must_use]
    pub fn has(&self, wanted: &str) -> bool {
        let wanted = wanted.trim().to_lowercase();
        self.name.to_lowercase().contains(&wanted) || self.help.to_lowercase().contains(&wanted)
    }

    /// The command that gives it another value. The engine reads the text by the registry's rules, and says what would do if it does not fit.
    #[must_use]
    pub fn command(&self, text: &str) -> Command {
        let setting = self.name.to_string();
        let value = SettingContent(Value::Text(text.to_string()));
        match &self.scope {
            Scope::Producer(producer) => Command::SetProducer { producer: producer.clone(), setting, value },
            Scope::Consumer(consumer) => Command::SetConsumer { consumer: consumer.clone(), setting, value },
            Scope::Topic(topic) => Command::SetTopic { topic: topic.clone(), setting, value },
            Scope::Brokers => Command::SetBroker { setting, value },
        }
    }
}

/// What a setting takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Control {
    /// One of these words.
    Words(Vec<&'static str>),
    /// A whole number in a closed range.
    Number {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// Anything the engine can read.
    Text,
}

/// Every setting of a run as it is now: each producer's, each consumer's, the first topic's, the brokers'.
#[must_use]
pub fn rows_of(state: &State) -> Vec<SettingRow> {
    let mut all = Vec::new();
    for (index, spec) in state.scenario.producers.iter().enumerate() {
        let config = state.current_session(index).map_or(&spec.config, |session| session.producer.config());
        all.extend(producer_rows(&spec.name, spec.client, config));
    }
    for (spec, node) in state.scenario.consumers.iter().zip(&state.consumers) {
        all.extend(consumer_rows(&spec.name, node.consumer.config()));
    }
    if let (Some(topic), Some(config)) = (state.scenario.topics.first(), state.topic_configs.first()) {
        all.extend(topic_rows(&topic.name, config));
    }
    all.extend(broker_rows(&state.broker_config));
    all
}

/// Every row of a producer's settings.
#[must_use]
pub fn producer_rows(name: &str, client: Client, config: &ProducerConfig) -> Vec<SettingRow> {
    let defaults = client.default_config();
    let scope = Scope::Producer(name.to_string());
    let mut rows = rows(&scope, &ProducerConfig::settings(), |setting| (config.get(setting), defaults.get(setting)));
    if let Some(row) = rows.iter_mut().find(|row| row.name == "enable.idempotence") {
        show_what_idempotence_is(row, config);
    }
    rows
}

/// Not set, `enable.idempotence` is what the other settings make of it.
fn show_what_idempotence_is(row: &mut SettingRow, config: &ProducerConfig) {
    if config.enable_idempotence == EnableIdempotence::Unset && !config.is_idempotent() {
        row.value = false.to_string();
        row.is_default = false;
        row.implied = Some("off: it needs acks=all and retries");
    }
}

/// Every row of a consumer's settings.
#[must_use]
pub fn consumer_rows(name: &str, config: &ConsumerConfig) -> Vec<SettingRow> {
    let defaults = ConsumerConfig::default();
    let scope = Scope::Consumer(name.to_string());
    rows(&scope, &ConsumerConfig::settings(), |setting| (config.get(setting), defaults.get(setting)))
}

/// Every row of a topic's settings.
#[must_use]
pub fn topic_rows(name: &str, config: &TopicConfig) -> Vec<SettingRow> {
    let defaults = TopicConfig::default();
    let scope = Scope::Topic(name.to_string());
    rows(&scope, &TopicConfig::settings(), |setting| (config.get(setting), defaults.get(setting)))
}

/// Every row of the brokers' settings.
#[must_use]
pub fn broker_rows(config: &BrokerConfig) -> Vec<SettingRow> {
    let defaults = BrokerConfig::default();
    rows(&Scope::Brokers, &BrokerConfig::settings(), |setting| (config.get(setting), defaults.get(setting)))
}

fn rows(scope: &Scope, settings: &[Setting], get: impl Fn(&str) -> (Option<Value>, Option<Value>)) -> Vec<SettingRow> {
    let row = |setting: &Setting| {
        let (value, default) = get(setting.name);
        let (value, default) = (value?, default?);
        Some(SettingRow {
            scope: scope.clone(),
            name: setting.name,
            is_default: value == default,
            value: value.to_string(),
            default: default.to_string(),
            unit: setting.unit,
            help: setting.help,
            locked: setting.locked,
            implied: None,
            is_model: setting.name.starts_with("model."),
            control: control(setting.kind),
        })
    };
    settings.iter().filter_map(row).collect()
}

fn control(kind: SettingKind) -> Control {
    match kind {
        SettingKind::Bool => Control::Words(vec!["true", "false"]),
        SettingKind::Choice(words) => Control::Words(words.to_vec()),
        SettingKind::Int { min, max } => Control::Number { min, max },
        SettingKind::Float { .. } => Control::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::config::Acks;

    #[track_caller]
    fn check_idempotence(config: &ProducerConfig, value: &str, is_default: bool, is_implied: bool) {
        let rows = producer_rows("p1", Client::Java, config);
        let row = rows.iter().find(|row| row.name == "enable.idempotence").expect("the registry has it");
        assert_eq!((row.value.as_str(), row.is_default, row.implied.is_some()), (value, is_default, is_implied));
    }

    #[test]
    fn idempotence_that_other_settings_switch_off_is_shown_as_off() {
        let one = ProducerConfig { acks: Acks::One, ..ProducerConfig::default() };
        check_idempotence(&ProducerConfig::default(), "true", true, false);
        check_idempotence(&one, "false", false, true);
        let off = ProducerConfig { enable_idempotence: EnableIdempotence::False, ..one };
        check_idempotence(&off, "false", false, false);
    }

    #[test]
    fn a_row_is_found_by_its_name_and_its_sentence() {
        let rows = producer_rows("p1", Client::Java, &ProducerConfig::default());
        let found = |wanted: &str| rows.iter().filter(|row| row.has(wanted)).map(|row| row.name).collect::<Vec<_>>();
        assert_eq!(found(" LINGER.ms "), ["linger.ms", "sticky.partitioning.linger.ms"]);
        assert_eq!(found("").len(), rows.len());
        assert!(found("no such setting").is_empty());
        let help = rows.iter().find(|row| row.name == "linger.ms").expect("it is one").help;
        assert!(found(help).contains(&"linger.ms"));
    }

    #[test]
    fn a_row_says_what_is_not_the_clients_default() {
        let config = ProducerConfig { linger_ms: 20, ..Client::Librdkafka.default_config() };
        let rows = producer_rows("p1", Client::Librdkafka, &config);
        let row = |name: &str| rows.iter().find(|row| row.name == name).expect("the registry has it");
        assert!(!row("linger.ms").is_default);
        assert_eq!((row("linger.ms").value.as_str(), row("linger.ms").default.as_str()), ("20", "5"));
        assert!(row("partitioner.class").is_default, "the client's own default");
        assert!(row("enable.idempotence").is_default, "librdkafka's own default is false");
        assert!(broker_rows(&BrokerConfig::default()).iter().any(|row| row.is_model));
    }
}
