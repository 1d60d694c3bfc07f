//! The links below the stage: what is wrong with each, and what can be done to it. The same that the menu at a wire shows, as a list, and of
//! links without a wire too.
//!
//! There are many: they stand in groups by who is at their end, each folded and made only while it is open, and what an act means is said
//! once for all.

use super::fault_menu::FaultButtons;
use crate::engine::sim::Command;
use crate::ui::Class;
use crate::ui::opened::use_opened;
use crate::ui::runner::{use_runner, use_slice};
use crate::ui::wish::Wish;
use crate::view::Frame;
use crate::view::format;
use crate::view::link_acts::{self, LinkGroup, LinkRow};
use std::rc::Rc;
use yew::prelude::*;

/// The list, behind one word.
#[component]
pub fn LinkFaults() -> Html {
    let faulty = use_slice(|published| link_acts::faulty(&published.frame));
    let is_empty = use_slice(|published| published.frame.brokers.is_empty());
    let (open, ontoggle) = use_opened(false);
    if is_empty {
        return html! {};
    }
    html! {
        <details class={Class::LinkFaults} data-fault-menu="links" {ontoggle}>
            <summary>{ if faulty == 0 { "Links and their faults".to_string() } else { format!("Links: something is wrong with {faulty}") } }</summary>
            if open {
                <LinkList />
            }
        </details>
    }
}

/// What mends everything, what the acts mean, and the groups.
#[component]
fn LinkList() -> Html {
    let runner = use_runner();
    let frame = use_slice(|published| published.frame.clone());
    let groups = link_acts::groups(&frame);
    let heal = |hook: &'static str, word: &'static str, command: Command| {
        html! {
            <button type="button" class={classes!(Class::Button, Class::NodeAct)} data-fault={hook} onclick={runner.on_click(Wish::Submit(command))}>{word}</button>
        }
    };
    html! {
        <>
            <div class={Class::FaultButtons}>
                { heal("heal-all", "Heal everything", Command::Heal) }
                { heal("heal-network", "Heal every link", Command::HealNetwork) }
            </div>
            <dl class={Class::LinkMeanings}>
                { for link_acts::MEANINGS.iter().map(|(word, means)| html! { <div><dt>{*word}</dt><dd>{*means}</dd></div> }) }
            </dl>
            { for groups.iter().enumerate().map(|(at, group)| html! {
                <LinkGroupList key={group.name.clone()} frame={frame.clone()} group={group.clone()} at_first={at == 0} />
            }) }
        </>
    }
}

/// Properties of [`LinkGroupList`].
#[derive(Properties, PartialEq)]
struct LinkGroupListProps {
    frame: Rc<Frame>,
    group: LinkGroup,
    /// It stands open at first: one comes for its faults first.
    at_first: bool,
}

/// The links of one end.
#[component]
fn LinkGroupList(props: &LinkGroupListProps) -> Html {
    let (open, ontoggle) = use_opened(props.at_first);
    let group = &props.group;
    let wrong = if group.faulty == 0 { String::new() } else { format!(", something is wrong with {}", group.faulty) };
    let row = |row: LinkRow| {
        html! {
            <li key={row.key.clone()} data-link={row.key.clone()}>
                <span class={Class::LinkEnds}>{&row.words}</span>
                if !row.note.is_empty() { <span class={Class::LinkNote}>{format!("✕ {}", row.note)}</span> }
                <FaultButtons acts={row.acts} short=true />
            </li>
        }
    };
    html! {
        <details class={Class::LinkGroup} data-link-group={group.name.clone()} open={props.at_first} {ontoggle}>
            <summary>{format!("{}: {}{wrong}", group.name, format::counted(group.links.len() as u64, "link"))}</summary>
            if open {
                <ul class={Class::LinkRows}>{ for group.links.iter().map(|link| row(link.row(&props.frame))) }</ul>
            }
        </details>
    }
}
