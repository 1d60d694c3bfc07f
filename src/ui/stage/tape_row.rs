//! One replica's tape: older segments as blocks, its newest records, and the high watermark as a line between them.

use super::record_cell::RecordCell;
use crate::engine::common::{BrokerId, Offset, PartitionId, TopicId, TopicPartition};
use crate::ui::Class;
use crate::ui::runner::use_runner;
use crate::ui::wish::Wish;
use crate::view::Subject;
use crate::view::format;
use crate::view::frame::{Role, Tape};
use crate::view::stage::{TapeCell, records_fitting, tape_cells};
use yew::prelude::*;

/// The room that tapes have on their cards.
#[derive(Clone, Copy, PartialEq)]
pub struct TapeRoom {
    /// Width of the narrowest broker's card, in CSS pixels.
    pub width: f64,
    /// How large the stage's letters are beside the smallest.
    pub scale: f64,
    /// Many partitions: tapes close together, without a line of words above each.
    pub dense: bool,
}

/// Properties of [`TapeRow`].
#[derive(Properties, PartialEq)]
pub struct TapeRowProps {
    /// The replica.
    pub tape: Tape,
    /// Its room.
    pub room: TapeRoom,
    /// Its broker runs.
    pub up: bool,
}

/// The tape.
#[component]
pub fn TapeRow(props: &TapeRowProps) -> Html {
    let runner = use_runner();
    let (tape, room) = (&props.tape, props.room);
    let records_max = records_fitting(room.width, room.scale, room.dense, tape);
    let active = tape.segments.last().map_or(tape.log_start, |segment| segment.base_offset);
    let leads = tape.role == Role::Leader;
    html! {
        <div class={classes!(Class::TapeRow, room.dense.then_some(Class::TapeRowDense))}>
            <button type="button" class={Class::TapeHead} data-inspect="segment" onclick={runner.on_click(Wish::Inspect(Some(segment(tape, active))))}>
                <span class={classes!(Class::TapeName, leads.then_some(Class::TapeLeader))}>
                    <span aria-hidden="true">{ if tape.deposed { "☆ " } else if leads { "★ " } else { "" } }</span>{ name(tape, room.dense) }
                </span>
                <span class={Class::NodeNote} data-keep-clear="">{ standing(tape, props) }</span>
            </button>
            <div class={Class::TapeTrack} data-tape={tape.key()} data-leo={tape.leo.to_string()} data-hw={tape.hw.to_string()} data-role={tape.role.word()}
                role="group" aria-label={format!("{} on broker {}, {}, log end {}, high watermark {}", name(tape, false), tape.broker, tape.role.word(), tape.leo, tape.hw)}>
                { for tape_cells(tape, records_max).into_iter().map(|cell| draw(&runner, tape, cell)) }
            </div>
        </div>
    }
}

fn name(tape: &Tape, dense: bool) -> String {
    if dense { format!("P{}", tape.partition) } else { format!("{}-{}", tape.topic, tape.partition) }
}

/// What the replica is, in words.
fn standing(tape: &Tape, props: &TapeRowProps) -> String {
    if props.room.dense {
        return format!("HW {}", tape.hw);
    }
    let role = match (tape.role, tape.in_isr) {
        (Role::Leader, _) if tape.deposed => "leader no more, and has not heard",
        (Role::Leader, _) => "leader",
        (Role::Follower, true) => "in sync",
        (Role::Follower, false) => "not in sync",
        (Role::Offline, _) if props.up => "waits to hear who leads",
        (Role::Offline, true) => "down, in ISR",
        (Role::Offline, false) => "down",
    };
    format!("{role} · end {}", tape.leo)
}

fn segment(tape: &Tape, base_offset: i64) -> Subject {
    // The stage shows the scenario's first topic.
    let partition = TopicPartition::new(TopicId(0), PartitionId(tape.partition));
    Subject::Segment { partition, broker: BrokerId(tape.broker), base_offset: Offset(base_offset) }
}

fn draw(runner: &crate::ui::runner::RunnerHandle, tape: &Tape, cell: TapeCell) -> Html {
    match cell {
        TapeCell::Block { segment: base, first, last, segments, committed, compacted } => {
            let range = format::offsets(first, last);
            let noun = if first == last { "offset" } else { "offsets" };
            let gone = if compacted > 0 { format!("; compaction removed {compacted} of them") } else { String::new() };
            let label = if segments > 1 {
                format!("{noun} {range} in {segments} segments{gone}")
            } else {
                format!("{noun} {range}, segment {base}{gone}")
            };
            html! {
                <button key={format!("s{base}-{committed}")} type="button" tabindex="-1" class={classes!(Class::TapeBlock, (!committed).then_some(Class::TapeBlockPending))} data-segment={base.to_string()} data-inspect="segment"
                    title={label.clone()} aria-label={label} onclick={runner.on_click(Wish::Inspect(Some(segment(tape, base))))}>{range}</button>
            }
        }
        TapeCell::Gap { first, last, segment: base } => {
            let noun = if first == last { "offset" } else { "offsets" };
            let label = format!("{noun} {}: removed by compaction", format::offsets(first, last));
            html! {
                <button key={format!("g{first}")} type="button" tabindex="-1" class={Class::TapeGap} data-gap={format!("{first}-{last}")} data-inspect="segment"
                    title={label.clone()} aria-label={label} onclick={runner.on_click(Wish::Inspect(Some(segment(tape, base))))}>{"⋯"}</button>
            }
        }
        TapeCell::Roll(offset) => html! {
            <button key={format!("r{offset}")} type="button" tabindex="-1" class={Class::TapeRoll} data-segment={offset.to_string()} data-inspect="segment"
                title={format!("the segment {offset} starts here")} aria-label={format!("the segment {offset} starts here")}
                onclick={runner.on_click(Wish::Inspect(Some(segment(tape, offset))))} />
        },
        TapeCell::Record(record) => {
            let offset = record.offset.unwrap_or(-1);
            html! { <RecordCell key={format!("o{offset}")} {record} newest={offset + 1 == tape.leo} /> }
        }
        TapeCell::Watermark(offset) => html! {
            <span key="hw" class={Class::Watermark} title={format!("high watermark {offset}")}><span class={Class::WatermarkLabel}>{format!("HW {offset}")}</span></span>
        },
    }
}
