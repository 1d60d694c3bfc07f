//! Which leader epoch began at which offset: what tells a returning replica how much of its log is still everybody's.
//!
//! The rule it keeps: epochs and start offsets both ascend. A leader enters its epoch when it takes over; followers learn epochs from
//! the headers of the batches they copy. (`org.apache.kafka.storage.internals.epoch.LeaderEpochFileCache`)

use crate::engine::common::{LeaderEpoch, Offset};
use imbl::OrdMap;

/// A leader epoch and the offset of its first record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochEntry {
    /// The epoch.
    pub epoch: LeaderEpoch,
    /// Where it starts.
    pub start_offset: Offset,
}

/// The answer to "where does this epoch end": the epoch answered for may be a smaller one than was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochEndOffset {
    /// The largest known epoch that is not above the one asked for (or that one itself, before all known ones).
    pub epoch: LeaderEpoch,
    /// The offset after its last record.
    pub end_offset: Offset,
}

/// The epochs of one log. A clone shares its entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeaderEpochCache {
    entries: OrdMap<LeaderEpoch, Offset>,
}

impl LeaderEpochCache {
    /// A cache that knows no epoch.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Enters an epoch, at a take-over or an append. Entries that it contradicts (epoch or start not below) go first.
    pub fn assign(&mut self, epoch: LeaderEpoch, start_offset: Offset) {
        if self.latest().is_some_and(|latest| latest.epoch == epoch && latest.start_offset <= start_offset) {
            return;
        }
        self.remove_from_end(|entry| entry.epoch >= epoch || entry.start_offset >= start_offset);
        self.entries.insert(epoch, start_offset);
    }

    /// The latest epoch.
    #[must_use]
    pub fn latest(&self) -> Option<EpochEntry> {
        self.entries.get_max().map(|(epoch, start_offset)| entry((epoch, start_offset)))
    }

    /// Where `epoch` ends in a log that ends at `log_end_offset`; `None`: unknown, and no later one is known either.
    ///
    /// | asked for | answer |
    /// |---|---|
    /// | the latest epoch | itself, log end |
    /// | a later one is known, and one ≤ it | the largest known ≤ it, start of the next later one |
    /// | below all known | itself, start of the first known |
    /// | above all known, or nothing known | none |
    #[must_use]
    pub fn end_offset_for(&self, epoch: LeaderEpoch, log_end_offset: Offset) -> Option<EpochEndOffset> {
        if epoch == LeaderEpoch::NONE {
            return None;
        }
        if self.latest()?.epoch == epoch {
            return Some(EpochEndOffset { epoch, end_offset: log_end_offset });
        }
        let next = self.entries.range(LeaderEpoch(epoch.0.checked_add(1)?)..).next().map(entry)?;
        let floor = self.floor(epoch).map_or(epoch, |floor| floor.epoch);
        Some(EpochEndOffset { epoch: floor, end_offset: next.start_offset })
    }

    /// The entry of the largest epoch that is not above `epoch`.
    #[must_use]
    pub fn floor(&self, epoch: LeaderEpoch) -> Option<EpochEntry> {
        self.entries.range(..=epoch).next_back().map(entry)
    }

    /// The entry of the largest epoch below `epoch`.
    #[must_use]
    pub fn previous(&self, epoch: LeaderEpoch) -> Option<EpochEntry> {
        self.entries.range(..epoch).next_back().map(entry)
    }

    /// The epoch of the record at `offset`, if it is known.
    #[must_use]
    pub fn epoch_for_offset(&self, offset: Offset) -> Option<LeaderEpoch> {
        self.entries().take_while(|entry| entry.start_offset <= offset).last().map(|entry| entry.epoch)
    }

    /// Removes the epochs that start at or after `end_offset`, where the log was cut.
    pub fn truncate_from_end(&mut self, end_offset: Offset) {
        self.remove_from_end(|entry| entry.start_offset >= end_offset);
    }

    /// Replaces the epochs that start at or before the new log start by the last of them, which now starts there.
    pub fn truncate_from_start(&mut self, log_start_offset: Offset) {
        let gone: Vec<EpochEntry> = self.entries().take_while(|entry| entry.start_offset <= log_start_offset).collect();
        let Some(last) = gone.last() else { return };
        for entry in &gone {
            self.entries.remove(&entry.epoch);
        }
        self.entries.insert(last.epoch, log_start_offset);
    }

