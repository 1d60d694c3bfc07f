//! A broker as it stands, with a tape for each replica it holds.

use super::RecordDot;
use serde::Serialize;

/// One broker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BrokerFrame {
    /// Its id.
    pub id: i32,
    /// Up or not, and since when.
    pub state: BrokerState,
    /// Requests that it works on.
    pub handling: usize,
    /// Requests that arrived and are not read yet, because the one before them on their connection is not answered.
    pub unread: usize,
    /// Its replicas, by partition.
    pub tapes: Vec<Tape>,
}

/// What a broker's process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum BrokerState {
    /// It runs.
    Up,
    /// The process is dead; what it appended is on its disk.
    Crashed {
        /// Since when, in microseconds.
        since_us: u64,
        /// When the controller will take it for dead, in microseconds; none once it has.
        fenced_at_us: Option<u64>,
    },
}

impl BrokerState {
    /// Its word in `data-state`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            BrokerState::Up => "up",
            BrokerState::Crashed { .. } => "crashed",
        }
    }
}

/// What a replica is to its partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// It takes the writes.
    Leader,
    /// It copies.
    Follower,
}

impl Role {
    /// Its word in `data-role`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Role::Leader => "leader",
            Role::Follower => "follower",
        }
    }
}

/// One replica's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tape {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The broker.
    pub broker: i32,
    /// What this replica takes itself for.
    pub role: Role,
    /// It is in the ISR, as the controller sees it.
    pub in_isr: bool,
    /// The leader epoch that it knows.
    pub leader_epoch: i32,
    /// The first offset that is still there.
    pub log_start: i64,
    /// Log end offset: the next record's.
    pub leo: i64,
    /// High watermark, as this replica knows it.
    pub hw: i64,
    /// Bytes of all its segments.
    pub bytes: u64,
    /// Its segments, oldest first; the last is the active one. At most the newest [`super::SEGMENTS_MAX`].
    pub segments: Vec<SegmentBlock>,
    /// Its newest records in order of offset, at most [`super::TAPE_RECORDS_MAX`].
    pub records: Vec<RecordDot>,
}

impl Tape {
    /// Its word in `data-tape`: `orders-0@1`.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}-{}@{}", self.topic, self.partition, self.broker)
    }

    /// The first offset that stands on the tape as a record of its own.
    #[must_use]
    pub fn first_drawn(&self) -> i64 {
        self.records.first().and_then(|record| record.offset).unwrap_or(self.leo)
    }
}

/// One segment as a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SegmentBlock {
    /// Its first offset, which names its file.
    pub base_offset: i64,
    /// The offset after its last record.
    pub next_offset: i64,
    /// Size of its `.log`.
    pub bytes: u64,
    /// Appends go here.
    pub active: bool,
}
