//! What stands in the send form, as a pure machine: fields in, a record or a sentence out.

use crate::course::Place;
use crate::engine::common::PartitionId;
use crate::engine::sim::{Command, Content, HeaderContent, SendRecord};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use yew::prelude::Reducible;

/// How a key or a value is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentKind {
    /// No bytes and no length: null.
    Null,
    /// No bytes, but there.
    Empty,
    /// The bytes of a text in UTF-8.
    Text,
    /// Bytes as pairs of hex digits.
    Hex,
}

impl ContentKind {
    /// Every kind, in the order of the list.
    pub const ALL: [ContentKind; 4] = [ContentKind::Text, ContentKind::Hex, ContentKind::Empty, ContentKind::Null];

    /// Its word in the list.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            ContentKind::Null => "null",
            ContentKind::Empty => "empty",
            ContentKind::Text => "text",
            ContentKind::Hex => "hex",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// A key or a value as it stands in the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentField {
    /// How it is given.
    pub kind: ContentKind,
    /// What was typed; kept when the kind is null or empty, so that it comes back.
    pub text: String,
}

impl ContentField {
    /// What the record gets.
    ///
    /// # Errors
    /// A sentence on what is wrong with the hex digits.
    pub fn content(&self) -> Result<Content, String> {
        match self.kind {
            ContentKind::Null => Ok(Content::NULL),
            ContentKind::Empty => Ok(Content::text("")),
            ContentKind::Text => Ok(Content::text(&self.text)),
            ContentKind::Hex => Content::from_hex(&self.text.replace(char::is_whitespace, "")),
        }
    }
}

/// The form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendState {
    /// Name of the producer that sends; empty: the first.
    pub producer: String,
    /// The key.
    pub key: ContentField,
    /// The value.
    pub value: ContentField,
    /// Headers, one a line: `name=value`, `name=` for an empty value, `name=0x00ff` for bytes, `name` alone for null.
    pub headers: String,
    /// The partition as typed; empty: the partitioner chooses.
    pub partition: String,
    /// How many records a burst sends, as typed.
    pub burst: String,
}

impl Default for SendState {
    fn default() -> Self {
        Self {
            producer: String::new(),
            key: ContentField { kind: ContentKind::Text, text: "user-17".to_string() },
            value: ContentField { kind: ContentKind::Text, text: "{\"amount\":42}".to_string() },
            headers: String::new(),
            partition: String::new(),
            burst: "10".to_string(),
        }
    }
}

/// What stands in the send form of each place, kept while the reader is elsewhere.
#[derive(Clone, Default)]
pub struct SendForms(Rc<RefCell<BTreeMap<Place, Rc<SendState>>>>);

impl PartialEq for SendForms {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl SendForms {
    /// What stood in the form of this place last.
    #[must_use]
    pub fn of(&self, place: Place) -> SendState {
        self.0.borrow().get(&place).map(|form| SendState::clone(form)).unwrap_or_default()
    }

    /// Keeps what stands in it now.
    pub fn keep(&self, place: Place, form: Rc<SendState>) {
        self.0.borrow_mut().insert(place, form);
    }
}

/// The two parts of a record that are given alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The key.
    Key,
    /// The value.
    Value,
}

impl Part {
    /// Its word in the form and in `data-send`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Part::Key => "key",
            Part::Value => "value",
        }
    }
}

/// A change of the form.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the fields'
pub enum SendChange {
    Producer(String),
    Kind(Part, ContentKind),
    Text(Part, String),
    Headers(String),
    Partition(String),
    Burst(String),
}

impl Reducible for SendState {
    type Action = SendChange;

    fn reduce(self: Rc<Self>, change: SendChange) -> Rc<Self> {
        let mut next = (*self).clone();
        match change {
            SendChange::Producer(name) => next.producer = name,
            SendChange::Kind(part, kind) => next.part_mut(part).kind = kind,
            SendChange::Text(part, text) => next.part_mut(part).text = text,
            SendChange::Headers(text) => next.headers = text,
            SendChange::Partition(text) => next.partition = text,
            SendChange::Burst(text) => next.burst = text,
        }
        Rc::new(next)
    }
}

/// Most records of one burst.
pub const BURST_MAX: u32 = 100_000;

impl SendState {
    /// What stands in a part's field.
    #[must_use]
    pub fn part(&self, part: Part) -> &ContentField {
        match part {
            Part::Key => &self.key,
            Part::Value => &self.value,
        }
    }

    fn part_mut(&mut self, part: Part) -> &mut ContentField {
        match part {
            Part::Key => &mut self.key,
            Part::Value => &mut self.value,
        }
    }

