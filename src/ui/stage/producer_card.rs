//! A producer: how its newest record found its partition, its batches, its requests in flight, its memory.

use super::batch_row::BatchRow;
use super::fault_menu::FaultMenu;
use super::meter::Meter;
use crate::engine::common::VirtualTime;
use crate::ui::Class;
use crate::ui::runner::use_runner;
use crate::ui::wish::Wish;
use crate::view::Subject;
use crate::view::fault_acts;
use crate::view::format;
use crate::view::frame::{Identity, InFlightRequest, LastSend, Node, ProducerFrame};
use yew::prelude::*;

/// Partitions that have a row of their own even while nothing waits for them.
const ROWS_MAX: i32 = 4;
/// Slots that are drawn; of more, the number tells.
const SLOTS_MAX: i64 = 5;

/// Properties of [`ProducerCard`].
#[derive(Properties, PartialEq)]
pub struct ProducerCardProps {
    /// The producer.
    pub producer: ProducerFrame,
    /// The moment, in microseconds.
    pub now_us: u64,
    /// How many partitions the topic has.
    pub partitions: i32,
}

/// The card.
#[component]
pub fn ProducerCard(props: &ProducerCardProps) -> Html {
    let producer = &props.producer;
    let rows = rows(producer, props.partitions);
    // Sessions of one producer share its place on the wires; only the open one is the end of them.
    let node = (producer.open || producer.killed).then(|| Node::Producer(producer.index).key());
    let condition = if producer.killed {
        ", killed"
    } else if producer.open {
        ""
    } else {
        ", closing"
    };
    let label = format!("Producer {}{condition}", producer.name);
    html! {
        <section class={classes!(Class::NodeCard, producer.killed.then_some(Class::NodeCardDown))} data-node={node} data-producer={producer.name.clone()}
            data-session-open={producer.open.to_string()} data-state={if producer.killed { "killed" } else { "up" }} aria-label={label}>
            <div class={Class::NodeHead}>
                <h3 class={Class::NodeName} data-keep-clear="">{format!("Producer {}", producer.name)}</h3>
                <span class={Class::NodeNote} title={configuration(producer)}>{ if producer.killed { "✕ killed".to_string() } else { format!("acks={}", producer.acks) } }</span>
            </div>
            if producer.open || producer.killed {
                <FaultMenu of={format!("producer {}", producer.name)} acts={fault_acts::of_producer(producer)} />
            } else {
                <p class={Class::NodeClosing}>{"closing, with the settings before: it sends what it has, then it goes"}</p>
            }
            if let Some(identity) = producer.identity {
                <div class={Class::BatchLabel} data-identity={identity_words(identity)}>
                    <span>{"producer id"}</span>
                    <span>{identity_words(identity)}</span>
                </div>
            }
            if let Some(send) = &producer.last_send {
                { send_line(send) }
            }
            { for rows.into_iter().map(|partition| html! {
                <BatchRow key={partition} session={producer.session} {partition} now_us={props.now_us} batches={batches_of(producer, partition)} />
            }) }
            <Slots producer={producer.clone()} now_us={props.now_us} />
            <div class={Class::BatchLabel}>
                <span>{"buffer.memory"}</span>
                <span title={format!("held, of {}", format::bytes(unsigned(producer.buffer_total)))}>{ format::bytes(unsigned(producer.buffer_used)) }</span>
            </div>
            <Meter per_mille={ (unsigned(producer.buffer_used).saturating_mul(1000) / unsigned(producer.buffer_total).max(1)) as u32 } />
            if producer.blocked_sends > 0 {
                <p class={Class::Warning}>{ blocked_words(producer) }</p>
            }
        </section>
    }
}

/// The settings that tell one session of a producer from the next.
fn configuration(producer: &ProducerFrame) -> String {
    format!(
        "session {}: acks={}, linger.ms={}, batch.size={}",
        producer.session, producer.acks, producer.linger_ms, producer.batch_size
    )
}

/// What holds up calls of `send()`.
fn blocked_words(producer: &ProducerFrame) -> String {
    let calls = format::counted(producer.blocked_sends as u64, "call");
    let wait = if producer.blocked_sends == 1 { "waits" } else { "wait" };
    let knows_partitions = producer.last_send.as_ref().is_none_or(|send| send.partitions > 0);
    let what = if knows_partitions { "memory or metadata" } else { "metadata" };
    format!("{calls} of send() {wait} for {what}")
}

fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// Every partition of a small topic; of a large one those that something waits for.
fn rows(producer: &ProducerFrame, partitions: i32) -> Vec<i32> {
    if partitions <= ROWS_MAX {
        return (0..partitions).collect();
    }
    let mut waiting: Vec<i32> = producer.batches.iter().map(|batch| batch.partition).collect();
    waiting.dedup();
    waiting
}

fn batches_of(producer: &ProducerFrame, partition: i32) -> Vec<crate::view::frame::ProducerBatchFrame> {
    producer.batches.iter().filter(|batch| batch.partition == partition).cloned().collect()
}

/// `1000 · epoch 0`.
fn identity_words(identity: Identity) -> String {
    match identity {
        Identity::Awaited => "asked for".to_string(),
        Identity::Given { producer_id, epoch } => format!("{producer_id} · epoch {epoch}"),
    }
}

/// `user-17 → murmur2 5ad1c2a6 → P0`.
fn send_line(send: &LastSend) -> Html {
    let way = match (send.hash_name, &send.hash) {
        (Some(name), Some(hash)) if send.partitions == 0 => {
            let line = format!("{name} {hash} → how many partitions there are is not known yet");
            return html! { <p class={Class::SendLine}>{format!("send({})", send.key)}<br />{line}</p> };
        }
        (Some(name), Some(hash)) => format!("{name} {hash} mod {}", send.partitions),
        _ => "no hash".to_string(),
    };
    let end = send.partition.map_or("not chosen yet".to_string(), |partition| format!("P{partition}"));
    html! { <p class={Class::SendLine}>{format!("send({})", send.key)}<br />{format!("{way} → {end}")}</p> }
}

/// Properties of [`Slots`].
#[derive(Properties, PartialEq)]
struct SlotsProps {
    producer: ProducerFrame,
    now_us: u64,
}

/// The requests that wait for their answer.
#[component]
fn Slots(props: &SlotsProps) -> Html {
    let producer = &props.producer;
    let taken = producer.in_flight.len();
    let shown = SLOTS_MAX.min(producer.max_in_flight);
    let free = usize::try_from(shown).unwrap_or(0).saturating_sub(taken);
    // The last box counts those that have none of their own.
    let boxes = usize::try_from(SLOTS_MAX).unwrap_or(5);
    let drawn = if taken > boxes { boxes - 1 } else { taken };
    html! {
        <>
            <div class={Class::BatchLabel} title={format!("{taken} sent and not answered, at most {} to each broker", producer.max_in_flight)}>
                <span>{"in flight"}</span><span>{flight_words(producer)}</span>
            </div>
            <div class={Class::FlightSlots} data-keep-clear="">
                { for producer.in_flight.iter().take(drawn).map(|request| html! {
                    <Slot key={request.id} request={request.clone()} now_us={props.now_us} />
                }) }
                if taken > drawn {
                    <span class={classes!(Class::FlightSlot, Class::FlightSlotMore)} title={format!("{} more in flight", taken - drawn)}>{format!("+{}", taken - drawn)}</span>
                }
                { for (0..free).map(|slot| html! { <span key={format!("free-{slot}")} class={Class::FlightSlot} aria-hidden="true" /> }) }
            </div>
        </>
    }
}

/// `3 · max 5`; if they go to more than one broker, that the limit is each broker's.
fn flight_words(producer: &ProducerFrame) -> String {
    let taken = producer.in_flight.len();
    let first = producer.in_flight.first().map(|request| request.broker);
    let to_several = producer.in_flight.iter().any(|request| Some(request.broker) != first);
    format!("{taken} · max {}{}", producer.max_in_flight, if to_several { " to each broker" } else { "" })
}

/// Properties of [`Slot`].
#[derive(Properties, PartialEq)]
struct SlotProps {
    request: InFlightRequest,
    now_us: u64,
}

/// One request in flight.
#[component]
fn Slot(props: &SlotProps) -> Html {
    let runner = use_runner();
    let request = &props.request;
    let names: Vec<String> = request.batches.iter().map(|(partition, _, _)| format!("P{partition}")).collect();
    let short = if names.len() > 1 { format!("{}+{}", names[0], names.len() - 1) } else { names.concat() };
    let age = format::time(VirtualTime(props.now_us.saturating_sub(request.sent_us)));
    let label = format!("request to broker {}: {}, sent {age} ago", request.broker, names.join(" "));
    html! {
        <button type="button" class={classes!(Class::FlightSlot, Class::FlightSlotTaken)} data-inspect="request" data-request={request.id.to_string()}
            title={label.clone()} aria-label={label} onclick={runner.on_click(Wish::Inspect(Some(Subject::Request(request.id))))}>{short}</button>
    }
}
