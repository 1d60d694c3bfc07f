//! What happened in a run: a closed list, in order. Ledger, timeline, trace hash and page read it; nothing acts on it.
//!
//! Subsystems speak in their own events, which stand here as they are. An event is *visible* if a picture can show it, and a
//! *mark* if someone who scrubs through the run would look for it.

use super::command::Command;
use super::ledger::Failure;
use super::network::Endpoint;
use crate::engine::cluster::protocol::{Api, ConnectionId, CorrelationId};
use crate::engine::cluster::{BrokerEvent, ControllerEvent, QuorumEvent};
use crate::engine::common::{
    BrokerId, ControllerId, KafkaError, LeaderEpoch, Offset, ProducerEpoch, ProducerId, RecordId, SessionId,
    TopicPartition, VirtualTime,
};
use crate::engine::consumer::ConsumerEvent;
use std::fmt;
use std::sync::Arc;

/// Something that happened. Events of one time are in the order in which they happened.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Event {
    /// When.
    pub at: VirtualTime,
    /// What.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Hash)]
pub enum EventKind {
    /// Someone gave a command.
    Command(Arc<Command>),
    /// A command of the scenario was not possible at its time; nothing was changed.
    CommandRefused(Arc<Command>),
    /// A producer session did something.
    Producer {
        /// Which.
        session: SessionId,
        /// What.
        event: ProducerEvent,
    },
    /// A broker did something.
    Broker {
        /// Which.
        broker: BrokerId,
        /// What.
        event: BrokerEvent,
    },
    /// The metadata changed: a majority of the controllers has it. Or the active controller refused something.
    Controller(ControllerEvent),
    /// A controller did something as a node of the quorum.
    Quorum {
        /// Which.
        controller: ControllerId,
        /// What.
        event: QuorumEvent,
    },
    /// A consumer did something.
    Consumer {
        /// Which, by its place in the scenario.
        consumer: u32,
        /// What.
        event: ConsumerEvent,
    },
    /// A message came to an end that is not there any more.
    MessageDropped {
        /// Its connection.
        connection: ConnectionId,
        /// The broker at the server's end.
        broker: BrokerId,
        /// Whether it was a producer's or consumer's request.
        is_request: bool,
    },
    /// More delivered records are lost than before.
    RecordsLost {
        /// How many more.
        more: u64,
        /// How many now.
        lost: u64,
    },
    /// The run came to one of its limits.
    LimitReached(Limit),
    /// A fault broke a connection under a message, or under one before it.
    MessageLost {
        /// Who sent it.
        from: Endpoint,
        /// To whom.
        to: Endpoint,
        /// If it was a request to a broker: which.
        request: Option<(ConnectionId, CorrelationId)>,
    },
    /// Leaders' logs hold more copies beyond the first than before.
    RecordsDuplicated {
        /// How many more.
        more: u64,
        /// How many now.
        duplicates: u64,
    },
    /// More records stand before an earlier one than before.
    RecordsReordered {
        /// How many more.
        more: u64,
        /// How many now.
        reordered: u64,
    },
}

/// A bound of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Limit {
    /// `RECORDS_MAX`: nothing more is sent.
    Records,
    /// `RUN_BYTES_MAX`: nothing more is sent.
    Bytes,
    /// `EVENTS_MAX`: time stands still.
    Events,
    /// Too much happened in one microsecond: time stands still.
    Instant,
    /// `BLOCKED_SENDS_MAX`: nothing more is sent by hand.
    BlockedSends,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use crate::engine::common::limits;
        match self {
            Limit::Records => write!(
                f,
                "This run keeps at most {} records; nothing more is sent. Lower the rate, or reset the run.",
                limits::RECORDS_MAX
            ),
            Limit::Bytes => write!(
                f,
                "This run keeps at most {} MiB of records; nothing more is sent. Lower the rate or the values' size, or reset the run.",
                limits::RUN_BYTES_MAX / 1024 / 1024
            ),
            Limit::Events => write!(
                f,
                "This run keeps at most {} events; it stops here. Lower the rate, or reset the run.",
                limits::EVENTS_MAX
            ),
            Limit::Instant => f.write_str("More happens in one microsecond than this run can follow; it stops here."),
            Limit::BlockedSends => {
                write!(f, "At most {} records can wait for a producer that is blocked.", limits::BLOCKED_SENDS_MAX)
            }
        }
    }
}

