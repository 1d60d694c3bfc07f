//! A cubic curve that can be walked by length: half of the fraction is half of the way.

/// A place on the stage, in CSS pixels from its top left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Down.
    pub y: f64,
}

impl Point {
    /// A place.
    #[must_use]
    pub fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    fn towards(self, other: Point, fraction: f64) -> Point {
        Point::new(self.x + (other.x - self.x) * fraction, self.y + (other.y - self.y) * fraction)
    }

    fn distance(self, other: Point) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

/// How many straight pieces stand for a curve when it is walked.
const PIECES: usize = 48;

/// A cubic Bézier curve from `start` to `end`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Curve {
    /// Where it starts.
    pub start: Point,
    /// What it leaves towards.
    pub leave: Point,
    /// What it arrives from.
    pub arrive: Point,
    /// Where it ends.
    pub end: Point,
}

impl Curve {
    fn at(&self, t: f64) -> Point {
        let (a, b, c) =
            (self.start.towards(self.leave, t), self.leave.towards(self.arrive, t), self.arrive.towards(self.end, t));
        a.towards(b, t).towards(b.towards(c, t), t)
    }

    /// The place at this fraction, 0 to 1, of the curve's length.
    #[must_use]
    pub fn point_at(&self, fraction: f64) -> Point {
        let mut points = [self.start; PIECES + 1];
        let mut lengths = [0.0; PIECES + 1];
        for piece in 1..=PIECES {
            #[allow(clippy::cast_precision_loss)] // 48 pieces
            let t = piece as f64 / PIECES as f64;
            points[piece] = self.at(t);
            lengths[piece] = lengths[piece - 1] + points[piece - 1].distance(points[piece]);
        }
        let wanted = lengths[PIECES] * fraction.clamp(0.0, 1.0);
        let piece = lengths[1..].partition_point(|length| *length < wanted).min(PIECES - 1);
        let span = lengths[piece + 1] - lengths[piece];
        let part = if span > 0.0 { (wanted - lengths[piece]) / span } else { 0.0 };
        points[piece].towards(points[piece + 1], part)
    }

    /// As SVG writes it.
    #[must_use]
    pub fn path(&self) -> String {
        let (s, l, a, e) = (self.start, self.leave, self.arrive, self.end);
        format!("M{:.1} {:.1}C{:.1} {:.1} {:.1} {:.1} {:.1} {:.1}", s.x, s.y, l.x, l.y, a.x, a.y, e.x, e.y)
    }

    /// The same curve, walked the other way.
    #[must_use]
    pub fn reversed(&self) -> Self {
        Self { start: self.end, leave: self.arrive, arrive: self.leave, end: self.start }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CURVE: Curve = Curve {
        start: Point { x: 0.0, y: 0.0 },
        leave: Point { x: 80.0, y: 0.0 },
        arrive: Point { x: 20.0, y: 100.0 },
        end: Point { x: 100.0, y: 100.0 },
    };

    #[test]
    fn equal_fractions_are_equal_lengths() {
        assert_eq!(CURVE.point_at(0.0), CURVE.start);
        assert!(CURVE.point_at(1.0).distance(CURVE.end) < 1e-9);
        let steps: Vec<f64> = (0..100)
            .map(|i| CURVE.point_at(f64::from(i) / 100.0).distance(CURVE.point_at(f64::from(i + 1) / 100.0)))
            .collect();
        let longest = steps.iter().copied().fold(0.0, f64::max);
        let shortest = steps.iter().copied().fold(f64::MAX, f64::min);
        assert!(longest / shortest < 1.05, "{shortest} to {longest}");
    }

    #[test]
    fn backwards_is_the_same_way() {
        let there = CURVE.point_at(0.3);
        let back = CURVE.reversed().point_at(0.7);
        assert!(there.distance(back) < 1e-9);
    }
}
