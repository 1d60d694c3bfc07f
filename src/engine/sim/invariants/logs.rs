//! Logs: dense, written by leaders in their own epoch, copied in order, in sequence, and found by their index.

use super::{Invariant, Verdict};
use crate::engine::common::{BrokerId, LeaderEpoch, Offset, ProducerId, TopicPartition};
use crate::engine::record::RecordBatch;
use crate::engine::sim::ledger::{CopyEntry, ReplicaLog};
use crate::engine::sim::state::State;
use crate::engine::storage::{Log, OffsetPosition, Segment};

pub(super) const DENSE_OFFSETS: Invariant = Invariant {
    name: "DenseOffsets",
    holds: "Each batch begins where the log ended, or later if what would stand between was compacted; only followers cut their logs.",
};
pub(super) const EPOCHS_RISE: Invariant = Invariant {
    name: "EpochsRiseAlongTheLog",
    holds: "The leader epochs of a log's batches never fall from one batch to the next.",
};
pub(super) const LEADER_WRITES_ITS_EPOCH: Invariant = Invariant {
    name: "LeaderWritesItsEpoch",
    holds: "Only a leader takes a producer's batch, and it stamps it with the epoch in which it leads.",
};
pub(super) const FOLLOWERS_ARE_PREFIXES: Invariant = Invariant {
    name: "FollowersArePrefixes",
    holds: "Two logs that hold the same batch hold the same before it, as far back as both reach.",
};
pub(super) const CONTIGUOUS_SEQUENCES: Invariant = Invariant {
    name: "ContiguousSequences",
    holds: "In a leader's log the sequences of a producer id and epoch follow each other, and a newer epoch begins at 0.",
};
pub(super) const INDEX_POINTS_AT_BATCHES: Invariant = Invariant {
    name: "IndexEntriesPointAtBatches",
    holds: "An entry of the offset index gives the position of a batch and that batch's last offset.",
};

/// `may_jump_to`: what would stand before that offset was compacted.
pub(super) fn is_dense(log_end: Offset, base_offset: Offset, may_jump_to: Offset) -> Verdict {
    if base_offset == log_end || (base_offset == may_jump_to && base_offset > log_end) {
        return Ok(());
    }
    Err(format!("a batch at {base_offset} was added to a log that ended at {log_end}"))
}

pub(super) fn ends_at(log: &Log, known: Offset) -> Verdict {
    let end = log.log_end_offset();
    if end == known { Ok(()) } else { Err(format!("a log ends at {end}; by its events it ends at {known}")) }
}

pub(super) fn may_cut(leads: Option<LeaderEpoch>, log_end: Offset, from: Offset, to: Offset) -> Verdict {
    match leads {
        Some(epoch) => Err(format!("the leader of epoch {epoch} cut its log to {to}")),
        None if from != log_end => Err(format!("a log that ended at {log_end} is said to be cut from {from}")),
        None => Ok(()),
    }
}

pub(super) fn epochs_rise(last: LeaderEpoch, next: LeaderEpoch) -> Verdict {
    if next >= last { Ok(()) } else { Err(format!("a batch of epoch {next} follows one of epoch {last}")) }
}

pub(super) fn writes_its_epoch(leads: Option<LeaderEpoch>, stamped: LeaderEpoch) -> Verdict {
    if leads == Some(stamped) { Ok(()) } else { Err(format!("a batch of epoch {stamped} by a leader of {leads:?}")) }
}

/// The batch at `base_offset` was copied: what stands before it must stand before it in every other log that has it.
pub(super) fn is_prefix(state: &State, partition: TopicPartition, broker: BrokerId, base_offset: Offset) -> Verdict {
    let Some(ledger) = state.ledger.partition(partition) else { return Ok(()) };
    let Some(mine) = ledger.replica(broker) else { return Ok(()) };
    let replicas = state.metadata.partition(partition).map(|it| it.replicas.clone());
    for other in replicas.iter().flat_map(|it| it.iter()).filter(|other| **other != broker) {
        let Some(theirs) = ledger.replica(*other) else { continue };
        same_before(mine, theirs, base_offset).map_err(|what| format!("brokers {broker} and {other}: {what}"))?;
    }
    Ok(())
}