/// Why a call of `send()` waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlockReason {
    /// The topic's metadata is not known.
    Metadata,
    /// `buffer.memory` is exhausted.
    Memory,
}

/// What a producer session did.
#[derive(Clone, Debug, PartialEq, Hash)]
pub enum ProducerEvent {
    /// It began: one `KafkaProducer`.
    Started {
        /// The producer's place in the scenario.
        producer: u32,
    },
    /// It takes no more records and flushes what it has.
    Closing,
    /// It is closed.
    Closed,
    /// A connection stands.
    Connected {
        /// To whom.
        broker: BrokerId,
    },
    /// A connection is gone, or could not be made.
    Disconnected {
        /// To whom.
        broker: BrokerId,
        /// Why.
        why: DisconnectReason,
    },
    /// It was told who leads what.
    MetadataReceived {
        /// By whom.
        from: BrokerId,
    },
    /// It has no producer id and asked a broker for one; nothing is sent until it comes.
    ProducerIdRequested {
        /// Whom.
        from: BrokerId,
    },
    /// A broker gave it an id, with epoch 0.
    ProducerIdReceived {
        /// Which broker.
        from: BrokerId,
        /// The id.
        producer_id: ProducerId,
    },
    /// A broker gave it no id; it asks again after `retry.backoff.ms`.
    ProducerIdRefused {
        /// Which broker.
        from: BrokerId,
        /// Why.
        error: KafkaError,
    },
    /// A batch failed in a way that leaves a gap, so it raised its epoch by itself.
    EpochBumped {
        /// Its id; −1: its last epoch is used up, and it asks for another one.
        producer_id: ProducerId,
        /// Its epoch from now on.
        epoch: ProducerEpoch,
    },
    /// The new epoch numbers a batch anew. If its old numbers were appended, it will be appended again.
    SequenceReset {
        /// Where it goes.
        partition: TopicPartition,
        /// The batch.
        batch: u64,
        /// Its epoch from now on.
        epoch: ProducerEpoch,
        /// The sequence of its first record from now on.
        base_sequence: i32,
    },
    /// `send()` was called and waits.
    SendBlocked {
        /// The record.
        record: RecordId,
        /// Why.
        on: BlockReason,
    },
    /// A record joined a batch.
    RecordBatched {
        /// The record.
        record: RecordId,
        /// Where it goes.
        partition: TopicPartition,
        /// The session's number of the batch.
        batch: u64,
        /// The batch was made for it.
        is_new: bool,
    },
    /// `send()` failed before the record was in a batch.
    SendFailed {
        /// The record.
        record: RecordId,
        /// Why.
        why: Failure,
    },
    /// A produce request left.
    RequestSent {
        /// Whom to.
        to: BrokerId,
        /// On which connection.
        connection: ConnectionId,
        /// Its number.
        correlation: CorrelationId,
        /// The batches in it.
        batches: Vec<SentBatch>,
    },
    /// The answer to a produce request came.
    ResponseReceived {
        /// From whom.
        from: BrokerId,
        /// Its number.
        correlation: CorrelationId,
    },
    /// Success was reported for a batch's records.
    Delivered {
        /// Where it went.
        partition: TopicPartition,
        /// The batch.
        batch: u64,
        /// Offset of its first record; −1: unknown.
        base_offset: Offset,
        /// How many records.
        records: u32,
    },
    /// An error was reported for a batch's records.
    Failed {
        /// Where it went.
        partition: TopicPartition,
        /// The batch.
        batch: u64,
        /// Why.
        why: Failure,
        /// How many records.
        records: u32,
        /// It may have been appended all the same.
        unknown: bool,
    },
    /// A batch goes back in its queue for another attempt.
    Retrying {
        /// Where it goes.
        partition: TopicPartition,
        /// The batch.
        batch: u64,
        /// What went wrong.
        error: KafkaError,
        /// How often it was put back.
        attempts: u32,
    },
    /// A batch was too large and was split.
    Split {
        /// Where it goes.
        partition: TopicPartition,
        /// The batch.
        batch: u64,
        /// How many it became.
        parts: u32,
    },
    /// An answer came for a batch that had failed meanwhile.
    AnsweredTooLate {
        /// Where it went.
        partition: TopicPartition,
        /// The batch.
        batch: u64,
        /// The error; none: it was appended.
        error: Option<KafkaError>,
    },
    /// An answer named a new leader.
    LeaderLearned {
        /// The partition.
        partition: TopicPartition,
        /// Its leader.
        leader: BrokerId,
        /// The leader's epoch.
        leader_epoch: LeaderEpoch,
    },
    /// `flush()` was called.
    FlushBegun,
    /// Everything that `flush()` waited for has an outcome.
    FlushDone,
    /// Its process was killed.
    Killed,
}

