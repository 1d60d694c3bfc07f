//! What a broker and the controller want done: messages to carry and times to be woken at. Whoever drives them does it.
//!
//! A state machine never calls another one. It pushes effects, in order, and returns; and it pushes the events that say
//! what it did. Nothing is cancelled: a timer that no longer matters is ignored when it fires.

use super::event::{BrokerEvent, ControllerEvent};
use super::protocol::{
    ConnectionId, ControllerRequest, ControllerResponse, CorrelationId, MetadataDelta, Request, Response,
};
use crate::engine::common::{BrokerId, VirtualTime};

/// What one call of a [`super::Broker`] asks for and did.
#[derive(Clone, Debug, Default)]
pub struct BrokerOutput {
    /// To be done, in this order.
    pub effects: Vec<BrokerEffect>,
    /// Done, in this order.
    pub events: Vec<BrokerEvent>,
}

/// Something to do for a broker.
#[derive(Clone, Debug)]
pub enum BrokerEffect {
    /// Send an answer back on a connection of ours.
    Respond {
        /// The connection that the request came on.
        connection: ConnectionId,
        /// The request's number.
        correlation: CorrelationId,
        /// The answer.
        response: Response,
    },
    /// Close a connection that others made to us. [`super::Broker::disconnected`] need not be called.
    Close {
        /// Which.
        connection: ConnectionId,
    },
    /// Send a request to another broker, over the one connection we keep to it; connect first if there is none. The answer
    /// comes back by [`super::Broker::answered`], a failure by [`super::Broker::unreachable`].
    SendToBroker {
        /// Whom to.
        to: BrokerId,
        /// Our number of the request.
        correlation: CorrelationId,
        /// The request.
        request: Request,
    },
    /// Close our connection to another broker, if there is one; requests open on it are forgotten.
    Disconnect {
        /// Whom from.
        from: BrokerId,
    },
    /// Send a request to the controller. The answer comes back by [`super::Broker::controller_answered`], a failure by
    /// [`super::Broker::unreachable`].
    SendToController {
        /// Our number of the request.
        correlation: CorrelationId,
        /// The request.
        request: ControllerRequest,
    },
    /// Call [`super::Broker::timer`] at that time.
    Schedule {
        /// When; `now` or later.
        at: VirtualTime,
        /// With what.
        timer: BrokerTimer,
    },
    /// The process has ended in order: its connections, to it and from it, are gone, as after [`super::Broker::crash`].
    Exit,
}

/// A timer of a broker's process. One that was set before a crash does nothing after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BrokerTimer {
    pub(super) incarnation: u32,
    pub(super) kind: TimerKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum TimerKind {
    /// A request handler is done with the request of this connection.
    RequestDone(ConnectionId),
    /// A delayed operation has waited long enough.
    DelayedOperation(DelayedId),
    /// The replica fetcher of this leader may go on.
    Fetcher(BrokerId),
    /// Time for the next registration or heartbeat.
    Lifecycle,
    /// A controlled shutdown has waited for the controller long enough.
    ShutdownTimeout,
    /// Time to look for followers that lag.
    IsrShrink,
    /// Time to write the high watermarks to disk.
    HighWatermarkCheckpoint,
    /// Time to look for segments that may go.
    Retention,
    /// Time for the log cleaner to look for a log that is dirty enough.
    LogCleaner,
    /// The operating system writes its page cache.
    PageCache,
    /// Time to look for logs that `flush.ms` wants on the disk.
    Flush,
    /// Time to send ISR proposals again.
    IsrProposals,
}

/// A delayed operation of a broker; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct DelayedId(pub(super) u64);

/// What one call of the [`super::Controller`] asks for and did.
#[derive(Clone, Debug, Default)]
pub struct ControllerOutput {
    /// To be done, in this order.
    pub effects: Vec<ControllerEffect>,
    /// Done, in this order.
    pub events: Vec<ControllerEvent>,
}

/// Something to do for the controller.
#[derive(Clone, Debug)]
pub enum ControllerEffect {
    /// Answer a broker's request.
    Respond {
        /// Whom to.
        to: BrokerId,
        /// The broker's number of the request.
        correlation: CorrelationId,
        /// The answer.
        response: ControllerResponse,
    },
    /// Append a change to the metadata log. What was answered and reported in the same call holds once it is committed.
    Append(MetadataDelta),
    /// Call [`super::Controller::timer`] at that time.
    Schedule {
        /// When; `now` or later.
        at: VirtualTime,
        /// With what.
        timer: ControllerTimer,
    },
}

/// A timer of the controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ControllerTimer {
    /// A broker's session may have run out.
    SessionCheck,
    /// Time to move leaders back to the preferred replicas.
    LeaderBalance,
    /// Time to look for leaderless partitions that may be led uncleanly.
    UncleanElections,
}
