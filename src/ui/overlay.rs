//! What lies over the page: while it does, the page behind takes no focus; afterwards the focus is where it was.

use crate::web::document::{self, Cover};
use yew::prelude::*;

/// Covers the page while `shown`, and moves the focus to the element with the id `focus`.
#[hook]
pub fn use_overlay(shown: bool, focus: &'static str) {
    use_effect_with(shown, move |shown| {
        let cover = shown.then(|| Cover::over("page"));
        if *shown {
            document::focus(focus);
        }
        move || drop(cover)
    });
}
