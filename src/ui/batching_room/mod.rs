//! The Batching room: inside one producer, broker by broker.

pub mod departures;
pub mod lane;
pub mod pool;
pub mod slots;

use super::Class;
use super::runner::use_slice;
use super::truth::{Truth, TruthLabel};
use crate::engine::common::VirtualTime;
use crate::view::batching_view::{BatchingView, BrokerLanes, NextRequest};
use crate::view::format;
use yew::prelude::*;

/// The room's stage.
#[component]
pub fn BatchingRoom() -> Html {
    let frame = use_slice(|published| published.frame.clone());
    let ledger = use_slice(|published| published.ledger.clone());
    let view = use_memo(frame, |frame| BatchingView::of(frame, 0));
    html! {
        <div class={Class::RoomStage}>
            <p class={Class::StageAside}>{"Requests and brokers stand to the right: swipe the stage."}</p>
            <departures::DepartureChart />
            <section class={classes!(Class::Card, Class::BatchingCard)} aria-label="Inside the producer" data-producer={view.producer.clone()}>
                <div class={Class::CardHead}>
                    <h3 class={Class::Mono}>{format!("Producer {}", view.producer)}</h3>
                    <span class={classes!(Class::Mono, Class::Note)}>{format!("acks {}", view.acks)}</span>
                    <span class={classes!(Class::Mono, Class::PushRight)}>{format!("{} requests sent", format::grouped(ledger.requests))}</span>
                    <TruthLabel truth={Truth::Exact} />
                </div>
                { for view.closing.iter().map(|session| html! { <p key={session.session} class={classes!(Class::NodeClosing, Class::ClosingRow)} data-closing-session={session.session.to_string()}>{session.words()}</p> }) }
                <div class={Class::LaneHead} aria-hidden="true">
                    <span /><span>{"last in deque"}</span><span>{"first in deque"}</span><span>{"next request"}</span><span>{"in flight"}</span><span>{"broker"}</span>
                </div>
                { for view.brokers.iter().map(|lanes| html! { <Group key={lanes.broker} lanes={lanes.clone()} now_us={view.now_us} session={view.session} /> }) }
                <pool::Pool view={(*view).clone()} />
            </section>
        </div>
    }
}

/// Properties of [`Group`].
#[derive(Properties, PartialEq)]
struct GroupProps {
    lanes: BrokerLanes,
    now_us: u64,
    session: u32,
}

/// What goes to one broker.
#[component]
fn Group(props: &GroupProps) -> Html {
    let lanes = &props.lanes;
    let (verdict, class) = match lanes.next {
        NextRequest::Nothing => ("no batch waits".to_string(), None),
        NextRequest::NoFreeSlot => ("no free slot".to_string(), Some(Class::TonePending)),
        NextRequest::LeavesNow => ("leaves now".to_string(), Some(Class::NextNow)),
        NextRequest::In { us } => (format!("in {}", format::short_time(VirtualTime(us))), None),
    };
    html! {
        <section class={Class::BrokerGroup} aria-label={format!("To broker {}", lanes.broker)}>
            <div class={Class::GroupLanes}>
                { for lanes.lanes.iter().map(|lane| html! { <lane::LaneRow key={lane.partition} lane={lane.clone()} now_us={props.now_us} session={props.session} /> }) }
            </div>
            <div class={classes!(Class::NextRequest, class)}>
                { for lanes.lanes.iter().filter_map(|lane| lane.first.as_ref()).map(|batch| html! {
                    <span key={batch.partition}><span class={classes!(Class::ReasonMark, slots::reason_class(batch.state.word()))} aria-hidden="true" />{format!("P{} {}", batch.partition, format::grouped(batch.bytes.unsigned_abs()))}</span>
                }) }
                <strong>{verdict}</strong>
            </div>
            <slots::Slots lanes={lanes.clone()} now_us={props.now_us} />
            <slots::BrokerCard lanes={lanes.clone()} />
        </section>
    }
}
