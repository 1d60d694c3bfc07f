//! Menus that lie over the page, as `details` elements: a click elsewhere or Escape closes them.

use super::document::document;
use gloo::events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent, Node};

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
        let key = EventListener::new(&document(), "keydown", move |event| {
            if event.dyn_ref::<KeyboardEvent>().is_some_and(|event| event.key() == "Escape") {
                for menu in all(&again) {
                    close(&menu);
                    give_focus_to_its_word(&menu);
                }
            }
        });
        Self { _click: click, _key: key }
    }
}

/// Opens the first `details` element that matches and brings it into sight.
pub fn open(selector: &str) {
    let Some(menu) = all(selector).into_iter().next() else { return };
    // It fails only on an invalid name, and ours is a literal.
    let _ = menu.set_attribute("open", "");
    menu.scroll_into_view();
    give_focus_to_its_word(&menu);
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
    let word = menu.query_selector("summary").ok().flatten().and_then(|word| word.dyn_into::<HtmlElement>().ok());
    if let Some(word) = word {
        let _ = word.focus();
    }
}
