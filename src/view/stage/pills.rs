//! Where the words of a message stand: at its place on the wire, or as near to it as they cover no control and no other words.
//!
//! The place itself is never moved: it is the message's (t − sent) / (arrives − sent) of its wire.

use super::{Geometry, Point, Rect};
use crate::view::frame::Flight;

/// Most records that a pill shows as squares, in two rows.
pub const SQUARES_MAX: usize = 6;

/// What a letter of a monospace typeface takes of its size: 0.602 in the widest that the page names.
const LETTER: f64 = 0.602;
/// Between two pills, and between a pill and a control.
const CLEARANCE: f64 = 2.0;
/// How much further away a place may be, in pixels, if the words cover no card there.
const OFF_CARDS: f64 = 90.0;
/// How many rows up and down are tried.
const ROWS: i32 = 5;
/// Most pills that are laid out; more stand where they are.
const LAID_OUT_MAX: usize = 48;

/// How large a pill and its parts are, in CSS pixels: they grow with the letters of the stage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measures {
    /// Height of a pill.
    pub height: f64,
    /// Size of its letters.
    pub font_size: f64,
    /// Side of a square, which is a record.
    pub square: f64,
    /// From one square to the next.
    pub square_step: f64,
    /// Between a pill's edge and what stands in it.
    pub padding: f64,
}

impl Measures {
    /// The measures of a stage whose letters are `scale` times as large as the smallest.
    #[must_use]
    pub fn of(scale: f64) -> Self {
        let sized = |pixels: f64| pixels * scale;
        Self {
            height: sized(21.0),
            font_size: sized(12.0),
            square: sized(7.0),
            square_step: sized(8.0),
            padding: sized(8.0),
        }
    }

    /// What a number of squares takes, with the gap to the words.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // at most six
    pub fn squares_width(&self, count: usize) -> f64 {
        if count == 0 { 0.0 } else { count.div_ceil(2) as f64 * self.square_step + self.padding / 2.0 }
    }

    #[allow(clippy::cast_precision_loss)] // a label is short
    fn width(&self, flight: &Flight) -> f64 {
        let letters = flight.label.chars().count() as f64 * LETTER * self.font_size;
        letters + self.squares_width(squares(flight)) + 2.0 * self.padding
    }

