//! The first page: a cluster that runs, one question, one thing to do, and the rooms.

use super::Class;
use super::runner::{use_runner, use_slice};
use super::stage::Stage;
use super::truth::{Truth, TruthLabel};
use super::wish::Wish;
use crate::course::{Place, Room};
use crate::engine::common::BrokerId;
use crate::engine::sim::Command;
use crate::view::format;
use crate::view::frame::{BrokerState, Frame, Role};
use yew::prelude::*;

/// The question over the stage, the stage, and the answer in figures.
#[component]
pub fn LandingStage() -> Html {
    let frame = use_slice(|published| published.frame.clone());
    let ledger = use_slice(|published| published.ledger.clone());
    let figure = |word: &str| ledger.totals.iter().find(|(name, _)| *name == word).map_or(0, |(_, number)| *number);
    html! {
        <div class={Class::Landing}>
            <div class={Class::LandingQuestion}>
                <h2>{ question(&frame, figure("delivered"), figure("lost")) }</h2>
                <CrashLeader frame={frame.clone()} lost={figure("lost")} />
            </div>
            <Stage />
        </div>
    }
}

/// Who leads the first partition, if its broker runs.
fn leader(frame: &Frame) -> Option<i32> {
    let leads = |broker: &&crate::view::frame::BrokerFrame| {
        broker.state == BrokerState::Up
            && broker.tapes.iter().any(|tape| tape.partition == 0 && tape.role == Role::Leader)
    };
    frame.brokers.iter().find(leads).map(|broker| broker.id)
}

/// A broker that is down, if one is.
fn crashed(frame: &Frame) -> Option<(i32, bool)> {
    frame.brokers.iter().find_map(|broker| match broker.state {
        BrokerState::Crashed { fenced, .. } => Some((broker.id, fenced)),
        BrokerState::Up => None,
    })
}

fn question(frame: &Frame, delivered: u64, lost: u64) -> String {
    match (crashed(frame), leader(frame)) {
        (_, Some(leader)) if lost > 0 => {
            let (records, them) = if lost == 1 { ("record is", "it") } else { ("records are", "them") };
            format!("{} acknowledged {records} lost: broker {leader} leads without {them}.", format::grouped(lost))
        }
        (None, Some(leader)) => {
            format!(
                "{} records were acknowledged. If broker {leader} dies now, which of them survive?",
                format::grouped(delivered)
            )
        }
        (Some((broker, _)), Some(leader)) => {
            format!("Broker {broker} is dead and broker {leader} leads. What was acknowledged and is gone?")
        }
        (Some((broker, true)), None) => {
            format!("Broker {broker} is dead. The controller knows, and the word is on its way.")
        }
        (Some((broker, false)), None) => format!("Broker {broker} is dead. The controller has not noticed yet."),
        (None, None) => "Nobody leads.".to_string(),
    }
}

/// Properties of [`CrashLeader`].
#[derive(Properties, PartialEq)]
struct CrashLeaderProps {
    frame: std::rc::Rc<Frame>,
    lost: u64,
}

/// The one thing to do: crash the leader, and afterwards start it again.
#[component]
fn CrashLeader(props: &CrashLeaderProps) -> Html {
    let runner = use_runner();
    let frame = &props.frame;
    let answer = match (crashed(frame), leader(frame), props.lost) {
        (None, _, _) => "Nothing is final: drag the timeline back and it stands again.".to_string(),
        (Some((_, false)), None, _) => "Play on: its session must run out before another is elected.".to_string(),
        (Some(_), _, 0) => "Every acknowledged record is still there.".to_string(),
        (Some(_), _, 1) => "1 acknowledged record is lost. The ledger below leads to it.".to_string(),
        (Some(_), _, lost) => format!("{lost} acknowledged records are lost. The ledger below leads to each."),
    };
    let button = match (leader(frame), crashed(frame)) {
        (Some(leader), None) => {
            Some(("Crash the leader", Command::CrashBroker { broker: BrokerId(leader) }, Class::ButtonMain))
        }
        (_, Some((broker, _))) => {
            Some(("Start it again", Command::RestartBroker { broker: BrokerId(broker) }, Class::Button))
        }
        _ => None,
    };
    html! {
        <div class={Class::LandingAct}>
            if let Some((word, command, class)) = button {
                <button type="button" class={classes!(Class::Button, class, Class::BigButton)} data-landing="act" onclick={runner.on_click(Wish::Submit(command))}>{word}</button>
            }
            <p class={Class::Note} role="status">{answer}</p>
        </div>
    }
}

/// In the lesson column: how the reader can tell what is real.
#[component]
pub fn HowYouCanTell() -> Html {
    let proof = use_slice(|published| published.proof.clone());
    html! {
        <section class={Class::LandingTruths} aria-labelledby="tell-title">
            <h2 id="tell-title">{"How you can tell"}</h2>
            <dl>
                { for proof.iter().map(|(truth, what, figure)| html! {
                    <div key={what.clone()} class={Class::LandingTruth}>
                        <dt><TruthLabel truth={ if *truth { Truth::Exact } else { Truth::Model } } /></dt>
                        <dd>{what.clone()}<br /><code>{figure.clone()}</code></dd>
                    </div>
                }) }
            </dl>
            <a class={Class::Button} href={Place::Room(Room::Log).fragment()}>{"Start with room 1, Log"}</a>
        </section>
    }
}

/// The rooms as cards.
#[component]
pub fn Course() -> Html {
    html! {
        <section class={Class::Course} aria-labelledby="course-title">
            <div class={Class::CourseHead}><h2 id="course-title">{"The course"}</h2><p>{"Each room has a run of its own to act on."}</p></div>
            <ul class={Class::RoomCards}>
                { for Room::ALL.into_iter().map(|room| html! {
                    <li key={room.slug()}>
                        <a class={Class::RoomCard} href={Place::Room(room).fragment()}>
                            <span class={Class::RoomNumber}>{room.number()}</span>
                            <strong>{room.name()}</strong>
                            <span>{room.card()}</span>
                        </a>
                    </li>
                }) }
            </ul>
        </section>
    }
}
