//! The Log room: one replica's segments and readers, what retention will do, and a seek in two steps.

pub mod found;
pub mod segments;
pub mod steps;
pub mod zoom;

use super::Class;
use super::runner::{use_runner, use_slice};
use super::truth::{Truth, TruthLabel};
use super::wish::Wish;
use crate::view::format;
use crate::view::frame::{BrokerFrame, Tape};
use web_sys::{HtmlInputElement, SubmitEvent};
use yew::prelude::*;

/// The room's stage.
#[component]
pub fn LogRoom() -> Html {
    let log = use_slice(|published| published.log.clone());
    let frame = use_slice(|published| published.frame.clone());
    let broker = frame.brokers.first();
    let tape = broker.and_then(|broker| broker.tapes.first());
    let (Some(log), Some(broker), Some(tape)) = (log, broker, tape) else { return Html::default() };
    html! {
        <div class={Class::RoomStage}>
            <section class={classes!(Class::Card, Class::LogCard)} aria-label="The log"
                data-tape={tape.key()} data-leo={tape.leo.to_string()} data-hw={tape.hw.to_string()} data-role={tape.role.word()}>
                { head(broker, tape, &log) }
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

fn head(broker: &BrokerFrame, tape: &Tape, log: &crate::view::log_view::LogView) -> Html {
    let segments =
        if log.segments_count == 1 { "1 segment".to_string() } else { format!("{} segments", log.segments_count) };
    html! {
        <div class={Class::CardHead}>
            <h3 class={Class::Mono} data-broker={broker.id.to_string()} data-state={broker.state.word()}>{format!("Broker {}", broker.id)}</h3>
            <span class={Class::Mono}><span aria-hidden="true">{"★ "}</span><strong>{format!("{}-{}", tape.topic, tape.partition)}</strong>{" leader, the only replica"}</span>
            <span class={classes!(Class::Mono, Class::Note, Class::PushRight)}>{format!("{} in {segments}", format::bytes(log.bytes))}</span>
            <TruthLabel truth={Truth::Exact} />
        </div>
    }
}

/// The form in the lesson that asks for an offset.
#[component]
pub fn SeekForm() -> Html {
    let runner = use_runner();
    let target = use_slice(|published| published.seek_target);
    let log = use_slice(|published| published.log.clone());
    let field = use_node_ref();
    let onsubmit = {
        let field = field.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let typed = field.cast::<HtmlInputElement>().and_then(|input| input.value().trim().parse().ok());
            runner.wish(Wish::SeekOffset(typed));
        })
    };
    let outside = match (target, &log) {
        (Some(target), Some(log)) if target < log.log_start => {
            format!("{target} is before the log start, {}: OFFSET_OUT_OF_RANGE.", log.log_start)
        }
        (Some(target), Some(log)) if target >= log.log_end => {
            format!("{target} is not written yet; the log ends at {}.", log.log_end)
        }
        _ => String::new(),
    };
    html! {
        <form class={classes!(Class::Form, Class::SeekForm)} {onsubmit} aria-label="Seek">
            <div class={Class::SeekRow}>
                <label for="seek-offset">{"offset"}</label>
                <input ref={field} id="seek-offset" class={Class::Field} type="number" min="0" step="1" data-seek="offset"
                    value={target.map(|target| target.to_string())} />
                <button type="submit" class={classes!(Class::Button, Class::ButtonMain)} data-seek="submit">{"Seek"}</button>
            </div>
            <p class={Class::Warning} role="status">{outside}</p>
        </form>
    }
}
