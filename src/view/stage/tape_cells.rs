//! A tape in cells: what is old stands as a block for its segment, the newest records one by one, the high watermark between. Where
//! compaction has removed records stands a gap: the offsets stay, and nothing moves up.

use crate::view::frame::{RecordDot, Tape};

/// Blocks of older segments that a tape shows; of more, the oldest are told as one.
const BLOCKS_MAX: usize = 2;

/// One piece of a tape, from left to right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TapeCell {
    /// Records of a segment that are not shown one by one.
    Block {
        /// The segment's first offset, which names its file; several segments go by the newest one's.
        segment: i64,
        /// First offset of what is told here.
        first: i64,
        /// Last offset of what is told here.
        last: i64,
        /// How many segments it stands for.
        segments: usize,
        /// All of it is below the high watermark; else none of it is.
        committed: bool,
        /// How many of its records compaction has removed.
        compacted: i64,
    },
    /// Offsets whose records compaction has removed.
    Gap {
        /// The first.
        first: i64,
        /// The last.
        last: i64,
        /// The segment that they belong to.
        segment: i64,
    },
    /// A new segment starts at this offset.
    Roll(i64),
    /// One record.
    Record(RecordDot),
    /// The high watermark: what is left of it is committed.
    Watermark(i64),
}

/// Tells a tape in at most `records_max` records and a few blocks.
#[must_use]
pub fn tape_cells(tape: &Tape, records_max: usize) -> Vec<TapeCell> {
    let skipped = tape.records.len().saturating_sub(records_max);
    let shown = &tape.records[skipped..];
    let first_shown = shown.first().and_then(|record| record.offset).unwrap_or(tape.leo);
    let mut watermark = Some(tape.hw);
    let mut cells = Vec::new();
    for block in blocks(tape, first_shown) {
        if watermark.is_some_and(|hw| hw <= block.first) {
            cells.extend(watermark.take().map(TapeCell::Watermark));
        }
        match watermark {
            Some(hw) if hw <= block.last => {
                cells.push(block.cell(tape, block.first, hw - 1, true));
                cells.extend(watermark.take().map(TapeCell::Watermark));
                cells.push(block.cell(tape, hw, block.last, false));
            }
            below => cells.push(block.cell(tape, block.first, block.last, below.is_some())),
        }
    }
    if tape.hw <= first_shown {
        cells.extend(watermark.take().map(TapeCell::Watermark));
    }
    for record in shown {
        let offset = record.offset.unwrap_or(tape.leo);
        if offset > first_shown && tape.segments.iter().any(|segment| segment.base_offset == offset) {
            cells.push(TapeCell::Roll(offset));
        }
        if watermark.is_some_and(|hw| hw <= offset) {
            cells.extend(watermark.take().map(TapeCell::Watermark));
        }
        cells.push(TapeCell::Record(record.clone()));
    }
    cells.extend(watermark.map(TapeCell::Watermark));
    with_gaps(tape, cells)
}

/// Puts a gap wherever the cells leave offsets out that compaction has emptied.
fn with_gaps(tape: &Tape, cells: Vec<TapeCell>) -> Vec<TapeCell> {
    if tape.holes.is_empty() {
        return cells;
    }
    let mut told = Vec::with_capacity(cells.len());
    let mut next = tape.holes.first().map_or(tape.leo, |(first, _)| *first);
    for cell in cells {
        let (from, to) = match &cell {
            TapeCell::Block { first, last, .. } | TapeCell::Gap { first, last, .. } => (*first, last + 1),
            TapeCell::Record(record) => {
                let offset = record.offset.unwrap_or(tape.leo);
                (offset, offset + 1)
            }
            TapeCell::Roll(offset) | TapeCell::Watermark(offset) => (*offset, *offset),
        };
        told.extend(gap(tape, next, from));
        next = next.max(to);
        match cell {
            TapeCell::Block { first, last, segment, compacted, .. } if compacted == last - first + 1 => {
                told.push(TapeCell::Gap { first, last, segment });
            }
            cell => told.push(cell),
        }
    }
    told.extend(gap(tape, next, tape.leo));
    told
}

/// The gap between two offsets, if there is one.
fn gap(tape: &Tape, from: i64, to: i64) -> Option<TapeCell> {
    let from = from.max(tape.log_start);
    (holes_between(tape, from, to - 1) > 0).then(|| {
        let segment = tape.segments.iter().rev().map(|segment| segment.base_offset).find(|base| *base <= from);
        TapeCell::Gap { first: from, last: to - 1, segment: segment.unwrap_or(from) }
    })
}

/// How many offsets of a stretch compaction has emptied.
fn holes_between(tape: &Tape, first: i64, last: i64) -> i64 {
    let of = |(from, to): &(i64, i64)| (last.min(*to) - first.max(*from) + 1).max(0);
    tape.holes.iter().map(of).sum()
}

/// Records of one or more segments that are told together.
struct Block {
    segment: i64,
    first: i64,
    last: i64,
    segments: usize,
}

impl Block {
    /// A part of it, which the high watermark does not cut.
    fn cell(&self, tape: &Tape, first: i64, last: i64, committed: bool) -> TapeCell {
        let compacted = holes_between(tape, first, last);
        TapeCell::Block { segment: self.segment, first, last, segments: self.segments, committed, compacted }
    }
}

