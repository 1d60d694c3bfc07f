//! The stage: producers, brokers with their tapes, consumers, controllers, and the wires between them.
//!
//! Cards are HTML and render when the frame changed; wires are drawn from the cards' measured places; what moves on them is
//! painted on a canvas over everything, by [`painter`], outside Yew.

pub mod batch_row;
pub mod broker_card;
pub mod consumer_card;
pub mod controller_card;
pub mod crash_button;
pub mod fault_menu;
pub mod legend;
pub mod link_faults;
pub mod meter;
pub mod painter;
pub mod palette;
pub mod partition_list;
pub mod producer_card;
pub mod record_cell;
pub mod tape_row;
pub mod wire_menu;
pub mod wires;

use super::Class;
use super::runner::use_slice;
use crate::course::Place;
use crate::view::Frame;
use crate::view::fault_acts;
use crate::view::link_acts::Link;
use crate::view::playback::Speed;
use crate::view::stage::{Geometry, Rect};
use crate::web::layout::{self, SizeWatch};
use crate::web::menus::{self, Dismissal};
use broker_card::BrokerCard;
use consumer_card::ConsumerCard;
use controller_card::ControllerCard;
use legend::Legend;
use producer_card::ProducerCard;
use std::rc::Rc;
use tape_row::TapeRoom;
use web_sys::Element;
use wire_menu::WireMenu;
use wires::{Hits, Wires};
use yew::prelude::*;

/// Consumers up to which each shows the records that it read last.
const CONSUMERS_WITH_RECORDS: usize = 3;

/// The stage of a room.
#[component]
pub fn Stage() -> Html {
    let frame = use_slice(|published| published.frame.clone());
    let root = use_node_ref();
    let canvas = use_node_ref();
    let probes = use_node_ref();
    let geometry = use_geometry(&root, &frame);
    painter::use_painter(&canvas, &probes, &geometry);
    use_effect_with((), |()| {
        let dismissal = Dismissal::of(CARD_MENUS);
        move || drop(dismissal)
    });
    let (picked, on_pick) = use_picked();
    let swift = use_slice(|published| {
        published.transport.playing && published.transport.speed > Speed::one_in(FOLLOWED_ONE_IN).step()
    });
    let room = TapeRoom { width: card_width(&geometry, &frame), scale: geometry.scale, dense: frame.partitions > 4 };
    let tapes: usize = frame.brokers.iter().map(|broker| broker.tapes.len()).sum();
    let looks = classes!(
        Class::Stage,
        swift.then_some(Class::StageSwift),
        (tapes > TAPES_LARGE && !room.dense).then_some(Class::StageTall)
    );
    if frame.brokers.is_empty() {
        return html! { <div class={Class::StageEmpty} /> };
    }
    html! {
        <div class={looks} ref={root} role="group" aria-label="The stage">
            <p class={Class::StageAside}>{"Brokers and readers stand to the right: swipe the stage."}</p>
            <div class={Class::StageProducers}>
                { for frame.producers.iter().map(|producer| html! {
                    <ProducerCard key={producer.session} producer={producer.clone()} now_us={frame.now_us} partitions={frame.partitions} />
                }) }
            </div>
            <div class={Class::StageBrokers}>
                { for frame.brokers.iter().map(|broker| html! {
                    <BrokerCard key={broker.id} broker={broker.clone()} acts={fault_acts::of_broker(&frame, broker)} {room} />
                }) }
            </div>
            <div class={Class::StageReaders}>
                { for frame.consumers.iter().map(|consumer| html! { <ConsumerCard key={consumer.index} consumer={consumer.clone()} dense={frame.consumers.len() > CONSUMERS_WITH_RECORDS} /> }) }
                { for frame.controllers.iter().map(|controller| html! {
                    <ControllerCard key={format!("controller-{}", controller.id)} controller={*controller} acts={fault_acts::of_controller(&frame, controller)} />
                }) }
            </div>
            <Wires frame={frame.clone()} geometry={geometry.clone()} {picked} on_pick={on_pick.clone()} />
            <Legend />
            <canvas class={Class::StageMotion} ref={canvas} aria-hidden="true" />
            <Hits frame={frame.clone()} geometry={geometry.clone()} />
            if let Some(link) = picked {
                <WireMenu {frame} {geometry} {link} on_close={on_pick} />
            }
            <palette::Probes node={probes} />
        </div>
    }
}

/// The link whose menu stands open, and what opens another one or closes it. It belongs to its place: elsewhere none is open.
#[hook]
fn use_picked() -> (Option<Link>, Callback<Option<Link>>) {
    let place = use_slice(|published| published.place);
    let picked = use_state_eq(|| None::<(Place, Link)>);
    let shown = picked.filter(|(of, _)| *of == place).map(|(_, link)| link);
    let on_pick = use_callback((place, picked.setter()), |link: Option<Link>, (place, picked)| {
        menus::close_all(CARD_MENUS);
        picked.set(link.map(|link| (*place, link)));
    });
    (shown, on_pick)
}

/// The menus on the cards, of which one at a time is open.
const CARD_MENUS: &str = "details[data-fault-menu]:not([data-fault-menu=links])";
/// An eye follows single records at one in so many of real time; beyond it they arrive without a movement of their own.
const FOLLOWED_ONE_IN: u64 = 50;
/// Most tapes that a large screen has room for in its largest letters.
const TAPES_LARGE: usize = 6;
/// A broker's card before it was measured.
const CARD_WIDTH: f64 = 360.0;

/// The width of the narrowest broker's card, in CSS pixels.
fn card_width(geometry: &Geometry, frame: &Frame) -> f64 {
    let cards = frame.brokers.iter().filter_map(|broker| geometry.cards.get(&format!("broker-{}", broker.id)));
    cards.map(|card| card.width).reduce(f64::min).unwrap_or(CARD_WIDTH)
}

/// Which cards stand on the stage: the wires are measured anew when this changes.
fn cast(frame: &Frame) -> (Vec<u32>, usize, usize, usize, i32) {
    let sessions = frame.producers.iter().map(|producer| producer.session).collect();
    (sessions, frame.brokers.len(), frame.controllers.len(), frame.consumers.len(), frame.partitions)
}

/// Where the browser put the cards; measured after each change of the cast or of a size.
#[hook]
fn use_geometry(root: &NodeRef, frame: &Rc<Frame>) -> Rc<Geometry> {
    let geometry = use_state_eq(Rc::<Geometry>::default);
    let setter = geometry.setter();
    let root = root.clone();
    use_effect_with(cast(frame), move |_| {
        let watch = root.cast::<Element>().map(|element| {
            setter.set(Rc::new(measure(&element)));
            let watched = element.clone();
            SizeWatch::start(&element, "data-node", move || setter.set(Rc::new(measure(&watched))))
        });
        move || drop(watch)
    });
    (*geometry).clone()
}

fn measure(stage: &Element) -> Geometry {
    let (width, height) = layout::content_size(stage);
    let rect = |[x, y, width, height]: layout::PlainRect| Rect { x, y, width, height };
    let cards = layout::marked_rects(stage, "data-node").into_iter().map(|(key, place)| (key, rect(place))).collect();
    let controls = layout::marked_rects(stage, "data-keep-clear").into_iter().map(|(_, place)| rect(place)).collect();
    let scale = layout::number_property(stage, "--scale").unwrap_or(1.0);
    Geometry { size: Rect { x: 0.0, y: 0.0, width, height }, cards, controls, scale }
}
