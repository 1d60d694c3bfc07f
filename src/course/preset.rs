//! The run that each place starts from: a scenario file, a moment to show it at, and a speed to play it with.

use super::{Place, Room};
use crate::engine::common::VirtualTime;
use crate::engine::sim::Scenario;

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
}

macro_rules! preset {
    ($name:literal, $file:literal, $opens_at_us:literal, $one_in:literal) => {
        Preset {
            name: $name,
            json: include_str!(concat!("../../tests/scenarios/presets/", $file, ".json")),
            opens_at: VirtualTime($opens_at_us),
            one_in: $one_in,
            seek: Some(438),
        }
    };
}

/// Every preset, in the order of the list.
pub const PRESETS: [Preset; 5] = [
    preset!("A running cluster", "landing", 1_020_000, 200),
    preset!("One log", "log", 6_352_000, 1),
    preset!("Four lanes", "partitions", 250_000, 100),
    preset!("One producer, six lanes", "batching", 1_000_000, 500),
    preset!("Three brokers, three replicas", "acks", 200_000, 200),
];

impl Preset {
    /// The preset of a place; a place without a run has none.
    #[must_use]
    pub fn of(place: Place) -> Option<Preset> {
        let index = match place {
            Place::Landing => 0,
            Place::Room(Room::Log) => 1,
            Place::Room(Room::Partitions) => 2,
            Place::Room(Room::Batching) => 3,
            Place::Room(Room::Acks) => 4,
            Place::Room(Room::Ring) => return None,
        };
        Some(PRESETS[index])
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
        for preset in PRESETS {
            if let Err(error) = Scenario::from_json(preset.json) {
                panic!("{}: {error}", preset.name);
            }
        }
    }
}
