//! What the ledger bar shows: the figures of the run and of each producer session, and what they are measured in.

use serde::Serialize;

/// The ledger bar.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LedgerView {
    /// The run's figures, in the order of the page: word and number.
    pub totals: Vec<(&'static str, u64)>,
    /// Each producer session's figures.
    pub sessions: Vec<SessionRow>,
    /// Median and 99th percentile of the time from `send()` to success, in microseconds; none before the first.
    pub latency_us: Option<(u64, u64)>,
    /// Records in a batch, on average, in thousandths; none before the first batch.
    pub records_per_batch: Option<u64>,
    /// Uncompressed over compressed size, in thousandths; none before the first batch.
    pub compression_ratio: Option<u64>,
    /// Produce requests that were sent.
    pub requests: u64,
}

/// The figures of one producer session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionRow {
    /// The session's number.
    pub session: u32,
    /// The producer's name.
    pub producer: String,
    /// What sets it apart: `acks=1`, closed.
    pub note: String,
    /// Its figures.
    pub totals: Vec<(&'static str, u64)>,
}
