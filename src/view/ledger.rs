//! What the ledger bar shows: the figures of the run and of each producer session, and what they are measured in.

use crate::engine::sim::State;
use crate::engine::sim::ledger::{Figure, Totals};
use crate::engine::sim::producer_session::{Phase, ProducerSession};
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

impl LedgerView {
    /// The ledger bar at the moment that a run has reached.
    #[must_use]
    pub fn of(state: &State) -> Self {
        let metrics = &state.metrics;
        let latency = &metrics.produce_latency;
        let per_mille = |part: u64, whole: u64| (whole > 0).then(|| part.saturating_mul(1000) / whole);
        Self {
            totals: figures(state.ledger.totals()),
            sessions: state.sessions.iter().map(|session| SessionRow::of(state, session)).collect(),
            latency_us: (latency.count() > 0).then(|| (latency.quantile(500).0, latency.quantile(990).0)),
            records_per_batch: per_mille(metrics.batched_records, metrics.batches),
            compression_ratio: per_mille(metrics.uncompressed_bytes, metrics.compressed_bytes),
            requests: metrics.requests,
        }
    }
}

fn figures(totals: &Totals) -> Vec<(&'static str, u64)> {
    Figure::ALL.into_iter().map(|figure| (figure.word(), totals.get(figure))).collect()
}

impl SessionRow {
    fn of(state: &State, session: &ProducerSession) -> Self {
        let spec = state.scenario.producers.get(session.producer_index as usize);
        let phase = match session.phase {
            Phase::Open => "",
            Phase::Closing { .. } => " · closing",
            Phase::Closed => " · closed",
            Phase::Killed => " · killed",
        };
        Self {
            session: session.id.0,
            producer: spec.map(|spec| spec.name.clone()).unwrap_or_default(),
            note: format!("acks={}{phase}", session.producer.config().acks.word()),
            totals: state.ledger.rows().get(session.id.0 as usize).map(figures).unwrap_or_default(),
        }
    }
}
