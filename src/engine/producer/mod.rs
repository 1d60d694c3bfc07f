//! The producer: partitioners, accumulator, sender (KAFKA 2 and 3).
//!
//! Everything here is in virtual time and takes chance as an argument. Java's producer is the model; what librdkafka has of its own here
//! is its partitioners.

mod backoff;
mod buffer_pool;
mod metadata_view;
pub mod partitioner;

pub use backoff::ExponentialBackoff;
pub use buffer_pool::{Allocation, BufferPool, Waiter, WaiterTicket};
pub use metadata_view::{MetadataView, PartitionMetadata, TopicMetadata};
pub use partitioner::{BuiltInPartitioner, Chance, Partitioner, StickyPartition};
