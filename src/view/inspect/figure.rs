//! A figure of the ledger: the records behind it.

use super::super::inspection::{FieldView, Inspection, LIST_MAX};
use super::{item, outcome_at, sent_at};
use crate::engine::common::{RecordId, SessionId, VirtualTime};
use crate::engine::sim::State;
use crate::engine::sim::ledger::{BatchMoment, Figure, RecordMoment};
use crate::view::format;
use crate::view::news;

pub(super) fn inspect(state: &State, figure: Figure, session: Option<SessionId>) -> Inspection {
    let ids = state.ledger.list(figure, session);
    let whose =
        session.map(|session| format!(" · {} #{session}", news::producer_name(state, session))).unwrap_or_default();
    // The newest are what one looks for.
    let shown = ids.iter().rev().take(LIST_MAX);
    Inspection {
        kind: "ledger",
        title: format!("{}{whose}", figure.word()),
        fields: vec![FieldView::plain("records", format::grouped(ids.len() as u64))],
        why: vec![
            if ids.is_empty() { "No record is behind this figure at this moment." } else { meaning(figure) }
                .to_string(),
        ],
        records: shown.map(|id| item(state, *id, moment(state, figure, *id))).collect(),
        records_total: ids.len() as u64,
        ..Inspection::default()
    }
}

/// The moment at which the figure came to count the record, as far as the ledger knows it.
fn moment(state: &State, figure: Figure, id: RecordId) -> VirtualTime {
    let moments = state.ledger.moments(id);
    let last = |wanted: fn(&BatchMoment) -> bool| {
        moments
            .iter()
            .rev()
            .find_map(|(at, moment)| matches!(moment, RecordMoment::Batch(moment) if wanted(moment)).then_some(*at))
    };
    let found = match figure {
        Figure::Sent | Figure::Pending => None,
        Figure::Delivered | Figure::Failed | Figure::Unknown | Figure::Lost => {
            state.ledger.record(id).and_then(|entry| outcome_at(entry.outcome))
        }
        Figure::Stored | Figure::Duplicates | Figure::Reordered => {
            last(|moment| matches!(moment, BatchMoment::Appended { .. }))
        }
        Figure::Committed => last(|moment| matches!(moment, BatchMoment::Committed { .. })),
        Figure::Compacted => state.ledger.compacted(id).map(|gone| gone.at),
        Figure::Expired => {
            let compacted = state.ledger.compacted(id).map(|gone| gone.at);
            compacted.or_else(|| last(|moment| matches!(moment, BatchMoment::Removed { .. })))
        }
    };
    found.unwrap_or_else(|| sent_at(state, id))
}

fn meaning(figure: Figure) -> &'static str {
    match figure {
        Figure::Sent => "`send()` was called for these.",
        Figure::Delivered => "Success was reported to the application.",
        Figure::Failed => "An error was reported to the application.",
        Figure::Pending => "The application has heard nothing yet.",
        Figure::Unknown => "They failed, but they were on the wire and no answer ruled out an append.",
        Figure::Stored => "They have a copy in the log of the leader.",
        Figure::Committed => "They have a copy below the leader's high watermark.",
        Figure::Expired => "They were in the leader's log, and retention, compaction or DeleteRecords removed them.",
        Figure::Compacted => {
            "They were in the leader's log, and compaction removed them: a later record has their key, or they were tombstones whose time was over."
        }
        Figure::Lost => {
            "They were reported delivered, and no log that leads has them. The moment is that of the first loss after the report."
        }
        Figure::Duplicates => "They stand in a leader's log more than once.",
        Figure::Reordered => {
            "Their first copy stands before that of a record which the same session sent earlier to that partition."
        }
    }
}
