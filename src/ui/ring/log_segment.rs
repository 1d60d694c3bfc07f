//! One segment of the log beside the ring: its file, its records or, where they are many, how many.

use crate::ui::Class;
use crate::view::format;
use crate::view::ring::{RecordCell, SegmentPicture, SegmentState};
use yew::prelude::*;

/// Properties of [`LogSegment`].
#[derive(Properties, PartialEq)]
pub struct LogSegmentProps {
    /// What is drawn.
    pub segment: SegmentPicture,
    /// The log's oldest offset.
    pub log_start_offset: i64,
    /// The offset that the consumer reads next.
    pub position: i64,
}

/// The segment.
#[component]
pub fn LogSegment(props: &LogSegmentProps) -> Html {
    let segment = &props.segment;
    let (word, look) = match segment.state {
        SegmentState::Deleted => ("deleted", Some(Class::RingSegmentDeleted)),
        SegmentState::Closed => ("closed", None),
        SegmentState::Active => ("active", Some(Class::RingSegmentActive)),
    };
    html! {
        <li class={classes!(Class::RingSegment, look)} data-segment={segment.base_offset.to_string()}>
            <div class={Class::RingSegmentHead}>
                <span class={Class::RingSegmentFile} title={segment.file.clone()}><bdi>{segment.file.clone()}</bdi></span>
                <span class={(segment.state == SegmentState::Deleted).then_some(Class::SrOnly)}>{word}</span>
            </div>
            if segment.room > 8 {
                { summary(segment) }
            } else {
                <div class={Class::RingCells}>
                    { for segment.records.iter().map(|record| cell(record, props)) }
                    if segment.state == SegmentState::Active {
                        { next_cell(props) }
                    }
                </div>
            }
        </li>
    }
}

fn cell(record: &RecordCell, props: &LogSegmentProps) -> Html {
    let signs = (
        (record.offset == props.log_start_offset && props.segment.state != SegmentState::Deleted)
            .then_some(Class::RingCellStart),
        (record.offset == props.position).then_some(Class::RingCellPosition),
    );
    let look = record.is_read.then_some(Class::RingCellRead);
    let touched = record.is_touched.then_some(Class::RingCellTouched);
    html! {
        <div key={record.offset} class={classes!(Class::RingCell, look, touched, signs.0, signs.1)} data-offset={record.offset.to_string()}>
            <b>{record.value}</b><span>{record.offset}</span>
        </div>
    }
}

/// Where the next record will be.
fn next_cell(props: &LogSegmentProps) -> Html {
    let next = props.segment.next_offset;
    let position = (next == props.position).then_some(Class::RingCellPosition);
    let start = (next == props.log_start_offset).then_some(Class::RingCellStart);
    html! {
        <div key="next" class={classes!(Class::RingCell, Class::RingCellNext, position, start)}><b>{"–"}</b><span>{next}</span></div>
    }
}

fn summary(segment: &SegmentPicture) -> Html {
    let count = segment.next_offset - segment.base_offset;
    let range =
        if count == 0 { "empty".to_owned() } else { format!("{} to {}", segment.base_offset, segment.next_offset - 1) };
    let share = |part: i64| format!("{}%", 100 * part / segment.room);
    html! {
        <div class={Class::RingSummary}>
            <b>{range}</b>
            <svg class={Class::RingFill} aria-hidden="true">
                <rect class={Class::RingFillHeld} width={share(count)} height="100%" />
                <rect class={Class::RingFillRead} width={share(segment.read)} height="100%" />
            </svg>
            <span>{format!("{} read, {}", format::grouped(segment.read.unsigned_abs()), format::bytes(segment.bytes))}</span>
        </div>
    }
}
