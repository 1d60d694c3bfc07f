//! The two steps as tables: the floor entry of the index, then the scan.

use crate::ui::Class;
use crate::view::format;
use crate::view::log_view::{IndexRow, ScanRow, SeekView};
use yew::prelude::*;

/// Properties of [`Steps`].
#[derive(Properties, PartialEq)]
pub struct StepsProps {
    /// The seek.
    pub seek: SeekView,
}

/// The two steps.
#[component]
pub fn Steps(props: &StepsProps) -> Html {
    let seek = &props.seek;
    html! {
        <div class={Class::SeekSteps}>
            <section aria-label="Step 1">
                <h3><span class={Class::StepNumber}>{"1"}</span>{"Floor entry in the index"}</h3>
                <p class={classes!(Class::Mono, Class::Note)}>{seek.index_file.clone()}</p>
                <table class={Class::DataTable}>
                    <thead><tr><th scope="col">{"offset"}</th><th scope="col">{"position"}</th><th scope="col"><span class={Class::SrOnly}>{"choice"}</span></th></tr></thead>
                    <tbody>
                        if !seek.has_floor {
                            <tr class={Class::RowLit}><td colspan="3">{format!("no entry ≤ {}: start at byte 0", seek.target)}</td></tr>
                        }
                        { for seek.index.iter().map(|row| index_row(row, seek.target)) }
                    </tbody>
                </table>
                <p class={Class::Note}>{"An entry names the "}<strong>{"last"}</strong>{format!(" offset of the batch that begins at its position. {} entries in all.", seek.index_total)}</p>
            </section>
            <section aria-label="Step 2">
                <h3><span class={Class::StepNumber}>{"2"}</span>{"Scan forward in the .log"}</h3>
                <p class={classes!(Class::Mono, Class::Note)}>{seek.log_file.clone()}</p>
                <table class={Class::DataTable}>
                    <thead><tr><th scope="col">{"position"}</th><th scope="col">{"batch"}</th><th scope="col">{"last offset"}</th><th scope="col">{"scanned"}</th></tr></thead>
                    <tbody>
                        { for seek.scan.iter().map(scan_row) }
                        <tr><td colspan="3">{"scanned in all"}</td><td><strong data-seek="scanned">{format::bytes(u64::from(seek.scanned))}</strong></td></tr>
                    </tbody>
                </table>
                <p class={Class::Note}>{ comparison(seek) }</p>
            </section>
        </div>
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
            <td>{format::grouped(u64::from(row.position))}</td><td>{format!("{}–{}", row.offsets.0, row.offsets.1)}</td>
            <td>{row.verdict.clone()}</td><td>{format::bytes(u64::from(row.bytes))}</td>
        </tr>
    }
}

fn comparison(seek: &SeekView) -> String {
    if !seek.has_floor {
        return "The first batch of a segment has no entry, so the scan begins at the file's first byte.".to_string();
    }
    let times = format::tenths(u64::from(seek.from_start) * 1000 / u64::from(seek.scanned.max(1)));
    format!(
        "Without the index the broker would scan {} from the start of the segment: {times} times as much.",
        format::bytes(u64::from(seek.from_start))
    )
}
