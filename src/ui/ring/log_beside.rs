//! A partition with retention beside the ring.

use yew::prelude::*;

/// The log.
#[component]
pub fn LogBeside() -> Html {
    html! {}
}
