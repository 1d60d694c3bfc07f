//! Where the browser put things: rectangles of marked elements, and a call when sizes change.

use super::document::document;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, ResizeObserver};

/// A rectangle in CSS pixels: left, top, width, height.
pub type PlainRect = [f64; 4];

/// The size of an element's content, scrolled parts included.
#[must_use]
pub fn content_size(element: &Element) -> (f64, f64) {
    (f64::from(element.scroll_width()), f64::from(element.scroll_height()))
}

/// The rectangles of the elements under `container` that carry `attribute`, by its value, relative to the container.
#[must_use]
pub fn marked_rects(container: &Element, attribute: &str) -> Vec<(String, PlainRect)> {
    let origin = container.get_bounding_client_rect();
    let Ok(found) = container.query_selector_all(&format!("[{attribute}]")) else { return Vec::new() };
    (0..found.length())
        .filter_map(|index| found.item(index)?.dyn_into::<Element>().ok())
        .filter_map(|element| {
            let rect = element.get_bounding_client_rect();
            let place = [rect.left() - origin.left(), rect.top() - origin.top(), rect.width(), rect.height()];
            Some((element.get_attribute(attribute)?, place))
        })
        .collect()
}

/// What can be seen of `port` above what lies at the window's bottom, relative to `container`.
#[must_use]
pub fn seen_part(container: &Element, port: &Element, bottom: &str) -> PlainRect {
    let (origin, port) = (container.get_bounding_client_rect(), port.get_bounding_client_rect());
    let floor = document().query_selector(bottom).ok().flatten().map(|bar| bar.get_bounding_client_rect().top());
    let (top, end) = (port.top().max(0.0), floor.map_or(port.bottom(), |floor| floor.min(port.bottom())));
    [port.left() - origin.left(), top - origin.top(), port.width(), (end - top).max(0.0)]
}

/// Calls back whenever an element's size changes, until dropped.
pub struct SizeWatch {
    observer: Option<ResizeObserver>,
    _on_change: Closure<dyn FnMut()>,
}

impl SizeWatch {
    /// Watches the element and, if `parts` names some, those below it that carry this attribute.
    #[must_use]
    pub fn start(element: &Element, parts: &str, on_change: impl FnMut() + 'static) -> Self {
        let on_change = Closure::<dyn FnMut()>::new(on_change);
        // A browser without it shows the stage as it was first laid out.
        let observer = ResizeObserver::new(on_change.as_ref().unchecked_ref()).ok();
        if let Some(observer) = &observer {
            observer.observe(element);
            if let Ok(found) = element.query_selector_all(&format!("[{parts}]")) {
                let parts = (0..found.length()).filter_map(|index| found.item(index)?.dyn_into::<Element>().ok());
                parts.for_each(|part| observer.observe(&part));
            }
        }
        Self { observer, _on_change: on_change }
    }
}

impl Drop for SizeWatch {
    fn drop(&mut self) {
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
    }
}

/// The colour that an element's text has, as the browser resolved it.
#[must_use]
pub fn text_colour(element: &Element) -> Option<String> {
    web_sys::window()?.get_computed_style(element).ok()??.get_property_value("color").ok()
}

/// A custom property of the element that is a number, such as `--scale`.
#[must_use]
pub fn number_property(element: &Element, name: &str) -> Option<f64> {
    let value = web_sys::window()?.get_computed_style(element).ok()??.get_property_value(name).ok()?;
    value.trim().parse().ok()
}

/// The typeface that an element's text has.
#[must_use]
pub fn typeface(element: &Element) -> Option<String> {
    web_sys::window()?.get_computed_style(element).ok()??.get_property_value("font-family").ok()
}
