//! Records in a batch or behind a figure: each leads to itself, and to the moment that matters.

use super::Class;
use super::runner::use_runner;
use super::tone::{hue_class, state_class};
use super::wish::Wish;
use crate::engine::common::{RecordId, VirtualTime};
use crate::view::format;
use crate::view::inspection::{Inspection, RecordItem};
use crate::view::subject::Subject;
use std::rc::Rc;
use yew::prelude::*;

/// Properties of [`RecordList`].
#[derive(Properties, PartialEq)]
pub struct RecordListProps {
    /// Whose records.
    pub inspection: Rc<Inspection>,
}

/// The records.
#[component]
pub fn RecordList(props: &RecordListProps) -> Html {
    let inspection = &props.inspection;
    let shown = inspection.records.len() as u64;
    html! {
        <section aria-label="Records">
            <h2>{"Records"}</h2>
            <ol class={Class::RecordList}>
                { for inspection.records.iter().enumerate().map(|(index, item)| html! { <Row key={index} item={item.clone()} /> }) }
            </ol>
            if inspection.records_total > shown {
                <p class={Class::Note}>{format!("… {} more", format::grouped(inspection.records_total - shown))}</p>
            }
        </section>
    }
}

/// Properties of [`Row`].
#[derive(Properties, PartialEq)]
struct RowProps {
    item: RecordItem,
}

#[component]
fn Row(props: &RowProps) -> Html {
    let item = &props.item;
    let runner = use_runner();
    let at = VirtualTime(item.at_us);
    let inspect = item.dot.id.map(|id| runner.on_click(Wish::Inspect(Some(Subject::Record(RecordId(id))))));
    html! {
        <li>
            <button type="button" class={Class::RecordButton} data-record={item.dot.id.map(|id| id.to_string())} onclick={inspect}>
                <span class={classes!(Class::Dot, hue_class(item.dot.hue), state_class(item.dot.state))} aria-hidden="true" />
                <span>{item.dot.key.clone()}</span><span class={Class::Note}>{item.place.clone()}</span>
            </button>
            <button type="button" class={Class::LinkButton} title="Go to this moment" data-moment-us={item.at_us.to_string()}
                onclick={runner.on_click(Wish::Seek(at))}>{format::time(at)}</button>
        </li>
    }
}
