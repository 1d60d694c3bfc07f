//! Why batches left, over the last second of a run. Exact: each reason is the one that the accumulator drained the batch for.

use crate::engine::producer::LeaveReason;
use crate::engine::sim::State;
use crate::engine::sim::ledger::{BatchMoment, BatchRef};
use serde::Serialize;

/// The reasons, in the order in which they are stacked and told.
pub const REASONS: [&str; 6] = ["full", "linger", "same-broker", "memory", "flush", "retry"];
/// Columns of the picture.
pub const COLUMNS: usize = 50;
/// What one column covers, in microseconds.
pub const COLUMN_US: u64 = 20_000;
/// Newest batches that are looked at.
const BATCHES_MAX: usize = 20_000;

/// A reason's word in class names.
#[must_use]
pub fn leave_word(reason: LeaveReason) -> &'static str {
    match reason {
        LeaveReason::Retry | LeaveReason::Split => "retry",
        LeaveReason::Full | LeaveReason::BatchBehind => "full",
        LeaveReason::Linger => "linger",
        LeaveReason::MemoryExhausted => "memory",
        LeaveReason::Closing | LeaveReason::Flush => "flush",
        LeaveReason::SameBroker => "same-broker",
    }
}

/// A reason's word in a few words more.
#[must_use]
pub fn leave_meaning(word: &str) -> &'static str {
    match word {
        "full" => "full, or another behind it",
        "linger" => "linger over",
        "same-broker" => "another left for the same broker",
        "memory" => "memory exhausted",
        "flush" => "flush() or close()",
        _ => "sent again, or split",
    }
}

/// Batches sent, by time and reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Departures {
    /// A column each, oldest first: how many left for each reason, in the order of [`REASONS`].
    pub columns: Vec<[u32; REASONS.len()]>,
    /// How many left for each reason in all columns.
    pub totals: [u32; REASONS.len()],
    /// The most that left in one column; never 0.
    pub most: u32,
    /// Where the first column begins, in microseconds.
    pub from_us: u64,
    /// The moment that is shown, in microseconds.
    pub now_us: u64,
}

impl Departures {
    /// The last [`COLUMNS`] columns up to the moment that a run has reached.
    #[must_use]
    pub fn of(state: &State) -> Self {
        let last = state.now.0 / COLUMN_US;
        let first = (last + 1).saturating_sub(COLUMNS as u64);
        let mut columns = vec![[0; REASONS.len()]; (last - first + 1) as usize];
        let count = state.ledger.batches_count();
        for number in (count.saturating_sub(BATCHES_MAX)..count).rev() {
            let entry = u32::try_from(number).ok().and_then(|number| state.ledger.batch(BatchRef(number)));
            let sent = entry.into_iter().flat_map(|entry| &entry.moments).filter_map(|(at, moment)| match moment {
                BatchMoment::Sent { why, .. } => Some((at.0 / COLUMN_US, *why)),
                _ => None,
            });
            for (column, why) in sent.filter(|(column, _)| *column >= first) {
                let reason = REASONS.iter().position(|word| *word == leave_word(why)).expect("every reason has a word");
                columns[(column - first) as usize][reason] += 1;
            }
        }
        let mut totals = [0; REASONS.len()];
        for column in &columns {
            totals.iter_mut().zip(column).for_each(|(total, count)| *total += count);
        }
        let most = columns.iter().map(|column| column.iter().sum::<u32>()).max().unwrap_or(0).max(1);
        Self { columns, totals, most, from_us: first * COLUMN_US, now_us: state.now.0 }
    }
}
