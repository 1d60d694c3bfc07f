//! The fragment of the page's address.

use gloo::events::EventListener;
use web_sys::window;

/// The fragment, with its `#`; empty if there is none.
#[must_use]
pub fn fragment() -> String {
    window().and_then(|window| window.location().hash().ok()).unwrap_or_default()
}

/// Goes to another fragment; the browser remembers where it was.
pub fn set_fragment(fragment: &str) {
    if let Some(window) = window() {
        let _ = window.location().set_hash(fragment);
    }
}

/// Calls `on_change` with each new fragment. The listener ends when dropped.
#[must_use]
pub fn listen(on_change: impl Fn(String) + 'static) -> Option<EventListener> {
    let window = window()?;
    Some(EventListener::new(&window, "hashchange", move |_| on_change(fragment())))
}
