//! What the transport bar and the timeline show.

use super::format;
use super::news;
use super::playback::Playback;
use crate::engine::common::VirtualTime;
use crate::engine::sim::{EventKind, Mark, MarkKind, State, Timeline};
use serde::Serialize;

/// Most ticks that the timeline draws; more fall on the same pixel.
pub const TICKS_MAX: usize = 96;

/// Most marks that the timeline shows, the newest of all; those that fall together share a sign.
pub const MARKS_MAX: usize = 500;

/// The transport and the timeline.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TransportView {
    /// The moment that is shown, in microseconds.
    pub now_us: u64,
    /// Where the timeline ends, in microseconds: a round figure beyond what has run.
    pub span_us: u64,
    /// How far the run has been computed, in microseconds.
    pub run_to_us: u64,
    /// Moments with a visible event, thinned to what can be told apart.
    pub ticks: Vec<u64>,
    /// What one would look for when scrubbing: see [`MarkKind`].
    pub marks: Vec<MarkView>,
    /// It plays.
    pub playing: bool,
    /// Step of the speed on its scale.
    pub speed: usize,
    /// The speed in words.
    pub speed_label: String,
    /// Quiet time is skipped.
    pub skip_quiet: bool,
    /// What was cut off by acting in the past, if anything was.
    pub cut_tail: Option<CutTail>,
    /// The hash of commands and events up to now, 16 hex digits.
    pub trace_hash: String,
}

/// A mark on the timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MarkView {
    /// When, in microseconds.
    pub at_us: u64,
    /// Which kind, which gives it colour and shape.
    pub kind: MarkKind,
    /// In a few words.
    pub label: String,
}

impl MarkView {
    /// When, kind and what happened: `4,020.000 ms · election: broker 2 leads orders-0, epoch 1`. Where there is no room for all of it,
    /// the time is not what goes.
    #[must_use]
    pub fn told(&self) -> String {
        format!("{} · {}", format::time(VirtualTime(self.at_us)), self.what())
    }

    /// Kind and what happened: `election: broker 2 leads orders-0, epoch 1`.
    #[must_use]
    pub fn what(&self) -> String {
        format!("{}: {}", kind_word(self.kind), self.label)
    }
}

/// A kind of mark in a word.
#[must_use]
pub fn kind_word(kind: MarkKind) -> &'static str {
    match kind {
        MarkKind::Command => "command",
        MarkKind::Crash => "crash",
        MarkKind::PowerCut => "power cut",
        MarkKind::Stop => "stop",
        MarkKind::Restart => "restart",
        MarkKind::Election => "election",
        MarkKind::Roll => "roll",
        MarkKind::Cleaning => "compaction",
        MarkKind::Retry => "retry",
        MarkKind::Loss => "loss",
        MarkKind::Duplicate => "duplicate",
        MarkKind::Reordering => "reordering",
        MarkKind::Recognised => "recognised",
        MarkKind::Drop => "broken connection",
        MarkKind::Position => "lost position",
        MarkKind::Limit => "limit",
    }
}

/// Every kind of mark, in a list of words: `command, crash, …, lost position or limit`.
#[must_use]
pub fn kinds_listed() -> String {
    let words = MarkKind::ALL.map(kind_word);
    let (last, others) = words.split_last().expect("there are kinds");
    format!("{} or {last}", others.join(", "))
}

/// What happened, beside the mark's kind.
fn mark_label(state: &State, mark: &Mark) -> String {
    match (mark.kind, &mark.event) {
        (MarkKind::PowerCut, EventKind::Broker { broker, .. }) => {
            format!("broker {broker} went down without what it had not flushed")
        }
        _ => news::sentence(state, &mark.event).unwrap_or_default(),
    }
}

/// The end of a run that acting in the past has cut off; it can be brought back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CutTail {
    /// Where it was cut, in microseconds.
    pub from_us: u64,
    /// How far it went, in microseconds.
    pub until_us: u64,
}

impl TransportView {
    /// The newest mark at the very moment that is shown: where a jump from mark to mark has led.
    #[must_use]
    pub fn mark_shown(&self) -> Option<&MarkView> {
        self.marks.iter().rfind(|mark| mark.at_us == self.now_us)
    }

