//! Work that is to be done in a moment, when the browser has drawn and listened.

use gloo::timers::callback::Timeout;

/// Does `work` as soon as the browser is free. It is not done if the handle is dropped before.
#[must_use]
pub fn soon(work: impl FnOnce() + 'static) -> Soon {
    Soon { _timeout: Timeout::new(0, work) }
}

/// Work that waits.
#[derive(Debug)]
pub struct Soon {
    _timeout: Timeout,
}

/// The page's clock, in milliseconds since some moment. For what the reader waits for; a run knows virtual time only.
#[must_use]
pub fn now_ms() -> f64 {
    js_sys::Date::now()
}
