//! The timeline: a slider over the run that can be scrubbed both ways, with ticks for events and signs for marks.

use super::Class;
use super::runner::{use_runner, use_slice};
use super::wish::Wish;
use crate::engine::common::VirtualTime;
use crate::engine::sim::MarkKind;
use crate::view::format;
use crate::view::mark_group;
use crate::view::mark_row::{Sign, signs};
use crate::view::transport::{MarkView, TransportView, kind_word};
use crate::web::layout::SizeWatch;
use web_sys::{Element, HtmlInputElement};
use yew::prelude::*;

/// Width of the drawing in its own units; the page stretches it.
const WIDTH: u64 = 10_000;
/// Half the width of a sign's drawing, whose middle stands at its moment.
const HALF_DRAWN: f64 = 7.0;

/// The timeline.
#[component]
pub fn Timeline() -> Html {
    let view = use_slice(|published| published.transport.clone());
    let runner = use_runner();
    let oninput = runner.on_input(|input: HtmlInputElement| {
        let at = Some(input.value_as_number()).filter(|at| *at >= 0.0)?;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        // checked above; a slider gives whole numbers
        Some(Wish::Seek(VirtualTime(at as u64)))
    });
    let moment = match view.mark_shown() {
        Some(mark) => mark.told(),
        None => format::time(VirtualTime(view.now_us)),
    };
    html! {
        <div class={Class::Timeline}>
            <svg class={Class::TimelineTrack} viewBox={format!("0 0 {WIDTH} 24")} preserveAspectRatio="none" aria-hidden="true">
                <rect class={Class::TimelineRail} x="0" y="10" width={WIDTH.to_string()} height="4" />
                <rect class={Class::TimelineDone} x="0" y="10" width={place(&view, view.now_us).to_string()} height="4" />
                { for view.ticks.iter().map(|at| tick(&view, *at)) }
            </svg>
            <input class={Class::TimelineRange} type="range" min="0" max={view.span_us.to_string()} step="1"
                value={view.now_us.to_string()} aria-label="Moment of the run" aria-valuetext={moment} data-transport="timeline" data-page-arrows="" {oninput} />
            <div class={Class::TimelineMarks}>
                <Marks {view} />
            </div>
        </div>
    }
}

/// Where a moment lies, in units of the drawing.
fn place(view: &TransportView, at_us: u64) -> u64 {
    let at = u128::from(at_us.min(view.span_us)) * u128::from(WIDTH) / u128::from(view.span_us.max(1));
    u64::try_from(at).unwrap_or(WIDTH)
}

fn tick(view: &TransportView, at_us: u64) -> Html {
    let x = place(view, at_us).to_string();
    html! { <line key={at_us} class={Class::TimelineTick} x1={x.clone()} x2={x} y1="6" y2="18" /> }
}

/// Properties of [`Marks`].
#[derive(Properties, PartialEq)]
struct MarksProps {
    view: std::rc::Rc<TransportView>,
}

/// The marks: a click leads to a mark's moment, as shift and an arrow key do. They stand in a drawing of their own, so that they keep
/// their shape. Marks that fall together share a sign with their count, of which a click leads to the first. The sign under the pointer,
/// else the mark at the moment shown, is told in words above them.
#[component]
fn Marks(props: &MarksProps) -> Html {
    let runner = use_runner();
    let pointed = use_state(|| None::<usize>);
    let view = &props.view;
    let row = use_node_ref();
    let width = use_width(&row);
    let pixels = |mark: &MarkView| place(view, mark.at_us) as f64 / WIDTH as f64 * width;
    let wanted: Vec<f64> = view.marks.iter().map(pixels).collect();
    let signs = signs(&wanted, width);
    let sign = |(number, sign): (usize, &Sign)| {
        let marks = &view.marks[sign.marks.clone()];
        let kind = mark_group::kind(marks)?;
        let (on, off) = (pointed.clone(), pointed.clone());
        Some(html! {
            <svg key={number} class={classes!(Class::TimelineMark, kind_class(kind))} role="img" aria-label={mark_group::listed(marks)}
                x={format!("{:.1}", sign.place - HALF_DRAWN)} width="14" height="14" viewBox="-7 0 14 14" overflow="visible"
                data-mark={mark_group::kind_words(marks)} data-mark-at={marks[0].at_us.to_string()}
                onmouseenter={move |_: MouseEvent| on.set(Some(number))} onmouseleave={move |_: MouseEvent| off.set(None)}
                onclick={runner.on_click(Wish::Seek(VirtualTime(marks[0].at_us)))}>
                <title>{mark_group::listed(marks)}</title>
                <rect class={Class::TimelineMarkHit} x="-7" y="-1" width="14" height="15" />
                <path d={shape(kind)} />
                if marks.len() > 1 {
                    <text class={Class::TimelineMarkCount} x="8" y="13" text-anchor="end" data-mark-count="">{marks.len()}</text>
                }
            </svg>
        })
    };
    let pointed = pointed.and_then(|number| signs.get(number)).map(|sign| &view.marks[sign.marks.clone()]);
    let told = pointed.or_else(|| view.mark_shown().map(std::slice::from_ref));
    html! {
        <>
            <svg ref={row} width="100%" height="14" overflow="visible" role="group" aria-label="Marks">
                { for signs.iter().enumerate().filter_map(sign) }
            </svg>
            if let Some(marks) = told {
                { label(view, marks) }
            }
        </>
    }
}

