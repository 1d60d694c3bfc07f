//! What the settings of a run promise, a row an anomaly, and the run that a search for a counterexample starts from.
//!
//! The promises are the engine's ([`guarantees`](crate::engine::sim::guarantees)); here they get the words of the page.

use crate::engine::common::VirtualTime;
use crate::engine::sim::adversary;
use crate::engine::sim::{Anomaly, Command, Promise, Scenario, State};
use serde::Serialize;

/// A search looks at runs of at least this length; it makes them longer where sessions are.
const SEARCH_SPAN: VirtualTime = VirtualTime(2_000_000);

/// One promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PromiseRow {
    /// What could go wrong.
    pub anomaly: Anomaly,
    /// Its name.
    pub name: &'static str,
    /// It cannot happen under these settings.
    pub is_impossible: bool,
    /// Why it cannot, or when it does.
    pub reason: &'static str,
}

/// The promises of the settings as they are now, whatever may fail; empty where nobody produces.
#[must_use]
pub fn rows(state: &State) -> Vec<PromiseRow> {
    let Some(promises) = adversary::promises(&as_it_stands(state)) else { return Vec::new() };
    let row = |anomaly| {
        let promise = promises.of(anomaly);
        let is_impossible = matches!(promise, Promise::Impossible { .. });
        PromiseRow { anomaly, name: name(anomaly), is_impossible, reason: promise.reason().sentence() }
    };
    Anomaly::ALL.map(row).to_vec()
}

/// An anomaly's name.
#[must_use]
pub fn name(anomaly: Anomaly) -> &'static str {
    match anomaly {
        Anomaly::Loss => "loss",
        Anomaly::Duplicates => "duplicates",
        Anomaly::Reordering => "reordering",
    }
}

/// What a search may still take, told from what it took: `, at most 3 min more`; empty before that can be told.
#[must_use]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // minutes of a search
pub fn time_left(for_ms: f64, tried: u32, of: u32) -> String {
    if tried < 8 || for_ms <= 0.0 {
        return String::new();
    }
    let seconds = (for_ms / f64::from(tried) * f64::from(of.saturating_sub(tried)) / 1000.0).ceil() as u64;
    let words = if seconds < 90 { format!("{seconds} s") } else { format!("{} min", seconds.div_ceil(60)) };
    format!(", at most {words} more")
}

/// The run's scenario with the settings as they are now: what was changed since its start is its own from the start.
#[must_use]
pub fn as_it_stands(state: &State) -> Scenario {
    let mut scenario = Scenario::clone(&state.scenario);
    for (index, producer) in scenario.producers.iter_mut().enumerate() {
        if let Some(session) = state.current_session(index) {
            producer.config = session.producer.config().clone();
        }
    }
    for ((topic, config), count) in
        scenario.topics.iter_mut().zip(&state.topic_configs).zip(state.partition_counts.iter().copied())
    {
        topic.config = config.as_ref().clone();
        topic.partitions = count;
    }
    scenario.brokers.config = state.broker_config.as_ref().clone();
    scenario.commands.retain(|timed| !changes_settings(&timed.command));
    scenario.end = scenario.end.min(SEARCH_SPAN);
    scenario.commands.retain(|timed| timed.at <= scenario.end);
    scenario
}

fn changes_settings(command: &Command) -> bool {
    matches!(
        command,
        Command::SetProducer { .. }
            | Command::SetTopic { .. }
            | Command::SetBroker { .. }
            | Command::AddPartitions { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::{Place, Preset, Room};
    use crate::engine::config::Value;
    use crate::engine::sim::{SettingContent, Simulation};
    use std::sync::Arc;

    fn acks_room() -> Simulation {
        let preset = Preset::of(Place::Room(Room::Acks)).expect("the room has one");
        let mut simulation = Simulation::new(Arc::new(preset.scenario()));
        simulation.advance_to(VirtualTime::from_ms(100));
        simulation
    }

    fn impossible(simulation: &Simulation) -> Vec<&'static str> {
        rows(simulation.state()).iter().filter(|row| row.is_impossible).map(|row| row.name).collect()
    }

    #[test]
    fn what_a_search_may_still_take_is_told_from_what_it_took() {
        assert_eq!(time_left(500.0, 4, 10_000), "");
        assert_eq!(time_left(1_000.0, 100, 2_100), ", at most 20 s more");
        assert_eq!(time_left(15_000.0, 108, 10_000), ", at most 23 min more");
        assert_eq!(time_left(15_000.0, 10_000, 10_000), ", at most 0 s more");
    }

    #[test]
    fn a_setting_changed_in_the_run_changes_the_promise() {
        let mut simulation = acks_room();
        let set = |value: i64| Command::SetProducer {
            producer: "p1".to_string(),
            setting: "retries".to_string(),
            value: SettingContent(Value::Int(value)),
        };
        assert!(!impossible(&simulation).contains(&"duplicates"), "retries without idempotence may duplicate");
        simulation.submit(set(0)).expect("a producer may not retry");
        simulation.advance_to(VirtualTime::from_ms(400));
        assert!(impossible(&simulation).contains(&"duplicates"), "what is sent once stands once");
        assert_eq!(as_it_stands(simulation.state()).producers[0].config.retries, 0);
    }
}
