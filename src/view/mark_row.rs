//! Where the signs of the timeline stand: at their moments. Marks that fall together share a sign, as a sign beside its moment would tell of
//! another one.

use std::ops::Range;

/// A sign's width with its clearance, in CSS pixels.
pub const SIGN: f64 = 15.0;

/// A sign, for one mark or for several.
#[derive(Clone, Debug, PartialEq)]
pub struct Sign {
    /// Its middle, in CSS pixels from the row's start: never farther than half a [`SIGN`] from the moment of any of its marks.
    pub place: f64,
    /// Which marks it stands for, by their place among all.
    pub marks: Range<usize>,
}

/// The signs for marks whose moments lie at `wanted`, rising, on a row of this width; both in CSS pixels. A row that has no width yet has none.
#[must_use]
pub fn signs(wanted: &[f64], width: f64) -> Vec<Sign> {
    if width <= 0.0 {
        return Vec::new();
    }
    // The row is cut into slots, each with at most one sign. In the middles of their slots no two signs touch, and a slot is no wider than
    // a sign: there every sign is near enough to its moments.
    let slot = width / (width / SIGN).ceil();
    let slot_of = |place: f64| (place.clamp(0.0, width) / slot).round();
    let mut signs = Vec::new();
    let mut middles = Vec::new();
    let mut first = 0;
    for marks in wanted.chunk_by(|a, b| slot_of(*a) == slot_of(*b)) {
        let (from, until) = (marks[0], marks[marks.len() - 1]);
        signs.push(Sign { place: from.midpoint(until).clamp(0.0, width), marks: first..first + marks.len() });
        middles.push(slot_of(from) * slot);
        first += marks.len();
    }
    give_way(&mut signs, &middles, slot);
    signs
}

/// Puts signs that touch into the middles of their slots, until none touch.
fn give_way(signs: &mut [Sign], middles: &[f64], slot: f64) {
    // What rounding may take from a slot.
    const EPSILON: f64 = 1e-6;
    let mut has_moved = true;
    while has_moved {
        has_moved = false;
        for right in 1..signs.len() {
            if signs[right].place - signs[right - 1].place < slot - EPSILON {
                for at in [right - 1, right] {
                    has_moved |= (signs[at].place - middles[at]).abs() > EPSILON;
                    signs[at].place = middles[at];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(wanted: &[f64], width: f64, expected: &[(f64, usize)]) {
        let found: Vec<_> = signs(wanted, width).iter().map(|sign| (sign.place, sign.marks.len())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_sign_stands_at_its_moment_and_marks_of_one_moment_share_one() {
        check(&[], 600.0, &[]);
        check(&[10.0], 0.0, &[]);
        check(&[10.0, 40.0, 400.0], 600.0, &[(10.0, 1), (40.0, 1), (400.0, 1)]);
        check(&[100.0, 100.0, 104.0, 300.0], 600.0, &[(102.0, 3), (300.0, 1)]);
        check(&[0.0, 0.0, 600.0, 600.0], 600.0, &[(0.0, 2), (600.0, 2)]);
    }

    #[test]
    fn signs_that_would_touch_give_way_to_the_middles_of_their_slots() {
        check(&[97.0, 98.0], 600.0, &[(90.0, 1), (105.0, 1)]);
        check(&[81.0, 97.0, 98.0], 600.0, &[(75.0, 1), (90.0, 1), (105.0, 1)]);
    }

    /// Moments in a row as a run has them: many together, some alone. A congruential generator spreads them.
    fn crowd(count: usize, width: f64) -> Vec<f64> {
        let mut seed = 7_u32;
        let mut crowd: Vec<f64> = std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let part = f64::from(seed >> 16) / f64::from(u16::MAX);
            part * part * width * 0.6
        })
        .take(count)
        .collect();
        crowd.sort_by(f64::total_cmp);
        crowd
    }

    #[test]
    #[allow(clippy::cast_precision_loss)] // some hundred signs
    fn of_five_hundred_marks_each_has_a_sign_at_its_moment_and_no_two_signs_touch() {
        for width in [104.0, 331.0, 500.0, 777.7, 1_043.0] {
            let wanted = crowd(500, width);
            let signs = signs(&wanted, width);
            let mut marks = 0;
            for (at, sign) in signs.iter().enumerate() {
                assert_eq!(sign.marks.start, marks, "every mark has one sign");
                marks = sign.marks.end;
                for moment in &wanted[sign.marks.clone()] {
                    let aside = (sign.place - moment).abs();
                    assert!(aside <= SIGN / 2.0 + 1e-6, "{aside} from its moment in a row of {width}");
                }
                assert!((0.0..=width).contains(&sign.place));
                if let Some(next) = signs.get(at + 1) {
                    assert!(next.place - sign.place >= 12.0, "{} covers {}", next.place, sign.place);
                }
            }
            assert_eq!(marks, 500);
            assert!(signs.len() as f64 * SIGN > width * 0.4, "{} signs in a row of {width}", signs.len());
        }
    }
}
