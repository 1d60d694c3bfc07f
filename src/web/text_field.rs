//! Text fields: what was typed, and the caret.

use super::document;
use std::ops::Range;
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlTextAreaElement, InputEvent};

/// The text of the field in which the event happened; empty if it is no text field.
#[must_use]
pub fn text_of(event: &InputEvent) -> String {
    let Some(target) = event.target() else { return String::new() };
    match target.dyn_ref::<HtmlInputElement>() {
        Some(input) => input.value(),
        None => target.dyn_ref::<HtmlTextAreaElement>().map(HtmlTextAreaElement::value).unwrap_or_default(),
    }
}

/// Moves focus to the text area with this id and selects the bytes `range` of `text`, which it shows.
pub fn select(id: &str, text: &str, range: Range<usize>) {
    let Some(area) =
        document::document().get_element_by_id(id).and_then(|found| found.dyn_into::<HtmlTextAreaElement>().ok())
    else {
        return;
    };
    // The browser counts UTF-16 units.
    let units = |end: usize| text.get(..end).map_or(0, |before| before.encode_utf16().count() as u32);
    let _ = area.focus();
    let _ = area.set_selection_range(units(range.start), units(range.end));
}
