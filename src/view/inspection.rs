//! What the inspector shows of one thing: its fields in Kafka's words, its bytes, its journey, and why it stands as it does.
//!
//! A field and the bytes that hold it share a number, so that pointing at one lights the other.

use super::frame::RecordDot;
use serde::Serialize;

/// Most bytes that are shown of one thing.
pub const BYTES_MAX: usize = 512;
/// Most records that are listed behind a figure.
pub const LIST_MAX: usize = 500;

/// What the inspector shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Inspection {
    /// What kind of thing it is: `record`, `record batch`, `segment`, …
    pub kind: &'static str,
    /// What it is called.
    pub title: String,
    /// The record's id, where it is a record.
    pub record: Option<u64>,
    /// How it stands, in a word or two, with a tone.
    pub standing: Option<(String, Tone)>,
    /// Its fields.
    pub fields: Vec<FieldView>,
    /// Its bytes, cut into what each field holds.
    pub bytes: Vec<ByteRun>,
    /// How many bytes there are in all.
    pub bytes_total: usize,
    /// Where the bytes are a file's: the number of the run with which one begins, and its name.
    pub files: Vec<(usize, String)>,
    /// What happened to it, in order.
    pub journey: Vec<MomentView>,
    /// Why it is in its state.
    pub why: Vec<String>,
    /// Records in it or behind it.
    pub records: Vec<RecordItem>,
    /// How many there are in all.
    pub records_total: u64,
    /// Other things that it leads to.
    pub links: Vec<(String, super::subject::Subject)>,
}

impl Inspection {
    /// Lets each record of the list lead to the first of these moments, in microseconds and rising, that is not before its own.
    pub fn lead_to(&mut self, moments_us: &[u64]) {
        for item in &mut self.records {
            item.at_us = moments_us.iter().copied().find(|at| *at >= item.at_us).unwrap_or(item.at_us);
        }
    }
}

/// One field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldView {
    /// Kafka's name of it.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// Its colour.
    pub tone: Tone,
    /// Which bytes hold it, if any do.
    pub run: Option<usize>,
}

impl FieldView {
    /// A field that no byte shown holds.
    #[must_use]
    pub fn plain(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, value: value.into(), tone: Tone::Plain, run: None }
    }

    /// The same in a colour.
    #[must_use]
    pub fn toned(name: &'static str, value: impl Into<String>, tone: Tone) -> Self {
        Self { name, value: value.into(), tone, run: None }
    }
}

/// Bytes that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ByteRun {
    /// Where they begin.
    pub position: usize,
    /// The bytes in hex.
    pub hex: String,
    /// What they are, with their value.
    pub label: String,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MomentView {
    /// In a few words.
    pub label: String,
    /// When, in microseconds.
    pub at_us: u64,
    /// Its colour.
    pub tone: Tone,
}

/// A record in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordItem {
    /// The record.
    pub dot: RecordDot,
    /// Where it stands: `P0 @ 7`, `P2`.
    pub place: String,
    /// The moment that matters, in microseconds.
    pub at_us: u64,
}

/// A colour with a meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Tone {
    /// None.
    #[default]
    Plain,
    /// Of less weight.
    Quiet,
    /// Safe.
    Committed,
    /// Not safe yet.
    Pending,
    /// Lost or failed.
    Lost,
    /// Twice.
    Duplicate,
}
