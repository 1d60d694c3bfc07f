//! What the colours and shapes of the stage mean.

use crate::ui::Class;
use yew::prelude::*;

/// The legend.
#[component]
pub fn Legend() -> Html {
    let sample = |state: Class, words: &'static str| {
        html! { <li><span class={classes!(Class::Cell, Class::Hue0, state)} aria-hidden="true">{"7"}</span>{words}</li> }
    };
    html! {
        <ul class={Class::StageLegend} aria-label="Legend">
            { sample(Class::StateCommitted, "committed; colours are keys") }
            { sample(Class::StatePending, "above the high watermark") }
            { sample(Class::StateLost, "delivered, and lost") }
            { sample(Class::StateDuplicate, "a second copy") }
            <li><span class={Class::Watermark} aria-hidden="true" />{"high watermark (HW)"}</li>
        </ul>
    }
}
