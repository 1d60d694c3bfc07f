//! A consumer: where it stands in each partition, and how far behind the high watermark.

use super::record_cell::RecordCell;
use crate::engine::sim::Command;
use crate::ui::Class;
use crate::ui::runner::use_runner;
use crate::ui::wish::Wish;
use crate::view::format;
use crate::view::frame::{ConsumerFrame, Node, Position};
use yew::prelude::*;

/// `P0 @ 7`; before its first answer a consumer stands nowhere.
fn place(position: &Position) -> String {
    let at = position.offset.map_or("–".to_string(), |offset| offset.to_string());
    format!("P{} @ {at}", position.partition)
}

/// Newest records that are drawn.
const RECENT_MAX: usize = 8;

/// Properties of [`ConsumerCard`].
#[derive(Properties, PartialEq)]
pub struct ConsumerCardProps {
    /// The consumer.
    pub consumer: ConsumerFrame,
}

/// The card.
#[component]
pub fn ConsumerCard(props: &ConsumerCardProps) -> Html {
    let runner = use_runner();
    let consumer = &props.consumer;
    let name = consumer.name.clone();
    let (word, command) = if consumer.paused {
        ("Resume", Command::ResumeConsumer { consumer: name.clone() })
    } else {
        ("Pause", Command::PauseConsumer { consumer: name.clone() })
    };
    let recent = consumer.recent.iter().rev().take(RECENT_MAX).rev();
    html! {
        <section class={Class::NodeCard} data-node={Node::Consumer(consumer.index).key()} data-consumer={name.clone()} aria-label={format!("Consumer {name}")}>
            <div class={Class::NodeHead}>
                <h3 class={Class::NodeName} data-keep-clear="">{format!("Consumer {name}")}</h3>
            </div>
            <ul class={Class::PositionList} data-keep-clear="">
                { for consumer.positions.iter().map(|position| html! {
                    <li key={position.partition}>
                        <span>{place(position)}</span>
                        <span class={Class::NodeNote}>{ if position.lag > 0 { format!("lag {}", position.lag) } else { String::new() } }</span>
                    </li>
                }) }
            </ul>
            <div class={Class::BatchCells}>
                { for recent.map(|record| html! { <RecordCell record={record.clone()} small=true /> }) }
            </div>
            <p class={Class::NodeNote}>{format!("{} read", format::grouped(consumer.read))}</p>
            <button type="button" class={classes!(Class::Button, Class::NodeAct)} data-keep-clear="" aria-label={format!("{word} consumer {name}")}
                onclick={runner.on_click(Wish::Submit(command))}>{word}</button>
        </section>
    }
}
