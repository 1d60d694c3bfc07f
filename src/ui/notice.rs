//! A sentence over the page: why an act was not possible, or which limit the run has come to.

use super::Class;
use super::runner::use_slice;
use yew::prelude::*;

/// The sentence, while there is one.
#[component]
pub fn Notice() -> Html {
    let notice = use_slice(|published| published.notice.clone());
    html! {
        <div role="alert">
            if let Some(sentence) = notice {
                <p class={Class::Toast} data-notice="">{sentence.to_string()}</p>
            }
        </div>
    }
}
