//! The rooms that exist, their numbers and addresses.

use serde::{Deserialize, Serialize};

/// A room of the course.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Room {
    /// Append-only log, segments, indexes, retention.
    Log,
    /// Keys, hashes and lanes.
    Partitions,
    /// Who leads, and who decides it.
    Cluster,
    /// Inside one producer.
    Batching,
    /// What an answer promises.
    Acks,
    /// What is sent again, and recognised.
    Idempotence,
    /// The circular queue.
    Ring,
}

impl Room {
    /// Every room, in the order of the course.
    pub const ALL: [Room; 7] =
        [Room::Log, Room::Partitions, Room::Cluster, Room::Batching, Room::Acks, Room::Idempotence, Room::Ring];

    /// Its number in the course, and its key on the keyboard.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Room::Log => 1,
            Room::Partitions => 2,
            Room::Cluster => 3,
            Room::Batching => 4,
            Room::Acks => 5,
            Room::Idempotence => 6,
            Room::Ring => 8,
        }
    }

    /// Its name and key, and why the number before its is missing, if it is.
    #[must_use]
    pub fn hint(self) -> String {
        let gap = if self == Room::Ring { "; 7 is kept for producer mistakes, not open yet" } else { "" };
        format!("{} (key {}{gap})", self.name(), self.number())
    }

    /// Its name in the header.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Room::Log => "Log",
            Room::Partitions => "Partitions",
            Room::Cluster => "Cluster",
            Room::Batching => "Batching",
            Room::Acks => "Acks",
            Room::Idempotence => "Idempotence",
            Room::Ring => "Ring buffer",
        }
    }

    /// Its word in the address and in `data-room`.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Room::Log => "log",
            Room::Partitions => "partitions",
            Room::Cluster => "cluster",
            Room::Batching => "batching",
            Room::Acks => "acks",
            Room::Idempotence => "idempotence",
            Room::Ring => "ring",
        }
    }

    /// What it is about, in a line.
    #[must_use]
    pub fn card(self) -> &'static str {
        match self {
            Room::Log => "Append, read twice, find one offset, let the oldest go.",
            Room::Partitions => "A key keeps its lane until you add a partition.",
            Room::Cluster => "A broker dies. Who notices, who leads then, and who decided that?",
            Room::Batching => "Wait a few milliseconds to send many times more.",
            Room::Acks => "The same crash under acks 0, 1 and all.",
            Room::Idempotence => "Lose one answer. Is the record there once or twice?",
            Room::Ring => "A circular queue, call by call, beside a log.",
        }
    }

    /// The room with this number.
    #[must_use]
    pub fn by_number(number: u8) -> Option<Room> {
        Room::ALL.into_iter().find(|room| room.number() == number)
    }
}

/// Where the reader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The first page.
    Landing,
    /// A room.
    Room(Room),
}

impl Place {
    /// Reads an address such as `#/acks`; an address that names no room is the first page.
    #[must_use]
    pub fn from_fragment(fragment: &str) -> Place {
        let path = fragment.trim_start_matches('#').trim_start_matches('/');
        let word = path.split(['?', '/']).next().unwrap_or_default();
        Room::ALL.into_iter().find(|room| room.slug() == word).map_or(Place::Landing, Place::Room)
    }

    /// Its address.
    #[must_use]
    pub fn fragment(self) -> String {
        match self {
            Place::Landing => "#/".to_string(),
            Place::Room(room) => format!("#/{}", room.slug()),
        }
    }

    /// Its word in `data-room`.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Place::Landing => "landing",
            Place::Room(room) => room.slug(),
        }
    }

    /// Whether a run of the cluster stands in it.
    #[must_use]
    pub fn has_run(self) -> bool {
        self != Place::Room(Room::Ring)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_to_its_room_and_back() {
        for room in Room::ALL {
            let place = Place::Room(room);
            assert_eq!(Place::from_fragment(&place.fragment()), place);
            assert_eq!(Place::from_fragment(&format!("{}?v=1&seed=7", place.fragment())), place);
            assert_eq!(Room::by_number(room.number()), Some(room));
        }
        for elsewhere in ["", "#", "#/", "#/nowhere", "#/Acks", "log/"] {
            let place = Place::from_fragment(elsewhere);
            assert_eq!(place == Place::Room(Room::Log), elsewhere == "log/", "{elsewhere}");
        }
    }
}
