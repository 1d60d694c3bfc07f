//! The first page: a cluster that runs, one question, one thing to do, and the rooms.

use super::Class;
use super::runner::{use_runner, use_slice};
use super::stage::Stage;
use super::truth::{Truth, TruthLabel};
use super::wish::Wish;
use crate::course::{Place, Room};
use crate::engine::common::BrokerId;
use crate::engine::sim::Command;
use crate::view::landing::LandingView;
use yew::prelude::*;

/// The question over the stage, the stage, and the answer in figures.
#[component]
pub fn LandingStage() -> Html {
    let frame = use_slice(|published| published.frame.clone());
    let ledger = use_slice(|published| published.ledger.clone());
    let figure = |word: &str| ledger.totals.iter().find(|(name, _)| *name == word).map_or(0, |(_, number)| *number);
    let view = LandingView::of(&frame, figure("delivered"), figure("lost"));
    html! {
        <div class={Class::Landing}>
            <div class={Class::LandingQuestion}>
                <h2>{view.question.clone()}</h2>
                <Acts {view} />
            </div>
            <Stage />
        </div>
    }
}

/// Properties of [`Acts`].
#[derive(Properties, PartialEq)]
struct ActsProps {
    view: LandingView,
}

/// The one thing to do, crash the leader, which never means anything else; and what follows a crash.
#[component]
fn Acts(props: &ActsProps) -> Html {
    let runner = use_runner();
    let view = &props.view;
    let crash =
        view.leader.map(|leader| runner.on_click(Wish::Submit(Command::CrashBroker { broker: BrokerId(leader) })));
    let start = |broker: i32| runner.on_click(Wish::Submit(Command::RestartBroker { broker: BrokerId(broker) }));
    html! {
        <div class={Class::LandingAct}>
            <button type="button" class={classes!(Class::Button, Class::ButtonMain, Class::BigButton)} data-landing="act" disabled={crash.is_none()} onclick={crash}>
                { view.leader.map_or("Crash the leader".to_string(), |leader| format!("Crash the leader, broker {leader}")) }
            </button>
            if view.waits {
                <button type="button" class={classes!(Class::Button, Class::BigButton)} data-landing="next-leader" onclick={runner.on_click(Wish::NextLeader)}>{"Jump to the next leader"}</button>
            }
            if let Some(broker) = view.down {
                <button type="button" class={classes!(Class::Button, Class::BigButton)} data-landing="start" onclick={start(broker)}>{format!("Start broker {broker} again")}</button>
            }
            <p class={Class::Note} role={(!view.waits).then_some("status")} data-landing="answer">{view.answer.clone()}</p>
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
            <div class={Class::CourseHead}><h2 id="course-title">{"The course"}</h2><p>{"Each room has a run of its own to act on. A room's number is its key on the keyboard; 7 is kept for a room that is not open yet."}</p></div>
            <ul class={Class::RoomCards}>
                { for Room::ALL.into_iter().map(|room| html! {
                    <li key={room.slug()}>
                        <a class={Class::RoomCard} href={Place::Room(room).fragment()}>
                            <kbd class={Class::RoomNumber}>{room.number()}</kbd>
                            <strong>{room.name()}</strong>
                            <span>{room.card()}</span>
                        </a>
                    </li>
                }) }
            </ul>
        </section>
    }
}
