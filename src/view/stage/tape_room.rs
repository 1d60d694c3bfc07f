//! How many records have room on a tape, so that the newest, which stand at its right end, are never cut off.
//!
//! Widths are those of `www/stage.css`, in CSS pixels at scale 1. If older blocks take more than is reckoned here, they shrink, not the records.

use crate::view::frame::Tape;

/// Fewest and most records that stand on a tape.
const RECORDS: (f64, f64) = (3.0, 40.0);
/// What a digit takes in a record's cell and in a block.
const DIGIT: f64 = 7.3;
/// A cell's edges and padding, and how wide it is at least.
const CELL_EDGES: f64 = 9.0;
const CELL_LEAST: f64 = 28.0;
/// A block's edges and padding.
const BLOCK_EDGES: f64 = 15.0;
/// Between two cells.
const GAP: f64 = 3.0;
/// Edges and padding of the card and the track, and the watermark's line.
const AROUND: f64 = 42.0;
/// A dense tape's words stand to its left.
const DENSE_HEAD: f64 = 116.0;

/// How many of a tape's newest records fit on it. `card_width` is the broker's card's, in CSS pixels, and `scale` how large the stage's letters
/// are beside the smallest.
#[must_use]
pub fn records_fitting(card_width: f64, scale: f64, dense: bool, tape: &Tape) -> usize {
    let blocks = tape.segments.len().clamp(1, 2);
    let fitting = beside_blocks(card_width / scale.max(0.1), dense, tape, blocks);
    // A high watermark that stands before the first of these cuts a block in two.
    let cuts = tape.hw > tape.log_start && tape.hw < tape.leo.saturating_sub_unsigned(fitting as u64);
    if cuts { beside_blocks(card_width / scale.max(0.1), dense, tape, blocks + 1) } else { fitting }
}

/// How many records fit beside a number of blocks, on a card of this width at scale 1.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)] // some hundreds of pixels, two dozen digits
fn beside_blocks(card_width: f64, dense: bool, tape: &Tape, blocks: usize) -> usize {
    let letters = |count: usize| count as f64 * DIGIT;
    let digits = tape.leo.max(1).to_string().len();
    let cell = (letters(digits) + CELL_EDGES).max(CELL_LEAST) + GAP;
    let blocks = blocks as f64 * (letters(2 * digits + 1) + BLOCK_EDGES + GAP);
    // `HW 1234` is centred below its line, which may stand at the very end.
    let beside = if dense { DENSE_HEAD } else { letters(digits + 3) / 2.0 };
    ((card_width - AROUND - blocks - beside) / cell).clamp(RECORDS.0, RECORDS.1) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::frame::{Role, SegmentBlock};

    fn tape(leo: i64, segments: usize) -> Tape {
        let block = SegmentBlock { base_offset: 0, next_offset: leo, bytes: 1, active: true };
        Tape {
            broker: 1,
            role: Role::Leader,
            in_isr: true,
            leo,
            hw: leo,
            segments: vec![block; segments],
            ..Tape::default()
        }
    }

    /// Width of the card, scale, log end, segments, records that fit.
    #[track_caller]
    fn check(card_width: f64, scale: f64, leo: i64, segments: usize, fitting: usize) {
        assert_eq!(records_fitting(card_width, scale, false, &tape(leo, segments)), fitting);
    }

    #[test]
    fn longer_offsets_leave_room_for_fewer_records() {
        check(320.0, 1.0, 17, 1, 6);
        check(320.0, 1.0, 170, 1, 5);
        check(320.0, 1.0, 1_384, 1, 4);
        check(720.0, 1.0, 170, 1, 17);
        check(720.0, 1.0, 1_384, 1, 13);
        check(720.0, 1.0, 138_400, 1, 9);
        check(720.0, 1.0, 1_384, 4, 11);
    }

    #[test]
    fn a_watermark_in_a_block_makes_two_of_it() {
        let cut = Tape { hw: 100, ..tape(170, 1) };
        assert_eq!(records_fitting(720.0, 1.0, false, &cut), 15);
    }

    #[test]
    fn larger_letters_leave_room_for_fewer_records() {
        check(720.0, 1.4, 170, 1, 11);
        check(90.0, 1.0, 170, 1, 3);
        check(9_000.0, 1.0, 170, 1, 40);
    }
}
