//! What brokers and the controller report having done. The ledger, the timeline and the page read these; nothing here acts.
//!
//! Fetches are many and mostly find nothing, so their way through a broker is not reported; what they bring is: batches
//! replicated, high watermarks moved, records read. Every event happens at the `now` of the call that pushed it.

use super::partition_change::{ElectedBy, ElectionKind};
use super::protocol::{Api, ConnectionId, CorrelationId, ProducerIdsBlock};
use crate::engine::common::{BrokerId, KafkaError, LeaderEpoch, Offset, ProducerId, TopicPartition, VirtualTime};
use crate::engine::storage::{CleanedLog, DeletionReason, Roll};
use std::sync::Arc;

/// Something that happened on a broker.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum BrokerEvent {
    /// The process runs again, with the logs that it left; it must register before it leads or follows.
    Started {
        /// Which start this is.
        incarnation: u32,
    },
    /// The process died. Its logs stay.
    Crashed,
    /// The process was asked to stop: it asks the controller to move what it leads.
    ShutdownBegun,
    /// The process has stopped in order: its logs are closed, and it left a clean shutdown file.
    Stopped,
    /// The controller knows this process now; it is fenced until it has caught up.
    Registered {
        /// Its broker epoch.
        broker_epoch: i64,
    },
    /// The controller still takes the process before this one for alive.
    RegistrationRefused {
        /// Why.
        error: KafkaError,
        /// When it asks again.
        retry_at: VirtualTime,
    },
    /// The broker may lead and be in sync.
    Unfenced,
    /// A request was read off its connection, which is muted until the answer has left.
    RequestReceived {
        /// Where it came from.
        connection: ConnectionId,
        /// Which.
        correlation: CorrelationId,
        /// What.
        api: Api,
    },
    /// A request handler took the request up.
    RequestTaken {
        /// Where it came from.
        connection: ConnectionId,
        /// Which.
        correlation: CorrelationId,
        /// When its effect and perhaps its answer come.
        done_at: VirtualTime,
    },
    /// A request waits for something (`DelayedOperationPurgatory`).
    PurgatoryEntered {
        /// Where it came from.
        connection: ConnectionId,
        /// Which.
        correlation: CorrelationId,
        /// What.
        api: Api,
        /// When it stops waiting.
        until: VirtualTime,
    },
    /// A request waits no longer.
    PurgatoryLeft {
        /// Where it came from.
        connection: ConnectionId,
        /// Which.
        correlation: CorrelationId,
        /// What.
        api: Api,
        /// Why.
        why: PurgatoryExit,
    },
    /// The answer left, or with acks=0 the handling ended without one; the connection is read again.
    RequestAnswered {
        /// Where it came from.
        connection: ConnectionId,
        /// Which.
        correlation: CorrelationId,
        /// What.
        api: Api,
    },
    /// The broker closed a connection: with acks=0 that is how it tells of an error.
    ConnectionClosed {
        /// Which.
        connection: ConnectionId,
        /// The error.
        error: KafkaError,
    },
    /// The leader wrote a producer's batch.
    Appended {
        /// Where.
        partition: TopicPartition,
        /// The leader's epoch, stamped on the batch.
        leader_epoch: LeaderEpoch,
        /// Its first offset.
        base_offset: Offset,
        /// Its last offset.
        last_offset: Offset,
        /// Its size.
        size_in_bytes: u64,
        /// Where the request came from.
        connection: ConnectionId,
        /// Which request.
        correlation: CorrelationId,
    },
    /// The leader recognised a batch that it has already written.
    DuplicateRecognised {
        /// Where.
        partition: TopicPartition,
        /// First offset of the copy that stays.
        base_offset: Offset,
        /// Where the request came from.
        connection: ConnectionId,
        /// Which request.
        correlation: CorrelationId,
    },
    /// The leader refused a producer's batch; nothing was written.
    AppendRefused {
        /// Where.
        partition: TopicPartition,
        /// Why.
        error: KafkaError,
        /// Where the request came from.
        connection: ConnectionId,
        /// Which request.
        correlation: CorrelationId,
    },
    /// A follower wrote a batch that it fetched.
    Replicated {
        /// Where.
        partition: TopicPartition,
        /// Whom from.
        leader: BrokerId,
        /// Epoch on the batch: that of the leader that first wrote it.
        leader_epoch: LeaderEpoch,
        /// Its first offset.
        base_offset: Offset,
        /// Its last offset.
        last_offset: Offset,
        /// Its size.
        size_in_bytes: u64,
    },
    /// A log began a new segment.
    Rolled {
        /// Which log.
        partition: TopicPartition,
        /// Which segments, and why.
        roll: Roll,
    },
    /// A segment left the log.
    SegmentDeleted {
        /// Which log.
        partition: TopicPartition,
        /// The segment's base offset.
        base_offset: Offset,
        /// The offset after its last record.
        next_offset: Offset,
        /// Why.
        reason: DeletionReason,
    },
    /// The log cleaner compacted a log.
    LogCleaned {
        /// Which log.
        partition: TopicPartition,
        /// What it looked at, and what went.
        cleaned: Arc<CleanedLog>,
    },
    /// What a follower fetches next was compacted on the leader: the batch that it writes after this event, or what should stand before
    /// it, lacks these offsets.
    HolesCopied {
        /// Which log.
        partition: TopicPartition,
        /// Whom from.
        leader: BrokerId,
        /// The batch's first offset.
        base_offset: Offset,
        /// The offsets, ascending: each range with its first, and the one after its last.
        holes: Vec<(Offset, Offset)>,
    },
    /// The log's first offset moved.
    LogStartAdvanced {
        /// Which log.
        partition: TopicPartition,
        /// Its first offset now.
        log_start_offset: Offset,
    },
    /// A high watermark moved up: the leader's, or a follower's after it.
    HighWatermarkAdvanced {
        /// Which log.
        partition: TopicPartition,
        /// From.
        from: Offset,
        /// To.
        to: Offset,
    },
    /// A replica's high watermark moved down: a restart begins from what was on disk, a follower from what its new leader
    /// knows, and a cut takes it along. A leader's never moves down while it leads.
    HighWatermarkLowered {
        /// Which log.
        partition: TopicPartition,
        /// From.
        from: Offset,
        /// To.
        to: Offset,
    },
    /// A follower cut its log, or a broker came back with less of it than it had.
    Truncated {
        /// Which log.
        partition: TopicPartition,
        /// Its log end before.
        from: Offset,
        /// Its log end now.
        to: Offset,
        /// Why.
        reason: TruncationReason,
    },
    /// A leader asked the controller for another ISR.
    IsrProposed {
        /// Which partition.
        partition: TopicPartition,
        /// What it asked.
        change: IsrChange,
        /// The ISR as it would be.
        isr: Vec<BrokerId>,
    },
    /// The controller's answer to a proposal.
    IsrProposalAnswered {
        /// Which partition.
        partition: TopicPartition,
        /// The ISR that stands now, or why the proposal was refused.
        result: Result<Vec<BrokerId>, KafkaError>,
    },
    /// The replica leads.
    BecameLeader {
        /// Which partition.
        partition: TopicPartition,
        /// In this epoch.
        leader_epoch: LeaderEpoch,
        /// Its log end at take-over, where the epoch starts.
        start_offset: Offset,
        /// The ISR it leads.
        isr: Vec<BrokerId>,
    },
    /// The replica follows.
    BecameFollower {
        /// Which partition.
        partition: TopicPartition,
        /// Whom; none: the partition is offline.
        leader: Option<BrokerId>,
        /// In this epoch.
        leader_epoch: LeaderEpoch,
    },
    /// The broker has no producer ids, or few, and asked the controller for some.
    ProducerIdsRequested,
    /// The controller gave it some.
    ProducerIdsReceived {
        /// Which.
        block: ProducerIdsBlock,
    },
    /// A producer was given an id.
    ProducerIdGiven {
        /// Which.
        producer_id: ProducerId,
        /// Where the request came from.
        connection: ConnectionId,
        /// Which request.
        correlation: CorrelationId,
    },
    /// A follower's fetch of a partition, or of all of a leader's partitions, failed; it tries again later.
    FetchFailed {
        /// Whom it asked.
        leader: BrokerId,
        /// Which partition; none: the connection failed.
        partition: Option<TopicPartition>,
        /// Why.
        error: KafkaError,
    },
}

