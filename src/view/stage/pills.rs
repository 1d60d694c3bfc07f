//! Where the words of a message stand: at its place on the wire, or as near to it as they cover no control and no other words.
//!
//! The place itself is never moved: it is the message's (t − sent) / (arrives − sent) of its wire.

use super::{Geometry, Point, Rect};
use crate::view::frame::Flight;

/// Height of a pill.
pub const PILL_HEIGHT: f64 = 20.0;
/// Size of its letters.
pub const FONT_SIZE: f64 = 11.0;
/// Most records that a pill shows as squares, in two rows.
pub const SQUARES_MAX: usize = 6;
/// Side of such a square, and from one to the next.
pub const SQUARE: f64 = 7.0;
/// From one square to the next.
pub const SQUARE_STEP: f64 = 8.0;
/// Between a pill's edge and what stands in it.
pub const PADDING: f64 = 8.0;

/// What a letter of a monospace typeface takes of its size: 0.602 in the widest that the page names.
const LETTER: f64 = FONT_SIZE * 0.602;
/// Between two pills, and between a pill and a control.
const CLEARANCE: f64 = 2.0;
/// How many rows up and down are tried.
const ROWS: i32 = 5;
/// Most pills that are laid out; more stand where they are.
const LAID_OUT_MAX: usize = 48;

/// The words of one message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pill {
    /// The message's place in the list.
    pub flight: usize,
    /// Where the message is.
    pub place: Point,
    /// Where its words stand.
    pub rect: Rect,
}

impl Pill {
    /// The words do not stand at the message's place, so a line joins them.
    #[must_use]
    pub fn is_aside(&self) -> bool {
        let (x, y) = (self.rect.x + self.rect.width / 2.0, self.rect.y + self.rect.height / 2.0);
        (x - self.place.x).hypot(y - self.place.y) > 3.0
    }
}

impl Geometry {
    /// The pills of what is followed by the eye, in the order in which they are painted: errors last, so on top. `moment` is the
    /// virtual time at which a message is shown, in microseconds.
    #[must_use]
    pub fn pills(&self, flights: &[Flight], moment: impl Fn(&Flight) -> u64) -> Vec<Pill> {
        let followed = flights.iter().enumerate().filter(|(_, flight)| flight.kind.is_followed());
        let mut pills: Vec<Pill> = followed
            .filter_map(|(number, flight)| {
                let place = self.place(flight, moment(flight))?;
                Some(Pill { flight: number, place, rect: around(place, width(flight)) })
            })
            .collect();
        // Who is laid out first gets the better place.
        pills.sort_by_key(|pill| (flights[pill.flight].error.is_none(), flights[pill.flight].id));
        for number in 0..pills.len().min(LAID_OUT_MAX) {
            pills[number].rect = self.free_place(pills[number].rect, &pills[..number]);
        }
        pills.reverse();
        pills
    }

    /// The nearest place without a control or a pill; the wanted one if there is none.
    fn free_place(&self, wanted: Rect, laid_out: &[Pill]) -> Rect {
        let taken = || self.controls.iter().chain(laid_out.iter().map(|pill| &pill.rect));
        let mut best: Option<(f64, Rect)> = None;
        for row in -ROWS..=ROWS {
            let level = Rect { y: wanted.y + f64::from(row) * (PILL_HEIGHT + CLEARANCE), ..wanted };
            let beside = taken()
                .filter(|other| overlaps(other, &Rect { x: other.x, ..level }))
                .flat_map(|other| [other.x - wanted.width - CLEARANCE, other.x + other.width + CLEARANCE]);
            for x in std::iter::once(wanted.x).chain(beside) {
                let candidate = Rect { x, ..level };
                let cost = (x - wanted.x).abs() + (level.y - wanted.y).abs();
                let is_better = best.is_none_or(|(least, _)| cost < least);
                if is_better && self.holds(&candidate) && !taken().any(|other| overlaps(other, &candidate)) {
                    best = Some((cost, candidate));
                }
            }
        }
        best.map_or(wanted, |(_, rect)| rect)
    }

    /// Whether a rectangle lies on the stage.
    fn holds(&self, rect: &Rect) -> bool {
        rect.x >= 0.0
            && rect.y >= 0.0
            && rect.x + rect.width <= self.size.width
            && rect.y + rect.height <= self.size.height
    }
}

