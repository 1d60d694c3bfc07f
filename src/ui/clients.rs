//! Who sends and who reads: workloads started and stopped, consumers paused, resumed and moved.

use super::Class;
use super::runner::{use_runner, use_slice};
use super::wish::Wish;
use crate::engine::common::Offset;
use crate::engine::sim::Command;
use crate::view::format;
use crate::view::frame::{ConsumerFrame, WorkloadFrame};
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
            { for frame.consumers.iter().map(|consumer| html! { <ConsumerRow key={consumer.name.clone()} consumer={consumer.clone()} /> }) }
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

/// Properties of [`ConsumerRow`].
#[derive(Properties, PartialEq)]
struct ConsumerRowProps {
    consumer: ConsumerFrame,
}

#[component]
fn ConsumerRow(props: &ConsumerRowProps) -> Html {
    let runner = use_runner();
    let consumer = props.consumer.name.clone();
    let lag: i64 = props.consumer.positions.iter().map(|position| position.lag).sum();
    let (word, command) = if props.consumer.paused {
        ("Resume", Command::ResumeConsumer { consumer: consumer.clone() })
    } else {
        ("Pause", Command::PauseConsumer { consumer: consumer.clone() })
    };
    let replay = Command::SeekConsumer { consumer: consumer.clone(), partition: None, offset: Offset(0) };
    html! {
        <div class={Class::ClientRow} data-consumer={consumer.clone()}>
            <code>{consumer.clone()}</code>
            <span class={Class::Note}>{format!("lag {}", format::grouped_signed(lag))}</span>
            <span class={Class::ClientButtons}>
                <button type="button" class={classes!(Class::Button, Class::SmallButton)} aria-label={format!("{word} {consumer}")} onclick={runner.on_click(Wish::Submit(command))}>{word}</button>
                <button type="button" class={classes!(Class::Button, Class::SmallButton)} aria-label={format!("Replay {consumer} from offset 0")} title="Read again from offset 0"
                    onclick={runner.on_click(Wish::Submit(replay))}>{"Replay"}</button>
            </span>
        </div>
    }
}
