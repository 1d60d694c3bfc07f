//! Where a menu stands that belongs to a place on the stage: below it if it fits there, else above, else where it fits best; never beyond
//! the edges of the room that it has, where it could not be reached.

use super::{Point, Rect};

/// Between the place and its menu, so that both are seen.
const GAP: f64 = 10.0;

/// The rectangle of a menu that would be as large as `width` and `height`, for a place on a stage of which `room` is seen. A menu that is
/// higher than the room is cut to its height.
#[must_use]
pub fn menu_place(at: Point, (width, height): (f64, f64), room: &Rect) -> Rect {
    let height = height.min(room.height);
    let bottom = room.y + room.height;
    let x = (at.x - width / 2.0).clamp(room.x, (room.right() - width).max(room.x));
    let (below, above) = (at.y + GAP, at.y - GAP - height);
    let fits = |y: f64| y >= room.y && y + height <= bottom;
    let y = match () {
        () if fits(below) => below,
        () if fits(above) => above,
        () => bottom - height,
    };
    Rect { x, y, width, height }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAGE: Rect = Rect { x: 0.0, y: 0.0, width: 900.0, height: 500.0 };

    #[track_caller]
    fn check(at: (f64, f64), size: (f64, f64), place: (f64, f64, f64)) {
        check_in(&STAGE, at, size, place);
    }

    #[track_caller]
    fn check_in(room: &Rect, at: (f64, f64), size: (f64, f64), place: (f64, f64, f64)) {
        let found = menu_place(Point::new(at.0, at.1), size, room);
        assert_eq!((found.x, found.y, found.height), place);
    }

    #[test]
    fn a_menu_stands_below_its_place_then_above_it_then_where_it_fits() {
        check((400.0, 100.0), (300.0, 200.0), (250.0, 110.0, 200.0));
        check((400.0, 400.0), (300.0, 200.0), (250.0, 190.0, 200.0));
        check((400.0, 250.0), (300.0, 400.0), (250.0, 100.0, 400.0));
        check((400.0, 250.0), (300.0, 800.0), (250.0, 0.0, 500.0));
    }

    #[test]
    fn a_menu_stays_between_the_edges() {
        check((10.0, 100.0), (300.0, 200.0), (0.0, 110.0, 200.0));
        check((890.0, 100.0), (300.0, 200.0), (600.0, 110.0, 200.0));
        check((100.0, 100.0), (1_000.0, 200.0), (0.0, 110.0, 200.0));
    }

    #[test]
    fn a_menu_stands_where_a_stage_that_was_scrolled_is_seen() {
        let seen = Rect { x: 200.0, y: 300.0, width: 500.0, height: 400.0 };
        check_in(&seen, (400.0, 350.0), (300.0, 300.0), (250.0, 360.0, 300.0));
        check_in(&seen, (400.0, 650.0), (300.0, 300.0), (250.0, 340.0, 300.0));
        check_in(&seen, (220.0, 320.0), (300.0, 900.0), (200.0, 300.0, 400.0));
        check_in(&seen, (400.0, 100.0), (300.0, 200.0), (250.0, 500.0, 200.0));
    }
}
