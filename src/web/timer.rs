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
