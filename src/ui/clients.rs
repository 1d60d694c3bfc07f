//! Who sends and who reads: workloads started and stopped here, consumers in [`super::reader_row`].

use super::Class;
use super::reader_row::ReaderRow;
use super::runner::{use_runner, use_slice};
use super::wish::Wish;
use crate::engine::sim::Command;
use crate::view::format;
use crate::view::frame::WorkloadFrame;
use yew::prelude::*;

/// The clients of the run.
#[component]
pub fn Clients() -> Html {
    let frame = use_slice(|published| published.frame.clone());
    html! {
        <section class={Class::LessonSection} aria-labelledby="clients-title">
            <h2 id="clients-title">{"Clients"}</h2>
            { for frame.producers.iter().filter(|producer| producer.open).filter_map(|producer| Some(html! {
                <ProducerRow key={producer.name.clone()} name={producer.name.clone()} workload={producer.workload?} />
            })) }
            { for frame.consumers.iter().map(|consumer| html! { <ReaderRow key={consumer.name.clone()} consumer={consumer.clone()} epoch_ms={frame.epoch_ms} /> }) }
        </section>
    }
}

/// Properties of [`ProducerRow`].
#[derive(Properties, PartialEq)]
struct ProducerRowProps {
    name: String,
    workload: WorkloadFrame,
}

#[component]
fn ProducerRow(props: &ProducerRowProps) -> Html {
    let runner = use_runner();
    let producer = props.name.clone();
    let (word, command) = if props.workload.running {
        ("Stop", Command::StopWorkload { producer })
    } else {
        ("Start", Command::StartWorkload { producer, workload: None })
    };
    html! {
        <div class={Class::ClientRow}>
            <code>{props.name.clone()}</code>
            <span class={Class::Note}>{format!("{} records/s", format::grouped(u64::from(props.workload.rate_per_second)))}</span>
            <button type="button" class={classes!(Class::Button, Class::SmallButton)} aria-label={format!("{word} the workload of {}", props.name)}
                data-workload={props.name.clone()} onclick={runner.on_click(Wish::Submit(command))}>{word}</button>
        </div>
    }
}
