//! The lanes: how many records each has, and its newest.

use crate::engine::common::RecordId;
use crate::ui::Class;
use crate::ui::runner::use_runner;
use crate::ui::tone::{hue_class, state_class};
use crate::ui::truth::{Truth, TruthLabel};
use crate::ui::wish::Wish;
use crate::view::Subject;
use crate::view::format;
use crate::view::frame::{Frame, RecordDot, Role, Tape};
use std::rc::Rc;
use yew::prelude::*;

/// Properties of [`Lanes`].
#[derive(Properties, PartialEq)]
pub struct LanesProps {
    /// The picture.
    pub frame: Rc<Frame>,
}

/// The lanes.
#[component]
pub fn Lanes(props: &LanesProps) -> Html {
    let tapes = leaders(&props.frame);
    let counts: Vec<i64> = tapes.iter().map(|tape| tape.leo).collect();
    let (most, sum) = (counts.iter().copied().max().unwrap_or(0), counts.iter().sum::<i64>());
    let skew = (sum > 0).then(|| most.unsigned_abs() * 1000 * counts.len() as u64 / sum.unsigned_abs());
    html! {
        <section class={classes!(Class::Card, Class::LanesCard)} aria-label="Lanes">
            <div class={Class::CardHead}>
                <h3>{format!("{} records in {} lanes", format::grouped(sum.unsigned_abs()), counts.len())}</h3>
                if let Some(skew) = skew {
                    <span class={classes!(Class::Mono, Class::Note, Class::PushRight)}>{format!("max / mean {}", format::tenths(skew))}</span>
                }
                <TruthLabel truth={Truth::Exact} />
            </div>
            { for tapes.iter().map(|tape| html! { <Lane key={tape.partition} tape={(*tape).clone()} {most} /> }) }
        </section>
    }
}

/// The leading replica of each partition, by partition.
fn leaders(frame: &Frame) -> Vec<&Tape> {
    let mut tapes: Vec<&Tape> =
        frame.brokers.iter().flat_map(|broker| &broker.tapes).filter(|tape| tape.role == Role::Leader).collect();
    tapes.sort_by_key(|tape| tape.partition);
    tapes
}

/// Properties of [`Lane`].
#[derive(Properties, PartialEq)]
struct LaneProps {
    tape: Tape,
    most: i64,
}

#[component]
fn Lane(props: &LaneProps) -> Html {
    let tape = &props.tape;
    let runner = use_runner();
    let share = tape.leo.max(0) * 10_000 / props.most.max(1);
    let width = format!("{}.{:02}%", share / 100, share % 100);
    let dot = |record: &RecordDot| {
        let inspect = record.id.map(|id| runner.on_click(Wish::Inspect(Some(Subject::Record(RecordId(id))))));
        let label = format!("{} at {}", record.key, record.offset.unwrap_or_default());
        html! {
            <button key={record.offset.unwrap_or_default()} type="button" class={classes!(Class::LaneDot, hue_class(record.hue), state_class(record.state))}
                title={label.clone()} aria-label={label} data-record={record.id.map(|id| id.to_string())} data-offset={record.offset.map(|offset| offset.to_string())}
                onclick={inspect}>{record.offset.unwrap_or_default()}</button>
        }
    };
    html! {
        <div class={Class::LaneRow} data-tape={tape.key()} data-leo={tape.leo.to_string()} data-hw={tape.hw.to_string()} data-role={tape.role.word()}>
            <strong class={Class::Mono}>{format!("P{}", tape.partition)}</strong>
            <div>
                <svg class={Class::ShareBar} width="100%" height="14" aria-hidden="true"><rect class={Class::ShareRail} width="100%" height="14" rx="4" /><rect class={Class::ShareFill} {width} height="14" rx="4" /></svg>
                <div class={Class::LaneDots}>{ for tape.records.iter().rev().map(dot) }</div>
            </div>
            <span class={Class::Mono}>{format::grouped(tape.leo.unsigned_abs())}</span>
        </div>
    }
}