    /// Forgets every epoch.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// All epochs, ascending.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = EpochEntry> + '_ {
        self.entries.iter().map(entry)
    }

    /// The text of the file `leader-epoch-checkpoint`: version, count, then a line an epoch.
    #[must_use]
    pub fn to_checkpoint(&self) -> String {
        let mut text = format!("0\n{}\n", self.entries.len());
        for entry in self.entries() {
            text.push_str(&format!("{} {}\n", entry.epoch, entry.start_offset));
        }
        text
    }

    /// Reads the text of a `leader-epoch-checkpoint` file.
    ///
    /// # Errors
    /// A sentence that names the line: an unknown version, a count that does not fit, a line that is not two numbers.
    pub fn parse_checkpoint(text: &str) -> Result<Self, String> {
        let mut lines = text.lines();
        if lines.next().map(str::trim) != Some("0") {
            return Err("line 1: the version should be 0".to_string());
        }
        let count: usize = lines
            .next()
            .and_then(|line| line.trim().parse().ok())
            .ok_or_else(|| "line 2: the number of entries should stand here".to_string())?;
        let mut cache = Self::new();
        for (number, line) in lines.enumerate() {
            let (epoch, start) = line.split_once(' ').ok_or_else(|| bad_line(number))?;
            let epoch: i32 = epoch.parse().map_err(|_| bad_line(number))?;
            let start: i64 = start.trim().parse().map_err(|_| bad_line(number))?;
            cache.assign(LeaderEpoch(epoch), Offset(start));
        }
        if cache.entries.len() != count {
            return Err(format!("line 2 announces {count} entries, {} follow", cache.entries.len()));
        }
        Ok(cache)
    }

    fn remove_from_end(&mut self, goes: impl Fn(EpochEntry) -> bool) {
        while let Some(latest) = self.latest().filter(|latest| goes(*latest)) {
            self.entries.remove(&latest.epoch);
        }
    }
}

fn entry((epoch, start_offset): (&LeaderEpoch, &Offset)) -> EpochEntry {
    EpochEntry { epoch: *epoch, start_offset: *start_offset }
}

fn bad_line(number: usize) -> String {
    format!("line {}: an epoch and a start offset should stand here", number + 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(entries: &[(i32, i64)]) -> LeaderEpochCache {
        let mut cache = LeaderEpochCache::new();
        for (epoch, start) in entries {
            cache.assign(LeaderEpoch(*epoch), Offset(*start));
        }
        cache
    }

    fn list(cache: &LeaderEpochCache) -> Vec<(i32, i64)> {
        cache.entries().map(|entry| (entry.epoch.0, entry.start_offset.0)).collect()
    }

    #[test]
    fn end_offset_for_is_the_table() {
        let cache = cache(&[(2, 10), (4, 20), (7, 30)]);
        let answer =
            |epoch| cache.end_offset_for(LeaderEpoch(epoch), Offset(50)).map(|end| (end.epoch.0, end.end_offset.0));
        assert_eq!(answer(7), Some((7, 50)));
        assert_eq!(answer(4), Some((4, 30)));
        assert_eq!(answer(5), Some((4, 30)));
        assert_eq!(answer(1), Some((1, 10)));
        assert_eq!(answer(8), None);
        assert_eq!(answer(-1), None);
        assert_eq!(LeaderEpochCache::new().end_offset_for(LeaderEpoch(0), Offset(5)), None);
    }

    #[test]
    fn an_epoch_without_records_vanishes_when_the_next_starts_there() {
        assert_eq!(list(&cache(&[(0, 0), (1, 5), (2, 5)])), [(0, 0), (2, 5)]);
        assert_eq!(list(&cache(&[(0, 0), (3, 5), (2, 9)])), [(0, 0), (2, 9)]);
        assert_eq!(list(&cache(&[(0, 0), (3, 5), (3, 9)])), [(0, 0), (3, 5)]);
        assert_eq!(list(&cache(&[(0, 0), (3, 5), (3, 4)])), [(0, 0), (3, 4)]);
    }

    #[test]
    fn truncation_from_both_ends() {
        let mut from_end = cache(&[(0, 0), (1, 5), (2, 9)]);
        from_end.truncate_from_end(Offset(5));
        assert_eq!(list(&from_end), [(0, 0)]);
        let mut from_start = cache(&[(0, 0), (1, 5), (2, 9)]);
        from_start.truncate_from_start(Offset(7));
        assert_eq!(list(&from_start), [(1, 7), (2, 9)]);
    }

    #[test]
    fn the_checkpoint_reads_back() {
        let cache = cache(&[(0, 0), (4, 322)]);
        assert_eq!(cache.to_checkpoint(), "0\n2\n0 0\n4 322\n");
        assert_eq!(LeaderEpochCache::parse_checkpoint(&cache.to_checkpoint()).unwrap(), cache);
        assert!(LeaderEpochCache::parse_checkpoint("0\n3\n0 0\n").unwrap_err().contains("announces 3"));
        assert!(LeaderEpochCache::parse_checkpoint("0\n1\n0\n").unwrap_err().starts_with("line 3"));
    }
}
