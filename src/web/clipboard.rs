//! Writing text to the clipboard, where the browser allows it.

use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::window;

/// Writes `text` and tells `done` whether that worked.
pub fn write_text(text: String, done: impl FnOnce(bool) + 'static) {
    // Without a secure context there is no clipboard object at all.
    let clipboard = window()
        .map(|window| window.navigator())
        .filter(|navigator| js_sys::Reflect::get(navigator, &"clipboard".into()).is_ok_and(|value| value.is_object()))
        .map(|navigator| navigator.clipboard());
    let Some(clipboard) = clipboard else {
        done(false);
        return;
    };
    let promise = clipboard.write_text(&text);
    spawn_local(async move { done(JsFuture::from(promise).await.is_ok()) });
}
