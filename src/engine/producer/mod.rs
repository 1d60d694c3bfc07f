//! The producer: partitioners, accumulator, sender (KAFKA 2 and 3), idempotence (KAFKA 4).
//!
//! Everything here is in virtual time and takes chance as an argument. Java's producer is the model; what librdkafka has of its own here
//! is its partitioners.

mod accumulator;
mod backoff;
mod buffer_pool;
mod idempotence;
mod metadata_view;
pub mod partitioner;
#[allow(clippy::module_inception)]
mod producer;
mod producer_batch;
mod sender;
#[cfg(test)]
mod testing;

pub use accumulator::{
    AppendContext, AppendError, AppendOutcome, Appended, BlockedAppend, FlushId, PartitionQueueView, Produced,
    QueuedBatch, ReadyCheckResult, RecordAccumulator,
};
pub use backoff::ExponentialBackoff;
pub use buffer_pool::{Allocation, BufferPool, Waiter, WaiterTicket};
pub use idempotence::{HeldBack, Idempotence, PartitionSequences, ProducerIdAndEpoch, TrackedBatch};
pub use metadata_view::{MetadataView, PartitionMetadata, TopicMetadata};
pub use partitioner::{BuiltInPartitioner, Chance, Partitioner, StickyPartition};
pub use producer::{Producer, SendError, SendOutcome};
pub use producer_batch::{BatchId, BatchOrigin, LeaveReason, OnTheWire, ProducerBatch};
pub use sender::{
    BatchOutcome, FailureReason, FinishedBatch, InFlightBatch, InFlightRequest, OutgoingBatch, OutgoingRequest,
    PartitionResponse, RequestId, Sender, SenderEvent, SenderTurn,
};
