//! The links below the stage: what is wrong with each, and what can be done to it. The same that a wire shows, for mouse and keyboard.
//!
//! There are many: they stand in groups by who is at their end, each folded, and what an act means is said once for all.

use super::fault_menu::FaultButtons;
use crate::engine::sim::Command;
use crate::ui::Class;
use crate::ui::runner::{use_runner, use_slice};
use crate::ui::wish::Wish;
use crate::view::fault_acts::{self, LinkGroup, LinkRow};
use crate::view::format;
use yew::prelude::*;

/// The list, behind one word.
#[component]
pub fn LinkFaults() -> Html {
    let runner = use_runner();
    let frame = use_slice(|published| published.frame.clone());
    if frame.brokers.is_empty() {
        return html! {};
    }
    let groups = fault_acts::link_groups(&frame);
    let faulty: usize = groups.iter().map(LinkGroup::faulty).sum();
    html! {
        <details class={Class::LinkFaults} data-fault-menu="links">
            <summary>{ if faulty == 0 { "Links and their faults".to_string() } else { format!("Links: something is wrong with {faulty}") } }</summary>
            <button type="button" class={classes!(Class::Button, Class::NodeAct)} data-fault="heal-all"
                onclick={runner.on_click(Wish::Submit(Command::Heal))}>{"Heal everything"}</button>
            <dl class={Class::LinkMeanings}>
                { for fault_acts::link_meanings(&groups).into_iter().map(|(word, means)| html! { <div><dt>{word}</dt><dd>{means}</dd></div> }) }
            </dl>
            { for groups.iter().enumerate().map(|(at, group)| group_of(group, at == 0)) }
        </details>
    }
}

/// The links of one end. Whose faults one comes for first stand open.
fn group_of(group: &LinkGroup, is_first: bool) -> Html {
    let faulty = group.faulty();
    let wrong = if faulty == 0 { String::new() } else { format!(", something is wrong with {faulty}") };
    let row = |row: &LinkRow| {
        html! {
            <li key={row.key.clone()} data-link={row.key.clone()}>
                <span class={Class::LinkEnds}>{&row.words}</span>
                if !row.note.is_empty() { <span class={Class::LinkNote}>{format!("✕ {}", row.note)}</span> }
                <FaultButtons acts={row.acts.clone()} short=true />
            </li>
        }
    };
    html! {
        <details key={group.name.clone()} class={Class::LinkGroup} data-link-group={group.name.clone()} open={is_first}>
            <summary>{format!("{}: {}{wrong}", group.name, format::counted(group.rows.len() as u64, "link"))}</summary>
            <ul class={Class::LinkRows}>{ for group.rows.iter().map(row) }</ul>
        </details>
    }
}
