//! A consumer as it stands: its own position in each partition.

use super::RecordDot;
use serde::Serialize;

/// One consumer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsumerFrame {
    /// Its place in the scenario.
    pub index: u32,
    /// Its name in the scenario, such as `billing`.
    pub name: String,
    /// It does not fetch.
    pub paused: bool,
    /// Its positions, by partition.
    pub positions: Vec<Position>,
    /// How many records it has read.
    pub read: u64,
    /// The newest records that it has read, oldest first, at most [`super::BATCH_RECORDS_MAX`].
    pub recent: Vec<RecordDot>,
}

/// Where a consumer is in one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Position {
    /// The partition.
    pub partition: i32,
    /// The next offset that it will read.
    pub offset: i64,
    /// Records below the leader's high watermark that it has not read.
    pub lag: i64,
}
