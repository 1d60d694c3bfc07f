//! Values that settings did not take: each with its own reason, until something else is asked for.

use super::settings::{Scope, SettingRow};
use crate::engine::config::Value;
use crate::engine::sim::Command;
use std::rc::Rc;

/// A value that a setting did not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingRefusal {
    scope: Scope,
    name: String,
    /// As it was typed.
    pub typed: String,
    /// What the engine says of it.
    pub why: Rc<str>,
}

/// The refusals that stand beside their settings, at most one a setting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingRefusals(Vec<SettingRefusal>);

impl SettingRefusals {
    /// The refusal of a row's last value, if it was refused.
    #[must_use]
    pub fn of(&self, row: &SettingRow) -> Option<&SettingRefusal> {
        self.0.iter().find(|refusal| refusal.scope == row.scope && refusal.name == row.name)
    }

    /// Something is asked for: another value of a setting ends that setting's refusal, and anything else ends them all.
    pub fn forget(&mut self, asked: Option<&Command>) {
        match asked.and_then(setting_of) {
            Some((scope, name, _)) => self.0.retain(|refusal| refusal.scope != scope || refusal.name != name),
            None => self.0.clear(),
        }
    }

    /// A command was refused; one that sets nothing leaves no trace here.
    pub fn note(&mut self, command: &Command, why: &Rc<str>) {
        let Some((scope, name, value)) = setting_of(command) else { return };
        let (name, typed) = (name.to_string(), value.to_string());
        self.0.push(SettingRefusal { scope, name, typed, why: Rc::clone(why) });
    }
}

/// Whose setting a command sets, its name, and the value.
fn setting_of(command: &Command) -> Option<(Scope, &str, &Value)> {
    let (scope, setting, value) = match command {
        Command::SetProducer { producer, setting, value } => (Scope::Producer(producer.clone()), setting, value),
        Command::SetConsumer { consumer, setting, value } => (Scope::Consumer(consumer.clone()), setting, value),
        Command::SetTopic { topic, setting, value } => (Scope::Topic(topic.clone()), setting, value),
        Command::SetBroker { setting, value } => (Scope::Brokers, setting, value),
        _ => return None,
    };
    Some((scope, setting, &value.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::config::{BrokerConfig, ConsumerConfig, TopicConfig};
    use crate::engine::sim::Client;
    use crate::view::settings::{broker_rows, consumer_rows, producer_rows, topic_rows};

    fn row(rows: Vec<SettingRow>, name: &str) -> SettingRow {
        rows.into_iter().find(|row| row.name == name).expect("the registry has it")
    }

    /// One row of each scope; the first two have a name in common.
    fn some_rows() -> [SettingRow; 4] {
        [
            row(producer_rows("p1", Client::Java, &Client::Java.default_config()), "request.timeout.ms"),
            row(consumer_rows("c1", &ConsumerConfig::default()), "request.timeout.ms"),
            row(topic_rows("orders", &TopicConfig::default()), "min.insync.replicas"),
            row(broker_rows(&BrokerConfig::default()), "broker.session.timeout.ms"),
        ]
    }

    #[test]
    fn a_reason_stands_beside_the_setting_that_it_is_of() {
        let rows = some_rows();
        let mut refusals = SettingRefusals::default();
        for (at, row) in rows.iter().enumerate() {
            assert_eq!(refusals.of(row), None, "{} has not been asked for", row.name);
            let command = row.command(&format!("-{at}"));
            refusals.forget(Some(&command));
            refusals.note(&command, &Rc::from(format!("why {at}")));
        }
        for (at, row) in rows.iter().enumerate() {
            let refusal = refusals.of(row).expect("it was refused");
            assert_eq!(
                (refusal.typed.as_str(), &*refusal.why),
                (format!("-{at}").as_str(), format!("why {at}").as_str())
            );
        }
    }

    #[test]
    fn another_value_ends_its_own_refusal_and_another_act_ends_all() {
        let rows = some_rows();
        let mut refusals = SettingRefusals::default();
        for row in &rows {
            refusals.note(&row.command("x"), &Rc::from("why"));
        }
        refusals.forget(Some(&rows[1].command("30000")));
        let left = |refusals: &SettingRefusals| rows.iter().filter(|row| refusals.of(row).is_some()).count();
        assert!(refusals.of(&rows[1]).is_none());
        assert_eq!(left(&refusals), 3);
        refusals.note(&Command::HealNetwork, &Rc::from("why"));
        assert_eq!(left(&refusals), 3, "a command that sets nothing is no setting's");
        refusals.forget(Some(&Command::HealNetwork));
        assert_eq!(left(&refusals), 0);
    }
}
