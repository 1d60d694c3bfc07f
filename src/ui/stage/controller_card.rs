//! The controller: one node of its own, which cannot crash here.

use crate::ui::Class;
use crate::view::frame::Node;
use yew::prelude::*;

/// The card.
#[component]
pub fn ControllerCard() -> Html {
    html! {
        <section class={Class::NodeCard} data-node={Node::Controller.key()} aria-label="Controller">
            <div class={Class::NodeHead}>
                <h3 class={Class::NodeName}><span aria-hidden="true">{"⬡ "}</span>{"Controller"}</h3>
            </div>
            <p class={Class::NodeNote}>{"Hears heartbeats, elects leaders. One node, which cannot crash here."}</p>
        </section>
    }
}
