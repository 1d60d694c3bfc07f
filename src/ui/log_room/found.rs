//! What the broker answers: to a fetch the whole batch, of which the consumer drops what it did not ask for; to a time, an offset.

use crate::ui::Class;
use crate::ui::tone::hue_class;
use crate::view::format;
use crate::view::log_seek::{FoundRecord, SeekView};
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
    let seek = &props.seek;
    let (Some(first), Some(last)) = (seek.records.first(), seek.records.last()) else { return Html::default() };
    let batch = format::offsets(first.offset, last.offset + seek.records_more as i64);
    html! {
        <section aria-label="What is found" data-seek="found">
            { answer(seek, first.offset, &batch) }
            <ol class={Class::FoundRecords}>
                { for seek.records.iter().map(record) }
                if seek.records_more > 0 {
                    <li class={Class::Note}>{format!("… {} more", seek.records_more)}</li>
                }
            </ol>
        </section>
    }
}

/// A fetch gets the batch; a question for a time gets an offset.
fn answer(seek: &SeekView, first: i64, batch: &str) -> Html {
    if let Some(timestamp) = seek.answer_timestamp {
        let sentence = format!(
            "In the batch {batch} it is the first record that is not earlier. A consumer that wants to begin there fetches from that offset."
        );
        return html! {
            <p><strong>{format!("The broker answers offset {}, timestamp {timestamp}. ", seek.answer)}</strong>{sentence}</p>
        };
    }
    let rest = if seek.answer > first {
        format!("The consumer drops what stands before {} itself.", seek.answer)
    } else {
        "Every record in it was asked for.".to_string()
    };
    let removed =
        seek.is_removed.then(|| format!(" Compaction has removed {}; the next record takes its part.", seek.answer));
    html! {
        <p><strong>{format!("The whole batch {batch} goes back. ")}</strong>{"A broker never cuts one open. "}{rest}{removed}</p>
    }
}

fn record(record: &FoundRecord) -> Html {
    let dropped = record.before.then_some(Class::FoundDropped);
    html! {
        <li key={record.offset} class={classes!(Class::FoundRecord, hue_class(record.hue), dropped)} data-offset={record.offset.to_string()}>
            <strong>{record.offset}</strong><span>{record.key.clone()}</span>
        </li>
    }
}