/// A log that starts at the batch, or was compacted before it, has nothing there to compare.
fn same_before(mine: &ReplicaLog, theirs: &ReplicaLog, base_offset: Offset) -> Verdict {
    let same = |a: &CopyEntry, b: &CopyEntry| a.base_offset == b.base_offset && a.leader_epoch == b.leader_epoch;
    let (here, there) = (mine.floor(base_offset), theirs.floor(base_offset));
    let both = (mine.entries.get(here), theirs.entries.get(there));
    if !matches!(both, (Some(a), Some(b)) if same(a, b)) {
        return Ok(());
    }
    let before = |log: &ReplicaLog, at: usize| {
        let entry = log.entries.get(at.checked_sub(1)?).copied()?;
        (entry.base_offset >= log.log_start_offset).then_some(entry)
    };
    match (before(mine, here), before(theirs, there)) {
        (Some(a), Some(b)) if a.last_offset == b.last_offset && !same(&a, &b) => {
            Err(format!("before offset {base_offset} stands {a:?} in one log and {b:?} in the other"))
        }
        _ => Ok(()),
    }
}

/// What a sequence is continued from.
#[derive(Clone, Copy, Debug)]
struct Numbered {
    epoch: i16,
    first: i32,
    last: i32,
}

impl Numbered {
    fn of(batch: &RecordBatch) -> Self {
        let first = batch.base_sequence();
        Self { epoch: batch.producer_epoch().0, first, last: advanced(first, batch.last_offset_delta()) }
    }
}

/// Sequences go on at 0 after 2147483647.
fn advanced(sequence: i32, by: i32) -> i32 {
    let sum = (i64::from(sequence) + i64::from(by)) % (i64::from(i32::MAX) + 1);
    i32::try_from(sum).expect("smaller than 2^31")
}

/// The leader took a batch: it continues the producer's last one in this log. A producer of whom the log has nothing may begin
/// anywhere (KAFKA 4.5).
pub(super) fn continues_sequence(log: &Log, base_offset: Offset) -> Verdict {
    let Some((batch, before)) = batch_and_predecessor(log, base_offset) else { return Ok(()) };
    match before {
        Some(before) => follows(Numbered::of(&before), Numbered::of(&batch)),
        None => Ok(()),
    }
}

fn follows(before: Numbered, next: Numbered) -> Verdict {
    let expected = if next.epoch == before.epoch { advanced(before.last, 1) } else { 0 };
    if next.epoch >= before.epoch && next.first == expected {
        return Ok(());
    }
    Err(format!("{next:?} was taken after {before:?}; expected was {expected}"))
}

/// The batch at an offset, if its producer is idempotent, and that producer's last batch before it.
fn batch_and_predecessor(log: &Log, base_offset: Offset) -> Option<(RecordBatch, Option<RecordBatch>)> {
    let mut found: Option<RecordBatch> = None;
    for segment in log.segments().rev() {
        for number in (0..segment.batches_count()).rev() {
            let batch = &segment.batch(number)?.batch;
            match &found {
                None if batch.base_offset() == base_offset => {
                    if batch.producer_id() == ProducerId::NONE {
                        return None;
                    }
                    found = Some(batch.clone());
                }
                Some(of) if batch.producer_id() == of.producer_id() && !batch.is_control() => {
                    return Some((of.clone(), Some(batch.clone())));
                }
                _ => {}
            }
        }
    }
    found.map(|batch| (batch, None))
}

/// The last entry of the active segment's index; those before it were the last one once.
pub(super) fn index_points_at_batch(log: &Log) -> Verdict {
    points_at_batch(log.active_segment())
}

fn points_at_batch(segment: &Segment) -> Verdict {
    let index = segment.offset_index();
    let Some(entry) = index.len().checked_sub(1).and_then(|last| index.entry(last)) else { return Ok(()) };
    let found = segment.batches_at(entry.position).next();
    is_entry_of(
        entry,
        found.map(|stored| OffsetPosition { offset: stored.batch.last_offset(), position: stored.position }),
    )
}

