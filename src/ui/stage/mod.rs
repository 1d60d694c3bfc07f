//! The stage.
use yew::prelude::*;
/// The stage.
#[component]
pub fn Stage() -> Html {
    html! {}
}
