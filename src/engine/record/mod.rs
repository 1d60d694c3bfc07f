//! Record batches: Kafka's RecordBatch v2 (magic 2), bytes in and out (KAFKA 1).
//!
//! A batch is genuine Kafka bytes at every moment: what the producer builds is what a broker stores, a follower copies and a
//! consumer decodes. Reading hostile bytes gives a [`BatchError`] with field and position; it never panics, never loops, and
//! allocates no more than [`crate::engine::common::limits`] states. What a broker refuses although it decodes is in [`validate`].

pub mod attributes;
pub mod batch_header;
pub mod builder;
pub mod codec;
pub mod compression_ratio;
pub mod control_record;
pub mod crc32;
pub mod crc32c;
pub mod errors;
mod fill_buffer;
#[allow(clippy::module_inception)]
pub mod record;
pub mod record_batch;
pub mod record_batches;
pub mod record_layouts;
pub mod validate;
pub mod varint;

pub use attributes::{Attributes, BatchTimestampType};
pub use batch_header::BatchHeader;
pub use builder::{BatchOptions, ClosedBatch, ProducerState, RecordBatchBuilder};
pub use codec::{Compression, Compressor, SnappyFraming};
pub use compression_ratio::CompressionRatioEstimator;
pub use control_record::ControlRecordType;
pub use errors::{BatchError, BatchErrorClass, BatchErrorReason};
pub use record::{Header, Record};
pub use record_batch::RecordBatch;
pub use record_batches::RecordBatches;
pub use validate::validate_client_batch;
