//! A producer as it stands: its last send, the batches that fill, what is in flight, its memory.

use super::RecordDot;
use serde::Serialize;

/// One producer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProducerFrame {
    /// Its place in the scenario.
    pub index: u32,
    /// Its name in the scenario, such as `p1`.
    pub name: String,
    /// Its present session: a change of its settings starts another.
    pub session: u32,
    /// It can send. A producer that is closing cannot.
    pub open: bool,
    /// `acks` as Kafka writes it.
    pub acks: String,
    /// `linger.ms` in milliseconds.
    pub linger_ms: i64,
    /// `batch.size` in bytes.
    pub batch_size: i64,
    /// The newest call of `send()`, if there was one.
    pub last_send: Option<LastSend>,
    /// Batches that are not on a wire: by partition, and in a partition in the order in which they will leave.
    pub batches: Vec<ProducerBatchFrame>,
    /// Requests that wait for their answer, oldest first.
    pub in_flight: Vec<InFlightRequest>,
    /// How many may wait for one broker at once.
    pub max_in_flight: i64,
    /// Bytes of `buffer.memory` in use.
    pub buffer_used: i64,
    /// `buffer.memory` in bytes.
    pub buffer_total: i64,
    /// Calls of `send()` that wait for memory or for metadata.
    pub blocked_sends: usize,
}

/// How the newest record found its partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LastSend {
    /// The record.
    pub record: u64,
    /// The key as a label.
    pub key: String,
    /// The hash of the key in hex, if the partitioner hashed it.
    pub hash: Option<String>,
    /// Its name: `murmur2`, `crc32`, `fnv1a`.
    pub hash_name: &'static str,
    /// How many partitions the producer knew.
    pub partitions: i32,
    /// The partition; none while it is not chosen.
    pub partition: Option<i32>,
    /// When `send()` was called, in microseconds.
    pub at_us: u64,
}

/// A batch that a producer holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProducerBatchFrame {
    /// The producer's own number of the batch, which `data-batch` shows as `session/number`.
    pub id: u64,
    /// The partition it is for.
    pub partition: i32,
    /// Its newest records, at most [`super::BATCH_RECORDS_MAX`].
    pub records: Vec<RecordDot>,
    /// How many records it holds.
    pub records_count: usize,
    /// Its size as the producer estimates it, header included.
    pub bytes: i64,
    /// The size at which it is full.
    pub bytes_max: i64,
    /// When it was created, in microseconds.
    pub created_us: u64,
    /// When its linger is over, in microseconds.
    pub linger_until_us: u64,
    /// How often it was sent already.
    pub attempts: u32,
    /// Why it is still here, or why it goes.
    pub state: BatchState,
}

/// Why a batch is still with its producer, or why it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum BatchState {
    /// It may take more records, and its linger runs.
    Filling,
    /// Full: it goes with the next request to its broker.
    Full,
    /// Its linger is over.
    LingerOver,
    /// Memory is exhausted, so everything goes.
    MemoryExhausted,
    /// `flush()` or `close()` was called.
    Flushing,
    /// It was sent, failed in a way that may pass, and waits for its next attempt.
    Backoff {
        /// When it may go again, in microseconds.
        until_us: u64,
    },
}

impl BatchState {
    /// Its word in class names.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            BatchState::Filling => "filling",
            BatchState::Full => "full",
            BatchState::LingerOver => "linger",
            BatchState::MemoryExhausted => "memory",
            BatchState::Flushing => "flush",
            BatchState::Backoff { .. } => "backoff",
        }
    }
}

/// A produce request that waits for its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InFlightRequest {
    /// The request's number in the run.
    pub id: u64,
    /// The broker that it went to.
    pub broker: i32,
    /// When it was sent, in microseconds.
    pub sent_us: u64,
    /// Partition and count of records of each batch in it.
    pub batches: Vec<(i32, usize)>,
    /// The records, at most [`super::BATCH_RECORDS_MAX`].
    pub records: Vec<RecordDot>,
    /// Its size in bytes.
    pub bytes: i64,
}