    fn around(&self, place: Point, width: f64) -> Rect {
        Rect { x: place.x - width / 2.0, y: place.y - self.height / 2.0, width, height: self.height }
    }
}

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
        let measures = self.measures();
        let followed = flights.iter().enumerate().filter(|(_, flight)| flight.kind.is_followed());
        let mut pills: Vec<Pill> = followed
            .filter_map(|(number, flight)| {
                let place = self.place(flight, moment(flight))?;
                Some(Pill { flight: number, place, rect: measures.around(place, measures.width(flight)) })
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

    /// How large the pills are.
    #[must_use]
    pub fn measures(&self) -> Measures {
        Measures::of(self.scale)
    }

    /// The nearest place without a control or a pill, rather beside the cards than on one; the wanted one if there is none.
    ///
    /// A place that is further away than the best one so far is not looked at: this is laid out anew in every frame of the browser.
    fn free_place(&self, wanted: Rect, laid_out: &[Pill]) -> Rect {
        let taken = || self.controls.iter().chain(laid_out.iter().map(|pill| &pill.rect));
        let mut best: Option<(f64, Rect)> = None;
        let is_beaten = |best: &Option<(f64, Rect)>, cost: f64| best.is_some_and(|(least, _)| cost >= least);
        for row in rows_by_distance() {
            let level = Rect { y: wanted.y + f64::from(row) * (wanted.height + CLEARANCE), ..wanted };
            if is_beaten(&best, away(&wanted, &level)) {
                break;
            }
            let beside = taken()
                .chain(self.cards.values())
                .filter(|other| overlaps(other, &Rect { x: other.x, ..level }))
                .flat_map(|other| [other.x - wanted.width - CLEARANCE, other.x + other.width + CLEARANCE]);
            for x in std::iter::once(wanted.x).chain(beside) {
                let candidate = Rect { x, ..level };
                if is_beaten(&best, away(&wanted, &candidate)) || !self.holds(&candidate) {
                    continue;
                }
                let cost = self.cost(&wanted, &candidate);
                if !is_beaten(&best, cost) && !taken().any(|other| overlaps(other, &candidate)) {
                    best = Some((cost, candidate));
                }
            }
        }
        best.map_or(wanted, |(_, rect)| rect)
    }

    /// How far a place is from the wanted one; one on a card counts as further.
    fn cost(&self, wanted: &Rect, candidate: &Rect) -> f64 {
        let on_a_card = self.cards.values().any(|card| overlaps(card, candidate));
        away(wanted, candidate) + if on_a_card { OFF_CARDS } else { 0.0 }
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

/// The row of the message itself, then those above and below it, the nearest first.
fn rows_by_distance() -> impl Iterator<Item = i32> {
    std::iter::once(0).chain((1..=ROWS).flat_map(|row| [-row, row]))
}

/// How far one place is from another.
fn away(wanted: &Rect, candidate: &Rect) -> f64 {
    (candidate.x - wanted.x).abs() + (candidate.y - wanted.y).abs()
}

fn overlaps(a: &Rect, b: &Rect) -> bool {
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::common::Prng;
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
            ..Geometry::default()
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
    fn words_stand_beside_the_cards_where_they_have_room() {
        let stage = stage();
        let flights = [flight(1, Node::Consumer(0), Node::Broker(1), "ack", None)];
        for now_us in [0, 250, 500, 750, 1_000] {
            let pill = stage.pills(&flights, |_| now_us)[0];
            assert!(!stage.cards.values().any(|card| overlaps(card, &pill.rect)), "at {now_us}: {pill:?}");
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

    /// The cheapest of all places, none left out.
    fn cheapest(stage: &Geometry, wanted: Rect, laid_out: &[Pill]) -> f64 {
        let taken: Vec<Rect> = stage.controls.iter().copied().chain(laid_out.iter().map(|pill| pill.rect)).collect();
        let mut least = f64::INFINITY;
        for row in -ROWS..=ROWS {
            let level = Rect { y: wanted.y + f64::from(row) * (wanted.height + CLEARANCE), ..wanted };
            let near = taken.iter().chain(stage.cards.values()).filter(|it| overlaps(it, &Rect { x: it.x, ..level }));
            let beside = near.flat_map(|it| [it.x - wanted.width - CLEARANCE, it.x + it.width + CLEARANCE]);
            for x in beside.chain([wanted.x]) {
                let candidate = Rect { x, ..level };
                if stage.holds(&candidate) && !taken.iter().any(|it| overlaps(it, &candidate)) {
                    least = least.min(stage.cost(&wanted, &candidate));
                }
            }
        }
        least
    }

    #[test]
    fn no_cheaper_place_is_passed_over() {
        let mut prng = Prng::stream(11, "pills");
        let mut within = |most: u64| f64::from(u32::try_from(prng.below(most)).expect("it is small"));
        let mut aside = 0;
        for round in 0..400 {
            let controls: Vec<Rect> = (0..round % 24)
                .map(|_| Rect { x: within(640), y: within(280), width: 10.0 + within(90), height: 8.0 + within(30) })
                .collect();
            let stage = Geometry { controls, ..stage() };
            let wanted = Rect { x: within(600), y: within(270), width: 40.0 + within(60), height: 21.0 };
            let least = cheapest(&stage, wanted, &[]);
            let found = stage.free_place(wanted, &[]);
            let cost = if least.is_finite() { stage.cost(&wanted, &found) } else { f64::INFINITY };
            assert!(cost <= least + 1e-9, "round {round}: {found:?} costs {cost}, another place {least}");
            aside += usize::from(found != wanted);
        }
        assert!(aside > 100, "{aside} stood aside: there was something to choose");
    }
}
