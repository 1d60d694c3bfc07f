//! One partition in the ledger: its replicas' logs, which of them counts, and what that makes of its records.
//!
//! The log that counts is the leader's, or the last leader's while there is none. Every change touches the records that it
//! concerns and no others: an append its batch, a move of the high watermark the batches between, another leader the ends
//! by which the two logs differ.

use super::books::{Books, Missing};
use super::entry::{BatchMoment, BatchRef};
use super::replica_log::{CopyEntry, Extent, ReplicaLog};
use crate::engine::common::{BrokerId, LeaderEpoch, Offset, RecordId, SessionId, VirtualTime};
use crate::engine::sim::chunked::Chunked;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One partition.
#[derive(Clone, Debug, Default)]
pub struct PartitionLedger {
    /// Whose log counts; none before the first election.
    shown: Option<BrokerId>,
    pub(super) replicas: BTreeMap<BrokerId, ReplicaLog>,
    pub(super) missing: Missing,
    /// Which batch a leader wrote where: the identity of every copy.
    written: BTreeMap<LeaderEpoch, Chunked<(Offset, BatchRef)>>,
    /// At least the largest id of each session among the first copies: whoever is larger reorders nothing.
    largest: BTreeMap<SessionId, RecordId>,
}

/// What a range of the log that counts is walked for.
type Visit<'a> = &'a mut dyn FnMut(&mut Books, &mut Missing, RecordId, Offset, bool);

impl PartitionLedger {
    /// Whose log counts.
    #[must_use]
    pub fn shown(&self) -> Option<BrokerId> {
        self.shown
    }

    /// Whether the partition has a leader now.
    #[must_use]
    pub fn has_leader(&self) -> bool {
        self.missing.has_leader()
    }

    /// A replica's log.
    #[must_use]
    pub fn replica(&self, broker: BrokerId) -> Option<&ReplicaLog> {
        self.replicas.get(&broker)
    }

    fn shown_log(&self) -> Option<&ReplicaLog> {
        self.replicas.get(&self.shown?)
    }

    /// The batch that a leader wrote under this epoch at this offset.
    pub(super) fn written(&self, leader_epoch: LeaderEpoch, base_offset: Offset) -> Option<BatchRef> {
        let list = self.written.get(&leader_epoch)?;
        let (offset, batch) = *list.get(list.partition_point(|(offset, _)| *offset < base_offset))?;
        (offset == base_offset).then_some(batch)
    }

    /// A leader wrote a batch.
    pub(super) fn appended(&mut self, books: &mut Books, broker: BrokerId, entry: CopyEntry) {
        self.written.entry(entry.leader_epoch).or_default().push((entry.base_offset, entry.batch));
        self.added(books, broker, entry);
    }

    /// A replica's log has one more batch.
    pub(super) fn added(&mut self, books: &mut Books, broker: BrokerId, entry: CopyEntry) {
        let log = self.replicas.entry(broker).or_default();
        let position = log.entries.push(entry);
        if self.shown == Some(broker) {
            self.count_in(books, position);
        }
    }

    /// A replica's log was cut from the end `from` to `to`; a `to` beyond the end means that it starts anew there.
    pub(super) fn truncated(
        &mut self,
        books: &mut Books,
        broker: BrokerId,
        (from, to): (Offset, Offset),
        at: VirtualTime,
    ) {
        let Some(log) = self.replicas.get(&broker) else { return };
        let past_the_end = to > from;
        let from = if past_the_end { log.entries.front() } else { log.floor(to) };
        for (_, entry) in log.entries.iter().rev().take_while(|(position, _)| *position >= from) {
            books.batch_mut(entry.batch).note(at, BatchMoment::Truncated { by: broker });
        }
        self.drop_tail(books, broker, from);
        let log = self.replicas.get_mut(&broker).expect("found above");
        log.log_start_offset = if past_the_end { to } else { log.log_start_offset.min(to) };
        log.high_watermark = if past_the_end { to } else { log.high_watermark.min(to) };
        log.forget_holes(|offset| past_the_end || offset >= to);
    }