    /// The transport and the timeline of a run.
    #[must_use]
    pub fn of(timeline: &Timeline, playback: &Playback) -> Self {
        let span_us = round_span(timeline.end().0);
        let marks = timeline.marks();
        let surplus = marks.len().saturating_sub(MARKS_MAX);
        let mark =
            |mark: &Mark| MarkView { at_us: mark.at.0, kind: mark.kind, label: mark_label(timeline.state(), mark) };
        Self {
            now_us: timeline.position().0,
            span_us,
            run_to_us: timeline.end().0,
            ticks: thinned(span_us, |from| timeline.visible_from(VirtualTime(from)).map(|at| at.0)),
            marks: marks[surplus..].iter().map(mark).collect(),
            playing: playback.playing,
            speed: playback.speed.step(),
            speed_label: playback.speed.label(),
            skip_quiet: playback.skip_quiet,
            cut_tail: timeline.branch().map(|branch| CutTail { from_us: branch.from.0, until_us: branch.end.0 }),
            trace_hash: timeline.state().trace_hash.to_string(),
        }
    }
}

/// A round span that holds `run_to_us` with some room: 1, 2 or 5 times a power of ten, and never less than 10 ms.
#[must_use]
pub fn round_span(run_to_us: u64) -> u64 {
    let wanted = run_to_us.saturating_add(run_to_us / 10);
    let mut decade = 10_000_u64;
    loop {
        for factor in [1, 2, 5] {
            let span = decade.saturating_mul(factor);
            if span > wanted || span == u64::MAX {
                return span;
            }
        }
        decade = decade.saturating_mul(10);
    }
}

/// At most one moment of each of [`TICKS_MAX`] equal parts of the span; `first_from` gives the first moment at or after another.
/// However many moments there are, it asks once a part.
#[must_use]
pub fn thinned(span_us: u64, first_from: impl Fn(u64) -> Option<u64>) -> Vec<u64> {
    let part = (span_us / TICKS_MAX as u64).max(1);
    let mut ticks = Vec::new();
    let mut from = 0;
    while let Some(moment) = first_from(from).filter(|moment| *moment <= span_us) {
        ticks.push(moment);
        from = (moment / part + 1).saturating_mul(part);
    }
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_round_and_hold_the_run() {
        assert_eq!(round_span(0), 10_000);
        assert_eq!(round_span(9_500), 20_000);
        assert_eq!(round_span(1_020_000), 2_000_000);
        assert_eq!(round_span(6_352_000), 10_000_000);
        assert_eq!(round_span(u64::MAX), u64::MAX);
    }

    #[test]
    fn a_mark_tells_its_kind_and_its_time_where_a_jump_has_led() {
        let mark = |at_us, kind, label: &str| MarkView { at_us, kind, label: label.to_string() };
        let marks = vec![
            mark(1_020_000, MarkKind::Crash, "broker 1 crashed"),
            mark(4_020_000, MarkKind::Election, "broker 2 leads orders-0, epoch 1"),
        ];
        let at = |now_us| TransportView { now_us, marks: marks.clone(), ..TransportView::default() };
        let told = at(4_020_000).mark_shown().map(MarkView::told);
        assert_eq!(told.as_deref(), Some("4,020.000 ms · election: broker 2 leads orders-0, epoch 1"));
        assert_eq!(at(4_019_999).mark_shown(), None);
        let words: std::collections::BTreeSet<_> = MarkKind::ALL.into_iter().map(kind_word).collect();
        assert_eq!(words.len(), MarkKind::ALL.len(), "every kind has a word of its own");
        assert!(words.iter().all(|word| kinds_listed().contains(word)), "every kind is listed");
    }

    #[test]
    fn ticks_are_bounded_and_keep_the_first_of_each_part() {
        let every_ten = |from: u64| Some(from.next_multiple_of(10)).filter(|at| *at < 1_000_000);
        assert!((TICKS_MAX..=TICKS_MAX + 1).contains(&thinned(1_000_000, every_ten).len()));
        let few = |from: u64| [3, 7, 500_000].into_iter().find(|at| *at >= from);
        assert_eq!(thinned(1_000_000, few), [3, 500_000]);
    }
}
