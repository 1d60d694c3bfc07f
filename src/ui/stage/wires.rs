//! The wires under the cards, and what can be reached of them by pointer and keyboard: each link, and the messages that are on their way.

use super::painter::shown_at;
use crate::ui::Class;
use crate::ui::runner::use_runner;
use crate::ui::wish::Wish;
use crate::view::frame::{Node, Wire, WireState};
use crate::view::link_acts::{self, Link, WiredLink};
use crate::view::stage::pills::Pill;
use crate::view::stage::{Curve, Geometry, Point, note_places};
use crate::view::{Frame, Subject};
use crate::web::media;
use std::rc::Rc;
use yew::prelude::*;

/// Properties of [`Wires`].
#[derive(Properties, PartialEq)]
pub struct WiresProps {
    /// The picture.
    pub frame: Rc<Frame>,
    /// Where the cards stand.
    pub geometry: Rc<Geometry>,
    /// The link whose menu is open.
    pub picked: Option<Link>,
    /// Opens the menu of a link, or closes what is open.
    pub on_pick: Callback<Option<Link>>,
}

/// The wires. They stand behind the cards in the order of the tab key, and below them in the picture.
#[component]
pub fn Wires(props: &WiresProps) -> Html {
    let wire = |wire: &Wire| {
        let curve = props.geometry.wire(wire.from, wire.to)?;
        let key = format!("{}>{}", wire.from.key(), wire.to.key());
        Some(html! { <path key={key.clone()} class={looks(wire)} data-wire={key} d={curve.path()} /> })
    };
    html! {
        <svg class={Class::StageWires} role="group" aria-label="Links between the cards">
            { for link_acts::wired(&props.frame).iter().filter_map(|wired| reach(props, wired)) }
            <g aria-hidden="true">{ for props.frame.wires.iter().filter_map(wire) }</g>
            <g aria-hidden="true">{ for marks(props) }</g>
        </svg>
    }
}

fn looks(wire: &Wire) -> Classes {
    let quiet = matches!(
        (wire.from, wire.to),
        (Node::Broker(_), Node::Broker(_)) | (Node::Controller(_), _) | (_, Node::Controller(_))
    );
    let state = match wire.state {
        WireState::Up => None,
        WireState::Slow => Some(Class::WireSlow),
        WireState::Lossy => Some(Class::WireLossy),
        WireState::Broken => Some(Class::WireBroken),
        WireState::HalfCut => Some(Class::WireHalfCut),
        WireState::Cut => Some(Class::WireCut),
    };
    classes!(Class::Wire, quiet.then_some(Class::WireQuiet), state)
}

/// The signs on wires that something is wrong with, one a link, though two brokers may have a wire each way.
fn marks(props: &WiresProps) -> Vec<Html> {
    let mut marked: Vec<(Link, &Wire, Curve)> = Vec::new();
    for wire in props.frame.wires.iter().filter(|wire| !wire.note.is_empty()) {
        let link = Link::between(wire.from, wire.to);
        let is_new = marked.iter().all(|(known, ..)| *known != link);
        marked.extend(props.geometry.wire(wire.from, wire.to).filter(|_| is_new).map(|curve| (link, wire, curve)));
    }
    let words: Vec<_> = marked.iter().map(|(_, wire, curve)| (*curve, wire.state.word().chars().count())).collect();
    let places = note_places(&words, props.geometry.scale);
    marked.iter().zip(places).map(|((_, wire, _), place)| mark(place, wire)).collect()
}

/// A sign on a wire that something is wrong with, a cross where nothing passes, and a word for it. There is no room for more between two
/// cards: the whole of it is said by what can be hit.
fn mark(at: Point, wire: &Wire) -> Html {
    let is_cut = wire.state.is_cut();
    let sign = if is_cut { "M-6-6 6 6M-6 6 6-6" } else { "M0-7 7 6H-7Z" };
    html! {
        <g key={format!("{}>{}", wire.from.key(), wire.to.key())} class={classes!(Class::WireMark, (!is_cut).then_some(Class::WireMarkMild))} data-wire-mark="" transform={format!("translate({:.1} {:.1})", at.x, at.y)}>
            <path d={sign} />
            <text y="21" text-anchor="middle">{wire.state.word()}</text>
        </g>
    }
}

/// What can be hit of a link: a wire is thin, and this is not.
fn reach(props: &WiresProps, wired: &WiredLink) -> Option<Html> {
    let curve = props.geometry.wire(wired.link.a, wired.link.b)?;
    let is_picked = props.picked == Some(wired.link);
    let next = (!is_picked).then_some(wired.link);
    let onclick = props.on_pick.reform(move |_: MouseEvent| next);
    let onkeydown = {
        let on_pick = props.on_pick.clone();
        Callback::from(move |event: KeyboardEvent| {
            if matches!(event.key().as_str(), "Enter" | " ") {
                event.prevent_default();
                on_pick.emit(next);
            }
        })
    };
    Some(html! {
        <path key={wired.key.clone()} class={classes!(Class::WireReach, is_picked.then_some(Class::WirePicked))} d={curve.path()}
            data-link-wire={wired.key.clone()} role="button" tabindex="0" aria-haspopup="true" aria-expanded={is_picked.to_string()}
            aria-label={wired.label.clone()} {onclick} {onkeydown}>
            <title>{format!("{}. Click for its faults", wired.label)}</title>
        </path>
    })
}

/// Properties of [`Hits`].
#[derive(Properties, PartialEq)]
pub struct HitsProps {
    /// The picture.
    pub frame: Rc<Frame>,
    /// Where the cards stand.
    pub geometry: Rc<Geometry>,
}

/// What can be clicked on the wires, a place and a pill for each message. They are seen on the canvas, which these lie over.
#[component]
pub fn Hits(props: &HitsProps) -> Html {
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
