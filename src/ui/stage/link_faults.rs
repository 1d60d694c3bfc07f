//! The links below the stage: what is wrong with each, and what can be done to it. The same that a wire shows, for mouse and keyboard.

use super::fault_menu::FaultButtons;
use crate::engine::sim::Command;
use crate::ui::Class;
use crate::ui::runner::{use_runner, use_slice};
use crate::ui::wish::Wish;
use crate::view::fault_acts::{self, LinkRow};
use yew::prelude::*;

/// The list, behind one word.
#[component]
pub fn LinkFaults() -> Html {
    let runner = use_runner();
    let frame = use_slice(|published| published.frame.clone());
    if frame.brokers.is_empty() {
        return html! {};
    }
    let rows = fault_acts::links(&frame);
    let faulty = rows.iter().filter(|row| !row.note.is_empty()).count();
    let row = |row: &LinkRow| {
        html! {
            <li key={row.key.clone()} data-link={row.key.clone()}>
                <span class={Class::LinkEnds}>{&row.words}</span>
                if !row.note.is_empty() { <span class={Class::LinkNote}>{format!("✕ {}", row.note)}</span> }
                <FaultButtons acts={row.acts.clone()} />
            </li>
        }
    };
    html! {
        <details class={Class::LinkFaults} data-fault-menu="links">
            <summary>{ if faulty == 0 { "Links and their faults".to_string() } else { format!("Links: something is wrong with {faulty}") } }</summary>
            <button type="button" class={classes!(Class::Button, Class::NodeAct)} data-fault="heal-all"
                onclick={runner.on_click(Wish::Submit(Command::Heal))}>{"Heal everything"}</button>
            <ul class={Class::LinkRows}>{ for rows.iter().map(row) }</ul>
        </details>
    }
}
