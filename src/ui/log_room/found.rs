//! The batch that was found goes back whole; what the consumer did not ask for it drops itself.

use crate::ui::Class;
use crate::ui::tone::hue_class;
use crate::view::log_view::{FoundRecord, SeekView};
use yew::prelude::*;

/// Properties of [`Found`].
#[derive(Properties, PartialEq)]
pub struct FoundProps {
    /// The seek.
    pub seek: SeekView,
}

/// The records of the batch.
#[component]
pub fn Found(props: &FoundProps) -> Html {
    let records = &props.seek.records;
    let (Some(first), Some(last)) = (records.first(), records.last()) else { return Html::default() };
    let dropped = records.iter().filter(|record| record.dropped).count();
    let rest = match dropped {
        0 => "Every record in it was asked for.".to_string(),
        1 => format!("The consumer drops {} itself.", first.offset),
        _ => format!("The consumer drops {}–{} itself.", first.offset, props.seek.target - 1),
    };
    html! {
        <section aria-label="The batch that goes back">
            <p><strong>{format!("The whole batch {}–{} goes back. ", first.offset, last.offset)}</strong>{"A broker never cuts one open. "}{rest}</p>
            <ol class={Class::FoundRecords}>
                { for records.iter().map(record) }
                if props.seek.records_more > 0 {
                    <li class={Class::Note}>{format!("… {} more", props.seek.records_more)}</li>
                }
            </ol>
        </section>
    }
}

fn record(record: &FoundRecord) -> Html {
    let dropped = record.dropped.then_some(Class::FoundDropped);
    html! {
        <li key={record.offset} class={classes!(Class::FoundRecord, hue_class(record.hue), dropped)} data-offset={record.offset.to_string()}>
            <strong>{record.offset}</strong><span>{record.key.clone()}</span>
        </li>
    }
}
