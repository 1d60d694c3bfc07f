//! The header: the name, the rooms that exist, help and theme. No button for what is to come.

use super::Class;
use super::icon::{Icon, Sign};
use super::theme::ThemeSwitch;
use crate::course::{Place, Room};
use crate::web::location;
use wasm_bindgen::JsCast;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

/// Properties of [`Header`].
#[derive(Properties, PartialEq)]
pub struct HeaderProps {
    /// Where the reader is.
    pub place: Place,
    /// Opens the help.
    pub on_help: Callback<()>,
    /// Told when the theme has changed.
    pub on_theme: Callback<()>,
}

/// The header.
#[component]
pub fn Header(props: &HeaderProps) -> Html {
    let on_help = props.on_help.reform(|_: MouseEvent| ());
    html! {
        <header class={Class::Header}>
            <a class={Class::Brand} href="#/" aria-label="Highwater, the first page">
                <svg class={Class::BrandMark} viewBox="0 0 18 18" aria-hidden="true">
                    <rect class={Class::BrandAir} width="18" height="18" rx="4" />
                    <path class={Class::BrandWater} d="M0 8h18v6a4 4 0 0 1-4 4H4a4 4 0 0 1-4-4z" />
                </svg>
                <span class={Class::BrandName}>{"Highwater"}</span>
            </a>
            <nav class={Class::Rooms} aria-label="Rooms">
                { for Room::ALL.into_iter().map(|room| room_link(room, props.place)) }
            </nav>
            <RoomMenu place={props.place} />
            <div class={Class::HeaderTools}>
                <button type="button" class={classes!(Class::Button, Class::ButtonIcon)} aria-label="Help" title="Help (?)" onclick={on_help}>
                    <Icon sign={Sign::Help} />
                </button>
                <ThemeSwitch on_change={props.on_theme.clone()} />
            </div>
        </header>
    }
}

fn room_link(room: Room, place: Place) -> Html {
    let current = (place == Place::Room(room)).then_some("page");
    let (key, title) = (room.number().to_string(), room.hint());
    html! {
        <a key={room.slug()} class={Class::RoomLink} href={Place::Room(room).fragment()} aria-current={current} aria-keyshortcuts={key.clone()} {title}>
            <kbd class={Class::RoomNumber}>{key}</kbd>{room.name()}
        </a>
    }
}

/// Properties of [`RoomMenu`].
#[derive(Properties, PartialEq)]
struct RoomMenuProps {
    place: Place,
}

/// The rooms on a narrow screen.
#[component]
fn RoomMenu(props: &RoomMenuProps) -> Html {
    let onchange = Callback::from(|event: Event| {
        if let Some(menu) = event.target().and_then(|target| target.dyn_into::<HtmlSelectElement>().ok()) {
            location::set_fragment(&menu.value());
        }
    });
    let option = |place: Place, name: String| {
        html! { <option value={place.fragment()} selected={place == props.place}>{name}</option> }
    };
    html! {
        <div class={Class::RoomMenu}>
            <select class={Class::Field} aria-label="Room" {onchange}>
                { option(Place::Landing, "Highwater".to_string()) }
                { for Room::ALL.into_iter().map(|room| option(Place::Room(room), format!("{} {}", room.number(), room.name()))) }
            </select>
        </div>
    }
}
