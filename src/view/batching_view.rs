//! The Batching room's picture: inside one producer, broker by broker: what fills, what leaves next and why, what is in flight.
//!
//! Exact: the queues, their order and the reasons are the accumulator's.

use super::format;
use super::frame::{BatchState, BrokerFrame, Frame, InFlightRequest, ProducerBatchFrame, ProducerFrame, Role};
use crate::engine::record::record_batch::RECORD_BATCH_OVERHEAD;
use serde::Serialize;

/// A part of a batch's bar, in hundredths of a per cent of `batch.size`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BarPart {
    /// Where it begins.
    pub x: u64,
    /// How wide it is.
    pub width: u64,
    /// What it is.
    pub what: BarKind,
}

/// What a part of a batch's bar stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BarKind {
    /// The batch's header.
    Header,
    /// Records that are not drawn one by one.
    Older,
    /// The record at this place of the batch's newest.
    Record(usize),
}

/// A batch's bar: its header and its records, each as wide as its share of the bytes.
#[must_use]
pub fn bar_parts(batch: &ProducerBatchFrame) -> Vec<BarPart> {
    let whole = batch.bytes_max.max(batch.bytes).max(1).unsigned_abs();
    let scaled = |bytes: u64| bytes * 10_000 / whole;
    let filled = batch.bytes.unsigned_abs();
    let header = filled.min(RECORD_BATCH_OVERHEAD as u64);
    let (total, newest) = (batch.records_bytes.max(1) as u64, batch.record_bytes.iter().sum::<usize>() as u64);
    // Compressed records take less than their own bytes: their shares stay.
    let at = |record_bytes: u64| scaled(header * total + (filled - header) * record_bytes) / total;
    let mut parts = vec![BarPart { x: 0, width: scaled(header), what: BarKind::Header }];
    let mut done = (batch.records_bytes as u64).saturating_sub(newest);
    if done > 0 {
        parts.push(BarPart { x: at(0), width: at(done) - at(0), what: BarKind::Older });
    }
    for (number, bytes) in batch.record_bytes.iter().enumerate() {
        let (x, end) = (at(done), at(done + *bytes as u64));
        parts.push(BarPart { x, width: end - x, what: BarKind::Record(number) });
        done += *bytes as u64;
    }
    parts
}

/// Slots that are drawn; with more in-flight requests allowed, the rest is counted.
pub const SLOTS_MAX: usize = 8;

/// Inside one producer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchingView {
    /// The producer.
    pub producer: String,
    /// Its session.
    pub session: u32,
    /// `acks`.
    pub acks: String,
    /// Its brokers, each with the partitions that it leads.
    pub brokers: Vec<BrokerLanes>,
    /// Partitions without a leader that the producer knows.
    pub leaderless: Vec<i32>,
    /// Bytes of memory in use, and in all.
    pub buffer: (i64, i64),
    /// Batches in flight, and waiting.
    pub batches: (usize, usize),
    /// Calls of `send()` that wait.
    pub blocked_sends: usize,
    /// Sessions of the same producer before this one that are not done, oldest first.
    pub closing: Vec<ClosingSession>,
    /// The moment, in microseconds.
    pub now_us: u64,
}

/// A session whose settings were changed: it sends what it has, then it goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClosingSession {
    /// Its number.
    pub session: u32,
    /// Its requests that wait for their answer.
    pub requests: usize,
    /// Its batches that wait.
    pub waiting: usize,
    /// Bytes of its own memory in use, and in all.
    pub buffer: (i64, i64),
    /// How many of its requests may be in flight to one broker.
    pub slots: i64,
}

impl ClosingSession {
    fn of(producer: &ProducerFrame) -> Self {
        Self {
            session: producer.session,
            requests: producer.in_flight.len(),
            waiting: producer.batches.len(),
            buffer: (producer.buffer_used, producer.buffer_total),
            slots: producer.max_in_flight,
        }
    }

    /// What it still holds, and by which settings.
    #[must_use]
    pub fn words(&self) -> String {
        let bytes = |bytes: i64| format::grouped(bytes.max(0).unsigned_abs());
        format!(
            "The session before is closing, with the settings before: it sends what it has, then it goes. {} in flight (at most {} to a broker), {} waiting, {} of its {} B of buffer.memory held.",
            format::counted(self.requests as u64, "request"),
            self.slots,
            format::counted_as(self.waiting as u64, "batch", "batches"),
            bytes(self.buffer.0),
            bytes(self.buffer.1),
        )
    }
}

