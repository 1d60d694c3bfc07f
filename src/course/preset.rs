//! The run that each place starts from: a scenario file, a moment to show it at, and a speed to play it with.

use super::{Place, Room};
use crate::engine::common::VirtualTime;
use crate::engine::sim::Scenario;
use serde::Deserialize;
use std::ops::Range;
use std::sync::LazyLock;

/// The real cluster whose runs some presets repeat (`tests/vectors/cluster/outcomes.json`).
pub const REAL_CLUSTER: &str = "Apache Kafka 4.3.1, three brokers and one controller";

/// A run of the real cluster, as a demonstration's `expected.json` names it under `realCluster`. A test holds the
/// demonstration's settings and its outcome to it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RealRun {
    /// Its name in `outcomes.json`.
    pub run: String,
    /// The fields that tell its row from the others of that name.
    #[serde(rename = "where")]
    pub fields: serde_json::Map<String, serde_json::Value>,
}

/// A run to start from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// Its name in the list.
    pub name: &'static str,
    /// The scenario's JSON.
    pub json: &'static str,
    /// The moment that is shown first: the run has played that far.
    pub opens_at: VirtualTime,
    /// Virtual time per real time, as one in so many.
    pub one_in: u64,
    /// The offset that the Log room seeks first.
    pub seek: Option<i64>,
    /// What the run must end as, and the sentence that it proves, if it is a demonstration.
    pub expected: Option<&'static str>,
}

macro_rules! preset {
    ($name:literal, $file:literal, $opens_at_us:literal, $one_in:literal) => {
        Preset {
            name: $name,
            json: include_str!(concat!("../../tests/scenarios/presets/", $file, ".json")),
            opens_at: VirtualTime($opens_at_us),
            one_in: $one_in,
            seek: Some(438),
            expected: None,
        }
    };
}

/// A demonstration, as `build.rs` lists it: its folder's name in words, its scenario and what it must end as.
const fn demonstration(name: &'static str, json: &'static str, expected: &'static str) -> Preset {
    Preset { name, json, opens_at: VirtualTime::ZERO, one_in: 100, seek: None, expected: Some(expected) }
}

/// The presets of the places.
const PLACES: [Preset; 7] = [
    preset!("A running cluster", "landing", 1_020_000, 200),
    preset!("One log", "log", 6_352_000, 1),
    preset!("Four lanes", "partitions", 250_000, 100),
    preset!("Three brokers, three partitions", "cluster", 500_000, 200),
    preset!("One producer, six lanes", "batching", 1_000_000, 500),
    preset!("Three brokers, three replicas", "acks", 214_000, 200),
    preset!("An idempotent producer", "idempotence", 200_000, 200),
];

/// Every preset, in the order of the list: those of the places, then the demonstrations, a folder each.
pub static PRESETS: LazyLock<Vec<Preset>> = LazyLock::new(|| {
    let demonstrations = include!(concat!(env!("OUT_DIR"), "/demonstrations.rs"));
    PLACES.into_iter().chain(demonstrations).collect()
});

impl Preset {
    /// The preset of a place; a place without a run has none.
    #[must_use]
    pub fn of(place: Place) -> Option<Preset> {
        let index = match place {
            Place::Landing => 0,
            Place::Room(Room::Log) => 1,
            Place::Room(Room::Partitions) => 2,
            Place::Room(Room::Cluster) => 3,
            Place::Room(Room::Batching) => 4,
            Place::Room(Room::Acks) => 5,
            Place::Room(Room::Idempotence) => 6,
            Place::Room(Room::Ring) => return None,
        };
        Some(PLACES[index])
    }

    /// The moment to show first: a demonstration's is just before its first command, where there is something to see.
    #[must_use]
    pub fn opening(&self, scenario: &Scenario) -> VirtualTime {
        match (self.expected, scenario.commands.first()) {
            (Some(_), Some(command)) => VirtualTime(command.at.0.saturating_sub(1)),
            _ => self.opens_at,
        }
    }

    /// The presets of the places, and the demonstrations.
    #[must_use]
    pub fn groups() -> [(&'static str, Range<usize>); 2] {
        [("rooms", 0..PLACES.len()), ("demonstrations", PLACES.len()..PRESETS.len())]
    }

    /// The sentence that a demonstration proves.
    #[must_use]
    pub fn proves(&self) -> Option<String> {
        Some(self.expected_field("proves")?.as_str()?.to_string())
    }

    /// The run of a real cluster that ended the same way, if there was one.
    #[must_use]
    pub fn real_run(&self) -> Option<RealRun> {
        serde_json::from_value(self.expected_field("realCluster")?).ok()
    }

    fn expected_field(&self, name: &str) -> Option<serde_json::Value> {
        let mut expected: serde_json::Value = serde_json::from_str(self.expected?).ok()?;
        expected.get_mut(name).map(serde_json::Value::take)
    }

    /// What the list shows: its name, and whether a real cluster did the same.
    #[must_use]
    pub fn label(&self) -> String {
        match self.real_run() {
            Some(_) => format!("{} (a real cluster did the same)", self.name),
            None => self.name.to_string(),
        }
    }

    /// Its name as a heading.
    #[must_use]
    pub fn heading(&self) -> String {
        let mut letters = self.name.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    }

    /// Its scenario.
    ///
    /// # Panics
    /// Never: a test reads every preset.
    #[must_use]
    pub fn scenario(&self) -> Scenario {
        Scenario::from_json(self.json).expect("a test reads every preset")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_can_be_read() {
        for preset in PRESETS.iter() {
            if let Err(error) = Scenario::from_json(preset.json) {
                panic!("{}: {error}", preset.name);
            }
        }
    }

    #[test]
    fn a_demonstration_says_what_it_proves_and_a_place_has_none() {
        let [(_, places), (_, demonstrations)] = Preset::groups();
        assert!(demonstrations.len() >= 15, "KAFKA 12 has fifteen");
        for index in demonstrations {
            assert!(PRESETS[index].proves().is_some_and(|sentence| sentence.ends_with('.')), "{}", PRESETS[index].name);
        }
        assert!(PRESETS[places].iter().all(|preset| preset.proves().is_none()));
    }
}
