//! Every bound of the engine, in one place. Reaching one is a visible effect or a clear message, never a hang or a crash.

/// Most records that one run keeps in its ledger.
pub const RECORDS_MAX: usize = 1_000_000;
/// Most events that one run keeps for its timeline.
pub const EVENTS_MAX: usize = 4_000_000;
/// Most brokers on the stage.
pub const BROKERS_MAX: usize = 9;
/// Most partitions of a topic.
pub const PARTITIONS_MAX: usize = 1_000;
/// Most producers in a scenario.
pub const PRODUCERS_MAX: usize = 3;
/// Most consumers in a scenario.
pub const CONSUMERS_MAX: usize = 2;

/// Largest batch that a decoder accepts, header included: `socket.request.max.bytes` bounds what a client can send.
pub const BATCH_BYTES_MAX: usize = 100 * 1024 * 1024;
/// Most bytes that the records of one compressed batch may take once decompressed.
pub const DECOMPRESSED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Most records that are decoded of one batch.
pub const BATCH_RECORDS_MAX: usize = 1_000_000;