/// A batch in a produce request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SentBatch {
    /// Where it goes.
    pub partition: TopicPartition,
    /// The session's number of it.
    pub batch: u64,
    /// How many records.
    pub records: u32,
    /// Its checksum: it brings keys, values and their encoding into the trace.
    pub crc: u32,
    /// Who sent it, as far as the broker can tell; −1: not idempotent.
    pub producer_id: ProducerId,
    /// The producer's epoch; −1: not idempotent.
    pub producer_epoch: ProducerEpoch,
    /// The sequence of its first record; −1: not idempotent.
    pub base_sequence: i32,
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DisconnectReason {
    /// Nobody listens there.
    Refused,
    /// The other side closed it or died.
    ByPeer,
    /// A request on it was not answered within `request.timeout.ms`.
    RequestTimeout,
    /// It did not stand within `socket.connection.setup.timeout.ms`.
    SetupTimeout,
}

/// What kind of mark an event leaves on the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum MarkKind {
    /// A command.
    Command,
    /// A broker's or a controller's process died.
    Crash,
    /// A broker's process died with what was not flushed.
    PowerCut,
    /// A broker's process stopped in order.
    Stop,
    /// A broker's or a controller's process runs again.
    Restart,
    /// A partition has another leader, or none; or the cluster another active controller.
    Election,
    /// A log began a new segment.
    Roll,
    /// A log was compacted.
    Cleaning,
    /// Delivered records are lost.
    Loss,
    /// A leader's log has a record once more.
    Duplicate,
    /// A record stands before an earlier one.
    Reordering,
    /// A batch is sent again.
    Retry,
    /// A leader has a batch already that was sent again.
    Recognised,
    /// A connection broke under a message.
    Drop,
    /// A consumer's position does not do any more.
    Position,
    /// The run came to a limit.
    Limit,
}

impl MarkKind {
    /// Every kind, in the order in which a reader is told of them.
    pub const ALL: [MarkKind; 16] = [
        MarkKind::Command,
        MarkKind::Crash,
        MarkKind::PowerCut,
        MarkKind::Stop,
        MarkKind::Restart,
        MarkKind::Election,
        MarkKind::Roll,
        MarkKind::Cleaning,
        MarkKind::Retry,
        MarkKind::Loss,
        MarkKind::Duplicate,
        MarkKind::Reordering,
        MarkKind::Recognised,
        MarkKind::Drop,
        MarkKind::Position,
        MarkKind::Limit,
    ];
}

