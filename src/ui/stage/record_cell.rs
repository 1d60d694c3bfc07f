//! One picture of a record: the key's hue, its offset or key, and how it stands as a colour and a shape.

use crate::engine::common::RecordId;
use crate::ui::Class;
use crate::ui::runner::{use_runner, use_slice};
use crate::ui::tone::{hue_class, state_class};
use crate::ui::wish::Wish;
use crate::view::Subject;
use crate::view::frame::RecordDot;
use yew::prelude::*;

/// Properties of [`RecordCell`].
#[derive(Properties, PartialEq)]
pub struct RecordCellProps {
    /// The record.
    pub record: RecordDot,
    /// Without a number in it.
    #[prop_or_default]
    pub small: bool,
    /// The last of its tape: it is seen to arrive. Only this one, because a browser starts the movement of an element anew each time the
    /// element changes its place among the others.
    #[prop_or_default]
    pub newest: bool,
}

/// The cell. Clicking it inspects the record. It is left out of the Tab order, which would be hundreds of stops long: the
/// batch and the segment, which are in it, list their records.
#[component]
pub fn RecordCell(props: &RecordCellProps) -> Html {
    let runner = use_runner();
    let subject = use_slice(|published| published.subject);
    let record = &props.record;
    let own = record.id.map(|id| Subject::Record(RecordId(id)));
    let picked = (own.is_some() && own == subject).then_some(Class::CellPicked);
    let number = match (props.small, record.offset) {
        (false, Some(offset)) => offset.to_string(),
        _ => String::new(),
    };
    let place = record.offset.map(|offset| format!("offset {offset}, ")).unwrap_or_default();
    let label = format!("{place}key {}, {}", record.key, record.state.told());
    html! {
        <button type="button" tabindex="-1" class={classes!(Class::Cell, props.small.then_some(Class::CellSmall), props.newest.then_some(Class::CellNew), hue_class(record.hue), state_class(record.state), picked)}
            data-record={record.id.map(|id| id.to_string())} data-offset={record.offset.map(|offset| offset.to_string())}
            title={label.clone()} aria-label={label}
            onclick={runner.on_click(Wish::Inspect(own))}>{number}</button>
    }
}
