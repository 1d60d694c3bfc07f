//! The wires under the cards, and what a pointer can hit on them: the messages that are on their way.

use super::painter::shown_at;
use crate::ui::Class;
use crate::ui::runner::use_runner;
use crate::ui::wish::Wish;
use crate::view::frame::{Node, Wire, WireState};
use crate::view::stage::pills::Pill;
use crate::view::stage::{Geometry, Point};
use crate::view::{Frame, Subject};
use crate::web::media;
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
            (Node::Broker(_), Node::Broker(_)) | (Node::Controller(_), _) | (_, Node::Controller(_))
        );
        let looks = classes!(
            Class::Wire,
            (wire.state == WireState::Broken).then_some(Class::WireBroken),
            (wire.state == WireState::Cut).then_some(Class::WireCut),
            quiet.then_some(Class::WireQuiet)
        );
        let key = format!("{}>{}", wire.from.key(), wire.to.key());
        let mark = (!wire.note.is_empty()).then(|| mark(curve.point_at(0.5), &wire.note));
        Some(html! { <g key={key.clone()}><path class={looks} data-wire={key} d={curve.path()} />{ mark }</g> })
    };
    html! {
        <svg class={Class::StageWires} aria-hidden="true" focusable="false">
            { for props.frame.wires.iter().filter_map(wire) }
        </svg>
    }
}

/// A cross on a wire that something is wrong with, and the word for it.
fn mark(at: Point, note: &str) -> Html {
    html! {
        <g class={Class::WireMark} transform={format!("translate({:.1} {:.1})", at.x, at.y)}>
            <path d="M-6-6 6 6M-6 6 6-6" />
            <text x="10" y="4">{note.to_string()}</text>
        </g>
    }
}

/// What can be clicked on the wires, a place and a pill for each message. They are seen on the canvas, which these lie over.
#[component]
pub fn Hits(props: &WiresProps) -> Html {
    let runner = use_runner();
    let frame = &props.frame;
    let calm = media::prefers_reduced_motion();
    let pills = props.geometry.pills(&frame.flights, |flight| shown_at(flight, frame.now_us, calm));
    let hit = |pill: &Pill| {
        let flight = &frame.flights[pill.flight];
        let wire = format!("{}>{}", flight.from.key(), flight.to.key());
        let label = format!("{}, from {} to {}", flight.label, flight.from.key(), flight.to.key());
        let inspect = runner.on_click(Wish::Inspect(Some(Subject::Request(flight.id))));
        let (x, y) = (format!("{:.2}", pill.rect.x), format!("{:.2}", pill.rect.y));
        html! {
            <g key={flight.id}>
                <rect class={Class::WireHit} {x} {y} width={format!("{:.2}", pill.rect.width)} height={format!("{:.2}", pill.rect.height)} rx="10"
                    aria-hidden="true" onclick={inspect.clone()}><title>{label.clone()}</title></rect>
                <circle class={Class::WireHit} cx={format!("{:.2}", pill.place.x)} cy={format!("{:.2}", pill.place.y)} r="8"
                    data-flight={flight.id.to_string()} data-kind={flight.kind.word()} data-wire={wire}
                    data-sent-us={flight.sent_us.to_string()} data-arrives-us={flight.arrives_us.to_string()} data-inspect="request"
                    role="button" tabindex="-1" aria-label={label.clone()} onclick={inspect}>
                    <title>{label}</title>
                </circle>
            </g>
        }
    };
    html! { <svg class={Class::StageHits}>{ for pills.iter().map(hit) }</svg> }
}