/// How many squares a message has.
#[must_use]
pub fn squares(flight: &Flight) -> usize {
    flight.payload.iter().map(|part| part.records.len()).sum::<usize>().min(SQUARES_MAX)
}

/// What the squares take, with the gap to the words.
#[must_use]
#[allow(clippy::cast_precision_loss)] // at most six
pub fn squares_width(count: usize) -> f64 {
    if count == 0 { 0.0 } else { count.div_ceil(2) as f64 * SQUARE_STEP + 3.0 }
}

#[allow(clippy::cast_precision_loss)] // a label is short
fn width(flight: &Flight) -> f64 {
    flight.label.chars().count() as f64 * LETTER + squares_width(squares(flight)) + 2.0 * PADDING
}

fn around(place: Point, width: f64) -> Rect {
    Rect { x: place.x - width / 2.0, y: place.y - PILL_HEIGHT / 2.0, width, height: PILL_HEIGHT }
}

fn overlaps(a: &Rect, b: &Rect) -> bool {
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::frame::{FlightKind, Node};

    const CRASH: Rect = Rect { x: 420.0, y: 6.0, width: 70.0, height: 28.0 };

    /// A producer and a broker with a button at its right, and a consumer to the right of both.
    fn stage() -> Geometry {
        let card = |node: Node, x: f64, width: f64| (node.key(), Rect { x, y: 0.0, width, height: 200.0 });
        let cards = [
            card(Node::Producer(0), 0.0, 200.0),
            card(Node::Broker(1), 260.0, 240.0),
            card(Node::Consumer(0), 560.0, 140.0),
        ];
        let title = Rect { x: 272.0, y: 10.0, width: 60.0, height: 20.0 };
        Geometry {
            size: Rect { x: 0.0, y: 0.0, width: 700.0, height: 300.0 },
            cards: cards.into_iter().collect(),
            controls: vec![title, CRASH],
        }
    }

    fn flight(id: u64, from: Node, to: Node, label: &str, error: Option<&'static str>) -> Flight {
        Flight {
            id,
            kind: FlightKind::ProduceResponse,
            from,
            to,
            sent_us: 0,
            arrives_us: 1_000,
            label: label.to_string(),
            error,
            payload: Vec::new(),
        }
    }

    #[test]
    fn words_cover_no_control_and_no_other_words() {
        let stage = stage();
        let (producer, broker, consumer) = (Node::Producer(0), Node::Broker(1), Node::Consumer(0));
        let flights: Vec<Flight> = (0..6)
            .map(|id| match id % 3 {
                0 => flight(id, producer, broker, "P0 ×5", None),
                1 => flight(id, broker, producer, "ack P0", None),
                _ => flight(id, consumer, broker, "fetch 1234", None),
            })
            .collect();
        for now_us in (0..=1_000).step_by(20) {
            let pills = stage.pills(&flights, |_| now_us);
            assert_eq!(pills.len(), flights.len());
            for (number, pill) in pills.iter().enumerate() {
                assert!(!stage.controls.iter().any(|control| overlaps(control, &pill.rect)), "at {now_us}: {pill:?}");
                assert!(
                    !pills[..number].iter().any(|other| overlaps(&other.rect, &pill.rect)),
                    "at {now_us}: {pill:?}"
                );
                let there = stage.place(&flights[pill.flight], now_us).expect("both are on the stage");
                assert_eq!(pill.place, there, "the message itself stays on its wire");
            }
        }
    }

    #[test]
    fn an_error_has_the_first_choice_and_lies_on_top() {
        let stage = stage();
        let (producer, broker) = (Node::Producer(0), Node::Broker(1));
        let flights = [
            flight(1, broker, producer, "ack P0", None),
            flight(2, broker, producer, "NOT_LEADER_OR_FOLLOWER", Some("NOT_LEADER_OR_FOLLOWER")),
            flight(3, broker, producer, "ack P0", None),
        ];
        let pills = stage.pills(&flights, |_| 500);
        assert_eq!(pills.last().map(|pill| pill.flight), Some(1), "painted last");
        let alone = stage.pills(&flights[1..2], |_| 500);
        assert_eq!(pills.last().map(|pill| pill.rect), alone.first().map(|pill| pill.rect), "as if it were alone");
    }
}
