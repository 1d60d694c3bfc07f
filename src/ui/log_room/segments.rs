//! The segments side by side: batches as blocks, readers as flags, what goes next and why.

use crate::engine::common::{Offset, VirtualTime};
use crate::ui::Class;
use crate::ui::rich_text::RichText;
use crate::ui::runner::use_runner;
use crate::ui::wish::Wish;
use crate::view::Subject;
use crate::view::format;
use crate::view::log_view::{LogBatch, LogSegment, LogView, ScanStep};
use crate::view::reader_flags::{ReaderFlag, reader_flags};
use std::rc::Rc;
use web_sys::Element;
use yew::prelude::*;

/// As near to the end of the row, in pixels, it follows the active segment: two columns, of which the newest has just come.
const NEAR_THE_END: i32 = 420;

/// Properties of [`Segments`].
#[derive(Properties, PartialEq)]
pub struct SegmentsProps {
    /// The log.
    pub log: Rc<LogView>,
}

/// The segments.
#[component]
pub fn Segments(props: &SegmentsProps) -> Html {
    let log = &props.log;
    let row = use_node_ref();
    let searched = log.seek.as_ref().map(|seek| seek.segment);
    let searched_at =
        searched.and_then(|base| log.segments.iter().position(|segment| segment.base_offset == base)).unwrap_or(0);
    use_scroll_to_searched(row.clone(), searched, searched_at);
    let shown = use_mut_ref(|| false);
    {
        let row = row.clone();
        let newest = log.segments.last().map(|segment| segment.base_offset);
        use_effect_with(newest, move |_| {
            let Some(row) = row.cast::<Element>() else { return };
            let to_the_right = row.scroll_width() - row.client_width() - row.scroll_left();
            // Who has scrolled to older segments stays there.
            if !shown.replace(true) || to_the_right < NEAR_THE_END {
                row.set_scroll_left(row.scroll_width());
            }
        });
    }
    html! {
        <div ref={row} class={Class::SegmentRow}>
            { for log.segments.iter().map(|segment| html! {
                <SegmentColumn key={segment.base_offset} log={log.clone()} segment={segment.clone()} />
            }) }
        </div>
    }
}

/// Brings the segment that a new seek opened into sight. The seek with which the room opens leaves the row at its end.
#[hook]
fn use_scroll_to_searched(row: NodeRef, searched: Option<i64>, at: usize) {
    let before = use_mut_ref(|| searched);
    use_effect_with(searched, move |searched| {
        let is_another = before.replace(*searched) != *searched && searched.is_some();
        let at = u32::try_from(at).unwrap_or(0);
        let Some(row) = row.cast::<Element>().filter(|_| is_another) else { return };
        let Some(column) = row.children().item(at) else { return };
        let (sight, place) = (row.get_bounding_client_rect(), column.get_bounding_client_rect());
        if place.left() < sight.left() || place.right() > sight.right() {
            #[allow(clippy::cast_possible_truncation)] // some hundreds of pixels
            row.set_scroll_left(row.scroll_left() + (place.left() - sight.left()) as i32);
        }
    });
}

/// Properties of [`SegmentColumn`].
#[derive(Properties, PartialEq)]
struct SegmentColumnProps {
    log: Rc<LogView>,
    segment: LogSegment,
}

#[component]
fn SegmentColumn(props: &SegmentColumnProps) -> Html {
    let segment = &props.segment;
    let runner = use_runner();
    let (partition, broker) = props.log.replica.place();
    let subject = Subject::Segment { partition, broker, base_offset: Offset(segment.base_offset) };
    let state = if segment.active { "active" } else { "closed" };
    let offsets = if segment.next_offset > segment.base_offset {
        format::offsets(segment.base_offset, segment.next_offset - 1)
    } else {
        "no records".to_string()
    };
    let class = match (segment.due.is_some(), segment.active) {
        (true, _) => Some(Class::SegmentDue),
        (false, true) => Some(Class::SegmentActive),
        (false, false) => None,
    };
    html! {
        <div class={classes!(Class::SegmentColumn, class)}>
            <button type="button" class={Class::SegmentName} data-segment={segment.base_offset.to_string()} data-inspect="segment"
                onclick={runner.on_click(Wish::Inspect(Some(subject)))}>
                <strong>{segment.file.clone()}</strong>
                <span class={Class::Note}>{format!("{state} · {offsets} · {}", format::bytes(u64::from(segment.bytes)))}</span>
            </button>
            <Strip log={props.log.clone()} segment={segment.clone()} />
            <p class={Class::SegmentNote}>{ note(&props.log, segment) }</p>
        </div>
    }
}