impl EventKind {
    /// Whether the trace hash has it. What only the ledger's figures tell follows from the events before it: left out, a run keeps
    /// the hash by which it is known.
    #[must_use]
    pub(super) fn is_traced(&self) -> bool {
        !matches!(self, EventKind::RecordsDuplicated { .. } | EventKind::RecordsReordered { .. })
    }

    /// The mark that the event leaves, if any. A crash by a power cut is told apart by the command before it.
    #[must_use]
    pub fn mark(&self) -> Option<MarkKind> {
        match self {
            EventKind::Command(_) | EventKind::CommandRefused(_) => Some(MarkKind::Command),
            EventKind::Broker { event: BrokerEvent::Crashed, .. } => Some(MarkKind::Crash),
            EventKind::Broker { event: BrokerEvent::Stopped, .. } => Some(MarkKind::Stop),
            EventKind::Broker { event: BrokerEvent::Started { incarnation }, .. } if *incarnation > 1 => {
                Some(MarkKind::Restart)
            }
            EventKind::Broker { event: BrokerEvent::Rolled { .. }, .. } => Some(MarkKind::Roll),
            EventKind::Broker { event: BrokerEvent::LogCleaned { .. }, .. } => Some(MarkKind::Cleaning),
            EventKind::Controller(ControllerEvent::LeaderElected { .. })
            | EventKind::Quorum { event: QuorumEvent::BecameActive { .. }, .. }
                if !self.is_at_the_start() =>
            {
                Some(MarkKind::Election)
            }
            EventKind::Quorum { event: QuorumEvent::Crashed, .. }
            | EventKind::Producer { event: ProducerEvent::Killed, .. } => Some(MarkKind::Crash),
            EventKind::Quorum { event: QuorumEvent::Started, .. } => Some(MarkKind::Restart),
            EventKind::Producer { event: ProducerEvent::Retrying { .. }, .. } => Some(MarkKind::Retry),
            EventKind::RecordsLost { .. } => Some(MarkKind::Loss),
            EventKind::RecordsDuplicated { .. } => Some(MarkKind::Duplicate),
            EventKind::RecordsReordered { .. } => Some(MarkKind::Reordering),
            EventKind::Broker { event: BrokerEvent::DuplicateRecognised { .. }, .. } => Some(MarkKind::Recognised),
            EventKind::MessageLost { .. } => Some(MarkKind::Drop),
            EventKind::Consumer { event, .. } if event.is_about_a_lost_position() => Some(MarkKind::Position),
            EventKind::LimitReached(_) => Some(MarkKind::Limit),
            _ => None,
        }
    }

    /// The active controller that a run begins with was elected before it.
    fn is_at_the_start(&self) -> bool {
        matches!(self, EventKind::Quorum { event: QuorumEvent::BecameActive { epoch: LeaderEpoch(1) }, .. })
    }

    /// Whether a picture can show it. Timers, heartbeats and fetches that find nothing are not visible.
    #[must_use]
    pub fn is_visible(&self) -> bool {
        match self {
            EventKind::Broker { event, .. } => broker_event_is_visible(event),
            EventKind::Producer { event, .. } => !matches!(event, ProducerEvent::MetadataReceived { .. }),
            EventKind::MessageDropped { is_request, .. } => *is_request,
            EventKind::Quorum { .. } => !self.is_at_the_start(),
            _ => true,
        }
    }
}

fn broker_event_is_visible(event: &BrokerEvent) -> bool {
    match event {
        BrokerEvent::RequestReceived { api, .. }
        | BrokerEvent::RequestAnswered { api, .. }
        | BrokerEvent::PurgatoryEntered { api, .. }
        | BrokerEvent::PurgatoryLeft { api, .. } => *api == Api::Produce,
        BrokerEvent::RequestTaken { .. }
        | BrokerEvent::RegistrationRefused { .. }
        | BrokerEvent::HolesCopied { .. } => false,
        _ => true,
    }
}
