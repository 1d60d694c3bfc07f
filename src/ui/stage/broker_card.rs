//! A broker: whether it runs, what it works on, and a tape for each replica it holds. Here it is crashed and started again.

use super::crash_button::CrashButton;
use super::fault_menu::FaultMenu;
use super::tape_row::{TapeRoom, TapeRow};
use crate::engine::common::{BrokerId, VirtualTime};
use crate::engine::sim::Command;
use crate::ui::Class;
use crate::ui::runner::use_runner;
use crate::ui::wish::Wish;
use crate::view::Subject;
use crate::view::fault_acts::FaultAct;
use crate::view::format;
use crate::view::frame::{BrokerFrame, BrokerState, Node};
use yew::prelude::*;

/// Properties of [`BrokerCard`].
#[derive(Properties, PartialEq)]
pub struct BrokerCardProps {
    /// The broker.
    pub broker: BrokerFrame,
    /// What can be done to it beside crashing and starting it.
    pub acts: Vec<FaultAct>,
    /// The room that its tapes have.
    pub room: TapeRoom,
}

/// The card.
#[component]
pub fn BrokerCard(props: &BrokerCardProps) -> Html {
    let runner = use_runner();
    let broker = &props.broker;
    let id = BrokerId(broker.id);
    let down = !broker.state.is_up();
    let frozen = matches!(broker.state, BrokerState::Frozen { .. });
    html! {
        <section class={classes!(Class::NodeCard, down.then_some(Class::NodeCardDown), frozen.then_some(Class::NodeCardFrozen))} data-node={Node::Broker(broker.id).key()}
            data-broker={broker.id.to_string()} data-state={broker.state.word()} aria-label={format!("Broker {}", broker.id)}>
            <div class={Class::NodeHead}>
                <h3 class={Class::NodeName}>
                    <button type="button" class={Class::LinkButton} data-keep-clear="" data-inspect="broker" onclick={runner.on_click(Wish::Inspect(Some(Subject::Broker(BrokerId(broker.id)))))}>
                        {format!("Broker {}", broker.id)}
                    </button>
                </h3>
                <span class={Class::NodeNote} title={condition_in_full(broker)}>{ condition(broker) }</span>
                <FaultMenu of={format!("broker {}", broker.id)} acts={props.acts.clone()} />
                <CrashButton node={Node::Broker(broker.id)} {down}
                    crash={Command::CrashBroker { broker: id }} restart={Command::RestartBroker { broker: id }} />
            </div>
            if let Some(words) = ailments(broker) {
                <p class={Class::NodeNote} data-ailments={broker.id.to_string()}>{words}</p>
            }
            { for broker.tapes.iter().map(|tape| html! {
                <TapeRow key={tape.partition} tape={tape.clone()} room={props.room} up={!down} />
            }) }
        </section>
    }
}

/// How the broker is, in few words: beside its name there is no room for the moment, which a wide card adds.
fn condition(broker: &BrokerFrame) -> Html {
    let noticed = |fenced| if fenced { "fenced" } else { "not noticed" };
    let down = |word: &str, since_us, then: &str| {
        let at = format::time(VirtualTime(since_us));
        html! { <>{word.to_string()}<span class={Class::NodeSince}>{format!(" at {at}")}</span>{then.to_string()}</> }
    };
    match broker.state {
        BrokerState::Crashed { since_us, fenced, .. } => {
            let word = if broker.power_lost { "✕ no power" } else { "✕ crashed" };
            down(word, since_us, &format!(", {}", noticed(fenced)))
        }
        BrokerState::Frozen { since_us, fenced } => down("❚❚ frozen", since_us, &format!(", {}", noticed(fenced))),
        BrokerState::Stopped { since_us } => down("stopped", since_us, ""),
        BrokerState::Stopping => html! { "stopping" },
        BrokerState::Up if broker.open_requests == 0 => html! { "up" },
        BrokerState::Up => {
            let noun = if broker.open_requests == 1 { " request" } else { " requests" };
            html! { <>{format!("up · {}", broker.open_requests)}<span class={Class::NodeSince}>{noun}</span>{" open"}</> }
        }
    }
}

/// What else is wrong with it, each with a sign.
fn ailments(broker: &BrokerFrame) -> Option<String> {
    let stalled = broker.stalled.then_some("■ fetching stalled");
    let slow = (broker.disk_factor > 1).then_some("▼ slow disk");
    let words: Vec<&str> = stalled.into_iter().chain(slow).collect();
    (!words.is_empty()).then(|| words.join(" · "))
}

/// What the short words stand for.
fn condition_in_full(broker: &BrokerFrame) -> Option<String> {
    let noticed = |fenced| {
        if fenced { "the controller has fenced it" } else { "the controller has not noticed yet" }
    };
    let since = |since_us| format::time(VirtualTime(since_us));
    match broker.state {
        BrokerState::Crashed { since_us, fenced, .. } => {
            Some(format!("down since {}; {}", since(since_us), noticed(fenced)))
        }
        BrokerState::Frozen { since_us, fenced } => {
            Some(format!("frozen since {}; {}", since(since_us), noticed(fenced)))
        }
        BrokerState::Stopped { since_us } => Some(format!("stopped in order at {}", since(since_us))),
        BrokerState::Up | BrokerState::Stopping => Some(format!(
            "{} requests received and not answered, of which {} wait for replicas or for bytes",
            broker.open_requests, broker.delayed_requests
        )),
    }
}
