//! The page as a whole: which place is open, and the frame around it.

use super::Class;
use super::header::Header;
use super::help::Help;
use super::keys::{PageKey, use_keys};
use super::live_region::LiveRegion;
use super::notice::Notice;
use super::panic_card::PanicCard;
use super::ring::{RingPage, use_ring_store};
use super::room::RoomPage;
use super::runner::{Runner, RunnerHandle};
use super::send_state::SendForms;
use super::wish::Wish;
use crate::course::{Place, Room};
use crate::web::animation_frame::AnimationLoop;
use crate::web::{document, location};
use std::rc::Rc;
use yew::prelude::*;

/// The page.
#[component]
pub fn App() -> Html {
    let runner = use_memo((), |()| RunnerHandle(Runner::new(Place::from_fragment(&location::fragment()))));
    let place = use_place(&runner);
    let ring = use_ring_store();
    let forms = use_memo((), |()| SendForms::default());
    let help = use_state(|| false);
    use_animation(&runner);
    use_break(&runner);
    use_keys((*runner).clone(), page_keys(&help));
    let on_help = toggle(&help);
    let on_theme = {
        let runner = runner.clone();
        Callback::from(move |()| runner.repaint())
    };
    html! {
        <ContextProvider<RunnerHandle> context={(*runner).clone()}>
            <div class={Class::App} id="page">
                <a class={Class::SkipLink} href="#stage" onclick={skip_to_stage()}>{"To the stage"}</a>
                <Header {place} on_help={on_help.clone()} {on_theme} />
                if place == Place::Room(Room::Ring) {
                    <RingPage store={ring} />
                } else {
                    <RoomPage key={place.slug()} {place} forms={(*forms).clone()} />
                }
            </div>
            <LiveRegion />
            <Notice />
            <PanicCard />
            if *help {
                <Help on_close={on_help} />
            }
        </ContextProvider<RunnerHandle>>
    }
}

fn toggle(state: &UseStateHandle<bool>) -> Callback<()> {
    let state = state.clone();
    Callback::from(move |()| state.set(!*state))
}

/// Moves the focus without touching the address, which names the room.
fn skip_to_stage() -> Callback<MouseEvent> {
    Callback::from(|event: MouseEvent| {
        event.prevent_default();
        document::focus("stage");
    })
}

fn page_keys(help: &UseStateHandle<bool>) -> Callback<PageKey> {
    let help = help.clone();
    Callback::from(move |key| match key {
        PageKey::Help => help.set(!*help),
        PageKey::Escape => help.set(false),
    })
}

/// Runs the loop that plays the run, as long as the page is open.
#[hook]
fn use_animation(runner: &Rc<RunnerHandle>) {
    use_effect_with(runner.clone(), |runner| {
        let runner = runner.clone();
        let animation = AnimationLoop::start(Rc::new(move |now_ms| runner.on_frame(now_ms)));
        move || drop(animation)
    });
}

/// Lets a test break the engine: the page has no control for it.
#[hook]
fn use_break(runner: &Rc<RunnerHandle>) {
    use_effect_with(runner.clone(), |runner| {
        let runner = runner.clone();
        let listener = document::listen("highwater-break", move || {
            runner.wish(Wish::BreakEngine);
        });
        move || drop(listener)
    });
}

/// The place that the address names; it follows the address, and the runner goes there first.
#[hook]
fn use_place(runner: &Rc<RunnerHandle>) -> Place {
    let place = use_state(|| Place::from_fragment(&location::fragment()));
    {
        let place = place.clone();
        use_effect_with(runner.clone(), move |runner| {
            let runner = runner.clone();
            let listener = location::listen(move |fragment| {
                let next = Place::from_fragment(&fragment);
                runner.enter(next);
                place.set(next);
            });
            move || drop(listener)
        });
    }
    use_effect_with(*place, |place| {
        document::set_title(&match place {
            Place::Landing => "Highwater: Kafka in one tab".to_string(),
            Place::Room(room) => format!("{} · Highwater", room.name()),
        });
    });
    *place
}
