//! The table of calls: number, call, slot, answer and the judge's mark, around the point that was reached.

use crate::ring::{CallVerdict, Replay};

/// Most rows shown at once; the rest is counted. The table stays small however long the list is.
pub const ROWS_MAX: usize = 200;
/// Rows of calls to come that are kept in sight.
const ROWS_TO_COME: usize = 40;

/// The judge's mark of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Not made yet.
    ToCome,
    /// Made; nothing was expected.
    None,
    /// As expected.
    Right,
    /// Not as expected.
    Wrong {
        /// What the list expects.
        given: String,
    },
}

/// One call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRow {
    /// From 1, the constructor being 1.
    pub number: usize,
    /// As `enQueue(3)`.
    pub call: String,
    /// The slot that was touched.
    pub slot: Option<usize>,
    /// The answer; empty while the call is to come.
    pub answer: String,
    /// The judge's mark.
    pub mark: Mark,
    /// The last call made.
    pub is_last: bool,
}

/// The rows in sight and how many are not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallList {
    /// Calls before the first row.
    pub earlier: usize,
    /// The rows.
    pub rows: Vec<CallRow>,
    /// Calls after the last row.
    pub later: usize,
}

impl CallList {
    /// The calls around the last one made.
    #[must_use]
    pub fn of(replay: &Replay) -> Self {
        let made = replay.made().len();
        let all = made + replay.to_come().len();
        let end = all.min(made + ROWS_TO_COME).max(all.min(ROWS_MAX));
        let begin = end.saturating_sub(ROWS_MAX);
        Self { earlier: begin, rows: (begin..end).map(|index| row(replay, index)).collect(), later: all - end }
    }
}

fn row(replay: &Replay, index: usize) -> CallRow {
    let number = index + 1;
    let is_last = number == replay.made().len();
    match replay.made().get(index) {
        Some(made) => CallRow {
            number,
            call: made.operation.to_string(),
            slot: made.touched.map(|(slot, _)| slot),
            answer: made.answer.to_string(),
            mark: match made.verdict {
                CallVerdict::NotJudged => Mark::None,
                CallVerdict::Right => Mark::Right,
                CallVerdict::Wrong { given } => Mark::Wrong { given: given.to_string() },
            },
            is_last,
        },
        None => CallRow {
            number,
            call: replay.list().operations()[index].to_string(),
            slot: None,
            answer: String::new(),
            mark: Mark::ToCome,
            is_last,
        },
    }
}