    /// A replica's log start moved up: what stands before it is gone.
    pub(super) fn log_start_advanced(&mut self, books: &mut Books, broker: BrokerId, to: Offset, at: VirtualTime) {
        let log = self.replicas.entry(broker).or_default();
        let from = log.log_start_offset;
        if to <= from {
            return;
        }
        let gone: Vec<BatchRef> =
            log.entries.iter().take_while(|(_, entry)| entry.last_offset < to).map(|(_, entry)| entry.batch).collect();
        gone.iter().for_each(|batch| books.batch_mut(*batch).note(at, BatchMoment::Removed { by: broker }));
        if self.shown == Some(broker) {
            self.expire(books, from, to);
        }
        let log = self.replicas.get_mut(&broker).expect("made above");
        log.log_start_offset = to;
        log.high_watermark = log.high_watermark.max(to);
        log.entries.drop_before(log.floor(to));
        log.forget_holes(|offset| offset < to);
    }

    /// A replica's high watermark moved.
    pub(super) fn high_watermark(&mut self, books: &mut Books, broker: BrokerId, to: Offset, at: VirtualTime) {
        let log = self.replicas.entry(broker).or_default();
        let from = std::mem::replace(&mut log.high_watermark, to);
        if self.shown != Some(broker) {
            return;
        }
        self.recommit(books, from, to);
        let log = self.replicas.get(&broker).expect("made above");
        for position in log.floor(from)..log.entries.back() {
            let Some(entry) = log.entries.get(position).filter(|entry| entry.last_offset < to) else { break };
            let moment = BatchMoment::Committed { base_offset: entry.base_offset };
            books.batch_mut(entry.batch).note(at, moment);
        }
    }

    /// The partition has another leader, or none.
    pub(super) fn elected(&mut self, books: &mut Books, leader: Option<BrokerId>, at: VirtualTime) {
        if let Some(leader) = leader {
            self.replicas.entry(leader).or_default();
            match self.shown {
                Some(old) if old != leader => self.show_another(books, old, leader, at),
                Some(_) => {}
                None => {
                    self.shown = Some(leader);
                    let log = self.shown_log().expect("made above");
                    (log.entries.front()..log.entries.back()).for_each(|position| self.count_in(books, position));
                }
            }
        }
        books.set_has_leader(&mut self.missing, leader.is_some());
    }

    /// Lets another replica's log count. Only what differs between the two is touched.
    fn show_another(&mut self, books: &mut Books, old: BrokerId, new: BrokerId, at: VirtualTime) {
        let (old_log, new_log) = (&self.replicas[&old], &self.replicas[&new]);
        let (old_end, new_end) = old_log.common_end(new_log);
        let (old_start, new_start) = (old_log.log_start_offset, new_log.log_start_offset);
        let (old_mark, new_mark) = (old_log.high_watermark, new_log.high_watermark);
        // The old log itself keeps what is uncounted here.
        let kept = self.replicas.get(&old).cloned().expect("it was shown");
        if new_start > old_start {
            self.expire(books, old_start, new_start);
            self.replicas.get_mut(&old).expect("it was shown").log_start_offset = new_start;
        }
        self.drop_tail(books, old, old_end);
        self.replicas.insert(old, kept);
        self.shown = Some(new);
        // Between the starts and the common end both logs hold the same; the marks may differ.
        let first_common = old_start.max(new_start);
        let end_offset = |log: &ReplicaLog, end: usize| {
            end.checked_sub(1)
                .and_then(|last| log.entries.get(last))
                .map_or(first_common, |entry| entry.last_offset.plus(1))
        };
        let common_offset = end_offset(&self.replicas[&new], new_end);
        let sessions = self.recount_holes(books, (old, new), (first_common, common_offset), at);
        let (low, high) = (old_mark.min(common_offset), new_mark.min(common_offset));
        self.recommit_range(books, low.max(first_common), high.max(first_common), new_end);
        let back = self.replicas[&new].entries.back();
        (new_end..back).for_each(|position| self.count_in(books, position));
        if new_start < old_start {
            self.count_in_head(books, old_start, new_end);
        }
        sessions.into_iter().for_each(|session| self.recount_order(books, session, new_start));
    }

