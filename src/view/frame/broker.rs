//! A broker as it stands, with a tape for each replica it holds.

use super::{HOLES_MAX, RecordDot, RecordState, SEGMENTS_MAX, TAPE_RECORDS_MAX};
use crate::engine::cluster::{self, Broker, Partition};
use crate::engine::common::{BrokerId, Offset, RecordId, TopicId, TopicPartition};
use crate::engine::sim::State;
use crate::engine::sim::ledger::Figure;
use crate::engine::sim::network::Endpoint;
use serde::Serialize;

/// Offsets from the end of a log among which its newest records are looked for.
const LOOK_BACK_MAX: usize = 4_096;

/// One broker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BrokerFrame {
    /// Its id.
    pub id: i32,
    /// Up or not, and since when.
    pub state: BrokerState,
    /// Requests that it has received and not answered.
    pub open_requests: usize,
    /// Of these, how many wait for something: for replicas, or for bytes.
    pub delayed_requests: usize,
    /// Its replica fetchers stand still.
    pub stalled: bool,
    /// How many times longer than usual an append takes; 1 is usual.
    pub disk_factor: u32,
    /// It will come back with less on its disk than it had: its power was cut.
    pub power_lost: bool,
    /// Its replicas, by partition.
    pub tapes: Vec<Tape>,
}

/// What a broker's process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum BrokerState {
    /// It runs.
    Up,
    /// It runs, and waits for the controller to let it stop.
    Stopping,
    /// The process has stopped in order.
    Stopped {
        /// Since when, in microseconds.
        since_us: u64,
    },
    /// The process stands still, as in a long pause of its garbage collector.
    Frozen {
        /// Since when, in microseconds.
        since_us: u64,
        /// The controller has taken it for dead.
        fenced: bool,
    },
    /// The process is dead; what it appended is on its disk.
    Crashed {
        /// Since when, in microseconds.
        since_us: u64,
        /// The controller has taken it for dead.
        fenced: bool,
        /// When it will, as its session runs out then, in microseconds; none once it has.
        session_ends_us: Option<u64>,
    },
}

impl BrokerState {
    /// Whether its process runs.
    #[must_use]
    pub fn is_up(self) -> bool {
        matches!(self, BrokerState::Up | BrokerState::Stopping | BrokerState::Frozen { .. })
    }

    /// Its word in `data-state`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            BrokerState::Up => "up",
            BrokerState::Stopping => "stopping",
            BrokerState::Stopped { .. } => "stopped",
            BrokerState::Frozen { .. } => "frozen",
            BrokerState::Crashed { .. } => "crashed",
        }
    }
}

/// What a replica is to its partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// It takes the writes.
    Leader,
    /// It copies.
    Follower,
    /// Its broker is down, or has not heard who leads.
    #[default]
    Offline,
}

impl Role {
    /// What a replica takes itself for.
    #[must_use]
    pub fn of(partition: &Partition) -> Self {
        match partition.role() {
            cluster::Role::Leader(_) => Role::Leader,
            cluster::Role::Follower(_) => Role::Follower,
            cluster::Role::Offline => Role::Offline,
        }
    }

    /// Its word in `data-role`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Role::Leader => "leader",
            Role::Follower => "follower",
            Role::Offline => "offline",
        }
    }
}

/// One replica's log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
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
    /// It takes itself for the leader, and the controller has named another.
    pub deposed: bool,
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
    /// The offsets in these segments that compaction has emptied, ascending: each stretch with its first and its last. At most the
    /// newest [`super::HOLES_MAX`].
    pub holes: Vec<(i64, i64)>,
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

impl BrokerFrame {
    /// Every broker, with the replicas of the first topic.
    pub(super) fn all(state: &State) -> Vec<Self> {
        state.brokers.iter().map(|broker| Self::of(state, broker)).collect()
    }

    fn of(state: &State, broker: &Broker) -> Self {
        let on_stage = |(id, _): &(TopicPartition, &Partition)| id.topic == TopicId(0);
        Self {
            id: broker.id().0,
            state: broker_state(state, broker),
            open_requests: broker.open_requests(),
            delayed_requests: broker.delayed_requests(),
            stalled: broker.is_stalled(),
            disk_factor: broker.disk_factor(),
            power_lost: broker.will_miss_something(),
            tapes: broker
                .partitions()
                .filter(on_stage)
                .map(|(_, partition)| Tape::of(state, broker.id(), partition))
                .collect(),
        }
    }
}

