//! The ring: its slots, the markers of head and tail, and what the last call did.
//!
//! The markers turn with the window's unwrapped counts, so that going from the last slot to slot 0 moves on and not back.

use super::geometry::{INNER, OUTER, angle_of, annulus_path, arc_path, point};
use crate::ring::{Operation, Replay};

/// Beyond this many slots a slot is too small to stand alone; the held window is drawn as one arc.
const SLOTS_DRAWN_MAX: usize = 64;
/// Beyond this many, no value can be read in a slot.
const VALUES_DRAWN_MAX: usize = 24;
/// Up to this many, a slot has room for its name under the value.
const NAMES_DRAWN_MAX: usize = 8;
/// Head and tail markers keep this many degrees between them.
const MARKERS_APART: f64 = 22.0;

/// Radius at which a pointer on the ring's edge ends.
const POINTER_END: f64 = OUTER + 17.0;
/// Size of a marker's label.
pub const LABEL_WIDTH: f64 = 56.0;
/// Size of a marker's label.
pub const LABEL_HEIGHT: f64 = 28.0;

/// How much a slot can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Value and the slot's name.
    Named,
    /// Value, and the slot's number inside the ring.
    Numbered,
    /// Held or free only.
    Bare,
    /// No slots: the held window as one arc.
    Window,
}

impl Detail {
    fn of(capacity: usize) -> Self {
        if capacity <= NAMES_DRAWN_MAX {
            Self::Named
        } else if capacity <= VALUES_DRAWN_MAX {
            Self::Numbered
        } else if capacity <= SLOTS_DRAWN_MAX {
            Self::Bare
        } else {
            Self::Window
        }
    }
}

/// What the last call did to a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// enQueue put a value there.
    Written,
    /// deQueue left it.
    Left,
    /// Front or Rear read it.
    Read,
}

/// One slot.
#[derive(Clone, Debug, PartialEq)]
pub struct SlotPicture {
    /// From 0, at the top, clockwise.
    pub index: usize,
    /// The outline, as an SVG path.
    pub path: String,
    /// The value held; none if free.
    pub value: Option<u16>,
    /// Where the value is written.
    pub value_at: (f64, f64),
    /// Where the slot's name or number is written.
    pub name_at: (f64, f64),
    /// What the last call did to it.
    pub touch: Option<Touch>,
}

/// The marker of head or tail.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Marker {
    /// The slot that it points at.
    pub slot: usize,
    /// Degrees of its pointer on the ring's edge, growing with every turn.
    pub pointer_angle: f64,
    /// Degrees of its label, moved aside where the two would meet.
    pub label_angle: f64,
    /// How far from the centre the label's middle is, so that it clears the pointer on every side.
    pub label_radius: f64,
}

/// The whole ring.
#[derive(Clone, Debug, PartialEq)]
pub struct RingPicture {
    /// `k`.
    pub capacity: usize,
    /// Values held.
    pub count: usize,
    /// How much a slot can show.
    pub detail: Detail,
    /// The slots; empty when only the window is drawn.
    pub slots: Vec<SlotPicture>,
    /// The whole ring as one outline, when slots are not drawn.
    pub whole: Option<String>,
    /// The held window as one outline, when slots are not drawn and something is held.
    pub held: Option<String>,
    /// The slot of Front.
    pub head: Marker,
    /// The slot that the next enQueue writes.
    pub tail: Marker,
    /// The last call was refused: full or empty.
    pub refused: bool,
}

/// Figures of at most this many characters fit the middle in large type.
const LARGE_FIGURE_CHARS: usize = 7;

