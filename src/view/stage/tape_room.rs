//! How many records have room on a tape, so that the newest, which stand at its right end, are never cut off.
//!
//! Widths are those of `www/stage.css`, in CSS pixels at scale 1. If older blocks take more than is reckoned here, they shrink, not the records.

use super::{TapeCell, tape_cells};
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
/// Where compaction has removed records.
const EMPTIED: f64 = 18.0;
/// Where a segment starts.
const ROLL: f64 = 5.0;
/// Between two pieces.
const GAP: f64 = 3.0;
/// Edges and padding of the card and the track, and the watermark's line.
const AROUND: f64 = 42.0;
/// A dense tape's words stand to its left.
const DENSE_HEAD: f64 = 116.0;

/// How many of a tape's newest records fit on it. `card_width` is the broker's card's, in CSS pixels, and `scale` how large the stage's letters
/// are beside the smallest.
#[must_use]
pub fn records_fitting(card_width: f64, scale: f64, dense: bool, tape: &Tape) -> usize {
    let widths = Widths::of(tape);
    let room = card_width / scale.max(0.1) - AROUND - if dense { DENSE_HEAD } else { widths.watermark };
    if !tape.holes.is_empty() {
        return widths.fitting_between_gaps(room, tape);
    }
    let blocks = tape.segments.len().clamp(1, 2);
    let fitting = widths.fitting_beside(blocks, room);
    // A high watermark that stands before the first of these cuts a block in two.
    let cuts = tape.hw > tape.log_start && tape.hw < tape.leo.saturating_sub_unsigned(fitting as u64);
    if cuts { widths.fitting_beside(blocks + 1, room) } else { fitting }
}

/// What the pieces of a tape take at scale 1, with what stands between two of them.
struct Widths {
    record: f64,
    block: f64,
    /// The half of its words that may stand beyond its line: `HW 1234` is centred below it, and the line may stand at the very end.
    watermark: f64,
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)] // some hundreds of pixels, two dozen digits
impl Widths {
    fn of(tape: &Tape) -> Self {
        let letters = |count: usize| count as f64 * DIGIT;
        let digits = tape.leo.max(1).to_string().len();
        Self {
            record: (letters(digits) + CELL_EDGES).max(CELL_LEAST) + GAP,
            block: letters(2 * digits + 1) + BLOCK_EDGES + GAP,
            watermark: letters(digits + 3) / 2.0,
        }
    }

    /// How many records fit beside a number of blocks. Which records they are makes no difference, so that a tape does not jump.
    fn fitting_beside(&self, blocks: usize, room: f64) -> usize {
        ((room - blocks as f64 * self.block) / self.record).clamp(RECORDS.0, RECORDS.1) as usize
    }

    /// How many records fit with the gaps between them. A gap does not shrink, and how many there are depends on which records stand there.
    fn fitting_between_gaps(&self, room: f64, tape: &Tape) -> usize {
        let most = (room / self.record).clamp(RECORDS.0, RECORDS.1) as usize;
        let least = RECORDS.0 as usize;
        let fits =
            |records: &usize| tape_cells(tape, *records).iter().map(|cell| self.piece(cell)).sum::<f64>() <= room;
        (least..=most).rev().find(fits).unwrap_or(least)
    }

    fn piece(&self, cell: &TapeCell) -> f64 {
        match cell {
            TapeCell::Block { .. } => self.block,
            TapeCell::Gap { .. } => EMPTIED + GAP,
            TapeCell::Roll(_) => ROLL + GAP,
            TapeCell::Record(_) => self.record,
            // Its line is reckoned with what is around.
            TapeCell::Watermark(_) => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::frame::{RecordDot, RecordState, Role, SegmentBlock};

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

    /// A tape on which every record up to `cleaned` is one of a pair whose other one compaction has removed.
    fn compacted(leo: i64, cleaned: i64) -> Tape {
        let dot = |offset| RecordDot {
            id: Some(offset as u64),
            offset: Some(offset),
            key: "k".into(),
            hue: Some(0),
            state: RecordState::Committed,
        };
        Tape {
            records: (0..leo).filter(|offset| *offset >= cleaned || offset % 2 == 1).map(dot).collect(),
            holes: (0..cleaned).step_by(2).map(|offset| (offset, offset)).collect(),
            ..tape(leo, 1)
        }
    }

    #[test]
    fn gaps_take_room_from_records() {
        let fitting = |tape: &Tape| records_fitting(720.0, 1.0, false, tape);
        assert_eq!(fitting(&compacted(90, 2)), 19, "the gap is far back, in a block");
        assert_eq!(fitting(&compacted(90, 80)), 16, "ten records without gaps, and six with five between them");
        assert_eq!(fitting(&compacted(90, 90)), 12, "a gap between any two");
        assert_eq!(records_fitting(90.0, 1.0, false, &compacted(90, 90)), 3);
    }

    #[test]
    fn a_compacted_tape_keeps_within_its_room() {
        for width in [260.0, 320.0, 470.0, 720.0, 1_200.0] {
            for cleaned in (0..=90).step_by(6) {
                let tape = compacted(90, cleaned);
                let widths = Widths::of(&tape);
                let cells = tape_cells(&tape, records_fitting(width, 1.0, false, &tape));
                let taken: f64 = cells.iter().map(|cell| widths.piece(cell)).sum();
                assert!(taken + widths.watermark + AROUND <= width, "{taken} of {width}, cleaned up to {cleaned}");
            }
        }
    }

    #[test]
    fn the_style_sheet_has_these_widths() {
        let styles = include_str!("../../../www/stage.css");
        for (class, width) in [
            ("tape-gap", format!("width: calc({EMPTIED}px * var(--scale));")),
            ("tape-roll", format!("width: {ROLL}px;")),
            ("tape-track", format!("gap: {GAP}px;")),
            ("cell", format!("min-width: calc({CELL_LEAST}px * var(--scale));")),
        ] {
            let rule = styles.split(&format!("\n.{class} {{")).nth(1).and_then(|rest| rest.split('}').next());
            assert!(rule.is_some_and(|rule| rule.contains(&width)), ".{class} is said to have `{width}`");
        }
    }

    #[test]
    fn larger_letters_leave_room_for_fewer_records() {
        check(720.0, 1.4, 170, 1, 11);
        check(90.0, 1.0, 170, 1, 3);
        check(9_000.0, 1.0, 170, 1, 40);
    }
}