    /// The record that the form describes.
    ///
    /// # Errors
    /// A sentence for each field that is wrong, in the form's order; each names its field.
    pub fn record(&self) -> Result<SendRecord, Vec<String>> {
        let mut wrong = Vec::new();
        let key = noted(self.key.content().map_err(|why| format!("key: {why}")), &mut wrong);
        let value = noted(self.value.content().map_err(|why| format!("value: {why}")), &mut wrong);
        let lines = self.headers.lines().filter(|line| !line.trim().is_empty());
        let headers: Vec<HeaderContent> = lines.filter_map(|line| noted(header(line), &mut wrong)).collect();
        let partition = noted(self.partition(), &mut wrong);
        match (key, value, partition) {
            (Some(key), Some(value), Some(partition)) if wrong.is_empty() => {
                Ok(SendRecord { topic: None, key, value, headers, partition })
            }
            _ => Err(wrong),
        }
    }

    fn partition(&self) -> Result<Option<PartitionId>, String> {
        match self.partition.trim() {
            "" => Ok(None),
            text => text.parse().map(|number| Some(PartitionId(number))).map_err(|_| {
                format!("partition: `{text}` is not a whole number; leave it empty and the partitioner chooses")
            }),
        }
    }

    /// The command for one record by `producer`.
    ///
    /// # Errors
    /// A sentence for each field that is wrong.
    pub fn send(&self, producer: String) -> Result<Command, Vec<String>> {
        Ok(Command::Send { producer, record: self.record()? })
    }

    /// The command for a burst by `producer`.
    ///
    /// # Errors
    /// A sentence for each field that is wrong.
    pub fn burst(&self, producer: String) -> Result<Command, Vec<String>> {
        let count = self.burst.trim().parse().ok().filter(|count| (1..=BURST_MAX).contains(count));
        let count = count.ok_or_else(|| format!("burst: a whole number from 1 to {BURST_MAX} is needed"));
        match (self.record(), count) {
            (Ok(record), Ok(count)) => Ok(Command::Burst { producer, count, record }),
            (record, count) => Err(record.err().unwrap_or_default().into_iter().chain(count.err()).collect()),
        }
    }
}

/// The value; what is wrong goes to the list.
fn noted<T>(result: Result<T, String>, wrong: &mut Vec<String>) -> Option<T> {
    result.map_err(|why| wrong.push(why)).ok()
}

fn header(line: &str) -> Result<HeaderContent, String> {
    let Some((key, value)) = line.split_once('=') else {
        return Ok(HeaderContent { key: line.trim().to_string(), value: Content::NULL });
    };
    let value = match value.strip_prefix("0x") {
        Some(hex) => Content::from_hex(hex.trim()).map_err(|why| format!("header {}: {why}", key.trim()))?,
        None => Content::text(value),
    };
    Ok(HeaderContent { key: key.trim().to_string(), value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::Room;

    #[test]
    fn the_form_makes_the_record_it_shows() {
        let mut form =
            SendState { headers: "trace=abc\nretry\nempty=\nraw=0x00ff\n".to_string(), ..SendState::default() };
        form.partition = "2".to_string();
        form.value.kind = ContentKind::Null;
        let record = form.record().unwrap();
        assert_eq!(record.key, Content::text("user-17"));
        assert_eq!(record.value, Content::NULL);
        assert_eq!(record.partition, Some(PartitionId(2)));
        let headers: Vec<_> = record.headers.into_iter().map(|header| (header.key, header.value)).collect();
        assert_eq!(headers[0], ("trace".to_string(), Content::text("abc")));
        assert_eq!(headers[1], ("retry".to_string(), Content::NULL));
        assert_eq!(headers[2], ("empty".to_string(), Content::text("")));
        assert_eq!(headers[3].1, Content::from_hex("00ff").unwrap());
    }

    #[test]
    fn each_place_has_a_form_of_its_own() {
        let forms = SendForms::default();
        let form = SendState { burst: "3".to_string(), ..SendState::default() };
        forms.keep(Place::Room(Room::Log), Rc::new(form.clone()));
        assert_eq!(forms.of(Place::Room(Room::Log)), form);
        assert_eq!(forms.of(Place::Room(Room::Acks)), SendState::default());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let key = ContentField { kind: ContentKind::Hex, text: "0g".to_string() };
        let mut form = SendState { key, ..SendState::default() };
        let fields = |wrong: Vec<String>| -> Vec<String> {
            wrong.iter().filter_map(|why| why.split_once(':')).map(|(field, _)| field.to_string()).collect()
        };
        assert_eq!(fields(form.record().unwrap_err()), ["key"]);
        form.partition = "two".to_string();
        form.headers = "raw=0x0g".to_string();
        form.burst = "0".to_string();
        assert_eq!(fields(form.record().unwrap_err()), ["key", "header raw", "partition"], "all at once");
        assert_eq!(fields(form.burst("p1".to_string()).unwrap_err()), ["key", "header raw", "partition", "burst"]);
        form.key.text = "00 ff".to_string();
        form.partition.clear();
        form.headers.clear();
        assert!(form.record().is_ok());
        assert_eq!(fields(form.burst("p1".to_string()).unwrap_err()), ["burst"]);
    }
}
