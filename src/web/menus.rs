//! Menus that lie over the page: a click elsewhere or Escape closes them. Most are `details` elements, which the browser opens; one that
//! belongs to a part of a drawing is shown by whoever draws it, and told when it is left.

use super::document::{document, focus_on};
use gloo::events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent, Node};

/// Closes open menus that match the selector; ends when dropped.
pub struct Dismissal {
    _click: EventListener,
    _key: EventListener,
}

impl Dismissal {
    /// Listens from now on.
    #[must_use]
    pub fn of(selector: &'static str) -> Self {
        let open = format!("{selector}[open]");
        let again = open.clone();
        let click = EventListener::new(&document(), "click", move |event| {
            let target = event.target().and_then(|target| target.dyn_into::<Node>().ok());
            for menu in all(&open).into_iter().filter(|menu| !menu.contains(target.as_ref())) {
                close(&menu);
            }
        });
        let key = on_escape(move || {
            for menu in all(&again) {
                close(&menu);
                give_focus_to_its_word(&menu);
            }
        });
        Self { _click: click, _key: key }
    }
}

/// How a menu is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// By a click elsewhere, which has the focus now.
    Elsewhere,
    /// By Escape.
    Escape,
}

/// Tells when a menu is left; ends when dropped.
pub struct Departure {
    _click: EventListener,
    _key: EventListener,
}

impl Departure {
    /// Listens from now on for Escape, and for clicks that are on nothing that matches the selector, nor in it.
    #[must_use]
    pub fn from(selector: &'static str, on_leave: impl Fn(Leave) + Clone + 'static) -> Self {
        let on_key = on_leave.clone();
        let click = EventListener::new(&document(), "click", move |event| {
            let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            let stays = target.and_then(|target| target.closest(selector).ok().flatten()).is_some();
            if !stays {
                on_leave(Leave::Elsewhere);
            }
        });
        Self { _click: click, _key: on_escape(move || on_key(Leave::Escape)) }
    }
}

fn on_escape(act: impl Fn() + 'static) -> EventListener {
    EventListener::new(&document(), "keydown", move |event| {
        if event.dyn_ref::<KeyboardEvent>().is_some_and(|event| event.key() == "Escape") {
            act();
        }
    })
}

/// Opens the first `details` element that matches and brings it into sight.
pub fn open(selector: &str) {
    let Some(menu) = all(selector).into_iter().next() else { return };
    // It fails only on an invalid name, and ours is a literal.
    let _ = menu.set_attribute("open", "");
    menu.scroll_into_view();
    give_focus_to_its_word(&menu);
}

/// Closes every `details` element that matches and is open.
pub fn close_all(selector: &str) {
    all(&format!("{selector}[open]")).iter().for_each(close);
}

/// Closes the `details` element that this stands in; its word has the focus then.
pub fn close_around(inner: &Element) {
    if let Ok(Some(menu)) = inner.closest("details") {
        close(&menu);
        give_focus_to_its_word(&menu);
    }
}

/// Moves the focus to the element whose attribute has this value. Whether there is one.
pub fn focus_marked(attribute: &str, value: &str) -> bool {
    // The value is somebody's name and may hold any sign, so it stands in no selector.
    let marked = all(&format!("[{attribute}]"));
    let found = marked.iter().find(|element| element.get_attribute(attribute).as_deref() == Some(value));
    found.is_some_and(focus_on)
}

/// Moves the focus to the first button in a menu.
pub fn focus_first_button(menu: &Element) {
    if let Some(button) = menu.query_selector("button").ok().flatten() {
        focus_on(&button);
    }
}

/// Whether nothing has the focus: what had it is gone.
#[must_use]
pub fn has_nobody_the_focus() -> bool {
    let document = document();
    document.active_element().is_none_or(|active| document.body().is_some_and(|body| *body == active))
}

fn all(selector: &str) -> Vec<Element> {
    let Ok(found) = document().query_selector_all(selector) else { return Vec::new() };
    (0..found.length()).filter_map(|index| found.item(index)?.dyn_into().ok()).collect()
}

fn close(menu: &Element) {
    // It fails only on an invalid name, and ours is a literal.
    let _ = menu.remove_attribute("open");
}

fn give_focus_to_its_word(menu: &Element) {
    if let Some(word) = menu.query_selector("summary").ok().flatten() {
        focus_on(&word);
    }
}
