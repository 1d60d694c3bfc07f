//! What moves: messages on their wires, painted every frame on the canvas over the stage.
//!
//! A message's place is a function of the state and the moment alone, so a paused, stepped or scrubbed run shows the same.

use super::palette::Palette;
use crate::engine::common::VirtualTime;
use crate::engine::sim::State;
use crate::ui::runner::{Painter, use_runner};
use crate::view::Frame;
use crate::view::frame::{Flight, FlightKind};
use crate::view::stage::{Geometry, Point};
use crate::web::canvas::Canvas;
use crate::web::media;
use std::cell::RefCell;
use std::f64::consts::PI;
use std::rc::Rc;
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement};
use yew::prelude::*;

/// Squares for records that a message shows; of more, its words tell the number.
const SQUARES_MAX: usize = 6;
const SQUARE: f64 = 9.0;
const PILL_HEIGHT: f64 = 20.0;
const FONT_SIZE: f64 = 11.0;

/// Registers the painter while the stage is there.
#[hook]
pub fn use_painter(canvas: &NodeRef, probes: &NodeRef, geometry: &Rc<Geometry>) {
    let runner = use_runner();
    let (canvas, probes) = (canvas.clone(), probes.clone());
    use_effect_with((runner, Rc::clone(geometry)), move |(runner, geometry)| {
        let element = canvas.cast::<HtmlCanvasElement>().and_then(Canvas::new);
        if let (Some(canvas), Some(probes)) = (element, probes.cast::<Element>()) {
            runner.set_painter(Some(painter(canvas, probes, Rc::clone(geometry))));
        }
        let runner = runner.clone();
        move || runner.set_painter(None)
    });
}

fn painter(canvas: Canvas, probes: Element, geometry: Rc<Geometry>) -> Painter {
    let known: RefCell<(String, Palette)> = RefCell::default();
    Rc::new(move |state: &State, now: VirtualTime| {
        let context = canvas.clear(geometry.size.width, geometry.size.height);
        let palette = current(&known, &probes);
        let calm = media::prefers_reduced_motion();
        for flight in &Frame::flights_of(state) {
            paint(context, &palette, &geometry, flight, if calm { halfway(flight) } else { now.0 });
        }
    })
}

/// The palette, read anew only when the theme changed: one colour tells.
fn current(known: &RefCell<(String, Palette)>, probes: &Element) -> Palette {
    let sign = crate::web::layout::text_colour(probes).unwrap_or_default();
    let mut known = known.borrow_mut();
    if known.0 != sign || known.1.accent.is_empty() {
        *known = (sign, Palette::read(probes));
    }
    known.1.clone()
}

/// Where a message stands when nothing glides: in the middle of its way.
fn halfway(flight: &Flight) -> u64 {
    flight.sent_us + flight.arrives_us.saturating_sub(flight.sent_us) / 2
}

fn paint(context: &CanvasRenderingContext2d, palette: &Palette, geometry: &Geometry, flight: &Flight, now_us: u64) {
    let Some(place) = geometry.place(flight, now_us) else { return };
    if flight.kind.is_followed() {
        pill(context, palette, flight, place);
    } else {
        context.set_fill_style_str(&palette.quiet);
        context.set_global_alpha(0.7);
        disc(context, place, 3.0);
        context.set_global_alpha(1.0);
    }
}

fn disc(context: &CanvasRenderingContext2d, place: Point, radius: f64) {
    context.begin_path();
    // An arc fails only on a negative radius.
    let _ = context.arc(place.x, place.y, radius, 0.0, 2.0 * PI);
    context.fill();
}

/// What a message's pill is filled and written with.
fn colours<'a>(palette: &'a Palette, flight: &Flight) -> (&'a str, &'a str) {
    match (flight.kind, flight.error) {
        (_, Some(_)) => (&palette.lost, &palette.panel),
        (FlightKind::Produce, None) => (&palette.accent, &palette.panel),
        (FlightKind::ProduceResponse, None) => (&palette.committed, &palette.panel),
        _ => (&palette.panel, &palette.quiet),
    }
}

fn pill(context: &CanvasRenderingContext2d, palette: &Palette, flight: &Flight, place: Point) {
    let (fill, ink) = colours(palette, flight);
    context.set_font(&format!("600 {FONT_SIZE}px {}", palette.typeface));
    let words = context.measure_text(&flight.label).map_or(40.0, |measure| measure.width());
    let dots: Vec<&crate::view::frame::RecordDot> =
        flight.payload.iter().flat_map(|part| part.records.iter()).take(SQUARES_MAX).collect();
    #[allow(clippy::cast_precision_loss)] // at most six
    let squares = if dots.is_empty() { 0.0 } else { dots.len() as f64 * (SQUARE + 2.0) + 4.0 };
    let width = words + squares + 16.0;
    let (left, top) = (place.x - width / 2.0, place.y - PILL_HEIGHT / 2.0);
    context.set_fill_style_str(fill);
    context.set_stroke_style_str(if fill == palette.panel { ink } else { fill });
    context.set_line_width(1.0);
    context.begin_path();
    // A rounded rectangle fails only on a negative radius.
    let _ = context.round_rect_with_f64(left, top, width, PILL_HEIGHT, PILL_HEIGHT / 2.0);
    context.fill();
    context.stroke();
    for (at, dot) in dots.iter().enumerate() {
        #[allow(clippy::cast_precision_loss)] // at most six
        let x = left + 8.0 + at as f64 * (SQUARE + 2.0);
        context.set_fill_style_str(palette.hue(dot.hue));
        context.fill_rect(x, place.y - SQUARE / 2.0, SQUARE, SQUARE);
        context.set_stroke_style_str(&palette.panel);
        context.stroke_rect(x, place.y - SQUARE / 2.0, SQUARE, SQUARE);
    }
    context.set_fill_style_str(ink);
    context.set_text_baseline("middle");
    // Text fails only on a detached canvas, where nothing is seen anyway.
    let _ = context.fill_text(&flight.label, left + 8.0 + squares, place.y + 0.5);
}
