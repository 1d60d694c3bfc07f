//! Compaction in the ledger: records that left a log one by one, while their batches' history stays.
//!
//! A record that compaction removed is `compacted`, never `lost`: something newer speaks for its key, or its key was deleted and
//! everybody had time to learn of it. Every replica is cleaned for itself, so another leader's log may hold records that the old one's
//! had lost by compaction, or lack more; the difference of the holes is what moves the figures then.

use super::Ledger;
use super::books::{Books, Missing};
use super::entry::{BatchMoment, Compacted};
use super::partition::PartitionLedger;
use super::replica_log::ReplicaLog;
use crate::engine::common::{BrokerId, Offset, RecordId, SessionId, TopicPartition, VirtualTime};
use crate::engine::storage::CleanedLog;
use imbl::ordmap::DiffItem;
use std::collections::BTreeSet;

impl Ledger {
    /// How a record left the log that counts by compaction; none if it has a copy there, or never left.
    #[must_use]
    pub fn compacted(&self, id: RecordId) -> Option<&Compacted> {
        let is_gone = self.record(id).is_some_and(|entry| entry.copies == 0 && entry.was_compacted);
        self.books.compacted.get(&id).filter(|_| is_gone)
    }

    /// A replica's log was compacted.
    pub(in crate::engine::sim) fn cleaned(
        &mut self,
        partition: TopicPartition,
        by: BrokerId,
        cleaned: &CleanedLog,
        at: VirtualTime,
    ) {
        super::partition_mut(&mut self.partitions, partition).cleaned(&mut self.books, by, cleaned, at);
    }

    /// A follower writes a batch after offsets, or with offsets, that compaction had emptied on the leader.
    pub(in crate::engine::sim) fn holes_copied(
        &mut self,
        partition: TopicPartition,
        (by, leader): (BrokerId, BrokerId),
        holes: &[(Offset, Offset)],
        before: Offset,
    ) {
        let partition = super::partition_mut(&mut self.partitions, partition);
        partition.holes_copied(&mut self.books, (by, leader), holes, before);
    }
}

impl PartitionLedger {
    fn cleaned(&mut self, books: &mut Books, broker: BrokerId, cleaned: &CleanedLog, at: VirtualTime) {
        let is_shown = self.shown() == Some(broker);
        let mut sessions = BTreeSet::new();
        let log = self.replicas.entry(broker).or_default();
        let mut last_noted = None;
        for removed in &cleaned.removed {
            let Some(entry) = log.at(removed.offset).filter(|_| !log.is_hole(removed.offset)) else { continue };
            if last_noted != Some(entry.batch) {
                books.batch_mut(entry.batch).note(at, BatchMoment::Compacted { by: broker });
                last_noted = Some(entry.batch);
            }
            if is_shown && let Some((id, session)) = record_at(books, log, removed.offset) {
                let gone = Compacted { at, by: broker, offset: removed.offset, why: Some(removed.why) };
                uncount(books, &mut self.missing, id, removed.offset < log.high_watermark, gone);
                sessions.insert(session);
            }
            log.holes.insert(removed.offset, Some(removed.why));
        }
        let start = log.log_start_offset;
        sessions.into_iter().for_each(|session| self.recount_order(books, session, start));
    }

    fn holes_copied(
        &mut self,
        books: &mut Books,
        (broker, leader): (BrokerId, BrokerId),
        holes: &[(Offset, Offset)],
        before: Offset,
    ) {
        let source = self.replicas.entry(leader).or_default();
        let start = holes.first().map_or(before, |(first, _)| *first);
        // What is gone whole is history all the same, so that the two logs compare.
        let whole: Vec<_> = (source.floor(start)..source.entries.back())
            .map_while(|position| source.entries.get(position).copied().filter(|entry| entry.last_offset < before))
            .filter(|entry| entry.base_offset >= start)
            .collect();
        let reasons = source.holes.clone();
        let log = self.replicas.entry(broker).or_default();
        for offset in holes.iter().flat_map(|(from, to)| from.0..to.0).map(Offset) {
            log.holes.insert(offset, reasons.get(&offset).copied().flatten());
        }
        whole.into_iter().for_each(|entry| self.added(books, broker, entry));
    }

    /// Another log counts from now on. Between `from` and `to` both hold the same batches; counted is what the old one holds of them, by
    /// its high watermark. Afterwards it is what the new one holds, still by that mark.
    pub(super) fn recount_holes(
        &mut self,
        books: &mut Books,
        (old, new): (BrokerId, BrokerId),
        (from, to): (Offset, Offset),
        at: VirtualTime,
    ) -> BTreeSet<SessionId> {
        let mut sessions = BTreeSet::new();
        let (Some(old), Some(new_log)) = (self.replicas.get(&old), self.replicas.get(&new)) else { return sessions };
        if old.holes.is_empty() && new_log.holes.is_empty() {
            return sessions;
        }
        let between = |offset: &Offset| (from..to).contains(offset);
        let mut changed = Vec::new();
        for difference in old.holes.diff(&new_log.holes) {
            match difference {
                DiffItem::Add(offset, why) if between(offset) => changed.push((*offset, Some(*why))),
                DiffItem::Remove(offset, _) if between(offset) => changed.push((*offset, None)),
                _ => {}
            }
        }
        for (offset, hole) in changed {
            let holder = if hole.is_some() { old } else { new_log };
            let Some((id, session)) = record_at(books, holder, offset) else { continue };
            sessions.insert(session);
            let is_committed = offset < old.high_watermark;
            match hole {
                Some(why) => {
                    uncount(books, &mut self.missing, id, is_committed, Compacted { at, by: new, offset, why });
                }
                None => count(books, &mut self.missing, id, is_committed),
            }
        }
        sessions
    }
}

/// The record that a log's history has at an offset, and its session.
fn record_at(books: &Books, log: &ReplicaLog, offset: Offset) -> Option<(RecordId, SessionId)> {
    let entry = log.at(offset)?;
    let index = usize::try_from(offset.0 - entry.base_offset.0).ok()?;
    let batch = books.batch(entry.batch);
    Some((*batch.records.get(index)?, batch.session))
}

fn on_the_wire(books: &Books, id: RecordId) -> bool {
    books.record(id).batched.is_some_and(|(_, batch)| books.batch(batch).on_the_wire > 0)
}

/// A copy left the log that counts by compaction.
fn uncount(books: &mut Books, missing: &mut Missing, id: RecordId, is_committed: bool, gone: Compacted) {
    let on_the_wire = on_the_wire(books, id);
    books.update(missing, id, (on_the_wire, on_the_wire), |record| {
        record.copies -= 1;
        record.committed_copies -= u16::from(is_committed);
        record.was_compacted = true;
        record.reordered &= record.copies > 0;
    });
    books.compacted.insert(id, gone);
}

/// A copy that the log before lacked by compaction.
fn count(books: &mut Books, missing: &mut Missing, id: RecordId, is_committed: bool) {
    let on_the_wire = on_the_wire(books, id);
    books.update(missing, id, (on_the_wire, on_the_wire), |record| {
        record.copies += 1;
        record.committed_copies += u16::from(is_committed);
    });
}
