//! By timestamp, the step before the others: the floor entry of the time index gives an offset.

use crate::ui::Class;
use crate::view::format;
use crate::view::log_seek::{SeekView, TimeRow, TimeStep};
use yew::prelude::*;

/// The time index around its floor entry.
pub(super) fn section(seek: &SeekView, time: &TimeStep) -> Html {
    let row = |row: &TimeRow| {
        html! {
            <tr key={row.timestamp} class={row.chosen.then_some(Class::RowLit)}>
                <td>{row.timestamp}</td><td>{row.offset}</td><td>{ if row.chosen { "largest ≤ target" } else { "" } }</td>
            </tr>
        }
    };
    html! {
        <section aria-label="Floor entry in the time index" data-seek="time-index">
            <h3><span class={Class::StepNumber}>{"1"}</span>{"Floor entry in the time index"}</h3>
            <p class={classes!(Class::Mono, Class::Note)}>{time.file.clone()}</p>
            <table class={Class::DataTable}>
                <thead><tr><th scope="col">{"timestamp"}</th><th scope="col">{"offset"}</th><th scope="col"><span class={Class::SrOnly}>{"choice"}</span></th></tr></thead>
                <tbody>
                    if !time.has_floor {
                        <tr class={Class::RowLit}><td colspan="3">{format!("no entry ≤ {}: go on with offset {}", time.target, seek.index_target)}</td></tr>
                    }
                    { for time.rows.iter().map(row) }
                </tbody>
            </table>
            <p class={Class::Note}>{format!("An entry says that no record up to its offset is later. {} in all.", format::counted_as(time.total as u64, "entry", "entries"))}</p>
        </section>
    }
}
