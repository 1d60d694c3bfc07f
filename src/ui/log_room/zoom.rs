//! The searched segment, larger: what is scanned, where the index points.

use super::segments::percent;
use crate::engine::common::Offset;
use crate::ui::Class;
use crate::ui::runner::use_runner;
use crate::ui::wish::Wish;
use crate::view::Subject;
use crate::view::format;
use crate::view::log_seek::{IndexRow, SeekView};
use crate::view::log_view::{LogBatch, LogSegment, LogView, ScanStep};
use std::rc::Rc;
use yew::prelude::*;

/// Properties of [`Zoom`].
#[derive(Properties, PartialEq)]
pub struct ZoomProps {
    /// The log, with a seek.
    pub log: Rc<LogView>,
}

/// The searched segment.
#[component]
pub fn Zoom(props: &ZoomProps) -> Html {
    let runner = use_runner();
    let log = &props.log;
    let Some(seek) = &log.seek else { return Html::default() };
    let Some((index, segment)) =
        log.segments.iter().enumerate().find(|(_, segment)| segment.base_offset == seek.segment)
    else {
        return Html::default();
    };
    let inspect = |batch: &LogBatch| {
        let (partition, broker) = log.replica.place();
        let subject = Subject::Batch { partition, broker, base_offset: Offset(batch.base_offset) };
        runner.on_click(Wish::Inspect(Some(subject)))
    };
    html! {
        <>
            { funnel(index, log.segments.len()) }
            <svg class={Class::Zoom} width="100%" height="118" role="img" aria-label={format!("Segment {} with the batches that are scanned", seek.segment)}>
                { scans(segment, seek) }
                <rect class={Class::SegmentFrame} x="0" y="45" width="100%" height="46" rx="5" />
                { for segment.batches.iter().map(|batch| block(segment, batch, inspect(batch))) }
                { for seek.index.iter().map(|entry| index_mark(segment, entry)) }
                <text class={Class::ZoomEdge} x="0" y="112">{"0"}</text>
                <text class={Class::ZoomEdge} x="100%" y="112" text-anchor="end">{format::bytes(u64::from(segment.bytes))}</text>
            </svg>
        </>
    }
}

/// Lines from the segment above to its larger picture.
fn funnel(index: usize, count: usize) -> Html {
    let edge = |column: usize| percent(u32::try_from(column).unwrap_or(0), u32::try_from(count).unwrap_or(1));
    html! {
        <svg class={Class::Funnel} width="100%" height="22" aria-hidden="true">
            <line x1={edge(index)} y1="0" x2="0" y2="22" />
            <line x1={edge(index + 1)} y1="0" x2="100%" y2="22" />
        </svg>
    }
}

/// What a scan from the start would read, and what the index leaves to read. The words stand above and before the lines, or, where those
/// are too short for that, behind their end.
fn scans(segment: &LogSegment, seek: &SeekView) -> Html {
    let end = percent(seek.from_start, segment.bytes);
    let floor = percent(seek.floor_position, segment.bytes);
    let is_short = u64::from(seek.from_start) * 2 < u64::from(segment.bytes);
    let behind = |y: &'static str, words: String| html! { <text x={end.clone()} {y} dx="6">{words}</text> };
    let from_start = format!("scan from the start: {}", format::bytes(u64::from(seek.from_start)));
    let from_floor = format!("scan {}", format::bytes(u64::from(seek.scanned)));
    html! {
        <>
            <g class={Class::ScanAll}>
                <line x1="0" x2={end.clone()} y1="15" y2="15" /><line x1={end.clone()} x2={end.clone()} y1="10" y2="20" />
                if is_short { { behind("19", from_start) } } else { <text x="0" y="10">{from_start}</text> }
            </g>
            <g class={Class::ScanFloor}>
                <line x1={floor.clone()} x2={end.clone()} y1="32" y2="32" /><line x1={floor.clone()} x2={floor.clone()} y1="27" y2="37" />
                <line x1={end.clone()} x2={end.clone()} y1="27" y2="37" />
                if is_short { { behind("36", from_floor) } } else { <text x={floor} y="36" dx="-6" text-anchor="end">{from_floor}</text> }
            </g>
        </>
    }
}

fn block(segment: &LogSegment, batch: &LogBatch, onclick: Callback<MouseEvent>) -> Html {
    let class = match batch.step {
        ScanStep::None => None,
        ScanStep::Scanned => Some(Class::BatchScanned),
        ScanStep::Found => Some(Class::BatchFound),
    };
    let (x, width) = (percent(batch.position, segment.bytes), percent(batch.bytes, segment.bytes));
    let middle = percent(batch.position + batch.bytes / 2, segment.bytes);
    let has_room = u64::from(batch.bytes) * 26 > u64::from(segment.bytes);
    html! {
        <g key={batch.base_offset} class={classes!(Class::ZoomBatch, class)} {onclick}>
            <rect class={classes!(Class::BatchBlock, class)} {x} y="46" {width} height="44" rx="3" />
            if has_room {
                <text x={middle} y="72" text-anchor="middle">{batch.base_offset}</text>
            }
            <title>{format!("batch {} at {}, {}", format::offsets(batch.base_offset, batch.last_offset), batch.position, format::bytes(u64::from(batch.bytes)))}</title>
        </g>
    }
}

fn index_mark(segment: &LogSegment, entry: &IndexRow) -> Html {
    let x = percent(entry.position, segment.bytes);
    let class = entry.chosen.then_some(Class::IndexChosen);
    html! {
        <g key={entry.position} class={classes!(Class::IndexMark, class)}>
            <line x1={x.clone()} x2={x.clone()} y1="91" y2="99" />
            <text {x} y="112" text-anchor="middle">{format::grouped(u64::from(entry.position))}</text>
        </g>
    }
}
