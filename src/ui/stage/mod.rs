//! The stage: producers, brokers with their tapes, consumers, the controller, and the wires between them.
//!
//! Cards are HTML and render when the frame changed; wires are drawn from the cards' measured places; what moves on them is
//! painted on a canvas over everything, by [`painter`], outside Yew.

pub mod batch_row;
pub mod broker_card;
pub mod consumer_card;
pub mod controller_card;
pub mod fault_menu;
pub mod legend;
pub mod link_faults;
pub mod meter;
pub mod painter;
pub mod palette;
pub mod producer_card;
pub mod record_cell;
pub mod tape_row;
pub mod wires;

use super::Class;
use super::runner::use_slice;
use crate::view::Frame;
use crate::view::stage::{Geometry, Rect};
use crate::web::layout::{self, SizeWatch};
use broker_card::BrokerCard;
use consumer_card::ConsumerCard;
use controller_card::ControllerCard;
use legend::Legend;
use producer_card::ProducerCard;
use std::rc::Rc;
use web_sys::Element;
use wires::{Hits, Wires};
use yew::prelude::*;

/// The stage of a room.
#[component]
pub fn Stage() -> Html {
    let frame = use_slice(|published| published.frame.clone());
    let root = use_node_ref();
    let canvas = use_node_ref();
    let probes = use_node_ref();
    let geometry = use_geometry(&root, &frame);
    painter::use_painter(&canvas, &probes, &geometry);
    let records_max = records_max(&geometry, &frame);
    let dense = frame.partitions > 4;
    if frame.brokers.is_empty() {
        return html! { <div class={Class::StageEmpty} /> };
    }
    html! {
        <div class={Class::Stage} ref={root} role="group" aria-label="The stage">
            <Wires frame={frame.clone()} geometry={geometry.clone()} />
            <div class={Class::StageProducers}>
                { for frame.producers.iter().map(|producer| html! {
                    <ProducerCard key={producer.session} producer={producer.clone()} now_us={frame.now_us} partitions={frame.partitions} />
                }) }
            </div>
            <div class={Class::StageBrokers}>
                { for frame.brokers.iter().map(|broker| html! {
                    <BrokerCard key={broker.id} broker={broker.clone()} {records_max} {dense} />
                }) }
            </div>
            <div class={Class::StageReaders}>
                { for frame.consumers.iter().map(|consumer| html! { <ConsumerCard key={consumer.index} consumer={consumer.clone()} /> }) }
                <ControllerCard />
            </div>
            <Legend />
            <canvas class={Class::StageMotion} ref={canvas} aria-hidden="true" />
            <Hits {frame} {geometry} />
            <palette::Probes node={probes} />
        </div>
    }
}

/// Width of a record on a tape with its gap, and what the tape keeps free for blocks and the watermark; in CSS pixels, as in
/// `www/stage.css`.
const CELL_WIDTH: f64 = 30.0;
const TAPE_RESERVE: f64 = 132.0;

/// How many records fit on a tape.
fn records_max(geometry: &Geometry, frame: &Frame) -> usize {
    let width = frame
        .brokers
        .iter()
        .filter_map(|broker| geometry.cards.get(&format!("broker-{}", broker.id)))
        .map(|card| card.width);
    let narrowest = width.fold(f64::MAX, f64::min);
    if narrowest == f64::MAX {
        return 8;
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a card is some hundreds of pixels wide
    let fitting = ((narrowest - TAPE_RESERVE) / CELL_WIDTH).clamp(3.0, 40.0) as usize;
    fitting
}

/// Which cards stand on the stage: the wires are measured anew when this changes.
fn cast(frame: &Frame) -> (Vec<u32>, usize, usize, i32) {
    let sessions = frame.producers.iter().map(|producer| producer.session).collect();
    (sessions, frame.brokers.len(), frame.consumers.len(), frame.partitions)
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
    Geometry { size: Rect { x: 0.0, y: 0.0, width, height }, cards, controls }
}
