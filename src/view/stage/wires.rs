//! The wires: from the cards' rectangles, a curve for each pair of nodes, and the place of a message on it.

use super::{Curve, Point};
use crate::view::frame::{Flight, Node};
use std::collections::BTreeMap;

/// A card's place on the stage, in CSS pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Rect {
    pub(super) fn right(&self) -> f64 {
        self.x + self.width
    }

    fn middle_x(&self) -> f64 {
        self.x + self.width / 2.0
    }
}

/// How far below a card's upper edge its wires arrive, so that they stay beside its title; times the stage's scale.
const ANCHOR_Y: f64 = 22.0;
/// How far two brokers' wire bulges out beside them.
const BULGE: f64 = 46.0;
/// How far wires rise above cards that stand in one row.
const RISE: f64 = 30.0;

/// Where the cards stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Geometry {
    /// The stage's size.
    pub size: Rect,
    /// Each card, by the key of its node.
    pub cards: BTreeMap<String, Rect>,
    /// What can be read or clicked on the cards and must stay in sight.
    pub controls: Vec<Rect>,
    /// How large its letters are, beside the smallest: 1 and more.
    pub scale: f64,
}

impl Default for Geometry {
    fn default() -> Self {
        Self { size: Rect::default(), cards: BTreeMap::new(), controls: Vec::new(), scale: 1.0 }
    }
}

impl Geometry {
    /// The wire between two nodes, from `from` to `to`; none if one of them is not on the stage.
    #[must_use]
    pub fn wire(&self, from: Node, to: Node) -> Option<Curve> {
        if rank(from) > rank(to) {
            return self.wire(to, from).map(|curve| curve.reversed());
        }
        let a = self.cards.get(&from.key())?;
        if to == Node::Administrator {
            return Some(if self.is_one_row() { from_above(a) } else { from_above_beside(a, self.scale) });
        }
        let b = self.cards.get(&to.key())?;
        Some(match (from, to) {
            _ if self.is_one_row() => over(a, b),
            (Node::Broker(_), Node::Broker(_)) | (Node::Controller(_), Node::Controller(_)) => beside(a, b, self.scale),
            _ => across(a, b, self.scale),
        })
    }

    /// A phone's stage: the brokers stand side by side, and so does everything else.
    fn is_one_row(&self) -> bool {
        let mut brokers = self.cards.iter().filter(|(key, _)| key.starts_with("broker-")).map(|(_, card)| card);
        let first = brokers.next();
        first.zip(brokers.next()).is_some_and(|(a, b)| (a.y - b.y).abs() < 1.0 && (a.x - b.x).abs() > 1.0)
    }

    /// The place of a message on its wire at a moment.
    #[must_use]
    pub fn place(&self, flight: &Flight, now_us: u64) -> Option<Point> {
        Some(self.wire(flight.from, flight.to)?.point_at(flight.fraction(now_us)))
    }
}

/// Cards are walked from producers over brokers to consumers and controllers.
fn rank(node: Node) -> (u8, i64) {
    match node {
        Node::Producer(index) => (0, i64::from(index)),
        Node::Broker(id) => (1, i64::from(id)),
        Node::Consumer(index) => (2, i64::from(index)),
        Node::Controller(id) => (3, i64::from(id)),
        Node::Administrator => (4, 0),
    }
}

/// From the right edge of the one to the left edge of the other.
fn across(a: &Rect, b: &Rect, scale: f64) -> Curve {
    let start = Point::new(a.right(), a.y + ANCHOR_Y * scale);
    let end = Point::new(b.x, b.y + ANCHOR_Y * scale);
    let reach = ((end.x - start.x) / 2.0).max(24.0);
    Curve { start, leave: Point::new(start.x + reach, start.y), arrive: Point::new(end.x - reach, end.y), end }
}

/// Between two brokers, which stand one above the other: out and back on their right side.
fn beside(a: &Rect, b: &Rect, scale: f64) -> Curve {
    let start = Point::new(a.right(), a.y + a.height * 0.62);
    let end = Point::new(b.right(), b.y + (ANCHOR_Y + 12.0) * scale);
    let out = BULGE * scale + (end.y - start.y).abs() / 24.0;
    Curve { start, leave: Point::new(start.x + out, start.y), arrive: Point::new(end.x + out, end.y), end }
}