/// What becomes of the segment, in a sentence.
fn note(log: &LogView, segment: &LogSegment) -> Html {
    let searched = log.seek.as_ref().filter(|seek| seek.segment == segment.base_offset);
    match (&segment.due, searched) {
        (Some(why), _) => {
            let when = log
                .next_check_us
                .map_or_else(|| "at the next check".to_string(), |at| format!("at {}", format::time(VirtualTime(at))));
            html! { <><strong>{format!("Due to go {when}, whole. ")}</strong><RichText text={why.clone()} />{" No reader is asked."}</> }
        }
        (None, Some(seek)) => html! {
            <><strong>{"Searched. "}</strong>{seek.why_segment.clone()}</>
        },
        (None, None) if segment.active => html! {
            <><strong>{"Active. "}</strong><RichText text="Appends go here until the next batch would pass `segment.bytes`." /></>
        },
        (None, None) => html! { {format!("Closed; {} index entries.", segment.index_entries)} },
    }
}

/// The strip of a segment: its batches by size, the readers that stand in it, where the log starts and ends.
#[component]
fn Strip(props: &SegmentColumnProps) -> Html {
    let (log, segment) = (&props.log, &props.segment);
    let widest = log.segments.iter().map(|segment| segment.bytes).max().unwrap_or(1).max(1);
    let runner = use_runner();
    let block = |batch: &LogBatch| {
        let (partition, broker) = log.replica.place();
        let subject = Subject::Batch { partition, broker, base_offset: Offset(batch.base_offset) };
        html! {
            <rect key={batch.base_offset} class={classes!(Class::BatchBlock, step_class(batch.step))} x={percent(batch.position, widest)} y="36"
                width={percent(batch.bytes, widest)} height="44" rx="3" data-batch={batch.base_offset.to_string()} data-inspect="batch"
                onclick={runner.on_click(Wish::Inspect(Some(subject)))}>
                <title>{format!("batch {}, {}", format::offsets(batch.base_offset, batch.last_offset), format::bytes(u64::from(batch.bytes)))}</title>
            </rect>
        }
    };
    html! {
        <svg class={Class::SegmentStrip} width="100%" height="104" role="img" aria-label={format!("Batches of segment {}", segment.base_offset)}>
            <rect class={Class::SegmentFrame} x="0" y="35" width="100%" height="46" rx="5" />
            { for segment.batches.iter().map(block) }
            { for reader_flags(log, segment, widest).iter().map(flag) }
            { marks(log, segment, widest) }
        </svg>
    }
}

fn step_class(step: ScanStep) -> Option<Class> {
    match step {
        ScanStep::None => None,
        ScanStep::Scanned => Some(Class::BatchScanned),
        ScanStep::Found => Some(Class::BatchFound),
    }
}

/// Where an offset lies on the strip, if it is in the segment: at the start of its batch.
fn place(segment: &LogSegment, widest: u32, offset: i64) -> Option<String> {
    Some(percent(segment.position_of(offset)?, widest))
}

/// A reader's flag. Its words stand on the side where there is room, in one of two rows.
fn flag(flag: &ReaderFlag) -> Html {
    let x = hundredths(flag.at);
    let (anchor, dx) = if flag.to_the_left { ("end", "-4") } else { ("start", "4") };
    let y = if flag.row == 0 { "14" } else { "28" };
    html! {
        <g key={flag.words.clone()} class={Class::ReaderFlag} data-reader={flag.words.clone()}>
            <line x1={x.clone()} x2={x.clone()} y1="4" y2="81" />
            <text {x} {y} {dx} text-anchor={anchor}>{flag.words.clone()}</text>
        </g>
    }
}

/// The log start, where it will be after the next check, and the high watermark.
fn marks(log: &LogView, segment: &LogSegment, widest: u32) -> Html {
    let mark =
        |offset: i64, class: Class, label: String, y: &'static str| {
            place(segment, widest, offset).map(|x| html! {
            <g {class}><line x1={x.clone()} x2={x.clone()} y1="32" y2="86" /><text {x} {y} dx="3">{label}</text></g>
        })
        };
    let end = if log.high_watermark == log.log_end {
        format!("HW = log end {}", log.log_end)
    } else {
        format!("HW {}", log.high_watermark)
    };
    html! {
        <>
            { mark(log.log_start, Class::MarkStart, format!("log start {}", log.log_start), "98") }
            { log.next_log_start.and_then(|next| mark(next, Class::MarkNextStart, format!("{next} after the next check"), "98")) }
            if segment.active {
                { hw_mark(segment, widest, log.high_watermark, end) }
            }
        </>
    }
}

/// The high watermark's label stands to the left of its line where there is no room to the right.
fn hw_mark(segment: &LogSegment, widest: u32, offset: i64, label: String) -> Option<Html> {
    let x = place(segment, widest, offset)?;
    let anchor = if segment.bytes > widest / 2 { "end" } else { "start" };
    Some(html! {
        <g class={Class::MarkHw}><line x1={x.clone()} x2={x.clone()} y1="30" y2="86" /><text {x} y="98" text-anchor={anchor}>{label}</text></g>
    })
}

/// A part of a whole as a percentage with two digits.
pub(super) fn percent(part: u32, whole: u32) -> String {
    hundredths(u64::from(part) * 10_000 / u64::from(whole.max(1)))
}

fn hundredths(value: u64) -> String {
    format!("{}.{:02}%", value / 100, value % 100)
}
