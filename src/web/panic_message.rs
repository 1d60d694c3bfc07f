//! What the last panic said, kept for the page to show.

use std::cell::RefCell;

thread_local! {
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Keeps the message of every panic from now on, and writes it to the browser's console.
pub fn keep() {
    std::panic::set_hook(Box::new(|info| {
        let text = info.to_string();
        web_sys::console::error_1(&text.as_str().into());
        LAST.with(|last| *last.borrow_mut() = Some(text));
    }));
}

/// The last message, once.
#[must_use]
pub fn take() -> Option<String> {
    LAST.with(|last| last.borrow_mut().take())
}
