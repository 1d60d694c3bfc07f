//! The in-flight slots to a broker, and the broker.

use crate::engine::common::{BrokerId, VirtualTime};
use crate::ui::Class;
use crate::ui::runner::use_runner;
use crate::ui::wish::Wish;
use crate::view::Subject;
use crate::view::batching_view::{BrokerLanes, SLOTS_MAX};
use crate::view::format;
use crate::view::frame::InFlightRequest;
use yew::prelude::*;

/// Properties of [`Slots`].
#[derive(Properties, PartialEq)]
pub struct SlotsProps {
    /// What goes to the broker.
    pub lanes: BrokerLanes,
    /// The moment, in microseconds.
    pub now_us: u64,
}

/// The slots.
#[component]
pub fn Slots(props: &SlotsProps) -> Html {
    let lanes = &props.lanes;
    let shown = lanes.slots.min(SLOTS_MAX);
    let request = |request: &InFlightRequest| {
        let age = props.now_us.saturating_sub(request.sent_us);
        html! {
            <li key={request.id} class={Class::SlotTaken}>
                <span>{ for request.batches.iter().map(|(partition, count, why)| html! {
                    <span title={format!("{}, left because: {why}", format::counted(*count as u64, "record"))}><span class={classes!(Class::ReasonMark, reason_class(why))} aria-hidden="true" />{format!("P{partition} ")}</span>
                }) }</span>
                <span>{format::short_time(VirtualTime(age))}</span>
            </li>
        }
    };
    html! {
        <ol class={Class::Slots} aria-label={format!("In flight to broker {}: {} of {}", lanes.broker, lanes.in_flight.len(), lanes.slots)}>
            { for lanes.in_flight.iter().take(SLOTS_MAX).map(request) }
            { for (lanes.in_flight.len()..shown).map(|slot| html! { <li key={format!("free-{slot}")} class={Class::SlotFree} aria-hidden="true" /> }) }
            if lanes.in_flight.len() > SLOTS_MAX {
                <li class={Class::Note}>{format!("+{} more", lanes.in_flight.len() - SLOTS_MAX)}</li>
            }
        </ol>
    }
}

/// The class of a reason's sign.
pub(super) fn reason_class(word: &str) -> Option<Class> {
    Some(match word {
        "full" => Class::ReasonFull,
        "linger" => Class::ReasonLinger,
        "same-broker" => Class::ReasonSameBroker,
        "memory" => Class::ReasonMemory,
        "flush" => Class::ReasonFlush,
        "retry" | "backoff" | "split" => Class::ReasonRetry,
        _ => return None,
    })
}

/// Properties of [`BrokerCard`].
#[derive(Properties, PartialEq)]
pub struct BrokerCardProps {
    /// What goes to the broker.
    pub lanes: BrokerLanes,
}

/// The broker at the end of the wire.
#[component]
pub fn BrokerCard(props: &BrokerCardProps) -> Html {
    let lanes = &props.lanes;
    let runner = use_runner();
    let partitions: Vec<String> = lanes.lanes.iter().map(|lane| format!("P{}", lane.partition)).collect();
    let state = if lanes.is_up { "up" } else { "crashed" };
    html! {
        <button type="button" class={classes!(Class::Card, Class::SmallBroker)} data-broker={lanes.broker.to_string()} data-state={state} data-inspect="broker"
            onclick={runner.on_click(Wish::Inspect(Some(Subject::Broker(BrokerId(lanes.broker)))))}>
            <strong>{format!("Broker {}", lanes.broker)}</strong>
            <span class={Class::Note}>{format!("leads {}", partitions.join(" "))}</span>
            <span title="Requests of any client that have reached this broker and are not answered yet">{format!("{} open here", lanes.open_requests)}</span>
        </button>
    }
}