    /// Counts one batch of the log that counts, at its end.
    fn count_in(&mut self, books: &mut Books, position: usize) {
        let log = self.shown_log().expect("only called for the log that counts");
        let entry = *log.entries.get(position).expect("just pushed or within bounds");
        let (extent, mark) = (log.extent(), log.high_watermark);
        let batch = books.batch(entry.batch);
        let (records, session, on_the_wire) = (Arc::clone(&batch.records), batch.session, batch.on_the_wire > 0);
        for (index, offset, id) in extent.left_of(&entry, &records) {
            let mut is_first = false;
            books.update(&mut self.missing, id, (on_the_wire, on_the_wire), |record| {
                record.copies += 1;
                record.committed_copies += u16::from(offset < mark);
                is_first = record.copies == 1;
                if is_first {
                    record.first_offset = offset;
                    record.reordered = false;
                }
            });
            if is_first {
                self.note_order(books, session, id, (position, index));
            }
        }
    }

    /// A first copy of `id` stands at the end of the log: earlier ones with a larger id are out of order.
    fn note_order(&mut self, books: &mut Books, session: SessionId, id: RecordId, at: (usize, usize)) {
        let largest = self.largest.entry(session).or_insert(id);
        if *largest <= id {
            *largest = id;
            return;
        }
        // Whatever stands before a smaller id, and is larger than it, is marked already.
        for other in self.first_copies_before(books, session, at, id).into_iter().filter(|other| *other > id) {
            books.update(&mut self.missing, other, (false, false), |record| record.reordered = true);
        }
    }

    /// First copies of a session's records before a place in the log that counts, from the last one back to the first
    /// that is smaller than `until`, with it.
    fn first_copies_before(
        &self,
        books: &Books,
        session: SessionId,
        at: (usize, usize),
        until: RecordId,
    ) -> Vec<RecordId> {
        let Some(log) = self.shown_log() else { return Vec::new() };
        let mut found = Vec::new();
        for position in (log.entries.front()..log.entries.back().min(at.0 + 1)).rev() {
            let entry = log.entries.get(position).expect("within bounds");
            let batch = books.batch(entry.batch);
            if batch.session != session {
                continue;
            }
            let upto = if position == at.0 { at.1 } else { batch.records.len() };
            for (index, id) in batch.records[..upto].iter().enumerate().rev() {
                let offset = entry.base_offset.plus(i64::try_from(index).expect("a batch is bounded by its bytes"));
                let is_there = offset >= log.log_start_offset && !log.is_hole(offset);
                if is_there && books.record(*id).first_offset == offset {
                    found.push(*id);
                    if *id < until {
                        return found;
                    }
                }
            }
        }
        found
    }

    /// Drops the batches from a position on, and uncounts them if this log counts.
    fn drop_tail(&mut self, books: &mut Books, broker: BrokerId, from: usize) {
        let log = self.replicas.get_mut(&broker).expect("called for a log that there is");
        let (extent, mark) = (log.extent(), log.high_watermark);
        let gone: Vec<CopyEntry> = (from..log.entries.back()).filter_map(|at| log.entries.get(at).copied()).collect();
        log.entries.truncate(from);
        if self.shown != Some(broker) {
            return;
        }
        let mut least: BTreeMap<SessionId, RecordId> = BTreeMap::new();
        for entry in gone.iter().rev() {
            let batch = books.batch(entry.batch);
            let (records, session, on_the_wire) = (Arc::clone(&batch.records), batch.session, batch.on_the_wire > 0);
            for (_, offset, id) in extent.left_of(entry, &records) {
                books.update(&mut self.missing, id, (on_the_wire, on_the_wire), |record| {
                    record.copies -= 1;
                    record.committed_copies -= u16::from(offset < mark);
                    record.reordered &= record.copies > 0;
                });
                if books.record(id).copies == 0 {
                    let least = least.entry(session).or_insert(id);
                    *least = id.min(*least);
                }
            }
        }
        let end = (self.replicas[&broker].entries.back(), 0);
        least.into_iter().for_each(|(session, least)| self.reorder_tail(books, session, least, end));
    }

    /// Copies left at the end, the least of whose ids is given: what only they put out of order no longer is. An id
    /// smaller than that keeps all marks before it up, so the search ends there.
    fn reorder_tail(&mut self, books: &mut Books, session: SessionId, least_gone: RecordId, end: (usize, usize)) {
        let mut least: Option<RecordId> = None;
        for id in self.first_copies_before(books, session, end, least_gone) {
            let out_of_order = least.is_some_and(|least| least < id);
            books.update(&mut self.missing, id, (false, false), |record| record.reordered = out_of_order);
            least = Some(least.map_or(id, |least| least.min(id)));
        }
    }