/// What stands before the first record that is shown, a block a segment.
fn blocks(tape: &Tape, first_shown: i64) -> Vec<Block> {
    let older: Vec<_> = tape
        .segments
        .iter()
        .filter(|segment| {
            segment.base_offset.max(tape.log_start) < first_shown && segment.next_offset > segment.base_offset
        })
        .collect();
    let told_together = older.len().saturating_sub(BLOCKS_MAX - 1);
    let (together, single) = older.split_at(if older.len() > BLOCKS_MAX { told_together } else { 0 });
    let mut blocks = Vec::new();
    if let (Some(oldest), Some(newest)) = (together.first(), together.last()) {
        blocks.push(Block {
            segment: newest.base_offset,
            first: oldest.base_offset.max(tape.log_start),
            last: newest.next_offset - 1,
            segments: together.len(),
        });
    }
    blocks.extend(single.iter().map(|segment| Block {
        segment: segment.base_offset,
        first: segment.base_offset.max(tape.log_start),
        last: segment.next_offset.min(first_shown) - 1,
        segments: 1,
    }));
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::frame::{RecordState, Role, SegmentBlock};

    fn tape(leo: i64, hw: i64, bases: &[i64]) -> Tape {
        let dot = |offset| RecordDot {
            id: Some(offset as u64),
            offset: Some(offset),
            key: "k".into(),
            hue: Some(0),
            state: RecordState::Committed,
        };
        let segment = |(at, base): (usize, &i64)| SegmentBlock {
            base_offset: *base,
            next_offset: bases.get(at + 1).copied().unwrap_or(leo),
            bytes: 1,
            active: at + 1 == bases.len(),
        };
        Tape {
            broker: 1,
            role: Role::Leader,
            in_isr: true,
            leo,
            hw,
            segments: bases.iter().enumerate().map(segment).collect(),
            records: (0.max(leo - 48)..leo).map(dot).collect(),
            ..Tape::default()
        }
    }

    /// The same without these offsets.
    fn compacted(mut tape: Tape, holes: &[(i64, i64)]) -> Tape {
        let is_there = |record: &RecordDot| {
            let offset = record.offset.unwrap_or(-1);
            holes.iter().all(|(first, last)| !(*first..=*last).contains(&offset))
        };
        tape.records.retain(is_there);
        tape.holes = holes.to_vec();
        tape
    }

    /// Draws cells as text: `[0-3]` a block, `/4` a roll, `|` the watermark, numbers the records.
    #[track_caller]
    fn check(tape: &Tape, records_max: usize, drawn: &str) {
        let word = |cell: &TapeCell| match cell {
            TapeCell::Block { first, last, segments, committed, compacted, .. } => {
                let many = if *segments > 1 { format!(" in {segments}") } else { String::new() };
                let gone = if *compacted > 0 { format!(" -{compacted}") } else { String::new() };
                format!("[{first}-{last}{many}{gone}{}]", if *committed { "" } else { "?" })
            }
            TapeCell::Gap { first, last, .. } => format!("({first}-{last})"),
            TapeCell::Roll(offset) => format!("/{offset}"),
            TapeCell::Record(record) => record.offset.unwrap_or(-1).to_string(),
            TapeCell::Watermark(_) => "|".to_string(),
        };
        let words: Vec<String> = tape_cells(tape, records_max).iter().map(word).collect();
        assert_eq!(words.join(" "), drawn);
    }

    #[test]
    fn a_tape_is_told_from_its_newest_end() {
        check(&tape(0, 0, &[0]), 4, "|");
        check(&tape(3, 2, &[0]), 4, "0 1 | 2");
        check(&tape(3, 3, &[0]), 4, "0 1 2 |");
        check(&tape(9, 2, &[0]), 4, "[0-1] | [2-4?] 5 6 7 8");
        check(&tape(9, 0, &[0]), 4, "| [0-4?] 5 6 7 8");
        check(&tape(9, 5, &[0]), 4, "[0-4] | 5 6 7 8");
        check(&tape(9, 2, &[0, 2]), 4, "[0-1] | [2-4?] 5 6 7 8");
        check(&tape(9, 7, &[0, 6]), 4, "[0-4] 5 /6 6 | 7 8");
        check(&tape(9, 9, &[0, 2, 5]), 4, "[0-1] [2-4] 5 6 7 8 |");
        check(&tape(9, 9, &[0, 2, 3, 4]), 2, "[0-3 in 3] [4-6] 7 8 |");
    }

    #[test]
    fn what_compaction_removed_leaves_a_gap() {
        check(&compacted(tape(6, 6, &[0, 4]), &[(0, 1), (3, 3)]), 9, "(0-1) 2 (3-3) /4 4 5 |");
        check(&compacted(tape(9, 9, &[0, 5]), &[(1, 2)]), 4, "[0-4 -2] 5 6 7 8 |");
        check(&compacted(tape(9, 9, &[0, 5]), &[(0, 4)]), 4, "(0-4) 5 6 7 8 |");
        check(&compacted(tape(9, 7, &[0, 5]), &[(2, 4)]), 6, "0 1 (2-4) /5 5 6 | 7 8");
        check(&compacted(tape(4, 4, &[0, 4]), &[(2, 3)]), 4, "0 1 (2-3) |");
    }
}
