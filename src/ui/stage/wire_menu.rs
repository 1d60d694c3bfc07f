//! The menu of a link, at its wire. Open, it has the focus; Escape and its sign for closing give the focus back to the wire, and a click
//! elsewhere closes it too.

use super::fault_menu::FaultButtons;
use crate::ui::Class;
use crate::ui::icon::{Icon, Sign};
use crate::view::Frame;
use crate::view::link_acts::Link;
use crate::view::stage::{Geometry, Point, Rect, menu_place};
use crate::web::document::{focus, set_property};
use crate::web::layout;
use crate::web::menus::{self, Departure, Leave};
use std::rc::Rc;
use web_sys::Element;
use yew::prelude::*;

/// The border of the menu, which its content's size does not count.
const BORDERS: f64 = 2.0;
/// Room for the act that mends what another one did, which comes while the menu is open; at a scale of 1.
const GROWTH: f64 = 40.0;

/// Properties of [`WireMenu`].
#[derive(Properties, PartialEq)]
pub struct WireMenuProps {
    /// The picture.
    pub frame: Rc<Frame>,
    /// Where the cards stand.
    pub geometry: Rc<Geometry>,
    /// The link.
    pub link: Link,
    /// Closes it.
    pub on_close: Callback<Option<Link>>,
}

/// The menu.
#[component]
pub fn WireMenu(props: &WireMenuProps) -> Html {
    let menu = use_node_ref();
    let row = props.link.row(&props.frame);
    let at = props.geometry.wire(props.link.a, props.link.b).map(|curve| curve.point_at(0.5));
    use_departure(&row.key, &props.on_close);
    use_place(&menu, &row.key, at, &props.geometry);
    use_first_focus(&menu, &row.key);
    use_focus(&menu, row.acts.len());
    if at.is_none() {
        return Html::default();
    }
    let close = {
        let (key, on_close) = (row.key.clone(), props.on_close.clone());
        Callback::from(move |_: MouseEvent| {
            on_close.emit(None);
            give_back_focus(&key);
        })
    };
    html! {
        <div class={Class::StageMenus}>
            <div class={Class::WireMenu} ref={menu} tabindex="-1" role="group" aria-label={format!("Faults of the link {}", row.words)} data-wire-menu={row.key.clone()}>
                <p class={Class::LinkEnds}>
                    { row.words.clone() }
                    if !row.note.is_empty() { <span class={Class::LinkNote}>{ row.note.clone() }</span> }
                </p>
                <FaultButtons acts={row.acts} />
                <button type="button" class={classes!(Class::Button, Class::ButtonIcon, Class::ButtonQuiet)} data-wire-menu-close=""
                    aria-label={format!("Close the faults of the link {}", row.words)} onclick={close}><Icon sign={Sign::Close} /></button>
            </div>
        </div>
    }
}

/// Closes the menu when it is left.
#[hook]
fn use_departure(key: &str, on_close: &Callback<Option<Link>>) {
    use_effect_with((key.to_string(), on_close.clone()), |(key, on_close)| {
        let (key, on_close) = (key.clone(), on_close.clone());
        let departure = Departure::from("[data-wire-menu], [data-link-wire]", move |leave| {
            on_close.emit(None);
            if leave == Leave::Escape {
                give_back_focus(&key);
            }
        });
        move || drop(departure)
    });
}

/// A link that was healed may have no wire any more: then the stage has the focus.
fn give_back_focus(key: &str) {
    if !menus::focus_marked("data-link-wire", key) {
        focus("stage");
    }
}

/// Puts the menu where it belongs when it opens and when the stage changes, and no more: nothing moves under the pointer.
#[hook]
fn use_place(menu: &NodeRef, key: &str, at: Option<Point>, geometry: &Rc<Geometry>) {
    let menu = menu.clone();
    use_effect_with((key.to_string(), at, Rc::clone(geometry)), move |(_, at, geometry)| {
        if let (Some(menu), Some(at)) = (menu.cast::<Element>(), at) {
            put(&menu, *at, geometry);
        }
    });
}

/// Gives the focus to the menu of a link when it opens.
#[hook]
fn use_first_focus(menu: &NodeRef, key: &str) {
    let menu = menu.clone();
    use_effect_with(key.to_string(), move |_| {
        if let Some(menu) = menu.cast::<Element>() {
            menus::focus_first_button(&menu);
        }
    });
}

/// Keeps the focus in the menu when the button that had it goes with its act.
#[hook]
fn use_focus(menu: &NodeRef, acts: usize) {
    let menu = menu.clone();
    use_effect_with(acts, move |_| {
        if let Some(menu) = menu.cast::<Element>().filter(|_| menus::has_nobody_the_focus()) {
            menus::focus_first_button(&menu);
        }
    });
}

/// On a phone the style sheet sets aside what is said here: there the menu is a sheet at the bottom.
fn put(menu: &Element, at: Point, geometry: &Geometry) {
    let (width, height) = layout::content_size(menu);
    let room = seen(menu).unwrap_or(geometry.size);
    let place = menu_place(at, (width + BORDERS, height + BORDERS + GROWTH * geometry.scale), &room);
    // It may grow by an act, down to the edge of what is seen.
    let height_max = room.y + room.height - place.y;
    for (name, value) in [("--menu-left", place.x), ("--menu-top", place.y), ("--menu-height", height_max)] {
        set_property(menu, name, &format!("{value:.1}px"));
    }
}

/// The part of the stage that is seen, and what stands free below it.
fn seen(menu: &Element) -> Option<Rect> {
    let port = menu.closest(&format!(".{}", Class::StageColumn.name())).ok()??;
    let [x, y, width, height] = layout::seen_part(&menu.parent_element()?, &port, "footer");
    Some(Rect { x, y, width, height })
}
