//! A look into the files of a partition, as text like Kafka's own dump tool's or as JSON lines (DESIGN 9).
//!
//! The rule it keeps: bytes of any quality. What is wrong is a part of the output, and reading goes on behind it where the file still says
//! where that is. Where files come from and where the output goes is the caller's business.

mod java_text;
mod json;
mod text;

use super::files::offset_of_file_name;
use crate::engine::common::Offset;
use crate::engine::record::BatchError;
use bytes::Bytes;

pub use java_text::decode_utf8_as_java;

/// The five kinds of file, by the end of the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// Batches; any other end of the name counts as this.
    Log,
    /// `.index`
    OffsetIndex,
    /// `.timeindex`
    TimeIndex,
    /// `.txnindex`
    TxnIndex,
    /// `.snapshot`
    Snapshot,
}

/// How to show a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DumpFormat {
    /// One object a line.
    Json {
        /// Batches with their records.
        records: bool,
    },
    /// What `kafka-dump-log.sh --deep-iteration` prints.
    Text {
        /// Records with key and value (`--print-data-log`).
        data: bool,
    },
}

/// A piece of the output: whole lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DumpPart {
    /// For standard output.
    pub lines: String,
    /// What was wrong with this piece of the file, as a sentence.
    pub bad: Option<String>,
}

impl DumpPart {
    fn good(lines: String) -> Self {
        Self { lines, bad: None }
    }
}

impl FileKind {
    /// The kind of the file with this name.
    #[must_use]
    pub fn of(name: &str) -> Self {
        match name.rsplit_once('.').map(|(_, extension)| extension) {
            Some("index") => Self::OffsetIndex,
            Some("timeindex") => Self::TimeIndex,
            Some("txnindex") => Self::TxnIndex,
            Some("snapshot") => Self::Snapshot,
            _ => Self::Log,
        }
    }
}

/// The output for the file called `name`, piece by piece.
#[must_use]
pub fn dump<'a>(name: &'a str, bytes: &'a Bytes, format: DumpFormat) -> Box<dyn Iterator<Item = DumpPart> + 'a> {
    match format {
        DumpFormat::Json { records } => json::dump(name, bytes, records),
        DumpFormat::Text { data } => text::dump(name, bytes, data),
    }
}

/// The last part of a path.
fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// The base offset that the file's name gives, if it gives one.
fn base_offset(path: &str) -> Option<Offset> {
    offset_of_file_name(file_name(path))
}

fn sentence(name: &str, position: u64, error: &BatchError) -> String {
    format!("{name}: {} at position {position}: {error}", error.class().name())
}
