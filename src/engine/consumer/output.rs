//! What a consumer asks for and what it did. Whoever drives it carries out the one and tells of the other.

use super::position::PollException;
use crate::engine::cluster::protocol::{CorrelationId, Request};
use crate::engine::common::{BrokerId, KafkaError, Offset, TopicPartition, VirtualTime};

/// What one call of a [`Consumer`](super::Consumer) asks for and did.
#[derive(Clone, Debug, Default)]
pub struct ConsumerOutput {
    /// To be done, in this order.
    pub effects: Vec<ConsumerEffect>,
    /// Done, in this order.
    pub events: Vec<ConsumerEvent>,
}

/// Something to do for a consumer.
#[derive(Clone, Debug)]
pub enum ConsumerEffect {
    /// Ask any live broker for metadata; try another one, and again, until there is an answer:
    /// [`Consumer::metadata_received`](super::Consumer::metadata_received).
    RequestMetadata,
    /// Send a request to a broker, over the one connection kept to it. It ends with
    /// [`Consumer::answered`](super::Consumer::answered) or [`Consumer::unreachable`](super::Consumer::unreachable).
    Send {
        /// Whom to.
        to: BrokerId,
        /// The consumer's number of the request.
        correlation: CorrelationId,
        /// The request.
        request: Request,
    },
    /// Call [`Consumer::wake`](super::Consumer::wake) at that time.
    Schedule {
        /// When.
        at: VirtualTime,
    },
}

impl ConsumerEvent {
    /// Whether its position does not do any more: gone, cut off, or none.
    #[must_use]
    pub fn is_about_a_lost_position(&self) -> bool {
        match self {
            ConsumerEvent::OutOfRange { .. }
            | ConsumerEvent::TruncationDetected { .. }
            | ConsumerEvent::PollFailed { .. } => true,
            ConsumerEvent::Read { .. } | ConsumerEvent::PositionSet { .. } | ConsumerEvent::FetchFailed { .. } => false,
        }
    }
}

/// Something that a consumer did.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ConsumerEvent {
    /// `poll()` gave the application records of a partition, and its position moved past them.
    Read {
        /// The broker that they came from.
        from: BrokerId,
        /// Which partition.
        partition: TopicPartition,
        /// First offset read.
        first_offset: Offset,
        /// Its position now: the next offset to read.
        next_offset: Offset,
        /// How many records: fewer than offsets where compaction took some.
        records: u32,
    },
    /// Its position was set: by a seek, by what a leader answered to a question for an offset, or after a truncation.
    PositionSet {
        /// Which partition.
        partition: TopicPartition,
        /// The next offset to read.
        position: Offset,
    },
    /// Its position is no offset of the log. What it does then is `auto.offset.reset`'s to say.
    OutOfRange {
        /// Which partition.
        partition: TopicPartition,
        /// Where it was.
        position: Offset,
    },
    /// The log that it read was cut before its position: what it read last is there no more.
    TruncationDetected {
        /// Which partition.
        partition: TopicPartition,
        /// Where it was.
        position: Offset,
        /// The first offset at which the logs differ; none: the leader does not know.
        diverges_at: Option<Offset>,
    },
    /// `poll()` threw an exception: the application stands still until someone seeks in it or changes one of its settings.
    PollFailed {
        /// On account of which partition.
        partition: TopicPartition,
        /// Which.
        exception: PollException,
    },
    /// A partition could not be read; tried again later.
    FetchFailed {
        /// From which broker.
        from: BrokerId,
        /// Which partition; none: the broker could not be reached.
        partition: Option<TopicPartition>,
        /// Why.
        error: KafkaError,
    },
}
