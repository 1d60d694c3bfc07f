//! Where the words stand that say what is wrong with wires: in the middle of each, or elsewhere on it where those of another stand there.

use super::{Curve, Point};

/// Where on its wire a word is tried, as fractions of its length.
const FRACTIONS: [f64; 7] = [0.5, 0.38, 0.62, 0.28, 0.72, 0.18, 0.82];
/// Half the width of one sign of a word, in CSS pixels at a scale of 1.
const HALF_SIGN: f64 = 4.0;
/// Half the width of the drawn sign above the word.
const HALF_DRAWN: f64 = 8.0;
/// The height of the drawn sign with its word.
const HEIGHT: f64 = 34.0;

/// The places of words of so many signs on their wires, in the order given; the first ones stand in the middle. Where a wire has no free place,
/// its word stands in its middle.
#[must_use]
pub fn note_places(wires: &[(Curve, usize)], scale: f64) -> Vec<Point> {
    let mut places: Vec<(Point, f64)> = Vec::new();
    for (curve, signs) in wires {
        #[allow(clippy::cast_precision_loss)] // a short word
        let half = (*signs as f64 * HALF_SIGN).max(HALF_DRAWN) * scale;
        let is_free = |at: &Point| {
            let touches = |(other, other_half): &(Point, f64)| {
                (other.x - at.x).abs() < half + other_half && (other.y - at.y).abs() < HEIGHT * scale
            };
            !places.iter().any(touches)
        };
        let place = FRACTIONS.iter().map(|fraction| curve.point_at(*fraction)).find(is_free);
        places.push((place.unwrap_or_else(|| curve.point_at(0.5)), half));
    }
    places.into_iter().map(|(place, _)| place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(y: f64) -> Curve {
        let at = |x| Point::new(x, y);
        Curve { start: at(0.0), leave: at(100.0), arrive: at(200.0), end: at(300.0) }
    }

    #[test]
    fn words_far_from_each_other_stand_in_the_middle() {
        let places = note_places(&[(level(0.0), 3), (level(100.0), 3)], 1.0);
        let x: Vec<f64> = places.iter().map(|place| place.x.round()).collect();
        assert_eq!(x, [150.0, 150.0]);
    }

    #[test]
    fn a_word_moves_along_its_wire_to_where_no_other_stands() {
        let wires = [(level(0.0), 3), (level(10.0), 3), (level(20.0), 3)];
        let places = note_places(&wires, 1.0);
        for (at, place) in places.iter().enumerate() {
            for other in &places[at + 1..] {
                assert!((place.x - other.x).abs() >= 24.0, "{places:?}");
            }
            assert!((place.y - wires[at].0.start.y).abs() < 1e-9, "it stays on its wire: {places:?}");
        }
    }

    #[test]
    fn a_word_that_finds_no_place_stands_in_the_middle() {
        let short = Curve {
            start: Point::new(0.0, 0.0),
            leave: Point::new(2.0, 0.0),
            arrive: Point::new(4.0, 0.0),
            end: Point::new(6.0, 0.0),
        };
        let places = note_places(&[(short, 3), (short, 3)], 1.0);
        assert_eq!(places[0], places[1]);
    }
}