/// The width of the row, in CSS pixels, measured again whenever it changes.
#[hook]
fn use_width(row: &NodeRef) -> f64 {
    let width = use_state_eq(|| 0.0_f64);
    let (setter, row) = (width.setter(), row.clone());
    use_effect_with((), move |()| {
        let watch = row.cast::<Element>().map(|element| {
            setter.set(element.get_bounding_client_rect().width());
            let watched = element.clone();
            SizeWatch::start(&element, "", move || setter.set(watched.get_bounding_client_rect().width()))
        });
        move || drop(watch)
    });
    *width
}

/// Marks in words, above the third of the timeline in which they lie.
fn label(view: &TransportView, marks: &[MarkView]) -> Html {
    let side = match place(view, marks[0].at_us) * 3 / WIDTH {
        0 => None,
        1 => Some(Class::TimelineLabelMiddle),
        _ => Some(Class::TimelineLabelEnd),
    };
    html! { <p class={classes!(Class::TimelineLabel, side)} data-mark-told="">{mark_group::told(marks)}</p> }
}

/// A kind of mark with its sign, for the help.
pub(super) fn legend_entry(kind: MarkKind) -> Html {
    html! {
        <li key={kind_word(kind)}>
            <svg class={kind_class(kind)} width="14" height="14" viewBox="-7 -1 14 14" aria-hidden="true"><path d={shape(kind)} fill="currentColor" /></svg>
            {kind_word(kind)}
        </li>
    }
}

/// Every kind has a shape of its own, not only a colour.
fn shape(kind: MarkKind) -> &'static str {
    match kind {
        MarkKind::Command => "M-4 3h8v6h-8z",
        MarkKind::Crash => "M-6 2h12L0 11z",
        MarkKind::PowerCut => "M1-1-5 7h4l-2 6 7-8h-4l3-6z",
        MarkKind::Stop => "M-5 2h10v9h-10z",
        MarkKind::Restart => "M-6 11h12L0 2z",
        MarkKind::Election => "M0 1 5 6 0 11-5 6z",
        MarkKind::Roll => "M-1.500 1h3v10h-3z",
        MarkKind::Cleaning => "M-6 2h12v3h-12zM-3 7h6v3h-6z",
        MarkKind::Loss => "M-5 2-3 0 0 3 3 0 5 2 2 5.500 5 9 3 11 0 8-3 11-5 9-2 5.500z",
        MarkKind::Duplicate => "M-5 0h6v3h4v8h-6v-3h-4zM1 5v4h2v-4z",
        MarkKind::Reordering => "M-3-1 1 4h-2v7h-3v-7h-2zM3 12-1 7h2v-7h3v7h2z",
        MarkKind::Recognised => "M-6 5l2-2 3 3 5-6 2 2-7 8z",
        MarkKind::Drop => "M-5 1l2-2 3 3 3-3 2 2-3 3 3 3-2 2-3-3-3 3-2-2 3-3z",
        MarkKind::Position => "M0-1 5 9h-3v3h-4v-3h-3z",
        MarkKind::Limit => "M-6 5h12v3h-12z",
        MarkKind::Retry => "M-5 6a5 5 0 1 0 5-5v3L-4 1 0-2v3",
    }
}

fn kind_class(kind: MarkKind) -> Class {
    match kind {
        MarkKind::Command => Class::ToneAccent,
        MarkKind::Crash | MarkKind::PowerCut | MarkKind::Loss | MarkKind::Limit => Class::ToneLost,
        MarkKind::Duplicate => Class::ToneDuplicate,
        MarkKind::Restart | MarkKind::Election | MarkKind::Recognised => Class::ToneCommitted,
        MarkKind::Roll | MarkKind::Cleaning | MarkKind::Stop => Class::ToneQuiet,
        MarkKind::Retry | MarkKind::Drop | MarkKind::Position | MarkKind::Reordering => Class::TonePending,
    }
}