/// To a card from the stage's upper edge: it comes from outside.
fn from_above(card: &Rect) -> Curve {
    let (start, end) = (Point::new(card.middle_x(), card.y), Point::new(card.middle_x(), 0.0));
    let between = Point::new(start.x, start.y / 2.0);
    Curve { start, leave: between, arrive: between, end }
}

/// The same where others stand above the card: down beside them.
fn from_above_beside(card: &Rect, scale: f64) -> Curve {
    let start = Point::new(card.right(), card.y + ANCHOR_Y * scale);
    let end = Point::new(start.x + BULGE * scale / 2.0, 0.0);
    Curve { start, leave: Point::new(end.x, start.y), arrive: Point::new(end.x, start.y / 2.0), end }
}

/// Between two cards in one row: over what stands between them.
fn over(a: &Rect, b: &Rect) -> Curve {
    let (start, end) = (Point::new(a.middle_x(), a.y), Point::new(b.middle_x(), b.y));
    Curve { start, leave: Point::new(start.x, start.y - RISE), arrive: Point::new(end.x, end.y - RISE), end }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn geometry(rects: &[(Node, [f64; 4])]) -> Geometry {
        let card = |(node, [x, y, width, height]): &(Node, [f64; 4])| {
            (node.key(), Rect { x: *x, y: *y, width: *width, height: *height })
        };
        Geometry { cards: rects.iter().map(card).collect(), ..Geometry::default() }
    }

    #[test]
    fn an_answer_goes_back_the_way_that_its_request_came() {
        let stage = geometry(&[
            (Node::Producer(0), [0.0, 0.0, 100.0, 200.0]),
            (Node::Broker(1), [200.0, 0.0, 300.0, 80.0]),
            (Node::Broker(2), [200.0, 100.0, 300.0, 80.0]),
        ]);
        for (from, to) in [(Node::Producer(0), Node::Broker(2)), (Node::Broker(2), Node::Broker(1))] {
            let there = stage.wire(from, to).expect("both are on the stage");
            let back = stage.wire(to, from).expect("both are on the stage");
            assert_eq!(there, back.reversed());
        }
        assert_eq!(stage.wire(Node::Producer(0), Node::Controller(1)), None);
    }

    #[test]
    fn wires_start_at_the_cards_edges() {
        let stage =
            geometry(&[(Node::Producer(0), [0.0, 0.0, 100.0, 200.0]), (Node::Broker(1), [200.0, 60.0, 300.0, 80.0])]);
        let wire = stage.wire(Node::Producer(0), Node::Broker(1)).expect("both are on the stage");
        assert_eq!((wire.start, wire.end), (Point::new(100.0, ANCHOR_Y), Point::new(200.0, 60.0 + ANCHOR_Y)));
    }

    #[test]
    fn what_an_administrator_asks_comes_from_above_the_stage() {
        let (first, second) =
            ((Node::Broker(1), [200.0, 60.0, 300.0, 80.0]), (Node::Broker(2), [200.0, 160.0, 300.0, 80.0]));
        let beside = (Node::Broker(2), [520.0, 60.0, 300.0, 80.0]);
        for (stage, arrives) in [
            (geometry(&[first, second]), Point::new(500.0, 160.0 + ANCHOR_Y)),
            (geometry(&[first, beside]), Point::new(670.0, 60.0)),
        ] {
            let way = stage.wire(Node::Administrator, Node::Broker(2)).expect("the broker is on the stage");
            assert_eq!((way.start.y, way.end), (0.0, arrives));
        }
        assert_eq!(geometry(&[first]).wire(Node::Administrator, Node::Broker(2)), None);
    }

    #[test]
    fn cards_in_one_row_are_joined_above_them() {
        let stage = geometry(&[
            (Node::Producer(0), [0.0, 50.0, 100.0, 200.0]),
            (Node::Broker(1), [120.0, 50.0, 100.0, 80.0]),
            (Node::Broker(2), [240.0, 50.0, 100.0, 80.0]),
        ]);
        let wire = stage.wire(Node::Producer(0), Node::Broker(2)).expect("both are on the stage");
        assert!(wire.point_at(0.5).y < 50.0);
    }
}
