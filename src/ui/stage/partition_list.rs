//! The partitions below the stage, as the controllers have them: who leads each, who is in sync, and what an administrator can ask for it.

use super::fault_menu::FaultButtons;
use crate::ui::Class;
use crate::ui::opened::use_opened;
use crate::ui::runner::use_slice;
use crate::view::format;
use crate::view::partition_acts::{self, PartitionRow, ROWS_MAX};
use yew::prelude::*;

/// Properties of [`PartitionList`].
#[derive(Properties, PartialEq)]
pub struct PartitionListProps {
    /// It stands open at first: the room is about who leads.
    pub at_first: bool,
}

/// The list, behind one line.
#[component]
pub fn PartitionList(props: &PartitionListProps) -> Html {
    let summary = use_slice(|published| partition_acts::summary(&published.frame));
    let is_empty = use_slice(|published| published.frame.registered.is_empty());
    let (open, ontoggle) = use_opened(props.at_first);
    if is_empty {
        return html! {};
    }
    html! {
        <details class={Class::LinkFaults} data-partitions="" open={props.at_first} {ontoggle}>
            <summary>{summary}</summary>
            if open {
                <Rows />
            }
        </details>
    }
}

#[component]
fn Rows() -> Html {
    let frame = use_slice(|published| published.frame.clone());
    let more = frame.registered.len().saturating_sub(ROWS_MAX);
    html! {
        <>
            <dl class={Class::LinkMeanings}>
                { for partition_acts::MEANINGS.iter().map(|(word, means)| html! { <div><dt>{*word}</dt><dd>{*means}</dd></div> }) }
            </dl>
            <ul class={Class::LinkRows}>{ for partition_acts::rows(&frame).into_iter().map(row) }</ul>
            if more > 0 {
                <p class={Class::Note}>{format!("{} more: click a partition’s name on a broker to look at it.", format::counted(more as u64, "partition"))}</p>
            }
        </>
    }
}

fn row(row: PartitionRow) -> Html {
    let mark = if row.is_leaderless { "✕ " } else { "" };
    html! {
        <li key={row.name.clone()} data-partition={row.name.clone()} data-leaderless={row.is_leaderless.to_string()}>
            <span class={Class::LinkEnds}>{row.name}</span>
            <span class={if row.is_leaderless { Class::LinkNote } else { Class::PartitionNote }}>{format!("{mark}{}", row.words)}</span>
            <FaultButtons acts={row.acts} short=true />
        </li>
    }
}
