//! What the reader asked of the browser: dark colours, less motion.

use web_sys::window;

/// Whether a media query matches now; no if the browser does not know it.
#[must_use]
pub fn matches(query: &str) -> bool {
    window().and_then(|window| window.match_media(query).ok().flatten()).is_some_and(|list| list.matches())
}

/// The reader prefers dark colours.
#[must_use]
pub fn prefers_dark() -> bool {
    matches("(prefers-color-scheme: dark)")
}

/// The reader prefers steps to gliding.
#[must_use]
pub fn prefers_reduced_motion() -> bool {
    matches("(prefers-reduced-motion: reduce)")
}
