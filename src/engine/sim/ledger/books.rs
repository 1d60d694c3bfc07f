//! The ledger's entries and figures, and the one way to change an entry: [`Books::update`], which keeps the figures true.

use super::entry::{BatchEntry, BatchRef, Compacted, RecordEntry};
use super::totals::{Flags, Totals};
use crate::engine::common::{RecordId, SessionId};
use crate::engine::sim::chunked::Chunked;
use std::collections::BTreeMap;

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

/// The records of one partition that are lost as long as it has a leader.
#[derive(Clone, Debug, Default)]
pub(super) struct Missing {
    has_leader: bool,
    by_session: BTreeMap<SessionId, u64>,
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
            (false, true) => self.shift_missing(missing, session, true),
            (true, false) => self.shift_missing(missing, session, false),
            _ => {}
        }
    }

    fn shift_missing(&mut self, missing: &mut Missing, session: SessionId, more: bool) {
        let count = missing.by_session.entry(session).or_default();
        if more {
            *count += 1
        } else {
            *count -= 1
        }
        if missing.has_leader {
            self.rows_of(session).into_iter().for_each(|totals| if more { totals.lost += 1 } else { totals.lost -= 1 });
        }
    }

    /// The partition has a leader from now on, or none: what is missing in it counts as lost, or does not.
    pub(super) fn set_has_leader(&mut self, missing: &mut Missing, has_leader: bool) {
        if missing.has_leader == has_leader {
            return;
        }
        missing.has_leader = has_leader;
        for (session, count) in &missing.by_session {
            for totals in self.rows_of(*session) {
                if has_leader { totals.lost += count } else { totals.lost -= count }
            }
        }
    }
}

impl Missing {
    /// Whether the partition has a leader.
    pub(super) fn has_leader(&self) -> bool {
        self.has_leader
    }
}

/// A record's place in the list.
pub(super) fn position(id: RecordId) -> usize {
    usize::try_from(id.0).expect("RECORDS_MAX fits in memory")
}
