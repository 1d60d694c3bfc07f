//! Every bound of the engine, in one place. Reaching one is a visible effect or a clear message, never a hang or a crash.

/// Most records that one run keeps in its ledger.
pub const RECORDS_MAX: usize = 1_000_000;
/// Most bytes of encoded records that one run keeps: what is sent stays readable, whatever retention takes from the logs.
pub const RUN_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Most events that one run keeps for its timeline.
pub const EVENTS_MAX: usize = 4_000_000;
/// Most brokers on the stage.
pub const BROKERS_MAX: usize = 9;
/// Most partitions of a topic.
pub const PARTITIONS_MAX: usize = 1_000;
/// Most producers in a scenario.
pub const PRODUCERS_MAX: usize = 3;
/// Most consumers in a scenario.
pub const CONSUMERS_MAX: usize = 16;
/// Crashes of a controller that one measurement of failovers makes for each number of partitions.
pub const FAILOVERS_MAX: u32 = 10_000;

/// Largest batch that a decoder accepts, header included: `socket.request.max.bytes` bounds what a client can send.
pub const BATCH_BYTES_MAX: usize = 100 * 1024 * 1024;
/// Most bytes that the records of one compressed batch may take once decompressed.
pub const DECOMPRESSED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Most records, and most record headers, that are decoded of one batch.
pub const BATCH_RECORDS_MAX: usize = 1_000_000;

/// How much larger than its input a codec's output can be: what a decoder believes at most. gzip, snappy and lz4 by the densest
/// element of their format, zstd by a block of 4 bytes that stands for 128 KiB.
pub const GZIP_EXPANSION_MAX: usize = 1032;
/// See [`GZIP_EXPANSION_MAX`].
pub const SNAPPY_EXPANSION_MAX: usize = 22;
/// See [`GZIP_EXPANSION_MAX`].
pub const LZ4_EXPANSION_MAX: usize = 255;
/// See [`GZIP_EXPANSION_MAX`].
pub const ZSTD_EXPANSION_MAX: usize = 32 * 1024;
/// Memory that a decoder works with beside its output, at most: tables, windows, buffers.
pub const DECODER_WORKING_BYTES_MAX: usize = 512 * 1024;
/// Memory that a decoded record or header takes beside the bytes of its batch, at most, for each byte that it takes there.
const RECORD_MEMORY_PER_BYTE: usize = 40;

/// Most memory held at once while `input_bytes` are decompressed, with a codec's expansion: working memory, and the output, up to
/// three times for a moment as it grows.
#[must_use]
pub const fn decompress_peak_bytes(input_bytes: usize, expansion_max: usize) -> usize {
    DECODER_WORKING_BYTES_MAX + output_bytes_max(input_bytes, expansion_max) * 3
}

/// Most memory held at once while a batch with `input_bytes` of stored records is decoded: decompressing, then the records.
#[must_use]
pub const fn decode_peak_bytes(input_bytes: usize, expansion_max: usize) -> usize {
    let records = output_bytes_max(input_bytes, expansion_max) * RECORD_MEMORY_PER_BYTE;
    let records_max = BATCH_RECORDS_MAX * 256;
    decompress_peak_bytes(input_bytes, expansion_max) + if records < records_max { records } else { records_max }
}

const fn output_bytes_max(input_bytes: usize, expansion_max: usize) -> usize {
    let bytes = input_bytes.saturating_mul(expansion_max);
    if bytes < DECOMPRESSED_BYTES_MAX { bytes } else { DECOMPRESSED_BYTES_MAX }
}

/// Most memory that reading a log's file of this length (segment, index, snapshot, checkpoint) holds at once, its own bytes included,
/// records not decoded: what an entry or batch takes in memory, in lists that grow by chunks, and as text when it is shown.
#[must_use]
pub const fn log_file_peak_bytes(input: usize) -> usize {
    64 * 1024 + 32 * input
}

/// Most bytes of an answer to a fetch of the metadata log: 8 MiB (`MAX_FETCH_SIZE_BYTES`).
pub const METADATA_FETCH_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Latest end of a run: an hour. It bounds what a scenario can ask a command line to do.
pub const END_US_MAX: u64 = 3_600_000_000;
/// Most topics of a scenario.
pub const TOPICS_MAX: usize = 16;
/// Most commands of a scenario.
pub const COMMANDS_MAX: usize = 100_000;
/// Latest virtual date of a run's start: the year 9999.
pub const EPOCH_MS_MAX: i64 = 253_370_764_800_000;
/// Most records a second that a workload may ask for.
pub const WORKLOAD_RATE_MAX: u32 = 1_000_000;
/// Most keys in a key set.
pub const WORKLOAD_KEYS_MAX: u32 = 100_000;
/// Largest value that a workload makes, in bytes.
pub const WORKLOAD_VALUE_BYTES_MAX: u32 = 1_000_000;
/// Longest latency and jitter: a minute.
pub const LATENCY_US_MAX: u64 = 60_000_000;
/// Highest bandwidth, bytes a second.
pub const BANDWIDTH_MAX: u64 = 1_000_000_000_000;
/// Most times longer that a slow disk may take.
pub const DISK_FACTOR_MAX: u32 = 10_000_000;
/// Most messages that one command drops or duplicates.
pub const FAULT_MESSAGES_MAX: u32 = 1_000;
/// Most tasks that wait for a frozen broker, and most messages that wait on one direction of a cut link. Beyond it connections break.
pub const HELD_UP_MAX: usize = 10_000;
/// Most records that may wait to be sent by hand while a producer is blocked.
pub const BLOCKED_SENDS_MAX: usize = 10_000;
/// Most moments that the ledger keeps of a batch: more than a delivery timeout full of retries makes.
pub const BATCH_MOMENTS_MAX: usize = 1_000;
/// Most tasks that one microsecond may hold. More than this is taken for a circle.
pub const TASKS_AT_ONCE_MAX: u64 = 2_000_000;
/// Most checkpoints of a run. When there are more, every second one goes and the distance doubles.
pub const CHECKPOINTS_MAX: usize = 200;
