//! The log: segments over a segment store, with indexes, retention and recovery (KAFKA 5, 4.5, 6.5).
//!
//! [`Log`] is one replica of one partition. What it keeps is what Kafka keeps in the partition's folder, and it can give every
//! file's bytes at any time. It is cheap to clone: segments that are closed are shared, the batches of the active one too.

pub mod dump;
pub mod errors;
pub mod files;
pub mod flush;
pub mod leader_epoch_cache;
pub mod log;
mod log_append;
pub mod log_cleaner;
pub mod log_read;
pub mod offset_index;
pub mod producer_snapshot;
pub mod producer_state;
pub mod recovery;
pub mod retention;
pub mod roll;
pub mod seek;
pub mod segment;
pub mod segment_store;
pub mod time_index;
mod truncation;
pub mod txn_index;
pub mod validation;

pub use errors::{AppendError, AppendErrorReason, IndexError, OffsetOutOfRange, SnapshotError};
pub use leader_epoch_cache::{EpochEndOffset, EpochEntry, LeaderEpochCache};
pub use log::{FileClock, Log, LogOffsetMetadata};
pub use log_append::{AppendInfo, AppendOutcome, Appended, FollowerAppend};
pub use log_cleaner::{CleanedLog, CleanerConfig, Cleaning, LogToClean, RemovalReason};
pub use log_read::{FetchDataInfo, ReadUpTo, TimestampAndOffset};
pub use offset_index::{OffsetIndex, OffsetPosition};
pub use producer_snapshot::ProducerSnapshot;
pub use producer_state::{BatchMetadata, ProducerStateEntry, ProducerStateManager};
pub use recovery::{RecoveredSegment, Shutdown};
pub use retention::{DeletedSegment, DeletionReason, Retention};
pub use roll::{Roll, RollReason};
pub use seek::{OffsetSeek, ScannedBatch, TimestampSeek};
pub use segment::Segment;
pub use segment_store::{MemoryStore, SegmentStore, StoredBatch};
pub use time_index::{TimeIndex, TimestampOffset};
pub use validation::ClientBatch;