fn broker_state(state: &State, broker: &Broker) -> BrokerState {
    let fenced = !state.metadata.is_alive(broker.id());
    match (state.crashed_at.get(&broker.id()), state.faults.frozen_since(Endpoint::Broker(broker.id()))) {
        (Some(since), _) if broker.has_stopped_cleanly() => BrokerState::Stopped { since_us: since.0 },
        (Some(since), _) if !broker.is_up() => {
            let session_ends = state.session_ends_at(broker.id()).filter(|_| !fenced);
            BrokerState::Crashed { since_us: since.0, fenced, session_ends_us: session_ends.map(|at| at.0) }
        }
        (_, Some(since)) => BrokerState::Frozen { since_us: since.0, fenced },
        _ if broker.is_shutting_down() => BrokerState::Stopping,
        _ => BrokerState::Up,
    }
}

impl Tape {
    fn of(state: &State, broker: BrokerId, partition: &Partition) -> Self {
        let (id, log) = (partition.id(), partition.log());
        let registration = state.metadata.partition(id);
        let topic = state.scenario.topics.get(usize::from(id.topic.0));
        let skipped = log.segments_count().saturating_sub(SEGMENTS_MAX);
        let active = log.active_segment().base_offset();
        let segments = log.segments().skip(skipped).map(|segment| SegmentBlock {
            base_offset: segment.base_offset().0,
            next_offset: segment.next_offset().0,
            bytes: u64::from(segment.size_in_bytes()),
            active: segment.base_offset() == active,
        });
        Self {
            topic: topic.map(|topic| topic.name.clone()).unwrap_or_default(),
            partition: id.partition.0,
            broker: broker.0,
            role: Role::of(partition),
            deposed: partition.is_leader() && registration.is_some_and(|partition| partition.leader != Some(broker)),
            in_isr: registration.is_some_and(|partition| partition.isr.contains(&broker)),
            leader_epoch: partition.leader_epoch().0,
            log_start: log.log_start_offset().0,
            leo: log.log_end_offset().0,
            hw: log.high_watermark().0,
            bytes: log.size_in_bytes(),
            segments: segments.collect(),
            records: newest_records(state, broker, partition),
            holes: holes(state, broker, partition),
        }
    }
}

/// The newest records of a replica, in order of offset.
fn newest_records(state: &State, broker: BrokerId, partition: &Partition) -> Vec<RecordDot> {
    let log = partition.log();
    let (start, end) = (log.log_start_offset().0, log.log_end_offset().0);
    let hw = log.high_watermark();
    let replica = state.ledger.partition(partition.id()).and_then(|it| it.replica(broker));
    let is_there = |offset: &i64| replica.is_none_or(|replica| !replica.is_hole(Offset(*offset)));
    let newest = (start..end).rev().take(LOOK_BACK_MAX).filter(is_there).take(TAPE_RECORDS_MAX);
    let mut offsets: Vec<i64> = newest.collect();
    offsets.reverse();
    let dot = |offset: Offset| {
        let id = state.ledger.record_at(partition.id(), broker, offset);
        RecordDot::of(&state.ledger, id, Some(offset), standing(state, id, offset, hw))
    };
    offsets.into_iter().map(Offset).map(dot).collect()
}

/// What compaction has emptied of the segments that are drawn.
fn holes(state: &State, broker: BrokerId, partition: &Partition) -> Vec<(i64, i64)> {
    let replica = state.ledger.partition(partition.id()).and_then(|it| it.replica(broker));
    let Some(replica) = replica.filter(|replica| !replica.holes.is_empty()) else { return Vec::new() };
    let log = partition.log();
    let skipped = log.segments_count().saturating_sub(SEGMENTS_MAX);
    let first = log.segments().nth(skipped).map_or(log.log_start_offset(), |segment| segment.base_offset());
    let mut stretches: Vec<(i64, i64)> = Vec::new();
    let mut is_full = false;
    for (offset, _) in replica.holes.range(first.max(log.log_start_offset())..log.log_end_offset()).rev() {
        match stretches.last_mut() {
            Some((from, _)) if *from == offset.0 + 1 => *from = offset.0,
            _ if is_full => break,
            _ => stretches.push((offset.0, offset.0)),
        }
        is_full = stretches.len() == HOLES_MAX;
    }
    stretches.reverse();
    stretches
}

/// How one copy of a record stands.
fn standing(state: &State, id: Option<RecordId>, offset: Offset, hw: Offset) -> RecordState {
    let Some(id) = id else { return if offset < hw { RecordState::Committed } else { RecordState::Pending } };
    let entry = state.ledger.record(id);
    let first = entry.and_then(|entry| entry.first_offset());
    match first {
        None if state.ledger.is(id, Figure::Lost) => RecordState::Lost,
        Some(first) if first != offset && entry.is_some_and(|entry| entry.copies() > 1) => RecordState::Duplicate,
        _ if offset < hw => RecordState::Committed,
        _ => RecordState::Pending,
    }
}