/// Why a request left the purgatory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PurgatoryExit {
    /// What it waited for came, or can no longer come: the answer says which.
    Completed,
    /// Its time was over.
    TimedOut,
}

/// Why a follower cut its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TruncationReason {
    /// The leader's epoch ended earlier than the follower's log does (KIP-101).
    DivergingEpoch {
        /// The largest epoch that both may know.
        epoch: LeaderEpoch,
        /// Its end on the leader.
        leader_end_offset: Offset,
    },
    /// The log has no epochs to compare by, so it is cut to its high watermark.
    NoEpochs,
    /// The log reached past the leader's end.
    PastLeaderEnd,
    /// The leader has deleted all that the follower has: it starts again at the leader's first offset.
    BehindLeaderStart,
    /// The machine lost its power, and this was in its page cache only.
    PowerLost,
    /// The broker came back with an empty disk.
    DiskLost,
}

/// What a leader asks of the ISR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IsrChange {
    /// To take followers out.
    Shrink,
    /// To take a follower in.
    Expand,
}

/// Something that happened on the controller.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ControllerEvent {
    /// A broker process is known from now on; it is fenced.
    BrokerRegistered {
        /// Which broker.
        broker: BrokerId,
        /// Its broker epoch.
        broker_epoch: i64,
    },
    /// A broker's session ran out: it leaves every ISR and leads nothing.
    BrokerFenced {
        /// Which broker.
        broker: BrokerId,
    },
    /// A broker is alive and has caught up.
    BrokerUnfenced {
        /// Which broker.
        broker: BrokerId,
    },
    /// A partition has another leader.
    LeaderElected {
        /// Which partition.
        partition: TopicPartition,
        /// Who led before.
        previous: Option<BrokerId>,
        /// Who leads; none: nobody may.
        leader: Option<BrokerId>,
        /// Its epoch.
        leader_epoch: LeaderEpoch,
        /// By which rule.
        elected_by: ElectedBy,
    },
    /// A partition has another ISR.
    IsrChanged {
        /// Which partition.
        partition: TopicPartition,
        /// Its ISR.
        isr: Vec<BrokerId>,
        /// The partition's epoch.
        partition_epoch: i32,
    },
    /// A partition has other eligible leader replicas.
    ElrChanged {
        /// Which partition.
        partition: TopicPartition,
        /// Its ELR.
        elr: Vec<BrokerId>,
        /// The partition's epoch.
        partition_epoch: i32,
    },
    /// A leader that was elected uncleanly says that it has recovered.
    LeaderRecovered {
        /// Which partition.
        partition: TopicPartition,
        /// The partition's epoch.
        partition_epoch: i32,
    },
    /// A broker that wants to stop leads nothing any more, and is in no ISR; it may stop once the others know.
    ControlledShutdownBegun {
        /// Which broker.
        broker: BrokerId,
    },
    /// A broker that wants to stop may: it is fenced.
    ShutdownGranted {
        /// Which broker.
        broker: BrokerId,
    },
    /// A broker registers whose process before died rather than stopped: it leaves every ISR and ELR.
    UncleanShutdownDetected {
        /// Which broker.
        broker: BrokerId,
    },
    /// An election that an operator asked for was refused.
    ElectionRefused {
        /// Which partition.
        partition: TopicPartition,
        /// Which election.
        election: ElectionKind,
        /// Why.
        error: KafkaError,
    },
    /// A leader's proposal was refused.
    IsrProposalRefused {
        /// Which partition.
        partition: TopicPartition,
        /// Who asked.
        broker: BrokerId,
        /// Why.
        error: KafkaError,
    },
    /// A broker was given producer ids.
    ProducerIdsAllocated {
        /// Which broker.
        broker: BrokerId,
        /// Which ids.
        block: ProducerIdsBlock,
    },
    /// A topic has more partitions.
    PartitionsAdded {
        /// How many it has now.
        topic: crate::engine::common::TopicId,
        /// Their number.
        partitions: u32,
    },
}
