//! A consumer: where it is in each partition, what it has in hand, and why it stands still if it does.

use super::super::inspection::{FieldView, Inspection, Tone};
use crate::engine::config::ConsumerConfig;
use crate::engine::sim::State;
use crate::view::format;
use crate::view::frame::{Activity, ConsumerFrame, Position};

/// Partitions that are listed.
const PARTITIONS_SHOWN: usize = 24;

pub(super) fn inspect(state: &State, index: u32) -> Option<Inspection> {
    let node = state.consumers.get(index as usize)?;
    let consumer = ConsumerFrame::of(state, index, node);
    let config = node.consumer.config();
    let mut fields = vec![
        FieldView::plain("records-lag", lag(consumer.lag)),
        FieldView::plain("records read", format::grouped(consumer.read)),
        FieldView::plain("auto.offset.reset", consumer.auto_offset_reset),
        FieldView::plain("max.poll.records", format::grouped_signed(config.max_poll_records)),
        FieldView::plain("works on a record", speed(config)),
    ];
    let shown = consumer.positions.iter().take(PARTITIONS_SHOWN);
    fields.extend(shown.map(|position| FieldView::plain("position", place(position))));
    Some(Inspection {
        kind: "consumer",
        title: format!("Consumer {}", consumer.name),
        standing: Some(standing(&consumer.activity)),
        fields,
        why: vec![why(&consumer.activity).to_string(), RULE.to_string()],
        ..Inspection::default()
    })
}

/// What is so of every consumer.
const RULE: &str = "Its position is its own, and moves when `poll()` gives it records. Reading removes nothing from the log and holds nobody up; `records-lag` is the high watermark less the position.";

fn lag(lag: Option<i64>) -> String {
    lag.map_or("unknown".to_string(), format::grouped_signed)
}

fn speed(config: &ConsumerConfig) -> String {
    match config.processing_us_per_record {
        0 => "no time (model)".to_string(),
        us => format!("{} us (model)", format::grouped_signed(us)),
    }
}

/// `P0 @ 7 · lag 3 · 2 fetched`.
fn place(position: &Position) -> String {
    let at = position.offset.map_or("–".to_string(), |offset| offset.to_string());
    format!("P{} @ {at} · lag {} · {} fetched", position.partition, lag(position.lag), position.buffered)
}

fn standing(activity: &Activity) -> (String, Tone) {
    match activity {
        Activity::Polling => ("waits in poll()".to_string(), Tone::Committed),
        Activity::Paused => ("paused".to_string(), Tone::Quiet),
        Activity::Processing { records, done } => (format!("works: {done} of {records} done"), Tone::Pending),
        Activity::Failed { exception, partition } => (format!("{exception}, P{partition}"), Tone::Lost),
    }
}

fn why(activity: &Activity) -> &'static str {
    match activity {
        Activity::Polling => "It has read what its brokers gave, and asks for more.",
        Activity::Paused => "It polls, and is given nothing and fetches nothing. What was fetched before waits.",
        Activity::Processing { .. } => {
            "Its application is at work on what the last `poll()` gave, at most `max.poll.records`. Until it polls again nothing more is taken; one answer of each broker may wait."
        }
        Activity::Failed { exception: "OffsetOutOfRangeException", .. } => {
            "Its position is no offset of the leader's log: retention, DeleteRecords or a truncation took it. `auto.offset.reset` is `none`, so the application has to seek."
        }
        Activity::Failed { exception: "LogTruncationException", .. } => {
            "What it read last is not in the new leader's log. `auto.offset.reset` is `none`, so the application has to seek."
        }
        Activity::Failed { .. } => {
            "It has no position and `auto.offset.reset` is `none`, so the application has to seek."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(activity: &Activity, word: &str, reason: &str) {
        assert_eq!(standing(activity).0, word);
        assert!(why(activity).contains(reason), "{}", why(activity));
    }

    #[test]
    fn it_says_what_the_application_does_and_why() {
        check(&Activity::Polling, "waits in poll()", "asks for more");
        check(&Activity::Processing { records: 5, done: 2 }, "works: 2 of 5 done", "`max.poll.records`");
        let failed = |exception| Activity::Failed { exception, partition: 1 };
        check(&failed("NoOffsetForPartitionException"), "NoOffsetForPartitionException, P1", "no position");
        check(&failed("OffsetOutOfRangeException"), "OffsetOutOfRangeException, P1", "retention");
        check(&failed("LogTruncationException"), "LogTruncationException, P1", "new leader's log");
    }
}
