//! The room as a whole: lesson and list on the left, the ring and the log in the middle, the calls on the right, the
//! buttons below.

use super::call_bar::CallBar;
use super::call_table::CallTable;
use super::drawing::RingDrawing;
use super::list_form::ListForm;
use super::log_beside::LogBeside;
use super::store::RingStore;
use crate::course::{Place, Room};
use crate::ui::Class;
use crate::ui::lesson::LessonColumn;
use crate::view::ring::{CallList, LogPicture, RingAction, RingPicture, RingRoom, words};
use crate::web::keyboard;
use yew::prelude::*;

/// Properties of [`RingPage`].
#[derive(Properties, PartialEq)]
pub struct RingPageProps {
    /// The room.
    pub store: RingStore,
}

/// The room.
#[component]
pub fn RingPage(props: &RingPageProps) -> Html {
    let room = &props.store.0;
    let act = use_act(&props.store);
    use_arrow_keys(&act);
    let place = Place::Room(Room::Ring);
    let picture = RingPicture::of(&room.replay);
    // The log is built from all calls: not again for each key that is typed.
    let log = use_memo((room.replay.clone(), room.feed), |(replay, feed)| LogPicture::of(replay, *feed));
    let last = words::in_the_ring(&room.replay);
    html! {
        <>
            <main class={classes!(Class::Columns, Class::RingColumns)} data-room={place.slug()}>
                <LessonColumn {place} controls={list_form(room, &act)} />
                <div id="stage" tabindex="-1" class={classes!(Class::StageColumn, Class::RingStage)}>
                    <RingDrawing key={room.generation} picture={picture.clone()} call={room.replay.made().len()} />
                    { facts(&picture) }
                    <p class={Class::RingSentence} role="status">{last}</p>
                    <LogBeside
                        picture={(*log).clone()}
                        capacity={room.replay.queue().capacity()}
                        feed={room.feed}
                        act={act.clone()}
                    />
                </div>
                <aside class={Class::InspectorColumn} aria-label="Calls">
                    <CallTable list={CallList::of(&room.replay)} />
                </aside>
            </main>
            <CallBar value={room.value.clone()} trouble={room.trouble.clone()} {act} />
        </>
    }
}

/// The list of operations that is typed.
fn list_form(room: &RingRoom, act: &Callback<RingAction>) -> Html {
    html! {
        <ListForm
            list={room.list.clone()}
            capacity={room.capacity.clone()}
            trouble={room.trouble.clone()}
            verdict={room.verdict}
            verdict_words={room.verdict_words()}
            can_step={room.can_step()}
            can_step_back={room.replay.made().len() > 1}
            act={act.clone()}
        />
    }
}

/// Both ends and the count in figures, where slots are too small to be told apart.
fn facts(picture: &RingPicture) -> Html {
    html! {
        <dl class={Class::RingFacts}>
            <div><dt class={Class::RingSignHead}>{"head"}</dt><dd>{picture.head.slot}</dd></div>
            <div><dt class={Class::RingSignTail}>{"tail"}</dt><dd>{picture.tail.slot}</dd></div>
            <div><dt>{"count"}</dt><dd>{format!("{} of {}", picture.count, picture.capacity)}</dd></div>
        </dl>
    }
}

#[hook]
fn use_act(store: &RingStore) -> Callback<RingAction> {
    let dispatcher = store.dispatcher();
    use_callback((), move |action, ()| dispatcher.dispatch(action))
}

/// ← and → step through the calls, as they step through events elsewhere.
#[hook]
fn use_arrow_keys(act: &Callback<RingAction>) {
    let act = act.clone();
    use_effect_with((), move |()| {
        let listener = keyboard::listen(move |press| {
            let action = match press.key.as_str() {
                _ if press.covered => return false,
                "ArrowLeft" if !press.on_arrows => RingAction::StepBack,
                "ArrowRight" if !press.on_arrows => RingAction::StepForward,
                _ => return false,
            };
            act.emit(action);
            true
        });
        move || drop(listener)
    });
}
