//! What the last panic said, kept for the page to show.

use std::cell::RefCell;

thread_local! {
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// A panic hook: keeps the message, and writes it to the browser's console.
pub fn keep(info: &std::panic::PanicHookInfo<'_>) {
    let text = info.to_string();
    web_sys::console::error_1(&text.as_str().into());
    LAST.with(|last| *last.borrow_mut() = Some(text));
}

/// The last message, once.
#[must_use]
pub fn take() -> Option<String> {
    LAST.with(|last| last.borrow_mut().take())
}
