//! Where things lie on a ring: angles, points and the SVG path of an arc.
//!
//! Angles are in degrees, clockwise from the top; the centre is (0, 0) and y grows downward, as in SVG.

/// Radius of the ring's outer edge.
pub const OUTER: f64 = 150.0;
/// Radius of its inner edge.
pub const INNER: f64 = 82.0;
/// Space between two slots, along the edge.
const GAP: f64 = 5.0;

/// The angle of position `index` of `count` on the ring; positions past a whole turn go on growing.
#[must_use]
pub fn angle_of(index: usize, count: usize) -> f64 {
    index as f64 * 360.0 / count as f64
}

/// The point at an angle and a radius.
#[must_use]
pub fn point(angle: f64, radius: f64) -> (f64, f64) {
    let radians = angle.to_radians();
    (radius * radians.sin(), -radius * radians.cos())
}

/// The outline of a piece of ring `slots` slots long, of `count` in the whole ring, that begins with slot `first`.
///
/// A gap is left at both ends, also where a single piece goes all the way round.
#[must_use]
pub fn arc_path(first: usize, slots: usize, count: usize) -> String {
    let slot_angle = 360.0 / count as f64;
    let begin = angle_of(first, count) - slot_angle / 2.0;
    let end = begin + slot_angle * slots as f64;
    let inset = |radius: f64| (GAP / 2.0 / radius).to_degrees().min(slot_angle / 4.0);
    let large = u8::from(end - begin > 180.0);
    let (outer_begin, outer_end) = (point(begin + inset(OUTER), OUTER), point(end - inset(OUTER), OUTER));
    let (inner_end, inner_begin) = (point(end - inset(INNER), INNER), point(begin + inset(INNER), INNER));
    format!(
        "M{} A{OUTER} {OUTER} 0 {large} 1 {} L{} A{INNER} {INNER} 0 {large} 0 {} Z",
        pair(outer_begin),
        pair(outer_end),
        pair(inner_end),
        pair(inner_begin),
    )
}

/// The outline of the whole ring without slots: outer edge, and inner edge the other way round.
#[must_use]
pub fn annulus_path() -> String {
    let circle = |radius: f64, sweep: u8| {
        format!("M0 -{radius} A{radius} {radius} 0 1 {sweep} 0 {radius} A{radius} {radius} 0 1 {sweep} 0 -{radius} Z")
    };
    format!("{} {}", circle(OUTER, 1), circle(INNER, 0))
}

/// A coordinate with two digits after the point.
#[must_use]
pub fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    if text == "-0.00" { "0.00".to_owned() } else { text }
}

fn pair((x, y): (f64, f64)) -> String {
    format!("{} {}", number(x), number(y))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_go_clockwise_from_the_top() {
        let rounded = |(x, y): (f64, f64)| (number(x), number(y));
        assert_eq!(rounded(point(angle_of(0, 4), 10.0)), ("0.00".into(), "-10.00".into()));
        assert_eq!(rounded(point(angle_of(1, 4), 10.0)), ("10.00".into(), "0.00".into()));
        assert_eq!(rounded(point(angle_of(6, 4), 10.0)), ("0.00".into(), "10.00".into()));
    }

    #[test]
    fn slots_lie_side_by_side_and_a_single_one_goes_round() {
        assert_eq!(
            arc_path(0, 1, 4),
            "M-104.28 -107.82 A150 150 0 0 1 104.28 -107.82 L56.19 -59.72 A82 82 0 0 0 -56.19 -59.72 Z"
        );
        assert!(arc_path(0, 1, 1).contains("A150 150 0 1 1"), "more than half a turn is the large arc");
        assert!(arc_path(0, 1, 2).contains("A150 150 0 0 1"), "with its gaps, half a turn is the small one");
    }
}