/// An index entry against the batch that is found from its position on.
fn is_entry_of(entry: OffsetPosition, found: Option<OffsetPosition>) -> Verdict {
    if found == Some(entry) { Ok(()) } else { Err(format!("the index says {entry:?}; there stands {found:?}")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::sim::ledger::BatchRef;

    #[test]
    fn a_gap_an_overlap_and_a_cut_leader_are_seen() {
        for (end, base, holes, holds) in
            [(3, 3, 0, true), (3, 5, 0, false), (3, 5, 5, true), (3, 5, 4, false), (3, 2, 2, false)]
        {
            assert_eq!(is_dense(Offset(end), Offset(base), Offset(holes)).is_ok(), holds);
        }
        assert!(may_cut(None, Offset(5), Offset(5), Offset(3)).is_ok());
        assert!(may_cut(Some(LeaderEpoch(1)), Offset(5), Offset(5), Offset(3)).is_err());
        assert!(may_cut(None, Offset(5), Offset(6), Offset(3)).is_err());
        assert!(
            epochs_rise(LeaderEpoch(2), LeaderEpoch(2)).is_ok() && epochs_rise(LeaderEpoch(2), LeaderEpoch(1)).is_err()
        );
        assert!(writes_its_epoch(Some(LeaderEpoch(2)), LeaderEpoch(2)).is_ok());
        assert!(writes_its_epoch(Some(LeaderEpoch(2)), LeaderEpoch(1)).is_err());
        assert!(writes_its_epoch(None, LeaderEpoch(1)).is_err());
    }

    fn log(epochs: &[i32]) -> ReplicaLog {
        let mut log = ReplicaLog::default();
        for (offset, epoch) in (0..).zip(epochs) {
            let (base_offset, last_offset) = (Offset(offset), Offset(offset));
            let leader_epoch = LeaderEpoch(*epoch);
            log.entries.push(CopyEntry { base_offset, last_offset, leader_epoch, batch: BatchRef(0) });
        }
        log
    }

    #[test]
    fn a_copy_with_another_past_is_seen() {
        assert!(same_before(&log(&[0, 0, 1]), &log(&[0, 0, 1]), Offset(2)).is_ok());
        assert!(same_before(&log(&[0, 0, 2]), &log(&[0, 1, 2]), Offset(2)).is_err());
        assert!(same_before(&log(&[0, 0, 2]), &log(&[0, 1, 1]), Offset(2)).is_ok(), "another batch stands there");
        let later = ReplicaLog { log_start_offset: Offset(2), ..log(&[0, 1, 2]) };
        assert!(same_before(&log(&[0, 0, 2]), &later, Offset(2)).is_ok(), "nothing is left before it");
    }

    #[test]
    fn a_sequence_that_jumps_or_repeats_is_seen() {
        let numbered = |epoch, first, last| Numbered { epoch, first, last };
        for (before, next, holds) in [
            ((0, 0, 4), (0, 5, 6), true),
            ((0, 0, 4), (0, 6, 6), false),
            ((0, 0, 4), (0, 0, 4), false),
            ((0, 0, 4), (1, 0, 1), true),
            ((0, 0, 4), (1, 5, 6), false),
            ((1, 0, 4), (0, 0, 0), false),
            ((0, 5, i32::MAX), (0, 0, 3), true),
        ] {
            let (before, next): ((i16, i32, i32), (i16, i32, i32)) = (before, next);
            let verdict = follows(numbered(before.0, before.1, before.2), numbered(next.0, next.1, next.2));
            assert_eq!(verdict.is_ok(), holds, "{before:?} {next:?}");
        }
        assert_eq!(advanced(i32::MAX, 1), 0);
    }

    #[test]
    fn an_index_entry_beside_a_batch_is_seen() {
        let place = |offset, position| OffsetPosition { offset: Offset(offset), position };
        assert!(is_entry_of(place(4, 70), Some(place(4, 70))).is_ok());
        assert!(is_entry_of(place(4, 71), Some(place(5, 140))).is_err());
        assert!(is_entry_of(place(3, 70), Some(place(4, 70))).is_err());
        assert!(is_entry_of(place(4, 70), None).is_err());
    }
}
