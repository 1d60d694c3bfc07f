//! The document: attributes of its root, focus, and properties that a strict policy forbids in markup.

use gloo::events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{Document, Element, HtmlElement, SvgElement, window};

/// The page's document.
///
/// # Panics
/// Outside a window; this code runs in no worker.
#[must_use]
pub fn document() -> Document {
    window().and_then(|window| window.document()).expect("the page runs in a window with a document")
}

/// Sets an attribute of the root element, or removes it.
pub fn set_root_attribute(name: &str, value: Option<&str>) {
    let Some(root) = document().document_element() else { return };
    // Both fail only on an invalid attribute name, and ours are literals.
    let _ = match value {
        Some(value) => root.set_attribute(name, value),
        None => root.remove_attribute(name),
    };
}

/// Calls `on_event` for each event of this kind on the document. The listener ends when dropped.
pub fn listen(kind: &'static str, on_event: impl Fn() + 'static) -> EventListener {
    EventListener::new(&document(), kind, move |_| on_event())
}

/// Sets the title of the page.
pub fn set_title(title: &str) {
    document().set_title(title);
}

/// Moves the keyboard's focus to the element with this id, if there is one.
pub fn focus(id: &str) {
    if let Some(element) = document().get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Moves the keyboard's focus to an element, of the page or of a drawing. Whether it is one that can have it.
pub fn focus_on(element: &Element) -> bool {
    let (html, svg) = (element.dyn_ref::<HtmlElement>(), element.dyn_ref::<SvgElement>());
    html.is_some_and(|element| element.focus().is_ok()) || svg.is_some_and(|element| element.focus().is_ok())
}

/// Sets a CSS property of an element through the object model, which a policy without inline styles allows.
pub fn set_property(element: &Element, name: &str, value: &str) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        let _ = element.style().set_property(name, value);
    }
}

/// Takes a part of the page out of the reader's reach; when dropped, it is back, and the focus where it was.
pub struct Cover {
    behind: Option<Element>,
    focused: Option<HtmlElement>,
}

impl Cover {
    /// Covers the element with this id, if there is one.
    #[must_use]
    pub fn over(id: &str) -> Self {
        let document = document();
        let focused = document.active_element().and_then(|element| element.dyn_into().ok());
        let behind = document.get_element_by_id(id);
        if let Some(behind) = &behind {
            let _ = behind.set_attribute("inert", "");
        }
        Self { behind, focused }
    }
}

impl Cover {
    /// Whether the element with this id is out of the reader's reach.
    #[must_use]
    pub fn lies_over(id: &str) -> bool {
        document().get_element_by_id(id).is_some_and(|element| element.has_attribute("inert"))
    }
}

impl Drop for Cover {
    fn drop(&mut self) {
        if let Some(behind) = &self.behind {
            let _ = behind.remove_attribute("inert");
        }
        if let Some(focused) = &self.focused {
            let _ = focused.focus();
        }
    }
}
