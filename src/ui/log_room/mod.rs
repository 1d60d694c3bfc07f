//! The Log room: one replica's segments and readers, what retention will do, and a seek step by step.

pub mod found;
pub mod seek_form;
pub mod segments;
pub mod steps;
pub mod time_step;
pub mod zoom;

use super::Class;
use super::rich_text::RichText;
use super::runner::use_slice;
use super::truth::{Truth, TruthLabel};
use crate::view::format;
use crate::view::frame::{BrokerFrame, Role, Tape};
use crate::view::log_view::LogView;
use yew::prelude::*;

/// The room's stage.
#[component]
pub fn LogRoom() -> Html {
    let log = use_slice(|published| published.log.clone());
    let frame = use_slice(|published| published.frame.clone());
    let Some(log) = log else { return Html::default() };
    let broker = frame.brokers.iter().find(|broker| broker.id == log.replica.broker);
    let tape = broker.and_then(|broker| broker.tapes.iter().find(|tape| tape.partition == log.replica.partition));
    let (Some(broker), Some(tape)) = (broker, tape) else { return Html::default() };
    html! {
        <div class={Class::RoomStage}>
            <p class={Class::StageAside}>{"The log goes on to the right: swipe it."}</p>
            <section class={classes!(Class::Card, Class::LogCard)} aria-label="The log"
                data-tape={tape.key()} data-leo={tape.leo.to_string()} data-hw={tape.hw.to_string()} data-role={tape.role.word()}>
                { head(broker, tape, &log) }
                { for log.readers_elsewhere().into_iter().map(|(name, words)| html! {
                    <p key={name.clone()} class={classes!(Class::SegmentNote, Class::TonePending)} data-reader-elsewhere={name}><RichText text={words} /></p>
                }) }
                <segments::Segments log={log.clone()} />
                if let Some(seek) = &log.seek {
                    <zoom::Zoom log={log.clone()} />
                    <steps::Steps seek={seek.clone()} />
                    <found::Found seek={seek.clone()} />
                }
            </section>
        </div>
    }
}

fn head(broker: &BrokerFrame, tape: &Tape, log: &LogView) -> Html {
    let segments = format::counted(log.segments_count as u64, "segment");
    let older = match log.segments_not_drawn() {
        0 => String::new(),
        1 => ", the oldest is not drawn".to_string(),
        count => format!(", the {count} oldest are not drawn"),
    };
    html! {
        <div class={Class::CardHead}>
            <h3 class={Class::Mono} data-broker={broker.id.to_string()} data-state={broker.state.word()}>{format!("Broker {}", broker.id)}</h3>
            <span class={Class::Mono}>
                if log.replica.role == Role::Leader { <span aria-hidden="true">{"★ "}</span> }
                <strong>{format!("{}-{}", tape.topic, tape.partition)}</strong>{format!(" {}", log.replica.words())}
            </span>
            <span class={classes!(Class::Mono, Class::Note, Class::PushRight)}>{format!("{} in {segments}{older}", format::bytes(log.bytes))}</span>
            <TruthLabel truth={Truth::Exact} />
        </div>
    }
}
