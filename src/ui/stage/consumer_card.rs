//! A consumer: where it stands in each partition, how far behind the high watermark, and what its application does.

use super::record_cell::RecordCell;
use crate::engine::sim::Command;
use crate::ui::Class;
use crate::ui::runner::use_runner;
use crate::ui::wish::Wish;
use crate::view::frame::{Activity, ConsumerFrame, Node, Position};
use crate::view::{Subject, format};
use yew::prelude::*;

/// `P0 @ 7`; before its first answer a consumer stands nowhere.
fn place(position: &Position) -> String {
    let at = position.offset.map_or("–".to_string(), |offset| offset.to_string());
    format!("P{} @ {at}", position.partition)
}

/// How far behind, and what waits to be polled.
fn behind(position: &Position) -> String {
    let lag = match position.lag {
        Some(0) => String::new(),
        Some(lag) => format!("lag {}", format::grouped_signed(lag)),
        None => "lag –".to_string(),
    };
    if position.buffered > 0 { format!("{lag} · {} fetched", position.buffered) } else { lag }
}

/// What the application does, in a few words.
fn doing(activity: &Activity) -> String {
    match activity {
        Activity::Polling => "polls".to_string(),
        Activity::Paused => "paused".to_string(),
        Activity::Processing { records, done } => format!("works, {done} of {records}"),
        Activity::Failed { exception, .. } => format!("✕ {exception}"),
    }
}

/// Newest records that are drawn.
const RECENT_MAX: usize = 8;

/// Properties of [`ConsumerCard`].
#[derive(Properties, PartialEq)]
pub struct ConsumerCardProps {
    /// The consumer.
    pub consumer: ConsumerFrame,
    /// Many stand on the stage: it leaves out the records that it read last.
    pub dense: bool,
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
    let inspect = runner.on_click(Wish::Inspect(Some(Subject::Consumer(consumer.index))));
    let failed = matches!(consumer.activity, Activity::Failed { .. }).then_some(Class::NodeCardDown);
    html! {
        <section class={classes!(Class::NodeCard, failed)} data-node={Node::Consumer(consumer.index).key()} data-consumer={name.clone()} aria-label={format!("Consumer {name}")}>
            <div class={Class::NodeHead}>
                <h3 class={Class::NodeName}>
                    <button type="button" class={Class::LinkButton} data-keep-clear="" data-inspect="consumer" onclick={inspect}>{format!("Consumer {name}")}</button>
                </h3>
            </div>
            <p class={Class::NodeNote} data-activity="">{format!("{} · {} read", doing(&consumer.activity), format::grouped(consumer.read))}</p>
            <ul class={Class::PositionList} data-keep-clear="">
                { for consumer.positions.iter().map(|position| html! {
                    <li key={position.partition}>
                        <span>{place(position)}</span>
                        <span class={Class::NodeNote}>{behind(position)}</span>
                    </li>
                }) }
            </ul>
            if !props.dense {
                <div class={Class::BatchCells}>
                    { for recent.map(|record| html! { <RecordCell record={record.clone()} small=true /> }) }
                </div>
            }
            <button type="button" class={classes!(Class::Button, Class::NodeAct)} data-keep-clear="" aria-label={format!("{word} consumer {name}")}
                onclick={runner.on_click(Wish::Submit(command))}>{word}</button>
        </section>
    }
}
