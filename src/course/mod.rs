//! The course as data: rooms, their texts and presets. It knows no browser and draws nothing.
//!
//! Texts mark Kafka's names with backticks and weight with two asterisks; the page shows them as text, never as markup.

mod acks;
mod batching;
pub mod cast;
mod cluster;
pub mod glossary;
mod idempotence;
mod landing;
mod log;
mod partitions;
pub mod preset;
mod ring;
pub mod room;

pub use cast::{Cast, CastPart};
pub use preset::{PRESETS, Preset};
pub use room::{Place, Room};

/// What the lesson column of a place says.
#[derive(Debug, PartialEq, Eq)]
pub struct Lesson {
    /// The heading.
    pub title: &'static str,
    /// The idea, in a few true sentences; one string is a paragraph.
    pub idea: &'static [&'static str],
    /// Kafka's names of the settings whose controls stand in the lesson.
    pub settings: &'static [&'static str],
    /// What to do and what to look at.
    pub look: &'static [&'static str],
    /// What the model leaves out or simplifies.
    pub simplified: &'static [&'static str],
}

/// The lesson of a place.
#[must_use]
pub fn lesson(place: Place) -> &'static Lesson {
    match place {
        Place::Landing => &landing::LESSON,
        Place::Room(Room::Log) => &log::LESSON,
        Place::Room(Room::Partitions) => &partitions::LESSON,
        Place::Room(Room::Cluster) => &cluster::LESSON,
        Place::Room(Room::Batching) => &batching::LESSON,
        Place::Room(Room::Acks) => &acks::LESSON,
        Place::Room(Room::Idempotence) => &idempotence::LESSON,
        Place::Room(Room::Ring) => &ring::LESSON,
    }
}
