//! Keys pressed anywhere on the page, except while text is being written.

use super::document::Cover;
use gloo::events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement, KeyboardEvent, window};

/// A key and whether shift was held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPress {
    /// As `KeyboardEvent.key` names it.
    pub key: String,
    /// Shift was held.
    pub shift: bool,
    /// The focus is on a control that takes the space bar itself.
    pub on_button: bool,
    /// The focus is on a control that takes the arrow keys itself.
    pub on_arrows: bool,
    /// Something lies over the page and keeps it out of reach.
    pub covered: bool,
}

/// Calls `on_key` for each key outside text fields; it answers whether it used the key. The listener ends when dropped.
#[must_use]
pub fn listen(on_key: impl Fn(KeyPress) -> bool + 'static) -> Option<EventListener> {
    let target = window()?;
    let options = EventListenerOptions::enable_prevent_default();
    Some(EventListener::new_with_options(&target, "keydown", options, move |event| {
        let Some(event) = event.dyn_ref::<KeyboardEvent>() else { return };
        if event.ctrl_key() || event.meta_key() || event.alt_key() || event.is_composing() {
            return;
        }
        let focus = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if focus.as_ref().is_some_and(takes_text) && event.key() != "Escape" {
            return;
        }
        let press = KeyPress {
            key: event.key(),
            shift: event.shift_key(),
            on_button: focus.as_ref().is_some_and(takes_space),
            on_arrows: focus.as_ref().is_some_and(takes_arrows),
            covered: Cover::lies_over("page"),
        };
        if on_key(press) {
            event.prevent_default();
        }
    }))
}

fn input_kind(element: &Element) -> Option<String> {
    element.dyn_ref::<HtmlInputElement>().map(HtmlInputElement::type_)
}

fn takes_text(element: &Element) -> bool {
    match input_kind(element) {
        Some(kind) => !matches!(kind.as_str(), "range" | "checkbox" | "radio" | "button"),
        None => matches!(element.tag_name().as_str(), "TEXTAREA" | "SELECT"),
    }
}

fn takes_space(element: &Element) -> bool {
    matches!(element.tag_name().as_str(), "BUTTON" | "SUMMARY" | "A")
        || input_kind(element).is_some_and(|kind| kind != "range")
        || element.get_attribute("role").is_some_and(|role| role == "button")
}

/// An element that leaves the arrows to the page says so with the attribute `data-page-arrows`.
fn takes_arrows(element: &Element) -> bool {
    if element.has_attribute("data-page-arrows") {
        return false;
    }
    input_kind(element).is_some_and(|kind| matches!(kind.as_str(), "range" | "radio"))
}