impl RingPicture {
    /// The ring after the calls made.
    #[must_use]
    pub fn of(replay: &Replay) -> Self {
        let queue = replay.queue();
        let (capacity, count) = (queue.capacity(), queue.count());
        let detail = Detail::of(capacity);
        let drawn = if detail == Detail::Window { 0 } else { capacity };
        let (head, tail) = markers(replay);
        Self {
            capacity,
            count,
            detail,
            slots: (0..drawn).map(|slot| slot_picture(replay, detail, slot)).collect(),
            whole: (detail == Detail::Window).then(annulus_path),
            held: (detail == Detail::Window && count > 0).then(|| arc_path(queue.head(), count, capacity)),
            head,
            tail,
            refused: is_refused(replay),
        }
    }

    /// The figure in the middle, and whether it fits there in large type.
    #[must_use]
    pub fn middle(&self) -> (String, bool) {
        let figure = format!("{} / {}", self.count, self.capacity);
        let fits = figure.len() <= LARGE_FIGURE_CHARS;
        (figure, fits)
    }

    /// The picture in words, for readers who do not see it.
    #[must_use]
    pub fn description(&self) -> String {
        let Self { capacity, count, head, tail, .. } = self;
        let slots = if *capacity == 1 { "1 slot".to_owned() } else { format!("{capacity} slots") };
        format!("A ring of {slots}, {count} taken. head is slot {}, tail is slot {}.", head.slot, tail.slot)
    }
}

fn is_refused(replay: &Replay) -> bool {
    let last = replay.last();
    matches!(last.operation, Operation::EnQueue { .. } | Operation::DeQueue) && last.touched.is_none()
}

fn slot_picture(replay: &Replay, detail: Detail, slot: usize) -> SlotPicture {
    let queue = replay.queue();
    let last = replay.last();
    let angle = angle_of(slot, queue.capacity());
    // A little outside the middle, where a slot is wider.
    let middle = point(angle, f64::midpoint(INNER, OUTER) + 3.0);
    let (value_at, name_at) = match detail {
        Detail::Numbered => (point(angle, OUTER - 26.0), point(angle, INNER + 14.0)),
        _ => ((middle.0, middle.1 - 2.0), (middle.0, middle.1 + 17.0)),
    };
    SlotPicture {
        index: slot,
        path: arc_path(slot, 1, queue.capacity()),
        value: queue.held_in(slot).map(|value| value.get()),
        value_at,
        name_at,
        touch: match (last.touched, last.operation) {
            (Some((touched, _)), operation) if touched == slot => match operation {
                Operation::EnQueue { .. } => Some(Touch::Written),
                Operation::DeQueue => Some(Touch::Left),
                _ => Some(Touch::Read),
            },
            _ => None,
        },
    }
}

fn markers(replay: &Replay) -> (Marker, Marker) {
    let queue = replay.queue();
    let window = replay.window();
    let head_angle = angle_of(window.removed, queue.capacity());
    let tail_angle = angle_of(window.added, queue.capacity());
    let apart = (tail_angle - head_angle).rem_euclid(360.0);
    // The tail is `apart` degrees ahead of the head, clockwise. Close together, each label gives way half of what is missing.
    let (head_aside, tail_aside) = if apart < MARKERS_APART {
        let missing = MARKERS_APART - apart;
        (-missing / 2.0, missing / 2.0)
    } else if 360.0 - apart < MARKERS_APART {
        let missing = MARKERS_APART - (360.0 - apart);
        (missing / 2.0, -missing / 2.0)
    } else {
        (0.0, 0.0)
    };
    let pointer_aside = if queue.head() == queue.tail() { (90.0 / queue.capacity() as f64).min(4.0) } else { 0.0 };
    (
        marker(queue.head(), head_angle - pointer_aside, head_angle + head_aside),
        marker(queue.tail(), tail_angle + pointer_aside, tail_angle + tail_aside),
    )
}

fn marker(slot: usize, pointer_angle: f64, label_angle: f64) -> Marker {
    let (sin, cos) = label_angle.to_radians().sin_cos();
    let label_radius = POINTER_END + sin.abs() * LABEL_WIDTH / 2.0 + cos.abs() * LABEL_HEIGHT / 2.0;
    Marker { slot, pointer_angle, label_angle, label_radius }
}
