//! What moves: messages on their wires, painted every frame on the canvas over the stage.
//!
//! A message's place is a function of the state and the moment alone, so a paused, stepped or scrubbed run shows the same.

use super::palette::Palette;
use crate::engine::common::VirtualTime;
use crate::engine::sim::State;
use crate::ui::runner::{Painter, use_runner};
use crate::view::Frame;
use crate::view::frame::{Flight, FlightKind};
use crate::view::stage::pills::{self, Measures, Pill};
use crate::view::stage::{Geometry, Point, Rect};
use crate::web::canvas::Canvas;
use crate::web::media;
use std::cell::RefCell;
use std::f64::consts::PI;
use std::rc::Rc;
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement};
use yew::prelude::*;

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
        let flights = Frame::flights_of(state);
        let moment = |flight: &Flight| shown_at(flight, now.0, calm);
        for flight in flights.iter().filter(|flight| !flight.kind.is_followed()) {
            quiet_dot(context, &palette, geometry.place(flight, moment(flight)));
        }
        for place in geometry.pills(&flights, moment) {
            pill(context, &palette, &geometry.measures(), &flights[place.flight], &place);
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

/// The moment at which a message is shown: where nothing glides, when it is in the middle of its way.
pub(super) fn shown_at(flight: &Flight, now_us: u64, calm: bool) -> u64 {
    if calm { flight.sent_us + flight.arrives_us.saturating_sub(flight.sent_us) / 2 } else { now_us }
}

/// What the eye need not follow.
fn quiet_dot(context: &CanvasRenderingContext2d, palette: &Palette, place: Option<Point>) {
    let Some(place) = place else { return };
    context.set_fill_style_str(&palette.quiet);
    context.set_global_alpha(0.7);
    disc(context, place, 3.0);
    context.set_global_alpha(1.0);
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

fn pill(context: &CanvasRenderingContext2d, palette: &Palette, measures: &Measures, flight: &Flight, place: &Pill) {
    let (fill, ink) = colours(palette, flight);
    let rim = if fill == palette.panel { ink } else { fill };
    let rect = &place.rect;
    context.set_line_width(1.0);
    context.set_stroke_style_str(rim);
    if place.is_aside() {
        join(context, measures.padding, place);
        context.set_fill_style_str(rim);
        disc(context, place.place, 4.5);
    }
    context.set_fill_style_str(fill);
    context.begin_path();
    // A rounded rectangle fails only on a negative radius.
    let _ = context.round_rect_with_f64(rect.x, rect.y, rect.width, rect.height, rect.height / 2.0);
    context.fill();
    context.stroke();
    squares(context, palette, measures, flight, rect);
    let words = rect.x + measures.padding + measures.squares_width(pills::squares(flight));
    context.set_font(&format!("600 {}px {}", measures.font_size, palette.typeface));
    context.set_fill_style_str(ink);
    context.set_text_baseline("middle");
    // Text fails only on a detached canvas, where nothing is seen anyway.
    let room = rect.x + rect.width - measures.padding - words;
    let _ = context.fill_text_with_max_width(&flight.label, words, rect.y + rect.height / 2.0 + 0.5, room.max(1.0));
}

/// A line from the message to its words.
fn join(context: &CanvasRenderingContext2d, padding: f64, place: &Pill) {
    let rect = &place.rect;
    context.begin_path();
    context.move_to(place.place.x, place.place.y);
    context.line_to(place.place.x.clamp(rect.x + padding, rect.x + rect.width - padding), rect.y + rect.height / 2.0);
    context.stroke();
}

/// The records in it, in two rows.
fn squares(context: &CanvasRenderingContext2d, palette: &Palette, measures: &Measures, flight: &Flight, rect: &Rect) {
    let step = measures.square_step;
    let dots = flight.payload.iter().flat_map(|part| part.records.iter()).take(pills::SQUARES_MAX);
    for (at, dot) in dots.enumerate() {
        #[allow(clippy::cast_precision_loss)] // at most six
        let (x, y) = ((at / 2) as f64 * step, (at % 2) as f64 * step);
        let (x, y) = (rect.x + measures.padding + x, rect.y + rect.height / 2.0 - step + 0.5 + y);
        context.set_fill_style_str(palette.hue(dot.hue));
        context.fill_rect(x, y, measures.square, measures.square);
        context.set_stroke_style_str(&palette.panel);
        context.stroke_rect(x, y, measures.square, measures.square);
    }
}
