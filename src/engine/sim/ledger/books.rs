//! The ledger's entries and figures, and the one way to change an entry: [`Books::update`], which keeps the figures true.

use super::entry::{BatchEntry, BatchRef, Compacted, RecordEntry};
use super::totals::{Flags, Totals};
use crate::engine::common::{RecordId, SessionId};
use crate::engine::sim::chunked::Chunked;

/// Entries and figures.
#[derive(Clone, Debug, Default)]
pub(super) struct Books {
    pub(super) records: Chunked<RecordEntry>,
    pub(super) batches: Chunked<BatchEntry>,
    /// How records left the log that counts by compaction: the last time each.
    pub(super) compacted: imbl::OrdMap<RecordId, Compacted>,
    pub(super) totals: Totals,
    pub(super) rows: Vec<Totals>,
}

/// Whether the missing records of one partition are lost. What was lost when its last leader went stays lost; what has come to be missing
/// since then may stand in the next leader's log, so the next election settles it.
#[derive(Clone, Debug, Default)]
pub(super) struct Missing {
    has_leader: bool,
    /// Missing since there is no leader.
    unsettled: imbl::OrdSet<RecordId>,
}

impl Books {
    pub(super) fn record(&self, id: RecordId) -> &RecordEntry {
        self.records.get(position(id)).expect("the ledger gave this id out")
    }

    pub(super) fn batch(&self, batch: BatchRef) -> &BatchEntry {
        self.batches.get(batch.0 as usize).expect("the ledger gave this number out")
    }

    pub(super) fn batch_mut(&mut self, batch: BatchRef) -> &mut BatchEntry {
        self.batches.get_mut(batch.0 as usize).expect("the ledger gave this number out")
    }

    /// The run's figures and those of a session.
    fn rows_of(&mut self, session: SessionId) -> [&mut Totals; 2] {
        let row = self.rows.get_mut(session.0 as usize).expect("a session has a row from its start");
        [&mut self.totals, row]
    }

    /// Changes one entry. `on_the_wire`: whether a copy may still be appended, before and after the change.
    pub(super) fn update(
        &mut self,
        missing: &mut Missing,
        id: RecordId,
        on_the_wire: (bool, bool),
        change: impl FnOnce(&mut RecordEntry),
    ) {
        let entry = self.records.get_mut(position(id)).expect("the ledger gave this id out");
        let before = entry.standing(on_the_wire.0);
        change(entry);
        let after = entry.standing(on_the_wire.1);
        let session = entry.session;
        if before == after {
            return;
        }
        self.rows_of(session).into_iter().for_each(|totals| totals.shift(before, after));
        match (before.flags.has(Flags::MISSING), after.flags.has(Flags::MISSING)) {
            (false, true) => self.shift_missing(missing, id, session, true),
            (true, false) => self.shift_missing(missing, id, session, false),
            _ => {}
        }
    }

    fn shift_missing(&mut self, missing: &mut Missing, id: RecordId, session: SessionId, more: bool) {
        if !missing.has_leader {
            if more {
                missing.unsettled.insert(id);
                return;
            }
            if missing.unsettled.remove(&id).is_some() {
                return;
            }
        }
        self.rows_of(session).into_iter().for_each(|totals| if more { totals.lost += 1 } else { totals.lost -= 1 });
    }

    /// The partition has a leader from now on, or none. With one, whatever is missing is lost.
    pub(super) fn set_has_leader(&mut self, missing: &mut Missing, has_leader: bool) {
        missing.has_leader = has_leader;
        if has_leader {
            for id in std::mem::take(&mut missing.unsettled) {
                let session = self.record(id).session;
                self.rows_of(session).into_iter().for_each(|totals| totals.lost += 1);
            }
        }
    }
}

impl Missing {
    /// Whether the partition has a leader.
    pub(super) fn has_leader(&self) -> bool {
        self.has_leader
    }

    /// Whether a missing record is lost.
    pub(super) fn is_settled(&self, id: RecordId) -> bool {
        !self.unsettled.contains(&id)
    }
}

/// A record's place in the list.
pub(super) fn position(id: RecordId) -> usize {
    usize::try_from(id.0).expect("RECORDS_MAX fits in memory")
}
