//! What can be clicked and inspected.

use crate::engine::common::{BrokerId, Offset, RecordId, SessionId, TopicPartition};
use crate::engine::sim::ledger::Figure;
use serde::Serialize;

/// What the inspector looks at. It names a thing; whether the thing is there depends on the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Subject {
    /// A record, wherever it is.
    Record(RecordId),
    /// A batch in a replica's log.
    Batch {
        /// The partition.
        partition: TopicPartition,
        /// The replica.
        broker: BrokerId,
        /// Its first offset.
        base_offset: Offset,
    },
    /// A segment of a replica's log.
    Segment {
        /// The partition.
        partition: TopicPartition,
        /// The replica.
        broker: BrokerId,
        /// Its first offset, which names the file.
        base_offset: Offset,
    },
    /// A broker.
    Broker(BrokerId),
    /// A consumer, by its place in the scenario.
    Consumer(u32),
    /// A batch of a producer, by its number in that session.
    ProducerBatch {
        /// The session.
        session: SessionId,
        /// The producer's own number of it.
        number: u64,
    },
    /// A message on a wire or waiting for its answer, by its number in the run.
    Request(u64),
    /// A figure of the ledger, of the run or of one session.
    Figure {
        /// Which.
        figure: Figure,
        /// Whose.
        session: Option<SessionId>,
    },
}
