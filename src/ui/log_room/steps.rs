//! The steps as tables: the floor entry of the index, then the scan; by timestamp, the time index before both.

use super::time_step;
use crate::ui::Class;
use crate::view::format;
use crate::view::log_seek::{IndexRow, ScanRow, SeekView};
use yew::prelude::*;

/// Properties of [`Steps`].
#[derive(Properties, PartialEq)]
pub struct StepsProps {
    /// The seek.
    pub seek: SeekView,
}

/// The steps.
#[component]
pub fn Steps(props: &StepsProps) -> Html {
    let seek = &props.seek;
    let first = if seek.time.is_some() { 2 } else { 1 };
    html! {
        <div class={Class::SeekSteps}>
            if let Some(time) = &seek.time {
                { time_step::section(seek, time) }
            }
            { index_section(seek, first) }
            { scan_section(seek, first + 1) }
        </div>
    }
}

fn index_section(seek: &SeekView, number: u8) -> Html {
    let whose = if seek.time.is_some() { format!(" for offset {}", seek.index_target) } else { String::new() };
    html! {
        <section aria-label={format!("Step {number}")} data-seek="index">
            <h3><span class={Class::StepNumber}>{number}</span>{format!("Floor entry in the index{whose}")}</h3>
            <p class={classes!(Class::Mono, Class::Note)}>{seek.index_file.clone()}</p>
            <table class={Class::DataTable}>
                <thead><tr><th scope="col">{"offset"}</th><th scope="col">{"position"}</th><th scope="col"><span class={Class::SrOnly}>{"choice"}</span></th></tr></thead>
                <tbody>
                    if !seek.has_floor {
                        <tr class={Class::RowLit}><td colspan="3">{format!("no entry ≤ {}: start at byte 0", seek.index_target)}</td></tr>
                    }
                    { for seek.index.iter().map(|row| index_row(row, seek.index_target)) }
                </tbody>
            </table>
            <p class={Class::Note}>{"An entry names the "}<strong>{"last"}</strong>{format!(" offset of the batch that begins at its position. {} in all.", format::counted_as(seek.index_total as u64, "entry", "entries"))}</p>
        </section>
    }
}

fn scan_section(seek: &SeekView, number: u8) -> Html {
    let compared = if seek.time.is_some() { "largest timestamp" } else { "last offset" };
    html! {
        <section aria-label={format!("Step {number}")} data-seek="scan">
            <h3><span class={Class::StepNumber}>{number}</span>{"Scan forward in the .log"}</h3>
            <p class={classes!(Class::Mono, Class::Note)}>{seek.log_file.clone()}</p>
            <table class={Class::DataTable}>
                <thead><tr><th scope="col">{"position"}</th><th scope="col">{"batch"}</th><th scope="col">{compared}</th><th scope="col">{"scanned"}</th></tr></thead>
                <tbody>
                    { for seek.scan.iter().map(scan_row) }
                    <tr><td colspan="3">{"scanned in all"}</td><td><strong data-seek="scanned">{format::bytes(u64::from(seek.scanned))}</strong></td></tr>
                </tbody>
            </table>
            <p class={Class::Note}>{ comparison(seek) }</p>
        </section>
    }
}

fn index_row(row: &IndexRow, target: i64) -> Html {
    html! {
        <tr key={row.position} class={row.chosen.then_some(Class::RowLit)}>
            <td>{row.offset}</td><td>{format::grouped(u64::from(row.position))}</td>
            <td>{ if row.chosen { format!("largest ≤ {target}") } else { String::new() } }</td>
        </tr>
    }
}

fn scan_row(row: &ScanRow) -> Html {
    html! {
        <tr key={row.position} class={row.found.then_some(Class::RowLit)}>
            <td>{format::grouped(u64::from(row.position))}</td><td>{format::offsets(row.offsets.0, row.offsets.1)}</td>
            <td>{row.verdict.clone()}</td><td>{format::bytes(u64::from(row.bytes))}</td>
        </tr>
    }
}

fn comparison(seek: &SeekView) -> String {
    if !seek.has_floor {
        return "No entry comes before it, so the scan begins at the file's first byte.".to_string();
    }
    let times = format::tenths(u64::from(seek.from_start) * 1000 / u64::from(seek.scanned.max(1)));
    format!(
        "Without the index the broker would scan {} from the start of the segment: {times} times as much.",
        format::bytes(u64::from(seek.from_start))
    )
}
