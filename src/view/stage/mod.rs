//! The stage as plain data: how a tape is told in cells, and how the wires run between the cards.
//!
//! Where the cards stand is the browser's layout; their rectangles come in as numbers. Everything drawn from them follows here,
//! so that the cards' wires, what the canvas paints on them and what a pointer can hit agree to the pixel.

mod curve;
mod menu_place;
mod note_places;
pub mod pills;
mod tape_cells;
mod tape_room;
mod wires;

pub use curve::{Curve, Point};
pub use menu_place::menu_place;
pub use note_places::note_places;
pub use tape_cells::{TapeCell, tape_cells};
pub use tape_room::records_fitting;
pub use wires::{Geometry, Rect};
