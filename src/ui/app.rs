//! The page as a whole: which place is open, and the frame around it.

use super::Class;
use super::header::Header;
use super::help::Help;
use super::lesson::LessonColumn;
use super::ring::{RingPage, use_ring_store};
use super::theme;
use crate::course::{Place, Room};
use crate::web::{document, location};
use yew::prelude::*;

/// The page.
#[component]
pub fn App() -> Html {
    let place = use_place();
    let ring = use_ring_store();
    let help = use_state(|| false);
    use_effect_with((), |()| theme::restore());
    let on_help = {
        let help = help.clone();
        Callback::from(move |()| help.set(!*help))
    };
    html! {
        <div class={Class::App}>
            <a class={Class::SkipLink} href="#stage" onclick={skip_to_stage()}>{"To the stage"}</a>
            <Header {place} on_help={on_help.clone()} on_theme={Callback::noop()} />
            if place == Place::Room(Room::Ring) {
                <RingPage store={ring} />
            } else {
                <main class={Class::Columns} data-room={place.slug()}>
                    <LessonColumn {place} />
                    <div id="stage" tabindex="-1" class={Class::StageColumn} />
                </main>
            }
            if *help {
                <Help on_close={on_help} />
            }
        </div>
    }
}

/// Moves the focus without touching the address, which names the room.
fn skip_to_stage() -> Callback<MouseEvent> {
    Callback::from(|event: MouseEvent| {
        event.prevent_default();
        document::focus("stage");
    })
}

/// The place that the address names; it follows the address.
#[hook]
fn use_place() -> Place {
    let place = use_state(|| Place::from_fragment(&location::fragment()));
    {
        let place = place.clone();
        use_effect_with((), move |()| {
            let listener = location::listen(move |fragment| place.set(Place::from_fragment(&fragment)));
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
