//! Where the signs of the timeline stand: at their moment, or as near to it as no sign covers another.

/// A sign's width with its clearance, in CSS pixels.
pub const SIGN: f64 = 15.0;

/// The places of signs whose moments lie at `wanted`, rising, on a row of this width; both in CSS pixels. Signs too near each other give way
/// to both sides; of more than the row holds, each gives way as far as there is room.
#[must_use]
#[allow(clippy::cast_precision_loss)] // at most some hundred signs
pub fn places(wanted: &[f64], width: f64) -> Vec<f64> {
    let step = if wanted.len() > 1 { SIGN.min(width / (wanted.len() - 1) as f64) } else { SIGN };
    let mut groups: Vec<Group> = Vec::new();
    for place in wanted {
        let mut group = Group { places: vec![*place], first: place.clamp(0.0, width) };
        while let Some(before) = groups.pop_if(|before| before.end(step) > group.first) {
            group = before.joined(group, step, width);
        }
        groups.push(group);
    }
    groups.iter().flat_map(|group| (0..group.places.len()).map(|at| group.first + at as f64 * step)).collect()
}

/// Signs that stand side by side.
struct Group {
    places: Vec<f64>,
    /// Where the first of them stands.
    first: f64,
}

impl Group {
    /// Where the next sign may stand.
    #[allow(clippy::cast_precision_loss)] // at most some hundred signs
    fn end(&self, step: f64) -> f64 {
        self.first + self.places.len() as f64 * step
    }

    /// Both groups as one, its middle where the middle of their moments is, within the row.
    #[allow(clippy::cast_precision_loss)] // at most some hundred signs
    fn joined(mut self, other: Group, step: f64, width: f64) -> Group {
        self.places.extend(other.places);
        let count = self.places.len() as f64;
        let middle = self.places.iter().sum::<f64>() / count;
        let span = (count - 1.0) * step;
        let first = (middle - span / 2.0).min(width - span).max(0.0);
        Group { first, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(wanted: &[f64], width: f64, expected: &[f64]) {
        assert_eq!(places(wanted, width), expected);
    }

    #[test]
    fn signs_stand_at_their_moment_or_side_by_side() {
        check(&[], 500.0, &[]);
        check(&[10.0, 40.0, 400.0], 500.0, &[10.0, 40.0, 400.0]);
        check(&[100.0, 100.0], 500.0, &[92.5, 107.5]);
        check(
            &[100.0, 100.0, 104.0, 300.0],
            500.0,
            &[86.333_333_333_333_33, 101.333_333_333_333_33, 116.333_333_333_333_33, 300.0],
        );
    }

    #[test]
    fn a_group_pushes_the_one_before_it() {
        check(&[80.0, 100.0, 100.0, 100.0], 500.0, &[72.5, 87.5, 102.5, 117.5]);
    }

    #[test]
    fn signs_stay_in_the_row() {
        check(&[0.0, 0.0], 500.0, &[0.0, 15.0]);
        check(&[500.0, 500.0, 500.0], 500.0, &[470.0, 485.0, 500.0]);
        check(&[7.0; 5], 20.0, &[0.0, 5.0, 10.0, 15.0, 20.0]);
    }
}
