//! Readers' flags on a segment's strip: where they stand, and on which side and in which row their words have room.

use super::log_view::{LogSegment, LogView};

/// A flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReaderFlag {
    /// `billing 438`, or all who stand at the same place.
    pub words: String,
    /// Where it stands, in hundredths of a per cent of the strip.
    pub at: u64,
    /// The words stand to the left of the line: to the right the strip ends.
    pub to_the_left: bool,
    /// 0, or 1 if the words would run into those of the flag before.
    pub row: u8,
}

/// Right of this, in hundredths of a per cent, words go to the left.
const TURN: u64 = 5_500;
/// What a letter takes of a strip of the least width, in hundredths of a per cent: 7 of 190 pixels.
const LETTER: u64 = 370;

impl ReaderFlag {
    /// From where to where its words reach.
    fn reach(&self) -> (u64, u64) {
        let width = self.words.chars().count() as u64 * LETTER;
        if self.to_the_left { (self.at.saturating_sub(width), self.at) } else { (self.at, self.at + width) }
    }
}

/// The flags of the readers that stand in `segment`; `widest` is the bytes that the whole strip stands for.
#[must_use]
pub fn reader_flags(log: &LogView, segment: &LogSegment, widest: u32) -> Vec<ReaderFlag> {
    let mut places: Vec<(i64, Vec<&str>)> = Vec::new();
    for (name, offset) in &log.readers {
        match places.iter_mut().find(|(place, _)| place == offset) {
            Some((_, names)) => names.push(name),
            None => places.push((*offset, vec![name])),
        }
    }
    places.sort_unstable();
    let mut flags: Vec<ReaderFlag> = Vec::new();
    for (offset, names) in places {
        let Some(position) = segment.position_of(offset) else { continue };
        let at = u64::from(position) * 10_000 / u64::from(widest.max(1));
        let mut flag =
            ReaderFlag { words: format!("{} {offset}", names.join(", ")), at, to_the_left: at > TURN, row: 0 };
        let (start, end) = flag.reach();
        let runs_into = |other: &&ReaderFlag| other.row == 0 && other.reach().0 <= end && start <= other.reach().1;
        flag.row = u8::from(flags.iter().any(|other| runs_into(&other)));
        flags.push(flag);
    }
    flags
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::log_view::{LogBatch, ScanStep};

    /// A segment of ten batches of ten records and a hundred bytes, and the flags of readers in it as text.
    #[track_caller]
    fn check(readers: &[(&str, i64)], drawn: &str) {
        let batch = |number: i64| LogBatch {
            base_offset: number * 10,
            last_offset: number * 10 + 9,
            position: number as u32 * 100,
            bytes: 100,
            step: ScanStep::None,
        };
        let segment = LogSegment {
            base_offset: 0,
            next_offset: 100,
            file: String::new(),
            bytes: 1_000,
            active: true,
            due: None,
            index_entries: 0,
            batches: (0..10).map(batch).collect(),
        };
        let readers = readers.iter().map(|(name, offset)| ((*name).to_string(), *offset)).collect();
        let log = LogView { readers, ..LogView::default() };
        let word = |flag: &ReaderFlag| {
            let side = if flag.to_the_left { "<" } else { ">" };
            format!("{}{side}{}/{}", flag.words, flag.at, flag.row)
        };
        let words: Vec<String> = reader_flags(&log, &segment, 1_000).iter().map(word).collect();
        assert_eq!(words.join(" | "), drawn);
    }

    #[test]
    fn words_stay_on_the_strip_and_apart() {
        check(&[("billing", 3)], "billing 3>0/0");
        check(&[("billing", 100)], "billing 100<10000/0");
        check(&[("billing", 100), ("audit", 100)], "billing, audit 100<10000/0");
        check(&[("billing", 100), ("audit", 85)], "audit 85<8000/0 | billing 100<10000/1");
        check(&[("billing", 5), ("audit", 95)], "billing 5>0/0 | audit 95<9000/0");
        check(&[("elsewhere", 700)], "");
    }
}
