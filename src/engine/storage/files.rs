//! The files of a partition's folder: their names and bytes, as a clean close would leave them (KAFKA 5.1).

use super::log::Log;
use super::segment::Segment;
use super::segment_store::SegmentStore;
use crate::engine::common::Offset;

/// A file of the partition's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFile {
    /// Its name, such as `00000000000000000000.log`.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// The name of a segment's or snapshot's file: 20 digits, a point and the suffix.
#[must_use]
pub fn file_name(offset: Offset, suffix: &str) -> String {
    format!("{:020}.{suffix}", offset.0)
}

/// The offset in such a name; none if it has no 20 digits before its first point.
#[must_use]
pub fn offset_of_file_name(name: &str) -> Option<Offset> {
    let digits = name.split('.').next()?;
    if digits.len() != 20 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().map(Offset)
}

impl<S: SegmentStore> Segment<S> {
    /// The segment's `.log`, `.index` and `.timeindex`.
    #[must_use]
    pub fn files(&self) -> [LogFile; 3] {
        let file = |suffix, bytes| LogFile { name: file_name(self.base_offset(), suffix), bytes };
        [
            file("log", self.log_bytes()),
            file("index", self.offset_index().to_bytes()),
            file("timeindex", self.time_index().to_bytes()),
        ]
    }
}

impl Log {
    /// Every file of the folder as a clean close would leave it, in order of name. The log itself is not changed.
    #[must_use]
    pub fn files(&self) -> Vec<LogFile> {
        let mut closed = self.clone();
        closed.close();
        let mut files: Vec<LogFile> = closed.segments().flat_map(Segment::files).collect();
        files.extend(
            closed
                .producer_state()
                .snapshots()
                .map(|(offset, snapshot)| LogFile { name: file_name(offset, "snapshot"), bytes: snapshot.to_bytes() }),
        );
        files.push(LogFile {
            name: "leader-epoch-checkpoint".to_string(),
            bytes: closed.leader_epochs().to_checkpoint().into_bytes(),
        });
        files.sort_by(|one, other| one.name.cmp(&other.name));
        files
    }
}
