//! Tells a screen reader what happened last.

use super::Class;
use super::runner::use_slice;
use yew::prelude::*;

/// The live region.
#[component]
pub fn LiveRegion() -> Html {
    let news = use_slice(|published| published.news.clone());
    html! { <div class={Class::SrOnly} role="status" aria-live="polite">{news.to_string()}</div> }
}