/// What goes to one broker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BrokerLanes {
    /// The broker.
    pub broker: i32,
    /// It answers.
    pub is_up: bool,
    /// Requests that it has and did not answer.
    pub open_requests: usize,
    /// The queues of the partitions that it leads.
    pub lanes: Vec<Lane>,
    /// Requests in flight to it, oldest first.
    pub in_flight: Vec<InFlightRequest>,
    /// How many may be.
    pub slots: usize,
    /// When the next request leaves.
    pub next: NextRequest,
}

/// The queue of one partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Lane {
    /// The partition.
    pub partition: i32,
    /// The batch that leaves first.
    pub first: Option<ProducerBatchFrame>,
    /// The one behind it, which takes the records.
    pub second: Option<ProducerBatchFrame>,
    /// Batches between these and behind.
    pub more: usize,
}

/// When the next request to a broker leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum NextRequest {
    /// No batch waits.
    Nothing,
    /// A batch may go, but all slots are taken.
    NoFreeSlot,
    /// A batch may go, and takes one of each partition along.
    LeavesNow,
    /// When the first linger is over.
    In {
        /// The wait, in microseconds.
        us: u64,
    },
}

impl BatchingView {
    /// Inside the producer at this place of the scenario: its newest session, as a change of a setting starts another.
    #[must_use]
    pub fn of(frame: &Frame, index: u32) -> Self {
        let sessions = || frame.producers.iter().filter(|producer| producer.index == index);
        let Some(producer) = sessions().max_by_key(|producer| producer.session) else { return Self::default() };
        let brokers: Vec<BrokerLanes> =
            frame.brokers.iter().map(|broker| BrokerLanes::of(frame, producer, broker)).collect();
        let is_led =
            |partition: &i32| brokers.iter().any(|broker| broker.lanes.iter().any(|lane| lane.partition == *partition));
        Self {
            producer: producer.name.clone(),
            session: producer.session,
            acks: producer.acks.clone(),
            leaderless: (0..frame.partitions).filter(|partition| !is_led(partition)).collect(),
            buffer: (producer.buffer_used, producer.buffer_total),
            batches: (producer.in_flight.iter().map(|request| request.batches.len()).sum(), producer.batches.len()),
            blocked_sends: producer.blocked_sends,
            closing: sessions().filter(|other| other.session != producer.session).map(ClosingSession::of).collect(),
            now_us: frame.now_us,
            brokers,
        }
    }
}

impl BrokerLanes {
    fn of(frame: &Frame, producer: &ProducerFrame, broker: &BrokerFrame) -> Self {
        let leaders = broker.tapes.iter().filter(|tape| tape.role == Role::Leader);
        let lanes: Vec<Lane> = leaders.map(|tape| Lane::of(producer, tape.partition)).collect();
        let in_flight: Vec<InFlightRequest> =
            producer.in_flight.iter().filter(|request| request.broker == broker.id).cloned().collect();
        let slots = usize::try_from(producer.max_in_flight).unwrap_or(usize::MAX);
        Self {
            broker: broker.id,
            is_up: broker.state.is_up(),
            open_requests: broker.open_requests,
            next: NextRequest::of(frame.now_us, &lanes, in_flight.len() >= slots),
            lanes,
            in_flight,
            slots,
        }
    }
}

impl Lane {
    fn of(producer: &ProducerFrame, partition: i32) -> Self {
        let mut waiting = producer.batches.iter().filter(|batch| batch.partition == partition);
        let first = waiting.next().cloned();
        let behind: Vec<&ProducerBatchFrame> = waiting.collect();
        Self {
            partition,
            first,
            second: behind.last().map(|batch| (*batch).clone()),
            more: behind.len().saturating_sub(1),
        }
    }

    /// Its first batch may leave whatever its linger: it is full, another stands behind it, or its time has come.
    fn is_sendable(&self) -> bool {
        let ready =
            |batch: &ProducerBatchFrame| !matches!(batch.state, BatchState::Filling | BatchState::Backoff { .. });
        self.first.as_ref().is_some_and(|batch| ready(batch) || self.second.is_some() && batch.attempts == 0)
    }
}

