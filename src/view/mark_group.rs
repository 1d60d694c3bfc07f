//! Marks that share a sign on the timeline: which kind the sign shows, and what is said of them.

use super::format;
use super::transport::{MarkView, kind_word};
use crate::engine::common::VirtualTime;
use crate::engine::sim::MarkKind;
use std::collections::BTreeSet;

/// Most marks that the title of a sign lists.
const LISTED_MAX: usize = 12;

/// The kind that gives a sign its shape: the gravest.
#[must_use]
pub fn kind(marks: &[MarkView]) -> Option<MarkKind> {
    marks.iter().map(|mark| mark.kind).min_by_key(|kind| rank(*kind))
}

/// Each kind among the marks, a word for each, the gravest first.
#[must_use]
pub fn kind_words(marks: &[MarkView]) -> String {
    let ranks: BTreeSet<(u8, &str)> = marks.iter().map(|mark| (rank(mark.kind), kind_word(mark.kind))).collect();
    ranks.into_iter().map(|(_, word)| word).collect::<Vec<_>>().join(" ")
}

/// The marks in one line, their time first: `4,020.000 ms · election: broker 2 leads orders-0, and 3 more until 4,021.000 ms`.
#[must_use]
pub fn told(marks: &[MarkView]) -> String {
    let [first, .., last] = marks else { return marks.first().map(MarkView::told).unwrap_or_default() };
    let Some(gravest) = marks.iter().min_by_key(|mark| rank(mark.kind)) else { return String::new() };
    let more = format!("{}, and {} more", gravest.what(), marks.len() - 1);
    let from = format::time(VirtualTime(first.at_us));
    if first.at_us == last.at_us {
        return format!("{from} · {more}");
    }
    format!("{from} to {} · {more}", format::time(VirtualTime(last.at_us)))
}

/// The marks, a line for each; of many the first.
#[must_use]
pub fn listed(marks: &[MarkView]) -> String {
    let mut lines: Vec<String> = marks.iter().take(LISTED_MAX).map(MarkView::told).collect();
    if let Some(more) = marks.len().checked_sub(LISTED_MAX).filter(|more| *more > 0) {
        lines.push(format!("and {more} more"));
    }
    lines.join("\n")
}

/// What a reader must not miss comes first.
fn rank(kind: MarkKind) -> u8 {
    match kind {
        MarkKind::Loss => 0,
        MarkKind::Duplicate => 1,
        MarkKind::Reordering => 2,
        MarkKind::Limit => 3,
        MarkKind::PowerCut => 4,
        MarkKind::Crash => 5,
        MarkKind::Stop => 6,
        MarkKind::Election => 7,
        MarkKind::Restart => 8,
        MarkKind::Position => 9,
        MarkKind::Drop => 10,
        MarkKind::Recognised => 11,
        MarkKind::Retry => 12,
        MarkKind::Cleaning => 13,
        MarkKind::Roll => 14,
        MarkKind::Command => 15,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(at_us: u64, kind: MarkKind, label: &str) -> MarkView {
        MarkView { at_us, kind, label: label.to_string() }
    }

    #[test]
    fn a_sign_shows_the_gravest_of_its_marks_and_tells_when_they_were() {
        let marks = [
            mark(1_020_000, MarkKind::Command, "crash of broker 1"),
            mark(1_020_000, MarkKind::Crash, "broker 1 crashed"),
            mark(1_030_000, MarkKind::Retry, "p1 sends again"),
        ];
        assert_eq!(kind(&marks), Some(MarkKind::Crash));
        assert_eq!(kind_words(&marks), "crash retry command");
        assert_eq!(told(&marks), "1,020.000 ms to 1,030.000 ms · crash: broker 1 crashed, and 2 more");
        assert_eq!(told(&marks[..2]), "1,020.000 ms · crash: broker 1 crashed, and 1 more");
        assert_eq!(told(&marks[..1]), "1,020.000 ms · command: crash of broker 1");
        assert_eq!(told(&[]), "");
    }

    #[test]
    fn a_title_lists_each_mark_up_to_a_limit() {
        let marks = vec![mark(5_000, MarkKind::Retry, "p1 sends again"); LISTED_MAX];
        assert_eq!(listed(&marks).lines().count(), LISTED_MAX);
        let marks = vec![mark(5_000, MarkKind::Retry, "p1 sends again"); LISTED_MAX + 30];
        assert_eq!(listed(&marks).lines().last(), Some("and 30 more"));
    }

    #[test]
    fn every_kind_has_a_rank_of_its_own() {
        let ranks: BTreeSet<u8> = MarkKind::ALL.into_iter().map(rank).collect();
        assert_eq!(ranks.len(), MarkKind::ALL.len());
    }
}
