//! Batches sent over the last second, stacked by why they left.

use super::slots::reason_class;
use crate::engine::common::VirtualTime;
use crate::ui::Class;
use crate::ui::runner::use_slice;
use crate::ui::truth::{Truth, TruthLabel};
use crate::view::departures::{COLUMN_US, COLUMNS, Departures, REASONS, leave_meaning};
use crate::view::format;
use yew::prelude::*;

/// Height of the drawing in its own units.
const HEIGHT: u32 = 60;

/// The chart.
#[component]
pub fn DepartureChart() -> Html {
    let Some(view) = use_slice(|published| published.departures.clone()) else { return Html::default() };
    let sum: u32 = view.totals.iter().sum();
    html! {
        <section class={classes!(Class::Card, Class::DepartureCard)} aria-label="Batches sent, by why they left">
            <div class={Class::CardHead}>
                <h3>{format!("Batches sent per {} ms", COLUMN_US / 1000)}</h3>
                <ul class={Class::DepartureLegend}>
                    { for REASONS.iter().zip(view.totals).map(|(word, count)| html! {
                        <li key={*word} title={leave_meaning(word)}><span class={classes!(Class::ReasonMark, reason_class(word))} aria-hidden="true" />{short(word)}{" "}<strong>{count}</strong></li>
                    }) }
                </ul>
                <span class={Class::PushRight} /><TruthLabel truth={Truth::Exact} />
            </div>
            <svg class={Class::DepartureBars} viewBox={format!("0 0 {} {HEIGHT}", COLUMNS * 10)} preserveAspectRatio="none" role="img"
                aria-label={format!("{sum} batches since {}", format::time(VirtualTime(view.from_us)))}>
                { for view.columns.iter().enumerate().map(|(at, column)| bar(&view, at, column)) }
            </svg>
            <p class={classes!(Class::Mono, Class::Note, Class::DepartureAxis)}>
                <span>{format!("{} ago", format::short_time(VirtualTime(view.now_us.saturating_sub(view.from_us))))}</span><span>{format!("most in {} ms: {}", COLUMN_US / 1000, view.most)}</span><span>{"now"}</span>
            </p>
        </section>
    }
}

/// One column, its reasons stacked from the bottom.
fn bar(view: &Departures, at: usize, column: &[u32; REASONS.len()]) -> Html {
    let mut below = 0;
    let part = |(word, count): (&&'static str, &u32)| {
        if *count == 0 {
            return Html::default();
        }
        let (top, height) = (below + count, count * HEIGHT * 10 / view.most);
        let y = (HEIGHT * 10).saturating_sub(top * HEIGHT * 10 / view.most);
        below = top;
        html! { <rect key={*word} class={classes!(Class::ReasonBar, reason_class(word))} x={(at * 10 + 1).to_string()} y={tenths(y)} width="8" height={tenths(height)} /> }
    };
    html! { <g key={at}>{ for REASONS.iter().zip(column).map(part) }</g> }
}

/// A reason in a word or two.
fn short(word: &str) -> &'static str {
    match word {
        "full" => "full",
        "linger" => "linger",
        "same-broker" => "same broker",
        "memory" => "memory exhausted",
        "flush" => "flush()",
        _ => "again",
    }
}

fn tenths(value: u32) -> String {
    format!("{}.{}", value / 10, value % 10)
}