impl NextRequest {
    fn of(now_us: u64, lanes: &[Lane], slots_taken: bool) -> Self {
        if lanes.iter().any(Lane::is_sendable) {
            return if slots_taken { NextRequest::NoFreeSlot } else { NextRequest::LeavesNow };
        }
        let waits =
            lanes.iter().filter_map(|lane| lane.first.as_ref()).map(|batch| batch.sendable_us.saturating_sub(now_us));
        waits.min().map_or(NextRequest::Nothing, |us| NextRequest::In { us })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::{Place, Preset, Room};
    use crate::engine::config::Value;
    use crate::engine::sim::command::SettingContent;
    use crate::engine::sim::{Command, Timeline};

    /// The first batches of the Batching room at the moment where it opens, and a little later.
    fn batches() -> Vec<ProducerBatchFrame> {
        let preset = Preset::of(Place::Room(Room::Batching)).expect("the room has one");
        let mut timeline = Timeline::new(preset.scenario());
        let mut batches = Vec::new();
        for step in 0..20 {
            timeline.advance_to(preset.opens_at + crate::engine::common::VirtualTime(step * 3_000));
            let frame = Frame::of(timeline.state(), timeline.position());
            let lanes = BatchingView::of(&frame, 0).brokers.into_iter().flat_map(|broker| broker.lanes);
            batches.extend(lanes.flat_map(|lane| [lane.first, lane.second]).flatten());
        }
        batches
    }

    #[test]
    fn a_changed_setting_shows_the_newest_session_and_says_what_the_one_before_holds() {
        let preset = Preset::of(Place::Room(Room::Batching)).expect("the room has one");
        let mut timeline = Timeline::new(preset.scenario());
        timeline.advance_to(preset.opens_at);
        for (setting, value) in [("max.in.flight.requests.per.connection", 1), ("buffer.memory", 20_000)] {
            let producer = timeline.state().scenario.producers[0].name.clone();
            let value = SettingContent(Value::Int(value));
            let set = Command::SetProducer { producer, setting: setting.to_string(), value };
            timeline.submit(set).expect("the producer takes it");
        }
        timeline.advance_to(preset.opens_at + crate::engine::common::VirtualTime(1_000));
        let view = BatchingView::of(&Frame::of(timeline.state(), timeline.position()), 0);
        assert_eq!(view.buffer.1, 20_000);
        assert!(view.brokers.iter().all(|broker| broker.slots == 1 && broker.in_flight.len() <= 1));
        let before = view.closing.first().expect("it has not sent everything yet");
        assert!(before.session < view.session && before.slots == 5, "{before:?}");
        assert!(before.words().contains("at most 5 to a broker"), "{}", before.words());
    }

    #[test]
    fn a_bar_shares_its_width_by_bytes() {
        let batches = batches();
        assert!(batches.iter().any(|batch| batch.records_count > 1), "something fills");
        for batch in &batches {
            let parts = bar_parts(batch);
            assert_eq!(batch.record_bytes.len(), batch.records.len(), "every drawn record is weighed");
            let uncompressed = RECORD_BATCH_OVERHEAD + batch.records_bytes;
            assert_eq!(
                uncompressed as i64, batch.bytes,
                "the weights are the batch's own bytes, as nothing is compressed"
            );
            for pair in parts.windows(2) {
                assert_eq!(pair[0].x + pair[0].width, pair[1].x, "no gap and no overlap");
            }
            let end = parts.last().map_or(0, |part| part.x + part.width);
            let filled = batch.bytes * 10_000 / batch.bytes_max.max(batch.bytes);
            assert_eq!(end as i64, filled);
        }
    }

    #[test]
    fn a_record_of_twice_the_bytes_is_twice_as_wide() {
        let mut batch = batches().into_iter().find(|batch| batch.records.len() >= 2).expect("one with two records");
        batch.records.truncate(2);
        (batch.records_count, batch.record_bytes, batch.records_bytes) = (3, vec![100, 200], 639);
        (batch.bytes, batch.bytes_max) = (700, 1_000);
        let widths: Vec<_> = bar_parts(&batch).iter().map(|part| (part.what, part.width)).collect();
        assert_eq!(
            widths,
            [(BarKind::Header, 610), (BarKind::Older, 3_390), (BarKind::Record(0), 1_000), (BarKind::Record(1), 2_000)]
        );
    }
}