    /// Copies between two log starts leave the log that counts for good.
    fn expire(&mut self, books: &mut Books, from: Offset, to: Offset) {
        let mark = self.shown_log().map_or(Offset(0), |log| log.high_watermark);
        let mut moved = BTreeSet::new();
        self.visit(books, from, to, usize::MAX, &mut |books, missing, id, offset, on_the_wire| {
            books.update(missing, id, (on_the_wire, on_the_wire), |record| {
                record.copies -= 1;
                record.committed_copies -= u16::from(offset < mark);
                record.was_expired = true;
                record.reordered &= record.copies > 0;
            });
            let record = books.record(id);
            if record.copies > 0 && record.first_offset == offset {
                moved.insert(record.session);
            }
        });
        moved.into_iter().for_each(|session| self.recount_order(books, session, to));
    }

    /// The high watermark of the log that counts moved.
    fn recommit(&mut self, books: &mut Books, from: Offset, to: Offset) {
        self.recommit_range(books, from, to, usize::MAX);
    }

    fn recommit_range(&mut self, books: &mut Books, from: Offset, to: Offset, end: usize) {
        let up = to > from;
        let (low, high) = if up { (from, to) } else { (to, from) };
        self.visit(books, low, high, end, &mut |books, missing, id, _, on_the_wire| {
            books.update(missing, id, (on_the_wire, on_the_wire), |record| {
                if up { record.committed_copies += 1 } else { record.committed_copies -= 1 }
            });
        });
    }

    /// The new log reaches further back than the old one did: counts what stands before `old_start`.
    fn count_in_head(&mut self, books: &mut Books, old_start: Offset, end: usize) {
        let log = self.shown_log().expect("a log counts");
        let (start, mark) = (log.log_start_offset, log.high_watermark);
        let mut sessions = BTreeSet::new();
        self.visit(books, start, old_start, end, &mut |books, missing, id, offset, on_the_wire| {
            books.update(missing, id, (on_the_wire, on_the_wire), |record| {
                record.copies += 1;
                record.committed_copies += u16::from(offset < mark);
            });
            sessions.insert(books.record(id).session);
        });
        sessions.into_iter().for_each(|session| self.recount_order(books, session, start));
    }

    /// Finds the first copies of a session's records from scratch, and their order: only when a first copy left or came at
    /// the front of the log, which is rare.
    pub(super) fn recount_order(&mut self, books: &mut Books, session: SessionId, start: Offset) {
        let Some(log) = self.shown_log() else { return };
        let extent = Extent { start, ..log.extent() };
        let mut seen = BTreeSet::new();
        let mut firsts = Vec::new();
        for (_, entry) in log.entries.iter() {
            let batch = books.batch(entry.batch);
            if batch.session == session {
                let there = extent.left_of(entry, &batch.records).map(|(_, offset, id)| (offset, id));
                firsts.extend(there.filter(|(_, id)| seen.insert(*id)));
            }
        }
        let mut least: Option<RecordId> = None;
        for (offset, id) in firsts.into_iter().rev() {
            let out_of_order = least.is_some_and(|least| least < id);
            books.update(&mut self.missing, id, (false, false), |record| {
                record.first_offset = offset;
                record.reordered = out_of_order;
            });
            least = Some(least.map_or(id, |least| least.min(id)));
            let largest = self.largest.entry(session).or_insert(id);
            *largest = id.max(*largest);
        }
    }

    /// Calls `visit` for each copy in the log that counts with an offset in `from..to`, up to the entry at `end`.
    fn visit(&mut self, books: &mut Books, from: Offset, to: Offset, end: usize, visit: Visit<'_>) {
        let Some(log) = self.shown.and_then(|shown| self.replicas.get(&shown)) else { return };
        let extent = log.extent();
        for position in log.floor(from)..log.entries.back().min(end) {
            let entry = log.entries.get(position).expect("within bounds");
            if entry.base_offset >= to {
                break;
            }
            let batch = books.batch(entry.batch);
            let (records, on_the_wire) = (Arc::clone(&batch.records), batch.on_the_wire > 0);
            for (_, offset, id) in extent.left_of(entry, &records) {
                if offset >= from && offset < to {
                    visit(books, &mut self.missing, id, offset, on_the_wire);
                }
            }
        }
    }
}
