//! The wires under the cards, and what a pointer can hit on them: the messages that are on their way.

use crate::ui::Class;
use crate::ui::runner::use_runner;
use crate::ui::wish::Wish;
use crate::view::frame::{Flight, Node, Wire, WireState};
use crate::view::stage::Geometry;
use crate::view::{Frame, Subject};
use std::rc::Rc;
use yew::prelude::*;

/// Properties of [`Wires`] and [`Hits`].
#[derive(Properties, PartialEq)]
pub struct WiresProps {
    /// The picture.
    pub frame: Rc<Frame>,
    /// Where the cards stand.
    pub geometry: Rc<Geometry>,
}

/// The wires.
#[component]
pub fn Wires(props: &WiresProps) -> Html {
    let wire = |wire: &Wire| {
        let curve = props.geometry.wire(wire.from, wire.to)?;
        let quiet = matches!(
            (wire.from, wire.to),
            (Node::Broker(_), Node::Broker(_)) | (Node::Controller, _) | (_, Node::Controller)
        );
        let looks = classes!(
            Class::Wire,
            (wire.state == WireState::Broken).then_some(Class::WireBroken),
            quiet.then_some(Class::WireQuiet)
        );
        let key = format!("{}>{}", wire.from.key(), wire.to.key());
        Some(html! { <path key={key.clone()} class={looks} data-wire={key} d={curve.path()} /> })
    };
    html! {
        <svg class={Class::StageWires} aria-hidden="true" focusable="false">
            { for props.frame.wires.iter().filter_map(wire) }
        </svg>
    }
}

/// Places on the wires that can be clicked, one a message. They are seen on the canvas, which they lie over.
#[component]
pub fn Hits(props: &WiresProps) -> Html {
    let runner = use_runner();
    let frame = &props.frame;
    let hit = |flight: &Flight| {
        let place = props.geometry.place(flight, frame.now_us)?;
        let wire = format!("{}>{}", flight.from.key(), flight.to.key());
        let label = format!("{}, from {} to {}", flight.label, flight.from.key(), flight.to.key());
        Some(html! {
            <circle key={flight.id} class={Class::WireHit} cx={format!("{:.2}", place.x)} cy={format!("{:.2}", place.y)} r="14"
                data-flight={flight.id.to_string()} data-kind={flight.kind.word()} data-wire={wire}
                data-sent-us={flight.sent_us.to_string()} data-arrives-us={flight.arrives_us.to_string()} data-inspect="request"
                role="button" tabindex="-1" aria-label={label.clone()} onclick={runner.on_click(Wish::Inspect(Some(Subject::Request(flight.id))))}>
                <title>{label}</title>
            </circle>
        })
    };
    html! {
        <svg class={Class::StageHits}>
            { for frame.flights.iter().filter(|flight| flight.kind.is_followed()).filter_map(hit) }
        </svg>
    }
}
