//! Small texts that the browser keeps between visits. A refusal is no error: the page then forgets.

use web_sys::{Storage, window};

fn storage() -> Option<Storage> {
    window()?.local_storage().ok()?
}

/// What was kept under `name`.
#[must_use]
pub fn get(name: &str) -> Option<String> {
    storage()?.get_item(name).ok()?
}

/// Keeps `value` under `name`, if the browser allows.
pub fn set(name: &str, value: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(name, value);
    }
}
